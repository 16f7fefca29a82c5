#pragma once

// Definitions of Mcts<G>; include mcts.h.

#include "reason/mcts.h"

namespace hardwon::reason {

template <Game G>
void Mcts<G>::reset(const G& position) {
  CHECK(positions_.empty());
  root_ = position;
  tree_.clear();
  schedule_.clear();
}

template <Game G>
void Mcts<G>::advance(Move move) {
  CHECK(positions_.empty());
  schedule_.clear();
  root_.play(move);
  const NodeLink& root = tree_.link(0);
  for (NodeIndex child = root.first_child; child < root.first_child + root.children; ++child) {
    if (tree_.link(child).move != move || tree_.link(child).children == 0) continue;
    tree_.copy_subtree(child, spare_);
    std::swap(tree_, spare_);
    return;
  }
  tree_.clear();
}

template <Game G>
void Mcts<G>::run(Evaluator<G>& evaluator, std::int64_t simulations, int leaves, Rng* rng) {
  const std::size_t actions = evaluator.has_policy() ? std::size_t{G::kActions} : 0;
  const auto step = [&](std::int64_t left) {
    const std::int64_t before = simulations_run_;
    const std::span<const G> batch = gather(leaves, left);
    if (batch.empty()) return simulations_run_ - before;
    values_.resize(batch.size());
    logits_.resize(batch.size() * actions);
    evaluator.evaluate(batch, values_, logits_);
    apply(values_, logits_);
    return simulations_run_ - before;
  };
  if (tree_.link(0).children == 0) step(0);
  if (options_.root == RootRule::kGumbel && rng != nullptr && tree_.link(0).children > 0) {
    start_gumbel(simulations, *rng);
  }
  while (simulations > 0) {
    const std::int64_t done = step(simulations);
    if (done == 0) return;
    simulations -= done;
  }
}

template <Game G>
std::span<const G> Mcts<G>::gather_root() {
  if (root_.over()) return {};
  if (paths_.empty()) paths_.resize(1);
  paths_[0].nodes[0] = 0;
  paths_[0].last = 0;
  tree_.visits(0) += 1;
  tree_.value_sum(0) -= 1;
  tree_.link(0).first_child = SearchTree::kWaiting;
  positions_.push_back(root_);
  return positions_;
}

template <Game G>
std::span<const G> Mcts<G>::gather(int leaves, std::int64_t simulations) {
  CHECK(positions_.empty() && leaves >= 1 && leaves <= options_.leaves_max);
  if (tree_.link(0).children == 0) return gather_root();
  if (paths_.size() < static_cast<std::size_t>(leaves)) {
    paths_.resize(static_cast<std::size_t>(leaves));
    positions_.reserve(static_cast<std::size_t>(leaves));
  }
  while (simulations > 0 && positions_.size() < static_cast<std::size_t>(leaves)) {
    if (options_.prove && tree_.link(0).proof != Proof::kNone) break;
    if (tree_.visits(0) >= kVisitsMax) break;
    // A walk that ends at a leaf which waits already says that the batch is wide enough.
    if (walk() == Walk::kCollision) break;
    ++simulations_run_;
    --simulations;
  }
  return positions_;
}

template <Game G>
NodeIndex Mcts<G>::choose(NodeIndex node) const {
  // Without the walk that is choosing, which counts as lost already.
  const auto visits = static_cast<float>(tree_.visits(node) - 1);
  const float mean = -(tree_.value_sum(node) + 1) / visits;
  return tree_.best_child(node, options_.exploration * std::sqrt(visits),
                          mean - options_.first_play_reduction);
}

template <Game G>
typename Mcts<G>::Walk Mcts<G>::walk() {
  Path& path = paths_[positions_.size()];
  G position = root_;
  NodeIndex node = 0;
  path.nodes[0] = 0;
  tree_.visits(0) += 1;
  tree_.value_sum(0) -= 1;
  for (path.last = 1;; ++path.last) {
    node = node == 0 && !schedule_.empty() ? choose_by_schedule() : choose(node);
    path.nodes[path.last] = node;
    tree_.visits(node) += 1;
    tree_.value_sum(node) -= 1;
    NodeLink& link = tree_.link(node);
    position.play(link.move);
    if (link.children > 0 && link.proof == Proof::kNone) continue;
    if (link.proof != Proof::kNone) {
      back_up(path, exact_value(link.proof));
      return Walk::kSettled;
    }
    if (link.first_child == SearchTree::kWaiting) {
      undo(path);
      return Walk::kCollision;
    }
    if (position.over()) {
      link.proof = static_cast<Proof>(static_cast<int>(Proof::kDraw) - position.result());
      back_up(path, exact_value(link.proof));
      return Walk::kSettled;
    }
    link.first_child = SearchTree::kWaiting;
    positions_.push_back(position);
    return Walk::kLeaf;
  }
}

template <Game G>
void Mcts<G>::undo(const Path& path) {
  for (int i = 0; i <= path.last; ++i) {
    tree_.visits(path.nodes[i]) -= 1;
    tree_.value_sum(path.nodes[i]) += 1;
  }
}

// value: of the last node, for the player who moved into it.
template <Game G>
void Mcts<G>::back_up(const Path& path, float value) {
  const Proof proof = tree_.link(path.nodes[path.last]).proof;
  if (options_.prove && proof != Proof::kNone) return back_up_proof(path, proof);
  // From the root down, since the next walk reads there first.
  float sign = path.last % 2 == 0 ? value : -value;
  for (int i = 0; i <= path.last; ++i) {
    tree_.value_sum(path.nodes[i]) += 1 + sign;
    sign = -sign;
  }
}

// Values are exact as far up as the proof reaches.
template <Game G>
void Mcts<G>::back_up_proof(const Path& path, Proof proof) {
  const NodeIndex last = path.nodes[path.last];
  if (proof == Proof::kLoss) tree_.prior(last) = -std::numeric_limits<float>::infinity();
  float value = exact_value(proof);
  tree_.value_sum(last) += 1 + value;
  bool proven = true;
  for (int i = path.last - 1; i >= 0; --i) {
    value = -value;
    proven = proven && prove(path.nodes[i]);
    if (proven) value = exact_value(tree_.link(path.nodes[i]).proof);
    tree_.value_sum(path.nodes[i]) += 1 + value;
  }
}

// What the children's proofs say about their parent; true if it is proven now.
template <Game G>
bool Mcts<G>::prove(NodeIndex node) {
  NodeLink& link = tree_.link(node);
  if (link.proof != Proof::kNone) return true;
  Proof best = Proof::kLoss;  // of the children, for the player who chooses among them
  bool all = true;
  for (NodeIndex child = link.first_child; child < link.first_child + link.children; ++child) {
    const Proof proof = tree_.link(child).proof;
    all = all && proof != Proof::kNone;
    if (proof > best) best = proof;
  }
  if (best != Proof::kWin && !all) return false;
  link.proof = best == Proof::kWin    ? Proof::kLoss
               : best == Proof::kDraw ? Proof::kDraw
                                      : Proof::kWin;
  if (link.proof == Proof::kLoss) tree_.prior(node) = -std::numeric_limits<float>::infinity();
  return true;
}

template <Game G>
void Mcts<G>::apply(std::span<const float> values, std::span<const float> logits) {
  CHECK(values.size() == positions_.size());
  CHECK(logits.empty() || logits.size() == values.size() * G::kActions);
  Move moves[G::kMovesMax];
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const Path& path = paths_[i];
    const NodeIndex leaf = path.nodes[path.last];
    tree_.link(leaf).first_child = 0;
    const auto count = static_cast<std::size_t>(positions_[i].moves(moves));
    if (tree_.has_room(count)) {
      tree_.expand(leaf, moves, count);
      if (!logits.empty()) set_priors(leaf, &logits[i * G::kActions]);
      if (options_.prove && positions_[i].near_end()) look_ahead(leaf, positions_[i]);
    }
    back_up(path, -values[i]);
  }
  positions_.clear();
}

