#pragma once

// What every kind of record does the same way: the item row, its scope, its full text, the
// change feed, removal.

#include <optional>
#include <string>
#include <string_view>

#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {

inline constexpr ItemKind kItemKinds[] = {ItemKind::kLesson, ItemKind::kSegment,
                                          ItemKind::kDocument, ItemKind::kEpisode};

// The row id of a scope, made when new.  The scope has passed the door.
Result<std::int64_t> scope_row(Connection& connection, const Scope& scope);
Result<Scope> scope_of_row(Connection& connection, std::int64_t row);

struct ItemHead {
  ItemRow row = 0;
  ItemId id;
  ItemKind kind = ItemKind::kLesson;
  std::int64_t scope = 0;
  std::optional<TimePoint> time;
  bool indexed = false;
  std::string digest;
};
Result<std::optional<ItemHead>> find_item(Connection& connection, const ItemId& id);
Result<std::optional<ItemHead>> find_item(Connection& connection, ItemRow row);

struct ItemPut {
  PutResult result = PutResult::kUnchanged;
  ItemRow row = 0;
};
// Writes the item row and its full text when `digest` differs from what is stored; then the
// caller writes the record's own row.  text: what is indexed; nullopt: nothing is.
// A forgotten id is left alone: row 0, kUnchanged.  kConflict when the id names an item of
// another kind.
Result<ItemPut> put_item(Writer& writer, const ItemHead& head,
                         const std::optional<std::string>& text);

// Removes item and record and leaves a tombstone in the change feed.
Result<void> remove_item(Connection& connection, const ItemHead& head);

Result<bool> is_forgotten(Connection& connection, std::string_view id);
// The id under which a single step is forgotten.
std::string step_key(const ItemId& episode, std::uint32_t number);

// The virtual table of a kind: "lesson_text", and its vocabulary "lesson_vocabulary".
std::string text_table(ItemKind kind);
std::string vocabulary_table(ItemKind kind);
// One full-text row: the terms of the text, blank-separated, and the mark of the scope.
std::string indexed_terms(std::string_view text);
std::string scope_mark(std::int64_t scope);
Result<void> index_text(Connection& connection, const ItemHead& head, std::string_view text);

// What full text and vectors index; nullopt for records that are not indexed.
std::string text_of(const Lesson& lesson);
std::optional<std::string> text_of(const Segment& segment);

// The row ids as a JSON array, for json_each.
std::string json_rows(std::span<const std::int64_t> rows);

// Columns outcome, outcome_share, outcome_source, verdict from `column` on.
Outcome read_outcome(const Rows& rows, int column);

}  // namespace hardwon::store
