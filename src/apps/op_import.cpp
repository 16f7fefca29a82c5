// `hardwon import`: read agents' logs, then learn from them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <set>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"
#include "engine/worker.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

Json counts_json(const import::ImportCounts& counts) {
  Json by_speaker = Json::object();
  for (std::size_t i = 0; i < counts.segments_by_speaker.size(); ++i) {
    by_speaker[std::string(name_of(static_cast<Speaker>(i)))] = counts.segments_by_speaker[i];
  }
  const TokenCounts& tokens = counts.tokens;
  const auto token = [&](std::int64_t n) { return tokens.known ? Json(n) : Json(nullptr); };
  return {{"sessions", counts.sessions},
          {"episodes", counts.episodes},
          {"steps", counts.steps},
          {"tool_calls", counts.tool_calls},
          {"tool_errors", counts.tool_errors},
          {"segments", counts.segments},
          {"segments_by_speaker", std::move(by_speaker)},
          {"tokens",
           {{"input", token(tokens.input)},
            {"output", token(tokens.output)},
            {"cache_read", token(tokens.cache_read)},
            {"cache_creation", token(tokens.cache_creation)}}}};
}

Json new_json(const engine::NewRecords& added) {
  return {{"sessions", added.sessions}, {"episodes", added.episodes}, {"segments", added.segments}};
}

Json source_json(const engine::SourceReport& source) {
  Json json = {{"path", source.path},
               {"format", source.format},
               {"status", engine::name_of(source.status)},
               {"error", nullptr}};
  if (source.error) json["error"] = error_json(*source.error)["error"];
  json.update(counts_json(source.counts));
  json["new"] = new_json(source.added);
  json["masked"] = source.masked;
  json["skipped"] = Json::array();
  for (const import::Skipped& skipped : source.skipped) {
    json["skipped"].push_back({{"line", skipped.line}, {"why", skipped.why}});
  }
  json["skipped_total"] = source.skipped_total;
  return json;
}

Json report_json(const std::vector<engine::SourceReport>& sources) {
  Json list = Json::array();
  import::ImportCounts totals;
  engine::NewRecords added;
  for (const engine::SourceReport& source : sources) {
    list.push_back(source_json(source));
    totals += source.counts;
    added.sessions += source.added.sessions;
    added.episodes += source.added.episodes;
    added.segments += source.added.segments;
  }
  Json all = counts_json(totals);
  all["new"] = new_json(added);
  return {{"sources", std::move(list)}, {"totals", std::move(all)}, {"learned", nullptr}};
}

// "30d", "12h", "2w" before now, or a date.
Result<std::optional<TimePoint>> since_of(const std::string& text, TimePoint now) {
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_time(text)) return time;
  char unit = text.back();
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, n);
  const std::int64_t hours = unit == 'h' ? 1 : unit == 'd' ? 24 : unit == 'w' ? 168 : 0;
  if (error != std::errc{} || end != text.data() + text.size() - 1 || hours == 0 || n < 0 ||
      n > 100'000) {
    return bad_option("since", "found '" + text + "', expected a date or an age such as 30d, 12h");
  }
  return now - std::chrono::hours(n * hours);
}

// Project folders of the agents' logs, for choosing.
struct Choice {
  std::string agent;
  fs::path folder;
  std::int64_t logs = 0;
};

std::vector<Choice> find_choices(const fs::path& home) {
  std::vector<Choice> choices;
  for (const engine::AgentLogs& agent : engine::find_agent_logs(home)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(agent.folder, error)) {
      if (!entry.is_directory(error)) continue;
      const auto logs = import::find_logs(entry.path());
      if (!logs || logs->empty()) continue;
      choices.push_back({agent.agent, entry.path(), static_cast<std::int64_t>(logs->size())});
    }
  }
  std::ranges::sort(choices, {}, &Choice::folder);
  return choices;
}

