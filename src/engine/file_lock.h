#pragma once

// An advisory lock on a file, held while the object lives; freed by the kernel on any death.

#include <chrono>
#include <filesystem>

#include "hardwon/error.h"

namespace hardwon::engine {

class FileLock {
 public:
  // Waits at most `wait`; kUnavailable when it is still held.  kIo when the file cannot be made.
  static Result<FileLock> acquire(const std::filesystem::path& path,
                                  std::chrono::milliseconds wait);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace hardwon::engine
