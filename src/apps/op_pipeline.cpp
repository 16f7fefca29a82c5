// `hardwon pipeline …`: seed 001's stages over transcripts and tasks, and their generator.
// Needs no store.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "apps/operations.h"
#include "apps/pipeline_config.h"
#include "apps/pipeline_drift.h"
#include "apps/pipeline_report.h"
#include "apps/pipeline_stages.h"
#include "apps/rule_json.h"
#include "apps/views.h"
#include "base/file.h"
#include "learn/rule_generator.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;
constexpr FileWrite kOutput = {.mode = 0644, .durable = false};

// ---------------------------------------------------------------- files

// What `--input` names: a directory of known file names, or the stage's own file among them.
class Input {
 public:
  explicit Input(fs::path path) : path_(std::move(path)) {}

  // The file of that name; nullopt: there is none.
  std::optional<fs::path> find(std::string_view name) const {
    std::error_code error;
    const fs::path directory = fs::is_directory(path_, error) ? path_ : path_.parent_path();
    for (const char* ending : {".json", ".jsonl"}) {
      fs::path candidate = directory / (std::string(name) + ending);
      if (fs::exists(candidate, error)) return candidate;
    }
    return std::nullopt;
  }
  // `--input` itself where it is a file.
  Result<fs::path> main(std::string_view name) const {
    std::error_code error;
    if (!fs::is_directory(path_, error)) return path_;
    if (auto found = find(name)) return *std::move(found);
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = "has no " + std::string(name) + ".json",
                                 .path = path_.string()});
  }

 private:
  fs::path path_;
};

void join(std::vector<Error>& all, std::vector<Error> some) {
  all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

Result<TranscriptFile> read_transcripts(const Input& input, std::vector<Error>& errors) {
  const fs::path path = TRY(input.main("transcripts"));
  TranscriptFile file = TRY(parse_transcripts(TRY(read_file(path, kFileBytesMax)), path.string()));
  join(errors, std::move(file.errors));
  if (!file.transcripts.empty()) return file;
  return std::unexpected(errors.empty()
                             ? Error{.message = "found no transcript", .path = path.string()}
                             : errors.front());
}

Result<std::vector<recall::RuleTask>> read_tasks(const Input& input, std::vector<Error>& errors) {
  const auto path = input.find("tasks");
  if (!path) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = "found no tasks.json beside the input",
                                 .field = "input"});
  }
  TaskFile file = TRY(parse_tasks(TRY(read_file(*path, kFileBytesMax)), path->string()));
  join(errors, std::move(file.errors));
  return std::move(file.tasks);
}

// What the stage before wrote: its file, or its part of a report of all stages.
Result<Json> read_stage(const Input& input, std::string_view stage) {
  const fs::path path = TRY(input.main(stage));
  auto json = parse_json(TRY(read_file(path, kFileBytesMax)));
  if (!json) {
    json.error().path = path.string();
    return std::unexpected(std::move(json).error());
  }
  if (json->is_object() && json->contains("stages")) {
    const auto part = (*json)["stages"].find(std::string(stage));
    if (part != (*json)["stages"].end()) return *part;
  }
  return *std::move(json);
}

// ---------------------------------------------------------------- logs

// <directory>/<stage>.jsonl, written anew by each run; no wall clock, so that two runs are equal.
class StageLog {
 public:
  StageLog(const PipelineConfig& config, std::string_view stage)
      : directory_(config.log_directory), detail_(config.log), stage_(stage) {}

  void line(LogDetail detail, std::string_view operation, std::string_view status, Json data) {
    constexpr std::array<std::string_view, 4> kNames = {"DEBUG", "INFO", "WARNING", "ERROR"};
    if (directory_.empty() || detail < detail_) return;
    const Json json = {{"version", kPipelineVersion},
                       {"stage", stage_},
                       {"level", kNames[static_cast<std::size_t>(detail)]},
                       {"operation", operation},
                       {"status", status},
                       {"data", std::move(data)}};
    text_ += dump_json(json) + "\n";
  }
  void errors(const std::vector<Error>& errors) {
    for (const Error& error : errors) {
      line(LogDetail::kError, "read", "error", error_json(error)["error"]);
    }
  }
  Result<void> write() const {
    if (directory_.empty()) return {};
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return std::unexpected(io_error(directory_, "making the directory", error.value()));
    return write_file_atomically(fs::path(directory_) / (std::string(stage_) + ".jsonl"), text_,
                                 kOutput);
  }

