#include "learn/near_duplicates.h"

#include <gtest/gtest.h>

namespace hardwon::learn {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;

Lesson stated(const char* statement, const char* learner = "remember",
              LessonKind kind = LessonKind::kRule) {
  Lesson lesson;
  lesson.kind = kind;
  lesson.statement = statement;
  lesson.learner = learner;
  if (kind == LessonKind::kRule) {
    lesson.payload = Rule{.text = statement};
  } else {
    lesson.payload = Decision{.text = statement};
  }
  return lesson;
}

TEST(NearDuplicates, JoinWhatWasToldOnSeveralWays) {
  const Lesson lessons[] = {
      stated("Use tabs for indentation, never spaces.", "stated_rule/1"),
      stated("Prices are stored in cents.", "agreement/1", LessonKind::kDecision),
      stated("Always use tabs for indentation, never spaces"),
      stated("Store prices in cents."),
      stated("Run the linter before every commit.", "stated_rule/1"),
  };
  EXPECT_EQ(near_duplicates(lessons), (Groups{{0, 2}, {1, 3}}));
}

TEST(NearDuplicates, KeepApartWhatSaysOtherThings) {
  const std::pair<const char*, const char*> pairs[] = {
      {"Never use npm here", "Use npm here"},
      {"Indent with 2 spaces", "Indent with 4 spaces"},
      {"Keep lines under 80 characters", "Keep lines under 100 characters"},
      {"Run the linter before every commit", "Run the tests before every commit"},
      {"Use camelCase for functions", "Use snake_case for functions"},
      {"Log billing failures with their request id", "Log billing failures with their user id"},
  };
  for (const auto& [a, b] : pairs) {
    const Lesson lessons[] = {stated(a), stated(b, "stated_rule/1")};
    EXPECT_TRUE(near_duplicates(lessons).empty()) << a << " / " << b;
  }
}

// It has seen more than the statement: two items of one file, two languages.
TEST(NearDuplicates, LeaveApartWhatOneLearnerKeptApart) {
  const Lesson lessons[] = {stated("Use tabs for indentation", "stated_rule/1"),
                            stated("Always use tabs for indentation", "stated_rule/1")};
  EXPECT_TRUE(near_duplicates(lessons).empty());
}

TEST(NearDuplicates, AreConnectedThroughOthers) {
  const Lesson lessons[] = {stated("Use pnpm", "stated_rule/1"), stated("Use pnpm", "remember"),
                            stated("Use pnpm", "stated_rule/1")};
  EXPECT_EQ(near_duplicates(lessons), (Groups{{0, 1, 2}}));
}

TEST(NearDuplicates, ConcernOnlyWhatHolds) {
  Lesson lessons[] = {stated("Use pnpm", "stated_rule/1"), stated("Use pnpm")};
  EXPECT_EQ(near_duplicates(lessons).size(), 1U);
  lessons[0].suppressed = true;
  EXPECT_TRUE(near_duplicates(lessons).empty());
  lessons[0].suppressed = false;
  lessons[0].status = LessonStatus::kRetired;
  EXPECT_TRUE(near_duplicates(lessons).empty());
  lessons[0].status = LessonStatus::kActive;
  lessons[0].kind = LessonKind::kDeadEnd;
  EXPECT_TRUE(near_duplicates(lessons).empty());
}

TEST(NearDuplicates, CompareTheStatementAsItWasEdited) {
  Lesson lessons[] = {stated("Use pnpm", "stated_rule/1"), stated("Use pnpm")};
  lessons[1].statement = "Ask before you touch the schema";
  EXPECT_TRUE(near_duplicates(lessons).empty());
}

}  // namespace
}  // namespace hardwon::learn
