#pragma once

// Time: microseconds UTC; ISO 8601 outside.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hardwon {

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-01-02T03:04:05.678Z"; the fraction is left out where it is zero.
std::string format_time(TimePoint time);
// ISO 8601 with 'Z', an offset or none (UTC); a bare date is midnight UTC.  nullopt when malformed
// or outside the years 1970–2200.
std::optional<TimePoint> parse_time(std::string_view text);

}  // namespace hardwon