 private:
  fs::path directory_;
  LogDetail detail_;
  std::string_view stage_;
  std::string text_;
};

Json counts_of(const Json& stage) {
  Json counts = Json::object();
  for (const char* key : {"read", "rules", "tasks"}) {
    if (stage.contains(key)) counts[key] = stage[key].size();
  }
  if (stage.value("stage", "") == "decide") {
    counts["stored"] = std::ranges::count_if(
        stage["rules"], [](const Json& rule) { return rule["decision"] == "store"; });
  }
  for (const char* key : {"before", "after", "reduction", "interval", "controls", "runs"}) {
    if (stage.contains(key)) counts[key] = stage[key];
  }
  return counts;
}

Result<void> log_stage(const PipelineConfig& config, const Json& stage,
                       const std::vector<Error>& errors) {
  const std::string name = stage["stage"].get<std::string>();
  StageLog log(config, name);
  log.errors(errors);
  for (const char* list : {"rules", "tasks"}) {
    if (!stage.contains(list)) continue;
    for (const Json& entry : stage[list]) log.line(LogDetail::kDebug, list, "success", entry);
  }
  log.line(LogDetail::kInfo, name, errors.empty() ? "success" : "partial", counts_of(stage));
  return log.write();
}

// ---------------------------------------------------------------- running

struct Run {
  PipelineConfig config;
  Input input;
  std::string executor;
  std::vector<Error> errors;  // of all stages

  // A stage's own errors are logged with it and told at the end.
  Result<Json> finish(Result<Json> stage, std::vector<Error> found) {
    if (!stage) return stage;
    TRY(log_stage(config, *stage, found));
    join(errors, std::move(found));
    return stage;
  }
  Result<Json> extract(const std::vector<Transcript>& transcripts) {
    std::vector<Error> found;
    Json stage = extract_stage(transcripts, config, found);
    return finish(std::move(stage), std::move(found));
  }
  Result<Json> decide(const Json& extracted) {
    std::vector<Error> found;
    auto stage = decide_stage(extracted, config, found);
    return finish(std::move(stage), std::move(found));
  }
  Result<Json> retrieve(const Json& decided) {
    std::vector<Error> found;
    const auto tasks = TRY(read_tasks(input, found));
    auto stage = retrieve_stage(decided, tasks, config, found);
    return finish(std::move(stage), std::move(found));
  }
  Result<Json> drift(const Json& retrieved) {
    std::vector<Error> found;
    auto stage = drift_stage(retrieved, config, executor, found);
    return finish(std::move(stage), std::move(found));
  }
};

Result<Json> run_all(Run& run) {
  const TranscriptFile file = TRY(read_transcripts(run.input, run.errors));
  const Json extracted = TRY(run.extract(file.transcripts));
  const Json decided = TRY(run.decide(extracted));
  const Json retrieved = TRY(run.retrieve(decided));
  const Json drift = TRY(run.drift(retrieved));
  Json report = {
      {"version", kPipelineVersion},
      {"stages",
       {{"extract", extracted}, {"decide", decided}, {"retrieve", retrieved}, {"drift", drift}}}};
  if (const auto path = run.input.find("ground_truth")) {
    Truth truth = TRY(parse_truth(TRY(read_file(*path, kFileBytesMax)), path->string()));
    join(run.errors, std::move(truth.errors));
    report.update(TRY(criteria_json({.transcripts = file.transcripts,
                                     .labels = file.labels,
                                     .truth = truth,
                                     .extracted = extracted,
                                     .decided = decided,
                                     .retrieved = retrieved,
                                     .drift = drift})));
  } else {
    report["criteria"] = nullptr;  // nothing to measure against
  }
  return report;
}

