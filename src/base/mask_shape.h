#pragma once

// Does a value look like a secret, or like a word, a name, a path, a template or code?
// Used by mask.cpp for values that stand beside a word such as "password" or "token".
//
// All are pure and look at no more than the value: O(length).

#include <string_view>

namespace hardwon::mask {

// How a value was written; decides how much doubt it gets.
struct Writing {
  bool quoted = false;
  bool literal = false;  // NAME=value in a shell, --name=value: never an expression
  bool called = false;   // the next character is '(' or '[': a call or a look-up
};

// "${TOKEN}", "<your key>", "%s", "xxxx", "***", "[masked:…]", "https://…", "".
bool is_template(std::string_view value);

// Only words, names, paths, versions and plain numbers: "my-app.token_2", "/run/secrets/db".
// A part is natural when its letters come in humps of three or more on average, digits
// follow letters only, and no hump has 24 letters.
bool is_wordish(std::string_view value);

// For password-like names: six characters or more; one plain word only where it cannot be
// an expression.
bool looks_like_password(std::string_view value, const Writing& writing);

// For tokens, keys and secrets: eight characters or more that no one would choose as a name.
bool looks_like_token(std::string_view value, const Writing& writing);

}  // namespace hardwon::mask
