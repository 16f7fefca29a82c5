#include "learn/grouping.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"

namespace hardwon::learn {
namespace {

using Names = std::set<std::string, std::less<>>;

// Words that carry the act of checking, wanting or doing, not its matter.
const Names kFiller = {
    "check",     "verify",   "validate",   "ensure",    "confirm", "decide",    "determine",
    "if",        "whether",  "when",       "sure",      "make",    "see",       "test",
    "inspect",   "look",     "find",       "need",      "want",    "use",       "using",
    "used",      "still",    "valid",      "always",    "never",   "not",       "no",
    "don",       "dont",     "doesn",      "stop",      "avoid",   "instead",   "rather",
    "remember",  "prefer",   "said",       "told",      "say",     "must",      "really",
    "again",     "only",     "really",     "actually",  "ever",    "may",       "might",
    "i",         "d",        "ll",         "ve",        "re",      "t",         "s",
    "m",         "go",       "thing",      "way",       "first",   "before",    "after",
    "any",       "each",     "every",      "time",      "keep",    "put",       "try",
    "has",       "given",    "current",    "currently", "correct", "correctly", "right",
    "proper",    "properly", "assert",     "examine",   "review",  "known",     "without",
    "because",   "since",    "think",      "know",      "mean",    "much",      "nothing",
    "something", "anything", "everything", "other",     "another"};
// Say little about which instruction it is: two that share only these are not the same.
const Names kGeneral = {
    "code",  "file", "test",      "function", "project",   "comment", "line",   "name",    "run",
    "write", "add",  "chang",     "commit",   "build",     "error",   "fix",    "new",     "creat",
    "updat", "work", "tool",      "user",     "data",      "class",   "method", "variabl", "type",
    "valu",  "page", "command",   "script",   "version",   "set",     "list",   "read",    "differ",
    "good",  "one",  "two",       "repo",     "branch",    "issu",    "task",   "step",    "call",
    "start", "show", "implement", "api",      "simpl",     "great",   "nice",   "better",  "best",
    "sure",  "done", "thing",     "app",      "part",      "idea",    "agent",  "model",   "us",
    "want",  "like", "also",      "folder",   "directori", "text",    "option"};
// Developers' synonyms, by stem.
const std::map<std::string, std::string, std::less<>> kSynonyms = {
    {"expiri", "expir"},     {"expiration", "expir"},
    {"stale", "expir"},      {"exist", "exist"},
    {"present", "exist"},    {"avail", "exist"},
    {"missing", "miss"},     {"absent", "miss"},
    {"auth", "authent"},     {"authoris", "author"},
    {"permiss", "author"},   {"allow", "author"},
    {"login", "authent"},    {"db", "databas"},
    {"config", "configur"},  {"configuration", "configur"},
    {"setup", "configur"},   {"dep", "depend"},
    {"dependenc", "depend"}, {"packag", "depend"},
    {"dir", "directori"},    {"folder", "directori"},
    {"repo", "repositori"},  {"doc", "document"},
    {"param", "paramet"},    {"arg", "argument"},
    {"func", "function"},    {"var", "variabl"},
    {"env", "environ"},      {"null", "empti"},
    {"none", "empti"},       {"nil", "empti"},
    {"blank", "empti"},      {"pw", "password"},
    {"creds", "credenti"},   {"cred", "credenti"},
    {"delet", "remov"},      {"drop", "remov"},
    {"email", "email"},      {"mail", "email"},
    {"connect", "connect"},  {"reachabl", "connect"},
    {"onlin", "connect"},    {"up", "connect"},
    {"disc", "disk"},        {"storag", "disk"},
    {"space", "disk"},       {"free", "disk"},
    {"stock", "inventori"},  {"price", "cost"},
    {"total", "sum"},        {"amount", "sum"},
    {"pass", "succeed"},     {"success", "succeed"},
    {"succeed", "succeed"},  {"green", "succeed"},
    {"fail", "fail"},        {"broken", "fail"},
    {"cached", "cach"},      {"id", "identifi"},
    {"ident", "identifi"},   {"duplic", "duplic"},
    {"twice", "duplic"},     {"uniqu", "duplic"},
    {"checksum", "hash"},    {"digest", "hash"},
    {"format", "format"},    {"schema", "schema"},
    {"shape", "schema"},     {"structur", "schema"},
    {"limit", "limit"},      {"quota", "limit"},
    {"lock", "lock"},        {"held", "lock"},
    {"timeout", "timeout"},  {"deadlin", "timeout"},
    {"migrat", "migrat"},    {"signatur", "signatur"},
    {"sign", "signatur"},    {"compil", "build"},
    {"remain", "left"},      {"leftov", "left"},
    {"enough", "suffici"},   {"adequ", "suffici"},
    {"request", "request"},  {"req", "request"},
    {"respons", "respons"},  {"resp", "respons"},
    {"repli", "respons"},    {"answer", "respons"},
    {"cert", "certif"},      {"certificat", "certif"}};

const Names kForbidding = {"don", "dont", "never", "stop", "avoid", "no", "not", "without"};

}  // namespace

Meaning meaning_of(std::string_view text) {
  Meaning out;
  const std::string lower = ascii_lower(text);
  std::vector<std::string> list = words(lower);
  for (const std::string& word : list) {
    if (kForbidding.contains(word)) out.forbids = true;
    if (kFiller.contains(word) || is_stop_word(word)) continue;
    if (word.size() < 2 && !(word[0] >= '0' && word[0] <= '9')) continue;
    std::string root = stem(word);
    if (const auto it = kSynonyms.find(root); it != kSynonyms.end()) root = it->second;
    if (!kFiller.contains(root)) out.stems.insert(std::move(root));
  }
  for (const std::string_view mark : {"instead of", "rather than", ", not ", " over ", " than "}) {
    out.contrasts = out.contrasts || lower.find(mark) != std::string::npos;
  }
  if (lower.starts_with("no, ") || lower.starts_with("no ")) {
    // "no, use pnpm" answers something; it forbids nothing by itself.
    out.forbids = std::ranges::any_of(list.begin() + 1, list.end(), [](const std::string& w) {
      return w != "no" && kForbidding.contains(w);
    });
  }
  return out;
}

double likeness(const Meaning& a, const Meaning& b) {
  const auto weight = [](const std::string& stem) { return kGeneral.contains(stem) ? 0.4 : 1.0; };
  double common = 0, all_a = 0, all_b = 0;
  for (const std::string& stem : a.stems) {
    all_a += weight(stem);
    if (b.stems.contains(stem)) common += weight(stem);
  }
  for (const std::string& stem : b.stems) all_b += weight(stem);
  if (all_a == 0 || all_b == 0) return 0;
  return common / (all_a + all_b - common);
}

bool same_condition(const Meaning& a, const Meaning& b) {
  if (a.stems == b.stems) return true;
  // Where each side names something that the other does not, more must agree.
  const bool contained =
      std::ranges::includes(a.stems, b.stems) || std::ranges::includes(b.stems, a.stems);
  return likeness(a, b) >= (contained ? kSameCondition : kSameConditionCrossed);
}

namespace {

// Each names a number or a numbered thing that the other does not: "80 columns", "100 columns".
bool numbers_differ(const Meaning& a, const Meaning& b) {
  const auto only_in = [](const Meaning& one, const Meaning& other) {
    return std::ranges::any_of(one.stems, [&](const std::string& stem) {
      return std::ranges::any_of(stem, [](char c) { return c >= '0' && c <= '9'; }) &&
             !other.stems.contains(stem);
    });
  };
  return only_in(a, b) && only_in(b, a);
}

}  // namespace

bool same_instruction(const Meaning& a, const Meaning& b) {
  if (a.forbids != b.forbids && !a.contrasts && !b.contrasts) return false;
  if (numbers_differ(a, b)) return false;
  std::vector<std::string> common;
  std::ranges::set_intersection(a.stems, b.stems, std::back_inserter(common));
  const auto specific = std::ranges::count_if(
      common, [](const std::string& stem) { return !kGeneral.contains(stem); });
  if (specific == 0) return a.stems == b.stems && a.stems.size() >= 2;
  const std::size_t smaller = std::min(a.stems.size(), b.stems.size());
  const std::size_t larger = std::max(a.stems.size(), b.stems.size());
  // One shared word names the instruction only where there is hardly another ("use pnpm").
  if (common.size() == 1) return smaller == 1 && larger <= 2;
  const double contained = static_cast<double>(common.size()) / static_cast<double>(smaller);
  // A short reminder of a longer instruction shares all of its content with it.
  const double alike = likeness(a, b);
  return alike >= 0.45 || (contained >= 0.75 && specific >= 2 && alike >= 0.25);
}

bool says_already(const Meaning& rule, const Meaning& core) {
  if (core.stems.empty() || rule.stems.empty()) return false;
  if (rule.forbids != core.forbids && !rule.contrasts && !core.contrasts) return false;
  std::vector<std::string> common;
  std::ranges::set_intersection(rule.stems, core.stems, std::back_inserter(common));
  const double contained =
      static_cast<double>(common.size()) / static_cast<double>(core.stems.size());
  return contained >= 0.75 && (common.size() >= 2 || core.stems.size() == 1);
}

}  // namespace hardwon::learn
