#include "code/statement.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace hardwon::code {
namespace {

// Signs that a statement is none for the future: it asks, remembers, allows, or speaks of one
// place or day.
constexpr std::string_view kNotLasting[] = {"for now",
                                            "today",
                                            "this time",
                                            "just this",
                                            "temporarily",
                                            "at the moment",
                                            "maybe",
                                            "perhaps",
                                            "might",
                                            "could",
                                            "would",
                                            "wonder",
                                            "not sure",
                                            "what if",
                                            "experiment",
                                            "until",
                                            "currently",
                                            "right now",
                                            "one-off",
                                            "used to",
                                            "previously",
                                            "formerly",
                                            "once used",
                                            "they",
                                            "he",
                                            "she",
                                            "their",
                                            "his",
                                            "someone",
                                            "somebody",
                                            "legacy",
                                            "the old",
                                            "third-party",
                                            "upstream",
                                            "seems",
                                            "looks like",
                                            "noticed",
                                            "saw",
                                            "already",
                                            "don't need",
                                            "do not need",
                                            "doesn't need",
                                            "does not need",
                                            "no need",
                                            "not required",
                                            "not necessary",
                                            "unnecessary",
                                            "doesn't matter",
                                            "does not matter",
                                            "don't care",
                                            "do not care",
                                            "don't mind",
                                            "don't worry",
                                            "don't have to",
                                            "do not have to",
                                            "need not",
                                            "needn't",
                                            "optional",
                                            "either",
                                            "whatever",
                                            "feel free",
                                            "is fine",
                                            "are fine",
                                            "is ok",
                                            "are ok",
                                            "is okay",
                                            "are okay",
                                            "no preference",
                                            "no rule",
                                            "no convention",
                                            "can be",
                                            "may be",
                                            "may",
                                            "can",
                                            "not enforced",
                                            "ignore",
                                            "stop",
                                            "was",
                                            "were",
                                            "had",
                                            "said",
                                            "says",
                                            "complained",
                                            "complains",
                                            "error",
                                            "warning",
                                            "failed",
                                            "i think",
                                            "i guess",
                                            "i like",
                                            "i love",
                                            "i hate",
                                            "i prefer to see",
                                            "why",
                                            "how",
                                            "did",
                                            "sometimes",
                                            "mostly",
                                            "usually",
                                            "often",
                                            "rarely",
                                            "mixed",
                                            "mix",
                                            "inconsistent",
                                            "as an example",
                                            "for example",
                                            "suggest",
                                            "suggested",
                                            "consider",
                                            "thinking",
                                            "if only",
                                            "we'll see",
                                            "later",
                                            "next",
                                            "someday",
                                            "eventually",
                                            "tomorrow",
                                            "yesterday",
                                            "week",
                                            "sprint",
                                            "release",
                                            "ticket",
                                            "bug",
                                            "demo",
                                            "prototype",
                                            "quick",
                                            "wait",
                                            "actually",
                                            "discussed",
                                            "debate",
                                            "voted",
                                            "undecided",
                                            "tbd",
                                            "deprecated",
                                            "about to",
                                            "plan",
                                            "plans",
                                            "planning",
                                            "hopefully",
                                            "ideally",
                                            "wish",
                                            "let's not",
                                            "instead of me"};

constexpr std::string_view kOfOnePlace[] = {
    "file",    "function",  "class",    "script",   "pr",        "branch", "module",
    "method",  "test",      "time",     "one",      "case",      "commit", "change",
    "task",    "component", "variable", "name",     "line",      "ticket", "example",
    "snippet", "block",     "part",     "folder",   "directory", "loop",   "package",
    "patch",   "instance",  "section",  "constant", "parameter", "string", "import"};

constexpr std::string_view kQuestions[] = {
    "should", "do",  "does", "can",   "could", "would", "what", "which", "why",  "how",
    "is",     "are", "when", "where", "did",   "shall", "will", "has",   "have", "who"};

// They open an order for now, unless it is about all or every.
constexpr std::string_view kTasks[] = {
    "rename",    "convert",  "change",  "fix",    "refactor", "update",  "replace", "move",
    "implement", "delete",   "migrate", "switch", "run",      "look",    "show",    "explain",
    "tell",      "generate", "find",    "list",   "try",      "install", "open",    "reformat",
    "clean",     "rewrite",  "turn",    "go",     "search",   "grep"};
constexpr std::string_view kMakings[] = {"add", "create", "write",    "make",  "remove",
                                         "put", "give",   "document", "strip", "annotate"};

constexpr std::string_view kSmallTalk[] = {"use",
                                           "uses",
                                           "using",
                                           "used",
                                           "always",
                                           "prefer",
                                           "follow",
                                           "the",
                                           "a",
                                           "an",
                                           "for",
                                           "in",
                                           "of",
                                           "on",
                                           "at",
                                           "all",
                                           "any",
                                           "every",
                                           "each",
                                           "our",
                                           "we",
                                           "we're",
                                           "us",
                                           "your",
                                           "my",
                                           "project",
                                           "repo",
                                           "repository",
                                           "codebase",
                                           "code",
                                           "style",
                                           "convention",
                                           "conventions",
                                           "should",
                                           "must",
                                           "be",
                                           "are",
                                           "is",
                                           "to",
                                           "and",
                                           "or",
                                           "as",
                                           "by",
                                           "with",
                                           "please",
                                           "stick",
                                           "keep",
                                           "written",
                                           "write",
                                           "everywhere",
                                           "strictly",
                                           "only",
                                           "throughout",
                                           "standard",
                                           "default",
                                           "shall",
                                           "do",
                                           "make",
                                           "sure",
                                           "ensure",
                                           "that",
                                           "it",
                                           "here",
                                           "remember",
                                           "also",
                                           "just",
                                           "new",
                                           "have",
                                           "has",
                                           "need",
                                           "needs",
                                           "require",
                                           "required",
                                           "requires",
                                           "this",
                                           "these",
                                           "rule",
                                           "rules",
                                           "note",
                                           "important",
                                           "both",
                                           "own",
                                           "i",
                                           "want",
                                           "expect",
                                           "you",
                                           "when",
                                           "writing",
                                           "where",
                                           "possible",
                                           "whenever",
                                           "if",
                                           "never",
                                           "not",
                                           "no",
                                           "don't",
                                           "dont",
                                           "avoid",
                                           "without",
                                           "instead",
                                           "rather",
                                           "than",
                                           "over",
                                           "but",
                                           "will",
                                           "shop",
                                           "format",
                                           "formatted",
                                           "files",
                                           "file",
                                           "sources",
                                           "source",
                                           "consistently",
                                           "consistent",
                                           "exclusively",
                                           "across",
                                           "go",
                                           "from",
                                           "them",
                                           "their",
                                           "favor",
                                           "favour",
                                           "everything",
                                           "so",
                                           "set",
                                           "forbidden",
                                           "banned",
                                           "allowed",
                                           "isn't",
                                           "aren't",
                                           "get",
                                           "gets",
                                           "out",
                                           "per",
                                           "whole",
                                           "entire",
                                           "there",
                                           "language",
                                           "languages",
                                           "ever",
                                           "me",
                                           "like",
                                           "e.g",
                                           "eg",
                                           "i.e",
                                           "ie",
                                           "disallow",
                                           "disallowed",
                                           "prohibited",
                                           "enforce",
                                           "do",
                                           "adhere",
                                           "preferred",
                                           "mandatory",
                                           "ones",
                                           "one",
                                           "cannot",
                                           "-",
                                           "–",
                                           "—",
                                           "→",
                                           "="};

bool one_of_words(std::string_view word, std::span<const std::string_view> words) {
  return one_of(word, words);
}

bool is_mark(char c) { return std::string_view("\"'()[]{}*_“”‘’<>").contains(c); }

StatementWord word_from(std::string_view raw, bool code) {
  StatementWord word{.text = {}, .lower = {}, .code = code};
  const std::size_t last = raw.find_last_not_of("\"')]*");
  if (!code && last != std::string_view::npos && std::string_view(",;:.!").contains(raw[last])) {
    word.after = raw[last];
  }
  if (!code) {
    while (!raw.empty() && is_mark(raw.front()) && raw.front() != '_') raw.remove_prefix(1);
    while (!raw.empty() && std::string_view(",;:.!\"'*").contains(raw.back()) &&
           !(raw.back() == '!' && raw.size() > 4 && raw.ends_with("ln!"))) {
      raw.remove_suffix(1);
    }
    // "print()" keeps its parentheses, "(print)" does not.
    while (raw.ends_with(')') && !raw.ends_with("()")) raw.remove_suffix(1);
    while (!raw.empty() && std::string_view(",;:.!\"'").contains(raw.back())) raw.remove_suffix(1);
  }
  word.text = raw;
  word.lower = ascii_lower(raw);
  return word;
}

// "functions/methods" and "2-space" are two words.
void split_word(std::string_view raw, bool code, std::vector<StatementWord>& words) {
  const std::size_t slash = raw.find('/');
  const bool letters = raw.find_first_of(".*`@") == std::string_view::npos;
  if (!code && slash != std::string_view::npos && slash > 0 && slash + 1 < raw.size() && letters &&
      raw.find('/', slash + 1) == std::string_view::npos) {
    split_word(raw.substr(0, slash), false, words);
    split_word(raw.substr(slash + 1), false, words);
    return;
  }
  const std::size_t dash = raw.find('-');
  if (!code && dash != std::string_view::npos && dash > 0 &&
      number_in(ascii_lower(raw.substr(0, dash)))) {
    split_word(raw.substr(0, dash), false, words);
    split_word(raw.substr(dash + 1), false, words);
    return;
  }
  StatementWord word = word_from(raw, code);
  if (!word.text.empty()) words.push_back(std::move(word));
}

std::vector<StatementWord> words_of(std::string_view text) {
  std::vector<StatementWord> words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::string_view(" \t\r\n").contains(text[at])) {
      ++at;
      continue;
    }
    if (text[at] == '`') {
      const std::size_t end = text.find('`', at + 1);
      if (end != std::string_view::npos) {
        split_word(trim(text.substr(at + 1, end - at - 1)), true, words);
        at = end + 1;
        if (at < text.size() && std::string_view(",;:.!").contains(text[at]) && !words.empty()) {
          words.back().after = text[at++];
        }
        continue;
      }
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r\n`", at + 1), text.size());
    split_word(text.substr(at, end - at), false, words);
    at = end;
  }
  return words;
}

// Cuts what only gives reasons or examples.
std::string without_asides(std::string_view text) {
  std::string out(text);
  for (std::size_t open = out.find('('); open != std::string::npos;
       open = out.find('(', open + 1)) {
    const std::size_t close = out.find(')', open);
    if (close == std::string::npos) break;
    const bool call = open > 0 && out[open - 1] != ' ';
    const std::string inside = ascii_lower(out.substr(open, close - open));
    const bool example = inside.contains("e.g") || inside.contains("like ") ||
                         inside.contains('`') || inside.contains("i.e") || inside.contains("pep");
    if (!call && example) out.erase(open, close - open + 1);
  }
  const std::string lower = ascii_lower(out);
  std::size_t end = out.size();
  for (std::string_view why : {" because ", " since ", " so that ", " as per ", " according to ",
                               ", like ", " e.g. ", " as it ", " it's ", ", so "}) {
    end = std::min(end, lower.find(why));
  }
  return out.substr(0, end);
}

