#include "store/file_journal.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/rng.h"
#include "store/journal_files.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kZeroBytes = 1U << 20;              // written at a time
constexpr std::uint64_t kBatchBytesEncodedMax = 64U << 20;  // with headers and padding
constexpr std::size_t kSnapshotBufferBytes = 1U << 20;

// Not empty files mean something to somebody; locks and hidden files may stand beside a journal.
bool may_stand_beside(std::string_view name) {
  return name.starts_with('.') || name.ends_with(".lock");
}

class FileJournal final : public Journal {
 public:
  FileJournal(FileSystem& files, fs::path directory, const FileJournalOptions& options,
              const JournalKnobs& knobs)
      : files_(files),
        directory_(std::move(directory)),
        options_(options),
        knobs_(knobs),
        salts_(options.salt_seed != 0 ? options.salt_seed : random_bits()) {}

  // Takes over what recovery found.
  Result<void> start(JournalFiles opened, const RecoveredJournal& recovered);

  Result<void> append(std::span<const JournalBatch> batches, Sequence first, bool sync) override;
  Result<void> sync() override;
  Result<std::unique_ptr<SnapshotWriter>> start_snapshot(Sequence covers) override;
  Result<void> mark_end() override;
  bool poisoned() const override { return poisoned_.load(std::memory_order_acquire); }
  JournalFigures figures() const override;

 private:
  friend class FileSnapshotWriter;

  Result<void> check_sound() const;
  std::unexpected<Error> poison(Error error);
  Result<void> remove_leftovers();
  Result<void> prove_durable(const SegmentScan& tail);
  Result<void> encode(std::span<const JournalBatch> batches, Sequence first);
  Result<void> start_segment();
  Result<std::unique_ptr<File>> create_segment(const Segment& segment);
  Result<void> make_room(std::uint64_t bytes);
  Result<void> grow(std::uint64_t bytes);
  Result<void> write_buffer(Sequence last);
  Result<void> sync_records();
  Result<void> publish(const Snapshot& snapshot, std::size_t keep);
  void count_sync() { fsyncs_.fetch_add(1, std::memory_order_relaxed); }

  FileSystem& files_;
  const fs::path directory_;
  const FileJournalOptions options_;
  const JournalKnobs knobs_;

  // Of the appending side.
  Rng salts_;
  std::unique_ptr<File> file_;
  Segment segment_;
  std::uint32_t salt_ = 0;
  std::uint64_t used_ = 0, allocated_ = 0;
  Sequence last_ = 0, durable_ = 0;
  bool unsynced_ = false;  // something was written since the last sync
  bool closed_ = false;    // an end mark is last
  std::string buffer_;     // of one append, reused

  // Of both sides.
  std::atomic<bool> poisoned_ = false;
  std::atomic<std::uint64_t> bytes_ = 0, fsyncs_ = 0;
  mutable Mutex manifest_mutex_;  // held while MANIFEST is written
  Manifest manifest_ GUARDED_BY(manifest_mutex_);
  mutable Mutex mutex_;  // never held during I/O; taken after the other
  std::optional<Error> poison_ GUARDED_BY(mutex_);
  struct SegmentSize {
    Segment segment;
    std::uint64_t bytes = 0;
  };
  std::vector<SegmentSize> sizes_ GUARDED_BY(mutex_);
  Snapshot newest_ GUARDED_BY(mutex_);
};

class FileSnapshotWriter final : public SnapshotWriter {
 public:
  FileSnapshotWriter(FileJournal& journal, const Snapshot& snapshot)
      : journal_(journal), snapshot_(snapshot) {
    path_ = journal.directory_ / snapshot_name(snapshot);
    temporary_ = path_;
    temporary_.replace_extension(".tmp");
  }
  ~FileSnapshotWriter() override {
    // A leftover that cannot be removed now is removed by the next opening.
    if (file_ != nullptr) static_cast<void>(journal_.files_.remove(temporary_));
  }

