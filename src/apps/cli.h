#pragma once

// The command line as a face of the operation table: arguments to request, reply to text.

namespace hardwon::apps {

// Returns the exit status (docs/cli.md).
int run_command_line(int argc, char** argv);

}  // namespace hardwon::apps
