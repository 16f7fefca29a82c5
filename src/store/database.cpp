#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "store/database_files.h"
#include "store/maintenance.h"
#include "store/schema.h"
#include "store/search.h"
#include "store/sqlite.h"
#include "store/vfs.h"
#include "store/write_lock.h"

namespace hardwon::store {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kFrameBytes = 4096 + 24;
constexpr std::int64_t kCheckpointBytes = 4 << 20;
// At the first commit of a process: when no process has the store open, what SQLite knew of the WAL
// is gone, and the next one reads all of it before its first question.  Hooks are such processes.
constexpr std::int64_t kFirstCheckpointBytes = 1 << 20;
// A checkpoint that readers held back is tried again when the WAL has grown by this much.
constexpr std::int64_t kCheckpointRetryBytes = 1 << 20;
// How long a checkpoint waits for readers to leave, so that the WAL starts again; they need
// some milliseconds.
constexpr milliseconds kCheckpointWait{20};
constexpr int kReadersKept = 4;

// Lets threads in by order of arrival: std::mutex lets the one that has just left in again.
class TurnMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    CHECK(owner_ != std::this_thread::get_id());  // a write() inside a write()
    const std::uint64_t ticket = next_++;
    changed_.wait(guard, [&] { return ticket == serving_; });
    owner_ = std::this_thread::get_id();
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      owner_ = {};
      ++serving_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0, serving_ = 0;
  std::thread::id owner_;
};

Error os_error(const std::filesystem::path& path, int number) {
  return {.code = ErrorCode::kIo,
          .message = path.string() + ": " + std::strerror(number),
          .path = path.string()};
}

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(os_error(directory, errno));
  }
  return {};
}

// The file is made here and not by SQLite, for its mode; WAL and shared memory inherit it.
// O_EXCL: closing a second descriptor of a file that SQLite has open would drop its locks.
Result<void> make_database_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return sync_directory(path.parent_path());
  }
  if (errno == EEXIST) return {};
  return std::unexpected(os_error(path, errno));
}

}  // namespace

Result<bool> file_exists(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return std::unexpected(os_error(path, errno));
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  return parent.empty() ? std::filesystem::path(".") : parent;
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(os_error(directory, errno));
  const int rc = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (rc != 0) return std::unexpected(os_error(directory, number));
  return {};
}

struct Database::Impl {
  Impl(const DatabaseOptions& given, const Clock& given_clock)
      : options(given),
        clock(given_clock),
        vfs(given.faults),
        path((given.directory / kDatabaseFile).string()) {}

  Result<std::unique_ptr<Connection>> open_reader() const;
  Result<void> open_writer();
  Result<void> prepare();
  Result<void> migrate_alone(const SchemaState& state);
  Result<void> commit();
  void checkpoint_if_large();
  Result<void> with_lock(const std::function<Result<void>(Connection&)>& body);

  DatabaseOptions options;
  const Clock& clock;
  CountingVfs vfs;
  std::string path;

  TurnMutex turn;  // held by the thread that writes; guards the next five
  std::unique_ptr<WriteLock> lock;
  std::unique_ptr<Connection> writer;
  std::optional<Error> broken;  // rule 6
  std::int64_t frames_at_checkpoint = 0;
  bool first_commit = true;

  mutable Mutex mutex;
  mutable std::vector<std::unique_ptr<Connection>> readers GUARDED_BY(mutex);
  MaskCounts masked GUARDED_BY(mutex);
  std::int64_t commits GUARDED_BY(mutex) = 0;
};

Result<std::unique_ptr<Connection>> Database::Impl::open_reader() const {
  auto connection = TRY(open_readable(path, &vfs, options.lock_wait));
  TRY(register_score(*connection));
  return connection;
}

