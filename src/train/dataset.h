#pragma once

// Examples for the policy-value net, kept in and drawn from the experience buffer.
//
// An example is an experience: question "connect-four 4453" (the game and the moves so far),
// image features [inputs + actions + 1] = state, policy and value, reward = the game's result for
// the mover, confidence = 1 − (|value error| / 2)^priority_exponent as of its last training.  What
// was never trained on has no confidence, and so the highest priority.  (As numbers, not as JSON:
// parsing took three times as long as training on them.)
//
// Age does not count here, and the buffer keeps its slots over a restart: the same changes and the
// same seed give the same draws, in one process or in several.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"
#include "hardwon/replay.h"
#include "train/config.h"

namespace hardwon::train {

struct Example {
  std::string id;             // "<iteration>/<game>/<ply>"
  std::string question;       // "connect-four 4453"
  std::vector<float> state;   // [inputs], zeros and ones, for the mover
  std::vector<float> policy;  // [actions], over the whole action space, sums to 1
  float value = 0;            // the target, [-1, 1], for the mover
  int result = 0;             // of the game, for the mover
};

// Where an iteration's examples come from.
struct ExampleSource {
  std::int64_t iteration = 0;
  std::string model;
};

// n examples, row-major, with what training needs of the draw.
struct SampledExamples {
  std::vector<std::string> ids;
  std::vector<float> states, policies, values;
  std::vector<float> weights;  // importance weights, the largest is 1
};

struct ExampleError {
  std::string id;
  float error = 0;  // |value target − value|, [0, 2]
};

class Dataset {
 public:
  struct Shape {
    std::size_t inputs = 0, actions = 0;
  };
  // Errors: those of Replay::open().
  static Result<Dataset> open(const std::filesystem::path& directory, const BufferConfig& config,
                              const Shape& shape);

  // In order; all or none.  Errors: kInvalidArgument for an example of another shape, whose policy
  // is no distribution or whose value is out of range; kResourceExhausted above 32 MiB.
  Result<void> add(std::span<const Example> examples, const ExampleSource& source);
  // Errors: kConflict while fewer than size_min are there ("not ready"): nothing stands in for
  // them; kCorruption for an experience that is no example of this shape.
  Result<SampledExamples> sample(std::size_t count, double beta, std::uint64_t seed);
  Result<void> ready();
  // Those that are gone by now are passed over.
  Result<void> set_errors(std::span<const ExampleError> errors);
  Result<void> flush();
  std::uint64_t added() { return replay_->stats().added; }  // ever
  std::size_t size() { return replay_->stats().size; }

 private:
  Dataset(std::unique_ptr<Replay> replay, const BufferConfig& config, const Shape& shape)
      : replay_(std::move(replay)), config_(config), shape_(shape) {}
  const char* fault_of(std::span<const float> row) const;
  Result<void> decode(const Experience& experience, SampledExamples* to) const;

  std::unique_ptr<Replay> replay_;
  BufferConfig config_;
  Shape shape_;
};

}  // namespace hardwon::train
