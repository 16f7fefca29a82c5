#include "apps/rule_json.h"

#include <gtest/gtest.h>

#include "apps/pipeline_config.h"

namespace hardwon::apps {
namespace {

// The seed's examples, as it prints them.
constexpr const char* kTranscript = R"({
    "id": "transcript_001",
    "segments": [
        {"speaker": "user", "content": "I always use camelCase for JavaScript variables",
         "type": "persistent", "timestamp": "2025-01-05T10:00:00Z"},
        {"speaker": "assistant", "content": "I'll follow the camelCase convention",
         "type": "persistent", "timestamp": "2025-01-05T10:00:05Z"},
        {"speaker": "user", "content": "The weather is nice today",
         "type": "irrelevant", "timestamp": "2025-01-05T10:00:15Z"}
    ],
    "session_id": "session_001",
    "duration": 1800,
    "tags": ["naming_conventions", "javascript"]
})";
constexpr const char* kRules = R"([{"id": "rule_001",
    "match_criteria": {"type": "pattern", "value": "javascript.*variable"},
    "action": {"type": "naming", "description": "Use camelCase for JavaScript variables"},
    "rationale": "User preference for JavaScript naming convention", "confidence": 0.95}])";
constexpr const char* kTask = R"({"id": "task_001", "type": "code_generation",
    "language": "javascript", "description": "Create a function to calculate user statistics",
    "context": {"variables_needed": ["userName", "userAge", "totalScore"],
                "existing_code": "function getUserData() { ... }"}})";

TEST(RuleJson, TheSeedsExamplesLoadUnchanged) {
  const auto transcripts = parse_transcripts(kTranscript, "t.json");
  ASSERT_TRUE(transcripts && transcripts->errors.empty());
  ASSERT_EQ(transcripts->transcripts.size(), 1);
  EXPECT_EQ(transcripts->transcripts[0].segments.size(), 3);
  EXPECT_EQ(transcripts->labels.at("transcript_001#2"), Persistence::kIrrelevant);
  const auto rules = parse_rules(kRules, "r.json");
  ASSERT_TRUE(rules && rules->errors.empty());
  EXPECT_EQ(rules->rules.at(0).rule.match.value, "javascript.*variable");
  EXPECT_DOUBLE_EQ(rules->rules.at(0).rule.confidence, 0.95);
  const auto tasks = parse_tasks(kTask, "k.json");
  ASSERT_TRUE(tasks && tasks->errors.empty());
  EXPECT_EQ(tasks->tasks.at(0).identifiers.size(), 3);
  EXPECT_EQ(tasks->tasks.at(0).code, "function getUserData() { ... }");
  EXPECT_EQ(tasks->tasks.at(0).context, "variables_needed");
}

TEST(RuleJson, WhatWasReadIsWrittenAndReadAgain) {
  NamedRule rule = parse_rules(kRules, "r.json")->rules.at(0);
  rule.rule.polarity = Polarity::kBoth;
  rule.rule.match.context_json = R"({"language":"javascript"})";
  rule.rule.parameters_json = R"({"n":[1,2]})";
  rule.source_id = "t#1";
  rule.time = parse_time("2025-01-05T10:00:00Z");
  const Json json = rule_json(rule);
  const auto again = parse_rules(dump_json(json), "r.json");
  ASSERT_TRUE(again && again->errors.empty()) << again->errors.at(0).message;
  EXPECT_EQ(dump_json(rule_json(again->rules.at(0))), dump_json(json));
}

TEST(RuleJson, BadPartsAreNamedWithLineAndFieldAndTheRestIsKept) {
  const std::string text = R"([
 {"id": "a", "segments": [
   {"speaker": "user", "content": "Keep it short"},
   {"speaker": "", "content": "who?"},
   {"content": "nobody"},
   {"speaker": "user", "content": "  "},
   {"speaker": "user", "content": 7},
   {"speaker": "user", "content": "x", "timestamp": "soon"},
   {"speaker": "user", "content": "y", "type": "forever", "mood": 1}
 ]},
 {"id": "b", "segments": []},
 {"id": "a", "segments": [{"speaker": "user", "content": "again"}]},
 7
])";
  const auto file = parse_transcripts(text, "t.json");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->transcripts.size(), 1);
  EXPECT_EQ(file->transcripts[0].segments.size(), 3);
  EXPECT_EQ(file->transcripts[0].segments[1].index, 5) << "skipped segments keep their numbers";
  struct Expected {
    int line;
    const char* field;
    const char* says;
  };
  const Expected expected[] = {{4, "/0/segments/1/speaker", "not empty"},
                               {5, "/0/segments/2/speaker", "nothing"},
                               {6, "/0/segments/3/content", "not empty"},
                               {7, "/0/segments/4/content", "found 7, expected a text"},
                               {8, "/0/segments/5/timestamp", "a time like"},
                               {9, "/0/segments/6/mood", "unknown key 'mood'"},
                               {9, "/0/segments/6/type", "persistent, short_term"},
                               {11, "/1/segments", "at least one segment"},
                               {12, "/2/id", "a second time"},
                               {13, "/3", "a transcript"}};
  ASSERT_EQ(file->errors.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const Error& error = file->errors[i];
    EXPECT_EQ(error.line, expected[i].line) << i << " " << error.message;
    EXPECT_EQ(error.field, expected[i].field);
    EXPECT_TRUE(error.message.contains(expected[i].says)) << error.message;
    EXPECT_EQ(error.path, "t.json");
  }
}

