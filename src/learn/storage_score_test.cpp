#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>

#include "learn/rules.h"

namespace hardwon::learn {
namespace {

Reading reading_of(double lasting, double passing, double actionable) {
  return {.persistence = Persistence::kPersistent,
          .confidence = lasting,
          .probabilities = {lasting, passing, 1 - lasting - passing},
          .actionable = actionable};
}

Rule rule_of(MatchType type, std::string value, ActionType action = ActionType::kBehavior,
             std::string text = "Ask first") {
  return {.text = std::move(text),
          .match = {.type = type, .value = std::move(value)},
          .action = action};
}

TEST(StorageScore, TheSeedsWeightsAndThresholdAreTheDefault) {
  const StorageOptions options;
  EXPECT_DOUBLE_EQ(options.cross_session, 0.4);
  EXPECT_DOUBLE_EQ(options.stability, 0.3);
  EXPECT_DOUBLE_EQ(options.triggers, 0.2);
  EXPECT_DOUBLE_EQ(options.inconsistency, 0.1);
  EXPECT_DOUBLE_EQ(options.threshold, 0.7);
  EXPECT_TRUE(options.validate().has_value());
}

TEST(StorageScore, ANameRuleWithAPatternByHand) {
  const Rule rule = rule_of(MatchType::kPattern, "a\\.b", ActionType::kNaming);
  const StorageScore score = storage_score(rule, reading_of(0.8, 0.2, 0.6), {});
  EXPECT_NEAR(score.cross_session, 0.8 * (0.4 + 0.6 * 0.6), 1e-6);  // 0.608
  EXPECT_NEAR(score.stability, 0.8, 1e-6);
  EXPECT_NEAR(score.triggers, 0.9 * (0.4 + 0.6 * 0.6), 1e-6);  // 0.684
  EXPECT_NEAR(score.inconsistency, 1.0, 1e-6);
  EXPECT_NEAR(score.total, 0.4 * 0.608 + 0.3 * 0.8 + 0.2 * 0.684 + 0.1, 1e-6);
  EXPECT_NEAR(score.total, 0.72, 1e-6);
}

TEST(StorageScore, IsAsStableAsTheReadingIsAgainstTheNextBestOne) {
  const Rule rule = rule_of(MatchType::kContext, "always");
  // .6, .3 and .1: two to one against "for now".
  EXPECT_NEAR(storage_score(rule, reading_of(0.6, 0.3, 1.0), {}).stability, 0.6 / 0.9, 1e-6);
  // The same certainty against two readings of .2 each is three to one.
  EXPECT_NEAR(storage_score(rule, reading_of(0.6, 0.2, 1.0), {}).stability, 0.75, 1e-6);
  EXPECT_NEAR(storage_score(rule, reading_of(0, 1, 1.0), {}).stability, 0, 1e-6);
}

TEST(StorageScore, AnAlwaysOnBehaviourByHand) {
  const Rule rule = rule_of(MatchType::kContext, "always", ActionType::kBehavior, "Do it");
  EXPECT_NEAR(
      storage_score(rule_of(MatchType::kContext, "always"), reading_of(0.9, 0.1, 1.0), {}).triggers,
      0.7, 1e-6)
      << "asking is a topic";
  const StorageScore score = storage_score(rule, reading_of(0.9, 0.1, 1.0), {});
  EXPECT_NEAR(score.cross_session, 0.9, 1e-6);
  EXPECT_NEAR(score.triggers, 0.2, 1e-6);
  EXPECT_NEAR(score.inconsistency, 0.7, 1e-6);
  EXPECT_NEAR(score.total, 0.36 + 0.27 + 0.04 + 0.07, 1e-6);
  const Rule universal =
      rule_of(MatchType::kContext, "always", ActionType::kBehavior, "Always do it");
  EXPECT_NEAR(storage_score(universal, reading_of(0.9, 0.1, 1.0), {}).inconsistency, 0.9, 1e-6);
}

TEST(StorageScore, ALanguageMakesATriggerClearer) {
  Rule rule = rule_of(MatchType::kKeyword, "tests");
  const Reading reading = reading_of(0.9, 0.1, 1.0);
  EXPECT_NEAR(storage_score(rule, reading, {}).triggers, 0.7, 1e-6);
  rule.match.context_json = R"({"language":"python"})";
  EXPECT_NEAR(storage_score(rule, reading, {}).triggers, 0.9, 1e-6);
  rule.match.type = MatchType::kPattern;
  EXPECT_NEAR(storage_score(rule, reading, {}).triggers, 1.0, 1e-6) << "never above 1";
}

TEST(StorageScore, WhatIsStoredAgainstItLowersIt) {
  const Rule rule = rule_of(MatchType::kKeyword, "tests");
  const Reading reading = reading_of(0.9, 0.1, 0.8);
  const StorageScore free = storage_score(rule, reading, {});
  const StorageScore against = storage_score(rule, reading, {}, true);
  EXPECT_NEAR(free.stability - against.stability, 0.3, 1e-6);
  EXPECT_NEAR(free.total - against.total, 0.09, 1e-6);
  EXPECT_NEAR(storage_score(rule, reading_of(0.2, 0.8, 0.8), {}, true).stability, 0, 1e-6)
      << "never below 0";
}

TEST(StorageScore, NothingReadGivesANumberToo) {
  const StorageScore score = storage_score(Rule{}, Reading{}, {});
  EXPECT_TRUE(std::isfinite(score.total));
  EXPECT_GE(score.total, 0);
  EXPECT_LT(score.total, 0.7);
}

TEST(ExtractionConfidence, TheSeedsSumByHand) {
  const Reading reading = reading_of(0.6, 0.3, 1.0);
  const Rule plain = rule_of(MatchType::kKeyword, "tests");
  EXPECT_NEAR(extraction_confidence(plain, reading, Voice::kAgent), 0.5 + 0.18 + 0.03, 1e-6);
  EXPECT_NEAR(extraction_confidence(plain, reading, Voice::kPerson), 0.81, 1e-6);
  const Rule style = rule_of(MatchType::kKeyword, "tests", ActionType::kStyle);
  EXPECT_NEAR(extraction_confidence(style, reading, Voice::kPerson), 0.91, 1e-6);
  const Rule all_cases =
      rule_of(MatchType::kKeyword, "tests", ActionType::kNaming, "Always name tests so");
  EXPECT_NEAR(extraction_confidence(all_cases, reading, Voice::kPerson), 1.0, 1e-6)
      << "never above 1";
}

TEST(StorageScore, WrongOptionsAreNamed) {
  const auto field = [](const StorageOptions& options) {
    const auto valid = options.validate();
    return valid ? std::string() : valid.error().field;
  };
  StorageOptions options;
  options.cross_session = -0.1;
  EXPECT_EQ(field(options), "cross_session_value");
  options = {};
  options.stability = 1.5;
  EXPECT_EQ(field(options), "stability");
  options = {};
  options.triggers = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(field(options), "clear_triggers");
  options = {};
  options.inconsistency = std::numeric_limits<double>::infinity();
  EXPECT_EQ(field(options), "reduces_inconsistency");
  options = {};
  options.threshold = 1.01;
  EXPECT_EQ(field(options), "storage_threshold");
  options = {};
  options.stability = 0.4;
  const auto valid = options.validate();
  ASSERT_FALSE(valid.has_value());
  EXPECT_EQ(valid.error().field, "criteria_weights");
  EXPECT_TRUE(valid.error().message.contains("1.1")) << valid.error().message;
  options = {};
  options.threshold = 0;  // the threshold is no weight
  EXPECT_EQ(field(options), "");
  options.cross_session = 0.4 + 5e-7;
  EXPECT_EQ(field(options), "");
  options.cross_session = 0.4 + 5e-6;
  EXPECT_EQ(field(options), "criteria_weights");
}

TEST(StorageScore, TheReasonNamesTheCriterionThatDecided) {
  const StorageOptions options;
  const auto reason = [&](double cross, double stable, double clear, double same) {
    const double total = 0.4 * cross + 0.3 * stable + 0.2 * clear + 0.1 * same;
    return justification({.cross_session = cross,
                          .stability = stable,
                          .triggers = clear,
                          .inconsistency = same,
                          .total = total},
                         options);
  };
  EXPECT_EQ(reason(1, 1, 1, 1), "kept: it speaks of later work, too (score 1, threshold 0.7)");
  EXPECT_TRUE(reason(0.6, 1, 1, 1).starts_with("kept: it is clearly meant to last"));
  EXPECT_TRUE(reason(0, 1, 1, 1)
                  .starts_with("not kept: it says little without the moment in which it was said"));
  EXPECT_TRUE(reason(0.9, 0, 1, 1).starts_with("not kept: it is not clear that it is meant"));
  EXPECT_TRUE(reason(0.9, 0.6, 0, 1).starts_with("not kept: one cannot tell when it applies"));
  StorageOptions strict;
  strict.threshold = 0.95;
  EXPECT_TRUE(justification({1, 1, 1, 0, 0.9}, strict).starts_with("not kept: it changes little"));
}

TEST(StorageScore, EachCriterionCountsOnlyOneWay) {
  EXPECT_TRUE(rc::check([] {
    const auto share = [] { return *rc::gen::inRange(0, 1001) / 1000.0; };
    const double lasting = share(), rest = 1 - lasting, passing = rest * share(), useful = share();
    const double more = lasting + (rest - passing) * share(),
                 better = useful + (1 - useful) * share();
    Rule rule = rule_of(*rc::gen::element(MatchType::kContext, MatchType::kKeyword),
                        *rc::gen::elementOf(std::vector<std::string>{"always", "tests"}),
                        *rc::gen::element(ActionType::kBehavior, ActionType::kStyle));
    const auto total = [&](const Reading& reading, bool against = false) {
      return storage_score(rule, reading, {}, against).total;
    };
    const double before = total(reading_of(lasting, passing, useful));
    const double slack = 1e-12;
    RC_ASSERT(before >= -slack);
    RC_ASSERT(before <= 1 + slack);
    RC_ASSERT(total(reading_of(more, passing, useful)) >= before - slack);
    RC_ASSERT(total(reading_of(lasting, passing, better)) >= before - slack);
    RC_ASSERT(total(reading_of(lasting, passing, useful), true) <= before + slack);
    rule.match = {.type = MatchType::kPattern, .value = "x"};
    RC_ASSERT(total(reading_of(lasting, passing, useful)) >= before - slack);
    rule.action = ActionType::kNaming;
    RC_ASSERT(total(reading_of(lasting, passing, useful)) >= before - slack);
  }));
}

}  // namespace
}  // namespace hardwon::learn
