#pragma once

// Identifiers: 16 bytes, typed, canonical UUID text outside.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hardwon {

// A UUIDv7 where the record is born here, a content hash (UUIDv8) where it is imported or
// learned, so that importing or learning twice names the same record.  All zero = no id.
template <typename Tag>
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  bool empty() const { return *this == Id{}; }
  auto operator<=>(const Id&) const = default;
};

using ItemId = Id<struct ItemTag>;  // lessons, segments, documents and episodes
using SessionId = Id<struct SessionTag>;
using RecallId = Id<struct RecallTag>;  // a recall or an injection

// "0190a1b2-…": 36 characters, lower case.
std::string id_text(const std::array<std::uint8_t, 16>& bytes);
// Accepts the canonical form only; nullopt otherwise.
std::optional<std::array<std::uint8_t, 16>> parse_id_text(std::string_view text);

// 13 characters of Crockford base32 over a hash of the id; people see the shortest unique
// prefix of at least four.
std::string id_handle(const std::array<std::uint8_t, 16>& bytes);

template <typename Tag>
std::string to_text(const Id<Tag>& id) {
  return id_text(id.bytes);
}

template <typename Tag>
std::string handle(const Id<Tag>& id) {
  return id_handle(id.bytes);
}

}  // namespace hardwon

template <typename Tag>
struct std::hash<hardwon::Id<Tag>> {
  std::size_t operator()(const hardwon::Id<Tag>& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data() + 8, sizeof(value));
    return value;
  }
};
