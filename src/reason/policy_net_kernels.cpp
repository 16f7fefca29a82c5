#include "reason/policy_net_kernels.h"

#include <cstring>

namespace hardwon::reason {
namespace {

// Sixteen floats; the compiler makes of them what the instruction set has.
using Lanes [[gnu::vector_size(64)]] = float;
constexpr std::size_t kLanes = 16;

// Loops over registers must be unrolled, or they are loops over memory.
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

// Loads by copying: the arrays are not aligned, and vectors are no function arguments, which
// would depend on the instruction set.
#define LOAD(lanes, from) std::memcpy(&(lanes), (from), sizeof(Lanes))
#define STORE(to, lanes) std::memcpy((to), &(lanes), sizeof(Lanes))

[[gnu::always_inline]] inline void rectify(Lanes& lanes) {
  const Lanes zero = {};
  lanes = lanes > zero ? lanes : zero;
}

// Blocks vectors of one row stay in registers while the ones are added.
template <std::size_t Blocks>
[[gnu::always_inline]] inline void sparse_block(const SparseLayer& layer, std::size_t row,
                                                std::size_t column) {
  Lanes sums[Blocks], weights;
  UNROLLED for (std::size_t b = 0; b < Blocks; ++b) LOAD(sums[b], layer.bias + column + b * kLanes);
  for (std::uint32_t i = layer.offsets[row]; i < layer.offsets[row + 1]; ++i) {
    const float* from = layer.weights + layer.active[i] * layer.columns + column;
    UNROLLED for (std::size_t b = 0; b < Blocks; ++b) {
      LOAD(weights, from + b * kLanes);
      sums[b] += weights;
    }
  }
  UNROLLED for (std::size_t b = 0; b < Blocks; ++b) {
    rectify(sums[b]);
    STORE(layer.out + row * layer.columns + column + b * kLanes, sums[b]);
  }
}

[[gnu::always_inline]] inline void sparse_layer(const SparseLayer& layer) {
  for (std::size_t row = 0; row < layer.rows; ++row) {
    std::size_t column = 0;
    for (; column + 4 * kLanes <= layer.columns; column += 4 * kLanes) {
      sparse_block<4>(layer, row, column);
    }
    for (; column < layer.columns; column += kLanes) sparse_block<1>(layer, row, column);
  }
}

// Rows × Blocks sums stay in registers: each weight that is loaded serves all rows, each input all
// blocks.
template <std::size_t Rows, std::size_t Blocks>
[[gnu::always_inline]] inline void dense_block(const DenseLayer& layer, std::size_t row,
                                               std::size_t column) {
  Lanes sums[Rows][Blocks], weights[Blocks];
  UNROLLED for (std::size_t r = 0; r < Rows; ++r) {
    UNROLLED for (std::size_t b = 0; b < Blocks; ++b)
        LOAD(sums[r][b], layer.bias + column + b * kLanes);
  }
  const float* in = layer.in + row * layer.inputs;
  for (std::size_t i = 0; i < layer.inputs; ++i) {
    UNROLLED for (std::size_t b = 0; b < Blocks; ++b) {
      LOAD(weights[b], layer.weights + i * layer.columns + column + b * kLanes);
    }
    UNROLLED for (std::size_t r = 0; r < Rows; ++r) {
      UNROLLED for (std::size_t b = 0; b < Blocks; ++b) {
        sums[r][b] += in[r * layer.inputs + i] * weights[b];
      }
    }
  }
  UNROLLED for (std::size_t r = 0; r < Rows; ++r) {
    UNROLLED for (std::size_t b = 0; b < Blocks; ++b) {
      if (layer.rectify) rectify(sums[r][b]);
      STORE(layer.out + (row + r) * layer.columns + column + b * kLanes, sums[r][b]);
    }
  }
}

// All rows of the batch meet a strip of weights while it is in the nearest cache.
template <std::size_t Rows, std::size_t Blocks>
[[gnu::always_inline]] inline void dense_strip(const DenseLayer& layer, std::size_t column) {
  std::size_t row = 0;
  for (; row + Rows <= layer.rows; row += Rows) dense_block<Rows, Blocks>(layer, row, column);
  for (; row < layer.rows; ++row) dense_block<1, Blocks>(layer, row, column);
}

// Rows: of a block four vectors wide, twice that where it is one wide.
template <std::size_t Rows>
[[gnu::always_inline]] inline void dense_layer(const DenseLayer& layer) {
  std::size_t column = 0;
  for (; column + 4 * kLanes <= layer.columns; column += 4 * kLanes) {
    dense_strip<Rows, 4>(layer, column);
  }
  for (; column < layer.columns; column += kLanes) dense_strip<2 * Rows, 1>(layer, column);
}

void sparse_portable(const SparseLayer& layer) { sparse_layer(layer); }
void dense_portable(const DenseLayer& layer) { dense_layer<1>(layer); }

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void sparse_avx2(const SparseLayer& layer) { sparse_layer(layer); }
[[gnu::target("avx2,fma")]] void dense_avx2(const DenseLayer& layer) { dense_layer<1>(layer); }
[[gnu::target("avx512f")]] void sparse_avx512(const SparseLayer& layer) { sparse_layer(layer); }
[[gnu::target("avx512f")]] void dense_avx512(const DenseLayer& layer) { dense_layer<4>(layer); }
#endif

constexpr NetKernels kPortable = {"baseline", sparse_portable, dense_portable};

NetKernels choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {"avx512", sparse_avx512, dense_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {"avx2", sparse_avx2, dense_avx2};
  }
#endif
  return kPortable;
}

}  // namespace

const NetKernels& best_net_kernels() {
  static const NetKernels kernels = choose();
  return kernels;
}

const NetKernels& portable_net_kernels() { return kPortable; }

}  // namespace hardwon::reason
