#pragma once

// Nim, normal play: take any number from one heap; who takes the last object wins.  Four heaps of
// at most seven.  Its theory is exact: the mover loses iff the heaps' exclusive or is zero.
// A move is written as heap and number taken: `b3` takes three from the second heap.

#include <algorithm>
#include <array>

#include "reason/game.h"

namespace hardwon::reason {

class Nim {
 public:
  static constexpr std::string_view kName = "nim";
  static constexpr std::string_view kMoveForm = "a heap a to d and a number 1 to 7, such as b3";
  static constexpr int kHeaps = 4, kSizeMax = 7;
  static constexpr int kActions = kHeaps * kSizeMax, kMovesMax = kActions, kPliesMax = kActions;
  static constexpr int kInputs = kHeaps * kSizeMax;

  static Nim start() { return Nim({1, 3, 5, 7}); }
  // Each at most kSizeMax.
  explicit Nim(std::array<std::uint8_t, kHeaps> heaps) : heaps_(heaps) {}

  int moves(Move* out) const {
    int count = 0;
    for (unsigned heap = 0; heap < kHeaps; ++heap) {
      for (unsigned taken = 1; taken <= heaps_[heap]; ++taken) {
        out[count++] = static_cast<Move>(heap * kSizeMax + taken - 1);
      }
    }
    return count;
  }
  void play(Move move) {
    const auto heap = static_cast<std::size_t>(move / kSizeMax);
    heaps_[heap] = static_cast<std::uint8_t>(heaps_[heap] - move % kSizeMax - 1);
    first_to_move_ = !first_to_move_;
  }
  bool over() const { return heaps_ == std::array<std::uint8_t, kHeaps>{}; }
  int result() const { return -1; }  // the other took the last one
  bool near_end() const {            // one heap is left
    return std::ranges::count(heaps_, 0) == kHeaps - 1;
  }
  bool first_to_move() const { return first_to_move_; }
  std::uint64_t key() const {
    std::uint64_t packed = 0;
    for (const std::uint8_t heap : heaps_) packed = packed << 8 | heap;
    return mix_bits(packed + 1);
  }
  int active_inputs(std::uint16_t* out) const {  // object i of heap h is there
    int count = 0;
    for (unsigned heap = 0; heap < kHeaps; ++heap) {
      for (unsigned i = 0; i < heaps_[heap]; ++i) {
        out[count++] = static_cast<std::uint16_t>(heap * kSizeMax + i);
      }
    }
    return count;
  }
  std::string text() const;
  static std::string move_text(Move move) {
    return {static_cast<char>('a' + move / kSizeMax), static_cast<char>('1' + move % kSizeMax)};
  }
  static std::optional<MoveToken> read_move(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    const int heap = text[0] - 'a', taken = text[1] - '0';
    if (heap < 0 || heap >= kHeaps || taken < 1 || taken > kSizeMax) return std::nullopt;
    return MoveToken{.move = static_cast<Move>(heap * kSizeMax + taken - 1), .size = 2};
  }
  int nim_sum() const { return heaps_[0] ^ heaps_[1] ^ heaps_[2] ^ heaps_[3]; }
  bool operator==(const Nim&) const = default;

 private:
  std::array<std::uint8_t, kHeaps> heaps_;
  bool first_to_move_ = true;  // not in key(): both players have the same moves
};

static_assert(Game<Nim>);

}  // namespace hardwon::reason
