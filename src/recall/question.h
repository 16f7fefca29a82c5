#pragma once

// A query made ready for matching: its words with their weights, its failing lines, its files.
// Pure; everything it needs from the store is passed in.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/recall.h"

namespace hardwon::recall {

struct Term {
  std::string stem;
  bool compound = false;       // an identifier whose parts are terms too
  std::int64_t frequency = 0;  // indexed items that contain it
  double weight = 0;           // idf in nats
};

// One failing line of an error text.
struct ErrorLine {
  std::string text;
  std::vector<std::string> stems;  // sorted, distinct, without pure numbers
};

struct Question {
  std::string text;         // what the task says
  std::vector<Term> terms;  // distinct, in order of appearance; at most kTermsMax
  double mass = 0;          // what `matched weight` is compared with
  TaskContext context;
  std::vector<std::string> files;
  std::vector<ErrorLine> error_lines;  // at most kErrorLinesMax

  // Something was asked, even if in words that say nothing; else the context is the question.
  bool has_topic = false;
};

inline constexpr std::size_t kTermsMax = 128;
inline constexpr std::size_t kErrorLinesMax = 8;
inline constexpr std::size_t kRarestTerms = 6;

// A word that developers use about everything ("file", "run"), as a stem.
bool is_generic(std::string_view stem);
std::span<const std::string_view> generic_stems();

// Distinct stems of the words that carry a topic.
std::vector<Term> terms_of(std::string_view text);

// The lines of a log that state an error, the last ones first; the last line of any text when
// none does.
std::vector<ErrorLine> error_lines_of(std::string_view text);
// Does some line of the text state an error?
bool states_error(std::string_view text);

// Has the text a word beyond those that developers use about everything?  "fix it", "run the
// tests" and "continue" ask for no lesson.
bool says_something(std::string_view text);

// Everything but the weights.
Question prepare(const RecallQuery& query);

// Fills weight and mass.  frequencies: of question.terms, in step; items: indexed items.
void weigh(Question& question, const std::vector<std::int64_t>& frequencies, std::int64_t items);

// The stems of the `kRarestTerms` rarest terms that occur at all; of those in more than a fifth
// of the `items` only as many as give two terms, since they choose nothing and cost most.
std::vector<std::string> rarest(const std::vector<Term>& terms, std::int64_t items);

// Sorted, distinct stems of a text's words: what two statements are compared by.
std::vector<std::string> stem_set(std::string_view text);

}  // namespace hardwon::recall
