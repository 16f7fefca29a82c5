#include "reason/tic_tac_toe.h"

namespace hardwon::reason {

std::string TicTacToe::text() const {
  const unsigned crosses = first_to_move() ? mine_ : theirs_;
  std::string board;
  for (unsigned cell = 0; cell < 9; ++cell) {
    const bool taken = ((mine_ | theirs_) >> cell & 1U) != 0;
    board += !taken ? '.' : (crosses >> cell & 1U) != 0 ? 'X' : 'O';
    board += cell % 3 == 2 ? '\n' : ' ';
  }
  return board;
}

}  // namespace hardwon::reason
