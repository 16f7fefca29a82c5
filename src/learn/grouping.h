#pragma once

// When two short texts say the same: stems without filler, with synonyms of developers' talk.

#include <cstdint>
#include <functional>
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

// Indices joined into groups; does not depend on the order of joins.
class Groups {
 public:
  explicit Groups(std::size_t n);
  bool together(std::size_t a, std::size_t b) { return root(a) == root(b); }
  void join(std::size_t a, std::size_t b);
  // Members ascending, groups by first member.
  std::vector<std::vector<std::size_t>> list();

 private:
  std::size_t root(std::size_t i);
  std::vector<std::size_t> parent_;
};

// Groups connected by `alike`.  Cost: O(n²) comparisons.
template <typename Alike>
std::vector<std::vector<std::size_t>> groups_of(std::size_t n, Alike alike) {
  Groups groups(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (!groups.together(i, j) && alike(i, j)) groups.join(i, j);
    }
  }
  return groups.list();
}

// How many short texts may share one word and still be compared for it.
inline constexpr std::size_t kSharedWordMax = 400;

// Many meanings to be compared with each other: words are numbers here, and who shares none is
// never looked at.  Refers to nothing it was built from.
class MeaningIndex {
 public:
  explicit MeaningIndex(std::span<const Meaning* const> meanings);

  // As learn::same_instruction() of the two.  Cost: linear in their words.
  bool same_instruction(std::size_t a, std::size_t b) const;
  // Calls look(i, later) for each of the `first` ones ascending: the later ones, ascending, that
  // share a content word with it; others cannot mean the same.  A word that more than `shared_max`
  // have brings nobody together, so the pairs are at most words × shared_max.
  using Look = std::function<void(std::size_t, std::span<const std::uint32_t>)>;
  void each_sharing(std::size_t shared_max, std::size_t first, const Look& look) const;
  void each_sharing(std::size_t shared_max, const Look& look) const {
    each_sharing(shared_max, contents_.size(), look);
  }

 private:
  struct Content {
    std::vector<std::uint32_t> words;  // ascending
    std::size_t general = 0;           // how many of them say little
    bool forbids = false, contrasts = false;
  };
  struct Word {
    bool general = false, numbered = false;
    std::vector<std::uint32_t> having;  // ascending
  };
  std::vector<Content> contents_;
  std::vector<Word> words_;
};

}  // namespace hardwon::learn
