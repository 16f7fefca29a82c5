// Lessons: remembered and learned ones, what persons did to them, supersession.

#include "store/lessons.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <set>

#include "base/text.h"
#include "store/codec.h"
#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"
#include "store/standing.h"

namespace hardwon::store {
namespace {

constexpr std::string_view kLessonColumns =
    "SELECT lesson.kind, statement, body, valid_from, valid_to, superseded_by, status, pinned,"
    " suppressed, learner, count, grp, uuid, scope"
    " FROM item JOIN lesson ON lesson.item = item.id WHERE ";

Result<Lesson> lesson_of(const Rows& rows, Scope scope) {
  Lesson lesson;
  lesson.id = rows.id<ItemId>(12);
  lesson.scope = std::move(scope);
  lesson.kind = static_cast<LessonKind>(rows.integer(0));
  lesson.statement = rows.text(1);
  if (rows.integer(0) < 0 || rows.integer(0) >= static_cast<std::int64_t>(kLessonKindCount)) {
    return fail(ErrorCode::kCorruption, "lesson " + to_text(lesson.id) + " is of unknown kind " +
                                            std::to_string(rows.integer(0)));
  }
  if (auto decoded = decode_lesson_body(rows.view(2), lesson); !decoded) {
    decoded.error().message = "lesson " + to_text(lesson.id) + ": " + decoded.error().message;
    return std::unexpected(std::move(decoded).error());
  }
  lesson.valid_from = rows.time(3);
  lesson.valid_to = rows.time(4);
  lesson.superseded_by = rows.id<ItemId>(5);
  lesson.status = static_cast<LessonStatus>(rows.integer(6));
  lesson.pinned = rows.integer(7) != 0;
  lesson.suppressed = rows.integer(8) != 0;
  lesson.learner = rows.text(9);
  lesson.count = rows.integer(10);
  lesson.group = rows.id<ItemId>(11);
  return lesson;
}

// All that `condition` lets through, in id order.
Result<std::vector<Lesson>> lessons_where(Connection& connection, const std::string& condition,
                                          std::initializer_list<Param> params) {
  std::vector<Lesson> lessons;
  std::map<std::int64_t, Scope> scopes;
  const std::string sql = std::string(kLessonColumns) + condition + " ORDER BY uuid";
  Rows rows = TRY(connection.query(sql, params));
  while (TRY(rows.next())) {
    const auto [scope, fresh] = scopes.try_emplace(rows.integer(13));
    if (fresh) scope->second = TRY(scope_of_row(connection, scope->first));
    lessons.push_back(TRY(lesson_of(rows, scope->second)));
  }
  return lessons;
}

// Parsed after masking, so a secret in any field is gone, whatever the field.
Result<Lesson> clean(const Lesson& given, MaskCounts* masked) {
  Lesson lesson = given;
  lesson.scope = door_scope(given.scope, masked);
  lesson.statement = door_text(given.statement, masked);
  lesson.learner = door_text(given.learner, masked);
  TRY(decode_lesson_body(door_json(encode_lesson_body(given), masked), lesson));
  return lesson;
}

// What a person did and what superseded it hold over what a learner or a caller says.
struct Overlay {
  bool dropped = false;
};

Result<Overlay> overlay(Connection& connection, Lesson& lesson) {
  Overlay found;
  {
    Rows rows = TRY(connection.query(
        "SELECT kind, text FROM human_event WHERE lesson = ? ORDER BY time, id", {lesson.id}));
    while (TRY(rows.next())) {
      const std::string_view kind = rows.view(0);
      if (kind == "pin" || kind == "unpin") lesson.pinned = kind == "pin";
      if (kind == "suppress" || kind == "restore") lesson.suppressed = kind == "suppress";
      if (kind == "edit") lesson.statement = rows.text(1);
      if (kind == "drop") found.dropped = true;
      const bool waiting =
          lesson.status == LessonStatus::kCandidate || lesson.status == LessonStatus::kQuarantined;
      if ((kind == "keep" || kind == "restore") && waiting) {
        lesson.status = LessonStatus::kActive;
      }
    }
  }
  Rows rows =
      TRY(connection.query("SELECT newer, time FROM supersession WHERE older = ?", {lesson.id}));
  if (TRY(rows.next())) {
    lesson.superseded_by = rows.id<ItemId>(0);
    lesson.valid_to = rows.time(1);
  }
  return found;
}

Result<void> write_row(Connection& connection, ItemRow row, const Lesson& lesson,
                       std::optional<std::int64_t> bucket) {
  TRY(connection.run(
      "INSERT OR REPLACE INTO lesson VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      {row, lesson.kind, lesson.statement, encode_lesson_body(lesson), lesson.valid_from,
       lesson.valid_to, id_or_null(lesson.superseded_by), lesson.status, lesson.pinned,
       lesson.suppressed, lesson.learner, lesson.count, id_or_null(lesson.group), bucket}));
  return keep_standing(connection, row);
}

Result<std::optional<ItemHead>> lesson_head(Connection& connection, const ItemId& id) {
  auto head = TRY(find_item(connection, id));
  if (head && head->kind == ItemKind::kLesson) return head;
  return std::nullopt;
}

// Writes the lesson again after a human event or a supersession.
Result<void> refresh(Writer& writer, const ItemId& id) {
  Connection& connection = writer.connection();
  const auto head = TRY(lesson_head(connection, id));
  if (!head) return {};
  const Lesson lesson = TRY(read_lesson(connection, *head));
  const auto bucket = TRY(lesson_bucket(connection, head->row));
  TRY(store_lesson(writer, lesson, bucket));
  return {};
}

}  // namespace

