#pragma once

// std::mutex with Clang's thread-safety annotations; checked by clang++-19 -Wthread-safety.

#include <mutex>

#if defined(__clang__)
#define HARDWON_TSA(x) __attribute__((x))
#else
#define HARDWON_TSA(x)
#endif
#define CAPABILITY(x) HARDWON_TSA(capability(x))
#define SCOPED_CAPABILITY HARDWON_TSA(scoped_lockable)
#define GUARDED_BY(x) HARDWON_TSA(guarded_by(x))
#define REQUIRES(...) HARDWON_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) HARDWON_TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) HARDWON_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) HARDWON_TSA(release_capability(__VA_ARGS__))

namespace hardwon {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace hardwon
