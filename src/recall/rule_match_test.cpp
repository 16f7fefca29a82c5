#include "recall/rule_match.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

namespace hardwon::recall {
namespace {

MatchableRule rule(std::string id, std::string text, MatchCriteria match = {},
                   ActionType action = ActionType::kBehavior) {
  MatchableRule out{.id = std::move(id)};
  if (match.value.empty()) match = {.type = MatchType::kContext, .value = "always"};
  out.rule.text = std::move(text);
  out.rule.match = std::move(match);
  out.rule.action = action;
  return out;
}

std::vector<std::string> ids(const RuleIndex& index, const RuleTask& task,
                             const RuleMatchOptions& options = {}) {
  std::vector<std::string> out;
  for (const RuleMatch& match : index.match(task, options)) {
    out.push_back(index.rules()[match.rule].id);
  }
  return out;
}

using Ids = std::vector<std::string>;

TEST(RuleMatch, TheSeedsRuleAppliesToTheSeedsTask) {
  const RuleIndex index(
      {rule("rule_001", "Use camelCase for JavaScript variables",
            {.type = MatchType::kPattern, .value = "javascript.*variable"}, ActionType::kNaming)});
  const RuleTask task{.id = "task_001",
                      .type = "code_generation",
                      .language = "javascript",
                      .description = "Create a function to calculate user statistics",
                      .identifiers = {"userName", "userAge", "totalScore"},
                      .code = "function getUserData() { ... }",
                      .context = "variables_needed"};
  EXPECT_EQ(ids(index, task), Ids{"rule_001"});
  RuleTask other = task;
  other.language = "python";
  EXPECT_TRUE(ids(index, other).empty()) << "the pattern is executed, not compared";
}

TEST(RuleMatch, ARuleOfAnotherLanguageDoesNotApply) {
  const RuleIndex index({rule("py", "Python code is indented with tabs", {}, ActionType::kStyle),
                         rule("go", "Go code is indented with tabs", {}, ActionType::kStyle),
                         rule("any", "Comments are in English", {}, ActionType::kStyle)});
  const RuleTask task{.type = "refactoring", .language = "Python", .description = "Split the file"};
  EXPECT_EQ(ids(index, task), (Ids{"py", "any"}));
  EXPECT_EQ(index.explain(1, task).why,
            "does not apply: the task is in python, the rule is for go");
  EXPECT_TRUE(ids(index, {.type = "documentation", .language = "python"}).empty())
      << "a rule about code is for tasks that write code";
  EXPECT_TRUE(ids(index, {.type = "refactoring", .description = "Split"}) == Ids{"any"})
      << "an unknown language is half a match, not a whole one";
}

TEST(RuleMatch, AParticularWordMustBeMet) {
  const RuleIndex index({rule("bill", "Ask me before you change the billing schema"),
                         rule("files", "Ask me before deleting files"),
                         rule("squash", "Squash your commits before merging")});
  EXPECT_EQ(ids(index, {.type = "debugging", .description = "Repair the billing totals"}).size(),
            3);
  EXPECT_EQ(ids(index, {.type = "debugging", .description = "Repair the inbox"}),
            (Ids{"files", "squash"}));
}

TEST(RuleMatch, HowARuleIsPutAsksForNothing) {
  const RuleIndex index({rule("comment", "Put no comment above TypeScript functions"),
                         rule("imports",
                              "Each time you change something, list TypeScript imports "
                              "in alphabetical order"),
                         rule("ask", "Once and for all: ask me before deleting files")});
  EXPECT_EQ(ids(index, {.type = "testing", .language = "typescript", .description = "Cover it"}),
            (Ids{"imports", "comment", "ask"}));
}

TEST(RuleMatch, WhatIsAboutNamesIsForTasksThatWriteCode) {
  MatchableRule names = rule("names", "Parameters are in camelCase");
  names.rule.action = ActionType::kBehavior;  // misread
  const RuleIndex index({names});
  EXPECT_EQ(ids(index, {.type = "documentation", .description = "Describe it"}), Ids{});
  EXPECT_EQ(ids(index, {.type = "debugging", .description = "Repair it"}), Ids{"names"});
}

TEST(RuleMatch, PathsAndIdentifiersAreLookedAt) {
  MatchableRule migrations = rule("migrations", "Write a rollback");
  migrations.when.paths = {"db/migrations/**"};
  const RuleIndex index({migrations, rule("name", "Values of fetchInvoice are cached",
                                          {.type = MatchType::kKeyword, .value = "fetchInvoice"})});
  EXPECT_EQ(ids(index, {.type = "code_generation", .paths = {"db/migrations/0007_tags.sql"}}),
            Ids{})
      << "'rollback' is not met";
  EXPECT_EQ(ids(index, {.type = "code_generation",
                        .description = "Make the rollback complete",
                        .paths = {"db/migrations/0007_tags.sql"}}),
            Ids{"migrations"});
  EXPECT_EQ(ids(index, {.type = "debugging", .identifiers = {"fetchInvoice"}}), Ids{"name"});
}

TEST(RuleMatch, GlobsFollowTheShell) {
  EXPECT_TRUE(path_matches("*.py", "a/b/c.py"));
  EXPECT_TRUE(path_matches("src/*.py", "src/a.py"));
  EXPECT_FALSE(path_matches("src/*.py", "src/b/a.py"));
  EXPECT_TRUE(path_matches("src/**/*.py", "src/b/c/a.py"));
  EXPECT_TRUE(path_matches("src/**/*.py", "src/a.py"));
  EXPECT_TRUE(path_matches("docs", "docs/a/b.md"));
  EXPECT_FALSE(path_matches("docs", "mydocs/b.md"));
  EXPECT_TRUE(path_matches("README.md", "pkg/README.md"));
  EXPECT_TRUE(path_matches("a?c.txt", "abc.txt"));
  EXPECT_FALSE(path_matches("a?c.txt", "a/c.txt"));
  EXPECT_FALSE(path_matches("", "a"));
  EXPECT_FALSE(path_matches("**a**a**a**a**a**a**a", std::string(5000, 'a'))) << "bounded";
}

TEST(RuleMatch, AnInvalidPatternIsAnErrorAndTheOthersGoOn) {
  const RuleIndex index(
      {rule("bad", "Do this", {.type = MatchType::kPattern, .value = "(tabs"}),
       rule("huge", "Do that", {.type = MatchType::kPattern, .value = "((a{900}){900}){900}"}),
       rule("good", "Do the other", {.type = MatchType::kPattern, .value = "ta.s"})});
  ASSERT_EQ(index.errors().size(), 2);
  EXPECT_EQ(index.errors()[0].field, "/match_criteria/value");
  EXPECT_TRUE(index.errors()[0].message.contains("rule bad: the pattern '(tabs' is not valid"))
      << index.errors()[0].message;
  EXPECT_TRUE(index.errors()[1].message.contains("rule huge"));
  EXPECT_EQ(ids(index, {.description = "tabs"}), Ids{"good"});
  EXPECT_EQ(index.explain(0, {.description = "tabs"}).why,
            "does not apply: its pattern is not valid");
}

TEST(RuleMatch, ConditionsNobodyKnowsAreNamed) {
  const RuleIndex index(
      {rule("a", "Do", {.type = MatchType::kContext, .value = "weather=rain"}),
       rule("b", "Do", {.type = MatchType::kContext, .value = "always", .context_json = "[1]"}),
       rule(
           "c", "Do",
           {.type = MatchType::kContext, .value = "always", .context_json = R"({"language":3})"})});
  ASSERT_EQ(index.errors().size(), 3);
  EXPECT_TRUE(index.errors()[0].message.contains("'weather'"));
  EXPECT_EQ(index.errors()[2].field, "/match_criteria/context/language");
}

TEST(RuleMatch, PartsSumToTheScoreAndOrderOfRulesChangesNothing) {
  EXPECT_TRUE(rc::check("parts sum, order does not matter", [] {
    const Ids texts = {"Python locals are in snake_case", "Ask before touching billing",
                       "Squash commits", "Go tests stand beside the code", "Dates are ISO 8601"};
    const Ids patterns = {"python.*store", "billing|inbox", "^go", "(", "[0-9]+"};
    std::vector<MatchableRule> rules;
    const auto n = *rc::gen::inRange<std::size_t>(1, 12);
    for (std::size_t i = 0; i < n; ++i) {
      MatchCriteria match{.type = MatchType::kContext, .value = "always"};
      const auto kind = *rc::gen::inRange(0, 4);
      if (kind == 1) match = {MatchType::kPattern, *rc::gen::elementOf(patterns), ""};
      if (kind == 2) match.context_json = R"({"type":"testing"})";
      rules.push_back(rule("r" + std::to_string(i), *rc::gen::elementOf(texts), match,
                           static_cast<ActionType>(*rc::gen::inRange(0, 4))));
      if (kind == 3) rules.back().when.paths = {"store/**"};
    }
    const RuleTask task{.type = *rc::gen::elementOf(Ids{"", "testing", "debugging", "analysis"}),
                        .language = *rc::gen::elementOf(Ids{"", "go", "python"}),
                        .description = *rc::gen::elementOf(Ids{"", "billing", "store 12"}),
                        .paths = {"store/a.py"}};
    const RuleMatchOptions options{.threshold = *rc::gen::inRange(0, 11) / 10.0, .rules_max = 5};
    const RuleIndex index(rules);
    Ids applying;
    for (std::size_t i = 0; i < n; ++i) {
      const RuleMatch match = index.explain(i, task, options);
      double sum = 0;
      for (const RuleScorePart& part : match.parts) {
        sum += part.value;
        RC_ASSERT(part.value <= part.possible + 1e-12);
      }
      RC_ASSERT(std::abs(sum - match.score) < 1e-6);
      RC_ASSERT(match.score <= 1 + 1e-9);
      if (match.applies) applying.push_back(rules[i].id);
    }
    const Ids found = ids(index, task, options);
    RC_ASSERT(found.size() == std::min<std::size_t>(applying.size(), 5));
    for (const std::string& id : found) RC_ASSERT(std::ranges::count(applying, id) == 1);
    std::ranges::reverse(rules);
    RC_ASSERT(ids(RuleIndex(rules), task, options) == found);
  }));
}

TEST(RuleMatch, TenThousandRulesGiveTheSameAsOneByOne) {
  std::vector<MatchableRule> rules;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "module" + std::to_string(i % 977);
    const char* languages[] = {"Python", "Go", "Rust", "Java"};
    MatchCriteria match{.type = MatchType::kContext, .value = "always"};
    if (i % 3 == 0) match = {MatchType::kPattern, "load_" + name + "_[a-z]+", ""};
    if (i % 3 == 1) match = {MatchType::kKeyword, "parser of zone" + std::to_string(i % 500), ""};
    rules.push_back(rule("r" + std::to_string(i),
                         std::string("Keep ") + languages[i % 4] + " short", match,
                         ActionType::kStyle));
  }
  const RuleIndex index(rules);
  const RuleTask task{.type = "debugging",
                      .language = "go",
                      .description = "Repair the parser",
                      .code = "load_module5_all()"};
  const auto found = ids(index, task, {.rules_max = 10'000});
  std::size_t one_by_one = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    if (!index.explain(i, task).applies) continue;
    ++one_by_one;
    EXPECT_EQ(std::ranges::count(found, rules[i].id), 1);
  }
  EXPECT_GT(one_by_one, 10);
  EXPECT_GT(found.size(), 800);
}

}  // namespace
}  // namespace hardwon::recall
