#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

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
                                    int day = 0, std::string_view agent = "claude-code") {
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
  return observe_transcript(segments, agent, session + ".jsonl");
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
  EXPECT_TRUE(rules({transcript("s", {{"no, keep it shorter"}})}).empty());
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
  const char* const kClear = "Never push to main without asking me.";
  const auto again = rules({transcript("s", {{kClear}, {kClear}})});
  ASSERT_EQ(again.size(), 1U);  // a rule when said once
  EXPECT_EQ(again[0].lesson.count, 1);
  EXPECT_EQ(
      rules({transcript("s", {{"never use npm"}}), transcript("t", {{"never use npm"}}, 2)}).size(),
      1U);
}

TEST(StatedRule, RewoundTurnsAreNotSaid) {
  const auto lessons =
      rules({transcript("s", {{.text = "Never push to main without asking me.", .abandoned = true},
                              {"go"},
                              {"Never push to main without asking me."}})});
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].lesson.count, 1);
  EXPECT_TRUE(rules({transcript("s", {{.text = "Never push to main without asking me.",
                                       .abandoned = true}})})
                  .empty());
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

// ---------------------------------------------------------------- said once, files, contradictions

// A rule file as room import gives it: one person's segment of the agent "rule-file".
std::vector<Observation> rule_file(const std::string& path, const std::string& text,
                                   std::int64_t line = 1) {
  Segment segment;
  segment.session = content_id<SessionId>({path});
  segment.id = content_id<ItemId>({path, std::to_string(line)});
  segment.speaker = Speaker::kPerson;
  segment.text = text;
  segment.line = line;
  return observe_transcript(std::vector{segment}, kRuleFileAgent, path);
}

const char* const kSpaces = "Always indent with 4 spaces.";
const char* const kTabs = "Always indent with tabs.";

const Lesson* speaking_of(const std::vector<Candidate>& lessons, std::string_view words) {
  for (const Candidate& candidate : lessons) {
    if (candidate.lesson.statement.contains(words)) return &candidate.lesson;
  }
  return nullptr;
}

TEST(StatedRule, SaidOnceAndClearlyIsARule) {
  const auto lessons = rules({transcript("s", {{kTask}, {"Always use tabs in Python code."}})});
  ASSERT_EQ(lessons.size(), 1U);
  const Lesson& lesson = lessons[0].lesson;
  EXPECT_EQ(lesson.statement, "Always use tabs in Python code.");
  EXPECT_EQ(lesson.count, 1);
  const Rule& rule = std::get<Rule>(lesson.payload);
  EXPECT_EQ(rule.action, ActionType::kStyle);
  EXPECT_EQ(rule.polarity, Polarity::kDo);
  EXPECT_EQ(rule.match.context_json, R"({"language":"python"})");
  ASSERT_EQ(lesson.provenance.size(), 1U);
  EXPECT_EQ(lesson.provenance[0].path, "s.jsonl");
  EXPECT_EQ(lesson.provenance[0].line, 101);
  EXPECT_EQ(lesson.provenance[0].quote, "Always use tabs in Python code.");
}

TEST(StatedRule, AFilesRuleHasItsLineAndTheSenseOfItsHeading) {
  const auto lessons = rules({rule_file("/p/CLAUDE.md",
                                        "# Shop\n\nThe shop sells books.\n\n"
                                        "## Python\n\n- Always use type hints.\n\n"
                                        "## Do NOT\n\n- Commit generated files\n")});
  ASSERT_EQ(lessons.size(), 2U);
  const Lesson* hints = speaking_of(lessons, "type hints");
  const Lesson* generated = speaking_of(lessons, "generated");
  ASSERT_TRUE(hints != nullptr && generated != nullptr);
  EXPECT_EQ(hints->provenance[0].line, 7);
  EXPECT_EQ(hints->provenance[0].path, "/p/CLAUDE.md");
  EXPECT_EQ(std::get<Rule>(hints->payload).match.context_json, R"({"language":"python"})");
  EXPECT_EQ(generated->provenance[0].line, 11);
  EXPECT_EQ(generated->statement, "Do not commit generated files.");
  EXPECT_EQ(generated->provenance[0].quote, "Commit generated files");
  EXPECT_EQ(std::get<Rule>(generated->payload).polarity, Polarity::kAvoid);
}

