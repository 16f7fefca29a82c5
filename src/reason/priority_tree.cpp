#include "reason/priority_tree.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace hardwon::reason {
namespace {

constexpr std::size_t kFanOut = 16;
// Draws that walk down together: while one block comes from memory the others are searched.
constexpr std::size_t kTogether = 32;
// Levels from the top where draws that follow each other mostly meet in one block.
constexpr std::size_t kSharedLevels = 2;
// Blocks that wait for their sums at most: enough to share the work on the levels above, few
// enough to be still in the cache.
constexpr std::size_t kStaleMax = 1024;

typedef double Lanes __attribute__((vector_size(32)));

// By reference: passing such a vector by value has another ABI on each instruction set.
[[gnu::always_inline]] inline void load(Lanes& lanes, const double* from) {
  std::memcpy(&lanes, from, sizeof(lanes));
}

[[gnu::always_inline]] inline std::size_t place_of(std::size_t child) {
  return child % 4 * 4 + child / 4;
}

[[gnu::always_inline]] inline void prefetch(const TreeBlock* block) {
  const char* bytes = reinterpret_cast<const char*>(block);
  for (std::size_t line = 0; line < sizeof(TreeBlock); line += 64) __builtin_prefetch(bytes + line);
}

[[gnu::always_inline]] inline void store(double* to, const Lanes& lanes) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

// The values of a block's children, and running sums of them within each four neighbours.
struct alignas(64) Running {
  double value[16];
  double sum[16];
};

// One row of it: the children 0 + row, 4 + row, 8 + row, 12 + row.
[[gnu::always_inline]] inline void run_row(const TreeBlock& block, const Lanes& g, std::size_t row,
                                           Lanes& sum, Running& running) {
  const Lanes zero{};
  Lanes fixed, moving;
  load(fixed, block.fixed + row * 4);
  load(moving, block.moving + row * 4);
  Lanes value = fixed + g * moving;
  value = value > zero ? value : zero;
  sum += value;
  store(running.value + row * 4, value);
  store(running.sum + row * 4, sum);
}

// Written out: at -O2 a loop over rows stays a loop.
[[gnu::always_inline]] inline void run(const TreeBlock& block, double g, Running& running) {
  const Lanes all = Lanes{} + g;
  Lanes sum{};
  run_row(block, all, 0, sum, running);
  run_row(block, all, 1, sum, running);
  run_row(block, all, 2, sum, running);
  run_row(block, all, 3, sum, running);
}

// Any child with a value, near `child`.  The caller's target lies in a sliver that rounding left
// between the sum of the block and that of its children.
[[gnu::noinline, gnu::cold]] std::size_t neighbour(const double* values, std::size_t child) {
  for (std::size_t i = child; i-- > 0;) {
    if (values[place_of(i)] > 0) return i;
  }
  for (std::size_t i = child + 1; i < kFanOut; ++i) {
    if (values[place_of(i)] > 0) return i;
  }
  return 0;  // none has: PriorityTree::find() looks elsewhere
}

// One level down: the child of the block that holds the target; the target becomes the child's.
[[gnu::always_inline]] inline std::size_t descend(const Running& running, double& target,
                                                  double& value) {
  const double* const sums = running.sum;
  const double* const values = running.value;
  const double before_1 = sums[12];
  const double before_2 = before_1 + sums[13];
  const double before_3 = before_2 + sums[14];
  const double before[4] = {0, before_1, before_2, before_3};
  const std::size_t four = static_cast<std::size_t>(before_1 <= target) +
                           static_cast<std::size_t>(before_2 <= target) +
                           static_cast<std::size_t>(before_3 <= target);
  double rest = target - before[four];
  const std::size_t row = static_cast<std::size_t>(sums[four] <= rest) +
                          static_cast<std::size_t>(sums[4 + four] <= rest) +
                          static_cast<std::size_t>(sums[8 + four] <= rest);
  std::size_t child = four * 4 + row;
  rest -= sums[row * 4 + four] - values[row * 4 + four];
  if (values[row * 4 + four] <= 0) [[unlikely]]
    child = neighbour(values, child);
  value = values[place_of(child)];
  target = rest > 0 ? rest : 0;
  return child;
}

[[gnu::always_inline]] inline void find_lanes(const TreeBlock* const* levels, std::size_t depth,
                                              double g, const double* targets, std::size_t count,
                                              TreeHit* hits) {
  for (std::size_t start = 0; start < count; start += kTogether) {
    const std::size_t together = std::min(kTogether, count - start);
    double rest[kTogether];
    std::size_t at[kTogether] = {};
    std::memcpy(rest, targets + start, together * sizeof(double));
    for (std::size_t level = depth; level-- > 0;) {
      const bool is_shared = depth - level <= kSharedLevels;
      Running running;
      std::size_t block = ~std::size_t{0};
      for (std::size_t i = 0; i < together; ++i) {
        if (!is_shared || at[i] != block) {
          block = at[i];
          run(levels[level][block], g, running);
        }
        double value = 0;
        at[i] = block * kFanOut + descend(running, rest[i], value);
        if (level > 0) {
          prefetch(levels[level - 1] + at[i]);
        } else {
          hits[start + i] = {static_cast<std::uint32_t>(at[i]), value};
        }
      }
    }
  }
}

[[gnu::always_inline]] inline double sum_of(const double* entries) {
  Lanes a, b, c, d;
  load(a, entries);
  load(b, entries + 4);
  load(c, entries + 8);
  load(d, entries + 12);
  const Lanes sum = ((a + b) + c) + d;
  return ((sum[0] + sum[1]) + sum[2]) + sum[3];
}

[[gnu::always_inline]] inline void sum_lanes(const TreeBlock* blocks, const std::uint32_t* names,
                                             std::size_t count, TreeBlock* above) {
  for (std::size_t i = 0; i < count; ++i) {
    const TreeBlock& block = blocks[names[i]];
    TreeBlock& parent = above[names[i] / kFanOut];
    const std::size_t place = place_of(names[i] % kFanOut);
    parent.fixed[place] = sum_of(block.fixed);
    parent.moving[place] = sum_of(block.moving);
  }
}

[[gnu::always_inline]] inline double total_lanes(const TreeBlock& block, double g) {
  Running running;
  run(block, g, running);
  const double* const sum = running.sum + 12;
  return ((sum[0] + sum[1]) + sum[2]) + sum[3];
}

void find_baseline(const TreeBlock* const* levels, std::size_t depth, double g,
                   const double* targets, std::size_t count, TreeHit* hits) {
  find_lanes(levels, depth, g, targets, count, hits);
}
void sum_baseline(const TreeBlock* blocks, const std::uint32_t* names, std::size_t count,
                  TreeBlock* above) {
  sum_lanes(blocks, names, count, above);
}
double total_baseline(const TreeBlock& block, double g) { return total_lanes(block, g); }

#if defined(__x86_64__)
[[gnu::target("avx2")]] void find_avx2(const TreeBlock* const* levels, std::size_t depth, double g,
                                       const double* targets, std::size_t count, TreeHit* hits) {
  find_lanes(levels, depth, g, targets, count, hits);
}
[[gnu::target("avx2")]] void sum_avx2(const TreeBlock* blocks, const std::uint32_t* names,
                                      std::size_t count, TreeBlock* above) {
  sum_lanes(blocks, names, count, above);
}
[[gnu::target("avx2")]] double total_avx2(const TreeBlock& block, double g) {
  return total_lanes(block, g);
}
#endif

std::vector<TreeKernel> runnable() {
  std::vector<TreeKernel> kernels = {{"baseline", find_baseline, sum_baseline, total_baseline}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", find_avx2, sum_avx2, total_avx2});
#endif
  return kernels;
}

}  // namespace

std::span<const TreeKernel> tree_kernels() {
  static const std::vector<TreeKernel> kernels = runnable();
  return kernels;
}

void PriorityTree::expect(std::uint32_t slot) const {
  const std::size_t name = slot / kFanOut;
  if (!levels_.empty() && name < levels_[0].blocks.size()) prefetch(&levels_[0].blocks[name]);
}

void PriorityTree::write(std::uint32_t slot, double fixed, double moving) {
  const auto name = static_cast<std::uint32_t>(slot / kFanOut);
  if (levels_.empty() || name >= levels_[0].blocks.size()) reserve(slot);
  TreeBlock& block = levels_[0].blocks[name];
  block.fixed[place_of(slot % kFanOut)] = fixed;
  block.moving[place_of(slot % kFanOut)] = moving;
  if (levels_[0].is_stale[name] != 0) return;
  levels_[0].is_stale[name] = 1;
  stale_.push_back(name);
  if (stale_.size() >= kStaleMax) settle();
}

// At least doubles the number of slots, so that the cost of computing all sums anew is amortised.
void PriorityTree::reserve(std::uint32_t slot) {
  std::size_t blocks = levels_.empty() ? 1 : levels_[0].blocks.size() * 2;
  blocks = std::max(blocks, slot / kFanOut + 1);
  stale_.clear();
  level_starts_.clear();
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].blocks.resize(blocks);
    levels_[level].is_stale.assign(blocks, 0);
    level_starts_.push_back(levels_[level].blocks.data());
    if (blocks == 1) break;
    blocks = (blocks + kFanOut - 1) / kFanOut;
  }
  std::vector<std::uint32_t> names;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level) {
    names.resize(levels_[level].blocks.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = static_cast<std::uint32_t>(i);
    kernel_.sum(level_starts_[level], names.data(), names.size(), levels_[level + 1].blocks.data());
  }
}

