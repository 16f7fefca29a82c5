#pragma once

// Which project a directory belongs to: its git root, else itself; and the git remote, which
// joins clones and moved directories.
//
// Threads: pure functions over the file system.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hardwon::engine {

struct Project {
  std::string path;    // the git root, else the directory; normalised, no trailing slash
  std::string remote;  // "github.com/owner/name"; empty when none is known
};

// A directory that no longer exists (an old log) is its own project.
Project find_project(const std::filesystem::path& directory);

// The same remote however it is written (scp form, https, .git, user): host/path, lower-case
// host.  Empty when it is a local path.
std::string normalise_remote(std::string_view url);

// Lines of the project's own rule files (CLAUDE.md, AGENTS.md) that state something.
std::vector<std::string> project_rules(const std::filesystem::path& project);

// The login name of this process's user.
std::string login_name();

}  // namespace hardwon::engine
