// Segments and snapshots, read: verified in place in a sliding window, handed out as views.

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/crc32c.h"
#include "store/journal_files.h"

namespace hardwon::store {

namespace fs = std::filesystem;

Error damaged_at(const fs::path& path, std::uint64_t offset, std::string_view what) {
  return {.code = ErrorCode::kCorruption,
          .message = "at byte " + std::to_string(offset) + ": " + std::string(what),
          .path = path.string()};
}

Result<std::string_view> ReadWindow::slide(std::uint64_t offset, std::size_t want) {
  std::size_t kept = 0;
  const char* from = nullptr;
  if (offset >= begin_ && offset < begin_ + size_) {
    kept = static_cast<std::size_t>(begin_ + size_ - offset);
    from = buffer_.get() + (offset - begin_);
  }
  if (std::size_t capacity = std::max(step_, want); capacity > capacity_) {
    // Twice as much where it grows: a large batch asks for a little more with each record.
    if (capacity_ > 0) capacity = std::max(capacity, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (kept > 0) std::memcpy(larger.get(), from, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else if (kept > 0) {
    std::memmove(buffer_.get(), from, kept);
  }
  begin_ = offset;
  size_ = kept;
  size_ += TRY(file_.read_at(offset + kept, {buffer_.get() + kept, capacity_ - kept}));
  return std::string_view(buffer_.get(), size_);
}

namespace {

std::uint32_t salt_of(const Segment& segment, const JournalKnobs& knobs) {
  return salt_checksum(knobs.mutation == JournalMutation::kNoSalt ? 0 : segment.salt);
}

// Reads one segment; a class because a batch is checked record by record before it is given.
class SegmentScanner {
 public:
  SegmentScanner(File& file, const Segment& segment, Sequence limit, const JournalKnobs& knobs,
                 const EntryVisitor& visit)
      : window_(file, knobs.window_bytes),
        salt_(salt_of(segment, knobs)),
        limit_(limit),
        mutation_(knobs.mutation),
        visit_(visit) {
    scan_.next = expected_ = segment.first;
    scan_.durable = candidate_ = segment.first - 1;
  }

  Result<SegmentScan> run() {
    while (TRY(step())) {
    }
    return scan_;
  }

 private:
  // Takes one record; false at the first that does not belong.
  Result<bool> step() {
    const auto batch = static_cast<std::size_t>(at_ - scan_.end);  // of it so far
    std::string_view view = TRY(window_.at(scan_.end, batch + kRecordHeaderBytes));
    if (view.size() < batch) return false;
    const auto size = plausible_record(view.substr(batch), salt_);
    if (!size) return false;
    view = TRY(window_.at(scan_.end, batch + *size));
    if (view.size() < batch) return false;
    auto record = decode_record(view.substr(batch), salt_);
    if (!record) return false;
    if (record->type == RecordType::kEnd) return take_end(*record, batch);
    if (mutation_ == JournalMutation::kNoBatchEnd) record->batch_begin = record->batch_end = true;
    if (mutation_ == JournalMutation::kNoSequence) {
      expected_ = record->sequence;
      if (batch == 0) scan_.next = expected_;
    }
    if (record->sequence != expected_ || record->batch_begin != (batch == 0) ||
        (batch == 0 && record->sequence >= limit_)) {
      return false;
    }
    take_claim(record->durable);
    at_ += record->bytes;
    ++expected_;
    if (!record->batch_end) return true;
    if (expected_ > limit_) return false;  // the next segment begins inside this batch
    TRY(give(view.substr(0, batch + record->bytes), *record, batch == 0));
    scan_.next = expected_;
    scan_.end = at_;
    scan_.closed = false;
    return true;
  }

  bool take_end(const Record& record, std::size_t batch) {
    if (batch != 0 || record.sequence + 1 != scan_.next) return false;
    take_claim(record.durable);
    at_ += record.bytes;
    scan_.end = at_;
    scan_.closed = true;
    return true;
  }

  void take_claim(Sequence durable) {
    scan_.durable = std::max(scan_.durable, durable);
    if (durable < candidate_) return;
    scan_.durable_end = std::max(scan_.durable_end, candidate_end_);
    candidate_ = scan_.next - 1;
    candidate_end_ = scan_.end;
    if (durable >= candidate_) scan_.durable_end = candidate_end_;
  }

  Result<void> give(std::string_view batch, const Record& last, bool single) {
    if (single) return visit_(last.sequence, last.payload);
    for (Sequence sequence = scan_.next; sequence < expected_; ++sequence) {
      // Checked above; only the lengths are read again.
      const std::size_t size = *plausible_record(batch, salt_);
      TRY(visit_(sequence, decoded_payload(batch)));
      batch.remove_prefix(size);
    }
    return {};
  }

  ReadWindow window_;
  std::uint32_t salt_;
  Sequence limit_;
  JournalMutation mutation_;
  const EntryVisitor& visit_;
  SegmentScan scan_;
  std::uint64_t at_ = kSegmentHeaderBytes;
  Sequence expected_ = 0;  // within the batch
  // Where the log stood when a claim last moved; durable as soon as a later claim reaches it.
  Sequence candidate_ = 0;
  std::uint64_t candidate_end_ = kSegmentHeaderBytes;
};

}  // namespace

Result<SegmentScan> scan_segment(File& file, const Segment& segment, Sequence limit,
                                 const JournalKnobs& knobs, const EntryVisitor& visit) {
  return SegmentScanner(file, segment, limit, knobs, visit).run();
}

Result<SegmentRest> scan_rest(File& file, const Segment& segment, std::uint64_t from,
                              const JournalKnobs& knobs) {
  ReadWindow window(file, knobs.window_bytes);
  const std::uint32_t salt = salt_of(segment, knobs);
  SegmentRest rest{.data_end = from};
  for (std::uint64_t at = from;;) {
    std::string_view view = TRY(window.at(at, kRecordHeaderBytes));
    if (view.empty()) return rest;
    const std::string_view word = view.substr(0, kRecordAlign);
    const std::size_t last = word.find_last_not_of('\0');
    if (last != std::string_view::npos) rest.data_end = at + last + 1;
    std::size_t step = word.size();
    if (const auto size = plausible_record(view, salt)) {
      view = TRY(window.at(at, *size));
      if (const auto record = decode_record(view, salt)) {
        if (record->durable > rest.claimed) {
          rest.claimed = record->durable;
          rest.claimed_at = at;
        }
        step = record->bytes;
        rest.data_end = at + step;
      }
    }
    at += step;
  }
}

Result<void> read_snapshot(File& file, const Snapshot& snapshot, const fs::path& path,
                           const JournalKnobs& knobs, const ChunkVisitor& visit) {
  const auto damaged = [&](std::uint64_t offset, std::string_view what) {
    return std::unexpected(damaged_at(path, offset, what));
  };
  ReadWindow window(file, knobs.window_bytes);
  const std::uint64_t size = TRY(file.size());
  if (size != snapshot.bytes) {
    return damaged(std::min(size, snapshot.bytes), "the snapshot has " + std::to_string(size) +
                                                       " bytes, MANIFEST says " +
                                                       std::to_string(snapshot.bytes));
  }
  const auto head = decode_snapshot_header(TRY(window.at(0, kSnapshotHeaderBytes)));
  if (!head) {
    Error error = head.error();
    error.path = path.string();
    return std::unexpected(std::move(error));
  }
  if (head->number != snapshot.number || head->covers != snapshot.covers) {
    return damaged(0, "the header of another snapshot");
  }
  std::uint64_t at = kSnapshotHeaderBytes;
  std::uint32_t checksum = 0;
  for (std::uint64_t index = 0;; ++index) {
    std::string_view view = TRY(window.at(at, kChunkHeaderBytes));
    const auto bytes = plausible_chunk(view);
    if (!bytes) return damaged(at, "no sound chunk of the snapshot");
    view = TRY(window.at(at, *bytes));
    const auto chunk = decode_chunk(view, index, snapshot.number);
    if (!chunk) return damaged(at, "a chunk of the snapshot fails its checksum");
    if (chunk->payload.empty()) {
      const auto footer = decode_snapshot_footer(view, snapshot.number);
      if (!footer || footer->chunks != index || footer->covers != snapshot.covers ||
          footer->checksum != checksum || checksum != snapshot.checksum ||
          at + kSnapshotFooterBytes != size) {
        return damaged(at, "the footer of the snapshot does not match");
      }
      return {};
    }
    checksum = next_snapshot_checksum(checksum, chunk->checksum);
    TRY(visit(chunk->payload));
    at += chunk->bytes;
  }
}

}  // namespace hardwon::store
