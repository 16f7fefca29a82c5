#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <re2/re2.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "learn/rules.h"

namespace hardwon::learn {
namespace {

constexpr auto kLasts = Persistence::kPersistent;
constexpr auto kPasses = Persistence::kShortTerm;
constexpr auto kNothing = Persistence::kIrrelevant;
constexpr auto kStyle = ActionType::kStyle;
constexpr auto kNaming = ActionType::kNaming;
constexpr auto kStructure = ActionType::kStructure;
constexpr auto kBehavior = ActionType::kBehavior;
constexpr auto kDo = Polarity::kDo;
constexpr auto kAvoid = Polarity::kAvoid;
constexpr auto kBoth = Polarity::kBoth;

struct Plain {
  const char* text;
  Persistence persistence = Persistence::kIrrelevant;
  ActionType action = ActionType::kBehavior;  // of persistent ones
  Polarity polarity = Polarity::kDo;
  Voice voice = Voice::kPerson;
};

// Sentences on which any two readers would agree; written for this test, trained on by nobody.
const std::vector<Plain> kPlainSentences = {
    {"Always name test functions in snake_case.", kLasts, kNaming, kDo},
    {"Class names are always PascalCase in this repository.", kLasts, kNaming, kDo},
    {"Use camelCase for all local variables.", kLasts, kNaming, kDo},
    {"Never use single-letter variable names.", kLasts, kNaming, kAvoid},
    {"Constants must be written in UPPER_SNAKE_CASE.", kLasts, kNaming, kDo},
    {"Name every hook file after the hook that it exports.", kLasts, kNaming, kDo},
    {"Prefix private methods with an underscore.", kLasts, kNaming, kDo},
    {"Don't put the type into a variable's name.", kLasts, kNaming, kAvoid},
    {"Indent with four spaces everywhere.", kLasts, kStyle, kDo},
    {"Always use single quotes in JavaScript.", kLasts, kStyle, kDo},
    {"Use tabs instead of spaces for indentation.", kLasts, kStyle, kBoth},
    {"Never leave trailing whitespace in a file.", kLasts, kStyle, kAvoid},
    {"Keep every line below 100 characters.", kLasts, kStyle, kDo},
    {"We never write semicolons in our TypeScript code.", kLasts, kStyle, kAvoid},
    {"Prefer f-strings over percent formatting in Python.", kLasts, kStyle, kBoth},
    {"Imports must be sorted alphabetically.", kLasts, kStyle, kDo},
    {"All database queries belong in the repository layer, never in controllers.", kLasts,
     kStructure, kBoth},
    {"Put every React component into its own folder.", kLasts, kStructure, kDo},
    {"Tests always live next to the file that they test.", kLasts, kStructure, kDo},
    {"Never import from the server package in client code.", kLasts, kStructure, kAvoid},
    {"Keep shared helpers in `src/common`.", kLasts, kStructure, kDo},
    {"Don't put business logic in controllers.", kLasts, kStructure, kAvoid},
    {"Always run the linter before you commit.", kLasts, kBehavior, kDo},
    {"Never commit directly to the main branch.", kLasts, kBehavior, kAvoid},
    {"Do not add new dependencies without asking me first.", kLasts, kBehavior, kAvoid},
    {"From now on, write a test for every bug that you fix.", kLasts, kBehavior, kDo},
    {"Use pnpm instead of npm in all packages.", kLasts, kBehavior, kBoth},
    {"Whenever you change the schema, write a migration as well.", kLasts, kBehavior, kDo},
    {"Never log passwords or tokens.", kLasts, kBehavior, kAvoid},
    {"Every public function must have a docstring.", kLasts, kStyle, kDo},
    {"Always handle errors explicitly and never swallow them.", kLasts, kBehavior, kBoth},
    {"Ask before you delete any file.", kLasts, kBehavior, kDo},
    {"Never mock the database in integration tests.", kLasts, kBehavior, kAvoid},
    {"Always format Python with black.", kLasts, kStyle, kDo},
    {"Use pytest, never unittest.", kLasts, kBehavior, kBoth},
    {"Never call curl from a script, use httpie.", kLasts, kBehavior, kBoth},
    {"Use snake_case for column names", kLasts, kNaming, kDo, Voice::kRuleFile},
    {"Avoid global state", kLasts, kStructure, kAvoid, Voice::kRuleFile},
    {"Prefer composition over inheritance", kLasts, kStructure, kBoth, Voice::kRuleFile},
    {"Run the whole test suite before every push", kLasts, kBehavior, kDo, Voice::kRuleFile},
    {"For now just return an empty list here.", kPasses},
    {"Skip the tests this time, we are in a hurry.", kPasses},
    {"Please rename this variable to total.", kPasses},
    {"Add a button to the settings page.", kPasses},
    {"Can you fix the failing test in the parser?", kPasses},
    {"Let's leave the cache alone today.", kPasses},
    {"Revert that last change, please.", kPasses},
    {"Run the tests again and show me the output.", kPasses},
    {"Use a mock here for the moment.", kPasses},
    {"Now commit this and open a pull request.", kPasses},
    {"Fix the typo in the header.", kPasses},
    {"Move this function to the other file.", kPasses},
    {"Thanks, that looks great!", kNothing},
    {"The build failed with three errors on the server.", kNothing},
    {"I think the weather is nice.", kNothing},
    {"Yes, exactly.", kNothing},
    {"The service reads its configuration from a file at startup.", kNothing, kBehavior, kDo,
     Voice::kRuleFile},
    {"This project is a web shop written in Django.", kNothing, kBehavior, kDo, Voice::kRuleFile},
    {"Why does it use so much memory?", kNothing},
    {"I was on holiday last week.", kNothing},
    {"I have updated the parser and all tests pass.", kNothing, kBehavior, kDo, Voice::kAgent},
    {"The function returns null when the user is not found.", kNothing},
    {"It crashed again with the same message.", kNothing},
    {"Great, that works now.", kNothing},
    {"The tests passed yesterday on my machine.", kNothing},
};

Reading read(std::string_view text, Voice voice = Voice::kPerson, std::string_view heading = {}) {
  return read_statement({.voice = voice, .text = text, .heading = heading});
}

struct Share {
  int right = 0, all = 0;
  std::string wrong;
  void count(bool good, const std::string& what) {
    ++all;
    right += good ? 1 : 0;
    if (!good) wrong += "  " + what + "\n";
  }
  double value() const { return static_cast<double>(right) / all; }
};

TEST(RuleReader, ReadsPlainSentencesAsAnyReaderWould) {
  Share persistence, action, polarity;
  for (const Plain& plain : kPlainSentences) {
    const Reading reading = read(plain.text, plain.voice);
    persistence.count(reading.persistence == plain.persistence,
                      std::string(name_of(reading.persistence)) + ": " + plain.text);
    if (plain.persistence != kLasts || reading.rules.empty()) continue;
    const Rule& rule = reading.rules.front();
    action.count(rule.action == plain.action,
                 std::string(name_of(rule.action)) + ": " + plain.text);
    polarity.count(rule.polarity == plain.polarity,
                   std::string(name_of(rule.polarity)) + ": " + plain.text);
  }
  // Measured with the weights as they are: .91, .75, .94.
  ASSERT_GE(persistence.all, 60);
  ASSERT_GE(action.all, 30);
  EXPECT_GE(persistence.value(), 0.85) << persistence.wrong;
  EXPECT_GE(action.value(), 0.70) << action.wrong;
  EXPECT_GE(polarity.value(), 0.85) << polarity.wrong;
}

TEST(RuleReader, ConfidencesAreProbabilitiesAndTheLargestDecides) {
  for (const Plain& plain : kPlainSentences) {
    const Reading reading = read(plain.text, plain.voice);
    double sum = 0;
    for (const double p : reading.probabilities) {
      EXPECT_TRUE(p >= 0 && p <= 1) << plain.text;
      sum += p;
    }
    EXPECT_NEAR(sum, 1, 1e-9) << plain.text;
    EXPECT_TRUE(reading.confidence > 0 && reading.confidence <= 1) << plain.text;
    EXPECT_TRUE(reading.actionable >= 0 && reading.actionable <= 1) << plain.text;
    EXPECT_EQ(reading.rules.size(), reading.persistence == kLasts ? 1U : 0U) << plain.text;
    if (!reading.rules.empty()) {
      EXPECT_EQ(reading.rules[0].confidence, reading.confidence) << plain.text;
    }
  }
}

TEST(RuleReader, WhatAHeadingForbidsIsForbiddenInTheText) {
  for (const char* heading : {"Do NOT", "Never do this", "Things to avoid", "Don’t"}) {
    const Reading reading = read("- Commit generated files", Voice::kRuleFile, heading);
    ASSERT_EQ(reading.rules.size(), 1U) << heading;
    EXPECT_EQ(reading.rules[0].polarity, kAvoid) << heading;
    EXPECT_EQ(reading.rules[0].text, "Do not commit generated files") << heading;
  }
  const Reading plain = read("- Commit generated files", Voice::kRuleFile, "Conventions");
  ASSERT_EQ(plain.rules.size(), 1U);
  EXPECT_EQ(plain.rules[0].polarity, kDo);
  // What forbids by itself is not forbidden twice over.
  const Reading twice = read("- Never commit generated files", Voice::kRuleFile, "Do NOT");
  ASSERT_EQ(twice.rules.size(), 1U);
  EXPECT_EQ(twice.rules[0].polarity, kAvoid);
  EXPECT_EQ(twice.rules[0].text, "Never commit generated files");
}

MatchCriteria match_of(std::string_view text, std::string_view heading = {}) {
  const Reading reading = read(text, Voice::kRuleFile, heading);
  EXPECT_EQ(reading.rules.size(), 1U) << text;
  return reading.rules.empty() ? MatchCriteria{} : reading.rules.front().match;
}

TEST(RuleReader, TheSituationIsTheTrigger) {
  const MatchCriteria match = match_of("When you add a database table, always write a rollback.");
  EXPECT_EQ(match.type, MatchType::kKeyword);
  EXPECT_EQ(match.value, "add database table");
  EXPECT_EQ(match_of("Always run the linter before pushing to the server.").value,
            "pushing server");
}

TEST(RuleReader, WhatEveryTaskHasIsNoTrigger) {
  for (const char* text :
       {"Always run the linter before you commit.", "Never put secrets into commits.",
        "Always write commit subjects in the present tense.",
        "Before you hand over, always run the integration tests."}) {
    const MatchCriteria match = match_of(text);
    EXPECT_EQ(match.type, MatchType::kContext) << text;
    EXPECT_EQ(match.value, "always") << text;
  }
  EXPECT_EQ(match_of("Always name variables in `camelCase`.").value, "always")
      << "what a rule chooses is not where it applies";
  EXPECT_EQ(match_of("Always list TypeScript imports in order of use.").value,
            "language=typescript");
  EXPECT_EQ(match_of("Always ask before deleting files.").value, "deleting files");
  EXPECT_EQ(match_of("In tests, always prefer real objects over mocks.").value, "tests");
  EXPECT_EQ(match_of("Always reach payroll through its public interface only.").value, "payroll");
}

TEST(RuleReader, CodeIsATriggerQuotedForRe2) {
  const MatchCriteria match = match_of("Always use `Json::parse(text)` and never `a.b[0]+c`.");
  ASSERT_EQ(match.type, MatchType::kPattern);
  const RE2 pattern(match.value);
  ASSERT_TRUE(pattern.ok()) << match.value;
  EXPECT_TRUE(RE2::PartialMatch("x = Json::parse(text);", pattern));
  EXPECT_TRUE(RE2::PartialMatch("a.b[0]+c", pattern));
  EXPECT_FALSE(RE2::PartialMatch("axb[0]+c", pattern));
  EXPECT_FALSE(RE2::PartialMatch("a.b0c", pattern));
}

TEST(RuleReader, APathPatternStandsForItsNames) {
  const RE2 branch(match_of("Always name branches `feat/*` or `fix/<ticket-slug>`.").value);
  ASSERT_TRUE(branch.ok());
  EXPECT_TRUE(RE2::FullMatch("feat/login", branch));
  EXPECT_TRUE(RE2::FullMatch("fix/ab-12", branch));
  EXPECT_FALSE(RE2::FullMatch("chore/login", branch));
  EXPECT_FALSE(RE2::FullMatch("feat/a/b", branch));
  const RE2 code(match_of("Always prefer `Vec<T>` and never write `a*b`.").value);
  EXPECT_TRUE(RE2::FullMatch("Vec<T>", code));
  EXPECT_FALSE(RE2::PartialMatch("Vecx", code));
  EXPECT_FALSE(RE2::PartialMatch("aab", code));
}

TEST(RuleReader, TheLanguageComesFromTheSentenceElseFromItsHeading) {
  const auto language = [](std::string_view text, std::string_view heading) {
    const std::string json = match_of(text, heading).context_json;
    return json.empty() ? "" : parse_json(json)->at("language").get<std::string>();
  };
  EXPECT_EQ(language("Always use type hints in Python code.", ""), "python");
  EXPECT_EQ(language("Always use strict types.", "TypeScript"), "typescript");
  EXPECT_EQ(language("In Go, always wrap errors with `%w`.", "Rust"), "rust");
  EXPECT_EQ(language("Always keep functions short.", "Style"), "");
  EXPECT_EQ(language("Always prefer guardrails over copying.", ""), "");
  EXPECT_EQ(language("Never use raw pointers in C++.", ""), "c++");
  EXPECT_EQ(language("Never edit `gen/a.rs` by hand.", ""), "rust");
}

TEST(RuleReader, AReasonIsKeptApart) {
  const auto reason = [](std::string_view text) {
    const Reading reading = read(text);
    EXPECT_EQ(reading.rules.size(), 1U) << text;
    return reading.rules.empty() ? "" : reading.rules[0].rationale;
  };
  EXPECT_EQ(reason("Never use floats for money because they lose cents."), "they lose cents.");
  EXPECT_EQ(reason("Always pin exact versions in `package.json` so that builds can be repeated."),
            "builds can be repeated.");
  EXPECT_EQ(reason("Never use floats for money."), "");
}

TEST(RuleReader, TheSpanHoldsTheSentenceWithoutItsMark) {
  const auto span = [](std::string_view text) {
    const Reading reading = read(text);
    EXPECT_LE(reading.from, reading.to);
    EXPECT_LE(reading.to, text.size());
    return std::string(text.substr(reading.from, reading.to - reading.from));
  };
  EXPECT_EQ(span("- Never use floats for money."), "Never use floats for money.");
  EXPECT_EQ(span("  12. Never use floats.  \n"), "Never use floats.");
  EXPECT_EQ(span("• Never use floats."), "Never use floats.");
  EXPECT_EQ(span("\t- [ ] Never use floats."), "Never use floats.");
}

TEST(RuleReader, PoliteWordsAndMarksAreNoPartOfTheRule) {
  const auto text = [](std::string_view said) {
    const Reading reading = read(said);
    EXPECT_EQ(reading.rules.size(), 1U) << said;
    return reading.rules.empty() ? "" : reading.rules[0].text;
  };
  EXPECT_EQ(text("ok, please always use tabs"), "Always use tabs");
  EXPECT_EQ(text("- **Never** use tabs in Python"), "Never use tabs in Python");
  EXPECT_EQ(text("always use\r\n  tabs\r\n"), "Always use tabs");
}

// Everything that a reading says, in one text.
std::string shown(const Reading& reading) {
  Json rules = Json::array();
  for (const Rule& rule : reading.rules) {
    rules.push_back({rule.text, static_cast<int>(rule.match.type), rule.match.value,
                     rule.match.context_json, static_cast<int>(rule.action),
                     static_cast<int>(rule.polarity), rule.rationale, rule.confidence});
  }
  return dump_json(Json{{"persistence", static_cast<int>(reading.persistence)},
                        {"confidence", reading.confidence},
                        {"probabilities", reading.probabilities},
                        {"actionable", reading.actionable},
                        {"span", {reading.from, reading.to}},
                        {"rules", rules}});
}

TEST(RuleReader, TrailingBlanksChangeNothing) {
  for (const Plain& plain : kPlainSentences) {
    const std::string before = shown(read(plain.text, plain.voice));
    for (const char* blanks : {" ", "   ", "\n", " \t\r\n\n", "                              "}) {
      EXPECT_EQ(shown(read(plain.text + std::string(blanks), plain.voice)), before) << plain.text;
    }
  }
}

TEST(RuleReader, AReadingDependsOnNothingButTheStatement) {
  const auto& all = kPlainSentences;
  std::vector<std::string> expected;
  for (const Plain& plain : all) expected.push_back(shown(read(plain.text, plain.voice)));
  EXPECT_TRUE(rc::check([&] {
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
    std::ranges::shuffle(order, random);
    for (const std::size_t i : order) {
      // In the middle of other bytes: nothing outside the view is looked at.
      const std::string text = "Never. " + std::string(all[i].text) + " always";
      const std::string_view view(text.data() + 7, text.size() - 14);
      RC_ASSERT(shown(read(view, all[i].voice)) == expected[i]);
    }
  }));
}

TEST(RuleReader, AnyWordsGiveASoundReading) {
  static const std::vector<std::string> kParts = {
      "Always ", "never ", "use ",    "`x.y`", "tabs",   " ",
      ", ",      ". ",     "When ",   "é",     "\xff",   "\xf0",
      "**",      "- ",     "1. ",     ": ",    "src/a ", "because ",
      "\n",      "\t",     "->",      "`",     "(",      "?",
      "Do ",     "not ",   "python ", "❌",    "no ",    "http://a.b/c ",
      "’",       "_",      "a()",     "!",     "don’t "};
  EXPECT_TRUE(rc::check([] {
    std::string text, heading;
    for (const std::size_t part : *rc::gen::container<std::vector<std::size_t>>(
             rc::gen::inRange<std::size_t>(0, kParts.size()))) {
      text += kParts[part];
    }
    heading = *rc::gen::elementOf(std::vector<std::string>{"", "Do NOT", "Python", "\xff", "Api"});
    for (const Voice voice : {Voice::kPerson, Voice::kAgent, Voice::kRuleFile}) {
      const Reading reading = read(text, voice, heading);
      const auto& p = reading.probabilities;
      RC_ASSERT(std::abs(p[0] + p[1] + p[2] - 1) < 1e-9);
      RC_ASSERT(reading.from <= reading.to);
      RC_ASSERT(reading.to <= text.size());
      RC_ASSERT(reading.rules.size() == (reading.persistence == kLasts ? 1U : 0U));
      for (const Rule& rule : reading.rules) {
        if (rule.match.type == MatchType::kPattern) RC_ASSERT(RE2(rule.match.value).ok());
      }
      RC_ASSERT(shown(read(std::string(text), voice, heading)) == shown(reading));
    }
  }));
}

TEST(RuleReader, AnotherScriptIsNotReadAndSignsAreNone) {
  for (const char* text :
       {"日常改动先通过 Pull Request 合入 `main`。", "Tauri renderer：always `apps/renderer`",
        "Всегда запускай тесты перед коммитом", "커밋 전에 항상 테스트를 실행하세요 always"}) {
    EXPECT_EQ(read_statement({.text = text}).persistence, Persistence::kIrrelevant) << text;
  }
  for (const char* text : {"Always run the tests before you commit → no exceptions 🚀",
                           "Never name a café module “naïve”, always `plain`."}) {
    EXPECT_EQ(read_statement({.text = text}).persistence, Persistence::kPersistent) << text;
  }
}

TEST(RuleReader, HostileTextIsReadAsNothingMuch) {
  for (const char* text : {"", " ", "...", "- - -", "***", "``", "\n\n", "\"\"", "[ ] "}) {
    const Reading reading = read(text);
    EXPECT_EQ(reading.persistence, kNothing) << text;
    EXPECT_TRUE(reading.rules.empty()) << text;
  }
  for (const std::string& text :
       {std::string("\xff\xfe\x80"), std::string("a\0b\0", 4), std::string("😀🎉🚀"),
        std::string(1 << 20, 'x'), std::string(1 << 20, '`'), std::string(1 << 20, '('),
        std::string(1 << 20, '.'), std::string(1 << 20, ' '), std::string("**") + ": x"}) {
    const Reading reading = read(text);
    EXPECT_NE(reading.persistence, kLasts) << text.substr(0, 20);
    EXPECT_LE(reading.to, text.size());
  }
}

TEST(RuleReader, ATextThatIsCutStaysWholeCharacters) {
  for (std::size_t pad = 0; pad < 4; ++pad) {
    std::string text = "Never use tabs" + std::string(pad, '!');
    while (text.size() < 4000) text += " für";
    const Reading reading = read(text, Voice::kRuleFile, "Conventions");
    EXPECT_LE(reading.to, 2000U);
    EXPECT_TRUE(is_valid_utf8(std::string_view(text).substr(0, reading.to)));
    for (const Rule& rule : reading.rules) {
      EXPECT_TRUE(is_valid_utf8(rule.text)) << pad;
      EXPECT_TRUE(is_valid_utf8(rule.rationale)) << pad;
    }
  }
}

}  // namespace
}  // namespace hardwon::learn
