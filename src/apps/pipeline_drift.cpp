#include "apps/pipeline_drift.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "apps/external_command.h"
#include "apps/pipeline_stages.h"
#include "base/hash.h"
#include "base/text.h"
#include "code/syntax.h"
#include "learn/drift.h"
#include "learn/drift_executor.h"

namespace hardwon::apps {
namespace {

constexpr std::chrono::seconds kCommandLimit{60};
constexpr std::size_t kCodeBytesMax = 1 << 20;
constexpr std::size_t kErrorsMax = 20;
constexpr double kNearZero = 0.1;  // of a control arm's reduction
// Runs of each language and arm.  36 leave an interval of about ±.08, 120 one of ±.04; a real
// agent is asked so often only when somebody says so.
constexpr std::int64_t kSimulatedRuns = 120, kCommandRuns = 36;
constexpr std::string_view kIrrelevantBlock =
    "Rules of this project:\n- Squash your commits before merging\n- Answer in English\n"
    "- Ask me before deleting files\n";

enum class Arm { kNothing, kRules, kIrrelevant, kShuffled, kEmpty };

// Tasks of one language, with what was retrieved for each.
struct Work {
  std::string language;
  std::vector<Json> tasks;  // {"id","type","language","description",…}
  std::vector<std::string> blocks;
};

class Runner {
 public:
  Runner(const PipelineConfig& config, const std::string& command, std::vector<Error>& errors)
      : config_(config),
        command_(command),
        runs_(config.runs.value_or(command.empty() ? kSimulatedRuns : kCommandRuns)),
        errors_(errors) {}

  std::int64_t runs() const { return runs_; }

  // One arm of a group: a profile for each run; nullopt where the run failed.
  std::vector<std::optional<learn::OutputProfile>> run(const Work& work, Arm arm) {
    std::vector<std::optional<learn::OutputProfile>> out;
    for (std::int64_t i = 0; i < runs_; ++i) {
      const auto number = static_cast<std::size_t>(i);
      const std::size_t task = number % work.tasks.size();
      auto profile = one(work, task, number, arm);
      if (!profile) note(std::move(profile).error());
      out.push_back(profile ? std::optional(*std::move(profile)) : std::nullopt);
    }
    return out;
  }

 private:
  std::string block(const Work& work, std::size_t task, std::size_t number, Arm arm) const {
    const std::uint64_t seed = hash64(work.language, config_.seed + number * 7 + 1);
    if (arm == Arm::kRules) return work.blocks[task];
    if (arm == Arm::kIrrelevant) return std::string(kIrrelevantBlock);
    if (arm == Arm::kShuffled) return learn::shuffled_block(work.blocks[task], seed);
    return {};
  }

  Result<learn::OutputProfile> one(const Work& work, std::size_t task, std::size_t number,
                                   Arm arm) {
    const std::string text = block(work, task, number, arm);
    std::string code;
    if (command_.empty()) {
      // The empty arm is written by others: what they differ by is the noise of the measure.
      const std::uint64_t seed = config_.seed + (arm == Arm::kEmpty ? 1'000'003 : 0);
      const auto persona = learn::persona_of(hash64(work.language, seed), number);
      code = TRY(learn::simulated_output(persona, work.language,
                                         work.tasks[task].value("description", ""), text));
    } else {
      const Json input = {{"task", work.tasks[task]}, {"block", text}, {"run", number}};
      code = TRY(run_command(command_, dump_json(input) + "\n", kCommandLimit, kCodeBytesMax));
    }
    const auto language = code::language_named(work.language);
    if (!language) return fail(ErrorCode::kInvalidArgument, "no grammar for " + work.language);
    const auto tree = TRY(code::SyntaxTree::parse(std::move(code), *language));
    learn::OutputProfile profile = learn::profile_of(tree);
    if (!config_.naming) profile.naming.clear();
    if (!config_.style) profile.style.clear();
    if (!config_.structure) profile.structure.clear();
    return profile;
  }

  void note(Error error) {
    // What every run meets, as a build without grammars does, is said once.
    const auto same = [&](const Error& said) {
      return said.code == error.code && said.message == error.message && said.path == error.path;
    };
    if (std::ranges::any_of(errors_, same)) return;
    if (errors_.size() < kErrorsMax) errors_.push_back(std::move(error));
  }