TEST(StatedRule, AFilesRuleStandsOnItsOwnAndSaysWhen) {
  const auto lessons = rules({rule_file("/p/.cursor/rules/api.mdc",
                                        "---\nglobs: api/**/*.ts\n---\n# Api\n\n"
                                        "When adding an endpoint:\n"
                                        "- Always write its schema into `openapi.yaml`\n")});
  ASSERT_EQ(lessons.size(), 1U);
  const Lesson& lesson = lessons[0].lesson;
  EXPECT_EQ(lesson.statement,
            "When adding an endpoint, always write its schema into `openapi.yaml`.");
  EXPECT_EQ(lesson.when.condition, "When adding an endpoint");
  EXPECT_EQ(lesson.when.paths, std::vector<std::string>{"api/**/*.ts"});
  EXPECT_EQ(lesson.provenance[0].quote, "Always write its schema into `openapi.yaml`");
  EXPECT_EQ(lesson.provenance[0].line, 7);
}

TEST(StatedRule, WhatIsLeftOutOfAFileHasItsReason) {
  std::vector<Observation> all =
      rule_file("CLAUDE.md",
                "## Code style\n\n- Write clean code.\n- Use proper error handling.\n\n"
                "Examples:\n- Always use type hints in Python.\n");
  const auto out = sample::reduce_all(std::move(all));
  EXPECT_TRUE(out.lessons.empty());
  EXPECT_EQ(out.dropped.at("true of every repository"), 2);
  EXPECT_EQ(out.dropped.at("an example"), 1);
}

TEST(StatedRule, TheReasonAfterARuleIsNone) {
  const auto lessons = rules({transcript(
      "s", {{"Always use tabs in Python code. Anything else is rejected in review."}})});
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].lesson.statement, "Always use tabs in Python code.");
}

TEST(StatedRule, ALaterPartOfALongFileCountsItsLinesFromThere) {
  const auto lessons = rules({rule_file("CLAUDE.md", "intro\n\n- Always use type hints.\n", 501)});
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].lesson.provenance[0].line, 503);
}

TEST(StatedRule, WhatCodeCanBeCheckedForIsKeptFromAFile) {
  for (const char* text : {"Use tabs for indentation.", "Keep imports sorted.", kSpaces, kTabs,
                           "Keep lines below 100 characters."}) {
    const auto lessons =
        rules({rule_file("CLAUDE.md", std::string("## Code style\n\n- ") + text + "\n")});
    ASSERT_EQ(lessons.size(), 1U) << text;
    EXPECT_EQ(lessons[0].lesson.statement, text);
  }
}

TEST(StatedRule, ARuleOfAnImportedFileIsListedThoughTheFileSaysIt) {
  const std::vector<std::string> known = {"Always use type hints."};
  ReduceOptions options;
  options.known_rules = known;
  EXPECT_EQ(rules({rule_file("CLAUDE.md", "- Always use type hints.\n")}, options).size(), 1U);
}

// In a conversation they are decisions; in a log of work they are about the task in hand, of a plan
// or of a text that was pasted.
TEST(StatedRule, OnceInALogOfWorkItHasToAskForSomethingLasting) {
  const char* const of_the_task[] = {
      "**6.2 Retry uploads:** always retry a failed upload three times.",
      "Task 7.4: never retry a failed upload.", "Never retry a failed upload in this dialog.",
      "Uploads are retried at most three times, everywhere.",
      "By default, the linter runs whenever a file is saved."};
  for (const char* said : of_the_task) {
    EXPECT_EQ(rules({transcript("s", {{kTask}, {said}})}).size(), 0U) << said;
    EXPECT_EQ(rules({transcript("s", {{kTask}, {said}}, 0, kTranscriptAgent)}).size(), 1U) << said;
  }
  const char* const lasting[] = {
      "Always retry a failed upload three times.", "Never retry a failed upload.",
      "Never retry a failed upload in this project.", "Table names are in snake_case everywhere.",
      "From now on never retry a failed upload."};
  for (const char* said : lasting) {
    EXPECT_EQ(rules({transcript("s", {{kTask}, {said}})}).size(), 1U) << said;
  }
}

TEST(StatedRule, APlanThatIsSentAgainIsNoRepetition) {
  const auto plan = [](const char* more) {
    return std::string("**6.2 Retry uploads:** always retry a failed upload three times. ") + more;
  };
  EXPECT_TRUE(rules({transcript("s", {{kTask}, {plan("Start.")}}),
                     transcript("t", {{kTask}, {plan("Go on with it.")}}, 2)})
                  .empty());
}

