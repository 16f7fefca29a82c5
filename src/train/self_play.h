#pragma once

// Games of a net against itself, many at a time, and the examples they give.
//
// A game's course depends on its own seed and the net alone, never on the games beside it: an
// evaluator's answers do not depend on what else is in the batch.  So a run that was killed plays
// the same games again.
//
// Playout cap randomisation (Wu, "Accelerating self-play learning in Go", 2019, §3.1): a share of
// the moves is searched in full, with noise, and gives an example; the others are searched fast,
// only to play on.

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reason/mcts.h"
#include "train/config.h"
#include "train/dataset.h"

namespace hardwon::train {

struct SelfPlayFigures {
  std::int64_t games = 0, first_wins = 0, draws = 0, second_wins = 0;
  std::int64_t plies = 0, examples = 0, simulations = 0;
};

// Well mixed from a seed and what it is for.
inline std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t purpose, std::uint64_t index) {
  Rng rng(seed * 0x9e3779b97f4a7c15ULL + purpose);
  return reason::mix_bits(rng.next() + index);
}

// One game on its way.
template <reason::Game G>
class SelfPlayGame {
  using Move = reason::Move;

 public:
  static Result<SelfPlayGame> create(const SelfPlayConfig& config, std::uint64_t seed) {
    const bool gumbel = config.root == "gumbel";
    SelfPlayGame game(config,
                      TRY(reason::Mcts<G>::create(
                          {.root = gumbel ? reason::RootRule::kGumbel : reason::RootRule::kPuct,
                           .exploration = static_cast<float>(config.exploration),
                           .considered_moves = static_cast<int>(config.considered_moves)})),
                      seed);
    game.play_opening();
    game.start_search();
    return game;
  }

  // Positions to evaluate; plays moves until there are some.  Empty: the game is over.
  std::span<const G> gather() {
    while (!position_.over()) {
      const std::span<const G> batch = next_leaves();
      if (!batch.empty()) return batch;
      finish_search();
    }
    return {};
  }
  void apply(std::span<const float> values, std::span<const float> logits) {
    search_.apply(values, logits);
  }

  // Of a finished game: its examples, values filled in.
  std::vector<Example> take_examples(const std::string& prefix, SelfPlayFigures& figures) {
    const int last = position_.result();
    for (Record& record : records_) {
      const bool same_mover = record.first_to_move == position_.first_to_move();
      Example& example = record.example;
      example.result = same_mover ? last : -last;
      const auto share = static_cast<float>(config_.root_value_share);
      example.value = share * record.value + (1 - share) * static_cast<float>(example.result);
      example.id = prefix + std::to_string(record.ply);
    }
    const int first = position_.first_to_move() ? last : -last;
    ++figures.games;
    ++(first > 0 ? figures.first_wins : first < 0 ? figures.second_wins : figures.draws);
    figures.plies += ply_;
    figures.examples += static_cast<std::int64_t>(records_.size());
    figures.simulations += simulations_;
    std::vector<Example> examples;
    for (Record& record : records_) examples.push_back(std::move(record.example));
    return examples;
  }

 private:
  struct Record {
    Example example;
    float value = 0;  // the search's
    bool first_to_move = true;
    int ply = 0;
  };

  SelfPlayGame(const SelfPlayConfig& config, reason::Mcts<G> search, std::uint64_t seed)
      : config_(config), search_(std::move(search)), rng_(seed) {}

  void play(Move move) {
    position_.play(move);
    moves_ += G::move_text(move);
    ++ply_;
  }

  // Random moves, so that positions are met which no good player reaches.  Openings in which the
  // game ends are drawn again at the same length, or late positions would hardly ever be seen.
  void play_opening() {
    std::uint64_t plies = rng_.below(static_cast<std::uint64_t>(config_.random_plies_max) + 1);
    for (int failures = 0; !play_random(plies);) {
      if (++failures % kFailuresMax == 0) --plies;  // no game is as long
    }
    search_.reset(position_);
  }

  // False when the game is over.
  bool play_random(std::uint64_t plies) {
    position_ = G::start();
    moves_.clear();
    ply_ = 0;
    Move moves[G::kMovesMax];
    while (plies-- > 0 && !position_.over()) {
      play(moves[rng_.below(static_cast<std::uint64_t>(position_.moves(moves)))]);
    }
    return !position_.over();
  }

  void start_search() {
    full_ = rng_.uniform() < config_.full_search_share;
    prepared_ = false;
    if (!config_.reuse_tree) search_.reset(position_);
  }

  std::span<const G> next_leaves() {
    if (!prepared_) {
      const std::span<const G> root = search_.gather(1, 0);  // unless it is evaluated already
      if (!root.empty()) return root;
      prepare();
    }
    const std::int64_t left = wanted_ - search_.simulations();
    if (left <= 0) return {};
    return search_.gather(static_cast<int>(config_.leaves), left);
  }

