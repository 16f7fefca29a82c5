#pragma once

// From candidates to hits: what may be shown, the score, near-duplicates.  Pure: items in,
// hits out, so that it is tested without a store.

#include <optional>
#include <vector>

#include "recall/relevance.h"

namespace hardwon::recall {

struct Candidate {
  store::Item item;
  std::optional<double> similarity;  // to the question's vector; nullopt without vectors
};

// May this item be shown for this query at all?  Kinds, status, validity and time, metadata.
bool is_eligible(const store::Item& item, const RecallQuery& query, TimePoint now);

// What the record of an item makes of its relevance; 1 is neutral.
//   tested lessons        0.6 … 1.3 by the lower bound of their success
//   people's rules and decisions, dead ends: 1 … 1.3 by how often they were said or seen
//   learned, untested     0.85
// times age (lessons, segments, episodes: down to 0.8 with a half-life of 90 days) and 1.15 when
// pinned.
struct ScoreFactor {
  double value = 1;
  std::vector<std::string> why;
};
ScoreFactor score_factor(const store::Item& item, const EvidenceSummary& evidence, TimePoint now,
                         bool explain);

// Stated by people, or a warning: shown without a success rate.
bool needs_no_success(const Lesson& lesson);

struct Ranking {
  std::vector<RecallHit> hits;  // best first, at most query.k, one of near-duplicates
  std::size_t relevant = 0;     // candidates above the floor, near-duplicates included
};
Ranking rank(const Question& question, const RecallQuery& query, std::vector<Candidate> candidates,
             TimePoint now);

}  // namespace hardwon::recall
