#pragma once

// What mask.cpp looks for, as tables: tokens known by their prefix, and words beside which a
// value may be a secret.

#include <cstdint>
#include <span>
#include <string_view>

namespace hardwon::mask {

// A token that its issuer made recognisable.
struct TokenRule {
  enum class Body : std::uint8_t { kAlnum, kUpperAlnum, kHex, kWord, kDotted, kPath };

  std::string_view kind;
  std::string_view prefix;  // exact case
  Body body;                // kWord: letters, digits, '_', '-'; kDotted: and '.'; kPath: and '/'
  std::size_t body_min;     // shorter ones are names or examples
  bool judged = false;      // the prefix alone is too common: the body must not be words
};
std::span<const TokenRule> token_rules();
bool is_body(TokenRule::Body body, char c);

// A word in a name ("DB_PASSWORD", "clientSecret", "X-Api-Key") whose value may be a secret.
struct KeywordRule {
  std::string_view kind;
  std::string_view word;  // lower case
  enum class Judge : std::uint8_t {
    kPassword,   // looks_like_password
    kPassWhole,  // the same, and the word must be the name's last: "db_pass", not "bypass_all"
    kToken,      // looks_like_token
    kKey,        // the same, and as long as a key: many keys are no secrets
  };
  Judge judge;
};
std::span<const KeywordRule> keyword_rules();

// Words in the same name that make it something else than a secret.
bool is_harmless_suffix(std::string_view lower_word);   // "token_count", "passwordField"
bool names_a_plain_token(std::string_view lower_word);  // before it: "page_token"
bool names_a_plain_key(std::string_view lower_word);    // before it: "cache_key"

}  // namespace hardwon::mask
