#pragma once

// Tic-tac-toe: cells 1 to 9, row by row from the top left.

#include <bit>

#include "reason/game.h"

namespace hardwon::reason {

class TicTacToe {
 public:
  static constexpr std::string_view kName = "tic-tac-toe";
  static constexpr std::string_view kMoveForm = "a cell 1 to 9";
  static constexpr int kActions = 9, kMovesMax = 9, kPliesMax = 9, kInputs = 18;

  static TicTacToe start() { return {}; }

  int moves(Move* out) const {
    if (over()) return 0;
    int count = 0;
    for (unsigned free = kAll & ~(mine_ | theirs_); free != 0; free &= free - 1) {
      out[count++] = static_cast<Move>(std::countr_zero(free));
    }
    return count;
  }
  void play(Move cell) {
    const auto moved = static_cast<std::uint16_t>(mine_ | 1U << cell);
    mine_ = theirs_;
    theirs_ = moved;
  }
  bool over() const { return has_line(theirs_) || (mine_ | theirs_) == kAll; }
  int result() const { return has_line(theirs_) ? -1 : 0; }
  bool near_end() const { return std::popcount(mine_) >= 2; }
  bool first_to_move() const { return std::popcount(mine_) == std::popcount(theirs_); }
  std::uint64_t key() const { return mix_bits(std::uint64_t{mine_} << 9 | theirs_); }
  int active_inputs(std::uint16_t* out) const {
    int count = 0;
    for (unsigned bits = mine_ | unsigned{theirs_} << 9; bits != 0; bits &= bits - 1) {
      out[count++] = static_cast<std::uint16_t>(std::countr_zero(bits));
    }
    return count;
  }
  std::string text() const;
  static std::string move_text(Move cell) { return std::to_string(cell + 1); }
  static std::optional<MoveToken> read_move(std::string_view text) {
    if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
    return MoveToken{.move = static_cast<Move>(text[0] - '1'), .size = 1};
  }
  bool operator==(const TicTacToe&) const = default;

 private:
  static constexpr unsigned kAll = 0x1ff;

  static bool has_line(unsigned stones) {
    for (const unsigned line : {0007U, 0070U, 0700U, 0111U, 0222U, 0444U, 0421U, 0124U}) {
      if ((stones & line) == line) return true;
    }
    return false;
  }

  std::uint16_t mine_ = 0, theirs_ = 0;  // bit c: cell c + 1; of the mover and of the other
};

static_assert(Game<TicTacToe>);

}  // namespace hardwon::reason
