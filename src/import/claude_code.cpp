// Claude Code's session logs (docs/formats/claude-code.md): read twice, once for the tree and
// once to give out records in file order.

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "import/agent_files.h"
#include "import/claude_code_steps.h"
#include "import/claude_code_tree.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kAgent = "claude-code";

// What a record is read for: sub-agents' files are read for their steps when the turn that
// launched them ends, and for their segments after the session's own, so that the positions of
// a growing session's segments stay.
enum class Part : std::uint8_t { kAll, kSteps, kSegments };

struct Place {
  std::uint32_t session = 0;
  std::uint32_t turn = kNoIndex;
  std::uint32_t node = kNoIndex;
  std::int64_t line = 0;  // 0: in another file
  bool sidechain = false;
  bool opens = false;  // its record opens the turn
  bool abandoned = false;
  Part part = Part::kAll;
};

struct AgentFile {
  std::filesystem::path path;
  std::uint32_t session = 0, turn = kNoIndex;
};

class LogWriter {
 public:
  LogWriter(LogTree tree, Run& run) : tree_(std::move(tree)), run_(run) {}

  Result<void> write(ByteSource& source);

 private:
  Result<void> write_record(const LogRecord& record, Voice voice, const Place& place,
                            std::string_view id);
  Result<void> write_user(const LogRecord& record, Voice voice, const Place& place,
                          std::string_view id, std::optional<TimePoint> time);
  Result<void> write_assistant(const LogRecord& record, const Place& place, std::string_view id,
                               std::optional<TimePoint> time);
  Result<void> write_segment(const LogRecord& record, Speaker speaker, std::string_view text,
                             const Place& place, std::initializer_list<std::string_view> id_parts,
                             std::optional<TimePoint> time);
  Result<void> open_session(std::uint32_t index);
  Result<void> finish_turn(std::uint32_t turn);
  Result<void> finish_sessions();
  Result<void> read_agent_file(const AgentFile& file, Part part);
  void find_agent_files();
  void count_tokens(const LogRecord& record, std::uint32_t session, std::string_view id);
  EpisodeBuilder* builder(std::uint32_t turn);
  bool is_new_call(std::string_view call, const Place& place);
  ItemId episode_id(std::uint32_t turn) const;
  Session session_record(std::uint32_t index) const;

  struct SessionState {
    bool open = false;
    std::uint32_t segments = 0;
    std::string model;
    TokenCounts tokens;
  };
  struct Usage {
    std::uint32_t session = 0;
    std::array<std::int64_t, 4> counts{};
  };

  LogTree tree_;
  Run& run_;
  std::vector<SessionState> states_;
  std::vector<AgentFile> agent_files_;
  std::unordered_map<std::uint32_t, std::unique_ptr<EpisodeBuilder>> builders_;
  HashIndex usage_index_;
  std::deque<Usage> usage_;  // a message of the API each
  std::unordered_set<std::uint64_t> agent_calls_, agent_records_, error_results_;
};

Result<void> LogWriter::write(ByteSource& source) {
  states_.resize(tree_.sessions().size());
  find_agent_files();
  source.rewind();
  LineReader lines(source, run_.options().record_bytes_max);
  JsonParser parser;
  Record line;
  std::uint32_t at = 0;
  const auto& nodes = tree_.nodes();
  while (at < nodes.size() && TRY(lines.next(line))) {
    run_.progress((source.size() + source.at()) / 2);
    if (line.line != nodes[at].line) continue;
    const Node& node = nodes[at];
    if (node.kind != LogKind::kLink && !tree_.sessions()[node.session].left_out) {
      const auto object = parser.parse(line.text);
      if (object && object->is_object()) {
        const LogRecord record = read_log_record(*object);
        TRY(open_session(node.session));
        const bool abandoned = node.turn != kNoIndex && tree_.turns()[node.turn].abandoned;
        TRY(write_record(record, node.voice,
                         {.session = node.session,
                          .turn = node.turn,
                          .node = at,
                          .line = line.line,
                          .sidechain = node.sidechain,
                          .opens = node.turn != kNoIndex && tree_.turns()[node.turn].opener == at,
                          .abandoned = abandoned},
                         record_id(record, line.text)));
      }
    }
    if (node.turn != kNoIndex && tree_.turns()[node.turn].last == at) {
      TRY(finish_turn(node.turn));
    }
    ++at;
  }
  return finish_sessions();
}

