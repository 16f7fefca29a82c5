#include "reason/connect_four_solver.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "base/rng.h"

namespace hardwon::reason {
namespace {

using Known = std::unordered_map<std::uint64_t, int>;

// The rules and nothing else.
int brute_force(const ConnectFour& position, Known& known) {
  if (position.over()) return position.result();
  const auto [it, fresh] = known.try_emplace(position.key(), -2);
  if (!fresh) return it->second;
  Move moves[ConnectFour::kMovesMax];
  const int count = position.moves(moves);
  int best = -1;
  for (int i = 0; i < count; ++i) {
    ConnectFour next = position;
    next.play(moves[i]);
    best = std::max(best, -brute_force(next, known));
  }
  return known[position.key()] = best;
}

std::vector<Move> brute_force_best(const ConnectFour& position, Known& known) {
  const int value = brute_force(position, known);
  std::vector<Move> best;
  Move moves[ConnectFour::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    ConnectFour next = position;
    next.play(moves[i]);
    if (-brute_force(next, known) == value) best.push_back(moves[i]);
  }
  return best;
}

// A position of `plies` random moves; games that end before are tried again.
ConnectFour random_position(int plies, Rng& rng) {
  while (true) {
    ConnectFour position = ConnectFour::start();
    Move moves[ConnectFour::kMovesMax];
    for (int count = position.moves(moves); count > 0; count = position.moves(moves)) {
      if (position.plies() == plies) return position;
      position.play(moves[rng.below(static_cast<std::uint64_t>(count))]);
    }
    if (position.plies() == plies) return position;
  }
}

ConnectFourSolver make_solver(const SolverOptions& options = {.table_bytes = 1 << 20}) {
  auto solver = ConnectFourSolver::create(options);
  EXPECT_TRUE(solver.has_value());
  return *std::move(solver);
}

TEST(ConnectFourSolver, EqualsBruteForceOnLatePositions) {
  auto solver = make_solver();
  Rng rng(1);
  int values[3] = {};
  for (int i = 0; i < 600; ++i) {
    const ConnectFour position = random_position(24 + static_cast<int>(rng.below(19)), rng);
    Known known;
    const auto solution = solver.solve(position);
    ASSERT_TRUE(solution.has_value());
    EXPECT_EQ(solution->value, brute_force(position, known)) << position.text();
    EXPECT_EQ(solution->best, brute_force_best(position, known)) << position.text();
    ++values[solution->value + 1];
  }
  for (const int count : values) EXPECT_GT(count, 30);
}

TEST(ConnectFourSolver, AnswersTheSameWithATinyTableAndInAnyOrder) {
  auto large = make_solver(), tiny = make_solver({.table_bytes = 1024});
  Rng rng(2);
  std::vector<ConnectFour> positions;
  for (int i = 0; i < 100; ++i) positions.push_back(random_position(20, rng));
  std::vector<Solution> first;
  for (const ConnectFour& position : positions) first.push_back(*large.solve(position));
  for (std::size_t i = positions.size(); i-- > 0;) {
    const Solution again = *tiny.solve(positions[i]);
    EXPECT_EQ(again.value, first[i].value);
    EXPECT_EQ(again.best, first[i].best);
  }
}

TEST(ConnectFourSolver, TreatsAPositionAndItsMirrorImageAlike) {
  auto solver = make_solver();
  Rng rng(3);
  for (int i = 0; i < 100; ++i) {
    ConnectFour position = ConnectFour::start(), image = ConnectFour::start();
    Move moves[ConnectFour::kMovesMax];
    for (int ply = 0; ply < 18 && !position.over(); ++ply) {
      const int count = position.moves(moves);
      const Move move = moves[rng.below(static_cast<std::uint64_t>(count))];
      position.play(move);
      image.play(static_cast<Move>(6 - move));
    }
    const Solution solution = *solver.solve(position), mirrored = *solver.solve(image);
    EXPECT_EQ(solution.value, mirrored.value);
    ASSERT_EQ(solution.best.size(), mirrored.best.size());
    for (std::size_t at = 0; at < solution.best.size(); ++at) {
      EXPECT_EQ(solution.best[at], 6 - mirrored.best[solution.best.size() - 1 - at]);
    }
  }
}

TEST(ConnectFourSolver, StopsAtItsLimitWithAnError) {
  auto solver = make_solver({.table_bytes = 1 << 16, .nodes_max = 1000});
  const auto value = solver.value(ConnectFour::start());
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().code, ErrorCode::kResourceExhausted);
  // The next question has its own budget, and what the table holds is still right.
  EXPECT_EQ(*solver.value(*play_text(ConnectFour::start(), "112233")), 1);
  EXPECT_FALSE(ConnectFourSolver::create({.table_bytes = 10}).has_value());
}

TEST(ConnectFourSolver, AFinishedGameHasItsResultAndNoMove) {
  auto solver = make_solver();
  const Solution solution = *solver.solve(*play_text(ConnectFour::start(), "1213141"));
  EXPECT_EQ(solution.value, -1);
  EXPECT_TRUE(solution.best.empty());
}

}  // namespace
}  // namespace hardwon::reason
