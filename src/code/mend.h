#pragma once

// One pass of fix(): the edits of one kind of convention.

#include <map>
#include <string>
#include <vector>

#include "code/rename.h"
#include "code/source.h"

namespace hardwon::code {

enum class Shape : std::uint8_t {
  kTokens,  // the same tokens: only space changed
  kKinds,   // the same nodes, some spelt otherwise
  kParses,  // no more errors than before
};

struct Mending {
  std::string text;
  std::vector<Edit> edits;
  std::map<std::string, std::string> refused;  // Finding::found -> why
  Shape shape = Shape::kParses;
};

// found: not empty, all of one kind, as check() found them in `source`.
Mending mend(const Source& source, const std::vector<Finding>& found,
             std::span<const Convention> conventions);

// Whether a `var` could as well be a `let`; never_changed: or a `const`.
struct VarUse {
  bool replaceable = false, never_changed = false;
  std::string why;
};
VarUse judge_var(const Source& source, std::uint32_t declaration);

}  // namespace hardwon::code
