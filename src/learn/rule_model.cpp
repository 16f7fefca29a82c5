#include "learn/rule_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/check.h"
#include "learn/rule_features.h"

namespace hardwon::learn {
namespace {

// One row a feature.  Of n classes n - 1 have a weight, the last one's is 0: persistence 2,
// actionable 1, polarity 2, action 3.
inline constexpr std::size_t kOutputs = 8;
struct Row {
  std::uint32_t bucket = 0;
  std::array<std::int8_t, kOutputs> weights{};
};

// kFeatureVersion, kScale[4], kRows: written by train_rules.
#include "learn/rule_weights.inc"
static_assert(kFeatureVersion == kRuleFeatureVersion, "train again: ./run train");

// kRows is base64 of: for each row how far its bucket is from the one before (LEB128), a bit for
// each output that has a weight, and these weights, a signed byte each.
std::vector<Row> read_rows() {
  std::string bytes;
  for (const std::string_view digits : kRows) bytes += decode_base64(digits);
  std::vector<Row> rows;
  std::uint32_t bucket = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto next = [&] {
      CHECK(at < bytes.size());
      return static_cast<unsigned char>(bytes[at++]);
    };
    unsigned shift = 0;
    unsigned char byte = 0;
    do {
      byte = next();
      bucket += (byte & 127U) << shift;
      shift += 7;
    } while (byte >= 128);
    Row row{.bucket = bucket};
    const unsigned mask = next();
    for (std::size_t i = 0; i < kOutputs; ++i) {
      if ((mask >> i & 1U) != 0) row.weights[i] = static_cast<std::int8_t>(next());
    }
    rows.push_back(row);
  }
  return rows;
}

// Read at the first question.
const std::vector<Row>& rows() {
  static const std::vector<Row> all = read_rows();
  return all;
}

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
  const std::vector<Row>& all = rows();
  auto from = all.begin();
  for (const std::uint32_t feature : features) {  // ascending, as the rows are
    from = std::lower_bound(from, all.end(), feature, [](const Row& row, std::uint32_t bucket) {
      return row.bucket < bucket;
    });
    if (from == all.end()) break;
    if (from->bucket != feature) continue;
    for (std::size_t i = 0; i < kOutputs; ++i) sums[i] += from->weights[i];
  }
  return {.persistence = softmax<3>(sums, 0, kScale[0]),
          .action = softmax<4>(sums, 5, kScale[3]),
          .polarity = softmax<3>(sums, 3, kScale[2]),
          .actionable = softmax<2>(sums, 2, kScale[1])[0]};
}

}  // namespace hardwon::learn
