#pragma once

// What search, solvers, arena and commands ask of a game of two players with perfect information.
//
// A game is a small value type, the position itself; nothing is virtual, since a search plays
// millions of moves a second.  Whoever is to move is "the mover"; every value in this room is from
// the mover's point of view unless its name says otherwise: +1 the mover wins, -1 loses, 0 a draw.

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "hardwon/error.h"

namespace hardwon::reason {

// An action's number in [0, G::kActions): the same move has the same number in every position.
using Move = std::uint8_t;

// A move read from the head of a text.
struct MoveToken {
  Move move = 0;
  std::size_t size = 0;  // characters it takes
};

template <typename G>
concept Game = std::is_trivially_copyable_v<G> && std::equality_comparable<G> &&
               requires(const G position, G changing, Move move, Move* moves, std::uint16_t* inputs,
                        std::string_view text) {
                 { G::kName } -> std::convertible_to<std::string_view>;
                 { G::kMoveForm } -> std::convertible_to<std::string_view>;  // "a column 1 to 7"
                 { G::kActions } -> std::convertible_to<int>;                // at most 128
                 { G::kMovesMax } -> std::convertible_to<int>;               // legal moves at once
                 { G::kPliesMax } -> std::convertible_to<int>;               // moves in a game
                 { G::kInputs } -> std::convertible_to<int>;  // length of the encoding
                 { G::start() } -> std::same_as<G>;
                 // Legal moves in ascending order; returns how many, 0 when the game is over.
                 { position.moves(moves) } -> std::same_as<int>;
                 { changing.play(move) };  // a legal one
                 { position.over() } -> std::same_as<bool>;
                 {
                   position.result()
                 } -> std::same_as<int>;  // of a game that is over, for the mover
                 // False when no move ends the game, or hardly ever; true costs a search a look at
                 // each.
                 { position.near_end() } -> std::same_as<bool>;
                 { position.first_to_move() } -> std::same_as<bool>;
                 {
                   position.key()
                 } -> std::same_as<std::uint64_t>;  // well mixed; equal positions, equal keys
                 // The encoding for nets: which of kInputs zero-or-one inputs are one, from the
                 // mover's point of view.  Returns how many, at most kInputs.
                 { position.active_inputs(inputs) } -> std::same_as<int>;
                 { position.text() } -> std::same_as<std::string>;  // the board, for people
                 { G::move_text(move) } -> std::same_as<std::string>;
                 { G::read_move(text) } -> std::same_as<std::optional<MoveToken>>;
               };

// Scatters the bits of a key (MurmurHash3's finaliser).
inline std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

template <Game G>
bool is_legal(const G& position, Move move) {
  Move moves[G::kMovesMax];
  const int count = position.moves(moves);
  for (int i = 0; i < count; ++i) {
    if (moves[i] == move) return true;
  }
  return false;
}

// kInvalidArgument: "found '9' at character 3, expected <expected>".  at: 0-based.
Error move_error(std::string_view text, std::size_t at, std::size_t size,
                 std::string_view expected);

// "expected one of …" for a position; "no move: the game is over" where it is.
template <Game G>
std::string legal_move_texts(const G& position) {
  if (position.over()) return "no move: the game is over";
  Move moves[G::kMovesMax];
  const int count = position.moves(moves);
  std::string texts = "one of ";
  for (int i = 0; i < count; ++i) texts += (i == 0 ? "" : ", ") + G::move_text(moves[i]);
  return texts;
}

// Plays moves written without anything between them, from `position`.
// Errors: kInvalidArgument that names the character, what stands there and what may.
template <Game G>
Result<G> play_text(G position, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<MoveToken> token = G::read_move(text.substr(at));
    if (!token) return std::unexpected(move_error(text, at, 1, G::kMoveForm));
    if (!is_legal(position, token->move)) {
      return std::unexpected(move_error(text, at, token->size, legal_move_texts(position)));
    }
    position.play(token->move);
    at += token->size;
  }
  return position;
}

// Sequences of exactly `depth` legal moves from here; a finished game has no continuation.
template <Game G>
std::uint64_t perft(const G& position, int depth) {
  if (depth == 0) return 1;
  Move moves[G::kMovesMax];
  const int count = position.moves(moves);
  if (depth == 1) return static_cast<std::uint64_t>(count);
  std::uint64_t total = 0;
  for (int i = 0; i < count; ++i) {
    G next = position;
    next.play(moves[i]);
    total += perft(next, depth - 1);
  }
  return total;
}

}  // namespace hardwon::reason
