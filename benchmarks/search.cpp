// Simulations of tree search per second of processor time, connect-four, one thread.
//
//   bench_search [rounds [simulations]]        default 40 rounds, 800 simulations a move
//
// Contestants take turns, position by position, so that a busy machine slows all of them alike;
// what counts is the processor time of this process.  Peer: OpenSpiel's C++ MCTSBot, when CMake
// was given HARDWON_OPEN_SPIEL (cmake/benchmarks.cmake).  A simulation is one walk from the root,
// for everybody; walks that end at a finished game count too.  Each line: the median over rounds,
// the quartiles, and the ratio to the first line, round by round.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "reason/connect_four.h"
#include "reason/evaluation_cache.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"

#ifdef HARDWON_OPEN_SPIEL
#include <open_spiel/algorithms/mcts.h>
#include <open_spiel/spiel.h>
#endif

namespace hardwon::reason {
namespace {

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Moves of a random game's first plies, from the empty board to the middle game.
std::vector<Move> random_opening(Rng& rng) {
  const auto plies = rng.below(17);
  while (true) {
    std::vector<Move> played;
    ConnectFour position = ConnectFour::start();
    Move moves[ConnectFour::kMovesMax];
    for (int count = position.moves(moves); count > 0; count = position.moves(moves)) {
      if (played.size() == plies) return played;
      played.push_back(moves[rng.below(static_cast<std::uint64_t>(count))]);
      position.play(played.back());
    }
  }
}

ConnectFour position_after(const std::vector<Move>& moves) {
  ConnectFour position = ConnectFour::start();
  for (const Move move : moves) position.play(move);
  return position;
}

// Searches from each of the openings; returns the simulations made.
using Run = std::function<std::int64_t(const std::vector<std::vector<Move>>&)>;

struct Contestant {
  std::string name;
  Run run;
  std::vector<double> rates = {};  // simulations per processor second, by round
};

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Mcts<ConnectFour> make_search(bool prove) {
  auto search = Mcts<ConnectFour>::create({.prove = prove});
  if (!search) std::exit(1);
  return *std::move(search);
}

NetEvaluator<ConnectFour> make_net() {
  auto net = PolicyNet::random(net_shape<ConnectFour>(), 1);
  if (!net) std::exit(1);
  return *NetEvaluator<ConnectFour>::create(std::make_shared<PolicyNet>(*std::move(net)));
}

Run own_search(bool prove, std::shared_ptr<Evaluator<ConnectFour>> evaluator, int leaves,
               std::int64_t simulations) {
  auto search = std::make_shared<Mcts<ConnectFour>>(make_search(prove));
  return [=](const std::vector<std::vector<Move>>& openings) {
    std::int64_t total = 0;
    for (const std::vector<Move>& moves : openings) {
      search->reset(position_after(moves));
      search->run(*evaluator, simulations, leaves);
      total += search->simulations();
    }
    return total;
  };
}

#ifdef HARDWON_OPEN_SPIEL
class Nothing final : public open_spiel::algorithms::Evaluator {
 public:
  std::vector<double> Evaluate(const open_spiel::State&) override { return {0, 0}; }
  open_spiel::ActionsAndProbs Prior(const open_spiel::State& state) override {
    const auto actions = state.LegalActions();
    open_spiel::ActionsAndProbs prior;
    prior.reserve(actions.size());
    for (const auto action : actions) {
      prior.emplace_back(action, 1.0 / static_cast<double>(actions.size()));
    }
    return prior;
  }
};

Run open_spiel_search(bool solve, std::int64_t simulations) {
  const auto game = open_spiel::LoadGame("connect_four");
  const auto bot = std::make_shared<open_spiel::algorithms::MCTSBot>(
      *game, std::make_shared<Nothing>(), 1.25, static_cast<int>(simulations), 1000, solve, 1,
      false, open_spiel::algorithms::ChildSelectionPolicy::PUCT);
  return [=](const std::vector<std::vector<Move>>& openings) {
    std::int64_t total = 0;
    for (const std::vector<Move>& moves : openings) {
      const auto state = game->NewInitialState();
      for (const Move move : moves) state->ApplyAction(move);
      total += bot->MCTSearch(*state)->explore_count;
    }
    return total;
  };
}
#endif

void race(std::vector<Contestant>& contestants, int rounds) {
  Rng rng(20);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::vector<Move>> openings;
    for (int i = 0; i < 8; ++i) openings.push_back(random_opening(rng));
    for (Contestant& contestant : contestants) {
      const double before = processor_seconds();
      const std::int64_t simulations = contestant.run(openings);
      const double spent = processor_seconds() - before;
      contestant.rates.push_back(static_cast<double>(simulations) / spent);
    }
  }
}

void report(const std::vector<Contestant>& contestants) {
  std::printf("%-44s %11s %23s %8s\n", "", "sims/cpu-s", "quartiles", "ratio");
  for (const Contestant& contestant : contestants) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < contestant.rates.size(); ++i) {
      ratios.push_back(contestant.rates[i] / contestants.front().rates[i]);
    }
    std::printf("%-44s %11.0f %11.0f-%11.0f %7.2fx\n", contestant.name.c_str(),
                quantile(contestant.rates, .5), quantile(contestant.rates, .25),
                quantile(contestant.rates, .75), quantile(ratios, .5));
  }
}

}  // namespace
}  // namespace hardwon::reason

int main(int argc, char** argv) {
  using namespace hardwon::reason;
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
  const std::int64_t simulations = argc > 2 ? std::max(1, std::atoi(argv[2])) : 800;
  std::ifstream load("/proc/loadavg");
  std::string line;
  std::getline(load, line);
  std::printf("connect-four, %lld simulations a move, %d rounds of 8 positions, load %s, seed 20\n",
              static_cast<long long>(simulations), rounds, line.c_str());
  std::vector<Contestant> contestants;
#ifdef HARDWON_OPEN_SPIEL
  contestants.push_back({"OpenSpiel MCTSBot, uniform", open_spiel_search(false, simulations)});
  contestants.push_back(
      {"OpenSpiel MCTSBot, uniform, solving", open_spiel_search(true, simulations)});
#endif
  const auto uniform = std::make_shared<UniformEvaluator<ConnectFour>>();
  contestants.push_back({"uniform", own_search(false, uniform, 1, simulations)});
  contestants.push_back({"uniform, proving", own_search(true, uniform, 1, simulations)});
  contestants.push_back(
      {"uniform, proving, batches of 8", own_search(true, uniform, 8, simulations)});
  const auto net = std::make_shared<NetEvaluator<ConnectFour>>(make_net());
  for (const int leaves : {1, 8, 32, 64}) {
    contestants.push_back({"net 84-128-128, batches of " + std::to_string(leaves),
                           own_search(true, net, leaves, simulations)});
  }
  // Positions that several orders of moves lead to are evaluated once.
  const auto cache = std::make_shared<EvaluationCache<ConnectFour>>(1 << 14);
  contestants.push_back(
      {"net 84-128-128, batches of 64, cache",
       own_search(true, std::make_shared<CachedEvaluator<ConnectFour>>(*net, *cache), 64,
                  simulations)});
  race(contestants, rounds);
  report(contestants);
  return 0;
}
