#include "import/import.h"

#include <string>
#include <utility>

#include "base/hash.h"
#include "import/agent_files.h"
#include "import/detect.h"
#include "import/run.h"

namespace hardwon::import {
namespace {

std::unexpected<Error> unknown_format(const std::filesystem::path& name, bool empty) {
  std::string expected;
  for (const Format format : {Format::kClaudeCode, Format::kEpisodes, Format::kTauBench,
                              Format::kTranscript, Format::kRuleFile}) {
    if (!expected.empty()) expected += ", ";
    expected += name_of(format);
  }
  const std::string path = name.string();
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = path + ": " + (empty ? "empty file" : "no known format") +
                                          ", expected " + expected,
                               .path = path});
}

Result<void> dispatch(Format format, ByteSource& source, Run& run) {
  switch (format) {
    case Format::kClaudeCode:
      return import_claude_code(source, run);
    case Format::kEpisodes:
      return import_episodes(source, run);
    case Format::kTauBench:
      return import_tau_bench(source, run);
    case Format::kRuleFile:
      return import_rule_file(source, run);
    case Format::kTranscript:
      return import_transcript(source, run);
    case Format::kAuto:
      break;
  }
  std::unreachable();
}

Result<ImportReport> import_source(ByteSource& source, const std::filesystem::path& name,
                                   const std::filesystem::path& beside,
                                   const ImportOptions& options, RecordSink& sink) {
  const std::string start = TRY(read_start(source));
  const std::size_t mark = TRY(check_text(start, name));
  source.start_after(static_cast<std::int64_t>(mark));
  Format format = options.format;
  if (format == Format::kAuto) {
    const auto detected = detect_content(std::string_view(start).substr(mark), name);
    if (!detected) return unknown_format(name, start.size() == mark);
    format = *detected;
  }
  Run run(options, sink, name, beside);
  TRY(dispatch(format, source, run));
  return std::move(run).finish(format);
}

}  // namespace

ImportCounts& ImportCounts::operator+=(const ImportCounts& other) {
  sessions += other.sessions;
  episodes += other.episodes;
  steps += other.steps;
  tool_calls += other.tool_calls;
  tool_errors += other.tool_errors;
  segments += other.segments;
  for (std::size_t i = 0; i < segments_by_speaker.size(); ++i) {
    segments_by_speaker[i] += other.segments_by_speaker[i];
  }
  tokens += other.tokens;
  return *this;
}

SessionId session_id_of(std::string_view agent, std::string_view agent_session) {
  return content_id<SessionId>({"session", agent, agent_session});
}

Result<ImportReport> import_file(const std::filesystem::path& path, const ImportOptions& options,
                                 RecordSink& sink) {
  if (const auto session = session_log_of(path)) {
    ImportReport report{.format = Format::kClaudeCode};
    report.skipped.push_back({.why = "left out: " + session->string() + " brings it in"});
    report.skipped_total = 1;
    return report;
  }
  ByteSource source = TRY(ByteSource::open(path));
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return import_source(source, path, directory, options, sink);
}

Result<ImportReport> import_bytes(std::string_view bytes, const std::filesystem::path& name,
                                  const ImportOptions& options, RecordSink& sink) {
  ByteSource source(bytes);
  return import_source(source, name, {}, options, sink);
}

}  // namespace hardwon::import
