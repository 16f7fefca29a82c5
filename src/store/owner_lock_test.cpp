#include "store/owner_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

const TimePoint kNow{std::chrono::microseconds(1'700'000'000'000'000)};

class OwnerLockTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove(path_); }
  void TearDown() override { fs::remove(path_); }
  // The tests run beside each other.
  const fs::path path_ =
      fs::path(::testing::TempDir()) /
      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".lock");
  const ManualClock clock_{kNow};
};

TEST_F(OwnerLockTest, TheSecondIsToldWhoHoldsItAndGetsItAfterwards) {
  {
    const auto first = OwnerLock::acquire(path_, milliseconds(0), clock_);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = OwnerLock::acquire(path_, milliseconds(0), clock_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(second.error().store_locked);
    EXPECT_EQ(second.error().path, path_.string());
    const std::string& message = second.error().message;
    EXPECT_TRUE(message.starts_with("in use by pid " + std::to_string(::getpid()) + " ("))
        << message;
    EXPECT_TRUE(message.contains(") since 2023-11-14T22:13:20")) << message;
  }
  EXPECT_TRUE(OwnerLock::acquire(path_, milliseconds(0), clock_));
}

TEST_F(OwnerLockTest, AHolderWithoutANameIsAnotherProcess) {
  const auto first = OwnerLock::acquire(path_, milliseconds(0), clock_);
  ASSERT_TRUE(first);
  for (const char* name : {"", " \n", "\n\n\n"}) {
    std::ofstream(path_, std::ios::trunc) << name;
    EXPECT_EQ(OwnerLock::acquire(path_, milliseconds(0), clock_).error().message,
              "in use by another process");
  }
  for (const char* name : {"pid", "pid ", "pid x", "pid 99999999999 (x)", "pid ../.. y"}) {
    std::ofstream(path_, std::ios::trunc) << name;
    EXPECT_TRUE(OwnerLock::acquire(path_, milliseconds(0), clock_)
                    .error()
                    .message.starts_with("in use by pid"));
  }
}

TEST_F(OwnerLockTest, AnOlderLongerNameLeavesNothingBehind) {
  std::ofstream(path_) << std::string(1000, 'x');
  const auto first = OwnerLock::acquire(path_, milliseconds(0), clock_);
  ASSERT_TRUE(first);
  const auto second = OwnerLock::acquire(path_, milliseconds(0), clock_);
  EXPECT_FALSE(second.error().message.contains("xx")) << second.error().message;
}

TEST_F(OwnerLockTest, AFileThatCannotBeMadeIsNamed) {
  const fs::path nowhere = path_ / "below" / "lock";
  const auto lock = OwnerLock::acquire(nowhere, milliseconds(0), clock_);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::kIo);
  EXPECT_EQ(lock.error().path, nowhere.string());
}

}  // namespace
}  // namespace hardwon::store
