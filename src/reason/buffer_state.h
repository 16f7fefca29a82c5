#pragma once

// What the experience buffer holds, as a function of the journal's entries: the same entries
// give the same state, live and after a crash, slots included: draws of a seed go on as if there
// had been no restart.  What can be derived (sampler, index) is not here.
//
// Memory: the bodies lie as they came in blocks of 1 MiB; a block is freed when all its
// experiences are gone, and as the oldest go first, blocks empty in order.  The rows that
// change lie in blocks of 1,024, copied before a change while a StateView holds them.
// Threads: used by one at a time; a StateView may be read by another.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "reason/experience_entry.h"
#include "reason/sampler.h"

namespace hardwon::reason {

inline constexpr Slot kNoSlot = ~Slot{0};

// The part of an experience that changes, and where the rest lies.
struct ExperienceRow {
  std::uint64_t number = 0;  // of its entry in the journal; 0: the slot is free
  double confidence = 0;     // NaN: unknown
  double reward = 0;
  std::int64_t time_us = 0;
  std::uint32_t retrievals = 0, successes = 0;
  std::uint32_t block = 0, offset = 0, bytes = 0;  // of the body
  ExperienceStatus status = ExperienceStatus::kPending;

  bool operator==(const ExperienceRow&) const = default;
};

struct BodyBlock;

// An experience as it was at one moment; keeps its bytes alive.
struct RowCopy {
  ExperienceRow row;
  std::shared_ptr<const BodyBlock> block;
  std::string_view body() const;
};

// Counts that are part of the state.
struct StateTotals {
  std::uint64_t capacity = 10'000;
  std::uint64_t added = 0, evicted = 0, removed = 0;
  std::uint64_t visual_dim = 0, text_dim = 0;
  std::uint64_t last = 0;  // sequence of the newest entry applied
  bool operator==(const StateTotals&) const = default;
};

// The state at one moment, for a snapshot.
class StateView {
 public:
  using RowBlock = std::array<ExperienceRow, 1024>;

  const StateTotals& totals() const { return totals_; }
  // Chunks that load_chunk() takes, oldest experience first: the same state gives the same
  // bytes.  The first error of `add` ends it.
  Result<void> write_chunks(const std::function<Result<void>(std::string_view)>& add) const;

 private:
  friend class BufferState;
  StateTotals totals_;
  std::vector<Slot> order_;
  std::vector<std::shared_ptr<const RowBlock>> rows_;
  std::vector<std::shared_ptr<const BodyBlock>> bodies_;
};

// What an entry changed, for what is derived from the state.
struct Effects {
  std::vector<Slot> added, changed;
  std::vector<std::pair<Slot, std::uint64_t>> gone;  // with the number it had
  bool refused = false;  // more successes than retrievals; nothing was changed

  void clear() { *this = {}; }
};

class BufferState {
 public:
  BufferState();
  ~BufferState();
  BufferState(BufferState&&) noexcept;
  BufferState& operator=(BufferState&&) noexcept;

  // kCorruption for an entry that cannot follow this state.  Amortised O(1) an experience.
  Result<void> apply(std::uint64_t sequence, std::string_view entry, Effects* effects);
  // Into an empty state; the chunks of one view, in order.
  Result<void> load_chunk(std::string_view chunk);
  // After the last chunk.  kCorruption when some are missing.
  Result<void> finish_loading() const;

  StateView view();
  const StateTotals& totals() const;
  std::size_t size() const;

  Slot find(std::string_view id) const;          // kNoSlot: absent
  Slot find_number(std::uint64_t number) const;  // kNoSlot: absent
  const ExperienceRow& row(Slot slot) const;     // of a slot in use
  std::string_view body(Slot slot) const;        // valid until it is gone
  RowCopy copy(Slot slot) const;
  std::vector<Slot> in_order() const;  // oldest first

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardwon::reason
