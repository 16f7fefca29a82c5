#pragma once

// Othello on 6 × 6 or 8 × 8 squares: columns a, b, … from the left, rows 1, 2, … from the top;
// black moves first.  Who cannot move passes (`--`); when neither can, more discs win.

#include <bit>

#include "reason/game.h"

namespace hardwon::reason {

template <int N>
class Othello {
  static_assert(N == 6 || N == 8);

 public:
  static constexpr std::string_view kName = "othello";
  static constexpr std::string_view kMoveForm =
      N == 6 ? "a square a1 to f6, or -- to pass" : "a square a1 to h8, or -- to pass";
  static constexpr Move kPass = N * N;
  // Each move but a pass fills a square, and no two passes follow each other.
  static constexpr int kActions = N * N + 1, kMovesMax = N * N - 4, kPliesMax = 2 * (N * N - 4);
  static constexpr int kInputs = 2 * N * N;

  static Othello start() {
    constexpr int kLow = (N / 2 - 1) * (N + 1), kHigh = (N / 2) * (N + 1);
    return Othello(std::uint64_t{1} << (kLow + 1) | std::uint64_t{1} << (kHigh - 1),
                   std::uint64_t{1} << kLow | std::uint64_t{1} << kHigh);
  }

  int moves(Move* out) const {
    std::uint64_t squares = targets(mine_, theirs_);
    if (squares == 0) {
      out[0] = kPass;
      return targets(theirs_, mine_) != 0 ? 1 : 0;
    }
    int count = 0;
    for (; squares != 0; squares &= squares - 1) {
      out[count++] = static_cast<Move>(std::countr_zero(squares));
    }
    return count;
  }
  void play(Move move) {
    const std::uint64_t flipped = move == kPass ? 0 : flips(move);
    const std::uint64_t disc = move == kPass ? 0 : std::uint64_t{1} << move;
    const std::uint64_t moved = mine_ | flipped | disc;
    mine_ = theirs_ & ~flipped;
    theirs_ = moved;
    black_to_move_ = !black_to_move_;
  }
  bool over() const { return targets(mine_, theirs_) == 0 && targets(theirs_, mine_) == 0; }
  int result() const {
    const int lead = std::popcount(mine_) - std::popcount(theirs_);
    return (lead > 0) - (lead < 0);
  }
  bool near_end() const { return std::popcount(mine_ | theirs_) > N * N - 8; }
  bool first_to_move() const { return black_to_move_; }
  std::uint64_t key() const { return mix_bits(mine_ ^ mix_bits(theirs_)); }
  int active_inputs(std::uint16_t* out) const {
    int count = 0;
    for (std::uint64_t bits = mine_; bits != 0; bits &= bits - 1) {
      out[count++] = static_cast<std::uint16_t>(std::countr_zero(bits));
    }
    for (std::uint64_t bits = theirs_; bits != 0; bits &= bits - 1) {
      out[count++] = static_cast<std::uint16_t>(N * N + std::countr_zero(bits));
    }
    return count;
  }
  std::string text() const;
  static std::string move_text(Move move) {
    if (move == kPass) return "--";
    return {static_cast<char>('a' + move % N), static_cast<char>('1' + move / N)};
  }
  static std::optional<MoveToken> read_move(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    if (text.starts_with("--")) return MoveToken{.move = kPass, .size = 2};
    const int column = text[0] - 'a', row = text[1] - '1';
    if (column < 0 || column >= N || row < 0 || row >= N) return std::nullopt;
    return MoveToken{.move = static_cast<Move>(N * row + column), .size = 2};
  }
  // Discs of black and of white.
  std::pair<int, int> discs() const {
    const int mine = std::popcount(mine_), theirs = std::popcount(theirs_);
    return black_to_move_ ? std::pair(mine, theirs) : std::pair(theirs, mine);
  }
  bool operator==(const Othello&) const = default;

 private:
  Othello(std::uint64_t mine, std::uint64_t theirs) : mine_(mine), theirs_(theirs) {}

  static constexpr std::uint64_t kBoard = N == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 36) - 1;
  static constexpr std::uint64_t column_mask(int column) {
    std::uint64_t mask = 0;
    for (int row = 0; row < N; ++row) mask |= std::uint64_t{1} << (N * row + column);
    return mask;
  }
  static constexpr std::uint64_t kNotFirst = kBoard & ~column_mask(0);
  static constexpr std::uint64_t kNotLast = kBoard & ~column_mask(N - 1);

  // One step in direction d: east, west, south, north, and the diagonals.
  static std::uint64_t step(std::uint64_t bits, int direction) {
    switch (direction) {
      case 0:
        return (bits << 1) & kNotFirst;
      case 1:
        return (bits >> 1) & kNotLast;
      case 2:
        return (bits << N) & kBoard;
      case 3:
        return bits >> N;
      case 4:
        return (bits << (N + 1)) & kNotFirst;
      case 5:
        return (bits >> (N + 1)) & kNotLast;
      case 6:
        return (bits << (N - 1)) & kNotLast;
      default:
        return (bits >> (N - 1)) & kNotFirst;
    }
  }

  // Squares where `mover` closes in at least one disc of `other`.
  static std::uint64_t targets(std::uint64_t mover, std::uint64_t other) {
    const std::uint64_t empty = kBoard & ~(mover | other);
    std::uint64_t found = 0;
    for (int direction = 0; direction < 8; ++direction) {
      std::uint64_t run = step(mover, direction) & other;
      for (int i = 0; i < N - 3; ++i) run |= step(run, direction) & other;
      found |= step(run, direction) & empty;
    }
    return found;
  }

  std::uint64_t flips(Move square) const {
    const std::uint64_t disc = std::uint64_t{1} << square;
    std::uint64_t flipped = 0;
    for (int direction = 0; direction < 8; ++direction) {
      std::uint64_t run = step(disc, direction) & theirs_, all = run;
      for (int i = 0; i < N - 3 && run != 0; ++i) all |= run = step(run, direction) & theirs_;
      if ((step(all, direction) & mine_) != 0) flipped |= all;
    }
    return flipped;
  }

  std::uint64_t mine_, theirs_;  // bit N * row + column
  // Not in key(): nothing that follows depends on the colours' names.
  bool black_to_move_ = true;
};

static_assert(Game<Othello<6>> && Game<Othello<8>>);

}  // namespace hardwon::reason
