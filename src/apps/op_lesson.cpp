// `hardwon lesson …`: read lessons, and a person's acts on them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"
#include "engine/lesson_groups.h"

namespace hardwon::apps {
namespace {

constexpr std::size_t kScreenLessons = 12;

struct LessonRow {
  Lesson lesson;
  EvidenceSummary record;
};

// "pattern" means the four patterns of seed 000.
Result<std::vector<LessonKind>> kinds_of(const Json& request) {
  std::vector<LessonKind> kinds;
  for (const std::string& name : list_of(request, "kind")) {
    if (name == "pattern") {
      kinds.insert(kinds.end(), {LessonKind::kToolSequence, LessonKind::kDecisionPoint,
                                 LessonKind::kErrorRecovery, LessonKind::kContextPattern});
    } else if (const auto kind = parse_lesson_kind(name)) {
      kinds.push_back(*kind);
    } else {
      return bad_option("kind", "found '" + name +
                                    "', expected pattern, tool_sequence, decision_point, "
                                    "error_recovery, context_pattern, heuristic, dead_end, rule "
                                    "or decision");
    }
  }
  return kinds;
}

// What a person should read first: pinned, then what is repeated and costly, then new.
double weight(const LessonRow& row) {
  double value = static_cast<double>(row.lesson.count);
  if (row.lesson.pinned) value += 1e6;
  if (row.record.lower95) value += *row.record.lower95;
  return value;
}

Result<Reply> list(Context& context, const Json& request) {
  store::LessonFilter filter{.visibility = context.visibility};
  filter.kinds = TRY(kinds_of(request));
  const std::string status = text_of(request, "status");
  if (!status.empty()) {
    filter.status = parse_lesson_status(status);
    if (!filter.status) {
      return bad_option(
          "status", "found '" + status + "', expected candidate, active, quarantined or retired");
    }
  } else {
    filter.status = LessonStatus::kActive;
  }
  filter.include_suppressed = flag_of(request, "suppressed");
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply{.value = Json::array(), .lines = true};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    std::vector<LessonRow> rows;
    for (Lesson& lesson : TRY(store::list_lessons(reader, filter))) {
      const EvidenceSummary record = TRY(record_of(reader, lesson.id));
      rows.push_back({std::move(lesson), record});
    }
    std::ranges::stable_sort(rows, std::ranges::greater{}, weight);
    const auto n = integer_of(request, "n", 0);
    if (n > 0 && rows.size() > static_cast<std::size_t>(n)) {
      rows.resize(static_cast<std::size_t>(n));
    }
    for (const LessonRow& row : rows) {
      reply.value.push_back(lesson_json(reader, row.lesson, row.record));
    }
    if (!context.json) {
      // The screen also says what was left out; JSON lines stay lessons only.
      std::size_t elsewhere = 0;
      if (rows.empty() && !context.visibility.all) {
        elsewhere = TRY(store::list_lessons(
                            reader, {.visibility = {.all = true}, .status = LessonStatus::kActive}))
                        .size();
      }
      const auto dropped = TRY(store::dropped_reasons(reader));
      reply.value.push_back({{"dropped", dropped},
                             {"elsewhere", elsewhere},
                             {"full", n > 0 || !filter.kinds.empty()}});
    }
    return {};
  }));
  if (reply.value.size() == (context.json ? 0U : 1U)) reply.exit_code = 1;
  return reply;
}

std::string place(const Json& lesson) {
  if (lesson["provenance"].empty()) return {};
  const Json& span = lesson["provenance"].front();
  std::string out = span["path"].get<std::string>();
  if (const std::size_t slash = out.rfind('/'); slash != std::string::npos) {
    out = out.substr(slash + 1);
  }
  if (span["line"].get<std::int64_t>() > 0) {
    out += fmt::format(":{}", span["line"].get<std::int64_t>());
  }
  if (!span["time"].is_null()) out += ", " + span["time"].get<std::string>().substr(0, 10);
  return out;
}

// But for the capital and the stop that a statement is given: then the quote would be noise.
bool says_the_same(std::string_view quote, std::string_view statement) {
  const auto plain = [](std::string_view text) {
    std::string out = ascii_lower(one_line(text));
    while (!out.empty() && (out.back() == '.' || out.back() == '!')) out.pop_back();
    return out;
  };
  return plain(quote) == plain(statement);
}

