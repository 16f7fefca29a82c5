#pragma once

// The configuration file: YAML; flags win over the environment, the environment over it.
// Every key is in docs/configuration.md.  Unknown keys are errors; keys of parts that this
// build does not have are accepted and named.

#include <filesystem>
#include <string>
#include <vector>

#include "hardwon/engine.h"
#include "hardwon/experience.h"

namespace hardwon::apps {

struct Config {
  EngineOptions options;
  ReplayOptions replay;               // of the experience buffer
  std::size_t replay_neighbours = 5;  // of `replay neighbours` without -k
  std::vector<std::string> warnings;  // keys of parts not built, one sentence each
};

// Errors: kIo; kInvalidArgument with line and field.
Result<Config> read_config(const std::filesystem::path& path);
Result<Config> parse_config(const std::string& yaml, const std::string& path);

}  // namespace hardwon::apps
