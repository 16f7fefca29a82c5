#include "learn/rule_model.h"

#include <algorithm>
#include <cmath>

#include "learn/rule_features.h"

namespace hardwon::learn {
namespace {

// One row a feature: persistence 3, action 4, polarity 3, actionable 1.
inline constexpr std::size_t kOutputs = 11;
struct Row {
  std::uint16_t bucket;
  std::array<std::int8_t, kOutputs> weights;
};
static_assert(kRuleFeatureBuckets <= 1U << 16);

// kFeatureVersion, kScale[4], kRows: written by train_rules.
#include "learn/rule_weights.inc"
static_assert(kFeatureVersion == kRuleFeatureVersion, "train again: ./run train");
static_assert(std::size(kRows) > 0);

using Sums = std::array<std::int32_t, kOutputs>;

template <std::size_t N>
std::array<double, N> softmax(const Sums& sums, std::size_t from, double scale) {
  std::array<double, N> out{};
  std::int32_t top = sums[from];
  for (std::size_t i = 1; i < N; ++i) top = std::max(top, sums[from + i]);
  double total = 0;
  for (std::size_t i = 0; i < N; ++i) {
    out[i] = std::exp(scale * static_cast<double>(sums[from + i] - top));
    total += out[i];
  }
  for (double& value : out) value /= total;
  return out;
}

}  // namespace

RuleScores rule_scores(std::span<const std::uint32_t> features) {
  Sums sums{};
  const Row* from = std::begin(kRows);
  for (const std::uint32_t feature : features) {  // ascending, as the rows are
    from =
        std::lower_bound(from, std::end(kRows), feature,
                         [](const Row& row, std::uint32_t bucket) { return row.bucket < bucket; });
    if (from == std::end(kRows)) break;
    if (from->bucket != feature) continue;
    for (std::size_t i = 0; i < kOutputs; ++i) sums[i] += from->weights[i];
  }
  return {.persistence = softmax<3>(sums, 0, kScale[0]),
          .action = softmax<4>(sums, 3, kScale[1]),
          .polarity = softmax<3>(sums, 7, kScale[2]),
          .actionable = 1 / (1 + std::exp(-kScale[3] * static_cast<double>(sums[10])))};
}

}  // namespace hardwon::learn
