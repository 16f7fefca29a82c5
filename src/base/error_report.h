#pragma once

// How the programs tell an error: as a line for people and by the exit status (as JSON:
// error_json in base/json.h).

#include <string>
#include <string_view>

#include "hardwon/error.h"

namespace hardwon {

// "PROGRAM: PATH:LINE: FIELD: MESSAGE\n", without the parts that are unknown.
std::string error_line(std::string_view program, const Error& error);

// 1 not found, 2 bad usage or input, 3 damaged or in use, 4 I/O or not available.
int exit_code(const Error& error);

}  // namespace hardwon
