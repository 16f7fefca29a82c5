#pragma once

// The one write lock of a store: an flock on `write.lock`, first come first served between
// processes.
//
// Format: write.lock names its holder (store/lock_holder.h).  write.next is empty; who waits
// holds a lock on one byte of it, whose offset is the microsecond of arrival.
//
// Fairness: flock has no time limit, so waiters poll; polling alone starves, because who has
// just released the lock takes it again before a sleeper looks.  The byte locks are a queue
// that needs no memory and no cleaning up: nobody may try the lock while a lower byte is
// locked, and the kernel frees the byte of a process that died.  Only the first in line polls
// often, so that many waiters do not take the processor from the one that holds the lock.
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
  Result<void> wait_in_line(std::chrono::milliseconds wait, std::int64_t place);

  int lock_, next_;
  std::string path_;
};

}  // namespace hardwon::store
