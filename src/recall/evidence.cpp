#include <algorithm>
#include <cmath>

#include "recall/beta.h"
#include "recall/recall.h"

// docs/decisions/0004-evidence.md

namespace hardwon::recall {
namespace {

constexpr double kObservedWeightMax = 2;  // trials
constexpr double kLowerTail = 0.05;

void count(Trials& trials, double success) {
  trials.success += success;
  trials.failure += 1 - success;
}

}  // namespace

std::optional<double> raw_score(const Trials& trials) {
  const double n = trials.n();
  if (!(n > 0)) return std::nullopt;
  return trials.success / n * std::sqrt(n);
}

EvidenceSummary summarise(std::span<const Evidence> evidence, const store::RatingSummary& rating) {
  EvidenceSummary summary{.rating = rating.mean, .ratings = rating.count};
  for (const Evidence& row : evidence) {
    if (row.shown) ++summary.shown;
    // An agent's own word for its success is no trial.
    if (row.outcome.source == OutcomeSource::kClaim) continue;
    const std::optional<double> success = row.outcome.success();
    if (!success) continue;
    // One episode is one trial: applied says more than observed.
    if (row.applied) {
      count(summary.applied, std::clamp(*success, 0.0, 1.0));
    } else if (row.observed) {
      count(summary.observed, std::clamp(*success, 0.0, 1.0));
    }
  }
  const Trials all{.success = summary.observed.success + summary.applied.success,
                   .failure = summary.observed.failure + summary.applied.failure};
  summary.raw_score = raw_score(all);
  if (!(all.n() > 0)) return summary;
  const double observed = summary.observed.n();
  const double weight = observed > 0 ? std::min(observed, kObservedWeightMax) / observed : 0;
  const double a = 1 + weight * summary.observed.success + summary.applied.success;
  const double b = 1 + weight * summary.observed.failure + summary.applied.failure;
  summary.mean = a / (a + b);
  summary.lower95 = beta_quantile(a, b, kLowerTail);
  return summary;
}

}  // namespace hardwon::recall
