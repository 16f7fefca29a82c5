#pragma once

// Errors as values: what a caller can do about a failure, and where it was found.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hardwon {

// What the caller can *do* about it, not where it came from.  The values are part of the
// contract with scripts and bindings: append, never renumber.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument = 1,    // bad input; retrying cannot help
  kNotFound = 2,           // well-formed id that names nothing
  kConflict = 3,           // state forbids it now: episode already completed
  kCorruption = 4,         // stored bytes fail a checksum or an invariant
  kUnavailable = 5,        // dependency absent, store locked or of a newer version
  kResourceExhausted = 6,  // a declared limit was hit
  kIo = 7,                 // the OS said no; message has path and errno text
};

// "invalid_argument", "not_found", …: the names used in JSON.
std::string_view error_code_name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;               // what was found and what was expected
  std::string path;                  // file, where one is concerned; else empty
  std::optional<std::int64_t> line;  // 1-based
  std::string field;                 // JSON pointer or option name; else empty
  bool store_locked = false;         // kUnavailable: another process holds the write lock
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}

}  // namespace hardwon

// Unwraps a Result or returns its error from the enclosing function.  The counter keeps a TRY
// inside another's expression from shadowing it.
#define TRY(expression) HARDWON_TRY_(expression, __COUNTER__)
#define HARDWON_TRY_(expression, counter) HARDWON_TRY_AS_(expression, counter)
#define HARDWON_TRY_AS_(expression, counter)                                    \
  __extension__({                                                               \
    auto hardwon_try_##counter = (expression);                                  \
    if (!hardwon_try_##counter) [[unlikely]] {                                  \
      return std::unexpected(std::move(hardwon_try_##counter).error());         \
    }                                                                           \
    *std::move(hardwon_try_##counter); /* works for void and move-only types */ \
  })
