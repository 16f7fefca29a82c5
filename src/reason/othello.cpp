#include "reason/othello.h"

namespace hardwon::reason {

template <int N>
std::string Othello<N>::text() const {
  const std::uint64_t black = black_to_move_ ? mine_ : theirs_;
  std::string board = " ";
  for (int column = 0; column < N; ++column) board += {' ', static_cast<char>('a' + column)};
  board += '\n';
  for (int row = 0; row < N; ++row) {
    board += static_cast<char>('1' + row);
    for (int column = 0; column < N; ++column) {
      const int bit = N * row + column;
      const bool taken = ((mine_ | theirs_) >> bit & 1) != 0;
      board += {' ', !taken ? '.' : (black >> bit & 1) != 0 ? 'X' : 'O'};
    }
    board += '\n';
  }
  return board;
}

template std::string Othello<6>::text() const;
template std::string Othello<8>::text() const;

}  // namespace hardwon::reason
