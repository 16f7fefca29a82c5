#include "apps/cli.h"

int main(int argc, char** argv) { return hardwon::apps::run_command_line(argc, argv); }
