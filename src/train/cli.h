#pragma once

namespace hardwon::train {

// `hardwon-train`; returns the exit code (docs/cli.md).
int run_command_line(int argc, char** argv);

}  // namespace hardwon::train
