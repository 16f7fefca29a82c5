#pragma once

// Does an item speak of the task?  Pure functions from a question and an item to [0, 1].

#include <string>
#include <vector>

#include "recall/question.h"
#include "store/records.h"

namespace hardwon::recall {

// Hits below are dropped, whatever else speaks for them: nothing relevant gives nothing.
// How it was chosen: docs/decisions/0004-evidence.md.
inline constexpr double kRelevanceFloor = 0.25;

struct Relevance {
  double value = 0;  // [0, 1]
  MatchParts matched;
  double file = 0, error = 0;    // [0, 1]
  std::vector<std::string> why;  // one sentence a part that counted; only when asked for
};

// similarity: inner product of question and item, 0 when unknown.
Relevance relevance_of(const Question& question, const store::Item& item, double similarity,
                       bool explain);

// Context of an item: a lesson's condition, an episode's context, a document's metadata.
TaskContext context_of(const store::Item& item);

// Share of what the wanted context states that the given one states too; and what a
// contradiction leaves of the relevance, in (0, 1].
struct ContextMatch {
  double share = 0;
  double penalty = 1;
  std::vector<std::string> why;
};
ContextMatch match_context(const TaskContext& wanted, const TaskContext& given);

// [0, 1]: 1 the same path (one may be longer to the left), .8 the same telling file name,
// .6 a pattern that covers it, .3 the same folder.
double match_path(std::string_view wanted, std::string_view given);

// Share of a signature's words that a failing line has, [0, 1]; 0 for one shared word of many.
double match_error(const std::vector<ErrorLine>& lines, std::string_view signature);

}  // namespace hardwon::recall
