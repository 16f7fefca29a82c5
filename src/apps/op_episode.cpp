// `hardwon episode …`: record tasks as they happen.

#include <fmt/format.h>

#include <array>
#include <istream>
#include <ostream>

#include "apps/episode_json.h"
#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"

namespace hardwon::apps {
namespace {

// A full or short id, or the id the client gave.
Result<ItemId> find(Context& context, Engine& engine, const std::string& id) {
  std::optional<ItemId> found;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    found = TRY(store::find_episode(reader, id, context.visibility));
    if (!found) found = TRY(store::resolve_id(reader, id));
    if (!TRY(store::get_episode(reader, *found))) {
      return fail(ErrorCode::kNotFound, "'" + id + "' is not an episode");
    }
    return {};
  }));
  return *found;
}

Result<Reply> start(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  Scope scope = TRY(context.write_scope());
  NewEpisode episode{.task = text_or_input(context, request, "task"),
                     .visibility = {.scope = std::move(scope)},
                     .external_id = text_of(request, "id")};
  episode.context.domain = text_of(request, "domain");
  episode.context.language = text_of(request, "language");
  episode.context.framework = text_of(request, "framework");
  episode.context.complexity = text_of(request, "complexity");
  episode.context.tags = list_of(request, "tags");
  const ItemId id = TRY(engine.start_episode(episode));
  return Reply{.value = {{"episode_id", to_text(id)}}};
}

std::string start_text(const Reply& reply) {
  return reply.value["episode_id"].get<std::string>() + "\n";
}

// One line of standard input becomes one step; a bad line is named and the rest is kept.
struct LogRun {
  Context& context;
  Engine& engine;
  ItemId episode;
  bool acknowledge = false;
  std::int64_t accepted = 0;
  std::vector<std::uint32_t> waiting;  // acknowledged as buffered, not yet durable
  std::vector<Error> errors;
  std::optional<Error> flush_error;

  void emit(std::uint32_t number, Durability state) const {
    if (!acknowledge) return;
    *context.output << dump_json({{"seq", number}, {"state", name_of(state)}}) << '\n'
                    << std::flush;
  }
  void became_durable() {
    for (const std::uint32_t number : waiting) emit(number, Durability::kDurable);
    waiting.clear();
  }
  Result<void> take(std::string_view line, std::int64_t number);
};

Result<void> LogRun::take(std::string_view line, std::int64_t line_number) {
  auto json = parse_json(line);
  auto step = json ? parse_step(*json) : Result<Step>(std::unexpected(json.error()));
  if (!step) {
    errors.push_back(std::move(step).error());
    errors.back().line = line_number;
    return {};
  }
  auto receipt = engine.log_step(episode, *std::move(step));
  if (!receipt) {
    // A conflict is this line's; anything else ends the run.
    if (receipt.error().code != ErrorCode::kInvalidArgument &&
        receipt.error().code != ErrorCode::kConflict) {
      return std::unexpected(std::move(receipt).error());
    }
    errors.push_back(std::move(receipt).error());
    errors.back().line = line_number;
    return {};
  }
  ++accepted;
  flush_error = std::move(receipt->flush_error);
  if (receipt->state == Durability::kDurable) {
    became_durable();
    emit(receipt->number, Durability::kDurable);
  } else {
    emit(receipt->number, Durability::kBuffered);
    waiting.push_back(receipt->number);
  }
  return {};
}

Result<Reply> log_steps(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const ItemId id = TRY(find(context, engine, text_of(request, "id")));
  LogRun run{
      .context = context, .engine = engine, .episode = id, .acknowledge = flag_of(request, "ack")};
  TRY(each_line(context, "-", [&](std::int64_t number, const std::string& line) {
    return run.take(line, number);
  }));
  const FlushCounts counts = TRY(engine.flush_steps(id));
  run.became_durable();
  if (!run.errors.empty()) {
    Error first = run.errors.front();
    first.message +=
        fmt::format(" ({} accepted, {} refused)", counted(run.accepted, "step"), run.errors.size());
    return std::unexpected(std::move(first));
  }
  Reply reply{.value = {{"accepted", run.accepted},
                        {"buffered", counts.buffered},
                        {"durable", counts.durable},
                        {"writes", writes_json(engine.impl().database->write_counts())}}};
  if (run.acknowledge) reply.value = nullptr;
  return reply;
}

