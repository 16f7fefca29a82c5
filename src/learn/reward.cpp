// Seed 000's numbers at completion.  Formulas and constants: docs/formats/episode.md.

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "learn/formulas.h"
#include "learn/learn.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

bool worked(const Step& step) { return step.status == StepStatus::kSuccess; }
bool failed(const Step& step) {
  return step.status == StepStatus::kError || step.status == StepStatus::kTimeout;
}

// Steps whose result is unknown are neither; a rate over known steps only, nullopt without any.
std::optional<double> error_rate(const Episode& episode) {
  double errors = 0, known = 0;
  for (const Step& step : episode.steps) {
    if (worked(step) || failed(step)) ++known;
    if (failed(step)) ++errors;
  }
  if (known == 0) return std::nullopt;
  return errors / known;
}

std::optional<double> seconds_of(const Episode& episode) {
  if (!episode.started_at || !episode.ended_at) return std::nullopt;
  return std::chrono::duration<double>(*episode.ended_at - *episode.started_at).count();
}

std::size_t distinct_tools(const Episode& episode) {
  std::set<std::string_view> tools;
  for (const Step& step : episode.steps) tools.insert(step.tool);
  return tools.size();
}

bool recovered(const Episode& episode) {
  bool error = false;
  for (const Step& step : episode.steps) {
    if (failed(step)) error = true;
    if (error && worked(step)) return true;
  }
  return false;
}

// Names of artefacts: strings of an array, or keys of an object.
std::vector<std::string> artifact_names(const Episode& episode) {
  std::vector<std::string> names;
  if (episode.artifacts_json.empty()) return names;
  const auto json = parse_json(episode.artifacts_json);
  if (!json) return names;
  if (json->is_object()) {
    for (const auto& [key, value] : json->items()) names.push_back(key);
  } else if (json->is_array()) {
    for (const Json& item : *json)
      names.push_back(item.is_string() ? item.get<std::string>() : dump_json(item));
  }
  return names;
}

// "Repeated tool X": the most frequent failing tool and its count.
std::pair<std::string, std::int64_t> most_failing(const Episode& episode) {
  std::map<std::string, std::int64_t> counts;
  for (const Step& step : episode.steps) {
    if (failed(step)) ++counts[step.tool];
  }
  std::pair<std::string, std::int64_t> best;
  for (const auto& [tool, n] : counts) {
    if (n > best.second) best = {tool, n};
  }
  return best;
}

}  // namespace

double reward_base(const Outcome& outcome) {
  switch (outcome.status) {
    case OutcomeStatus::kSuccess:
      return 1.0;
    case OutcomeStatus::kPartial:
      return outcome.share.value_or(kPartialShareUnstated);
    case OutcomeStatus::kAbstained:
      return 0.3;
    case OutcomeStatus::kFailure:
    case OutcomeStatus::kUnknown:
      return 0.0;
  }
  std::unreachable();
}

double reward_abstention(const Outcome& outcome, std::size_t steps) {
  if (outcome.status == OutcomeStatus::kFailure && steps > 10) return -0.2;
  if (outcome.status != OutcomeStatus::kAbstained) return 0.0;
  const double at = std::clamp(static_cast<double>(steps), 3.0, 10.0);
  return 0.5 - 0.8 * (at - 3.0) / 7.0;
}

double reward_efficiency(std::optional<double> seconds, std::size_t steps) {
  const auto term = [](double ratio) { return 0.5 + std::exp(-ratio / 2); };
  const double by_steps = steps == 0 ? 0.5 : term(static_cast<double>(steps) / 10);
  // An unknown duration leaves the other term alone; it is not the best one.
  if (!seconds) return std::clamp(by_steps, 0.5, 1.5);
  const double by_time = *seconds <= 0 ? 1.5 : term(*seconds / 60);
  return std::clamp((by_time + by_steps) / 2, 0.5, 1.5);
}

double reward_complexity(std::string_view complexity) {
  if (complexity == "complex") return 1.2;
  if (complexity == "moderate") return 1.1;
  return 1.0;
}

double reward_quality(const std::vector<std::string>& artifacts, std::optional<double> errors) {
  double value = 1.0;
  const bool tested = std::ranges::any_of(artifacts, [](const std::string& name) {
    return contains_ignoring_case(name, "test") || contains_ignoring_case(name, "coverage");
  });
  if (tested) value += 0.1;
  if (artifacts.size() >= 3) value += 0.05;
  if (errors) {
    if (*errors > 0.3)
      value -= 0.2;
    else if (*errors > 0.1)
      value -= 0.1;
    else if (*errors == 0)
      value += 0.1;
  }
  return std::clamp(value, 0.5, 1.5);
}

double reward_learning(std::size_t tools, std::size_t steps, std::optional<double> errors,
                       bool recovery, std::optional<double> seconds) {
  double value = tools >= 5 ? 0.15 : tools >= 3 ? 0.1 : 0.0;
  if (errors && *errors < 0.1 && steps >= 5)
    value += 0.2;
  else if (errors && *errors == 0 && steps >= 3)
    value += 0.15;
  if (recovery) value += 0.15;
  if (seconds && *seconds < 30 && steps > 0 && steps < 10) value += 0.1;
  return std::min(value, 0.5);
}

