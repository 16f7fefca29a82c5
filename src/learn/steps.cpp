#include "learn/steps.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/json.h"
#include "base/text.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kEditBytesMax = 64 * 1024;

using Names = std::set<std::string, std::less<>>;

const Names kShellTools = {"bash",
                           "shell",
                           "terminal",
                           "run_command",
                           "execute_command",
                           "run_shell_command",
                           "exec",
                           "local_shell",
                           "execute_bash",
                           "cmd",
                           "powershell",
                           "zsh",
                           "sh",
                           "container.exec",
                           "exec_command",
                           "run_terminal_cmd",
                           "command_line",
                           "run_in_terminal"};
const Names kEditTools = {"edit",
                          "write",
                          "multiedit",
                          "apply_patch",
                          "notebookedit",
                          "write_file",
                          "replace",
                          "edit_file",
                          "write_to_file",
                          "create_file",
                          "replace_in_file",
                          "str_replace_editor",
                          "str_replace_based_edit_tool",
                          "str_replace",
                          "insert",
                          "patch",
                          "search_replace"};
const Names kReadTools = {"read",
                          "view",
                          "glob",
                          "grep",
                          "ls",
                          "list_files",
                          "search_files",
                          "notebookread",
                          "read_file",
                          "list_directory",
                          "search_file_content",
                          "list_dir",
                          "file_search",
                          "grep_search",
                          "codebase_search",
                          "find_file",
                          "read_many_files",
                          "open_file",
                          "list_code_definition_names",
                          "lsp"};
const Names kWebTools = {"webfetch",          "websearch", "web_fetch", "web_search",
                         "google_web_search", "browser",   "fetch"};
const Names kHarnessTools = {"todowrite",
                             "todoread",
                             "task",
                             "agent",
                             "exitplanmode",
                             "enterplanmode",
                             "bashoutput",
                             "killbash",
                             "killshell",
                             "taskoutput",
                             "askuserquestion",
                             "skill",
                             "slashcommand",
                             "update_plan",
                             "toolsearch",
                             "taskcreate",
                             "taskupdate",
                             "tasklist",
                             "taskget",
                             "taskstop",
                             "sendmessage",
                             "structuredoutput",
                             "finish",
                             "respond",
                             "message"};

std::string text_of(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto it = object.find(name);
    if (it != object.end() && it->is_string()) return it->get<std::string>();
  }
  return {};
}

// What really differs: the lines of one version that the other does not have.
Edit changed_lines(std::string path, std::string_view before, std::string_view after) {
  const auto old_lines = split_lines(before.substr(0, kEditBytesMax));
  const auto new_lines = split_lines(after.substr(0, kEditBytesMax));
  const auto only_in = [](const std::vector<std::string_view>& lines,
                          const std::vector<std::string_view>& other) {
    std::multiset<std::string_view> left;
    for (const std::string_view line : other) left.insert(trim(line));
    std::string out;
    for (const std::string_view line : lines) {
      if (const auto it = left.find(trim(line)); it != left.end()) {
        left.erase(it);
        continue;
      }
      if (!out.empty()) out += '\n';
      out += line;
    }
    return out;
  };
  return {.path = std::move(path),
          .before = only_in(old_lines, new_lines),
          .after = only_in(new_lines, old_lines)};
}

void read_edits(const Json& params, StepView& view) {
  view.path = text_of(params, {"file_path", "path", "filename", "notebook_path", "target_file",
                               "filePath", "absolute_path"});
  if (view.path.empty()) view.path = view.step->action;
  const auto edits = params.find("edits");
  if (edits != params.end() && edits->is_array()) {
    for (const Json& edit : *edits) {
      if (!edit.is_object()) continue;
      view.edits.push_back(changed_lines(view.path, text_of(edit, {"old_string", "old_str"}),
                                         text_of(edit, {"new_string", "new_str"})));
    }
    return;
  }
  if (params.contains("old_string") || params.contains("old_str")) {
    view.edits.push_back(changed_lines(view.path, text_of(params, {"old_string", "old_str"}),
                                       text_of(params, {"new_string", "new_str"})));
    return;
  }
  Edit edit{.path = view.path, .after = text_of(params, {"content", "file_text", "contents"})};
  edit.whole_file = true;
  view.edits.push_back(std::move(edit));
}

