#pragma once

// The log under a state machine: entries in one order, made durable in batches, and snapshots
// that cut it short.  The entries are opaque here; whoever opens the journal applies them.
//
// One seam, two adapters with the same recovered state: files (file_journal.h) and LMDB
// (lmdb_journal.h).  group_commit.h lets many threads share one write.
//
// Invariants (the crash tests check them by these numbers)
//   1. Every batch whose append with sync, or a sync() after it, returned is recovered.
//   2. What is recovered is a prefix of the appended batches, each whole.
//   3. Nothing is recovered that was not handed to append().
//   4. Recovery is idempotent, also when it crashes inside itself.
//   5. The adapters recover equal state.
//   6. Nobody was shown an entry that recovery lost, if its append had sync.
//
// Threads: append() and sync() by one thread at a time; a snapshot may be written by another
// meanwhile.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "hardwon/error.h"

namespace hardwon::store {

using Sequence = std::uint64_t;  // of an entry; the first is 1, each one higher than the last

inline constexpr std::size_t kEntryBytesMax = 16U << 20;
inline constexpr std::size_t kBatchBytesMax = 32U << 20;  // sum over the entries of a batch

// Entries that are recovered together or not at all.
struct JournalBatch {
  std::span<const std::string> entries;
};

// What opening hands over, in order: the chunks of the newest snapshot, then the entries
// after it.  The views are valid during the call only.  An error ends the opening.
struct JournalReader {
  std::function<Result<void>(std::string_view chunk)> snapshot_chunk;
  std::function<Result<void>(Sequence sequence, std::string_view entry)> entry;
};

struct JournalRecovery {
  Sequence last = 0;                // of the newest entry, 0: none yet
  Sequence snapshot = 0;            // the newest snapshot covers entries up to it, 0: none
  std::uint64_t entries = 0;        // read after the snapshot
  std::uint64_t bytes_dropped = 0;  // unacknowledged end of the log that a crash had torn
  bool clean = true;                // the journal had been closed
  // Not empty: the newest snapshot, this file, is damaged; what is told above comes from an
  // older one with more of the log, and is complete.
  std::string snapshot_damaged;
};

struct JournalFigures {
  std::uint64_t bytes = 0;           // written to the log since opening
  std::uint64_t fsyncs = 0;          // asked for since opening, snapshots included
  std::uint64_t log_bytes = 0;       // that an opening would read after the snapshot
  std::uint64_t snapshot_bytes = 0;  // of the newest snapshot
};

// A snapshot being written.  Destroyed before publish(): nothing of it stays.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  virtual Result<void> add(std::string_view chunk) = 0;  // 1 B to 16 MiB
  // Makes it the newest one, durably, and only then removes what it makes needless.  keep: how
  // many older snapshots stay with the log after them; 0 also leaves no older byte behind.
  virtual Result<void> publish(std::size_t keep) = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;
  // Appends the batches in order; `first` is the sequence of the first entry.  sync: they are
  // durable on return.  All or nothing: after an error none of them will be recovered ...
  // except after a failed write or sync, which poisons the journal (poisoned() true): what was
  // being written then may or may not be recovered, and every later call gives that error.
  // Errors: kIo (disk full before anything was written does not poison), kResourceExhausted
  // (an entry or a batch too large).
  virtual Result<void> append(std::span<const JournalBatch> batches, Sequence first, bool sync) = 0;
  virtual Result<void> sync() = 0;
  // covers: the state that will be written holds every entry up to it and none after.
  virtual Result<std::unique_ptr<SnapshotWriter>> start_snapshot(Sequence covers) = 0;
  // Syncs and marks the end, so that a later opening knows that nothing is missing; also
  // right for a journal that has been idle.  The journal stays open.
  virtual Result<void> mark_end() = 0;
  virtual bool poisoned() const = 0;
  virtual JournalFigures figures() const = 0;
};

}  // namespace hardwon::store
