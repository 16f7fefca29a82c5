#include "learn/rule_metrics.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

namespace hardwon::learn {
namespace {

TEST(RuleMetrics, WhatCannotBeMeasuredIsUnknown) {
  EXPECT_FALSE(precision({}));
  EXPECT_FALSE(recall({}));
  EXPECT_FALSE(f1({}));
  EXPECT_FALSE(macro_f1({}));
  EXPECT_FALSE(agreement({}));
  EXPECT_FALSE(calibration({}));
  EXPECT_FALSE(bootstrap95(1, [](auto) { return 0.5; }));
}

TEST(RuleMetrics, FOneOfNothingFoundIsZeroWhereSomethingWasToFind) {
  const Hits missed{.false_negative = 3};
  EXPECT_FALSE(precision(missed));
  EXPECT_DOUBLE_EQ(*recall(missed), 0);
  EXPECT_DOUBLE_EQ(*f1(missed), 0);
  const Hits some{.true_positive = 6, .false_positive = 2, .false_negative = 4};
  EXPECT_DOUBLE_EQ(*precision(some), 0.75);
  EXPECT_DOUBLE_EQ(*recall(some), 0.6);
  EXPECT_NEAR(*f1(some), 2 * 0.75 * 0.6 / 1.35, 1e-12);
}

TEST(RuleMetrics, MacroFOneIsTheMeanOverTheClassesThatOccur) {
  Confusion confusion;
  for (int i = 0; i < 3; ++i) confusion.add(Persistence::kPersistent, Persistence::kPersistent);
  confusion.add(Persistence::kPersistent, Persistence::kIrrelevant);
  confusion.add(Persistence::kIrrelevant, Persistence::kIrrelevant);
  // persistent: 6/7; irrelevant: 2/3; short_term does not occur.
  EXPECT_NEAR(*macro_f1(confusion), (6.0 / 7 + 2.0 / 3) / 2, 1e-12);
  confusion.add(Persistence::kIrrelevant, Persistence::kShortTerm);
  EXPECT_NEAR(*macro_f1(confusion), (6.0 / 7 + 2.0 / 4 + 0) / 3, 1e-12);
}

TEST(RuleMetrics, KappaOfAWorkedExample) {
  // Cohen's 2×2 example: 20 both yes, 5 only a, 10 only b, 15 both no: (.7 - .5) / .5.
  std::vector<std::pair<int, int>> pairs;
  const auto add = [&](std::size_t n, int a, int b) { pairs.insert(pairs.end(), n, {a, b}); };
  add(20, 1, 1);
  add(5, 1, 0);
  add(10, 0, 1);
  add(15, 0, 0);
  const auto found = agreement(pairs);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->rate, 0.7, 1e-12);
  EXPECT_NEAR(found->majority, 0.5, 1e-12);
  EXPECT_NEAR(*found->kappa, 0.4, 1e-12);
  const std::vector<std::pair<int, int>> one(5, {1, 1});
  EXPECT_FALSE(agreement(one)->kappa) << "with one label, chance alone agrees";
}

TEST(RuleMetrics, CalibrationSeesOverconfidence) {
  std::vector<Forecast> forecasts;
  for (int i = 0; i < 10; ++i) forecasts.push_back({0.95, i < 5});
  const auto found = calibration(forecasts);
  EXPECT_NEAR(found->expected_error, 0.45, 1e-12);
  EXPECT_NEAR(found->brier, (5 * 0.05 * 0.05 + 5 * 0.95 * 0.95) / 10, 1e-12);
  EXPECT_NEAR(calibration(std::vector<Forecast>{{1, true}, {0, false}})->expected_error, 0, 1e-12);
}

TEST(RuleMetrics, BootstrapIntervalHoldsTheMeanAndShrinksWithN) {
  const auto width = [](std::size_t n) {
    const auto interval = bootstrap95(n, [&](std::span<const std::size_t> drawn) {
      double sum = 0;
      for (const std::size_t g : drawn) sum += g % 2 == 0 ? 1.0 : 0.0;
      return std::optional(sum / static_cast<double>(drawn.size()));
    });
    EXPECT_LT(interval->low, 0.5);
    EXPECT_GT(interval->high, 0.5);
    return interval->high - interval->low;
  };
  const double small = width(20), large = width(2000);
  EXPECT_NEAR(small, 2 * 1.96 * 0.5 / std::sqrt(20.0), 0.06);
  EXPECT_LT(large, small / 5);
  EXPECT_FALSE(bootstrap95(5, [](auto) { return std::optional<double>(); }));
}

// Every way to give each row a column of its own or none.
double brute_force(std::size_t rows, std::size_t columns, const std::vector<double>& values,
                   std::size_t row, std::vector<bool>& taken) {
  if (row == rows) return 0;
  double best = brute_force(rows, columns, values, row + 1, taken);
  for (std::size_t c = 0; c < columns; ++c) {
    if (taken[c]) continue;
    taken[c] = true;
    best = std::max(best, std::max(0.0, values[row * columns + c]) +
                              brute_force(rows, columns, values, row + 1, taken));
    taken[c] = false;
  }
  return best;
}

TEST(RuleMetrics, AssignmentIsOneToOneAndAsGoodAsBruteForce) {
  EXPECT_TRUE(rc::check("Hungarian equals brute force", [] {
    const auto rows = *rc::gen::inRange<std::size_t>(0, 6);
    const auto columns = *rc::gen::inRange<std::size_t>(0, 6);
    std::vector<double> values(rows * columns);
    for (double& value : values) value = *rc::gen::inRange(-3, 8) / 7.0;
    const auto pairs = best_assignment(rows, columns, values);
    std::vector<bool> row_taken(rows), column_taken(columns);
    double total = 0;
    for (const auto& [row, column] : pairs) {
      RC_ASSERT(!row_taken[row] && !column_taken[column]);
      row_taken[row] = column_taken[column] = true;
      RC_ASSERT(values[row * columns + column] > 0);
      total += values[row * columns + column];
    }
    std::vector<bool> taken(columns);
    const double best = brute_force(rows, columns, values, 0, taken);
    RC_ASSERT(std::abs(total - best) < 1e-9);
  }));
}

Rule rule(std::string text, ActionType type, Polarity polarity = Polarity::kDo,
          std::string parameters = "") {
  Rule out;
  out.text = std::move(text);
  out.action = type;
  out.polarity = polarity;
  out.parameters_json = std::move(parameters);
  return out;
}

TEST(RuleMetrics, ARuleOfAnotherValueIsAnotherRule) {
  const RuleSlots gold =
      slots_of(rule("Name JavaScript variables in camelCase", ActionType::kNaming, Polarity::kDo,
                    R"({"scope":"javascript","target":"variable",)"
                    R"("value":"camelCase"})"));
  const auto like = [&](const char* text, ActionType type = ActionType::kNaming) {
    return slot_similarity(gold, slots_of(rule(text, type)));
  };
  EXPECT_GE(like("Our JavaScript variables are camelCase"), kSameRule);
  EXPECT_GE(like("camelCase for JavaScript variables please", ActionType::kStyle), kSameRule);
  EXPECT_LT(like("Name JavaScript variables in snake_case"), kSameRule);
  EXPECT_LT(like("Write a test for each bug", ActionType::kBehavior), kSameRule);
  EXPECT_LT(slot_similarity(gold, slots_of(rule("Name JavaScript functions", ActionType::kNaming))),
            kSameRule);
}

TEST(RuleMetrics, MatchingDoesNotDependOnOrder) {
  std::vector<RuleSlots> gold, found;
  for (const char* text :
       {"Indent Python code with four spaces", "Single quotes for strings",
        "Run the linter before every commit", "Keep SQL in the queries folder"}) {
    gold.push_back(slots_of(rule(text, ActionType::kStyle)));
  }
  for (const char* text : {"run the linter before each commit", "SQL belongs in the queries folder",
                           "four spaces to indent Python code", "What a day"}) {
    found.push_back(slots_of(rule(text, ActionType::kStyle)));
  }
  const auto names = [&](std::span<const std::size_t> g, std::span<const std::size_t> f) {
    std::vector<RuleSlots> a, b;
    for (const std::size_t i : g) a.push_back(gold[i]);
    for (const std::size_t i : f) b.push_back(found[i]);
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (const auto& [x, y] : match_rules(a, b)) out.emplace_back(g[x], f[y]);
    std::ranges::sort(out);
    return out;
  };
  std::vector<std::size_t> g(4), f(4);
  std::iota(g.begin(), g.end(), 0);
  std::iota(f.begin(), f.end(), 0);
  const auto first = names(g, f);
  EXPECT_EQ(first.size(), 3);
  do {
    std::vector<std::size_t> turned(g.rbegin(), g.rend());
    EXPECT_EQ(names(turned, f), first);
  } while (std::ranges::next_permutation(f).found);
}

}  // namespace
}  // namespace hardwon::learn
