#pragma once

// Time and chance are passed in, so that tests choose them.

#include <chrono>
#include <cstdint>

#include "hardwon/time.h"

namespace hardwon {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;                                 // wall clock, UTC
  virtual std::chrono::steady_clock::time_point steady() const = 0;  // intervals only
};

// The machine's clocks.  Thread-safe.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  std::chrono::steady_clock::time_point steady() const override;
};

// Stands still until told.  Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : now_(start) {}
  TimePoint now() const override { return now_; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(now_.time_since_epoch());
  }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  TimePoint now_;
};

}  // namespace hardwon