// Moves that end the game are proven before they are tried.
template <Game G>
void Mcts<G>::look_ahead(NodeIndex node, const G& position) {
  const NodeLink link = tree_.link(node);
  bool any = false;
  for (NodeIndex child = link.first_child; child < link.first_child + link.children; ++child) {
    G next = position;
    next.play(tree_.link(child).move);
    if (!next.over()) continue;
    any = true;
    const Proof proof = static_cast<Proof>(static_cast<int>(Proof::kDraw) - next.result());
    tree_.link(child).proof = proof;
    if (proof == Proof::kLoss) tree_.prior(child) = -std::numeric_limits<float>::infinity();
  }
  if (any) prove(node);
}

// The softmax of the legal moves' logits.
template <Game G>
void Mcts<G>::set_priors(NodeIndex node, const float* logits) {
  const NodeLink& link = tree_.link(node);
  float highest = -std::numeric_limits<float>::infinity(), total = 0;
  for (NodeIndex i = 0; i < link.children; ++i) {
    highest = std::max(highest, logits[tree_.link(link.first_child + i).move]);
  }
  for (NodeIndex child = link.first_child; child < link.first_child + link.children; ++child) {
    total += tree_.prior(child) = std::exp(logits[tree_.link(child).move] - highest);
  }
  for (NodeIndex child = link.first_child; child < link.first_child + link.children; ++child) {
    tree_.prior(child) /= total;
  }
}

