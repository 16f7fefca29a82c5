#pragma once

// The tree of a Claude Code log: which record belongs to which turn, which turns were
// abandoned by a rewind, and what each session has.  Read before anything is given out,
// since a rewind late in a file says that a turn early in it was abandoned.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "import/claude_code_record.h"
#include "import/hash_index.h"

namespace hardwon::import {

// Names a record within a file: its uuid and session.
std::uint64_t record_key(std::string_view session, std::string_view uuid);
// The record's uuid; where it has none, a hash of its line stands for it.
std::string record_id(const LogRecord& record, std::string_view line_text);

inline constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();

// A record of the log; small, since there is one a line.
struct Node {
  std::uint64_t parent = 0;  // key of the record it names as its parent; 0: none
  std::uint32_t line = 0;
  std::uint32_t session = 0;      // index into sessions
  std::uint32_t up = kNoIndex;    // the record it follows
  std::uint32_t turn = kNoIndex;  // index into turns
  LogKind kind = LogKind::kLink;
  Voice voice = Voice::kNone;
  bool sidechain = false;
};

struct Turn {
  std::string record_id;     // of the record that opens it
  std::uint32_t opener = 0;  // node
  std::uint32_t last = 0;    // the last node that belongs to it
  std::optional<TimePoint> started_at;
  bool abandoned = false;
  bool has_calls = false;
};

struct LogSession {
  std::string agent_session, directory, title;
  int title_rank = 0;  // custom title over generated title over summary
  std::optional<TimePoint> started_at, ended_at;
  std::uint32_t last = kNoIndex;  // last record of the conversation itself
  bool has_records = false;       // else only its title is known
  bool left_out = false;          // told by another file, or before `since`
};

class LogTree {
 public:
  // Reads the whole source.  Bad lines are noted in `run`.
  static Result<LogTree> read(ByteSource& source, Run& run);

  const std::deque<Node>& nodes() const { return nodes_; }
  const std::vector<Turn>& turns() const { return turns_; }
  const std::vector<LogSession>& sessions() const { return sessions_; }
  // `session`: the agent's id of it, empty for the file's own.
  bool has_record(std::string_view session, std::string_view uuid) const;
  // True where this node is the first with the call.
  bool is_first_call(std::string_view call_id, std::uint32_t node) const;
  bool has_call(std::string_view call_id) const;
  // The turn that launched a sub-agent, else the one running at `time`; kNoIndex: none.
  std::uint32_t turn_of_agent(std::string_view agent_id, std::uint32_t session,
                              std::optional<TimePoint> time) const;

 private:
  void add(Element object, std::string_view text, std::int64_t line, Run& run);
  void add_node(const LogRecord& record, LogKind kind, std::string_view text, std::int64_t line,
                Run& run);
  Voice voice_of(const LogRecord& record);
  void add_calls(const LogRecord& record, std::uint32_t node);
  void add_to_session(const LogRecord& record, std::string id, Run& run);
  void add_title(const LogRecord& record);
  std::uint32_t session_index(std::string_view agent_session);
  void link();
  std::uint32_t start_of_sidechain(std::uint32_t node, std::uint32_t main) const;
  void assign_turns();
  void mark_abandoned();
  void resolve_titles();
  void leave_out(Run& run);

  std::deque<Node> nodes_;  // grows without a second copy
  std::vector<Turn> turns_;
  std::vector<LogSession> sessions_;
  std::string stem_;  // names the session of records that name none
  std::unordered_map<std::string, std::uint32_t> session_index_;
  HashIndex by_key_;                                               // record key -> node
  HashIndex calls_;                                                // call id -> first node
  std::unordered_map<std::uint64_t, std::uint32_t> task_prompts_;  // prompt -> node of the call
  std::unordered_map<std::uint32_t, std::uint64_t> prompts_;       // sidechain node -> prompt
  std::unordered_map<std::uint64_t, std::uint32_t> agents_;        // agent id -> node
  std::vector<std::pair<std::string, std::string>> summaries_;     // leaf, summary
  std::uint64_t command_ = 0;  // key of the last slash command, and its time
  std::string command_time_;
};

}  // namespace hardwon::import