// A lesson and the handles of its near-duplicates, for whom it speaks.
struct Spoken {
  const Json* lesson = nullptr;
  std::vector<std::string> also;
};

// The first of a group speaks for it: lessons come with what weighs most first.
std::vector<Spoken> spoken(const Json& lessons, std::size_t n) {
  std::vector<Spoken> out;
  std::map<std::string, std::size_t> speaker_of;
  for (std::size_t i = 0; i < n; ++i) {
    const auto [it, first] = speaker_of.emplace(lessons[i]["group"].get<std::string>(), out.size());
    if (first) {
      out.push_back({.lesson = &lessons[i], .also = {}});
    } else {
      out[it->second].also.push_back(lessons[i]["short_id"].get<std::string>());
    }
  }
  return out;
}

std::string lesson_lines(const Json& lesson, const std::vector<std::string>& also = {}) {
  const std::string kind = lesson["kind"].get<std::string>();
  const bool pinned = std::ranges::find(lesson["flags"], Json("pinned")) != lesson["flags"].end();
  std::string out = fmt::format("  {}  {}{}\n", lesson["short_id"].get<std::string>(),
                                pinned ? "📌 " : "", lesson["statement"].get<std::string>());
  if (!lesson["provenance"].empty()) {
    const std::string quote = lesson["provenance"].front()["quote"].get<std::string>();
    if (!says_the_same(quote, lesson["statement"].get<std::string>())) {
      out += fmt::format("        “{}”\n", ellipsis(one_line(quote), 160));
    }
  }
  const std::string record =
      record_text(lesson["evidence"], kind, lesson["count"].get<std::int64_t>());
  const std::string from = place(lesson);
  out += fmt::format("        {}{}{}\n", record, from.empty() ? "" : " · ", from);
  if (!also.empty()) out += fmt::format("        the same: {}\n", fmt::join(also, ", "));
  return out;
}

struct Group {
  const char* title;
  std::vector<std::string_view> kinds;
};

const std::array<Group, 5>& groups() {
  static const std::array<Group, 5> kGroups = {{
      {"You keep saying", {"rule"}},
      {"Cost you time", {"error_recovery"}},
      {"Dead ends", {"dead_end"}},
      {"Decisions", {"decision"}},
      {"What worked, from outcomes",
       {"heuristic", "tool_sequence", "decision_point", "context_pattern"}},
  }};
  return kGroups;
}

// A rule is kept saying when it was said again; said once, it is a decision like any other.
std::string_view group_of(const Json& lesson) {
  const std::string kind = lesson["kind"].get<std::string>();
  if (kind == "rule" && lesson["count"].get<std::int64_t>() < 2) return "Decisions";
  for (const Group& group : groups()) {
    if (std::ranges::find(group.kinds, kind) != group.kinds.end()) return group.title;
  }
  return {};
}

// How many of each group a screen shows: one of each in turn, so that none fills it before the
// others have something.
std::vector<std::size_t> shares(const std::vector<std::vector<const Spoken*>>& members,
                                std::size_t screen) {
  std::vector<std::size_t> out(members.size());
  for (bool more = true; more && screen > 0;) {
    more = false;
    for (std::size_t i = 0; i < members.size() && screen > 0; ++i) {
      if (out[i] == members[i].size()) continue;
      ++out[i];
      --screen;
      more = true;
    }
  }
  return out;
}

