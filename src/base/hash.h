#pragma once

// Content hashes and the ids made from them (XXH3, docs/decisions/0002).

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "hardwon/id.h"

namespace hardwon {

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

// The UUIDv8 of the parts; lengths are hashed too, so ("a","bc") differs from ("ab","c").
std::array<std::uint8_t, 16> content_id_bytes(std::initializer_list<std::string_view> parts);

template <typename IdType>
IdType content_id(std::initializer_list<std::string_view> parts) {
  return IdType{content_id_bytes(parts)};
}

// A UUIDv7: sorts by time.
std::array<std::uint8_t, 16> fresh_id_bytes(const Clock& clock, Rng& rng);

template <typename IdType>
IdType fresh_id(const Clock& clock, Rng& rng) {
  return IdType{fresh_id_bytes(clock, rng)};
}

// Hash of a whole byte stream, fed in pieces.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(const StreamHash&) = delete;
  StreamHash& operator=(const StreamHash&) = delete;
  void update(std::string_view bytes);
  std::string hex() const;  // 32 characters

 private:
  void* state_;
};

}  // namespace hardwon
