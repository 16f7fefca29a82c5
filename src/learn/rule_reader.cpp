// read_statement(): from a sentence to how long it holds and what rule it states.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "base/common_words.h"
#include "base/json.h"
#include "base/text.h"
#include "code/convention.h"
#include "learn/learner.h"
#include "learn/rule_features.h"
#include "learn/rule_model.h"
#include "learn/rule_words.h"
#include "learn/rules.h"
#include "learn/sentence_form.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kKeywordsMax = 8;
constexpr std::size_t kForeignWordsMin = 9;
constexpr double kEmptyActionable = 0.05;
constexpr double kConventionLasting = 0.15;  // of a sentence that states a checkable convention

// The names under which people speak of a language; the first is the one in answers.
struct LanguageNames {
  std::string_view language;
  std::array<std::string_view, 4> names;
};
constexpr std::array<LanguageNames, 18> kLanguages = {
    {{"python", {"python", "py", ".py", "pytest"}},
     {"javascript", {"javascript", "js", ".js", ""}},
     {"typescript", {"typescript", "ts", ".ts", "tsx"}},
     {"go", {"golang", ".go", "gofmt", "go's"}},
     {"rust", {"rust", ".rs", "cargo", "clippy"}},
     {"c++", {"c++", "cpp", ".cpp", ""}},
     {"java", {"java", ".java", "", ""}},
     {"kotlin", {"kotlin", ".kt", "", ""}},
     {"swift", {"swift", ".swift", "swiftui", ""}},
     {"ruby", {"ruby", ".rb", "rails", "rspec"}},
     {"php", {"php", ".php", "", ""}},
     {"c#", {"c#", "csharp", ".cs", ""}},
     {"elixir", {"elixir", ".ex", "", ""}},
     {"sql", {"sql", ".sql", "", ""}},
     {"css", {"css", ".css", "scss", ""}},
     {"shell", {"bash", "shell", ".sh", "shellcheck"}},
     {"terraform", {"terraform", ".tf", "", ""}},
     {"markdown", {"markdown", ".md", "", ""}}}};

std::string language_in(std::string_view text) {
  const std::string lower = " " + ascii_lower(text) + " ";
  const auto edge = [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#' || c == '_');
  };
  for (const LanguageNames& language : kLanguages) {
    for (const std::string_view name : language.names) {
      if (name.empty()) continue;
      for (std::size_t at = lower.find(name); at != std::string::npos;
           at = lower.find(name, at + 1)) {
        const bool opens = name[0] == '.' || edge(lower[at - 1]);
        if (opens && edge(lower[at + name.size()])) return std::string(language.language);
      }
    }
  }
  return {};
}

bool may_be_keyword(const Token& token) { return is_content(token) && !is_condition(token.text); }
// Names something beside developers' common talk: "billing", "rollback".
bool is_particular(const Token& token) {
  return may_be_keyword(token) && token.text != "order" && !token.text.contains('\'') &&
         !is_common_in_software(stem(token.text));
}

using Tokens = std::vector<const Token*>;

// "adding a table" tells when; "commit" and "hand over" end every task.
bool tells_when(const Tokens& tokens) {
  static const std::unordered_set<std::string_view> every_task = {
      "commit",  "commits",   "committing", "push",     "pushing",   "merge",    "merging", "hand",
      "finish",  "finishing", "done",       "start",    "starting",  "task",     "tasks",   "work",
      "working", "change",    "changes",    "changing", "something", "anything", "code",    "time"};
  return std::ranges::any_of(tokens, [&](const Token* token) {
    if (token->kind != TokenKind::kWord) return token->kind != TokenKind::kMark;
    return may_be_keyword(*token) && !every_task.contains(token->text);
  });
}

