#pragma once

// Near-duplicates among lessons: a view over the store that follows its change feed.

#include "hardwon/error.h"
#include "store/database.h"

namespace hardwon::engine {

// Gives the members of each group its smallest id as `Lesson::group`, and everyone else none, in
// the scopes whose lessons changed since it last ran.  Computed outside the write lock, and once
// more under it when the feed moved meanwhile.  Cost: every rule and decision of those scopes.
Result<void> refresh_groups(store::Database& database);

}  // namespace hardwon::engine
