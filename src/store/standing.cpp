#include "store/standing.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "store/items.h"
#include "store/schema.h"

namespace hardwon::store {
namespace {

constexpr std::int64_t kNoTime = -(std::int64_t{1} << 62);  // as standing_rows() has it

}  // namespace

Result<std::vector<StandingLesson>> standing_lessons(const Reader& reader,
                                                     std::span<const std::int64_t> scopes,
                                                     std::span<const LessonKind> kinds,
                                                     std::size_t limit) {
  std::vector<std::int64_t> wanted;
  wanted.reserve(kinds.size());
  for (const LessonKind kind : kinds) wanted.push_back(static_cast<std::int64_t>(kind));
  const std::string list = json_rows(wanted);
  struct Ordered {
    StandingLesson lesson;
    std::tuple<bool, bool, std::int64_t, std::int64_t> first;  // the greater comes first
  };
  std::vector<Ordered> all;
  for (const std::int64_t scope : scopes) {
    Rows rows = TRY(reader.connection().query(
        "SELECT item, uuid, kind, pinned, count, stated, time FROM standing"
        " WHERE scope = ?1 AND (?2 OR kind IN (SELECT value FROM json_each(?3)))"
        " ORDER BY pinned DESC, stated DESC, count DESC, time DESC, uuid LIMIT ?4",
        {scope, wanted.empty(), list, static_cast<std::int64_t>(limit)}));
    while (TRY(rows.next())) {
      Ordered one{.lesson = {.row = rows.integer(0),
                             .id = rows.id<ItemId>(1),
                             .kind = static_cast<LessonKind>(rows.integer(2)),
                             .scope = scope,
                             .pinned = rows.integer(3) != 0,
                             .count = rows.integer(4)}};
      const std::int64_t time = rows.integer(6);
      if (time != kNoTime) one.lesson.time = rows.time(6);
      one.first = {one.lesson.pinned, rows.integer(5) != 0, one.lesson.count, time};
      all.push_back(std::move(one));
    }
  }
  std::ranges::sort(all, [](const Ordered& a, const Ordered& b) {
    return a.first != b.first ? a.first > b.first : a.lesson.id < b.lesson.id;
  });
  if (all.size() > limit) all.resize(limit);
  std::vector<StandingLesson> found;
  found.reserve(all.size());
  for (Ordered& one : all) found.push_back(std::move(one.lesson));
  return found;
}

Result<Scope> scope_labels(const Reader& reader, std::int64_t scope) {
  return scope_of_row(reader.connection(), scope);
}

Result<bool> has_record(const Reader& reader, const ItemId& lesson) {
  const auto found =
      TRY(reader.connection().number("SELECT EXISTS (SELECT 1 FROM evidence WHERE lesson = ?1)"
                                     " OR EXISTS (SELECT 1 FROM feedback WHERE lesson = ?1)"
                                     " OR EXISTS (SELECT 1 FROM rating WHERE lesson = ?1)",
                                     {lesson}));
  return found.value_or(0) != 0;
}

Result<void> keep_standing(Connection& connection, ItemRow row) {
  static const std::string kInsert =
      "INSERT INTO standing " + std::string(standing_rows()) + " AND item.id = ?";
  TRY(connection.run("DELETE FROM standing WHERE item = ?", {row}));
  TRY(connection.run(kInsert, {row}));
  return {};
}

Result<void> rebuild_standing(Connection& connection) {
  return connection.script("DELETE FROM standing; INSERT INTO standing " +
                           std::string(standing_rows()));
}

Result<std::int64_t> wrong_standing(Connection& connection) {
  const std::string made(standing_rows());
  return TRY(connection.number("SELECT (SELECT count(*) FROM (" + made +
                               " EXCEPT SELECT * FROM standing)) + (SELECT count(*) FROM"
                               " (SELECT * FROM standing EXCEPT " +
                               made + "))"))
      .value_or(0);
}

}  // namespace hardwon::store
