// Recording over a real database, on failing disks and with the flusher's clock in hand.

#include "engine/recorder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/records.h"
#include "store/vfs.h"

namespace hardwon::engine {
namespace {

using std::chrono::milliseconds;

class RecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::path(::testing::TempDir()) / ("recorder_" + std::to_string(random_bits()));
    auto database = store::Database::open({.directory = directory_, .faults = &faults_}, clock_);
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

  ItemId start(Recorder& recorder) {
    const auto id = recorder.start({.task = "Build it"});
    EXPECT_TRUE(id) << id.error().message;
    return *id;
  }

  std::size_t on_disk(const ItemId& id) {
    std::size_t steps = 0;
    const auto read = database_->read([&](const store::Reader& reader) -> Result<void> {
      steps = TRY(store::get_episode(reader, id)).value().steps.size();
      return {};
    });
    EXPECT_TRUE(read);
    return steps;
  }

  std::filesystem::path directory_;
  store::FileFaults faults_;
  ManualClock clock_{*parse_time("2026-05-01T09:00:00Z")};
  SharedRng rng_{7};
  std::unique_ptr<store::Database> database_;
};

Step step(int i) {
  return Step{
      .tool = "bash", .action = "make " + std::to_string(i), .status = StepStatus::kSuccess};
}

// Manual flushing: the flusher's thread stays out of these tests.
constexpr BatchConfig kManual{.auto_flush = false};

TEST_F(RecorderTest, WithoutBatchingEveryStepIsDurable) {
  Recorder recorder(*database_, clock_, rng_, std::nullopt);
  const ItemId id = start(recorder);
  EXPECT_EQ(recorder.log_step(id, step(1))->state, Durability::kDurable);
  EXPECT_EQ(on_disk(id), 1U);
}

TEST_F(RecorderTest, BufferedStepsAreSeenByReadsBeforeTheyAreOnDisk) {
  Recorder recorder(*database_, clock_, rng_, kManual);
  const ItemId id = start(recorder);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(recorder.log_step(id, step(i))->state, Durability::kBuffered);
  }
  EXPECT_EQ(on_disk(id), 0U);
  EXPECT_EQ(recorder.get(id)->steps.size(), 3U);
  EXPECT_EQ(recorder.flush(id)->durable, 3);
  EXPECT_EQ(on_disk(id), 3U);
}

TEST_F(RecorderTest, AFullBatchIsWrittenAtOnce) {
  Recorder recorder(*database_, clock_, rng_,
                    BatchConfig{.max_batch_size = 3, .flush_interval_ms = 3'600'000});
  const ItemId id = start(recorder);
  EXPECT_EQ(recorder.log_step(id, step(1))->state, Durability::kBuffered);
  EXPECT_EQ(recorder.log_step(id, step(2))->state, Durability::kBuffered);
  EXPECT_EQ(recorder.log_step(id, step(3))->state, Durability::kDurable);
  EXPECT_EQ(on_disk(id), 3U);
}

TEST_F(RecorderTest, WhatIsDueIsFlushedAndWhatIsNotStays) {
  Recorder recorder(*database_, clock_, rng_,
                    BatchConfig{.max_batch_size = 100, .flush_interval_ms = 3'600'000});
  const ItemId id = start(recorder);
  ASSERT_TRUE(recorder.log_step(id, step(1)));
  recorder.flush_due(clock_.steady() + milliseconds(3'599'999));
  EXPECT_EQ(on_disk(id), 0U);
  recorder.flush_due(clock_.steady() + milliseconds(3'600'000));
  EXPECT_EQ(on_disk(id), 1U);
}

TEST_F(RecorderTest, AFailedFlushKeepsTheStepsAndTheRetryNeitherDoublesNorReorders) {
  Recorder recorder(*database_, clock_, rng_,
                    BatchConfig{.max_batch_size = 2, .flush_interval_ms = 3'600'000});
  const ItemId id = start(recorder);
  faults_.bytes_until_full = 0;
  ASSERT_TRUE(recorder.log_step(id, step(1)));
  const auto second = recorder.log_step(id, step(2));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->state, Durability::kBuffered);
  ASSERT_TRUE(second->flush_error);
  EXPECT_EQ(second->flush_error->code, ErrorCode::kIo);
  EXPECT_FALSE(recorder.flush(id));
  EXPECT_EQ(recorder.get(id)->steps.size(), 2U);
  faults_.bytes_until_full = -1;
  ASSERT_TRUE(recorder.log_step(id, step(3)));
  const auto counts = recorder.flush(id);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->durable, 3);
  const auto episode = recorder.get(id);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(episode->steps[static_cast<std::size_t>(i)].action, "make " + std::to_string(i + 1));
  }
}

TEST_F(RecorderTest, CompletionFlushesFirst) {
  Recorder recorder(*database_, clock_, rng_, kManual);
  const ItemId id = start(recorder);
  ASSERT_TRUE(recorder.log_step(id, step(1)));
  const auto done = recorder.complete(id, {.outcome = {.status = OutcomeStatus::kSuccess}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->steps.size(), 1U);
  EXPECT_EQ(on_disk(id), 1U);
  EXPECT_TRUE(done->quality && done->reward_score);
}

TEST_F(RecorderTest, ACompletedEpisodeTakesNoMoreStepsAndOneOutcome) {
  Recorder recorder(*database_, clock_, rng_, kManual);
  const ItemId id = start(recorder);
  const Completion success{.outcome = {.status = OutcomeStatus::kSuccess}};
  ASSERT_TRUE(recorder.complete(id, success));
  EXPECT_TRUE(recorder.complete(id, success));  // a retry
  EXPECT_EQ(recorder.complete(id, {.outcome = {.status = OutcomeStatus::kFailure}}).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(recorder.log_step(id, step(1)).error().code, ErrorCode::kConflict);
}

TEST_F(RecorderTest, ARetriedStepIsAcknowledgedAsDurable) {
  Recorder recorder(*database_, clock_, rng_, kManual);
  const ItemId id = start(recorder);
  ASSERT_TRUE(recorder.log_step(id, step(1)));
  ASSERT_TRUE(recorder.flush(id));
  clock_.advance(std::chrono::seconds(5));
  Step retry = step(1);
  retry.number = 1;
  EXPECT_EQ(recorder.log_step(id, retry)->state, Durability::kDurable);
  retry.action = "make something else";
  EXPECT_EQ(recorder.log_step(id, retry).error().code, ErrorCode::kConflict);
  EXPECT_EQ(on_disk(id), 1U);
}

TEST_F(RecorderTest, ClosingWritesWhatWaits) {
  ItemId id;
  {
    Recorder recorder(*database_, clock_, rng_, kManual);
    id = start(recorder);
    ASSERT_TRUE(recorder.log_step(id, step(1)));
  }
  EXPECT_EQ(on_disk(id), 1U);
}

TEST_F(RecorderTest, AnUnknownEpisodeIsNotFound) {
  Recorder recorder(*database_, clock_, rng_, kManual);
  ItemId nobody;
  nobody.bytes[0] = 1;
  EXPECT_EQ(recorder.log_step(nobody, step(1)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(recorder.flush(nobody).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hardwon::engine