bool asks(const Statement& all, std::string_view text) {
  if (text.ends_with('?')) return true;
  if (all.size() < 2) return false;
  const auto& words = all.words();
  const std::string_view first = words[0].lower, second = words[1].lower;
  if (first == "do" && (second == "not" || second == "n't")) return false;
  return one_of_words(first, kQuestions) && !words[0].after &&
         (second == "we" || second == "you" || second == "i" || second == "it" || second == "the" ||
          second == "this" || second == "there" || second == "our");
}

bool of_one_place(const Statement& all) {
  const auto& words = all.words();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool points = words[i].lower == "this" || words[i].lower == "that";
    if (points && one_of_words(words[i + 1].lower, kOfOnePlace)) return true;
  }
  return false;
}

bool conditional(const Statement& all) {
  for (const char* word : {"if", "unless", "when", "whenever"}) {
    const auto at = all.find(word);
    if (!at) continue;
    if (*at + 1 >= all.size()) return true;
    const std::string_view next = all.words()[*at + 1].lower;
    const bool harmless = next == "possible" || next == "writing" || next == "naming" ||
                          next == "in" || next == "indenting";
    if (!harmless) return true;
  }
  return false;
}

bool is_task(const Statement& all) {
  if (all.size() == 0) return true;
  std::size_t at = 0;
  while (at < all.size() && (all.words()[at].lower == "please" || all.words()[at].lower == "ok" ||
                             all.words()[at].lower == "and")) {
    ++at;
  }
  if (at == all.size()) return true;
  const std::string_view first = all.words()[at].lower;
  if (all.has("always")) return false;
  if (one_of_words(first, kTasks) && all.words()[at].after == 0) {
    return !(first == "go" && at + 1 < all.size() && all.words()[at].text == "Go");
  }
  const bool general = all.has("all") || all.has("every") || all.has("each") || all.has("any") ||
                       all.has("public") || all.has("trailing");
  return one_of_words(first, kMakings) && !general && !all.has("sure");
}

