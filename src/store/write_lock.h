#pragma once

// The one write lock of a store: an flock on `write.lock`, fair between processes.
//
// Format: write.lock holds one text line about who holds it: "pid <n> (<program>) since
// <time>"; it is what the message of a refused writer names, and means nothing while the lock
// is free.  write.next is empty.
//
// Fairness: Linux wakes all waiters of an flock at once, and flock has no time limit, so
// waiters poll.  Polling alone starves: who has just released the lock takes it again before
// a sleeper looks.  Therefore a waiter first takes `write.next`, the door to the lock, and
// gives it back when it holds the lock; whoever comes back must pass that door behind it.  At
// the door the longer one has waited, the more often one knocks.
// Threads: used by one thread at a time.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "hardwon/error.h"

namespace hardwon::store {

class WriteLock {
 public:
  // Creates the two files (mode 0600) where they are missing.
  static Result<std::unique_ptr<WriteLock>> open(const std::filesystem::path& directory);
  ~WriteLock();
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

  // kUnavailable with store_locked and the holder's name after `wait`.
  Result<void> acquire(std::chrono::milliseconds wait, TimePoint now);
  void release();

 private:
  WriteLock(int lock, int next, std::string path)
      : lock_(lock), next_(next), path_(std::move(path)) {}
  void name_holder(TimePoint now);
  std::string holder() const;

  int lock_, next_;
  std::string path_;
};

}  // namespace hardwon::store
