#include "learn/learn.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "learn/formulas.h"
#include "learn/sample_test.h"

namespace hardwon::learn {
namespace {

// rapidcheck reads its seed here; a fixed one makes a failure come back.
const int kSeedSet = setenv("RC_PARAMS", "seed=20261120", 0);

using sample::EpisodeBuilder;
using sample::failure;
using sample::learn_from;
using sample::Learned;
using sample::partial;
using sample::success;

Episode decision(const std::string& name, const Outcome& outcome,
                 const std::string& condition = "check token expiry",
                 const std::string& action = "refresh the token") {
  return EpisodeBuilder(name)
      .in("auth", "rust")
      .act("agent", condition)
      .act("agent", action)
      .ended(outcome)
      .get();
}

const Heuristic& heuristic_of(const Lesson& lesson) { return std::get<Heuristic>(lesson.payload); }

double success_of(const Candidate& candidate) {
  double sum = 0;
  for (const Evidence& row : candidate.evidence) sum += row.outcome.success().value_or(0);
  return sum;
}

const Candidate* only(const Learned& learned, LessonKind kind) {
  const Candidate* found = nullptr;
  for (const Candidate& c : learned.lessons) {
    if (c.lesson.kind != kind) continue;
    EXPECT_EQ(found, nullptr) << c.lesson.statement;
    found = &c;
  }
  return found;
}

// ---------------------------------------------------------------- heuristics (seed 000)

TEST(Heuristic, FiveIdenticalDecisionsGiveOneWithFiveEpisodes) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 5; ++i) episodes.push_back(decision("e" + std::to_string(i), success()));
  const Learned learned = learn_from(episodes);
  const Candidate* lesson = only(learned, LessonKind::kHeuristic);
  ASSERT_NE(lesson, nullptr);
  EXPECT_EQ(lesson->lesson.count, 5);
  EXPECT_EQ(heuristic_of(lesson->lesson).condition, "check token expiry");
  EXPECT_EQ(heuristic_of(lesson->lesson).action, "refresh the token");
  std::set<ItemId> ids;
  for (const Evidence& row : lesson->evidence) {
    EXPECT_TRUE(row.observed);
    EXPECT_FALSE(row.applied || row.shown);
    ids.insert(row.episode);
  }
  EXPECT_EQ(ids.size(), 5U);
  EXPECT_EQ(lesson->lesson.statement,
            "In auth with rust, after “check token expiry”, “refresh the token” worked 5 of 5 "
            "times.");
}

TEST(Heuristic, GroupsParaphrasedConditionsAcrossEpisodes) {
  const Learned learned =
      learn_from({decision("a", success()), decision("b", success(), "verify token is expired")});
  const Candidate* lesson = only(learned, LessonKind::kHeuristic);
  ASSERT_NE(lesson, nullptr);
  EXPECT_EQ(lesson->lesson.count, 2);
}

TEST(Heuristic, OneOfTwoPassesTheSeedsRawFilter) {
  const Learned learned = learn_from({decision("a", success()), decision("b", failure())});
  const Candidate* lesson = only(learned, LessonKind::kHeuristic);
  ASSERT_NE(lesson, nullptr);  // 0.5 × √2 = .707
  EXPECT_EQ(success_of(*lesson), 1.0);
  ReduceOptions strict;
  strict.pattern_extraction_threshold = 0.71;
  EXPECT_EQ(only(learn_from({decision("a", success()), decision("b", failure())}, strict),
                 LessonKind::kHeuristic),
            nullptr);
}

TEST(Heuristic, OneTrialIsNotEnough) {
  EXPECT_EQ(only(learn_from({decision("a", success())}), LessonKind::kHeuristic), nullptr);
}

TEST(Heuristic, FailuresCountAgainstIt) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 5; ++i) episodes.push_back(decision("s" + std::to_string(i), success()));
  for (int i = 0; i < 5; ++i) episodes.push_back(decision("f" + std::to_string(i), failure()));
  const Learned learned = learn_from(episodes);
  const Candidate* lesson = only(learned, LessonKind::kHeuristic);
  ASSERT_NE(lesson, nullptr);
  EXPECT_EQ(lesson->evidence.size(), 10U);
  EXPECT_EQ(success_of(*lesson) / 10, 0.5);
  EXPECT_NE(lesson->lesson.statement.find("worked 5 of 10 times"), std::string::npos);
}

TEST(Heuristic, APartialSuccessWeighsItsShareInExtractionAsInUpdate) {
  const Learned learned = learn_from({decision("a", partial(0.4)), decision("b", success())});
  const Candidate* lesson = only(learned, LessonKind::kHeuristic);
  ASSERT_NE(lesson, nullptr);
  EXPECT_NEAR(success_of(*lesson), 1.4, 1e-12);
  EXPECT_NE(lesson->lesson.statement.find("1.4 of 2"), std::string::npos);
  // Update reads the same rows through Outcome::success(): an unstated share is one number.
  EXPECT_EQ(Outcome{.status = OutcomeStatus::kPartial}.success(), kPartialShareUnstated);
  EXPECT_EQ(reward_base({.status = OutcomeStatus::kPartial}), kPartialShareUnstated);
}

