#pragma once

// A policy-value net on the processor: two hidden layers of rectified units, logits for every
// action and one value.
//
//   h1 = max(0, W1 x + b1)   h2 = max(0, W2 h1 + b2)   (logits, v) = W3 h2 + b3   value = tanh v
//
// x is zeros and ones, and mostly zeros: the first layer adds the columns of the ones.
// Format: docs/formats/policy-net.md.  Threads: forward() is safe beside itself with scratch of
// its own.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "hardwon/error.h"

namespace hardwon::reason {

struct NetShape {
  std::string game;  // G::kName with its size where it has several: "connect-four", "othello-6"
  int inputs = 0, hidden1 = 0, hidden2 = 0, actions = 0;

  // kInvalidArgument with the field: sizes 1 to 4096, hidden ones a multiple of 16; game 1 to 31
  // characters.
  Result<void> validate() const;
  bool operator==(const NetShape&) const = default;
};

// As trained: row-major, one row for each input of a layer.
struct NetWeights {
  std::vector<float> w1, b1;  // [inputs, hidden1], [hidden1]
  std::vector<float> w2, b2;  // [hidden1, hidden2], [hidden2]
  std::vector<float> w3, b3;  // [hidden2, actions + 1], [actions + 1]; the last one is the value
};

class PolicyNet {
 public:
  // Errors: kInvalidArgument on a shape that makes no sense, arrays of another length, and weights
  // that are not finite or so large that an output could overflow.
  static Result<PolicyNet> create(const NetShape& shape, const NetWeights& weights);
  // Weights drawn for rectified units (He et al., 2015), for tests and as a start for training.
  static Result<PolicyNet> random(const NetShape& shape, std::uint64_t seed);

  // Errors: kIo; kCorruption when a check sum or a size is wrong; kUnavailable for a version that
  // this program does not know; those of create().  All name the path.
  static Result<PolicyNet> load(const std::filesystem::path& path);
  // Replaces the file or leaves the old one as it was (kIo: disk full, …).
  Result<void> save(const std::filesystem::path& path) const;

  const NetShape& shape() const { return shape_; }
  const NetWeights& weights() const { return weights_; }
  // Of shape and weights; never 0 or 1.  Equal numbers, equal answers.
  std::uint64_t model() const { return model_; }

  // What forward() writes into between layers; grows to the batch and stays.
  struct Scratch {
    std::vector<float> hidden1, hidden2, outputs;
  };
  // A batch of sparse inputs: position i has the ones active[offsets[i]] … active[offsets[i + 1]).
  struct Batch {
    std::span<const std::uint16_t> active;   // each below inputs
    std::span<const std::uint32_t> offsets;  // [n + 1]
  };
  // values: [n], in [-1, 1]; logits: [n, actions].  One row depends on nothing else in the batch.
  void forward(const Batch& batch, Scratch& scratch, std::span<float> values,
               std::span<float> logits) const;

 private:
  PolicyNet() = default;
  std::string payload() const;
  void pack();

  NetShape shape_;
  NetWeights weights_;
  std::uint64_t model_ = 0;
  // W3 and b3 again, rows filled up with zeros to a multiple of 16 columns.
  int outputs_ = 0;
  std::vector<float> packed3_, bias3_;
};

}  // namespace hardwon::reason