TEST(StatedRule, TheLaterOfTwoThatContradictTakesThePlace) {
  const auto spaces = transcript("s", {{kTask}, {kSpaces}}, 1);
  const auto tabs = transcript("t", {{kTask}, {kTabs}}, 5);
  for (const auto& order : {std::vector{spaces, tabs}, std::vector{tabs, spaces}}) {
    const auto lessons = rules(order);
    ASSERT_EQ(lessons.size(), 2U);
    const Lesson* old = speaking_of(lessons, "spaces");
    const Lesson* now = speaking_of(lessons, "tabs");
    ASSERT_TRUE(old != nullptr && now != nullptr);
    EXPECT_EQ(now->status, LessonStatus::kActive);
    EXPECT_TRUE(now->superseded_by.empty());
    EXPECT_EQ(old->status, LessonStatus::kRetired);
    EXPECT_EQ(old->superseded_by, now->id);
    EXPECT_EQ(old->valid_to, sample::minute(5 * 1440 + 1));
    EXPECT_EQ(old->provenance[0].quote, kSpaces) << "its history stays";
  }
  // And the other way round.
  const auto lessons =
      rules({transcript("t", {{kTask}, {kTabs}}, 1), transcript("s", {{kTask}, {kSpaces}}, 5)});
  EXPECT_EQ(speaking_of(lessons, "spaces")->status, LessonStatus::kActive);
  EXPECT_EQ(speaking_of(lessons, "tabs")->status, LessonStatus::kRetired);
}

TEST(StatedRule, SayingTheOldOneAgainMakesItCurrentAgain) {
  const auto lessons =
      rules({transcript("a", {{kTask}, {kSpaces}}, 1), transcript("b", {{kTask}, {kTabs}}, 5),
             transcript("c", {{kTask}, {kSpaces}}, 9)});
  ASSERT_EQ(lessons.size(), 2U);
  EXPECT_EQ(speaking_of(lessons, "spaces")->status, LessonStatus::kActive);
  EXPECT_EQ(speaking_of(lessons, "tabs")->status, LessonStatus::kRetired);
  EXPECT_EQ(speaking_of(lessons, "spaces")->count, 2);
}

TEST(StatedRule, WhatOneForbidsTheOtherAsksIsAContradiction) {
  const auto lessons = rules({transcript("a", {{kTask}, {"Always use pnpm in this project."}}, 1),
                              transcript("b", {{kTask}, {"Never use pnpm in this project."}}, 5)});
  ASSERT_EQ(lessons.size(), 2U);
  EXPECT_EQ(speaking_of(lessons, "Always")->status, LessonStatus::kRetired);
  EXPECT_EQ(speaking_of(lessons, "Never")->status, LessonStatus::kActive);
}

void expect_all_active(const std::vector<Candidate>& lessons, std::size_t n) {
  EXPECT_EQ(lessons.size(), n);
  for (const Candidate& candidate : lessons) {
    EXPECT_EQ(candidate.lesson.status, LessonStatus::kActive) << candidate.lesson.statement;
    EXPECT_TRUE(candidate.lesson.superseded_by.empty()) << candidate.lesson.statement;
  }
}

TEST(StatedRule, AnotherNumberIsAnotherRule) {
  const auto lessons = rules({transcript("a", {{kTask}, {"Always indent with 2 spaces."}}, 1),
                              transcript("b", {{kTask}, {kSpaces}}, 5)});
  ASSERT_EQ(lessons.size(), 2U);
  EXPECT_EQ(speaking_of(lessons, "2 spaces")->status, LessonStatus::kRetired);
  EXPECT_EQ(speaking_of(lessons, "4 spaces")->status, LessonStatus::kActive);
}

TEST(StatedRule, AnotherLanguageOrMatterCoexists) {
  expect_all_active(rules({transcript("a", {{kTask}, {"Always indent Python with 4 spaces."}}, 1),
                           transcript("b", {{kTask}, {"Always indent Go with tabs."}}, 5)}),
                    2);
  expect_all_active(rules({transcript("a", {{kTask}, {"Always use single quotes in Python."}}, 1),
                           transcript("b", {{kTask}, {"Always use tabs in Python."}}, 5)}),
                    2);
}

TEST(StatedRule, AnotherProjectCoexists) {
  auto a = transcript("a", {{kTask}, {kSpaces}}, 1), b = transcript("b", {{kTask}, {kTabs}}, 5);
  for (Observation& o : a) o.scope = Scope{{{"project", "/one"}}};
  for (Observation& o : b) o.scope = Scope{{{"project", "/two"}}};
  expect_all_active(rules({a, b}), 2);
}

