#include "store/sqlite.h"

#include <sqlite3.h>

#include "base/check.h"
#include "base/text.h"
#include "store/vfs.h"

namespace hardwon::store {
namespace {

constexpr std::size_t kCachedStatementsMax = 400;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorruption;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorCode::kUnavailable;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConflict;
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kIo;
  }
}

std::string escape_uri(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

int bind(sqlite3_stmt* statement, int at, const Param& param) {
  switch (param.type) {
    case Param::Type::kNull:
      return sqlite3_bind_null(statement, at);
    case Param::Type::kInteger:
      return sqlite3_bind_int64(statement, at, param.integer);
    case Param::Type::kReal:
      return sqlite3_bind_double(statement, at, param.real);
    case Param::Type::kText:
      return sqlite3_bind_text64(statement, at, param.bytes.data() ? param.bytes.data() : "",
                                 param.bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    case Param::Type::kBlob:
      if (param.bytes.empty()) return sqlite3_bind_zeroblob(statement, at, 0);
      return sqlite3_bind_blob64(statement, at, param.bytes.data(), param.bytes.size(),
                                 SQLITE_TRANSIENT);
  }
  std::unreachable();
}

int remember_wal_frames(void* to, sqlite3*, const char*, int frames) {
  *static_cast<int*>(to) = frames;
  return SQLITE_OK;
}

}  // namespace

Error sqlite_error(int code, const std::string& path, std::string_view text,
                   std::string_view doing) {
  Error error;
  error.code = code_of(code);
  error.path = path;
  const int base = code & 0xff;
  std::string what;
  if (base == SQLITE_FULL) {
    what = "disk full";
  } else if (base == SQLITE_IOERR) {
    what = code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC
               ? "fsync failed"
               : "input/output error (" + std::to_string(code) + ")";
  } else if (base == SQLITE_CORRUPT || base == SQLITE_NOTADB) {
    what = "the database is damaged: " + std::string(text);
  } else {
    what = std::string(text);
  }
  error.message = path + ": " + what;
  if (!doing.empty()) error.message += " (" + ellipsis(one_line(doing), 80) + ")";
  return error;
}

// ---------------------------------------------------------------- rows

Rows::Rows(Rows&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      busy_(other.busy_) {}

Rows::~Rows() {
  if (statement_ == nullptr) return;
  if (busy_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);  // frees the texts it holds
  *busy_ = false;
}

Result<bool> Rows::next() {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return std::unexpected(connection_->error(rc, sqlite3_sql(statement_)));
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Rows::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Rows::view(int column) const {
  const bool blob = sqlite3_column_type(statement_, column) == SQLITE_BLOB;
  const void* bytes =
      blob ? sqlite3_column_blob(statement_, column) : sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<std::int64_t> Rows::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}
std::optional<double> Rows::optional_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}
std::optional<TimePoint> Rows::time(int column) const {
  if (is_null(column)) return std::nullopt;
  return TimePoint(std::chrono::microseconds(integer(column)));
}
int Rows::columns() const { return sqlite3_column_count(statement_); }
std::string_view Rows::name(int column) const { return sqlite3_column_name(statement_, column); }

Param Rows::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Param(integer(column));
    case SQLITE_FLOAT:
      return Param(real(column));
    case SQLITE_TEXT:
      return Param(view(column));
    case SQLITE_BLOB:
      return Param(Blob{view(column)});
    default:
      return Param(nullptr);
  }
}

// ---------------------------------------------------------------- connection

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create) flags |= SQLITE_OPEN_CREATE;
  std::string name = options.path;
  if (options.immutable) {
    name = "file:" + escape_uri(options.path) + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  sqlite3* handle = nullptr;
  const char* vfs = options.vfs == nullptr ? nullptr : options.vfs->name();
  const int rc = sqlite3_open_v2(name.c_str(), &handle, flags, vfs);
  std::unique_ptr<Connection> connection(new Connection(handle, options.path));
  if (rc != SQLITE_OK) return std::unexpected(connection->error(rc, "open"));
  connection->busy_timeout_ms_ = options.busy_timeout_ms;
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  // Rule 2: the last one to leave must not checkpoint, since it does not hold the write lock.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  TRY(connection->script(
      "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
      "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000; PRAGMA foreign_keys=ON;"
      "PRAGMA trusted_schema=OFF"));
  sqlite3_wal_hook(handle, remember_wal_frames, &connection->wal_frames_);
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, cached] : cache_) sqlite3_finalize(cached.statement);
  if (handle_ != nullptr) CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

Error Connection::error(int code, std::string_view doing) const {
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  return sqlite_error(code, path_, text, doing);
}

Result<Rows> Connection::prepare(std::string_view sql) {
  const std::string key(sql);
  const auto found = cache_.find(key);
  if (found != cache_.end() && !found->second.busy) {
    found->second.busy = true;
    return Rows(*this, found->second.statement, &found->second.busy);
  }
  sqlite3_stmt* statement = nullptr;
  const bool cached = found == cache_.end() && cache_.size() < kCachedStatementsMax;
  const int rc = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                    cached ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  if (rc != SQLITE_OK) return std::unexpected(error(rc, sql));
  if (!cached) return Rows(*this, statement, nullptr);
  const auto at = cache_.emplace(key, Cached{statement, true}).first;
  return Rows(*this, statement, &at->second.busy);
}

Result<Rows> Connection::query(std::string_view sql, std::initializer_list<Param> params) {
  return start(sql, {params.begin(), params.size()});
}

Result<Rows> Connection::start(std::string_view sql, std::span<const Param> params) {
  Rows rows = TRY(prepare(sql));
  CHECK(static_cast<int>(params.size()) == sqlite3_bind_parameter_count(rows.statement_));
  int at = 0;
  for (const Param& param : params) {
    const int rc = bind(rows.statement_, ++at, param);
    if (rc != SQLITE_OK) return std::unexpected(error(rc, sql));
  }
  return rows;
}

Result<std::int64_t> Connection::run(std::string_view sql, std::initializer_list<Param> params) {
  return run_all(sql, {params.begin(), params.size()});
}

Result<std::int64_t> Connection::run_all(std::string_view sql, std::span<const Param> params) {
  Rows rows = TRY(start(sql, params));
  while (TRY(rows.next())) {
  }
  return sqlite3_changes64(handle_);
}

Result<std::optional<std::int64_t>> Connection::number(std::string_view sql,
                                                       std::initializer_list<Param> params) {
  Rows rows = TRY(query(sql, params));
  if (!TRY(rows.next())) return std::nullopt;
  return rows.optional_integer(0);
}

Result<void> Connection::script(const std::string& sql) {
  const int rc = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return std::unexpected(error(rc, sql));
  return {};
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_); }

}  // namespace hardwon::store
