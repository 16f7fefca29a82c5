// `hardwon recall`: ask the memory.

#include <fmt/format.h>

#include <array>
#include <ostream>

#include "apps/episode_json.h"
#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"
#include "engine/answering.h"

namespace hardwon::apps {
namespace {

Result<void> set_kinds(const std::vector<std::string>& names, RecallQuery& query) {
  const auto add_kind = [&](ItemKind kind) {
    if (std::ranges::find(query.kinds, kind) == query.kinds.end()) query.kinds.push_back(kind);
  };
  for (const std::string& name : names) {
    if (name == "document" || name == "episode" || name == "segment") {
      add_kind(name == "document"  ? ItemKind::kDocument
               : name == "episode" ? ItemKind::kEpisode
                                   : ItemKind::kSegment);
      continue;
    }
    add_kind(ItemKind::kLesson);
    if (name == "lesson") continue;
    if (name == "pattern") {
      query.lesson_kinds.insert(query.lesson_kinds.end(),
                                {LessonKind::kToolSequence, LessonKind::kDecisionPoint,
                                 LessonKind::kErrorRecovery, LessonKind::kContextPattern});
    } else if (const auto kind = parse_lesson_kind(name)) {
      query.lesson_kinds.push_back(*kind);
    } else {
      return bad_option("kind", "found '" + name +
                                    "', expected lesson, document, episode, segment, pattern or a "
                                    "lesson's kind");
    }
  }
  return {};
}

Result<void> set_where(const std::vector<std::string>& pairs, RecallQuery& query) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return bad_option("where", "found '" + pair + "', expected key=value");
    }
    query.where[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return {};
}

Result<RecallMode> mode_of(const std::string& name) {
  for (const RecallMode mode :
       {RecallMode::kAuto, RecallMode::kHybrid, RecallMode::kVector, RecallMode::kLexical}) {
    if (name_of(mode) == name) return mode;
  }
  return bad_option("mode", "found '" + name + "', expected auto, hybrid, vector or lexical");
}

// The query of a request: of the command line, or of one line of --queries.
Result<RecallQuery> query_of(Context& context, const Json& request) {
  RecallQuery query;
  query.text = text_of(request, "query");
  query.k = static_cast<std::size_t>(integer_of(request, "k", 5));
  TRY(set_kinds(list_of(request, "kind"), query));
  query.visibility = context.visibility;
  query.context.language = text_of(request, "language");
  query.context.framework = text_of(request, "framework");
  query.context.domain = text_of(request, "domain");
  query.context.tags = list_of(request, "tags");
  query.files = texts_of(request, "file");
  query.error_text = text_or_input(context, request, "error");
  TRY(set_where(texts_of(request, "where"), query));
  query.since = time_of(request, "since");
  query.until = time_of(request, "until");
  query.as_of = time_of(request, "as_of");
  query.include_superseded = flag_of(request, "include_superseded");
  query.min_relevance = number_of(request, "min_relevance", 0.0);
  query.mode = TRY(mode_of(text_of(request, "mode", "auto")));
  query.group_by_transcript = text_of(request, "group_by") == "transcript";
  query.explain = flag_of(request, "explain");
  if (const std::string file = text_of(request, "episode_file"); !file.empty()) {
    query.episode = TRY(read_episode_file(file, flag_of(request, "without_outcome")));
  }
  return query;
}

// Lines of --queries say the same as the options, by the same names.
Result<Json> check_line(const Json& line, const Operation& operation, std::int64_t number) {
  Json request = Json::object();
  if (!line.is_object()) {
    return std::unexpected(Error{
        .code = ErrorCode::kInvalidArgument, .message = "expected a JSON object", .line = number});
  }
  for (const auto& [key, value] : line.items()) {
    if (key == "id") continue;
    const auto param = std::ranges::find_if(operation.params, [&](const Param& p) {
      std::string name(p.name);
      std::ranges::replace(name, '-', '_');
      return name == key;
    });
    const std::string field = "/" + key;
    const auto wrong = [&](std::string_view expected) {
      return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                   .message = "expected " + std::string(expected),
                                   .line = number,
                                   .field = field});
    };
    if (param == operation.params.end()) return wrong("a field that recall knows");
    const bool list = param->type == ParamType::kTexts;
    if (list && value.is_string()) {
      request[key] = Json::array({value});
    } else if (list                                 ? value.is_array()
               : param->type == ParamType::kFlag    ? value.is_boolean()
               : param->type == ParamType::kInteger ? value.is_number_integer()
               : param->type == ParamType::kNumber  ? value.is_number()
                                                    : value.is_string()) {
      request[key] = value;
    } else {
      return wrong(list ? "a list of texts" : "another type");
    }
  }
  return request;
}