bool lasting(const Statement& all, std::string_view text) {
  if (asks(all, text) || of_one_place(all) || conditional(all) || is_task(all)) return false;
  for (std::string_view sign : kNotLasting) {
    if (all.has(sign)) return false;
  }
  if (all.has("allowed") && !all.has("not|isn't|aren't|never|no")) return false;
  return true;
}

std::string_view without_bullet(std::string_view text) {
  text = trim(text);
  while (!text.empty() &&
         (std::string_view("-*•#>+").contains(text.front()) || text.front() == ' ')) {
    if (text.starts_with("**")) break;
    text.remove_prefix(1);
  }
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits != std::string_view::npos && digits > 0 && digits < 3 &&
      (text[digits] == '.' || text[digits] == ')') && digits + 1 < text.size() &&
      text[digits + 1] == ' ') {
    text.remove_prefix(digits + 2);
  }
  return trim(text);
}

constexpr std::size_t kStatementBytesMax = 600;

}  // namespace

bool Statement::matches(std::string_view phrase, std::size_t at, std::size_t* length) const {
  std::size_t word = at;
  while (!phrase.empty()) {
    const std::size_t end = std::min(phrase.find(' '), phrase.size());
    std::string_view options = phrase.substr(0, end);
    phrase.remove_prefix(std::min(end + 1, phrase.size()));
    if (word >= words_.size()) return false;
    bool any = false;
    while (!options.empty() && !any) {
      const std::size_t bar = std::min(options.find('|'), options.size());
      any = words_[word].lower == options.substr(0, bar);
      options.remove_prefix(std::min(bar + 1, options.size()));
    }
    if (!any) return false;
    ++word;
  }
  if (length != nullptr) *length = word - at;
  return true;
}

