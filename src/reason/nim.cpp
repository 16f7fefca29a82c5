#include "reason/nim.h"

namespace hardwon::reason {

std::string Nim::text() const {
  std::string heaps;
  for (unsigned heap = 0; heap < kHeaps; ++heap) {
    heaps += static_cast<char>('a' + heap);
    heaps += ' ' + std::string(heaps_[heap], '|') + '\n';
  }
  return heaps;
}

}  // namespace hardwon::reason