Result<void> LogWriter::write_record(const LogRecord& record, Voice voice, const Place& place,
                                     std::string_view id) {
  const auto time = run_.time(record.timestamp, 0);
  if (record.type == "assistant") return write_assistant(record, place, id, time);
  return write_user(record, voice, place, id, time);
}

Result<void> LogWriter::write_user(const LogRecord& record, Voice voice, const Place& place,
                                   std::string_view id, std::optional<TimePoint> time) {
  EpisodeBuilder* episode = place.part == Part::kSegments ? nullptr : builder(place.turn);
  Result<void> written;
  each_block(record.content, "tool_result", [&](Element block) {
    const std::string_view call = text_member(block, "tool_use_id");
    if (place.part != Part::kSegments && is_error_result(block) &&
        error_results_.insert(hash64(call)).second) {
      ++run_.counts().tool_errors;
    }
    if (episode != nullptr) episode->add_result(block, record.result, time, place.line);
    if (!written) return;
    written = write_segment(record, Speaker::kTool, result_text(block, record.result), place,
                            {id, call}, time);
  });
  TRY(std::move(written));
  if (episode != nullptr) episode->extend(time, place.line);
  if (voice == Voice::kNone) return {};
  const Said said = who_says_what(record);
  if (place.opens && episode != nullptr) {
    Episode& opened = episode->episode();
    opened.task = run_.text(said.text, run_.options().text_bytes_max);
    opened.scope = run_.scope(std::string(record.cwd));
    opened.started_at = time;
  }
  const bool person = voice == Voice::kPerson || voice == Voice::kCommand;
  return write_segment(record, person ? Speaker::kPerson : Speaker::kHarness, said.text, place,
                       {id, "text"}, time);
}

Result<void> LogWriter::write_assistant(const LogRecord& record, const Place& place,
                                        std::string_view id, std::optional<TimePoint> time) {
  SessionState& state = states_[place.session];
  const std::string_view model = text_member(*record.message, "model");
  if (!place.sidechain && state.model.empty() && model != "<synthetic>") state.model = model;
  EpisodeBuilder* episode = place.part == Part::kSegments ? nullptr : builder(place.turn);
  if (place.part != Part::kSegments) {
    count_tokens(record, place.session, id);
    std::vector<std::string_view> met;  // in this record
    each_block(record.content, "tool_use", [&](Element block) {
      const std::string_view call = text_member(block, "id");
      if (!is_new_call(call, place) || std::ranges::find(met, call) != met.end()) return;
      met.push_back(call);
      ++run_.counts().tool_calls;
      if (episode != nullptr) episode->add_call(block, time, place.line, place.sidechain);
    });
  }
  if (episode != nullptr) episode->extend(time, place.line);
  return write_segment(record, place.sidechain ? Speaker::kSubAgent : Speaker::kAgent,
                       content_text(*record.content), place, {id, "text"}, time);
}

// The first record with the call's id; the session's own file comes before its agents'.
bool LogWriter::is_new_call(std::string_view call, const Place& place) {
  if (call.empty()) return false;
  if (place.line != 0) return tree_.is_first_call(call, place.node);
  return !tree_.has_call(call) && agent_calls_.insert(hash64(call)).second;
}

