// What every journal does, whatever it is made of.  An adapter joins with one line at the end.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/file_journal.h"
#include "store/journal.h"
#include "store/lmdb_journal.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

struct Adapter {
  const char* name;
  std::function<Result<OpenedJournal>(const fs::path& directory, const JournalReader& reader)> open;
};

class JournalContract : public ::testing::TestWithParam<Adapter> {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string("journal_contract_") + test->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    directory_ = fs::path(::testing::TempDir()) / name;
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override {
    journal_.reset();
    fs::remove_all(directory_);
  }

  // Reads all of it; `state_` is what an opening hands over.
  Result<JournalRecovery> open() {
    journal_.reset();
    chunks_.clear();
    entries_.clear();
    Sequence next = 0;
    auto opened = GetParam().open(
        directory_, {.snapshot_chunk = [&](std::string_view chunk) -> Result<void> {
                       chunks_.emplace_back(chunk);
                       return {};
                     },
                     .entry = [&](Sequence sequence, std::string_view entry) -> Result<void> {
                       EXPECT_TRUE(next == 0 || sequence == next) << sequence;
                       next = sequence + 1;
                       entries_.emplace_back(entry);
                       return {};
                     }});
    if (!opened) return std::unexpected(opened.error());
    journal_ = std::move(opened->journal);
    EXPECT_TRUE(entries_.empty() || next == opened->recovery.last + 1);
    EXPECT_EQ(opened->recovery.entries, entries_.size());
    return opened->recovery;
  }

  Result<void> append(Sequence first, const std::vector<std::string>& entries, bool sync = true) {
    const JournalBatch batch{entries};
    return journal_->append({&batch, 1}, first, sync);
  }

  fs::path directory_;
  std::unique_ptr<Journal> journal_;
  std::vector<std::string> chunks_, entries_;
};

TEST_P(JournalContract, GivesBackWhatWasAppendedInOrder) {
  const auto fresh = open();
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(fresh->last, 0U);
  EXPECT_TRUE(fresh->clean);
  const std::vector<std::string> all{"one", "", std::string("\0\xff", 2), std::string(70'000, 'x')};
  ASSERT_TRUE(append(1, {all[0]}));
  const std::vector<std::string> two{all[1], all[2]}, three{all[3]};
  const std::vector<JournalBatch> batches{{two}, {three}};
  ASSERT_TRUE(journal_->append(batches, 2, false));
  ASSERT_TRUE(journal_->sync());
  EXPECT_GT(journal_->figures().bytes, 70'000U);
  EXPECT_GT(journal_->figures().fsyncs, 0U);
  const auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->last, 4U);
  EXPECT_EQ(entries_, all);
  EXPECT_FALSE(journal_->poisoned());
}

TEST_P(JournalContract, SaysWhetherItHadBeenClosed) {
  ASSERT_TRUE(open() && append(1, {"a"}) && journal_->mark_end() && journal_->mark_end());
  EXPECT_TRUE(open()->clean);
  ASSERT_TRUE(append(2, {"b"}));
  ASSERT_TRUE(journal_->mark_end() && append(3, {"c"}) && journal_->mark_end());
  EXPECT_TRUE(open()->clean);
  EXPECT_EQ(entries_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(JournalContract, BeginsWithTheNewestSnapshot) {
  ASSERT_TRUE(open() && append(1, {"a", "b"}));
  auto snapshot = journal_->start_snapshot(2);
  ASSERT_TRUE(snapshot);
  ASSERT_TRUE(append(3, {"meanwhile"}));
  ASSERT_TRUE((*snapshot)->add("state of a") && (*snapshot)->add(std::string(1 << 20, 'b')));
  ASSERT_TRUE((*snapshot)->publish(0));
  ASSERT_TRUE(append(4, {"after"}));
  const auto recovery = open();
  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->snapshot, 2U);
  EXPECT_EQ(recovery->last, 4U);
  EXPECT_EQ(chunks_, (std::vector<std::string>{"state of a", std::string(1 << 20, 'b')}));
  EXPECT_EQ(entries_, (std::vector<std::string>{"meanwhile", "after"}));
}

TEST_P(JournalContract, UnpublishedSnapshotLeavesNothing) {
  ASSERT_TRUE(open() && append(1, {"a"}));
  {
    auto snapshot = journal_->start_snapshot(1);
    ASSERT_TRUE(snapshot && (*snapshot)->add("half"));
  }
  ASSERT_TRUE(append(2, {"b"}));
  EXPECT_EQ(open()->snapshot, 0U);
  EXPECT_EQ(entries_, (std::vector<std::string>{"a", "b"}));
}

TEST_P(JournalContract, SnapshotKeepingNothingLeavesNoOlderByte) {
  const std::string secret = "a sentence to be forgotten";
  ASSERT_TRUE(open() && append(1, {secret}));
  for (int i = 0; i < 2; ++i) {
    auto snapshot = journal_->start_snapshot(1);
    ASSERT_TRUE(snapshot && (*snapshot)->add(i == 0 ? secret : "clean"));
    ASSERT_TRUE((*snapshot)->publish(0));
  }
  EXPECT_TRUE(open());
  EXPECT_EQ(chunks_, std::vector<std::string>{"clean"});
}

TEST_P(JournalContract, RefusesWhatIsTooLargeOrOutOfOrderAndGoesOn) {
  ASSERT_TRUE(open());
  EXPECT_EQ(append(1, {std::string(kEntryBytesMax + 1, 'x')}).error().code,
            ErrorCode::kResourceExhausted);
  const std::string large(kEntryBytesMax - 100, 'x');
  EXPECT_EQ(append(1, {large, large, large}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(append(7, {"x"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(journal_->start_snapshot(1));
  EXPECT_FALSE(journal_->poisoned());
  ASSERT_TRUE(append(1, {"a"}));
  EXPECT_TRUE(open());
  EXPECT_EQ(entries_, std::vector<std::string>{"a"});
}

TEST_P(JournalContract, ErrorOfTheReaderEndsTheOpening) {
  ASSERT_TRUE(open() && append(1, {"a"}));
  journal_.reset();
  const auto refused = GetParam().open(
      directory_, {.snapshot_chunk = [](std::string_view) -> Result<void> { return {}; },
                   .entry = [](Sequence, std::string_view) -> Result<void> {
                     return fail(ErrorCode::kInvalidArgument, "not mine");
                   }});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "not mine");
}

INSTANTIATE_TEST_SUITE_P(
    All, JournalContract,
    ::testing::Values(Adapter{"files",
                              [](const fs::path& directory, const JournalReader& reader) {
                                return open_file_journal(posix_file_system(), directory, {},
                                                         reader);
                              }},
                      Adapter{"lmdb", open_lmdb_journal}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hardwon::store
