#pragma once

// The inner product that the exact index scans with, for the widest vector unit of the machine.
//
// Invariants
//   1. Every instruction set adds the same products in the same order, without fused
//      multiply-add, so all give the same bits and an answer does not depend on the machine.

#include <cstddef>
#include <string_view>

namespace hardwon::vector {

// a, b: [n], unaligned.
using DotFunction = float (*)(const float* a, const float* b, std::size_t n);

struct DotKernel {
  std::string_view isa;
  DotFunction dot = nullptr;
};

// Chosen once a process; thread-safe.
const DotKernel& best_dot();

// The plain x86-64 version, for machines without AVX2 and for tests.
float dot_baseline(const float* a, const float* b, std::size_t n);

}  // namespace hardwon::vector
