#pragma once

// Does an item speak of the task?  Pure functions from a question and an item to [0, 1].

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recall/question.h"
#include "store/records.h"

namespace hardwon::recall {

// Hits below are dropped, whatever else speaks for them: nothing relevant gives nothing.
// How it was chosen: docs/decisions/0004-evidence.md.
inline constexpr double kRelevanceFloor = 0.33;

struct Relevance {
  double value = 0;     // [0, 1]: how much of the question the item speaks of
  double strength = 0;  // >= 0: that, and how densely; what hits are ordered by
  MatchParts matched;
  double file = 0, error = 0;    // [0, 1]
  std::vector<std::string> why;  // one sentence a part that counted; only when asked for
};

// Judges items against one question, which it refers to.
class Judge {
 public:
  explicit Judge(const Question& question);

  // similarity: inner product of question and item; nullopt without vectors.
  Relevance judge(const store::Item& item, std::optional<double> similarity, bool explain) const;

  // For a question of words alone: at least the relevance that judge() would give a lesson of these
  // indexed terms (store::lesson_terms).  1 where more than words may speak for it.
  double at_most(std::string_view indexed_terms, std::optional<double> similarity) const;

 private:
  struct Match {
    double weight = 0;      // of the terms that the text has
    double strength = 0;    // the same, each by how often and in how long a text (BM25)
    std::size_t terms = 0;  // how many those are
    double own_weight = 0;  // of all distinct words of the text, estimated
    std::vector<std::string_view> stems;
  };
  Match match(std::string_view text) const;
  double lexical(const Match& match) const;
  void explain_match(const Match& match, Relevance& relevance) const;

  // Question terms that have one indexed term: together, since either may be what matches.
  struct Indexed {
    double weight = 0;
    std::size_t terms = 0;
  };
  using ByIndexedTerm = std::unordered_map<std::string, Indexed>;

  const Question& question_;
  std::unordered_map<std::string_view, std::size_t> by_stem_;  // index in question_.terms
  std::bitset<256> starts_;                                    // first bytes of those stems
  ByIndexedTerm by_indexed_term_;
  bool words_alone_ = false;  // neither files nor an error, and every word is short enough to index
};

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
