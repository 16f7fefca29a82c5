// Hardwon as a library: two deployments are recorded, then a third one is asked about.
#include <hardwon/engine.h>

#include <iostream>

int main(int argc, char** argv) {
  using namespace hardwon;
  if (argc != 2) return 2;
  auto engine = Engine::open({.directory = argv[1]});
  if (!engine) return std::cerr << engine.error().message << '\n', 1;
  Engine& memory = **engine;
  const Visibility mine{.scope = {.labels = {{"user", "ann"}}}};

  for (const char* service : {"billing", "search"}) {
    const auto episode = memory.start_episode(
        {.task = std::string("Deploy the ") + service + " service", .visibility = mine});
    if (!episode) return std::cerr << episode.error().message << '\n', 1;
    const Step steps[] = {
        {.tool = "deploy",
         .action = "make deploy",
         .status = StepStatus::kError,
         .output = "error: database schema is behind"},
        {.tool = "migrate", .action = "make migrate", .status = StepStatus::kSuccess},
        {.tool = "deploy", .action = "make deploy", .status = StepStatus::kSuccess}};
    for (const Step& step : steps) (void)memory.log_step(*episode, step);
    (void)memory.complete_episode(*episode, {.outcome = {.status = OutcomeStatus::kSuccess,
                                                         .source = OutcomeSource::kVerdict}});
  }

  const auto answer = memory.recall({.text = "deploy the newsletter service", .visibility = mine});
  if (!answer) return std::cerr << answer.error().message << '\n', 1;
  for (const RecallHit& hit : answer->hits) std::cout << hit.statement << '\n';
  return answer->hits.empty() ? 1 : 0;
}
