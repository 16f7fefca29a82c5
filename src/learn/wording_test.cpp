#include "learn/wording.h"

#include <gtest/gtest.h>

namespace hardwon::learn {
namespace {

TEST(Wording, ASentenceOpensWithACapitalAndEndsWithAPeriod) {
  EXPECT_EQ(sentence("use tabs"), "Use tabs.");
  EXPECT_EQ(sentence("don't, please!"), "Don't, please!");
  EXPECT_EQ(sentence("no: tabs"), "No: tabs.");
  EXPECT_EQ(sentence(""), "");
}

TEST(Wording, NamesStayAsTheyAreSpelled) {
  EXPECT_EQ(sentence("https://example.org/x is one option"),
            "https://example.org/x is one option.");
  EXPECT_EQ(sentence("foo_bar is generated"), "foo_bar is generated.");
  EXPECT_EQ(sentence("auth.py is generated"), "auth.py is generated.");
  EXPECT_EQ(sentence("`x` stays"), "`x` stays.");
}

}  // namespace
}  // namespace hardwon::learn
