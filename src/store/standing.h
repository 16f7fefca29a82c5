#pragma once

// `standing`: the lessons that hold without a question, in the order in which they are told.  A
// table derived from the lessons and kept in step by whatever writes one.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {

// What holds without a question, e.g. at the start of a session: active lessons of these scopes,
// pinned first, then what people stated, then what was seen most often, then the newest; at most
// `limit`.  The parts that ranking needs; nothing is decoded.  Cost: O(scopes + limit), where kinds
// are given also the lessons of other kinds.
struct StandingLesson {
  ItemRow row = 0;
  ItemId id;
  LessonKind kind = LessonKind::kRule;
  std::int64_t scope = 0;
  bool pinned = false;
  std::int64_t count = 1;
  std::optional<TimePoint> time;
};
Result<std::vector<StandingLesson>> standing_lessons(const Reader&,
                                                     std::span<const std::int64_t> scopes,
                                                     std::span<const LessonKind> kinds,
                                                     std::size_t limit);
// The labels of a row of visible_scopes.
Result<Scope> scope_labels(const Reader&, std::int64_t scope);
// Whether anything was ever recorded of how a lesson fared: evidence, feedback or a rating.
Result<bool> has_record(const Reader&, const ItemId& lesson);

// Brings the row of one lesson up to date; call after its lesson and item rows.
Result<void> keep_standing(Connection& connection, ItemRow row);
// Makes all rows anew.
Result<void> rebuild_standing(Connection& connection);
// How many rows differ from what the lessons give.
Result<std::int64_t> wrong_standing(Connection& connection);

}  // namespace hardwon::store
