#pragma once

// Synthetic transcripts, tasks and the truth about them (seed 001): written before anything is
// measured, so that nobody's answer is its own gold.
//
// Invariants
//   1. Same options, same bytes: ids, times and texts come from the seed and the content.
//   2. Who speaks does not give the label away: persons and the agent say all three kinds.
//   3. The families share no sentence pattern; what was built on one is measured on the other.
// Threads: pure functions, safe from any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"
#include "learn/rule_templates.h"

namespace hardwon::learn {

struct GeneratorOptions {
  // Shares of segments; must sum to 1.
  double persistent = 0.4, short_term = 0.2, irrelevant = 0.4;
  std::vector<ActionType> types;  // of the rules; empty: all
  std::size_t n = 20;             // transcripts, and tasks
  std::uint64_t seed = 1;
  TemplateFamily family = TemplateFamily::kTest;
  // kInvalidArgument naming the field.
  Result<void> validate() const;
};

struct LabelledSegment {
  std::string speaker;  // "user", "assistant", "tool"
  std::string content;
  Persistence label = Persistence::kIrrelevant;
  TimePoint time;
};

// A rule that a person states in a transcript.
struct GoldRule {
  std::string id;
  Rule rule;              // parameters_json has scope, target and value where the words have them
  std::string source_id;  // "<transcript>#<index of the segment>"
  TimePoint time;
  bool store = true;  // false: nothing to act on, said before, or taken back later
};

struct LabelledTranscript {
  std::string id, session_id;
  std::vector<LabelledSegment> segments;
  std::int64_t duration_s = 0;
  std::vector<std::string> tags;  // the first is "synthetic"
  std::vector<GoldRule> gold;
};

struct LabelledTask {
  std::string id, type, language, description;
  std::vector<std::string> paths, identifiers;
  std::string code;
  std::vector<std::string> applies;  // ids of the gold rules to keep that it should follow, sorted
};

struct SyntheticData {
  std::vector<LabelledTranscript> transcripts;
  std::vector<LabelledTask> tasks;
};
SyntheticData generate(const GeneratorOptions& options);

// The seed's extractor in one line: one of its nine cue words, or "use", as a word or the
// beginning of one.  The baseline that every result stands beside.
bool has_cue_word(std::string_view text);

}  // namespace hardwon::learn
