// Episodes as JSON lines, the shape of the API (docs/formats/episodes.md).

#include <array>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "import/fields.h"
#include "import/objects.h"

namespace hardwon::import {
namespace {

constexpr std::size_t kParametersKeepAll = std::size_t{1} << 30;

void read_context(Element object, TaskContext& context, Fields& fields) {
  const auto found = fields.object(object, "", "context");
  if (!found) return;
  context.domain = fields.text(*found, "/context", "domain").value_or("");
  context.language = fields.text(*found, "/context", "language").value_or("");
  context.framework = fields.text(*found, "/context", "framework").value_or("");
  context.complexity = fields.text(*found, "/context", "complexity").value_or("");
  if (!context.complexity.empty() && context.complexity != "simple" &&
      context.complexity != "moderate" && context.complexity != "complex") {
    fields.wrong("/context/complexity", member(*found, "complexity"),
                 "simple, moderate or complex");
  }
  if (const auto tags = fields.array(*found, "/context", "tags")) {
    std::size_t at = 0;
    for (const Element tag : simdjson::dom::array(*tags)) {
      const auto text = as_text(tag);
      if (!text) fields.wrong(below("/context/tags", at), tag, "a string");
      context.tags.emplace_back(text.value_or(""));
      ++at;
    }
  }
  fields.note_unknown(*found, "/context",
                      {"domain", "language", "framework", "complexity", "tags"});
}

void read_scope(Element object, Scope& scope, Fields& fields) {
  const auto found = fields.object(object, "", "scope");
  if (!found) return;
  for (const auto& [key, value] : simdjson::dom::object(*found)) {
    const auto text = as_text(value);
    if (!text || key.empty()) {
      fields.wrong(below("/scope", key), value, "a string under a name");
      return;
    }
    scope.labels.insert_or_assign(std::string(key), std::string(*text));
  }
}

void read_result(Element step_object, const std::string& at, Step& step, const Run& run,
                 Fields& fields) {
  const auto result = fields.object(step_object, at, "result");
  if (!result) return;
  const std::string here = at + "/result";
  if (const auto status = fields.text(*result, here, "status")) {
    const auto parsed = parse_step_status(*status);
    if (!parsed) {
      fields.wrong(here + "/status", member(*result, "status"), "success, error or timeout");
    }
    step.status = parsed.value_or(StepStatus::kUnknown);
  }
  if (const auto output = member(*result, "output")) {
    const auto text = as_text(*output);
    step.output = run.text(text ? *text : to_json(*output, run.options().output_bytes_max),
                           run.options().output_bytes_max);
  }
  fields.note_unknown(*result, here, {"status", "output"});
}

Step read_step(Element object, const std::string& at, const Run& run, Fields& fields) {
  Step step;
  step.tool = fields.required_text(object, at, "tool").value_or("");
  step.action =
      run.text(fields.text(object, at, "action").value_or(""), run.options().output_bytes_max);
  if (const auto parameters = fields.object(object, at, "parameters")) {
    step.parameters_json = to_json(*parameters, kParametersKeepAll);
  }
  step.latency_ms = fields.count(object, at, "latency_ms");
  step.tokens = fields.count(object, at, "tokens");
  read_result(object, at, step, run, fields);
  fields.note_unknown(object, at,
                      {"tool", "action", "parameters", "result", "latency_ms", "tokens"});
  return step;
}

void read_steps(Element object, std::vector<Step>& steps, std::int64_t line, const Run& run,
                Fields& fields) {
  const auto found = fields.array(object, "", "steps");
  if (!found) return;
  for (const Element step : simdjson::dom::array(*found)) {
    const std::string at = below("/steps", steps.size());
    if (!step.is_object()) return fields.wrong(at, step, "an object");
    steps.push_back(read_step(step, at, run, fields));
    steps.back().number = static_cast<std::uint32_t>(steps.size());
    steps.back().line = line;
    if (!fields.good()) return;
  }
}

// A reward is the stronger source; an outcome beside it says what it means.
void read_outcome(Element object, Episode& episode, Fields& fields) {
  episode.reward = fields.number(object, "", "reward");
  if (episode.reward) episode.outcome = outcome_of_reward(*episode.reward);
  const auto found = fields.object(object, "", "outcome");
  if (!found) return;
  Outcome& outcome = episode.outcome;
  const auto status = fields.required_text(*found, "/outcome", "status");
  const auto parsed = status ? parse_outcome_status(*status) : std::nullopt;
  if (!parsed) {
    return fields.wrong("/outcome/status", member(*found, "status"),
                        "success, partial, failure, abstained or unknown");
  }
  const auto share = fields.number(*found, "/outcome", "share");
  const bool partial = *parsed == OutcomeStatus::kPartial;
  if (partial && (!share || *share <= 0 || *share >= 1)) {
    return fields.wrong("/outcome/share", member(*found, "share"), "a number between 0 and 1");
  }
  if (!partial && share) {
    return fields.wrong("/outcome/share", member(*found, "share"),
                        "none, since only a partial success has a share");
  }
  outcome.status = *parsed;
  outcome.share = share;
  outcome.verdict = one_line(fields.text(*found, "/outcome", "verdict").value_or(""));
  if (!episode.reward && *parsed != OutcomeStatus::kUnknown) {
    outcome.source = OutcomeSource::kVerdict;
  }
  fields.note_unknown(*found, "/outcome", {"status", "share", "verdict"});
}

void read_artifacts(Element object, Episode& episode, Fields& fields) {
  const auto found = member(object, "artifacts");
  if (!found) return;
  if (!found->is_array() && !found->is_object()) {
    return fields.wrong("/artifacts", found, "an array or an object");
  }
  episode.artifacts_json = to_json(*found, kParametersKeepAll);
}

// Two data sets may both number their episodes from 1, so the id alone does not name one.
ItemId episode_id(const Episode& episode, Element object) {
  const std::string scope = episode.scope.canonical();
  if (!episode.external_id.empty()) {
    return content_id<ItemId>({"episodes", scope, episode.external_id, episode.task});
  }
  return content_id<ItemId>({"episodes", scope, simdjson::minify(object)});
}

std::optional<Episode> read_episode(Element object, std::int64_t line, Run& run) {
  Fields fields(run, line);
  Episode episode{.scope = run.scope(""),
                  .completed = true,
                  .source_path = run.path().string(),
                  .line_from = line,
                  .line_to = line};
  episode.external_id = fields.text(object, "", "id").value_or("");
  episode.task =
      run.text(fields.required_text(object, "", "task").value_or(""), run.options().text_bytes_max);
  read_context(object, episode.context, fields);
  read_scope(object, episode.scope, fields);
  if (const auto started = fields.text(object, "", "started_at")) {
    episode.started_at = run.time(*started, line);
  }
  read_steps(object, episode.steps, line, run, fields);
  read_outcome(object, episode, fields);
  read_artifacts(object, episode, fields);
  if (!fields.good()) return std::nullopt;
  fields.note_unknown(
      object, "",
      {"id", "task", "context", "scope", "started_at", "steps", "outcome", "reward", "artifacts"});
  episode.id = episode_id(episode, object);
  return episode;
}

}  // namespace

Result<void> import_episodes(ByteSource& source, Run& run) {
  return each_object(source, run, [&](Element object, const Record& record) -> Result<void> {
    auto episode = read_episode(object, record.line, run);
    if (!episode) return {};
    const bool old =
        run.options().since && episode->started_at && *episode->started_at < *run.options().since;
    if (old) return {};
    for (const Step& step : episode->steps) {
      ++run.counts().tool_calls;
      if (step.status == StepStatus::kError) ++run.counts().tool_errors;
    }
    return run.episode(std::move(*episode));
  });
}

}  // namespace hardwon::import
