#pragma once

// SQLite's C API with ownership and errors as values.
//
// Errors: full disk, I/O and permission are kIo with the path; damage is kCorruption; a busy
// database is kUnavailable; a broken constraint is kConflict.  Messages hold SQLite's text,
// which names table and column, and the statement.
// Threads: a Connection is used by one thread at a time.

#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "hardwon/error.h"
#include "hardwon/id.h"
#include "hardwon/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hardwon::store {

class CountingVfs;

struct Blob {
  std::string_view bytes;
};

// A value to bind: a view, alive until the call returns.
class Param {
 public:
  enum class Type : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };

  Param(std::nullptr_t) {}
  template <std::integral T>
  Param(T value) : type(Type::kInteger), integer(static_cast<std::int64_t>(value)) {}
  template <typename T>
    requires std::is_enum_v<T>
  Param(T value) : type(Type::kInteger), integer(static_cast<std::int64_t>(value)) {}
  Param(double value) : type(Type::kReal), real(value) {}
  Param(std::string_view value) : type(Type::kText), bytes(value) {}
  Param(const std::string& value) : type(Type::kText), bytes(value) {}
  Param(const char* value) : type(Type::kText), bytes(value) {}
  Param(Blob value) : type(Type::kBlob), bytes(value.bytes) {}
  Param(TimePoint value) : type(Type::kInteger), integer(value.time_since_epoch().count()) {}
  template <typename Tag>
  Param(const Id<Tag>& id)
      : type(Type::kBlob), bytes(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()) {}
  template <typename T>
  Param(const std::optional<T>& value) : Param(value ? Param(*value) : Param(nullptr)) {}

  Type type = Type::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;
};

// NULL for "no id" in columns that may be empty.
template <typename Tag>
Param id_or_null(const Id<Tag>& id) {
  return id.empty() ? Param(nullptr) : Param(id);
}

class Connection;

// The rows of a running query; ends it when destroyed.  Views are good until next().
class Rows {
 public:
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  Result<bool> next();  // false: no more rows
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view view(int column) const;  // text or blob
  std::string text(int column) const { return std::string(view(column)); }
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<double> optional_real(int column) const;
  std::optional<TimePoint> time(int column) const;
  int columns() const;
  std::string_view name(int column) const;
  Param value(int column) const;  // a view

  // NULL or a blob of another length: the empty id.
  template <typename IdType>
  IdType id(int column) const {
    IdType out;
    const std::string_view bytes = view(column);
    if (bytes.size() == out.bytes.size()) {
      std::memcpy(out.bytes.data(), bytes.data(), bytes.size());
    }
    return out;
  }

 private:
  friend class Connection;
  Rows(Connection& connection, sqlite3_stmt* statement, bool* busy)
      : connection_(&connection), statement_(statement), busy_(busy) {}
  Connection* connection_;
  sqlite3_stmt* statement_;
  bool* busy_;  // of the cache entry; nullptr when the statement is not cached
};

struct ConnectionOptions {
  std::string path;
  const CountingVfs* vfs = nullptr;  // nullptr: the operating system's
  bool read_only = false;
  bool create = false;
  bool immutable = false;  // nobody writes: no locks, no shared memory
  int busy_timeout_ms = 0;
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Starts a query; the statement is prepared once per text.
  Result<Rows> query(std::string_view sql, std::initializer_list<Param> params = {});
  // Runs to the end; returns the number of rows changed.
  Result<std::int64_t> run(std::string_view sql, std::initializer_list<Param> params = {});
  Result<std::int64_t> run_all(std::string_view sql, std::span<const Param> params);
  // The first column of the first row as a number; nullopt for no row or NULL.
  Result<std::optional<std::int64_t>> number(std::string_view sql,
                                             std::initializer_list<Param> params = {});
  // Several statements without parameters.
  Result<void> script(const std::string& sql);

  bool in_transaction() const;
  std::int64_t last_row() const;
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }
  int busy_timeout_ms() const { return busy_timeout_ms_; }
  // Frames in the WAL after the last commit of this connection.
  int wal_frames() const { return wal_frames_; }
  // The error of the last failed call, in words of what was done.
  Error error(int code, std::string_view doing) const;

 private:
  Connection(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  Result<Rows> prepare(std::string_view sql);
  Result<Rows> start(std::string_view sql, std::span<const Param> params);

  sqlite3* handle_;
  std::string path_;
  int wal_frames_ = 0;
  int busy_timeout_ms_ = 0;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool busy = false;
  };
  std::unordered_map<std::string, Cached> cache_;
};

// The Error of a SQLite result code; `path` is the database.
Error sqlite_error(int code, const std::string& path, std::string_view text,
                   std::string_view doing);

}  // namespace hardwon::store