  Result<void> create() {
    file_ = TRY(journal_.files_.open(temporary_, OpenMode::kCreate));
    buffer_ = encode_snapshot_header(snapshot_);
    return {};
  }

  Result<void> add(std::string_view chunk) override {
    TRY(check_open());
    if (chunk.empty() || chunk.size() > kChunkBytesMax) {
      return fail(ErrorCode::kResourceExhausted,
                  "a snapshot chunk of " + std::to_string(chunk.size()) + " bytes, expected 1 to " +
                      std::to_string(kChunkBytesMax));
    }
    const std::uint32_t sum = append_chunk(buffer_, chunk, chunks_, snapshot_.number);
    snapshot_.checksum = next_snapshot_checksum(snapshot_.checksum, sum);
    ++chunks_;
    return buffer_.size() < kSnapshotBufferBytes ? Result<void>{} : flush();
  }

  Result<void> publish(std::size_t keep) override {
    TRY(check_open());
    buffer_ += encode_snapshot_footer(
        {.chunks = chunks_, .covers = snapshot_.covers, .checksum = snapshot_.checksum},
        snapshot_.number);
    TRY(flush());
    journal_.count_sync();
    if (auto synced = file_->sync(); !synced) {
      failed_ = true;
      return synced;
    }
    if (auto renamed = journal_.files_.rename(temporary_, path_); !renamed) {
      failed_ = true;
      return renamed;
    }
    file_.reset();
    journal_.count_sync();
    TRY(journal_.files_.sync_directory(directory()));
    return journal_.publish(snapshot_, keep);
  }

 private:
  const fs::path& directory() const { return journal_.directory_; }

  Result<void> check_open() const {
    TRY(journal_.check_sound());
    if (file_ == nullptr || failed_) {
      return fail(ErrorCode::kConflict, "the snapshot has been published or has failed");
    }
    return {};
  }

  Result<void> flush() {
    if (auto written = file_->write_at(snapshot_.bytes, buffer_); !written) {
      failed_ = true;
      return written;
    }
    snapshot_.bytes += buffer_.size();
    buffer_.clear();
    return {};
  }

  FileJournal& journal_;
  Snapshot snapshot_;
  fs::path path_, temporary_;
  std::unique_ptr<File> file_;  // null once renamed
  std::string buffer_;
  std::uint64_t chunks_ = 0;
  bool failed_ = false;
};

// ------------------------------------------------------------------ opening

Result<void> FileJournal::start(JournalFiles opened, const RecoveredJournal& recovered) {
  last_ = durable_ = recovered.recovery.last;
  {
    const MutexLock lock(manifest_mutex_);
    manifest_ = std::move(opened.manifest);
    // An older one stands in for these; the next MANIFEST leaves them out.
    auto& snapshots = manifest_.snapshots;
    snapshots.erase(snapshots.begin(),
                    snapshots.begin() + static_cast<std::ptrdiff_t>(recovered.snapshots_damaged));
    const MutexLock inner(mutex_);
    for (std::size_t i = 0; i < manifest_.segments.size(); ++i) {
      sizes_.push_back({manifest_.segments[i], recovered.segment_ends[i]});
    }
    if (!snapshots.empty()) newest_ = snapshots.front();
  }
  // A process that died may have left a MANIFEST that is seen and not yet durable; nothing may
  // be removed or acknowledged on its word.
  count_sync();
  TRY(files_.sync_directory(directory_));
  TRY(remove_leftovers());
  if (opened.segments.empty()) return start_segment();

  file_ = std::move(opened.segments.back());
  const SegmentScan& tail = recovered.tail;
  const bool nothing_behind = recovered.rest.data_end == tail.end;
  if (nothing_behind && (tail.closed || tail.end == kSegmentHeaderBytes)) {
    const MutexLock lock(mutex_);
    segment_ = sizes_.back().segment;
    salt_ = salt_checksum(knobs_.mutation == JournalMutation::kNoSalt ? 0 : segment_.salt);
    used_ = tail.end;
    allocated_ = TRY(file_->size());
    closed_ = tail.closed;
    return {};
  }
  // The torn bytes stay as they are, in a segment that nobody appends to again.
  TRY(prove_durable(tail));
  return start_segment();
}

