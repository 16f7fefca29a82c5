// One pass with a literal scanner finds the places where a secret may start; only there does
// anything more expensive look.  See mask_rules.cpp for what is known by prefix or by name.
//
// Invariants
//   1. Every look-ahead and look-back is bounded, or consumes what it read: linear time.
//   2. A marker is atomic: nothing inside "[masked:…]" is read again.

#include "base/mask.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/base64.h"
#include "base/literal_scanner.h"
#include "base/mask_assignment.h"
#include "base/mask_rules.h"
#include "base/mask_shape.h"
#include "base/text.h"

namespace hardwon {
namespace {

using Judge = mask::KeywordRule::Judge;
using mask::Name;
using mask::TokenRule;
using mask::Value;

constexpr std::string_view kMarker = "[masked:";
constexpr std::size_t kJudgedMax = 256;
constexpr std::size_t kKeyMin = 20;
constexpr std::size_t kPemMax = 64 * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return mask::is_body(TokenRule::Body::kAlnum, c); }
bool is_base64(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }
bool is_token68(char c) {
  return mask::is_body(TokenRule::Body::kDotted, c) || is_base64(c) || c == '~';
}

struct Hit {
  std::size_t begin = 0, end = 0;  // of the literal
};

class Masker {
 public:
  Masker(std::string_view text, MaskCounts* counts) : text_(text), counts_(counts) {}

  // One pass; nullopt when nothing was masked.
  std::optional<std::string> run();

 private:
  using Special = void (Masker::*)(const Hit&);
  struct SpecialRule {
    std::string_view literal;
    Special handle;
  };
  static const std::vector<SpecialRule>& special_rules();
  static const LiteralScanner& scanner();

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  std::string_view part(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }
  bool starts_word(std::size_t at) const;
  template <typename Predicate>
  std::size_t run_end(std::size_t at, std::size_t limit, Predicate in_run) const {
    limit = std::min(limit, text_.size());
    while (at < limit && in_run(text_[at])) ++at;
    return at;
  }

  void replace(std::size_t begin, std::size_t end, std::string_view with);
  void mask(std::size_t begin, std::size_t end, std::string_view kind);

  void handle(std::size_t number, const Hit& hit);
  void token(const TokenRule& rule, const Hit& hit);
  void keyword(const mask::KeywordRule& rule, const Hit& hit);
  bool names_a_secret(const Name& name, Judge judge) const;
  std::string_view kind_of(std::size_t begin, std::string_view otherwise) const;
  std::string_view kind_of_name(const Name& name) const;
  void marker(const Hit& hit);
  void url(const Hit& hit);
  void dsn(const Hit& hit);
  void user_argument(const Hit& hit);
  void password_argument(const Hit& hit);
  void bearer(const Hit& hit);
  void basic(const Hit& hit);
  void cookie(const Hit& hit);
  void jwt(const Hit& hit);
  void telegram(const Hit& hit);
  void discord(const Hit& hit);
  void pem_begin(const Hit& hit);
  void pem_end(const Hit& hit);
  void pem_body(std::size_t begin, std::size_t end, std::size_t line_min);

