#include "import/claude_code_tree.h"

#include <algorithm>
#include <system_error>

#include "base/hash.h"
#include "base/text.h"

namespace hardwon::import {
namespace {

constexpr std::size_t kTitleSessionsMax = 8;  // sessions of one file that summaries may name

// The key of the prompt that a sub-agent was launched with.
std::uint64_t prompt_key(std::string_view prompt) { return hash64(trim(prompt)); }

// Blocks that cannot be read are left out of the record.
void check_blocks(Element content, std::int64_t line, Run& run) {
  if (!content.is_array()) return;
  std::size_t at = 0;
  for (const Element block : simdjson::dom::array(content)) {
    const std::string pointer = below("/message/content", at++);
    if (!block.is_object()) {
      run.wrong_type(line, pointer, kind_of(block), "an object");
    } else if (text_member(block, "type") == "tool_use" && text_member(block, "id").empty()) {
      run.skip(line, pointer + "/id: found nothing, expected the call's id");
    }
  }
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && !name.contains('/') &&
         !name.contains('\0');
}

}  // namespace

std::uint64_t record_key(std::string_view session, std::string_view uuid) {
  return hash64(uuid, hash64(session));
}

std::string record_id(const LogRecord& record, std::string_view line_text) {
  if (!record.uuid.empty()) return std::string(record.uuid);
  return concat({"#", std::to_string(hash64(line_text))});
}

Result<LogTree> LogTree::read(ByteSource& source, Run& run) {
  LogTree tree;
  tree.stem_ = run.path().stem().string();
  JsonParser parser;
  LineReader lines(source, run.options().record_bytes_max);
  Record line;
  while (TRY(lines.next(line))) {
    run.progress(source.at() / 2);
    if (line.too_long) {
      run.skip(line.line, too_long(run.options()));
      continue;
    }
    const auto object = parser.parse(line.text);
    if (!object) {
      run.skip(line.line, line.cut_off ? "cut off: " + object.error() : object.error());
    } else if (!object->is_object()) {
      run.wrong_type(line.line, "", kind_of(*object), "an object");
    } else {
      tree.add(*object, line.text, line.line, run);
    }
  }
  tree.link();
  tree.assign_turns();
  tree.mark_abandoned();
  tree.resolve_titles();
  tree.leave_out(run);
  return tree;
}

void LogTree::add(Element object, std::string_view text, std::int64_t line, Run& run) {
  const LogRecord record = read_log_record(object);
  Kind kind = kind_of_record(record);
  switch (kind.kind) {
    case LogKind::kBad:
    case LogKind::kUnknown:
      return run.skip(line, std::move(kind.why));
    case LogKind::kBookkeeping:
      return add_title(record);
    case LogKind::kLink:
      if (record.uuid.empty()) return;
      break;
    case LogKind::kUser:
    case LogKind::kAssistant:
      break;
  }
  add_node(record, kind.kind, text, line, run);
}

void LogTree::add_node(const LogRecord& record, LogKind kind, std::string_view text,
                       std::int64_t line, Run& run) {
  const std::string_view session = record.session.empty() ? stem_ : record.session;
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  std::string id = record_id(record, text);
  const std::uint64_t key = record_key(session, id);
  const auto [first, is_new] = by_key_.insert(key, index);
  if (!is_new) {
    return run.skip(line,
                    concat({"repeats the record of line ", std::to_string(nodes_[first].line)}));
  }
  Node node{.line = static_cast<std::uint32_t>(line),
            .session = session_index(session),
            .kind = kind,
            .sidechain = record.sidechain};
  if (!record.parent.empty()) node.parent = record_key(session, record.parent);
  if (kind == LogKind::kUser) {
    node.voice = voice_of(record);
    if (node.voice == Voice::kCommand) {
      command_ = key;
      command_time_ = record.timestamp;
    } else if (opens_turn(node.voice) && node.parent == command_ && node.parent != 0 &&
               record.timestamp == command_time_) {
      node.voice = Voice::kHarness;  // the command's expanded body
    }
  }
  if (kind != LogKind::kLink) {
    check_blocks(*record.content, line, run);
    add_calls(record, index);
  }
  nodes_.push_back(node);
  if (kind != LogKind::kLink) add_to_session(record, std::move(id), run);
}

Voice LogTree::voice_of(const LogRecord& record) {
  const Said said = who_says_what(record);
  if (record.sidechain && said.voice == Voice::kHarness) {
    prompts_.emplace(static_cast<std::uint32_t>(nodes_.size()), prompt_key(said.text));
  }
  return said.voice;
}

void LogTree::add_calls(const LogRecord& record, std::uint32_t node) {
  if (record.type == "assistant") {
    each_block(record.content, "tool_use", [&](Element block) {
      const std::string_view id = text_member(block, "id");
      if (id.empty()) return;
      calls_.insert(hash64(id), node);
      const auto input = member(block, "input");
      const std::string_view prompt = input ? text_member(*input, "prompt") : "";
      if (!prompt.empty()) task_prompts_.insert_or_assign(prompt_key(prompt), node);
    });
  }
  if (record.result) {
    const std::string_view agent = text_member(*record.result, "agentId");
    if (!agent.empty()) agents_.insert_or_assign(hash64(agent), node);
  }
}

std::uint32_t LogTree::session_index(std::string_view agent_session) {
  const auto [found, is_new] =
      session_index_.try_emplace(std::string(agent_session.empty() ? stem_ : agent_session),
                                 static_cast<std::uint32_t>(sessions_.size()));
  if (is_new) sessions_.push_back({.agent_session = found->first});
  return found->second;
}

void LogTree::add_to_session(const LogRecord& record, std::string id, Run& run) {
  const Node& node = nodes_.back();
  LogSession& session = sessions_[node.session];
  session.has_records = true;
  if (session.directory.empty()) session.directory = record.cwd;
  if (!node.sidechain) session.last = static_cast<std::uint32_t>(nodes_.size() - 1);
  const auto time = run.time(record.timestamp, node.line);
  if (time && (!session.started_at || *time < *session.started_at)) session.started_at = time;
  if (time && (!session.ended_at || *time > *session.ended_at)) session.ended_at = time;
  if (!opens_turn(node.voice)) return;
  const auto opener = static_cast<std::uint32_t>(nodes_.size() - 1);
  nodes_.back().turn = static_cast<std::uint32_t>(turns_.size());
  turns_.push_back(
      {.record_id = std::move(id), .opener = opener, .last = opener, .started_at = time});
}

void LogTree::add_title(const LogRecord& record) {
  if (record.title.empty()) return;
  if (record.type == "summary") {
    summaries_.emplace_back(record.leaf, record.title);
    return;
  }
  LogSession& session = sessions_[session_index(record.session)];
  const int rank = record.type == "custom-title" ? 3 : 2;
  if (rank < session.title_rank) return;
  session.title_rank = rank;
  session.title = record.title;
}

// A summary often names the end of another session, whose title it then is.
void LogTree::resolve_titles() {
  for (std::size_t i = 0; i < std::min(sessions_.size(), kTitleSessionsMax); ++i) {
    LogSession& session = sessions_[i];
    if (session.title_rank > 0) continue;
    for (const auto& [leaf, summary] : summaries_) {
      if (has_record(session.agent_session, leaf)) session.title = summary;
    }
  }
}

// A record whose parent is not in the file follows the one before it; the start of a sub-agent
// follows the call that launched it.
void LogTree::link() {
  std::vector<std::uint32_t> previous(sessions_.size(), kNoIndex);
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    const auto parent = node.parent == 0 ? std::nullopt : by_key_.find(node.parent);
    if (parent && *parent != i) {
      node.up = *parent;
    } else if (node.sidechain) {
      node.up = start_of_sidechain(i, previous[node.session]);
    } else {
      node.up = previous[node.session];
    }
    if (!node.sidechain) previous[node.session] = i;
  }
}