Result<void> Database::Impl::open_writer() {
  if (writer != nullptr) return {};
  auto connection = TRY(Connection::open(
      {.path = path, .vfs = &vfs, .busy_timeout_ms = static_cast<int>(options.lock_wait.count())}));
  // secure_delete stays off: forgetting is scrub()'s, which rewrites the file.
  TRY(connection->script(
      "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304; PRAGMA secure_delete=OFF"));
  writer = std::move(connection);
  return {};
}

// Creates or migrates the database; leaves one reader in the pool.
Result<void> Database::Impl::prepare() {
  const bool exists = TRY(file_exists(path));
  if (!exists && (options.read_only || !options.create)) {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .message = "no store in " + options.directory.string(),
                                 .path = options.directory.string()});
  }
  if (!options.read_only) {
    TRY(make_directory(options.directory));
    lock = TRY(WriteLock::open(options.directory));
    TRY(make_database_file(path));
  }
  auto reader = TRY(open_reader());
  SchemaState state = TRY(schema_state(*reader));
  if (state.version == 0) {
    if (options.read_only || (exists && !options.create)) {
      return fail(ErrorCode::kNotFound, path + ": an empty file, no store yet");
    }
    TRY(with_lock([](Connection& connection) { return create_schema(connection); }));
    reader = TRY(open_reader());
    state = TRY(schema_state(*reader));
  }
  TRY(check_readable(state, path));
  if (!options.read_only) TRY(check_writable(state, path));
  if (state.version < kSchemaVersion) {
    if (options.read_only) {
      return fail(ErrorCode::kUnavailable,
                  path + ": a store of version " + std::to_string(state.version) +
                      ", this program reads version " + std::to_string(kSchemaVersion) +
                      "; opening it once for writing brings it up to date");
    }
    reader.reset();
    TRY(migrate_alone(state));
    reader = TRY(open_reader());
  }
  const MutexLock guard(mutex);
  readers.push_back(std::move(reader));
  return {};
}

Result<void> Database::Impl::migrate_alone(const SchemaState& state) {
  TRY(lock->acquire(options.lock_wait, clock.now()));
  const auto migrated = [&]() -> Result<void> {
    {
      // Who waited for the lock may find it done.
      auto reader = TRY(open_reader());
      if (TRY(schema_state(*reader)).version >= kSchemaVersion) return {};
    }
    auto alone = TRY(open_alone(path, &vfs));
    const std::string copy = path + ".version-" + std::to_string(state.version);
    if (!TRY(file_exists(copy))) TRY(copy_database(*alone, copy));
    return migrate(*alone, migrations(), kSchemaVersion);
  }();
  lock->release();
  return migrated;
}

Result<void> Database::Impl::commit() {
  auto done = writer->run("COMMIT");
  if (done) return {};
  if (done.error().message.contains("fsync failed")) broken = done.error();
  return std::unexpected(std::move(done).error());
}

// Under the write lock.  A checkpoint is upkeep: the commit before it is durable already, so
// its failure is not the writer's; the next one tries again.
void Database::Impl::checkpoint_if_large() {
  const std::int64_t bytes = writer->wal_frames() * kFrameBytes;
  if (bytes < frames_at_checkpoint * kFrameBytes) frames_at_checkpoint = 0;  // it started again
  const std::int64_t since = bytes - frames_at_checkpoint * kFrameBytes;
  const std::int64_t most =
      std::exchange(first_commit, false) ? kFirstCheckpointBytes : kCheckpointBytes;
  if (bytes < most || (frames_at_checkpoint > 0 && since < kCheckpointRetryBytes)) return;
  // Not RESTART: that the WAL may start again stands in shared memory alone, so a process that
  // comes after the last one has left would find all of it, append, and copy it all once more.
  const auto done = run_checkpoint(*writer, "PRAGMA wal_checkpoint(TRUNCATE)", kCheckpointWait);
  if (!done) {
    if (done.error().message.contains("fsync failed")) broken = done.error();
  }
  frames_at_checkpoint = writer->wal_frames();
}

