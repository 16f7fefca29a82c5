#include "recall/question.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "base/text.h"

namespace hardwon::recall {
namespace {

// Idf needs a corpus, and a young store is none: each of its words is rare.  So the store is
// mixed with this many imagined items, of which each generic word is in one of twenty.
constexpr double kImaginedItems = 500;
constexpr double kGenericShare = 0.05;

// Words that developers use about everything; stems, sorted.
constexpr std::array<std::string_view, 87> kGenericStems = {
    "actual",   "add",     "alway",   "build",   "call",      "chang",  "check",   "class",
    "code",     "come",    "command", "correct", "creat",     "data",   "differ",  "error",
    "even",     "exampl",  "fail",    "file",    "find",      "first",  "fix",     "follow",
    "function", "give",    "good",    "help",    "implement", "input",  "instead", "issu",
    "keep",     "know",    "last",    "line",    "list",      "look",   "make",    "method",
    "name",     "need",    "never",   "new",     "next",      "number", "object",  "onli",
    "output",   "problem", "project", "put",     "read",      "remov",  "repo",    "result",
    "return",   "right",   "run",     "same",    "script",    "see",    "set",     "show",
    "start",    "step",    "still",   "stop",    "string",    "take",   "task",    "test",
    "thing",    "think",   "time",    "tri",     "two",       "type",   "updat",   "use",
    "user",     "valu",    "want",    "way",     "without",   "work",   "write"};
static_assert(std::ranges::is_sorted(kGenericStems));

// What marks a line as stating an error; lower case.
constexpr std::array<std::string_view, 16> kErrorMarks = {
    "error",  "exception", "failed",     "failure",   "fatal",   "panic",
    "cannot", "can't",     "could not",  "not found", "no such", "undefined",
    "denied", "timed out", "unexpected", "traceback"};

// Below this a question says too little for a full match to mean much; above, an item need
// not repeat a long prompt to speak of it.
constexpr double kMassMin = 4, kMassKnee = 24;

bool is_number(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// Is all[at] an identifier whose parts follow it?  (base/text.h: words)
bool is_compound(const std::vector<std::string>& all, std::size_t at) {
  std::size_t length = 0, parts = 0;
  for (std::size_t next = at + 1; next < all.size() && length < all[at].size(); ++next) {
    if (all[at].compare(length, all[next].size(), all[next]) != 0) return false;
    length += all[next].size();
    ++parts;
  }
  return parts > 1 && length == all[at].size();
}

void append(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += '\n';
  text += more;
}

}  // namespace

bool is_generic(std::string_view stem) { return std::ranges::binary_search(kGenericStems, stem); }

std::span<const std::string_view> generic_stems() { return kGenericStems; }

std::vector<Term> terms_of(std::string_view text) {
  std::vector<Term> terms;
  const std::vector<std::string> all = words(text);
  for (std::size_t i = 0; i < all.size() && terms.size() < kTermsMax; ++i) {
    if (is_stop_word(all[i])) continue;
    Term term{.stem = stem(all[i]), .compound = is_compound(all, i)};
    if (std::ranges::find(terms, term.stem, &Term::stem) == terms.end()) {
      terms.push_back(std::move(term));
    }
  }
  return terms;
}

bool says_something(std::string_view text) {
  return std::ranges::any_of(terms_of(text),
                             [](const Term& term) { return !is_generic(term.stem); });
}

std::vector<std::string> stem_set(std::string_view text) {
  std::vector<std::string> stems;
  for (const std::string& word : words(text)) {
    if (!is_stop_word(word)) stems.push_back(stem(word));
  }
  std::ranges::sort(stems);
  stems.erase(std::ranges::unique(stems).begin(), stems.end());
  return stems;
}

bool states_error(std::string_view text) {
  return std::ranges::any_of(
      kErrorMarks, [&](std::string_view mark) { return contains_ignoring_case(text, mark); });
}

std::vector<ErrorLine> error_lines_of(std::string_view text) {
  constexpr std::size_t kLineBytesMax = 1000, kTextBytesMax = 256 * 1024;
  if (text.size() > kTextBytesMax) text.remove_prefix(text.size() - kTextBytesMax);
  std::vector<ErrorLine> lines;
  const auto take = [&](std::string_view line) {
    ErrorLine found{.text = std::string(line), .stems = stem_set(line)};
    std::erase_if(found.stems, is_number);
    if (!found.stems.empty()) lines.push_back(std::move(found));
  };
  const std::vector<std::string_view> all = split_lines(text);
  for (auto line = all.rbegin(); line != all.rend() && lines.size() < kErrorLinesMax; ++line) {
    const std::string_view short_line = trim(line->substr(0, kLineBytesMax));
    if (states_error(short_line)) take(short_line);
  }
  for (auto line = all.rbegin(); line != all.rend() && lines.empty(); ++line) {
    take(trim(line->substr(0, kLineBytesMax)));
  }
  return lines;
}

Question prepare(const RecallQuery& query) {
  Question question{.text = query.text, .context = query.context, .files = query.files};
  std::string error = query.error_text;
  if (query.episode) {
    const Episode& episode = *query.episode;
    append(question.text, episode.task);
    TaskContext& context = question.context;
    if (context.domain.empty()) context.domain = episode.context.domain;
    if (context.language.empty()) context.language = episode.context.language;
    if (context.framework.empty()) context.framework = episode.context.framework;
    if (context.tags.empty()) context.tags = episode.context.tags;
    if (error.empty() && !episode.steps.empty() &&
        episode.steps.back().status == StepStatus::kError) {
      error = episode.steps.back().output;  // what the task is stuck at
    }
  }
  question.terms = terms_of(question.text);
  if (!error.empty()) question.error_lines = error_lines_of(error);
  question.has_topic =
      !trim(question.text).empty() || !question.files.empty() || !trim(error).empty();
  return question;
}

void weigh(Question& question, const std::vector<std::int64_t>& frequencies, std::int64_t items) {
  CHECK(frequencies.size() == question.terms.size());
  double total = 0;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    Term& term = question.terms[i];
    term.frequency = frequencies[i];
    const double imagined = is_generic(term.stem) ? kImaginedItems * kGenericShare : 0;
    const double all = static_cast<double>(std::max(items, frequencies[i])) + kImaginedItems;
    term.weight = std::log1p(all / (static_cast<double>(frequencies[i]) + imagined + 0.5));
    // The whole of an identifier that nobody wrote is told by its parts.
    if (!term.compound || term.frequency > 0) total += term.weight;
  }
  question.mass = total <= kMassKnee ? std::max(total, kMassMin) : std::sqrt(total * kMassKnee);
}

std::vector<std::string> rarest(const std::vector<Term>& terms, std::int64_t items) {
  std::vector<const Term*> known;
  for (const Term& term : terms) {
    if (term.frequency > 0) known.push_back(&term);
  }
  std::ranges::stable_sort(known, {}, [](const Term* term) { return term->frequency; });
  std::vector<std::string> stems;
  for (const Term* term : known) {
    const bool common = term->frequency > items / 5;
    if (stems.size() < (common ? 2 : kRarestTerms)) stems.push_back(term->stem);
  }
  return stems;
}

}  // namespace hardwon::recall
