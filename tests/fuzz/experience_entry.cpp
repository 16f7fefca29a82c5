// Entries, bodies and snapshots of the experience buffer from any bytes: decoded or refused, and
// what was decoded encodes to the same bytes.

#include "reason/experience_entry.h"

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "reason/buffer_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hardwon::reason;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)decode_body(bytes);
  if (const auto entry = decode_entry(bytes); entry && entry->kind == EntryKind::kUpdate) {
    CHECK(decode_entry(encode_updates(entry->updates))->updates == entry->updates);
  }
  BufferState state;
  Effects effects;
  (void)state.apply(1, bytes, &effects);
  (void)state.apply(2, bytes, &effects);
  BufferState loaded;
  if (loaded.load_chunk(bytes) && loaded.finish_loading()) {
    CHECK(loaded.in_order().size() == loaded.size());
  }
  return 0;
}
