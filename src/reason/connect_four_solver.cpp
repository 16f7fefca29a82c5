#include "reason/connect_four_solver.h"

#include <algorithm>
#include <bit>

namespace hardwon::reason {
namespace {

constexpr std::uint64_t kColumn = 0x3f;  // the cells of the first column
constexpr int kStopped = 2;              // no value: the limit of nodes was hit

// What an entry of the table may say.
constexpr std::uint64_t kWin = 1, kLoss = 2, kAtLeastDraw = 4, kAtMostDraw = 8;

std::uint64_t column_cells(int column) { return kColumn << (7 * column); }

// Threats are few, and not every machine counts bits in one instruction.
int count_few(std::uint64_t bits) {
  int count = 0;
  for (; bits != 0; bits &= bits - 1) ++count;
  return count;
}

// Left and right exchanged.
std::uint64_t mirrored(std::uint64_t bits) {
  std::uint64_t image = 0;
  for (int column = 0; column < 7; ++column) {
    image |= (bits >> (7 * column) & 0x7f) << (7 * (6 - column));
  }
  return image;
}

}  // namespace

struct ConnectFourSolver::Board {
  std::uint64_t mine, all;
  int plies;

  std::uint64_t theirs() const { return mine ^ all; }
  std::uint64_t reachable() const { return (all + kConnectFourBottoms) & kConnectFourBoard; }
  Board after(std::uint64_t cell) const {
    return {.mine = mine ^ all, .all = all | cell, .plies = plies + 1};
  }
  std::uint64_t key() const {
    const std::uint64_t own = all + kConnectFourBottoms + mine;
    // The mirror image costs more than it saves once few stones are left to play.
    if (plies > 24) return own;
    const std::uint64_t image = mirrored(all) + kConnectFourBottoms + mirrored(mine);
    return std::min(own, image);
  }
};

Result<void> SolverOptions::validate() const {
  if (table_bytes < 1024 || table_bytes > std::size_t{64} << 30) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "expected 1 KiB to 64 GiB",
                                 .field = "table_bytes"});
  }
  return {};
}

Result<ConnectFourSolver> ConnectFourSolver::create(const SolverOptions& options) {
  TRY(options.validate());
  return ConnectFourSolver(options);
}

ConnectFourSolver::ConnectFourSolver(const SolverOptions& options)
    : nodes_max_(options.nodes_max),
      shift_(64 - static_cast<int>(std::bit_width(options.table_bytes / sizeof(Entry)) - 1)),
      table_(std::size_t{1} << (64 - shift_)) {}

// board: the mover cannot win at once, and the game is not over.  Fails soft between -1 and 1.
int ConnectFourSolver::negamax(const Board& board, int alpha, int beta) {
  if (++nodes_ > nodes_until_) return kStopped;
  const std::uint64_t reachable = board.reachable();
  if (reachable == 0) return 0;
  // Only moves after which the other does not win at once.
  const std::uint64_t threats = winning_cells(board.theirs(), board.all);
  std::uint64_t moves = reachable;
  if (const std::uint64_t forced = moves & threats; forced != 0) {
    if ((forced & (forced - 1)) != 0) return -1;
    moves = forced;
  }
  moves &= ~(threats >> 1);
  if (moves == 0) return -1;
  if (board.plies >= 40) return 0;  // one each is left, and neither wins

  const std::uint64_t key = board.key();
  const std::uint64_t known = facts(key);
  if ((known & kWin) != 0) return 1;
  if ((known & kLoss) != 0) return -1;
  if ((known & kAtLeastDraw) != 0) alpha = std::max(alpha, 0);
  if ((known & kAtMostDraw) != 0) beta = std::min(beta, 0);
  if (alpha >= beta) return alpha;

  // Moves that make most threats first, the centre before the rim among equals.
  std::array<std::pair<int, std::uint64_t>, 7> ordered;
  std::size_t count = 0;
  for (const int column : {3, 2, 4, 1, 5, 0, 6}) {
    const std::uint64_t cell = moves & column_cells(column);
    if (cell == 0) continue;
    const int made = count_few(winning_cells(board.mine | cell, board.all | cell));
    std::size_t at = count++;
    for (; at > 0 && ordered[at - 1].first < made; --at) ordered[at] = ordered[at - 1];
    ordered[at] = {made, cell};
  }
  const int lowest = alpha;
  int best = -1;
  for (std::size_t i = 0; i < count && best < beta; ++i) {
    const int found = negamax(board.after(ordered[i].second), -beta, -alpha);
    if (found == kStopped) return kStopped;
    best = std::max(best, -found);
    alpha = std::max(alpha, best);
  }
  std::uint64_t learned = best == 1 ? kWin : kLoss;
  if (best == 0) learned = (beta > 0 ? kAtMostDraw : 0) | (lowest < 0 ? kAtLeastDraw : 0);
  slot(key) = key << 4 | facts(key) | learned;
  return best;
}

Result<int> ConnectFourSolver::search(const ConnectFour& position, int alpha, int beta) {
  if (position.over()) return position.result();
  const auto [mine, all] = position.stones();
  const Board board = {.mine = mine, .all = all, .plies = position.plies()};
  if ((winning_cells(board.mine, board.all) & board.reachable()) != 0) return 1;
  const int found = negamax(board, alpha, beta);
  if (found == kStopped) {
    return fail(ErrorCode::kResourceExhausted,
                "not solved within " + std::to_string(nodes_max_) + " positions");
  }
  return found;
}

Result<int> ConnectFourSolver::value(const ConnectFour& position) {
  nodes_until_ = nodes_max_ > ~std::uint64_t{0} - nodes_ ? ~std::uint64_t{0} : nodes_ + nodes_max_;
  // Two questions with one answer bit each cut more than one question with two.
  const int wins = TRY(search(position, 0, 1));
  if (wins > 0) return 1;
  return TRY(search(position, -1, 0)) < 0 ? -1 : 0;
}

Result<Solution> ConnectFourSolver::solve(const ConnectFour& position) {
  Solution solution;
  solution.value = TRY(value(position));
  Move moves[ConnectFour::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    ConnectFour next = position;
    next.play(moves[i]);
    bool keeps = solution.value == -1;
    // A child is worth at most -value to its mover; does it reach that?
    if (solution.value == 0) keeps = TRY(search(next, 0, 1)) <= 0;
    if (solution.value == 1) keeps = TRY(search(next, -1, 0)) < 0;
    if (keeps) solution.best.push_back(moves[i]);
  }
  return solution;
}

}  // namespace hardwon::reason
