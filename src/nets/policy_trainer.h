#pragma once

// Trains the weights of a PolicyNet with libtorch, and evaluates it there.
//
//   loss = Σ weight_i · (cross entropy(policy_i, logits_i) + value_weight · (value_i − v_i)²) / n
//
// The optimiser is AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR
// 2019), written here over one array of all weights: its state is then two arrays, saved and loaded
// like the weights, where libtorch's own optimisers do not restore their options.
//
// Threads: used by one at a time; libtorch computes in the calling thread only.  Deterministic: the
// same calls give the same weights on one machine.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hardwon/error.h"
#include "reason/policy_net.h"

namespace hardwon::nets {

struct TrainerOptions {
  double value_weight = 1;        // of the value's squared error beside the cross entropy, >= 0
  double weight_decay = 1e-4;     // a step takes learning_rate · weight_decay of each weight, >= 0
  double gradient_norm_max = 0;   // longer gradients are scaled down to it; 0: as they are
  bool double_precision = false;  // for checks of the gradient

  Result<void> validate() const;  // kInvalidArgument with the field
};

// n examples, row-major.
struct TrainingBatch {
  std::span<const float> inputs;    // [n, inputs], zeros and ones
  std::span<const float> policies;  // [n, actions], each row sums to 1
  std::span<const float> values;    // [n], [-1, 1]
  std::span<const float> weights;   // [n], importance weights; each multiplies its example's loss
};

struct StepResult {
  double loss = 0;                         // what was minimised
  double policy_loss = 0, value_loss = 0;  // its parts, weighted by example too
  double gradient_norm = 0;                // before clipping
};

// State of the optimiser, one number a weight.
struct AdamState {
  std::uint64_t steps = 0;
  std::vector<float> first, second;  // running means of gradient and squared gradient
};

class PolicyTrainer {
 public:
  // Starts from the weights of `net`.  Errors: those of the options.
  static Result<PolicyTrainer> create(const reason::PolicyNet& net, const TrainerOptions& options);
  ~PolicyTrainer();
  PolicyTrainer(PolicyTrainer&&) noexcept;
  PolicyTrainer& operator=(PolicyTrainer&&) noexcept;

  // One step of the optimiser.  errors: [n], gets |value_i − v_i| before the step.
  // Errors: kInvalidArgument when an array's length does not fit; kConflict when the loss or the
  // gradient is not finite: then nothing has changed.
  Result<StepResult> step(const TrainingBatch& batch, double learning_rate,
                          std::span<float> errors);
  // The loss alone, and its gradient in the order of the weights in NetWeights.
  Result<double> loss(const TrainingBatch& batch);
  Result<std::vector<double>> gradient(const TrainingBatch& batch);
  // inputs: [n, inputs]; values: [n]; logits: [n, actions].
  void forward(std::span<const float> inputs, std::span<float> values,
               std::span<float> logits) const;

  // Errors: kInvalidArgument when the weights make no net (NaN).
  Result<reason::PolicyNet> net() const;
  void set_weights(const reason::NetWeights& weights);  // of the same shape
  AdamState state() const;
  Result<void> set_state(const AdamState& state);  // kInvalidArgument: of another shape
  const reason::NetShape& shape() const;

 private:
  struct Impl;
  explicit PolicyTrainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One thread for libtorch and its BLAS: with two on a busy machine training is five times slower,
// and sums would depend on how the work was split.  Returns the measured speed of multiplying
// matrices, in 1e9 operations a second of processor time; below 5 the reference BLAS is in use.
double use_one_thread();

// "libtorch 1.13.0".
std::string torch_version();

}  // namespace hardwon::nets
