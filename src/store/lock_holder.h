#pragma once

// The name of whoever holds a lock, for those that wait: one text line in the lock's file,
// "pid <n> (<program>) since <time>", padded with blanks.  It means nothing while the lock is free.

#include <string>

#include "hardwon/time.h"

namespace hardwon::store {

// Over what stood there.  A courtesy: where it fails, the others are told "another process".
void name_holder(int descriptor, TimePoint now);

// As messages say it: "pid 7 (hardwon) since 2026-01-02T03:04:05Z (stopped)".
std::string holder_of(int descriptor);

}  // namespace hardwon::store
