#pragma once

// Episodes and steps as clients write them: the `episodes` format of docs/formats/episodes.md.

#include <string>
#include <string_view>

#include "base/json.h"
#include "hardwon/types.h"

namespace hardwon::apps {

// Errors: kInvalidArgument with the field, what was found and what was expected.
Result<Step> parse_step(const Json& json);
Result<Outcome> parse_outcome(const Json& json);

// One episode object from a file (`-` is not accepted); without_outcome drops outcome, reward
// and artifacts before anything looks at them.
Result<Episode> read_episode_file(const std::string& path, bool without_outcome);

}  // namespace hardwon::apps
