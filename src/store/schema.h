#pragma once

// The tables of the database and how older stores become current (docs/formats/database.md).

#include <span>
#include <string>
#include <string_view>

#include "hardwon/error.h"
#include "store/sqlite.h"

namespace hardwon::store {

inline constexpr std::int64_t kSchemaVersion = 3;
inline constexpr std::int64_t kApplicationId = 0x48574e31;  // "HWN1"

// What this program finds in a file.
struct SchemaState {
  std::int64_t version = 0;     // 0: an empty database
  std::int64_t min_reader = 0;  // programs of a lower version must not read
  std::int64_t min_writer = 0;
};
// Errors: kCorruption when the file is no store.
Result<SchemaState> schema_state(Connection& connection);

// kUnavailable, in words for people, when this program is too old for the store.
Result<void> check_readable(const SchemaState& state, const std::string& path);
Result<void> check_writable(const SchemaState& state, const std::string& path);

// Makes an empty database a store.  In one transaction; nothing happens when it is one already.
Result<void> create_schema(Connection& connection);

// One step from a version to the next.
struct Migration {
  std::int64_t from = 0;
  const char* sql = "";
  std::int64_t min_reader = 0, min_writer = 0;  // of the result
};
// The rows of `standing`, made from the records; lacks its last condition: " AND item.id = ?" or
// nothing.
std::string_view standing_rows();

// The steps of this program, in order.
std::span<const Migration> migrations();
// Runs the steps that the store lacks, in one transaction.  The connection must have the
// store alone.
Result<void> migrate(Connection& connection, std::span<const Migration> steps, std::int64_t target);

}  // namespace hardwon::store
