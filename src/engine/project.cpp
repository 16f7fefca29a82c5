#include "engine/project.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/text.h"

namespace hardwon::engine {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kConfigBytesMax = 1 << 20;

std::string read_small(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kConfigBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// The folder that holds `config`: .git itself, or where a worktree's .git file points.
fs::path git_directory(const fs::path& root) {
  std::error_code error;
  fs::path git = root / ".git";
  if (fs::is_directory(git, error)) return git;
  std::string pointer = read_small(git);
  if (!pointer.starts_with("gitdir:")) return {};
  fs::path target = (root / std::string(trim(pointer.substr(7)))).lexically_normal();
  const std::string common = read_small(target / "commondir");
  if (common.empty()) return target;
  return (target / std::string(trim(common))).lexically_normal();
}

// The url of [remote "origin"], else of the first remote.
std::string origin_url(const fs::path& git) {
  const std::string config = read_small(git / "config");
  std::string section, first, origin;
  for (const std::string_view raw : split_lines(config)) {
    const std::string_view line = trim(raw);
    if (line.starts_with('[')) {
      section = line;
      continue;
    }
    if (!section.starts_with("[remote") || !line.starts_with("url")) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string url(trim(line.substr(equals + 1)));
    if (first.empty()) first = url;
    if (section == "[remote \"origin\"]") origin = url;
  }
  return origin.empty() ? first : origin;
}

}  // namespace

std::string normalise_remote(std::string_view url) {
  std::string text(trim(url));
  const std::size_t scheme = text.find("://");
  if (scheme != std::string::npos) {
    if (text.starts_with("file")) return {};
    text = text.substr(scheme + 3);
  } else {
    // scp form "user@host:path": a colon before any slash.
    const std::size_t colon = text.find(':');
    const std::size_t slash = text.find('/');
    if (colon == std::string::npos || colon == 0 || slash < colon) return {};
    text[colon] = '/';
  }
  if (const std::size_t at = text.find('@'); at != std::string::npos && at < text.find('/')) {
    text = text.substr(at + 1);
  }
  while (text.ends_with('/')) text.pop_back();
  if (text.ends_with(".git")) text.resize(text.size() - 4);
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0) return {};
  std::string host = ascii_lower(text.substr(0, slash));
  if (const std::size_t port = host.find(':'); port != std::string::npos) host.resize(port);
  return host + text.substr(slash);
}

Project find_project(const fs::path& directory) {
  std::error_code error;
  fs::path normal = directory.lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  for (fs::path at = normal; !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) {
      return {.path = at.string(), .remote = normalise_remote(origin_url(git_directory(at)))};
    }
    if (at == at.parent_path()) break;
  }
  return {.path = normal.string(), .remote = {}};
}

std::vector<std::string> project_rules(const fs::path& project) {
  std::vector<std::string> lines;
  for (const char* name : {"CLAUDE.md", "AGENTS.md", "CLAUDE.local.md"}) {
    const std::string text = read_small(project / name);
    for (const std::string_view line : split_lines(text)) {
      const std::string_view bare = trim(line);
      if (bare.size() >= 8 && !bare.starts_with('#') && !bare.starts_with("```")) {
        lines.emplace_back(bare);
      }
    }
  }
  return lines;
}

std::string login_name() {
  if (const passwd* entry = ::getpwuid(::getuid()); entry != nullptr) return entry->pw_name;
  if (const char* name = std::getenv("USER"); name != nullptr && *name != '\0') return name;
  return std::to_string(::getuid());
}

}  // namespace hardwon::engine
