#pragma once

// The database: one SQLite file in WAL mode, one write lock for all processes.
//
// Rules (docs/decisions/0003)
//   1. Every write transaction and every checkpoint runs under one flock on `write.lock`,
//      held <= 50 ms; a wait over `lock_wait` is kUnavailable with store_locked and names
//      the holder.
//   2. wal_autocheckpoint=0, no checkpoint on close; checkpoints only under the lock and above
//      4 MB of WAL (1 MB at a process's first commit).  mmap_size=0.  synchronous=FULL: a
//      commit that returned is durable.
//   3. Readers open read-only and see one snapshot per read().
//   4. Nothing in the process opens the database file outside SQLite.
//   5. The store's door masks: every text that a put_* function writes passes mask_secrets.
//   6. After a failed fsync the object refuses writes until the store is opened again: what
//      the operating system then holds of the WAL is unknown.
// Threads: all methods are safe from any thread; writes of one process run in order of
// arrival, reads have connections of their own.  No write() inside a write().

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mask.h"
#include "hardwon/error.h"

namespace hardwon::store {

struct FileFaults;  // failures to inject (vfs.h)
class Connection;   // a SQLite handle with its cached statements (sqlite.h)

// A read snapshot: handed to the get_* and find_* functions.
class Reader {
 public:
  Connection& connection() const { return connection_; }

 private:
  friend class Database;
  friend class Writer;
  explicit Reader(Connection& connection) : connection_(connection) {}
  Connection& connection_;
};

// A write transaction in progress: handed to the put_* functions of records.h.
class Writer {
 public:
  Connection& connection() { return connection_; }
  Reader reader() const { return Reader(connection_); }  // sees this transaction's changes
  TimePoint now() const { return now_; }
  MaskCounts& masked() { return masked_; }  // secrets masked in this transaction

 private:
  friend class Database;
  Writer(Connection& connection, TimePoint now) : connection_(connection), now_(now) {}
  Connection& connection_;
  TimePoint now_;
  MaskCounts masked_;
};

struct DatabaseOptions {
  std::filesystem::path directory;
  bool read_only = false;
  bool create = true;  // false: kNotFound when there is no store
  std::chrono::milliseconds lock_wait{5'000};
  FileFaults* faults = nullptr;  // tests of full and failing disks; borrowed
};

// What the process wrote, counted at the file layer (a VFS shim).
struct WriteCounts {
  std::int64_t calls = 0;  // transactions committed
  std::int64_t bytes = 0;  // bytes handed to the operating system
  std::int64_t fsyncs = 0;
};

class Database {
 public:
  // Errors: kNotFound; kIo (permission, full disk, with path); kCorruption (what is damaged);
  // kUnavailable (store of a newer version, or the lock is held).  Migrates older stores,
  // alone and after a backup.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options, const Clock& clock);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `body` in one transaction; commits when it returns a value, rolls back when it
  // returns an error.  When write() returns a value the change is durable.  Checkpoints, still
  // under the lock, when the WAL has grown over 4 MB (rule 2).
  Result<void> write(const std::function<Result<void>(Writer&)>& body);
  // Runs `body` on one consistent snapshot.
  Result<void> read(const std::function<Result<void>(const Reader&)>& body) const;

  bool read_only() const;
  const std::filesystem::path& directory() const;
  WriteCounts write_counts() const;
  MaskCounts masked() const;  // by all write() calls of this object so far

  // Whole-store operations; each takes the write lock as long as it needs.
  Result<void> checkpoint();                                 // if the WAL is > 4 MB
  Result<void> backup(const std::filesystem::path& target);  // a consistent copy
  Result<void> scrub();  // after deletes: rebuilds full text, vacuums, empties the WAL

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Replaces the database of a closed store by a backup; the old one is kept beside it as
// "hardwon.db.before-restore[-n]".  Errors: kUnavailable when a process has the store open;
// kCorruption when the backup is no sound store (nothing is changed then).
Result<void> restore(const std::filesystem::path& backup, const std::filesystem::path& directory);

// Checks every page, index, foreign key, full-text entry, payload and digest, on a copy in
// memory (as large as the database) while others go on.  An empty list: sound.
struct Damage {
  std::string what;  // table, page or record, and what is wrong with it
};
Result<std::vector<Damage>> verify(const std::filesystem::path& directory);

// Copies what is readable of a damaged store into a new one; returns rows lost per table,
// -1 where even their number cannot be read.  kConflict when `target` holds a store.
Result<std::map<std::string, std::int64_t>> salvage(const std::filesystem::path& damaged,
                                                    const std::filesystem::path& target);

}  // namespace hardwon::store
