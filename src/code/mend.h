#pragma once

// One pass of fix(): the edits of one kind of convention.

#include <map>
#include <set>
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

// found: not empty, all of one kind, as check() found them in `source`; unwanted: names that
// nothing may be renamed to, since they would break another convention.
Mending mend(const Source& source, const std::vector<Finding>& found,
             std::span<const Convention> conventions, const std::set<std::string>& unwanted);

}  // namespace hardwon::code
