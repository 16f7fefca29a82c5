#pragma once

// The symmetries of a game's board: an example turned is an example, too.

#include <array>
#include <vector>

#include "reason/connect_four.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::train {

// Input i of a position is input inputs[i] of its image, and so for actions.
struct Symmetry {
  std::vector<std::size_t> inputs, actions;
};

// All of them, the identity first.
template <reason::Game G>
std::vector<Symmetry> symmetries();

namespace symmetry_detail {

// cells[c]: where cell c goes; both players' stones are planes of that many cells.
inline Symmetry of_planes(const std::vector<std::size_t>& cells) {
  Symmetry symmetry{.inputs = cells, .actions = {}};
  for (const std::size_t cell : cells) symmetry.inputs.push_back(cells.size() + cell);
  return symmetry;
}

}  // namespace symmetry_detail

// Left and right.
template <>
inline std::vector<Symmetry> symmetries<reason::ConnectFour>() {
  std::vector<Symmetry> all;
  for (const bool mirrored : {false, true}) {
    const auto image = [mirrored](std::size_t column) { return mirrored ? 6 - column : column; };
    std::vector<std::size_t> cells, columns;
    for (std::size_t column = 0; column < 7; ++column) {
      columns.push_back(image(column));
      for (std::size_t row = 0; row < 6; ++row) cells.push_back(6 * image(column) + row);
    }
    all.push_back(symmetry_detail::of_planes(cells));
    all.back().actions = columns;
  }
  return all;
}

// Four turns, each with its mirror image.
template <>
inline std::vector<Symmetry> symmetries<reason::TicTacToe>() {
  std::vector<Symmetry> all;
  for (int turn = 0; turn < 8; ++turn) {
    std::vector<std::size_t> cells;
    for (std::size_t cell = 0; cell < 9; ++cell) {
      std::size_t row = cell / 3, column = cell % 3;
      for (int quarter = 0; quarter < turn / 2; ++quarter) {
        const std::size_t before = row;
        row = column;
        column = 2 - before;
      }
      if (turn % 2 == 1) column = 2 - column;
      cells.push_back(3 * row + column);
    }
    all.push_back(symmetry_detail::of_planes(cells));
    all.back().actions = cells;
  }
  return all;
}

}  // namespace hardwon::train
