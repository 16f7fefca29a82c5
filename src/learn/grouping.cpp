#include "learn/grouping.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

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
constexpr double kGeneralWeight = 0.4;
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

Groups::Groups(std::size_t n) : parent_(n) {
  for (std::size_t i = 0; i < n; ++i) parent_[i] = i;
}

std::size_t Groups::root(std::size_t i) {
  while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
  return i;
}

void Groups::join(std::size_t a, std::size_t b) {
  a = root(a);
  b = root(b);
  parent_[std::max(a, b)] = std::min(a, b);
}

std::vector<std::vector<std::size_t>> Groups::list() {
  std::vector<std::vector<std::size_t>> by_root(parent_.size()), out;
  for (std::size_t i = 0; i < parent_.size(); ++i) by_root[root(i)].push_back(i);
  for (auto& group : by_root) {
    if (!group.empty()) out.push_back(std::move(group));
  }
  return out;
}

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
  // "no, use pnpm" and "no use pnpm" answer something; they forbid nothing by themselves, as
  // "no default exports" does.
  static const Names after_answer = {"use", "do",   "make", "put", "keep", "run", "write",
                                     "it",  "that", "this", "i",   "we",   "you", "just"};
  const bool answers = lower.starts_with("no, ") || (lower.starts_with("no ") && list.size() > 1 &&
                                                     after_answer.contains(list[1]));
  if (answers) {
    out.forbids = std::ranges::any_of(list.begin() + 1, list.end(), [](const std::string& w) {
      return w != "no" && kForbidding.contains(w);
    });
  }
  return out;
}

namespace {

// Counted, not added up: the order of words must not decide at a threshold.
struct Counts {
  std::size_t all = 0, general = 0;
  double weight() const {
    return static_cast<double>(all - general) + kGeneralWeight * static_cast<double>(general);
  }
};

double likeness_of(const Counts& a, const Counts& b, const Counts& common) {
  if (a.all == 0 || b.all == 0) return 0;
  const Counts both{a.all + b.all - common.all, a.general + b.general - common.general};
  return common.weight() / both.weight();
}

}  // namespace

double likeness(const Meaning& a, const Meaning& b) {
  const auto general = [](const std::string& stem) { return kGeneral.contains(stem) ? 1U : 0U; };
  Counts common, all_a{.all = a.stems.size()}, all_b{.all = b.stems.size()};
  for (const std::string& stem : a.stems) {
    all_a.general += general(stem);
    if (!b.stems.contains(stem)) continue;
    ++common.all;
    common.general += general(stem);
  }
  for (const std::string& stem : b.stems) all_b.general += general(stem);
  return likeness_of(all_a, all_b, common);
}

bool same_condition(const Meaning& a, const Meaning& b) {
  if (a.stems == b.stems) return true;
  // Where each side names something that the other does not, more must agree.
  const bool contained =
      std::ranges::includes(a.stems, b.stems) || std::ranges::includes(b.stems, a.stems);
  return likeness(a, b) >= (contained ? kSameCondition : kSameConditionCrossed);
}

namespace {

bool is_numbered(const std::string& stem) {
  return std::ranges::any_of(stem, [](char c) { return c >= '0' && c <= '9'; });
}

// What two meanings have in common, counted.
struct Overlap {
  Counts a, b, common;
  bool numbered_a = false, numbered_b = false;  // a number that only this one names
};

bool says_the_same(const Overlap& both) {
  // "80 columns", "100 columns".
  if (both.numbered_a && both.numbered_b) return false;
  const std::size_t smaller = std::min(both.a.all, both.b.all);
  const std::size_t larger = std::max(both.a.all, both.b.all);
  const std::size_t common = both.common.all, specific = common - both.common.general;
  if (specific == 0) return common == larger && larger >= 2;  // equal
  // One shared word names the instruction only where there is hardly another ("use pnpm").
  if (common == 1) return smaller == 1 && larger <= 2;
  const double contained = static_cast<double>(common) / static_cast<double>(smaller);
  // A short reminder of a longer instruction shares all of its content with it.
  const double alike = likeness_of(both.a, both.b, both.common);
  return alike >= 0.45 || (contained >= 0.75 && specific >= 2 && alike >= 0.25);
}

}  // namespace