// The tokens of the situation: "When adding a table" of "When adding a table, write a rollback".
Tokens situation(const SentenceForm& form) {
  Tokens out;
  if (form.opening == Opening::kConditionDo) {
    for (std::size_t i = form.body; i < form.verb; ++i) out.push_back(&form.tokens[i]);
    if (tells_when(out)) return out;
    out.clear();
  }
  for (std::size_t i = form.body; i + 1 < form.tokens.size(); ++i) {
    const Token& token = form.tokens[i];
    if (token.kind != TokenKind::kWord || i <= form.verb) continue;
    const bool moment = token.text == "when" || token.text == "if" || token.text == "before" ||
                        token.text == "after" || token.text == "whenever";
    // "in order of use", "for the team": a place or purpose is one only by what it names.
    const bool place = token.text == "for" || token.text == "in";
    if (!moment && !place) continue;
    for (std::size_t k = i + 1; k < form.tokens.size(); ++k) {
      if (form.tokens[k].kind == TokenKind::kMark) break;
      out.push_back(&form.tokens[k]);
    }
    if (moment && tells_when(out)) return out;
    if (place && std::ranges::any_of(out, [](const Token* t) {
          return t->kind == TokenKind::kWord ? is_particular(*t) : t->kind != TokenKind::kMark;
        })) {
      return out;
    }
    out.clear();
  }
  return out;
}

std::string keywords_of(const Tokens& tokens, bool (*wanted)(const Token&)) {
  std::vector<std::string> seen;
  for (const Token* token : tokens) {
    if (!wanted(*token) || std::ranges::find(seen, token->text) != seen.end()) continue;
    if (seen.size() < kKeywordsMax) seen.push_back(token->text);
  }
  std::string out;
  for (const std::string& word : seen) out += (out.empty() ? "" : " ") + word;
  return out;
}

// A code span as a pattern.  In paths and branches "feat/*" and "feat/<slug>" stand for many names;
// `Vec<T>` and `a * b` are what they are.
std::string named_by(const std::string& span) {
  static const RE2 deep(R"(\\\*\\\*)"), star(R"(\\\*)"), slot(R"(\\<[\w\\ -]+\\>)");
  std::string pattern = RE2::QuoteMeta(re2::StringPiece(span.data(), span.size()));
  if (!span.contains('/') && !span.starts_with("*.")) return pattern;
  RE2::GlobalReplace(&pattern, slot, R"([^/\\s]+)");
  RE2::GlobalReplace(&pattern, deep, R"(\\S+)");
  RE2::GlobalReplace(&pattern, star, R"([^/\\s]*)");
  return pattern;
}

// The words of the situation make the clearest trigger; then a file pattern or identifier; then
// the language; then what the sentence names in particular.  A rule that names nothing holds
// always.
MatchCriteria match_of(const Statement& statement, const SentenceForm& form) {
  std::string language = language_in(statement.text);
  if (language.empty()) language = language_in(statement.heading);
  MatchCriteria match;
  if (!language.empty()) match.context_json = dump_json(Json{{"language", language}});
  const std::string words = keywords_of(situation(form), may_be_keyword);
  if (!words.empty()) {
    match.type = MatchType::kKeyword;
    match.value = words;
    return match;
  }
  std::string pattern;
  for (const Token& token : form.tokens) {
    const bool names = token.kind == TokenKind::kCode || token.kind == TokenKind::kPath ||
                       (token.kind == TokenKind::kWord && token.text.contains('/'));
    if (!names || token.text.size() < 3 || token.text.contains(' ')) continue;
    if (is_name_case(token.text)) continue;    // what the rule chooses, not where it applies
    if (!is_valid_utf8(token.text)) continue;  // no pattern of RE2
    if (pattern.size() > 200) break;
    pattern += (pattern.empty() ? "" : "|") + named_by(token.text);
  }
  if (!pattern.empty()) {
    match.type = MatchType::kPattern;
    match.value = pattern;
    return match;
  }
  if (!language.empty()) {
    match.type = MatchType::kContext;
    match.value = "language=" + language;
    return match;
  }
  Tokens all;
  for (std::size_t i = form.body; i < form.tokens.size(); ++i) all.push_back(&form.tokens[i]);
  match.value = keywords_of(all, is_particular);
  if (match.value.empty()) match.type = MatchType::kContext, match.value = "always";
  return match;
}

