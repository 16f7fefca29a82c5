#pragma once

// Which rules apply to a task, and why (seed 001's retrieval).
//
// A rule asks for what it names: a language, a kind of task, paths, a pattern, particular words
// ("billing", "invoice parser").  Its score is the weighted share of what it asks for that the
// task has; a rule that asks for nothing applies always.  This differs from the seed's upstream,
// where a rule without a language could never reach the threshold and patterns were compared as
// literal text.
//
// Invariants
//   1. The parts of a score sum to it within 1e-6.
//   2. Order of rules changes nothing but the numbers in `rule`; equal scores fall back to
//      specificity, shared words, confidence and id.
//   3. A pattern that RE2 refuses is an error by name; its rule does not apply, the others do.
// Threads: immutable once built; any number of threads may match.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::recall {

struct RuleTask {
  std::string id;
  std::string type;      // "code_generation", …; empty = unknown
  std::string language;  // "javascript"; empty = unknown
  std::string description;
  std::vector<std::string> paths;        // files it concerns
  std::vector<std::string> identifiers;  // names it needs
  std::string code;                      // that is there already
  std::string context;                   // whatever else is known: "key value key value"
};

// What retrieval looks at of a rule.
struct MatchableRule {
  std::string id;
  Rule rule;
  When when;  // language and paths
};
// kRule and kDecision lessons; a decision has the criteria "always".
MatchableRule matchable(const Lesson& lesson);

// The seed's weights; a part that a rule does not ask for has none.
inline constexpr double kLanguageWeight = 0.3;
inline constexpr double kTaskTypeWeight = 0.2;
inline constexpr double kWordsWeight = 0.3;
inline constexpr double kValueWeight = 0.2;  // pattern, and path globs
// The seed's threshold and limit.
struct RuleMatchOptions {
  double threshold = 0.8;      // in [0, 1]
  std::size_t rules_max = 10;  // of one task
};

struct RuleScorePart {
  std::string_view name;  // "language", "task_type", "words", "pattern", "paths", "always"
  double value = 0;       // its share of the score
  double possible = 0;    // what it could have added
  std::string why;        // "the task is in go, the rule is for python"
};

struct RuleMatch {
  std::size_t rule = 0;  // index into what the RuleIndex was built from
  double score = 0;      // in [0, 1]
  bool applies = false;
  std::vector<RuleScorePart> parts;
  std::string why;  // one sentence
};

class RuleIndex {
 public:
  // Compiles patterns and makes the word index: about 10 µs a rule, 40 µs with a pattern.
  explicit RuleIndex(std::vector<MatchableRule> rules);
  ~RuleIndex();
  RuleIndex(RuleIndex&&) noexcept;
  RuleIndex& operator=(RuleIndex&&) noexcept;

  const std::vector<MatchableRule>& rules() const;
  // One for each pattern that is not valid and each condition nobody knows, in order of rules.
  const std::vector<Error>& errors() const;

  // The rules that apply, best first, at most rules_max.  Only rules that share something with
  // the task, and those that ask for nothing, are looked at.
  std::vector<RuleMatch> match(const RuleTask& task, const RuleMatchOptions& options = {}) const;
  // The same for one rule, whether it applies or not.
  RuleMatch explain(std::size_t rule, const RuleTask& task,
                    const RuleMatchOptions& options = {}) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// Shell-like: '*' and '?' stay within a directory, '**' crosses them; a pattern without '/' is
// about the file's name, one without wildcards about a file or all in a directory.
bool path_matches(std::string_view glob, std::string_view path);

}  // namespace hardwon::recall
