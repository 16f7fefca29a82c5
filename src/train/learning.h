#pragma once

// An iteration's training: batches drawn from the buffer, turned, weighted and learned from.

#include <functional>
#include <vector>

#include "nets/policy_trainer.h"
#include "train/dataset.h"
#include "train/symmetry.h"

namespace hardwon::train {

struct LearningFigures {
  std::int64_t steps = 0;
  double loss = 0, policy_loss = 0, value_loss = 0;  // means over the steps
  double gradient_norm = 0, value_error = 0;
  double learning_rate = 0, beta = 0;
};

struct LearningJob {
  std::int64_t iteration = 1;  // 1 to config.iterations: sets learning rate and beta
  std::function<void(std::int64_t done, std::int64_t all)> progress = {};
};

// Where the cosine from `first` to `last` stands in iteration 1 … iterations.
double cosine_at(double first, double last, std::int64_t iteration, std::int64_t iterations);

// errors: of each example trained on, as it was the last time, ordered by id.
// Errors: those of Dataset::ready() and sample(), and of PolicyTrainer::step().
Result<LearningFigures> learn(Dataset& dataset, nets::PolicyTrainer& trainer,
                              const std::vector<Symmetry>& symmetries, const TrainConfig& config,
                              const LearningJob& job, std::vector<ExampleError>* errors);

}  // namespace hardwon::train
