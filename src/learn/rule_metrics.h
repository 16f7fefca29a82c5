#pragma once

// How well rules were found, kept and applied: small exact measures (seed 001).
//
// Invariants
//   1. What cannot be measured (nothing found, no positives, one class) is nullopt, never 0.
//   2. No measure depends on the order of its input.
// Threads: pure functions, safe from any thread.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

// ---------------------------------------------------------------- found or not

struct Hits {
  std::int64_t true_positive = 0, false_positive = 0, false_negative = 0;

  Hits& operator+=(const Hits& other);
  bool operator==(const Hits&) const = default;
};
std::optional<double> precision(const Hits& hits);
std::optional<double> recall(const Hits& hits);
// 2·tp / (2·tp + fp + fn); nullopt only when there was nothing to find and nothing was found.
std::optional<double> f1(const Hits& hits);

// ---------------------------------------------------------------- which of three

// counts[gold][found], in the order of Persistence.
struct Confusion {
  std::array<std::array<std::int64_t, 3>, 3> counts{};

  void add(Persistence gold, Persistence found);
  Hits of(Persistence which) const;  // that class against the other two
};
// Mean of F1 over the classes that occur, in gold or found.
std::optional<double> macro_f1(const Confusion& confusion);

// ---------------------------------------------------------------- do two raters agree

struct Agreement {
  double rate = 0;              // share of equal judgements
  double majority = 0;          // what always saying the first rater's commonest label would reach
  std::optional<double> kappa;  // (rate - chance) / (1 - chance); nullopt when chance is 1
  std::int64_t n = 0;
};
// Labels are any small numbers; the first of a pair is the gold rater.
// Source: Cohen, "A coefficient of agreement for nominal scales", 1960.
std::optional<Agreement> agreement(std::span<const std::pair<int, int>> judgements);

// ---------------------------------------------------------------- do probabilities hold

struct Forecast {
  double probability = 0;  // in [0, 1]
  bool happened = false;
};
struct Calibration {
  double brier = 0;           // mean squared error
  double expected_error = 0;  // ECE over ten bins of equal width, weighted by their share
};
std::optional<Calibration> calibration(std::span<const Forecast> forecasts);

// ---------------------------------------------------------------- how sure

struct Interval {
  double low = 0, high = 0;
};
// The 95 % percentile interval of a statistic over groups (sources) drawn with replacement, so
// that what comes from one source stays together.  statistic: the numbers of the groups drawn,
// in [0, groups); nullopt draws are left out.
//   nullopt: fewer than two groups, or fewer than half of the draws are measurable.
// Source: Efron, "Bootstrap methods: another look at the jackknife", 1979.
using GroupStatistic = std::function<std::optional<double>(std::span<const std::size_t>)>;
std::optional<Interval> bootstrap95(std::size_t groups, const GroupStatistic& statistic,
                                    std::uint64_t seed = 1, std::size_t draws = 1000);

// ---------------------------------------------------------------- which rule is which

// What a rule says, slot by slot; stems, so that wording matters little.
struct RuleSlots {
  ActionType type = ActionType::kBehavior;
  Polarity polarity = Polarity::kDo;
  std::set<std::string> scope;   // languages it is limited to
  std::set<std::string> target;  // what it is about: variable, import, commit
  std::set<std::string> value;   // what is chosen: camelcase, tab
  std::set<std::string> words;   // all content stems
};
// parameters_json may state the slots ("scope", "target", "value": texts); what it does not
// state is read from the text.
RuleSlots slots_of(const Rule& rule);

// 0..1.  Type .1, polarity .15, scope .1, target .15, value .3, words .2; target and value by
// the share of gold's stems that `found` says, words by Jaccard.  A gold rule whose value is
// said otherwise stays below kSameRule.
double slot_similarity(const RuleSlots& gold, const RuleSlots& found);
inline constexpr double kSameRule = 0.7;

// One-to-one pairs (row, column) of the highest total value; pairs of value <= 0 are left out.
// values: [rows × columns], row-major.  O(n³).  Among equals, lower rows and columns first.
// Source: Kuhn, "The Hungarian method for the assignment problem", 1955.
std::vector<std::pair<std::size_t, std::size_t>> best_assignment(std::size_t rows,
                                                                 std::size_t columns,
                                                                 std::span<const double> values);

// (gold, found) pairs of at least kSameRule, one to one.
std::vector<std::pair<std::size_t, std::size_t>> match_rules(std::span<const RuleSlots> gold,
                                                             std::span<const RuleSlots> found);

}  // namespace hardwon::learn
