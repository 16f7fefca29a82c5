#pragma once

// The sentence classifier: softmax regressions over rule_features(), trained by training/ from the
// labelled sentences in training/rules (docs/decisions/0012), stored as small integers.

#include <array>
#include <cstdint>
#include <span>

namespace hardwon::learn {

// Probabilities in [0, 1]; each array sums to 1.
struct RuleScores {
  std::array<double, 3> persistence{};  // in the order of Persistence
  std::array<double, 4> action{};       // of ActionType, given that it is persistent
  std::array<double, 3> polarity{};     // of Polarity, given that it is persistent
  double actionable = 0;  // persistent and specific enough to act on, given that it is persistent
};

// features: as rule_features() gives them.  Sums are integers, so the order of the features does
// not matter.  Cost: one binary search a feature.
RuleScores rule_scores(std::span<const std::uint32_t> features);

}  // namespace hardwon::learn
