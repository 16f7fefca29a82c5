#pragma once

// What the tasks behind a lesson have in common, so that the next such task finds it.

#include <span>

#include "learn/learn.h"

namespace hardwon::learn {

// Adds "in tasks about deploy, service, staging" to the condition of every candidate that rests
// on at least two episodes whose tasks share words.
void name_tasks(std::span<const Observation> observations, ReduceOutput& output);

}  // namespace hardwon::learn
