// Names, ids, times and scopes: the text forms of the public vocabulary.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/enum_names.h"
#include "base/hash.h"
#include "hardwon/recall.h"
#include "hardwon/types.h"

namespace hardwon {
namespace {

constexpr std::array<std::string_view, 8> kErrorNames = {
    "ok",         "invalid_argument", "not_found",          "conflict",
    "corruption", "unavailable",      "resource_exhausted", "io"};
constexpr std::array<std::string_view, 5> kSpeakers = {"person", "agent", "sub-agent", "harness",
                                                       "tool"};
constexpr std::array<std::string_view, 4> kStepStatuses = {"unknown", "success", "error",
                                                           "timeout"};
constexpr std::array<std::string_view, 5> kOutcomeStatuses = {"unknown", "success", "partial",
                                                              "failure", "abstained"};
constexpr std::array<std::string_view, 8> kOutcomeSources = {
    "none", "reward", "verdict", "checks", "next_turn", "commit", "undo", "claim"};
constexpr std::array<std::string_view, 4> kReliabilities = {"none", "weak", "medium", "strong"};
constexpr std::array<std::string_view, kLessonKindCount> kLessonKinds = {
    "tool_sequence", "decision_point", "error_recovery", "context_pattern",
    "heuristic",     "dead_end",       "rule",           "decision"};
constexpr std::array<std::string_view, 4> kLessonStatuses = {"candidate", "active", "quarantined",
                                                             "retired"};
constexpr std::array<std::string_view, 3> kPersistences = {"persistent", "short_term",
                                                           "irrelevant"};
constexpr std::array<std::string_view, 4> kActionTypes = {"style", "naming", "structure",
                                                          "behavior"};
constexpr std::array<std::string_view, 3> kPolarities = {"do", "avoid", "both"};
constexpr std::array<std::string_view, 3> kMatchTypes = {"pattern", "keyword", "context"};
// ItemKind counts from 1.
constexpr std::array<std::string_view, 5> kItemKinds = {"", "lesson", "segment", "document",
                                                        "episode"};
constexpr std::array<std::string_view, 4> kRecallModes = {"auto", "hybrid", "vector", "lexical"};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == ',' || c == '=' || c == '\\') out += '\\';
    out += c;
  }
}

}  // namespace

std::string_view error_code_name(ErrorCode code) { return enum_name(kErrorNames, code); }
std::string_view name_of(Speaker value) { return enum_name(kSpeakers, value); }
std::string_view name_of(StepStatus value) { return enum_name(kStepStatuses, value); }
std::string_view name_of(OutcomeStatus value) { return enum_name(kOutcomeStatuses, value); }
std::string_view name_of(OutcomeSource value) { return enum_name(kOutcomeSources, value); }
std::string_view name_of(Reliability value) { return enum_name(kReliabilities, value); }
std::string_view name_of(LessonKind value) { return enum_name(kLessonKinds, value); }
std::string_view name_of(LessonStatus value) { return enum_name(kLessonStatuses, value); }
std::string_view name_of(Persistence value) { return enum_name(kPersistences, value); }
std::string_view name_of(ActionType value) { return enum_name(kActionTypes, value); }
std::string_view name_of(Polarity value) { return enum_name(kPolarities, value); }
std::string_view name_of(MatchType value) { return enum_name(kMatchTypes, value); }
std::string_view name_of(ItemKind value) { return enum_name(kItemKinds, value); }
std::string_view name_of(RecallMode value) { return enum_name(kRecallModes, value); }
std::optional<StepStatus> parse_step_status(std::string_view name) {
  return find_enum<StepStatus>(kStepStatuses, name);
}
std::optional<OutcomeStatus> parse_outcome_status(std::string_view name) {
  return find_enum<OutcomeStatus>(kOutcomeStatuses, name);
}
std::optional<LessonKind> parse_lesson_kind(std::string_view name) {
  return find_enum<LessonKind>(kLessonKinds, name);
}
std::optional<LessonStatus> parse_lesson_status(std::string_view name) {
  return find_enum<LessonStatus>(kLessonStatuses, name);
}

std::optional<Persistence> parse_persistence(std::string_view name) {
  return find_enum<Persistence>(kPersistences, name);
}
std::optional<ActionType> parse_action_type(std::string_view name) {
  return find_enum<ActionType>(kActionTypes, name);
}
std::optional<Polarity> parse_polarity(std::string_view name) {
  return find_enum<Polarity>(kPolarities, name);
}
std::optional<MatchType> parse_match_type(std::string_view name) {
  return find_enum<MatchType>(kMatchTypes, name);
}

Reliability outcome_reliability(OutcomeSource source) {
  switch (source) {
    case OutcomeSource::kReward:
    case OutcomeSource::kVerdict:
      return Reliability::kStrong;
    case OutcomeSource::kChecks:
      return Reliability::kMedium;
    case OutcomeSource::kNextTurn:
    case OutcomeSource::kCommit:
    case OutcomeSource::kUndo:
      return Reliability::kWeak;
    case OutcomeSource::kNone:
    case OutcomeSource::kClaim:
      return Reliability::kNone;
  }
  std::unreachable();
}

std::optional<double> Outcome::success() const {
  switch (status) {
    case OutcomeStatus::kSuccess:
      return 1.0;
    case OutcomeStatus::kFailure:
      return 0.0;
    case OutcomeStatus::kPartial:
      return share.value_or(0.5);
    case OutcomeStatus::kUnknown:
    case OutcomeStatus::kAbstained:
      return std::nullopt;
  }
  std::unreachable();
}

