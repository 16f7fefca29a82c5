#pragma once

// From logs on the disk to records in the store: formats from `import`, outcomes from `learn`,
// chunked transactions into `store`.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "hardwon/engine.h"
#include "import/import.h"
#include "store/database.h"

namespace hardwon::engine {

enum class SourceStatus : std::uint8_t { kImported, kUnchanged, kGrown, kFailed };
std::string_view name_of(SourceStatus status);

// Records that were not in the store before, or changed.
struct NewRecords {
  std::int64_t sessions = 0, episodes = 0, segments = 0;
};

struct SourceReport {
  std::string path, format;
  SourceStatus status = SourceStatus::kImported;
  std::optional<Error> error;   // kFailed
  import::ImportCounts counts;  // of what was read; all zero when unchanged
  NewRecords added;
  MaskCounts masked;
  std::vector<import::Skipped> skipped;
  std::int64_t skipped_total = 0;
};

struct ImportRequest {
  std::vector<std::filesystem::path> paths;  // files or directories
  import::Format format = import::Format::kAuto;
  std::optional<TimePoint> since;
  std::vector<std::string> exclude;  // globs over the whole path
  bool dry_run = false;
  std::string user;
  std::optional<Scope> scope;  // nullopt: from each record's directory
  std::function<void(std::string_view path, std::int64_t done, std::int64_t total)> progress;
};

// One report a source file.  A source that cannot be read is kFailed and the rest goes on; an
// error of the store itself ends the import.
Result<std::vector<SourceReport>> import_logs(store::Database& database, const Clock& clock,
                                              const ImportRequest& request);

// The log folders of the agents of this user that are there: (agent, folder).
struct AgentLogs {
  std::string agent;
  std::filesystem::path folder;
};
std::vector<AgentLogs> find_agent_logs(const std::filesystem::path& home);

}  // namespace hardwon::engine
