// What recall and derived data read: items whole, and the change feed.

#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

Result<std::string> transcript_of(Connection& connection, const SessionId& session) {
  Rows rows = TRY(connection.query("SELECT transcript_id FROM session WHERE id = ?", {session}));
  return TRY(rows.next()) ? rows.text(0) : std::string();
}

Result<Item> load_item(Connection& connection, const ItemHead& head) {
  Item item{
      .row = head.row, .id = head.id, .kind = head.kind, .scope = head.scope, .time = head.time};
  switch (head.kind) {
    case ItemKind::kLesson:
      item.lesson = TRY(read_lesson(connection, head));
      item.text = text_of(*item.lesson);
      item.evidence = TRY(read_evidence(connection, head.id));
      item.rating = TRY(read_rating(connection, head.id));
      break;
    case ItemKind::kSegment:
      item.segment = TRY(read_segment(connection, head));
      item.text = text_of(*item.segment).value_or("");
      item.transcript_id = TRY(transcript_of(connection, item.segment->session));
      break;
    case ItemKind::kDocument:
      item.document = TRY(read_document(connection, head));
      item.text = item.document->content;
      break;
    case ItemKind::kEpisode:
      item.episode = TRY(read_episode(connection, head, false));
      item.text = item.episode->task;
      item.transcript_id = TRY(transcript_of(connection, item.episode->session));
      break;
  }
  return item;
}

}  // namespace

Result<std::optional<std::string>> read_text(Connection& connection, const ItemHead& head) {
  if (!head.indexed) return std::nullopt;
  switch (head.kind) {
    case ItemKind::kLesson:
      return text_of(TRY(read_lesson(connection, head)));
    case ItemKind::kSegment:
      return text_of(TRY(read_segment(connection, head)));
    case ItemKind::kDocument:
      return TRY(read_document(connection, head)).content;
    case ItemKind::kEpisode:
      return TRY(read_episode(connection, head, false)).task;
  }
  std::unreachable();
}

Result<std::vector<Item>> load_items(const Reader& reader, std::span<const ItemRow> rows) {
  std::vector<Item> items;
  items.reserve(rows.size());
  for (const ItemRow row : rows) {
    const auto head = TRY(find_item(reader.connection(), row));
    if (head) items.push_back(TRY(load_item(reader.connection(), *head)));
  }
  return items;
}

Result<std::vector<std::optional<std::string>>> lesson_terms(const Reader& reader,
                                                             std::span<const ItemRow> rows) {
  std::vector<std::optional<std::string>> terms;
  terms.reserve(rows.size());
  for (const ItemRow row : rows) {
    Rows found =
        TRY(reader.connection().query("SELECT terms FROM lesson_text WHERE rowid = ?", {row}));
    if (TRY(found.next())) {
      terms.emplace_back(found.text(0));
    } else {
      terms.emplace_back();
    }
  }
  return terms;
}

Result<std::vector<Change>> changes_since(const Reader& reader, std::int64_t seq,
                                          std::size_t limit) {
  Connection& connection = reader.connection();
  const auto most = static_cast<std::int64_t>(limit);
  std::vector<Change> changes;
  Rows rows = TRY(connection.query(
      "SELECT * FROM (SELECT change_seq, id, kind, scope, NOT indexed FROM item"
      " WHERE change_seq > ?1 ORDER BY change_seq LIMIT ?2)"
      " UNION ALL SELECT * FROM (SELECT change_seq, id, kind, scope, 1 FROM removed"
      " WHERE change_seq > ?1 ORDER BY change_seq LIMIT ?2) ORDER BY 1 LIMIT ?2",
      {seq, most}));
  while (TRY(rows.next())) {
    Change change{.seq = rows.integer(0),
                  .row = rows.integer(1),
                  .removed = rows.integer(4) != 0,
                  .kind = static_cast<ItemKind>(rows.integer(2)),
                  .scope = rows.integer(3)};
    if (!change.removed) {
      const auto head = TRY(find_item(connection, change.row));
      if (head) change.text = TRY(read_text(connection, *head)).value_or("");
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace hardwon::store
