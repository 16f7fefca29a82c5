// What separates success from failure among the episodes of one kind of task.

#include <algorithm>
#include <cmath>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "learn/learner.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::int64_t kArmMin = 5;        // episodes with and without a feature
constexpr double kZMin = 3.0;              // hundreds of features are compared
constexpr std::size_t kLessonsMax = 3;     // of one bucket
constexpr std::size_t kFeaturesMax = 300;  // of one episode
constexpr double kSameEpisodes = 0.7;      // two features of nearly the same episodes are one

// A feature is a clause about a run: "used `search` more than once".
// Features and the step that first shows each.
using Features = std::map<std::string, const Step*>;

void add_action_features(const std::vector<StepView>& views, Features& features) {
  std::map<std::string, int> counts;
  for (const StepView& view : views) {
    const std::string name = action_name(view);
    if (name.empty() || (view.kind == StepClass::kShell && is_everyday(name))) continue;
    const int n = ++counts[name];
    features.emplace("used " + code(name, 40), view.step);
    if (n == 2) features.emplace("used " + code(name, 40) + " more than once", view.step);
    if (n == 4) features.emplace("used " + code(name, 40) + " more than three times", view.step);
    // Fixed labels such as click[Buy Now] recur; free arguments do not and fall away later.
    const std::string& action = view.step->action;
    if (view.kind == StepClass::kOther && !action.empty() && action.size() <= 40 &&
        action != view.step->tool) {
      features.emplace("used " + code(action, 48), view.step);
    }
  }
}

void observe_steps(const EpisodeInput& input, const std::vector<StepView>& views,
                   Observations& out) {
  const Episode& episode = input.episode;
  if (!episode.outcome.success() || views.empty()) return;
  Features features;
  add_action_features(views, features);
  const auto failed =
      std::ranges::find_if(views, [](const StepView& v) { return v.result == RunResult::kFail; });
  if (failed != views.end()) features.emplace("had a failing step", failed->step);
  for (const std::size_t n : {10U, 20U, 40U}) {
    if (views.size() <= n) continue;
    features.emplace("took more than " + std::to_string(n) + " steps", views[n].step);
  }
  const TaskContext& context = episode.context;
  const Step* first = views.front().step;
  if (!context.language.empty()) features.emplace("were in " + context.language, first);
  if (!context.framework.empty()) features.emplace("used " + context.framework, first);
  for (const std::string& tag : context.tags) features.emplace("were tagged " + tag, first);
  Json list = Json::array();
  for (const auto& [feature, step] : features) {
    if (list.size() == kFeaturesMax) break;
    list.push_back(
        Json{{"text", feature},
             {"line", step->line},
             {"quote", verbatim(step->action.empty() ? step->tool : step->action, 120)}});
  }
  if (list.empty()) return;
  Observation o = observation_of(episode, "context_pattern", context.domain);
  o.body_json = dump_json(Json{{"features", list}, {"path", episode.source_path}});
  out.push_back(std::move(o));
}

struct Arm {
  Tally with;
  std::vector<const Observation*> seen;
  std::vector<Provenance> quotes;  // one an observation
};

bool is_whole(double value) { return std::abs(value - std::round(value)) < 1e-9; }

// "succeeded 3 of 14 times", or, with partial successes, "reached 41 % on average in 14".
std::string compared(const Tally& with, const Tally& without) {
  if (is_whole(with.success) && is_whole(without.success)) {
    return concat({" succeeded ", share_of(with.success, with.n), " times, others ",
                   share_of(without.success, without.n)});
  }
  const auto percent = [](const Tally& tally) {
    return concat(
        {std::to_string(std::lround(tally.rate() * 100)), " % in ", std::to_string(tally.n)});
  };
  return concat({" reached on average ", percent(with), " cases, others ", percent(without)});
}

double overlap(const Arm& a, const Arm& b) {
  std::set<const Observation*> in_a(a.seen.begin(), a.seen.end());
  const auto common =
      std::ranges::count_if(b.seen, [&](const Observation* o) { return in_a.contains(o); });
  const auto all = static_cast<std::ptrdiff_t>(a.seen.size() + b.seen.size()) - common;
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

// A feature that separates, with the trials outside it.
struct Kept {
  const std::string* feature;
  const Arm* arm;
  Tally without;
  double z;
};

// The trials of all observations, and of those with each feature.
std::map<std::string, Arm> arms_of(const std::vector<const Observation*>& ordered, Tally& all) {
  std::map<std::string, Arm> arms;
  for (const Observation* observation : ordered) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->contains("features")) continue;
    all.add(observation->outcome);
    for (const Json& feature : (*body)["features"]) {
      Arm& arm = arms[feature.value("text", "")];
      arm.quotes.push_back({.path = body->value("path", ""),
                            .line = feature.value("line", std::int64_t{0}),
                            .quote = feature.value("quote", ""),
                            .time = observation->time,
                            .episode = observation->episode});
      arm.with.add(observation->outcome);
      arm.seen.push_back(observation);
    }
  }
  return arms;
}

Candidate lesson_of(const Kept& kept, const std::string& bucket) {
  const Arm& arm = *kept.arm;
  Candidate out = candidate_of(LessonKind::kContextPattern, bucket + "|" + *kept.feature, arm.seen);
  Lesson& lesson = out.lesson;
  const std::string& domain = lesson.when.context.domain;
  lesson.statement =
      sentence(concat({domain.empty() ? "" : "in ", domain, domain.empty() ? "" : ", ",
                       "tasks that ", *kept.feature, compared(arm.with, kept.without)}));
  lesson.count = arm.with.n;
  lesson.when.condition = *kept.feature;
  lesson.payload = ContextPattern{.features = {*kept.feature},
                                  .approach = (kept.z > 0 ? "" : "not ") + *kept.feature};
  const std::size_t n = std::min<std::size_t>(arm.quotes.size(), 3);
  lesson.provenance.assign(arm.quotes.begin(), arm.quotes.begin() + static_cast<std::ptrdiff_t>(n));
  return out;
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  Tally all;
  const std::map<std::string, Arm> arms = arms_of(in_order(observations), all);
  std::vector<Kept> kept;
  for (const auto& [feature, arm] : arms) {
    const Tally without{all.success - arm.with.success, all.n - arm.with.n};
    if (arm.with.n < kArmMin || without.n < kArmMin) continue;
    const double z = rate_difference_z(arm.with, without);
    if (std::abs(z) < kZMin) {
      ++out.dropped[kNoContrast];
      continue;
    }
    kept.push_back({&feature, &arm, without, z});
  }
  std::ranges::sort(kept, [](const Kept& a, const Kept& b) {
    if (std::abs(a.z) != std::abs(b.z)) return std::abs(a.z) > std::abs(b.z);
    return *a.feature < *b.feature;
  });
  std::vector<const Kept*> chosen;
  for (const Kept& candidate : kept) {
    const bool same = std::ranges::any_of(chosen, [&](const Kept* other) {
      return overlap(*candidate.arm, *other->arm) > kSameEpisodes;
    });
    if (same || chosen.size() == kLessonsMax) {
      ++out.dropped["a weaker variant"];
    } else {
      chosen.push_back(&candidate);
    }
  }
  for (const Kept* kept_one : chosen) {
    out.lessons.push_back(lesson_of(*kept_one, observations[0].bucket));
  }
  finish(out, options);
  return out;
}

}  // namespace

const Learner kContextPattern{"context_pattern", observe_steps, reduce_bucket};

}  // namespace hardwon::learn