Result<Json> run_stage(Run& run, const std::string& stage) {
  if (stage == "all") return run_all(run);
  if (stage == "extract") {
    const TranscriptFile file = TRY(read_transcripts(run.input, run.errors));
    return run.extract(file.transcripts);
  }
  if (stage == "decide") return run.decide(TRY(read_stage(run.input, "extract")));
  if (stage == "retrieve") return run.retrieve(TRY(read_stage(run.input, "decide")));
  return run.drift(TRY(read_stage(run.input, "retrieve")));
}

Result<std::string> needed(const Json& request, std::string_view key) {
  std::string value = text_of(request, key);
  if (value.empty()) return bad_option(key, "is required");
  return value;
}

Result<Reply> run_pipeline(Context&, const Json& request) {
  const std::string stage = TRY(needed(request, "stage"));
  const std::string config_path = text_of(request, "config");
  const std::string input = TRY(needed(request, "input"));
  const std::string output = TRY(needed(request, "output"));
  PipelineConfig config;  // the seed's values
  if (!config_path.empty()) {
    const std::string text = TRY(read_file(config_path, kFileBytesMax));
    config = TRY(parse_pipeline_config(text, config_path));
  }
  Run run{
      .config = std::move(config), .input = Input(input), .executor = text_of(request, "executor")};
  Json result = TRY(run_stage(run, stage));
  TRY(write_file_atomically(output, dump_json(result) + "\n", kOutput));
  Json reply = {{"stage", stage}, {"output", output}};
  if (result.contains("criteria")) {
    reply["criteria"] = result["criteria"];
    reply["met"] = result.value("met", Json());
  } else {
    reply["counts"] = counts_of(result);
  }
  reply["errors"] = Json::array();
  for (const Error& error : run.errors) reply["errors"].push_back(error_json(error)["error"]);
  return Reply{.value = std::move(reply)};
}

std::string pipeline_text(const Reply& reply) {
  const Json& value = reply.value;
  std::string out;
  if (value.contains("criteria") && value["criteria"].is_array()) {
    out = criteria_text(value);
  } else if (value.contains("criteria")) {
    out = "No ground_truth.json beside the input: nothing was measured.\n";
  } else {
    out = value["stage"].get<std::string>() + ": " + dump_json(value["counts"]) + "\n";
  }
  for (const Json& error : value["errors"]) {
    const Json line = error.value("line", Json());
    out += fmt::format(
        "error: {}{}{} {}\n",
        error.value("path", Json("")).is_string() ? error.value("path", "") : "",
        line.is_number() ? ":" + dump_json(line) : "",
        error.value("field", Json("")).is_string() ? " " + error.value("field", "") + ":" : "",
        error.value("message", ""));
  }
  return out + "written to " + value["output"].get<std::string>() + "\n";
}

// ---------------------------------------------------------------- generate

Result<void> read_mix(const std::string& text, learn::GeneratorOptions& options) {
  if (text.empty()) return {};
  options.persistent = options.short_term = options.irrelevant = 0;
  for (const std::string& part : list_of({{"mix", Json::array({text})}}, "mix")) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = parse_persistence(part.substr(0, equals));
    const std::string value = part.substr(std::min(equals + 1, part.size()));
    char* end = nullptr;
    const double share = std::strtod(value.c_str(), &end);
    if (!name || value.empty() || *end != '\0') {
      return bad_option("mix", "found '" + part +
                                   "', expected persistent=, short_term= or irrelevant= and a "
                                   "share");
    }
    (*name == Persistence::kPersistent  ? options.persistent
     : *name == Persistence::kShortTerm ? options.short_term
                                        : options.irrelevant) = share;
  }
  return {};
}

Result<learn::GeneratorOptions> generator_options(const Json& request) {
  learn::GeneratorOptions options;
  options.n = static_cast<std::size_t>(integer_of(request, "n", 20));
  options.seed = static_cast<std::uint64_t>(integer_of(request, "seed", 1));
  options.family = text_of(request, "family", "test") == "train" ? learn::TemplateFamily::kTrain
                                                                 : learn::TemplateFamily::kTest;
  TRY(read_mix(text_of(request, "mix"), options));
  for (const std::string& name : list_of(request, "rule_types")) {
    const auto type = parse_action_type(name);
    if (!type) {
      return bad_option("rule-types",
                        "found '" + name + "', expected style, naming, structure or behavior");
    }
    options.types.push_back(*type);
  }
  TRY(options.validate());
  return options;
}

