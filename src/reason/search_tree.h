#pragma once

// The nodes of a search tree: parallel arrays, links by index, the children of a node in a row.
//
// Twenty bytes a node.  What choosing a child reads of all its siblings (value, visits, prior)
// lies in arrays of its own, so that one vector instruction handles eight of them.
//
// Point of view, the one convention of the search: value_sum and proof of a node belong to the
// player who moved *into* it, so that a player choosing among children maximises.  Going up or
// down one level changes the sign.

#include <cstdint>
#include <vector>

#include "reason/game.h"

namespace hardwon::reason {

using NodeIndex = std::uint32_t;

// An exact value, for the player who moved into the node.
enum class Proof : std::int8_t { kNone, kLoss, kDraw, kWin };

inline float exact_value(Proof proof) {
  return static_cast<float>(static_cast<int>(proof) - static_cast<int>(Proof::kDraw));
}

struct NodeLink {
  NodeIndex first_child = 0;  // or kWaiting, while children == 0
  std::uint8_t children = 0;
  Move move = 0;  // that led here
  Proof proof = Proof::kNone;
};
static_assert(sizeof(NodeLink) == 8);

class SearchTree {
 public:
  static constexpr NodeIndex kWaiting = 0xffffffff;  // its evaluation was asked for
  static constexpr std::size_t kPadding = 8;         // behind the last node, for reads in blocks

  // nodes_max: at least 1.
  explicit SearchTree(std::size_t nodes_max) : nodes_max_(nodes_max) { clear(); }

  // One node, the root.
  void clear();
  std::size_t size() const { return size_; }
  bool has_room(std::size_t count) const { return size_ + count <= nodes_max_; }
  // Adds children with a prior of 1 / count each; there must be room.
  void expand(NodeIndex node, const Move* moves, std::size_t count);
  // Adds nodes without figures and returns the first's index; there must be room.
  NodeIndex append(std::size_t count);
  // Puts the subtree below `root` into `target` (cleared first), which then starts with it.
  void copy_subtree(NodeIndex root, SearchTree& target) const;

  // The child of the largest score
  //   value_sum / visits + exploration · (prior / (1 + visits)),
  // the first among equals; scores that differ in their last three bits only are equal.  node:
  // expanded.  exploration: c · √(visits of the parent), > 0;
  // unvisited: stands for the mean of a child that was never visited.  Source of the formula: PUCT
  // as in Silver et al., "Mastering the game of Go without human knowledge", 2017.
  NodeIndex best_child(NodeIndex node, float exploration, float unvisited) const {
    const NodeLink& link = links_[node];
    return link.first_child +
           choose_(value_sum_.data() + link.first_child, visits_.data() + link.first_child,
                   prior_.data() + link.first_child, link.children, exploration, unvisited);
  }

  float& value_sum(NodeIndex node) { return value_sum_[node]; }
  float value_sum(NodeIndex node) const { return value_sum_[node]; }
  std::int32_t& visits(NodeIndex node) { return visits_[node]; }
  std::int32_t visits(NodeIndex node) const { return visits_[node]; }
  float& prior(NodeIndex node) { return prior_[node]; }
  float prior(NodeIndex node) const { return prior_[node]; }
  NodeLink& link(NodeIndex node) { return links_[node]; }
  const NodeLink& link(NodeIndex node) const { return links_[node]; }

 private:
  using Choose = unsigned (*)(const float* value_sum, const std::int32_t* visits,
                              const float* prior, unsigned count, float exploration,
                              float unvisited);
  static Choose fastest_choice();

  void grow(std::size_t size);

  Choose choose_ = fastest_choice();
  std::size_t nodes_max_, size_ = 0;
  std::vector<float> value_sum_;
  std::vector<std::int32_t> visits_;  // those in flight included
  std::vector<float> prior_;          // -infinity: proven lost, never again chosen
  std::vector<NodeLink> links_;
};

// The portable rule, and what the vectorised one must equal bit for bit.
unsigned choose_child_portably(const float* value_sum, const std::int32_t* visits,
                               const float* prior, unsigned count, float exploration,
                               float unvisited);

}  // namespace hardwon::reason
