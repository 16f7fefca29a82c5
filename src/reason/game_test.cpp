#include "reason/game.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/rng.h"
#include "reason/connect_four.h"
#include "reason/nim.h"
#include "reason/othello.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

template <Game G>
void expect_perft(const std::vector<std::uint64_t>& table) {
  for (std::size_t depth = 0; depth < table.size(); ++depth) {
    EXPECT_EQ(perft(G::start(), static_cast<int>(depth)), table[depth]) << "depth " << depth;
  }
}

TEST(Game, PerftOfConnectFourIsThePublishedTable) {
  expect_perft<ConnectFour>({1, 7, 49, 343, 2401, 16807, 117649, 823536, 5673234});
}

TEST(Game, PerftOfOthelloIsThePublishedTable) {
  expect_perft<Othello<8>>({1, 4, 12, 56, 244, 1396, 8200, 55092, 390216});
}

TEST(Game, PerftOfTicTacToeIsThePublishedTable) {
  expect_perft<TicTacToe>({1, 9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872, 0});
}

template <Game G>
void collect(const G& position, std::set<std::uint64_t>& seen, int& over) {
  if (!seen.insert(position.key()).second) return;
  over += position.over() ? 1 : 0;
  Move moves[G::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    G next = position;
    next.play(moves[i]);
    collect(next, seen, over);
  }
}

TEST(Game, TicTacToeHas5478PositionsOfWhich958AreOver) {
  std::set<std::uint64_t> seen;
  int over = 0;
  collect(TicTacToe::start(), seen, over);
  EXPECT_EQ(seen.size(), 5478U);
  EXPECT_EQ(over, 958);
}

// What holds at every position of random games.
template <Game G>
void expect_sound_games(std::uint64_t seed, int games) {
  Rng rng(seed);
  int near = 0, far = 0;
  for (int game = 0; game < games; ++game) {
    G position = G::start();
    std::string text;
    int plies = 0;
    Move moves[G::kMovesMax];
    for (int count = position.moves(moves); count > 0; count = position.moves(moves), ++plies) {
      ASSERT_FALSE(position.over());
      std::uint16_t inputs[G::kInputs];
      const int active = position.active_inputs(inputs);
      const std::set<std::uint16_t> distinct(inputs, inputs + active);
      ASSERT_EQ(distinct.size(), static_cast<std::size_t>(active));
      ASSERT_TRUE(distinct.empty() || *distinct.rbegin() < G::kInputs);
      for (int i = 0; i < count; ++i) {
        ASSERT_LT(moves[i], G::kActions);
        ASSERT_TRUE(i == 0 || moves[i - 1] < moves[i]);
        const std::string move = G::move_text(moves[i]);
        const auto token = G::read_move(move);
        ASSERT_TRUE(token && token->move == moves[i] && token->size == move.size()) << move;
      }
      bool ends = false;
      for (int i = 0; i < count; ++i) {
        G next = position;
        next.play(moves[i]);
        ends = ends || next.over();
      }
      ASSERT_TRUE(!ends || position.near_end() || G::kName == "othello") << position.text();
      near += position.near_end() ? 1 : 0;
      far += position.near_end() ? 0 : 1;
      const Move move = moves[rng.below(static_cast<std::uint64_t>(count))];
      const bool first = position.first_to_move();
      position.play(move);
      ASSERT_NE(position.first_to_move(), first);
      text += G::move_text(move);
    }
    ASSERT_TRUE(position.over());
    ASSERT_LE(plies, G::kPliesMax);
    const auto again = play_text(G::start(), text);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, position);
    EXPECT_EQ(again->key(), position.key());
    EXPECT_FALSE(position.text().empty());
    EXPECT_FALSE(play_text(position, G::move_text(0)).has_value());
  }
  EXPECT_GT(near, games / 2);
  EXPECT_GT(far, games / 2);
}

TEST(Game, RandomGamesEndAndReadBackAsText) {
  expect_sound_games<TicTacToe>(1, 200);
  expect_sound_games<ConnectFour>(2, 200);
  expect_sound_games<Othello<6>>(3, 100);
  expect_sound_games<Othello<8>>(4, 100);
  expect_sound_games<Nim>(5, 200);
}

TEST(Game, WhoeverCannotAnswerALineHasLost) {
  const auto row = play_text(TicTacToe::start(), "14253");
  ASSERT_TRUE(row && row->over());
  EXPECT_EQ(row->result(), -1);
  for (const char* text : {"1213141", "11223344"}) {
    const auto four = play_text(ConnectFour::start(), std::string_view(text).substr(0, 7));
    ASSERT_TRUE(four && four->over()) << text;
    EXPECT_EQ(four->result(), -1);
  }
  // Four in a diagonal, and not across the upper rim from one column into the next.
  EXPECT_TRUE(play_text(ConnectFour::start(), "12234334544")->over());
  EXPECT_FALSE(play_text(ConnectFour::start(),
                         "1212121"
                         "2")
                   .has_value());
  const auto full = play_text(TicTacToe::start(), "123546879");
  ASSERT_TRUE(full && full->over());
  EXPECT_EQ(full->result(), 0);
}

