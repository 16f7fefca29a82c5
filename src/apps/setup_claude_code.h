#pragma once

// Claude Code's settings file: our hooks in, our hooks out, everything else as it was.

#include <filesystem>
#include <string>

#include "base/json.h"

namespace hardwon::apps {

// The settings with Hardwon's hooks added (once), or with every one of them removed.
Json with_hooks(Json settings, const std::string& command);
Json without_hooks(Json settings);

bool claude_code_is_set_up(const std::filesystem::path& settings_file);

}  // namespace hardwon::apps
