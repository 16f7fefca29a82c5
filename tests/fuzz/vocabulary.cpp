// The text forms of times, scopes and ids: what parses is written back to the same value.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "hardwon/types.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = hardwon::parse_time(text)) {
    CHECK(hardwon::parse_time(hardwon::format_time(*time)) == time);
  }
  if (const auto scope = hardwon::Scope::parse(text)) {
    const auto again = hardwon::Scope::parse(scope->canonical());
    CHECK(again && *again == *scope);
  }
  if (const auto id = hardwon::parse_id_text(text)) CHECK(hardwon::id_text(*id) == text);
  return 0;
}
