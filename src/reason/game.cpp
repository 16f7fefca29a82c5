#include "reason/game.h"

namespace hardwon::reason {

Error move_error(std::string_view text, std::size_t at, std::size_t size,
                 std::string_view expected) {
  std::string found;
  for (const char c : text.substr(at, size)) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr char kHex[] = "0123456789abcdef";
    if (byte >= 0x20 && byte < 0x7f) {
      found += c;
    } else {
      found += {'\\', 'x', kHex[byte / 16], kHex[byte % 16]};
    }
  }
  return Error{.code = ErrorCode::kInvalidArgument,
               .message = "found '" + found + "' at character " + std::to_string(at + 1) +
                          ", expected " + std::string(expected)};
}

}  // namespace hardwon::reason