// A sync that failed in another process may have left pages that read well, are called clean
// and are not on the disk.  The same bytes written again make them dirty.
Result<void> FileJournal::prove_durable(const SegmentScan& tail) {
  if (tail.durable_end == tail.end) return {};
  std::string bytes;
  for (std::uint64_t at = tail.durable_end; at < tail.end; at += bytes.size()) {
    bytes.resize(static_cast<std::size_t>(std::min(kZeroBytes, tail.end - at)));
    const std::size_t read = TRY(file_->read_at(at, bytes));
    CHECK(read == bytes.size());
    TRY(file_->write_at(at, bytes));
  }
  count_sync();
  return file_->sync();
}

// Files with our names that MANIFEST does not list: a crash came between.
Result<void> FileJournal::remove_leftovers() {
  const MutexLock lock(manifest_mutex_);
  for (const std::string& name : TRY(files_.list(directory_))) {
    if (!is_journal_file(name)) continue;
    const bool listed =
        std::ranges::any_of(manifest_.segments,
                            [&](const Segment& one) { return segment_name(one.epoch) == name; }) ||
        std::ranges::any_of(manifest_.snapshots,
                            [&](const Snapshot& one) { return snapshot_name(one) == name; });
    if (!listed) TRY(files_.remove(directory_ / name));
  }
  return {};
}

// ------------------------------------------------------------------ segments

Result<std::unique_ptr<File>> FileJournal::create_segment(const Segment& segment) {
  const fs::path path = directory_ / segment_name(segment.epoch);
  auto file = TRY(files_.open(path, OpenMode::kCreate));
  std::string bytes = encode_segment_header(segment);
  bytes.resize(static_cast<std::size_t>(knobs_.growth_bytes_first), '\0');
  auto made = file->write_at(0, bytes);
  if (made) {
    count_sync();
    made = file->sync();
  }
  if (made) {
    count_sync();
    made = files_.sync_directory(directory_);
  }
  if (made) return file;
  static_cast<void>(files_.remove(path));  // else a leftover
  return std::unexpected(made.error());
}

// Listed only after all before it is durable, and it itself: that is what its place in
// MANIFEST says.
Result<void> FileJournal::start_segment() {
  TRY(sync_records());
  Segment segment{.first = last_ + 1, .salt = salts_.next()};
  {
    const MutexLock lock(manifest_mutex_);
    segment.epoch = manifest_.next++;
  }
  auto file = TRY(create_segment(segment));
  const MutexLock lock(manifest_mutex_);
  Manifest next = manifest_;
  next.segments.push_back(segment);
  bool uncertain = false;
  fsyncs_.fetch_add(2, std::memory_order_relaxed);
  if (auto written = write_manifest(files_, directory_, next, uncertain); !written) {
    if (uncertain) return poison(written.error());
    static_cast<void>(files_.remove(directory_ / segment_name(segment.epoch)));
    return written;
  }
  manifest_ = std::move(next);
  file_ = std::move(file);
  segment_ = segment;
  salt_ = salt_checksum(knobs_.mutation == JournalMutation::kNoSalt ? 0 : segment.salt);
  used_ = kSegmentHeaderBytes;
  allocated_ = knobs_.growth_bytes_first;
  closed_ = false;
  const MutexLock inner(mutex_);
  sizes_.push_back({segment, used_});
  return {};
}

