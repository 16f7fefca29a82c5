// Rule files that people write for agents: CLAUDE.md, AGENTS.md, .cursorrules, *.mdc …
// (docs/formats/rule-file.md).  A file is one session with its text as the person's words; room
// learn reads it sentence by sentence.

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "import/run.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kAgent = "rule-file";

Result<std::string> read_all(ByteSource& source, std::size_t bytes_max) {
  std::string text(std::min(static_cast<std::size_t>(source.size()), bytes_max), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t got = TRY(source.read(text.data() + size, text.size() - size));
    if (got == 0) break;
    size += got;
  }
  text.resize(size);
  return text;
}

// Where a part of at most `bytes_max` may end: after a line.
std::size_t part_end(std::string_view text, std::size_t from, std::size_t bytes_max) {
  if (text.size() - from <= bytes_max) return text.size();
  const std::size_t newline = text.rfind('\n', from + bytes_max - 1);
  return newline == std::string_view::npos || newline <= from ? from + bytes_max : newline + 1;
}

}  // namespace

bool is_rule_file(const std::filesystem::path& name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "claude.md",   "claude.local.md", "agents.md",
      "gemini.md",   ".cursorrules",    ".windsurfrules",
      ".clinerules", ".rules",          "copilot-instructions.md"};
  const std::string lower = ascii_lower(name.filename().string());
  if (name.extension() == ".mdc") return true;
  return std::ranges::find(kNames, lower) != kNames.end() || lower.ends_with("-claude.md") ||
         lower.ends_with("-agents.md") || lower.ends_with("-gemini.md");
}

Result<void> import_rule_file(ByteSource& source, Run& run) {
  const std::int64_t bytes = source.size();
  const std::size_t bytes_max = run.options().record_bytes_max;
  const std::string text = valid_utf8(TRY(read_all(source, bytes_max)));
  if (static_cast<std::size_t>(bytes) > bytes_max) run.skip(0, too_long(run.options()));
  const std::string key = run.path().string();
  const std::string directory = run.path().parent_path().string();
  Session session{.id = session_id_of(kAgent, key),
                  .agent = std::string(kAgent),
                  .agent_session = key,
                  .transcript_id = run.path().filename().string(),
                  .scope = run.scope(directory),
                  .directory = directory,
                  .source_path = key};
  TRY(run.session(session, true));
  std::uint32_t index = 0;
  std::int64_t line = 1;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = part_end(text, from, run.options().text_bytes_max);
    const std::string_view part = std::string_view(text).substr(from, end - from);
    if (!trim(part).empty()) {
      TRY(run.segment({.id = content_id<ItemId>({kAgent, key, std::to_string(index)}),
                       .session = session.id,
                       .scope = session.scope,
                       .index = index,
                       .speaker = Speaker::kPerson,
                       .text = run.text(part, run.options().text_bytes_max),
                       .line = line}));
      ++index;
    }
    line += std::ranges::count(part, '\n');
    from = end;
  }
  run.progress(bytes);
  return run.session(session, false);
}

}  // namespace hardwon::import
