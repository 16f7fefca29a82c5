#include "base/error_report.h"

namespace hardwon {

std::string error_line(std::string_view program, const Error& error) {
  std::string out = std::string(program) + ": ";
  if (!error.path.empty()) {
    out += error.path;
    if (error.line) out += ":" + std::to_string(*error.line);
    out += ": ";
  } else if (error.line) {
    out += "line " + std::to_string(*error.line) + ": ";
  }
  if (!error.field.empty()) out += error.field + ": ";
  return out + error.message + "\n";
}

int exit_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return 1;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConflict:
    case ErrorCode::kResourceExhausted:
      return 2;
    case ErrorCode::kCorruption:
      return 3;
    case ErrorCode::kUnavailable:
      return error.store_locked ? 3 : 4;
    case ErrorCode::kIo:
      return 4;
  }
  return 4;
}

}  // namespace hardwon