  const std::string_view text_;
  MaskCounts* const counts_;
  std::string out_;
  std::size_t consumed_ = 0;     // text_ before it is in out_ and final
  std::size_t cookies_end_ = 0;  // of the header read last
  bool masked_ = false;
};

const std::vector<Masker::SpecialRule>& Masker::special_rules() {
  static const std::vector<SpecialRule> kRules = {
      {kMarker, &Masker::marker},
      {"://", &Masker::url},
      {"@tcp(", &Masker::dsn},
      {"@unix(", &Masker::dsn},
      {" -u ", &Masker::user_argument},
      {" --user ", &Masker::user_argument},
      {"sshpass ", &Masker::password_argument},
      {"mysql", &Masker::password_argument},
      {"docker login", &Masker::password_argument},
      {"bearer", &Masker::bearer},
      {"basic ", &Masker::basic},
      {"cookie", &Masker::cookie},
      {"eyj", &Masker::jwt},
      {":aa", &Masker::telegram},
      {"-----begin ", &Masker::pem_begin},
      {"-----end ", &Masker::pem_end},
      // A Discord token starts with base64 of a decimal number: the nine ways its first two
      // digits can look.
      {"MT", &Masker::discord},
      {"Mj", &Masker::discord},
      {"Mz", &Masker::discord},
      {"ND", &Masker::discord},
      {"NT", &Masker::discord},
      {"Nj", &Masker::discord},
      {"Nz", &Masker::discord},
      {"OD", &Masker::discord},
      {"OT", &Masker::discord},
  };
  return kRules;
}

// Literals are numbered tokens first, then keywords, then specials.
const LiteralScanner& Masker::scanner() {
  static const LiteralScanner kScanner = [] {
    std::vector<std::string_view> literals;
    for (const auto& rule : mask::token_rules()) literals.push_back(rule.prefix);
    for (const auto& rule : mask::keyword_rules()) literals.push_back(rule.word);
    for (const auto& rule : special_rules()) literals.push_back(rule.literal);
    return LiteralScanner(literals);
  }();
  return kScanner;
}

std::optional<std::string> Masker::run() {
  LiteralScanner::Position position;
  while (scanner().advance(text_, position)) {
    for (const std::uint16_t number : scanner().found(position)) {
      const auto tokens = mask::token_rules();
      const auto keywords = mask::keyword_rules();
      const std::size_t length =
          number < tokens.size() ? tokens[number].prefix.size()
          : number < tokens.size() + keywords.size()
              ? keywords[number - tokens.size()].word.size()
              : special_rules()[number - tokens.size() - keywords.size()].literal.size();
      const Hit hit{.begin = position.at - length, .end = position.at};
      if (hit.begin >= consumed_) handle(number, hit);
    }
    if (consumed_ > position.at) position = {.at = consumed_};
  }
  if (!masked_) return std::nullopt;
  out_ += text_.substr(consumed_);
  return std::move(out_);
}

void Masker::handle(std::size_t number, const Hit& hit) {
  const auto tokens = mask::token_rules();
  if (number < tokens.size()) return token(tokens[number], hit);
  number -= tokens.size();
  const auto keywords = mask::keyword_rules();
  if (number < keywords.size()) return keyword(keywords[number], hit);
  (this->*special_rules()[number - keywords.size()].handle)(hit);
}

void Masker::replace(std::size_t begin, std::size_t end, std::string_view with) {
  out_ += part(consumed_, begin);
  out_ += with;
  consumed_ = end;
}

void Masker::mask(std::size_t begin, std::size_t end, std::string_view kind) {
  replace(begin, end, std::string(kMarker) + std::string(kind) + "]");
  masked_ = true;
  if (counts_ == nullptr) return;
  const auto found = counts_->find(kind);
  if (found == counts_->end()) {
    counts_->emplace(kind, 1);
  } else {
    ++found->second;
  }
}

// Not inside a word: after an escape ("\nghp_…"), a terminal colour ("\x1b[32mghp_…") or a
// percent code ("%20ghp_…") a word starts, too.
bool Masker::starts_word(std::size_t at) const {
  if (at == consumed_ || at == 0) return true;
  const char before = text_[at - 1];
  if (!is_alnum(before)) return true;
  const char two_before = at >= 2 ? text_[at - 2] : '\0';
  if (two_before == '\\' && std::string_view("nrt").contains(before)) return true;
  if (at >= 3 && text_[at - 3] == '%') return true;
  if (before != 'm') return false;
  std::size_t i = at - 1;
  while (i > 0 && at - i < 12 && (is_digit(text_[i - 1]) || text_[i - 1] == ';')) --i;
  return i > 0 && text_[i - 1] == '[';
}

// ------------------------------------------------------------------ tokens by prefix

void Masker::token(const TokenRule& rule, const Hit& hit) {
  if (part(hit.begin, hit.end) != rule.prefix || !starts_word(hit.begin)) return;
  const auto in_body = [&](char c) { return mask::is_body(rule.body, c); };
  std::size_t end = run_end(hit.end, hit.end + kJudgedMax, in_body);
  while (end > hit.end && at(end - 1) == '.') --end;
  if (end - hit.end < rule.body_min) return;
  if (rule.judged && mask::is_wordish(part(hit.end, end))) return;
  mask(hit.begin, std::max(end, run_end(end, text_.size(), in_body)),
       kind_of(hit.begin, rule.kind));
}

// The kind whose prefix a secret has, the longest first: "sk-ant-…" is more than "sk-…".
std::string_view Masker::kind_of(std::size_t begin, std::string_view otherwise) const {
  constexpr std::size_t kTelling = 3;  // "SK" and "AC" start other values by chance
  std::size_t longest = kTelling - 1;
  for (const TokenRule& rule : mask::token_rules()) {
    if (rule.prefix.size() > longest && text_.substr(begin).starts_with(rule.prefix)) {
      longest = rule.prefix.size();
      otherwise = rule.kind;
    }
  }
  return otherwise;
}

// ------------------------------------------------------------------ values beside a word

// The words of the identifier before and after the keyword can turn it into something else.
bool Masker::names_a_secret(const Name& name, Judge judge) const {
  const std::string_view suffix = part(name.keyword_end, name.end);
  if (judge == Judge::kKey && !suffix.empty()) return false;
  if (judge == Judge::kPassWhole) {
    return suffix.empty() && (name.begin == name.keyword_begin || at(name.keyword_begin) == '_' ||
                              !is_alnum(text_[name.keyword_begin - 1]));
  }
  if (!suffix.empty()) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const char last = text_[name.keyword_end - 1];
    const bool joined =
        is_alnum(suffix[0]) && !is_digit(suffix[0]) && (is_upper(last) == is_upper(suffix[0]));
    const std::string lower = ascii_lower(suffix);
    if (joined && !lower.starts_with("key") && !lower.starts_with("hash") &&
        !lower.starts_with("value") && !lower.starts_with("base")) {
      return false;
    }
    const std::vector<std::string> suffix_words = words(suffix);
    if (!suffix_words.empty() && mask::is_harmless_suffix(suffix_words.back())) return false;
  }
  if (judge == Judge::kPassword || name.keyword_begin == name.begin) return true;
  const std::vector<std::string> prefix_words = words(part(name.begin, name.keyword_begin));
  return prefix_words.empty() ||
         !(judge == Judge::kKey ? mask::names_a_plain_key(prefix_words.back())
                                : mask::names_a_plain_token(prefix_words.back()));
}

