// Injections, recorded verbatim.

#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

Result<void> put_lessons(Writer& writer, std::int64_t injection,
                         const std::vector<InjectedLesson>& lessons, bool ghost) {
  int position = 0;
  for (const InjectedLesson& lesson : lessons) {
    TRY(writer.connection().run(
        "INSERT INTO injected VALUES (?,?,?,?,?,?,?,?,?)",
        {injection, position++, ghost, lesson.id, door_text(lesson.statement, &writer.masked()),
         lesson.tokens, lesson.probability, lesson.relevance, lesson.untested}));
  }
  return {};
}

Result<std::vector<InjectionRecord>> read_injections(Connection& connection, Rows rows) {
  std::vector<InjectionRecord> records;
  while (TRY(rows.next())) {
    InjectionRecord record{.id = rows.id<RecallId>(1),
                           .time = *rows.time(2),
                           .task = rows.text(3),
                           .block = rows.text(4),
                           .tokens = rows.integer(5),
                           .session = rows.text(6),
                           .episode = rows.id<ItemId>(7)};
    record.scope = TRY(scope_of_row(connection, rows.integer(8)));
    Rows lessons = TRY(connection.query(
        "SELECT ghost, lesson, statement, tokens, probability, relevance, untested FROM injected"
        " WHERE injection = ? ORDER BY ghost, position",
        {rows.integer(0)}));
    while (TRY(lessons.next())) {
      auto& list = lessons.integer(0) != 0 ? record.ghosts : record.lessons;
      list.push_back({.id = lessons.id<ItemId>(1),
                      .statement = lessons.text(2),
                      .tokens = lessons.integer(3),
                      .probability = lessons.real(4),
                      .relevance = lessons.real(5),
                      .untested = lessons.integer(6) != 0});
    }
    records.push_back(std::move(record));
  }
  return records;
}

constexpr std::string_view kInjections =
    "SELECT id, uuid, time, task, block, tokens, session, episode, scope FROM injection ";

}  // namespace

Result<void> put_injection(Writer& writer, const InjectionRecord& record) {
  Connection& connection = writer.connection();
  MaskCounts* masked = &writer.masked();
  // The same id again is a retry; the record of what was injected does not change.
  if (TRY(connection.number("SELECT id FROM injection WHERE uuid = ?", {record.id}))) return {};
  const std::int64_t scope = TRY(scope_row(connection, door_scope(record.scope, masked)));
  TRY(connection.run(
      "INSERT INTO injection(uuid, time, task, block, tokens, session, episode, scope)"
      " VALUES (?,?,?,?,?,?,?,?)",
      {record.id, record.time, door_text(record.task, masked), door_text(record.block, masked),
       record.tokens, door_text(record.session, masked), id_or_null(record.episode), scope}));
  const std::int64_t row = connection.last_row();
  TRY(put_lessons(writer, row, record.lessons, false));
  return put_lessons(writer, row, record.ghosts, true);
}

Result<std::vector<InjectionRecord>> recent_injections(const Reader& reader, std::size_t limit) {
  Connection& connection = reader.connection();
  Rows rows = TRY(connection.query(std::string(kInjections) + "ORDER BY time DESC, id DESC LIMIT ?",
                                   {static_cast<std::int64_t>(limit)}));
  return read_injections(connection, std::move(rows));
}

Result<std::vector<InjectionRecord>> episode_injections(const Reader& reader,
                                                        const ItemId& episode) {
  Connection& connection = reader.connection();
  Rows rows = TRY(connection.query(std::string(kInjections) + "WHERE episode = ? ORDER BY time, id",
                                   {episode}));
  return read_injections(connection, std::move(rows));
}

Result<std::vector<InjectionRecord>> session_injections(const Reader& reader,
                                                        std::string_view session) {
  Connection& connection = reader.connection();
  Rows rows = TRY(connection.query(std::string(kInjections) + "WHERE session = ? ORDER BY time, id",
                                   {door_text(session, nullptr)}));
  return read_injections(connection, std::move(rows));
}

}  // namespace hardwon::store
