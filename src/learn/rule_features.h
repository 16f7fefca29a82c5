#pragma once

// What the sentence classifier sees of a statement: hashed binary features.

#include <cstdint>
#include <vector>

#include "learn/rules.h"
#include "learn/sentence_form.h"

namespace hardwon::learn {

// Raised when a feature changes: weights trained for other features are no use.
inline constexpr int kRuleFeatureVersion = 3;
inline constexpr std::uint32_t kRuleFeatureBuckets = 1U << 18;

// Ascending, without repeats, each below kRuleFeatureBuckets.  Cost: linear in the tokens.
std::vector<std::uint32_t> rule_features(const Statement& statement, const SentenceForm& form);

}  // namespace hardwon::learn
