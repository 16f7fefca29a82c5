#include "train/cli.h"

int main(int argc, char** argv) { return hardwon::train::run_command_line(argc, argv); }
