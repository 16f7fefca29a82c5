#include <gtest/gtest.h>

#include "learn/learn.h"

namespace hardwon::learn {
namespace {

Episode ran(std::vector<std::string> commands) {
  Episode episode;
  for (std::string& command : commands) {
    Step step{.number = static_cast<std::uint32_t>(episode.steps.size() + 1),
              .tool = "Bash",
              .action = command,
              .status = StepStatus::kSuccess};
    step.parameters_json = "{\"command\":\"" + command + "\"}";
    episode.steps.push_back(std::move(step));
  }
  return episode;
}

Lesson with(LessonPayload payload) {
  Lesson lesson;
  lesson.payload = std::move(payload);
  return lesson;
}

TEST(Applied, SeesARecoveryInTheCommandsRun) {
  const Lesson lesson = with(ErrorRecovery{.recovery = {"pnpm rebuild better-sqlite3"}});
  EXPECT_TRUE(applied(lesson, ran({"ls", "pnpm rebuild better-sqlite3", "pnpm test"})));
  EXPECT_FALSE(applied(lesson, ran({"pnpm test"})));
  EXPECT_FALSE(applied(lesson, ran({})));
}

TEST(Applied, SeesASequenceOnlyInItsOrder) {
  const Lesson lesson = with(ToolSequence{.tools = {"cargo build", "cargo test"}});
  EXPECT_TRUE(applied(lesson, ran({"cargo build", "cargo test"})));
  EXPECT_FALSE(applied(lesson, ran({"cargo test", "cargo build"})));
}

TEST(Applied, CannotSeeARuleInSteps) {
  EXPECT_FALSE(applied(with(Rule{.text = "use pnpm"}), ran({"pnpm test"})));
}

}  // namespace
}  // namespace hardwon::learn
