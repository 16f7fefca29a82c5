#pragma once

// Bytes to records: reads a log of any supported format and hands sessions, segments and
// episodes to a sink, in bounded memory.  How each format counts sessions, speakers and
// episodes stands in docs/formats/.
//
// Invariants
//   1. A bad line is skipped with its number and reason; the rest of the file is kept.
//   2. Ids are content hashes: importing twice, in any order, gives the same records.
//   3. Injected blocks (base/fence.h's marker) and harness text never become person turns.
// Threads: a call uses only its arguments.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::import {

enum class Format : std::uint8_t {
  kAuto,
  kClaudeCode,
  kEpisodes,
  kTauBench,
  kTranscript,
  kRuleFile
};
std::string_view name_of(Format format);
std::optional<Format> parse_format(std::string_view name);

// Where records go.  An error from the sink ends the import with that error.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // First of a session, and once more at its end with totals and times.
  virtual Result<void> session(const Session& session) = 0;
  virtual Result<void> segment(Segment segment) = 0;
  // Complete, with its steps; after the segment that opens it.
  virtual Result<void> episode(Episode episode) = 0;
};

struct Skipped {
  std::int64_t line = 0;  // 0: the file as a whole
  std::string why;
};

struct ImportCounts {
  std::int64_t sessions = 0, episodes = 0, steps = 0, tool_calls = 0, tool_errors = 0, segments = 0;
  std::array<std::int64_t, 5> segments_by_speaker{};  // indexed by Speaker
  TokenCounts tokens;

  ImportCounts& operator+=(const ImportCounts& other);
};

struct ImportReport {
  Format format = Format::kAuto;  // the one found
  ImportCounts counts;
  std::vector<Skipped> skipped;  // at most skipped_max, in line order
  std::int64_t skipped_total = 0;
};

struct ImportOptions {
  Format format = Format::kAuto;
  // The scope of records from a directory (user and project); called once per directory.
  // An empty directory means unknown.
  std::function<Scope(const std::string& directory)> scope_of;
  std::optional<TimePoint> since;  // sessions that ended before are left out
  // Times after it (plus a day) are in the future: dropped, the record is kept.  Epoch: no check.
  TimePoint now;
  std::size_t output_bytes_max = 16 * 1024;  // of a step's output kept (head and tail)
  std::size_t text_bytes_max = 256 * 1024;   // of a segment's text kept
  std::size_t steps_max = 10'000;            // of an episode kept; the others are counted and noted
  // Of all outputs of one episode kept; outputs past it are cut to a line.
  std::size_t episode_bytes_max = 16 * 1024 * 1024;
  std::size_t record_bytes_max = 64 * 1024 * 1024;  // longer lines are skipped with a reason
  std::size_t skipped_max = 100;
  // Called with bytes done, from time to time; may be empty.
  std::function<void(std::int64_t bytes_done)> progress;
};

// The id of an agent's session, wherever it is met: in its log or in a hook's payload.
SessionId session_id_of(std::string_view agent, std::string_view agent_session);

// Errors: kIo (unreadable, with path), kInvalidArgument (no known format; not text), or the
// sink's.  Memory: O(lines) small entries for the tree plus the episode in flight.
Result<ImportReport> import_file(const std::filesystem::path& path, const ImportOptions& options,
                                 RecordSink& sink);

// The same over bytes in memory.  `name` stands for the path in records and errors and is
// never opened; files beside it are not looked for.
Result<ImportReport> import_bytes(std::string_view bytes, const std::filesystem::path& name,
                                  const ImportOptions& options, RecordSink& sink);

// The format of a file by its first bytes and name; nullopt when none fits.
Result<std::optional<Format>> detect_format(const std::filesystem::path& path);

// The log files under a file or directory that import_file may know, sorted; sub-agents'
// files that belong to a session beside them are left out, since it brings them in.  Rule files
// only when they are wanted, by their names; those of dependencies (node_modules) and of
// version control are not the project's.
Result<std::vector<std::filesystem::path>> find_logs(const std::filesystem::path& root,
                                                     Format wanted = Format::kAuto);

}  // namespace hardwon::import
