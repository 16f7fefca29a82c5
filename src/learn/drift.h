#pragma once

// How much the results of one task differ, and how much less with memory (seed 001).
//
// An output is measured on its syntax tree: which case its names have by role, its indentation
// and quotes, how it orders imports and what units it is made of.  Two outputs are as consistent
// as these distributions overlap; drift is one minus the mean over all pairs.
//
// Invariants
//   1. What cannot be measured is nullopt: fewer than two outputs, nothing of that kind in both,
//      no drift to reduce.
//   2. Order of the outputs changes nothing.
// Threads: pure functions, safe from any thread.

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "code/syntax.h"
#include "learn/rule_metrics.h"

namespace hardwon::learn {

// A distribution: how often each choice was made ("camel" 5, "snake" 1).
using Choices = std::map<std::string, double>;
// By what is chosen: "variable", "function"; "indentation", "quotes"; "imports", "units".
using Aspects = std::map<std::string, Choices>;

struct OutputProfile {
  Aspects naming, style, structure;
};

// Names of one word have no case and are left out, as are names that the file does not choose.
OutputProfile profile_of(const code::SyntaxTree& tree);

// "camel", "snake", "pascal", "screaming", "kebab"; empty for a name of one word.
std::string_view case_of(std::string_view name);

// The seed's weights, over the kinds that are asked for and can be measured.
struct DriftWeights {
  double naming = 0.4, style = 0.3, structure = 0.3;
};

struct Consistency {
  std::optional<double> naming, style, structure;
  std::optional<double> overall;
};
// Of two outputs: for each kind the mean over its aspects of 1 - total variation distance.
Consistency consistency(const OutputProfile& a, const OutputProfile& b,
                        const DriftWeights& weights = {});
// Mean over all pairs of a set.  O(n²).
Consistency consistency(std::span<const OutputProfile> outputs, const DriftWeights& weights = {});

// 1 - consistency.
std::optional<double> drift(const Consistency& consistency);

// (before - after) / before; nullopt when either is unknown or before is 0.
std::optional<double> drift_reduction(std::optional<double> before, std::optional<double> after);

struct Reduction {
  std::optional<double> before, after;  // drift
  std::optional<double> reduction;
  std::optional<Interval> interval;  // 95 %, over runs drawn with replacement
};
// Groups of outputs of one task or language each; before[g][i] and after[g][i] are the same run
// without and with memory.  Groups weigh alike.  The bootstrap draws runs of each group, and
// leaves out pairs of a run with itself, whose consistency says nothing.
Reduction measure_reduction(std::span<const std::vector<OutputProfile>> before,
                            std::span<const std::vector<OutputProfile>> after,
                            const DriftWeights& weights = {}, std::uint64_t seed = 1);

// One convention that code can follow or not: aspect "function", choice "snake".
struct Convention {
  std::string aspect, choice;
  bool avoid = false;
};
// Share of what an output chose that follows the conventions; nullopt where none of them is met.
std::optional<double> adherence(const OutputProfile& output,
                                std::span<const Convention> conventions);

}  // namespace hardwon::learn