TEST(Game, OthelloPassesWhenOnlyTheOtherCanMove) {
  Rng rng(7);
  int passes = 0;
  for (int game = 0; game < 200; ++game) {
    auto position = Othello<6>::start();
    Move moves[Othello<6>::kMovesMax];
    for (int count = position.moves(moves); count > 0; count = position.moves(moves)) {
      const auto before = position.discs();
      const Move move = moves[rng.below(static_cast<std::uint64_t>(count))];
      position.play(move);
      const auto after = position.discs();
      const int gained = after.first + after.second - before.first - before.second;
      EXPECT_EQ(gained, move == Othello<6>::kPass ? 0 : 1);
      if (move != Othello<6>::kPass) continue;
      ++passes;
      EXPECT_EQ(count, 1);
      EXPECT_EQ(before, after);
    }
    const auto [black, white] = position.discs();
    const int mine = position.first_to_move() ? black - white : white - black;
    EXPECT_EQ(position.result(), (mine > 0) - (mine < 0));
  }
  EXPECT_GT(passes, 20);
}

TEST(Game, OthelloStartsAsInItsRules) {
  EXPECT_EQ(legal_move_texts(Othello<8>::start()), "one of d3, c4, f5, e6");
  EXPECT_EQ(legal_move_texts(Othello<6>::start()), "one of c2, b3, e4, d5");
  EXPECT_EQ(play_text(Othello<8>::start(), "d3c3")->discs(), std::pair(3, 3));
}

// The mover wins iff some move leaves a nim sum of zero.
TEST(Game, NimFollowsItsTheory) {
  const auto wins = [](auto&& self, const Nim& position) -> bool {
    Move moves[Nim::kMovesMax];
    const int count = position.moves(moves);
    for (int i = 0; i < count; ++i) {
      Nim next = position;
      next.play(moves[i]);
      if (!self(self, next)) return true;
    }
    return false;
  };
  for (std::uint8_t a = 0; a <= 2; ++a) {
    for (std::uint8_t b = 0; b <= 3; ++b) {
      const Nim position({a, b, 2, 1});
      EXPECT_EQ(wins(wins, position), position.nim_sum() != 0) << position.text();
    }
  }
}

template <Game G>
std::string error_of(std::string_view text) {
  const auto played = play_text(G::start(), text);
  return played ? "" : played.error().message;
}

TEST(Game, AnIllegalMoveIsNamedWithItsPlaceAndWhatWasExpected) {
  EXPECT_EQ(error_of<ConnectFour>("448"), "found '8' at character 3, expected a column 1 to 7");
  EXPECT_EQ(error_of<ConnectFour>("4444441"), "");
  EXPECT_EQ(error_of<ConnectFour>("4444444"),
            "found '4' at character 7, expected one of 1, 2, 3, 5, 6, 7");
  EXPECT_EQ(error_of<ConnectFour>("12121213"),
            "found '3' at character 8, expected no move: the game is over");
  EXPECT_EQ(error_of<TicTacToe>("55"),
            "found '5' at character 2, expected one of 1, 2, 3, 4, 6, 7, 8, 9");
  EXPECT_EQ(error_of<TicTacToe>("1 2"), "found ' ' at character 2, expected a cell 1 to 9");
  EXPECT_EQ(error_of<Othello<8>>("d3d"),
            "found 'd' at character 3, expected a square a1 to h8, or -- to pass");
  EXPECT_EQ(error_of<Othello<8>>("d3--"), "found '--' at character 3, expected one of c3, e3, c5");
  EXPECT_EQ(error_of<Othello<6>>("g1"),
            "found 'g' at character 1, expected a square a1 to f6, or -- to pass");
  EXPECT_EQ(error_of<Nim>("a2"),
            "found 'a2' at character 1, expected one of a1, b1, b2, b3, c1, "
            "c2, c3, c4, c5, d1, d2, d3, d4, d5, d6, d7");
  EXPECT_EQ(error_of<ConnectFour>("4\xff"),
            "found '\\xff' at character 2, expected a column 1 to 7");
}

TEST(Game, AnyBytesAsMovesAreRefusedOrPlayed) {
  Rng rng(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text(rng.below(12), '\0');
    for (char& c : text) {
      const bool any = rng.below(4) == 0;
      c = any ? static_cast<char>(rng.below(256)) : "1234567abcdefgh-"[rng.below(16)];
    }
    (void)play_text(TicTacToe::start(), text);
    (void)play_text(ConnectFour::start(), text);
    (void)play_text(Othello<6>::start(), text);
    (void)play_text(Nim::start(), text);
  }
  const std::string long_text(5 << 20, '4');
  EXPECT_FALSE(play_text(ConnectFour::start(), long_text).has_value());
}

}  // namespace
}  // namespace hardwon::reason
