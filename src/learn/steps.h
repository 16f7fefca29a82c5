#pragma once

// An episode's steps as the learners see them: what was run, edited and asked, and whether it
// went through.

#include <optional>
#include <string>
#include <vector>

#include "hardwon/types.h"
#include "learn/shell.h"
#include "learn/signature.h"

namespace hardwon::learn {

enum class StepClass : std::uint8_t {
  kShell,
  kEdit,     // changes a file
  kRead,     // looks at files
  kWeb,      // fetches or searches the web
  kHarness,  // the agent's own book-keeping: to-do lists, sub-agents, waiting
  kOther,    // any other tool: an API, a game, an MCP server
};

enum class RunResult : std::uint8_t { kUnknown, kPass, kFail };

struct Edit {
  std::string path;
  std::string before, after;  // changed lines only; before is empty for a new file
  bool whole_file = false;    // written as a whole
};

struct StepView {
  const Step* step = nullptr;
  StepClass kind = StepClass::kOther;
  std::string command_text;  // of a shell step, as run
  CommandLine command;       // parsed
  std::vector<Edit> edits;
  std::string path;  // of a step on one file
  RunResult result = RunResult::kUnknown;
  std::optional<FailingLine> failing;  // kFail: the line that states it, if one does
};

// One a step, in order.  The views point into the episode.
std::vector<StepView> view_steps(const Episode& episode);

// "cargo test", "npm run build", "get_user_details", "search": the step's kind of action.
// Empty for book-keeping and for looking around in files.
std::string action_name(const StepView& view);

// Names of a step's tool that mean the same in every agent.
StepClass step_class(std::string_view tool);

// In words, without the outer sentence: "`old` became `new` in `a.ts`", "`a.ts` imported `B`
// instead of `a`".  Empty when the edit shows nothing short enough to say.
std::string describe_edit(const Edit& edit);

}  // namespace hardwon::learn
