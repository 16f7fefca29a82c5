// Transactions, processes, locks, versions, failing disks.

#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "store/records.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/standing.h"
#include "store/test_store.h"
#include "store/vfs.h"

namespace hardwon::store {
namespace {

using std::chrono::milliseconds;
using DatabaseTest = StoreTest;

Result<void> put_numbered(Database& database, std::int64_t n) {
  return database.write([&](Writer& writer) -> Result<void> {
    TRY(put_document(writer, {.id = id_of(numbered("d", n)),
                              .external_id = numbered("d", n),
                              .content = std::string(500, 'x')}));
    return {};
  });
}

std::int64_t count(const Database& database) {
  std::int64_t n = -1;
  EXPECT_OK(database.read([&](const Reader& reader) -> Result<void> {
    n = TRY(count_documents(reader, {.all = true}));
    return {};
  }));
  return n;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info{};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST_F(DatabaseTest, OnlyItsOwnerMayReadIt) {
  EXPECT_OK(put_numbered(*database_, 1));
  EXPECT_EQ(mode_of(directory_), 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
  }
}

TEST_F(DatabaseTest, AnErrorRollsEverythingBack) {
  const auto failed = write([&](Writer& writer) -> Result<void> {
    TRY(put_document(writer, {.id = id_of("d"), .content = "c"}));
    return fail(ErrorCode::kInvalidArgument, "no");
  });
  EXPECT_EQ(failed.error().message, "no");
  EXPECT_EQ(count(*database_), 0);
  EXPECT_EQ(database_->write_counts().calls, 0);
}

TEST_F(DatabaseTest, AReaderSeesOneSnapshot) {
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(count_documents(reader, {.all = true})), 0);
    EXPECT_OK(put_numbered(*database_, 1));
    EXPECT_EQ(TRY(count_documents(reader, {.all = true})), 0);
    return {};
  }));
  EXPECT_EQ(count(*database_), 1);
}

TEST_F(DatabaseTest, ManyThreadsWriteAndRead) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_OK(put_numbered(*database_, t * 100 + i));
        EXPECT_GT(count(*database_), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(*database_), 80);
}

TEST_F(DatabaseTest, ADurableCommitIsOneFsync) {
  EXPECT_OK(put_numbered(*database_, 1));
  const WriteCounts before = database_->write_counts();
  EXPECT_OK(put_numbered(*database_, 2));
  const WriteCounts after = database_->write_counts();
  EXPECT_EQ(after.calls - before.calls, 1);
  EXPECT_EQ(after.fsyncs - before.fsyncs, 1);
  EXPECT_GT(after.bytes, before.bytes);
}

