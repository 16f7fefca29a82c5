#include "reason/arena.h"

#include <gtest/gtest.h>

#include <functional>

#include "reason/connect_four.h"
#include "reason/connect_four_solver.h"
#include "reason/evaluation_cache.h"
#include "reason/nim.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

// Plays what a function says.
template <Game G>
class Scripted final : public Player<G> {
 public:
  explicit Scripted(std::function<Result<Move>(const G&)> choice) : choice_(std::move(choice)) {}
  void start_game() override { ++games; }
  Result<Move> choose(const G& position) override { return choice_(position); }
  std::optional<double> last_value() const override { return value; }
  int games = 0;
  std::optional<double> value;

 private:
  std::function<Result<Move>(const G&)> choice_;
};

// Takes from heaps as the theory says; a lost position: one object from the first heap.
Result<Move> perfect_nim(const Nim& position) {
  Move moves[Nim::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    Nim next = position;
    next.play(moves[i]);
    if (next.nim_sum() == 0) return moves[i];
  }
  return moves[0];
}

GateOptions all_pairs(std::int64_t pairs) {
  return {.rule = GateRule::kThreshold, .pairs_max = pairs};
}

TEST(Arena, PerfectPlayBeatsRandomPlayFromBothSeats) {
  auto solver = *ConnectFourSolver::create({.table_bytes = 1 << 22});
  Scripted<ConnectFour> perfect([&](const ConnectFour& position) -> Result<Move> {
    return TRY(solver.solve(position)).best.front();
  });
  RandomPlayer<ConnectFour> random(5);
  // Openings of 18 plies, even ones only: there perfect play has something to hold.
  std::vector<ConnectFour> book;
  for (const ConnectFour& opening : opening_book<ConnectFour>(18, 200, 2)) {
    if (*solver.value(opening) == 0) book.push_back(opening);
  }
  ASSERT_GT(book.size(), 10U);
  const auto match = play_match<ConnectFour>(perfect, random, book, all_pairs(60));
  ASSERT_TRUE(match.has_value());
  EXPECT_GT(match->first.score(), .9);
  EXPECT_GT(match->second.score(), .9);
  EXPECT_EQ(match->first.losses + match->second.losses, 0);
  EXPECT_EQ(match->verdict, Verdict::kPromote);
}

TEST(Arena, SearchBeatsRandomPlayFromBothSeats) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = *SearchPlayer<ConnectFour>::create(uniform, {}, 400, 1);
  RandomPlayer<ConnectFour> random(6);
  const auto book = opening_book<ConnectFour>(2, 40, 1);
  const auto match = play_match<ConnectFour>(search, random, book, all_pairs(60));
  ASSERT_TRUE(match.has_value());
  EXPECT_GT(match->first.score(), .9);
  EXPECT_GT(match->second.score(), .9);
  // And the other way round: the seats are mirrored.
  RandomPlayer<ConnectFour> weak(6);
  const auto mirrored = play_match<ConnectFour>(weak, search, book, all_pairs(60));
  EXPECT_LT(mirrored->first.score(), .1);
  EXPECT_LT(mirrored->second.score(), .1);
  EXPECT_EQ(mirrored->verdict, Verdict::kKeep);
}

TEST(Arena, EachOpeningIsPlayedTwiceWithColoursSwapped) {
  // The first to move wins nim from its start, so between two perfect players each takes one.
  Scripted<Nim> a(perfect_nim), b(perfect_nim);
  const std::vector<Nim> book = {Nim({1, 2, 0, 0}), Nim({3, 0, 0, 0})};
  const auto match = play_match<Nim>(a, b, book, all_pairs(10));
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->pairs.pairs, (std::array<std::int64_t, 5>{0, 0, 10, 0, 0}));
  EXPECT_EQ(match->first.wins, 10);
  EXPECT_EQ(match->second.losses, 10);
  EXPECT_EQ(match->score(), .5);
  EXPECT_EQ(match->verdict, Verdict::kKeep);
  EXPECT_EQ(a.games, 20);
  EXPECT_EQ(b.games, 20);
}

TEST(Arena, ADrawIsHalfAPoint) {
  UniformEvaluator<TicTacToe> uniform;
  auto a = *SearchPlayer<TicTacToe>::create(uniform, {}, 800, 1);
  auto b = *SearchPlayer<TicTacToe>::create(uniform, {}, 800, 1);
  const std::vector<TicTacToe> book = {TicTacToe::start()};
  const auto match = play_match<TicTacToe>(a, b, book, all_pairs(2));
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->first.draws + match->second.draws, 4);
  EXPECT_EQ(match->pairs.pairs, (std::array<std::int64_t, 5>{0, 0, 2, 0, 0}));
  EXPECT_EQ(match->score(), .5);
  EXPECT_EQ(match->first.score(), .5);
}

// The seed's arena counted the wins of whoever started as draws and its losses as wins.
TEST(Arena, WinsCountAsWinsInEitherSeat) {
  Scripted<Nim> perfect(perfect_nim);
  RandomPlayer<Nim> random(3);
  std::vector<Nim> book = {Nim::start(), Nim({7, 7, 3, 2}), Nim({4, 5, 6, 7})};
  book.push_back(Nim({5, 6, 7, 1}));
  book[3].play(0);  // the second player to move
  const auto match = play_match<Nim>(perfect, random, book, all_pairs(200));
  EXPECT_GT(match->first.score(), .9);
  EXPECT_GT(match->second.score(), .75);  // from lost positions too
  EXPECT_GT(match->first.wins, 150);
}

