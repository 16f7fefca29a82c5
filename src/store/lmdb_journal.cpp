#include "store/lmdb_journal.h"

#ifdef HARDWON_LMDB

#include <lmdb.h>

#include <cstring>
#include <mutex>

#include "base/check.h"
#include "base/file.h"
#include "base/hash.h"

namespace hardwon::store {
namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kMapBytesFirst = 16UL << 20;
constexpr unsigned kDatabases = 8;

// What stands in `meta` under the key "state", little endian, with a checksum at its end.
struct Meta {
  std::uint32_t format = kFormat;
  std::uint32_t clean = 1;
  std::uint64_t snapshot_covers = 0;
  std::uint64_t snapshot_bytes = 0;
  std::uint32_t snapshot_database = 0;  // 0 or 1
  std::uint32_t snapshot_chunks = 0;
  std::uint64_t checksum = 0;

  std::uint64_t sum() const {
    return hash64({reinterpret_cast<const char*>(this), offsetof(Meta, checksum)});
  }
};
static_assert(sizeof(Meta) == 40);

std::unexpected<Error> lmdb_error(const std::filesystem::path& directory, std::string_view tried,
                                  int code) {
  Error error = io_error(directory / "data.mdb", tried, code > 0 ? code : EIO);
  if (code < 0) {
    error.message = std::string(tried) + ": " + mdb_strerror(code);
    const bool damaged = code == MDB_CORRUPTED || code == MDB_INVALID || code == MDB_PAGE_NOTFOUND;
    if (damaged) error.code = ErrorCode::kCorruption;
    if (code == MDB_VERSION_MISMATCH) error.code = ErrorCode::kUnavailable;
  }
  return std::unexpected(std::move(error));
}

std::unexpected<Error> damaged(const std::filesystem::path& directory, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kCorruption,
                               .message = std::move(message),
                               .path = (directory / "data.mdb").string()});
}

