#pragma once

// One import of one file: what the formats share.  Counts what goes to the sink and collects
// what was skipped and why.

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "import/import.h"
#include "import/source.h"

namespace hardwon::import {

// The parts one after another.
std::string concat(std::initializer_list<std::string_view> parts);
// JSON pointer to a member or element of what stands at `at`.
std::string below(std::string_view at, std::string_view key);
std::string below(std::string_view at, std::size_t index);

// Why a record longer than the limit is skipped.
std::string too_long(const ImportOptions& options);

class Run {
 public:
  // `beside` is the directory whose other files belong to the import; empty: none.
  Run(const ImportOptions& options, RecordSink& sink, std::filesystem::path path,
      std::filesystem::path beside);

  const ImportOptions& options() const { return options_; }
  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& beside() const { return beside_; }
  ImportCounts& counts() { return report_.counts; }

  void skip(std::int64_t line, std::string why);
  // "<pointer>: found a number, expected a string"
  void wrong_type(std::int64_t line, std::string_view pointer, std::string_view found,
                  std::string_view expected);
  // nullopt when empty, malformed or in the future; the latter two are noted under the line,
  // unless it is 0.
  std::optional<TimePoint> time(std::string_view text, std::int64_t line);
  const Scope& scope(const std::string& directory);
  // Injected blocks taken out, long ones cut.
  std::string text(std::string_view raw, std::size_t bytes_max) const;
  // Tells the caller every few megabytes.
  void progress(std::int64_t bytes_done);

  // To the sink, counted.
  Result<void> session(const Session& session, bool first);
  Result<void> segment(Segment segment);
  Result<void> episode(Episode episode);

  ImportReport finish(Format format) &&;

 private:
  const ImportOptions& options_;
  RecordSink& sink_;
  std::filesystem::path path_, beside_;
  ImportReport report_;
  std::map<std::string, Scope> scopes_;
  std::int64_t told_bytes_ = 0;
};

Result<void> import_claude_code(ByteSource& source, Run& run);
Result<void> import_episodes(ByteSource& source, Run& run);
Result<void> import_tau_bench(ByteSource& source, Run& run);
Result<void> import_transcript(ByteSource& source, Run& run);
Result<void> import_rule_file(ByteSource& source, Run& run);
// By its name: the files in which people write rules for agents.
bool is_rule_file(const std::filesystem::path& name);

}  // namespace hardwon::import