// Zeros ahead of the records, durable, so that a sync of records changes no metadata and a
// full disk is met before any record byte is written.
Result<void> FileJournal::grow(std::uint64_t bytes) {
  const std::string zeros(static_cast<std::size_t>(std::min(bytes, kZeroBytes)), '\0');
  const std::uint64_t end = allocated_ + bytes;
  for (std::uint64_t at = allocated_; at < end; at += zeros.size()) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), end - at));
    if (auto written = file_->write_at(at, std::string_view(zeros).substr(0, n)); !written) {
      static_cast<void>(file_->resize(allocated_));  // gives back what there was room for
      return written;
    }
  }
  count_sync();
  if (auto synced = file_->sync(); !synced) return poison(synced.error());
  allocated_ = end;
  unsynced_ = false;
  durable_ = last_;
  return {};
}

Result<void> FileJournal::make_room(std::uint64_t bytes) {
  const std::uint64_t needed = used_ + bytes + knobs_.reserve_bytes;
  if (needed <= allocated_) return {};
  const std::uint64_t step =
      std::clamp(allocated_, knobs_.growth_bytes_first, knobs_.growth_bytes_max);
  auto grown = grow(std::max(step, needed - allocated_));
  if (!grown && !poisoned() && is_disk_full(grown.error())) grown = grow(needed - allocated_);
  if (grown || poisoned() || !is_disk_full(grown.error())) return grown;
  const bool small = bytes <= knobs_.append_bytes_small && used_ + bytes <= allocated_;
  return small ? Result<void>{} : grown;
}

// ------------------------------------------------------------------ appending

Result<void> FileJournal::check_sound() const {
  if (!poisoned()) [[likely]]
    return {};
  const MutexLock lock(mutex_);
  return std::unexpected(*poison_);
}

std::unexpected<Error> FileJournal::poison(Error error) {
  const MutexLock lock(mutex_);
  if (!poison_) poison_ = std::move(error);
  poisoned_.store(true, std::memory_order_release);
  return std::unexpected(*poison_);
}

Result<void> FileJournal::encode(std::span<const JournalBatch> batches, Sequence first) {
  buffer_.clear();
  Record record{.durable = durable_};
  record.sequence = first;
  for (const JournalBatch& batch : batches) {
    const std::size_t n = batch.entries.size();
    for (std::size_t i = 0; i < n; ++i) {
      record.batch_begin = i == 0;
      record.batch_end = i + 1 == n;
      record.payload = batch.entries[i];
      append_record(buffer_, record, salt_);
      ++record.sequence;
    }
  }
  return {};
}

// Sizes within the bounds; returns the number of entries.
Result<std::uint64_t> count_entries(std::span<const JournalBatch> batches) {
  std::uint64_t entries = 0;
  for (const JournalBatch& batch : batches) {
    std::uint64_t bytes = 0, encoded = 0;
    for (const std::string& entry : batch.entries) {
      if (entry.size() > kEntryBytesMax) {
        return fail(ErrorCode::kResourceExhausted, "an entry of " + std::to_string(entry.size()) +
                                                       " bytes, at most " +
                                                       std::to_string(kEntryBytesMax));
      }
      bytes += entry.size();
      encoded += record_bytes(entry.size());
    }
    if (bytes > kBatchBytesMax || encoded > kBatchBytesEncodedMax) {
      return fail(ErrorCode::kResourceExhausted,
                  "a batch of " + std::to_string(bytes) + " bytes in " +
                      std::to_string(batch.entries.size()) + " entries, at most " +
                      std::to_string(kBatchBytesMax));
    }
    entries += batch.entries.size();
  }
  return entries;
}

Result<void> FileJournal::append(std::span<const JournalBatch> batches, Sequence first,
                                 bool sync_too) {
  TRY(check_sound());
  const std::uint64_t entries = TRY(count_entries(batches));
  if (entries == 0) return sync_too ? sync() : Result<void>{};
  if (first != last_ + 1) {
    return fail(ErrorCode::kInvalidArgument, "an append at entry " + std::to_string(first) +
                                                 ", expected " + std::to_string(last_ + 1));
  }
  if (used_ >= options_.segment_bytes_max) {
    // Without room for another segment this one goes on.
    if (auto started = start_segment(); !started) {
      if (poisoned() || !is_disk_full(started.error())) return started;
    }
  }
  TRY(encode(batches, first));
  TRY(make_room(buffer_.size()));
  TRY(write_buffer(last_ + entries));
  closed_ = false;
  return sync_too ? sync_records() : Result<void>{};
}

