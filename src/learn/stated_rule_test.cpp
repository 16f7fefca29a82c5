#include <gtest/gtest.h>

#include "learn/learn.h"
#include "learn/sample_test.h"

namespace hardwon::learn {
namespace {

struct Turn {
  std::string text;
  Speaker speaker = Speaker::kPerson;
  bool abandoned = false;
};

std::vector<Observation> transcript(const std::string& session, const std::vector<Turn>& turns,
                                    int day = 0) {
  std::vector<Segment> segments;
  for (const Turn& turn : turns) {
    Segment segment;
    segment.session = content_id<SessionId>({session});
    segment.index = static_cast<std::uint32_t>(segments.size());
    segment.id = content_id<ItemId>({session, std::to_string(segment.index)});
    segment.speaker = turn.speaker;
    segment.text = turn.text;
    segment.abandoned = turn.abandoned;
    segment.time = sample::minute(day * 1440 + static_cast<int>(segments.size()));
    segment.line = 100 + segment.index;
    segments.push_back(segment);
  }
  return observe_transcript(segments, "claude-code", session + ".jsonl");
}

std::vector<Candidate> rules(std::vector<std::vector<Observation>> parts,
                             const ReduceOptions& options = {}) {
  std::vector<Observation> all;
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(all));
  return sample::reduce_all(std::move(all), options).lessons;
}

const char* const kTask = "add a parser for the ini format to the reader module";

TEST(StatedRule, SaidTwiceInOtherWordsBecomesARule) {
  const auto lessons =
      rules({transcript("s1", {{kTask}, {"no, use pnpm please"}}),
             transcript("s2", {{"fix the header"}, {"I said pnpm, not npm!"}}, 3)});
  ASSERT_EQ(lessons.size(), 1U);
  const Lesson& lesson = lessons[0].lesson;
  EXPECT_EQ(lesson.kind, LessonKind::kRule);
  EXPECT_EQ(lesson.count, 2);
  EXPECT_EQ(lesson.provenance.size(), 2U);
  EXPECT_EQ(lesson.provenance[0].quote, "I said pnpm, not npm!");
  EXPECT_EQ(lesson.provenance[1].quote, "no, use pnpm please");
  EXPECT_EQ(lesson.provenance[1].path, "s1.jsonl");
  EXPECT_EQ(lesson.provenance[1].line, 101);
  EXPECT_TRUE(lesson.statement == "Use pnpm." || lesson.statement == "Pnpm, not npm!")
      << lesson.statement;
  EXPECT_TRUE(lessons[0].evidence.empty());
}

TEST(StatedRule, KeepsThePersonsWords) {
  const auto lessons =
      rules({transcript("s1", {{"Don't mock the database in tests, please."},
                               {"ok, go on"},
                               {"again: stop mocking the database in the tests"}})});
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_NE(lessons[0].lesson.statement.find("mock"), std::string::npos);
}

TEST(StatedRule, SaidOnceGivesNothing) {
  EXPECT_TRUE(rules({transcript("s", {{"always run the linter before committing"}})}).empty());
}

TEST(StatedRule, OpposedInstructionsAreNotARepetition) {
  EXPECT_TRUE(rules({transcript("s", {{"use tabs"}, {"go on"}, {"don't use tabs"}})}).empty());
}

TEST(StatedRule, TasksQuestionsAndThanksAreNone) {
  EXPECT_TRUE(rules({transcript("s1", {{"add a test for the parser"},
                                       {"why do we use pnpm?"},
                                       {"run the tests"},
                                       {"thanks, looks good"}}),
                     transcript("s2",
                                {{"add a test for the parser"},
                                 {"why do we use pnpm?"},
                                 {"run the tests"},
                                 {"thanks, looks good"}},
                                1)})
                  .empty());
}

TEST(StatedRule, TheSameRequestSentAgainIsOneSaying) {
  const std::string request =
      "Build the importer for the new format and never write into the source folder. It should "
      "read the files line by line, keep a count of what was skipped and print it at the end.";
  EXPECT_TRUE(rules({transcript("s1", {{request}}), transcript("s2", {{request}}, 1)}).empty());
  const auto again = rules({transcript("s", {{"never use npm"}, {"never use npm"}})});
  ASSERT_EQ(again.size(), 1U);  // a rule when said once
  EXPECT_EQ(again[0].lesson.count, 1);
  EXPECT_EQ(
      rules({transcript("s", {{"never use npm"}}), transcript("t", {{"never use npm"}}, 2)}).size(),
      1U);
}

TEST(StatedRule, RewoundTurnsAreNotSaid) {
  const auto lessons = rules(
      {transcript("s", {{.text = "never use npm", .abandoned = true}, {"go"}, {"never use npm"}})});
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].lesson.count, 1);
  EXPECT_TRUE(rules({transcript("s", {{.text = "never use npm", .abandoned = true}})}).empty());
}

TEST(StatedRule, OnlyAPersonCanStateIt) {
  for (const Speaker speaker :
       {Speaker::kAgent, Speaker::kTool, Speaker::kHarness, Speaker::kSubAgent}) {
    EXPECT_TRUE(rules({transcript("s", {{"Always use tabs.", speaker}}),
                       transcript("t", {{"Always use tabs.", speaker}}, 1)})
                    .empty());
  }
}

TEST(StatedRule, PastedOutputAndInjectedBlocksStateNothing) {
  const std::string pasted = "look at this\n```\nAlways use tabs.\nNever use npm here.\n```\n";
  const std::string injected =
      "<hardwon-memory id=\"1\">\n- Always use tabs.\n</hardwon-memory>\nhello there";
  const std::string output = "❯ make\n[1/2] compiling\nerror: Always use tabs\n$ npm test\n";
  for (const std::string& text : {pasted, injected, output}) {
    EXPECT_TRUE(rules({transcript("s", {{text}}), transcript("t", {{text + "\nbye"}}, 1)}).empty())
        << text;
  }
}

TEST(StatedRule, AlreadyInTheRuleFileIsDropped) {
  const std::vector<std::string> known = {"- Use pnpm, never npm."};
  ReduceOptions options;
  options.known_rules = known;
  EXPECT_TRUE(rules({transcript("s1", {{"no, use pnpm please"}}),
                     transcript("s2", {{"use pnpm not npm"}}, 1)},
                    options)
                  .empty());
}

TEST(StatedRule, HostileTurnsAreHarmless) {
  const std::string huge(1 << 20, '!');
  EXPECT_TRUE(rules({transcript("s", {{huge},
                                      {"\xff\xfe never \x80"},
                                      {std::string("a\0b", 3)},
                                      {"```"},
                                      {"<hardwon-memory"}})})
                  .empty());
}

}  // namespace
}  // namespace hardwon::learn
