#pragma once

// For tests: a sink that keeps everything, and a builder of Claude Code logs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "import/import.h"

namespace hardwon::import {

struct Collected final : RecordSink {
  std::map<std::string, Session> sessions;  // by agent session, as last told
  std::vector<Segment> segments;
  std::vector<Episode> episodes;
  ImportReport report;

  Result<void> session(const Session& session) override {
    sessions[session.agent_session] = session;
    return {};
  }
  Result<void> segment(Segment segment) override {
    segments.push_back(std::move(segment));
    return {};
  }
  Result<void> episode(Episode episode) override {
    episodes.push_back(std::move(episode));
    return {};
  }

  std::vector<std::string> texts(Speaker speaker) const {
    std::vector<std::string> out;
    for (const Segment& segment : segments) {
      if (segment.speaker == speaker) out.push_back(segment.text);
    }
    return out;
  }
  std::string why() const {  // all reasons
    std::string out;
    for (const Skipped& skipped : report.skipped) {
      out += std::to_string(skipped.line) + ": " + skipped.why + "\n";
    }
    return out;
  }
};

inline ImportOptions options_of(Format format) {
  ImportOptions options;
  options.format = format;
  options.now = *parse_time("2026-06-01T00:00:00Z");
  options.scope_of = [](const std::string& directory) {
    return Scope{{{"project", directory}, {"user", "ann"}}};
  };
  return options;
}

inline Collected read(std::string_view bytes, const ImportOptions& options,
                      const std::string& name = "log.jsonl") {
  Collected out;
  auto report = import_bytes(bytes, name, options, out);
  EXPECT_TRUE(report.has_value()) << report.error().message;
  if (report) out.report = *std::move(report);
  return out;
}

inline Collected read(std::string_view bytes, Format format) {
  return read(bytes, options_of(format));
}

inline Json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }
inline Json call_block(const std::string& id, const std::string& tool, Json input) {
  return {{"type", "tool_use"}, {"id", id}, {"name", tool}, {"input", std::move(input)}};
}
inline Json result_block(const std::string& id, Json content, bool is_error = false) {
  return {{"type", "tool_result"},
          {"tool_use_id", id},
          {"content", std::move(content)},
          {"is_error", is_error}};
}

// A Claude Code log; each record follows the one before it unless its parent is given.
class LogBuilder {
 public:
  explicit LogBuilder(std::string session = "s1", std::string ids = "")
      : session_(std::move(session)), ids_(std::move(ids)) {}

  LogBuilder& record(Json fields) {
    ++count_;
    Json record = {{"uuid", ids_ + "u" + std::to_string(count_)},
                   {"parentUuid", last_.empty() ? Json() : Json(last_)},
                   {"isSidechain", false},
                   {"sessionId", session_},
                   {"cwd", "/home/ann/demo"},
                   {"timestamp", time_text()}};
    record.update(fields);
    last_ = record["uuid"].get<std::string>();
    return raw(dump_json(record));
  }
  LogBuilder& user(Json content, Json more = Json::object()) {
    Json fields = {{"type", "user"},
                   {"message", {{"role", "user"}, {"content", std::move(content)}}}};
    fields.update(more);
    return record(std::move(fields));
  }
  LogBuilder& agent(Json content, Json more = Json::object()) {
    Json message = {{"id", ids_ + "m" + std::to_string(count_ + 1)},
                    {"role", "assistant"},
                    {"model", "model-1"},
                    {"content", std::move(content)},
                    {"usage", {{"input_tokens", 10}, {"output_tokens", 5}}}};
    Json fields = {{"type", "assistant"}, {"requestId", "r1"}, {"message", std::move(message)}};
    fields.update(more);
    return record(std::move(fields));
  }
  // A call and its result, two seconds later.
  LogBuilder& bash(const std::string& command, const std::string& output, bool error = false) {
    const std::string id = ids_ + "call" + std::to_string(++calls_);
    agent({call_block(id, "Bash", {{"command", command}})});
    ++seconds_;
    return user({result_block(id, output, error)});
  }
  LogBuilder& raw(const std::string& line) {
    text_ += line + "\n";
    return *this;
  }
  LogBuilder& follow(const std::string& uuid) {  // the next record's parent
    last_ = uuid;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string time_text() {
    const int second = ++seconds_;
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "2026-01-02T03:%02d:%02d.000Z", second / 60 % 60,
                  second % 60);
    return buffer;
  }

  std::string session_, ids_, last_, text_;  // ids_: before uuids and ids of calls
  int count_ = 0, calls_ = 0, seconds_ = 0;
};

// A fresh directory that tests write logs into.
class LogDirectory {
 public:
  explicit LogDirectory(const std::string& name)
      : path_(std::filesystem::path(::testing::TempDir()) / ("hardwon_import_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~LogDirectory() { std::filesystem::remove_all(path_); }
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Collected read_file(const std::filesystem::path& path, const ImportOptions& options) {
  Collected out;
  auto report = import_file(path, options, out);
  EXPECT_TRUE(report.has_value()) << report.error().message;
  if (report) out.report = *std::move(report);
  return out;
}

}  // namespace hardwon::import
