#include "train/self_play.h"

#include <gtest/gtest.h>

#include <set>

#include "train/symmetry.h"

namespace hardwon::train {
namespace {

using reason::ConnectFour;
using reason::TicTacToe;

SelfPlayConfig small_config() {
  return {.games = 20,
          .parallel_games = 7,
          .simulations = 30,
          .fast_simulations = 8,
          .full_search_share = 0.5};
}

template <reason::Game G>
std::vector<Example> played(const SelfPlayConfig& config, SelfPlayFigures* figures = nullptr) {
  reason::UniformEvaluator<G> evaluator;
  SelfPlayFigures own;
  auto examples = play_games<G>(evaluator, config, {.seed = 5, .iteration = 3},
                                figures == nullptr ? own : *figures);
  EXPECT_TRUE(examples);
  return examples ? *examples : std::vector<Example>{};
}

bool same(const std::vector<Example>& a, const std::vector<Example>& b) {
  return std::ranges::equal(a, b, [](const Example& x, const Example& y) {
    return x.id == y.id && x.question == y.question && x.state == y.state && x.policy == y.policy &&
           x.value == y.value && x.result == y.result;
  });
}

TEST(SelfPlay, ExamplesAreWhatTheirQuestionsSay) {
  SelfPlayFigures figures;
  const auto examples = played<ConnectFour>(small_config(), &figures);
  EXPECT_EQ(figures.games, 20);
  EXPECT_EQ(figures.first_wins + figures.draws + figures.second_wins, 20);
  EXPECT_EQ(figures.examples, std::ssize(examples));
  std::set<std::string> ids;
  for (const Example& example : examples) {
    EXPECT_TRUE(ids.insert(example.id).second);
    ASSERT_TRUE(example.question.starts_with("connect-four "));
    const auto position =
        reason::play_text(ConnectFour::start(), std::string_view(example.question).substr(13));
    ASSERT_TRUE(position);
    EXPECT_TRUE(example.id.ends_with("/" + std::to_string(position->plies())));
    std::vector<float> state(84);
    std::uint16_t active[84];
    const int ones = position->active_inputs(active);
    for (int i = 0; i < ones; ++i) state[active[i]] = 1;
    EXPECT_EQ(example.state, state);
    float total = 0;
    for (reason::Move move = 0; move < 7; ++move) {
      total += example.policy[move];
      if (example.policy[move] <= 0) continue;
      EXPECT_TRUE(reason::is_legal(*position, move));
    }
    EXPECT_NEAR(total, 1, 1e-5);
    EXPECT_LE(std::abs(example.value), 1);
  }
}

TEST(SelfPlay, AGameDoesNotDependOnThoseBesideIt) {
  SelfPlayConfig config = small_config();
  const auto together = played<ConnectFour>(config);
  config.parallel_games = 1;
  EXPECT_TRUE(same(played<ConnectFour>(config), together));
  config.games = 10;
  const auto fewer = played<ConnectFour>(config);
  EXPECT_TRUE(same(fewer, {together.begin(), together.begin() + std::ssize(fewer)}));
}

// The value target is the result for the mover, whoever that is.
TEST(SelfPlay, ResultsAreTheMovers) {
  SelfPlayConfig config = small_config();
  config.root_value_share = 0;
  config.full_search_share = 1;
  config.games = 60;
  for (const Example& example : played<TicTacToe>(config)) {
    EXPECT_EQ(example.value, static_cast<float>(example.result));
    auto position =
        *reason::play_text(TicTacToe::start(), std::string_view(example.question).substr(12));
    // With one move left the result is plain.
    reason::Move moves[9];
    if (position.moves(moves) != 1) continue;
    position.play(moves[0]);
    EXPECT_EQ(example.result, -position.result());
  }
  config.root_value_share = 1;
  bool differs = false;
  for (const Example& example : played<TicTacToe>(config)) {
    differs = differs || example.value != static_cast<float>(example.result);
  }
  EXPECT_TRUE(differs);
}

TEST(SelfPlay, RandomOpeningsReachOtherPositions) {
  SelfPlayConfig config = small_config();
  config.full_search_share = 1;
  config.games = 40;
  const auto first_plies = [&] {
    std::set<std::string> questions;
    for (const Example& example : played<ConnectFour>(config)) {
      if (example.id.ends_with("/6")) questions.insert(example.question);
    }
    return questions.size();
  };
  config.temperature = config.temperature_final = 0;
  config.noise_share = 0;
  EXPECT_EQ(first_plies(), 1U);  // one game, forty times
  config.random_plies_max = 6;
  EXPECT_GT(first_plies(), 10U);
}

TEST(SelfPlay, GumbelPlaysToo) {
  SelfPlayConfig config = small_config();
  config.root = "gumbel";
  SelfPlayFigures figures;
  EXPECT_FALSE(played<ConnectFour>(config, &figures).empty());
  EXPECT_EQ(figures.games, 20);
}

// Turning a position turns its state and its moves alike.
template <reason::Game G>
void check_symmetries(std::size_t count) {
  const auto all = symmetries<G>();
  ASSERT_EQ(all.size(), count);
  Rng rng(1);
  for (const Symmetry& symmetry : all) {
    for (int game = 0; game < 30; ++game) {
      G position = G::start(), image = G::start();
      reason::Move moves[G::kMovesMax];
      while (!position.over()) {
        std::vector<float> state(G::kInputs), turned(G::kInputs), expected(G::kInputs);
        std::uint16_t active[G::kInputs];
        int ones = position.active_inputs(active);
        for (int i = 0; i < ones; ++i) turned[symmetry.inputs[active[i]]] = 1;
        ones = image.active_inputs(active);
        for (int i = 0; i < ones; ++i) expected[active[i]] = 1;
        ASSERT_EQ(turned, expected);
        const auto legal = static_cast<std::uint64_t>(position.moves(moves));
        const reason::Move move = moves[rng.below(legal)];
        position.play(move);
        image.play(static_cast<reason::Move>(symmetry.actions[move]));
      }
      ASSERT_TRUE(image.over());
      ASSERT_EQ(image.result(), position.result());
    }
  }
}

TEST(Symmetries, AreThoseOfTheBoard) {
  check_symmetries<ConnectFour>(2);
  check_symmetries<TicTacToe>(8);
}

}  // namespace
}  // namespace hardwon::train