// Asks on the terminal which projects to read; an empty answer means all.
Result<std::vector<fs::path>> ask(Context& context, const std::vector<Choice>& choices) {
  std::cerr << "Which projects? Numbers (1 3 4), Enter for all, q to quit: " << std::flush;
  std::string line;
  std::getline(*context.input, line);
  if (trim(line) == "q") return std::vector<fs::path>{};
  std::vector<fs::path> chosen;
  for (const std::string& word : words(line)) {
    std::size_t n = 0;
    std::from_chars(word.data(), word.data() + word.size(), n);
    if (n < 1 || n > choices.size()) {
      return bad_option("path", fmt::format("found '{}', expected 1 to {}", word, choices.size()));
    }
    chosen.push_back(choices[n - 1].folder);
  }
  if (chosen.empty()) {
    for (const Choice& choice : choices) chosen.push_back(choice.folder);
  }
  return chosen;
}

Result<std::vector<fs::path>> find_paths(Context& context, bool all) {
  const std::vector<Choice> choices = find_choices(context.home);
  if (choices.empty()) {
    return std::unexpected(
        Error{.code = ErrorCode::kNotFound,
              .message = "no agent logs of this user were found; expected ~/.claude/projects. "
                         "Give a path: hardwon import PATH",
              .path = context.home.string()});
  }
  if (!all || context.input_is_terminal) {
    std::cerr << "Logs of this user:\n";
    for (std::size_t i = 0; i < choices.size(); ++i) {
      std::cerr << fmt::format("  {:>3}  {:<12} {:>5}  {}\n", i + 1, choices[i].agent,
                               counted(choices[i].logs, "log"), choices[i].folder.string());
    }
  }
  if (!all) {
    if (!context.input_is_terminal) {
      return bad_option("path", "found none and no terminal to ask on: name a path, or --all");
    }
    return ask(context, choices);
  }
  std::vector<fs::path> paths;
  paths.reserve(choices.size());
  for (const Choice& choice : choices) paths.push_back(choice.folder);
  return paths;
}

Result<engine::ImportRequest> request_of(Context& context, const Json& request) {
  engine::ImportRequest wanted;
  for (const std::string& path : texts_of(request, "path")) wanted.paths.emplace_back(path);
  if (wanted.paths.empty()) wanted.paths = TRY(find_paths(context, flag_of(request, "all")));
  const std::string format = text_of(request, "format", "auto");
  const auto parsed = import::parse_format(format);
  if (!parsed) {
    return bad_option("format", "found '" + format +
                                    "', expected auto, claude-code, episodes, tau-bench, "
                                    "transcript or rule-file");
  }
  wanted.format = *parsed;
  wanted.since = TRY(since_of(text_of(request, "since"), SystemClock().now()));
  wanted.exclude = texts_of(request, "exclude");
  wanted.dry_run = flag_of(request, "dry_run");
  if (context.scope_given) wanted.scope = TRY(context.write_scope());
  wanted.progress = [&context](std::string_view path, std::int64_t done, std::int64_t total) {
    const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1.0;
    const auto full = static_cast<std::size_t>(share * 20);
    context.progress(fmt::format("[{:<20}] {:3.0f} % {}", std::string(full, '#'), share * 100,
                                 fs::path(path).filename().string()));
  };
  return wanted;
}

Result<Reply> run(Context& context, const Json& request) {
  engine::ImportRequest wanted = TRY(request_of(context, request));
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  wanted.user = engine.impl().user;
  const auto sources =
      TRY(engine::import_logs(*engine.impl().database, engine.impl().clock, wanted));
  context.clear_progress();
  Reply reply{.value = report_json(sources)};
  const bool any_read = std::ranges::any_of(sources, [](const engine::SourceReport& source) {
    return source.status != engine::SourceStatus::kFailed;
  });
  if (!wanted.dry_run && any_read && !flag_of(request, "no_learn")) {
    context.progress("learning …");
    reply.value["learned"] = learn_json(TRY(engine.learn()));
    context.clear_progress();
  }
  if (!any_read) {
    const bool io = std::ranges::any_of(sources, [](const engine::SourceReport& source) {
      return source.error && source.error->code == ErrorCode::kIo;
    });
    reply.exit_code = sources.empty() ? 1 : io ? 4 : 2;
  }
  return reply;
}

