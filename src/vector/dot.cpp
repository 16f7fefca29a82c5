#include "vector/dot.h"

#include <cstring>

namespace hardwon::vector {
namespace {

// Sixteen lanes: two registers of AVX2, four of SSE2.  The compiler splits it, so the order of
// additions is the same everywhere.
typedef float Lanes __attribute__((vector_size(64)));

// By reference: passing such a vector by value has another ABI on each instruction set.
[[gnu::always_inline]] inline void load(Lanes& lanes, const float* from) {
  std::memcpy(&lanes, from, sizeof(lanes));
}

[[gnu::always_inline]] inline float dot_lanes(const float* a, const float* b, std::size_t n) {
  Lanes even{}, odd{};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    Lanes left, right;
    load(left, a + i);
    load(right, b + i);
    even += left * right;
    load(left, a + i + 16);
    load(right, b + i + 16);
    odd += left * right;
  }
  even += odd;
  float sum = 0;
  for (std::size_t lane = 0; lane < 16; ++lane) sum += even[lane];
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

#if defined(__x86_64__)
// Not AVX-512: it brings fused multiply-add with it, other bits, and a scan waits for memory.
[[gnu::target("avx2")]] float dot_avx2(const float* a, const float* b, std::size_t n) {
  return dot_lanes(a, b, n);
}
#endif

DotKernel choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return {"avx2", dot_avx2};
#endif
  return {"baseline", dot_baseline};
}

}  // namespace

float dot_baseline(const float* a, const float* b, std::size_t n) { return dot_lanes(a, b, n); }

const DotKernel& best_dot() {
  static const DotKernel kernel = choose();
  return kernel;
}

}  // namespace hardwon::vector
