#pragma once

// Finds the value that is given to a name: NAME=value, "name": "value", --name value,
// <name>value</name>, name: str = "value", {"name": "X", "value": "y"}, "the name is value";
// also inside JSON that was escaped once or more.
//
// Pure.  Cost: bounded by the window constants in the .cpp, whatever the length of the text.

#include <optional>
#include <string_view>

#include "base/mask_shape.h"

namespace hardwon::mask {

// The whole identifier around a keyword.
struct Name {
  std::size_t begin = 0, end = 0;
  std::size_t keyword_begin = 0, keyword_end = 0;
};
// Extends the keyword at [begin, end) over letters, digits, '_' and '-', to the left also '.'.
Name name_around(std::string_view text, std::size_t begin, std::size_t end);

struct Value {
  std::size_t begin = 0, end = 0;  // without its quotes; at most judged_max of an unquoted one
  bool cut = false;                // the value goes on after end
  bool bare = false;               // only a blank between name and value
  Writing writing;
};
std::optional<Value> assigned_value(std::string_view text, const Name& name);

// The value that starts at `at`, after an optional opening quote.
Value value_at(std::string_view text, std::size_t at, bool in_url);

// Where an unquoted value that begins before `at` ends.
std::size_t unquoted_end(std::string_view text, std::size_t at, std::size_t end_max, bool in_url);

std::size_t skip_blanks(std::string_view text, std::size_t at);

}  // namespace hardwon::mask