TokenCounts& TokenCounts::operator+=(const TokenCounts& other) {
  input += other.input;
  output += other.output;
  cache_read += other.cache_read;
  cache_creation += other.cache_creation;
  known = known || other.known;
  return *this;
}

std::string Scope::canonical() const {
  std::string out;
  for (const auto& [key, value] : labels) {
    if (!out.empty()) out += ',';
    append_escaped(out, key);
    out += '=';
    append_escaped(out, value);
  }
  return out;
}

Result<Scope> Scope::parse(std::string_view text) {
  Scope scope;
  std::string key, value;
  bool in_value = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == ',') {
      if (key.empty() && value.empty() && !in_value) continue;
      if (!in_value || key.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    "scope '" + std::string(text) + "': expected key=value[,key=value…]");
      }
      if (!scope.labels.emplace(key, value).second) {
        return fail(ErrorCode::kInvalidArgument,
                    "scope '" + std::string(text) + "': label '" + key + "' stands there twice");
      }
      key.clear();
      value.clear();
      in_value = false;
      continue;
    }
    char c = text[i];
    if (c == '=' && !in_value) {
      in_value = true;
      continue;
    }
    if (c == '\\' && i + 1 < text.size()) c = text[++i];
    (in_value ? value : key) += c;
  }
  return scope;
}

std::string id_text(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<std::array<std::uint8_t, 16>> parse_id_text(std::string_view text) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'F'; };
  if (text.size() != 36 || std::ranges::any_of(text, is_upper)) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t at_byte = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + i + 2) return std::nullopt;
    bytes[at_byte++] = byte;
    i += 2;
  }
  return bytes;
}

std::string id_handle(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford
  std::uint64_t value =
      hash64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::string text;
  for (int i = 0; i < 13; ++i) {
    text += kAlphabet[value & 31];
    value >>= 5;
  }
  return text;
}

namespace {

// Reads exactly `width` digits at `at`, moving it on.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += width;
  return value;
}

bool skip(std::string_view text, std::size_t& at, char expected) {
  if (at >= text.size() || text[at] != expected) return false;
  ++at;
  return true;
}

// "[.fraction](Z|±hh[:]mm)" to the end of the text; a missing zone reads as UTC.
std::optional<std::chrono::microseconds> fraction_and_zone(std::string_view text, std::size_t at) {
  using namespace std::chrono;
  microseconds offset{0};
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    ++at;
    std::int64_t unit = 100'000;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
      offset += microseconds((text[at] - '0') * unit);
    }
    if (at == first) return std::nullopt;
  }
  if (at == text.size()) return offset;
  if (text[at] == 'Z' || text[at] == 'z') {
    return at + 1 == text.size() ? std::optional(offset) : std::nullopt;
  }
  if (text[at] != '+' && text[at] != '-') return std::nullopt;
  const int sign = text[at++] == '+' ? 1 : -1;
  const auto hours_part = digits(text, at, 2);
  skip(text, at, ':');
  const auto minutes_part = digits(text, at, 2);
  if (!hours_part || !minutes_part || at != text.size()) return std::nullopt;
  return offset - sign * (hours(*hours_part) + minutes(*minutes_part));
}

}  // namespace

std::string format_time(TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto rest = time - day;
  const auto whole = floor<seconds>(rest);
  const hh_mm_ss clock(whole);
  char text[48];
  const int used = std::snprintf(
      text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  std::string out(text, static_cast<std::size_t>(used));
  if (const auto micros = (rest - whole).count(); micros != 0) {
    char part[16];
    std::snprintf(part, sizeof(part), ".%06d", static_cast<int>(micros));
    std::string fraction(part);
    while (fraction.back() == '0') fraction.pop_back();
    out += fraction;
  }
  return out + 'Z';
}

std::optional<TimePoint> parse_time(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const auto y = digits(text, at, 4);
  if (!y || !skip(text, at, '-')) return std::nullopt;
  const auto mo = digits(text, at, 2);
  if (!mo || !skip(text, at, '-')) return std::nullopt;
  const auto d = digits(text, at, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *y < 1970 || *y > 2200) return std::nullopt;
  TimePoint time = sys_days(date);
  if (at == text.size()) return time;
  if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') return std::nullopt;
  ++at;
  const auto h = digits(text, at, 2);
  if (!h || !skip(text, at, ':')) return std::nullopt;
  const auto mi = digits(text, at, 2);
  if (!mi) return std::nullopt;
  int s = 0;
  if (skip(text, at, ':')) {
    const auto seconds_part = digits(text, at, 2);
    if (!seconds_part) return std::nullopt;
    s = *seconds_part;
  }
  if (*h > 23 || *mi > 59 || s > 60) return std::nullopt;
  const auto rest = fraction_and_zone(text, at);
  if (!rest) return std::nullopt;
  time += hours(*h) + minutes(*mi) + seconds(s) + *rest;
  // An offset can carry a time out of the years that format_time() writes and this reads.
  const bool in_range = time >= sys_days(year{1970} / 1 / 1) && time < sys_days(year{2201} / 1 / 1);
  return in_range ? std::optional(time) : std::nullopt;
}

}  // namespace hardwon