std::string pretty(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Reply> run_generate(Context&, const Json& request) {
  const std::string kind = text_of(request, "kind");
  const std::string output = text_of(request, "output");
  const learn::GeneratorOptions options = TRY(generator_options(request));
  const learn::SyntheticData data = learn::generate(options);
  Json transcripts = Json::array(), tasks = Json::array();
  for (const auto& transcript : data.transcripts)
    transcripts.push_back(transcript_json(transcript));
  for (const auto& task : data.tasks) tasks.push_back(task_json(task));
  const Json truth = truth_json(data, options);
  Json written = Json::array();
  const auto write = [&](const fs::path& path, const Json& json) -> Result<void> {
    written.push_back(path.string());
    return write_file_atomically(path, pretty(json), kOutput);
  };
  if (kind == "all") {
    std::error_code error;
    fs::create_directories(output, error);
    if (error) return std::unexpected(io_error(output, "making the directory", error.value()));
    TRY(write(fs::path(output) / "ground_truth.json", truth));
    TRY(write(fs::path(output) / "transcripts.json", transcripts));
    TRY(write(fs::path(output) / "tasks.json", tasks));
  } else {
    TRY(write(output, kind == "transcripts" ? transcripts : kind == "tasks" ? tasks : truth));
  }
  return Reply{.value = {{"synthetic", true},
                         {"kind", kind},
                         {"transcripts", transcripts.size()},
                         {"tasks", tasks.size()},
                         {"rules", truth["rules"].size()},
                         {"written", std::move(written)}}};
}

std::string generate_text(const Reply& reply) {
  std::string out;
  for (const Json& path : reply.value["written"]) {
    out += "written to " + path.get<std::string>() + " (synthetic)\n";
  }
  return out;
}

constexpr std::string_view kGroup = "Lab";

constexpr auto kPipelineParams = std::to_array<Param>({
    {.name = "stage", .help = "which part runs", .choices = "all|extract|decide|retrieve|drift"},
    {.name = "config", .help = "the pipeline's configuration (JSON); else the seed's"},
    {.name = "input", .help = "a directory, or what the stage before wrote"},
    {.name = "output", .help = "where the result goes (JSON)"},
    {.name = "executor",
     .help = "a command that reads {\"task\",\"block\",\"run\"} and writes code; else simulated"},
});

constexpr auto kGenerateParams = std::to_array<Param>({
    {.name = "kind",
     .help = "what is written; all: into a directory",
     .required = true,
     .choices = "transcripts|tasks|ground-truth|all"},
    {.name = "mix",
     .help = "shares of segments",
     .fallback = "persistent=.4,short_term=.2,irrelevant=.4"},
    {.name = "rule-types",
     .type = ParamType::kTexts,
     .help = "style,naming,structure,behavior; all when not given"},
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "transcripts, and tasks",
     .low = 1,
     .high = 10'000,
     .fallback = "20"},
    {.name = "seed",
     .type = ParamType::kInteger,
     .help = "same seed, same bytes",
     .low = 0,
     .high = 1e9,
     .fallback = "1"},
    {.name = "family",
     .help = "of sentence patterns; the two share none",
     .choices = "train|test",
     .fallback = "test"},
    {.name = "output", .help = "the file, or the directory of all", .required = true},
});

}  // namespace

const Operation kPipeline = {
    .name = "pipeline",
    .group = kGroup,
    .summary = "Rules from transcripts: extract, decide, retrieve, drift",
    .details =
        "A directory has transcripts.json, tasks.json and, for measuring, ground_truth.json.\n\n"
        "  hardwon pipeline generate --kind all --seed 1 --output data\n"
        "  hardwon pipeline --stage all --config pipeline_config.json --input data "
        "--output report.json",
    .params = kPipelineParams,
    .run = run_pipeline,
    .text = pipeline_text};
const Operation kPipelineGenerate = {.name = "pipeline generate",
                                     .group = kGroup,
                                     .summary = "Make labelled synthetic transcripts and tasks",
                                     .params = kGenerateParams,
                                     .run = run_generate,
                                     .text = generate_text};

}  // namespace hardwon::apps
