#include "base/json.h"

#include <gtest/gtest.h>

namespace hardwon {
namespace {

TEST(ParseJson, NamesWhereItFailed) {
  const auto value = parse_json("{\"a\": 1,}");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(value.error().message.contains("malformed JSON")) << value.error().message;
}

TEST(ParseJson, RefusesWhatTheStandardRefuses) {
  for (const std::string_view text : {"", "{", "[1,", "nul", "\"\xff\"", "1 2", "{'a':1}"}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
  EXPECT_EQ(dump_json(*parse_json(" {\"b\":1, \"a\":[true,null]} ")),
            "{\"b\":1,\"a\":[true,null]}");
}

TEST(DumpJson, ReplacesInvalidUtf8) { EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xef\xbf\xbd\""); }

TEST(ErrorJson, HasEveryFieldAndNullForWhatIsUnknown) {
  EXPECT_EQ(dump_json(error_json({.code = ErrorCode::kIo, .message = "no", .path = "x"})),
            R"({"error":{"code":"io","message":"no","path":"x","line":null,"field":null}})");
}

}  // namespace
}  // namespace hardwon
