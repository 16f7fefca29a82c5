// The table of learners and the two doors of the room.

#include "learn/learn.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/json.h"
#include "learn/learner.h"
#include "learn/task_words.h"

namespace hardwon::learn {
namespace {

const std::array<const Learner*, 8> kLearners = {&kErrorRecovery, &kDeadEnd,   &kToolSequence,
                                                 &kDecisionPoint, &kHeuristic, &kContextPattern,
                                                 &kStatedRule,    &kAgreement};

}  // namespace

std::vector<Observation> observe_episode(const EpisodeInput& input) {
  const std::vector<StepView> views = view_steps(input.episode);
  std::vector<Observation> out;
  for (const Learner* learner : kLearners) {
    if (learner->observe != nullptr) learner->observe(input, views, out);
  }
  return out;
}

std::vector<Observation> observe_transcript(std::span<const Segment> segments,
                                            std::string_view agent, std::string_view source_path) {
  std::vector<Observation> out;
  const Taken taken = observe_agreements(segments, agent, source_path, out);
  observe_statements(segments, agent, source_path, taken, out);
  return out;
}

ReduceOutput reduce(std::span<const Observation> observations, const ReduceOptions& options) {
  CHECK(!observations.empty());
  const auto learner = std::ranges::find(kLearners, observations[0].learner,
                                         [](const Learner* l) { return l->name; });
  // An observation of a learner that a later version left out gives nothing.
  if (learner == kLearners.end()) return {};
  try {
    ReduceOutput output = (*learner)->reduce(observations, options);
    name_tasks(observations, output);
    return output;
  } catch (const Json::exception&) {
    // A body that this version did not write: as good as not observed.
    return {.lessons = {}, .dropped = {{"an observation that cannot be read", 1}}};
  }
}

}  // namespace hardwon::learn
