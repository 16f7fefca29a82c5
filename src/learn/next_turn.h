#pragma once

// What a person's next turn says about the work before it.

#include <cstdint>
#include <string_view>

namespace hardwon::learn {

enum class TurnVerdict : std::uint8_t { kNothing, kApproves, kRejects, kUndoes };

TurnVerdict judge_turn(std::string_view turn);

}  // namespace hardwon::learn
