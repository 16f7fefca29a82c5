// Documents.

#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

Result<std::optional<ItemHead>> find_document(Connection& connection,
                                              const std::string& external_id, std::int64_t scope) {
  const auto row =
      TRY(connection.number("SELECT item FROM document JOIN item ON item.id = document.item"
                            " WHERE external_id = ? AND scope = ?",
                            {external_id, scope}));
  if (!row) return std::nullopt;
  return find_item(connection, *row);
}

}  // namespace

Digest digest_of(const Document& document) {
  Digest digest;
  digest.add(document.id).add(document.external_id).add(document.scope.canonical());
  return digest.add(document.content).add(document.metadata_json);
}

Result<PutResult> put_document(Writer& writer, const Document& given) {
  Connection& connection = writer.connection();
  MaskCounts* masked = &writer.masked();
  const Document document{.id = given.id,
                          .external_id = door_text(given.external_id, masked),
                          .scope = door_scope(given.scope, masked),
                          .content = door_text(given.content, masked),
                          .metadata_json = door_json(given.metadata_json, masked)};
  const std::int64_t scope = TRY(scope_row(connection, document.scope));
  const ItemHead head{.id = document.id,
                      .kind = ItemKind::kDocument,
                      .scope = scope,
                      .digest = digest_of(document).bytes()};
  // The same external id in the same scope is the same document, whatever id it was given.
  bool replaced = false;
  if (!document.external_id.empty()) {
    const auto other = TRY(find_document(connection, document.external_id, head.scope));
    if (other && other->id != document.id) {
      TRY(remove_item(connection, *other));
      replaced = true;
    }
  }
  const ItemPut put = TRY(put_item(writer, head, document.content));
  if (put.result == PutResult::kUnchanged) return put.result;
  TRY(connection.run("INSERT OR REPLACE INTO document VALUES (?,?,?,?)",
                     {put.row, document.external_id, document.content, document.metadata_json}));
  return replaced ? PutResult::kChanged : put.result;
}

Result<Document> read_document(Connection& connection, const ItemHead& head) {
  Rows rows = TRY(connection.query(
      "SELECT external_id, content, metadata FROM document WHERE item = ?", {head.row}));
  if (!TRY(rows.next())) {
    return fail(ErrorCode::kCorruption, "document " + to_text(head.id) + " has no row");
  }
  Scope scope = TRY(scope_of_row(connection, head.scope));
  return Document{.id = head.id,
                  .external_id = rows.text(0),
                  .scope = std::move(scope),
                  .content = rows.text(1),
                  .metadata_json = rows.text(2)};
}

Result<bool> remove_document(Writer& writer, std::string_view external_id, const Scope& scope) {
  Connection& connection = writer.connection();
  const auto row = TRY(connection.number("SELECT id FROM scope WHERE canonical = ?",
                                         {door_scope(scope, nullptr).canonical()}));
  if (!row) return false;
  const auto head = TRY(find_document(connection, door_text(external_id, nullptr), *row));
  if (!head) return false;
  TRY(remove_item(connection, *head));
  return true;
}

namespace {

constexpr std::string_view kVisibleDocuments =
    " FROM item WHERE kind = 3 AND scope IN (SELECT value FROM json_each(?))";

Result<std::vector<ItemHead>> visible_documents(const Reader& reader, const Visibility& visibility,
                                                std::size_t limit) {
  const auto scopes = TRY(visible_scopes(reader, visibility));
  std::vector<ItemHead> heads;
  Rows rows = TRY(reader.connection().query(
      "SELECT id" + std::string(kVisibleDocuments) + " ORDER BY id LIMIT ?",
      {json_rows(scopes), static_cast<std::int64_t>(limit)}));
  while (TRY(rows.next())) {
    auto head = TRY(find_item(reader.connection(), rows.integer(0)));
    if (head) heads.push_back(std::move(*head));
  }
  return heads;
}

}  // namespace

Result<std::vector<Document>> list_documents(const Reader& reader, const Visibility& visibility,
                                             std::size_t limit) {
  std::vector<Document> documents;
  for (const ItemHead& head : TRY(visible_documents(reader, visibility, limit))) {
    documents.push_back(TRY(read_document(reader.connection(), head)));
  }
  return documents;
}

Result<std::int64_t> count_documents(const Reader& reader, const Visibility& visibility) {
  const auto scopes = TRY(visible_scopes(reader, visibility));
  return TRY(reader.connection().number("SELECT count(*)" + std::string(kVisibleDocuments),
                                        {json_rows(scopes)}))
      .value_or(0);
}

Result<std::int64_t> clear_documents(Writer& writer, const Visibility& visibility) {
  const auto heads =
      TRY(visible_documents(writer.reader(), visibility, std::numeric_limits<std::int64_t>::max()));
  for (const ItemHead& head : heads) TRY(remove_item(writer.connection(), head));
  return static_cast<std::int64_t>(heads.size());
}

}  // namespace hardwon::store
