#include "base/error_report.h"

#include <gtest/gtest.h>

namespace hardwon {
namespace {

TEST(ErrorReport, NamesWhatIsKnownAndNoMore) {
  const Error full{.code = ErrorCode::kInvalidArgument,
                   .message = "found 3, expected 4",
                   .path = "a.yaml",
                   .line = 7,
                   .field = "seed"};
  EXPECT_EQ(error_line("prog", full), "prog: a.yaml:7: seed: found 3, expected 4\n");
  EXPECT_EQ(error_line("prog", {.message = "no"}), "prog: no\n");
  EXPECT_EQ(error_line("prog", {.message = "no", .line = 2}), "prog: line 2: no\n");
}

TEST(ErrorReport, ALockedStoreIsInUse) {
  EXPECT_EQ(exit_code({.code = ErrorCode::kUnavailable}), 4);
  EXPECT_EQ(exit_code({.code = ErrorCode::kUnavailable, .store_locked = true}), 3);
  EXPECT_EQ(exit_code({.code = ErrorCode::kNotFound}), 1);
  EXPECT_EQ(exit_code({.code = ErrorCode::kCorruption}), 3);
}

}  // namespace
}  // namespace hardwon
