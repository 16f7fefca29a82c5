#pragma once

// nlohmann::json with errors as values.  Include in .cpp files only: it costs two seconds of
// compile time, and JSON stays out of public headers.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "hardwon/error.h"

namespace hardwon {

using Json = nlohmann::ordered_json;

// Errors: kInvalidArgument with the byte offset.
Result<Json> parse_json(std::string_view text);

// Compact; invalid UTF-8 is replaced by U+FFFD instead of throwing.
std::string dump_json(const Json& value);

// {"error":{"code","message","path","line","field"}}; what the error does not say is null.
Json error_json(const Error& error);

}  // namespace hardwon
