#pragma once

// A command that turns bytes into bytes, within a time limit.

#include <chrono>
#include <string>
#include <string_view>

#include "hardwon/error.h"

namespace hardwon::apps {

// Runs `sh -c command` with `input` on its stdin and gives what it wrote to stdout.
// Errors: kUnavailable when it cannot be started, ends with another status than 0 (with the last
// line it wrote to stderr), or takes longer than `limit` (it and its children are killed);
// kResourceExhausted past output_bytes_max.
Result<std::string> run_command(const std::string& command, std::string_view input,
                                std::chrono::milliseconds limit, std::size_t output_bytes_max);

}  // namespace hardwon::apps
