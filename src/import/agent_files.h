#pragma once

// The files beside a Claude Code session's log that its sub-agents wrote.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hardwon/time.h"

namespace hardwon::import {

struct AgentLog {
  std::filesystem::path path;
  std::string agent_id;
  std::optional<TimePoint> started_at;
};

// <directory>/<session>/subagents/**/agent-*.jsonl, and <directory>/agent-*.jsonl whose first
// record names the session; sorted.  Cost: one short read a file.
std::vector<AgentLog> agent_logs_of(const std::filesystem::path& directory,
                                    const std::string& session);

bool is_agent_log(const std::filesystem::path& path);

// The session's file that brings this sub-agent's file in; nullopt when there is none.
std::optional<std::filesystem::path> session_log_of(const std::filesystem::path& agent_log);

}  // namespace hardwon::import
