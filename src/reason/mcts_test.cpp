#include "reason/mcts.h"

#include <gtest/gtest.h>

#include <map>

#include "reason/connect_four.h"
#include "reason/nim.h"
#include "reason/othello.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

template <Game G>
Mcts<G> make_search(const SearchOptions& options = {}) {
  auto search = Mcts<G>::create(options);
  EXPECT_TRUE(search.has_value());
  return *std::move(search);
}

// ---------------------------------------------------------------- tic-tac-toe, all of it

// Exact values by plain recursion, on the true rules.
int exact(const TicTacToe& position, std::map<std::uint64_t, int>& known) {
  if (position.over()) return position.result();
  if (const auto it = known.find(position.key()); it != known.end()) return it->second;
  Move moves[9];
  const int count = position.moves(moves);
  int best = -1;
  for (int i = 0; i < count; ++i) {
    TicTacToe next = position;
    next.play(moves[i]);
    best = std::max(best, -exact(next, known));
  }
  return known[position.key()] = best;
}

struct Share {
  int positions = 0, optimal = 0;
  double value() const { return static_cast<double>(optimal) / positions; }
};

struct Scores {
  Share sides[2];                  // the first player to move, the second
  Share wins_at_once, must_block;  // positions that one move decides
};

// Every best move of the search must keep the exact value.  G: tic-tac-toe or a broken copy.
template <typename G>
class Examination {
 public:
  Scores run(const SearchOptions& options, int leaves) {
    auto search = make_search<G>(options);
    visit(TicTacToe::start(), G::start(), search, leaves);
    return scores_;
  }

 private:
  void visit(const TicTacToe& position, const G& shown, Mcts<G>& search, int leaves) {
    if (position.over() || !seen_.insert({position.key(), 0}).second) return;
    UniformEvaluator<G> uniform;
    search.reset(shown);
    search.run(uniform, 800, leaves);
    judge(position, search.best_moves());
    Move moves[9];
    const int count = position.moves(moves);
    for (int i = 0; i < count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      G next_shown = shown;
      next_shown.play(moves[i]);
      visit(next, next_shown, search, leaves);
    }
  }

  void judge(const TicTacToe& position, const std::vector<Move>& best) {
    const int value = exact(position, known_);
    bool optimal = !best.empty();
    for (const Move move : best) {
      TicTacToe next = position;
      next.play(move);
      optimal = optimal && -exact(next, known_) == value;
    }
    count(scores_.sides[position.first_to_move() ? 0 : 1], optimal);
    Move moves[9];
    const int moves_count = position.moves(moves);
    bool win = false;
    int blocks = 0;  // moves after which the other does not win at once
    for (int i = 0; i < moves_count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      win = win || (next.over() && next.result() == -1);
      blocks += can_win(next) ? 0 : 1;
    }
    if (win) count(scores_.wins_at_once, optimal);
    if (!win && blocks > 0 && blocks < moves_count) count(scores_.must_block, optimal);
  }

  static bool can_win(const TicTacToe& position) {
    Move moves[9];
    const int count = position.moves(moves);
    for (int i = 0; i < count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      if (next.over() && next.result() == -1) return true;
    }
    return false;
  }

  static void count(Share& share, bool optimal) {
    ++share.positions;
    share.optimal += optimal ? 1 : 0;
  }

  std::map<std::uint64_t, int> known_, seen_;
  Scores scores_;
};

void expect_optimal(const Scores& scores) {
  EXPECT_EQ(scores.sides[0].positions + scores.sides[1].positions, 4520);
  EXPECT_GE(scores.sides[0].value(), .995);
  EXPECT_GE(scores.sides[1].value(), .995);
  EXPECT_EQ(scores.wins_at_once.optimal, scores.wins_at_once.positions);
  EXPECT_EQ(scores.must_block.optimal, scores.must_block.positions);
  EXPECT_GT(scores.wins_at_once.positions, 1000);
  EXPECT_GT(scores.must_block.positions, 500);
}

TEST(Mcts, PlaysTicTacToeOptimallyFromEveryPosition) {
  const Scores scores = Examination<TicTacToe>().run({}, 1);
  expect_optimal(scores);
  RecordProperty("optimal_first", std::to_string(scores.sides[0].value()));
  RecordProperty("optimal_second", std::to_string(scores.sides[1].value()));
}

TEST(Mcts, PlaysTicTacToeOptimallyWithoutProofs) {
  expect_optimal(Examination<TicTacToe>().run({.prove = false}, 1));
}

TEST(Mcts, PlaysTicTacToeOptimallyInBatches) {
  expect_optimal(Examination<TicTacToe>().run({}, 16));
  expect_optimal(Examination<TicTacToe>().run({.prove = false}, 8));
}

// The two mistakes by which a search learns to help its opponent; with value 0 everywhere, ends of
// games are all it knows, so a game that reports them wrongly is a search that takes them wrongly.
struct WrongSign : TicTacToe {
  WrongSign(const TicTacToe& position) : TicTacToe(position) {}
  static WrongSign start() { return TicTacToe::start(); }
  int result() const { return -TicTacToe::result(); }
};
struct AlwaysTheFirstPlayer : TicTacToe {
  AlwaysTheFirstPlayer(const TicTacToe& position) : TicTacToe(position) {}
  static AlwaysTheFirstPlayer start() { return TicTacToe::start(); }
  int result() const { return first_to_move() ? TicTacToe::result() : -TicTacToe::result(); }
};

TEST(Mcts, AWrongSignOrPerspectiveFailsTheExamination) {
  for (const bool prove : {true, false}) {
    const Scores sign = Examination<WrongSign>().run({.prove = prove}, 1);
    EXPECT_LT(sign.sides[0].value(), .8);
    EXPECT_LT(sign.sides[1].value(), .8);
    EXPECT_LT(sign.wins_at_once.value(), .8);
    const Scores perspective = Examination<AlwaysTheFirstPlayer>().run({.prove = prove}, 1);
    EXPECT_LT(std::min(perspective.sides[0].value(), perspective.sides[1].value()), .8);
  }
}

}  // namespace
}  // namespace hardwon::reason
