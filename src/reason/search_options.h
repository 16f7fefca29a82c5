#pragma once

// How to search; the same for every game.

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "hardwon/error.h"

namespace hardwon::reason {

enum class RootRule : std::uint8_t {
  kPuct,    // the most visited move
  kGumbel,  // sequential halving over sampled moves, PUCT below the root
};

struct SearchOptions {
  RootRule root = RootRule::kPuct;
  float exploration = 1.25F;          // c of PUCT, > 0
  float first_play_reduction = 0.2F;  // an unvisited child counts as its parent's value less this
  bool prove = true;                  // back up proven wins, draws and losses
  int leaves_max = 256;               // in one batch, 1 to 4096
  std::size_t nodes_max = 1 << 22;    // a full tree grows no more, the search goes on; 24 B each
  // Gumbel: moves sampled at the root, and the weight of values against priors, as in Danihelka et
  // al., "Policy improvement by planning with Gumbel", ICLR 2022, §3.4 (c_visit, c_scale).
  int considered_moves = 16;
  float value_scale_visits = 50, value_scale = 1;

  // Errors: kInvalidArgument with the field.
  Result<void> validate() const;
};

// A root of so many visits is searched no further: up to here counts are exact in a float.
inline constexpr std::int32_t kVisitsMax = 1 << 23;

// Dirichlet noise in the priors of the root, for self-play only.
struct RootNoise {
  float alpha = 0.3F;
  float share = 0.25F;  // (1 - share) · prior + share · noise
};

// `count` gamma variates of one shape that sum to 1.
std::vector<float> dirichlet(std::size_t count, double alpha, Rng& rng);
// A standard Gumbel variate.
float gumbel(Rng& rng);

// The visits a move must have to be considered at each simulation, when `considered` moves are
// halved so that `simulations` suffice; at any time the moves that have exactly the wanted visits
// are the ones still in the race.
std::vector<int> halving_schedule(int considered, int simulations);

}  // namespace hardwon::reason
