// A reader of shell lines that is good enough to name what was run; it never executes or
// expands anything.

#include "learn/shell.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <set>

#include "base/text.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kCommandBytesMax = 16 * 1024;

using Names = std::set<std::string_view>;

const Names kLooking = {
    "ls",       "cat",     "head",      "tail",  "find",  "grep",     "rg",      "tree",
    "pwd",      "which",   "wc",        "stat",  "file",  "echo",     "test",    "sed",
    "awk",      "sort",    "uniq",      "cut",   "tr",    "diff",     "less",    "more",
    "du",       "df",      "type",      "ps",    "env",   "printenv", "printf",  "date",
    "whoami",   "sleep",   "true",      "jq",    "xargs", "basename", "dirname", "realpath",
    "readlink", "hexdump", "xxd",       "uname", "id",    "lsof",     "pgrep",   "nl",
    "tee",      "[",       "egrep",     "fgrep", "fd",    "bat",      "exa",     "history",
    "wait",     "exit",    "false",     "for",   "if",    "while",    "do",      "done",
    "then",     "else",    "fi",        "case",  "esac",  "read",     "local",   "return",
    "break",    "set",     "command",   "kill",  "pkill", "open",     "clear",   "seq",
    "column",   "md5sum",  "sha256sum", "yes"};
const Names kFiling = {"mkdir", "rm",  "cp",  "mv",     "touch",  "ln", "chmod", "chown", "rmdir",
                       "unzip", "tar", "zip", "export", "source", ".",  "unset", "alias", "rsync"};
const Names kWrappers = {"sudo",    "time",     "nice",       "nohup",   "command",
                         "exec",    "xvfb-run", "stdbuf",     "timeout", "gtimeout",
                         "env",     "arch",     "npx",        "bunx",    "pnpx",
                         "builtin", "dotenv",   "caffeinate", "unbuffer"};
const Names kFilters = {"head", "tail", "grep",   "rg",    "tee",  "cat",  "sed",   "awk",
                        "sort", "uniq", "wc",     "cut",   "tr",   "less", "egrep", "fgrep",
                        "jq",   "more", "column", "xargs", "fold", "nl",   "ts",    "strings"};
const Names kSearches = {"grep", "rg", "egrep", "fgrep", "awk", "jq", "wc", "cut"};
// Programs whose first word after the name says what they are asked to do.
const Names kVerbs = {"git",       "cargo",      "go",
                      "docker",    "kubectl",    "apt",
                      "apt-get",   "brew",       "gh",
                      "terraform", "dotnet",     "gradle",
                      "gradlew",   "mvn",        "mvnw",
                      "rails",     "rake",       "poetry",
                      "uv",        "conda",      "helm",
                      "aws",       "gcloud",     "systemctl",
                      "bundle",    "composer",   "mix",
                      "flutter",   "swift",      "bazel",
                      "pip",       "make",       "ninja",
                      "rustup",    "pyenv",      "nvm",
                      "mise",      "asdf",       "container",
                      "podman",    "vercel",     "supabase",
                      "prisma",    "next",       "vite",
                      "ng",        "nx",         "turbo",
                      "lerna",     "deno",       "just",
                      "task",      "pre-commit", "alembic",
                      "flask",     "django",     "docker compose",
                      "ruff",      "biome",      "zig",
                      "stack",     "cabal",      "opam",
                      "dune",      "wrangler",   "firebase",
                      "heroku",    "fly",        "hatch",
                      "pdm",       "pixi",       "tox",
                      "nox",       "invoke",     "playwright",
                      "cypress",   "expo",       "pod",
                      "fastlane",  "xcodebuild", "sbt",
                      "lein",      "gem",        "rbenv",
                      "cmake",     "meson",      "conan"};
const Names kNodeManagers = {"npm", "pnpm", "yarn", "bun"};
const Names kChecks = {
    "build",      "test",     "tests",   "lint",     "check",      "typecheck",     "tsc",
    "pytest",     "jest",     "vitest",  "mocha",    "eslint",     "ruff",          "mypy",
    "flake8",     "clippy",   "vet",     "make",     "ninja",      "ctest",         "gradle",
    "mvn",        "phpunit",  "rspec",   "rubocop",  "tox",        "nox",           "unittest",
    "xcodebuild", "bazel",    "pylint",  "pyright",  "black",      "prettier",      "biome",
    "compile",    "gcc",      "g++",     "clang",    "clang++",    "rustc",         "javac",
    "cmake",      "meson",    "verify",  "fmt",      "type-check", "svelte-check",  "vue-tsc",
    "ava",        "tap",      "karma",   "cypress",  "playwright", "shellcheck",    "swiftlint",
    "ktlint",     "detekt",   "spec",    "assemble", "cc",         "golangci-lint", "staticcheck",
    "nextest",    "tsup",     "webpack", "rollup",   "esbuild",    "pre-commit",    "ci",
    "credo",      "dialyzer", "sbt",     "dune",     "validate"};

