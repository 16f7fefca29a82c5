#include "import/import_testing.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kWhole =
    R"({"id":"e1","task":"sort the list",)"
    R"("context":{"domain":"code","language":"python","framework":"pytest","complexity":"simple",)"
    R"("tags":["a","b"]},"scope":{"project":"p"},"started_at":"2026-01-02T03:04:05Z",)"
    R"("steps":[{"tool":"edit","action":"change x","parameters":{"file":"x.py"},)"
    R"("result":{"status":"success","output":"ok"},"latency_ms":12,"tokens":3},)"
    R"({"tool":"test","action":"run","result":{"status":"error","output":"1 failed"}},)"
    R"({"tool":"test","action":"wait","result":{"status":"timeout"}}],)"
    R"("outcome":{"status":"partial","share":0.5,"verdict":"half"},"artifacts":["x.py"]})";

Collected read_lines(const std::string& lines) { return read(lines, Format::kEpisodes); }

TEST(Episodes, EveryFieldIsRead) {
  const Collected got = read_lines(std::string(kWhole) + "\n");
  ASSERT_EQ(got.episodes.size(), 1U) << got.why();
  const Episode& episode = got.episodes[0];
  EXPECT_EQ(episode.external_id, "e1");
  EXPECT_EQ(episode.task, "sort the list");
  EXPECT_EQ(episode.context, (TaskContext{"code", "python", "pytest", "simple", {"a", "b"}}));
  EXPECT_EQ(episode.scope.labels,
            (std::map<std::string, std::string>{{"project", "p"}, {"user", "ann"}}));
  EXPECT_EQ(format_time(*episode.started_at), "2026-01-02T03:04:05Z");
  ASSERT_EQ(episode.steps.size(), 3U);
  EXPECT_EQ(episode.steps[0].parameters_json, R"({"file":"x.py"})");
  EXPECT_EQ(episode.steps[0].latency_ms, 12);
  EXPECT_EQ(episode.steps[0].tokens, 3);
  EXPECT_EQ(episode.steps[1].status, StepStatus::kError);
  EXPECT_EQ(episode.steps[2].status, StepStatus::kTimeout);
  EXPECT_EQ(episode.steps[2].number, 3U);
  EXPECT_EQ(episode.outcome,
            (Outcome{OutcomeStatus::kPartial, 0.5, OutcomeSource::kVerdict, "half"}));
  EXPECT_EQ(episode.artifacts_json, R"(["x.py"])");
  EXPECT_TRUE(episode.session.empty());
  EXPECT_EQ(got.report.skipped_total, 0);
  EXPECT_EQ(got.report.counts.tool_errors, 1);
}

TEST(Episodes, RewardIsTheStrongerSourceAndAloneGivesTheOutcome) {
  const Collected got =
      read_lines(R"({"task":"a","steps":[],"outcome":{"status":"failure"},"reward":0})"
                 "\n"
                 R"({"task":"b","reward":0.25})"
                 "\n"
                 R"({"task":"c","reward":1})"
                 "\n"
                 R"({"task":"d","reward":17})"
                 "\n"
                 R"({"task":"e","outcome":{"status":"unknown"}})"
                 "\n");
  ASSERT_EQ(got.episodes.size(), 5U);
  EXPECT_EQ(got.episodes[0].outcome.source, OutcomeSource::kReward);
  EXPECT_EQ(got.episodes[0].outcome.status, OutcomeStatus::kFailure);
  EXPECT_EQ(got.episodes[1].outcome.share, 0.25);
  EXPECT_EQ(got.episodes[2].outcome.status, OutcomeStatus::kSuccess);
  EXPECT_EQ(got.episodes[3].outcome.status, OutcomeStatus::kUnknown);
  EXPECT_EQ(got.episodes[3].reward, 17);
  EXPECT_EQ(got.episodes[4].outcome.source, OutcomeSource::kNone);
}

