#pragma once

// The parts of seed 000's reward and quality, one function each, so that each can be tested.
// Source: seed plan 000 and docs/formats/episode.md, which states every constant.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

// What a partial success counts when nobody stated its share; extraction and update alike.
inline constexpr double kPartialShareUnstated = 0.5;

double reward_base(const Outcome& outcome);                                  // [0, 1]
double reward_abstention(const Outcome& outcome, std::size_t steps);         // [-0.3, 0.5]
double reward_efficiency(std::optional<double> seconds, std::size_t steps);  // [0.5, 1.5]
double reward_complexity(std::string_view complexity);                       // 1.0, 1.1, 1.2
double reward_quality(const std::vector<std::string>& artifacts,
                      std::optional<double> error_rate);  // [0.5, 1.5]
double reward_learning(std::size_t tools, std::size_t steps, std::optional<double> error_rate,
                       bool recovered, std::optional<double> seconds);  // [0, 0.5]

double quality_bin(std::size_t n);  // of steps and of distinct tools: 0.1 … 0.5

inline constexpr double kQualityComplexity = 0.25, kQualityDiversity = 0.20, kQualityErrors = 0.20,
                        kQualityReflection = 0.20, kQualityNovelty = 0.15;

}  // namespace hardwon::learn
