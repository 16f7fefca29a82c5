#pragma once

// Steps wait here until one write can carry many (seed 000, task 2).
//
// Threads: passive; the recorder's mutex guards it.

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "hardwon/engine.h"

namespace hardwon::engine {

// Is `retry` the step that is already there?  A retry without a time has the first one's.
bool same_step(const Step& there, Step retry);

class StepBuffer {
 public:
  // `next_number`: of the first step that will be added.
  StepBuffer(const BatchConfig& config, std::uint32_t next_number)
      : config_(config), next_number_(next_number) {}

  // Gives the step its number and keeps it.  A step that brings a number already waiting is a
  // retry: the same content is acknowledged without a second copy, other content is kConflict.
  // kResourceExhausted when buffered_steps_max wait.
  Result<std::uint32_t> add(Step step, std::chrono::steady_clock::time_point now);

  // Full, or the oldest has waited flush_interval_ms; never when auto_flush is off.
  bool should_flush(std::chrono::steady_clock::time_point now) const;

  const std::vector<Step>& waiting() const { return steps_; }
  std::uint32_t next_number() const { return next_number_; }
  bool empty() const { return steps_.empty(); }
  std::size_t size() const { return steps_.size(); }
  // The first `count` steps are on disk.
  void flushed(std::size_t count, std::chrono::steady_clock::time_point now);

 private:
  BatchConfig config_;
  std::uint32_t next_number_;
  std::vector<Step> steps_;  // in number order
  std::chrono::steady_clock::time_point oldest_{};
};

}  // namespace hardwon::engine
