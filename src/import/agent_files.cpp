#include "import/agent_files.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "import/claude_code_record.h"

namespace hardwon::import {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFirstLineMax = 256 * 1024;
constexpr std::size_t kStartBytes = 4096;

struct FirstRecord {
  std::string session;
  std::optional<TimePoint> time;
};

FirstRecord first_record(const fs::path& path) {
  auto source = ByteSource::open(path);
  if (!source) return {};
  LineReader lines(*source, kFirstLineMax);
  JsonParser parser;
  Record line;
  const auto found = lines.next(line);
  if (!found || !*found || line.too_long) return {};
  const auto object = parser.parse(line.text);
  if (!object || !object->is_object()) return {};
  const LogRecord record = read_log_record(*object);
  return {std::string(record.session), parse_time(record.timestamp)};
}

// A directory may hold a thousand sub-agents' files and be asked once a session, so the start of
// a file is looked at before its first record is parsed.  True unless that start names another
// session.
bool may_be_of(const fs::path& path, const std::string& session) {
  auto source = ByteSource::open(path);
  if (!source) return false;
  std::string start(kStartBytes, '\0');
  const auto size = source->read(start.data(), start.size());
  if (!size) return false;
  start.resize(*size);
  const std::string_view envelope = std::string_view(start).substr(0, start.find("\"message\""));
  constexpr std::string_view kKey = "\"sessionId\"";
  const std::size_t key = envelope.find(kKey);
  if (key == std::string_view::npos) return true;
  const std::size_t from = envelope.find('"', key + kKey.size());
  if (from == std::string_view::npos) return true;
  const std::string_view value = envelope.substr(from + 1);
  return value.size() <= session.size() || value.substr(0, value.find('"')) == session;
}

AgentLog agent_log(const fs::path& path, std::optional<TimePoint> started_at) {
  return {.path = path,
          .agent_id = path.stem().string().substr(std::string_view("agent-").size()),
          .started_at = started_at};
}

}  // namespace

bool is_agent_log(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("agent-") && name.ends_with(".jsonl");
}

std::vector<AgentLog> agent_logs_of(const fs::path& directory, const std::string& session) {
  std::vector<AgentLog> logs;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (!is_agent_log(at->path()) || !may_be_of(at->path(), session)) continue;
    FirstRecord first = first_record(at->path());
    if (first.session == session) logs.push_back(agent_log(at->path(), first.time));
  }
  error.clear();
  const auto own = directory / session / "subagents";
  for (fs::recursive_directory_iterator at(own, error), end; !error && at != end;
       at.increment(error)) {
    if (is_agent_log(at->path())) {
      logs.push_back(agent_log(at->path(), first_record(at->path()).time));
    }
  }
  std::ranges::sort(logs, {}, &AgentLog::path);
  return logs;
}

std::optional<fs::path> session_log_of(const fs::path& agent_log) {
  if (!is_agent_log(agent_log)) return std::nullopt;
  std::error_code error;
  for (fs::path at = agent_log.parent_path(); at.has_relative_path(); at = at.parent_path()) {
    if (at.filename() != "subagents") continue;
    fs::path session = at.parent_path();
    session += ".jsonl";
    if (fs::is_regular_file(session, error)) return session;
  }
  const std::string session = first_record(agent_log).session;
  if (session.empty() || session.contains('/')) return std::nullopt;
  auto beside = agent_log.parent_path() / (session + ".jsonl");
  if (beside != agent_log && fs::is_regular_file(beside, error)) return beside;
  return std::nullopt;
}

}  // namespace hardwon::import
