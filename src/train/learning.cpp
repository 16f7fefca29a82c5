#include "train/learning.h"

#include <cmath>
#include <map>
#include <numbers>

#include "base/rng.h"
#include "train/self_play.h"

namespace hardwon::train {
namespace {

constexpr std::uint64_t kDrawing = 1'000'000'001, kTurning = 1'000'000'002;

// Each example as one of its images, chosen by chance.
void turn(const std::vector<Symmetry>& symmetries, Rng& rng, SampledExamples* examples) {
  const std::size_t n = examples->values.size();
  const std::size_t inputs = symmetries[0].inputs.size(), actions = symmetries[0].actions.size();
  std::vector<float> state(inputs), policy(actions);
  for (std::size_t i = 0; i < n; ++i) {
    const Symmetry& image = symmetries[rng.below(symmetries.size())];
    float* const states = examples->states.data() + i * inputs;
    float* const policies = examples->policies.data() + i * actions;
    for (std::size_t k = 0; k < inputs; ++k) state[image.inputs[k]] = states[k];
    for (std::size_t k = 0; k < actions; ++k) policy[image.actions[k]] = policies[k];
    std::copy(state.begin(), state.end(), states);
    std::copy(policy.begin(), policy.end(), policies);
  }
}

double beta_at(const TrainConfig& config, std::int64_t iteration) {
  const double share = config.iterations < 2 ? 0
                                             : static_cast<double>(iteration - 1) /
                                                   static_cast<double>(config.iterations - 1);
  const BufferConfig& buffer = config.buffer;
  return buffer.beta + (buffer.beta_final - buffer.beta) * std::min(share, 1.0);
}

}  // namespace

double cosine_at(double first, double last, std::int64_t iteration, std::int64_t iterations) {
  if (iterations < 2) return first;
  const double share =
      std::min(1.0, static_cast<double>(iteration - 1) / static_cast<double>(iterations - 1));
  return last + (first - last) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

Result<LearningFigures> learn(Dataset& dataset, nets::PolicyTrainer& trainer,
                              const std::vector<Symmetry>& symmetries, const TrainConfig& config,
                              const LearningJob& job, std::vector<ExampleError>* errors) {
  TRY(dataset.ready());
  const TrainingConfig& training = config.training;
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const auto index = static_cast<std::uint64_t>(job.iteration);
  LearningFigures figures{
      .learning_rate = cosine_at(training.learning_rate, training.learning_rate_final,
                                 job.iteration, config.iterations),
      .beta = beta_at(config, job.iteration)};
  Rng turning(derived_seed(seed, kTurning, index)), drawing(derived_seed(seed, kDrawing, index));
  std::map<std::string, float> last;
  std::vector<float> off(static_cast<std::size_t>(training.batch));
  double error_sum = 0;
  for (std::int64_t step = 0; step < training.steps; ++step) {
    SampledExamples batch = TRY(dataset.sample(off.size(), figures.beta, drawing.next()));
    if (training.augment) turn(symmetries, turning, &batch);
    const nets::StepResult result = TRY(trainer.step({.inputs = batch.states,
                                                      .policies = batch.policies,
                                                      .values = batch.values,
                                                      .weights = batch.weights},
                                                     figures.learning_rate, off));
    for (std::size_t i = 0; i < off.size(); ++i) {
      last[std::move(batch.ids[i])] = off[i];
      error_sum += off[i];
    }
    figures.loss += result.loss;
    figures.policy_loss += result.policy_loss;
    figures.value_loss += result.value_loss;
    figures.gradient_norm += result.gradient_norm;
    ++figures.steps;
    if (job.progress) job.progress(figures.steps, training.steps);
  }
  const auto steps = static_cast<double>(figures.steps);
  for (double* mean :
       {&figures.loss, &figures.policy_loss, &figures.value_loss, &figures.gradient_norm}) {
    *mean /= steps;
  }
  figures.value_error = error_sum / (steps * static_cast<double>(training.batch));
  errors->clear();
  for (auto& [id, error] : last) errors->push_back({.id = id, .error = error});
  return figures;
}

}  // namespace hardwon::train
