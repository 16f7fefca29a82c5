#include "reason/search_tree.h"

#include <algorithm>
#include <bit>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace hardwon::reason {
namespace {

// A score as an integer of the same order.
std::int32_t ordered(float score) {
  const auto bits = std::bit_cast<std::int32_t>(score);
  return bits ^ (bits >> 31 & 0x7fffffff);
}

#if defined(__x86_64__)
// The walk down a tree is a chain of these, each waiting for the one before, so what counts is
// latency: integers instead of floats are compared, and the lowest three bits carry the lane, so
// that the maximum brings its place along.
struct Siblings {
  const float* value_sum;
  const std::int32_t* visits;
  const float* prior;
};

// The largest key of the eight from `from` on, of which `count` are there.
[[gnu::target("avx2"), gnu::always_inline]] inline std::int32_t best_key(const Siblings& siblings,
                                                                         unsigned from, int count,
                                                                         float exploration,
                                                                         float unvisited) {
  const __m256i lanes = _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  const __m256i lowest = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::min());
  const __m256 n = _mm256_cvtepi32_ps(
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(siblings.visits + from)));
  const __m256 mean = _mm256_div_ps(_mm256_loadu_ps(siblings.value_sum + from), n);
  const __m256 seen = _mm256_cmp_ps(n, _mm256_setzero_ps(), _CMP_GT_OQ);
  const __m256 share =
      _mm256_div_ps(_mm256_loadu_ps(siblings.prior + from), _mm256_add_ps(n, _mm256_set1_ps(1)));
  const __m256i score =
      _mm256_castps_si256(_mm256_add_ps(_mm256_blendv_ps(_mm256_set1_ps(unvisited), mean, seen),
                                        _mm256_mul_ps(_mm256_set1_ps(exploration), share)));
  const __m256i negative = _mm256_srli_epi32(_mm256_srai_epi32(score, 31), 1);
  const __m256i there = _mm256_cmpgt_epi32(lanes, _mm256_set1_epi32(7 - count));
  __m256i key = _mm256_or_si256(
      _mm256_and_si256(_mm256_xor_si256(score, negative), _mm256_set1_epi32(~7)), lanes);
  key = _mm256_blendv_epi8(lowest, key, there);
  __m128i top = _mm_max_epi32(_mm256_castsi256_si128(key), _mm256_extracti128_si256(key, 1));
  top = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0x4e));
  top = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0xb1));
  return _mm_cvtsi128_si32(top);
}

[[gnu::target("avx2")]] unsigned choose_child_avx2(const float* value_sum,
                                                   const std::int32_t* visits, const float* prior,
                                                   unsigned count, float exploration,
                                                   float unvisited) {
  const Siblings siblings{value_sum, visits, prior};
  std::int32_t best = best_key(siblings, 0, static_cast<int>(count), exploration, unvisited);
  unsigned block = 0;
  for (unsigned from = 8; from < count; from += 8) {
    const std::int32_t key =
        best_key(siblings, from, static_cast<int>(count - from), exploration, unvisited);
    if (key >> 3 <= best >> 3) continue;
    best = key;
    block = from;
  }
  return block + 7 - (static_cast<unsigned>(best) & 7);
}
#endif

}  // namespace

unsigned choose_child_portably(const float* value_sum, const std::int32_t* visits,
                               const float* prior, unsigned count, float exploration,
                               float unvisited) {
  std::int32_t best = std::numeric_limits<std::int32_t>::min();
  unsigned best_at = 0;
  for (unsigned i = 0; i < count; ++i) {
    const auto n = static_cast<float>(visits[i]);
    const float mean = n > 0 ? value_sum[i] / n : unvisited;
    const std::int32_t key = ordered(mean + exploration * (prior[i] / (n + 1))) >> 3;
    if (key <= best) continue;
    best = key;
    best_at = i;
  }
  return best_at;
}

SearchTree::Choose SearchTree::fastest_choice() {
#if defined(__x86_64__)
  // Without fused multiply-add, so that every machine grows the same tree.
  if (__builtin_cpu_supports("avx2")) return choose_child_avx2;
#endif
  return choose_child_portably;
}

void SearchTree::clear() {
  size_ = 0;
  append(1);
  value_sum_[0] = 0;
  visits_[0] = 0;
  prior_[0] = 1;
  links_[0] = {};
}

void SearchTree::grow(std::size_t size) {
  const std::size_t wanted = std::min(std::max(2 * size, std::size_t{1024}), nodes_max_) + kPadding;
  value_sum_.resize(wanted);
  visits_.resize(wanted);
  prior_.resize(wanted);
  links_.resize(wanted);
}

NodeIndex SearchTree::append(std::size_t count) {
  CHECK(has_room(count));
  const std::size_t first = size_;
  size_ += count;
  if (size_ + kPadding > links_.size()) grow(size_);
  return static_cast<NodeIndex>(first);
}

void SearchTree::expand(NodeIndex node, const Move* moves, std::size_t count) {
  const NodeIndex first = append(count);
  const float prior = 1 / static_cast<float>(count);
  for (std::size_t i = 0; i < count; i += kPadding) {  // may write into the padding
    std::fill_n(&value_sum_[first + i], kPadding, 0.0F);
    std::fill_n(&visits_[first + i], kPadding, 0);
    std::fill_n(&prior_[first + i], kPadding, prior);
  }
  for (std::size_t i = 0; i < count; ++i) links_[first + i] = {.move = moves[i]};
  links_[node].first_child = first;
  links_[node].children = static_cast<std::uint8_t>(count);
}

void SearchTree::copy_subtree(NodeIndex root, SearchTree& target) const {
  target.clear();
  const auto copy = [&](NodeIndex from, NodeIndex to) {
    target.value_sum_[to] = value_sum_[from];
    target.visits_[to] = visits_[from];
    target.prior_[to] = prior_[from];
    target.links_[to] = links_[from];
  };
  copy(root, 0);
  // Breadth first: a copied node still names its children here until they are copied too.
  for (NodeIndex node = 0; node < target.size(); ++node) {
    const NodeLink link = target.links_[node];
    if (link.children == 0) continue;
    const NodeIndex first = target.append(link.children);
    for (NodeIndex i = 0; i < link.children; ++i) copy(link.first_child + i, first + i);
    target.links_[node].first_child = first;
  }
}

}  // namespace hardwon::reason
