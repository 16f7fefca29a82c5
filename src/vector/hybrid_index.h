#pragma once

// Exact nearest neighbours over rows with up to two embeddings, visual and text, that changes
// while it is searched.
//
// Similarity of a query and a row: the cosine of each embedding that both have, weighted;
// the weights are renormalised over those, so a missing one takes nothing away.  A row that
// shares none of positive weight with the query is never found.  (docs/decisions/0007)
//
// A generation is append-only memory: a removed row is marked dead, and rebuild() copies the
// live ones into a new generation beside the old (blue-green) and swaps.
//
// Invariants
//   1. A search sees the rows of one moment: none of a later change, all of an earlier one, and
//      one generation, before or after a swap, never a mix.
//   2. A row whose add() returned before a search began is seen by it; one whose remove()
//      returned is not.
//   3. Fewer than k hits only if fewer rows match.
//
// Threads: add() and remove() by one thread at a time; search(), figures() by any, beside
// them; rebuild() by one at a time, beside all others.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "hardwon/error.h"
#include "vector/exact_index.h"

namespace hardwon::vector {

// Either may be empty: absent.  Finite, not all zero; any length, it is normalised.
struct HybridVectors {
  std::span<const float> visual;
  std::span<const float> text;
};

struct HybridWeights {
  double visual = 0.7;
  double text = 0.3;
};

// kInvalidArgument with field "visual" or "text" for NaN, infinite or zero vectors, for a width
// other than `dim` (0: any), or when both are absent.
Result<void> check_vectors(const HybridVectors& vectors, std::size_t visual_dim,
                           std::size_t text_dim);

struct HybridFigures {
  std::size_t live = 0;
  std::size_t dead = 0;          // rows that the next rebuild drops
  std::uint64_t covers = 0;      // sequence of the newest change
  std::uint64_t generation = 0;  // raised by each rebuild
  std::size_t bytes = 0;         // of memory for vectors
};

class HybridIndex {
 public:
  // weights: at least 0, finite, not both 0.
  explicit HybridIndex(const HybridWeights& weights);
  ~HybridIndex();
  HybridIndex(const HybridIndex&) = delete;
  HybridIndex& operator=(const HybridIndex&) = delete;

  // The first vector of a kind fixes its width.  `label` must not be present; vectors as
  // check_vectors() accepts (CHECKed).  sequence: not below an earlier one; a row that is
  // replaced is removed and added under one.
  void add(Label label, const HybridVectors& vectors, std::uint64_t sequence);
  // An absent label is ignored, its sequence counts.  Between the removal and the addition of a
  // replaced row a search finds neither.
  void remove(Label label, std::uint64_t sequence);

  // Best first (ties: smaller label first), at most k; similarity in [-1, 1].  wanted: asked
  // about candidates best first until k are found, outside any lock; empty: all.  A query that
  // check_vectors() refuses, e.g. of another width, finds nothing.  O(rows · width).
  std::vector<Hit> search(const HybridVectors& query, std::size_t k,
                          const std::function<bool(Label)>& wanted = {}) const;

  bool rebuild_due() const;  // more than a quarter of at least 1,024 rows are dead
  // copied: called once, between the copy and its swap; tests change the index there.
  void rebuild(const std::function<void()>& copied = {});
  HybridFigures figures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardwon::vector