// Runs `body` on the writer's connection, under the process's turn and the store's lock.
Result<void> Database::Impl::with_lock(const std::function<Result<void>(Connection&)>& body) {
  if (options.read_only) {
    return std::unexpected(Error{.code = ErrorCode::kConflict,
                                 .message = path + ": the store is open read-only",
                                 .path = path});
  }
  const std::lock_guard in_turn(turn);
  if (broken) return std::unexpected(*broken);
  TRY(lock->acquire(options.lock_wait, clock.now()));
  struct Release {
    WriteLock& held;
    ~Release() { held.release(); }
  } release{*lock};
  TRY(open_writer());
  return body(*writer);
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options,
                                                 const Clock& clock) {
  std::unique_ptr<Database> database(new Database(std::make_unique<Impl>(options, clock)));
  TRY(database->impl_->prepare());
  return database;
}

Result<void> Database::write(const std::function<Result<void>(Writer&)>& body) {
  return impl_->with_lock([&](Connection& connection) -> Result<void> {
    TRY(connection.run("BEGIN IMMEDIATE"));
    struct Rollback {
      Connection& connection;
      ~Rollback() {
        // Nothing can be done about a failed rollback that closing the file does not do.
        if (connection.in_transaction()) static_cast<void>(connection.script("ROLLBACK"));
      }
    } rollback{connection};
    Writer writer(connection, impl_->clock.now());
    TRY(body(writer));
    TRY(impl_->commit());
    {
      const MutexLock guard(impl_->mutex);
      for (const auto& [kind, count] : writer.masked()) impl_->masked[kind] += count;
      ++impl_->commits;
    }
    impl_->checkpoint_if_large();
    return {};
  });
}

Result<void> Database::read(const std::function<Result<void>(const Reader&)>& body) const {
  std::unique_ptr<Connection> connection;
  {
    const MutexLock guard(impl_->mutex);
    if (!impl_->readers.empty()) {
      connection = std::move(impl_->readers.back());
      impl_->readers.pop_back();
    }
  }
  if (connection == nullptr) connection = TRY(impl_->open_reader());
  Result<void> done = connection->script("BEGIN");
  if (done) {
    const Reader reader(*connection);
    done = body(reader);
    const auto ended = connection->script("COMMIT");
    if (!ended) return done ? ended : done;  // and the connection is not used again
  }
  const MutexLock guard(impl_->mutex);
  if (impl_->readers.size() < kReadersKept) impl_->readers.push_back(std::move(connection));
  return done;
}

bool Database::read_only() const { return impl_->options.read_only; }
const std::filesystem::path& Database::directory() const { return impl_->options.directory; }

WriteCounts Database::write_counts() const {
  const MutexLock guard(impl_->mutex);
  return {.calls = impl_->commits, .bytes = impl_->vfs.bytes(), .fsyncs = impl_->vfs.fsyncs()};
}

MaskCounts Database::masked() const {
  const MutexLock guard(impl_->mutex);
  return impl_->masked;
}

Result<void> Database::checkpoint() {
  return impl_->with_lock([&](Connection& connection) -> Result<void> {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(impl_->path + "-wal", missing);
    if (missing || bytes <= static_cast<std::uintmax_t>(kCheckpointBytes)) return {};
    TRY(connection.number("SELECT count(*) FROM meta"));  // opens the WAL
    return run_checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)", milliseconds(200));
  });
}

Result<void> Database::backup(const std::filesystem::path& target) {
  // A reader's snapshot is consistent by itself; the lock keeps writers from growing the WAL
  // meanwhile, and a read-only store needs none.
  const auto copy = [&](Connection& connection) {
    return copy_database(connection, target.string());
  };
  if (!impl_->options.read_only) return impl_->with_lock(copy);
  return read([&](const Reader& reader) { return copy(reader.connection()); });
}

Result<void> Database::scrub() {
  const milliseconds wait = impl_->options.lock_wait;
  return impl_->with_lock([&](Connection& connection) { return scrub_database(connection, wait); });
}

}  // namespace hardwon::store
