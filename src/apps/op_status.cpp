// `hardwon` alone: where things stand and what to do next.

#include <fmt/format.h>

#include "apps/operations.h"
#include "apps/setup_claude_code.h"
#include "apps/views.h"

namespace hardwon::apps {
namespace {

Result<Reply> run(Context& context, const Json&) {
  Json next = Json::array();
  std::int64_t sessions = 0, lessons = 0, pending = 0;
  Json last = nullptr;
  std::error_code error;
  const bool there = std::filesystem::exists(context.options.directory / "hardwon.db", error);
  if (there) {
    Engine& engine = *TRY(context.engine(Context::Access::kRead));
    TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
      const store::StoreFigures figures = TRY(store::figures(reader));
      sessions = figures.sessions;
      pending = figures.pending;
      lessons = static_cast<std::int64_t>(
          TRY(store::list_lessons(reader,
                                  {.visibility = {.all = true}, .status = LessonStatus::kActive}))
              .size());
      const auto recent = TRY(store::recent_injections(reader, 1));
      if (!recent.empty()) {
        last = {{"time", format_time(recent.front().time)},
                {"lessons", recent.front().lessons.size()},
                {"tokens", recent.front().tokens}};
      }
      return {};
    }));
  }
  if (sessions == 0) next.push_back("hardwon import            read your agents' logs");
  if (pending > 0) next.push_back("hardwon learn             learn from what waits");
  if (lessons > 0) next.push_back("hardwon lesson list       read what was learned");
  if (!claude_code_is_set_up(context.home / ".claude" / "settings.json")) {
    next.push_back("hardwon setup claude-code tell the next session");
  }
  next.push_back("hardwon --help            everything else");
  return Reply{.value = {{"store", context.options.directory.string()},
                         {"sessions", sessions},
                         {"lessons", lessons},
                         {"pending", pending},
                         {"last_injection", std::move(last)},
                         {"next", std::move(next)}}};
}

std::string text(const Reply& reply) {
  const Json& value = reply.value;
  std::string out = fmt::format(
      "{}, {}{}\n", counted(value["sessions"].get<std::int64_t>(), "session"),
      counted(value["lessons"].get<std::int64_t>(), "lesson"),
      value["pending"].get<std::int64_t>() > 0
          ? fmt::format(", {} not yet learned from", value["pending"].get<std::int64_t>())
          : "");
  if (const Json& last = value["last_injection"]; !last.is_null()) {
    out += fmt::format("Last injection: {} ({}, {} tokens)\n", last["time"].get<std::string>(),
                       counted(last["lessons"].get<std::int64_t>(), "lesson"),
                       last["tokens"].get<std::int64_t>());
  }
  out += "Store: " + value["store"].get<std::string>() + "\n\nNext:\n";
  for (const Json& line : value["next"]) out += "  " + line.get<std::string>() + "\n";
  return out;
}

}  // namespace

const Operation kStatus = {.name = "status",
                           .group = "Everyday",
                           .summary = "Sessions, lessons, last injection, what to do next",
                           .run = run,
                           .text = text};

}  // namespace hardwon::apps
