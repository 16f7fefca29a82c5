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

bool disjoint(const Stems& a, const Stems& b) {
  return std::ranges::none_of(a, [&](const std::string& stem) { return b.contains(stem); });
}

bool choose_differently(const RuleContent& a, const RuleContent& b) {
  for (std::size_t i = 0; i < a.chosen.size(); ++i) {
    if (!a.chosen[i].empty() && !b.chosen[i].empty() && disjoint(a.chosen[i], b.chosen[i])) {
      return true;
    }
  }
  return false;
}

bool same_scope(const RuleContent& a, const RuleContent& b) {
  return a.context_json == b.context_json && a.scope == b.scope;
}

constexpr double kSameMatter = 0.5;  // of likeness, choices left out
constexpr double kSameWords = 0.5;

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

bool same_words(const RuleContent& a, const RuleContent& b) {
  if (a.meaning.stems.empty() || about_other_things(a.meaning, b.meaning)) return false;
  if (!same_instruction(a.meaning, b.meaning)) return false;
  return likeness(a.meaning, b.meaning) >= kSameWords || within(a.meaning, b.meaning);
}

bool opposed(const RuleContent& a, const RuleContent& b) {
  return (a.polarity == Polarity::kAvoid) != (b.polarity == Polarity::kAvoid);
}

}  // namespace

RuleContent::RuleContent(const Rule& rule)
    : polarity(rule.polarity),
      context_json(rule.match.context_json),
      scope(slots_of(rule).scope),
      meaning(meaning_of(rule.text)),
      rest(meaning) {
  meaning.forbids = false;
  for (const std::string& word : words(ascii_lower(rule.text))) {
    const std::string root = stem(word);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const bool member = i < 4 ? alternatives()[i].contains(root) : is_number(root);
      if (!member) continue;
      chosen[i].insert(root);
      for (const std::string& meant : meaning_of(word).stems) rest.stems.erase(meant);
    }
  }
  // How it is introduced is no part of the matter, unless nothing else is left.
  Stems matter;
  for (const std::string& root : rest.stems) {
    if (!talk().contains(root)) matter.insert(root);
  }
  if (!matter.empty()) rest.stems = std::move(matter);
}

bool contradicts(const RuleContent& a, const RuleContent& b) {
  if (a.polarity == Polarity::kBoth || b.polarity == Polarity::kBoth || !same_scope(a, b)) {
    return false;
  }
  if (opposed(a, b)) return !choose_differently(a, b) && same_words(a, b);
  if (a.polarity == Polarity::kAvoid || !choose_differently(a, b)) return false;
  if (about_other_things(a.rest, b.rest)) return false;
  return a.rest.stems == b.rest.stems || likeness(a.rest, b.rest) >= kSameMatter ||
         within(a.rest, b.rest);
}

bool repeats(const RuleContent& a, const RuleContent& b) {
  return !opposed(a, b) && same_scope(a, b) && !choose_differently(a, b) && same_words(a, b);
}

}  // namespace hardwon::learn
