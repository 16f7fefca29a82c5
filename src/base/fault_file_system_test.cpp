#include "base/fault_file_system.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hardwon {
namespace {

const std::filesystem::path kDirectory = "/disk";
const std::filesystem::path kFile = kDirectory / "file";

std::string bytes_of(FileSystem& files, const std::filesystem::path& path) {
  auto file = files.open(path, OpenMode::kRead);
  if (!file) return "absent";
  std::string bytes((*file)->size().value(), '?');
  EXPECT_EQ((*file)->read_at(0, bytes).value(), bytes.size());
  return bytes;
}

// A durable file with these bytes.
std::unique_ptr<File> durable_file(FileSystem& files, std::string_view bytes) {
  auto file = files.open(kFile, OpenMode::kCreate).value();
  EXPECT_TRUE(file->write_at(0, bytes) && file->sync() && files.sync_directory(kDirectory));
  return file;
}

TEST(FaultFileSystem, ShowsWritesAtOnceAndLosesThemUnlessSynced) {
  FaultFileSystem files;
  Rng rng(1);
  auto file = durable_file(files, "durable");
  ASSERT_TRUE(file->write_at(0, "DURABLE and more"));
  EXPECT_EQ(bytes_of(files, kFile), "DURABLE and more");
  files.crash(CrashMode::kProcess, rng);
  EXPECT_EQ(bytes_of(files, kFile), "DURABLE and more");
  EXPECT_EQ(file->write_at(0, "x").error().code, ErrorCode::kIo);  // opened before
  files.crash(CrashMode::kLoseAll, rng);
  EXPECT_EQ(bytes_of(files, kFile), "durable");
}

TEST(FaultFileSystem, KeepsAllWhenTold) {
  FaultFileSystem files;
  Rng rng(1);
  auto file = files.open(kFile, OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(600, "end"));
  files.crash(CrashMode::kKeepAll, rng);
  EXPECT_EQ(bytes_of(files, kFile), std::string(600, '\0') + "end");
}

TEST(FaultFileSystem, LosesANameUnlessTheDirectoryIsSynced) {
  Rng rng(1);
  FaultFileSystem files;
  auto file = files.open(kFile, OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(0, "x") && file->sync());
  files.crash(CrashMode::kLoseAll, rng);
  EXPECT_EQ(bytes_of(files, kFile), "absent");
}

TEST(FaultFileSystem, KeepsOrLosesEachEntryOnItsOwnAndNoRenameByHalf) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    FaultFileSystem files;
    durable_file(files, "old");
    auto file = files.open(kDirectory / "new", OpenMode::kCreate).value();
    ASSERT_TRUE(file->write_at(0, "new") && file->sync() && files.sync_directory(kDirectory));
    ASSERT_TRUE(files.rename(kDirectory / "new", kFile));
    ASSERT_TRUE(files.open(kDirectory / "other", OpenMode::kCreate));
    files.crash(CrashMode::kRandom, rng);
    const bool renamed = bytes_of(files, kFile) == "new";
    EXPECT_EQ(bytes_of(files, kDirectory / "new"), renamed ? "absent" : "new");
    EXPECT_EQ(bytes_of(files, kFile), renamed ? "new" : "old");
    seen.insert(bytes_of(files, kFile) + "," + bytes_of(files, kDirectory / "other"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"new,", "new,absent", "old,", "old,absent"}));
}

TEST(FaultFileSystem, LosesKeepsAndTearsSectorsIndependently) {
  bool lost_before_kept = false, kept_before_lost = false, torn = false, first_version = false;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    FaultFileSystem files;
    auto file = durable_file(files, std::string(1024, 'o'));
    ASSERT_TRUE(file->write_at(0, std::string(1024, 'a')));
    ASSERT_TRUE(file->write_at(0, std::string(1024, 'b')));
    files.crash(CrashMode::kRandom, rng);
    const std::string bytes = bytes_of(files, kFile);
    ASSERT_EQ(bytes.size(), 1024U);
    const std::string first = bytes.substr(0, 512), second = bytes.substr(512);
    const auto whole = [](const std::string& s) { return s == std::string(512, s[0]); };
    EXPECT_TRUE(whole(first) || whole(second));  // one torn sector at most
    torn |= !whole(first);
    first_version |= bytes == std::string(1024, 'a');
    lost_before_kept |= first[0] == 'o' && second[0] == 'b';
    kept_before_lost |= first[0] == 'b' && second[0] == 'o';
  }
  EXPECT_TRUE(lost_before_kept && kept_before_lost && torn && first_version);
}

TEST(FaultFileSystem, MayKeepASizeWithoutItsBytes) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    FaultFileSystem files;
    auto removed = files.open(kDirectory / "removed", OpenMode::kCreate).value();
    ASSERT_TRUE(removed->write_at(0, std::string(1024, 'r')) && removed->sync());
    ASSERT_TRUE(files.remove(kDirectory / "removed"));
    auto file = durable_file(files, std::string(512, 'o'));
    ASSERT_TRUE(file->write_at(512, std::string(512, 'n')));
    files.crash(CrashMode::kRandom, rng);
    const std::string bytes = bytes_of(files, kFile);
    if (bytes.size() == 512) seen.insert("size lost");
    if (bytes.size() == 1024 && bytes.back() == '\0') seen.insert("zeros");
    if (bytes.size() == 1024 && bytes.back() == 'r') seen.insert("removed file");
    if (bytes.size() == 1024 && bytes.back() == 'n') seen.insert("kept");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"size lost", "zeros", "removed file", "kept"}));
}