bool same_instruction(const Meaning& a, const Meaning& b) {
  if (a.forbids != b.forbids && !a.contrasts && !b.contrasts) return false;
  Overlap both;
  for (const std::string& stem : a.stems) {
    const std::size_t general = kGeneral.contains(stem) ? 1 : 0;
    ++both.a.all;
    both.a.general += general;
    if (b.stems.contains(stem)) {
      ++both.common.all;
      both.common.general += general;
    } else {
      both.numbered_a = both.numbered_a || is_numbered(stem);
    }
  }
  for (const std::string& stem : b.stems) {
    ++both.b.all;
    both.b.general += kGeneral.contains(stem) ? 1U : 0U;
    both.numbered_b = both.numbered_b || (is_numbered(stem) && !a.stems.contains(stem));
  }
  return says_the_same(both);
}

MeaningIndex::MeaningIndex(std::span<const Meaning* const> meanings) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  contents_.reserve(meanings.size());
  for (const Meaning* meaning : meanings) {
    const auto at = static_cast<std::uint32_t>(contents_.size());
    Content& content = contents_.emplace_back();
    content.forbids = meaning->forbids;
    content.contrasts = meaning->contrasts;
    for (const std::string& stem : meaning->stems) {
      const auto [known, fresh] =
          numbers.try_emplace(stem, static_cast<std::uint32_t>(words_.size()));
      if (fresh) {
        words_.push_back(
            {.general = kGeneral.contains(stem), .numbered = is_numbered(stem), .having = {}});
      }
      Word& word = words_[known->second];
      word.having.push_back(at);
      content.words.push_back(known->second);
      content.general += word.general ? 1U : 0U;
    }
    std::ranges::sort(content.words);
  }
}

bool MeaningIndex::same_instruction(std::size_t a, std::size_t b) const {
  const Content& one = contents_[a];
  const Content& other = contents_[b];
  if (one.forbids != other.forbids && !one.contrasts && !other.contrasts) return false;
  Overlap both{.a = {one.words.size(), one.general}, .b = {other.words.size(), other.general}};
  for (std::size_t i = 0, k = 0; i < one.words.size() || k < other.words.size();) {
    const bool only_one =
        k == other.words.size() || (i < one.words.size() && one.words[i] < other.words[k]);
    const bool only_other = !only_one && (i == one.words.size() || other.words[k] < one.words[i]);
    const Word& word = words_[only_one ? one.words[i] : other.words[k]];
    if (only_one) {
      both.numbered_a = both.numbered_a || word.numbered;
    } else if (only_other) {
      both.numbered_b = both.numbered_b || word.numbered;
    } else {
      ++both.common.all;
      both.common.general += word.general ? 1U : 0U;
    }
    i += only_other ? 0U : 1U;
    k += only_one ? 0U : 1U;
  }
  return says_the_same(both);
}

void MeaningIndex::each_sharing(std::size_t shared_max, std::size_t first, const Look& look) const {
  std::vector<std::uint32_t> later;
  std::vector<std::size_t> seen_by(contents_.size(), contents_.size());  // the last i that saw it
  for (std::size_t i = 0; i < first; ++i) {
    later.clear();
    for (const std::uint32_t number : contents_[i].words) {
      const std::vector<std::uint32_t>& having = words_[number].having;
      if (having.size() > shared_max) continue;
      for (auto at = std::ranges::upper_bound(having, i); at != having.end(); ++at) {
        if (std::exchange(seen_by[*at], i) != i) later.push_back(*at);
      }
    }
    std::ranges::sort(later);
    look(i, later);
  }
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