TEST(Heuristic, UnknownOutcomesAreNoTrials) {
  EXPECT_TRUE(learn_from({decision("a", {}), decision("b", {})}).lessons.empty());
}

TEST(Heuristic, NoBetterThanTheRestIsDropped) {
  std::vector<Episode> episodes = {decision("a", success()), decision("b", success())};
  for (int i = 0; i < 8; ++i) {
    episodes.push_back(
        decision("other" + std::to_string(i), success(),
                 "check subject" + std::to_string(i) + " against ledger" + std::to_string(i),
                 "write row" + std::to_string(i)));
  }
  const Learned learned = learn_from(episodes);
  EXPECT_EQ(only(learned, LessonKind::kHeuristic), nullptr);
  EXPECT_EQ(learned.dropped.at("no better than without it"), 2);  // heuristic and decision point
}

TEST(DecisionPoint, NeedsTheWordAsAWholeAndSaidInWords) {
  const auto lessons = [](const std::string& action) {
    return learn_from({decision("a", success(), action), decision("b", success(), action)})
        .of(LessonKind::kDecisionPoint)
        .size();
  };
  EXPECT_EQ(lessons("verify the invoice total"), 1U);
  EXPECT_EQ(lessons("this is the checkout page"), 0U);  // "is" and "check" as parts decide nothing
  EXPECT_EQ(lessons("notify the gift shop"), 0U);       // "if" inside words
  std::vector<Episode> commands;
  for (const char* name : {"a", "b"}) {
    commands.push_back(
        EpisodeBuilder(name).pass("cargo check").pass("cargo run").ended(success()).get());
  }
  EXPECT_TRUE(learn_from(commands).of(LessonKind::kDecisionPoint).empty());
}

// ---------------------------------------------------------------- sequences, contexts

TEST(ToolSequence, OfAnApiThatRecursInSuccessIsLearned) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 8; ++i) {
    EpisodeBuilder good("good" + std::to_string(i)), bad("bad" + std::to_string(i));
    good.in("shop")
        .act("get_user", "u" + std::to_string(i))
        .act("find_order", "o")
        .act("refund", "r");
    bad.in("shop")
        .act("get_user", "u" + std::to_string(i))
        .act("refund", "r")
        .act("find_order", "o");
    episodes.push_back(good.ended(success()).get());
    episodes.push_back(bad.ended(failure()).get());
  }
  const auto lessons = learn_from(episodes).of(LessonKind::kToolSequence);
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(std::get<ToolSequence>(lessons[0].payload).tools,
            (std::vector<std::string>{"get_user", "find_order", "refund"}));
  EXPECT_EQ(
      lessons[0].statement,
      "`get_user` → `find_order` → `refund` ended well 8 of 8 times, tasks without it 0 of 8.");
}

TEST(ToolSequence, TrueOfEveryRepositoryIsDropped) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 6; ++i) {
    episodes.push_back(EpisodeBuilder("e" + std::to_string(i))
                           .edit("a.c", "x", "y")
                           .pass("make")
                           .pass("git add -A")
                           .pass("git commit -m x")
                           .ended(success())
                           .get());
  }
  const Learned learned = learn_from(episodes);
  EXPECT_TRUE(learned.lessons.empty());
  EXPECT_GE(learned.dropped.at("true of every repository"), 1);
}

TEST(ToolSequence, AProjectsOwnRoutineIsLearned) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 4; ++i) {
    episodes.push_back(EpisodeBuilder("e" + std::to_string(i))
                           .pass("pnpm run codegen")
                           .pass("pnpm run typecheck")
                           .pass("pnpm test")
                           .ended(success())
                           .get());
  }
  const auto lessons = learn_from(episodes).of(LessonKind::kToolSequence);
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_NE(lessons[0].statement.find("4 of 4"), std::string::npos);
}

TEST(ContextPattern, IsWhatSeparatesSuccessFromFailure) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 10; ++i) {
    episodes.push_back(EpisodeBuilder("g" + std::to_string(i))
                           .in("shop")
                           .act("search", "search[x]")
                           .act("click", "click[Buy Now]")
                           .ended(success())
                           .get());
    episodes.push_back(EpisodeBuilder("b" + std::to_string(i))
                           .in("shop")
                           .act("search", "search[x]")
                           .act("search", "search[y]")
                           .act("click", "click[Back]")
                           .ended(failure())
                           .get());
  }
  const auto lessons = learn_from(episodes).of(LessonKind::kContextPattern);
  ASSERT_FALSE(lessons.empty());
  EXPECT_NE(lessons[0].statement.find("10"), std::string::npos);
}

