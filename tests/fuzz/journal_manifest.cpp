// Decoding MANIFEST of the replay journal: any text, and any body under a sound first line.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/crc32c.h"
#include "store/journal_format.h"

namespace {

namespace store = hardwon::store;

void check_round_trip(std::string_view text) {
  const auto manifest = store::decode_manifest(text);
  if (!manifest) return;
  const auto again = store::decode_manifest(store::encode_manifest(*manifest));
  CHECK(again && again->next == manifest->next && again->segments == manifest->segments &&
        again->snapshots == manifest->snapshots);
  for (const auto& segment : manifest->segments) {
    CHECK(store::is_journal_file(store::segment_name(segment.epoch)));
  }
  for (const auto& snapshot : manifest->snapshots) {
    CHECK(store::is_journal_file(store::snapshot_name(snapshot)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_round_trip(text);
  static_cast<void>(store::is_journal_file(text));
  std::string sum(8, '0');
  std::uint32_t crc = hardwon::crc32c(text);
  for (std::size_t i = 8; i-- > 0; crc >>= 4) sum[i] = "0123456789abcdef"[crc & 15];
  check_round_trip("hardwon-journal 1 " + sum + "\n" + text);
  return 0;
}
