#pragma once

// The parts of an iteration, each for any game: self-play, training, arena.

#include <memory>
#include <string>
#include <vector>

#include "nets/torch_evaluator.h"
#include "reason/arena.h"
#include "reason/net_evaluator.h"
#include "train/learning.h"
#include "train/self_play.h"

namespace hardwon::train {

// A bar on stderr when that is a terminal; nothing elsewhere.
std::function<void(std::int64_t, std::int64_t)> progress_bar(std::string what);

// Of this process, in seconds.
double processor_seconds();

nets::TrainerOptions trainer_options(const TrainingConfig& config);
reason::GateOptions gate_options(const ArenaConfig& config);

// Calls body.template operator()<G>() with the game of this name, one that the config accepts.
template <typename Body>
auto with_game(const std::string& name, Body body) {
  if (name == reason::TicTacToe::kName) return body.template operator()<reason::TicTacToe>();
  return body.template operator()<reason::ConnectFour>();
}

// Games of `net` against itself.
template <reason::Game G>
Result<std::vector<Example>> self_play(const TrainConfig& config, const reason::PolicyNet& net,
                                       std::int64_t iteration, SelfPlayFigures& figures) {
  const SelfPlayJob job{.seed = static_cast<std::uint64_t>(config.seed),
                        .iteration = iteration,
                        .progress = progress_bar("self-play")};
  if (config.self_play.evaluator == "torch") {
    const auto trainer = TRY(nets::PolicyTrainer::create(net, {}));
    nets::TorchEvaluator<G> evaluator(trainer, net.model());
    return play_games<G>(evaluator, config.self_play, job, figures);
  }
  auto evaluator = TRY(reason::NetEvaluator<G>::create(std::make_shared<reason::PolicyNet>(net)));
  return play_games<G>(evaluator, config.self_play, job, figures);
}

// Candidate against best until the gate is sure.
template <reason::Game G>
Result<reason::MatchResult> play_arena(const TrainConfig& config,
                                       const reason::PolicyNet& candidate,
                                       const reason::PolicyNet& best, std::int64_t iteration) {
  constexpr std::uint64_t kOpenings = 1'000'000'003;
  constexpr int kLeaves = 8;
  const ArenaConfig& arena = config.arena;
  const std::vector<G> book = reason::opening_book<G>(
      static_cast<int>(arena.opening_plies), static_cast<std::size_t>(arena.openings),
      derived_seed(static_cast<std::uint64_t>(config.seed), kOpenings,
                   static_cast<std::uint64_t>(iteration)));
  const auto share = [](const reason::PolicyNet& net) {
    return reason::NetEvaluator<G>::create(std::make_shared<reason::PolicyNet>(net));
  };
  auto candidate_evaluator = TRY(share(candidate)), best_evaluator = TRY(share(best));
  auto first =
      TRY(reason::SearchPlayer<G>::create(candidate_evaluator, {}, arena.simulations, kLeaves));
  auto second =
      TRY(reason::SearchPlayer<G>::create(best_evaluator, {}, arena.simulations, kLeaves));
  return reason::play_match<G>(first, second, book, gate_options(arena));
}

}  // namespace hardwon::train
