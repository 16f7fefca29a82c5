#include "import/import_testing.h"

namespace hardwon::import {
namespace {

Json call(const std::string& id, const std::string& name, const std::string& arguments) {
  return {
      {"id", id}, {"type", "function"}, {"function", {{"name", name}, {"arguments", arguments}}}};
}

Json trial(int task, double reward, int number) {
  Json calls = Json::array({call("c1", "find_user", R"({"id":"ann"})"), call("c2", "book", "{}")});
  Json messages = Json::array();
  messages.push_back({{"role", "system"}, {"content", "# Airline Agent Policy\n\nBe exact."}});
  messages.push_back({{"role", "user"}, {"content", "I want to fly"}});
  messages.push_back({{"role", "assistant"}, {"content", nullptr}, {"tool_calls", calls}});
  messages.push_back(
      {{"role", "tool"}, {"tool_call_id", "c1"}, {"content", "Error: no such user"}});
  messages.push_back({{"role", "tool"}, {"tool_call_id", "c2"}, {"content", "booked"}});
  messages.push_back({{"role", "assistant"}, {"content", "Booked."}});
  messages.push_back({{"role", "user"}, {"content", "###STOP###"}});
  return {{"task_id", task},
          {"reward", reward},
          {"info", {{"task", {{"instruction", "THE ANSWER KEY"}}}}},
          {"traj", messages},
          {"trial", number}};
}

Collected read_trials(const Json& trials) { return read(dump_json(trials), Format::kTauBench); }

TEST(TauBench, ATrialIsOneSessionAndOneEpisode) {
  const Collected got = read_trials(Json::array({trial(3, 1.0, 0), trial(3, 0.0, 1)}));
  ASSERT_EQ(got.episodes.size(), 2U) << got.why();
  EXPECT_EQ(got.sessions.size(), 2U);
  const Episode& episode = got.episodes[0];
  EXPECT_EQ(episode.external_id, "3#0");
  EXPECT_EQ(episode.task, "I want to fly");
  EXPECT_EQ(episode.context.domain, "airline");
  EXPECT_EQ(episode.reward, 1.0);
  EXPECT_EQ(episode.outcome.status, OutcomeStatus::kSuccess);
  EXPECT_EQ(episode.outcome.source, OutcomeSource::kReward);
  ASSERT_EQ(episode.steps.size(), 2U);
  EXPECT_EQ(episode.steps[0].tool, "find_user");
  EXPECT_EQ(episode.steps[0].status, StepStatus::kError);
  EXPECT_EQ(episode.steps[0].parameters_json, R"({"id":"ann"})");
  EXPECT_EQ(episode.steps[1].output, "booked");
  EXPECT_EQ(episode.steps[1].status, StepStatus::kSuccess);
  EXPECT_EQ(got.episodes[1].outcome.status, OutcomeStatus::kFailure);
  EXPECT_EQ(got.report.counts.tool_calls, 4);
  EXPECT_EQ(got.report.counts.tool_errors, 2);
  EXPECT_FALSE(got.report.counts.tokens.known);
}

TEST(TauBench, TheSimulatedCustomerIsHarness) {
  const Collected got = read_trials(Json::array({trial(3, 1.0, 0)}));
  EXPECT_TRUE(got.texts(Speaker::kPerson).empty());
  EXPECT_EQ(got.texts(Speaker::kHarness).size(), 3U);
  EXPECT_EQ(got.texts(Speaker::kAgent), (std::vector<std::string>{"Booked."}));
  EXPECT_EQ(got.texts(Speaker::kTool).size(), 2U);
  for (const Segment& segment : got.segments) {
    EXPECT_EQ(segment.opens_episode, segment.text == "I want to fly");
    EXPECT_EQ(segment.episode, got.episodes[0].id);
  }
}

TEST(TauBench, TheAnswerKeyIsNeverRead) {
  Json with = trial(3, 1.0, 0);
  Json without = with;
  without["info"] = Json::object();
  const Collected a = read_trials(Json::array({with}));
  const Collected b = read_trials(Json::array({without}));
  EXPECT_EQ(a.episodes[0].id, b.episodes[0].id);
  EXPECT_EQ(a.segments.size(), b.segments.size());
  for (const Segment& segment : a.segments) EXPECT_FALSE(segment.text.contains("ANSWER KEY"));
  EXPECT_FALSE(a.episodes[0].task.contains("ANSWER KEY"));
}

TEST(TauBench, RunsThatNumberTrialsAlikeStayApart) {
  Json other = trial(3, 1.0, 0);
  other["traj"][5]["content"] = "Done by another model.";
  const Collected got = read_trials(Json::array({trial(3, 1.0, 0), other}));
  EXPECT_NE(got.episodes[0].id, got.episodes[1].id);
  EXPECT_EQ(got.sessions.size(), 2U);
}

TEST(TauBench, PartialRewardsAndUnknownDomains) {
  Json odd = trial(1, 0.5, 0);
  odd["traj"][0]["content"] = "You are a helpful agent.";
  const Collected got = read_trials(Json::array({odd}));
  EXPECT_EQ(got.episodes[0].outcome.status, OutcomeStatus::kPartial);
  EXPECT_EQ(got.episodes[0].outcome.share, 0.5);
  EXPECT_EQ(got.episodes[0].context.domain, "tau-bench");
}

TEST(TauBench, BrokenTrialsAreNamedAndTheRestIsKept) {
  Json no_task = trial(1, 1.0, 0);
  no_task.erase("task_id");
  Json bad_reward = trial(2, 1.0, 0);
  bad_reward["reward"] = "won";
  Json odd_message = trial(4, 1.0, 0);
  odd_message["traj"].push_back("hm");
  odd_message["traj"].push_back({{"role", "judge"}, {"content", "x"}});
  const Collected got = read_trials(
      Json::array({7, {{"traj", 1}}, no_task, bad_reward, odd_message, trial(5, 1.0, 0)}));
  EXPECT_EQ(got.episodes.size(), 2U);
  EXPECT_EQ(got.why(),
            "1: : found a number, expected an object\n"
            "1: /traj: found 1, expected an array\n"
            "1: /task_id: found nothing, expected a number or a string\n"
            "1: /reward: found \"won\", expected a number\n"
            "1: /traj/7: found a string, expected an object\n"
            "1: /traj/8/role: found 'judge', expected system, user, assistant or tool\n");
}

TEST(TauBench, LinesOfAPrettyPrintedArrayAreCounted) {
  const std::string text =
      std::string("[\n") + trial(1, 1.0, 0).dump(2) + ",\n" + trial(2, 1.0, 0).dump(2) + "\n]\n";
  const Collected got = read(text, Format::kTauBench);
  ASSERT_EQ(got.episodes.size(), 2U);
  EXPECT_EQ(got.episodes[0].line_from, 2);
  const auto lines = std::ranges::count(trial(1, 1.0, 0).dump(2), '\n') + 1;
  EXPECT_EQ(got.episodes[1].line_from, 2 + lines);
}

}  // namespace
}  // namespace hardwon::import
