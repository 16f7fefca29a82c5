#pragma once

// Matches between a candidate and the best so far, from which promotions are decided.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "reason/gate.h"
#include "reason/mcts.h"

namespace hardwon::reason {

template <Game G>
class Player {
 public:
  virtual ~Player() = default;
  virtual void start_game() = 0;  // forgets the game before
  // position: not over.  An error ends the match with that error.
  virtual Result<Move> choose(const G& position) = 0;
  // What the last choose() thought the position worth for the mover, [-1, 1]; none: nothing.
  virtual std::optional<double> last_value() const = 0;
};

// Any legal move.
template <Game G>
class RandomPlayer final : public Player<G> {
 public:
  explicit RandomPlayer(std::uint64_t seed) : rng_(seed) {}
  void start_game() override {}
  Result<Move> choose(const G& position) override {
    Move moves[G::kMovesMax];
    const int count = position.moves(moves);
    return moves[rng_.below(static_cast<std::uint64_t>(count))];
  }
  std::optional<double> last_value() const override { return std::nullopt; }

 private:
  Rng rng_;
};

// The move a search likes best; the first of several.
template <Game G>
class SearchPlayer final : public Player<G> {
 public:
  // evaluator: borrowed.
  static Result<SearchPlayer> create(Evaluator<G>& evaluator, const SearchOptions& options,
                                     std::int64_t simulations, int leaves) {
    return SearchPlayer(evaluator, TRY(Mcts<G>::create(options)), simulations, leaves);
  }
  void start_game() override {}
  Result<Move> choose(const G& position) override {
    search_.reset(position);
    search_.run(evaluator_, simulations_, leaves_);
    const std::vector<Move> best = search_.best_moves();
    if (best.empty()) return fail(ErrorCode::kConflict, "the search found no move");
    return best.front();
  }
  std::optional<double> last_value() const override { return static_cast<double>(search_.value()); }

 private:
  SearchPlayer(Evaluator<G>& evaluator, Mcts<G> search, std::int64_t simulations, int leaves)
      : evaluator_(evaluator),
        search_(std::move(search)),
        simulations_(simulations),
        leaves_(leaves) {}

  Evaluator<G>& evaluator_;
  Mcts<G> search_;
  std::int64_t simulations_;
  int leaves_;
};

// One seat's share of a match, from the candidate's side.
struct SeatRecord {
  std::int64_t wins = 0, draws = 0, losses = 0;
  std::int64_t games() const { return wins + draws + losses; }
  double score() const;  // points per game; 0.5 of none
};

// All that a record of the promotion says about the match.
struct MatchResult {
  Verdict verdict = Verdict::kContinue;
  PairCounts pairs;
  SeatRecord first, second;  // by the seat the candidate had
  std::int64_t plies = 0;    // of all games, those of the openings included
  // Values the players gave their own moves, summed; how many gave one.
  double candidate_values = 0, best_values = 0;
  std::int64_t candidate_moves = 0, best_moves = 0;

  std::int64_t games() const { return first.games() + second.games(); }
  double score() const { return pairs.score(); }
  double mean_plies() const;
  std::optional<double> mean_candidate_value() const, mean_best_value() const;
  // Elo difference and its 95 % interval from the spread of the pairs; none before two pairs or
  // when all points went to one side.
  struct Elo {
    double mean, low, high;
  };
  std::optional<Elo> elo() const;
};

// Openings a match starts from: distinct positions after `plies` random moves, none of them over
// nor decided by the next move.  Fewer than `count` when the game has no more (after some search).
template <Game G>
std::vector<G> opening_book(int plies, std::size_t count, std::uint64_t seed);

// Plays each opening twice, colours swapped, round and round the book until the gate is sure.
// Errors: those of the options (kInvalidArgument), an empty book or a finished position in it, and
// whatever goes wrong in a game: a player's error, or an illegal move (kConflict).  No game is ever
// dropped, and a match with an error has no result.
template <Game G>
Result<MatchResult> play_match(Player<G>& candidate, Player<G>& best, std::span<const G> book,
                               const GateOptions& gate);

// ---------------------------------------------------------------- definitions

namespace arena_detail {

template <Game G>
bool decided_at_once(const G& position) {
  Move moves[G::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    G next = position;
    next.play(moves[i]);
    if (next.over()) return true;
  }
  return count == 0;
}

// Half points of the candidate: 0, 1 or 2.
template <Game G>
Result<int> play_game(Player<G>& candidate, Player<G>& best, bool candidate_moves, G position,
                      MatchResult& match) {
  candidate.start_game();
  best.start_game();
  for (; !position.over(); candidate_moves = !candidate_moves) {
    Player<G>& mover = candidate_moves ? candidate : best;
    const Move move = TRY(mover.choose(position));
    if (!is_legal(position, move)) {
      return fail(ErrorCode::kConflict,
                  std::string(candidate_moves ? "the candidate" : "the best") + " played move " +
                      std::to_string(move) + " where " + legal_move_texts(position) +
                      " was expected");
    }
    if (const auto value = mover.last_value()) {
      (candidate_moves ? match.candidate_values : match.best_values) += *value;
      ++(candidate_moves ? match.candidate_moves : match.best_moves);
    }
    position.play(move);
    ++match.plies;
  }
  const int result = candidate_moves ? position.result() : -position.result();
  return result + 1;
}

}  // namespace arena_detail

template <Game G>
std::vector<G> opening_book(int plies, std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<G> book;
  for (std::size_t attempt = 0; attempt < 100 * count && book.size() < count; ++attempt) {
    G position = G::start();
    Move moves[G::kMovesMax];
    for (int ply = 0; ply < plies && !position.over(); ++ply) {
      const int legal = position.moves(moves);
      position.play(moves[rng.below(static_cast<std::uint64_t>(legal))]);
    }
    if (arena_detail::decided_at_once(position)) continue;
    if (std::ranges::find(book, position) == book.end()) book.push_back(position);
  }
  return book;
}

template <Game G>
Result<MatchResult> play_match(Player<G>& candidate, Player<G>& best, std::span<const G> book,
                               const GateOptions& gate) {
  TRY(gate.validate());
  if (book.empty()) return fail(ErrorCode::kInvalidArgument, "the opening book is empty");
  MatchResult match;
  for (std::size_t pair = 0; match.verdict == Verdict::kContinue; ++pair) {
    const G& opening = book[pair % book.size()];
    if (opening.over()) {
      return fail(ErrorCode::kInvalidArgument, "opening " + std::to_string(pair % book.size() + 1) +
                                                   " of the book is a finished game");
    }
    int half_points = 0;
    for (const bool moves_first : {true, false}) {
      const int points = TRY(arena_detail::play_game(candidate, best, moves_first, opening, match));
      SeatRecord& seat = moves_first == opening.first_to_move() ? match.first : match.second;
      ++(points == 2 ? seat.wins : points == 1 ? seat.draws : seat.losses);
      half_points += points;
    }
    match.pairs.add(half_points);
    match.verdict = judge(gate, match.pairs);
  }
  return match;
}

}  // namespace hardwon::reason