// "… because …", "… so that …", "… - it breaks": the reason a person gave with the rule.
std::string rationale_of(std::string_view text) {
  static const RE2 reason(
      R"re((?i)(?:\bbecause\b|\bsince\b|\bso that\b|\botherwise\b|\bas it\b|\bsee issue\b)re"
      R"re(| — | – | - )\s*(.{8,200}))re");
  re2::StringPiece found, piece(text.data(), text.size());
  if (!RE2::PartialMatch(piece, reason, &found)) return {};
  return one_line(trim(std::string_view(found.data(), found.size())));
}

// Negation and contrast by their wording; the classifier decides where the words do not.
Polarity polarity_of(const Statement& statement, const SentenceForm& form,
                     const std::array<double, 3>& scores) {
  static const RE2 contrast(
      R"((?i)\b(?:instead of|rather than|not just|in favou?r of|replaces?)\b|(?:->|→))"
      R"(|[,;–—-]\s*(?:not|never|no|don'?t|avoid)\b|\b(?:don'?t|do not|never|avoid)\b.*)"
      R"([;,.–—-]\s*(?:use|prefer|instead|always|only|put|write|keep)\b|\bover\s+`?\w)"
      R"(|\b(?:no|not|never)\b[^.;]*[.;,–—]\s*(?:use|prefer|instead|do)\b)");
  const bool contrasts =
      RE2::PartialMatch(re2::StringPiece(statement.text.data(), statement.text.size()), contrast);
  const bool forbids_heading = heading_kind(statement.heading) == HeadingKind::kForbids;
  const bool opens_forbidding =
      form.opening == Opening::kForbids ||
      (form.opening == Opening::kConditionDo && form.verb < form.tokens.size() &&
       !is_instruction_verb(form.tokens[form.verb].text));
  std::array<double, 3> score = scores;
  if (contrasts) score[2] += 0.35;
  if (opens_forbidding) score[1] += 0.45;
  if (forbids_heading && form.opening == Opening::kImperative) score[1] += 0.8;
  return static_cast<Polarity>(std::ranges::max_element(score) - score.begin());
}

// Without list mark, "please" and "ok, ": what a reader of the rule needs.
std::string cleaned(std::string_view text) {
  std::string out = one_line(text);
  static const RE2 lead(
      R"((?i)^(?:no[,.!:–—-]+|(?:please|pls|ok(?:ay)?|and|but|also|again|so|well|hey|hmm|as i said)"
      R"(|got it|understood|like i said|remember(?: that| to)?|once more)\b[,:!.–—-]*)\s+)");
  while (out.size() > 12 && RE2::Replace(&out, lead, "")) {
  }
  out.erase(std::remove(out.begin(), out.end(), '\r'), out.end());
  std::string plain;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '*' && i + 1 < out.size() && out[i + 1] == '*') {
      ++i;
      continue;
    }
    plain += out[i];
  }
  return capitalized(std::string(trim(plain)));
}

