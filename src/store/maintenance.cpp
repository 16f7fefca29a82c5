#include "store/maintenance.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "store/database_files.h"
#include "store/items.h"
#include "store/rows.h"
#include "store/vfs.h"

namespace hardwon::store {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kReaderPoll{1};

Result<void> sync_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return std::unexpected(
      Error{.code = ErrorCode::kIo, .message = path + ": fsync failed", .path = path});
}

Result<void> write_copy(Connection& from, const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo, .message = path + ": cannot be created", .path = path});
  }
  ::close(fd);
  {
    auto to = TRY(Connection::open({.path = path, .create = true}));
    // Pages are written once into a file that nobody knows yet: one sync at the end will do.
    TRY(to->script("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF"));
    TRY(copy_pages(from, *to));
    // A backup is one file: no WAL beside it when it is opened.
    TRY(to->script("PRAGMA journal_mode=DELETE"));
  }
  return sync_file(path);
}

Result<void> reindex(Connection& connection, ItemKind kind) {
  const std::string table = text_table(kind);
  TRY(connection.run("DELETE FROM " + table));
  std::int64_t items = 0;
  Rows rows =
      TRY(connection.query("SELECT id FROM item WHERE kind = ? AND indexed ORDER BY id", {kind}));
  while (TRY(rows.next())) {
    const auto head = TRY(find_item(connection, rows.integer(0)));
    if (!head) continue;
    const auto text = TRY(read_text(connection, *head));
    TRY(index_text(connection, *head, text.value_or("")));
    ++items;
  }
  TRY(connection.run("UPDATE indexed_count SET items = ? WHERE kind = ?", {items, kind}));
  // Deleted rows live on in the index's segments until they are merged into one.
  TRY(connection.run("INSERT INTO " + table + "(" + table + ") VALUES ('optimize')"));
  return {};
}

// A database whose WAL is empty is whole in its file.
bool wal_is_empty(const std::string& path) {
  struct stat wal{};
  return ::stat((path + "-wal").c_str(), &wal) != 0 || wal.st_size == 0;
}

}  // namespace

Result<void> copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) {
    return std::unexpected(to.error(sqlite3_errcode(to.handle()), "backup"));
  }
  const int rc = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (rc == SQLITE_DONE) return {};
  // Which side failed is not told; a full disk is the target's, damage the source's.
  const bool source = (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
  return std::unexpected(sqlite_error(rc, source ? from.path() : to.path(), sqlite3_errstr(rc),
                                      "copying the database"));
}

Result<std::unique_ptr<Connection>> open_readable(const std::string& path, const CountingVfs* vfs,
                                                  milliseconds wait) {
  ConnectionOptions wanted{.path = path,
                           .vfs = vfs,
                           .read_only = true,
                           .busy_timeout_ms = static_cast<int>(wait.count())};
  const auto open_and_look = [&]() -> Result<std::unique_ptr<Connection>> {
    auto connection = TRY(Connection::open(wanted));
    TRY(connection->number("SELECT count(*) FROM sqlite_schema"));
    return connection;
  };
  auto connection = open_and_look();
  if (connection || connection.error().code != ErrorCode::kIo) return connection;
  if (::access(parent_of(path).c_str(), W_OK) == 0) return connection;
  if (wal_is_empty(path)) {
    wanted.immutable = true;
    return open_and_look();
  }
  Error error = std::move(connection).error();
  error.message +=
      "; the directory cannot be written and the store has commits in its WAL: copy the "
      "directory to a place that can be written, or open it once where it is";
  return std::unexpected(std::move(error));
}

Result<void> reindex_all(Connection& connection) {
  for (const ItemKind kind : kItemKinds) TRY(reindex(connection, kind));
  return {};
}

Result<std::unique_ptr<Connection>> open_alone(const std::string& path, const CountingVfs* vfs) {
  auto connection = TRY(Connection::open({.path = path, .vfs = vfs}));
  // Exclusive before the first access: then SQLite keeps the WAL's index in memory and holds
  // the file for itself, which fails while anyone else has it open.
  TRY(connection->script("PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE"));
  auto alone = connection->script("BEGIN EXCLUSIVE; COMMIT");
  if (alone) return connection;
  if (alone.error().code == ErrorCode::kUnavailable) {
    alone.error().message = path + ": another process has the store open; end it first";
  }
  return std::unexpected(std::move(alone).error());
}

Result<void> copy_database(Connection& from, const std::string& target) {
  std::error_code ignored;
  if (TRY(file_exists(target))) {
    return std::unexpected(Error{.code = ErrorCode::kConflict,
                                 .message = target + " exists; a backup overwrites nothing",
                                 .path = target});
  }
  const std::string unfinished = target + ".part";
  auto written = write_copy(from, unfinished);
  if (written && ::rename(unfinished.c_str(), target.c_str()) != 0) {
    written = std::unexpected(Error{.code = ErrorCode::kIo,
                                    .message = target + ": cannot be renamed into place",
                                    .path = target});
  }
  if (!written) {
    std::filesystem::remove(unfinished, ignored);
    return written;
  }
  return sync_directory(parent_of(target));
}

Result<void> run_checkpoint(Connection& connection, const char* pragma, milliseconds wait) {
  // SQLite's own waiting looks at a reader's mark once and then waits for its slot, which new
  // readers of the newest state keep taking; a fresh attempt looks again and is through.
  struct NoBusyHandler {
    sqlite3* handle;
    int before;
    ~NoBusyHandler() { sqlite3_busy_timeout(handle, before); }
  } no_busy_handler{connection.handle(), connection.busy_timeout_ms()};
  sqlite3_busy_timeout(connection.handle(), 0);
  const auto start = Steady::now();
  for (;;) {
    bool held_back = true;
    {
      Rows rows = TRY(connection.query(pragma));
      const auto row = rows.next();
      if (!row && row.error().code != ErrorCode::kUnavailable) {
        return std::unexpected(row.error());
      }
      if (row && *row) held_back = rows.integer(0) != 0;
    }
    if (!held_back) return {};
    if (Steady::now() - start >= wait) {
      return fail(ErrorCode::kUnavailable,
                  connection.path() + ": a reader keeps an old state of the store open");
    }
    std::this_thread::sleep_for(kReaderPoll);
  }
}

Result<void> scrub_database(Connection& connection, milliseconds wait) {
  TRY(connection.run("BEGIN IMMEDIATE"));
  Result<void> rebuilt = reindex_all(connection);
  if (rebuilt) rebuilt = connection.script("COMMIT");
  if (!rebuilt) {
    if (connection.in_transaction()) static_cast<void>(connection.script("ROLLBACK"));
    return rebuilt;
  }
  TRY(connection.script("VACUUM"));
  return run_checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)", wait);
}

}  // namespace hardwon::store
