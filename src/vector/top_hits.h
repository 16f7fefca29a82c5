#pragma once

// The k best of many hits, offered in any order.
//
// Threads: used by one at a time.

#include <algorithm>
#include <utility>
#include <vector>

#include "vector/exact_index.h"

namespace hardwon::vector {

// Ties: the smaller label first, so that an answer does not depend on the order of the rows.
inline bool better(const Hit& a, const Hit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.label < b.label;
}

class TopHits {
 public:
  // k: at least 1.
  explicit TopHits(std::size_t k) : k_(k) {}

  // O(1) for a hit that is not among the k best, else O(log k).
  void offer(const Hit& hit) {
    if (best_.size() < k_) {
      best_.push_back(hit);
      std::ranges::push_heap(best_, better);
    } else if (better(hit, best_.front())) {
      std::ranges::pop_heap(best_, better);
      best_.back() = hit;
      std::ranges::push_heap(best_, better);
    }
  }

  // Best first; nothing is left here.
  std::vector<Hit> take() {
    std::ranges::sort_heap(best_, better);
    return std::exchange(best_, {});
  }

 private:
  std::size_t k_;
  std::vector<Hit> best_;  // a heap, the worst kept hit first
};

}  // namespace hardwon::vector
