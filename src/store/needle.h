#pragma once

// A text that is to be forgotten, as it may lie in a record.

#include <string>
#include <string_view>

namespace hardwon::store {

// ASCII letters count the same in both cases.
struct Needle {
  std::string text;  // as it is
  std::string json;  // as a part of a JSON string: quotes, newlines, … escaped

  // given: made valid UTF-8, as what is stored was.
  explicit Needle(std::string_view given);
  // hay: of a record, plain or JSON as dump_json() writes it.  O(hay).
  bool is_in(std::string_view hay) const;
};

}  // namespace hardwon::store
