#pragma once

// Base64 (RFC 4648, section 4).

#include <string>
#include <string_view>

namespace hardwon {

// With padding.
std::string encode_base64(std::string_view bytes);

// Up to the first '='; bits left over at the end are dropped.  The text holds digits only: what
// any other character stands for is not said.
std::string decode_base64(std::string_view digits);

}  // namespace hardwon