std::string log_text(const Reply& reply) {
  if (reply.value.is_null()) return {};
  return fmt::format("{} accepted; {} of this episode on disk.\n",
                     counted(reply.value["accepted"].get<std::int64_t>(), "step"),
                     reply.value["durable"].get<std::int64_t>());
}

Result<Reply> flush(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const ItemId id = TRY(find(context, engine, text_of(request, "id")));
  const FlushCounts counts = TRY(engine.flush_steps(id));
  return Reply{
      .value = {{"accepted", 0}, {"buffered", counts.buffered}, {"durable", counts.durable}}};
}

Result<Reply> complete(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const ItemId id = TRY(find(context, engine, text_of(request, "id")));
  Completion completion;
  completion.learn = !flag_of(request, "no_learn");
  completion.outcome.status = parse_outcome_status(text_of(request, "outcome", "unknown")).value();
  if (completion.outcome.status != OutcomeStatus::kUnknown) {
    completion.outcome.source = OutcomeSource::kVerdict;
  }
  completion.outcome.verdict = text_of(request, "verdict");
  if (request.contains("share")) completion.outcome.share = number_of(request, "share", 0);
  if ((completion.outcome.status == OutcomeStatus::kPartial) !=
      completion.outcome.share.has_value()) {
    return bad_option("share", "expected with --outcome partial, and only with it");
  }
  if (request.contains("reward")) {
    completion.reward = number_of(request, "reward", 0);
    completion.outcome.source = OutcomeSource::kReward;
  }
  completion.artifacts_json = text_of(request, "artifacts");
  if (!completion.artifacts_json.empty()) {
    if (auto json = parse_json(completion.artifacts_json); !json) {
      return bad_option("artifacts", json.error().message);
    }
  }
  const Episode completed = TRY(engine.complete_episode(id, completion));
  return Reply{.value = episode_json(completed)};
}

// Lessons that rest on the episode or were shown to it.
Result<Json> lessons_of(Context& context, const store::Reader& reader, const ItemId& episode) {
  Json list = Json::array();
  for (const Lesson& lesson :
       TRY(store::list_lessons(reader, {.visibility = context.visibility}))) {
    for (const Evidence& row : TRY(store::lesson_evidence(reader, lesson.id))) {
      if (row.episode != episode) continue;
      list.push_back({{"id", to_text(lesson.id)},
                      {"kind", name_of(lesson.kind)},
                      {"statement", lesson.statement},
                      {"observed", row.observed},
                      {"shown", row.shown},
                      {"applied", row.applied}});
    }
  }
  return list;
}

Result<Reply> show(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  const ItemId id = TRY(find(context, engine, text_of(request, "id")));
  const Episode episode = TRY(engine.get_episode(id));
  Reply reply{.value = episode_json(episode)};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    reply.value["lessons"] = TRY(lessons_of(context, reader, id));
    return {};
  }));
  return reply;
}

std::string episode_line(const Json& episode) {
  return fmt::format("{}  {:<9} {}\n", episode["id"].get<std::string>(),
                     episode["completed"].get<bool>()
                         ? episode["outcome"]["status"].get<std::string>()
                         : "running",
                     ellipsis(one_line(episode["task"].get<std::string>()), 90));
}

std::string show_text(const Reply& reply) {
  const Json& episode = reply.value;
  std::string out = episode_line(episode);
  for (const Json& step : episode["steps"]) {
    out += fmt::format("  {:>4}  {:<8} {} {}\n", step["number"].get<std::int64_t>(),
                       step["result"]["status"].get<std::string>(), step["tool"].get<std::string>(),
                       ellipsis(one_line(step["action"].get<std::string>()), 80));
  }
  if (episode.contains("lessons")) {
    for (const Json& lesson : episode["lessons"]) {
      out += "  lesson: " + lesson["statement"].get<std::string>() + "\n";
    }
  }
  for (const char* part : {"successes", "improvements", "insights"}) {
    for (const Json& line : episode["reflection"][part]) {
      out += fmt::format("  {}\n", line.get<std::string>());
    }
  }
  return out;
}

