#include "import/dom.h"

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "import/source.h"

namespace hardwon::import {
namespace {

constexpr std::int64_t kCountMax = 1'000'000'000'000'000;

bool is_hex4(std::string_view text) {
  return text.size() >= 4 &&
         text.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_surrogate(std::string_view escape, char low, char high) {  // "\uXXXX"
  if (escape.size() < 6 || escape[0] != '\\' || escape[1] != 'u') return false;
  if (!is_hex4(escape.substr(2))) return false;
  const char third = static_cast<char>(escape[3] | 0x20);  // letters to lower case
  return (escape[2] == 'd' || escape[2] == 'D') && third >= low && third <= high;
}

// JavaScript cuts strings between surrogates and writes the halves as \uD8xx escapes.
void replace_lone_surrogates(std::string& json) {
  for (std::size_t at = 0; at + 1 < json.size(); ++at) {
    if (json[at] != '\\') continue;
    const std::string_view rest = std::string_view(json).substr(at);
    const bool high = is_surrogate(rest, '8', '9') || is_surrogate(rest, 'a', 'b');
    if (high && is_surrogate(rest.substr(6), 'c', 'f')) {
      at += 11;
    } else if (high || is_surrogate(rest, 'c', 'f')) {
      json.replace(at + 2, 4, "fffd");
      at += 5;
    } else {
      ++at;  // the escaped character is not the start of another escape
    }
  }
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

// Depth is bounded by the parser.
void append_json(std::string& out, Element element, std::size_t string_bytes_max) {
  switch (element.type()) {
    case simdjson::dom::element_type::OBJECT: {
      out += '{';
      bool first = true;
      for (const auto& [key, value] : simdjson::dom::object(element)) {
        if (!first) out += ',';
        first = false;
        append_string(out, key);
        out += ':';
        append_json(out, value, string_bytes_max);
      }
      out += '}';
      return;
    }
    case simdjson::dom::element_type::ARRAY: {
      out += '[';
      bool first = true;
      for (const Element value : simdjson::dom::array(element)) {
        if (!first) out += ',';
        first = false;
        append_json(out, value, string_bytes_max);
      }
      out += ']';
      return;
    }
    case simdjson::dom::element_type::STRING: {
      const std::string_view text = element.get_string().value_unsafe();
      if (text.size() <= string_bytes_max) return append_string(out, text);
      return append_string(out, head_and_tail(text, string_bytes_max));
    }
    default:
      out += simdjson::minify(element);
  }
}

}  // namespace

std::expected<Element, std::string> JsonParser::parse(std::string_view padded) {
  Element element;
  const auto error = parser_.parse(padded.data(), padded.size(), false).get(element);
  if (error == simdjson::SUCCESS) return element;
  if (error == simdjson::UTF8_ERROR || error == simdjson::STRING_ERROR) {
    return parse_repaired(padded);
  }
  if (padded.contains('\0')) return std::unexpected("NUL bytes, expected text");
  return std::unexpected(std::string("malformed JSON: ") + simdjson::error_message(error));
}

std::expected<Element, std::string> JsonParser::parse_repaired(std::string_view text) {
  if (text.contains('\0')) return std::unexpected("NUL bytes, expected text");
  repaired_ = valid_utf8(text);
  replace_lone_surrogates(repaired_);
  const std::size_t size = repaired_.size();
  repaired_.resize(size + kPadding);
  Element element;
  const auto error = parser_.parse(repaired_.data(), size, false).get(element);
  if (error == simdjson::SUCCESS) return element;
  return std::unexpected(std::string("malformed JSON: ") + simdjson::error_message(error));
}

std::string_view kind_of(Element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

std::optional<Element> member(Element object, std::string_view key) {
  Element found;
  if (!object.is_object() || object.at_key(key).get(found) != simdjson::SUCCESS ||
      found.is_null()) {
    return std::nullopt;
  }
  return found;
}

std::optional<std::string_view> as_text(Element element) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::string_view text_member(Element object, std::string_view key) {
  const auto found = member(object, key);
  return found ? as_text(*found).value_or(std::string_view{}) : std::string_view{};
}

bool is_true(Element object, std::string_view key) {
  const auto found = member(object, key);
  bool value = false;
  return found && found->get_bool().get(value) == simdjson::SUCCESS && value;
}

std::optional<double> as_number(Element element) {
  double value = 0;
  if (element.get_double().get(value) != simdjson::SUCCESS || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> as_count(Element element) {
  const auto value = as_number(element);
  if (!value || *value < 0 || *value > static_cast<double>(kCountMax) ||
      *value != std::floor(*value)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::string to_json(Element element, std::size_t string_bytes_max) {
  std::string out;
  append_json(out, element, string_bytes_max);
  return out;
}

}  // namespace hardwon::import
