// Masking any bytes: no crash, nothing left to mask, valid UTF-8 kept.

#include "base/mask.h"

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string masked = hardwon::mask_secrets(text);
  CHECK(hardwon::mask_secrets(masked) == masked);
  CHECK(!hardwon::is_valid_utf8(text) || hardwon::is_valid_utf8(masked));
  return 0;
}