Result<void> LogWriter::write_segment(const LogRecord& record, Speaker speaker,
                                      std::string_view text, const Place& place,
                                      std::initializer_list<std::string_view> id_parts,
                                      std::optional<TimePoint> time) {
  if (place.part == Part::kSteps) return {};
  const std::size_t bytes_max =
      speaker == Speaker::kTool ? run_.options().output_bytes_max : run_.options().text_bytes_max;
  std::string kept = run_.text(trim(text), bytes_max);
  if (trim(kept).empty()) return {};
  SessionState& state = states_[place.session];
  const std::string& agent_session = tree_.sessions()[place.session].agent_session;
  Segment segment{
      .id = content_id<ItemId>({kAgent, agent_session, id_parts.begin()[0], id_parts.begin()[1]}),
      .session = session_id_of(kAgent, agent_session),
      .scope = run_.scope(std::string(record.cwd)),
      .index = state.segments++,
      .speaker = speaker,
      .text = std::move(kept),
      .time = time,
      .line = place.line,
      .opens_episode = false,
      .abandoned = place.abandoned};
  if (place.turn != kNoIndex && tree_.turns()[place.turn].has_calls) {
    segment.episode = episode_id(place.turn);
    segment.opens_episode = place.opens && speaker != Speaker::kTool;
  }
  return run_.segment(std::move(segment));
}

ItemId LogWriter::episode_id(std::uint32_t turn) const {
  const Turn& of = tree_.turns()[turn];
  const Node& opener = tree_.nodes()[of.opener];
  return content_id<ItemId>({kAgent, tree_.sessions()[opener.session].agent_session, of.record_id});
}

EpisodeBuilder* LogWriter::builder(std::uint32_t turn) {
  if (turn == kNoIndex || !tree_.turns()[turn].has_calls) return nullptr;
  auto& found = builders_[turn];
  if (found == nullptr) {
    found = std::make_unique<EpisodeBuilder>(run_);
    const Turn& of = tree_.turns()[turn];
    Episode& episode = found->episode();
    episode.id = episode_id(turn);
    episode.external_id = of.record_id;
    episode.session =
        session_id_of(kAgent, tree_.sessions()[tree_.nodes()[of.opener].session].agent_session);
    episode.completed = true;
    episode.source_path = run_.path().string();
  }
  return found.get();
}

Result<void> LogWriter::finish_turn(std::uint32_t turn) {
  bool merged = false;
  for (const AgentFile& file : agent_files_) {
    if (file.turn != turn) continue;
    TRY(read_agent_file(file, Part::kSteps));
    merged = true;
  }
  const auto found = builders_.find(turn);
  if (found == builders_.end()) return {};
  const std::int64_t left_out = found->second->steps_left_out();
  Episode episode = std::move(*found->second).finish(merged);
  builders_.erase(found);
  if (left_out > 0) {
    run_.skip(episode.line_from,
              concat({"the episode's last ", std::to_string(left_out), " steps left out: over ",
                      std::to_string(run_.options().steps_max)}));
  }
  if (episode.steps.empty()) return {};
  return run_.episode(std::move(episode));
}

// Streamed messages are logged several times with counts that grow, so the largest stand.
void LogWriter::count_tokens(const LogRecord& record, std::uint32_t session, std::string_view id) {
  constexpr std::array<std::string_view, 4> kFields = {
      "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"};
  const auto usage = member(*record.message, "usage");
  if (!usage || text_member(*record.message, "model") == "<synthetic>") return;
  const std::string_view message = text_member(*record.message, "id");
  const std::uint64_t key =
      message.empty() ? hash64(id, session) : hash64(message, hash64(record.request, session));
  const auto [at, is_new] = usage_index_.insert(key, static_cast<std::uint32_t>(usage_.size()));
  if (is_new) usage_.emplace_back();
  Usage& counted = usage_[at];
  counted.session = session;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto field = member(*usage, kFields[i]);
    const auto count = field ? as_count(*field) : std::nullopt;
    if (count) counted.counts[i] = std::max(counted.counts[i], *count);
  }
}