TEST_F(DatabaseTest, TheWalIsCopiedBackWhenItIsLarge) {
  std::uintmax_t largest = 0;
  for (int i = 0; i < 400; ++i) {
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      TRY(put_document(writer, {.id = id_of(numbered("d", i)),
                                .external_id = numbered("d", i),
                                .content = std::string(100'000, 'x')}));
      return {};
    }));
    largest = std::max(largest, std::filesystem::file_size(directory_ / "hardwon.db-wal"));
  }
  EXPECT_LT(largest, 5U << 20);
  EXPECT_GT(largest, 3U << 20) << "not at every write";
}

// A process that writes once and leaves, as a hook does: the WAL is cut when it is large, and
// stays cut for the next one.
TEST_F(DatabaseTest, OneWriteAProcessDoesNotLetTheWalGrow) {
  std::uintmax_t largest = 0;
  int cut = 0;
  std::uintmax_t before = 0;
  for (int i = 0; i < 120; ++i) {
    open();
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      TRY(put_document(writer, {.id = id_of(numbered("d", i)),
                                .external_id = numbered("d", i),
                                .content = std::string(100'000, 'x')}));
      return {};
    }));
    database_.reset();
    const auto size = std::filesystem::file_size(directory_ / "hardwon.db-wal");
    cut += size < before ? 1 : 0;
    before = size;
    largest = std::max(largest, size);
  }
  EXPECT_LT(largest, 2U << 20) << "of 12 MB written";
  EXPECT_LT(cut, 20) << "not at every process";
}

TEST_F(DatabaseTest, ABusyReaderDoesNotLetTheWalGrow) {
  std::atomic<bool> stop{false};
  // One: of several, a loaded machine always has one put off in the middle of its question.
  std::thread reader([&] {
    while (!stop) count(*database_);
  });
  std::uintmax_t largest = 0;
  for (int i = 0; i < 150; ++i) {
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      TRY(put_document(writer, {.id = id_of(numbered("d", i)),
                                .external_id = numbered("d", i),
                                .content = std::string(300'000, 'x')}));
      return {};
    }));
    largest = std::max(largest, std::filesystem::file_size(directory_ / "hardwon.db-wal"));
  }
  stop = true;
  reader.join();
  EXPECT_LT(largest, 20U << 20) << "of 45 MB written";
}

TEST_F(DatabaseTest, AReaderOfAnOldStateHoldsNoWriterUp) {
  auto patient =
      Database::open({.directory = directory_, .lock_wait = milliseconds(60'000)}, clock_);
  ASSERT_OK(patient);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(count_documents(reader, {.all = true})), 0);
    for (int i = 0; i < 40; ++i) {
      EXPECT_OK((*patient)->write([&](Writer& writer) -> Result<void> {
        TRY(put_document(writer, {.id = id_of(numbered("d", i)),
                                  .external_id = numbered("d", i),
                                  .content = std::string(300'000, 'x')}));
        return {};
      }));
    }
    EXPECT_EQ(TRY(count_documents(reader, {.all = true})), 0);
    return {};
  }));
  // Not a speed: with SQLite's own waiting each checkpoint would wait a minute.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50));
}

TEST_F(DatabaseTest, AMissingStoreIsNotFoundWhenItMayNotBeMade) {
  const auto elsewhere = fresh_directory("none");
  for (const bool read_only : {true, false}) {
    const auto opened =
        Database::open({.directory = elsewhere, .read_only = read_only, .create = false}, clock_);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(elsewhere));
  }
}

TEST_F(DatabaseTest, AReadOnlyStoreReadsAndRefusesToWrite) {
  EXPECT_OK(put_numbered(*database_, 1));
  const auto opened = Database::open({.directory = directory_, .read_only = true}, clock_);
  ASSERT_OK(opened);
  EXPECT_EQ(count(**opened), 1);
  EXPECT_OK(put_numbered(*database_, 2));
  EXPECT_EQ(count(**opened), 2);
  EXPECT_EQ(put_numbered(**opened, 3).error().code, ErrorCode::kConflict);
}

TEST_F(DatabaseTest, AStoreOfANewerVersionIsRefusedInWords) {
  database_.reset();
  const auto set = [&](const char* key) {
    auto connection = Connection::open({.path = (directory_ / "hardwon.db").string()});
    ASSERT_OK(connection);
    EXPECT_OK((*connection)->run("UPDATE meta SET value = '99' WHERE key = ?", {key}));
  };
  set("min_writer");
  auto refused = Database::open({.directory = directory_}, clock_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(refused.error().message.contains("newer Hardwon")) << refused.error().message;
  EXPECT_OK(Database::open({.directory = directory_, .read_only = true}, clock_));
  set("min_reader");
  refused = Database::open({.directory = directory_, .read_only = true}, clock_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.contains("99")) << refused.error().message;
}

TEST_F(DatabaseTest, MigrationsRunInOrderOrNotAtAll) {
  database_.reset();
  auto connection = Connection::open({.path = (directory_ / "hardwon.db").string()});
  ASSERT_OK(connection);
  constexpr std::int64_t kFirst = kSchemaVersion, kSecond = kFirst + 1, kLast = kFirst + 2;
  const Migration steps[] = {
      {.from = kFirst, .sql = "CREATE TABLE added(x) ", .min_reader = 1, .min_writer = 2},
      {.from = kSecond, .sql = "INSERT INTO added VALUES (7)", .min_reader = 2, .min_writer = 3}};
  const Migration broken[] = {steps[0], {.from = kSecond, .sql = "INSERT INTO nothing VALUES (1)"}};
  EXPECT_FALSE(migrate(**connection, broken, kLast).has_value());
  EXPECT_EQ((*connection)->number("PRAGMA user_version").value(), kFirst) << "all or nothing";
  EXPECT_FALSE(migrate(**connection, {steps, 1}, kLast).has_value()) << "a step is missing";
  EXPECT_OK(migrate(**connection, steps, kLast));
  EXPECT_EQ((*connection)->number("SELECT x FROM added").value(), 7);
  const auto state = schema_state(**connection);
  ASSERT_OK(state);
  EXPECT_EQ(state->version, kLast);
  EXPECT_EQ(state->min_reader, 2);
  EXPECT_EQ(state->min_writer, 3);
}

// What version 1 wrote: no step has a result_line.
Episode episode_of_version_1() {
  Episode episode = episode_of("old", "task");
  for (Step& step : episode.steps) step.result_line = 0;
  return episode;
}

void make_version_1(const std::filesystem::path& file) {
  auto connection = Connection::open({.path = file.string()});
  ASSERT_OK(connection);
  ASSERT_OK((*connection)
                ->script("DROP TABLE standing; ALTER TABLE step DROP COLUMN result_line;"
                         "UPDATE meta SET value = '1'; PRAGMA user_version = 1"));
}

void make_version_2(const std::filesystem::path& file) {
  auto connection = Connection::open({.path = file.string()});
  ASSERT_OK(connection);
  ASSERT_OK((*connection)
                ->script("DROP TABLE standing; UPDATE meta SET value = '2';"
                         "PRAGMA user_version = 2"));
}

std::vector<std::string> columns_of(const std::filesystem::path& file, const char* table) {
  auto connection = Connection::open({.path = file.string(), .read_only = true});
  std::vector<std::string> columns;
  auto rows = (*connection)
                  ->query(
                      "SELECT name, type, \"notnull\", dflt_value, pk"
                      " FROM pragma_table_info(?) ORDER BY cid",
                      {table});
  while (rows->next().value_or(false)) {
    std::string column;
    for (int i = 0; i < rows->columns(); ++i) column += rows->text(i) + " ";
    columns.push_back(column);
  }
  return columns;
}

TEST_F(DatabaseTest, AStoreOfVersionOneBecomesCurrent) {
  const auto file = directory_ / "hardwon.db";
  const auto fresh_columns = columns_of(file, "step");
  Episode episode = episode_of_version_1();
  put(put_episode, episode);
  database_.reset();
  make_version_1(file);
  EXPECT_EQ(Database::open({.directory = directory_, .read_only = true}, clock_).error().code,
            ErrorCode::kUnavailable);
  open();
  EXPECT_EQ(columns_of(file, "step"), fresh_columns);
  EXPECT_EQ(columns_of(file.string() + ".version-1", "step").size(), fresh_columns.size() - 1);
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
  EXPECT_EQ(put(put_episode, episode), PutResult::kUnchanged);
  episode.steps[0].result_line = 9;
  EXPECT_EQ(put(put_episode, episode), PutResult::kChanged) << "the importer knows more now";
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_episode(reader, episode.id))->steps, episode.steps);
    return {};
  }));
}

std::vector<ItemId> standing_of(const Reader& reader) {
  std::vector<ItemId> ids;
  const auto scopes = visible_scopes(reader, {.all = true});
  const auto standing = standing_lessons(reader, *scopes, {}, 100);
  for (const StandingLesson& lesson : *standing) ids.push_back(lesson.id);
  return ids;
}

TEST_F(DatabaseTest, AStoreOfVersionTwoGetsItsStandingLessons) {
  Lesson pinned = lesson_of("pinned", "run the formatter"), hidden = lesson_of("hidden", "old");
  pinned.pinned = true;
  hidden.suppressed = true;
  for (const Lesson& lesson : {lesson_of("plain", "use pnpm"), pinned, hidden}) {
    put(put_lesson, lesson);
  }
  const auto file = directory_ / "hardwon.db";
  std::vector<ItemId> before;
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    before = standing_of(reader);
    return {};
  }));
  EXPECT_EQ(before, (std::vector{pinned.id, id_of("plain")}));
  database_.reset();
  make_version_2(file);
  const auto waiting = verify(directory_);
  ASSERT_OK(waiting);
  EXPECT_TRUE(waiting->empty()) << (*waiting)[0].what;
  open();
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(standing_of(reader), before);
    return {};
  }));
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".version-2"));
  database_.reset();
  {
    auto connection = Connection::open({.path = file.string()});
    ASSERT_OK(connection);
    ASSERT_OK((*connection)->script("UPDATE standing SET count = 9 WHERE pinned = 0"));
  }
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  ASSERT_EQ(damage->size(), 1U);
  EXPECT_TRUE((*damage)[0].what.contains("standing")) << (*damage)[0].what;
}