std::string text(const Reply& reply) {
  if (reply.value["sources"].empty()) {
    return "Found nothing to read. A folder is searched for .jsonl and .json logs, and with\n"
           "--format rule-file for CLAUDE.md, AGENTS.md, .cursorrules, *.mdc and the like.\n";
  }
  std::string out;
  for (const Json& source : reply.value["sources"]) {
    out += fmt::format("{:<9} {}", source["status"].get<std::string>(),
                       source["path"].get<std::string>());
    if (!source["error"].is_null()) {
      out += ": " + source["error"]["message"].get<std::string>();
      if (!source["error"]["line"].is_null()) {
        out += fmt::format(" (line {})", source["error"]["line"].get<std::int64_t>());
      }
    }
    out += '\n';
    const std::int64_t skipped = source["skipped_total"].get<std::int64_t>();
    if (skipped > 0) {
      out += fmt::format("          {} skipped", counted(skipped, "line"));
      const Json& first = source["skipped"].front();
      out += fmt::format(", first line {}: {}\n", first["line"].get<std::int64_t>(),
                         first["why"].get<std::string>());
    }
  }
  const Json& totals = reply.value["totals"];
  const auto n = [&](const char* key) { return totals[key].get<std::int64_t>(); };
  out += fmt::format("\nRead {}, {}, {} ({} failed), {}.\n", counted(n("sessions"), "session"),
                     counted(n("episodes"), "task"), counted(n("tool_calls"), "tool call"),
                     n("tool_errors"), counted(n("segments"), "message"));
  std::int64_t masked = 0;
  for (const Json& source : reply.value["sources"]) {
    for (const auto& [kind, count] : source["masked"].items()) masked += count.get<std::int64_t>();
  }
  if (masked > 0) out += fmt::format("Masked {} before storing.\n", counted(masked, "secret"));
  if (const Json& learned = reply.value["learned"]; !learned.is_null()) {
    out += fmt::format("Learned {}. Next: hardwon lesson list\n",
                       counted(learned["lessons_new"].get<std::int64_t>(), "new lesson"));
  }
  return out;
}

constexpr auto kParams = std::to_array<Param>({
    {.name = "path", .type = ParamType::kTexts, .help = "log files or folders", .positional = true},
    {.name = "format",
     .help = "log format",
     .choices = "auto|claude-code|episodes|tau-bench|transcript|rule-file",
     .fallback = "auto"},
    {.name = "since", .help = "only sessions that ended after: a date, or an age (30d, 12h, 2w)"},
    {.name = "exclude", .type = ParamType::kTexts, .help = "leave out paths that match the glob"},
    {.name = "dry-run", .type = ParamType::kFlag, .help = "read and count, store nothing"},
    {.name = "no-learn", .type = ParamType::kFlag, .help = "leave learning to `hardwon learn`"},
    {.name = "all", .type = ParamType::kFlag, .help = "without PATH: every project found"},
});

}  // namespace

const Operation kImport = {
    .name = "import",
    .group = "Everyday",
    .summary = "Read agents' logs and learn from them",
    .details =
        "Without PATH it finds the logs of this user's agents, lists their projects and "
        "asks which.\nImporting anything twice changes nothing; a log that has grown adds "
        "what is new.\n\n"
        "  hardwon import ~/.claude/projects\n"
        "  hardwon import results.json --format tau-bench --no-learn\n"
        "  hardwon import . --format rule-file\n"
        "  hardwon import --all --since 30d",
    .params = kParams,
    .run = run,
    .text = text,
};

}  // namespace hardwon::apps
