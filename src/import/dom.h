#pragma once

// JSON as it comes from logs: parsed with simdjson, read without exceptions, and written back
// short.  Include in .cpp files only.

#include <simdjson.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace hardwon::import {

using Element = simdjson::dom::element;

// One document at a time; elements live until the next call.
class JsonParser {
 public:
  // padded: kPadding readable bytes follow.  Invalid UTF-8 and lone surrogates become U+FFFD.
  // The error says what is wrong.
  std::expected<Element, std::string> parse(std::string_view padded);

 private:
  std::expected<Element, std::string> parse_repaired(std::string_view text);

  simdjson::dom::parser parser_;
  std::string repaired_;
};

// "an object", "a string", …
std::string_view kind_of(Element element);

// nullopt where `object` is not an object, has no such key, or the value is null.
std::optional<Element> member(Element object, std::string_view key);
// Empty where absent or not a string.
std::string_view text_member(Element object, std::string_view key);
std::optional<std::string_view> as_text(Element element);
bool is_true(Element object, std::string_view key);
// Whole numbers and floats; nullopt for anything else or not finite.
std::optional<double> as_number(Element element);
// A whole number in [0, 10^15], so that sums stay in range.
std::optional<std::int64_t> as_count(Element element);

// Compact JSON in which strings over `string_bytes_max` keep head and tail.
std::string to_json(Element element, std::size_t string_bytes_max);

}  // namespace hardwon::import