Result<void> FileJournal::write_buffer(Sequence last) {
  if (auto written = file_->write_at(used_, buffer_); !written) return poison(written.error());
  used_ += buffer_.size();
  last_ = last;
  unsynced_ = true;
  bytes_.fetch_add(buffer_.size(), std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  sizes_.back().bytes = used_;
  return {};
}

Result<void> FileJournal::sync_records() {
  if (!unsynced_) return {};
  count_sync();
  if (auto synced = file_->sync(); !synced) return poison(synced.error());
  unsynced_ = false;
  durable_ = last_;
  return {};
}

Result<void> FileJournal::sync() {
  TRY(check_sound());
  return sync_records();
}

Result<void> FileJournal::mark_end() {
  TRY(check_sound());
  TRY(sync_records());
  if (closed_) return {};
  buffer_.clear();
  append_record(buffer_,
                {.type = RecordType::kEnd,
                 .sequence = last_,
                 .durable = last_,
                 .batch_begin = true,
                 .batch_end = true},
                salt_);
  TRY(make_room(buffer_.size()));
  TRY(write_buffer(last_));
  TRY(sync_records());
  closed_ = true;
  return {};
}

JournalFigures FileJournal::figures() const {
  JournalFigures figures{.bytes = bytes_.load(), .fsyncs = fsyncs_.load()};
  const MutexLock lock(mutex_);
  figures.snapshot_bytes = newest_.bytes;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    const bool covered = i + 1 < sizes_.size() && sizes_[i + 1].segment.first <= newest_.covers + 1;
    if (!covered) figures.log_bytes += sizes_[i].bytes;
  }
  return figures;
}

// ------------------------------------------------------------------ snapshots

Result<std::unique_ptr<SnapshotWriter>> FileJournal::start_snapshot(Sequence covers) {
  TRY(check_sound());
  Snapshot snapshot{.covers = covers};
  {
    const MutexLock lock(mutex_);
    if (covers > last_ || covers < newest_.covers) {
      return fail(ErrorCode::kInvalidArgument, "a snapshot of entry " + std::to_string(covers) +
                                                   ", expected " + std::to_string(newest_.covers) +
                                                   " to " + std::to_string(last_));
    }
  }
  // The log after the snapshot begins in a segment of its own, so the ones before can go.
  if (used_ > kSegmentHeaderBytes) TRY(start_segment());
  {
    const MutexLock lock(manifest_mutex_);
    snapshot.number = manifest_.next++;
  }
  auto writer = std::make_unique<FileSnapshotWriter>(*this, snapshot);
  TRY(writer->create());
  return writer;
}

