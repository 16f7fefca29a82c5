#pragma once

// Self-play, training, arena, promotion: round and round.
//
// An iteration is computed from the checkpoint before it and nothing else that changes, and counts
// once its own checkpoint is written.  Whatever a killed process had done of it is done again, with
// the same result: examples that are in the buffer already are not added twice.

#include <functional>
#include <string>
#include <string_view>

#include "train/config.h"

namespace hardwon::train {

// Told of each step that is behind the loop: "self_play.done", "checkpoint.saved", …; tests die
// there.
using Watch = std::function<void(std::string_view step)>;

// Runs up to config.iterations.  resume: goes on where the directory's run stopped, or starts when
// there is none; without it a directory with a run gives kConflict.
// Errors: those of the parts, typed; the best net's file is as the last promotion left it.
Result<void> run_training(const TrainConfig& config, bool resume, const Watch& watch = {});

// Single stages on the directory of a config, for trying things out; each returns its figures as
// one line of JSON.  kConflict where a run lives: they would change what it counts on.
Result<std::string> run_self_play(const TrainConfig& config);  // best.policy, or a first net
Result<std::string> run_learning(const TrainConfig& config);   // latest.policy, or a first net
// latest.policy against best.policy (or a first net), which it replaces when promoted.
Result<std::string> run_arena(const TrainConfig& config);

}  // namespace hardwon::train
