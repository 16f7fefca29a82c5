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

constexpr float kLowest = -std::numeric_limits<float>::infinity();

#if defined(__x86_64__)
[[gnu::target("avx2")]] unsigned choose_child_avx2(const float* value_sum,
                                                   const std::int32_t* visits, const float* prior,
                                                   unsigned count, const ChoiceTerms& terms) {
  const __m256 one = _mm256_set1_ps(1);
  const __m256 exploration = _mm256_set1_ps(terms.exploration);
  const __m256 unvisited = _mm256_set1_ps(terms.unvisited);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  float best = kLowest;
  unsigned best_at = 0;
  for (unsigned from = 0; from < count; from += 8) {
    const __m256 n =
        _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(visits + from)));
    const __m256 mean = _mm256_div_ps(_mm256_loadu_ps(value_sum + from), _mm256_max_ps(n, one));
    const __m256 seen = _mm256_cmp_ps(n, _mm256_setzero_ps(), _CMP_GT_OQ);
    const __m256 bonus = _mm256_div_ps(_mm256_mul_ps(exploration, _mm256_loadu_ps(prior + from)),
                                       _mm256_add_ps(n, one));
    __m256 score = _mm256_add_ps(_mm256_blendv_ps(unvisited, mean, seen), bonus);
    const __m256i left = _mm256_set1_epi32(static_cast<int>(count - from));
    score = _mm256_blendv_ps(_mm256_set1_ps(kLowest), score,
                             _mm256_castsi256_ps(_mm256_cmpgt_epi32(left, lanes)));
    __m256 top = _mm256_max_ps(score, _mm256_permute2f128_ps(score, score, 1));
    top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0x4e));
    top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0xb1));
    const float block_best = _mm256_cvtss_f32(top);
    if (block_best > best) {
      const int equal = _mm256_movemask_ps(_mm256_cmp_ps(score, top, _CMP_EQ_OQ));
      best = block_best;
      best_at = from + static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(equal)));
    }
  }
  return best_at;
}
#endif

}  // namespace

unsigned choose_child_portably(const float* value_sum, const std::int32_t* visits,
                               const float* prior, unsigned count, const ChoiceTerms& terms) {
  float best = kLowest;
  unsigned best_at = 0;
  for (unsigned i = 0; i < count; ++i) {
    const auto n = static_cast<float>(visits[i]);
    const float mean = n > 0 ? value_sum[i] / n : terms.unvisited;
    const float bonus = terms.exploration * prior[i] / (n + 1);
    if (mean + bonus > best) {
      best = mean + bonus;
      best_at = i;
    }
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