bool is_assignment(std::string_view word) {
  const std::size_t at = word.find('=');
  if (at == 0 || at == std::string_view::npos) return false;
  return std::ranges::all_of(word.substr(0, at), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

struct Piece {
  std::string text;
  std::vector<std::string> words;
  std::string joined_by;  // the operator before it: "", "&&", ";", "|", "||", "&"
};

// Reads up to an unquoted operator.  Words keep no quotes; redirections are left out of words.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Piece> pieces() {
    while (at_ < text_.size()) step();
    finish("");
    return std::move(pieces_);
  }
  bool here_document() const { return here_document_; }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size()) {
      if (text_[at_ + 1] != '\n') word_ += text_[at_ + 1];
      at_ += 2;
    } else if (c == '\'' || c == '"') {
      quoted(c);
    } else if (text_.substr(at_).starts_with("$(") || c == '`') {
      substitution();
    } else if (text_.substr(at_).starts_with("<<")) {
      skip_here_document();
    } else if (c == '>' || c == '<') {
      redirection();
    } else if (c == '&' && at_ + 1 < text_.size() && text_[at_ + 1] == '>') {
      ++at_;
    } else if (c == '&' || c == '|' || c == ';' || c == '\n') {
      const bool twice = (c == '&' || c == '|') && at_ + 1 < text_.size() && text_[at_ + 1] == c;
      finish(c == '\n' ? ";" : std::string(twice ? 2 : 1, c));
      at_ += twice ? 2 : 1;
      start_ = at_;
    } else if (c == '#' && word_.empty() && !in_word_) {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '(' || c == ')') {
      end_word();
      ++at_;
    } else {
      word_ += c;
      in_word_ = true;
      ++at_;
    }
  }
  void quoted(char quote) {
    in_word_ = true;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word_ += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
  }
  void substitution() {
    in_word_ = true;
    const std::size_t from = at_;
    if (text_[at_] == '`') {
      const std::size_t end = text_.find('`', at_ + 1);
      at_ = end == std::string_view::npos ? text_.size() : end + 1;
    } else {
      int depth = 0;
      for (; at_ < text_.size(); ++at_) {
        if (text_[at_] == '(') ++depth;
        if (text_[at_] == ')' && --depth == 0) break;
      }
      if (at_ < text_.size()) ++at_;
    }
    word_ += text_.substr(from, at_ - from);
  }
  void skip_here_document() {
    here_document_ = true;
    std::size_t at = at_ + 2;
    while (at < text_.size() && (text_[at] == '-' || text_[at] == ' ')) ++at;
    std::string mark;
    for (; at < text_.size() && text_[at] != '\n' && text_[at] != ' ' && text_[at] != ')'; ++at) {
      if (text_[at] != '\'' && text_[at] != '"' && text_[at] != '\\') mark += text_[at];
    }
    end_word();
    cut_ = cut_.value_or(at_);
    const std::size_t end = mark.empty() ? std::string_view::npos : text_.find("\n" + mark, at);
    at_ = end == std::string_view::npos ? text_.size() : end + 1 + mark.size();
  }
  void redirection() {
    const bool numbered = word_ == "2" || word_ == "1";
    if (numbered) word_.clear(), in_word_ = false;
    end_word();
    const char c = text_[at_];
    while (at_ < text_.size() && (text_[at_] == c || text_[at_] == '&')) ++at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) &&
           text_[at_] != ';' && text_[at_] != '|' && text_[at_] != '&' && text_[at_] != ')') {
      ++at_;
    }
  }
  void end_word() {
    if (in_word_ || !word_.empty()) piece_.words.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }
  void finish(const std::string& next_joined_by) {
    end_word();
    const std::size_t end = std::min(cut_.value_or(at_), at_);
    piece_.text = std::string(trim(text_.substr(start_, end - start_)));
    cut_.reset();
    if (!piece_.words.empty()) pieces_.push_back(std::move(piece_));
    piece_ = {};
    piece_.joined_by = next_joined_by;
  }

  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  std::string word_;
  bool in_word_ = false, here_document_ = false;
  std::optional<std::size_t> cut_;
  Piece piece_;
  std::vector<Piece> pieces_;
};