Digest digest_of(const Lesson& lesson) {
  Digest digest;
  digest.add(lesson.id).add(static_cast<std::int64_t>(lesson.kind));
  digest.add(lesson.scope.canonical()).add(lesson.statement).add(encode_lesson_body(lesson));
  digest.add(lesson.valid_from).add(lesson.valid_to).add(lesson.superseded_by);
  digest.add(static_cast<std::int64_t>(lesson.status)).add(std::int64_t{lesson.pinned});
  digest.add(std::int64_t{lesson.suppressed}).add(lesson.learner).add(lesson.count);
  return digest.add(lesson.group);
}

Result<std::optional<std::int64_t>> lesson_bucket(Connection& connection, ItemRow row) {
  return connection.number("SELECT bucket FROM lesson WHERE item = ?", {row});
}

Result<PutResult> store_lesson(Writer& writer, const Lesson& given,
                               std::optional<std::int64_t> bucket) {
  Connection& connection = writer.connection();
  Lesson lesson = TRY(clean(given, &writer.masked()));
  const auto stored = TRY(lesson_head(connection, lesson.id));
  if (stored && lesson.group.empty()) {
    Rows rows = TRY(connection.query("SELECT grp FROM lesson WHERE item = ?", {stored->row}));
    if (TRY(rows.next())) lesson.group = rows.id<ItemId>(0);
  }
  if (TRY(overlay(connection, lesson)).dropped) {
    if (stored) TRY(remove_item(connection, *stored));
    return stored ? PutResult::kChanged : PutResult::kUnchanged;
  }
  const std::int64_t scope = TRY(scope_row(connection, lesson.scope));
  const ItemHead head{.id = lesson.id,
                      .kind = ItemKind::kLesson,
                      .scope = scope,
                      .time = lesson.valid_from,
                      .digest = digest_of(lesson).bytes()};
  const ItemPut put = TRY(put_item(writer, head, text_of(lesson)));
  if (put.result != PutResult::kUnchanged) {
    TRY(write_row(connection, put.row, lesson, bucket));
  } else if (bucket && put.row != 0) {
    TRY(connection.run("UPDATE lesson SET bucket = ?1 WHERE item = ?2 AND bucket IS NOT ?1",
                       {bucket, put.row}));
  }
  return put.result;
}

Result<PutResult> put_lesson(Writer& writer, const Lesson& lesson) {
  std::optional<std::int64_t> bucket;
  if (const auto head = TRY(lesson_head(writer.connection(), lesson.id))) {
    bucket = TRY(lesson_bucket(writer.connection(), head->row));
  }
  return store_lesson(writer, lesson, bucket);
}

Result<Lesson> read_lesson(Connection& connection, const ItemHead& head) {
  static const std::string kOne = std::string(kLessonColumns) + "item.id = ?";
  Rows rows = TRY(connection.query(kOne, {head.row}));
  if (!TRY(rows.next())) {
    return fail(ErrorCode::kCorruption, "lesson " + to_text(head.id) + " has no row");
  }
  return lesson_of(rows, TRY(scope_of_row(connection, head.scope)));
}

Result<std::optional<Lesson>> get_lesson(const Reader& reader, const ItemId& id) {
  const auto head = TRY(lesson_head(reader.connection(), id));
  if (!head) return std::nullopt;
  return TRY(read_lesson(reader.connection(), *head));
}

