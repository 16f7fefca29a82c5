#include "base/mask_shape.h"

#include <algorithm>
#include <array>

namespace hardwon::mask {
namespace {

constexpr std::size_t kPasswordMin = 6;
constexpr std::size_t kTokenMin = 8;
constexpr std::size_t kLongMin = 16;
constexpr std::size_t kDrawnMin = 32;
constexpr std::size_t kLoneWordMin = 12;   // a quoted all-letter password
constexpr std::size_t kLongestWord = 23;   // letters in one hump of a name
constexpr std::size_t kTailDigitsMax = 4;  // "config2024" is a name, "abc12345" is not

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Makeup {
  std::size_t letters = 0, digits = 0, symbols = 0, blanks = 0, distinct = 0;
  bool lower = false, upper = false, outside_ascii = false;
};

Makeup makeup(std::string_view value) {
  Makeup made;
  std::array<bool, 256> seen{};
  for (const char c : value) {
    if (is_letter(c)) {
      ++made.letters;
    } else if (is_digit(c)) {
      ++made.digits;
    } else if (is_blank(c)) {
      ++made.blanks;
    } else {
      ++made.symbols;
    }
    made.lower |= is_lower(c);
    made.upper |= is_upper(c);
    made.outside_ascii |= static_cast<unsigned char>(c) >= 0x80;
    bool& known = seen[static_cast<unsigned char>(c)];
    made.distinct += known ? 0 : 1;
    known = true;
  }
  return made;
}

// Letters of the hump at `at`: "Config", "HTTP", "id"; 0 when none starts there.
std::size_t hump_length(std::string_view part, std::size_t at) {
  std::size_t end = at;
  while (end < part.size() && is_upper(part[end])) ++end;
  const bool capitals = end - at > 1;
  // In "HTTPServer" the last capital opens the next hump.
  if (capitals && end < part.size() && is_lower(part[end])) return end - at - 1;
  if (capitals) return end - at;
  while (end < part.size() && is_lower(part[end])) ++end;
  return end - at;
}

// (hump digits*)+ as people write names; only digits also passes.
bool is_natural_part(std::string_view part) {
  if (std::ranges::all_of(part, is_digit)) return true;
  std::size_t humps = 0, letters = 0, capitals_after_digits = 0;
  for (std::size_t at = 0; at < part.size();) {
    const bool after_digit = at > 0 && is_digit(part[at - 1]);
    if (after_digit && is_lower(part[at])) return false;
    const std::size_t length = hump_length(part, at);
    if (length == 0 || length > kLongestWord) return false;
    if (after_digit && is_upper(part[at + length - 1]) && ++capitals_after_digits > 1) return false;
    ++humps;
    letters += length;
    at += length;
    const std::size_t digits = at;
    while (at < part.size() && is_digit(part[at])) ++at;
    if (at - digits > kTailDigitsMax) return false;
  }
  // A single short hump ("v1", "x86", "id") is a name too; many short ones are noise.
  return humps == 1 || letters >= 3 * humps;
}

bool starts_like_path(std::string_view value) {
  return value.starts_with('/') || value.starts_with("./") || value.starts_with("../") ||
         value.starts_with("~/");
}

// Four or more of one filler in a row.
bool has_filler(std::string_view value) {
  std::size_t run = 1;
  for (std::size_t i = 1; i < value.size(); ++i) {
    run = value[i] == value[i - 1] ? run + 1 : 1;
    if (run >= 4 && std::string_view("xX*.#?_-").contains(value[i])) return true;
  }
  return false;
}

// No issuer uses these; patterns and expressions do, and keys drawn from the whole keyboard
// (Django's) that are long.
bool has_foreign_mark(std::string_view value, const Writing& writing) {
  const bool drawn = (writing.quoted || writing.literal) && value.size() >= kDrawnMin &&
                     std::ranges::count_if(value, is_digit) >= 3 && !value.contains("(?") &&
                     !value.contains("[^") && !value.contains('\\');
  if (drawn) return false;
  return std::string_view("!#^*").contains(value.front()) ||
         value.find_first_of("()[]{}<>^?|\\\"'`") != std::string_view::npos;
}

// a.b, a->b, A::b: an expression unless it was written as a literal.
bool is_member_access(std::string_view value) {
  return value.contains("->") || value.contains("::") || value.contains("()") ||
         (value.contains('.') && is_wordish(value));
}

// 2026-01-02, 12:30:00: numbers with separators and at most the letters T and Z.
bool is_date_like(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return is_digit(c) || std::string_view("-:.TZ+/, ").contains(c); });
}