TEST_F(DatabaseTest, AStoreOfVersionOneIsSalvagedWhole) {
  const Episode episode = episode_of_version_1();
  put(put_episode, episode);
  database_.reset();
  make_version_1(directory_ / "hardwon.db");
  const auto target = fresh_directory("salvaged-1");
  const auto lost = salvage(directory_, target);
  ASSERT_OK(lost);
  EXPECT_TRUE(lost->empty());
  const auto opened = Database::open({.directory = target}, clock_);
  ASSERT_OK(opened);
  EXPECT_OK((*opened)->read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_episode(reader, episode.id))->steps, episode.steps);
    return {};
  }));
}

// ---------------------------------------------------------------- processes

// Runs `body` in a child process that leaves without cleaning up.
template <typename Body>
pid_t in_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    body();
    ::_exit(0);
  }
  return pid;
}

TEST_F(DatabaseTest, WhatWasAcknowledgedBeforeKillNineIsThere) {
  database_.reset();
  for (int round = 0; round < 4; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = in_child([&] {
      auto opened = Database::open({.directory = directory_}, clock_);
      for (std::int64_t i = 0; opened.has_value(); ++i) {
        const std::int64_t n = round * 100'000 + i;
        if (!put_numbered(**opened, n)) break;
        if (::write(pipe_fds[1], &n, sizeof(n)) != sizeof(n)) break;
      }
    });
    ::close(pipe_fds[1]);
    std::vector<std::int64_t> acknowledged;
    std::int64_t n = 0;
    while (acknowledged.size() < 25U + static_cast<std::size_t>(round) * 7 &&
           ::read(pipe_fds[0], &n, sizeof(n)) == sizeof(n)) {
      acknowledged.push_back(n);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe_fds[0], &n, sizeof(n)) == sizeof(n)) acknowledged.push_back(n);
    ::close(pipe_fds[0]);
    open();
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      for (const std::int64_t id : acknowledged) {
        EXPECT_TRUE(TRY(item_row(reader, id_of(numbered("d", id)))).has_value()) << id;
      }
      return {};
    }));
    const auto damage = verify(directory_);
    ASSERT_OK(damage);
    EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
    database_.reset();
  }
}