Result<Reply> run_queries(Context& context, const std::string& path) {
  std::vector<RecallQuery> queries;
  std::vector<Json> ids;
  TRY(each_line(context, path, [&](std::int64_t number, const std::string& text) -> Result<void> {
    auto taken = [&]() -> Result<void> {
      const Json line = TRY(parse_json(text));
      queries.push_back(TRY(query_of(context, TRY(check_line(line, kRecall, number)))));
      ids.push_back(line.contains("id") ? line["id"] : Json(nullptr));
      return {};
    }();
    if (!taken) {
      taken.error().path = path;
      taken.error().line = number;
    }
    return taken;
  }));
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  bool any = false;
  TRY(engine::answer_many(engine.impl(), queries,
                          [&](std::size_t i, const RecallAnswer& answer) -> Result<void> {
                            any = any || !answer.hits.empty();
                            Json json = {{"id", ids[i]}};
                            json["hits"] = answer_json(answer, queries[i].explain)["hits"];
                            *context.output << dump_json(json) << '\n';
                            return {};
                          }));
  return Reply{.exit_code = any ? 0 : 1};
}

Result<Reply> run(Context& context, const Json& request) {
  if (const std::string path = text_of(request, "queries"); !path.empty()) {
    return run_queries(context, path);
  }
  const RecallQuery query = TRY(query_of(context, request));
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  const RecallAnswer answer = TRY(engine.recall(query));
  return Reply{.value = answer_json(answer, query.explain),
               .exit_code = answer.hits.empty() ? 1 : 0};
}

std::string text(const Reply& reply) {
  if (reply.value.is_null()) return {};
  std::string out;
  for (const Json& hit : reply.value["hits"]) {
    const std::string kind = hit["kind"].get<std::string>();
    const bool lesson = kind != "document" && kind != "segment" && kind != "episode";
    out += fmt::format("{:>3.0f} %  {}\n", 100 * hit["relevance"].get<double>(),
                       ellipsis(one_line(hit["statement"].get<std::string>()), 300));
    out += fmt::format("        {}", kind);
    if (lesson) out += " · " + record_text(hit["evidence"], kind, 0);
    if (!hit["provenance"].empty()) {
      const Json& span = hit["provenance"].front();
      out += fmt::format(" · {}:{}", span["path"].get<std::string>(),
                         span["line"].get<std::int64_t>());
    } else if (!hit["external_id"].get<std::string>().empty()) {
      out += " · " + hit["external_id"].get<std::string>();
    }
    out += '\n';
    if (hit.contains("why")) {
      for (const Json& why : hit["why"]) out += "        " + why.get<std::string>() + '\n';
    }
  }
  if (out.empty()) out = "Nothing relevant is known.\n";
  if (const Json& p = reply.value["p_success"]; !p.is_null()) {
    out += fmt::format("Tasks like this succeed {:.0f} % (95 %: {:.0f}–{:.0f} %).\n",
                       100 * p["mean"].get<double>(), 100 * p["interval"][0].get<double>(),
                       100 * p["interval"][1].get<double>());
  }
  if (!reply.value["degraded"].is_null()) {
    out += "Degraded: " + reply.value["degraded"].get<std::string>() + "\n";
  }
  return out;
}

constexpr auto kParams = std::to_array<Param>({
    {.name = "query",
     .help = "what you are about to do; without it, by context alone",
     .positional = true},
    {.name = "k",
     .type = ParamType::kInteger,
     .help = "at most this many",
     .letter = 'k',
     .low = 1,
     .high = 1000,
     .fallback = "5"},
    {.name = "kind",
     .type = ParamType::kTexts,
     .help = "lesson kinds, pattern, document, episode, segment (comma-separated)"},
    {.name = "file", .type = ParamType::kTexts, .help = "a file the task touches"},
    {.name = "error", .help = "an error message, or - for standard input"},
    {.name = "episode-file", .help = "a task so far, one JSON object (episodes format)"},
    {.name = "without-outcome",
     .type = ParamType::kFlag,
     .help = "drop outcome, reward and artifacts of --episode-file"},
    {.name = "language", .help = "programming language"},
    {.name = "framework", .help = "framework"},
    {.name = "domain", .help = "domain of the task"},
    {.name = "tags", .type = ParamType::kTexts, .help = "tags (comma-separated)"},
    {.name = "where", .type = ParamType::kTexts, .help = "document metadata: key=value"},
    {.name = "since", .type = ParamType::kTime, .help = "not older than"},
    {.name = "until", .type = ParamType::kTime, .help = "not newer than"},
    {.name = "as-of", .type = ParamType::kTime, .help = "what was valid then"},
    {.name = "include-superseded", .type = ParamType::kFlag, .help = "superseded lessons too"},
    {.name = "min-relevance",
     .type = ParamType::kNumber,
     .help = "drop hits below",
     .low = 0,
     .high = 1},
    {.name = "mode",
     .help = "how to match",
     .choices = "auto|hybrid|vector|lexical",
     .fallback = "auto"},
    {.name = "group-by", .help = "best segment of each transcript", .choices = "transcript"},
    {.name = "explain", .type = ParamType::kFlag, .help = "say why each hit is where it is"},
    {.name = "queries",
     .help = "JSON lines {\"id\",\"query\",…}, a file or -: many questions at once"},
});

}  // namespace

const Operation kRecall = {
    .name = "recall",
    .group = "Everyday",
    .summary = "Ask what is known about a task, a file or an error",
    .details =
        "  hardwon recall \"deploy the billing service\"\n"
        "  cargo build 2>&1 | hardwon recall --error -\n"
        "  hardwon recall --file src/auth/session.ts -k 3 --json",
    .params = kParams,
    .run = run,
    .text = text,
};

}  // namespace hardwon::apps
