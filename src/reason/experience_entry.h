#pragma once

// The bytes of an experience and of the changes that the journal keeps
// (docs/formats/replay-entries.md).
//
// Threads: pure functions.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/experience.h"

namespace hardwon::reason {

inline constexpr std::size_t kBodyBytesMax = 8U << 20;

// ---------------------------------------------------------------- the body of an experience

// Field by field, views into the body's bytes.
struct BodyView {
  std::string_view id, question, trajectory, metadata;  // the last two are JSON texts
  std::span<const char> shape, visual, text, features;  // 4-byte elements
  double reward = 0;
  std::optional<double> confidence;
  TimePoint time{};
  ExperienceStatus status = ExperienceStatus::kPending;
};

// experience: as check_experience() accepts, with id and time.
std::string encode_body(const Experience& experience);
// kCorruption when the lengths do not add up or a value is out of range.
Result<BodyView> view_body(std::string_view body);
Result<Experience> decode_body(std::string_view body);
std::vector<float> floats_of(std::span<const char> bytes);
// The same in place; bytes: aligned to 4, as in a BufferState.
std::span<const float> floats_in(std::span<const char> bytes);

// Errors name the field: "confidence", "trajectory/actions/2/arguments", "embeddings/visual".
// visual_dim, text_dim: the widths that are fixed; 0: not yet.
Result<void> check_experience(const Experience& experience, std::size_t visual_dim,
                              std::size_t text_dim);

// Texts made valid UTF-8 and rid of secrets.
Experience masked(Experience experience);

// ---------------------------------------------------------------- entries

enum class EntryKind : std::uint8_t {
  kAdd = 1,
  kRemove = 2,
  kRetrieved = 3,
  kSucceeded = 4,
  kUpdate = 5,
  kCapacity = 6,
  kCounts = 7,
};

struct EntryUpdate {
  std::uint64_t number = 0;
  std::optional<double> confidence;  // [0, 1]
  std::optional<double> reward;      // finite
  std::optional<ExperienceStatus> status;
  bool operator==(const EntryUpdate&) const = default;
};

// What a salvage knows of an experience's past.
struct EntryCounts {
  std::uint64_t number = 0;
  std::uint32_t retrievals = 0, successes = 0;  // successes <= retrievals
  bool operator==(const EntryCounts&) const = default;
};

// A decoded entry; which fields count is told by kind.
struct Entry {
  EntryKind kind = EntryKind::kAdd;
  std::string_view body;               // kAdd
  std::vector<std::uint64_t> numbers;  // kRemove, kRetrieved, kSucceeded
  std::vector<EntryUpdate> updates;    // kUpdate
  std::uint64_t capacity = 0;          // kCapacity
  std::vector<EntryCounts> counts;     // kCounts
};

std::string encode_add(std::string_view body);
std::string encode_numbers(EntryKind kind, std::span<const std::uint64_t> numbers);
std::string encode_updates(std::span<const EntryUpdate> updates);
std::string encode_capacity(std::uint64_t capacity);
std::string encode_counts(std::span<const EntryCounts> counts);
// kCorruption with what was found.
Result<Entry> decode_entry(std::string_view bytes);

}  // namespace hardwon::reason
