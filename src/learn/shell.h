#pragma once

// Command lines: what was run, as what kind of thing, and how to say it.

#include <string>
#include <string_view>
#include <vector>

namespace hardwon::learn {

// One program call of a command line.
struct Call {
  std::string text;               // as written, trimmed, without redirections of stderr
  std::string program;            // "npm": no path, no version, wrappers such as sudo left out
  std::vector<std::string> args;  // after the program, unquoted
};

struct CommandLine {
  std::vector<Call> calls;  // in order; changes of directory and bare assignments left out
  std::string directory;    // of a `cd` before the main call; empty when none
  // What the main call is for, the same for every way of asking it: "npm run build",
  // "pip install", "pytest".  Empty when the line only looks around (ls, cat, grep).
  std::string goal;
  std::size_t main = 0;        // index into calls
  std::string shown;           // the main call, with what feeds it, for people
  bool masked = false;         // the exit status is not the main call's (| head, || true, ;)
  bool searched = false;       // its output went through grep or the like: absence says nothing
  bool inline_script = false;  // python -c, node -e, a here-document: written for the moment
  bool is_check = false;       // a build, test, lint or type check
  bool is_install = false;     // adds a dependency or a program
  bool is_change = false;      // changes something that may matter to another call
};

CommandLine parse_command(std::string_view text);

// "git commit" and the like: in every repository the same.
bool is_everyday(std::string_view goal);

}  // namespace hardwon::learn
