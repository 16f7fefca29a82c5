#pragma once

// Small episodes for the tests of this room.

#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "learn/learn.h"

namespace hardwon::learn::sample {

inline TimePoint minute(int n) {
  return TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}} +
         std::chrono::minutes(n);
}

inline Outcome success() {
  return {.status = OutcomeStatus::kSuccess, .source = OutcomeSource::kVerdict};
}
inline Outcome failure() {
  return {.status = OutcomeStatus::kFailure, .source = OutcomeSource::kVerdict};
}
inline Outcome partial(double share) {
  return {.status = OutcomeStatus::kPartial, .share = share, .source = OutcomeSource::kVerdict};
}

class EpisodeBuilder {
 public:
  explicit EpisodeBuilder(std::string name, int start = 0) : at_(start) {
    episode_.id = content_id<ItemId>({"episode", name});
    episode_.task = name;
    episode_.source_path = "log-" + name + ".jsonl";
    episode_.started_at = minute(start);
    episode_.line_from = 1;
  }
  EpisodeBuilder& run(const std::string& command, StepStatus status, const std::string& output) {
    return add("Bash", command, Json{{"command", command}}, status, output);
  }
  EpisodeBuilder& pass(const std::string& command, const std::string& output = "") {
    return run(command, StepStatus::kSuccess, output);
  }
  EpisodeBuilder& fail(const std::string& command, const std::string& output) {
    return run(command, StepStatus::kError, output);
  }
  EpisodeBuilder& edit(const std::string& path, const std::string& before,
                       const std::string& after) {
    return add("Edit", path,
               Json{{"file_path", path}, {"old_string", before}, {"new_string", after}},
               StepStatus::kSuccess, "The file has been updated.");
  }
  EpisodeBuilder& write(const std::string& path, const std::string& content) {
    return add("Write", path, Json{{"file_path", path}, {"content", content}}, StepStatus::kSuccess,
               "File created.");
  }
  EpisodeBuilder& act(const std::string& tool, const std::string& action,
                      const std::string& output = "ok") {
    return add(tool, action, Json(), StepStatus::kSuccess, output);
  }
  EpisodeBuilder& add(const std::string& tool, const std::string& action, const Json& params,
                      StepStatus status, const std::string& output) {
    Step step;
    step.number = static_cast<std::uint32_t>(episode_.steps.size()) + 1;
    step.tool = tool;
    step.action = action;
    if (params.is_object()) step.parameters_json = dump_json(params);
    step.status = status;
    step.output = output;
    step.time = minute(at_++);
    step.line = 10 + 2 * static_cast<std::int64_t>(episode_.steps.size());
    step.result_line = step.line + 1;
    episode_.steps.push_back(std::move(step));
    episode_.ended_at = minute(at_);
    return *this;
  }
  EpisodeBuilder& ended(Outcome outcome) {
    episode_.outcome = std::move(outcome);
    return *this;
  }
  EpisodeBuilder& in(const std::string& domain, const std::string& language = "") {
    episode_.context.domain = domain;
    episode_.context.language = language;
    return *this;
  }
  const Episode& get() const { return episode_; }

 private:
  Episode episode_;
  int at_ = 0;
};

struct Turns {
  std::string opening, next;
};

// Everything the learners say about the episodes, buckets reduced one by one.
struct Learned {
  std::vector<Candidate> lessons;
  std::map<std::string, std::int64_t> dropped;

  std::vector<Lesson> of(LessonKind kind) const {
    std::vector<Lesson> out;
    for (const Candidate& c : lessons) {
      if (c.lesson.kind == kind) out.push_back(c.lesson);
    }
    return out;
  }
};

inline Learned reduce_all(std::vector<Observation> observations,
                          const ReduceOptions& options = {}) {
  std::map<std::string, std::vector<Observation>> buckets;
  for (Observation& o : observations) {
    buckets[o.scope.canonical() + "\n" + o.learner + "\n" + o.bucket].push_back(std::move(o));
  }
  Learned out;
  for (const auto& [key, bucket] : buckets) {
    ReduceOutput reduced = reduce(bucket, options);
    for (Candidate& c : reduced.lessons) out.lessons.push_back(std::move(c));
    for (const auto& [why, n] : reduced.dropped) out.dropped[why] += n;
  }
  return out;
}

inline std::vector<Observation> observe(const std::vector<Episode>& episodes,
                                        const Turns& turns = {}) {
  std::vector<Observation> all;
  for (const Episode& episode : episodes) {
    for (Observation& o : observe_episode(
             {.episode = episode, .opening_turn = turns.opening, .next_turn = turns.next})) {
      all.push_back(std::move(o));
    }
  }
  return all;
}

inline Learned learn_from(const std::vector<Episode>& episodes, const ReduceOptions& options = {},
                          const Turns& turns = {}) {
  return reduce_all(observe(episodes, turns), options);
}

}  // namespace hardwon::learn::sample
