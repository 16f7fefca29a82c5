#pragma once

// When is a candidate better than the best so far?  Judged from pairs of games: the same opening
// twice, colours swapped, so that an opening which favours one side favours nobody.

#include <array>
#include <cstdint>
#include <string_view>

#include "hardwon/error.h"

namespace hardwon::reason {

// Pairs by what the candidate scored in them: 0, ½, 1, 1½ or 2 points of 2 (a draw is ½).
struct PairCounts {
  std::array<std::int64_t, 5> pairs{};

  void add(int half_points) { ++pairs[static_cast<std::size_t>(half_points)]; }  // 0 to 4
  std::int64_t total() const;
  double score() const;  // points per game, [0, 1]; 0.5 of nothing
};

// Only kPromote replaces the best.
enum class Verdict : std::uint8_t { kContinue, kPromote, kKeep, kInconclusive };
std::string_view verdict_name(Verdict verdict);  // "promote", …

enum class GateRule : std::uint8_t {
  kThreshold,   // plays all pairs, promotes at `threshold` points per game
  kSequential,  // stops as soon as one of two hypotheses is likely enough
};

struct GateOptions {
  GateRule rule = GateRule::kSequential;
  std::int64_t pairs_max = 2000;
  double threshold = 0.55;  // seed 002
  // Sequential: is the candidate elo_low or elo_high stronger?  Nominal errors: alpha of promoting
  // at elo_low, beta of not promoting at elo_high.
  double elo_low = 0, elo_high = 50;
  double alpha = 0.05, beta = 0.05;
  std::int64_t pairs_min = 8;

  Result<void> validate() const;  // kInvalidArgument with the field
};

// The points per game expected from a difference in Elo, (0, 1).
double expected_score(double elo);

// Generalised log likelihood ratio of "the mean is high" against "the mean is low" for a
// distribution over the five pair scores of which nothing else is known: each likelihood is that of
// the most likely distribution with the mean in question.
//   low, high: points per game, 0 < low < high < 1
// Source: the sequential tests of engine testing (fishtest); Van den Bergh, "A practical
// introduction to the GSPRT", 2017.  Each score counts `prior` of a pair before the first game:
// without it a run of equal results looks certain.
double log_likelihood_ratio(const PairCounts& counts, double low, double high, double prior);

// Where the ratio ends the test.
struct GateBounds {
  double lower, upper;
};
GateBounds gate_bounds(const GateOptions& options);

// After each pair.  kContinue while more games are needed; at pairs_max without a decision
// kInconclusive.  options: valid.
Verdict judge(const GateOptions& options, const PairCounts& counts);

}  // namespace hardwon::reason