std::optional<std::size_t> Statement::find(std::string_view phrase, std::size_t from) const {
  for (std::size_t at = from; at < words_.size(); ++at) {
    if (matches(phrase, at, nullptr)) return at;
  }
  return std::nullopt;
}

bool Statement::take(std::string_view phrase) {
  bool any = false;
  for (std::size_t at = 0; at < words_.size(); ++at) {
    std::size_t length = 0;
    if (!matches(phrase, at, &length)) continue;
    any = true;
    for (std::size_t i = at; i < at + length; ++i) words_[i].used = true;
  }
  return any;
}

bool Statement::negated(std::size_t at) const {
  static constexpr std::string_view kNegations[] = {
      "not",  "never", "no",  "avoid",  "without", "don't", "dont",     "than",
      "over", "isn't", "ban", "forbid", "omit",    "skip",  "disallow", "drop"};
  for (std::size_t back = 1; back <= 5 && back <= at; ++back) {
    const StatementWord& word = words_[at - back];
    const bool of = word.lower == "of" && at - back > 0 && words_[at - back - 1].lower == "instead";
    if (of || one_of_words(word.lower, kNegations)) return true;
    if (word.after == ',' || word.after == ';' || word.after == '.' || word.after == ':') break;
    if (word.lower == "but" || word.lower == "use") {
      if (word.lower == "but") break;
    }
  }
  // "X is forbidden", "X is not allowed".
  for (std::size_t i = at + 1; i < words_.size() && i <= at + 4; ++i) {
    if (words_[i - 1].after != 0) break;
    const std::string_view word = words_[i].lower;
    if (word == "forbidden" || word == "banned" || word == "disallowed" || word == "prohibited") {
      return true;
    }
    if (word == "allowed") {
      return std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(at), words_.end(),
                         [](const StatementWord& it) {
                           return it.lower == "not" || it.lower == "isn't" ||
                                  it.lower == "aren't" || it.lower == "never";
                         });
    }
  }
  return false;
}

bool Statement::explained() const {
  return std::all_of(words_.begin(), words_.end(), [](const StatementWord& word) {
    return word.used || (!word.code && one_of_words(word.lower, kSmallTalk));
  });
}

std::vector<Statement> sentences_of(std::string_view text) {
  text = without_bullet(text);
  if (text.empty() || text.size() > kStatementBytesMax || !is_valid_utf8(text)) return {};
  const Statement all(words_of(text));
  if (!lasting(all, text)) return {};
  std::vector<Statement> sentences;
  std::vector<StatementWord> words;
  for (StatementWord& word : words_of(without_asides(text))) {
    const bool last = word.after == '.' || word.after == '!' || word.after == ';';
    words.push_back(std::move(word));
    if (last) sentences.emplace_back(std::exchange(words, {}));
  }
  if (!words.empty()) sentences.emplace_back(std::move(words));
  return sentences;
}

