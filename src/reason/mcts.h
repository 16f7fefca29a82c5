#pragma once

// Monte Carlo tree search: PUCT or Gumbel at the root, proven results, batches of leaves.
//
//   Mcts<ConnectFour> search = TRY(Mcts<ConnectFour>::create({}));
//   search.reset(position);
//   search.run(evaluator, 800, 32);
//   search.best_moves();
//
// run() is gather() and apply() in turn; whoever evaluates the leaves of many trees in one batch
// calls the two himself.
//
// Invariants:
//  1. value_sum and proof belong to the player who moved into the node (search_tree.h).
//  2. With no leaf waiting, visits of an expanded node that was never terminal = 1 (its own
//     evaluation) + those of its children; the root's children together have simulations().
//  3. A waiting leaf counts, on its whole path, as one visit that was lost: that is all there is
//     to virtual loss, and applying the leaf adds 1 + its value.
//
// Threads: none of its own; one search is used by one at a time.  Deterministic: the same calls
// give the same tree on every machine, given the same evaluations.  No allocation once a search of
// the same size has run (Gumbel and noise: a few for each search, none for a simulation).

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/rng.h"
#include "reason/evaluator.h"
#include "reason/search_options.h"
#include "reason/search_tree.h"

namespace hardwon::reason {

struct MoveVisits {
  Move move = 0;
  std::int64_t visits = 0;
};

template <Game G>
class Mcts {
 public:
  // Errors: those of SearchOptions::validate().
  static Result<Mcts> create(const SearchOptions& options) {
    TRY(options.validate());
    return Mcts(options);
  }

  // A new tree.
  void reset(const G& position);
  // The position after a legal move; keeps what is known below it.  Cost: linear in what is kept.
  void advance(Move move);

  // Simulates until the root's children have `simulations` more visits, the root is proven or the
  // game is over.  leaves: of a batch, at least 1, at most leaves_max.  rng: only for Gumbel.
  void run(Evaluator<G>& evaluator, std::int64_t simulations, int leaves, Rng* rng = nullptr);

  // Walks down up to `simulations` times for at most `leaves` positions that need evaluation.
  // Those whose value is known are settled on the way.  Empty when there is nothing left to do.
  // The span lives until apply(), which must follow unless it is empty.
  std::span<const G> gather(int leaves, std::int64_t simulations);
  // values: [n], logits: [n, G::kActions] or empty for uniform priors (evaluator.h).
  void apply(std::span<const float> values, std::span<const float> logits);

  // Mixes noise into the root's priors.  The root must have been evaluated (gather(1, 0) asks for
  // that), and once is enough: the tree below an advanced root has none.
  void add_noise(const RootNoise& noise, Rng& rng);
  // Starts sequential halving over `simulations`; the root must have been evaluated.
  void start_gumbel(std::int64_t simulations, Rng& rng);

  // Simulations below this root, those kept by advance() included.
  std::int64_t simulations() const;
  // Of every legal move, in ascending order of moves; empty before the first evaluation.
  // Moves proven to lose have none while another move is left, and beside a proven win only wins
  // have any: so the most visited is always the right one.  A move that settles the game has one
  // visit at least, and so have the moves left when all that were tried are proven to lose.
  std::vector<MoveVisits> visits() const;
  // All of the most visited (Gumbel: the winner of the halving); ascending.
  std::vector<Move> best_moves() const;
  // [G::kActions]: the shares of visits, or Gumbel's improved policy; zeros for other moves.
  void policy(std::span<float> shares) const;
  // For the mover, in [-1, 1]; exact when proven.
  float value() const;
  std::optional<int> proven_value() const;
  const SearchTree& tree() const { return tree_; }

 private:
  // A walk from the root: its nodes, the leaf last.
  struct Path {
    NodeIndex nodes[G::kPliesMax + 1];
    int last = 0;
  };
  enum class Walk { kLeaf, kSettled, kCollision };

  explicit Mcts(const SearchOptions& options)
      : options_(options), tree_(options.nodes_max), spare_(options.nodes_max) {
    reset(G::start());
  }

  NodeIndex choose(NodeIndex node) const;
  NodeIndex choose_by_schedule() const;
  float gumbel_score(NodeIndex child, float scale) const;
  float value_weight() const;
  float completed_value(NodeIndex child) const;
  Walk walk();
  void undo(const Path& path);
  void back_up(const Path& path, float value);
  void back_up_proof(const Path& path, Proof proof);
  void look_ahead(NodeIndex node, const G& position);
  bool prove(NodeIndex node);
  void set_priors(NodeIndex node, const float* logits);
  std::span<const G> gather_root();

  SearchOptions options_;
  G root_ = G::start();
  SearchTree tree_, spare_;
  std::vector<G> positions_;  // of the leaves that wait
  std::vector<Path> paths_;
  std::vector<float> values_, logits_;  // of run()
  // Gumbel: by child of the root; empty when not in use.
  std::vector<float> root_noise_, root_logits_;
  std::vector<std::int32_t> visits_before_;
  std::vector<int> schedule_;
  std::int64_t schedule_from_ = 0, simulations_run_ = 0;
};

}  // namespace hardwon::reason

#include "reason/mcts_inline.h"  // the definitions of this template
