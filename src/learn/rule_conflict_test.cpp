#include "learn/rule_conflict.h"

#include <gtest/gtest.h>

namespace hardwon::learn {
namespace {

Rule rule(const char* text, Polarity polarity = Polarity::kDo) {
  Rule out;
  out.text = text;
  out.polarity = polarity;
  return out;
}

TEST(RuleConflict, AnotherChoiceForTheSameThingContradicts) {
  const std::pair<const char*, const char*> pairs[] = {
      {"Indent Python code with tabs", "Python code is indented with four spaces"},
      {"Write Go strings in single quotes", "Double quotes for Go strings"},
      {"Name JavaScript methods in camelCase", "JavaScript methods are in snake_case"},
      {"Whatever you touch, name Java locals in camelCase",
       "Forget what I said about that, going forward name Java locals in SCREAMING_SNAKE_CASE"},
      {"Keep lines under 80 characters", "Lines stay under 100 characters"}};
  for (const auto& [a, b] : pairs) {
    EXPECT_TRUE(contradicts(rule(a), rule(b))) << a << " / " << b;
    EXPECT_TRUE(contradicts(rule(b), rule(a))) << "symmetric";
    EXPECT_FALSE(repeats(rule(a), rule(b))) << a << " / " << b;
    EXPECT_FALSE(contradicts(rule(a), rule(a)));
    EXPECT_TRUE(repeats(rule(a), rule(a)));
  }
}

TEST(RuleConflict, AProhibitionContradictsWhatItForbids) {
  EXPECT_TRUE(contradicts(rule("Run the integration tests before a release"),
                          rule("Run the integration tests before a release", Polarity::kAvoid)));
  EXPECT_FALSE(
      contradicts(rule("Indent with tabs"), rule("Indent with four spaces", Polarity::kAvoid)))
      << "they agree";
}

TEST(RuleConflict, OtherLanguagesAndOtherThingsCoexist) {
  const std::pair<const char*, const char*> pairs[] = {
      {"Indent Python code with tabs", "Indent Rust code with four spaces"},
      {"Name Python methods in snake_case", "Name Python classes in PascalCase"},
      {"Keep lines under 80 characters", "Keep functions under 40 lines"},
      {"Always use const, never var", "Always use const"},
      {"Dates are ISO 8601", "Squash commits before merging"}};
  for (const auto& [a, b] : pairs) {
    EXPECT_FALSE(contradicts(rule(a), rule(b))) << a << " / " << b;
  }
  EXPECT_FALSE(repeats(rule("Log billing failures with their request id"),
                       rule("Log inbox failures with their request id")));
  EXPECT_TRUE(repeats(rule("House rule: run the linter before every commit"),
                      rule("The linter runs before every commit")));
  EXPECT_FALSE(repeats(rule("Ask me before you change the billing schema"),
                       rule("Ask me before you change the inbox schema")));
}

}  // namespace
}  // namespace hardwon::learn