Result<std::vector<Lesson>> list_lessons(const Reader& reader, const LessonFilter& filter) {
  Connection& connection = reader.connection();
  const auto scopes = TRY(visible_scopes(reader, filter.visibility));
  std::vector<std::int64_t> kinds;
  kinds.reserve(filter.kinds.size());
  for (const LessonKind kind : filter.kinds) kinds.push_back(static_cast<std::int64_t>(kind));
  std::optional<std::int64_t> status;
  if (filter.status) status = static_cast<std::int64_t>(*filter.status);
  return lessons_where(
      connection,
      "scope IN (SELECT value FROM json_each(?1))"
      " AND (?2 OR lesson.kind IN (SELECT value FROM json_each(?3)))"
      " AND (?4 IS NULL OR status = ?4) AND (?5 OR NOT suppressed)",
      {json_rows(scopes), kinds.empty(), json_rows(kinds), status, filter.include_suppressed});
}

Result<std::vector<std::int64_t>> scopes_of_changed_lessons(const Reader& reader,
                                                            std::int64_t seq) {
  std::vector<std::int64_t> scopes;
  Rows rows = TRY(reader.connection().query(
      "SELECT scope FROM item WHERE change_seq > ?1 AND kind = ?2"
      " UNION SELECT scope FROM removed WHERE change_seq > ?1 AND kind = ?2",
      {seq, static_cast<std::int64_t>(ItemKind::kLesson)}));
  while (TRY(rows.next())) scopes.push_back(rows.integer(0));
  return scopes;
}

Result<std::vector<Lesson>> stated_lessons(const Reader& reader, std::int64_t scope) {
  return lessons_where(reader.connection(),
                       "scope = ?1 AND item.kind = 1 AND lesson.kind IN (6, 7)", {scope});
}

Result<void> set_lesson_group(Writer& writer, const ItemId& id, const ItemId& group) {
  Connection& connection = writer.connection();
  const auto head = TRY(lesson_head(connection, id));
  if (!head) return fail(ErrorCode::kNotFound, "no lesson " + to_text(id));
  Lesson lesson = TRY(read_lesson(connection, *head));
  if (lesson.group == group) return {};
  lesson.group = group;
  // Neither text nor scope changes: no new entry in the change feed.
  TRY(connection.run("UPDATE lesson SET grp = ? WHERE item = ?", {id_or_null(group), head->row}));
  TRY(connection.run("UPDATE item SET digest = ? WHERE id = ?",
                     {Blob{digest_of(lesson).bytes()}, head->row}));
  return {};
}

// ---------------------------------------------------------------- human events

Result<void> add_human_event(Writer& writer, const ItemId& lesson, const HumanEvent& event) {
  static constexpr std::array kKinds = {"pin",     "unpin", "edit", "suppress",
                                        "restore", "keep",  "drop"};
  if (std::ranges::find(kKinds, event.kind) == kKinds.end()) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + event.kind +
                    "' is no act on a lesson: expected pin, unpin, edit, suppress,"
                    " restore, keep or drop");
  }
  if (event.kind == "edit" && trim(event.text).empty()) {
    return fail(ErrorCode::kInvalidArgument, "an edit needs the new statement");
  }
  if (!TRY(lesson_head(writer.connection(), lesson))) {
    return fail(ErrorCode::kNotFound, "no lesson " + to_text(lesson));
  }
  TRY(writer.connection().run(
      "INSERT INTO human_event(lesson, kind, text, time) VALUES (?,?,?,?)",
      {lesson, event.kind, door_text(event.text, &writer.masked()), event.time}));
  return refresh(writer, lesson);
}

Result<std::vector<HumanEvent>> human_events(const Reader& reader, const ItemId& lesson) {
  std::vector<HumanEvent> events;
  Rows rows = TRY(reader.connection().query(
      "SELECT kind, text, time FROM human_event WHERE lesson = ? ORDER BY time, id", {lesson}));
  while (TRY(rows.next())) {
    events.push_back({.kind = rows.text(0), .text = rows.text(1), .time = *rows.time(2)});
  }
  return events;
}

Result<void> supersede(Writer& writer, const ItemId& older, const ItemId& newer, TimePoint time) {
  if (older == newer) {
    return fail(ErrorCode::kInvalidArgument, "a lesson cannot supersede itself");
  }
  TRY(writer.connection().run(
      "INSERT INTO supersession VALUES (?,?,?) ON CONFLICT(older) DO UPDATE SET"
      " newer = excluded.newer, time = excluded.time",
      {older, newer, time}));
  return refresh(writer, older);
}

}  // namespace hardwon::store