MDB_val value_of(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// A transaction that is aborted unless it was committed.
class Transaction {
 public:
  Transaction() = default;
  ~Transaction() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  int begin(MDB_env* environment, unsigned flags) {
    return mdb_txn_begin(environment, nullptr, flags, &txn_);
  }
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
  void abort() { mdb_txn_abort(std::exchange(txn_, nullptr)); }
  operator MDB_txn*() { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

// An open environment with its four databases.
class Environment {
 public:
  ~Environment() { close(); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  explicit Environment(std::filesystem::path directory) : directory_(std::move(directory)) {}

  Result<void> open(bool read_only) {
    CHECK(environment == nullptr);
    if (int code = mdb_env_create(&environment); code != 0) return fail_with("create", code);
    mdb_env_set_maxdbs(environment, kDatabases);
    if (!read_only) mdb_env_set_mapsize(environment, std::max(kMapBytesFirst, file_bytes() * 2));
    // No thread-local reader slots: a reader may be handed from thread to thread.
    const unsigned flags = MDB_NOTLS | (read_only ? MDB_RDONLY : 0U);
    if (int code = mdb_env_open(environment, directory_.c_str(), flags, 0600); code != 0) {
      return fail_with("open", code);
    }
    int dead = 0;
    mdb_reader_check(environment, &dead);  // frees the slots of processes that died
    return open_databases(read_only);
  }

  void close() {
    if (environment != nullptr) mdb_env_close(environment);
    environment = nullptr;
  }

  Result<void> grow() {
    MDB_envinfo info;
    mdb_env_info(environment, &info);
    const int code = mdb_env_set_mapsize(environment, info.me_mapsize * 2);
    return code == 0 ? Result<void>() : fail_with("grow the map", code);
  }

  std::unexpected<Error> fail_with(std::string_view tried, int code) const {
    return lmdb_error(directory_, tried, code);
  }
  const std::filesystem::path& directory() const { return directory_; }

  MDB_env* environment = nullptr;
  MDB_dbi log = 0, meta = 0;
  std::array<MDB_dbi, 2> snapshots{};

 private:
  std::uint64_t file_bytes() const {
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(directory_ / "data.mdb", ignored);
    return ignored ? 0 : bytes;
  }

  Result<void> open_databases(bool read_only) {
    const unsigned create = read_only ? 0U : static_cast<unsigned>(MDB_CREATE);
    Transaction txn;
    if (int code = txn.begin(environment, read_only ? MDB_RDONLY : 0); code != 0) {
      return fail_with("begin", code);
    }
    const std::array<std::pair<const char*, MDB_dbi*>, 3> integer_keyed = {
        {{"log", &log}, {"snapshot0", &snapshots[0]}, {"snapshot1", &snapshots[1]}}};
    for (const auto& [name, database] : integer_keyed) {
      const int code = mdb_dbi_open(txn, name, create | MDB_INTEGERKEY, database);
      if (code != 0) return fail_with(std::string("open the database ") + name, code);
    }
    if (int code = mdb_dbi_open(txn, "meta", create, &meta); code != 0) {
      return fail_with("open the database meta", code);
    }
    const int code = txn.commit();
    return code == 0 ? Result<void>() : fail_with("commit", code);
  }

  std::filesystem::path directory_;
};

// ---------------------------------------------------------------- values

// A batch or a chunk as stored: checksum u64 over the rest, then the rest.
std::string sealed(std::string body) {
  const std::uint64_t sum = hash64(std::string_view(body).substr(8));
  std::memcpy(body.data(), &sum, 8);
  return body;
}

Result<std::string_view> unsealed(const Environment& environment, std::string_view stored,
                                  std::string_view what) {
  std::uint64_t sum = 0;
  if (stored.size() >= 8) std::memcpy(&sum, stored.data(), 8);
  if (stored.size() < 8 || hash64(stored.substr(8)) != sum) {
    return damaged(environment.directory(), std::string(what) + ": checksum differs over " +
                                                std::to_string(stored.size()) + " bytes");
  }
  return stored.substr(8);
}

std::string encode_batch(std::span<const std::string> entries) {
  std::string body(8, '\0');
  const auto count = static_cast<std::uint32_t>(entries.size());
  body.append(reinterpret_cast<const char*>(&count), 4);
  for (const std::string& entry : entries) {
    const auto length = static_cast<std::uint32_t>(entry.size());
    body.append(reinterpret_cast<const char*>(&length), 4);
    body += entry;
  }
  return sealed(std::move(body));
}

// Hands the entries of a stored batch to `reader`; returns how many there were.
Result<std::uint32_t> read_batch(const Environment& environment, Sequence first,
                                 std::string_view stored, const JournalReader& reader) {
  const std::string what = "batch " + std::to_string(first);
  std::string_view rest = TRY(unsealed(environment, stored, what));
  const auto take = [&rest](std::uint32_t* number) {
    if (rest.size() < 4) return false;
    std::memcpy(number, rest.data(), 4);
    rest.remove_prefix(4);
    return true;
  };
  std::uint32_t count = 0;
  if (!take(&count)) return damaged(environment.directory(), what + ": shorter than its header");
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t length = 0;
    if (!take(&length) || rest.size() < length) {
      return damaged(environment.directory(), what + ": ends inside entry " + std::to_string(i));
    }
    TRY(reader.entry(first + i, rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  return count;
}

// ---------------------------------------------------------------- reading

Result<Meta> read_meta(const Environment& environment, MDB_txn* txn) {
  MDB_val key = value_of("state"), value{};
  const int code = mdb_get(txn, environment.meta, &key, &value);
  if (code == MDB_NOTFOUND) return Meta{};
  if (code != 0) return environment.fail_with("read meta", code);
  Meta meta;
  if (value.mv_size != sizeof(meta)) {
    return damaged(environment.directory(), "meta has " + std::to_string(value.mv_size) +
                                                " bytes, expected " + std::to_string(sizeof(meta)));
  }
  std::memcpy(&meta, value.mv_data, sizeof(meta));
  if (meta.sum() != meta.checksum) {
    return damaged(environment.directory(), "meta: checksum differs");
  }
  if (meta.format != kFormat) {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .message = "format " + std::to_string(meta.format) +
                                            ", this program knows " + std::to_string(kFormat),
                                 .path = environment.directory().string()});
  }
  return meta;
}

class Cursor {
 public:
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor() = default;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  int open(MDB_txn* txn, MDB_dbi database) { return mdb_cursor_open(txn, database, &cursor_); }
  // 0, MDB_NOTFOUND at the end, or an error.
  int next(std::uint64_t* key, std::string_view* value) {
    MDB_val key_bytes{}, value_bytes{};
    const int code = mdb_cursor_get(cursor_, &key_bytes, &value_bytes, MDB_NEXT);
    if (code != 0) return code;
    if (key_bytes.mv_size != sizeof(*key)) return MDB_CORRUPTED;
    std::memcpy(key, key_bytes.mv_data, sizeof(*key));
    *value = view_of(value_bytes);
    return 0;
  }

 private:
  MDB_cursor* cursor_ = nullptr;
};

Result<void> read_snapshot(const Environment& environment, MDB_txn* txn, const Meta& meta,
                           const JournalReader& reader) {
  Cursor cursor;
  const MDB_dbi database = environment.snapshots.at(meta.snapshot_database & 1U);
  if (int code = cursor.open(txn, database); code != 0) {
    return environment.fail_with("read the snapshot", code);
  }
  std::uint64_t key = 0;
  std::string_view stored;
  for (std::uint32_t i = 0; i < meta.snapshot_chunks; ++i) {
    const int code = cursor.next(&key, &stored);
    if (code != 0 || key != i) {
      return damaged(environment.directory(), "snapshot chunk " + std::to_string(i) + " of " +
                                                  std::to_string(meta.snapshot_chunks) +
                                                  " is missing");
    }
    const std::string what = "snapshot chunk " + std::to_string(i);
    TRY(reader.snapshot_chunk(TRY(unsealed(environment, stored, what))));
  }
  return {};
}

struct Read {
  Meta meta;
  JournalRecovery recovery;
  std::uint64_t log_bytes = 0;
};

Result<Read> read_all(Environment& environment, const JournalReader& reader) {
  Transaction txn;
  if (int code = txn.begin(environment.environment, MDB_RDONLY); code != 0) {
    return environment.fail_with("begin reading", code);
  }
  Read read;
  read.meta = TRY(read_meta(environment, txn));
  if (read.meta.snapshot_covers > 0) {
    TRY(read_snapshot(environment, txn, read.meta, reader));
  }
  JournalRecovery& recovery = read.recovery;
  recovery.snapshot = recovery.last = read.meta.snapshot_covers;
  recovery.clean = read.meta.clean != 0;
  Cursor cursor;
  if (int code = cursor.open(txn, environment.log); code != 0) {
    return environment.fail_with("read the log", code);
  }
  std::uint64_t first = 0;
  std::string_view stored;
  int code = 0;
  while ((code = cursor.next(&first, &stored)) == 0) {
    if (first != recovery.last + 1) {
      return damaged(environment.directory(), "found entry " + std::to_string(first) +
                                                  " after entry " + std::to_string(recovery.last));
    }
    const std::uint32_t count = TRY(read_batch(environment, first, stored, reader));
    recovery.last += count;
    recovery.entries += count;
    read.log_bytes += stored.size();
  }
  if (code != MDB_NOTFOUND) return environment.fail_with("read the log", code);
  return read;
}

// ---------------------------------------------------------------- writing

class LmdbJournal final : public Journal {
 public:
  LmdbJournal(std::unique_ptr<Environment> environment, const Read& read)
      : environment_(std::move(environment)), meta_(read.meta), last_(read.recovery.last) {
    figures_.log_bytes = read.log_bytes;
    figures_.snapshot_bytes = read.meta.snapshot_bytes;
  }

  Result<void> append(std::span<const JournalBatch> batches, Sequence first, bool sync) override;
  Result<void> sync() override;
  Result<std::unique_ptr<SnapshotWriter>> start_snapshot(Sequence covers) override;
  Result<void> mark_end() override;
  bool poisoned() const override {
    const std::lock_guard lock(mutex_);
    return poison_.has_value();
  }
  JournalFigures figures() const override {
    const std::lock_guard lock(mutex_);
    return figures_;
  }

  // Runs `body` in a write transaction, again after growing the map when that was too small.
  Result<void> write(bool sync, const std::function<int(MDB_txn*)>& body);
  Result<void> publish(const Meta& meta, bool erase);
  Meta meta() const {
    const std::lock_guard lock(mutex_);
    return meta_;
  }
  const Environment& environment() const { return *environment_; }

 private:
  Result<void> write_locked(bool sync, const std::function<int(MDB_txn*)>& body);
  Result<void> rewrite_compacted();
  std::unexpected<Error> poison(Error error) {
    poison_ = error;
    return std::unexpected(std::move(error));
  }

  mutable std::mutex mutex_;  // one transaction at a time; guards all below
  std::unique_ptr<Environment> environment_;
  Meta meta_;
  Sequence last_;  // of the newest entry appended
  JournalFigures figures_;
  std::optional<Error> poison_;
};

int put(MDB_txn* txn, MDB_dbi database, std::uint64_t key, std::string_view bytes, unsigned flags) {
  MDB_val key_value{sizeof(key), &key}, value = value_of(bytes);
  return mdb_put(txn, database, &key_value, &value, flags);
}

int put_meta(MDB_txn* txn, MDB_dbi database, Meta meta) {
  meta.checksum = meta.sum();
  MDB_val key = value_of("state");
  MDB_val value{sizeof(meta), &meta};
  return mdb_put(txn, database, &key, &value, 0);
}

Result<void> LmdbJournal::write(bool sync, const std::function<int(MDB_txn*)>& body) {
  const std::lock_guard lock(mutex_);
  return write_locked(sync, body);
}

Result<void> LmdbJournal::write_locked(bool sync, const std::function<int(MDB_txn*)>& body) {
  if (poison_) return std::unexpected(*poison_);
  mdb_env_set_flags(environment_->environment, MDB_NOMETASYNC, sync ? 0 : 1);
  for (;;) {
    Transaction txn;
    int code = txn.begin(environment_->environment, 0);
    if (code == 0) code = body(txn);
    if (code == 0) code = txn.commit();
    if (code == MDB_MAP_FULL) {
      txn.abort();
      TRY(environment_->grow());
      continue;
    }
    if (code != 0) {
      Error error = environment_->fail_with("commit", code).error();
      // A full disk is met before the new root is written: the old state stands.
      if (code == ENOSPC || code == EDQUOT) return std::unexpected(std::move(error));
      return poison(std::move(error));
    }
    figures_.fsyncs += sync ? 2 : 1;  // the pages, and the root by a synchronous write
    return {};
  }
}

Result<void> LmdbJournal::append(std::span<const JournalBatch> batches, Sequence first, bool sync) {
  const std::lock_guard lock(mutex_);
  if (first != last_ + 1) {
    return fail(ErrorCode::kInvalidArgument, "found sequence " + std::to_string(first) +
                                                 ", expected " + std::to_string(last_ + 1));
  }
  std::vector<std::pair<Sequence, std::string>> rows;
  rows.reserve(batches.size());
  std::uint64_t bytes = 0;
  for (const JournalBatch& batch : batches) {
    std::size_t batch_bytes = 0;
    for (const std::string& entry : batch.entries) {
      batch_bytes += entry.size();
      if (entry.size() > kEntryBytesMax || batch_bytes > kBatchBytesMax) {
        return fail(ErrorCode::kResourceExhausted,
                    "an entry of " + std::to_string(entry.size()) + " bytes in a batch of " +
                        std::to_string(batch_bytes) + ", at most 16 MiB and 32 MiB");
      }
    }
    rows.emplace_back(first, encode_batch(batch.entries));
    bytes += rows.back().second.size();
    first += batch.entries.size();
  }
  Meta changed = meta_;
  changed.clean = 0;
  TRY(write_locked(sync, [&](MDB_txn* txn) {
    for (const auto& [key, value] : rows) {
      if (int code = put(txn, environment_->log, key, value, MDB_APPEND); code != 0) return code;
    }
    return meta_.clean != 0 ? put_meta(txn, environment_->meta, changed) : 0;
  }));
  meta_ = changed;
  last_ = first - 1;
  figures_.bytes += bytes;
  figures_.log_bytes += bytes;
  return {};
}

Result<void> LmdbJournal::sync() {
  const std::lock_guard lock(mutex_);
  if (poison_) return std::unexpected(*poison_);
  const int code = mdb_env_sync(environment_->environment, 1);
  if (code != 0) return poison(environment_->fail_with("sync", code).error());
  ++figures_.fsyncs;
  return {};
}

Result<void> LmdbJournal::mark_end() {
  const std::lock_guard lock(mutex_);
  if (meta_.clean != 0 && !poison_) return {};
  Meta changed = meta_;
  changed.clean = 1;
  TRY(write_locked(true, [&](MDB_txn* txn) { return put_meta(txn, environment_->meta, changed); }));
  meta_ = changed;
  return {};
}

// Writes into the snapshot database that is not in use.
class LmdbSnapshot final : public SnapshotWriter {
 public:
  LmdbSnapshot(LmdbJournal& journal, Sequence covers) : journal_(journal), meta_(journal.meta()) {
    meta_.snapshot_database ^= 1U;
    meta_.snapshot_covers = covers;
    meta_.snapshot_chunks = 0;
    meta_.snapshot_bytes = 0;
  }
  ~LmdbSnapshot() override {
    if (!published_) (void)clear();  // its pages are free for others; a failure costs space only
  }

  Result<void> clear() {
    return journal_.write(false, [this](MDB_txn* txn) { return mdb_drop(txn, database(), 0); });
  }

  Result<void> add(std::string_view chunk) override {
    std::string stored(8, '\0');
    stored += chunk;
    stored = sealed(std::move(stored));
    TRY(journal_.write(false, [&](MDB_txn* txn) {
      return put(txn, database(), meta_.snapshot_chunks, stored, 0);
    }));
    ++meta_.snapshot_chunks;
    meta_.snapshot_bytes += stored.size();
    return {};
  }

  Result<void> publish(std::size_t keep) override {
    TRY(journal_.publish(meta_, keep == 0));
    published_ = true;
    return {};
  }

 private:
  MDB_dbi database() const { return journal_.environment().snapshots[meta_.snapshot_database]; }

  LmdbJournal& journal_;
  Meta meta_;
  bool published_ = false;
};

Result<std::unique_ptr<SnapshotWriter>> LmdbJournal::start_snapshot(Sequence covers) {
  {
    const std::lock_guard lock(mutex_);
    if (covers > last_) {
      return fail(ErrorCode::kInvalidArgument, "a snapshot up to " + std::to_string(covers) +
                                                   ", the newest entry is " +
                                                   std::to_string(last_));
    }
  }
  auto writer = std::make_unique<LmdbSnapshot>(*this, covers);
  TRY(writer->clear());
  return writer;
}

// Log rows up to the snapshot go in the same transaction that makes it the newest.  Older
// snapshots are not kept: pages are never overwritten in place, so none can be half gone.
Result<void> LmdbJournal::publish(const Meta& snapshot, bool erase) {
  const std::lock_guard lock(mutex_);
  Meta changed = snapshot;
  changed.clean = meta_.clean;  // entries may have come since the snapshot began
  std::uint64_t removed = 0;
  TRY(write_locked(true, [&](MDB_txn* txn) {
    removed = 0;
    MDB_cursor* cursor = nullptr;
    int code = mdb_cursor_open(txn, environment_->log, &cursor);
    MDB_val key{}, value{};
    while (code == 0 && (code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST)) == 0) {
      std::uint64_t first = 0;
      std::uint32_t count = 0;
      std::memcpy(&first, key.mv_data, sizeof(first));
      std::memcpy(&count, static_cast<const char*>(value.mv_data) + 8, sizeof(count));
      if (first + count - 1 > changed.snapshot_covers) break;
      removed += value.mv_size;
      code = mdb_cursor_del(cursor, 0);
    }
    if (cursor != nullptr) mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) return code;
    code = mdb_drop(txn, environment_->snapshots[changed.snapshot_database ^ 1U], 0);
    return code != 0 ? code : put_meta(txn, environment_->meta, changed);
  }));
  meta_ = changed;
  figures_.log_bytes -= std::min(removed, figures_.log_bytes);
  figures_.snapshot_bytes = changed.snapshot_bytes;
  figures_.bytes += changed.snapshot_bytes;
  return erase ? rewrite_compacted() : Result<void>();
}

// Freed pages keep their bytes until they are used again, so the file is written anew without
// them and takes the old one's place.
Result<void> LmdbJournal::rewrite_compacted() {
  const std::filesystem::path& directory = environment_->directory();
  const std::filesystem::path fresh = directory / "compacted";
  std::error_code failed;
  std::filesystem::remove_all(fresh, failed);
  std::filesystem::create_directory(fresh, failed);
  if (failed) return std::unexpected(io_error(fresh, "create", failed.value()));
  if (int code = mdb_env_copy2(environment_->environment, fresh.c_str(), MDB_CP_COMPACT);
      code != 0) {
    std::filesystem::remove_all(fresh, failed);
    return environment_->fail_with("copy without free pages", code);
  }
  FileSystem& files = posix_file_system();
  auto file = TRY(files.open(fresh / "data.mdb", OpenMode::kWrite));
  TRY(file->sync());
  environment_->close();
  const auto swapped = files.rename(fresh / "data.mdb", directory / "data.mdb");
  if (auto opened = environment_->open(false); !opened) return poison(opened.error());
  TRY(swapped);
  TRY(files.sync_directory(directory));
  std::filesystem::remove_all(fresh, failed);
  return {};
}

}  // namespace

bool lmdb_available() { return true; }

Result<OpenedJournal> open_lmdb_journal(const std::filesystem::path& directory,
                                        const JournalReader& reader) {
  auto environment = std::make_unique<Environment>(directory);
  TRY(environment->open(false));
  const Read read = TRY(read_all(*environment, reader));
  OpenedJournal opened;
  opened.recovery = read.recovery;
  opened.journal = std::make_unique<LmdbJournal>(std::move(environment), read);
  return opened;
}

Result<JournalRecovery> read_lmdb_journal(const std::filesystem::path& directory,
                                          const JournalReader& reader) {
  Environment environment(directory);
  TRY(environment.open(true));
  return TRY(read_all(environment, reader)).recovery;
}

}  // namespace hardwon::store

#else

namespace hardwon::store {
namespace {

std::unexpected<Error> absent() {
  return fail(ErrorCode::kUnavailable,
              "this build has no LMDB (install liblmdb-dev and build again)");
}

}  // namespace

bool lmdb_available() { return false; }

Result<OpenedJournal> open_lmdb_journal(const std::filesystem::path& /*directory*/,
                                        const JournalReader& /*reader*/) {
  return absent();
}

Result<JournalRecovery> read_lmdb_journal(const std::filesystem::path& /*directory*/,
                                          const JournalReader& /*reader*/) {
  return absent();
}

}  // namespace hardwon::store

#endif
