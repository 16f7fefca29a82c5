#pragma once

// Questions to the memory and its answers: recall and injection.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hardwon/types.h"

namespace hardwon {

enum class ItemKind : std::uint8_t { kLesson = 1, kSegment = 2, kDocument = 3, kEpisode = 4 };
std::string_view name_of(ItemKind value);

enum class RecallMode : std::uint8_t { kAuto, kHybrid, kVector, kLexical };
std::string_view name_of(RecallMode value);

// Which records a question may see.
struct Visibility {
  bool all = false;  // `--scope all`: every record of the store
  Scope scope;       // else: user and project of the working directory
};

struct RecallQuery {
  std::string text;   // empty: by context, file or error alone
  std::size_t k = 5;  // 1..1000
  // Empty: lessons and documents.  Lesson kinds narrow the lessons.
  std::vector<ItemKind> kinds;
  std::vector<LessonKind> lesson_kinds;
  Visibility visibility;
  TaskContext context;                       // domain, language, framework, tags
  std::vector<std::string> files;            // paths the task touches
  std::string error_text;                    // an error message or a log that contains one
  std::optional<Episode> episode;            // the task so far: its task, context and steps
  std::map<std::string, std::string> where;  // document metadata equals
  std::optional<TimePoint> since, until, as_of;
  bool include_superseded = false;
  double min_relevance = 0.0;  // [0, 1]; raises the floor, never lowers it
  RecallMode mode = RecallMode::kAuto;
  bool group_by_transcript = false;
  bool explain = false;
};

// How a hit matched, each in [0, 1].
struct MatchParts {
  double lexical = 0, vector = 0, context = 0;
};

struct RecallHit {
  ItemId id;
  std::string external_id;
  ItemKind kind = ItemKind::kLesson;
  std::optional<LessonKind> lesson_kind;
  double relevance = 0;    // [0, 1], calibrated: does it speak of this task?
  double score = 0;        // the sort key: relevance × what the evidence says, with age
  std::string statement;   // lessons; else the first line
  std::int64_t count = 1;  // lessons: times said or seen
  std::string content;     // the whole text
  std::string metadata_json;
  When when;
  EvidenceSummary evidence;
  MatchParts matched;
  std::string transcript_id;
  LessonStatus status = LessonStatus::kActive;
  bool pinned = false;
  ItemId superseded_by;
  std::vector<Provenance> provenance;
  std::vector<std::string> why;  // with `explain`: one sentence a term of the score
};

struct Probability {
  double mean = 0, low = 0, high = 0;  // 95 % interval
};

struct RecallAnswer {
  RecallId id;
  RecallMode mode = RecallMode::kHybrid;  // what really ran
  std::string source = "local";
  std::optional<std::string> degraded;  // why, when a part could not be used
  std::int64_t pending_episodes = 0;    // completed, not yet learned from
  std::map<std::string, std::int64_t> timings_us;
  std::optional<Probability> p_success;  // of the task described; nullopt = not enough known
  std::vector<RecallHit> hits;           // best first
};

struct InjectRequest {
  std::string task;
  std::vector<std::string> files;
  TaskContext context;
  Visibility visibility;
  std::int64_t budget_tokens = 800;
  ItemId episode;       // bound to it when known
  std::string session;  // the agent's session id, for credit at its end
  bool explore = true;
  std::vector<ItemId> already_told;  // lessons to leave out: this session has them
};

struct InjectedLesson {
  ItemId id;
  std::string statement;
  std::int64_t tokens = 0;
  double probability = 1;  // that this lesson was chosen for its place
  double relevance = 0;
  bool untested = false;
};

struct Injection {
  RecallId id;
  std::string block;  // empty when there is nothing to say
  std::int64_t tokens = 0;
  std::string estimator;  // the named token estimator
  std::vector<InjectedLesson> lessons;
  std::vector<InjectedLesson> ghosts;  // eligible for the trial place, not shown
  // Relevant, but stated in a rule file of the project that the agent loads by itself.
  std::vector<InjectedLesson> loaded;
};

}  // namespace hardwon
