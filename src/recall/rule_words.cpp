#include "recall/rule_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/common_words.h"
#include "base/text.h"

namespace hardwon::recall {
namespace {

using Stems = std::set<std::string, std::less<>>;

// How code is laid out and what is in it: nothing that a task without code could keep to.
const Stems& of_code() {
  static const Stems kOfCode = stems_of(
      "camelcase snake_case pascalcase kebab screaming_snake_case indent indentation quotes import "
      "parameter argument variable constant local method semicolon brace docstring whitespace");
  return kOfCode;
}

// Every task ends in these.
const Stems& workflow() {
  static const Stems kWorkflow =
      stems_of("commit branch merge rebase squash push changelog pr reviewer linter");
  return kWorkflow;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kLanguageNames = {
    {{"python", "python"},
     {"py", "python"},
     {"javascript", "javascript"},
     {"js", "javascript"},
     {"typescript", "typescript"},
     {"ts", "typescript"},
     {"tsx", "typescript"},
     {"golang", "go"},
     {"rust", "rust"},
     {"java", "java"},
     {"kotlin", "kotlin"},
     {"swift", "swift"},
     {"ruby", "ruby"},
     {"php", "php"},
     {"scala", "scala"},
     {"elixir", "elixir"},
     {"haskell", "haskell"},
     {"cpp", "c++"},
     {"csharp", "c#"},
     {"perl", "perl"},
     {"lua", "lua"},
     {"julia", "julia"},
     {"dart", "dart"},
     {"bash", "shell"},
     {"zig", "zig"},
     {"css", "css"},
     {"html", "html"}}};

const std::string_view* language_of(std::string_view name) {
  for (const auto& [known, language] : kLanguageNames) {
    if (known == name) return &language;
  }
  return nullptr;
}

// "Go" is a language where it stands as a name: capital, and not "Go through …", "Go to …".
bool speaks_of_go(std::string_view text) {
  for (std::size_t at = text.find("Go"); at != std::string_view::npos;
       at = text.find("Go", at + 2)) {
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    if (at > 0 && letter(text[at - 1])) continue;
    std::string_view rest = text.substr(at + 2);
    if (!rest.empty() && letter(rest[0])) continue;
    rest = trim(rest);
    std::size_t end = 0;
    while (end < rest.size() && letter(rest[end])) ++end;
    const std::string next = ascii_lower(rest.substr(0, end));
    static const Stems kVerbal = {"through", "to",   "back", "on",  "ahead", "over",
                                  "into",    "with", "for",  "and", "easy",  "straight",
                                  "in",      "by",   "from", "down"};
    const bool opens = trim(text.substr(0, at)).empty();
    if (!opens || !kVerbal.contains(next)) return true;
  }
  return false;
}

}  // namespace

RuleWords words_of_rule(std::string_view text) {
  RuleWords found;
  const auto add = [](std::vector<std::string>& list, std::string_view word) {
    if (std::ranges::find(list, word) == list.end()) list.emplace_back(word);
  };
  // Lower-cased first: "JavaScript" is no Java, "camelCase" no camel.
  for (const std::string& word : words(ascii_lower(text))) {
    if (const auto* language = language_of(word)) {
      add(found.languages, *language);
      continue;
    }
    if (word == "order") continue;  // of imports, say; "orders" are things
    if (word.size() < 2 || is_stop_word(word)) continue;
    const std::string root = stem(word);
    found.of_code = found.of_code || of_code().contains(root);
    found.workflow = found.workflow || workflow().contains(root);
    const bool number =
        std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; }) || word.size() < 3;
    if (!number && !is_common_in_software(root)) add(found.particular, root);
    add(found.stems, root);
  }
  if (speaks_of_go(text)) add(found.languages, "go");
  if (contains_ignoring_case(text, "c++")) add(found.languages, "c++");
  if (found.workflow) found.particular.clear();
  return found;
}

std::string language_name(std::string_view name) {
  const std::string lower = ascii_lower(trim(name));
  const auto* language = language_of(lower);
  return language != nullptr ? std::string(*language) : lower;
}

bool is_embedded_language(std::string_view language) {
  static const Stems kEmbedded = {"sql",  "css",  "html",  "markdown", "shell",  "bash",
                                  "yaml", "json", "regex", "xml",      "graphql"};
  return kEmbedded.contains(language);
}

bool is_choice_word(std::string_view word) {
  static const Stems kCases = {
      "camelcase",  "snake_case", "pascalcase", "kebab-case", "screaming_snake_case",
      "upper_case", "uppercase",  "lowercase"};
  const std::string lower = ascii_lower(word);
  return kCases.contains(lower) || language_of(lower) != nullptr;
}

bool task_writes_code(std::string_view task_type) {
  static const Stems kNoCode = {"documentation", "analysis", "review",  "research", "planning",
                                "question",      "answer",   "explain", "report",   "discussion"};
  const std::vector<std::string> parts = words(task_type);
  return std::ranges::none_of(parts, [](const auto& word) { return kNoCode.contains(word); });
}

}  // namespace hardwon::recall
