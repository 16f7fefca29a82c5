#include "base/literal_scanner.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "base/text.h"

namespace hardwon {
namespace {

using Found = std::multiset<std::pair<std::size_t, std::size_t>>;  // literal, end

Found scan(const std::vector<std::string_view>& literals, std::string_view text) {
  const LiteralScanner scanner(literals);
  Found found;
  LiteralScanner::Position position;
  while (scanner.advance(text, position)) {
    for (const std::uint16_t number : scanner.found(position)) found.emplace(number, position.at);
  }
  return found;
}

TEST(LiteralScanner, FindsOverlappingAndNestedLiteralsInAnyCase) {
  EXPECT_EQ(scan({"she", "he", "hers", "his"}, "uSHErs his"),
            (Found{{0, 4}, {1, 4}, {2, 6}, {3, 10}}));
  EXPECT_EQ(scan({"aa"}, "aaaa"), (Found{{0, 2}, {0, 3}, {0, 4}}));
  EXPECT_EQ(scan({"a"}, ""), Found{});
}

TEST(LiteralScanner, FindsWhatASearchForEachLiteralFinds) {
  Rng rng(1);
  const auto draw = [&rng](std::size_t length) {
    std::string out;
    while (out.size() < length) out += "abAB\xc3-"[rng.below(6)];
    return out;
  };
  for (int round = 0; round < 500; ++round) {
    std::set<std::string> unique;
    while (unique.size() < 6) unique.insert(ascii_lower(draw(1 + rng.below(4))));
    const std::vector<std::string> owned(unique.begin(), unique.end());
    const std::vector<std::string_view> literals(owned.begin(), owned.end());
    const std::string text = draw(60);
    Found expected;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      const std::string lower = ascii_lower(text);
      for (std::size_t at = lower.find(literals[i]); at != std::string::npos;
           at = lower.find(literals[i], at + 1)) {
        expected.emplace(i, at + literals[i].size());
      }
    }
    ASSERT_EQ(scan(literals, text), expected) << text;
  }
}

TEST(LiteralScanner, GoesOnFromAnyPlaceWithoutMemoryOfWhatWasBefore) {
  const std::vector<std::string_view> literals = {"abc"};
  const LiteralScanner scanner(literals);
  LiteralScanner::Position position{.at = 1};
  EXPECT_FALSE(scanner.advance("abc", position));
}

}  // namespace
}  // namespace hardwon