template <Game G>
void Mcts<G>::add_noise(const RootNoise& noise, Rng& rng) {
  const NodeLink& root = tree_.link(0);
  CHECK(root.children > 0 && positions_.empty());
  const std::vector<float> draws = dirichlet(root.children, noise.alpha, rng);
  for (NodeIndex i = 0; i < root.children; ++i) {
    float& prior = tree_.prior(root.first_child + i);
    prior = (1 - noise.share) * prior + noise.share * draws[i];  // -infinity stays
  }
}

// ---------------------------------------------------------------- Gumbel

template <Game G>
void Mcts<G>::start_gumbel(std::int64_t simulations, Rng& rng) {
  const NodeLink& root = tree_.link(0);
  CHECK(root.children > 0 && positions_.empty());
  const std::size_t count = root.children;
  root_noise_.resize(count);
  root_logits_.resize(count);
  visits_before_.resize(count);
  for (NodeIndex i = 0; i < count; ++i) {
    root_noise_[i] = gumbel(rng);
    root_logits_[i] = std::log(std::max(tree_.prior(root.first_child + i), 1e-30F));
    visits_before_[i] = tree_.visits(root.first_child + i);
  }
  // Only the moves of the largest noise + logit take part: the others look as if visited too often.
  const auto considered = std::min(count, static_cast<std::size_t>(options_.considered_moves));
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const float first = root_noise_[a] + root_logits_[a];
    const float second = root_noise_[b] + root_logits_[b];
    return first != second ? first > second : a < b;
  });
  for (std::size_t i = considered; i < count; ++i) {
    root_noise_[order[i]] = -std::numeric_limits<float>::infinity();
  }
  schedule_ = halving_schedule(static_cast<int>(considered), static_cast<int>(simulations));
  schedule_from_ = simulations_run_;
}

// σ of the paper: what one unit of value weighs against the logits.
template <Game G>
float Mcts<G>::value_weight() const {
  const NodeLink& root = tree_.link(0);
  std::int32_t most = 0;
  for (NodeIndex i = 0; i < root.children; ++i) {
    most = std::max(most, tree_.visits(root.first_child + i));
  }
  return (options_.value_scale_visits + static_cast<float>(most)) * options_.value_scale;
}

// The mean of a visited child; of others what the root itself is worth.
template <Game G>
float Mcts<G>::completed_value(NodeIndex child) const {
  if (tree_.link(child).proof != Proof::kNone) return exact_value(tree_.link(child).proof);
  const std::int32_t visits = tree_.visits(child);
  if (visits > 0) return tree_.value_sum(child) / static_cast<float>(visits);
  return -tree_.value_sum(0) / static_cast<float>(tree_.visits(0));
}

template <Game G>
float Mcts<G>::gumbel_score(NodeIndex i, float weight) const {
  return root_noise_[i] + root_logits_[i] + weight * completed_value(tree_.link(0).first_child + i);
}

// The best of the moves whose visits are those of the schedule; where a proof has upset it, the
// best of the least visited.
template <Game G>
NodeIndex Mcts<G>::choose_by_schedule() const {
  const NodeLink& root = tree_.link(0);
  const auto at = static_cast<std::size_t>(simulations_run_ - schedule_from_);
  const std::int32_t wanted = at < schedule_.size() ? schedule_[at] : schedule_.back();
  const float weight = value_weight();
  NodeIndex best = 0;
  std::pair<std::int32_t, float> best_key = {std::numeric_limits<std::int32_t>::max(), 0};
  for (NodeIndex i = 0; i < root.children; ++i) {
    const NodeLink& link = tree_.link(root.first_child + i);
    const float score = gumbel_score(i, weight);
    if (options_.prove && link.proof == Proof::kLoss) continue;
    if (score == -std::numeric_limits<float>::infinity()) continue;
    const std::int32_t visits = tree_.visits(root.first_child + i) - visits_before_[i];
    const std::pair key = {visits == wanted ? -1 : visits, -score};
    if (key < best_key) {
      best_key = key;
      best = i;
    }
  }
  // Every sampled move is proven lost: the others stay to be tried, by PUCT.
  if (best_key.first == std::numeric_limits<std::int32_t>::max()) return choose(0);
  return root.first_child + best;
}

