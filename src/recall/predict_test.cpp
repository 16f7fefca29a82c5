#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/rng.h"
#include "recall/logistic.h"
#include "recall/outcome_model.h"

namespace hardwon::recall {
namespace {

Step step(std::string tool, std::string action, StepStatus status = StepStatus::kSuccess,
          std::string output = "ok") {
  return {.tool = std::move(tool),
          .action = std::move(action),
          .status = status,
          .output = std::move(output)};
}

void end(Episode& episode, double success) {
  episode.completed = true;
  episode.outcome.source = OutcomeSource::kReward;
  episode.outcome.status = success >= 1   ? OutcomeStatus::kSuccess
                           : success <= 0 ? OutcomeStatus::kFailure
                                          : OutcomeStatus::kPartial;
  if (success > 0 && success < 1) episode.outcome.share = success;
}

// Episodes that succeed when they end with a check, most of the time.
Episode told(Rng& rng, bool checked) {
  static constexpr std::string_view kThings[] = {"parser", "login page", "report",
                                                 "cache",  "importer",   "scheduler"};
  Episode episode;
  episode.task = "repair the " + std::string(kThings[rng.below(6)]) + " number " +
                 std::to_string(rng.below(1000));
  for (std::uint64_t i = 0; i < 2 + rng.below(4); ++i) {
    episode.steps.push_back(step("edit", "edit file" + std::to_string(rng.below(50))));
  }
  episode.steps.push_back(checked ? step("bash", "check all") : step("bash", "list files"));
  return episode;
}

std::vector<Episode> past(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Episode> episodes;
  for (std::size_t i = 0; i < n; ++i) {
    const bool checked = rng.uniform() < 0.5;
    episodes.push_back(told(rng, checked));
    end(episodes.back(), rng.uniform() < (checked ? 0.9 : 0.2) ? 1 : 0);
  }
  return episodes;
}

TEST(Logistic, FindsTheWeightsThatMadeTheData) {
  Rng rng(3);
  std::vector<double> rows, targets;
  for (int i = 0; i < 4000; ++i) {
    const double x = rng.uniform() * 4 - 2, noise = rng.uniform() * 4 - 2;
    rows.insert(rows.end(), {x, noise, 1.0});
    targets.push_back(sigmoid(1.5 * x - 0.5));  // fractional targets
  }
  const LogisticFit fit = fit_logistic(rows, targets, 3, 1e-3, {});
  EXPECT_NEAR(fit.weights[0], 1.5, 1e-2);
  EXPECT_NEAR(fit.weights[1], 0.0, 1e-2);
  EXPECT_NEAR(fit.weights[2], -0.5, 1e-2);
  EXPECT_LT(fit.covariance[0], 0.01);
}

TEST(Logistic, StaysFiniteWhenAllTargetsAreAlikeOrSeparable) {
  const std::vector<double> rows = {-1, 1, -2, 1, 1, 1, 2, 1};
  for (const std::vector<double>& targets :
       {std::vector<double>{1, 1, 1, 1}, {0, 0, 0, 0}, {0, 0, 1, 1}}) {
    const LogisticFit fit = fit_logistic(rows, targets, 2, 3, {});
    for (const double weight : fit.weights) EXPECT_TRUE(std::isfinite(weight));
    EXPECT_TRUE(std::isfinite(fit.evidence));
  }
}

TEST(OutcomeModelOf, NeedsTwentyKnownOutcomes) {
  std::vector<Episode> episodes = past(19, 1);
  EXPECT_FALSE(OutcomeModel::fit(episodes, true));
  episodes.emplace_back().task = "unknown end";
  Episode claimed = past(1, 2).front();
  claimed.outcome.source = OutcomeSource::kClaim;
  episodes.push_back(claimed);
  Episode abstained = past(1, 3).front();
  abstained.outcome.status = OutcomeStatus::kAbstained;
  episodes.push_back(abstained);
  EXPECT_FALSE(OutcomeModel::fit(episodes, true));
  episodes.push_back(past(1, 4).front());
  const auto model = OutcomeModel::fit(episodes, true);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->episodes(), 20U);
}

TEST(OutcomeModelOf, LearnsWhatEpisodesThatEndedWellHaveInCommon) {
  const auto model = OutcomeModel::fit(past(200, 5), true);
  ASSERT_TRUE(model);
  Rng rng(6);
  double checked = 0, unchecked = 0;
  for (int i = 0; i < 50; ++i) {
    checked += model->predict(told(rng, true)).mean / 50;
    unchecked += model->predict(told(rng, false)).mean / 50;
  }
  EXPECT_GT(checked, 0.75);
  EXPECT_LT(unchecked, 0.35);
}

TEST(OutcomeModelOf, BeatsTheBaseRateOnUnseenEpisodes) {
  const auto model = OutcomeModel::fit(past(200, 7), true);
  ASSERT_TRUE(model);
  double brier = 0, base = 0;
  for (Episode& episode : past(300, 8)) {
    const double y = *episode.outcome.success();
    brier += std::pow(model->predict(episode).mean - y, 2) / 300;
    base += std::pow(model->base_rate() - y, 2) / 300;
  }
  EXPECT_LT(brier, base - 0.05);
}

TEST(OutcomeModelOf, FallsBackToTheBaseRateWhenNothingTells) {
  Rng rng(9);
  std::vector<Episode> episodes;
  for (int i = 0; i < 300; ++i) {
    episodes.push_back(told(rng, rng.uniform() < 0.5));
    end(episodes.back(), rng.uniform() < 0.7 ? 1 : 0);
  }
  const auto model = OutcomeModel::fit(episodes, true);
  ASSERT_TRUE(model);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(model->predict(told(rng, i % 2 == 0)).mean, model->base_rate(), 0.15);
  }
}

