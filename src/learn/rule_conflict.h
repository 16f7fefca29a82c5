#pragma once

// When one rule takes another back, and when it only says it again.

#include "hardwon/types.h"

namespace hardwon::learn {

// Both cannot be followed: one forbids what the other asks, or they choose differently ("tabs" /
// "four spaces") for one thing in one language.  Symmetric.  Opposite words inside one rule are
// no conflict.
bool contradicts(const Rule& a, const Rule& b);

// Says the same in other words, for the same language.  Symmetric.
bool repeats(const Rule& a, const Rule& b);

}  // namespace hardwon::learn
