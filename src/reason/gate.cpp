#include "reason/gate.h"

#include <algorithm>
#include <cmath>

namespace hardwon::reason {
namespace {

constexpr std::array<double, 5> kScores = {0, .25, .5, .75, 1};  // points per game
constexpr double kPrior = 0.05;

std::unexpected<Error> bad_field(const char* field, const char* expected) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::string("expected ") + expected,
                               .field = field});
}

// The most likely distribution with this mean is seen / (1 + t · (score - mean)), where t makes the
// mean come out: the root of a decreasing function between two poles, by Newton's method kept
// inside what brackets it.
double tilt(const std::array<double, 5>& seen, double mean) {
  double low = -1 / (1 - mean), high = 1 / mean;  // poles at the scores 1 and 0
  double t = 0;
  for (int i = 0; i < 60; ++i) {
    double excess = 0, slope = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      const double lever = (kScores[k] - mean) / (1 + t * (kScores[k] - mean));
      excess += seen[k] * lever;
      slope -= seen[k] * lever * lever;
    }
    (excess > 0 ? low : high) = t;
    const double next = t - excess / slope;
    const double step = next > low && next < high ? next - t : (low + high) / 2 - t;
    t += step;
    if (std::abs(step) < 1e-12) break;
  }
  return t;
}

}  // namespace

std::int64_t PairCounts::total() const {
  std::int64_t total = 0;
  for (const std::int64_t count : pairs) total += count;
  return total;
}

double PairCounts::score() const {
  double points = 0;
  for (std::size_t k = 0; k < 5; ++k) points += kScores[k] * static_cast<double>(pairs[k]);
  return total() == 0 ? 0.5 : points / static_cast<double>(total());
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kContinue:
      return "continue";
    case Verdict::kPromote:
      return "promote";
    case Verdict::kKeep:
      return "keep";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "unknown";
}

Result<void> GateOptions::validate() const {
  if (pairs_max < 1) return bad_field("pairs_max", "at least 1");
  if (rule == GateRule::kThreshold) {
    if (!(threshold > 0 && threshold <= 1)) return bad_field("threshold", "above 0, at most 1");
    return {};
  }
  if (pairs_min < 1 || pairs_min > pairs_max) return bad_field("pairs_min", "1 to pairs_max");
  if (!(elo_low < elo_high) || std::abs(elo_low) > 1000 || std::abs(elo_high) > 1000) {
    return bad_field("elo_high", "more than elo_low, both within 1000 of 0");
  }
  if (!(alpha > 0 && alpha < 0.5)) return bad_field("alpha", "between 0 and 0.5");
  if (!(beta > 0 && beta < 0.5)) return bad_field("beta", "between 0 and 0.5");
  return {};
}

double expected_score(double elo) { return 1 / (1 + std::pow(10, -elo / 400)); }

double log_likelihood_ratio(const PairCounts& counts, double low, double high, double prior) {
  std::array<double, 5> seen{};
  double total = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    seen[k] = static_cast<double>(counts.pairs[k]) + prior;
    total += seen[k];
  }
  for (double& share : seen) share /= total;
  const double low_tilt = tilt(seen, low), high_tilt = tilt(seen, high);
  double ratio = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    ratio += seen[k] * (std::log1p(low_tilt * (kScores[k] - low)) -
                        std::log1p(high_tilt * (kScores[k] - high)));
  }
  return ratio * total;
}

GateBounds gate_bounds(const GateOptions& options) {
  return {.lower = std::log(options.beta / (1 - options.alpha)),
          .upper = std::log((1 - options.beta) / options.alpha)};
}

Verdict judge(const GateOptions& options, const PairCounts& counts) {
  const std::int64_t total = counts.total();
  if (options.rule == GateRule::kThreshold) {
    if (total < options.pairs_max) return Verdict::kContinue;
    return counts.score() >= options.threshold ? Verdict::kPromote : Verdict::kKeep;
  }
  if (total >= options.pairs_min) {
    const double ratio = log_likelihood_ratio(counts, expected_score(options.elo_low),
                                              expected_score(options.elo_high), kPrior);
    const GateBounds bounds = gate_bounds(options);
    if (ratio >= bounds.upper) return Verdict::kPromote;
    if (ratio <= bounds.lower) return Verdict::kKeep;
  }
  return total >= options.pairs_max ? Verdict::kInconclusive : Verdict::kContinue;
}

}  // namespace hardwon::reason
