#pragma once

// What the store's tests share: a store in a fresh directory, and records to put into it.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "store/database.h"
#include "store/records.h"

namespace hardwon::store {

template <typename T>
std::string problem_of(const Result<T>& result) {
  return result ? std::string() : "failed: " + result.error().message;
}
#define ASSERT_OK(expression) ASSERT_EQ(problem_of(expression), "")
#define EXPECT_OK(expression) EXPECT_EQ(problem_of(expression), "")

inline std::filesystem::path fresh_directory(const std::string& name) {
  const auto path =
      std::filesystem::path(::testing::TempDir()) / (name + "-" + std::to_string(random_bits()));
  std::filesystem::remove_all(path);
  return path;
}

// Not operator+: g++ 12 warns of an overlap that is not there (its bug 105651).
inline std::string numbered(std::string prefix, std::int64_t n) {
  return prefix.append(std::to_string(n));
}

inline TimePoint at_second(std::int64_t second) {
  return TimePoint(std::chrono::seconds(1'750'000'000 + second));
}

inline ItemId id_of(std::string_view name) { return content_id<ItemId>({"test", name}); }
inline SessionId session_of(std::string_view name) {
  return content_id<SessionId>({"session", name});
}

inline Scope scope_of(std::string user, std::string project = "") {
  Scope scope;
  scope.labels["user"] = std::move(user);
  if (!project.empty()) scope.labels["project"] = std::move(project);
  return scope;
}

inline Step step_of(std::uint32_t number, std::string output = "ok") {
  return {.number = number,
          .tool = "bash",
          .action = numbered("make test ", number),
          .parameters_json = R"({"command":"make test"})",
          .status = StepStatus::kSuccess,
          .output = std::move(output),
          .latency_ms = 12,
          .time = at_second(number),
          .line = 2 * number + 100,
          .result_line = 2 * number + 101};
}

inline Episode episode_of(const std::string& name, const std::string& task,
                          std::uint32_t steps = 2) {
  Episode episode{.id = id_of(name),
                  .external_id = name,
                  .session = session_of("s"),
                  .scope = scope_of("ann", "/p"),
                  .task = task,
                  .context = {.domain = "web", .language = "rust", .tags = {"api"}},
                  .started_at = at_second(1),
                  .ended_at = at_second(9),
                  .outcome = {.status = OutcomeStatus::kSuccess,
                              .source = OutcomeSource::kVerdict,
                              .verdict = "done"},
                  .artifacts_json = R"(["a.rs"])",
                  .completed = true,
                  .source_path = "/logs/a.jsonl",
                  .line_from = 3,
                  .line_to = 40,
                  .quality = 0.5,
                  .reflection = {.successes = {"tests first"}}};
  for (std::uint32_t i = 1; i <= steps; ++i) episode.steps.push_back(step_of(i));
  return episode;
}

inline Lesson lesson_of(const std::string& name, const std::string& statement,
                        Scope scope = scope_of("ann", "/p")) {
  Lesson lesson{.id = id_of(name), .kind = LessonKind::kRule, .scope = std::move(scope)};
  lesson.statement = statement;
  lesson.payload = Rule{statement};
  lesson.learner = "rule/1";
  lesson.valid_from = at_second(5);
  lesson.provenance = {{.path = "/logs/a.jsonl",
                        .line = 7,
                        .quote = statement,
                        .time = at_second(5),
                        .episode = id_of("e1")}};
  return lesson;
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fresh_directory("store");
    open();
  }
  void TearDown() override {
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void open() {
    database_.reset();
    auto opened = Database::open({.directory = directory_}, clock_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    database_ = std::move(*opened);
  }
  Result<void> write(const std::function<Result<void>(Writer&)>& body) {
    return database_->write(body);
  }
  Result<void> read(const std::function<Result<void>(const Reader&)>& body) {
    return database_->read(body);
  }
  template <typename Record>
  PutResult put(Result<PutResult> (*function)(Writer&, const Record&), const Record& record) {
    PutResult result = PutResult::kUnchanged;
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      result = TRY(function(writer, record));
      return {};
    }));
    return result;
  }
  // Every file of the directory that holds the bytes.
  std::vector<std::string> files_with(const std::string& bytes) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), {});
      if (content.contains(bytes)) names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::filesystem::path directory_;
  ManualClock clock_{at_second(0)};
  std::unique_ptr<Database> database_;
};

}  // namespace hardwon::store
