#include "store/file_journal.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fault_file_system.h"
#include "base/rng.h"
#include "store/journal_files.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

const fs::path kDirectory = "/journal";

class FileJournalTest : public ::testing::Test {
 protected:
  JournalReader reader() {
    state_.clear();
    return {.snapshot_chunk = [this](std::string_view chunk) -> Result<void> {
              state_.emplace_back(chunk);
              return {};
            },
            .entry = [this](Sequence, std::string_view entry) -> Result<void> {
              state_.emplace_back(entry);
              return {};
            }};
  }
  Result<JournalRecovery> open(const FileJournalOptions& options = {.salt_seed = 1}) {
    journal_.reset();
    auto opened = open_file_journal(disk_, kDirectory, options, reader());
    if (!opened) return std::unexpected(opened.error());
    journal_ = std::move(opened->journal);
    next_ = opened->recovery.last + 1;
    return opened->recovery;
  }
  bool append(const std::vector<std::string>& entries, bool sync = true) {
    const JournalBatch batch{entries};
    const bool done = journal_->append({&batch, 1}, next_, sync).has_value();
    if (done) next_ += entries.size();
    return done;
  }
  bool snapshot(std::size_t keep, const std::vector<std::string>& chunks) {
    auto writer = journal_->start_snapshot(next_ - 1);
    if (!writer) return false;
    for (const auto& chunk : chunks) {
      if (!(*writer)->add(chunk)) return false;
    }
    return (*writer)->publish(keep).has_value();
  }
  std::vector<std::string> names(std::string_view prefix) {
    std::vector<std::string> found;
    const auto all = disk_.list(kDirectory).value();
    for (const auto& name : all) {
      if (name.starts_with(prefix)) found.push_back(name);
    }
    return found;
  }
  void put(const std::string& name, std::string_view bytes) {
    auto file = disk_.open(kDirectory / name, OpenMode::kCreate).value();
    ASSERT_TRUE(file->write_at(0, bytes));
  }

  FaultFileSystem disk_;
  std::unique_ptr<Journal> journal_;
  std::vector<std::string> state_;
  Sequence next_ = 1;
};

using Texts = std::vector<std::string>;

TEST_F(FileJournalTest, ContinuesInTheSameSegmentOnlyAfterACleanEnd) {
  ASSERT_TRUE(open() && append({"a"}) && journal_->mark_end());
  EXPECT_TRUE(open()->clean);
  EXPECT_EQ(names("wal-").size(), 1U);
  ASSERT_TRUE(append({"b"}));
  const auto recovery = open();
  EXPECT_FALSE(recovery->clean);
  EXPECT_EQ(recovery->bytes_dropped, 0U);
  EXPECT_EQ(names("wal-").size(), 2U);
  EXPECT_EQ(state_, (Texts{"a", "b"}));
}

TEST_F(FileJournalTest, RotatesAndRemovesWhatASnapshotMakesNeedless) {
  ASSERT_TRUE(open({.segment_bytes_max = 1000, .salt_seed = 1}));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append({std::string(200, 'x')}));
  EXPECT_GT(names("wal-").size(), 3U);
  EXPECT_GT(journal_->figures().log_bytes, 4000U);
  ASSERT_TRUE(snapshot(0, {"state"}));
  EXPECT_EQ(names("wal-").size(), 1U);
  EXPECT_EQ(names("snapshot-").size(), 1U);
  EXPECT_LT(journal_->figures().log_bytes, 100U);
  ASSERT_TRUE(append({"after"}) && open());
  EXPECT_EQ(state_, (Texts{"state", "after"}));
}

TEST_F(FileJournalTest, DamagedSnapshotIsReplacedByTheOneBeforeAndMoreLog) {
  ASSERT_TRUE(open() && append({"a"}) && snapshot(1, {"state a"}) && append({"b"}));
  ASSERT_TRUE(snapshot(1, {"state a, b"}) && append({"c"}));
  const std::string newest = names("snapshot-").back();
  disk_.flip_bit(kDirectory / newest, 8 * 75);
  const auto recovery = open();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->snapshot_damaged, newest);
  EXPECT_EQ(recovery->snapshot, 1U);
  EXPECT_EQ(state_, (Texts{"state a", "b", "c"}));
  // The next one counts the sound one as the older.
  ASSERT_TRUE(snapshot(1, {"state a, b, c"}));
  EXPECT_EQ(open()->snapshot_damaged, "");
  EXPECT_EQ(state_, Texts{"state a, b, c"});
}

TEST_F(FileJournalTest, FirstSnapshotFallsBackToTheWholeLog) {
  ASSERT_TRUE(open() && append({"a"}) && snapshot(1, {"state a"}) && append({"b"}));
  disk_.flip_bit(kDirectory / names("snapshot-").back(), 8 * 75);
  ASSERT_TRUE(open());
  EXPECT_EQ(state_, (Texts{"a", "b"}));
}

TEST_F(FileJournalTest, DamagedSnapshotWithoutAnotherIsRefusedAndSalvaged) {
  ASSERT_TRUE(open() && append({"a"}) && snapshot(0, {"state a"}) && append({"b"}));
  disk_.flip_bit(kDirectory / names("snapshot-").back(), 8 * 75);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruption);
  EXPECT_TRUE(refused.error().message.starts_with("at byte 64: ")) << refused.error().message;
  const auto salvage = salvage_file_journal(disk_, kDirectory, reader());
  ASSERT_TRUE(salvage);
  EXPECT_EQ(state_, Texts{"b"});
  EXPECT_EQ(salvage->entries_lost, 1U);
}

