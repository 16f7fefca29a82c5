#pragma once

// The vocabulary: plain records that every room and every face of Hardwon shares.
// One word a concept; docs/glossary.md has the definitions.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hardwon/error.h"
#include "hardwon/id.h"
#include "hardwon/time.h"

namespace hardwon {

// ---------------------------------------------------------------- visibility

// Labels that decide who sees a record: "user", "project" and whatever a writer asks for.
// A record is visible iff each label it carries equals the query's.
struct Scope {
  std::map<std::string, std::string> labels;

  auto operator<=>(const Scope&) const = default;
  // "project=/home/a/x,user=ann": sorted, the stored form; ',', '=' and '\' are escaped by '\'.
  std::string canonical() const;
  static Result<Scope> parse(std::string_view text);
};

// ---------------------------------------------------------------- what happened

enum class Speaker : std::uint8_t { kPerson, kAgent, kSubAgent, kHarness, kTool };
enum class StepStatus : std::uint8_t { kUnknown, kSuccess, kError, kTimeout };
enum class OutcomeStatus : std::uint8_t { kUnknown, kSuccess, kPartial, kFailure, kAbstained };

// Where an outcome comes from; its reliability follows (outcome_reliability).
enum class OutcomeSource : std::uint8_t {
  kNone,      // nobody said
  kReward,    // a benchmark's reward or test label: strong
  kVerdict,   // stated by the client that completed the episode, or by a person: strong
  kChecks,    // exit codes, builds and tests seen in the steps: medium
  kNextTurn,  // the person's next turn ("still broken", "thanks"): weak
  kCommit,    // a commit that followed: weak
  kUndo,      // an undo, a rewind or an interruption that followed: weak
  kClaim,     // the agent's own claim: none
};
enum class Reliability : std::uint8_t { kNone, kWeak, kMedium, kStrong };
Reliability outcome_reliability(OutcomeSource source);

struct Outcome {
  OutcomeStatus status = OutcomeStatus::kUnknown;
  std::optional<double> share;  // of success, in (0, 1), for kPartial
  OutcomeSource source = OutcomeSource::kNone;
  std::string verdict;  // one line, the source's own words

  // Success as a number in [0, 1]; nullopt for unknown and abstained.
  std::optional<double> success() const;
  bool operator==(const Outcome&) const = default;
};

struct TaskContext {
  std::string domain;  // empty = unknown
  std::string language;
  std::string framework;
  std::string complexity;  // "simple" | "moderate" | "complex" | ""
  std::vector<std::string> tags;

  bool operator==(const TaskContext&) const = default;
};

// One tool call or action with its result.
struct Step {
  std::uint32_t number = 0;  // 1-based within the episode
  std::string tool;
  std::string action;           // what was done, for people: a command line, a file path
  std::string parameters_json;  // the call's arguments as a JSON object, or empty
  StepStatus status = StepStatus::kUnknown;
  std::string output;  // result or error text; long ones keep head and tail
  std::optional<std::int64_t> latency_ms;
  std::optional<std::int64_t> tokens;
  std::optional<TimePoint> time;
  std::int64_t line = 0;         // of the call in the source file; 0 = none
  std::int64_t result_line = 0;  // of the result, where it stands apart from the call; 0 = unknown
  bool by_sub_agent = false;

  bool operator==(const Step&) const = default;
};

// Written at completion from the steps and the outcome; nothing is refused for quality.
struct Reflection {
  std::vector<std::string> successes;
  std::vector<std::string> improvements;
  std::vector<std::string> insights;
};

// One task.  Imported: id from (agent, agent session, turn).  Born here: UUIDv7.
struct Episode {
  ItemId id;
  std::string external_id;  // the id the source gave it, or empty
  SessionId session;        // empty when it belongs to none
  Scope scope;
  std::string task;
  TaskContext context;
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> ended_at;
  Outcome outcome;
  std::optional<double> reward;  // as the source or the client stated it
  std::string artifacts_json;    // JSON array or object, or empty
  std::vector<Step> steps;
  bool completed = false;

