// Damaged files: found, named, refused, salvaged; backups and restoring them.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "store/test_store.h"

namespace hardwon::store {
namespace {

class Damaged : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      for (int i = 0; i < 400; ++i) {
        TRY(put_lesson(writer, lesson_of(numbered("l", i), numbered("statement number ", i))));
      }
      for (int i = 0; i < 40; ++i)
        TRY(put_episode(writer, episode_of(numbered("e", i), "task", 5)));
      TRY(put_session(writer, {.id = session_of("s"), .agent = "a", .scope = scope_of("ann")}));
      return {};
    }));
    EXPECT_OK(database_->scrub());  // everything in the database file
    database_.reset();
  }
  std::filesystem::path file() const { return directory_ / "hardwon.db"; }
  void overwrite(std::uintmax_t at, const std::string& bytes) const {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string content() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(Damaged, ASoundStoreHasNoDamage) {
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
  EXPECT_EQ(verify(fresh_directory("none")).error().code, ErrorCode::kNotFound);
}

TEST_F(Damaged, ADamagedHeadIsRefused) {
  overwrite(0, std::string(100, 'x'));
  for (const bool read_only : {false, true}) {
    const auto opened = Database::open({.directory = directory_, .read_only = read_only}, clock_);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption) << opened.error().message;
  }
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_EQ(damage->size(), 1U);
}

TEST_F(Damaged, AForeignDatabaseIsNoStore) {
  std::filesystem::remove(file());
  {
    auto other = Connection::open({.path = file().string(), .create = true});
    ASSERT_OK(other);
    ASSERT_OK((*other)->script("CREATE TABLE t(x)"));
  }
  const auto opened = Database::open({.directory = directory_}, clock_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
}

TEST_F(Damaged, ABitThatFellOverInsideATextIsFound) {
  const std::string statement = "statement number 123";
  const std::string bytes = content();
  int changed = 0;
  for (std::size_t at = bytes.find(statement); at != std::string::npos;
       at = bytes.find(statement, at + 1)) {
    overwrite(at + 3, "X");
    ++changed;
  }
  ASSERT_GT(changed, 0);
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  ASSERT_FALSE(damage->empty());
  EXPECT_TRUE((*damage)[0].what.contains(to_text(id_of("l123")))) << (*damage)[0].what;
}

// Flips bytes of each page in turn: nothing crashes, nothing that was changed goes unseen.
TEST_F(Damaged, EveryTornPageIsReportedOrHarmless) {
  const std::string sound = content();
  constexpr std::size_t kPage = 4096;
  int reported = 0, pages = 0;
  for (std::size_t page = 0; page * kPage < sound.size(); page += 3) {
    ++pages;
    overwrite(page * kPage + (page == 0 ? 100 : 0), std::string(64, '\x5a'));
    const auto damage = verify(directory_);
    if (!damage || !damage->empty()) ++reported;
    if (auto opened = Database::open({.directory = directory_}, clock_)) {
      static_cast<void>((*opened)->read([](const Reader& reader) -> Result<void> {
        TRY(list_lessons(reader, {.visibility = {.all = true}}));
        TRY(list_episodes(reader, {.visibility = {.all = true}}, true));
        TRY(search_text(reader,
                        {.terms = {"number"}, .scopes = {1}, .kinds = {ItemKind::kLesson}}));
        return {};
      }));
    }
    overwrite(page * kPage, sound.substr(page * kPage, kPage));
  }
  EXPECT_EQ(reported, pages);
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty());
}

TEST_F(Damaged, SalvageBringsBackWhatIsReadable) {
  const std::string bytes = content();
  const std::size_t at = bytes.find("statement number 200");
  ASSERT_NE(at, std::string::npos);
  overwrite(at / 4096 * 4096, std::string(64, '\x5a'));
  const auto target = fresh_directory("salvaged");
  const auto lost = salvage(directory_, target);
  ASSERT_OK(lost);
  EXPECT_FALSE(lost->empty());
  auto opened = Database::open({.directory = target}, clock_);
  ASSERT_OK(opened);
  EXPECT_OK((*opened)->read([](const Reader& reader) -> Result<void> {
    const auto lessons = TRY(list_lessons(reader, {.visibility = {.all = true}}));
    EXPECT_GT(lessons.size(), 300U);
    EXPECT_LT(lessons.size(), 400U);
    EXPECT_EQ(TRY(list_episodes(reader, {.visibility = {.all = true}}, true)).size(), 40U);
    return {};
  }));
  opened->reset();
  const auto damage = verify(target);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
  EXPECT_EQ(salvage(directory_, target).error().code, ErrorCode::kConflict);
}

