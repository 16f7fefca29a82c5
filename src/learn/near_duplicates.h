#pragma once

// Rules and decisions that reached the store on several ways and say the same: told by hand, read
// from a file, agreed in a talk.  Pure.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

// Lesson::learner of what a person told directly.
inline constexpr std::string_view kRemembered = "remember";

// Lessons of one scope in, groups of two or more out: their indices, ascending; connected where two
// statements say the same.  Only active, unsuppressed rules and decisions belong to a group.  What
// one learner kept apart stays apart: it has seen more than the statements.
// Cost: pairs that share a word that at most kSharedWordMax of them have.
std::vector<std::vector<std::size_t>> near_duplicates(std::span<const Lesson> lessons);

}  // namespace hardwon::learn
