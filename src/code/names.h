#pragma once

// Identifiers of a tree and the scopes they stand in: what checks of names and renames build on.

#include <string_view>
#include <vector>

#include "code/tree.h"

namespace hardwon::code {

// Per node, computed in one pass so that no question about a leaf walks up a deep tree.
struct Scopes {
  explicit Scopes(const Tree& tree);

  std::vector<std::uint32_t> scope;  // nearest scope around it: block, function, class or root
  std::vector<std::uint32_t> owner;  // nearest function or class around it; 0: none
  std::vector<std::uint32_t> klass;  // nearest class around it, functions or not; 0: none
  // The topmost node of the pattern it stands in: (a, [b]) = …, *p = …; itself when in none.
  std::vector<std::uint32_t> pattern;
  std::vector<bool> called;     // declared as a function: int f(…)
  std::vector<bool> imported;   // inside an import statement
  std::vector<bool> exported;   // inside an export statement, outside of functions and classes
  std::vector<bool> top_level;  // only statements that run once stand between it and the root
};

bool is_scope(const Tree& tree, std::uint32_t node);  // for names declared in it

// All identifiers, in order.
std::vector<Identifier> identifiers_of(const Tree& tree, const Scopes& scopes);

// Where a definition's name is known: the scope it stands in, or for functions and types the one
// around it, or for `var` the function.
std::uint32_t scope_of_definition(const Tree& tree, const Scopes& scopes,
                                  const Identifier& definition);

}  // namespace hardwon::code