TEST(FaultFileSystem, FailedSyncGivesTheBytesUpAndTheNextSucceedsWithoutThem) {
  for (const bool hides : {false, true}) {
    Rng rng(1);
    FaultFileSystem files;
    files.set_failed_sync_hides(hides);
    auto file = durable_file(files, "old");
    files.fail_sync(1);
    ASSERT_TRUE(file->write_at(0, "new"));
    EXPECT_EQ(file->sync().error().code, ErrorCode::kIo);
    EXPECT_EQ(bytes_of(files, kFile), hides ? "old" : "new");
    EXPECT_TRUE(file->sync());
    files.crash(CrashMode::kKeepAll, rng);
    EXPECT_EQ(bytes_of(files, kFile), "old");
  }
}

TEST(FaultFileSystem, EndsItsRoomAtTheByte) {
  FaultFileSystem files;
  files.set_room(10);
  auto file = files.open(kFile, OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(0, "12345678"));
  const auto full = file->write_at(8, "9012");
  ASSERT_FALSE(full);
  EXPECT_TRUE(is_disk_full(full.error())) << full.error().message;
  EXPECT_EQ(bytes_of(files, kFile), "1234567890");
  EXPECT_TRUE(file->write_at(0, "abc"));  // needs no room
  ASSERT_TRUE(files.remove(kFile));
  EXPECT_TRUE(files.open(kFile, OpenMode::kCreate).value()->write_at(0, "1234567890"));
}

TEST(FaultFileSystem, WriteToldToFailLeavesItsFirstHalf) {
  FaultFileSystem files;
  auto file = durable_file(files, "....");
  files.fail_write(2);
  ASSERT_TRUE(file->write_at(0, "ab"));
  EXPECT_FALSE(is_disk_full(file->write_at(0, "ABCD").error()));
  EXPECT_EQ(bytes_of(files, kFile), "AB..");
  EXPECT_TRUE(file->write_at(0, "ABCD"));
}

TEST(FaultFileSystem, DiesAfterTheGivenCallUntilTheCrash) {
  Rng rng(1);
  FaultFileSystem files;
  auto file = durable_file(files, "x");
  const std::uint64_t before = files.calls();
  files.die_after(1);
  EXPECT_TRUE(file->write_at(0, "y"));
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(files.remove(kFile));
  EXPECT_FALSE(files.open(kFile, OpenMode::kRead));
  EXPECT_FALSE(files.list(kDirectory));
  EXPECT_EQ(files.calls(), before + 1);
  files.crash(CrashMode::kLoseAll, rng);
  EXPECT_EQ(bytes_of(files, kFile), "x");
}

TEST(FaultFileSystem, DamagesWhatIsDurable) {
  Rng rng(1);
  FaultFileSystem files;
  durable_file(files, std::string(512, 'a') + std::string(512, 'b'));
  files.flip_bit(kFile, 0);
  files.misplace_sector(kFile, 0, 1);
  files.crash(CrashMode::kLoseAll, rng);
  const std::string damaged = "`" + std::string(511, 'a');
  EXPECT_EQ(bytes_of(files, kFile), damaged + damaged);
}

// ------------------------------------------------------------------ the operating system's

class PosixFileSystem : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 (std::string("posix_file_system_") + test->name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  FileSystem& files_ = posix_file_system();
  std::filesystem::path directory_;
};

TEST_F(PosixFileSystem, WritesReadsGrowsAndLists) {
  auto file = files_.open(directory_ / "b", OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(3, "def"));
  ASSERT_TRUE(file->write_at(0, "abc"));
  ASSERT_TRUE(file->resize(8));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(file->size().value(), 8U);
  std::string bytes(20, '?');
  EXPECT_EQ(file->read_at(1, bytes).value(), 7U);
  EXPECT_EQ(bytes.substr(0, 7), std::string("bcdef\0\0", 7));
  EXPECT_EQ(file->read_at(8, bytes).value(), 0U);
  ASSERT_TRUE(files_.open(directory_ / "a", OpenMode::kCreate));
  std::filesystem::create_directory(directory_ / "folder");
  EXPECT_EQ(files_.list(directory_).value(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(files_.rename(directory_ / "b", directory_ / "a"));
  EXPECT_TRUE(files_.sync_directory(directory_));
  EXPECT_EQ(bytes_of(files_, directory_ / "a").size(), 8U);
  EXPECT_EQ(std::filesystem::status(directory_ / "a").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_TRUE(files_.remove(directory_ / "a"));
  EXPECT_TRUE(files_.remove(directory_ / "a"));  // absent: done
}

TEST_F(PosixFileSystem, SaysWhatIsWrong) {
  EXPECT_EQ(files_.open(directory_ / "x", OpenMode::kRead).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(files_.open(directory_ / "x", OpenMode::kWrite).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(files_.open(directory_ / "x", OpenMode::kCreate));
  const auto again = files_.open(directory_ / "x", OpenMode::kCreate);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(again.error().path, (directory_ / "x").string());
  EXPECT_EQ(files_.open(directory_, OpenMode::kRead).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(files_.rename(directory_ / "none", directory_ / "y"));
  EXPECT_FALSE(files_.sync_directory(directory_ / "none"));
  EXPECT_FALSE(files_.list(directory_ / "none"));
  // A directory cannot be removed as a file, and a file opened to be read not be written.
  EXPECT_FALSE(files_.remove(directory_));
  EXPECT_FALSE(files_.open(directory_ / "x", OpenMode::kRead).value()->write_at(0, "y"));
}

}  // namespace
}  // namespace hardwon