std::string list_text(const Reply& reply) {
  const Json& tail = reply.value.back();
  const std::size_t total = reply.value.size() - 1;
  const std::vector<Spoken> all = spoken(reply.value, total);
  std::vector<std::vector<const Spoken*>> members;
  for (const Group& group : groups()) {
    members.emplace_back();
    for (const Spoken& one : all) {
      if (group_of(*one.lesson) == group.title) members.back().push_back(&one);
    }
  }
  const auto share = shares(members, tail["full"].get<bool>() ? total : kScreenLessons);
  std::string out;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].empty()) continue;
    out +=
        fmt::format("{}{} ({})\n", out.empty() ? "" : "\n", groups()[i].title, members[i].size());
    for (const Spoken* one : std::span(members[i]).first(share[i])) {
      out += lesson_lines(*one->lesson, one->also);
    }
    shown += share[i];
  }
  if (total == 0) out += "No lessons yet for this project.\n";
  if (const auto n = tail["elsewhere"].get<std::int64_t>(); n > 0) {
    out += fmt::format("{} of other projects: hardwon --scope all lesson list\n",
                       counted(n, "lesson"));
  }
  if (shown < all.size()) {
    out += fmt::format("\n{} more: hardwon lesson list -n {}\n", all.size() - shown, total);
  }
  const Json& dropped = tail["dropped"];
  if (!dropped.empty()) {
    out += "\nLeft out, and why:\n";
    for (const auto& [why, count] : dropped.items()) {
      out += fmt::format("  {:>4}  {}\n", count.get<std::int64_t>(), why);
    }
  }
  return out;
}

// ---------------------------------------------------------------- one lesson

Result<Lesson> find_lesson(const store::Reader& reader, const std::string& id) {
  const ItemId found = TRY(store::resolve_id(reader, id));
  auto lesson = TRY(store::get_lesson(reader, found));
  if (!lesson) return fail(ErrorCode::kNotFound, "'" + id + "' is not a lesson");
  return *std::move(lesson);
}

Json history_json(const std::vector<store::HumanEvent>& events) {
  Json list = Json::array();
  for (const store::HumanEvent& event : events) {
    list.push_back(
        {{"event", event.kind}, {"text", event.text}, {"time", format_time(event.time)}});
  }
  return list;
}

Json evidence_rows_json(const std::vector<Evidence>& rows) {
  Json list = Json::array();
  for (const Evidence& row : rows) {
    list.push_back({{"episode", row.episode.empty() ? Json(nullptr) : Json(to_text(row.episode))},
                    {"observed", row.observed},
                    {"shown", row.shown},
                    {"applied", row.applied},
                    {"outcome", outcome_json(row.outcome)}});
  }
  return list;
}

// show, why and history are one view with more or less of it.
Result<Reply> view(Context& context, const Json& request, bool why, bool history) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const Lesson lesson = TRY(find_lesson(reader, text_of(request, "id")));
    reply.value = lesson_json(reader, lesson, TRY(record_of(reader, lesson.id)));
    if (why) {
      reply.value["evidence_rows"] =
          evidence_rows_json(TRY(store::lesson_evidence(reader, lesson.id)));
    }
    if (history) {
      reply.value["history"] = history_json(TRY(store::human_events(reader, lesson.id)));
    }
    return {};
  }));
  return reply;
}

Result<Reply> show(Context& context, const Json& request) {
  return view(context, request, false, false);
}
Result<Reply> why(Context& context, const Json& request) {
  return view(context, request, true, false);
}
Result<Reply> history(Context& context, const Json& request) {
  return view(context, request, false, true);
}

std::string show_text(const Reply& reply) {
  const Json& lesson = reply.value;
  std::string out = lesson_lines(lesson);
  out += fmt::format("        {} · {} · learned by {}\n", lesson["kind"].get<std::string>(),
                     lesson["status"].get<std::string>(), lesson["learner"].get<std::string>());
  const Json& when = lesson["when"];
  if (!when["condition"].get<std::string>().empty()) {
    out += "        when: " + when["condition"].get<std::string>() + "\n";
  }
  const Json& evidence = lesson["evidence"];
  if (!evidence["mean"].is_null()) {
    out +=
        fmt::format("        success {:.0f} %, at least {:.0f} % (95 %); raw score {:.2f}\n",
                    100 * evidence["mean"].get<double>(), 100 * evidence["lower95"].get<double>(),
                    evidence["raw_score"].is_null() ? 0.0 : evidence["raw_score"].get<double>());
  }
  for (const Json& span : lesson["provenance"]) {
    out += fmt::format("    {}:{}  “{}”\n", span["path"].get<std::string>(),
                       span["line"].get<std::int64_t>(),
                       ellipsis(one_line(span["quote"].get<std::string>()), 240));
  }
  if (lesson.contains("evidence_rows")) {
    for (const Json& row : lesson["evidence_rows"]) {
      out += fmt::format(
          "    {} {}{}{}: {} ({})\n",
          row["episode"].is_null() ? "by hand" : row["episode"].get<std::string>(),
          row["observed"].get<bool>() ? "observed " : "", row["shown"].get<bool>() ? "shown " : "",
          row["applied"].get<bool>() ? "applied" : "", row["outcome"]["status"].get<std::string>(),
          row["outcome"]["source"].get<std::string>());
    }
  }
  if (lesson.contains("history")) {
    for (const Json& event : lesson["history"]) {
      out += fmt::format("    {}  {} {}\n", event["time"].get<std::string>(),
                         event["event"].get<std::string>(), event["text"].get<std::string>());
    }
  }
  return out;
}

