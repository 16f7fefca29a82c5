// Decoding one record of the replay journal from any bytes: what is taken is what was written.
//
// The first byte chooses: even, the rest is read as it is; odd, the rest is a payload that is
// encoded, and its third byte says which bit is flipped.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "store/journal_format.h"

namespace store = hardwon::store;

namespace {

void check_same_bytes(std::string_view bytes, std::uint32_t salt) {
  const auto record = store::decode_record(bytes, salt);
  if (!record) return;
  CHECK(record->bytes <= bytes.size() && record->durable <= record->sequence);
  CHECK(store::plausible_record(bytes, salt) == record->bytes);
  std::string again;
  store::append_record(again, *record, salt);
  const auto second = store::decode_record(again, salt);
  CHECK(second && second->payload == record->payload && second->sequence == record->sequence);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint32_t salt = store::salt_checksum(42);
  check_same_bytes(rest, salt);
  if (data[0] % 2 == 0) return 0;
  std::string bytes;
  store::append_record(bytes,
                       {.sequence = size,
                        .durable = size / 2,
                        .batch_begin = true,
                        .batch_end = size % 3 == 0,
                        .payload = rest},
                       salt);
  const auto sound = store::decode_record(bytes, salt);
  CHECK(sound && sound->payload == rest && sound->bytes == bytes.size());
  CHECK(!store::decode_record(bytes, store::salt_checksum(43)));
  CHECK(!store::decode_record(std::string_view(bytes).substr(0, bytes.size() - 1), salt));
  const std::size_t bit = (size > 3 ? data[3] * std::size_t{31} : 0) % (8 * bytes.size());
  bytes[bit / 8] =
      static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
  CHECK(!store::decode_record(bytes, salt));
  return 0;
}
