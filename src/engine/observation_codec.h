#pragma once

// Observations as the store keeps them between runs: derived data, dropped by learn --again.

#include "learn/learn.h"
#include "store/records.h"

namespace hardwon::engine {

store::StoredObservation encode(const learn::Observation& observation);
// kCorruption when the row was not written by encode().
Result<learn::Observation> decode(const store::StoredObservation& stored);

}  // namespace hardwon::engine
