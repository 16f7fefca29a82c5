#include "train/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>

#include "base/error_report.h"
#include "base/json.h"
#include "base/log.h"
#include "nets/policy_trainer.h"
#include "train/evaluate.h"
#include "train/loop.h"

namespace hardwon::train {
namespace {

constexpr double kSlowBlas = 5;  // 1e9 operations a second; OpenBLAS does 20 and more

constexpr const char* kExamples = R"(
Examples:
  hardwon-train run --config examples/training/tic-tac-toe.yaml
  hardwon-train run --config examples/training/connect-four.yaml --resume
  hardwon-train evaluate --model runs/connect-four/best.policy --positions judged.jsonl
  hardwon-train arena --config trial.yaml
  hardwon lab play --game connect-four --model runs/connect-four/best.policy

Each key of the configuration: docs/configuration.md.  Logs and progress go to stderr.
Exit: 0 done, 1 not found, 2 bad usage or input, 3 damaged or in use, 4 I/O error, disk full.)";

int report(const Error& error, bool json) {
  if (json) {
    fmt::print("{}\n", dump_json(error_json(error)));
  } else {
    fmt::print(stderr, "{}", error_line("hardwon-train", error));
  }
  return exit_code(error);
}

// What the command line says.
struct Arguments {
  bool json = false, verbose = false, resume = false;
  std::string config;
  EvaluateOptions evaluate;
};

// The answer goes to stdout as one line of JSON; `run` has none.
using Command = std::function<Result<std::string>(const Arguments&)>;

Result<std::string> run(const Arguments& arguments) {
  TRY(run_training(TRY(read_train_config(arguments.config)), arguments.resume));
  return std::string();
}

template <Result<std::string> (*stage)(const TrainConfig&)>
Result<std::string> on_config(const Arguments& arguments) {
  return stage(TRY(read_train_config(arguments.config)));
}

void start_libraries(bool verbose) {
  set_log_level(verbose || isatty(STDERR_FILENO) == 0 ? LogLevel::kInfo : LogLevel::kWarning);
  const double speed = nets::use_one_thread();
  log(LogLevel::kInfo, "torch.ready",
      {{"version", nets::torch_version()}, {"gflops_per_cpu_second", speed}});
  if (speed < kSlowBlas) {
    log(LogLevel::kWarning, "torch.slow_blas",
        {{"gflops_per_cpu_second", speed}, {"advice", "install libopenblas0-pthread"}});
  }
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Trains policy-value nets of hardwon by self-play.");
  app.set_version_flag("--version", "hardwon-train " HARDWON_VERSION);
  app.footer(kExamples);
  app.require_subcommand(1);
  Arguments arguments;
  app.add_flag("--json", arguments.json, "errors as JSON on stdout");
  app.add_flag("-v,--verbose", arguments.verbose, "logs on a terminal, too");
  Command command;
  const auto add = [&](const char* name, const char* help, Command body) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&command, body = std::move(body)] { command = body; });
    sub->fallthrough();
    return sub;
  };
  const auto with_config = [&](CLI::App* sub) {
    sub->add_option("--config", arguments.config, "YAML")->required();
    return sub;
  };
  with_config(add("run", "Self-play, training, arena, promotion: the whole loop", run))
      ->add_flag("--resume", arguments.resume, "go on where a run stopped");
  with_config(add("self-play", "One iteration's games into the buffer", on_config<run_self_play>));
  with_config(
      add("policy-value", "One iteration's training from the buffer", on_config<run_learning>));
  with_config(add("arena", "latest.policy against best.policy", on_config<run_arena>));
  CLI::App* judge =
      add("evaluate", "Share of connect-four moves that keep the value, by the exact solver",
          [](const Arguments& given) { return evaluate(given.evaluate); });
  EvaluateOptions& options = arguments.evaluate;
  judge->add_option("--model", options.model, "the net, *.policy")->required();
  judge->add_option("--positions", options.positions, "solved positions; made when missing");
  judge->add_option("--count", options.count, "positions a phase")->check(CLI::Range(1, 1000000));
  judge->add_option("--seed", options.seed, "of the positions")->check(CLI::NonNegativeNumber);
  judge->add_option("--sims", options.simulations, "a move")->check(CLI::Range(1, 5000000));
  judge->add_option("--leaves", options.leaves, "in a batch")->check(CLI::Range(1, 256));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  start_libraries(arguments.verbose);
  const auto answer = command(arguments);
  if (!answer) return report(answer.error(), arguments.json);
  if (!answer->empty()) fmt::print("{}\n", *answer);
  return 0;
}

}  // namespace hardwon::train