Result<void> FileJournal::publish(const Snapshot& snapshot, std::size_t keep) {
  std::vector<fs::path> needless;
  {
    const MutexLock lock(manifest_mutex_);
    TRY(check_sound());
    Manifest next = manifest_;
    if (!next.snapshots.empty() && (next.snapshots.front().number > snapshot.number ||
                                    next.snapshots.front().covers > snapshot.covers)) {
      static_cast<void>(files_.remove(directory_ / snapshot_name(snapshot)));
      return fail(ErrorCode::kConflict, "a newer snapshot has been published");
    }
    next.snapshots.insert(next.snapshots.begin(), snapshot);
    // The empty state is the oldest generation: while it counts, the whole log stays.
    const bool from_nothing = next.snapshots.size() <= keep && next.segments.front().first == 1;
    while (next.snapshots.size() > keep + 1) {
      needless.push_back(directory_ / snapshot_name(next.snapshots.back()));
      next.snapshots.pop_back();
    }
    const Sequence base = from_nothing ? 0 : next.snapshots.back().covers;
    while (next.segments.size() > 1 && next.segments[1].first <= base + 1) {
      needless.push_back(directory_ / segment_name(next.segments.front().epoch));
      next.segments.erase(next.segments.begin());
    }
    bool uncertain = false;
    fsyncs_.fetch_add(2, std::memory_order_relaxed);
    if (auto written = write_manifest(files_, directory_, next, uncertain); !written) {
      if (uncertain) return poison(written.error());
      static_cast<void>(files_.remove(directory_ / snapshot_name(snapshot)));
      return written;
    }
    const std::uint64_t oldest = next.segments.front().epoch;
    manifest_ = std::move(next);
    const MutexLock inner(mutex_);
    newest_ = snapshot;
    std::erase_if(sizes_, [&](const SegmentSize& one) { return one.segment.epoch < oldest; });
  }
  if (needless.empty()) return {};
  for (const fs::path& path : needless) TRY(files_.remove(path));
  count_sync();
  return files_.sync_directory(directory_);
}

// A directory without MANIFEST: a new journal, unless something is there already.
Result<Manifest> create_journal(FileSystem& files, const fs::path& directory) {
  for (const std::string& name : TRY(files.list(directory))) {
    if (may_stand_beside(name) || name == kManifestTemporary) continue;
    if (is_journal_file(name)) {
      return std::unexpected(
          damaged_at(directory / kManifestName, 0, "MANIFEST is absent, though there is " + name));
    }
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "found " + name +
                                            ", expected an empty directory "
                                            "or a journal in files",
                                 .path = directory.string()});
  }
  bool uncertain = false;
  TRY(write_manifest(files, directory, {}, uncertain));
  return Manifest{};
}

}  // namespace

Result<OpenedJournal> open_file_journal_with(FileSystem& files, const fs::path& directory,
                                             const FileJournalOptions& options,
                                             const JournalKnobs& knobs,
                                             const JournalReader& reader) {
  auto manifest = read_manifest(files, directory);
  if (!manifest && manifest.error().code == ErrorCode::kNotFound) {
    manifest = create_journal(files, directory);
  }
  if (!manifest) return std::unexpected(std::move(manifest.error()));
  auto opened = TRY(open_journal_files(files, directory, std::move(*manifest), OpenMode::kWrite));
  const RecoveredJournal recovered = TRY(recover_journal(opened, knobs, false, reader));
  auto journal = std::make_unique<FileJournal>(files, directory, options, knobs);
  TRY(journal->start(std::move(opened), recovered));
  return OpenedJournal{.journal = std::move(journal), .recovery = recovered.recovery};
}

Result<OpenedJournal> open_file_journal(FileSystem& files, const fs::path& directory,
                                        const FileJournalOptions& options,
                                        const JournalReader& reader) {
  return open_file_journal_with(files, directory, options, {}, reader);
}

Result<JournalRecovery> read_file_journal(FileSystem& files, const fs::path& directory,
                                          const JournalReader& reader) {
  constexpr int kRetriesMax = 100;
  for (int retry = 0; retry < kRetriesMax; ++retry) {
    auto manifest = TRY(read_manifest(files, directory));
    const std::string before = encode_manifest(manifest);
    auto opened = TRY(open_journal_files(files, directory, std::move(manifest), OpenMode::kRead));
    // Once open a file stays readable; one that is absent was removed after its MANIFEST.
    const auto absent = [](const std::unique_ptr<File>& file) { return file == nullptr; };
    if ((std::ranges::any_of(opened.segments, absent) ||
         std::ranges::any_of(opened.snapshots, absent)) &&
        encode_manifest(TRY(read_manifest(files, directory))) != before) {
      continue;
    }
    return TRY(recover_journal(opened, {}, true, reader)).recovery;
  }
  return fail(ErrorCode::kUnavailable, "the journal changes faster than it can be opened");
}

}  // namespace hardwon::store
