// What the store holds, in numbers.

#include <sys/stat.h>

#include "store/items.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

std::int64_t file_bytes(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

// The part of the store that a table or index belongs to.
std::string part_of(std::string_view table) {
  if (table.contains("_text")) return "full_text";
  if (table == "step" || table.contains("autoindex_step")) return "steps";
  for (const std::string_view part : {"episode", "segment", "document", "lesson", "session",
                                      "evidence", "observation", "injection"}) {
    if (table.starts_with(part) || table.contains("autoindex_" + std::string(part))) {
      return std::string(part) + (part == "evidence" ? "" : "s");
    }
  }
  if (table.starts_with("injected")) return "injections";
  return "other";
}

// Pages per table where SQLite has dbstat; without it only the whole is known.
Result<void> add_parts(Connection& connection, std::map<std::string, std::int64_t>& bytes) {
  const bool known =
      TRY(connection.number("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'")).has_value();
  if (!known) return {};
  Rows rows = TRY(connection.query("SELECT name, pgsize FROM dbstat WHERE aggregate = 1"));
  while (TRY(rows.next())) bytes[part_of(rows.view(0))] += rows.integer(1);
  return {};
}

}  // namespace

Result<StoreFigures> figures(const Reader& reader) {
  Connection& connection = reader.connection();
  StoreFigures out;
  {
    Rows rows = TRY(connection.query("SELECT kind, count(*) FROM item GROUP BY kind"));
    while (TRY(rows.next())) {
      out.items[std::string(name_of(static_cast<ItemKind>(rows.integer(0))))] = rows.integer(1);
    }
  }
  {
    Rows rows = TRY(connection.query("SELECT kind, count(*) FROM lesson GROUP BY kind"));
    while (TRY(rows.next())) {
      out.items[std::string(name_of(static_cast<LessonKind>(rows.integer(0))))] = rows.integer(1);
    }
  }
  for (const ItemKind kind : kItemKinds) out.items.try_emplace(std::string(name_of(kind)), 0);
  out.sessions = TRY(connection.number("SELECT count(*) FROM session")).value_or(0);
  out.episodes = out.items["episode"];
  out.pending = TRY(pending_episodes(reader));
  out.dead_letters = TRY(dead_letters(reader));
  out.bytes["database"] = file_bytes(connection.path());
  out.bytes["wal"] = file_bytes(connection.path() + "-wal");
  TRY(add_parts(connection, out.bytes));
  return out;
}

}  // namespace hardwon::store