Result<Reply> list(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  store::EpisodeFilter filter{.visibility = context.visibility};
  filter.limit = static_cast<std::size_t>(integer_of(request, "n", 20));
  if (const std::string status = text_of(request, "outcome"); !status.empty()) {
    filter.outcome = parse_outcome_status(status);
  }
  Reply reply{.value = Json::array(), .lines = true};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    for (const Episode& episode : TRY(store::list_episodes(reader, filter, false))) {
      Json json = episode_json(episode);
      json.erase("steps");
      reply.value.push_back(std::move(json));
    }
    return {};
  }));
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string list_text(const Reply& reply) {
  std::string out;
  for (const Json& episode : reply.value) out += episode_line(episode);
  return out.empty() ? "No episodes in this scope.\n" : out;
}

constexpr auto kStartParams = std::to_array<Param>({
    {.name = "task", .help = "what is to be done, or - for standard input", .required = true},
    {.name = "id", .help = "your own id for it"},
    {.name = "domain", .help = "domain"},
    {.name = "language", .help = "programming language"},
    {.name = "framework", .help = "framework"},
    {.name = "complexity", .help = "how hard", .choices = "simple|moderate|complex"},
    {.name = "tags", .type = ParamType::kTexts, .help = "tags (comma-separated)"},
});
constexpr auto kIdParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "episode id",
     .positional = true,
     .required = true},
});
constexpr auto kLogParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "episode id",
     .positional = true,
     .required = true},
    {.name = "ack",
     .type = ParamType::kFlag,
     .help = "a JSON line whenever a step becomes buffered or durable"},
});
constexpr auto kCompleteParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "episode id",
     .positional = true,
     .required = true},
    {.name = "outcome",
     .help = "how it ended",
     .choices = "success|partial|failure|abstained|unknown",
     .fallback = "unknown"},
    {.name = "share", .type = ParamType::kNumber, .help = "of success, with partial"},
    {.name = "verdict", .help = "one line on why"},
    {.name = "reward", .type = ParamType::kNumber, .help = "a benchmark's reward"},
    {.name = "artifacts", .help = "JSON: what was produced"},
    {.name = "no-learn", .type = ParamType::kFlag, .help = "leave learning to `hardwon learn`"},
});
constexpr auto kListParams = std::to_array<Param>({
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "at most this many, newest first",
     .letter = 'n',
     .low = 1,
     .high = 1'000'000,
     .fallback = "20"},
    {.name = "outcome",
     .help = "only these",
     .choices = "success|partial|failure|abstained|unknown"},
});
constexpr std::string_view kGroup = "Episodes and documents";

}  // namespace

const Operation kEpisodeStart = {.name = "episode start",
                                 .group = kGroup,
                                 .summary = "Begin a task; prints its id",
                                 .details =
                                     "  id=$(hardwon episode start --task \"fix the login\" "
                                     "--language go)",
                                 .params = kStartParams,
                                 .run = start,
                                 .text = start_text};
const Operation kEpisodeLog = {
    .name = "episode log",
    .group = kGroup,
    .summary = "Log steps: JSON lines on standard input",
    .details =
        "Steps are written in batches (batch_config); `--ack` says when each is safe.\n\n"
        "  echo '{\"tool\":\"bash\",\"action\":\"make\",\"result\":{\"status\":"
        "\"success\"}}' | hardwon episode log $id",
    .params = kLogParams,
    .run = log_steps,
    .text = log_text,
    .streams = true};
const Operation kEpisodeFlush = {.name = "episode flush",
                                 .group = kGroup,
                                 .summary = "Write what waits",
                                 .params = kIdParams,
                                 .run = flush,
                                 .text = log_text};
const Operation kEpisodeComplete = {
    .name = "episode complete",
    .group = kGroup,
    .summary = "End a task with its outcome, and learn from it",
    .details = "  hardwon episode complete $id --outcome success --verdict \"tests pass\"",
    .params = kCompleteParams,
    .run = complete,
    .text = show_text};
const Operation kEpisodeShow = {.name = "episode show",
                                .group = kGroup,
                                .summary = "One task with its steps and lessons",
                                .params = kIdParams,
                                .run = show,
                                .text = show_text};
const Operation kEpisodeList = {.name = "episode list",
                                .group = kGroup,
                                .summary = "Tasks, newest first",
                                .params = kListParams,
                                .run = list,
                                .text = list_text};

}  // namespace hardwon::apps
