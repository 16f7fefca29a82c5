#pragma once

// Troubles: something failed in an episode, and what was done about it.  The two learners
// error_recovery and dead_end read the same account.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hardwon/types.h"
#include "learn/steps.h"

namespace hardwon::learn {

struct Trouble {
  std::string goal;                      // what was to be done: "npm run build"; a tool's name
  std::string signature;                 // normalised statement of the error
  FailingLine line;                      // of the first failing run
  std::vector<std::size_t> runs;         // failing steps, by index
  std::optional<std::size_t> solved_at;  // the step that passed
  std::vector<std::string> tried;        // what was done for it between failing runs, in order
  bool between = false;                  // whether anything at all was changed between them
  std::vector<std::string> recovery;     // what was done between the last failure and the pass
  std::string short_fix;  // the same in few words; empty when there is no shorter way
  std::string fix;        // the end of a sentence: "after …", "as …"; empty: unchanged
  std::optional<std::size_t> fix_step;  // the edit that `fix` speaks of
  std::string fix_quote;                // a line of it, as its parameters hold it
  std::vector<std::string> paths;       // files changed by the fix
  // Why a solution is not worth telling, unless several episodes met it; empty: it is.
  std::string weak;
  // Why it is never worth telling, in however many episodes; empty: it may be.
  std::string never;
};

// In order of their first failing step.
std::vector<Trouble> find_troubles(const std::vector<StepView>& views);

// Texts of what the steps in [from, to) changed: edits and changing commands, in order.
std::vector<std::string> changes_between(const std::vector<StepView>& views, std::size_t from,
                                         std::size_t to);

// The line of a failing step's output that states the trouble's error, for quotes.
std::string_view stating_line(const StepView& view, const Trouble& trouble);

// A line of the edit as the log holds it (escaped as in JSON), for quotes; empty when none fits.
std::string edit_quote(const Step& step, const Edit& edit);

// The change most likely meant by an error about `near_text`, as a clause: "`x` became `y` in
// `f`"; empty when nothing changed.
std::string main_change(const std::vector<StepView>& views, std::size_t from, std::size_t to,
                        std::string_view near_text);

// Reasons, as people read them in what was dropped.
inline constexpr const char* kEveryRepository = "true of every repository";
inline constexpr const char* kTrivialProbing = "trivial probing";
inline constexpr const char* kTransientNetwork = "transient network";
inline constexpr const char* kOwnSlip = "the agent's own slip";
inline constexpr const char* kNoStatement = "no line states the error";
inline constexpr const char* kUnchanged = "passed unchanged when run again";
inline constexpr const char* kMomentScript = "a script written for the moment";
inline constexpr const char* kSeenOnce = "seen only once";
inline constexpr const char* kSolvedLater = "solved later";
inline constexpr const char* kInVain = "every task with it failed all the same";
inline constexpr const char* kTooWeak = "score below the threshold";
inline constexpr const char* kNoContrast = "no better than without it";
inline constexpr const char* kSaidOnce = "said only once";
inline constexpr const char* kAlreadyRule = "already in CLAUDE.md";

}  // namespace hardwon::learn
