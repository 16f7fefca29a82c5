#pragma once

// Softmax regression over sparse binary features, trained by full-batch Adam: small, exact enough,
// and the same bytes on each run.

#include <cstdint>
#include <span>
#include <vector>

namespace hardwon::training {

struct Example {
  std::span<const std::uint32_t> features;
  std::size_t target = 0;
  double weight = 1;
};

struct SoftmaxOptions {
  double l2 = 3e-4;  // of the mean loss
  double learning_rate = 0.05;
  int iterations = 300;
};

// weights: [classes, buckets] row-major.
struct Softmax {
  std::size_t classes = 0, buckets = 0;
  std::vector<float> weights;

  std::vector<double> probabilities(std::span<const std::uint32_t> features) const;
};

Softmax train_softmax(std::span<const Example> examples, std::size_t classes, std::size_t buckets,
                      const SoftmaxOptions& options);

}  // namespace hardwon::training
