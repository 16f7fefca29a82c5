#include "engine/step_buffer.h"

#include <gtest/gtest.h>

namespace hardwon::engine {
namespace {

using std::chrono::milliseconds;

std::chrono::steady_clock::time_point at(int ms) {
  return std::chrono::steady_clock::time_point(milliseconds(ms));
}

Step step(std::string tool) { return Step{.tool = std::move(tool)}; }

TEST(BatchConfig, HasTheDefaultsOfTheSeed) {
  const BatchConfig config;
  EXPECT_EQ(config.max_batch_size, 50U);
  EXPECT_EQ(config.flush_interval_ms, 5'000U);
  EXPECT_TRUE(config.auto_flush);
  EXPECT_TRUE(config.validate().has_value());
}

TEST(BatchConfig, NamesTheFieldThatIsOutOfRange) {
  const auto wrong = BatchConfig{.max_batch_size = 0}.validate();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().field, "batch_config.max_batch_size");
  EXPECT_FALSE(BatchConfig{.flush_interval_ms = 0}.validate());
  EXPECT_FALSE((BatchConfig{.max_batch_size = 50, .buffered_steps_max = 10}.validate()));
}

TEST(StepBuffer, StartsEmptyAndNumbersFromTheNext) {
  StepBuffer buffer(BatchConfig{}, 8);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.add(step("a"), at(0)), 8U);
  EXPECT_EQ(buffer.add(step("b"), at(0)), 9U);
  EXPECT_EQ(buffer.size(), 2U);
}

TEST(StepBuffer, FlushesWhenFull) {
  StepBuffer buffer(BatchConfig{.max_batch_size = 3}, 1);
  ASSERT_TRUE(buffer.add(step("a"), at(0)));
  ASSERT_TRUE(buffer.add(step("b"), at(0)));
  EXPECT_FALSE(buffer.should_flush(at(0)));
  ASSERT_TRUE(buffer.add(step("c"), at(0)));
  EXPECT_TRUE(buffer.should_flush(at(0)));
}

TEST(StepBuffer, FlushesWhenTheOldestIsOldWithoutAnotherStep) {
  StepBuffer buffer(BatchConfig{.flush_interval_ms = 100}, 1);
  ASSERT_TRUE(buffer.add(step("a"), at(1000)));
  EXPECT_FALSE(buffer.should_flush(at(1099)));
  EXPECT_TRUE(buffer.should_flush(at(1100)));
}

TEST(StepBuffer, CountsTheIntervalFromTheFirstWaitingStep) {
  StepBuffer buffer(BatchConfig{.flush_interval_ms = 100}, 1);
  ASSERT_TRUE(buffer.add(step("a"), at(0)));
  buffer.flushed(1, at(50));
  ASSERT_TRUE(buffer.add(step("b"), at(500)));
  EXPECT_FALSE(buffer.should_flush(at(599)));
  EXPECT_TRUE(buffer.should_flush(at(600)));
}

TEST(StepBuffer, NeverFlushesByItselfWithoutAutoFlush) {
  StepBuffer buffer(BatchConfig{.max_batch_size = 1, .auto_flush = false}, 1);
  ASSERT_TRUE(buffer.add(step("a"), at(0)));
  EXPECT_FALSE(buffer.should_flush(at(1'000'000)));
}

TEST(StepBuffer, IsBoundedAndRefusesWithoutConsumingANumber) {
  StepBuffer buffer(BatchConfig{.max_batch_size = 2, .auto_flush = false, .buffered_steps_max = 2},
                    1);
  ASSERT_TRUE(buffer.add(step("a"), at(0)));
  ASSERT_TRUE(buffer.add(step("b"), at(0)));
  const auto refused = buffer.add(step("c"), at(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  buffer.flushed(2, at(1));
  EXPECT_EQ(buffer.add(step("c"), at(1)), 3U);
}

TEST(StepBuffer, AcknowledgesARetryWithoutASecondCopy) {
  StepBuffer buffer(BatchConfig{}, 1);
  ASSERT_TRUE(buffer.add(step("a"), at(0)));
  Step retry = step("a");
  retry.number = 1;
  EXPECT_EQ(buffer.add(retry, at(0)), 1U);
  EXPECT_EQ(buffer.size(), 1U);
  retry.tool = "b";
  EXPECT_EQ(buffer.add(retry, at(0)).error().code, ErrorCode::kConflict);
}

TEST(StepBuffer, RefusesAGapInTheNumbers) {
  StepBuffer buffer(BatchConfig{}, 1);
  Step far = step("a");
  far.number = 5;
  EXPECT_EQ(buffer.add(far, at(0)).error().code, ErrorCode::kInvalidArgument);
}

TEST(StepBuffer, KeepsTheOrderOfWhatAPartialFlushLeft) {
  StepBuffer buffer(BatchConfig{}, 1);
  for (const char* tool : {"a", "b", "c"}) ASSERT_TRUE(buffer.add(step(tool), at(0)));
  buffer.flushed(2, at(1));
  ASSERT_EQ(buffer.size(), 1U);
  EXPECT_EQ(buffer.waiting().front().tool, "c");
  EXPECT_EQ(buffer.waiting().front().number, 3U);
}

}  // namespace
}  // namespace hardwon::engine
