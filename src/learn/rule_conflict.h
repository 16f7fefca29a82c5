#pragma once

// When one rule takes another back, and when it only says it again.

#include <array>
#include <set>
#include <string>

#include "hardwon/types.h"
#include "learn/grouping.h"

namespace hardwon::learn {

// What a rule says, read once: comparing two is then a matter of sets.
struct RuleContent {
  // Not explicit: two rules may be compared as they are, where they are compared once.
  RuleContent(const Rule& rule);  // NOLINT(google-explicit-constructor)

  Polarity polarity;
  std::string context_json;
  std::set<std::string> scope;  // languages
  Meaning meaning;              // the polarity says better what is forbidden
  // What is chosen, by set of alternatives (tabs or spaces, quotes, cases, counts, numbers), and
  // the meaning without it.
  std::array<std::set<std::string>, 5> chosen;
  Meaning rest;
};

// Both cannot be followed: one forbids what the other asks, or they choose differently ("tabs" /
// "four spaces") for one thing in one language.  Symmetric.  Opposite words inside one rule are
// no conflict.
bool contradicts(const RuleContent& a, const RuleContent& b);

// Says the same in other words, for the same language.  Symmetric.
bool repeats(const RuleContent& a, const RuleContent& b);

}  // namespace hardwon::learn
