#include "base/mask.h"

#include <re2/re2.h>

namespace hardwon {

std::string mask_secrets(std::string_view text, MaskCounts* counts) {
  static const RE2 kAws("AKIA[0-9A-Z]{16}");
  std::string out(text);
  const int n = RE2::GlobalReplace(&out, kAws, "[masked:aws-access-key]");
  if (n > 0 && counts != nullptr) (*counts)["aws-access-key"] += n;
  return out;
}

}  // namespace hardwon
