#pragma once

// How often a connect-four net keeps the value of a position, by the exact solver.
//
// The solver judges only what training has finished: nothing of this is seen by self-play or
// training.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hardwon/error.h"

namespace hardwon::train {

struct EvaluateOptions {
  std::filesystem::path model;
  // Positions with their solutions, JSON lines {"phase","moves","value","best"}: read when the file
  // exists, else made and written there.  Empty: made and not kept.
  std::filesystem::path positions;
  std::int64_t count = 1000;  // a phase
  std::int64_t seed = 1;      // of the positions
  std::int64_t simulations = 800;
  std::int64_t leaves = 8;
};

// Positions: after uniformly random legal moves, the number of them uniform in the phase (plies 8
// to 15, 16 to 25, 26 to 41), the game not over, no position twice.
// Returns one line of JSON: for each phase and over all the share of positions in which the chosen
// move keeps the value, by the net alone (the legal move of the highest logit) and by a search; and
// the same for the positions in which some legal move loses value.
// Errors: those of the model, of the file, and kInvalidArgument for a net of another game.
Result<std::string> evaluate(const EvaluateOptions& options);

}  // namespace hardwon::train