  const PipelineConfig& config_;
  const std::string& command_;
  std::int64_t runs_;
  std::vector<Error>& errors_;
};

using Profiles = std::vector<std::optional<learn::OutputProfile>>;

// Runs that both arms finished.
learn::Reduction compare(const std::vector<Profiles>& before, const std::vector<Profiles>& after,
                         std::uint64_t seed) {
  std::vector<std::vector<learn::OutputProfile>> a(before.size()), b(before.size());
  for (std::size_t g = 0; g < before.size(); ++g) {
    for (std::size_t i = 0; i < before[g].size(); ++i) {
      if (!before[g][i] || !after[g][i]) continue;
      a[g].push_back(*before[g][i]);
      b[g].push_back(*after[g][i]);
    }
  }
  return learn::measure_reduction(a, b, {}, seed);
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::optional<double> mean_adherence(const std::vector<Profiles>& arm,
                                     const std::vector<Work>& works) {
  double sum = 0;
  int n = 0;
  for (std::size_t g = 0; g < arm.size(); ++g) {
    for (std::size_t i = 0; i < arm[g].size(); ++i) {
      if (!arm[g][i]) continue;
      const auto told =
          learn::conventions_in(works[g].blocks[i % works[g].blocks.size()], works[g].language);
      if (const auto value = learn::adherence(*arm[g][i], told)) {
        sum += *value;
        ++n;
      }
    }
  }
  return n == 0 ? std::nullopt : std::optional(sum / n);
}

// Tasks that write code, by language, where at least one rule was retrieved.
std::vector<Work> works_of(const Json& tasks) {
  std::map<std::string, Work> by_language;
  for (const Json& entry : tasks) {
    if (!entry.is_object() || !entry.contains("task") || !entry["task"].is_object()) continue;
    const Json& task = entry["task"];
    const std::string type = task.value("type", ""), language = task.value("language", "");
    const std::string block = entry.value("block", "");
    if (type == "documentation" || type == "analysis" || language.empty()) continue;
    if (learn::conventions_in(block, language).empty()) continue;
    Work& work = by_language[language];
    work.language = language;
    work.tasks.push_back(task);
    work.blocks.push_back(block);
  }
  std::vector<Work> out;
  for (auto& [language, work] : by_language) out.push_back(std::move(work));
  return out;
}

}  // namespace

Result<Json> drift_stage(const Json& retrieved, const PipelineConfig& config,
                         const std::string& command, std::vector<Error>& errors) {
  if (!retrieved.is_object() || !retrieved.contains("tasks") || !retrieved["tasks"].is_array()) {
    return std::unexpected(Error{
        .message = "found no tasks, expected what the stage retrieve wrote", .field = "/tasks"});
  }
  const std::vector<Work> works = works_of(retrieved["tasks"]);
  Runner runner(config, command, errors);
  std::map<Arm, std::vector<Profiles>> arms;
  std::vector<Arm> wanted = {Arm::kNothing, Arm::kRules, Arm::kShuffled};
  if (command.empty()) wanted.insert(wanted.end(), {Arm::kIrrelevant, Arm::kEmpty});
  for (const Arm arm : wanted) {
    for (const Work& work : works) arms[arm].push_back(runner.run(work, arm));
  }
  const auto& base = arms[Arm::kNothing];
  const learn::Reduction found = compare(base, arms[Arm::kRules], config.seed);
  Json controls = Json::object();
  bool near_zero = true;
  const std::pair<Arm, const char*> names[] = {{Arm::kIrrelevant, "irrelevant_rules"},
                                               {Arm::kShuffled, "shuffled_rules"},
                                               {Arm::kEmpty, "empty_block"}};
  for (const auto& [arm, name] : names) {
    if (!arms.contains(arm)) continue;
    const auto value = compare(base, arms[arm], config.seed).reduction;
    controls[name] = number(value);
    near_zero = near_zero && value && std::abs(*value) < kNearZero;
  }
  Json groups = Json::array();
  for (const Work& work : works) {
    groups.push_back({{"language", work.language}, {"tasks", work.tasks.size()}});
  }
  return Json{
      {"stage", "drift"},
      {"version", kPipelineVersion},
      {"what_it_is", command.empty() ? "a test of the plumbing: a simulated executor, no real agent"
                                     : "the given executor"},
      {"runs", runner.runs()},
      {"groups", std::move(groups)},
      {"before", number(found.before)},
      {"after", number(found.after)},
      {"reduction", number(found.reduction)},
      {"interval", found.interval ? Json({found.interval->low, found.interval->high}) : Json()},
      {"improved", found.reduction.value_or(0) >= config.improvement_threshold},
      {"controls", std::move(controls)},
      {"controls_near_zero", near_zero && !works.empty()},
      {"adherence",
       {{"before", number(mean_adherence(base, works))},
        {"after", number(mean_adherence(arms[Arm::kRules], works))}}}};
}

}  // namespace hardwon::apps
