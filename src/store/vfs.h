#pragma once

// The file layer under SQLite: passes everything to the operating system's VFS, counts bytes
// and fsyncs, and can be told to fail (a full disk, a failing device).
//
// Threads: safe from any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace hardwon::store {

// Failures to inject.  A budget of -1 never runs out; a spent one keeps failing, as a full
// disk does.
struct FileFaults {
  std::atomic<std::int64_t> bytes_until_full{-1};    // then writes fail with ENOSPC
  std::atomic<std::int64_t> writes_until_error{-1};  // then writes fail with EIO
  std::atomic<std::int64_t> syncs_until_error{-1};   // then fsyncs fail with EIO
};

// One registered SQLite VFS.  Must outlive every connection that was opened through it.
class CountingVfs {
 public:
  explicit CountingVfs(FileFaults* faults);  // faults: may be nullptr; borrowed
  ~CountingVfs();
  CountingVfs(const CountingVfs&) = delete;
  CountingVfs& operator=(const CountingVfs&) = delete;

  const char* name() const;
  std::int64_t bytes() const;   // handed to write(2)
  std::int64_t fsyncs() const;  // asked for

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace hardwon::store