TEST(OutcomeModelOf, IsLessSureWithLessToGoBy) {
  const auto few = OutcomeModel::fit(past(20, 10), true),
             many = OutcomeModel::fit(past(800, 10), true);
  Rng rng(11);
  double narrow = 0, wide = 0;
  for (int i = 0; i < 20; ++i) {
    const Episode episode = told(rng, i % 2 == 0);
    const Probability a = few->predict(episode), b = many->predict(episode);
    wide += a.high - a.low;
    narrow += b.high - b.low;
  }
  EXPECT_GT(wide, 2 * narrow);
  EXPECT_GT(wide / 20, 0.3);
}

TEST(OutcomeModelOf, NeverLooksAtTheOutcomeOfTheEpisodeAskedFor) {
  const auto model = OutcomeModel::fit(past(100, 12), true);
  Rng rng(13);
  Episode episode = told(rng, true);
  const double before = model->predict(episode).mean;
  end(episode, 0);
  episode.reward = -7;
  episode.artifacts_json = R"(["failed.log"])";
  episode.reward_score = 0;
  episode.quality = 0.1;
  episode.outcome.verdict = "all tests failed";
  EXPECT_EQ(model->predict(episode).mean, before);
}

TEST(OutcomeModelOf, CountsPartialSuccessByItsShare) {
  Rng rng(14);
  std::vector<Episode> episodes;
  for (int i = 0; i < 100; ++i) {
    episodes.push_back(told(rng, true));
    end(episodes.back(), 0.3);
  }
  const auto model = OutcomeModel::fit(episodes, true);
  EXPECT_NEAR(model->base_rate(), 0.3, 1e-9);
  EXPECT_NEAR(model->predict(told(rng, true)).mean, 0.3, 0.05);
}

TEST(OutcomeModelOf, AsksTheNearestOfTheSameTask) {
  Rng rng(15);
  std::vector<Episode> episodes = past(60, 16);
  for (int i = 0; i < 8; ++i) {
    Episode episode;
    episode.task = "export the quarterly ledger to the legacy mainframe";
    episode.steps = {step("bash", "upload ledger")};
    end(episode, 0);
    episodes.push_back(episode);
  }
  Episode same;
  same.task = "export the quarterly ledger to the legacy mainframe";
  same.steps = {step("bash", "upload ledger")};
  Episode other = same;
  other.task = "tidy the kitchen cupboards";
  const auto model = OutcomeModel::fit(episodes, true);
  EXPECT_LT(model->predict(same).mean, model->predict(other).mean - 0.05);
}

TEST(OutcomeModelOf, GivesAProbabilityWithinItsIntervalForAnyEpisode) {
  const auto model = OutcomeModel::fit(past(60, 17), true);
  EXPECT_TRUE(
      rc::check([&](const std::string& task, const std::string& action, std::uint8_t steps) {
        Episode episode;
        episode.task = task;
        for (int i = 0; i < steps; ++i) {
          episode.steps.push_back(step(action, task, StepStatus::kError, action));
        }
        const Probability p = model->predict(episode);
        RC_ASSERT(p.low >= 0 && p.low <= p.mean && p.mean <= p.high && p.high <= 1);
      }));
}

TEST(EpisodeFeatures, NameWhatIsDoneNotWhere) {
  EXPECT_EQ(action_verb("click[Buy Now]"), "click");
  EXPECT_EQ(action_verb("  Search[x]"), "search");
  EXPECT_EQ(action_verb("cargo test -p x"), "cargo");
  EXPECT_EQ(action_verb("[no verb]"), "");
  EXPECT_EQ(action_verb(""), "");
  Episode episode;
  episode.steps = {step("bash", "cargo test", StepStatus::kError), step("bash", "cargo test")};
  const FeatureMap features = episode_features(episode, true);
  EXPECT_EQ(features.at("error share"), 0.5);
  EXPECT_EQ(features.at("repeated share"), 0.5);
  EXPECT_EQ(features.at("pair bash:cargo>bash:cargo"), 1);
  EXPECT_EQ(features.at("ends with bash:cargo"), 1);
  EXPECT_FALSE(episode_features(episode, false).contains("steps"));
}

}  // namespace
}  // namespace hardwon::recall
