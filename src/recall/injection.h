#pragma once

// The pure part of an injection: from hits to the fenced block.

#include <span>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "hardwon/recall.h"

namespace hardwon::recall {

struct Offer {
  RecallHit hit;
  std::string handle;      // what a person or an agent names it by
  std::int64_t count = 1;  // times said or seen
};

// offers: best first.  The block is never over budget by estimate_tokens(); empty when nothing
// fits.  At most one untested lesson, drawn uniformly from the most relevant ones that fit; its
// probability is that of the draw, the others are ghosts.  Deterministic given `rng`.
Injection fill(std::span<const Offer> offers, std::int64_t budget_tokens, bool explore, Rng& rng);

// A lesson of a learner that no episode with a known outcome speaks for or against.
bool is_untested(const RecallHit& hit);

// "worked 5 of 6, used 4×", "said 3×, used 0×", "untested, used 0×".
std::string record_of(const RecallHit& hit, std::int64_t count);

// One line that cannot open or close the fence.
std::string neutralised(std::string_view text);

}  // namespace hardwon::recall