// Of several keywords in a name ("JWT_SECRET") the first of the table counts.
std::string_view Masker::kind_of_name(const Name& name) const {
  const std::string lower = ascii_lower(part(name.begin, name.end));
  for (const mask::KeywordRule& rule : mask::keyword_rules()) {
    if (lower.contains(rule.word)) return rule.kind;
  }
  return "secret";
}

void Masker::keyword(const mask::KeywordRule& rule, const Hit& hit) {
  const Name name = mask::name_around(text_, hit.begin, hit.end);
  if (!names_a_secret(name, rule.judge)) return;
  std::optional<Value> value = mask::assigned_value(text_, name);
  if (!value || value->begin < consumed_) return;
  if (rule.word == "authorization") {
    // "Authorization: Token abc…": the scheme is a word before the value.  Bearer and Basic
    // have rules of their own.
    const std::size_t scheme = run_end(value->begin, value->begin + 16, is_alnum);
    if (at(scheme) == ' ') {
      const std::string word = ascii_lower(part(value->begin, scheme));
      if (word == "bearer" || word == "basic") return;
      value->begin = mask::skip_blanks(text_, scheme);
      if (!value->writing.quoted) *value = mask::value_at(text_, value->begin, false);
    }
  }
  if (value->end <= value->begin) return;
  const std::string_view judged = part(value->begin, value->end);
  const bool password = rule.judge == Judge::kPassword || rule.judge == Judge::kPassWhole;
  // After only a blank a word follows more often than a secret.
  if ((value->bare || rule.judge == Judge::kKey) && judged.size() < kKeyMin) return;
  if (value->bare &&
      (judged[0] == '-' || judged.contains('_') || std::ranges::count_if(judged, is_digit) < 2)) {
    return;
  }
  const bool secret = password && !value->bare ? mask::looks_like_password(judged, value->writing)
                                               : mask::looks_like_token(judged, value->writing);
  if (!secret) return;
  const std::size_t end =
      value->cut ? mask::unquoted_end(text_, value->end, text_.size(), false) : value->end;
  mask(value->begin, end, kind_of(value->begin, kind_of_name(name)));
}