// Chinese, Cyrillic, Arabic …: a fifth of the letters, or punctuation that only such text has.
// Accents, arrows and emoji are no other script.
bool is_in_another_script(std::string_view text) {
  std::size_t latin = 0, other = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    latin += (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z' ? 1U : 0U;
    const std::size_t more = byte >= 0xE0 && byte < 0xF0 ? 2 : byte >= 0xC0 && byte < 0xE0 ? 1 : 0;
    if (more == 0 || i + more >= text.size()) continue;
    std::uint32_t point = byte & (more == 2 ? 0x0FU : 0x1FU);
    for (std::size_t k = 1; k <= more; ++k) {
      point = point << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    const bool wide_punctuation =
        (point >= 0x3000 && point < 0x3040) || (point >= 0xFF00 && point < 0xFFF0);
    if (wide_punctuation) return true;
    const bool symbol = point >= 0x2000 && point < 0x2C00;
    other += point >= 0x0370 && !symbol && point < 0xE000 ? 1U : 0U;
  }
  return other > 0 && other * 4 >= latin;
}

// The classifier knows English.  A longer run of words without one of English's small words is
// another language, or filler text: nothing is known about it, so it states nothing.
bool speaks_another_language(const SentenceForm& form) {
  std::size_t words = 0, small = 0;
  for (const Token& token : form.tokens) {
    if (token.kind != TokenKind::kWord) continue;
    ++words;
    const std::string& word = token.text;
    small += is_stop_word(word) || is_universal(word) || is_modal(word) || is_condition(word) ||
                     is_filler(word)
                 ? 1U
                 : 0U;
  }
  return words >= kForeignWordsMin && small == 0;
}

// "1. **NEVER skip …**" under "Do NOT" forbids by itself.
bool says_never(const SentenceForm& form) {
  return std::ranges::any_of(form.tokens.begin(),
                             form.tokens.begin() + static_cast<std::ptrdiff_t>(
                                                       std::min(form.tokens.size(), form.verb + 1)),
                             [](const Token& token) {
                               return token.text == "never" || token.text == "not" ||
                                      token.text == "don't" || token.text == "avoid";
                             });
}

}  // namespace

Reading read_statement(const Statement& statement) {
  const std::string_view text =
      statement.text.substr(0, verbatim(statement.text, kStatementBytesLooked).size());
  Reading reading;
  const SentenceForm form = form_of(text);
  // Single letters are no words.
  const bool any_word = std::ranges::any_of(form.tokens, [](const Token& token) {
    return token.kind != TokenKind::kMark && token.text.size() > 1;
  });
  if (!any_word || is_in_another_script(text) || speaks_another_language(form)) {
    reading.probabilities = {0, 0, 1};
    reading.confidence = 1;
    return reading;
  }
  const RuleScores scores = rule_scores(rule_features(statement, form));
  reading.probabilities = scores.persistence;
  const auto best = std::ranges::max_element(scores.persistence);
  reading.persistence = static_cast<Persistence>(best - scores.persistence.begin());
  reading.confidence = *best;
  // In a rule file, what names a convention that code can be checked for is one.
  if (statement.voice == Voice::kRuleFile && reading.persistence != Persistence::kPersistent &&
      !form.asks && scores.persistence[0] >= kConventionLasting &&
      !code::conventions_in(text).empty()) {
    reading.persistence = Persistence::kPersistent;
    reading.confidence = std::max(reading.confidence, 0.5);
  }
  reading.empty_advice = is_empty_advice(form);
  reading.actionable = reading.empty_advice ? kEmptyActionable : scores.actionable;
  reading.from = form.tokens.front().from;
  reading.to = reading.from + trim(text.substr(reading.from)).size();
  if (reading.persistence != Persistence::kPersistent) return reading;
  const auto action = std::ranges::max_element(scores.action);
  const std::string_view said = text.substr(reading.from, reading.to - reading.from);
  std::string words = cleaned(said);
  const bool forbidden_above = heading_kind(statement.heading) == HeadingKind::kForbids;
  const bool either = words.contains("instead of") || words.contains("rather than");
  const bool turned = forbidden_above && form.opening == Opening::kImperative && !form.lead_in &&
                      !says_never(form) && !either;
  if (turned && !words.empty()) {
    // "Do NOT" stands in the heading: the rule alone would say the opposite.
    if (words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] - 'A' + 'a');
    words = "Do not " + words;
  }
  reading.rules.push_back({.text = std::move(words),
                           .match = match_of(statement, form),
                           .action = static_cast<ActionType>(action - scores.action.begin()),
                           .polarity = polarity_of(statement, form, scores.polarity),
                           .rationale = rationale_of(said),
                           .confidence = reading.confidence});
  return reading;
}

}  // namespace hardwon::learn
