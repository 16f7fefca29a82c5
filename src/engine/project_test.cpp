#include "engine/project.h"

#include <gtest/gtest.h>

#include <fstream>

namespace hardwon::engine {
namespace {

namespace fs = std::filesystem;

fs::path fresh(const std::string& name) {
  const fs::path path = fs::path(::testing::TempDir()) / name;
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(Project, IsTheGitRootOfADirectoryInsideIt) {
  const fs::path root = fresh("project_root");
  write(root / ".git" / "config",
        "[remote \"fork\"]\n\turl = git@example.com:me/shop.git\n"
        "[remote \"origin\"]\n\turl = https://example.com/ann/shop.git\n");
  fs::create_directories(root / "src" / "deep");
  const Project project = find_project(root / "src" / "deep");
  EXPECT_EQ(project.path, root.string());
  EXPECT_EQ(project.remote, "example.com/ann/shop");
}

TEST(Project, IsTheDirectoryItselfWithoutGitOrWhenItIsGone) {
  const Project project = find_project("/nowhere/that/exists/");
  EXPECT_EQ(project.path, "/nowhere/that/exists");
  EXPECT_EQ(project.remote, "");
}

TEST(Project, FollowsAWorktreeToItsRemote) {
  const fs::path root = fresh("project_main");
  write(root / ".git" / "config", "[remote \"origin\"]\nurl = git@example.com:ann/shop.git\n");
  write(root / ".git" / "worktrees" / "side" / "commondir", "../..\n");
  const fs::path side = fresh("project_side");
  write(side / ".git", "gitdir: " + (root / ".git" / "worktrees" / "side").string() + "\n");
  EXPECT_EQ(find_project(side).path, side.string());
  EXPECT_EQ(find_project(side).remote, "example.com/ann/shop");
}

TEST(Project, ReadsTheSameRemoteHoweverItIsWritten) {
  const std::string same = "example.com/ann/shop";
  EXPECT_EQ(normalise_remote("https://example.com/ann/shop.git"), same);
  EXPECT_EQ(normalise_remote("https://user:word@Example.com/ann/shop"), same);
  EXPECT_EQ(normalise_remote("git@example.com:ann/shop.git"), same);
  EXPECT_EQ(normalise_remote("ssh://git@example.com:22/ann/shop.git/"), same);
  EXPECT_EQ(normalise_remote("/srv/git/shop.git"), "");
  EXPECT_EQ(normalise_remote("file:///srv/git/shop.git"), "");
  EXPECT_EQ(normalise_remote(""), "");
}

TEST(Project, ReadsTheStatementsOfItsRuleFiles) {
  const fs::path root = fresh("project_rules");
  write(root / "CLAUDE.md", "# Shop\n\n- Use pnpm, never npm.\n```\nmake\n```\n");
  EXPECT_EQ(project_rules(root), std::vector<std::string>{"- Use pnpm, never npm."});
}

}  // namespace
}  // namespace hardwon::engine
