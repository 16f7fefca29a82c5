#include "reason/connect_four.h"

namespace hardwon::reason {

std::string ConnectFour::text() const {
  const std::uint64_t first = first_to_move() ? mine_ : theirs();
  std::string board;
  for (int row = 5; row >= 0; --row) {
    for (int column = 0; column < 7; ++column) {
      const int bit = 7 * column + row;
      const bool taken = (all_ >> bit & 1) != 0;
      board += !taken ? '.' : (first >> bit & 1) != 0 ? 'X' : 'O';
      board += column == 6 ? '\n' : ' ';
    }
  }
  return board + "1 2 3 4 5 6 7\n";
}

}  // namespace hardwon::reason
