// `hardwon inject` and `hardwon last`: lessons put into a prompt, and what was put there.

#include <fmt/format.h>

#include <array>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"

namespace hardwon::apps {
namespace {

Result<Reply> inject(Context& context, const Json& request) {
  const std::string prompt = text_or_input(context, request, "prompt");
  InjectRequest wanted;
  wanted.task = text_or_input(context, request, "task");
  if (wanted.task.empty()) wanted.task = prompt;
  wanted.files = texts_of(request, "file");
  wanted.visibility = context.visibility;
  wanted.budget_tokens = integer_of(request, "budget_tokens", 800);
  wanted.explore = !flag_of(request, "no_explore");
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  if (const std::string id = text_of(request, "episode"); !id.empty()) {
    wanted.episode = TRY(resolve(engine, id));
  }
  const Injection injection = TRY(engine.inject(wanted));
  Reply reply{.value = injection_json(injection)};
  if (!prompt.empty()) {
    reply.value["prompt"] = injection.block.empty() ? prompt : prompt + "\n\n" + injection.block;
  }
  return reply;
}

std::string inject_text(const Reply& reply) {
  const char* key = reply.value.contains("prompt") ? "prompt" : "block";
  std::string out = reply.value[key].get<std::string>();
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out;
}

// What followed an injection: the outcomes of the episodes whose evidence names its lessons.
Result<Json> followed_json(const store::Reader& reader, const store::InjectionRecord& record) {
  Json list = Json::array();
  for (const InjectedLesson& lesson : record.lessons) {
    for (const Evidence& row : TRY(store::lesson_evidence(reader, lesson.id))) {
      if (!row.shown) continue;
      list.push_back({{"lesson", to_text(lesson.id)},
                      {"episode", to_text(row.episode)},
                      {"applied", row.applied},
                      {"outcome", outcome_json(row.outcome)}});
    }
  }
  return list;
}

Result<Reply> last(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply{.value = Json::array()};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const auto n = static_cast<std::size_t>(integer_of(request, "n", 1));
    for (const auto& record : TRY(store::recent_injections(reader, n))) {
      Json lessons = Json::array();
      for (const InjectedLesson& lesson : record.lessons) {
        lessons.push_back({{"id", to_text(lesson.id)},
                           {"statement", lesson.statement},
                           {"tokens", lesson.tokens},
                           {"p", lesson.probability},
                           {"relevance", lesson.relevance}});
      }
      const Json followed = TRY(followed_json(reader, record));
      reply.value.push_back({{"injection_id", to_text(record.id)},
                             {"time", format_time(record.time)},
                             {"task", record.task},
                             {"session", record.session},
                             {"tokens", record.tokens},
                             {"block", record.block},
                             {"lessons", std::move(lessons)},
                             {"followed", followed}});
    }
    return {};
  }));
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string last_text(const Reply& reply) {
  if (reply.value.empty()) return "Nothing was injected yet.\n";
  std::string out;
  for (const Json& record : reply.value) {
    out += fmt::format("{}  {} tokens{}{}\n{}\n", record["time"].get<std::string>(),
                       record["tokens"].get<std::int64_t>(),
                       record["task"].get<std::string>().empty() ? "" : "  for: ",
                       ellipsis(one_line(record["task"].get<std::string>()), 80),
                       record["block"].get<std::string>());
    for (const Json& lesson : record["lessons"]) {
      out += fmt::format("  why: {:.0f} % relevant: {}\n", 100 * lesson["relevance"].get<double>(),
                         ellipsis(lesson["statement"].get<std::string>(), 80));
    }
    for (const Json& row : record["followed"]) {
      out += fmt::format(
          "  then: {} in {}, {}\n", row["applied"].get<bool>() ? "applied" : "not applied",
          row["episode"].get<std::string>(), row["outcome"]["status"].get<std::string>());
    }
  }
  return out;
}

constexpr auto kInjectParams = std::to_array<Param>({
    {.name = "task", .help = "what the agent is about to do, or - for standard input"},
    {.name = "prompt", .help = "a prompt to put the block behind, or -"},
    {.name = "file", .type = ParamType::kTexts, .help = "a file the task touches"},
    {.name = "budget-tokens",
     .type = ParamType::kInteger,
     .help = "never more than this",
     .low = 1,
     .high = 100'000,
     .fallback = "800"},
    {.name = "episode", .type = ParamType::kId, .help = "the episode that will be credited"},
    {.name = "no-explore", .type = ParamType::kFlag, .help = "no untested lesson"},
});
constexpr auto kLastParams = std::to_array<Param>({
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "the last so many",
     .letter = 'n',
     .low = 1,
     .high = 1000,
     .fallback = "1"},
});

}  // namespace

const Operation kInject = {
    .name = "inject",
    .group = "Everyday",
    .summary = "Lessons for a task as a block for its prompt",
    .details =
        "  hardwon inject --task \"add a login page\" --budget-tokens 400\n"
        "  echo \"$PROMPT\" | hardwon inject --prompt -",
    .params = kInjectParams,
    .run = inject,
    .text = inject_text,
};
const Operation kLast = {
    .name = "last",
    .group = "Everyday",
    .summary = "What was injected last, why, and what followed",
    .params = kLastParams,
    .run = last,
    .text = last_text,
};

}  // namespace hardwon::apps
