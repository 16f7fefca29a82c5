#pragma once

// What an episode looks like in numbers, for guessing how such tasks end.  General features of
// tasks and steps only; outcome, reward, artifacts and verdict are never looked at.

#include <map>
#include <string>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::recall {

// Named values; a name that is missing has the value 0.
using FeatureMap = std::map<std::string, double, std::less<>>;

// with_steps: false describes the task alone.
FeatureMap episode_features(const Episode& episode, bool with_steps);

// The leading identifier of an action, lower case: "click" of "click[Buy Now]", "cargo" of
// "cargo test -p x"; empty when it has none.
std::string action_verb(std::string_view action);

// Sorted hashes of what was done: one a distinct (tool, action).
std::vector<std::uint64_t> action_set(const Episode& episode);

}  // namespace hardwon::recall