TEST_F(FileJournalTest, DamageInTheMiddleIsRefusedWithItsPlaceAndSalvagedAround) {
  ASSERT_TRUE(open() && append({"a"}) && append({"b", "c"}) && append({"d"}) && append({"e"}));
  const fs::path log = kDirectory / names("wal-").front();
  disk_.flip_bit(log, 8 * (64 + 32 + 29));  // the payload of "b"
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(refused.error().path, log.string());
  EXPECT_TRUE(refused.error().message.starts_with("at byte 96: ")) << refused.error().message;
  const auto salvage = salvage_file_journal(disk_, kDirectory, reader());
  ASSERT_TRUE(salvage);
  EXPECT_EQ(state_, (Texts{"a", "d", "e"}));  // "c" is of the batch that is not whole
  EXPECT_EQ(salvage->entries_lost, 2U);
  EXPECT_GT(salvage->bytes_damaged, 0U);
}

TEST_F(FileJournalTest, AbsentManifestIsRefusedAndSalvaged) {
  ASSERT_TRUE(open() && append({"a"}) && snapshot(0, {"state a"}) && append({"b"}));
  ASSERT_TRUE(disk_.remove(kDirectory / "MANIFEST"));
  EXPECT_EQ(open().error().code, ErrorCode::kCorruption);
  ASSERT_TRUE(salvage_file_journal(disk_, kDirectory, reader()));
  EXPECT_EQ(state_, (Texts{"state a", "b"}));
}

TEST_F(FileJournalTest, TakesNoDirectoryThatHoldsSomethingElse) {
  put("write.lock", "");
  put("data.mdb", "x");
  EXPECT_EQ(open().error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(disk_.remove(kDirectory / "data.mdb"));
  EXPECT_TRUE(open());
}

TEST_F(FileJournalTest, SaysWhenTheFormatIsNewer) {
  put("MANIFEST", "hardwon-journal 2 00000000\n{}\n");
  EXPECT_EQ(open().error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(disk_.remove(kDirectory / "MANIFEST"));
  put("MANIFEST", "shopping list\n");
  EXPECT_EQ(open().error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FileJournalTest, RemovesLeftoversAndNothingElse) {
  ASSERT_TRUE(open() && append({"a"}));
  put("wal-00000000000000ff.log", "left");
  put("snapshot-0000000000000001-00000000000000fe.tmp", "left");
  put("index.slab", "not ours");
  ASSERT_TRUE(open());
  EXPECT_EQ(names("wal-00000000000000ff").size() + names("snapshot-").size(), 0U);
  EXPECT_EQ(names("index.slab").size(), 1U);
}

TEST_F(FileJournalTest, ReaderBesideAnOwnerSeesOnlyWhatIsKnownDurable) {
  ASSERT_TRUE(open() && append({"a"}) && append({"b"}) && append({"c"}, false));
  const std::uint64_t calls = disk_.calls();
  auto read = read_file_journal(disk_, kDirectory, reader());
  ASSERT_TRUE(read);
  EXPECT_EQ(state_, (Texts{"a", "b"}));  // known by the record of "c"
  EXPECT_EQ(read->last, 2U);
  EXPECT_EQ(disk_.calls(), calls);
  ASSERT_TRUE(journal_->mark_end());
  read = read_file_journal(disk_, kDirectory, reader());
  EXPECT_EQ(state_, (Texts{"a", "b", "c"}));
  EXPECT_TRUE(read->clean);
  ASSERT_TRUE(snapshot(0, {"state"}) && append({"d"}) && append({"e"}));
  ASSERT_TRUE(read_file_journal(disk_, kDirectory, reader()));
  EXPECT_EQ(state_, (Texts{"state", "d"}));
}

TEST_F(FileJournalTest, FullDiskIsAnErrorThatLeavesRoomForSmallEntries) {
  ASSERT_TRUE(open());
  disk_.set_room(80 << 10);
  int appended = 0;
  while (append({std::string(1000, 'x')})) ++appended;
  EXPECT_GT(appended, 40);
  EXPECT_FALSE(journal_->poisoned());
  const std::string large(1000, 'x');
  const std::vector<std::string> entries{large};
  const JournalBatch batch{entries};
  const auto full = journal_->append({&batch, 1}, next_, true);
  EXPECT_TRUE(is_disk_full(full.error())) << full.error().message;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(append({"remove 17"})) << i;
  EXPECT_TRUE(journal_->mark_end());
  const std::size_t all = static_cast<std::size_t>(appended) + 100;
  EXPECT_TRUE(open()->clean);
  EXPECT_EQ(state_.size(), all);
}

TEST_F(FileJournalTest, RecoversARandomHistoryWithLargeBatches) {
  Rng rng(5);
  Texts all;
  for (int round = 0; round < 12; ++round) {
    ASSERT_TRUE(open({.segment_bytes_max = 1 << 20, .salt_seed = rng.next()}));
    EXPECT_EQ(state_, all);
    for (int i = 0; i < 20; ++i) {
      Texts entries;
      for (std::uint64_t n = rng.below(30) + 1; n > 0; --n) {
        entries.emplace_back(rng.below(20) == 0 ? rng.below(300'000) : rng.below(300), 'e');
      }
      ASSERT_TRUE(append(entries, rng.below(2) == 0));
      all.insert(all.end(), entries.begin(), entries.end());
    }
    ASSERT_TRUE(rng.below(2) == 0 || journal_->mark_end());
  }
}

}  // namespace
}  // namespace hardwon::store
