#include "reason/gate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace hardwon::reason {
namespace {

constexpr GateOptions kSequential{};

// Half points of one game.
int play(double score, double draws, Rng& rng) {
  const double u = rng.uniform(), wins = score - draws / 2;
  return u < wins ? 2 : u < wins + draws ? 1 : 0;
}

struct Shares {
  double promoted = 0, kept = 0, pairs = 0;
};

// Matches of a candidate that is `elo` stronger, of the share of draws; `bias`: what an opening
// gives to one side.
Shares simulate(double elo, double draws, double bias, int matches) {
  Rng rng(static_cast<std::uint64_t>(1000 + elo));
  Shares shares;
  const double score = expected_score(elo);
  for (int match = 0; match < matches; ++match) {
    PairCounts counts;
    Verdict verdict = Verdict::kContinue;
    while (verdict == Verdict::kContinue) {
      const double swing = (rng.below(2) == 0 ? bias : -bias) * (1 - draws) / 2;
      counts.add(play(score + swing, draws, rng) + play(score - swing, draws, rng));
      verdict = judge(kSequential, counts);
    }
    shares.promoted += verdict == Verdict::kPromote ? 1 : 0;
    shares.kept += verdict == Verdict::kKeep ? 1 : 0;
    shares.pairs += static_cast<double>(counts.total());
  }
  shares.promoted /= matches;
  shares.kept /= matches;
  shares.pairs /= matches;
  return shares;
}

TEST(Gate, KeepsItsErrorRatesOverTenThousandMatches) {
  const Shares equal = simulate(0, .1, 0, 10000), stronger = simulate(50, .1, 0, 10000);
  EXPECT_LE(equal.promoted, .055);
  EXPECT_GE(equal.promoted, .035);  // and is not bought with patience
  EXPECT_GE(stronger.promoted, .945);
  EXPECT_LE(stronger.promoted, .965);
  EXPECT_LT(equal.pairs, 140);
  RecordProperty("promoted_equal", std::to_string(equal.promoted));
  RecordProperty("promoted_stronger", std::to_string(stronger.promoted));
}

TEST(Gate, KeepsThemWhateverTheDrawsAndTheOpenings) {
  for (const double draws : {0.0, .5, .9}) {
    for (const double bias : {0.0, .3}) {
      if (draws == .9 && bias != 0) continue;
      EXPECT_LE(simulate(0, draws, bias, 2000).promoted, .065) << draws << " " << bias;
      // With nine draws in ten +50 Elo is more than the decisive games can give.
      if (draws < .9) {
        EXPECT_GE(simulate(50, draws, bias, 2000).promoted, .935);
      }
    }
  }
}

TEST(Gate, AWeakerCandidateIsHardlyEverPromoted) {
  EXPECT_LE(simulate(-30, .1, 0, 2000).promoted, .005);
}

TEST(Gate, TheRatioIsThatOfTheMostLikelyDistributions) {
  // With two scores only, the constrained distributions are known: shares m and 1 - m.
  const PairCounts counts{{40, 0, 0, 0, 60}};
  const double expected = 60 * std::log(.57 / .5) + 40 * std::log(.43 / .5);
  EXPECT_NEAR(log_likelihood_ratio(counts, .5, .57, 1e-9), expected, 1e-6);
  // Symmetric: the same match from the other side.
  const PairCounts other{{60, 0, 0, 0, 40}};
  EXPECT_NEAR(log_likelihood_ratio(other, .43, .5, 1e-9), -expected, 1e-6);
}

TEST(Gate, MoreWinsNeverLowerTheRatio) {
  Rng rng(4);
  for (int round = 0; round < 500; ++round) {
    PairCounts counts;
    for (auto& count : counts.pairs) count = static_cast<std::int64_t>(rng.below(30));
    PairCounts better = counts;
    const auto from = rng.below(4);
    if (better.pairs[from] == 0) continue;
    --better.pairs[from];
    ++better.pairs[from + 1];
    EXPECT_GT(log_likelihood_ratio(better, .5, .57, .05),
              log_likelihood_ratio(counts, .5, .57, .05));
  }
}

TEST(Gate, WithoutADecisionTheBestStays) {
  GateOptions options;
  options.pairs_max = 20;
  PairCounts counts;
  for (int pair = 0; pair < 20; ++pair) {
    EXPECT_EQ(judge(options, counts), Verdict::kContinue);
    counts.add(pair % 2 == 0 ? 3 : 1);
  }
  EXPECT_EQ(judge(options, counts), Verdict::kInconclusive);
  EXPECT_EQ(verdict_name(Verdict::kInconclusive), "inconclusive");
}

TEST(Gate, TheThresholdCountsDrawsAsHalfAndNeedsAllPairs) {
  GateOptions options;
  options.rule = GateRule::kThreshold;
  options.pairs_max = 10;
  const auto verdict_of = [&](std::array<std::int64_t, 5> pairs) {
    return judge(options, PairCounts{pairs});
  };
  EXPECT_EQ(verdict_of({0, 0, 0, 0, 9}), Verdict::kContinue);
  EXPECT_EQ(verdict_of({0, 0, 10, 0, 0}), Verdict::kKeep);    // all drawn: 0.5
  EXPECT_EQ(verdict_of({0, 0, 8, 2, 0}), Verdict::kPromote);  // exactly 0.55
  EXPECT_EQ(verdict_of({0, 1, 7, 2, 0}), Verdict::kKeep);     // 0.525
  EXPECT_EQ(verdict_of({4, 0, 0, 1, 5}), Verdict::kPromote);  // 0.575
}

TEST(Gate, OptionsThatMakeNoSenseAreErrors) {
  const auto field_of = [](const GateOptions& options) {
    const auto valid = options.validate();
    return valid ? "" : valid.error().field;
  };
  EXPECT_EQ(field_of({}), "");
  EXPECT_EQ(field_of({.pairs_max = 0}), "pairs_max");
  EXPECT_EQ(field_of({.rule = GateRule::kThreshold, .threshold = 1.5}), "threshold");
  EXPECT_EQ(field_of({.elo_low = 50, .elo_high = 50}), "elo_high");
  EXPECT_EQ(field_of({.elo_high = std::nan("")}), "elo_high");
  EXPECT_EQ(field_of({.alpha = 0}), "alpha");
  EXPECT_EQ(field_of({.beta = .6}), "beta");
  EXPECT_EQ(field_of({.pairs_min = 0}), "pairs_min");
}

}  // namespace
}  // namespace hardwon::reason