std::string basename_of(std::string_view path) {
  const std::size_t at = path.find_last_of('/');
  return std::string(at == std::string_view::npos ? path : path.substr(at + 1));
}

std::string program_name(std::string_view word) {
  std::string name = basename_of(word);
  if (const std::size_t at = name.find('@', 1); at != std::string::npos) name.resize(at);
  if (name == "python3" || name.starts_with("python3.")) return "python";
  if (name == "pip3") return "pip";
  if (name == "gmake") return "make";
  if (name == "nodejs") return "node";
  if (name == "gradlew") return "gradle";
  if (name == "mvnw") return "mvn";
  return name;
}

// Leaves wrappers out: `sudo -E timeout 5 npx -y tsc --noEmit` is a call of tsc.
Call call_of(const Piece& piece) {
  Call call{.text = piece.text, .program = {}, .args = {}};
  std::size_t i = 0;
  const auto& words = piece.words;
  const auto word = [&](std::size_t at) {
    return at < words.size() ? std::string_view(words[at]) : std::string_view();
  };
  while (i < words.size()) {
    const std::string name = program_name(word(i));
    if (is_assignment(word(i))) {
      ++i;
    } else if (kWrappers.contains(name)) {
      const bool takes_time = name == "timeout" || name == "gtimeout";
      for (++i; word(i).starts_with('-'); ++i) {
      }
      if (takes_time) ++i;
    } else if ((name == "uv" || name == "poetry" || name == "pipenv" || name == "pdm" ||
                name == "hatch" || name == "rye" || name == "pixi") &&
               word(i + 1) == "run") {
      for (i += 2; word(i).starts_with('-'); ++i) {
      }
    } else if (name == "bundle" && word(i + 1) == "exec") {
      i += 2;
    } else if ((name == "pnpm" || name == "yarn" || name == "npm" || name == "bun") &&
               (word(i + 1) == "exec" || word(i + 1) == "dlx" || word(i + 1) == "x")) {
      for (i += 2; word(i).starts_with('-'); ++i) {
      }
    } else if (name == "python" && word(i + 1) == "-m" && i + 2 < words.size()) {
      i += 2;
    } else if (name == "uv" && word(i + 1) == "pip") {
      ++i;
    } else {
      break;
    }
  }
  if (i >= words.size()) return call;
  call.program = program_name(word(i));
  call.args.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
  if (call.program == "docker-compose") {
    call.program = "docker compose";
  } else if (call.program == "docker" && !call.args.empty() && call.args[0] == "compose") {
    call.program = "docker compose";
    call.args.erase(call.args.begin());
  }
  return call;
}

// The first argument that is a word, past flags and the values of the few flags that take one.
std::string first_word(const Call& call) {
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    const std::string& arg = call.args[i];
    if (arg == "-C" || arg == "-f" || arg == "--filter" || arg == "-F" || arg == "--prefix" ||
        arg == "-c" || arg == "--manifest-path" || arg == "-w" || arg == "--workspace") {
      ++i;
      continue;
    }
    if (!arg.empty() && arg[0] != '-' && arg[0] != '+' && arg.find('=') == std::string::npos) {
      return arg;
    }
  }
  return {};
}

std::string node_goal(const Call& call) {
  const std::string verb = first_word(call);
  if (verb.empty()) return call.program == "yarn" ? "npm install" : "";
  if (verb == "run" || verb == "run-script") {
    bool past = false;
    for (const std::string& arg : call.args) {
      if (past && !arg.empty() && arg[0] != '-') return "npm run " + arg;
      past = past || arg == verb;
    }
    return "npm run";
  }
  if (verb == "install" || verb == "i" || verb == "add" || verb == "ci") return "npm install";
  if (verb == "test" || verb == "t") return "npm run test";
  static const Names own = {
      "init", "create", "publish", "audit", "update", "remove",  "uninstall",
      "link", "view",   "ls",      "list",  "config", "cache",   "outdated",
      "why",  "pack",   "version", "login", "whoami", "rebuild", "dedupe",
      "set",  "up",     "upgrade", "fund",  "prune",  "store",   "approve-builds"};
  if (own.contains(verb)) return "npm " + verb;
  return "npm run " + verb;
}