Result<Reply> act(Context& context, const Json& request, std::string kind) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const std::string words = one_line(text_of(request, "statement"));
  if (kind == "edit" && words.empty()) {
    return bad_option("statement", "found nothing, expected the new sentence");
  }
  store::Database& database = *engine.impl().database;
  ItemId id;
  TRY(database.write([&](store::Writer& writer) -> Result<void> {
    id = TRY(find_lesson(writer.reader(), text_of(request, "id"))).id;
    return store::add_human_event(writer, id, {.kind = kind, .text = words, .time = writer.now()});
  }));
  TRY(engine::refresh_groups(database));
  Reply reply;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    const Lesson lesson = TRY(find_lesson(reader, to_text(id)));
    reply.value = lesson_json(reader, lesson, TRY(record_of(reader, id)));
    return {};
  }));
  return reply;
}

Result<Reply> edit(Context& c, const Json& r) { return act(c, r, "edit"); }
Result<Reply> pin(Context& c, const Json& r) { return act(c, r, "pin"); }
Result<Reply> unpin(Context& c, const Json& r) { return act(c, r, "unpin"); }
Result<Reply> suppress(Context& c, const Json& r) { return act(c, r, "suppress"); }
Result<Reply> restore(Context& c, const Json& r) { return act(c, r, "restore"); }

constexpr auto kListParams = std::to_array<Param>({
    {.name = "kind", .type = ParamType::kTexts, .help = "only these kinds (comma-separated)"},
    {.name = "status",
     .help = "only this status",
     .choices = "candidate|active|quarantined|retired",
     .fallback = "active"},
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "at most this many",
     .letter = 'n',
     .low = 1,
     .high = 1'000'000},
    {.name = "suppressed", .type = ParamType::kFlag, .help = "suppressed ones too"},
});
constexpr auto kIdParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "lesson id",
     .positional = true,
     .required = true},
});
constexpr auto kEditParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kId,
     .help = "lesson id",
     .positional = true,
     .required = true},
    {.name = "statement", .help = "the new sentence", .positional = true, .required = true},
});

Operation about(std::string_view name, std::string_view summary,
                Result<Reply> (*run)(Context&, const Json&)) {
  return {.name = name,
          .group = "Everyday",
          .summary = summary,
          .params = kIdParams,
          .run = run,
          .text = show_text};
}

}  // namespace

const Operation kLessonList = {
    .name = "lesson list",
    .group = "Everyday",
    .summary = "What was learned: said, costly, dead ends, decisions",
    .details = "  hardwon lesson list\n  hardwon lesson list --kind pattern -n 20 --json",
    .params = kListParams,
    .run = list,
    .text = list_text,
};
const Operation kLessonShow = about("lesson show", "One lesson with its sources", show);
const Operation kLessonWhy =
    about("lesson why", "One lesson with every task that speaks for or against it", why);
const Operation kLessonHistory = about("lesson history", "What people did to a lesson", history);
const Operation kLessonPin = about("lesson pin", "Always prefer this lesson", pin);
const Operation kLessonUnpin = about("lesson unpin", "Undo pin", unpin);
const Operation kLessonSuppress = about("lesson suppress", "Never show this lesson", suppress);
const Operation kLessonRestore = about("lesson restore", "Undo suppress or drop", restore);
const Operation kLessonEdit = {
    .name = "lesson edit",
    .group = "Everyday",
    .summary = "Put a lesson into better words; learning again keeps them",
    .details = "  hardwon lesson edit r7k2 \"Run make lint before every commit.\"",
    .params = kEditParams,
    .run = edit,
    .text = show_text,
};

}  // namespace hardwon::apps