double reward_score(const Episode& episode) {
  const std::size_t steps = episode.steps.size();
  const auto errors = error_rate(episode);
  const auto seconds = seconds_of(episode);
  const double base =
      std::max(0.0, reward_base(episode.outcome) + reward_abstention(episode.outcome, steps));
  return base * reward_efficiency(seconds, steps) * reward_complexity(episode.context.complexity) *
             reward_quality(artifact_names(episode), errors) +
         reward_learning(distinct_tools(episode), steps, errors, recovered(episode), seconds);
}

double quality_bin(std::size_t n) {
  if (n <= 2) return 0.1;
  if (n <= 5) return 0.25;
  if (n <= 10) return 0.35;
  if (n <= 20) return 0.45;
  return 0.5;
}

double quality(const Episode& episode) {
  const std::size_t steps = episode.steps.size();
  const std::size_t tools = distinct_tools(episode);
  const double complexity = quality_bin(steps) + quality_bin(tools);
  const double diversity = std::min(1.0, static_cast<double>(tools) / 5);
  const auto errors = error_rate(episode);
  const double faultless = errors ? 1.0 - *errors : 0.5;
  const Reflection reflection = reflect(episode);
  const double depth = std::min(
      1.0, static_cast<double>(reflection.successes.size() + reflection.improvements.size() +
                               reflection.insights.size()) /
               5);
  std::set<std::pair<std::string_view, std::string_view>> pairs;
  for (std::size_t i = 1; i < steps; ++i) {
    pairs.emplace(episode.steps[i - 1].tool, episode.steps[i].tool);
  }
  const double novelty =
      std::min(1.0, (static_cast<double>(pairs.size()) + (recovered(episode) ? 2 : 0)) / 6);
  return kQualityComplexity * complexity + kQualityDiversity * diversity +
         kQualityErrors * faultless + kQualityReflection * depth + kQualityNovelty * novelty;
}

Reflection reflect(const Episode& episode) {
  Reflection out;
  const std::size_t steps = episode.steps.size();
  const auto errors = error_rate(episode);
  const auto seconds = seconds_of(episode);
  const auto count = [&](std::size_t n) { return std::to_string(n); };
  if (episode.outcome.status == OutcomeStatus::kSuccess) {
    out.successes.push_back(
        sentence("the task succeeded" + (episode.outcome.verdict.empty()
                                             ? std::string()
                                             : ": " + ellipsis(episode.outcome.verdict, 120))));
  }
  if (errors && *errors <= 0.2 && steps > 0) {
    out.successes.push_back(std::to_string(static_cast<int>((1 - *errors) * 100 + 0.5)) + " % of " +
                            count(steps) + " steps worked.");
  }
  if (seconds && *seconds < 30 && episode.outcome.status == OutcomeStatus::kSuccess) {
    out.successes.push_back("It took less than 30 seconds.");
  }
  std::set<std::string> good;
  for (const Step& step : episode.steps) {
    if (worked(step) && good.size() < 3) good.insert(step.tool);
  }
  if (good.size() >= 2) {
    std::string text;
    for (const std::string& tool : good) text += (text.empty() ? "" : ", ") + code(tool, 40);
    out.successes.push_back("Tools that worked: " + text + ".");
  }
  if (episode.outcome.status == OutcomeStatus::kFailure) {
    out.improvements.push_back(
        sentence("the task failed" + (episode.outcome.verdict.empty()
                                          ? std::string()
                                          : ": " + ellipsis(episode.outcome.verdict, 120))));
  }
  if (const auto [tool, n] = most_failing(episode); n >= 2) {
    out.improvements.push_back(code(tool, 40) + " failed " + times(n) + ".");
  } else if (n == 1) {
    out.improvements.push_back("One step of " + code(tool, 40) + " failed.");
  }
  if (seconds && *seconds > 300) {
    out.improvements.push_back("It took " + duration_text(static_cast<std::int64_t>(*seconds)) +
                               ".");
  }
  if (steps > 50) out.improvements.push_back("It took " + count(steps) + " steps.");
  std::map<std::string, std::int64_t> seen;
  for (const Step& step : episode.steps) {
    if (!failed(step)) continue;
    const std::string signature = error_signature(step.output);
    if (!signature.empty() && ++seen[signature] == 2) {
      out.insights.push_back("The same error came twice: " + code(signature, 120) + ".");
    }
  }
  if (recovered(episode))
    out.insights.push_back("After an error the work went on and succeeded in a later step.");
  std::int64_t tokens = 0;
  for (const Step& step : episode.steps) tokens += step.tokens.value_or(0);
  if (tokens > 10'000) out.insights.push_back("It used " + std::to_string(tokens) + " tokens.");
  if (steps >= 5 && distinct_tools(episode) >= 4) {
    out.insights.push_back("It combined " + count(distinct_tools(episode)) + " tools.");
  }
  return out;
}

}  // namespace hardwon::learn
