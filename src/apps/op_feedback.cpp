// `hardwon remember`, `feedback`, `forget`: what people tell the memory.

#include <fmt/format.h>

#include <array>

#include "apps/operations.h"
#include "apps/replay_json.h"
#include "apps/views.h"
#include "engine/lesson_groups.h"
#include "hardwon/replay.h"
#include "store/owner_lock.h"

namespace hardwon::apps {
namespace {

Result<Reply> remember(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const LessonKind kind = parse_lesson_kind(text_of(request, "kind", "rule")).value();
  const ItemId id = TRY(
      engine.remember(text_or_input(context, request, "text"), kind, TRY(context.write_scope())));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const auto lesson = TRY(store::get_lesson(reader, id));
    reply.value = lesson_json(reader, lesson.value(), TRY(record_of(reader, id)));
    return {};
  }));
  return reply;
}

std::string remember_text(const Reply& reply) {
  return fmt::format("Remembered as {}.\n", reply.value["short_id"].get<std::string>());
}

Result<Reply> feedback(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  Feedback given;
  if (const std::string status = text_of(request, "outcome"); !status.empty()) {
    Outcome outcome{.status = parse_outcome_status(status).value(),
                    .source = OutcomeSource::kVerdict};
    if (request.contains("share")) outcome.share = number_of(request, "share", 0);
    if (outcome.share.has_value() != (outcome.status == OutcomeStatus::kPartial)) {
      return bad_option("share", "expected with --outcome partial, and only with it");
    }
    if (outcome.share && (*outcome.share <= 0 || *outcome.share >= 1)) {
      return bad_option("share", "expected more than 0 and less than 1");
    }
    given.outcome = outcome;
  }
  if (request.contains("rating")) given.rating = static_cast<int>(integer_of(request, "rating", 0));
  if (const std::string id = text_of(request, "episode"); !id.empty()) {
    given.episode = TRY(resolve(engine, id));
  }
  const ItemId lesson = TRY(resolve(engine, text_of(request, "id")));
  TRY(engine.feedback(lesson, given));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const EvidenceSummary record = TRY(record_of(reader, lesson));
    reply.value = {{"id", to_text(lesson)}, {"evidence", evidence_json(record)}};
    return {};
  }));
  return reply;
}

std::string feedback_text(const Reply& reply) {
  return "Noted: " + record_text(reply.value["evidence"], "", 0) + ".\n";
}

Result<store::ForgetFilter> filter_of(Engine& engine, const Json& request) {
  store::ForgetFilter filter;
  int given = 0;
  if (filter.text = text_of(request, "text"); !filter.text.empty()) ++given;
  if (const auto ids = texts_of(request, "id"); !ids.empty()) {
    ++given;
    for (const std::string& id : ids) filter.ids.push_back(TRY(resolve(engine, id)));
  }
  if (const std::string scope = text_of(request, "in_scope"); !scope.empty()) {
    ++given;
    filter.scope = TRY(Scope::parse(scope));
  }
  if (filter.source = text_of(request, "source"); !filter.source.empty()) ++given;
  if (filter.before = time_of(request, "before"); filter.before) ++given;
  if (given != 1) {
    return bad_option("text", fmt::format("found {} of TEXT, --id, --scope, --source, --before; "
                                          "expected exactly one",
                                          given));
  }
  if (!filter.text.empty() && filter.text.size() < 4) {
    return bad_option("text", "found fewer than 4 bytes: that would forget too much");
  }
  return filter;
}

// Those that hold the text; with another filter, those that came from an episode that is no more.
Result<std::vector<std::string>> forgotten_experiences(Engine& engine, Replay& replay,
                                                       const store::ForgetFilter& filter) {
  if (!filter.text.empty()) return replay.ids(filter.text);
  std::vector<std::string> forgotten;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    for (const std::string& id : replay.ids()) {
      const auto episode = episode_of(id);
      if (episode && !TRY(store::item_row(reader, *episode))) forgotten.push_back(id);
    }
    return {};
  }));
  return forgotten;
}

// The experience buffer holds copies of episodes, and what was added to it by hand.  Returns how
// many experiences are (or, in a dry run of a text, would be) forgotten.
Result<std::int64_t> forget_experiences(Context& context, Engine& engine,
                                        const store::ForgetFilter& filter, bool dry_run) {
  const std::filesystem::path directory = context.options.directory / "replay";
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) return 0;
  auto replay = TRY(Replay::open(directory, context.replay));
  const std::vector<std::string> forgotten = TRY(forgotten_experiences(engine, *replay, filter));
  if (!dry_run && !forgotten.empty()) {
    TRY(replay->remove(forgotten));
    TRY(replay->snapshot(true));
  }
  return static_cast<std::int64_t>(forgotten.size());
}

