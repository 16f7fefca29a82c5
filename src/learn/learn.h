#pragma once

// From records to lessons, as map and reduce, so that any order of imports, any number of
// workers, and learning at once or later give the same lessons.
//
//   observe_*()  one episode or transcript  -> observations          (map)
//   reduce()     all observations of one bucket -> lessons           (reduce)
//
// Invariants
//   1. Pure: no I/O, no clock, no logging; what was dropped is returned with its reason.
//   2. reduce() does not depend on the order of its observations.
//   3. Tool output, harness text, injected blocks and the agent's own claims state nothing;
//      they can only be quoted as what happened.
// Threads: pure functions, safe from any thread.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

// All learners together; a change of any learner's results raises it, and `learn --again`
// or the next learn recomputes.
inline constexpr int kLearnerVersion = 8;

struct Observation {
  std::string learner;  // "error_recovery"; one file a learner
  std::string bucket;   // reduce() sees all observations of one (scope, learner, bucket)
  Scope scope;
  ItemId item;       // the episode, or the segment for learners over conversations
  ItemId episode;    // the episode concerned; empty when none
  std::string task;  // the first words of that episode's task
  Outcome outcome;   // of that episode
  std::optional<TimePoint> time;
  TaskContext context;
  std::string body_json;  // the learner's own content
  std::vector<Provenance> provenance;
};

// An episode with what people said around it.
struct EpisodeInput {
  const Episode& episode;
  std::string_view opening_turn;    // the person's words that opened it; may be empty
  std::string_view next_turn;       // the person's next turn in the session; may be empty
  std::int64_t next_turn_line = 0;  // its line in the source, for quotes; 0 = unknown
};

std::vector<Observation> observe_episode(const EpisodeInput& input);

// The name under which imported rule files stand as sessions: their text is a person's, and is
// read as a file.
inline constexpr std::string_view kRuleFileAgent = "rule-file";
// A conversation that was written down, without tools.
inline constexpr std::string_view kTranscriptAgent = "transcript";

// The segments of one session in order (persons' turns and the agent message before each).
std::vector<Observation> observe_transcript(std::span<const Segment> segments,
                                            std::string_view agent, std::string_view source_path);

struct ReduceOptions {
  double pattern_extraction_threshold = 0.7;  // the seed's: raw score success_rate × √n
  // Statements of the project's own rule files (CLAUDE.md, AGENTS.md), one a line.
  std::span<const std::string> known_rules;
};

struct Candidate {
  Lesson lesson;                   // id = content_id of (scope, kind, key)
  std::vector<Evidence> evidence;  // `observed` rows, one an episode
};

struct ReduceOutput {
  std::vector<Candidate> lessons;               // in id order
  std::map<std::string, std::int64_t> dropped;  // reason -> count
};

// observations: non-empty, all of one (scope, learner, bucket).
ReduceOutput reduce(std::span<const Observation> observations, const ReduceOptions& options);

// The outcome of an imported episode, as far as the log shows it: checks seen in the steps,
// the person's next turn, a commit, an undo.  Never from the agent's own claim.
Outcome infer_outcome(const Episode& episode, std::string_view next_turn, bool abandoned);

// Do the episode's steps show what the lesson says?  An error recovery or a sequence of tools
// by its commands, a heuristic or decision point by its action.  A rule or decision cannot be
// seen in steps: false.
bool applied(const Lesson& lesson, const Episode& episode);

// The failing line of an error text as a stable signature: paths, numbers, hashes, times and
// the constant noise around it removed.  Empty when no line states an error.
std::string error_signature(std::string_view output);

// What seed 000 computes at completion: total reward, quality in [0, 1], and the reflection.
// Duration and steps come from the episode; formulas and constants in docs/formats/episode.md.
double reward_score(const Episode& episode);
double quality(const Episode& episode);
Reflection reflect(const Episode& episode);

}  // namespace hardwon::learn
