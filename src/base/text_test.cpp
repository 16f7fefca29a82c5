#include "base/text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/fence.h"
#include "base/rng.h"

namespace hardwon {
namespace {

using Words = std::vector<std::string>;
using Lines = std::vector<std::string_view>;

std::string random_bytes(Rng& rng, std::size_t length) {
  // Half of the bytes start or continue a multi-byte character, so that near misses are common.
  std::string bytes;
  while (bytes.size() < length) {
    bytes += static_cast<char>(rng.below(2) == 0 ? rng.below(128) : 0x80 + rng.below(128));
  }
  return bytes;
}

TEST(ValidUtf8, MakesAnyBytesValidAndLeavesThemAloneAfterwards) {
  Rng rng(1);
  for (int round = 0; round < 5000; ++round) {
    const std::string bytes = random_bytes(rng, rng.below(40));
    const std::string valid = valid_utf8(bytes);
    ASSERT_TRUE(is_valid_utf8(valid));
    ASSERT_EQ(valid_utf8(valid), valid);
    if (is_valid_utf8(bytes)) {
      ASSERT_EQ(valid, bytes);
    }
  }
}

TEST(ValidUtf8, KeepsTheEdgesOfEachLengthAndRefusesTheirNeighbours) {
  for (const std::string_view good :
       {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_valid_utf8(good));
  }
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
    EXPECT_TRUE(valid_utf8(bad).starts_with("\xef\xbf\xbd"));
  }
  EXPECT_FALSE(is_valid_utf8(std::string_view("a\0b", 3)));
  EXPECT_EQ(valid_utf8(std::string_view("a\0b", 3)), "ab");
}

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n\t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(SplitLines, KnowsBothLineEndsAndNoLineAfterTheLast) {
  EXPECT_EQ(split_lines("a\r\nb\n\nc"), (Lines{"a", "b", "", "c"}));
  EXPECT_EQ(split_lines("a\n"), (Lines{"a"}));
  EXPECT_EQ(split_lines(""), Lines{});
}

TEST(ContainsIgnoringCase, FindsAsciiInAnyCase) {
  EXPECT_TRUE(contains_ignoring_case("Größe ERROR here", "error"));
  EXPECT_TRUE(contains_ignoring_case("x", ""));
  EXPECT_FALSE(contains_ignoring_case("err", "error"));
}

TEST(Shortening, NeverCutsACharacterAndKeepsTheLimit) {
  Rng rng(2);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = valid_utf8(random_bytes(rng, 60));
    const std::size_t limit = rng.below(70);
    const std::string cut = ellipsis(text, limit);
    ASSERT_LE(cut.size(), limit);
    ASSERT_TRUE(is_valid_utf8(cut));
    ASSERT_TRUE(is_valid_utf8(head_and_tail(text, limit)));
  }
  EXPECT_EQ(ellipsis("abcdef", 5), "ab…");
  EXPECT_EQ(ellipsis("abc", 3), "abc");
}

TEST(HeadAndTail, SaysHowMuchIsLeftOut) {
  EXPECT_EQ(head_and_tail("abcdefghij", 4), "ab\n[… 6 bytes left out …]\nij");
  EXPECT_EQ(head_and_tail("abcd", 4), "abcd");
}

TEST(OneLine, JoinsBlankRuns) { EXPECT_EQ(one_line("  a\n\t b  c \n"), "a b c"); }

TEST(WordsOf, SplitsIdentifiersAndKeepsThemWhole) {
  EXPECT_EQ(words("parseJsonFile(snake_case, x86)"),
            (Words{"parsejsonfile", "parse", "json", "file", "snakecase", "snake", "case", "x86"}));
  EXPECT_EQ(words("Größe, __init__"), (Words{"größe", "init"}));
  EXPECT_EQ(words("--- \n"), Words{});
}

TEST(Stem, JoinsFormsOfAWordOnEveryThread) {
  const std::string expected = stem("deploy");
  std::vector<std::jthread> threads;
  std::vector<std::string> got(4);
  for (std::string& out : got) threads.emplace_back([&out] { out = stem("deploying"); });
  threads.clear();
  for (const std::string& out : got) EXPECT_EQ(out, expected);
  EXPECT_EQ(stem("größe"), stem("größe"));
}

TEST(StopWords, AreFoundToTheLast) {
  for (const std::string_view word : {"a", "please", "should", "she", "your", "thanks"}) {
    EXPECT_TRUE(is_stop_word(word)) << word;
  }
  EXPECT_FALSE(is_stop_word("deploy"));
  EXPECT_FALSE(is_stop_word(""));
}

TEST(Jaccard, ComparesSets) {
  EXPECT_DOUBLE_EQ(jaccard({"a", "b", "b"}, {"b", "c"}), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(jaccard({}, {}), 1.0);
  EXPECT_DOUBLE_EQ(jaccard({"a"}, {}), 0.0);
}

TEST(Fence, TakesOutEveryBlockAndAnUnclosedOneToTheEnd) {
  const std::string open = std::string(kFenceOpen) + " id=\"1\">";
  const std::string block = open + "remember this" + std::string(kFenceClose);
  EXPECT_EQ(without_fenced("a" + block + "b" + block + "c"), "abc");
  EXPECT_EQ(without_fenced("a" + open + "cut off"), "a");
  EXPECT_EQ(without_fenced("no block"), "no block");
  EXPECT_EQ(without_fenced(std::string(kFenceClose) + "x"), std::string(kFenceClose) + "x");
}

}  // namespace
}  // namespace hardwon