  // The root is evaluated: what a search does there before its first simulation.
  void prepare() {
    prepared_ = true;
    const std::int64_t budget = full_ ? config_.simulations : config_.fast_simulations;
    const std::int64_t kept = search_.simulations();
    wanted_ = budget;
    if (config_.root == "gumbel") {
      wanted_ = kept + budget;
      search_.start_gumbel(budget, rng_);
    } else if (full_) {
      search_.add_noise({.alpha = static_cast<float>(config_.noise_alpha),
                         .share = static_cast<float>(config_.noise_share)},
                        rng_);
    }
    simulations_ += std::max<std::int64_t>(wanted_ - kept, 0);
  }

  void finish_search() {
    float shares[G::kActions];
    search_.policy(shares);
    if (full_) record(shares);
    const Move move = choose(shares);
    play(move);
    search_.advance(move);
    start_search();
  }

  void record(std::span<const float> shares) {
    Record record{
        .value = search_.value(), .first_to_move = position_.first_to_move(), .ply = ply_};
    record.example.question = std::string(G::kName) + " " + moves_;
    record.example.state.assign(G::kInputs, 0.0F);
    std::uint16_t active[G::kInputs];
    const int count = position_.active_inputs(active);
    for (int i = 0; i < count; ++i) record.example.state[active[i]] = 1;
    record.example.policy.assign(shares.begin(), shares.end());
    records_.push_back(std::move(record));
  }

  Move choose(std::span<const float> shares) {
    const double temperature =
        ply_ < config_.temperature_plies ? config_.temperature : config_.temperature_final;
    const std::vector<Move> best = search_.best_moves();
    CHECK(!best.empty());
    if (temperature < 1e-3 || config_.root == "gumbel") return best.front();
    double weights[G::kActions], total = 0;
    for (int move = 0; move < G::kActions; ++move) {
      const double share = shares[static_cast<std::size_t>(move)];
      total += weights[move] = share > 0 ? std::pow(share, 1 / temperature) : 0;
    }
    double target = rng_.uniform() * total;
    for (int move = 0; move < G::kActions; ++move) {
      target -= weights[move];
      if (target < 0 && weights[move] > 0) return static_cast<Move>(move);
    }
    return best.front();
  }

  static constexpr int kFailuresMax = 1000;

  SelfPlayConfig config_;
  reason::Mcts<G> search_;
  Rng rng_;
  G position_ = G::start();
  std::string moves_;
  int ply_ = 0;
  bool full_ = true, prepared_ = false;
  std::int64_t wanted_ = 0, simulations_ = 0;
  std::vector<Record> records_;
};

struct SelfPlayJob {
  std::uint64_t seed = 0;
  std::int64_t iteration = 0;
  std::function<void(std::int64_t done, std::int64_t all)> progress = {};
};

// Plays `config.games` games; examples in the order of games, whatever finished first.
template <reason::Game G>
Result<std::vector<Example>> play_games(reason::Evaluator<G>& evaluator,
                                        const SelfPlayConfig& config, const SelfPlayJob& job,
                                        SelfPlayFigures& figures) {
  struct Seat {
    std::int64_t number;
    SelfPlayGame<G> game;
  };
  const std::size_t actions = G::kActions;
  std::vector<std::vector<Example>> examples(static_cast<std::size_t>(config.games));
  std::vector<Seat> seats;
  std::vector<G> positions;
  std::vector<float> values, logits;
  std::vector<std::size_t> counts;
  std::int64_t next = 0, done = 0;
  while (done < config.games) {
    while (next < config.games && std::ssize(seats) < config.parallel_games) {
      const auto seed = derived_seed(job.seed, static_cast<std::uint64_t>(job.iteration),
                                     static_cast<std::uint64_t>(next));
      auto game = TRY(SelfPlayGame<G>::create(config, seed));
      seats.push_back({next, std::move(game)});
      ++next;
    }
    positions.clear();
    counts.clear();
    for (std::size_t i = 0; i < seats.size();) {
      const std::span<const G> batch = seats[i].game.gather();
      if (!batch.empty()) {
        positions.insert(positions.end(), batch.begin(), batch.end());
        counts.push_back(batch.size());
        ++i;
        continue;
      }
      const std::string prefix =
          std::to_string(job.iteration) + "/" + std::to_string(seats[i].number) + "/";
      examples[static_cast<std::size_t>(seats[i].number)] =
          seats[i].game.take_examples(prefix, figures);
      seats.erase(seats.begin() + static_cast<std::ptrdiff_t>(i));
      ++done;
      if (job.progress) job.progress(done, config.games);
    }
    if (positions.empty()) continue;
    values.resize(positions.size());
    logits.resize(positions.size() * actions);
    evaluator.evaluate(positions, values, logits);
    std::size_t at = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      seats[i].game.apply(std::span(values).subspan(at, counts[i]),
                          std::span(logits).subspan(at * actions, counts[i] * actions));
      at += counts[i];
    }
  }
  std::vector<Example> all;
  for (auto& of_game : examples) {
    all.insert(all.end(), std::move_iterator(of_game.begin()), std::move_iterator(of_game.end()));
  }
  return all;
}

}  // namespace hardwon::train
