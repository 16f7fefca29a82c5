#include <gtest/gtest.h>

#include <cmath>

#include "learn/formulas.h"
#include "learn/learn.h"
#include "learn/sample_test.h"

namespace hardwon::learn {
namespace {

using sample::EpisodeBuilder;

TEST(Reward, HasTheSeedsParts) {
  EXPECT_EQ(reward_base({.status = OutcomeStatus::kSuccess}), 1.0);
  EXPECT_EQ(reward_base({.status = OutcomeStatus::kPartial, .share = 0.25}), 0.25);
  EXPECT_EQ(reward_base({.status = OutcomeStatus::kAbstained}), 0.3);
  EXPECT_EQ(reward_base({.status = OutcomeStatus::kFailure}), 0.0);
  const Outcome abstained{.status = OutcomeStatus::kAbstained};
  EXPECT_NEAR(reward_abstention(abstained, 3), 0.5, 1e-12);
  EXPECT_NEAR(reward_abstention(abstained, 10), -0.3, 1e-12);
  EXPECT_NEAR(reward_abstention({.status = OutcomeStatus::kFailure}, 11), -0.2, 1e-12);
  EXPECT_NEAR(reward_efficiency(60.0, 10), 0.5 + std::exp(-0.5), 1e-12);
  EXPECT_NEAR(reward_efficiency(0.0, 0), 1.0, 1e-12);
  EXPECT_NEAR(reward_efficiency(std::nullopt, 10), 0.5 + std::exp(-0.5), 1e-12);
  EXPECT_EQ(reward_complexity("complex"), 1.2);
  EXPECT_EQ(reward_complexity(""), 1.0);
  EXPECT_NEAR(reward_quality({"coverage.xml", "a", "b"}, 0.0), 1.25, 1e-12);
  EXPECT_NEAR(reward_quality({}, 0.5), 0.8, 1e-12);
  EXPECT_NEAR(reward_quality({}, std::nullopt), 1.0, 1e-12);
  EXPECT_NEAR(reward_learning(5, 6, 0.0, true, 10.0), 0.5, 1e-12);
}

TEST(Reward, OfAFailureIsOnlyItsLearning) {
  const Episode failed = EpisodeBuilder("a").fail("make", "x").ended(sample::failure()).get();
  const Episode good = EpisodeBuilder("a").pass("make").ended(sample::success()).get();
  EXPECT_EQ(reward_score(failed), 0.0);
  EXPECT_GT(reward_score(good), 1.0);
}

TEST(Quality, LiesInItsRangeAndCanExceedTheSeedsThreshold) {
  EXPECT_GE(quality(Episode{}), 0.0);
  EpisodeBuilder rich("a");
  for (int i = 0; i < 24; ++i) {
    rich.act("tool" + std::to_string(i), "x");
  }
  rich.fail("make", "error: x").pass("make").pass("make");
  const double best = quality(rich.ended(sample::success()).get());
  EXPECT_GT(best, 0.95);
  EXPECT_LE(best, 1.0);
  EXPECT_LT(quality(EpisodeBuilder("b").pass("ls").get()), 0.7);
}

TEST(Reflection, SaysWhatWentWellAndWhatDidNot) {
  const Episode episode = EpisodeBuilder("a")
                              .fail("make", "error: no such target docs")
                              .fail("make", "error: no such target docs")
                              .pass("make all")
                              .ended(sample::success())
                              .get();
  const Reflection reflection = reflect(episode);
  ASSERT_FALSE(reflection.successes.empty());
  EXPECT_EQ(reflection.successes[0], "The task succeeded.");
  ASSERT_FALSE(reflection.improvements.empty());
  EXPECT_EQ(reflection.improvements[0], "`Bash` failed twice.");
  EXPECT_EQ(reflection.insights[0], "The same error came twice: `error: no such target docs`.");
}

TEST(Reflection, OfAnEmptyEpisodeInventsNothing) {
  const Reflection reflection = reflect(Episode{});
  EXPECT_TRUE(reflection.successes.empty());
  EXPECT_TRUE(reflection.improvements.empty());
  EXPECT_TRUE(reflection.insights.empty());
}

}  // namespace
}  // namespace hardwon::learn
