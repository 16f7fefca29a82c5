#include "learn/rule_conflict.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.h"
#include "learn/grouping.h"
#include "learn/rule_metrics.h"

namespace hardwon::learn {
namespace {

using Stems = std::set<std::string>;

// Of one set only one can be chosen.
const std::array<Stems, 4>& alternatives() {
  static const std::array<Stems, 4> kAlternatives = {
      {{"tab", "space"},
       {"singl", "doubl"},
       {"camelcas", "snakecas", "pascalcas", "kebabcas", "screamingsnakecas", "camel", "snake",
        "pascal", "kebab"},
       {"two", "three", "four", "eight"}}};
  return kAlternatives;
}

bool is_number(const std::string& stem) {
  return !stem.empty() && std::ranges::all_of(stem, [](char c) { return c >= '0' && c <= '9'; });
}

// How people introduce a rule, and what they do with a thing rather than the thing.
const Stems& talk() {
  static const Stems kTalk = [] {
    Stems stems;
    for (const std::string& word : words(
             "forget said going forward team insist habit house rule agree agreed settle settled "
             "preference prefer convention everyone nobody exception circumstance repository "
             "codebase project module file place future later work again touch change told tell "
             "switch switched comes shop once all happen happens want wants like plan understood "
             "name write keep stay code call put give have has live lives own standard default "
             "whatever wherever whenever everywhere anywhere always never must should please here "
             "now out each every time something anything remember note hold holds long ago way "
             "regardless onward onwards until whole entire general generally matter "
             "screaming case upper lower")) {
      stems.insert(stem(word));
    }
    return stems;
  }();
  return kTalk;
}

// What a rule chooses, apart from what it is about.
struct Choice {
  std::array<Stems, 5> chosen;  // by set of alternatives; the last are numbers
  Meaning rest;
};

Choice choice_of(const Rule& rule) {
  Choice out;
  out.rest = meaning_of(rule.text);
  for (const std::string& word : words(ascii_lower(rule.text))) {
    const std::string root = stem(word);
    for (std::size_t i = 0; i < out.chosen.size(); ++i) {
      const bool member = i < 4 ? alternatives()[i].contains(root) : is_number(root);
      if (!member) continue;
      out.chosen[i].insert(root);
      for (const std::string& meant : meaning_of(word).stems) out.rest.stems.erase(meant);
    }
  }
  // How it is introduced is no part of the matter, unless nothing else is left.
  Stems matter;
  for (const std::string& root : out.rest.stems) {
    if (!talk().contains(root)) matter.insert(root);
  }
  if (!matter.empty()) out.rest.stems = std::move(matter);
  return out;
}

bool disjoint(const Stems& a, const Stems& b) {
  return std::ranges::none_of(a, [&](const std::string& stem) { return b.contains(stem); });
}

bool choose_differently(const Choice& a, const Choice& b) {
  for (std::size_t i = 0; i < a.chosen.size(); ++i) {
    if (!a.chosen[i].empty() && !b.chosen[i].empty() && disjoint(a.chosen[i], b.chosen[i])) {
      return true;
    }
  }
  return false;
}

bool same_scope(const Rule& a, const Rule& b) {
  return a.match.context_json == b.match.context_json && slots_of(a).scope == slots_of(b).scope;
}

constexpr double kSameMatter = 0.5;  // of likeness, choices left out
constexpr double kSameWords = 0.5;

// Each names a thing that the other does not.
bool about_other_things(const Meaning& a, const Meaning& b) {
  const auto more = [](const Meaning& one, const Meaning& other) {
    return std::ranges::any_of(one.stems, [&](const std::string& root) {
      return !other.stems.contains(root) && !talk().contains(root);
    });
  };
  return more(a, b) && more(b, a);
}

// All of the shorter one is in the longer one, and it is more than a word.
bool within(const Meaning& a, const Meaning& b) {
  const Meaning& small = a.stems.size() <= b.stems.size() ? a : b;
  const Meaning& large = &small == &a ? b : a;
  return small.stems.size() >= 2 && std::ranges::includes(large.stems, small.stems);
}

bool same_words(const Rule& a, const Rule& b) {
  Meaning one = meaning_of(a.text), other = meaning_of(b.text);
  one.forbids = other.forbids = false;  // the polarity says it better
  if (one.stems.empty() || about_other_things(one, other)) return false;
  if (!same_instruction(one, other)) return false;
  return likeness(one, other) >= kSameWords || within(one, other);
}

}  // namespace

bool contradicts(const Rule& a, const Rule& b) {
  if (a.polarity == Polarity::kBoth || b.polarity == Polarity::kBoth || !same_scope(a, b)) {
    return false;
  }
  const bool opposed = (a.polarity == Polarity::kAvoid) != (b.polarity == Polarity::kAvoid);
  const Choice x = choice_of(a), y = choice_of(b);
  if (!opposed) {
    if (a.polarity == Polarity::kAvoid || !choose_differently(x, y)) return false;
    if (about_other_things(x.rest, y.rest)) return false;
    return x.rest.stems == y.rest.stems || likeness(x.rest, y.rest) >= kSameMatter ||
           within(x.rest, y.rest);
  }
  return !choose_differently(x, y) && same_words(a, b);
}

bool repeats(const Rule& a, const Rule& b) {
  const bool opposed = (a.polarity == Polarity::kAvoid) != (b.polarity == Polarity::kAvoid);
  if (opposed || !same_scope(a, b) || choose_differently(choice_of(a), choice_of(b))) return false;
  return same_words(a, b);
}

}  // namespace hardwon::learn
