// restore() and salvage(): a database in place of another.

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "store/database_files.h"
#include "store/items.h"
#include "store/maintenance.h"
#include "store/records.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/standing.h"
#include "store/write_lock.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

Error io_error(const fs::path& path, const std::error_code& error) {
  return {.code = ErrorCode::kIo,
          .message = path.string() + ": " + error.message(),
          .path = path.string()};
}

// ---------------------------------------------------------------- restore

Result<void> check_backup(Connection& connection) {
  const SchemaState state = TRY(schema_state(connection));
  TRY(check_writable(state, connection.path()));
  if (state.version == 0) {
    return fail(ErrorCode::kCorruption, connection.path() + ": an empty file, no backup");
  }
  Rows rows = TRY(connection.query("PRAGMA integrity_check(1)"));
  if (TRY(rows.next()) && rows.view(0) == "ok") return {};
  return fail(ErrorCode::kCorruption,
              connection.path() + ": the backup is damaged: " + rows.text(0));
}

Result<fs::path> free_name(const fs::path& wanted) {
  fs::path name = wanted;
  for (int n = 2; TRY(file_exists(name)); ++n) {
    name = wanted.string() + "-" + std::to_string(n);
  }
  return name;
}

// The old database gets a second name before anything is taken from it, and its WAL is moved
// under that name: a WAL beside another database would be replayed into it.
Result<void> keep_old(const fs::path& database) {
  const fs::path old = TRY(free_name(database.string() + ".before-restore"));
  std::error_code error;
  fs::create_hard_link(database, old, error);
  if (error) return std::unexpected(io_error(old, error));
  const fs::path wal = database.string() + "-wal";
  if (TRY(file_exists(wal))) {
    fs::rename(wal, old.string() + "-wal", error);
    if (error) return std::unexpected(io_error(wal, error));
  }
  fs::remove(database.string() + "-shm", error);
  return sync_directory(database.parent_path());
}

Result<void> replace(Connection& backup, const fs::path& directory) {
  const fs::path database = directory / kDatabaseFile;
  const fs::path fresh = database.string() + ".restored";
  std::error_code error;
  fs::remove(fresh, error);
  TRY(copy_database(backup, fresh.string()));
  {
    auto connection = TRY(Connection::open({.path = fresh.string()}));
    TRY(connection->script("PRAGMA journal_mode=WAL"));
  }
  fs::remove(fresh.string() + "-wal", error);
  fs::remove(fresh.string() + "-shm", error);
  if (TRY(file_exists(database))) {
    {
      // Nobody else may have it open.  A damaged one cannot be asked and is moved as it is.
      auto alone = open_alone(database.string(), nullptr);
      if (!alone && alone.error().code != ErrorCode::kCorruption) {
        return std::unexpected(std::move(alone).error());
      }
    }
    TRY(keep_old(database));
  }
  fs::rename(fresh, database, error);
  if (error) return std::unexpected(io_error(database, error));
  return sync_directory(directory);
}

// ---------------------------------------------------------------- salvage

// Parents before children; full text is made from the records.
constexpr const char* kTables[] = {
    "scope",       "project_alias", "source",    "session",     "item",         "removed",
    "forgotten",   "segment",       "document",  "episode",     "step",         "bucket",
    "observation", "work",          "lesson",    "human_event", "supersession", "evidence",
    "feedback",    "rating",        "injection", "injected"};

// Copies rows of one direction until the end or a damaged page; true at the end.
Result<bool> copy_rows(Connection& from, Connection& to, const std::string& table,
                       const std::string& order) {
  auto rows = from.query("SELECT * FROM " + table + order);
  if (!rows) return false;
  // By name: an older store has fewer columns.
  std::string names, marks;
  for (int i = 0; i < rows->columns(); ++i) {
    const char* comma = i == 0 ? "" : ",";
    names.append(comma).append("\"").append(rows->name(i)).append("\"");
    marks.append(comma).append("?");
  }
  const std::string insert =
      "INSERT OR IGNORE INTO " + table + "(" + names + ") VALUES (" + marks + ")";
  for (;;) {
    const auto more = rows->next();
    if (!more) return false;
    if (!*more) return true;
    std::vector<Param> values;
    values.reserve(static_cast<std::size_t>(rows->columns()));
    for (int i = 0; i < rows->columns(); ++i) values.push_back(rows->value(i));
    const auto written = to.run_all(insert, values);
    // A row that breaks a rule of the schema is damage, not a reason to stop.
    if (!written && written.error().code != ErrorCode::kConflict) {
      return std::unexpected(written.error());
    }
  }
}