std::string goal_of(const Call& call) {
  if (call.program.empty() || kLooking.contains(call.program)) return {};
  if (kNodeManagers.contains(call.program)) return node_goal(call);
  if (call.program == "cmake") {
    const bool builds = std::ranges::find(call.args, "--build") != call.args.end();
    return builds ? "cmake --build" : "cmake";
  }
  if (kVerbs.contains(call.program)) {
    const std::string verb = first_word(call);
    return verb.empty() ? call.program : call.program + " " + verb;
  }
  static const Names interpreters = {"python",  "node", "bash", "sh",   "zsh",
                                     "ruby",    "perl", "php",  "tsx",  "ts-node",
                                     "Rscript", "lua",  "java", "psql", "mysql"};
  if (interpreters.contains(call.program)) {
    const std::string script = first_word(call);
    return script.empty() ? call.program : call.program + " " + basename_of(script);
  }
  return call.program;
}

bool is_check_goal(std::string_view goal) {
  for (std::size_t from = 0; from < goal.size();) {
    std::size_t end = goal.find_first_of(" :", from);
    if (end == std::string_view::npos) end = goal.size();
    if (kChecks.contains(goal.substr(from, end - from))) return true;
    from = end + 1;
  }
  return goal == "cmake --build";
}

bool is_install_call(const Call& call, std::string_view goal) {
  static const Names verbs = {"install", "i", "add", "ci", "get", "sync", "require", "restore"};
  static const Names programs = {"pip",    "apt",        "apt-get", "brew", "cargo",  "go",
                                 "gem",    "conda",      "poetry",  "uv",   "bundle", "composer",
                                 "dotnet", "rustup",     "mix",     "pod",  "apk",    "dnf",
                                 "yum",    "playwright", "npm",     "nvm",  "pdm"};
  return goal == "npm install" ||
         (programs.contains(call.program) && verbs.contains(first_word(call)));
}

// Which call the line is about: a check if there is one, else the first that does something.
std::optional<std::size_t> main_call(const std::vector<Call>& calls) {
  std::optional<std::size_t> first, filing;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string goal = goal_of(calls[i]);
    if (goal.empty()) continue;
    if (is_check_goal(goal)) return i;
    if (kFiling.contains(calls[i].program)) {
      if (!filing) filing = i;
    } else if (!first) {
      first = i;
    }
  }
  return first ? first : filing;
}

}  // namespace

CommandLine parse_command(std::string_view text) {
  CommandLine line;
  Reader reader(text.substr(0, kCommandBytesMax));
  std::vector<Piece> pieces = reader.pieces();
  std::vector<std::string> joined;
  for (const Piece& piece : pieces) {
    Call call = call_of(piece);
    if (call.program == "cd" || call.program == "pushd") {
      if (!call.args.empty()) line.directory = call.args[0];
      continue;
    }
    if (call.program.empty()) continue;
    line.calls.push_back(std::move(call));
    joined.push_back(piece.joined_by);
  }
  const auto main = main_call(line.calls);
  if (!main) return line;
  line.main = *main;
  const Call& call = line.calls[line.main];
  line.goal = goal_of(call);
  line.shown = call.text;
  if (joined[line.main] == "|" && line.main > 0) {
    line.shown = line.calls[line.main - 1].text + " | " + line.shown;
  }
  for (std::size_t i = line.main + 1; i < line.calls.size(); ++i) {
    const bool filter = joined[i] == "|" && kFilters.contains(line.calls[i].program);
    line.masked = line.masked || joined[i] == "|" || joined[i] == ";" || joined[i] == "||";
    line.searched = line.searched || (filter && kSearches.contains(line.calls[i].program));
  }
  line.inline_script =
      (reader.here_document() && call.program != "git") ||
      ((call.program == "python" || call.program == "node" || call.program == "ruby" ||
        call.program == "perl" || call.program == "php") &&
       std::ranges::any_of(call.args, [](const std::string& a) {
         return a == "-c" || a == "-e" || a == "-r" || a == "-p" || a == "--eval";
       }));
  line.is_check = is_check_goal(line.goal);
  line.is_install = is_install_call(call, line.goal);
  line.is_change = !kLooking.contains(call.program) && !line.is_check;
  return line;
}

bool is_everyday(std::string_view goal) {
  static const Names names = {
      "git add",   "git commit",   "git status",    "git diff",  "git log",    "git push",
      "git pull",  "git checkout", "git branch",    "git show",  "git fetch",  "git stash",
      "git init",  "git merge",    "git rebase",    "git reset", "git switch", "git restore",
      "git clone", "git remote",   "git rev-parse", "git rm",    "git mv"};
  return goal.empty() || names.contains(goal) || kFiling.contains(goal) ||
         kLooking.contains(goal) || goal == "npm init" || goal == "curl" || goal == "wget";
}

}  // namespace hardwon::learn
