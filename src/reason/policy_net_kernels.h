#pragma once

// The arithmetic of PolicyNet, in one source for three instruction sets.  Sums may differ in their
// last bits from one instruction set to another (fused multiply-add), never between runs on one.

#include <cstddef>
#include <cstdint>

namespace hardwon::reason {

// out[row] = max(0, bias + Σ weights[active]) for each row; columns a multiple of 16.
struct SparseLayer {
  const float* weights;  // [inputs, columns]
  const float* bias;     // [columns]
  std::size_t columns;
  const std::uint16_t* active;
  const std::uint32_t* offsets;  // [rows + 1]
  std::size_t rows;
  float* out;  // [rows, columns]
};

// out = in · weights + bias, rectified or not; columns a multiple of 16.
struct DenseLayer {
  const float* weights;  // [inputs, columns]
  const float* bias;     // [columns]
  std::size_t inputs, columns;
  const float* in;  // [rows, inputs]
  std::size_t rows;
  float* out;  // [rows, columns]
  bool rectify;
};

struct NetKernels {
  const char* isa;
  void (*sparse)(const SparseLayer&);
  void (*dense)(const DenseLayer&);
};

const NetKernels& best_net_kernels();      // for this machine
const NetKernels& portable_net_kernels();  // for every machine

}  // namespace hardwon::reason
