#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

#include "recall/beta.h"
#include "recall/recall.h"

namespace hardwon::recall {
namespace {

Evidence row(bool observed, bool shown, bool applied, OutcomeStatus status,
             OutcomeSource source = OutcomeSource::kChecks) {
  return {.observed = observed,
          .shown = shown,
          .applied = applied,
          .outcome = {.status = status, .source = source}};
}

EvidenceSummary applied(int successes, int failures) {
  std::vector<Evidence> rows;
  for (int i = 0; i < successes; ++i) {
    rows.push_back(row(false, true, true, OutcomeStatus::kSuccess));
  }
  for (int i = 0; i < failures; ++i) {
    rows.push_back(row(false, true, true, OutcomeStatus::kFailure));
  }
  return summarise(rows, {});
}

EvidenceSummary observed(int successes, int failures) {
  std::vector<Evidence> rows;
  for (int i = 0; i < successes; ++i) {
    rows.push_back(row(true, false, false, OutcomeStatus::kSuccess));
  }
  for (int i = 0; i < failures; ++i) {
    rows.push_back(row(true, false, false, OutcomeStatus::kFailure));
  }
  return summarise(rows, {});
}

// ------------------------------------------------------------------ Beta distribution

TEST(Beta, GivesValuesKnownInClosedForm) {
  for (const double x : {0.01, 0.2, 0.5, 0.77, 0.999}) {
    EXPECT_NEAR(beta_cdf(1, 1, x), x, 1e-12);
    EXPECT_NEAR(beta_cdf(3, 1, x), x * x * x, 1e-12);
    EXPECT_NEAR(beta_cdf(1, 4, x), 1 - std::pow(1 - x, 4), 1e-12);
    EXPECT_NEAR(beta_cdf(2, 2, x), x * x * (3 - 2 * x), 1e-12);
    EXPECT_NEAR(beta_cdf(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-11);
  }
  EXPECT_NEAR(beta_quantile(21, 1, 0.05), std::pow(0.05, 1.0 / 21), 1e-10);
  EXPECT_NEAR(beta_quantile(1, 2, 0.05), 1 - std::sqrt(0.95), 1e-10);
  EXPECT_NEAR(beta_quantile(2, 2, 0.05), 0.1353503, 1e-6);
}

TEST(Beta, AgreesWithTheBinomialTail) {
  // P(X <= x) for integer a, b is the chance of at least a successes in a + b - 1 throws.
  for (int a = 1; a <= 12; ++a) {
    for (int b = 1; b <= 12; ++b) {
      const double x = 0.37;
      const int n = a + b - 1;
      double tail = 0;
      for (int j = a; j <= n; ++j) {
        tail += std::exp(std::lgamma(n + 1.0) - std::lgamma(j + 1.0) - std::lgamma(n - j + 1.0)) *
                std::pow(x, j) * std::pow(1 - x, n - j);
      }
      EXPECT_NEAR(beta_cdf(a, b, x), tail, 1e-11) << a << "," << b;
    }
  }
}

TEST(Beta, QuantileInvertsTheDistribution) {
  EXPECT_TRUE(rc::check([] {
    const double a = *rc::gen::inRange(1, 4000) / 10.0, b = *rc::gen::inRange(1, 4000) / 10.0;
    const double p = *rc::gen::inRange(1, 1000) / 1000.0;
    const double x = beta_quantile(a, b, p);
    RC_ASSERT(x >= 0.0 && x <= 1.0);
    // Where the density is huge, the nearest double of x is off by more in p.
    RC_ASSERT(beta_cdf(a, b, std::max(0.0, x - 1e-9)) <= p + 1e-6);
    RC_ASSERT(beta_cdf(a, b, std::min(1.0, x + 1e-9)) >= p - 1e-6);
  }));
  EXPECT_EQ(beta_quantile(3, 4, 0), 0);
  EXPECT_EQ(beta_quantile(3, 4, 1), 1);
  EXPECT_NEAR(beta_quantile(1e6, 1e6, 0.5), 0.5, 1e-9);
}

// ------------------------------------------------------------------ raw score

TEST(RawScore, IsTheSeedsFormula) {
  EXPECT_FALSE(raw_score({}));
  EXPECT_NEAR(*raw_score({1, 1}), 0.7071, 1e-4);
  EXPECT_NEAR(*raw_score({4, 0}), 2.0, 1e-12);
  EXPECT_NEAR(*raw_score({0, 9}), 0.0, 1e-12);
  EXPECT_NEAR(*raw_score({2.5, 0.5}), 2.5 / 3 * std::sqrt(3), 1e-12);
}

// ------------------------------------------------------------------ evidence

TEST(EvidenceOf, NothingIsUntested) {
  const EvidenceSummary none = summarise({}, {});
  EXPECT_FALSE(none.mean);
  EXPECT_FALSE(none.lower95);
  EXPECT_FALSE(none.raw_score);
  EXPECT_FALSE(none.rating);
}

TEST(EvidenceOf, ShownAloneNeverCountsAsATrial) {
  std::vector<Evidence> rows(50, row(false, true, false, OutcomeStatus::kSuccess));
  const EvidenceSummary summary = summarise(rows, {});
  EXPECT_EQ(summary.shown, 50);
  EXPECT_EQ(summary.applied.n() + summary.observed.n(), 0);
  EXPECT_FALSE(summary.mean);
  EXPECT_FALSE(summary.raw_score);
}

TEST(EvidenceOf, UnknownAbstainedAndClaimedOutcomesAreNoTrials) {
  const std::vector<Evidence> rows = {
      row(true, true, true, OutcomeStatus::kUnknown),
      row(true, true, true, OutcomeStatus::kAbstained),
      row(true, true, true, OutcomeStatus::kSuccess, OutcomeSource::kClaim)};
  EXPECT_FALSE(summarise(rows, {}).mean);
}

TEST(EvidenceOf, OneEpisodeIsOneTrialWhateverItsFlags) {
  const EvidenceSummary both =
      summarise(std::vector{row(true, true, true, OutcomeStatus::kSuccess)}, {});
  EXPECT_EQ(both.applied.n(), 1);
  EXPECT_EQ(both.observed.n(), 0);
}

TEST(EvidenceOf, APartialSuccessAddsItsShareToEachSide) {
  Evidence partial = row(false, true, true, OutcomeStatus::kPartial);
  partial.outcome.share = 0.75;
  const EvidenceSummary summary = summarise(std::vector{partial}, {});
  EXPECT_NEAR(summary.applied.success, 0.75, 1e-12);
  EXPECT_NEAR(summary.applied.failure, 0.25, 1e-12);
}

TEST(EvidenceOf, ObservedTrialsWeighTwoAtMost) {
  EXPECT_NEAR(*observed(100, 0).mean, 3.0 / 4, 1e-12);  // Beta(1 + 2, 1)
  EXPECT_NEAR(*observed(2, 0).mean, 3.0 / 4, 1e-12);
  EXPECT_NEAR(*observed(1, 0).mean, 2.0 / 3, 1e-12);
  // Applied trials count in full: ten failures outweigh a hundred observed successes.
  std::vector<Evidence> rows(100, row(true, false, false, OutcomeStatus::kSuccess));
  rows.insert(rows.end(), 10, row(false, true, true, OutcomeStatus::kFailure));
  EXPECT_LT(*summarise(rows, {}).mean, 0.25);
}

TEST(EvidenceOf, TellsNoughtOfOneFromNoughtOfHundred) {
  EXPECT_GT(*applied(0, 1).mean, *applied(0, 100).mean + 0.2);
  EXPECT_NE(*observed(0, 1).mean, *observed(0, 100).mean);
}

TEST(EvidenceOf, RanksOneOfTwoLowAndTwentyOfTwentyHigh) {
  const EvidenceSummary half = applied(1, 1);
  EXPECT_NEAR(*half.raw_score, 0.7071, 1e-4);  // passes the seed's filter of 0.7 ...
  EXPECT_LT(*half.lower95, 0.15);              // ... and is ranked by this
  EXPECT_GT(*applied(20, 0).lower95, 0.85);
}

TEST(EvidenceOf, KeepsTheMeanInsideAndTheBoundBelowIt) {
  EXPECT_TRUE(rc::check([] {
    const int s = *rc::gen::inRange(0, 60), f = *rc::gen::inRange(0, 60);
    RC_PRE(s + f > 0);
    for (const EvidenceSummary& summary : {applied(s, f), observed(s, f)}) {
      RC_ASSERT(*summary.mean > 0 && *summary.mean < 1);
      RC_ASSERT(*summary.lower95 > 0 && *summary.lower95 <= *summary.mean);
    }
  }));
}

TEST(EvidenceOf, RisesWithSuccessesAndFallsWithFailures) {
  EXPECT_TRUE(rc::check([] {
    const int s = *rc::gen::inRange(0, 40), f = *rc::gen::inRange(0, 40);
    RC_PRE(s + f > 0);
    RC_ASSERT(*applied(s + 1, f).mean > *applied(s, f).mean);
    RC_ASSERT(*applied(s + 1, f).lower95 > *applied(s, f).lower95);
    RC_ASSERT(*applied(s, f + 1).mean < *applied(s, f).mean);
    RC_ASSERT(*applied(s, f + 1).lower95 < *applied(s, f).lower95);
  }));
}

TEST(EvidenceOf, CarriesTheRatingsBeside) {
  const EvidenceSummary summary = summarise({}, {.mean = 4.5, .count = 2});
  EXPECT_EQ(summary.rating, 4.5);
  EXPECT_EQ(summary.ratings, 2);
  EXPECT_FALSE(summary.mean);
}

}  // namespace
}  // namespace hardwon::recall
