#pragma once

// A person's sentence as words: what conventions_in() reads.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "code/convention.h"
#include "code/tree.h"

namespace hardwon::code {

struct StatementWord {
  std::string text;  // as written, without the marks around it
  std::string lower;
  bool code = false;  // stood in backticks
  char after = 0;     // the mark right after it: , ; : .
  bool used = false;  // some reading explains it
};

// One sentence.  A reading marks the words it explains; what is left over must be small talk, or
// the sentence says more than the reading knows.
class Statement {
 public:
  explicit Statement(std::vector<StatementWord> words) : words_(std::move(words)) {}

  std::vector<StatementWord>& words() { return words_; }
  const std::vector<StatementWord>& words() const { return words_; }
  std::size_t size() const { return words_.size(); }

  // Position of the first word of a phrase ("trailing whitespace"); "a|b" takes either.
  std::optional<std::size_t> find(std::string_view phrase, std::size_t from = 0) const;
  bool has(std::string_view phrase) const { return find(phrase).has_value(); }
  bool take(std::string_view phrase);  // has(), and marks all its occurrences as explained
  // Whether the word at `at` is what is to be avoided: "never use X", "Y instead of X", "no X".
  bool negated(std::size_t at) const;
  bool explained() const;  // all that is left is small talk

 private:
  bool matches(std::string_view phrase, std::size_t at, std::size_t* length) const;
  std::vector<StatementWord> words_;
};

// The sentences of a statement; empty when it as a whole states nothing lasting: a question, a
// wish, a memory, a permission, a matter of this file or this day.
std::vector<Statement> sentences_of(std::string_view text);

// The languages that words name; marks them.  nullopt: one that this room does not know, too.
std::optional<std::vector<Language>> languages_in(std::span<StatementWord> words);

// Tests, only or not; marks the words.  nullopt: an exception that is not about tests.
std::optional<Where> where_in(Statement& statement);

std::optional<std::uint32_t> number_in(std::string_view lower_word);  // "4", "four"

void read_names(Statement& statement, std::vector<Convention>& found);  // statement_names.cpp
void read_rules(Statement& statement, std::vector<Convention>& found);  // statement_rules.cpp

}  // namespace hardwon::code
