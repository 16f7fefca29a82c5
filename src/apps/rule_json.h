#pragma once

// Seed 001's JSON, both ways: transcripts, rules, tasks, ground truth and the configuration of
// the pipeline (docs/formats/rules-pipeline.md).
//
// Invariants
//   1. What cannot be read is an error with path, line and field; the rest is kept.
//   2. Labels are read apart from what was said: a Transcript has no place for one.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hardwon/types.h"
#include "learn/rule_generator.h"
#include "recall/rule_match.h"

namespace hardwon::apps {

struct Utterance {
  std::size_t index = 0;  // in the transcript as given, skipped ones counted
  std::string speaker;    // "user", "assistant", "system", "tool"
  std::string content;
  std::optional<TimePoint> time;
};
struct Transcript {
  std::string id, session_id;
  std::vector<Utterance> segments;
};
// "<transcript>#<index>".
std::string segment_name(const Transcript& transcript, std::size_t index);

struct TranscriptFile {
  std::vector<Transcript> transcripts;
  std::map<std::string, Persistence> labels;  // by segment name; for measuring only
  std::vector<Error> errors;
};

struct NamedRule {
  std::string id;
  Rule rule;
  std::string source_id;  // may be empty
  std::optional<TimePoint> time;
};
struct RuleFile {
  std::vector<NamedRule> rules;
  std::vector<Error> errors;
};

struct TaskFile {
  std::vector<recall::RuleTask> tasks;
  std::vector<Error> errors;
};

struct Truth {
  std::vector<NamedRule> rules;
  std::map<std::string, bool> store;                        // by rule id; absent: true
  std::map<std::string, std::vector<std::string>> applies;  // rule ids by task id
  std::vector<Error> errors;
};

// Each takes one JSON object, an array of them, or JSON lines.  `path` is for errors.
// Errors: kInvalidArgument when nothing of it is JSON.
Result<TranscriptFile> parse_transcripts(std::string_view text, const std::string& path);
Result<RuleFile> parse_rules(std::string_view text, const std::string& path);
Result<TaskFile> parse_tasks(std::string_view text, const std::string& path);
// An array of rules as in the seed, or what truth_json() gives.
Result<Truth> parse_truth(std::string_view text, const std::string& path);

Json rule_json(const NamedRule& rule);
Json transcript_json(const learn::LabelledTranscript& transcript);
Json task_json(const learn::LabelledTask& task);
Json truth_json(const learn::SyntheticData& data, const learn::GeneratorOptions& options);

// The line on which the value of a JSON pointer begins, 1-based; nullopt when it has none.
std::optional<std::int64_t> line_of_pointer(std::string_view text, std::string_view pointer);

}  // namespace hardwon::apps
