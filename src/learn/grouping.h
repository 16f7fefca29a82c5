#pragma once

// When two short texts say the same: stems without filler, with synonyms of developers' talk.

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hardwon::learn {

struct Meaning {
  std::set<std::string> stems;  // content only
  bool forbids = false;         // "don't", "never", "stop", "avoid"
  bool contrasts = false;       // "X, not Y", "instead of", "rather than"
};

Meaning meaning_of(std::string_view text);

// 0..1: how far two meanings share their content; specific words count more than general ones.
double likeness(const Meaning& a, const Meaning& b);

// Conditions of one situation ("check token expiry" / "verify token is expired").
inline constexpr double kSameCondition = 0.5;
inline constexpr double kSameConditionCrossed = 0.6;
bool same_condition(const Meaning& a, const Meaning& b);

// Two wordings of one instruction; opposite ones ("use tabs" / "don't use tabs") are not.
bool same_instruction(const Meaning& a, const Meaning& b);

// Whether a line of a rule file already says what `core` says.
bool says_already(const Meaning& rule, const Meaning& core);

// Groups of indices: connected by `alike`, members ascending, groups by first member.  Does not
// depend on anything but the relation.  Cost: O(n²) comparisons.
template <typename Alike>
std::vector<std::vector<std::size_t>> groups_of(std::size_t n, Alike alike) {
  std::vector<std::size_t> parent(n);
  for (std::size_t i = 0; i < n; ++i) parent[i] = i;
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const std::size_t a = root(i), b = root(j);
      if (a != b && alike(i, j)) parent[std::max(a, b)] = std::min(a, b);
    }
  }
  std::vector<std::vector<std::size_t>> by_root(n), out;
  for (std::size_t i = 0; i < n; ++i) by_root[root(i)].push_back(i);
  for (auto& group : by_root) {
    if (!group.empty()) out.push_back(std::move(group));
  }
  return out;
}

}  // namespace hardwon::learn
