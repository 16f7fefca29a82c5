#include "softmax.h"

#include <algorithm>
#include <cmath>

namespace hardwon::training {

std::vector<double> Softmax::probabilities(std::span<const std::uint32_t> features) const {
  std::vector<double> out(classes, 0.0);
  for (std::size_t c = 0; c < classes; ++c) {
    const float* row = &weights[c * buckets];
    for (const std::uint32_t f : features) out[c] += static_cast<double>(row[f]);
  }
  const double top = *std::ranges::max_element(out);
  double sum = 0;
  for (double& value : out) sum += value = std::exp(value - top);
  for (double& value : out) value /= sum;
  return out;
}

Softmax train_softmax(std::span<const Example> examples, std::size_t classes, std::size_t buckets,
                      const SoftmaxOptions& options) {
  Softmax model{.classes = classes, .buckets = buckets};
  model.weights.assign(classes * buckets, 0.0F);
  std::vector<float> gradient(model.weights.size()), mean(model.weights.size()),
      square(model.weights.size());
  double total = 0;
  for (const Example& example : examples) total += example.weight;
  constexpr float kBeta1 = 0.9F, kBeta2 = 0.999F;
  for (int t = 1; t <= options.iterations; ++t) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] = static_cast<float>(options.l2) * model.weights[i];
    }
    for (const Example& example : examples) {
      const auto p = model.probabilities(example.features);
      for (std::size_t c = 0; c < classes; ++c) {
        const double error = p[c] - (c == example.target ? 1.0 : 0.0);
        const auto step = static_cast<float>(error * example.weight / total);
        float* row = &gradient[c * buckets];
        for (const std::uint32_t f : example.features) row[f] += step;
      }
    }
    const double rate = options.learning_rate * std::sqrt(1 - std::pow(kBeta2, t)) /
                        (1 - std::pow(kBeta1, t)) *
                        (1.0 - static_cast<double>(t - 1) / options.iterations);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      mean[i] = kBeta1 * mean[i] + (1 - kBeta1) * gradient[i];
      square[i] = kBeta2 * square[i] + (1 - kBeta2) * gradient[i] * gradient[i];
      model.weights[i] -= static_cast<float>(rate) * mean[i] / (std::sqrt(square[i]) + 1e-8F);
    }
  }
  return model;
}

}  // namespace hardwon::training
