#include "base/log.h"

#include <atomic>
#include <cstdio>

#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"

namespace hardwon {
namespace {

std::atomic<LogLevel> g_level = LogLevel::kWarning;
thread_local std::string t_correlation_id;

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
    case LogLevel::kOff:
      break;
  }
  return "error";
}

}  // namespace

void set_log_level(LogLevel level) { g_level = level; }

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < g_level) return;
  Json line;
  line["ts"] = format_time(SystemClock().now());
  line["level"] = level_name(level);
  line["event"] = event;
  if (!t_correlation_id.empty()) line["correlation_id"] = t_correlation_id;
  for (const LogField& field : fields) {
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
            line[std::string(field.key)] = mask_secrets(value);
          } else {
            line[std::string(field.key)] = value;
          }
        },
        field.value);
  }
  // One fputs of a whole line: lines of several threads do not mix.
  std::fputs((dump_json(line) + "\n").c_str(), stderr);
}

CorrelationScope::CorrelationScope(std::string id)
    : previous_(std::exchange(t_correlation_id, std::move(id))) {}
CorrelationScope::~CorrelationScope() { t_correlation_id = std::move(previous_); }

}  // namespace hardwon
