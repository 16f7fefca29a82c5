// What can still be read of a damaged journal: the newest sound snapshot and every whole batch.

#include <algorithm>
#include <utility>

#include "store/journal_files.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_part(File& file, std::uint64_t offset, std::size_t bytes) {
  std::string part(bytes, '\0');
  part.resize(TRY(file.read_at(offset, part)));
  return part;
}

// Without MANIFEST the files' own headers say what they are.
Result<Manifest> manifest_from_headers(FileSystem& files, const fs::path& directory) {
  Manifest manifest;
  for (const std::string& name : TRY(files.list(directory))) {
    if (!is_journal_file(name) || name.ends_with(".tmp")) continue;
    auto file = TRY(files.open(directory / name, OpenMode::kRead));
    const std::string head = TRY(read_part(*file, 0, kSegmentHeaderBytes));
    if (const auto segment = decode_segment_header(head);
        segment && segment_name(segment->epoch) == name) {
      manifest.segments.push_back(*segment);
    }
    auto snapshot = decode_snapshot_header(head);
    if (!snapshot || snapshot_name(*snapshot) != name) continue;
    snapshot->bytes = TRY(file->size());
    if (snapshot->bytes < kSnapshotHeaderBytes + kSnapshotFooterBytes) continue;
    const auto footer = decode_snapshot_footer(
        TRY(read_part(*file, snapshot->bytes - kSnapshotFooterBytes, kSnapshotFooterBytes)),
        snapshot->number);
    if (!footer) continue;
    snapshot->checksum = footer->checksum;
    manifest.snapshots.push_back(*snapshot);
  }
  std::ranges::sort(manifest.segments, {}, &Segment::epoch);
  std::ranges::sort(manifest.snapshots, std::ranges::greater(), &Snapshot::number);
  return manifest;
}

class Salvage {
 public:
  Salvage(JournalFiles& opened, const JournalReader& reader) : opened_(opened), reader_(reader) {}

  Result<JournalSalvage> run() {
    result_.recovery.clean = false;
    TRY(take_snapshot());
    last_ = result_.recovery.snapshot;
    const auto& segments = opened_.manifest.segments;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const Sequence limit = i + 1 < segments.size() ? segments[i + 1].first : kSequenceMax;
      if (opened_.segments[i] != nullptr)
        TRY(take_segment(*opened_.segments[i], segments[i], limit));
      if (limit != kSequenceMax && limit > last_ + 1) lose_up_to(limit - 1);
    }
    result_.recovery.last = last_;
    return result_;
  }

 private:
  Result<void> take_snapshot() {
    const auto& snapshots = opened_.manifest.snapshots;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      const fs::path path = opened_.directory / snapshot_name(snapshots[i]);
      if (opened_.snapshots[i] != nullptr) {
        File& file = *opened_.snapshots[i];
        const auto sound = read_snapshot(file, snapshots[i], path, knobs_,
                                         [](std::string_view) -> Result<void> { return {}; });
        if (sound) {
          result_.recovery.snapshot = snapshots[i].covers;
          return read_snapshot(file, snapshots[i], path, knobs_, reader_.snapshot_chunk);
        }
        result_.bytes_damaged += snapshots[i].bytes;
      }
      if (i == 0) result_.recovery.snapshot_damaged = path.filename().string();
    }
    return {};
  }

  void lose_up_to(Sequence sequence) {
    result_.entries_lost += sequence - last_;
    last_ = sequence;
  }

  Result<void> take_segment(File& file, const Segment& segment, Sequence limit) {
    ReadWindow window(file, knobs_.window_bytes);
    const std::uint32_t salt = salt_checksum(segment.salt);
    batch_.clear();
    for (std::uint64_t at = kSegmentHeaderBytes;;) {
      std::string_view view = TRY(window.at(at, kRecordHeaderBytes));
      if (view.empty()) return {};
      if (const auto size = plausible_record(view, salt)) {
        view = TRY(window.at(at, *size));
        if (const auto record = decode_record(view, salt)) {
          TRY(take_record(*record, limit));
          at += record->bytes;
          continue;
        }
      }
      batch_.clear();  // a batch with a hole is none
      const std::string_view word = view.substr(0, kRecordAlign);
      if (word.find_first_not_of('\0') != std::string_view::npos) {
        result_.bytes_damaged += word.size();
      }
      at += word.size();
    }
  }

  Result<void> take_record(const Record& record, Sequence limit) {
    if (record.type != RecordType::kEntry) return {};
    if (record.batch_begin) {
      batch_.clear();
      batch_first_ = record.sequence;
    } else if (batch_.empty() || record.sequence != batch_first_ + batch_.size()) {
      batch_.clear();
      return {};
    }
    batch_.emplace_back(record.payload);
    if (!record.batch_end) return {};
    if (record.sequence >= limit || batch_first_ <= last_) {
      // Of a later epoch's range, or known already; a snapshot may end inside a batch's range
      // only when the journal was written so, never in the middle of a batch.
      batch_.clear();
      return {};
    }
    if (batch_first_ > last_ + 1) lose_up_to(batch_first_ - 1);
    for (const std::string& entry : batch_) {
      ++result_.recovery.entries;
      TRY(reader_.entry(++last_, entry));
    }
    batch_.clear();
    return {};
  }

  JournalFiles& opened_;
  const JournalReader& reader_;
  const JournalKnobs knobs_;
  JournalSalvage result_;
  Sequence last_ = 0;
  Sequence batch_first_ = 0;
  std::vector<std::string> batch_;
};

}  // namespace

Result<JournalSalvage> salvage_file_journal(FileSystem& files, const fs::path& directory,
                                            const JournalReader& reader) {
  auto manifest = read_manifest(files, directory);
  if (!manifest && (manifest.error().code == ErrorCode::kCorruption ||
                    manifest.error().code == ErrorCode::kInvalidArgument ||
                    manifest.error().code == ErrorCode::kNotFound)) {
    manifest = manifest_from_headers(files, directory);
    if (manifest && manifest->segments.empty() && manifest->snapshots.empty()) {
      return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                   .message = "no part of a journal was found",
                                   .path = directory.string()});
    }
  }
  if (!manifest) return std::unexpected(std::move(manifest.error()));
  auto opened = TRY(open_journal_files(files, directory, std::move(*manifest), OpenMode::kRead));
  return Salvage(opened, reader).run();
}

}  // namespace hardwon::store
