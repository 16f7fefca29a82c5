#pragma once

// Whole-store work on a connection that the caller holds the write lock for.

#include <chrono>
#include <memory>
#include <string>

#include "hardwon/error.h"
#include "store/sqlite.h"

namespace hardwon::store {

class CountingVfs;

// For reading, also where nothing can be written: on such a medium a database whose WAL is
// empty is read from its file alone.
Result<std::unique_ptr<Connection>> open_readable(const std::string& path, const CountingVfs* vfs,
                                                  std::chrono::milliseconds wait);

// Copies all pages as they are.
Result<void> copy_pages(Connection& from, Connection& to);

// A connection while no other process, and nothing else in this one, has the database open;
// else kUnavailable.
Result<std::unique_ptr<Connection>> open_alone(const std::string& path, const CountingVfs* vfs);

// A consistent copy as one file (mode 0600), synced and renamed into place.  kConflict when
// `target` exists.
Result<void> copy_database(Connection& from, const std::string& target);

// `pragma`: a wal_checkpoint statement.  Readers that hold it back are waited for `wait` long;
// after that what could be copied was, and kUnavailable says so for RESTART and TRUNCATE.
Result<void> run_checkpoint(Connection& connection, const char* pragma,
                            std::chrono::milliseconds wait);

// Makes full text anew from the records; inside the caller's transaction.
Result<void> reindex_all(Connection& connection);

// Rebuilds the full-text tables from the records, vacuums and empties the WAL, so that no
// deleted byte is left in a file.  kUnavailable when a reader holds an old snapshot longer
// than `wait`.
Result<void> scrub_database(Connection& connection, std::chrono::milliseconds wait);

}  // namespace hardwon::store
