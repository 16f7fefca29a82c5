#include "engine/step_buffer.h"

#include <algorithm>

namespace hardwon {

std::string_view name_of(Durability value) {
  return value == Durability::kDurable ? "durable" : "buffered";
}

Result<void> BatchConfig::validate() const {
  const auto bad = [](std::string field, std::string message) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = std::move(message),
                                 .field = "batch_config." + std::move(field)});
  };
  if (max_batch_size < 1 || max_batch_size > 100'000) {
    return bad("max_batch_size",
               "found " + std::to_string(max_batch_size) + ", expected 1 to 100000");
  }
  if (flush_interval_ms < 1 || flush_interval_ms > 3'600'000) {
    return bad("flush_interval_ms",
               "found " + std::to_string(flush_interval_ms) + ", expected 1 to 3600000");
  }
  if (buffered_steps_max < max_batch_size) {
    return bad("buffered_steps_max", "found " + std::to_string(buffered_steps_max) +
                                         ", expected at least max_batch_size");
  }
  return {};
}

namespace engine {

bool same_step(const Step& there, Step retry) {
  if (!retry.time) retry.time = there.time;
  return there == retry;
}

Result<std::uint32_t> StepBuffer::add(Step step, std::chrono::steady_clock::time_point now) {
  if (step.number != 0 && step.number < next_number_) {
    const auto it = std::ranges::find(steps_, step.number, &Step::number);
    if (it == steps_.end() || !same_step(*it, step)) {
      return fail(ErrorCode::kConflict,
                  "step " + std::to_string(step.number) + " was logged with other content");
    }
    return step.number;
  }
  if (step.number != 0 && step.number != next_number_) {
    return fail(ErrorCode::kInvalidArgument, "found step number " + std::to_string(step.number) +
                                                 ", expected " + std::to_string(next_number_));
  }
  if (steps_.size() >= config_.buffered_steps_max) {
    return fail(ErrorCode::kResourceExhausted,
                std::to_string(steps_.size()) + " steps wait unflushed: flush the episode");
  }
  if (steps_.empty()) oldest_ = now;
  step.number = next_number_++;
  steps_.push_back(std::move(step));
  return steps_.back().number;
}

bool StepBuffer::should_flush(std::chrono::steady_clock::time_point now) const {
  if (!config_.auto_flush || steps_.empty()) return false;
  return steps_.size() >= config_.max_batch_size ||
         now - oldest_ >= std::chrono::milliseconds(config_.flush_interval_ms);
}

void StepBuffer::flushed(std::size_t count, std::chrono::steady_clock::time_point now) {
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(count));
  oldest_ = now;
}

}  // namespace engine
}  // namespace hardwon
