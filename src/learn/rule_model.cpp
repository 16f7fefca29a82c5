#include "learn/rule_model.h"

#include <algorithm>
#include <cmath>

#include "learn/rule_features.h"

namespace hardwon::learn {
namespace {

// One row a feature.  Of n classes n - 1 have a weight, the last one's is 0: persistence 2,
// actionable 1, polarity 2, action 3.
inline constexpr std::size_t kOutputs = 8;
struct Row {
  std::uint32_t bucket;
  std::array<std::int8_t, kOutputs> weights;  // those left out at the end are 0
};

// kFeatureVersion, kScale[4], kRows: written by train_rules.
#include "learn/rule_weights.inc"
static_assert(kFeatureVersion == kRuleFeatureVersion, "train again: ./run train");
static_assert(std::size(kRows) > 0);

using Sums = std::array<std::int32_t, kOutputs>;

// Of the sums from `from` on and a last one of 0.
template <std::size_t N>
std::array<double, N> softmax(const Sums& sums, std::size_t from, double scale) {
  std::array<double, N> out{};
  std::int32_t top = 0;
  for (std::size_t i = 0; i + 1 < N; ++i) top = std::max(top, sums[from + i]);
  double total = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const std::int32_t sum = i + 1 < N ? sums[from + i] : 0;
    out[i] = std::exp(scale * static_cast<double>(sum - top));
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
          .action = softmax<4>(sums, 5, kScale[3]),
          .polarity = softmax<3>(sums, 3, kScale[2]),
          .actionable = softmax<2>(sums, 2, kScale[1])[0]};
}

}  // namespace hardwon::learn
