#pragma once

// Where a training run stands after an iteration: one file, replaced as a whole.
// Format: docs/formats/training-checkpoint.md.
//
// Writing it is the moment at which an iteration counts.  Everything else that an iteration changes
// (errors in the buffer, metrics, promotions, the best net's file) stands in it, too, and is made
// true from it, once more after a crash.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nets/policy_trainer.h"
#include "train/dataset.h"

namespace hardwon::train {

struct Checkpoint {
  std::string config;           // config_text()
  reason::NetShape shape;       // of both nets
  std::int64_t iteration = 0;   // done; 0: the start
  std::uint64_t examples = 0;   // ever added to the buffer by then
  std::int64_t promotions = 0;  // so far, without the first net
  double cpu_seconds = 0;       // of all processes so far
  reason::NetWeights latest, best;
  nets::AdamState optimiser;
  std::vector<ExampleError> errors;  // of the examples trained on in this iteration
  std::string metrics, promotion;    // a line of JSON each; no promotion: empty
};

// Errors: kIo (disk full, …); then the old file is as it was.
Result<void> save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

// Errors: kIo; kCorruption when it is no checkpoint, cut off or a check sum is wrong; kUnavailable
// for a newer version; kInvalidArgument when the weights make no net of its shape (NaN).  All name
// the path.
Result<Checkpoint> load_checkpoint(const std::filesystem::path& path);

}  // namespace hardwon::train
