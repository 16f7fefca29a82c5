// `hardwon corrections` and `hardwon review`: what people keep saying, and a person's verdict
// on lessons, one key each.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"
#include "engine/lesson_groups.h"
#include "engine/project.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

// The rule file the project already has, else CLAUDE.md.
fs::path rule_file(const Lesson& lesson) {
  const auto project = lesson.scope.labels.find("project");
  if (project == lesson.scope.labels.end()) return "CLAUDE.md";
  std::error_code error;
  for (const char* name : {"CLAUDE.md", "AGENTS.md"}) {
    if (fs::exists(fs::path(project->second) / name, error)) {
      return fs::path(project->second) / name;
    }
  }
  return fs::path(project->second) / "CLAUDE.md";
}

Json correction_json(const store::Reader& reader, const Lesson& lesson) {
  Json times = Json::array();
  std::optional<TimePoint> last;
  for (const Provenance& span : lesson.provenance) {
    times.push_back({{"time", time_json(span.time)},
                     {"path", span.path},
                     {"line", span.line},
                     {"quote", span.quote}});
    if (span.time && (!last || *span.time > *last)) last = span.time;
  }
  const fs::path file = rule_file(lesson);
  const std::string name = file.filename().string();
  const auto short_id = store::short_handle(reader, lesson.id);
  return {{"id", to_text(lesson.id)},
          {"short_id", short_id ? Json(*short_id) : Json(nullptr)},
          {"statement", lesson.statement},
          {"count", lesson.count},
          {"times", std::move(times)},
          {"last", time_json(last)},
          {"file", file.string()},
          {"diff", fmt::format("--- a/{0}\n+++ b/{0}\n@@\n+- {1}\n", name, lesson.statement)}};
}

// Did it stop?  Counted by person's turns in that project since it was last said: no turns, no
// answer.
Result<void> add_since(const store::Reader& reader, const Lesson& lesson, Json& json) {
  std::optional<TimePoint> last;
  for (const Provenance& span : lesson.provenance) {
    if (span.time && (!last || *span.time > *last)) last = span.time;
  }
  std::int64_t tasks = 0;
  if (last) {
    for (const Episode& episode : TRY(store::list_episodes(
             reader, {.visibility = {.scope = lesson.scope}, .limit = 10'000}, false))) {
      if (episode.started_at && *episode.started_at > *last) ++tasks;
    }
  }
  json["tasks_since_last"] = last ? Json(tasks) : Json(nullptr);
  json["stopped"] = last && tasks > 0 ? Json(tasks >= 2 * lesson.count) : Json(nullptr);
  return {};
}

Result<Reply> corrections(Context& context, const Json&) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply{.value = Json::array()};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    auto rules = TRY(store::list_lessons(reader, {.visibility = context.visibility,
                                                  .kinds = {LessonKind::kRule},
                                                  .status = LessonStatus::kActive}));
    std::erase_if(rules, [](const Lesson& lesson) { return lesson.count < 2; });
    std::ranges::stable_sort(rules, std::ranges::greater{}, &Lesson::count);
    for (const Lesson& lesson : rules) {
      Json json = correction_json(reader, lesson);
      TRY(add_since(reader, lesson, json));
      reply.value.push_back(std::move(json));
    }
    return {};
  }));
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string corrections_text(const Reply& reply) {
  if (reply.value.empty()) return "Nothing had to be said twice in this scope.\n";
  std::string out;
  for (const Json& item : reply.value) {
    out += fmt::format("{}×  {}\n", item["count"].get<std::int64_t>(),
                       item["statement"].get<std::string>());
    for (const Json& span : item["times"]) {
      out += fmt::format(
          "      {}  “{}”  {}:{}\n",
          span["time"].is_null() ? "(no time)  " : span["time"].get<std::string>().substr(0, 10),
          ellipsis(one_line(span["quote"].get<std::string>()), 120),
          fs::path(span["path"].get<std::string>()).filename().string(),
          span["line"].get<std::int64_t>());
    }
    if (!item["stopped"].is_null()) {
      out += fmt::format("      since then {}: {}\n",
                         counted(item["tasks_since_last"].get<std::int64_t>(), "task"),
                         item["stopped"].get<bool>() ? "it stopped" : "too few to say it stopped");
    }
    out += item["diff"].get<std::string>() + "\n";
  }
  return out;
}

// ---------------------------------------------------------------- review

Result<void> apply_verdict(Engine& engine, const ItemId& lesson, store::HumanEvent event) {
  TRY(engine.impl().database->write([&](store::Writer& writer) {
    event.time = writer.now();
    return store::add_human_event(writer, lesson, event);
  }));
  return engine::refresh_groups(*engine.impl().database);
}

Result<Reply> review(Context& context, const Json&) {
  if (!context.input_is_terminal && !context.json) {
    return bad_option("terminal",
                      "review asks on a terminal and there is none; use lesson "
                      "edit, suppress, pin");
  }
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  std::vector<Lesson> lessons;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    for (Lesson& lesson : TRY(store::list_lessons(
             reader, {.visibility = context.visibility, .status = LessonStatus::kActive}))) {
      const auto events = TRY(store::human_events(reader, lesson.id));
      const bool judged = std::ranges::any_of(events, [](const store::HumanEvent& event) {
        return event.kind == "keep" || event.kind == "edit" || event.kind == "pin";
      });
      if (!judged) lessons.push_back(std::move(lesson));
    }
    return {};
  }));
  std::int64_t kept = 0, edited = 0, dropped = 0;
  for (const Lesson& lesson : lessons) {
    std::cerr << "\n" << lesson.statement << "\n";
    for (const Provenance& span : lesson.provenance) {
      std::cerr << "    “" << ellipsis(one_line(span.quote), 160) << "”  " << span.path << ":"
                << span.line << "\n";
    }
    std::cerr << "[k]eep  [e]dit  [d]rop  [s]kip  [q]uit > " << std::flush;
    std::string answer;
    if (!std::getline(*context.input, answer) || answer.starts_with('q')) break;
    if (answer.starts_with('k')) {
      TRY(apply_verdict(engine, lesson.id, {.kind = "keep"}));
      ++kept;
    } else if (answer.starts_with('d')) {
      TRY(apply_verdict(engine, lesson.id, {.kind = "drop"}));
      ++dropped;
    } else if (answer.starts_with('e')) {
      std::cerr << "new sentence > " << std::flush;
      if (!std::getline(*context.input, answer) || trim(answer).empty()) continue;
      TRY(apply_verdict(engine, lesson.id, {.kind = "edit", .text = one_line(answer)}));
      ++edited;
    }
  }
  return Reply{.value = {{"kept", kept}, {"edited", edited}, {"dropped", dropped}}};
}

std::string review_text(const Reply& reply) {
  return fmt::format("{} kept, {} edited, {} dropped.\n", reply.value["kept"].get<std::int64_t>(),
                     reply.value["edited"].get<std::int64_t>(),
                     reply.value["dropped"].get<std::int64_t>());
}

}  // namespace

const Operation kCorrections = {
    .name = "corrections",
    .group = "Everyday",
    .summary = "What people had to say more than once, and the line that would end it",
    .run = corrections,
    .text = corrections_text};
const Operation kReview = {.name = "review",
                           .group = "Everyday",
                           .summary = "Keep, edit or drop lessons, one key each",
                           .run = review,
                           .text = review_text};

}  // namespace hardwon::apps
