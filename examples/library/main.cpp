// Hardwon as a library: two deployments are recorded; a third meets the same error and asks.
#include <hardwon/engine.h>

#include <cstdlib>
#include <iostream>

template <typename T>
T need(hardwon::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << '\n';
  std::exit(1);
}

int main(int argc, char** argv) {
  using namespace hardwon;
  const auto memory = need(Engine::open({.directory = argc > 1 ? argv[1] : "memory"}));
  const Visibility mine{.scope = {.labels = {{"user", "ann"}}}};
  const std::string error = "error: database schema is behind";
  for (const char* task : {"Deploy the billing service", "Deploy the search service"}) {
    const ItemId episode = need(memory->start_episode({.task = task, .visibility = mine}));
    need(memory->log_step(episode, {.tool = "deploy",
                                    .action = "make deploy",
                                    .status = StepStatus::kError,
                                    .output = error}));
    need(memory->log_step(episode, {.tool = "migrate", .status = StepStatus::kSuccess}));
    need(memory->log_step(
        episode, {.tool = "deploy", .action = "make deploy", .status = StepStatus::kSuccess}));
    need(memory->complete_episode(episode, {.outcome = {.status = OutcomeStatus::kSuccess,
                                                        .source = OutcomeSource::kVerdict}}));
  }
  const RecallAnswer answer = need(memory->recall({.visibility = mine, .error_text = error}));
  for (const RecallHit& hit : answer.hits) std::cout << hit.statement << '\n';
}