std::optional<std::vector<Language>> languages_in(std::span<StatementWord> words) {
  static constexpr std::string_view kOthers[] = {
      "ruby",   "php",     "kotlin", "swift", "scala",  "c#",       "csharp", "sql",
      "css",    "scss",    "html",   "yaml",  "json",   "markdown", "shell",  "bash",
      "elixir", "haskell", "perl",   "lua",   "dart",   "vue",      "svelte", "toml",
      "xml",    "zig",     "cuda",   "r",     "matlab", "julia",    "graphql"};
  std::vector<Language> found;
  bool other = false;
  const auto add = [&](Language language) {
    if (std::find(found.begin(), found.end(), language) == found.end()) found.push_back(language);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    StatementWord& word = words[i];
    if (one_of_words(word.lower, kOthers)) other = true;
    const bool react = word.lower == "react";
    const std::optional<Language> one = react ? Language::kJavaScript : language_named(word.lower);
    if (!one) continue;
    // "go with tabs" and "c" as a letter: only written as names.
    if (word.lower == "go" && word.text != "Go") continue;
    if (word.lower == "go" && i == 0 && i + 1 < words.size() &&
        (words[1].lower == "with" || words[1].lower == "for")) {
      continue;
    }
    if (word.lower == "c" && word.text != "C") continue;
    word.used = true;
    add(*one);
    const bool typed = *one == Language::kTypeScript;
    if (typed || react) add(Language::kTsx);
    if (react) add(Language::kTypeScript);
  }
  if (other) return std::nullopt;
  return found;
}

std::optional<Where> where_in(Statement& statement) {
  const char* kTests = "tests|test";
  const bool tests = statement.has(kTests) || statement.has("unit tests");
  const auto except = statement.find("except|excluding|outside|besides|unless|excepting");
  const bool but_not = statement.has("but not in|for");
  if (!tests) return except ? std::nullopt : std::optional(Where::kEverywhere);
  for (const char* word : {"test", "tests", "unit", "except", "excluding", "outside", "besides",
                           "unless", "excepting"}) {
    statement.take(word);
  }
  return except || but_not || statement.has("not in tests") ? Where::kNotInTests
                                                            : Where::kOnlyInTests;
}

std::optional<std::uint32_t> number_in(std::string_view word) {
  static constexpr std::string_view kWords[] = {"zero", "one", "two",   "three", "four",
                                                "five", "six", "seven", "eight"};
  for (std::uint32_t i = 1; i < std::size(kWords); ++i) {
    if (word == kWords[i]) return i;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

namespace {

std::vector<Convention> read_one(const Statement& sentence) {
  std::vector<Convention> found;
  Statement names = sentence, rules = sentence;
  read_names(names, found);
  read_rules(rules, found);
  return found;
}

// "2 spaces, single quotes and no semicolons": each part by itself, if each says something.
std::vector<Convention> read_parts(const Statement& sentence) {
  std::vector<std::vector<StatementWord>> parts(1);
  for (const StatementWord& word : sentence.words()) {
    const bool joins = word.lower == "and" || word.lower == "but";
    if (!joins) parts.back().push_back(word);
    if ((joins || word.after == ',') && !parts.back().empty()) parts.emplace_back();
  }
  if (parts.back().empty()) parts.pop_back();
  // "In TypeScript, …": a place, and no part of its own.
  if (parts.size() > 1) {
    Statement first(parts[0]);
    const auto languages = languages_in(first.words());
    if (languages && !languages->empty() && first.explained()) {
      parts[1].insert(parts[1].begin(), parts[0].begin(), parts[0].end());
      parts.erase(parts.begin());
    }
  }
  if (parts.size() < 2) return {};
  std::vector<Convention> found;
  for (std::vector<StatementWord>& part : parts) {
    std::vector<Convention> here = read_one(Statement(std::move(part)));
    if (here.empty() || here.front().where != Where::kEverywhere) return {};
    std::move(here.begin(), here.end(), std::back_inserter(found));
  }
  // A language said once is meant for all: the narrower reading.
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].languages.empty()) found[i].languages = found[i - 1].languages;
  }
  for (std::size_t i = found.size(); i-- > 1;) {
    if (found[i - 1].languages.empty()) found[i - 1].languages = found[i].languages;
  }
  return found;
}

}  // namespace

std::vector<Convention> conventions_in(std::string_view statement,
                                       std::optional<Language> language) {
  std::vector<Convention> found;
  for (const Statement& sentence : sentences_of(statement)) {
    std::vector<Convention> here = read_one(sentence);
    if (here.empty()) here = read_parts(sentence);
    for (Convention& one : here) {
      if (one.languages.empty() && language) {
        one.languages = {*language};
        if (*language == Language::kTypeScript) one.languages.push_back(Language::kTsx);
      }
      if (std::find(found.begin(), found.end(), one) == found.end()) {
        found.push_back(std::move(one));
      }
    }
  }
  return found;
}

}  // namespace hardwon::code