// ---------------------------------------------------------------- answers

template <Game G>
std::int64_t Mcts<G>::simulations() const {
  const NodeLink& root = tree_.link(0);
  std::int64_t total = 0;
  for (NodeIndex i = 0; i < root.children; ++i) total += tree_.visits(root.first_child + i);
  return total;
}

template <Game G>
std::vector<MoveVisits> Mcts<G>::visits() const {
  const NodeLink& root = tree_.link(0);
  std::vector<MoveVisits> visits;
  Proof best = Proof::kNone;
  bool open = false;  // a move that is not proven lost
  for (NodeIndex child = root.first_child; visits.size() < root.children; ++child) {
    visits.push_back({.move = tree_.link(child).move, .visits = tree_.visits(child)});
    best = std::max(best, tree_.link(child).proof);
    open = open || tree_.link(child).proof != Proof::kLoss;
  }
  if (!options_.prove) return visits;
  const auto is_worse = [&](NodeIndex i) {
    const Proof proof = tree_.link(root.first_child + i).proof;
    return (open && proof == Proof::kLoss) || (best == Proof::kWin && proof != Proof::kWin);
  };
  std::int64_t before = 0, after = 0;
  for (NodeIndex i = 0; i < root.children; ++i) {
    before += visits[i].visits;
    if (is_worse(i)) visits[i].visits = 0;
    after += visits[i].visits;
  }
  // Looking ahead proves moves that no simulation has tried; and all that were tried may be lost.
  const bool settled = tree_.link(0).proof != Proof::kNone, untried = before > 0 && after == 0;
  for (NodeIndex i = 0; (settled || untried) && i < root.children; ++i) {
    if (!is_worse(i)) visits[i].visits = std::max<std::int64_t>(visits[i].visits, 1);
  }
  return visits;
}

template <Game G>
std::vector<Move> Mcts<G>::best_moves() const {
  const std::vector<MoveVisits> all = visits();
  std::int64_t most = 0;
  for (const MoveVisits& move : all) most = std::max(most, move.visits);
  std::vector<Move> best;
  for (const MoveVisits& move : all) {
    if (move.visits == most) best.push_back(move.move);
  }
  if (schedule_.empty() || best.size() < 2) return best;
  // The finalists of the halving have the same visits: the score decides.
  const float weight = value_weight();
  NodeIndex winner = 0;
  float highest = -std::numeric_limits<float>::infinity();
  for (NodeIndex i = 0; i < all.size(); ++i) {
    const float score = gumbel_score(i, weight);
    if (all[i].visits == most && score > highest) {
      highest = score;
      winner = i;
    }
  }
  return {all[winner].move};
}

template <Game G>
void Mcts<G>::policy(std::span<float> shares) const {
  CHECK(shares.size() == G::kActions);
  std::ranges::fill(shares, 0.0F);
  const std::vector<MoveVisits> all = visits();
  if (all.empty()) return;
  std::vector<double> weights(all.size());
  double total = 0, highest = -std::numeric_limits<double>::infinity();
  const float weight = schedule_.empty() ? 0 : value_weight();
  for (NodeIndex i = 0; i < all.size(); ++i) {
    weights[i] = static_cast<double>(all[i].visits);
    if (schedule_.empty()) continue;
    weights[i] = root_logits_[i] + weight * completed_value(tree_.link(0).first_child + i);
    highest = std::max(highest, weights[i]);
  }
  for (double& share : weights) {
    if (!schedule_.empty()) share = std::exp(share - highest);
    total += share;
  }
  for (std::size_t i = 0; i < all.size() && total > 0; ++i) {
    shares[all[i].move] = static_cast<float>(weights[i] / total);
  }
}

template <Game G>
std::optional<int> Mcts<G>::proven_value() const {
  if (root_.over()) return root_.result();
  const Proof proof = tree_.link(0).proof;
  if (proof == Proof::kNone || !options_.prove) return std::nullopt;
  return -static_cast<int>(exact_value(proof));
}

template <Game G>
float Mcts<G>::value() const {
  if (const auto proven = proven_value()) return static_cast<float>(*proven);
  const std::int32_t visits = tree_.visits(0);
  return visits == 0 ? 0 : -tree_.value_sum(0) / static_cast<float>(visits);
}

}  // namespace hardwon::reason