TEST_F(Damaged, ASalvagedStoreUsesNoRowTwice) {
  open();
  put(put_lesson, lesson_of("last", "the newest"));
  EXPECT_OK(write([](Writer& writer) {
    return add_human_event(writer, id_of("last"), {"drop", "", at_second(1)});
  }));
  database_.reset();
  const auto target = fresh_directory("salvaged");
  ASSERT_OK(salvage(directory_, target));
  directory_ = target;
  open();
  put(put_lesson, lesson_of("next", "after it"));
  EXPECT_OK(write([](Writer& writer) {
    return add_human_event(writer, id_of("next"), {"drop", "", at_second(2)});
  }));
}

TEST_F(Damaged, SalvageOfASoundStoreLosesNothing) {
  const auto target = fresh_directory("salvaged");
  const auto lost = salvage(directory_, target);
  ASSERT_OK(lost);
  EXPECT_TRUE(lost->empty());
  const auto damage = verify(target);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
}

TEST_F(Damaged, ABackupIsOneSoundFileAndRestores) {
  open();
  const auto target = directory_ / "backup.db";
  EXPECT_OK(database_->backup(target));
  EXPECT_EQ(database_->backup(target).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(std::filesystem::exists(target.string() + "-wal"));
  put(put_lesson, lesson_of("later", "said later"));
  EXPECT_EQ(restore(target, directory_).error().code, ErrorCode::kUnavailable) << "it is open";
  database_.reset();
  EXPECT_OK(restore(target, directory_));
  open();
  EXPECT_OK(read([](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_lesson(reader, id_of("later"))), std::nullopt);
    EXPECT_TRUE(TRY(get_lesson(reader, id_of("l7"))).has_value());
    return {};
  }));
  put(put_lesson, lesson_of("new", "after the restore"));
  database_.reset();
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
  EXPECT_TRUE(std::filesystem::exists(directory_ / "hardwon.db.before-restore"));
  const auto elsewhere = fresh_directory("elsewhere");
  EXPECT_OK(restore(target, elsewhere));
  EXPECT_OK(Database::open({.directory = elsewhere, .create = false}, clock_));
}

TEST_F(Damaged, ADamagedBackupIsNotRestored) {
  open();
  const auto target = directory_ / "backup.db";
  EXPECT_OK(database_->backup(target));
  database_.reset();
  const std::string before = content();
  {
    std::fstream stream(target, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(8192);
    stream << std::string(4096, 'x');
  }
  EXPECT_EQ(restore(target, directory_).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(restore(directory_ / "none.db", directory_).error().code, ErrorCode::kIo);
  EXPECT_EQ(content(), before);
}

TEST_F(Damaged, ADamagedStoreIsReplacedByItsBackup) {
  open();
  const auto target = directory_ / "backup.db";
  EXPECT_OK(database_->backup(target));
  database_.reset();
  overwrite(0, std::string(100, 'x'));
  EXPECT_OK(restore(target, directory_));
  open();
  EXPECT_OK(read([](const Reader& reader) -> Result<void> {
    EXPECT_TRUE(TRY(get_lesson(reader, id_of("l7"))).has_value());
    return {};
  }));
}

// Runs as a user without rights where the test runs as root, for whom no directory is closed.
TEST_F(Damaged, AClosedDirectoryIsReadFromItsFileOrRefusedInWords) {
  namespace fs = std::filesystem;
  const auto readable = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                        fs::perms::others_read | fs::perms::others_exec;
  fs::permissions(directory_, readable);
  for (const auto& entry : fs::directory_iterator(directory_)) {
    fs::permissions(entry.path(), readable);
  }
  for (const char* extra : {"-shm", "-wal"}) fs::remove(file().string() + extra);
  const auto as_stranger = [&](bool read_only) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(9);
      auto opened = Database::open({.directory = directory_, .read_only = read_only}, clock_);
      if (!opened) ::_exit(10 + static_cast<int>(opened.error().code));
      const auto done = (*opened)->read([](const Reader& reader) -> Result<void> {
        return TRY(get_lesson(reader, id_of("l7"))) ? Result<void>()
                                                    : fail(ErrorCode::kNotFound, "l7");
      });
      ::_exit(done ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(as_stranger(true), 0);
  EXPECT_EQ(as_stranger(false), 10 + static_cast<int>(ErrorCode::kIo));
}

}  // namespace
}  // namespace hardwon::store
