#pragma once

// What the parts of the journal in files share: reading segments and snapshots, MANIFEST on
// disk, recovery.  Used by file_journal.cpp, journal_salvage.cpp and the tests.
//
// Threads: none of it is shared between threads.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "store/file_journal.h"
#include "store/journal_format.h"

namespace hardwon::store {

// Sizes that tests make small, and what a mutation test takes away.
struct JournalKnobs {
  std::uint64_t growth_bytes_first = 64U << 10;  // of zeros, ahead of the records
  std::uint64_t growth_bytes_max = 1U << 20;
  // Stays free ahead of the records, for appends of at most append_bytes_small on a full disk.
  std::uint64_t reserve_bytes = 16U << 10;
  std::uint64_t append_bytes_small = 512;
  std::size_t window_bytes = 1U << 20;  // read at a time
  JournalMutation mutation = JournalMutation::kNone;
};

Result<OpenedJournal> open_file_journal_with(FileSystem& files,
                                             const std::filesystem::path& directory,
                                             const FileJournalOptions& options,
                                             const JournalKnobs& knobs,
                                             const JournalReader& reader);

inline constexpr Sequence kSequenceMax = std::numeric_limits<Sequence>::max();

// kCorruption: "at byte N: what".
Error damaged_at(const std::filesystem::path& path, std::uint64_t offset, std::string_view what);

// A file seen through a buffer that slides over it.
class ReadWindow {
 public:
  ReadWindow(File& file, std::size_t bytes) : file_(file), step_(bytes) {}
  // The bytes from `offset` on: `want` at least, unless the file ends before; often more.
  // Valid until the next call.
  Result<std::string_view> at(std::uint64_t offset, std::size_t want) {
    if (offset >= begin_ && offset + want <= begin_ + size_) {
      const auto from = static_cast<std::size_t>(offset - begin_);
      return std::string_view(buffer_.get() + from, size_ - from);
    }
    return slide(offset, want);
  }

 private:
  Result<std::string_view> slide(std::uint64_t offset, std::size_t want);

  File& file_;
  std::size_t step_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, size_ = 0;
  std::uint64_t begin_ = 0;
};

using EntryVisitor = std::function<Result<void>(Sequence sequence, std::string_view entry)>;

// The sound beginning of a segment.
struct SegmentScan {
  Sequence next = 0;                        // after the last whole batch
  std::uint64_t end = kSegmentHeaderBytes;  // offset after it, and after end marks
  Sequence durable = 0;                     // the highest that a sound record calls durable
  // Before this offset all is durable; at most two syncs' worth before the last that is.
  std::uint64_t durable_end = kSegmentHeaderBytes;
  bool closed = false;  // an end mark is last
};

// Gives the entries of whole batches, in order, up to the first record that is not sound or
// whose sequence is not the next one, or that begins a batch at or above `limit`.
Result<SegmentScan> scan_segment(File& file, const Segment& segment, Sequence limit,
                                 const JournalKnobs& knobs, const EntryVisitor& visit);

// What lies behind the sound beginning.
struct SegmentRest {
  std::uint64_t data_end = 0;    // after the last byte that is not zero
  Sequence claimed = 0;          // the highest that a sound record there calls durable
  std::uint64_t claimed_at = 0;  // where
};
Result<SegmentRest> scan_rest(File& file, const Segment& segment, std::uint64_t from,
                              const JournalKnobs& knobs);

using ChunkVisitor = std::function<Result<void>(std::string_view chunk)>;

// Checks all of a snapshot and gives its chunks as it goes.  Errors: kCorruption (also when
// `visit` has had some), kUnavailable, kIo.
Result<void> read_snapshot(File& file, const Snapshot& snapshot, const std::filesystem::path& path,
                           const JournalKnobs& knobs, const ChunkVisitor& visit);

// Errors: kNotFound, those of decode_manifest, kIo.
Result<Manifest> read_manifest(FileSystem& files, const std::filesystem::path& directory);

// Replaces it durably.  `uncertain` is set when either of both may be found after a crash.
Result<void> write_manifest(FileSystem& files, const std::filesystem::path& directory,
                            const Manifest& manifest, bool& uncertain);

// The files that a MANIFEST names, opened; null: the file is absent.
struct JournalFiles {
  std::filesystem::path directory;
  Manifest manifest;
  std::vector<std::unique_ptr<File>> segments, snapshots;
};
// mode: of the newest segment; the others are only read.
Result<JournalFiles> open_journal_files(FileSystem& files, const std::filesystem::path& directory,
                                        Manifest manifest, OpenMode mode);

struct RecoveredJournal {
  JournalRecovery recovery;
  std::size_t snapshots_damaged = 0;  // of the newest ones
  SegmentScan tail;                   // of the newest segment
  SegmentRest rest;
  std::vector<std::uint64_t> segment_ends;  // offsets; 0: not read, the snapshot covers it
};

// The recovery rule.  durable_only: beside an owner, whose last bytes may be half written.
Result<RecoveredJournal> recover_journal(JournalFiles& opened, const JournalKnobs& knobs,
                                         bool durable_only, const JournalReader& reader);

}  // namespace hardwon::store