TEST(ContextPattern, WithoutContrastGivesNothing) {
  std::vector<Episode> episodes;
  for (int i = 0; i < 20; ++i) {
    episodes.push_back(EpisodeBuilder("e" + std::to_string(i))
                           .in("shop")
                           .act("search", "search[x]")
                           .act("click", i % 2 == 0 ? "click[A]" : "click[B]")
                           .ended(i % 4 < 2 ? success() : failure())
                           .get());
  }
  EXPECT_TRUE(learn_from(episodes).of(LessonKind::kContextPattern).empty());
}

// ---------------------------------------------------------------- properties

std::vector<Episode> mixed_episodes() {
  std::vector<Episode> episodes;
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    episodes.push_back(decision("d" + n, i % 3 == 0 ? failure() : success()));
    episodes.push_back(EpisodeBuilder("r" + n, i * 100)
                           .fail("npm test", "sh: 1: vitest: not found\n")
                           .pass("npm ci", "added 10 packages")
                           .pass("npm test", "Tests: 3 passed")
                           .ended(success())
                           .get());
    episodes.push_back(EpisodeBuilder("x" + n, i * 100)
                           .fail("make docs", "make: *** No rule to make target 'docs'.  Stop.\n")
                           .fail("make docs", "make: *** No rule to make target 'docs'.  Stop.\n")
                           .ended(failure())
                           .get());
  }
  return episodes;
}

bool same(const Learned& a, const Learned& b) {
  if (a.dropped != b.dropped || a.lessons.size() != b.lessons.size()) return false;
  for (std::size_t i = 0; i < a.lessons.size(); ++i) {
    const Lesson &x = a.lessons[i].lesson, &y = b.lessons[i].lesson;
    if (x.id != y.id || x.statement != y.statement || x.provenance != y.provenance ||
        x.count != y.count || x.when != y.when || x.valid_from != y.valid_from) {
      return false;
    }
    if (a.lessons[i].evidence.size() != b.lessons[i].evidence.size()) return false;
  }
  return true;
}

TEST(Reduce, DoesNotDependOnTheOrderOfItsObservations) {
  ASSERT_EQ(kSeedSet, 0);
  const auto observations = sample::observe(mixed_episodes());
  const Learned expected = sample::reduce_all(observations);
  EXPECT_GE(expected.lessons.size(), 3U);
  EXPECT_TRUE(rc::check([&] {
    auto shuffled = observations;
    std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
    std::ranges::shuffle(shuffled, random);
    RC_ASSERT(same(sample::reduce_all(shuffled), expected));
  }));
}

TEST(Reduce, GivesTheSameIdsWhenLearnedInParts) {
  const auto episodes = mixed_episodes();
  const Learned all = learn_from(episodes);
  const Learned part = learn_from({episodes.begin(), episodes.begin() + 9});
  std::set<ItemId> ids;
  for (const Candidate& c : all.lessons) ids.insert(c.lesson.id);
  for (const Candidate& c : part.lessons) EXPECT_TRUE(ids.contains(c.lesson.id));
}

TEST(Reduce, AnUnknownLearnerOrBodyGivesNothing) {
  Observation alien{.learner = "astrology", .bucket = "x"};
  EXPECT_TRUE(reduce(std::span(&alien, 1), {}).lessons.empty());
  for (const char* learner : {"error_recovery", "dead_end", "tool_sequence", "decision_point",
                              "heuristic", "context_pattern", "stated_rule"}) {
    for (const char* body : {"", "[]", "{}", "{\"runs\":\"x\"}", "{\"actions\":3}", "\xff",
                             "{\"features\":[1]}", "{\"text\":7}", "{\"condition\":[]}"}) {
      Observation o{.learner = learner, .bucket = "b", .body_json = body};
      EXPECT_TRUE(reduce(std::span(&o, 1), {}).lessons.empty()) << learner << body;
    }
  }
}

TEST(Observe, AnySteppedGarbageIsHarmless) {
  const std::vector<std::string> pieces = {"",
                                           "\xff\xfe",
                                           "'",
                                           "\"",
                                           "$(",
                                           "`",
                                           "<<EOF\n",
                                           "&&",
                                           "|",
                                           "; cd /x &&",
                                           "npm run",
                                           "\\",
                                           "{\"command\":",
                                           "error: x",
                                           "2>&1",
                                           "cat > a.ts",
                                           std::string(3000, 'a'),
                                           "\x1b[31m",
                                           "git"};
  EXPECT_TRUE(rc::check([&] {
    EpisodeBuilder builder("g");
    const int n = *rc::gen::inRange(1, 8);
    for (int i = 0; i < n; ++i) {
      std::string text;
      const int parts = *rc::gen::inRange(0, 6);
      for (int k = 0; k < parts; ++k) text += *rc::gen::elementOf(pieces);
      const auto status = *rc::gen::element(StepStatus::kUnknown, StepStatus::kSuccess,
                                            StepStatus::kError, StepStatus::kTimeout);
      builder.add(*rc::gen::elementOf(std::vector<std::string>{"Bash", "Edit", "search", ""}), text,
                  Json(), status, text);
    }
    learn_from({builder.ended(success()).get()});
  }));
}

}  // namespace
}  // namespace hardwon::learn
