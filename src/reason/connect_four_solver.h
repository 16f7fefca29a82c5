#pragma once

// Exact values of connect-four positions: who wins with best play on both sides.
//
// Alpha-beta over bitboards with a transposition table; a position and its mirror image are one.
// Cost: milliseconds from about ply 12 on, seconds before, minutes on the empty board.

#include <array>
#include <cstdint>
#include <vector>

#include "hardwon/error.h"
#include "reason/connect_four.h"

namespace hardwon::reason {

struct SolverOptions {
  std::size_t table_bytes = std::size_t{64} << 20;   // rounded down to a power of two
  std::uint64_t nodes_max = std::uint64_t{1} << 40;  // visited for one answer

  Result<void> validate() const;  // kInvalidArgument: a table below 1 KiB or above 64 GiB
};

struct Solution {
  int value = 0;           // for the mover: 1 wins, 0 draws, -1 loses
  std::vector<Move> best;  // all moves that keep it; empty when the game is over
};

// Threads: used by one at a time.  Keeps its table from one position to the next.
class ConnectFourSolver {
 public:
  static Result<ConnectFourSolver> create(const SolverOptions& options = {});

  // The value alone.  Errors: kResourceExhausted when nodes_max did not suffice.
  Result<int> value(const ConnectFour& position);
  // The value and every move that keeps it.
  Result<Solution> solve(const ConnectFour& position);
  std::uint64_t nodes() const { return nodes_; }  // visited since creation

 private:
  using Entry = std::uint64_t;  // the position's key, and below it four bits of facts; 0: free
  struct Board;

  explicit ConnectFourSolver(const SolverOptions& options);
  Result<int> search(const ConnectFour& position, int alpha, int beta);
  int negamax(const Board& board, int alpha, int beta);
  Entry& slot(std::uint64_t key) { return table_[key * kScatter >> shift_]; }
  std::uint64_t facts(std::uint64_t key) {
    const Entry entry = slot(key);
    return entry >> 4 == key ? entry & 15 : 0;
  }

  static constexpr std::uint64_t kScatter = 0x9e3779b97f4a7c15ULL;
  std::uint64_t nodes_max_, nodes_ = 0, nodes_until_ = 0;
  int shift_;
  std::vector<Entry> table_;
};

}  // namespace hardwon::reason
