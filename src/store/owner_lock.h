#pragma once

// The lock of whoever has a directory open for as long as it is open: one owner, others are
// told who it is.
//
// Format: owner.lock holds one text line about the owner, "pid <n> (<program>) since <time>"; it
// means nothing while the lock is free.  The lock is an open-file-description lock: closing another
// descriptor of the file does not drop it, and the kernel frees it at any death.

#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "hardwon/error.h"

namespace hardwon::store {

class OwnerLock {
 public:
  // Waits at most `wait`.  Errors: kUnavailable with store_locked, naming the owner, and
  // whether it is stopped; kIo.
  static Result<OwnerLock> acquire(const std::filesystem::path& directory,
                                   std::chrono::milliseconds wait, const Clock& clock);
  ~OwnerLock();
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&&) = delete;

 private:
  explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace hardwon::store
