// `inject` inside a process that stays: an engine over a store that rules.py made.
//
// Usage: bench_rules STORE PROJECT TASKS      TASKS has a task a line

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "hardwon/engine.h"

int main(int argc, char** argv) {
  if (argc != 4) return std::printf("made and called by benchmarks/rules.sh\n"), 0;
  auto engine = hardwon::Engine::open({.directory = argv[1], .user = "bench", .seed = 1});
  if (!engine) return std::fprintf(stderr, "%s\n", engine.error().message.c_str()), 4;
  const hardwon::Scope scope = (*engine)->scope_of(argv[2]);
  std::vector<double> ms;
  std::size_t told = 0;
  std::ifstream tasks(argv[3]);
  for (std::string task; std::getline(tasks, task);) {
    const auto start = std::chrono::steady_clock::now();
    const auto injection = (*engine)->inject({.task = task, .visibility = {.scope = scope}});
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                     .count());
    if (!injection) return std::fprintf(stderr, "%s\n", injection.error().message.c_str()), 4;
    told += injection->block.empty() ? 0U : 1U;
  }
  if (ms.empty()) return 2;
  std::ranges::sort(ms);
  std::printf("Engine::inject, one process   wall p50 %.2f p99 %.2f ms   n = %zu, told %zu\n",
              ms[ms.size() / 2], ms[ms.size() * 99 / 100], ms.size(), told);
  return 0;
}
