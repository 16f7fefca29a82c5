#pragma once

// Drawing slots for replay: uniformly, or in proportion to a priority that changes as time
// passes.
//
// Priority of a slot at time t (seed 003; docs/decisions/0008):
//   p(t) = factor · max(base + age_weight · a(Δ), floor),  Δ = max(t − born, 0)
//   growth  a = 1 − e^(−λΔ),  λ = ln 2 / age_scale     (0 at insertion)
//   decay   a = e^(−λΔ)                               (1 at insertion)
//   linear  a = min(Δ / age_scale, 1)
//
// Threads: used by one at a time.  Deterministic: the same calls and the same rng give the
// same draws.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "hardwon/experience.h"
#include "hardwon/time.h"

namespace hardwon::reason {

// Small numbers, reused: memory grows with the largest one.
using Slot = std::uint32_t;

// age_scale > 0; age_weight, floor: >= 0, at most 1e100.
struct AgingOptions {
  AgeMode mode = AgeMode::kGrowth;
  std::chrono::microseconds age_scale = std::chrono::hours(24);  // half-life, or time to the cap
  double age_weight = 0.2;
  double floor = 0.01;
};

// What a priority is made of.  base in [0, 1e100], factor in (0, 1e100].
struct PriorityTerms {
  double base = 0;    // 0.4 · uncertainty + 0.4 · bounded reward
  double factor = 1;  // past success
  TimePoint born{};
};

// The formula itself; what the tree answers with is tested against it.
double priority_at(const PriorityTerms& terms, const AgingOptions& aging, TimePoint now);

struct Draw {
  Slot slot = 0;
  double probability = 0;  // of this slot in one draw, (0, 1]
};

class Sampler {
 public:
  virtual ~Sampler() = default;
  // Inserts the slot or replaces its terms.  Amortised O(log n).
  virtual void set(Slot slot, const PriorityTerms& terms, TimePoint now) = 0;
  virtual void remove(Slot slot) = 0;  // absent: ignored
  virtual std::size_t size() const = 0;
  // count draws with replacement, appended.  Stratified: draw i comes from the i-th of `count`
  // equal shares of the total mass, so a slot's expected number of draws is count · probability.
  // now: earlier than that of a former call counts as that one.  Nothing when empty, or while
  // every priority is 0 (which a floor above 0 rules out).
  // Cost: O(log n) a draw, and amortised O(log n) a slot that crossed the floor or the cap.
  virtual void sample(std::size_t count, TimePoint now, Rng& rng, std::vector<Draw>* draws) = 0;
  // 0 for an absent slot.
  virtual double probability(Slot slot, TimePoint now) = 0;
};

std::unique_ptr<Sampler> uniform_sampler();
std::unique_ptr<Sampler> prioritized_sampler(const AgingOptions& aging);

// Importance weights (size · probability)^−beta, divided by the largest of the batch, which takes
// the buffer's size out of them.
// Source: Schaul et al., "Prioritized Experience Replay", ICLR 2016, §3.4 (there the maximum is
// over the whole buffer; a minimum that moves with age is no tree query).
//   beta in [0, 1]; weights in (0, 1]
std::vector<double> importance_weights(const std::vector<Draw>& draws, double beta);

}  // namespace hardwon::reason