void Masker::marker(const Hit& hit) {
  const std::size_t end = run_end(hit.end, hit.end + 40, [](char c) {
    return c == '-' || is_digit(c) || (c >= 'a' && c <= 'z');
  });
  if (end > hit.end && at(end) == ']') replace(hit.begin, end + 1, part(hit.begin, end + 1));
}

// ------------------------------------------------------------------ addresses and arguments

// scheme://user:password@host, and scheme://token@host.
void Masker::url(const Hit& hit) {
  const std::size_t authority = run_end(hit.end, hit.end + kJudgedMax, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && !std::string_view("/\"'`<>\\?").contains(c);
  });
  const std::string_view user_info = part(hit.end, authority);
  const std::size_t host = user_info.rfind('@');
  if (host == std::string_view::npos || user_info.contains(kMarker)) return;
  const std::size_t end = hit.end + host;
  const std::size_t colon = user_info.substr(0, host).find(':');
  const std::size_t begin = colon == std::string_view::npos ? hit.end : hit.end + colon + 1;
  const std::string_view value = part(begin, end);
  if (colon == std::string_view::npos && !mask::looks_like_token(value, {.literal = true})) return;
  constexpr std::array<std::string_view, 7> kPlaceholders = {"password", "pass",   "passwd", "pwd",
                                                             "PASSWORD", "secret", "token"};
  if (mask::is_template(value) || std::ranges::find(kPlaceholders, value) != kPlaceholders.end()) {
    return;
  }
  mask(begin, end, kind_of(begin, "url-password"));
}

// user:password@tcp(host:port)/name, as Go's drivers write it.
void Masker::dsn(const Hit& hit) {
  std::size_t begin = hit.begin;
  while (begin > consumed_ && hit.begin - begin < kJudgedMax && text_[begin - 1] != ':' &&
         static_cast<unsigned char>(text_[begin - 1]) > ' ' && text_[begin - 1] != '"') {
    --begin;
  }
  if (begin == hit.begin || begin == 0 || text_[begin - 1] != ':') return;
  if (!mask::is_template(part(begin, hit.begin))) mask(begin, hit.begin, "url-password");
}

// curl -u user:password
void Masker::user_argument(const Hit& hit) {
  const Value value = mask::value_at(text_, mask::skip_blanks(text_, hit.end), false);
  const std::size_t colon = part(value.begin, value.end).find(':');
  if (colon == std::string_view::npos) return;
  const std::size_t begin = value.begin + colon + 1;
  const std::string_view password = part(begin, value.end);
  if (std::ranges::all_of(password, is_digit)) return;  // docker run -u 1000:1000
  if (mask::looks_like_password(password, {.quoted = true})) {
    mask(begin, value.end, kind_of(begin, "password"));
  }
}

// sshpass -p password, mysql -ppassword, docker login -p password
void Masker::password_argument(const Hit& hit) {
  const std::size_t command_end = run_end(hit.end, hit.end + kJudgedMax, [](char c) {
    return !std::string_view("\n\\|;&").contains(c);
  });
  const std::size_t flag = part(hit.end - 1, command_end).find(" -p");
  if (flag == std::string_view::npos) return;
  const std::size_t begin = mask::skip_blanks(text_, hit.end - 1 + flag + 3);
  const Value value = mask::value_at(text_, begin, false);
  if (value.begin >= consumed_ &&
      mask::looks_like_password(part(value.begin, value.end), {.quoted = true})) {
    mask(value.begin, value.end, kind_of(value.begin, "password"));
  }
}

