// Which format a file has: by the keys of its first records, then by its name.

#include "import/detect.h"

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "base/text.h"
#include "import/agent_files.h"
#include "import/run.h"

namespace hardwon::import {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSampleBytes = 256 * 1024;
constexpr std::array<std::string_view, 6> kNames = {"auto",      "claude-code", "episodes",
                                                    "tau-bench", "transcript",  "rule-file"};

// Keys of the outermost objects in a text that may be cut anywhere: objects of JSON lines or of
// one array.
std::set<std::string_view> outer_keys(std::string_view text) {
  std::set<std::string_view> keys;
  std::size_t depth = 0;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t outer = first != std::string_view::npos && text[first] == '[' ? 2 : 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == '\n' && outer == 1 && at + 1 < text.size() && text[at + 1] == '{') depth = 0;
    if (c != '"') continue;
    const std::size_t from = at + 1;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
    }
    if (at >= text.size()) break;
    const std::size_t next = text.find_first_not_of(" \t\r\n", at + 1);
    const bool is_key = next != std::string_view::npos && text[next] == ':';
    if (is_key && depth == outer) keys.insert(text.substr(from, at - from));
  }
  return keys;
}

bool is_uuid(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
         text[23] == '-';
}

std::unexpected<Error> not_text(const fs::path& name, std::string_view found) {
  const std::string path = name.string();
  return std::unexpected(
      Error{.code = ErrorCode::kInvalidArgument,
            .message = path + ": not text: found " + std::string(found) + ", expected UTF-8 JSON",
            .path = path});
}

}  // namespace

std::string_view name_of(Format format) { return kNames[static_cast<std::size_t>(format)]; }

std::optional<Format> parse_format(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Format>(found - kNames.begin());
}

Result<std::size_t> check_text(std::string_view start, const fs::path& name) {
  using namespace std::string_view_literals;
  if (start.starts_with("\xef\xbb\xbf"sv)) return std::size_t{3};
  if (start.starts_with("\xff\xfe"sv) || start.starts_with("\xfe\xff"sv)) {
    return not_text(name, "UTF-16");
  }
  if (start.starts_with("\x1f\x8b"sv)) {
    return not_text(name, "gzip (unpack it first; compressed logs are not read)");
  }
  const std::size_t nul = start.find('\0');
  if (nul != std::string_view::npos) {
    const bool wide = nul < 4 && start.size() > 1;
    return not_text(name, wide ? "UTF-16 or binary" : "binary (a NUL byte)");
  }
  return std::size_t{0};
}

std::optional<Format> detect_content(std::string_view start, const fs::path& name) {
  // Prose may hold examples of logs; a log opens with a record.
  const std::string_view text = trim(start);
  if (is_rule_file(name) && !text.starts_with('{') && !text.starts_with('[')) {
    return Format::kRuleFile;
  }
  const auto keys = outer_keys(start);
  const auto has = [&](std::string_view key) { return keys.contains(key); };
  if (has("traj") && (has("task_id") || has("reward"))) return Format::kTauBench;
  if (has("type") && (has("sessionId") || has("leafUuid") || has("snapshot") || has("uuid"))) {
    return Format::kClaudeCode;
  }
  if (has("segments") || has("conversations") || has("turns")) return Format::kTranscript;
  if (has("task") && (has("steps") || has("outcome") || has("reward") || has("context"))) {
    return Format::kEpisodes;
  }
  if (is_rule_file(name)) return Format::kRuleFile;
  const bool lines = name.extension() == ".jsonl";
  if (lines && (is_agent_log(name) || is_uuid(name.stem().string()))) return Format::kClaudeCode;
  return std::nullopt;
}

Result<std::string> read_start(ByteSource& source) {
  std::string start(kSampleBytes, '\0');
  std::size_t size = 0;
  while (size < start.size()) {
    const std::size_t got = TRY(source.read(start.data() + size, start.size() - size));
    if (got == 0) break;
    size += got;
  }
  start.resize(size);
  source.rewind();
  return start;
}

Result<std::optional<Format>> detect_format(const fs::path& path) {
  ByteSource source = TRY(ByteSource::open(path));
  const std::string start = TRY(read_start(source));
  if (!check_text(start, path)) return std::nullopt;
  return detect_content(start, path);
}

namespace {

bool may_be_log(const fs::path& path) {
  if (path.extension() != ".jsonl" && path.extension() != ".json") return false;
  const auto format = detect_format(path);
  const bool known = !format.has_value() || format->has_value();
  return known && !session_log_of(path);
}

bool is_of_others(const fs::path& directory) {
  const fs::path name = directory.filename();
  return name == "node_modules" || name == ".git";
}

}  // namespace

Result<std::vector<fs::path>> find_logs(const fs::path& root, Format wanted) {
  std::vector<fs::path> found;
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (error) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = root.string() + ": " + error.message(),
                                 .path = root.string()});
  }
  if (!fs::is_directory(status)) {
    found.push_back(root);
    return found;
  }
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  fs::recursive_directory_iterator at(root, kOptions, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    std::error_code ignored;
    if (wanted == Format::kRuleFile && fs::is_directory(path, ignored) && is_of_others(path)) {
      at.disable_recursion_pending();
    }
    if (!fs::is_regular_file(path, ignored)) continue;
    const bool fits = wanted == Format::kRuleFile ? is_rule_file(path) : may_be_log(path);
    if (fits) found.push_back(path);
  }
  if (error) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = root.string() + ": " + error.message(),
                                 .path = root.string()});
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace hardwon::import