// By key from both ends: what lies between two damaged pages is lost.
Result<std::int64_t> salvage_table(Connection& from, Connection& to, const std::string& table) {
  bool whole = TRY(copy_rows(from, to, table, ""));
  if (!whole) {
    const bool has_rowid = from.number("SELECT rowid FROM " + table + " LIMIT 0").has_value();
    TRY(copy_rows(from, to, table, has_rowid ? " ORDER BY rowid DESC" : " ORDER BY 1 DESC"));
  }
  const auto kept = TRY(to.number("SELECT count(*) FROM " + table)).value_or(0);
  const auto all = from.number("SELECT count(*) FROM " + table);
  if (!all) return -1;
  return std::max<std::int64_t>(all->value_or(0) - kept, 0);
}

// Records whose item row is lost and items whose record is lost are no use to anyone.
Result<void> drop_orphans(Connection& connection) {
  constexpr const char* kSql =
      "DELETE FROM step WHERE episode NOT IN (SELECT item FROM episode);"
      "DELETE FROM segment WHERE item NOT IN (SELECT id FROM item WHERE kind = 2);"
      "DELETE FROM document WHERE item NOT IN (SELECT id FROM item WHERE kind = 3);"
      "DELETE FROM episode WHERE item NOT IN (SELECT id FROM item WHERE kind = 4);"
      "DELETE FROM step WHERE episode NOT IN (SELECT item FROM episode);"
      "DELETE FROM observation WHERE bucket NOT IN (SELECT id FROM bucket);"
      "UPDATE lesson SET bucket = NULL WHERE bucket NOT IN (SELECT id FROM bucket);"
      "DELETE FROM lesson WHERE item NOT IN (SELECT id FROM item WHERE kind = 1);"
      "DELETE FROM item WHERE scope NOT IN (SELECT id FROM scope);"
      "DELETE FROM item WHERE (kind = 1 AND id NOT IN (SELECT item FROM lesson)) OR"
      " (kind = 2 AND id NOT IN (SELECT item FROM segment)) OR"
      " (kind = 3 AND id NOT IN (SELECT item FROM document)) OR"
      " (kind = 4 AND id NOT IN (SELECT item FROM episode));"
      "DELETE FROM session WHERE scope NOT IN (SELECT id FROM scope);"
      "DELETE FROM bucket WHERE scope NOT IN (SELECT id FROM scope);"
      "DELETE FROM injected WHERE injection NOT IN (SELECT id FROM injection);"
      "DELETE FROM injection WHERE scope NOT IN (SELECT id FROM scope);";
  return connection.script(kSql);
}

}  // namespace

Result<void> restore(const fs::path& backup, const fs::path& directory) {
  auto from = TRY(open_readable(backup.string(), nullptr, milliseconds(1000)));
  TRY(check_backup(*from));
  std::error_code error;
  if (!TRY(file_exists(directory))) {
    fs::create_directories(directory, error);
    fs::permissions(directory, fs::perms::owner_all, error);
    if (error) return std::unexpected(io_error(directory, error));
  }
  auto lock = TRY(WriteLock::open(directory));
  TRY(lock->acquire(milliseconds(5000), SystemClock().now()));
  const auto replaced = replace(*from, directory);
  lock->release();
  return replaced;
}

Result<std::map<std::string, std::int64_t>> salvage(const fs::path& damaged,
                                                    const fs::path& target) {
  const std::string fresh = (target / kDatabaseFile).string();
  if (TRY(file_exists(fresh))) {
    return fail(ErrorCode::kConflict, fresh + " exists; salvage overwrites nothing");
  }
  auto from = TRY(open_readable((damaged / kDatabaseFile).string(), nullptr, milliseconds(5000)));
  {
    const SystemClock clock;
    TRY(Database::open({.directory = target}, clock));
  }
  auto to = TRY(Connection::open({.path = fresh}));
  TRY(to->script("PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE"));
  std::map<std::string, std::int64_t> lost;
  for (const char* table : kTables) {
    if (const std::int64_t rows = TRY(salvage_table(*from, *to, table)); rows != 0) {
      lost[table] = rows;
    }
  }
  TRY(drop_orphans(*to));
  TRY(reindex_all(*to));
  TRY(rebuild_standing(*to));
  // Row ids are never used twice, also those of which only the tombstone is left.
  TRY(
      to->script("DELETE FROM sqlite_sequence WHERE name = 'item';"
                 "INSERT INTO sqlite_sequence SELECT 'item', max(ifnull((SELECT max(id) FROM item),"
                 " 0), ifnull((SELECT max(id) FROM removed), 0))"));
  TRY(to->script("COMMIT"));
  return lost;
}

}  // namespace hardwon::store