  std::string source_path;  // where it was read; empty when born here
  std::int64_t line_from = 0, line_to = 0;

  // Computed at completion (docs/architecture.md, seed 000).
  std::optional<double> reward_score;  // seed 000's total reward
  std::optional<double> quality;       // [0, 1]
  Reflection reflection;
};

// One message of a conversation.
struct Segment {
  ItemId id;
  SessionId session;
  Scope scope;
  std::uint32_t index = 0;  // position in its transcript, 0-based
  Speaker speaker = Speaker::kHarness;
  std::string text;
  std::optional<TimePoint> time;
  std::int64_t line = 0;  // in the source file
  ItemId episode;         // the episode it opens or lies in; empty when none
  bool opens_episode = false;
  bool abandoned = false;  // on a branch that was rewound
};

struct TokenCounts {
  std::int64_t input = 0, output = 0, cache_read = 0, cache_creation = 0;
  bool known = false;  // false: the source has no token counts (unknown, not 0)

  TokenCounts& operator+=(const TokenCounts& other);
  bool operator==(const TokenCounts&) const = default;
};

// One run of an agent.
struct Session {
  SessionId id;
  std::string agent;          // "claude-code", "tau-bench", …
  std::string agent_session;  // the agent's own id
  std::string transcript_id;  // name in answers: external_id of a segment is "<this>#<index>"
  Scope scope;
  std::string directory;  // cwd, empty when unknown
  std::string model, title;
  std::optional<TimePoint> started_at, ended_at;
  TokenCounts tokens;
  std::string source_path;
};

// Text given for retrieval as it is.
struct Document {
  ItemId id;
  std::string external_id;
  Scope scope;
  std::string content;
  std::string metadata_json;  // JSON object, or empty
};

// ---------------------------------------------------------------- what was learned

enum class LessonKind : std::uint8_t {
  kToolSequence,
  kDecisionPoint,
  kErrorRecovery,
  kContextPattern,
  kHeuristic,
  kDeadEnd,
  kRule,
  kDecision,
};
inline constexpr std::size_t kLessonKindCount = 8;

enum class LessonStatus : std::uint8_t { kCandidate, kActive, kQuarantined, kRetired };

// How long a sentence is meant to hold (seed 001's rule types).
enum class Persistence : std::uint8_t { kPersistent, kShortTerm, kIrrelevant };
// What a rule is about, and whether it asks or forbids; both: "X instead of Y".
enum class ActionType : std::uint8_t { kStyle, kNaming, kStructure, kBehavior };
enum class Polarity : std::uint8_t { kDo, kAvoid, kBoth };

// The situation in which a rule applies (seed 001).
enum class MatchType : std::uint8_t { kPattern, kKeyword, kContext };
struct MatchCriteria {
  MatchType type = MatchType::kKeyword;
  // kPattern: an RE2 pattern; kKeyword: words, of which a particular one must occur; kContext:
  // "always", or "key=value" (language, type, paths, framework, domain, tag).
  std::string value;
  std::string context_json;  // further conditions: JSON object, or empty
  bool operator==(const MatchCriteria&) const = default;
};

// A verbatim span that a lesson rests on.
struct Provenance {
  std::string path;
  std::int64_t line = 0;
  std::string quote;
  std::optional<TimePoint> time;
  ItemId episode;  // empty when the span is in none
  bool operator==(const Provenance&) const = default;
};

// When a lesson applies.
struct When {
  TaskContext context;
  std::string condition;           // for people: "`cargo test` fails with E0433"
  std::string error_signature;     // the failing line, constant noise removed
  std::vector<std::string> paths;  // files it speaks of
  std::vector<std::string> tools;
  bool operator==(const When&) const = default;
};

struct ToolSequence {
  std::vector<std::string> tools;
  std::optional<double> latency_ms_mean;
};
struct DecisionPoint {
  std::string condition, action;
};
struct ErrorRecovery {
  std::string signature;
  std::vector<std::string> failed;    // what did not help, in order
  std::vector<std::string> recovery;  // what led from fail to pass
};
struct ContextPattern {
  std::vector<std::string> features;
  std::string approach;
};
struct Heuristic {
  std::string condition, action;
};
struct DeadEnd {
  std::string signature;
  std::vector<std::string> failed;
};
struct Rule {
  std::string text;  // as the person put it, cleaned
  MatchCriteria match;
  ActionType action = ActionType::kBehavior;
  Polarity polarity = Polarity::kDo;
  std::string parameters_json;  // seed 001's action.parameters: JSON object, or empty
  std::string rationale;        // why, in the person's words; may be empty
  double confidence = 1;        // in [0, 1]: that it is meant to last
};
struct Decision {
  std::string text;
};
// Alternatives in the order of LessonKind.
using LessonPayload = std::variant<ToolSequence, DecisionPoint, ErrorRecovery, ContextPattern,
                                   Heuristic, DeadEnd, Rule, Decision>;

// Anything learned.
struct Lesson {
  ItemId id;  // hash of (scope, kind, key); a remembered one's key is its text
  LessonKind kind = LessonKind::kRule;
  Scope scope;
  std::string statement;  // one sentence one developer would say to another
  When when;
  LessonPayload payload = Rule{};
  std::vector<Provenance> provenance;
  std::optional<TimePoint> valid_from, valid_to;
  ItemId superseded_by;
  LessonStatus status = LessonStatus::kActive;
  bool pinned = false, suppressed = false;
  std::string learner;     // "error_recovery/1"; "remember" when a person stated it
  std::int64_t count = 1;  // times seen or said
  ItemId group;            // near-duplicates: the smallest id speaks for the group
};

// ---------------------------------------------------------------- evidence

// What one episode says about one lesson.  Shown alone never counts as success.
struct Evidence {
  ItemId lesson, episode;
  bool observed = false, shown = false, applied = false;
  Outcome outcome;
};

struct Trials {
  double success = 0, failure = 0;  // a partial adds its share to each side
  double n() const { return success + failure; }
};

// The record of a lesson, from its evidence rows (docs/decisions/0004).
struct EvidenceSummary {
  Trials observed, applied;
  std::int64_t shown = 0;
  std::optional<double> mean;       // Beta posterior mean; nullopt = untested
  std::optional<double> lower95;    // its 95 % lower bound (5th percentile)
  std::optional<double> raw_score;  // seed 000: success_rate × √n
  std::optional<double> rating;     // mean of ratings 1..5
  std::int64_t ratings = 0;
};

// ---------------------------------------------------------------- names

std::string_view name_of(Speaker value);
std::string_view name_of(StepStatus value);
std::string_view name_of(OutcomeStatus value);
std::string_view name_of(OutcomeSource value);
std::string_view name_of(Reliability value);
std::string_view name_of(LessonKind value);
std::string_view name_of(LessonStatus value);
std::string_view name_of(Persistence value);
std::string_view name_of(ActionType value);
std::string_view name_of(Polarity value);
std::string_view name_of(MatchType value);
std::optional<StepStatus> parse_step_status(std::string_view name);
std::optional<OutcomeStatus> parse_outcome_status(std::string_view name);
std::optional<LessonKind> parse_lesson_kind(std::string_view name);
std::optional<LessonStatus> parse_lesson_status(std::string_view name);
std::optional<Persistence> parse_persistence(std::string_view name);
std::optional<ActionType> parse_action_type(std::string_view name);
std::optional<Polarity> parse_polarity(std::string_view name);
std::optional<MatchType> parse_match_type(std::string_view name);

}  // namespace hardwon
