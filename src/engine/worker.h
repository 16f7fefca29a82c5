#pragma once

// Learning: drains the work queue, then reduces every bucket that changed.
//
// One learner at a time a store (`learn.lock`); computing happens outside the write lock, and
// a result is committed only if its work row is unchanged (compare-and-delete), so that
// learning at once, later, or after a crash gives the same lessons.
//
// Lock order: learn.lock, then the database's write lock.

#include <chrono>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "hardwon/engine.h"
#include "store/database.h"

namespace hardwon::engine {

struct LearnOptions {
  bool again = false;  // forget what was learned (human events stay) and recompute
  double pattern_extraction_threshold = 0.7;
  std::optional<std::chrono::seconds> time_limit;
  std::chrono::milliseconds lock_wait{30'000};
  std::function<void(std::int64_t done, std::int64_t pending)> progress;
};

// Errors: kUnavailable when another learner holds learn.lock longer than lock_wait.
Result<LearnReport> learn_pending(store::Database& database, const Clock& clock,
                                  const LearnOptions& options);

}  // namespace hardwon::engine
