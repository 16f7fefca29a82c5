#include "base/fence.h"

namespace hardwon {

std::string without_fenced(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find(kFenceOpen);
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find(kFenceClose, open);
    if (close == std::string_view::npos) return out;
    text.remove_prefix(close + kFenceClose.size());
  }
}

}  // namespace hardwon
