#pragma once

// Remembers evaluations, by model *and* position: several models may share one cache, and a model
// that is trained further has another number.

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "reason/evaluator.h"

namespace hardwon::reason {

// A table of fixed size; a new entry replaces what lies in its place.  Exact: the whole position is
// compared, not its hash.  Threads: used by one at a time.
template <Game G>
class EvaluationCache {
 public:
  struct Entry {
    std::uint64_t model = 0;  // 0: free
    G position = G::start();
    float value = 0;
    float logits[G::kActions];
  };

  // entries: rounded up to a power of two.
  explicit EvaluationCache(std::size_t entries)
      : mask_(std::bit_ceil(entries) - 1), entries_(mask_ + 1) {}

  const Entry* find(std::uint64_t model, const G& position) const {
    const Entry& entry = entries_[place(model, position)];
    return entry.model == model && entry.position == position ? &entry : nullptr;
  }
  // logits: [G::kActions], or empty where the model has no policy.
  void put(std::uint64_t model, const G& position, float value, std::span<const float> logits) {
    Entry& entry = entries_[place(model, position)];
    entry.model = model;
    entry.position = position;
    entry.value = value;
    std::ranges::copy(logits, entry.logits);
  }

 private:
  std::size_t place(std::uint64_t model, const G& position) const {
    return (position.key() ^ mix_bits(model)) & mask_;
  }

  std::size_t mask_;
  std::vector<Entry> entries_;
};

// Asks another evaluator only for what the cache does not hold.
template <Game G>
class CachedEvaluator final : public Evaluator<G> {
 public:
  // Both are borrowed.  An evaluator whose model() is 0 is asked every time.
  CachedEvaluator(Evaluator<G>& inner, EvaluationCache<G>& cache) : inner_(inner), cache_(cache) {}

  void evaluate(std::span<const G> positions, std::span<float> values,
                std::span<float> logits) override {
    const std::uint64_t model = inner_.model();
    if (model == 0) return inner_.evaluate(positions, values, logits);
    const std::size_t actions = inner_.has_policy() ? std::size_t{G::kActions} : 0;
    missing_.clear();
    places_.clear();
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const auto* entry = cache_.find(model, positions[i]);
      if (entry == nullptr) {
        missing_.push_back(positions[i]);
        places_.push_back(i);
        continue;
      }
      values[i] = entry->value;
      std::copy_n(entry->logits, actions,
                  logits.begin() + static_cast<std::ptrdiff_t>(i * actions));
    }
    hits_ += positions.size() - missing_.size();
    misses_ += missing_.size();
    if (missing_.empty()) return;
    values_.resize(missing_.size());
    logits_.resize(missing_.size() * actions);
    inner_.evaluate(missing_, values_, logits_);
    for (std::size_t i = 0; i < missing_.size(); ++i) {
      const std::span<const float> row(logits_.data() + i * actions, actions);
      values[places_[i]] = values_[i];
      std::ranges::copy(row, logits.begin() + static_cast<std::ptrdiff_t>(places_[i] * actions));
      cache_.put(model, missing_[i], values_[i], row);
    }
  }
  bool has_policy() const override { return inner_.has_policy(); }
  std::uint64_t model() const override { return inner_.model(); }
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  Evaluator<G>& inner_;
  EvaluationCache<G>& cache_;
  std::vector<G> missing_;
  std::vector<std::size_t> places_;
  std::vector<float> values_, logits_;
  std::uint64_t hits_ = 0, misses_ = 0;
};

}  // namespace hardwon::reason