// Redirections into files are edits too: `cat > a.ts <<EOF`, `tee`, `sed -i`.
void read_shell_edits(StepView& view) {
  static const RE2 target(R"((?:^|[;&|\n])\s*(?:cat|echo|printf)\b[^;&|\n]*?>>?\s*([\w./~-]+))");
  static const RE2 in_place(
      R"(\bsed\s+-i(?:\.\w+)?\b[^|;&\n]*?\s([\w./-]+\.[\w]+)\s*(?:$|[;&|\n]))");
  for (const RE2* pattern : {&target, &in_place}) {
    re2::StringPiece rest(view.command_text);
    std::string path;
    while (RE2::FindAndConsume(&rest, *pattern, &path)) {
      if (path.starts_with("/dev/")) continue;
      view.edits.push_back({.path = path, .whole_file = pattern == &target});
    }
  }
}

bool says_running(std::string_view output) {
  return output.starts_with("Command running in background") ||
         output.find("was manually backgrounded") != std::string_view::npos;
}

// "12 passed", "Tests: 3 passed, 3 total": a runner's own account.
bool counts_passes(std::string_view output) {
  static const RE2 pattern(
      R"((?i)\b[1-9]\d* (?:tests? )?pass(?:ed|ing)\b|test result: ok|\bPASS\b)");
  return RE2::PartialMatch(re2::StringPiece(output.data(), output.size()), pattern);
}
bool counts_failures(std::string_view output) {
  static const RE2 pattern(
      R"((?i)\b[1-9]\d* (?:tests? )?fail(?:ed|ing|ures?)\b|\bfound [1-9]\d* errors?\b)"
      R"(|\b[1-9]\d* errors? (?:generated|found)|test result: FAILED|✖ [1-9]\d* problems?)");
  return RE2::PartialMatch(re2::StringPiece(output.data(), output.size()), pattern);
}

void judge_shell(StepView& view) {
  const Step& step = *view.step;
  if (says_running(step.output)) return;
  if (step.status == StepStatus::kError || step.status == StepStatus::kTimeout) {
    view.result = RunResult::kFail;
    view.failing = failing_line(step.output);
    return;
  }
  // A program that asks a question ends its output with it and exits without doing anything.
  if (!view.command.goal.empty() && !view.command.masked) {
    if (auto prompt = waiting_prompt(step.output)) {
      view.result = RunResult::kFail;
      view.failing = std::move(prompt);
      return;
    }
  }
  const bool exit_known = step.status == StepStatus::kSuccess && !view.command.masked;
  if (exit_known) {
    view.result = RunResult::kPass;
    return;
  }
  if (!view.command.is_check) {
    if (step.status == StepStatus::kSuccess) view.result = RunResult::kPass;
    return;
  }
  // The status is a filter's or not known: the checker's own words decide.
  auto line = failing_line(step.output);
  const bool fails = counts_failures(step.output) || (line && line->weight >= 75);
  if (fails) {
    view.result = RunResult::kFail;
    view.failing = std::move(line);
  } else if (counts_passes(step.output) ||
             (!view.command.searched && !line && step.status == StepStatus::kSuccess)) {
    view.result = RunResult::kPass;
  }
}

