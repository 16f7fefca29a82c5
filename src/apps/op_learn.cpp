// `hardwon learn`: work off the queue.

#include <fmt/format.h>

#include <array>

#include "apps/hooks.h"
#include "apps/operations.h"
#include "apps/views.h"

namespace hardwon::apps {
namespace {

Result<Reply> run(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  TRY(import_spooled(engine));
  std::optional<std::chrono::seconds> limit;
  if (const auto seconds = integer_of(request, "max_seconds", 0); seconds > 0) {
    limit = std::chrono::seconds(seconds);
  }
  context.progress("learning …");
  const LearnReport report = TRY(engine.learn(flag_of(request, "again"), limit));
  context.clear_progress();
  return Reply{.value = learn_json(report)};
}

std::string text(const Reply& reply) {
  const auto n = [&](const char* key) { return reply.value[key].get<std::int64_t>(); };
  std::string out = fmt::format(
      "Looked at {}; {}, {} changed, {} no longer hold.\n", counted(n("episodes"), "task"),
      counted(n("lessons_new"), "new lesson"), n("lessons_merged"), n("lessons_superseded"));
  for (const auto& [why, count] : reply.value["dropped"].items()) {
    out += fmt::format("  dropped {:>4}  {}\n", count.get<std::int64_t>(), why);
  }
  if (n("pending") > 0) out += fmt::format("{} still wait.\n", counted(n("pending"), "task"));
  return out;
}

constexpr auto kParams = std::to_array<Param>({
    {.name = "again",
     .type = ParamType::kFlag,
     .help = "learn everything anew; pins, edits, ratings and suppressions stay"},
    {.name = "max-seconds",
     .type = ParamType::kInteger,
     .help = "stop after this long",
     .low = 1,
     .high = 86'400},
});

}  // namespace

const Operation kLearn = {
    .name = "learn",
    .group = "Everyday",
    .summary = "Learn from what was recorded and imported",
    .details =
        "Runs by itself after an import and at the end of an agent's session.\n\n"
        "  hardwon learn\n  hardwon learn --again",
    .params = kParams,
    .run = run,
    .text = text,
};

}  // namespace hardwon::apps
