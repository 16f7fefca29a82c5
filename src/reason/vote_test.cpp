#include <gtest/gtest.h>

#include "hardwon/experience.h"

namespace hardwon {
namespace {

constexpr std::chrono::microseconds kDay = std::chrono::hours(24);

TEST(Vote, TheHeavierSideWinsAndAgreementIsItsShare) {
  const auto result =
      vote({{.answer_json = "\"a\"", .confidence = 1, .similarity = 1, .rate = 1},
            {.answer_json = "\"b\"", .confidence = 0.5, .similarity = 1, .rate = 1},
            {.answer_json = "\"b\"", .confidence = 0.25, .similarity = 1, .rate = 1}},
           3, kDay);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->answer_json, "\"a\"");
  EXPECT_NEAR(result->agreement, 1 / 1.75, 1e-12);
  EXPECT_NEAR(result->confidence, 1 / 1.75, 1e-12);
  EXPECT_EQ(result->ballots, 3U);
}

TEST(Vote, PastSuccessAndAgeTurnIt) {
  const Ballot helped{.answer_json = "\"old\"", .confidence = 0.8, .similarity = 1, .rate = 1};
  const Ballot failed{.answer_json = "\"new\"", .confidence = 0.9, .similarity = 1, .rate = 0};
  EXPECT_EQ(vote({helped, failed}, 2, kDay)->answer_json, "\"old\"");
  Ballot stale = helped;
  stale.age = 3 * kDay;
  EXPECT_EQ(vote({stale, failed}, 2, kDay)->answer_json, "\"new\"");
}

TEST(Vote, TooFewVotesOfWeightGiveNone) {
  const Ballot opposite{.answer_json = "1", .confidence = 1, .similarity = -0.5};
  const Ballot silent{.answer_json = "", .confidence = 1, .similarity = 1};
  const Ballot unsure{.answer_json = "1", .confidence = 0, .similarity = 1};
  EXPECT_EQ(vote({opposite, silent, unsure}, 1, kDay).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(vote({}, 0, kDay).error().code, ErrorCode::kNotFound);
}

TEST(Vote, EqualSidesGiveTheSmallerText) {
  const Ballot b{.answer_json = "\"b\"", .confidence = 1, .similarity = 1};
  const Ballot a{.answer_json = "\"a\"", .confidence = 1, .similarity = 1};
  EXPECT_EQ(vote({b, a}, 2, kDay)->answer_json, "\"a\"");
}

}  // namespace
}  // namespace hardwon
