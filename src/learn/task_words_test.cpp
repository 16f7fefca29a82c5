#include "learn/task_words.h"

#include <gtest/gtest.h>

namespace hardwon::learn {
namespace {

std::string condition_of(const std::vector<std::string>& tasks) {
  std::vector<Observation> observations;
  ReduceOutput output;
  Candidate candidate;
  for (const std::string& task : tasks) {
    Observation observation{.task = task};
    observation.episode.bytes[0] = static_cast<std::uint8_t>(observations.size() + 1);
    candidate.evidence.push_back({.episode = observation.episode, .observed = true});
    observations.push_back(std::move(observation));
  }
  output.lessons.push_back(std::move(candidate));
  name_tasks(observations, output);
  return output.lessons[0].lesson.when.condition;
}

TEST(TaskWords, NamesWhatMostTasksShare) {
  EXPECT_EQ(condition_of({"Deploy the billing service to staging", "Deploy the search service now, to staging",
                          "deploying the mail service, staging"}),
            "in tasks about deploy, service, staging");
}

TEST(TaskWords, SaysNothingOfOneTaskOrOfTasksThatShareNothing) {
  EXPECT_EQ(condition_of({"Deploy the billing service"}), "");
  EXPECT_EQ(condition_of({"Deploy billing", "Deploy billing"}), "");
  EXPECT_EQ(condition_of({"Deploy billing", "Write a poem", "Fix 42 tests"}), "");
}

TEST(TaskWords, DoesNotDependOnTheOrder) {
  EXPECT_EQ(condition_of({"b deploy staging", "staging deploy a"}),
            condition_of({"staging deploy a", "b deploy staging"}));
}

}  // namespace
}  // namespace hardwon::learn
