#pragma once

// An advisory lock on a file, held while the object lives: one owner, others are told who it is.
//
// Format: the file names its holder (store/lock_holder.h).  The lock is an open-file-description
// lock: closing another descriptor of the file does not drop it, and the kernel frees it at any
// death.

#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "hardwon/error.h"

namespace hardwon::store {

class OwnerLock {
 public:
  // path: of the file, which is made (mode 0600) where it is missing.  Waits at most `wait`.
  // Errors: kUnavailable with store_locked, naming the owner, and whether it is stopped; kIo.
  static Result<OwnerLock> acquire(const std::filesystem::path& path,
                                   std::chrono::milliseconds wait, const Clock& clock);
  ~OwnerLock();
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&&) = delete;

 private:
  explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace hardwon::store