Session LogWriter::session_record(std::uint32_t index) const {
  const LogSession& log = tree_.sessions()[index];
  const SessionState& state = states_[index];
  return {.id = session_id_of(kAgent, log.agent_session),
          .agent = std::string(kAgent),
          .agent_session = log.agent_session,
          .transcript_id = log.agent_session,
          .scope = run_.scope(log.directory),
          .directory = log.directory,
          .model = state.model,
          .title = run_.text(log.title, 1000),
          .started_at = log.started_at,
          .ended_at = log.ended_at,
          .tokens = state.tokens,
          .source_path = run_.path().string()};
}

Result<void> LogWriter::open_session(std::uint32_t index) {
  if (states_[index].open) return {};
  states_[index].open = true;
  return run_.session(session_record(index), true);
}

Result<void> LogWriter::finish_sessions() {
  for (const AgentFile& file : agent_files_) {
    if (!states_[file.session].open) continue;
    TRY(read_agent_file(file, file.turn == kNoIndex ? Part::kAll : Part::kSegments));
  }
  for (const Usage& usage : usage_) {
    states_[usage.session].tokens += {.input = usage.counts[0],
                                      .output = usage.counts[1],
                                      .cache_read = usage.counts[2],
                                      .cache_creation = usage.counts[3],
                                      .known = true};
  }
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].open) continue;
    run_.counts().tokens += states_[i].tokens;
    TRY(run_.session(session_record(i), false));
  }
  return {};
}

void LogWriter::find_agent_files() {
  if (run_.beside().empty()) return;
  const auto& sessions = tree_.sessions();
  for (std::uint32_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i].agent_session != run_.path().stem().string() || sessions[i].left_out) continue;
    for (AgentLog& log : agent_logs_of(run_.beside(), run_.path().stem().string())) {
      const std::uint32_t turn = tree_.turn_of_agent(log.agent_id, i, log.started_at);
      agent_files_.push_back({.path = std::move(log.path), .session = i, .turn = turn});
    }
  }
}

Result<void> LogWriter::read_agent_file(const AgentFile& file, Part part) {
  const std::string name = file.path.filename().string();
  auto source = ByteSource::open(file.path);
  if (!source) {
    run_.skip(0, source.error().message);
    return {};
  }
  LineReader lines(*source, run_.options().record_bytes_max);
  JsonParser parser;
  Record line;
  const std::string& session = tree_.sessions()[file.session].agent_session;
  while (TRY(lines.next(line))) {
    const auto object =
        line.too_long ? std::unexpected(too_long(run_.options())) : parser.parse(line.text);
    std::string why = object ? std::string{} : object.error();
    if (object && !object->is_object())
      why = concat({"found ", kind_of(*object), ", expected an object"});
    Kind kind;
    LogRecord record;
    if (why.empty()) {
      record = read_log_record(*object);
      kind = kind_of_record(record);
      why = kind.why;
    }
    if (!why.empty() && part != Part::kSegments) {
      run_.skip(0, concat({name, " line ", std::to_string(line.line), ": ", why}));
    }
    if (!why.empty() || (kind.kind != LogKind::kUser && kind.kind != LogKind::kAssistant)) continue;
    const std::string id = record_id(record, line.text);
    if (record.session != session || tree_.has_record(session, id)) continue;
    const auto which = static_cast<std::uint64_t>(part == Part::kSegments);
    if (!agent_records_.insert(hash64(id, which)).second) continue;
    record.sidechain = true;
    const bool abandoned = file.turn != kNoIndex && tree_.turns()[file.turn].abandoned;
    TRY(write_record(record,
                     kind.kind == LogKind::kUser ? who_says_what(record).voice : Voice::kNone,
                     {.session = file.session,
                      .turn = file.turn,
                      .sidechain = true,
                      .abandoned = abandoned,
                      .part = part},
                     id));
  }
  return {};
}

}  // namespace

Result<void> import_claude_code(ByteSource& source, Run& run) {
  LogTree tree = TRY(LogTree::read(source, run));
  return LogWriter(std::move(tree), run).write(source);
}

}  // namespace hardwon::import