TEST(Episodes, WrongTypesAreNamedByLineAndFieldAndTheRestIsKept) {
  const Collected got =
      read_lines(R"({"task":7})"
                 "\n"
                 R"({"task":"a","steps":[{"tool":"x"},{"tool":"y","latency_ms":"fast"}]})"
                 "\n"
                 R"({"task":"a","steps":{}})"
                 "\n"
                 R"({"task":"a","steps":[{"action":"x"}]})"
                 "\n"
                 R"({"task":"a","steps":[{"tool":"x","result":{"status":"fine"}}]})"
                 "\n"
                 R"({"task":"a","outcome":{"status":"partial"}})"
                 "\n"
                 R"({"task":"a","outcome":{"status":"partial","share":1}})"
                 "\n"
                 R"({"task":"a","outcome":{"status":"won"}})"
                 "\n"
                 R"({"task":"a","context":{"tags":["x",1]}})"
                 "\n"
                 R"({"task":"a","scope":{"user":3}})"
                 "\n"
                 R"({"task":"a","reward":"high"})"
                 "\n"
                 R"({"task":"a","artifacts":"x"})"
                 "\n"
                 R"({"steps":[]})"
                 "\n"
                 R"({"task":"kept"})"
                 "\n");
  EXPECT_EQ(got.why(),
            "1: /task: found 7, expected a string\n"
            "2: /steps/1/latency_ms: found \"fast\", expected a whole number, 0 or more\n"
            "3: /steps: found an object, expected an array\n"
            "4: /steps/0/tool: found nothing, expected some text\n"
            "5: /steps/0/result/status: found \"fine\", expected success, error or timeout\n"
            "6: /outcome/share: found nothing, expected a number between 0 and 1\n"
            "7: /outcome/share: found 1, expected a number between 0 and 1\n"
            "8: /outcome/status: found \"won\", expected success, partial, failure, abstained or "
            "unknown\n"
            "9: /context/tags/1: found 1, expected a string\n"
            "10: /scope/user: found 3, expected a string under a name\n"
            "11: /reward: found \"high\", expected a number\n"
            "12: /artifacts: found \"x\", expected an array or an object\n"
            "13: /task: found nothing, expected some text\n");
  ASSERT_EQ(got.episodes.size(), 1U);
  EXPECT_EQ(got.episodes[0].task, "kept");
  EXPECT_EQ(got.episodes[0].line_from, 14);
}

TEST(Episodes, UnknownFieldsAreNotedAndTheRecordIsKept) {
  const Collected got =
      read_lines(R"({"task":"a","colour":1,"context":{"os":"x"},"steps":[{"tool":"t","a/b":1}]})"
                 "\n");
  EXPECT_EQ(got.episodes.size(), 1U);
  EXPECT_EQ(got.why(),
            "1: /context/os: unknown field, ignored\n"
            "1: /steps/0/a~1b: unknown field, ignored\n"
            "1: /colour: unknown field, ignored\n");
}

TEST(Episodes, IdsDependOnContentAndScopeOnly) {
  const Collected a = read_lines(R"({"task":"a"})"
                                 "\n"
                                 R"({"task":"b"})"
                                 "\n");
  const Collected b = read_lines(R"({"task":"b"})"
                                 "\n"
                                 R"({"task":"a"})"
                                 "\n");
  EXPECT_EQ(a.episodes[0].id, b.episodes[1].id);
  EXPECT_NE(a.episodes[0].id, a.episodes[1].id);
  // A new outcome replaces: same id, same task.
  const Collected c = read_lines(R"({"id":"1","task":"a","reward":0})"
                                 "\n"
                                 R"({"id":"1","task":"a","reward":1})"
                                 "\n"
                                 R"({"id":"1","task":"of another data set"})"
                                 "\n"
                                 R"({"id":"1","task":"a","scope":{"project":"q"}})"
                                 "\n");
  EXPECT_EQ(c.episodes[0].id, c.episodes[1].id);
  EXPECT_NE(c.episodes[0].id, c.episodes[2].id);
  EXPECT_NE(c.episodes[0].id, c.episodes[3].id);
}

TEST(Episodes, BrokenLinesLoseNothingElse) {
  const std::string good = std::string(kWhole) + "\n";
  const Collected got =
      read_lines("{\"task\": \"cut\n" + good + "[1]\n\"x\"\n{\"task\"\n" + R"({"task":"last"})");
  ASSERT_EQ(got.episodes.size(), 2U) << got.why();
  EXPECT_EQ(got.episodes[1].task, "last");
  EXPECT_EQ(got.report.skipped_total, 4);
}

TEST(Episodes, OnePrettyPrintedEpisodeIsRead) {
  const Collected got = read_lines("{\n  \"task\": \"a\",\n  \"steps\": []\n}\n");
  ASSERT_EQ(got.episodes.size(), 1U) << got.why();
}

}  // namespace
}  // namespace hardwon::import
