#pragma once

// Which words of a rule are particular: named things, beside developers' common talk.

#include <string>
#include <string_view>
#include <vector>

namespace hardwon::recall {

struct RuleWords {
  // Stems of the words that are neither function words nor common in rules about software; empty
  // for a rule about the way of working, which every task goes.
  std::vector<std::string> particular;
  // Languages that it names, in lower case: "Go code", "JavaScript variables".
  std::vector<std::string> languages;
  std::vector<std::string> stems;  // of all words but function words and languages
  bool workflow = false;           // speaks of commits, branches, merging
  bool of_code = false;            // speaks of names, quotes, imports: nothing without code
};
RuleWords words_of_rule(std::string_view text);

// "js" and "JavaScript" are "javascript".
std::string language_name(std::string_view name);

// SQL, CSS, Markdown …: written inside projects of another language.
bool is_embedded_language(std::string_view language);

// A word that is chosen, not met: "camelCase", or a language.
bool is_choice_word(std::string_view word);

// "documentation", "analysis", … do not; unknown kinds do.
bool task_writes_code(std::string_view task_type);

}  // namespace hardwon::recall