TEST(Arena, LengthAndValuesAreTracked) {
  Scripted<TicTacToe> a([](const TicTacToe& position) -> Result<Move> {
    Move moves[9];
    position.moves(moves);
    return moves[0];
  });
  Scripted<TicTacToe> b(a);
  a.value = .5;
  b.value = -.25;
  const std::vector<TicTacToe> book = {TicTacToe::start()};
  const auto match = play_match<TicTacToe>(a, b, book, all_pairs(3));
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->mean_plies(), 7);  // 1 2 3 4 5 6 7: the diagonal
  EXPECT_EQ(match->mean_candidate_value(), .5);
  EXPECT_EQ(match->mean_best_value(), -.25);
  EXPECT_EQ(match->candidate_moves + match->best_moves, match->plies);
  EXPECT_FALSE(MatchResult{}.mean_best_value().has_value());
}

TEST(Arena, AnErrorInAGameIsAnErrorOfTheMatch) {
  int left = 25;
  Scripted<ConnectFour> failing([&](const ConnectFour& position) -> Result<Move> {
    if (--left == 0) return fail(ErrorCode::kUnavailable, "the model is gone");
    Move moves[7];
    position.moves(moves);
    return moves[0];
  });
  RandomPlayer<ConnectFour> random(1);
  const auto book = opening_book<ConnectFour>(2, 10, 1);
  const auto match = play_match<ConnectFour>(failing, random, book, all_pairs(50));
  ASSERT_FALSE(match.has_value());
  EXPECT_EQ(match.error().message, "the model is gone");

  Scripted<ConnectFour> cheating([](const ConnectFour&) -> Result<Move> { return Move{9}; });
  const auto refused = play_match<ConnectFour>(random, cheating, book, all_pairs(50));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.starts_with("the best played move 9 where one of 1,"))
      << refused.error().message;

  EXPECT_FALSE(play_match<ConnectFour>(random, random, {}, all_pairs(5)).has_value());
  const std::vector<ConnectFour> over = {*play_text(ConnectFour::start(), "1213141")};
  EXPECT_FALSE(play_match<ConnectFour>(random, random, over, all_pairs(5)).has_value());
  EXPECT_FALSE(play_match<ConnectFour>(random, random, book, all_pairs(0)).has_value());
}

// Two models behind one cache play as they do with a cache each.
TEST(Arena, ModelsThatShareACacheStayThemselves) {
  struct Liking final : Evaluator<ConnectFour> {
    Liking(std::uint64_t name, Move liked) : number(name), column(liked) {}
    void evaluate(std::span<const ConnectFour> positions, std::span<float> values,
                  std::span<float> logits) override {
      std::ranges::fill(values, 0.0F);
      std::ranges::fill(logits, 0.0F);
      for (std::size_t i = 0; i < positions.size(); ++i) logits[7 * i + column] = 3;
    }
    bool has_policy() const override { return true; }
    std::uint64_t model() const override { return number; }
    std::uint64_t number;
    Move column;
  };
  const auto plies_of = [](std::uint64_t second_number, bool shared) {
    Liking centre(1, 3), rim(second_number, 0);
    EvaluationCache<ConnectFour> one(1 << 14), two(1 << 14);
    CachedEvaluator<ConnectFour> a(centre, one), b(rim, shared ? one : two);
    auto candidate = *SearchPlayer<ConnectFour>::create(a, {}, 60, 1);
    auto best = *SearchPlayer<ConnectFour>::create(b, {}, 60, 1);
    const auto book = opening_book<ConnectFour>(3, 20, 1);
    const auto match = play_match<ConnectFour>(candidate, best, book, all_pairs(20));
    return std::pair(match->plies, match->pairs.pairs);
  };
  EXPECT_EQ(plies_of(2, true), plies_of(2, false));
  // The planted mistake, one number for both: the cache mixes them up, and it shows.
  EXPECT_NE(plies_of(1, true), plies_of(1, false));
}

TEST(Arena, TheBookHasDistinctOpeningsThatAreStillOpen) {
  const auto book = opening_book<ConnectFour>(6, 200, 7);
  EXPECT_EQ(book.size(), 200U);
  for (std::size_t i = 0; i < book.size(); ++i) {
    EXPECT_EQ(book[i].plies(), 6);
    EXPECT_FALSE(book[i].over());
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(book[i], book[j]);
  }
  EXPECT_EQ(opening_book<ConnectFour>(6, 200, 7), book);
  EXPECT_NE(opening_book<ConnectFour>(6, 200, 8), book);
  EXPECT_EQ(opening_book<TicTacToe>(1, 50, 1).size(), 9U);
}

TEST(Arena, EloComesWithItsInterval) {
  MatchResult match;
  EXPECT_FALSE(match.elo().has_value());
  match.pairs.pairs = {10, 20, 40, 20, 10};
  const auto even = match.elo();
  ASSERT_TRUE(even.has_value());
  EXPECT_NEAR(even->mean, 0, 1e-9);
  EXPECT_NEAR(even->high, 37.8, 1);
  EXPECT_NEAR(even->low, -even->high, 1e-6);
  match.pairs.pairs = {0, 0, 0, 0, 30};
  EXPECT_FALSE(match.elo().has_value());
}

}  // namespace
}  // namespace hardwon::reason