// "password2" as a value names a variable.
bool is_password_name(std::string_view value) {
  while (!value.empty() && is_digit(value.back())) value.remove_suffix(1);
  constexpr std::array<std::string_view, 6> kNames = {"password", "passwd", "pass",
                                                      "Password", "secret", "token"};
  return std::ranges::find(kNames, value) != kNames.end();
}

}  // namespace

bool is_template(std::string_view value) {
  if (value.empty() || value.contains("[masked:")) return true;
  const bool bcrypt = value.starts_with("$2") || value.starts_with("$argon2");
  if (value.starts_with('$') && !bcrypt) return true;
  if (value.starts_with('<') && value.contains('>')) return true;
  if (value.starts_with('{') && value.contains('}')) return true;
  if (value.starts_with('%') && value.size() > 1 &&
      (value.ends_with('%') || std::string_view("sdv({").contains(value[1]))) {
    return true;
  }
  return value.contains("${") || value.contains("{{") || value.contains("://") ||
         value.contains("#{") || value.contains("…") || has_filler(value);
}

bool is_wordish(std::string_view value) {
  std::size_t from = 0;
  while (from <= value.size()) {
    const std::size_t end = std::min(value.find_first_of("_-./:,=@|", from), value.size());
    if (!is_natural_part(value.substr(from, end - from))) return false;
    from = end + 1;
  }
  return true;
}

bool looks_like_password(std::string_view value, const Writing& writing) {
  if (value.size() < kPasswordMin || is_template(value) || starts_like_path(value)) return false;
  const Makeup made = makeup(value);
  if (made.blanks > 0 || made.distinct < 3) return false;
  if (!writing.quoted && !writing.literal && (writing.called || is_member_access(value))) {
    return false;
  }
  if (!writing.quoted && !writing.literal && is_password_name(value)) return false;
  const bool only_letters = made.letters == value.size();
  if (only_letters) {
    if (writing.literal) return true;
    const bool one_case = !(made.lower && made.upper);
    const bool long_word = value.size() > kLongestWord;
    return (writing.quoted && one_case && value.size() >= kLoneWordMin) || long_word ||
           !is_wordish(value);
  }
  if (!is_wordish(value) || made.digits == value.size()) return true;
  // Names with digits: "winter98_UH69" is a password, "user-1" and "v2.key" are not.
  return made.letters > 0 && made.digits >= (made.symbols == 0 ? 1 : 2);
}

bool looks_like_token(std::string_view value, const Writing& writing) {
  if (value.size() < kTokenMin || is_template(value) || has_foreign_mark(value, writing)) {
    return false;
  }
  const Makeup made = makeup(value);
  if (made.blanks > 0 || made.outside_ascii || made.letters == 0) return false;
  if (!writing.quoted && !writing.literal && (writing.called || is_member_access(value))) {
    return false;
  }
  if (made.distinct < std::min<std::size_t>(5, value.size() / 2)) return false;
  if (is_date_like(value)) return false;
  if (!is_wordish(value)) return true;
  // Names have few digits and, in a shell, a long lone word is no expression.
  const bool many_digits = value.size() >= kLongMin && 4 * made.digits >= value.size() &&
                           !value.contains('/') && !value.contains('.');
  const bool lone_word = writing.literal && value.size() >= kLongMin &&
                         made.letters == value.size() && !(made.lower && made.upper);
  return many_digits || lone_word;
}

}  // namespace hardwon::mask
