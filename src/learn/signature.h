#pragma once

// The line of an output that states the error, and what kind of error it states.

#include <optional>
#include <string>
#include <string_view>

namespace hardwon::learn {

// What an error speaks of: decides whether its solution is worth telling.
enum class ErrorKind : std::uint8_t {
  kCode,           // a compiler, type checker, linter or test about the code itself
  kMissingModule,  // a dependency that is not there
  kMissingTool,    // a program that is not there
  kMissingPath,    // a file or directory that is not there
  kUsage,          // wrong flag, unknown script, refused configuration
  kEnvironment,    // versions, permissions, ports, services, memory
  kNetwork,        // unreachable, refused, throttled
  kTimeout,        // did not end in time
  kPrompt,         // waits for an answer on the terminal
  kShell,          // a slip in the command line itself
  kGit,            // what git says in every repository
  kHarness,        // the agent's own tools: unread file, string not found, refused permission
  kOther,
};

struct FailingLine {
  std::string_view raw;  // into the output, at most 240 bytes, for quotes
  std::string text;      // the statement: no colours, prefixes, leading noise
  ErrorKind kind = ErrorKind::kOther;
  int weight = 0;  // 1..100: how surely the line states an error
};

// Lines below it state a consequence ("Build failed"), never a cause.
inline constexpr int kStatesCause = 50;

// The line that states the error; nullopt when none does.  Cost: linear in the output.
std::optional<FailingLine> failing_line(std::string_view output);

// A statement with everything that changes from run to run replaced: "<n>", "<path>/name.ts".
std::string normalise_error(std::string_view statement);

// A statement for people: without the place in a file that it opens with, which is another
// one tomorrow.
std::string shown_error(std::string_view statement);

// The question an output ends with when a program waits for an answer ("Proceed? [y/N]").
std::optional<FailingLine> waiting_prompt(std::string_view output);

// Text without ANSI escapes; of each line only what stands after its last carriage return.
std::string without_ansi(std::string_view text);

}  // namespace hardwon::learn
