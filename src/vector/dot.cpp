#include "vector/dot.h"

#include <cstring>

namespace hardwon::vector {
namespace {

// Four sums of eight lanes each: a register of AVX2, two of SSE2.  Not two sums of sixteen: the
// same additions, but g++ 12 keeps a type wider than the register in memory, and a scan that
// should wait for memory alone took 2.6 times as long.
typedef float Lanes __attribute__((vector_size(32)));
constexpr std::size_t kLanes = 8;

// By reference: passing such a vector by value has another ABI on each instruction set.
[[gnu::always_inline]] inline void add_products(Lanes& sums, const float* a, const float* b) {
  Lanes left, right;
  std::memcpy(&left, a, sizeof(left));
  std::memcpy(&right, b, sizeof(right));
  sums += left * right;
}

[[gnu::always_inline]] inline float dot_lanes(const float* a, const float* b, std::size_t n) {
  Lanes first{}, second{}, third{}, fourth{};
  std::size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    add_products(first, a + i, b + i);
    add_products(second, a + i + kLanes, b + i + kLanes);
    add_products(third, a + i + 2 * kLanes, b + i + 2 * kLanes);
    add_products(fourth, a + i + 3 * kLanes, b + i + 3 * kLanes);
  }
  first += third;
  second += fourth;
  float sum = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += first[lane];
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += second[lane];
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
