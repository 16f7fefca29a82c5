#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "hardwon/time.h"

namespace hardwon {
namespace {

class Logging : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::internal::CaptureStderr(); }
  void TearDown() override { set_log_level(LogLevel::kWarning); }

  static std::vector<Json> lines() {
    std::vector<Json> parsed;
    const std::string text = ::testing::internal::GetCapturedStderr();
    for (const std::string_view line : split_lines(text)) {
      const Result<Json> value = parse_json(line);
      EXPECT_TRUE(value) << line;
      if (value) parsed.push_back(*value);
    }
    return parsed;
  }
};

TEST_F(Logging, WritesOneJsonObjectALine) {
  log(LogLevel::kError, "import.failed",
      {{"path", "a\nb\"c\xff"}, {"line", std::int64_t{7}}, {"share", 0.5}, {"again", false}});
  const std::vector<Json> logged = lines();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0]["level"], "error");
  EXPECT_EQ(logged[0]["event"], "import.failed");
  EXPECT_EQ(logged[0]["path"], "a\nb\"c\xef\xbf\xbd");
  EXPECT_EQ(logged[0]["line"], 7);
  EXPECT_EQ(logged[0]["share"], 0.5);
  EXPECT_EQ(logged[0]["again"], false);
  EXPECT_TRUE(parse_time(logged[0]["ts"].get<std::string>()));
}

TEST_F(Logging, MasksSecretsInValues) {
  const std::string secret = std::string("gh") + "p_" + "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R";
  log(LogLevel::kError, "hook.failed", {{"command", "push " + secret}});
  const std::vector<Json> logged = lines();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0]["command"], "push [masked:github-token]");
}

TEST_F(Logging, LeavesOutWhatIsBelowTheLevel) {
  log(LogLevel::kInfo, "quiet");
  set_log_level(LogLevel::kInfo);
  log(LogLevel::kInfo, "loud");
  set_log_level(LogLevel::kOff);
  log(LogLevel::kError, "off");
  const std::vector<Json> logged = lines();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0]["event"], "loud");
}

TEST_F(Logging, CarriesTheCorrelationIdOfItsThread) {
  {
    const CorrelationScope outer("request-1");
    {
      const CorrelationScope inner("request-2");
      log(LogLevel::kError, "inner");
    }
    log(LogLevel::kError, "outer");
    std::jthread([] { log(LogLevel::kError, "other thread"); }).join();
  }
  log(LogLevel::kError, "none");
  const std::vector<Json> logged = lines();
  ASSERT_EQ(logged.size(), 4U);
  EXPECT_EQ(logged[0]["correlation_id"], "request-2");
  EXPECT_EQ(logged[1]["correlation_id"], "request-1");
  EXPECT_FALSE(logged[2].contains("correlation_id"));
  EXPECT_FALSE(logged[3].contains("correlation_id"));
}

TEST_F(Logging, MixesNoLinesOfManyThreads) {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 200; ++i) {
          log(LogLevel::kError, "busy", {{"text", std::string(300, 'x')}});
        }
      });
    }
  }
  EXPECT_EQ(lines().size(), 800U);
}

}  // namespace
}  // namespace hardwon
