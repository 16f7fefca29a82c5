#pragma once

// Whether a `var` of JavaScript could as well be a `let` or a `const`.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "code/source.h"

namespace hardwon::code {

struct VarUse {
  bool replaceable = false;
  bool never_changed = false;  // then const
  std::string why;             // not
};

class VarJudge {
 public:
  explicit VarJudge(const Source& source);
  // declaration: of a `var`, or a for-in loop that has one.  O(uses of its names).
  VarUse judge(std::uint32_t declaration) const;

 private:
  void judge_name(const Identifier& it, std::uint32_t declaration, VarUse& use) const;

  const Source& source_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
};

}  // namespace hardwon::code
