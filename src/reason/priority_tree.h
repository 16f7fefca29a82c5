#pragma once

// Sums of priorities that all change with one function of time, for drawing in proportion.
//
// The value of slot i is fixed_i + g · moving_i, at least 0, where g is the same for all slots and
// chosen by whoever asks.  Sums have the same form, so as g changes nothing is updated.
//
// Format: level 0 holds the slots, sixteen to a block; each entry of a level above is the sum of
// one block below; the last level is one block.
//
// Invariants
//   1. An entry above level 0 is computed from its block alone, never from the change of a slot,
//      so rounding errors do not accumulate however many writes there were.
//   2. Every instruction set does the same additions in the same order, without fused
//      multiply-add, so all give the same draws.
//
// Threads: used by one at a time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace hardwon::reason {

// One block: 16 children; four cache lines.  Child c stands at (c % 4) * 4 + c / 4: running sums
// over four neighbours are then additions of whole registers.
struct alignas(64) TreeBlock {
  double fixed[16] = {};
  double moving[16] = {};
};

struct TreeHit {
  std::uint32_t slot = 0;
  double value = 0;
};

// The inner loops, for one instruction set.
struct TreeKernel {
  std::string_view isa;
  // levels: [depth], level 0 first.  targets: [count].  Fills hits: [count].
  void (*find)(const TreeBlock* const* levels, std::size_t depth, double g, const double* targets,
               std::size_t count, TreeHit* hits) = nullptr;
  // Writes the sums of the named blocks into their entries one level up.
  void (*sum)(const TreeBlock* blocks, const std::uint32_t* names, std::size_t count,
              TreeBlock* above) = nullptr;
  double (*total)(const TreeBlock& block, double g) = nullptr;
};

// All that this machine can run, the best one last.
std::span<const TreeKernel> tree_kernels();

class PriorityTree {
 public:
  explicit PriorityTree(const TreeKernel& kernel = tree_kernels().back()) : kernel_(kernel) {}

  // Tells that the slot will be written soon: its block is fetched meanwhile.
  void expect(std::uint32_t slot) const;
  // Both 0: the slot is never found.  Memory grows with the largest slot written, 17 bytes each.
  // Constant cost; the sums above follow before the next answer, in amortised O(log n).
  void write(std::uint32_t slot, double fixed, double moving);
  // Sum of all values.
  double total(double g);
  // 0 beyond the largest slot.
  double value(std::uint32_t slot, double g) const;
  // targets: [n], each in [0, total(g)).  Appends for each the slot whose share of the running sum
  // of values, in the order of slots, holds the target.  Where rounding moved a target past the
  // last value of its block a neighbour is found; never a slot of value 0 while there is another.
  void find(double g, std::span<const double> targets, std::vector<TreeHit>* hits);

 private:
  struct Level {
    std::vector<TreeBlock> blocks;
    std::vector<std::uint8_t> is_stale;  // [blocks]: its sum above is older than it
  };

  void reserve(std::uint32_t slot);
  void settle();
  TreeHit nearest(std::uint32_t slot, double g) const;

  TreeKernel kernel_;
  std::vector<Level> levels_;
  std::vector<const TreeBlock*> level_starts_;
  std::vector<std::uint32_t> stale_;  // blocks of level 0
  std::vector<std::uint32_t> stale_above_;
};

}  // namespace hardwon::reason
