#pragma once

// Decision steps: steps whose action, in words, checks or decides something (seed 000).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "learn/learner.h"

namespace hardwon::learn {

struct DecisionStep {
  const Step* step = nullptr;
  std::string condition;       // the action's words
  const Step* next = nullptr;  // what was done then; null when it was the last step
  std::string action;          // of the next step: "refresh token"
};

// Steps whose action has a check/verify/validate/ensure/if/when/decide/determine word as a
// whole word, and is said in words: a command line such as `cargo check` decides nothing.
std::vector<DecisionStep> decision_steps(const std::vector<StepView>& views);

}  // namespace hardwon::learn