void judge_tool(StepView& view) {
  const Step& step = *view.step;
  if (step.status == StepStatus::kSuccess) view.result = RunResult::kPass;
  if (step.status == StepStatus::kError || step.status == StepStatus::kTimeout) {
    view.result = RunResult::kFail;
    view.failing = failing_line(step.output);
    const std::string_view whole = trim(step.output);
    if (!view.failing && !whole.empty() && whole.size() <= 240 &&
        whole.find('\n') == std::string_view::npos) {
      view.failing = FailingLine{
          .raw = whole, .text = one_line(whole), .kind = ErrorKind::kOther, .weight = kStatesCause};
    }
  }
  // Many APIs answer an error as an ordinary result.
  static const RE2 error(R"(^\s*(?:\{"?error"?:|Error:|error:|Invalid action))");
  if (view.kind == StepClass::kOther && view.result == RunResult::kPass &&
      step.output.size() < 400 && RE2::PartialMatch(step.output, error)) {
    view.result = RunResult::kFail;
    view.failing = FailingLine{.raw = trim(std::string_view(step.output).substr(0, 240)),
                               .text = one_line(step.output),
                               .kind = ErrorKind::kOther,
                               .weight = kStatesCause};
  }
}

StepView view_of(const Step& step) {
  StepView view{.step = &step};
  view.kind = step_class(step.tool);
  Json params = Json::object();
  if (!step.parameters_json.empty()) {
    if (auto parsed = parse_json(step.parameters_json); parsed && parsed->is_object()) {
      params = *std::move(parsed);
    }
  }
  switch (view.kind) {
    case StepClass::kShell: {
      view.command_text = text_of(params, {"command", "cmd", "script"});
      if (view.command_text.empty()) view.command_text = step.action;
      view.command = parse_command(view.command_text);
      read_shell_edits(view);
      judge_shell(view);
      break;
    }
    case StepClass::kEdit:
      if (step.status != StepStatus::kError) read_edits(params, view);
      judge_tool(view);
      break;
    default:
      view.path = text_of(params, {"file_path", "path", "notebook_path"});
      judge_tool(view);
  }
  return view;
}

// Lines worth showing: no brackets alone, no comments.
std::vector<std::string_view> telling_lines(std::string_view lines) {
  std::vector<std::string_view> out;
  for (const std::string_view raw : split_lines(lines)) {
    const std::string_view line = trim(raw);
    if (line.size() < 4 || line.starts_with("//") || line.starts_with("# ") ||
        line.starts_with("/*") || line.starts_with("*") || line.starts_with("--")) {
      continue;
    }
    out.push_back(line);
    if (out.size() == 60) break;
  }
  return out;
}

bool is_closing(char c) { return c == '}' || c == ')' || c == ']'; }

// The new version of a line, its end left out where it is the old one's: "import { B } …".
std::string without_common_tail(std::string_view line, std::string_view old_line) {
  std::size_t n = 0;
  while (n < line.size() && n < old_line.size() &&
         line[line.size() - 1 - n] == old_line[old_line.size() - 1 - n]) {
    ++n;
  }
  std::size_t at = line.find(' ', line.size() - n);
  if (n < 16 || at == std::string_view::npos) return std::string(line);
  // What it closes belongs to it.
  while (at + 2 < line.size() && line[at + 2] == ' ' && is_closing(line[at + 1])) at += 2;
  if (line.size() - at < 12) return std::string(line);
  return std::string(line.substr(0, at)) + " …";
}

struct Imported {
  std::string name, module;
  bool operator==(const Imported&) const = default;
};