std::uint32_t LogTree::start_of_sidechain(std::uint32_t node, std::uint32_t main) const {
  const auto prompt = prompts_.find(node);
  if (prompt == prompts_.end()) return main;
  const auto task = task_prompts_.find(prompt->second);
  return task == task_prompts_.end() ? main : task->second;
}

// A record belongs to the nearest turn above it.  Iterative, and safe against records that
// name each other as parents.
void LogTree::assign_turns() {
  std::vector<bool> done(nodes_.size());
  std::vector<std::uint32_t> path;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    path.clear();
    std::uint32_t at = i;
    while (at != kNoIndex && !done[at] && nodes_[at].turn == kNoIndex) {
      done[at] = true;
      path.push_back(at);
      at = nodes_[at].up;
    }
    const std::uint32_t turn = at == kNoIndex ? kNoIndex : nodes_[at].turn;
    for (const std::uint32_t node : path) nodes_[node].turn = turn;
  }
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].turn != kNoIndex)
      turns_[nodes_[i].turn].last = std::max(turns_[nodes_[i].turn].last, i);
  }
  calls_.each_value([&](std::uint32_t node) {
    if (nodes_[node].turn != kNoIndex) turns_[nodes_[node].turn].has_calls = true;
  });
}

// Abandoned: not above the session's last record.  Judged by turn, since within a turn parallel
// calls fork the tree without anyone having gone back.
void LogTree::mark_abandoned() {
  for (Turn& turn : turns_) turn.abandoned = true;
  std::vector<bool> seen(nodes_.size());
  for (const LogSession& session : sessions_) {
    for (std::uint32_t at = session.last; at != kNoIndex && !seen[at]; at = nodes_[at].up) {
      seen[at] = true;
      if (nodes_[at].turn != kNoIndex) turns_[nodes_[at].turn].abandoned = false;
    }
  }
}

void LogTree::leave_out(Run& run) {
  for (LogSession& session : sessions_) {
    if (run.options().since && session.ended_at && *session.ended_at < *run.options().since) {
      session.left_out = true;
    }
    if (run.beside().empty() || session.agent_session == stem_ ||
        !is_file_name(session.agent_session) || !session.has_records) {
      continue;
    }
    const auto own = run.beside() / (session.agent_session + ".jsonl");
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(own, ignored)) continue;
    session.left_out = true;
    run.skip(0, concat({"records of session ", ellipsis(session.agent_session, 60),
                        " left out: its own file beside this one has them"}));
  }
}

bool LogTree::has_record(std::string_view session, std::string_view uuid) const {
  return by_key_.find(record_key(session.empty() ? stem_ : session, uuid)).has_value();
}

bool LogTree::is_first_call(std::string_view call_id, std::uint32_t node) const {
  return calls_.find(hash64(call_id)) == node;
}

bool LogTree::has_call(std::string_view call_id) const {
  return calls_.find(hash64(call_id)).has_value();
}

std::uint32_t LogTree::turn_of_agent(std::string_view agent_id, std::uint32_t session,
                                     std::optional<TimePoint> time) const {
  const auto launched = agents_.find(hash64(agent_id));
  if (launched != agents_.end() && nodes_[launched->second].turn != kNoIndex) {
    return nodes_[launched->second].turn;
  }
  std::uint32_t best = kNoIndex;
  for (std::uint32_t i = 0; time && i < turns_.size(); ++i) {
    if (nodes_[turns_[i].opener].session != session || !turns_[i].started_at) continue;
    if (*turns_[i].started_at <= *time) best = i;
  }
  return best;
}

}  // namespace hardwon::import