TEST(RuleJson, TimesThatRunBackwardsAreToldOfAndKept) {
  const auto file = parse_transcripts(
      R"({"id":"a","segments":[
        {"speaker":"user","content":"x","timestamp":"2025-01-02T00:00:00Z"},
        {"speaker":"user","content":"y","timestamp":"2025-01-01T00:00:00Z"}]})",
      "t");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->transcripts.at(0).segments.size(), 2);
  ASSERT_EQ(file->errors.size(), 1);
  EXPECT_EQ(file->errors[0].line, 3);
}

TEST(RuleJson, JsonLinesLoseOnlyTheirBadLines) {
  const std::string good = R"({"id":"A","segments":[{"speaker":"user","content":"x"}]})";
  const auto file = parse_transcripts(
      good + "\n{broken\n\n" + R"({"id":"B","segments":[{"speaker":"user"}]})" + "\n", "t.jsonl");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->transcripts.size(), 1);
  ASSERT_EQ(file->errors.size(), 2);
  EXPECT_EQ(file->errors[0].line, 4) << "the bad member of a good line";
  EXPECT_EQ(file->errors[1].line, 2) << "the bad line";
  const auto nothing = parse_transcripts("{broken", "t.json");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().path, "t.json");
  EXPECT_EQ(nothing.error().line, 1);
}

TEST(RuleJson, HostileInputIsBounded) {
  std::string many = R"({"id":"a","segments":[)";
  for (int i = 0; i < 20'000; ++i) many += i % 2 == 0 ? "{\"x\":1}," : "7,";
  many += R"({"speaker":"user","content":"kept"}]})";
  const auto file = parse_transcripts(many, "t");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->transcripts.at(0).segments.size(), 1);
  EXPECT_LE(file->errors.size(), 101);
  EXPECT_FALSE(parse_transcripts(std::string(100'000, '['), "t"));
  EXPECT_FALSE(parse_transcripts("", "t"));
  EXPECT_TRUE(parse_tasks("[]", "t")->tasks.empty());
  const auto bytes = parse_tasks("{\"id\":\"a\",\"description\":\"\xff\xfe\"}", "t");
  EXPECT_TRUE(!bytes || bytes->tasks.size() <= 1);
}

TEST(RuleJson, LinesOfPointers) {
  const std::string text = "{\n \"a\": [1,\n  {\"b/c\": \"x\\\"\",\n   \"d\": {}}]\n}";
  EXPECT_EQ(line_of_pointer(text, ""), 1);
  EXPECT_EQ(line_of_pointer(text, "/a"), 2);
  EXPECT_EQ(line_of_pointer(text, "/a/1"), 3);
  EXPECT_EQ(line_of_pointer(text, "/a/1/b~1c"), 3);
  EXPECT_EQ(line_of_pointer(text, "/a/1/d"), 4);
  EXPECT_EQ(line_of_pointer(text, "/a/1/missing"), 3) << "where its object stands";
}

TEST(PipelineConfig, TheSeedsFileLoadsAndEveryMistakeIsNamed) {
  const std::string seed = R"json({
    "extraction": {"patterns": {"naming_rule": "(?i)(always|must|should)\\s+use\\s+(\\w+Case)"},
                   "confidence_threshold": 0.7},
    "storage_decision": {
        "criteria_weights": {"cross_session_value": 0.4, "stability": 0.3, "clear_triggers": 0.2,
                             "reduces_inconsistency": 0.1},
        "storage_threshold": 0.7},
    "retrieval": {"similarity_threshold": 0.8, "max_rules_per_task": 10},
    "drift_reduction": {"metrics": ["naming_consistency", "style_consistency"],
                        "improvement_threshold": 0.1},
    "logging": {"level": "INFO", "format": "json", "output_dir": "data/logs"}})json";
  const auto config = parse_pipeline_config(seed, "c.json");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->patterns.at(0).name, "naming_rule");
  EXPECT_FALSE(config->structure);
  EXPECT_EQ(config->log_directory, "data/logs");
  const std::tuple<const char*, const char*, const char*> mistakes[] = {
      {R"({"extra": 1})", "/extra", "known: extraction"},
      {R"({"storage_decision":{"criteria_weights":{"stability":0.9}}})",
       "/storage_decision/criteria_weights", "sum to 1"},
      {R"({"storage_decision":{"criteria_weights":{"beauty":0.1}}})",
       "/storage_decision/criteria_weights/beauty", "known"},
      {R"({"drift_reduction":{"metrics":["taste_consistency"]}})", "/drift_reduction/metrics/0",
       "naming_consistency"},
      {R"({"drift_reduction":{"runs":5}})", "/drift_reduction/runs", "from 30"},
      {R"({"retrieval":{"similarity_threshold":2}})", "/retrieval/similarity_threshold", "0.0 to"},
      {R"({"logging":{"format":"xml"}})", "/logging/format", "json"},
      {R"({"extraction":{"patterns":{"a":1}}})", "/extraction/patterns/a", "RE2"},
      {R"([])", "", "an object"}};
  for (const auto& [text, field, says] : mistakes) {
    const auto bad = parse_pipeline_config(text, "c.json");
    ASSERT_FALSE(bad) << text;
    EXPECT_EQ(bad.error().field, field);
    EXPECT_TRUE(bad.error().message.contains(says)) << bad.error().message;
    EXPECT_EQ(bad.error().line, 1);
  }
}

}  // namespace
}  // namespace hardwon::apps
