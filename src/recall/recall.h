#pragma once

// Answers: sources in order, ranking, evidence, injection.  Read-only.
//
// Threads: pure over a Reader; safe from any thread.

#include <functional>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/rng.h"
#include "hardwon/recall.h"
#include "store/records.h"
#include "vector/exact_index.h"

namespace hardwon::recall {

// The record of a lesson from its evidence rows (docs/decisions/0004): Beta posterior with
// the observed trials as a prior of at most two.
EvidenceSummary summarise(std::span<const Evidence> evidence, const store::RatingSummary& rating);

// Seed 000: success_rate × √n; nullopt for no trials.
std::optional<double> raw_score(const Trials& trials);

// The vectors a question uses: a published index and the tail after it.
class VectorView {
 public:
  // index may be nullptr; reads the change feed from index->covers() on and embeds the tail.
  // kResourceExhausted when the tail exceeds tail_max: the caller refreshes the index first
  // or answers degraded.
  static Result<VectorView> open(const store::Reader& reader,
                                 std::shared_ptr<const vector::ExactIndex> index,
                                 std::size_t tail_max);
  std::vector<vector::Hit> search(std::span<const float> query, std::size_t k,
                                  const std::function<bool(const vector::Row&)>& wanted) const;
  // Of one row, as search() gives it; nullopt for a row that has no vector.
  std::optional<double> similarity(std::span<const float> query, store::ItemRow row) const;

 private:
  std::shared_ptr<const vector::ExactIndex> index_;
  std::vector<store::ItemRow> removed_or_changed_;  // sorted: rows of index_ to ignore
  std::shared_ptr<const vector::ExactIndex> tail_;
};

// Index + everything committed since: a new index that covers the last change.
Result<std::shared_ptr<const vector::ExactIndex>> refresh_index(
    const store::Reader& reader, std::shared_ptr<const vector::ExactIndex> index);

struct RecallContext {
  const store::Reader& reader;
  const VectorView* vectors = nullptr;  // nullptr: lexical only
  std::string vectors_missing;          // why, when nullptr; becomes `degraded`
  TimePoint now;
};

// query is validated: k in [1, 1000], min_relevance in [0, 1], else kInvalidArgument with field.
Result<RecallAnswer> recall(const RecallContext& context, const RecallQuery& query);

// Probability that the task described succeeds, from similar episodes of the same scope;
// nullopt when fewer than `kOutcomeEpisodesMin` have a known outcome.
inline constexpr std::size_t kOutcomeEpisodesMin = 20;
Result<std::optional<Probability>> predict_success(const RecallContext& context,
                                                   const RecallQuery& query);

// Fills the budget with what recall finds for the task; at most one untested lesson.
// Deterministic given `rng`.
Result<Injection> inject(const RecallContext& context, const InjectRequest& request, Rng& rng);

// The named token estimator ("chars/3.6" …): what `budget_tokens` is measured in.
std::string_view token_estimator_name();
std::int64_t estimate_tokens(std::string_view text);

}  // namespace hardwon::recall