// ------------------------------------------------------------------ headers

void Masker::bearer(const Hit& hit) {
  if (!starts_word(hit.begin)) return;
  std::size_t begin = mask::skip_blanks(text_, hit.end);
  if (begin == hit.end && at(begin) == ':') begin = mask::skip_blanks(text_, begin + 1);
  if (begin == hit.end && part(begin, begin + 3) == "%20") begin += 3;
  if (begin == hit.end) return;
  const std::size_t end = run_end(begin, begin + kJudgedMax, is_token68);
  if (end == begin || !mask::looks_like_token(part(begin, end), {.literal = true})) return;
  mask(begin, run_end(end, text_.size(), is_token68), kind_of(begin, "bearer-token"));
}

// Basic credentials are base64 of "user:password"; "basic usage" is not.
void Masker::basic(const Hit& hit) {
  if (!starts_word(hit.begin)) return;
  const std::size_t end = run_end(hit.end, hit.end + 1024, is_base64);
  const std::string_view encoded = part(hit.end, end);
  if (encoded.size() < 8 || encoded.size() % 4 == 1) return;
  const std::string decoded = decode_base64(encoded);
  const bool printable = std::ranges::none_of(
      decoded, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  if (printable && decoded.contains(':') && is_valid_utf8(decoded)) {
    mask(hit.end, end, "basic-auth");
  }
}

// The values of a Cookie or Set-Cookie header that no one would choose as a word.
void Masker::cookie(const Hit& hit) {
  if (hit.begin < cookies_end_) return;
  std::size_t begin = hit.end;
  while (at(begin) == '\\' || at(begin) == '"' || at(begin) == '\'') ++begin;
  const bool flag = hit.begin > 0 && text_[hit.begin - 1] == '-';
  if (at(begin) != ':' && !(flag && (at(begin) == ' ' || at(begin) == '='))) return;
  begin = mask::skip_blanks(text_, begin + 1);
  while (at(begin) == '\\' || at(begin) == '"' || at(begin) == '\'') ++begin;
  const std::size_t limit = run_end(
      begin, begin + 4096, [](char c) { return !std::string_view("\n\r\"'\\").contains(c); });
  cookies_end_ = limit;
  while (begin < limit) {
    const std::size_t name_end = run_end(begin, limit, [](char c) { return c != '=' && c != ';'; });
    if (name_end >= limit) return;
    const std::size_t value = name_end + 1;
    const std::size_t end = at(name_end) == ';' ? value : run_end(value, limit, [](char c) {
      return c != ';' && c != ' ' && c != ',';
    });
    if (end > value && mask::looks_like_token(part(value, end), {.literal = true})) {
      mask(value, end, kind_of(value, "cookie"));
    }
    begin = std::max(end, value);
  }
}

// ------------------------------------------------------------------ tokens by structure

// header.payload.signature, each base64url; cut after the payload it is still recognised.
void Masker::jwt(const Hit& hit) {
  if (part(hit.begin, hit.end) != "eyJ" || !starts_word(hit.begin)) return;
  const auto in_part = [](char c) { return mask::is_body(TokenRule::Body::kWord, c); };
  const std::size_t header = run_end(hit.end, hit.end + 2 * kJudgedMax, in_part);
  if (header - hit.begin < 10 || at(header) != '.') return;
  const std::size_t payload = run_end(header + 1, text_.size(), in_part);
  const bool json = part(header + 1, payload).starts_with("eyJ");
  if (payload - header < 10 && !json) return;
  if (at(payload) != '.' && !json) return;
  std::size_t end = run_end(payload, text_.size(), [&](char c) { return in_part(c) || c == '.'; });
  while (end > payload && at(end - 1) == '.') --end;
  mask(hit.begin, end, "jwt");
}

// <bot number>:AA<33 characters>
void Masker::telegram(const Hit& hit) {
  if (part(hit.begin, hit.end) != ":AA") return;
  std::size_t begin = hit.begin;
  while (begin > consumed_ && hit.begin - begin < 12 && is_digit(text_[begin - 1])) --begin;
  const std::size_t end = run_end(hit.end, text_.size(),
                                  [](char c) { return mask::is_body(TokenRule::Body::kWord, c); });
  if (hit.begin - begin >= 8 && end - hit.end >= 30) mask(begin, end, "telegram-token");
}

void Masker::discord(const Hit& hit) {
  const char first = at(hit.begin);
  if (first != 'M' && first != 'N' && first != 'O') return;
  if (!starts_word(hit.begin)) return;
  const auto in_part = [](char c) { return mask::is_body(TokenRule::Body::kWord, c); };
  const std::size_t id = run_end(hit.begin, hit.begin + 32, in_part);
  const std::size_t time = run_end(id + 1, id + 10, in_part);
  if (id - hit.begin < 23 || at(id) != '.' || time - id < 6 || at(time) != '.') return;
  const std::size_t end = run_end(time + 1, text_.size(), in_part);
  if (end - time >= 26) mask(hit.begin, end, "discord-token");
}

// ------------------------------------------------------------------ private keys

void Masker::pem_begin(const Hit& hit) {
  const std::size_t title = run_end(hit.end, hit.end + 48, [](char c) { return c != '-'; });
  if (!part(hit.end, title).contains("PRIVATE KEY") || !part(title, title + 5).ends_with("-----")) {
    return;
  }
  const std::size_t begin = title + 5;
  const std::size_t dashes = text_.substr(0, begin + kPemMax).find("-----", begin);
  const bool closed = dashes != std::string_view::npos && part(dashes, dashes + 9) == "-----END ";
  pem_body(begin, std::min(dashes, text_.size()), closed ? 1 : 40);
}

// The tail of a key whose head was cut off.
void Masker::pem_end(const Hit& hit) {
  if (!part(hit.end, hit.end + 32).contains("PRIVATE KEY")) return;
  std::size_t begin = hit.begin;
  while (begin > consumed_ && hit.begin - begin < kPemMax &&
         (is_base64(text_[begin - 1]) || std::string_view("\\\r\n").contains(text_[begin - 1]))) {
    --begin;
  }
  pem_body(begin, hit.begin, 1);
}

// Masks the base64 at the end of each line, real or escaped, so that line numbers, indents
// and the number of lines stay.  Without an end line, stops at the first line that is shorter
// than `line_min`.
void Masker::pem_body(std::size_t begin, std::size_t end, std::size_t line_min) {
  constexpr std::size_t kKeyLine = 16;
  bool first = true;
  for (std::size_t line = begin; line < end;) {
    const std::size_t line_end = run_end(line, end, [](char c) { return c != '\n' && c != '\\'; });
    std::size_t last = line_end;
    while (last > line && !is_base64(text_[last - 1])) --last;
    std::size_t from = last;
    while (from > line && is_base64(text_[from - 1])) --from;
    const bool header = part(line, line_end).contains(':');
    const std::size_t length = last - from;
    if (!header && length > 0) {
      if (length < (first ? std::max(line_min, kKeyLine) : line_min)) return;
      if (first) {
        mask(from, last, "private-key");
      } else {
        replace(from, last, "");
      }
      first = false;
    }
    line = run_end(line_end, end, [](char c) { return c == '\\'; });
    const bool escape = line > line_end && std::string_view("nrt").contains(at(line));
    line = std::max(line + (escape ? 1 : 0), line_end + 1);
  }
}

}  // namespace

std::string mask_secrets(std::string_view text, MaskCounts* counts) {
  std::optional<std::string> masked = Masker(text, counts).run();
  if (!masked) return std::string(text);
  // A marker can end a word or a value that went on before, so look again until nothing
  // changes; every round leaves less text outside markers.
  while (std::optional<std::string> again = Masker(*masked, counts).run()) {
    masked = std::move(again);
  }
  return *std::move(masked);
}

}  // namespace hardwon