// The names that lines import: "import { a, b as c } from 'm'", "from m import a, b".
std::vector<Imported> imported_names(const std::vector<std::string_view>& lines) {
  static const RE2 braced(R"(^import\s+(?:type\s+)?\{([^}]+)\}\s*from\s*['"]([^'"]+))");
  static const RE2 plain(R"(^from\s+(\S+)\s+import\s+([\w, ]+)$)");
  std::vector<Imported> out;
  for (const std::string_view line : lines) {
    std::string names, module;
    const re2::StringPiece piece(line.data(), line.size());
    if (!RE2::PartialMatch(piece, braced, &names, &module) &&
        !RE2::PartialMatch(piece, plain, &module, &names)) {
      continue;
    }
    std::istringstream list(names);
    for (std::string part; std::getline(list, part, ',');) {
      const std::string_view name = trim(part);
      if (!name.empty()) out.push_back({std::string(name.substr(0, name.find(' '))), module});
    }
  }
  return out;
}

// "`a`, `b` of `m` instead of `c`"; empty unless few names came and few went.
std::string other_imports(const std::vector<std::string_view>& before,
                          const std::vector<std::string_view>& after) {
  constexpr std::size_t kNamesMax = 4;
  const auto only = [](std::vector<Imported> these, const std::vector<Imported>& not_those) {
    std::erase_if(these, [&](const Imported& one) {
      return std::ranges::find(not_those, one) != not_those.end();
    });
    return these;
  };
  const auto old_names = imported_names(before), new_names = imported_names(after);
  const auto come = only(new_names, old_names), gone = only(old_names, new_names);
  if (come.empty() || gone.empty() || come.size() + gone.size() > kNamesMax) return {};
  std::string out;
  for (std::size_t i = 0; i < come.size(); ++i) {
    out += (i > 0 ? ", " : "") + code(come[i].name);
    const bool last = i + 1 == come.size() || come[i + 1].module != come[i].module;
    if (last) out += " of " + code(come[i].module);
  }
  out += " instead of ";
  for (std::size_t i = 0; i < gone.size(); ++i) out += (i > 0 ? ", " : "") + code(gone[i].name);
  return out;
}

}  // namespace

StepClass step_class(std::string_view tool) {
  const std::string name = ascii_lower(tool);
  if (kShellTools.contains(name)) return StepClass::kShell;
  if (kEditTools.contains(name)) return StepClass::kEdit;
  if (kReadTools.contains(name)) return StepClass::kRead;
  if (kWebTools.contains(name)) return StepClass::kWeb;
  if (kHarnessTools.contains(name) || name.find("journal") != std::string::npos) {
    return StepClass::kHarness;
  }
  return StepClass::kOther;
}

std::vector<StepView> view_steps(const Episode& episode) {
  std::vector<StepView> views;
  views.reserve(episode.steps.size());
  for (const Step& step : episode.steps) views.push_back(view_of(step));
  return views;
}

std::string action_name(const StepView& view) {
  switch (view.kind) {
    case StepClass::kShell:
      return view.command.goal;
    case StepClass::kOther:
      break;
    default:
      return {};
  }
  // "click[Buy Now]" of a tool "webshop" is a click.
  static const RE2 bracket(R"(^(\w{2,20})\[)");
  std::string verb;
  if (RE2::PartialMatch(view.step->action, bracket, &verb)) return ascii_lower(verb);
  return view.step->tool;
}

std::string describe_edit(const Edit& edit) {
  if (edit.whole_file) return {};
  constexpr std::size_t kShownMax = 100;
  const auto before = telling_lines(edit.before);
  const auto after = telling_lines(edit.after);
  const std::string file = code(file_name(edit.path));
  if (const std::string names = other_imports(before, after); !names.empty()) {
    return file + " imported " + names;
  }
  // "Became" is only true of two versions of one line: the first pair that is nearly as alike as
  // the most alike one, if any is.
  struct Pair {
    std::string_view before, after;
    double alike;
  };
  std::vector<Pair> pairs;
  double best = 0;
  for (const std::string_view a : before) {
    for (const std::string_view b : after) {
      if (a.size() > kShownMax || b.size() > kShownMax) continue;
      pairs.push_back({a, b, jaccard(words(a), words(b))});
      best = std::max(best, pairs.back().alike);
    }
  }
  const auto chosen = std::ranges::find_if(
      pairs, [&](const Pair& pair) { return pair.alike > 0.3 && pair.alike >= 0.6 * best; });
  if (chosen != pairs.end()) {
    const auto& [old_line, new_line, alike] = *chosen;
    return code(old_line, 70) + " became " + code(without_common_tail(new_line, old_line), 70) +
           " in " + file;
  }
  if (before.empty() && !after.empty() && after[0].size() <= kShownMax) {
    return code(after[0]) + " was added to " + file;
  }
  if (after.empty() && !before.empty() && before[0].size() <= kShownMax) {
    return code(before[0]) + " was taken out of " + file;
  }
  return {};
}

}  // namespace hardwon::learn
