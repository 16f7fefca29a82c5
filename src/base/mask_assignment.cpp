#include "base/mask_assignment.h"

#include <algorithm>
#include <array>

namespace hardwon::mask {
namespace {

constexpr std::size_t kNameMax = 64;    // of an identifier on each side of the keyword
constexpr std::size_t kBlanksMax = 40;  // aligned columns
constexpr std::size_t kQuotedMax = 4096;
constexpr std::size_t kJudgedMax = 256;  // enough to tell a secret from a word

char at_or_0(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-';
}

// A quote with the backslashes before it: `\\"` inside JSON inside JSON.
struct Quote {
  std::size_t backslashes = 0;
  char mark = '\0';  // '\0': none
  std::size_t size() const { return mark == '\0' ? 0 : backslashes + 1; }
};

Quote quote_at(std::string_view text, std::size_t at) {
  Quote quote;
  while (quote.backslashes < 8 && at_or_0(text, at + quote.backslashes) == '\\') {
    ++quote.backslashes;
  }
  const char mark = at_or_0(text, at + quote.backslashes);
  if (!is_quote(mark)) return {};
  quote.mark = mark;
  return quote;
}

// End of `word` at `at`, or `at` when something else stands there.
std::size_t skip(std::string_view text, std::size_t at, std::string_view word) {
  return text.substr(std::min(at, text.size())).starts_with(word) ? at + word.size() : at;
}

std::size_t skip_line_break(std::string_view text, std::size_t at) {
  at = skip(text, at, "\r");
  if (at_or_0(text, at) == '\n') return at + 1;
  std::size_t end = at;
  while (end < at + 8 && at_or_0(text, end) == '\\') ++end;
  return end > at && at_or_0(text, end) == 'n' ? end + 1 : at;
}

struct Separator {
  std::size_t end = 0;
  bool equals = false;   // exactly '=', no blanks
  bool element = false;  // <name>value<
  bool prose = false;    // "is"
  bool bare = false;     // only a blank
};

// ": Type =" between a name and its value; `at` is after the ':'.
std::size_t skip_annotation(std::string_view text, std::size_t at) {
  std::size_t end = skip_blanks(text, at);
  const std::size_t type = end;
  while (end < type + kNameMax && (is_name_char(at_or_0(text, end)) ||
                                   std::string_view("[]<>.|?& ").contains(at_or_0(text, end)))) {
    ++end;
  }
  const bool assigned = end > type && at_or_0(text, end) == '=' && at_or_0(text, end + 1) != '=';
  return assigned ? end + 1 : at;
}

std::optional<Separator> assignment_sign(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 9> kSigns = {
      "===", "==", "=>", ":=", "!=", "=", ":", "%3D", "\\u003d"};
  const std::size_t sign = skip_blanks(text, at);
  for (const std::string_view word : kSigns) {
    std::size_t end = skip(text, sign, word);
    if (end == sign) continue;
    if (word == ":") end = skip_annotation(text, end);
    end = skip(text, end, "**");
    const std::size_t value = skip_blanks(text, end);
    return Separator{.end = value, .equals = word == "=" && sign == at && value == sign + 1};
  }
  return std::nullopt;
}

// {"name": "DB_PASSWORD", "value": "…"} and its YAML form; `at` is after the name.
std::optional<Separator> value_member(std::string_view text, std::size_t at) {
  std::size_t next = at + quote_at(text, at).size();
  const std::size_t comma = skip(text, skip_blanks(text, next), ",");
  const std::size_t line = skip_line_break(text, comma);
  if (line == at || (line == next && comma == next)) return std::nullopt;
  next = skip_blanks(text, line);
  next += quote_at(text, next).size();
  const std::size_t member = std::max(skip(text, next, "value"), skip(text, next, "Value"));
  if (member == next) return std::nullopt;
  next = member + quote_at(text, member).size();
  return assignment_sign(text, next);
}

std::optional<Separator> separator_after(std::string_view text, const Name& name) {
  const char before = name.begin > 0 ? text[name.begin - 1] : '\0';
  const bool flag = text[name.begin] == '-';
  if (before == '<' && at_or_0(text, name.end) == '>') {
    return Separator{.end = name.end + 1, .element = true};
  }
  const Quote quote = quote_at(text, name.end);
  std::size_t at = name.end + quote.size();
  at = skip(text, at, "**");
  at = skip(text, at, "]");
  if (auto sign = assignment_sign(text, at)) return sign;
  if (auto member = value_member(text, name.end)) return member;
  const std::size_t blank = skip_blanks(text, at);
  if (flag && quote.mark != '\0') {  // ["--token", "…"]
    const std::size_t comma = skip(text, blank, ",");
    if (comma != blank) return Separator{.end = skip_blanks(text, comma)};
  }
  if (blank == at) return std::nullopt;
  if (flag) return Separator{.end = blank};
  for (const std::string_view verb : {"is ", "is: ", "was "}) {
    const std::size_t end = skip(text, blank, verb);
    if (end != blank) return Separator{.end = skip_blanks(text, end), .prose = true};
  }
  return Separator{.end = blank, .bare = true};
}

bool is_environment_name(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Ends a value that has no quotes; bytes of other scripts and arrows do too.
bool ends_unquoted(char c, bool in_url) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte >= 0x7f || std::string_view("\"'`\\,;()[]{}<>|").contains(c) ||
         (in_url && (c == '&' || c == '#'));
}

// "name=" of a form body: a=1&b=2.
bool starts_pair(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < at + kNameMax && is_name_char(at_or_0(text, end))) ++end;
  return end > at && at_or_0(text, end) == '=';
}

// The end of the text quoted from `at`, or npos when the quote does not close on this line.
std::size_t closing_quote(std::string_view text, std::size_t at, const Quote& quote) {
  const std::size_t limit = std::min(text.size(), at + kQuotedMax);
  for (std::size_t end = at; end < limit && text[end] != '\n'; ++end) {
    if (text[end] == '\\' && quote.backslashes == 0) {
      ++end;
    } else if (text[end] == quote.mark) {
      while (end > at && text[end - 1] == '\\') --end;
      return end;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kBlanksMax);
  while (at < limit && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

Name name_around(std::string_view text, std::size_t begin, std::size_t end) {
  Name name{.begin = begin, .end = end, .keyword_begin = begin, .keyword_end = end};
  while (name.begin > 0 && begin - name.begin < kNameMax &&
         (is_name_char(text[name.begin - 1]) || text[name.begin - 1] == '.')) {
    --name.begin;
  }
  while (name.end < text.size() && name.end - end < kNameMax && is_name_char(text[name.end])) {
    ++name.end;
  }
  return name;
}

std::size_t unquoted_end(std::string_view text, std::size_t at, std::size_t end_max, bool in_url) {
  const std::size_t limit = std::min(text.size(), end_max);
  while (at < limit && !ends_unquoted(text[at], in_url)) {
    if (text[at] == '&' && starts_pair(text, at + 1)) break;
    ++at;
  }
  return at;
}

Value value_at(std::string_view text, std::size_t at, bool in_url) {
  // Python's and C++'s string prefixes: b"…", f"…", L"…".
  if (std::string_view("bfruLBFRU").contains(at_or_0(text, at)) &&
      is_quote(at_or_0(text, at + 1))) {
    ++at;
  }
  const Quote quote = quote_at(text, at);
  Value value{.begin = at + quote.size()};
  if (quote.mark != '\0') {
    value.end = closing_quote(text, value.begin, quote);
    value.writing.quoted = value.end != std::string_view::npos;
    if (value.writing.quoted) return value;
  }
  value.end = unquoted_end(text, value.begin, value.begin + kJudgedMax, in_url);
  value.cut = value.end == value.begin + kJudgedMax;
  const char next = at_or_0(text, skip_blanks(text, value.end));
  value.writing.called = next == '(' || at_or_0(text, value.end) == '[';
  while (!value.cut && value.end > value.begin &&
         std::string_view(".:*").contains(text[value.end - 1])) {
    --value.end;  // the end of a sentence or of bold text
  }
  return value;
}

std::optional<Value> assigned_value(std::string_view text, const Name& name) {
  const auto separator = separator_after(text, name);
  if (!separator) return std::nullopt;
  const char before = name.begin > 0 ? text[name.begin - 1] : '\0';
  const auto in_query = [](char c) { return c == '?' || c == '&'; };
  const bool in_url = in_query(before) || in_query(text[name.keyword_begin]);
  Value value = value_at(text, separator->end, in_url);
  const bool flag = text[name.begin] == '-';
  const std::string_view word = text.substr(name.begin, name.end - name.begin);
  value.writing.literal = separator->equals && (flag || is_environment_name(word));
  value.writing.quoted |= separator->element;
  value.bare = separator->bare;
  // "the token is abcd" is prose: what follows a verb without quotes must close the sentence.
  if (separator->prose && !value.writing.quoted && value.writing.called) return std::nullopt;
  return value;
}

}  // namespace hardwon::mask
