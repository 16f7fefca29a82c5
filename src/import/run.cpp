#include "import/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fence.h"
#include "base/text.h"

namespace hardwon::import {

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

std::string below(std::string_view at, std::string_view key) {
  std::string out(at);
  out += '/';
  for (const char c : ellipsis(key, 60)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string below(std::string_view at, std::size_t index) {
  return below(at, std::to_string(index));
}

std::string too_long(const ImportOptions& options) {
  return concat({"longer than ", std::to_string(options.record_bytes_max), " bytes"});
}

Run::Run(const ImportOptions& options, RecordSink& sink, std::filesystem::path path,
         std::filesystem::path beside)
    : options_(options), sink_(sink), path_(std::move(path)), beside_(std::move(beside)) {}

void Run::skip(std::int64_t line, std::string why) {
  ++report_.skipped_total;
  if (report_.skipped.size() < options_.skipped_max) {
    auto& skipped = report_.skipped;
    const auto place = std::ranges::upper_bound(skipped, line, {}, &Skipped::line);
    skipped.insert(place, {.line = line, .why = std::move(why)});
  }
}

void Run::wrong_type(std::int64_t line, std::string_view pointer, std::string_view found,
                     std::string_view expected) {
  std::string why(pointer);
  why.append(": found ").append(found).append(", expected ").append(expected);
  skip(line, std::move(why));
}

std::optional<TimePoint> Run::time(std::string_view text, std::int64_t line) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_time(text);
  const bool checked = options_.now != TimePoint{};
  const bool future = time && checked && *time > options_.now + std::chrono::days(1);
  if (time && !future) return time;
  if (line != 0 && future) {
    skip(line, concat({"time dropped: ", format_time(*time), " is in the future"}));
  } else if (line != 0) {
    skip(line, concat({"time dropped: found '", ellipsis(text, 60), "', expected ISO 8601"}));
  }
  return std::nullopt;
}

const Scope& Run::scope(const std::string& directory) {
  const auto found = scopes_.find(directory);
  if (found != scopes_.end()) return found->second;
  Scope scope = options_.scope_of ? options_.scope_of(directory) : Scope{};
  return scopes_.emplace(directory, std::move(scope)).first->second;
}

std::string Run::text(std::string_view raw, std::size_t bytes_max) const {
  if (!raw.contains(kFenceOpen)) return head_and_tail(raw, bytes_max);
  return head_and_tail(without_fenced(raw), bytes_max);
}

void Run::progress(std::int64_t bytes_done) {
  constexpr std::int64_t kEvery = 4 * 1024 * 1024;
  if (!options_.progress || bytes_done < told_bytes_ + kEvery) return;
  told_bytes_ = bytes_done;
  options_.progress(bytes_done);
}

Result<void> Run::session(const Session& session, bool first) {
  if (first) ++report_.counts.sessions;
  return sink_.session(session);
}

Result<void> Run::segment(Segment segment) {
  ++report_.counts.segments;
  ++report_.counts.segments_by_speaker[static_cast<std::size_t>(segment.speaker)];
  return sink_.segment(std::move(segment));
}

Result<void> Run::episode(Episode episode) {
  ++report_.counts.episodes;
  report_.counts.steps += static_cast<std::int64_t>(episode.steps.size());
  return sink_.episode(std::move(episode));
}

ImportReport Run::finish(Format format) && {
  report_.format = format;
  return std::move(report_);
}

}  // namespace hardwon::import