TEST(StatedRule, WithoutAKnownOrderBothStay) {
  expect_all_active(rules({rule_file("CLAUDE.md", std::string("- ") + kSpaces + "\n"),
                           rule_file("AGENTS.md", std::string("- ") + kTabs + "\n")}),
                    2);
  expect_all_active(rules({rule_file("CLAUDE.md", std::string("- ") + kSpaces + "\n"),
                           transcript("b", {{kTask}, {kTabs}}, 5)}),
                    2);
}

TEST(StatedRule, WithinAFileTheLowerLineIsTheLater) {
  const auto lessons =
      rules({rule_file("CLAUDE.md", std::string("- ") + kSpaces + "\n\n- " + kTabs + "\n")});
  ASSERT_EQ(lessons.size(), 2U);
  EXPECT_EQ(speaking_of(lessons, "spaces")->status, LessonStatus::kRetired);
  EXPECT_EQ(speaking_of(lessons, "spaces")->valid_to, std::nullopt);
  EXPECT_EQ(speaking_of(lessons, "tabs")->status, LessonStatus::kActive);
}

TEST(StatedRule, TimesThatCannotBeOrderedNeverRetireAll) {
  // By time a is after b, by line b after c and c after a.
  const auto at = [](const char* text, std::int64_t line, std::optional<int> minute) {
    auto part = rule_file("CLAUDE.md", text, line);
    for (Observation& o : part) {
      if (!minute) continue;
      o.time = sample::minute(*minute);
      for (Provenance& span : o.provenance) span.time = o.time;
    }
    return part;
  };
  const auto lessons =
      rules({at("Always indent with 2 spaces.", 1, 9), at("Always indent with 4 spaces.", 5, 1),
             at("Always indent with 8 spaces.", 3, std::nullopt)});
  ASSERT_EQ(lessons.size(), 3U);
  EXPECT_GE(std::ranges::count(lessons, LessonStatus::kActive,
                               [](const Candidate& c) { return c.lesson.status; }),
            1);
}

TEST(StatedRule, AgentsToolsAndHarnessesStateNothingEvenWhenClear) {
  for (const Speaker speaker :
       {Speaker::kAgent, Speaker::kTool, Speaker::kHarness, Speaker::kSubAgent}) {
    EXPECT_TRUE(
        rules(
            {transcript("s", {{kTask}, {"Always use tabs in Python code.", speaker}, {"thanks"}})})
            .empty());
  }
  EXPECT_TRUE(
      rules({transcript("s", {{"```\nAlways use tabs in Python code.\n```"},
                              {"> Always use tabs in Python code."},
                              {.text = "Always use tabs in Python code.", .abandoned = true}})})
          .empty());
}

std::string shown(const std::vector<Candidate>& lessons) {
  std::string out;
  for (const Candidate& candidate : lessons) {
    const Lesson& lesson = candidate.lesson;
    out += to_text(lesson.id) + "|" + lesson.statement + "|" + to_text(lesson.superseded_by) + "|" +
           std::to_string(static_cast<int>(lesson.status)) + "|" +
           (lesson.valid_to ? format_time(*lesson.valid_to) : "") + "|" +
           std::to_string(lesson.count);
    for (const Provenance& span : lesson.provenance) {
      out += "|" + span.path + ":" + std::to_string(span.line) + ":" + span.quote;
    }
    out += "\n";
  }
  return out;
}

TEST(StatedRule, TheOrderOfObservationsChangesNothing) {
  const char* const said[] = {kSpaces,
                              kTabs,
                              "Always indent with 2 spaces.",
                              "Always use single quotes.",
                              "Always use double quotes.",
                              "Never use npm here.",
                              "no, use pnpm please",
                              "I said pnpm, not npm!",
                              "Always use pnpm.",
                              "Never use pnpm."};
  std::vector<Observation> all;
  int day = 0;
  for (const char* text : said) {
    for (const int shift : {0, 7, 3}) {
      ++day;
      for (auto& o : transcript("s" + std::to_string(day), {{kTask}, {text}}, (day * shift) % 11)) {
        if (day % 4 == 0) o.time.reset();
        all.push_back(std::move(o));
      }
    }
  }
  for (auto& o : rule_file("CLAUDE.md", "- Always indent with tabs.\n- Never use npm.\n")) {
    all.push_back(std::move(o));
  }
  const auto expected = rules({all});
  ASSERT_GE(expected.size(), 5U);
  EXPECT_TRUE(rc::check([&] {
    auto shuffled = all;
    std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
    std::ranges::shuffle(shuffled, random);
    RC_ASSERT(shown(rules({shuffled})) == shown(expected));
  }));
}

}  // namespace
}  // namespace hardwon::learn
