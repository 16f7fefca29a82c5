#pragma once

// Structured logging: one JSON line to stderr; stdout belongs to answers.
//
// Threads: log() may be called from any thread.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace hardwon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };

struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// {"ts":…,"level":"warning","event":"import.failed","correlation_id":…,key:value…}.
// Secrets in values are masked before the line is written.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

void set_log_level(LogLevel level);  // default kWarning

// Every line logged by this thread while it lives carries the id.
class CorrelationScope {
 public:
  explicit CorrelationScope(std::string id);
  ~CorrelationScope();
  CorrelationScope(const CorrelationScope&) = delete;
  CorrelationScope& operator=(const CorrelationScope&) = delete;

 private:
  std::string previous_;
};

}  // namespace hardwon
