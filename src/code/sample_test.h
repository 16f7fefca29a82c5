#pragma once

// What the tests of the room share.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "code/convention.h"

#define NEEDS_GRAMMARS() \
  if (grammars_built().empty()) GTEST_SKIP() << "built without its grammars"

namespace hardwon::code {

inline SyntaxTree parsed(std::string text, Language language) {
  auto tree = SyntaxTree::parse(std::move(text), language);
  EXPECT_TRUE(tree.has_value());
  return *std::move(tree);
}

inline std::vector<Convention> stated(std::initializer_list<std::string_view> sentences) {
  std::vector<Convention> all;
  for (std::string_view sentence : sentences) {
    const auto some = conventions_in(sentence);
    EXPECT_FALSE(some.empty()) << sentence;
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

inline constexpr std::string_view kExtensions[] = {"py", "js", "ts",  "tsx", "go",
                                                   "rs", "c",  "cpp", "java"};

}  // namespace hardwon::code
