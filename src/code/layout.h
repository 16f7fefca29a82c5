#pragma once

// Lines and blocks: what checks and edits of indentation build on.

#include <string>
#include <string_view>
#include <vector>

#include "code/tree.h"

namespace hardwon::code {

// A block of statements or members whose first one begins a line of its own.
struct Block {
  std::uint32_t node = 0;
  std::uint32_t header_line = 0;  // where what the block belongs to begins
  std::uint32_t first_line = 0;   // of its first statement
  // Cases of a switch and bodies of namespaces stand as deep as their header in some styles.
  bool may_be_flat = false;
};

std::vector<Block> blocks_of(const Tree& tree);  // outer before inner

std::string_view leading_space(std::string_view line);

// Per line [1, lines]: whether it begins inside a string of several lines; [0] is unused.
std::vector<bool> lines_in_strings(const Tree& tree);

Indentation indentation_of(const Tree& tree, const std::vector<Block>& blocks);

// The text with each block `unit` deeper than its header; lines inside strings stay, those inside
// comments and continuations keep their place beside the line they belong to.  Unchanged if it
// would grow sixteenfold.
std::string reindented(const Tree& tree, std::string_view unit);

}  // namespace hardwon::code
