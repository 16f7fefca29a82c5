#pragma once

// Recall and injection over the store, with the vector index kept up to date.

#include "engine/engine_impl.h"
#include "hardwon/recall.h"

namespace hardwon::engine {

// Rows that may lie after the published index before a question refreshes it first.
inline constexpr std::size_t kTailMax = 512;

Result<RecallAnswer> answer(Engine::Impl& impl, const RecallQuery& query);

// Many questions over one snapshot and one view of the vectors; `emit` gets each answer.
Result<void> answer_many(Engine::Impl& impl, std::span<const RecallQuery> queries,
                         const std::function<Result<void>(std::size_t, RecallAnswer)>& emit);

// Renders, records and returns the block.  Lessons that this agent session was already told
// are left out.
Result<Injection> inject(Engine::Impl& impl, const InjectRequest& request);

// Folds the tail into a new published index when it is longer than kTailMax / 2, or whenever
// `always`; a no-op without embeddings.
Result<void> publish_index(Engine::Impl& impl, bool always);

}  // namespace hardwon::engine