void PriorityTree::settle() {
  for (std::size_t level = 0; level < levels_.size() && !stale_.empty(); ++level) {
    for (const std::uint32_t name : stale_) levels_[level].is_stale[name] = 0;
    if (level + 1 == levels_.size()) break;
    Level& above = levels_[level + 1];
    kernel_.sum(level_starts_[level], stale_.data(), stale_.size(), above.blocks.data());
    for (const std::uint32_t name : stale_) {
      const auto parent = static_cast<std::uint32_t>(name / kFanOut);
      if (above.is_stale[parent] != 0) continue;
      above.is_stale[parent] = 1;
      stale_above_.push_back(parent);
    }
    stale_.swap(stale_above_);
    stale_above_.clear();
  }
  stale_.clear();
}

double PriorityTree::total(double g) {
  if (levels_.empty()) return 0;
  settle();
  return kernel_.total(levels_.back().blocks[0], g);
}

double PriorityTree::value(std::uint32_t slot, double g) const {
  if (levels_.empty() || slot / kFanOut >= levels_[0].blocks.size()) return 0;
  const TreeBlock& block = levels_[0].blocks[slot / kFanOut];
  const std::size_t place = place_of(slot % kFanOut);
  return std::max(block.fixed[place] + g * block.moving[place], 0.0);
}

void PriorityTree::find(double g, std::span<const double> targets, std::vector<TreeHit>* hits) {
  if (levels_.empty()) return;
  settle();
  const std::size_t start = hits->size();
  hits->resize(start + targets.size());
  TreeHit* found = hits->data() + start;
  kernel_.find(level_starts_.data(), levels_.size(), g, targets.data(), targets.size(), found);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (found[i].value <= 0) [[unlikely]]
      found[i] = nearest(found[i].slot, g);
  }
}

// A linear search, for the case that a sum is above 0 by nothing but rounding.  That takes values
// a million million times smaller than what they are the difference of.
TreeHit PriorityTree::nearest(std::uint32_t slot, double g) const {
  const std::size_t slots = levels_[0].blocks.size() * kFanOut;
  for (std::size_t distance = 1; distance < slots; ++distance) {
    for (const std::size_t other : {slot - distance, slot + distance}) {
      if (other >= slots) continue;
      const auto name = static_cast<std::uint32_t>(other);
      if (value(name, g) > 0) return {name, value(name, g)};
    }
  }
  return {slot, 0};
}

}  // namespace hardwon::reason
