#include "import/fields.h"

#include <algorithm>

#include "base/text.h"

namespace hardwon::import {

void Fields::wrong(std::string_view where, std::optional<Element> found,
                   std::string_view expected) {
  if (!good_) return;
  good_ = false;
  std::string what = "nothing";
  if (found)
    what = found->is_string() || found->is_double() || found->is_int64()
               ? ellipsis(to_json(*found, 60), 80)
               : std::string(kind_of(*found));
  run_.wrong_type(line_, where, what, expected);
}

std::optional<Element> Fields::object(Element from, std::string_view at, std::string_view key) {
  const auto found = member(from, key);
  if (!found || found->is_object()) return found;
  wrong(below(at, key), found, "an object");
  return std::nullopt;
}

std::optional<Element> Fields::array(Element from, std::string_view at, std::string_view key) {
  const auto found = member(from, key);
  if (!found || found->is_array()) return found;
  wrong(below(at, key), found, "an array");
  return std::nullopt;
}

std::optional<std::string_view> Fields::text(Element from, std::string_view at,
                                             std::string_view key) {
  const auto found = member(from, key);
  if (!found) return std::nullopt;
  const auto text = as_text(*found);
  if (!text) wrong(below(at, key), found, "a string");
  return text;
}

std::optional<std::string_view> Fields::required_text(Element from, std::string_view at,
                                                      std::string_view key) {
  const auto found = text(from, at, key);
  if (!found || trim(*found).empty()) wrong(below(at, key), member(from, key), "some text");
  return found;
}

std::optional<double> Fields::number(Element from, std::string_view at, std::string_view key) {
  const auto found = member(from, key);
  if (!found) return std::nullopt;
  const auto number = as_number(*found);
  if (!number) wrong(below(at, key), found, "a number");
  return number;
}

std::optional<std::int64_t> Fields::count(Element from, std::string_view at, std::string_view key) {
  const auto found = member(from, key);
  if (!found) return std::nullopt;
  const auto count = as_count(*found);
  if (!count) wrong(below(at, key), found, "a whole number, 0 or more");
  return count;
}

void Fields::note_unknown(Element from, std::string_view at,
                          std::initializer_list<std::string_view> known) {
  if (!from.is_object()) return;
  for (const auto& [key, value] : simdjson::dom::object(from)) {
    if (std::ranges::find(known, key) != known.end()) continue;
    run_.skip(line_, below(at, key) + ": unknown field, ignored");
  }
}

}  // namespace hardwon::import
