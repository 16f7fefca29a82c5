// The pipeline's stages, and the command that stands for an agent.

#include <gtest/gtest.h>

#include <algorithm>

#include "apps/external_command.h"
#include "apps/pipeline_drift.h"
#include "apps/pipeline_stages.h"
#include "code/syntax.h"

namespace hardwon::apps {
namespace {

Json texts_of_labelled(bool permuted) {
  learn::GeneratorOptions options{.n = 6, .seed = 3};
  learn::SyntheticData data = learn::generate(options);
  Json out = Json::array();
  for (auto& transcript : data.transcripts) {
    if (permuted) {
      for (auto& segment : transcript.segments) {
        segment.label = static_cast<Persistence>((static_cast<int>(segment.label) + 1) % 3);
      }
    }
    out.push_back(transcript_json(transcript));
  }
  return out;
}

std::string extracted(const Json& transcripts, const PipelineConfig& config = {}) {
  const auto file = parse_transcripts(dump_json(transcripts), "t");
  std::vector<Error> errors;
  return dump_json(extract_stage(file->transcripts, config, errors));
}

TEST(Pipeline, PermutingLabelsLeavesTheExtractionByteIdentical) {
  const std::string once = extracted(texts_of_labelled(false));
  EXPECT_EQ(once, extracted(texts_of_labelled(true)));
  EXPECT_GT(once.size(), 5'000);
}

Transcript said(std::vector<std::pair<std::string, std::string>> segments) {
  Transcript out{.id = "t"};
  for (auto& [speaker, content] : segments) {
    out.segments.push_back({.index = out.segments.size(),
                            .speaker = speaker,
                            .content = content,
                            .time = TimePoint{} + std::chrono::hours(out.segments.size())});
  }
  return out;
}

TEST(Pipeline, ToolOutputStatesNothingAndAnEchoIsEvidence) {
  std::vector<Error> errors;
  PipelineConfig config{.confidence_threshold = 0};
  const Json stage =
      extract_stage({said({{"tool", "Always use tabs."},
                           {"system", "Never push to main."},
                           {"user", "In general, never edit generated files."},
                           {"assistant", "Understood, I will never edit generated files."}})},
                    config, errors);
  ASSERT_EQ(stage["rules"].size(), 1) << stage.dump(1);
  const Json& rule = stage["rules"][0];
  EXPECT_EQ(rule["source_id"], "t#2");
  EXPECT_EQ(rule["evidence"][0], "t#2");
  EXPECT_EQ(stage["read"][0]["persistence"], "irrelevant");
  EXPECT_EQ(stage["read"][1]["persistence"], "irrelevant");
}

TEST(Pipeline, TheReasonAfterARuleIsNoRuleOfItsOwn) {
  std::vector<Error> errors;
  PipelineConfig config{.confidence_threshold = 0};
  const Json stage = extract_stage(
      {said({{"user", "In general, never edit generated files. Anything else is rejected."}})},
      config, errors);
  ASSERT_EQ(stage["rules"].size(), 1) << stage.dump(1);
}

TEST(Pipeline, AnInvalidUserPatternIsNamedAndTheOthersGoOn) {
  std::vector<Error> errors;
  PipelineConfig config{.patterns = {{"bad", "("}, {"generated", "(?i)generated"}},
                        .confidence_threshold = 0.95};
  const Json stage = extract_stage({said({{"user", "Generated files are not edited by hand here."},
                                          {"user", "We don't squash merge on this team."}})},
                                   config, errors);
  ASSERT_EQ(errors.size(), 1);
  EXPECT_EQ(errors[0].field, "/extraction/patterns/bad");
  ASSERT_EQ(stage["rules"].size(), 1) << "at .95 only the user's own pattern keeps one";
  EXPECT_EQ(stage["rules"][0]["pattern"], "generated");
}

Json rule_line(const char* id, const char* text, const char* time) {
  return {{"id", id},
          {"match_criteria", {{"type", "context"}, {"value", "always"}}},
          {"action", {{"type", "style"}, {"description", text}}},
          {"rationale", ""},
          {"confidence", 0.95},
          {"source_id", std::string("t#") + id},
          {"timestamp", time}};
}

TEST(Pipeline, TheLaterRuleWinsWhateverTheOrderOfTheInput) {
  Json rules = Json::array(
      {rule_line("1", "Indent Python code with tabs", "2025-01-01T00:00:00Z"),
       rule_line("2", "Indent Python code with four spaces", "2025-01-02T00:00:00Z"),
       rule_line("3", "Python code is indented with four spaces", "2025-01-03T00:00:00Z"),
       rule_line("4", "Indent Go code with tabs", "2025-01-01T00:00:00Z")});
  std::vector<Error> errors;
  const PipelineConfig config{.storage = {.threshold = 0.5}};
  const auto decided = decide_stage({{"rules", rules}}, config, errors);
  ASSERT_TRUE(decided);
  std::map<std::string, Json> by_id;
  for (const Json& rule : (*decided)["rules"]) by_id[rule["id"]] = rule;
  EXPECT_EQ(by_id["1"]["superseded_by"], "2");
  EXPECT_EQ(by_id["1"]["decision"], "ignore");
  EXPECT_EQ(by_id["2"]["decision"], "store");
  EXPECT_EQ(by_id["3"]["same_as"], "2");
  EXPECT_EQ(by_id["4"]["decision"], "store") << "another language coexists";
  std::ranges::reverse(rules);
  const auto again = decide_stage({{"rules", rules}}, config, errors);
  EXPECT_EQ(dump_json(*again), dump_json(*decided));
  EXPECT_TRUE(errors.empty());
}

TEST(Pipeline, TheScoreIsTheWeightedSumOfItsCriteria) {
  std::vector<Error> errors;
  const PipelineConfig config;
  const auto decided = decide_stage(
      Json::array({rule_line("1", "Indent with tabs", "2025-01-01T00:00:00Z")}), config, errors);
  const Json& score = (*decided)["rules"][0]["storage_score"];
  const auto part = [&](const char* name) { return score[name].get<double>(); };
  EXPECT_NEAR(part("total"),
              0.4 * part("cross_session_value") + 0.3 * part("stability") +
                  0.2 * part("clear_triggers") + 0.1 * part("reduces_inconsistency"),
              1e-6);
}

TEST(Pipeline, RetrievalTakesWhatIsStoredOnly) {
  Json rules = Json::array({rule_line("1", "Python code is indented with tabs", "2025-01-01"),
                            rule_line("2", "Comments are in English", "2025-01-01")});
  rules[1]["decision"] = "ignore";
  std::vector<Error> errors;
  const auto retrieved = retrieve_stage(
      {{"rules", rules}},
      {{.id = "k", .type = "debugging", .language = "python", .description = "Repair it"}}, {},
      errors);
  ASSERT_TRUE(retrieved);
  EXPECT_EQ(dump_json((*retrieved)["tasks"][0]["applied_rules"]), R"(["1"])");
  EXPECT_EQ((*retrieved)["tasks"][0]["block"],
            "Rules of this project:\n- Python code is indented with tabs\n");
  EXPECT_FALSE(retrieve_stage({{"nothing", 1}}, {}, {}, errors));
}

Json retrieved_task() {
  return {{"tasks", Json::array({{{"task",
                                   {{"id", "k"},
                                    {"type", "code_generation"},
                                    {"language", "python"},
                                    {"description", "Sum up"}}},
                                  {"block", "- Name Python locals in snake_case\n"}}})}};
}

TEST(Pipeline, DriftIsNotMeasurableWithoutConventions) {
  std::vector<Error> errors;
  Json retrieved = retrieved_task();
  retrieved["tasks"][0]["block"] = "- Squash commits\n";
  const auto drift = drift_stage(retrieved, {}, "", errors);
  ASSERT_TRUE(drift);
  EXPECT_TRUE((*drift)["reduction"].is_null());
  EXPECT_FALSE((*drift)["controls_near_zero"].get<bool>());
  EXPECT_FALSE(drift_stage(Json::array(), {}, "", errors));
}

TEST(Pipeline, AnAgentGetsTaskAndBlockAndItsFailuresAreNamed) {
  if (code::grammars_built().empty()) GTEST_SKIP() << "built without grammars";
  std::vector<Error> errors;
  const PipelineConfig config{.runs = 30};
  const auto failed = drift_stage(retrieved_task(), config, "echo no agent >&2; exit 3", errors);
  ASSERT_TRUE(failed);
  EXPECT_TRUE((*failed)["reduction"].is_null());
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].message.contains("ended with status 3: no agent")) << errors[0].message;
  errors.clear();
  // Writes the block's choice when it is told one, else one that depends on the run.
  const std::string agent =
      R"(in=$(cat); case "$in" in *locals*snake_case*) n=next_value;; *\"run\":?[02468]*|)"
      R"(*\"run\":[02468]*) n=nextValue;; *) n=NextValue;; esac; )"
      R"(printf 'def f(a):\n    %s = 1\n    return %s\n' $n $n)";
  const auto done = drift_stage(retrieved_task(), config, agent, errors);
  ASSERT_TRUE(done && errors.empty()) << errors.at(0).message;
  EXPECT_GT((*done)["reduction"].get<double>(), 0.9);
  EXPECT_EQ((*done)["what_it_is"], "the given executor");
}

TEST(ExternalCommand, BytesInBytesOut) {
  const std::string big(300'000, 'x');
  const auto same = run_command("cat", big, std::chrono::seconds(60), 1 << 20);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(*same, big);
  EXPECT_TRUE(run_command("true", big, std::chrono::seconds(60), 1 << 20))
      << "a command need not read its input";
}

TEST(ExternalCommand, FailuresAreErrors) {
  const auto status = run_command("exit 7", "", std::chrono::seconds(60), 100);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(status.error().message.contains("status 7"));
  const auto slow = run_command("sleep 100", "", std::chrono::milliseconds(50), 100);
  ASSERT_FALSE(slow);
  EXPECT_TRUE(slow.error().message.contains("longer than 50 ms"));
  const auto long_output = run_command("yes", "", std::chrono::seconds(60), 1000);
  ASSERT_FALSE(long_output);
  EXPECT_EQ(long_output.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace hardwon::apps
