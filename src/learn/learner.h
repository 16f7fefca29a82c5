#pragma once

// What every learner shares: making observations, reading them back, making candidates.
//
// A learner is two pure functions: observe (map) and reduce.  Its observations carry a body,
// a JSON object that only the learner itself reads (docs/formats/episode.md).

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "learn/learn.h"
#include "learn/steps.h"

namespace hardwon::learn {

using Observations = std::vector<Observation>;
using Span = std::span<const Observation>;

// One function pair a learner; the table of all is in learn.cpp.
struct Learner {
  std::string_view name;
  void (*observe)(const EpisodeInput&, const std::vector<StepView>&, Observations&);  // or null
  ReduceOutput (*reduce)(Span, const ReduceOptions&);
};
extern const Learner kErrorRecovery, kDeadEnd, kToolSequence, kDecisionPoint, kHeuristic,
    kContextPattern, kStatedRule, kAgreement;

// Sentences of persons' turns that went into an agreement: they are no rules beside it.
using Taken = std::set<std::pair<ItemId, std::string>>;
Taken observe_agreements(std::span<const Segment> segments, std::string_view agent,
                         std::string_view source_path, Observations& out);
void observe_statements(std::span<const Segment> segments, std::string_view agent,
                        std::string_view source_path, const Taken& taken, Observations& out);

// An observation about the episode, with scope, outcome, time and context filled in.
Observation observation_of(const Episode& episode, std::string_view learner, std::string bucket);

// An observation that only says what was dropped and why; all such share one bucket.
Observation dropped_in(const Episode& episode, std::string_view learner, std::string_view reason,
                       std::int64_t n);
inline constexpr std::string_view kDroppedBucket = "dropped";
// True when the observations are of that bucket; fills `out.dropped`.
bool reduce_dropped(Span observations, ReduceOutput& out);

// A verbatim quote of at most 240 bytes, cut at a character: of what was called, with the call's
// line, or of what came back, with the result's (the call's where the result's is not known).
Provenance quote_of(const Episode& episode, const Step& step, std::string_view quote);
Provenance quote_of_result(const Episode& episode, const Step& step, std::string_view quote);

// The first bytes of a text, cut at a character.
std::string verbatim(std::string_view text, std::size_t bytes_max);

// Observations in an order that depends on their content alone: time, then item, then body.
std::vector<const Observation*> in_order(Span observations);

// One `observed` row an episode, with that episode's outcome; observations without an episode
// give none.
std::vector<Evidence> evidence_of(const ItemId& lesson,
                                  std::span<const Observation* const> observations);

// A candidate with id, scope, kind, learner, validity and evidence filled in.  `key` names the
// lesson within (scope, kind): same key, same lesson.
Candidate candidate_of(LessonKind kind, std::string_view key,
                       std::span<const Observation* const> observations);

// Provenance of several observations, without repeats, at most `max`, newest first.
std::vector<Provenance> provenance_of(std::span<const Observation* const> observations,
                                      std::size_t max);

// The context fields that all observations share.
TaskContext common_context(std::span<const Observation* const> observations);

// Sorts by id and drops what the project's own rule files already say.
void finish(ReduceOutput& out, const ReduceOptions& options);

// Seed 000: success_rate × √n.  successes may be fractional; n > 0.
double raw_score(double successes, std::int64_t n);

// Success of a group of episodes; unknown and abstained outcomes are no trials.
struct Tally {
  double success = 0;
  std::int64_t n = 0;
  void add(const Outcome& outcome);
  double rate() const { return n == 0 ? 0 : success / static_cast<double>(n); }
};
// z of the difference of two success rates (pooled); 0 when either has no trials.
double rate_difference_z(const Tally& a, const Tally& b);

// Whether a raw score and at least two trials let a pattern pass (seed 000, DESIGN §1).
bool passes(const Tally& tally, const ReduceOptions& options);

}  // namespace hardwon::learn