Result<Reply> forget(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  store::Database& database = *engine.impl().database;
  Json asked = request;
  // The global --scope names what to forget here.
  if (context.scope_given && !context.visibility.all) {
    asked["in_scope"] = context.visibility.scope.canonical();
  }
  const store::ForgetFilter filter = TRY(filter_of(engine, asked));
  const bool dry_run = flag_of(request, "dry_run");
  std::map<std::string, std::int64_t> removed;
  {
    // No learner may bring back what is being forgotten.
    const auto lock = TRY(store::OwnerLock::acquire(database.directory() / "learn.lock",
                                                    std::chrono::seconds(30), engine.impl().clock));
    TRY(database.write([&](store::Writer& writer) -> Result<void> {
      removed = TRY(store::forget(writer, filter, dry_run));
      return {};
    }));
    if (!dry_run) {
      TRY(engine::refresh_groups(database));
      TRY(database.scrub());
      std::error_code ignored;  // derived data: rebuilt by the next question
      std::filesystem::remove_all(database.directory() / "index", ignored);
    }
  }
  // What other records still support is learned again.
  if (!dry_run) TRY(engine.learn());
  Json not_reached = {"backups made with `hardwon backup`", "the agent's own log files",
                      "copies of the store made outside Hardwon"};
  const auto experiences = forget_experiences(context, engine, filter, dry_run);
  if (!experiences) {
    not_reached.push_back("the experience buffer: " + experiences.error().message);
  } else if (*experiences > 0) {
    removed["experience"] = *experiences;
  }
  std::int64_t total = 0;
  for (const auto& [kind, n] : removed) total += n;
  return Reply{.value = {{"removed", removed},
                         {"dry_run", dry_run},
                         {"not_reached", std::move(not_reached)}},
               .exit_code = total == 0 ? 1 : 0};
}

std::string forget_text(const Reply& reply) {
  std::string out = reply.value["dry_run"].get<bool>() ? "Would forget:\n" : "Forgot:\n";
  for (const auto& [kind, n] : reply.value["removed"].items()) {
    out += fmt::format("  {:>6}  {}\n", n.get<std::int64_t>(), kind);
  }
  out += "Not reached:\n";
  for (const Json& what : reply.value["not_reached"]) {
    out += "  " + what.get<std::string>() + "\n";
  }
  return out;
}

constexpr auto kRememberParams = std::to_array<Param>({
    {.name = "text",
     .help = "the rule or decision, or - for standard input",
     .positional = true,
     .required = true},
    {.name = "kind", .help = "what it is", .choices = "rule|decision", .fallback = "rule"},
});
constexpr auto kFeedbackParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "lesson id",
     .positional = true,
     .required = true},
    {.name = "outcome",
     .help = "how it went when it was applied",
     .choices = "success|partial|failure|abstained"},
    {.name = "share", .type = ParamType::kNumber, .help = "of success, with partial"},
    {.name = "rating",
     .type = ParamType::kInteger,
     .help = "1 (harmful) to 5",
     .low = 1,
     .high = 5},
    {.name = "episode", .type = ParamType::kId, .help = "in which episode"},
});
constexpr auto kForgetParams = std::to_array<Param>({
    {.name = "text", .help = "everything that contains this text", .positional = true},
    {.name = "id", .type = ParamType::kTexts, .help = "these items"},
    {.name = "source", .help = "everything from this log file"},
    {.name = "before", .type = ParamType::kTime, .help = "everything older"},
    {.name = "dry-run", .type = ParamType::kFlag, .help = "only say what would go"},
});

}  // namespace

const Operation kRemember = {
    .name = "remember",
    .group = "Everyday",
    .summary = "Tell a rule or a decision",
    .details =
        "  hardwon remember \"Use pnpm, never npm, in this repository.\"\n"
        "  hardwon remember --kind decision \"Prices are stored in cents.\"",
    .params = kRememberParams,
    .run = remember,
    .text = remember_text,
};
const Operation kFeedback = {
    .name = "feedback",
    .group = "Everyday",
    .summary = "Say whether a lesson helped",
    .details = "  hardwon feedback r7k2 --outcome success\n  hardwon feedback r7k2 --rating 2",
    .params = kFeedbackParams,
    .run = feedback,
    .text = feedback_text,
};
const Operation kForget = {
    .name = "forget",
    .group = "Everyday",
    .summary = "Remove records and what was learned from them, without a trace in the store",
    .details =
        "Exactly one of TEXT, --id, --scope, --source, --before.\n\n"
        "  hardwon forget \"Project Bluebird\" --dry-run\n"
        "  hardwon forget --source ~/.claude/projects/x/abc.jsonl",
    .params = kForgetParams,
    .run = forget,
    .text = forget_text,
};

}  // namespace hardwon::apps
