#pragma once

// Many threads, one write: batches that arrive while one is being written share the next.
//
// The first waiter leads: it writes all that wait (up to a bound) in one append, with a sync if
// any of them asked for one, applies each in sequence order, and hands over.  No delay is
// added, so a lone writer waits for its own write only.
// Source: the leader and followers of LevelDB's write queue; DeWitt et al., "Implementation
// techniques for main memory database systems", SIGMOD 1984 (group commit).
//
// Invariants
//   1. Batches are appended and applied in the order of their arrival.
//   2. A batch is applied after it was written, and after it was synced if it asked for that;
//      never after an error.
// Threads: all methods are safe from any thread.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/journal.h"

namespace hardwon::store {

// Called once with the sequence of the batch's first entry, by whichever thread leads.
using Applied = std::function<void(Sequence first)>;

class GroupCommit {
 public:
  // last: the newest sequence of the journal, which is borrowed.
  GroupCommit(Journal& journal, Sequence last);

  // Returns when the batch is applied, or with the error of its write.
  Result<void> commit(std::span<const std::string> entries, bool sync, const Applied& applied);
  // Does not wait for others: leaves the batch to whoever leads, or writes it without a sync.
  // Too many that wait: waits.  Errors of a later write are counted in posts_failed().
  void post(std::vector<std::string> entries, Applied applied);
  // All that was committed before is durable.
  Result<void> sync();
  // Runs `body` when all that was committed before is durable and applied, and nothing is being
  // written; `last` is the newest sequence.
  Result<void> run_alone(const std::function<Result<void>(Sequence last)>& body);
  // Syncs only when something has been written since the last sync.
  Result<void> mark_end();

  Sequence last() const;
  bool unsynced() const;
  std::uint64_t posts_failed() const;

 private:
  struct Waiter {
    std::span<const std::string> entries;
    bool sync = false;
    const Applied* applied = nullptr;  // nullptr: nothing to write, only to sync
    const std::function<Result<void>(Sequence last)>* alone = nullptr;
    bool posted = false;
    bool done = false;
    Result<void> result;
    std::condition_variable wake;
    std::vector<std::string> own_entries;  // of a posted one
    Applied own_applied;
  };

  // Shared with the leader, who wakes a waiter after letting the mutex go: woken before, it would
  // only wait for that.
  using Waiting = std::shared_ptr<Waiter>;

  Result<void> wait_for(const Waiting& waiter);
  void lead(std::unique_lock<std::mutex>& lock);
  std::size_t take_group();
  Result<void> write_group(Sequence first, bool sync);
  std::vector<Waiting> finish_group(std::size_t taken, const Result<void>& result);

  Journal& journal_;
  mutable std::mutex mutex_;           // guards all below; not held while writing or applying
  std::deque<Waiting> queue_;          // the front one leads
  std::vector<JournalBatch> batches_;  // of the group being written; the leader's
  std::vector<const Applied*> applied_;
  Sequence last_;
  bool unsynced_ = false;
  bool ended_ = false;  // the end is marked and nothing was written since
  std::size_t posts_waiting_ = 0;
  std::uint64_t posts_failed_ = 0;
};

}  // namespace hardwon::store
