#include "recall/episode_features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "recall/question.h"

namespace hardwon::recall {
namespace {

constexpr std::size_t kLastWordsMax = 12;
constexpr std::size_t kOutputHead = 400;  // where an output says that it is an error

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "tool" or "tool:verb" where the action says more than the tool.
std::string deed_of(const Step& step) {
  std::string tool = ascii_lower(step.tool);
  const std::string verb = action_verb(step.action);
  if (verb.empty() || verb == tool) return tool;
  return tool.empty() ? verb : tool + ":" + verb;
}

double log_count(std::size_t count) { return std::log1p(static_cast<double>(count)); }

// The bins of seed 000 for the number of steps.
std::string_view step_bin(std::size_t steps) {
  constexpr std::array<std::pair<std::size_t, std::string_view>, 4> kBins = {
      {{2, "steps<=2"}, {5, "steps<=5"}, {10, "steps<=10"}, {20, "steps<=20"}}};
  for (const auto& [most, name] : kBins) {
    if (steps <= most) return name;
  }
  return "steps>20";
}

void add_steps(const std::vector<Step>& steps, FeatureMap& features) {
  std::size_t errors = 0, silent = 0, complaints = 0, bytes = 0;
  std::map<std::string, std::size_t> deeds;
  std::set<std::pair<std::string, std::string>> distinct;
  std::string before = "^";
  for (const Step& step : steps) {
    errors += step.status == StepStatus::kError || step.status == StepStatus::kTimeout ? 1U : 0U;
    silent += trim(step.output).empty() ? 1U : 0U;
    complaints += states_error(std::string_view(step.output).substr(0, kOutputHead)) ? 1U : 0U;
    bytes += step.output.size();
    distinct.emplace(step.tool, step.action);
    std::string deed = deed_of(step);
    ++deeds[deed];
    features[std::string("pair ").append(before).append(">").append(deed)] = 1;
    before = std::move(deed);
  }
  for (const auto& [deed, count] : deeds) features["did " + deed] = log_count(count);
  features["kinds of deeds"] = log_count(deeds.size());
  features["steps"] = log_count(steps.size());
  features[std::string(step_bin(steps.size()))] = 1;
  const auto share = [&](std::size_t part) {
    return static_cast<double>(part) / static_cast<double>(steps.size());
  };
  features["error share"] = share(errors);
  features["silent share"] = share(silent);
  features["complaint share"] = share(complaints);
  features["repeated share"] = 1 - share(distinct.size());
  features["output bytes"] = log_count(bytes / steps.size());
  const Step& last = steps.back();
  features["ends with " + before] = 1;
  if (last.status == StepStatus::kError) features["ends in error"] = 1;
  if (trim(last.output).empty()) features["ends silent"] = 1;
  std::size_t taken = 0;
  for (const std::string& word : words(last.action)) {
    if (taken++ == kLastWordsMax) break;
    features["last word " + stem(word)] = 1;
  }
}

}  // namespace

std::string action_verb(std::string_view action) {
  action = trim(action);
  std::size_t end = 0;
  while (end < action.size() && is_name_byte(action[end])) ++end;
  return ascii_lower(action.substr(0, std::min<std::size_t>(end, 40)));
}

std::vector<std::uint64_t> action_set(const Episode& episode) {
  std::vector<std::uint64_t> set;
  set.reserve(episode.steps.size());
  for (const Step& step : episode.steps) {
    set.push_back(hash64(step.action, hash64(step.tool)));
  }
  std::ranges::sort(set);
  set.erase(std::ranges::unique(set).begin(), set.end());
  return set;
}

FeatureMap episode_features(const Episode& episode, bool with_steps) {
  FeatureMap features;
  features["task words"] = log_count(words(episode.task).size());
  const TaskContext& context = episode.context;
  for (const auto& [name, value] :
       {std::pair{"domain ", &context.domain}, std::pair{"language ", &context.language},
        std::pair{"framework ", &context.framework},
        std::pair{"complexity ", &context.complexity}}) {
    if (!value->empty()) features[name + ascii_lower(*value)] = 1;
  }
  for (const std::string& tag : context.tags) features["tag " + ascii_lower(tag)] = 1;
  if (with_steps && !episode.steps.empty()) add_steps(episode.steps, features);
  return features;
}

}  // namespace hardwon::recall
