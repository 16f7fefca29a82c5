#pragma once

// Automatic credit: which of the lessons that were shown did an episode apply?
//
// Shown alone never counts; applied counts with the episode's outcome.  One evidence row a
// (lesson, episode), so crediting twice changes nothing.

#include <string_view>

#include "hardwon/types.h"
#include "store/database.h"

namespace hardwon::engine {

// For every injection bound to the episode, or to its agent session and not later than its
// end, puts a `shown` row, `applied` where the steps show what the lesson says.
// agent_session: the agent's own id, or empty.
Result<void> credit_episode(store::Writer& writer, const Episode& episode,
                            std::string_view agent_session);

}  // namespace hardwon::engine
