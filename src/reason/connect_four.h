#pragma once

// Connect four on 7 columns and 6 rows: columns 1 to 7 from the left.
//
// Bits: column c has bits 7c (bottom) to 7c + 5 (top); bit 7c + 6 stays empty, so that lines do
// not run from one column into the next.

#include <bit>

#include "reason/game.h"

namespace hardwon::reason {

// Columns of six cells and an empty one.
inline constexpr std::uint64_t kConnectFourBottoms = 0x0000040810204081ULL;
inline constexpr std::uint64_t kConnectFourBoard = kConnectFourBottoms * 0x3f;

// Free cells that would complete four stones in a row, whether they can be reached yet or not.
inline std::uint64_t winning_cells(std::uint64_t stones, std::uint64_t all) {
  std::uint64_t cells = (stones << 1) & (stones << 2) & (stones << 3);  // upwards
  for (const int step : {6, 7, 8}) {
    const std::uint64_t right = (stones << step) & (stones << (2 * step));
    cells |= right & (stones << (3 * step));  // three to the left of the cell
    cells |= right & (stones >> step);        // two and one
    const std::uint64_t left = (stones >> step) & (stones >> (2 * step));
    cells |= left & (stones << step);
    cells |= left & (stones >> (3 * step));
  }
  return cells & kConnectFourBoard & ~all;
}

class ConnectFour {
 public:
  static constexpr std::string_view kName = "connect-four";
  static constexpr std::string_view kMoveForm = "a column 1 to 7";
  static constexpr int kActions = 7, kMovesMax = 7, kPliesMax = 42, kInputs = 84;
  static constexpr std::uint64_t kTops = kConnectFourBottoms << 5;

  static ConnectFour start() { return {}; }

  int moves(Move* out) const {
    if (has_four(theirs())) return 0;
    int count = 0;
    for (int column = 0; column < 7; ++column) {  // no branch: full columns are overwritten
      out[count] = static_cast<Move>(column);
      count += static_cast<int>(~all_ >> (7 * column + 5) & 1);
    }
    return count;
  }
  void play(Move column) {
    mine_ ^= all_;
    all_ |= all_ + (std::uint64_t{1} << (7 * column));
  }
  bool over() const { return has_four(theirs()) || (all_ & kTops) == kTops; }
  int result() const { return has_four(theirs()) ? -1 : 0; }
  bool near_end() const {
    const std::uint64_t reachable = all_ + kConnectFourBottoms;
    return (winning_cells(mine_, all_) & reachable) != 0 || plies() >= 41;
  }
  bool first_to_move() const { return std::popcount(all_) % 2 == 0; }
  int plies() const { return std::popcount(all_); }
  // all + bottoms marks each column's height, so with the mover's stones it is unique.
  std::uint64_t key() const { return mix_bits(all_ + kConnectFourBottoms + mine_); }
  int active_inputs(std::uint16_t* out) const {
    const int mine = encode(mine_, 0, out);
    return mine + encode(theirs(), 42, out + mine);
  }
  struct Stones {
    std::uint64_t mine, all;  // the mover's, both players'
  };
  Stones stones() const { return {.mine = mine_, .all = all_}; }
  std::string text() const;
  static std::string move_text(Move column) { return std::to_string(column + 1); }
  static std::optional<MoveToken> read_move(std::string_view text) {
    if (text.empty() || text[0] < '1' || text[0] > '7') return std::nullopt;
    return MoveToken{.move = static_cast<Move>(text[0] - '1'), .size = 1};
  }
  bool operator==(const ConnectFour&) const = default;

 private:
  std::uint64_t theirs() const { return mine_ ^ all_; }

  static bool has_four(std::uint64_t stones) {
    const auto line = [stones](int step) {
      const std::uint64_t pairs = stones & (stones >> step);
      return pairs & (pairs >> (2 * step));
    };
    return (line(1) | line(6) | line(7) | line(8)) != 0;
  }

  // Cell (column, row) is input first + 6 * column + row.
  static int encode(std::uint64_t stones, unsigned first, std::uint16_t* out) {
    int count = 0;
    for (; stones != 0; stones &= stones - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(stones));
      out[count++] = static_cast<std::uint16_t>(first + bit - bit / 7);
    }
    return count;
  }

  std::uint64_t mine_ = 0, all_ = 0;
};

static_assert(Game<ConnectFour>);

}  // namespace hardwon::reason
