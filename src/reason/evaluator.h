#pragma once

// What a position is worth and which moves look good: asked by the search in batches.

#include <algorithm>
#include <span>

#include "base/rng.h"
#include "reason/game.h"

namespace hardwon::reason {

template <Game G>
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // positions: [n], none of them over.
  // values: [n], in [-1, 1], for the mover.
  // logits: [n, G::kActions] row-major, one for each action whether legal or not, finite; [0] when
  // has_policy() is false.
  // Both are written in full.  Must not depend on what else is in the batch.
  virtual void evaluate(std::span<const G> positions, std::span<float> values,
                        std::span<float> logits) = 0;
  // False: every legal move is as good as another, and logits are not asked for.
  virtual bool has_policy() const = 0;
  // Names what evaluates: two evaluators of the same number give the same answers.  0: never the
  // same twice, not to be cached.
  virtual std::uint64_t model() const = 0;
};

// Knows nothing: value 0 everywhere.
template <Game G>
class UniformEvaluator final : public Evaluator<G> {
 public:
  void evaluate(std::span<const G>, std::span<float> values, std::span<float>) override {
    std::ranges::fill(values, 0.0F);
  }
  bool has_policy() const override { return false; }
  std::uint64_t model() const override { return 1; }
};

// The mean result of games with random moves.
template <Game G>
class RolloutEvaluator final : public Evaluator<G> {
 public:
  // games: for each position, at least 1.
  RolloutEvaluator(int games, std::uint64_t seed) : games_(games), rng_(seed) {}
  void evaluate(std::span<const G> positions, std::span<float> values, std::span<float>) override {
    for (std::size_t i = 0; i < positions.size(); ++i) {
      int total = 0;
      for (int game = 0; game < games_; ++game) total += play_out(positions[i]);
      values[i] = static_cast<float>(total) / static_cast<float>(games_);
    }
  }
  bool has_policy() const override { return false; }
  std::uint64_t model() const override { return 0; }

 private:
  // The result for the mover of `position`.
  int play_out(G position) {
    int sign = 1;
    Move moves[G::kMovesMax];
    for (int count = position.moves(moves); count > 0; count = position.moves(moves)) {
      position.play(moves[rng_.below(static_cast<std::uint64_t>(count))]);
      sign = -sign;
    }
    return sign * position.result();
  }

  int games_;
  Rng rng_;
};

}  // namespace hardwon::reason
