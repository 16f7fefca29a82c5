#pragma once

// A made-up agent for testing the plumbing of drift: it sees a block and a task and nothing else,
// and writes code in habits of its own unless the block says otherwise and a coin agrees.
//
// It is no model of a real agent: it shows that rules which reach the block change the code, and
// that blocks which say nothing of the matter do not.
// Threads: pure functions, safe from any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/drift.h"

namespace hardwon::learn {

struct Persona {
  std::map<std::string, std::string> habits;  // choice by aspect
  double compliance = 0.5;                    // in [0.5, 0.95]: how often it does as told
  std::uint64_t seed = 0;                     // of its coins
};
// The n-th of a population: habits are drawn evenly, so that no choice is usual.
Persona persona_of(std::uint64_t seed, std::size_t number);

// What a line of a block says about code in the language; nullopt: nothing that it understands.
std::optional<Convention> convention_in(std::string_view line, std::string_view language);
std::vector<Convention> conventions_in(std::string_view block, std::string_view language);

// Code for the task.  Errors: kInvalidArgument for a language that it cannot write.
Result<std::string> simulated_output(const Persona& persona, std::string_view language,
                                     std::string_view description, std::string_view block);

// The same block with its choices permuted: as many words, but no run is told what another is.
std::string shuffled_block(std::string_view block, std::uint64_t seed);

}  // namespace hardwon::learn
