#include "store/items.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "store/door.h"

namespace hardwon::store {
namespace {

constexpr std::string_view kHeadColumns =
    "SELECT id, uuid, kind, scope, time, indexed, digest FROM item WHERE ";

Result<std::optional<ItemHead>> read_head(Rows rows) {
  if (!TRY(rows.next())) return std::nullopt;
  return ItemHead{.row = rows.integer(0),
                  .id = rows.id<ItemId>(1),
                  .kind = static_cast<ItemKind>(rows.integer(2)),
                  .scope = rows.integer(3),
                  .time = rows.time(4),
                  .indexed = rows.integer(5) != 0,
                  .digest = rows.text(6)};
}

// Tombstones count too: the numbers never go back.
Result<std::int64_t> next_change(Connection& connection) {
  const auto last =
      TRY(connection.number("SELECT max(ifnull((SELECT max(change_seq) FROM item), 0),"
                            " ifnull((SELECT max(change_seq) FROM removed), 0))"));
  return last.value_or(0) + 1;
}

Result<void> count_indexed(Connection& connection, ItemKind kind, int by) {
  TRY(connection.run("UPDATE indexed_count SET items = items + ? WHERE kind = ?", {by, kind}));
  return {};
}

Result<void> remove_text(Connection& connection, const ItemHead& head) {
  if (!head.indexed) return {};
  TRY(connection.run("DELETE FROM " + text_table(head.kind) + " WHERE rowid = ?", {head.row}));
  return count_indexed(connection, head.kind, -1);
}

}  // namespace

Result<std::int64_t> scope_row(Connection& connection, const Scope& scope) {
  const std::string canonical = scope.canonical();
  if (const auto row =
          TRY(connection.number("SELECT id FROM scope WHERE canonical = ?", {canonical}))) {
    return *row;
  }
  TRY(connection.run("INSERT INTO scope(canonical) VALUES (?)", {canonical}));
  return connection.last_row();
}

Result<Scope> scope_of_row(Connection& connection, std::int64_t row) {
  Rows rows = TRY(connection.query("SELECT canonical FROM scope WHERE id = ?", {row}));
  if (!TRY(rows.next())) {
    return fail(ErrorCode::kCorruption, "scope " + std::to_string(row) + " is missing");
  }
  return Scope::parse(rows.view(0));
}

Result<std::optional<ItemHead>> find_item(Connection& connection, const ItemId& id) {
  Rows rows = TRY(connection.query(std::string(kHeadColumns) + "uuid = ?", {id}));
  return read_head(std::move(rows));
}

Result<std::optional<ItemHead>> find_item(Connection& connection, ItemRow row) {
  Rows rows = TRY(connection.query(std::string(kHeadColumns) + "id = ?", {row}));
  return read_head(std::move(rows));
}

Result<bool> is_forgotten(Connection& connection, std::string_view id) {
  return TRY(connection.number("SELECT 1 FROM forgotten WHERE id = ?", {Blob{id}})).has_value();
}

std::string step_key(const ItemId& episode, std::uint32_t number) {
  const auto bytes = content_id_bytes({"step", to_text(episode), std::to_string(number)});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<ItemPut> put_item(Writer& writer, const ItemHead& head,
                         const std::optional<std::string>& text) {
  Connection& connection = writer.connection();
  const auto stored = TRY(find_item(connection, head.id));
  ItemHead now = head;
  now.indexed = text.has_value();
  if (stored) {
    if (stored->kind != head.kind) {
      return fail(ErrorCode::kConflict, to_text(head.id) + " is a " +
                                            std::string(name_of(stored->kind)) + ", not a " +
                                            std::string(name_of(head.kind)));
    }
    now.row = stored->row;
    if (stored->digest == head.digest && stored->scope == head.scope) {
      return ItemPut{PutResult::kUnchanged, stored->row};
    }
    TRY(remove_text(connection, *stored));
  } else {
    const std::string_view id(reinterpret_cast<const char*>(head.id.bytes.data()), 16);
    if (TRY(is_forgotten(connection, id))) return ItemPut{};
  }
  // What never was indexed is nothing to derived data: it stays out of the change feed.
  const bool in_feed = now.indexed || (stored && stored->indexed);
  const std::int64_t change = in_feed ? TRY(next_change(connection)) : 0;
  if (stored) {
    TRY(connection.run(
        "UPDATE item SET scope = ?, time = ?, change_seq = max(change_seq, ?), indexed = ?,"
        " digest = ? WHERE id = ?",
        {head.scope, head.time, change, now.indexed, Blob{head.digest}, now.row}));
  } else {
    TRY(connection.run(
        "INSERT INTO item(uuid, handle, kind, scope, time, change_seq, indexed, digest)"
        " VALUES (?,?,?,?,?,?,?,?)",
        {head.id, handle(head.id), head.kind, head.scope, head.time, change, now.indexed,
         Blob{head.digest}}));
    now.row = connection.last_row();
  }
  if (now.indexed) {
    TRY(index_text(connection, now, *text));
    TRY(count_indexed(connection, now.kind, 1));
  }
  return ItemPut{stored ? PutResult::kChanged : PutResult::kNew, now.row};
}

Result<void> remove_item(Connection& connection, const ItemHead& head) {
  TRY(remove_text(connection, head));
  const std::int64_t change = TRY(next_change(connection));
  TRY(connection.run("DELETE FROM item WHERE id = ?", {head.row}));
  TRY(connection.run("INSERT INTO removed(id, kind, scope, change_seq) VALUES (?,?,?,?)",
                     {head.row, head.kind, head.scope, change}));
  return {};
}

// ---------------------------------------------------------------- full text

std::string text_table(ItemKind kind) { return std::string(name_of(kind)) + "_text"; }
std::string vocabulary_table(ItemKind kind) { return std::string(name_of(kind)) + "_vocabulary"; }

std::string indexed_terms(std::string_view text) {
  std::string out;
  for (const std::string& term : text_terms(text)) {
    if (!out.empty()) out += ' ';
    out += term;
  }
  return out;
}

// '#' is in no word, so no text can hold another scope's mark.
std::string scope_mark(std::int64_t scope) {
  return std::string(1, '#').append(std::to_string(scope));
}

Result<void> index_text(Connection& connection, const ItemHead& head, std::string_view text) {
  TRY(connection.run(
      "INSERT INTO " + text_table(head.kind) + "(rowid, terms, scope) VALUES (?,?,?)",
      {head.row, indexed_terms(text), scope_mark(head.scope)}));
  return {};
}

std::string text_of(const Lesson& lesson) {
  std::string text = lesson.statement;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text.append(1, '\n').append(part);
  };
  add(lesson.when.condition);
  add(lesson.when.error_signature);
  std::string tools;
  for (const std::string& tool : lesson.when.tools) tools += tool + ' ';
  add(tools);
  std::string paths;
  for (const std::string& path : lesson.when.paths) paths += path + ' ';
  add(paths);
  // A decision's statement is its gist; people ask for it by all that was agreed.
  if (const auto* decision = std::get_if<Decision>(&lesson.payload)) {
    if (decision->text != lesson.statement) add(decision->text);
  }
  return text;
}

std::optional<std::string> text_of(const Segment& segment) {
  const bool spoken = segment.speaker == Speaker::kPerson || segment.speaker == Speaker::kAgent;
  return spoken ? std::optional(segment.text) : std::nullopt;
}

std::string json_rows(std::span<const std::int64_t> rows) {
  std::string out = "[";
  for (const std::int64_t row : rows) {
    if (out.size() > 1) out += ',';
    out += std::to_string(row);
  }
  out += ']';
  return out;
}

Outcome read_outcome(const Rows& rows, int column) {
  return {.status = static_cast<OutcomeStatus>(rows.integer(column)),
          .share = rows.optional_real(column + 1),
          .source = static_cast<OutcomeSource>(rows.integer(column + 2)),
          .verdict = rows.text(column + 3)};
}

// ---------------------------------------------------------------- public: ids and the feed

Result<std::optional<ItemRow>> item_row(const Reader& reader, const ItemId& id) {
  return reader.connection().number("SELECT id FROM item WHERE uuid = ?", {id});
}

Result<std::int64_t> item_count(const Reader& reader) {
  return TRY(reader.connection().number("SELECT sum(items) FROM indexed_count")).value_or(0);
}

Result<std::int64_t> last_change(const Reader& reader) {
  return TRY(next_change(reader.connection())) - 1;
}

namespace {

// Crockford's base32 reads I and L as 1 and O as 0, whatever the case.
std::string crockford(std::string_view text) {
  std::string out = ascii_lower(text);
  for (char& c : out) {
    if (c == 'i' || c == 'l') c = '1';
    if (c == 'o') c = '0';
  }
  return out;
}

Result<Rows> with_prefix(Connection& connection, const std::string& prefix) {
  return connection.query(
      "SELECT uuid, handle FROM item WHERE handle >= ? AND handle < ? ORDER BY handle LIMIT 6",
      {prefix, prefix + "~"});
}

}  // namespace

Result<ItemId> resolve_id(const Reader& reader, std::string_view id_or_handle) {
  Connection& connection = reader.connection();
  if (const auto bytes = parse_id_text(ascii_lower(id_or_handle))) {
    const ItemId id{*bytes};
    if (TRY(item_row(reader, id))) return id;
    return fail(ErrorCode::kNotFound, "no item " + std::string(id_or_handle));
  }
  if (id_or_handle.size() < 4 || id_or_handle.size() > 13) {
    return fail(ErrorCode::kInvalidArgument,
                ellipsis(one_line(id_or_handle), 60) +
                    ": expected a UUID or a handle of 4 to 13 characters");
  }
  Rows rows = TRY(with_prefix(connection, crockford(id_or_handle)));
  std::vector<ItemId> found;
  std::string names;
  while (TRY(rows.next())) {
    found.push_back(rows.id<ItemId>(0));
    if (!names.empty()) names += ", ";
    names += rows.view(1);
  }
  if (found.empty()) {
    return fail(ErrorCode::kNotFound, "no item " + std::string(id_or_handle));
  }
  if (found.size() == 1) return found[0];
  return fail(ErrorCode::kInvalidArgument, std::string(id_or_handle) + " is ambiguous: " + names +
                                               (found.size() == 6 ? ", …" : ""));
}

Result<std::string> short_handle(const Reader& reader, const ItemId& id) {
  const std::string full = handle(id);
  std::size_t length = 4;
  const auto apart_from = [&](const char* sql) -> Result<void> {
    Rows neighbour = TRY(reader.connection().query(sql, {full}));
    if (!TRY(neighbour.next())) return {};
    const std::string other = neighbour.text(0);
    std::size_t same = 0;
    while (same < full.size() && same < other.size() && full[same] == other[same]) ++same;
    length = std::max(length, std::min(same + 1, full.size()));
    return {};
  };
  TRY(apart_from("SELECT handle FROM item WHERE handle > ? ORDER BY handle LIMIT 1"));
  TRY(apart_from("SELECT handle FROM item WHERE handle < ? ORDER BY handle DESC LIMIT 1"));
  return full.substr(0, length);
}

}  // namespace hardwon::store
