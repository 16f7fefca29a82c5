#include "store/lmdb_journal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

class LmdbJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!lmdb_available()) GTEST_SKIP() << "built without LMDB";
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(::testing::TempDir()) / ("lmdb_journal_" + std::string(info->name()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  JournalReader reader() {
    return {.snapshot_chunk = [this](std::string_view chunk) -> Result<void> {
              chunks_.emplace_back(chunk);
              return {};
            },
            .entry = [this](Sequence, std::string_view entry) -> Result<void> {
              entries_.emplace_back(entry);
              return {};
            }};
  }
  Result<OpenedJournal> open() {
    chunks_.clear();
    entries_.clear();
    return open_lmdb_journal(directory_, reader());
  }
  static Result<void> append(Journal& journal, std::vector<std::string> entries, Sequence first) {
    const JournalBatch batch{entries};
    return journal.append({&batch, 1}, first, true);
  }
  bool file_contains(const std::string& text) const {
    std::ifstream file(directory_ / "data.mdb", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return bytes.find(text) != std::string::npos;
  }

  fs::path directory_;
  std::vector<std::string> chunks_, entries_;
};

TEST_F(LmdbJournalTest, LargeEntriesComeBackWhole) {
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message;
  const std::string large(std::size_t{12} << 20, 'x');
  ASSERT_TRUE(append(*opened->journal, {large, large + "y"}, 1));
  opened->journal.reset();
  ASSERT_TRUE(open());
  EXPECT_EQ(entries_, (std::vector<std::string>{large, large + "y"}));
}

TEST_F(LmdbJournalTest, ASnapshotThatKeepsNothingLeavesNoByteBehind) {
  auto opened = open();
  ASSERT_TRUE(opened);
  Journal& journal = *opened->journal;
  ASSERT_TRUE(append(journal, {"a secret that must go"}, 1));
  ASSERT_TRUE(file_contains("a secret that must go"));
  auto writer = journal.start_snapshot(1);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add("what stays"));
  ASSERT_TRUE((*writer)->publish(0));
  EXPECT_FALSE(file_contains("a secret that must go"));
  EXPECT_TRUE(file_contains("what stays"));
  ASSERT_TRUE(append(journal, {"after it"}, 2));
  opened->journal.reset();
  auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(chunks_, std::vector<std::string>{"what stays"});
  EXPECT_EQ(entries_, std::vector<std::string>{"after it"});
  EXPECT_EQ(again->recovery.last, 2U);
}

TEST_F(LmdbJournalTest, AReaderBesideTheOwnerSeesWhatIsCommitted) {
  auto opened = open();
  ASSERT_TRUE(opened);
  ASSERT_TRUE(append(*opened->journal, {"one", "two"}, 1));
  // LMDB forbids opening an environment twice in a process: another one reads.
  const pid_t child = fork();
  if (child == 0) {
    const auto read = read_lmdb_journal(directory_, reader());
    _exit(read && read->last == 2 && entries_.size() == 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(LmdbJournalTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(directory_ / "data.mdb") << std::string(8192, 'z');
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
  EXPECT_NE(opened.error().path.find("data.mdb"), std::string::npos);
}

}  // namespace
}  // namespace hardwon::store
