#include "base/json.h"

#include <gtest/gtest.h>

namespace hardwon {
namespace {

TEST(Json, AnErrorHasEveryFieldAndNullForWhatIsUnknown) {
  EXPECT_EQ(dump_json(error_json({.code = ErrorCode::kIo, .message = "no", .path = "x"})),
            R"({"error":{"code":"io","message":"no","path":"x","line":null,"field":null}})");
}

}  // namespace
}  // namespace hardwon
