#pragma once

// Hooks of Claude Code: what a payload means and what is answered.
//
// A hook is a one-shot process that the agent waits for, so it does little: a question to the
// memory at the start of a session and at each prompt, one spooled line at the end.  Import
// and learning happen in one detached process.  The tool calls themselves stand in the
// transcript file, which the session's end imports, so nothing is counted twice.

#include <string>
#include <string_view>

#include "apps/operation.h"

namespace hardwon::apps {

// Answers one payload.  A payload that cannot be read is kInvalidArgument; events that mean
// nothing to the memory are answered with null.
Result<Json> answer_hook(Context& context, std::string_view payload);

// Imports the transcripts that ended sessions left in the spool; what fails stays for the next
// time, up to a day.  Called by `learn`.
Result<void> import_spooled(Engine& engine);

}  // namespace hardwon::apps