TEST_F(DatabaseTest, AHeldLockIsNamedByItsHolder) {
  auto impatient = Database::open({.directory = directory_, .lock_wait = milliseconds(50)}, clock_);
  ASSERT_OK(impatient);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  database_.reset();
  const pid_t child = in_child([&] {
    auto opened = Database::open({.directory = directory_}, clock_);
    static_cast<void>((*opened)->write([&](Writer&) -> Result<void> {
      static_cast<void>(!::write(ready[1], "x", 1));
      ::pause();
      return {};
    }));
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto refused = put_numbered(**impatient, 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(refused.error().store_locked);
  EXPECT_TRUE(refused.error().message.contains(numbered("pid ", child))) << refused.error().message;
  EXPECT_OK(put_numbered(**impatient, 1)) << "the lock dies with its holder";
}

TEST_F(DatabaseTest, AStoppedWaiterDoesNotStopTheOthers) {
  // A process stopped while it waits keeps its place: the first byte is before everyone.
  const int fd = ::open((directory_ / "write.next").c_str(), O_RDWR);
  struct flock place{};
  place.l_type = F_WRLCK;
  place.l_len = 1;
  ASSERT_EQ(::fcntl(fd, F_OFD_SETLK, &place), 0);
  EXPECT_OK(put_numbered(*database_, 1));
  ::close(fd);
}

// ---------------------------------------------------------------- failing disks

class FailingDisk : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    for (int i = 0; i < 3; ++i) ASSERT_OK(put_numbered(*database_, i));
    database_.reset();
  }
  // A store on the failing disk, its first commit through.
  std::unique_ptr<Database> open_failing() {
    auto opened = Database::open({.directory = directory_, .faults = &faults_}, clock_);
    EXPECT_OK(opened);
    return std::move(*opened);
  }
  void expect_sound(std::int64_t documents) {
    open();
    EXPECT_EQ(count(*database_), documents);
    const auto damage = verify(directory_);
    ASSERT_OK(damage);
    EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
    database_.reset();
  }
  FileFaults faults_;
};

TEST_F(FailingDisk, AFullDiskIsReportedAndLeavesNothingHalfVisible) {
  for (std::int64_t bytes = 0; bytes < 80'000; bytes += 2'500) {
    faults_.bytes_until_full = -1;
    auto database = open_failing();
    faults_.bytes_until_full = bytes;
    const auto full = put_numbered(*database, 1'000);
    if (full) {
      EXPECT_GT(bytes, 10'000);
      break;
    }
    EXPECT_EQ(full.error().code, ErrorCode::kIo);
    EXPECT_TRUE(full.error().message.contains("disk full")) << full.error().message;
    EXPECT_TRUE(full.error().path.contains("hardwon.db"));
    EXPECT_EQ(count(*database), 3);
    faults_.bytes_until_full = -1;
    EXPECT_OK(put_numbered(*database, 2)) << "space came back, the store goes on";
    database.reset();
    expect_sound(3);
  }
}

TEST_F(FailingDisk, AFailingWriteIsReportedAtEveryCall) {
  bool succeeded = false;
  for (std::int64_t call = 0; call < 60 && !succeeded; ++call) {
    faults_.writes_until_error = -1;
    auto database = open_failing();
    faults_.writes_until_error = call;
    const auto failed = put_numbered(*database, 1'000);
    succeeded = failed.has_value();
    EXPECT_TRUE(succeeded || failed.error().code == ErrorCode::kIo) << problem_of(failed);
    faults_.writes_until_error = -1;
    database.reset();
    expect_sound(succeeded ? 4 : 3);
  }
  EXPECT_TRUE(succeeded);
}

TEST_F(FailingDisk, AfterAFailedFsyncTheStoreWantsToBeOpenedAgain) {
  auto database = open_failing();
  faults_.syncs_until_error = 0;
  const auto failed = put_numbered(*database, 1'000);
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().message.contains("fsync")) << failed.error().message;
  faults_.syncs_until_error = -1;
  EXPECT_FALSE(put_numbered(*database, 1'001).has_value());
  EXPECT_EQ(count(*database), 3);
  database.reset();
  open();
  EXPECT_OK(put_numbered(*database_, 1'001));
}

}  // namespace
}  // namespace hardwon::store
