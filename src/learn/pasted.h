#pragma once

// Errors that a person pasted from a terminal of their own, and what the next turn says of the
// work done on them.

#include <optional>
#include <string>

#include "learn/learner.h"
#include "learn/signature.h"

namespace hardwon::learn {

struct Pasted {
  FailingLine line;
  std::string signature;
  std::string command;  // "./run.sh", when a prompt line shows it
};

// The error in pasted output of at least three lines; prose about an error is not one.
std::optional<Pasted> pasted_error(std::string_view turn);

// What a person wrote in a turn: without fences, pasted output, quotes, injected blocks.
std::string prose_of(std::string_view turn);

// The turn opened with an error and the next one says that it is gone.
std::optional<Observation> pasted_recovery(const EpisodeInput& input,
                                           const std::vector<StepView>& views);
// The turn opened with an error and the next one shows the same again.
std::optional<Observation> pasted_again(const EpisodeInput& input,
                                        const std::vector<StepView>& views);

}  // namespace hardwon::learn
