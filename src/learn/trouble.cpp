#include "learn/trouble.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kNearStepsMax = 8;  // a missing program's replacement comes soon
constexpr std::size_t kStatementsMax = 64;

bool is_run(const StepView& view) {
  return (view.kind == StepClass::kShell && !view.command.goal.empty()) ||
         view.kind == StepClass::kOther;
}

std::string goal_of(const StepView& view) {
  return view.kind == StepClass::kShell ? view.command.goal : view.step->tool;
}

// Words of the main call that are no flags: what it was run on.
std::set<std::string> targets(const StepView& view) {
  std::set<std::string> out;
  if (view.command.calls.empty()) return out;
  for (const std::string& arg : view.command.calls[view.command.main].args) {
    if (!arg.empty() && arg[0] != '-') out.insert(arg);
  }
  return out;
}

std::string main_text(const StepView& view) {
  return view.command.calls.empty() ? std::string() : short_command(view.command.shown, 400);
}

// What a line does before its main call: sourced environments, exports.
std::string prelude(const StepView& view) {
  std::string out;
  for (std::size_t i = 0; i < view.command.main; ++i) out += view.command.calls[i].text + " && ";
  return out;
}

// Two calls of one tool are tries at one thing when they agree in a parameter.
bool same_call_otherwise(const Step& fail, const Step& pass) {
  if (fail.parameters_json.empty() || pass.parameters_json.empty()) {
    return fail.action == pass.action;
  }
  const auto a = parse_json(fail.parameters_json), b = parse_json(pass.parameters_json);
  if (!a || !b || !a->is_object() || !b->is_object()) return false;
  if (a->size() <= 1 && b->size() <= 1) return *a == *b;
  return std::ranges::any_of(a->items(), [&](const auto& item) {
    return b->contains(item.key()) && b->at(item.key()) == item.value();
  });
}

// Whether `pass` asks for the same thing as `fail`: other flags, another directory or the whole
// instead of a part are the same; another target is not.
bool same_thing(const StepView& fail, const StepView& pass) {
  if (fail.kind == StepClass::kOther) return same_call_otherwise(*fail.step, *pass.step);
  const auto before = targets(fail), after = targets(pass);
  if (std::ranges::includes(before, after) || std::ranges::includes(after, before)) return true;
  return !fail.command.is_check && jaccard(words(main_text(fail)), words(main_text(pass))) >= 0.5;
}

// All errors that an output states: an error that is no longer among them is gone.
std::set<std::string> statements(const StepView& view) {
  std::set<std::string> out;
  if (view.failing) out.insert(normalise_error(view.failing->text));
  for (const std::string_view line : split_lines(view.step->output)) {
    if (out.size() >= kStatementsMax) break;
    if (const auto found = failing_line(line); found && found->weight >= 75) {
      out.insert(normalise_error(found->text));
    }
  }
  return out;
}

bool is_config(std::string_view path) {
  static const RE2 pattern(
      R"((?i)(?:^|/)(?:package\.json|[jt]sconfig[\w.-]*\.json|.*\.(?:toml|ya?ml|cfg|ini|lock|)"
      R"(env|gradle)"
      R"(|cmake|mk|nix|props|csproj|tf)|CMakeLists\.txt|Makefile|GNUmakefile|Dockerfile[\w.-]*)"
      R"(|Containerfile|\.env[\w.]*|[\w.-]*\.config\.[cm]?[jt]s|requirements[\w-]*\.txt|go\.mod)"
      R"(|pom\.xml|Gemfile|Podfile|setup\.py|\.\w+rc(?:\.\w+)?|\.babelrc|\.gitignore|conftest\.py)"
      R"(|jest\.setup\.\w+|CMakePresets\.json|Justfile|justfile|BUILD(?:\.bazel)?|WORKSPACE)$)");
  return RE2::PartialMatch(re2::StringPiece(path.data(), path.size()), pattern);
}

bool touches_imports(const Edit& edit) {
  static const RE2 pattern(
      R"((?m)^\s*(?:import\b|from \S+ import\b|#include\b|use [\w:]+|const .* = require\(|)"
      R"(@import\b))");
  return RE2::PartialMatch(edit.before, pattern) && RE2::PartialMatch(edit.after, pattern);
}

// A module of the code itself ("./store", "@/lib/x"), not a dependency.
bool names_local_module(std::string_view statement) {
  static const RE2 pattern(R"(['"`](?:\.{1,2}/|/|@/|~/|src/))");
  return RE2::PartialMatch(re2::StringPiece(statement.data(), statement.size()), pattern);
}

struct Fix {
  std::vector<const Edit*> edits;
  std::vector<const StepView*> installs, commands;
  bool arguments = false;
  bool prelude = false;
  bool directory = false;
};

bool may_matter(const StepView& view) {
  return view.kind == StepClass::kShell && view.result != RunResult::kFail &&
         view.command.is_change && !is_everyday(view.command.goal) && !view.command.inline_script;
}

// An error in the code is solved by an install only when it names what was installed.
bool is_relevant_install(const StepView& install, const StepView& failed) {
  if (!failed.failing || failed.failing->kind != ErrorKind::kCode) return true;
  const auto& args = install.command.calls[install.command.main].args;
  return std::ranges::any_of(args, [&](const std::string& arg) {
    const std::string name = arg.substr(0, arg.find_first_of("@=<>", 1));
    return name.size() >= 3 && arg[0] != '-' && name != "install" && name != "add" &&
           failed.step->output.find(name) != std::string::npos;
  });
}

Fix fix_between(const std::vector<StepView>& views, std::size_t last_fail, std::size_t pass) {
  Fix fix;
  for (std::size_t i = last_fail + 1; i < pass; ++i) {
    const StepView& view = views[i];
    if (view.result == RunResult::kFail) continue;
    for (const Edit& edit : view.edits) fix.edits.push_back(&edit);
    if (view.kind != StepClass::kShell) continue;
    if (view.command.is_install) {
      if (is_relevant_install(view, views[last_fail])) fix.installs.push_back(&view);
    } else if (may_matter(view)) {
      fix.commands.push_back(&view);
    }
  }
  const StepView &before = views[last_fail], &after = views[pass];
  if (before.kind == StepClass::kShell) {
    fix.prelude = !prelude(after).empty() && prelude(before) != prelude(after);
    fix.arguments = fix.prelude || main_text(before) != main_text(after);
    fix.directory =
        !after.command.directory.empty() && after.command.directory != before.command.directory;
  }
  return fix;
}

// Parameters whose values differ between two calls of one tool.
std::vector<std::string> changed_parameters(const Step& before, const Step& after) {
  const auto a = parse_json(before.parameters_json), b = parse_json(after.parameters_json);
  std::vector<std::string> out;
  if (!a || !b || !a->is_object() || !b->is_object()) return out;
  for (const auto& [key, value] : b->items()) {
    if (!a->contains(key) || a->at(key) != value) out.push_back(key);
  }
  for (const auto& [key, value] : a->items()) {
    if (!b->contains(key)) out.push_back(key);
  }
  return out;
}

// The file an edit is about comes first when the error names it, then configuration, imports.
const Edit* main_edit(const std::vector<const Edit*>& edits, std::string_view near_text) {
  const Edit* best = nullptr;
  int best_rank = -1;
  for (const Edit* edit : edits) {
    int rank = describe_edit(*edit).empty() ? 0 : 1;
    if (near_text.find(file_name(edit->path)) != std::string_view::npos) rank += 4;
    if (is_config(edit->path)) rank += 3;
    if (touches_imports(*edit)) rank += 3;
    if (rank > best_rank) best = edit, best_rank = rank;
  }
  return best;
}

void describe_fix(const std::vector<StepView>& views, const Fix& fix, Trouble& trouble) {
  const std::size_t pass = *trouble.solved_at;
  const StepView& after = views[pass];
  trouble.recovery = changes_between(views, trouble.runs.back() + 1, pass);
  for (const Edit* edit : fix.edits) {
    if (std::ranges::find(trouble.paths, edit->path) == trouble.paths.end()) {
      trouble.paths.push_back(edit->path);
    }
  }
  if (after.kind == StepClass::kOther) {
    // What another tool did meanwhile may be what made the difference: it is told first.
    for (std::size_t i = pass; i-- > trouble.runs.back() + 1;) {
      const StepView& view = views[i];
      const bool other = view.kind == StepClass::kOther && view.step->tool != after.step->tool;
      if (!other || view.result == RunResult::kFail) continue;
      trouble.fix = "after " + code(action_name(view), 60);
      trouble.recovery.push_back(action_name(view));
      break;
    }
    const auto changed = changed_parameters(*views[trouble.runs.back()].step, *after.step);
    for (std::size_t i = 0; i < changed.size() && i < 3; ++i) {
      const char* joint = i > 0 || !trouble.fix.empty() ? ", " : "";
      trouble.fix += joint + std::string(i == 0 ? "with another " : "") + code(changed[i]);
    }
    return;
  }
  const StepView& first = views[trouble.runs.front()];
  const bool whole = (fix.directory || fix.prelude) && after.command_text.size() <= 120;
  const std::string shown =
      command_beside(whole ? after.command_text : after.command.shown, first.command.shown);
  if (fix.arguments || fix.directory) {
    trouble.recovery.push_back(code(short_command(after.command_text, 300), 300));
  }
  if (!fix.installs.empty()) {
    trouble.fix = "after " + code(short_command(fix.installs.back()->command.shown));
  } else if ((fix.arguments || fix.directory) &&
             (fix.edits.empty() || trouble.line.kind == ErrorKind::kPrompt ||
              trouble.line.kind == ErrorKind::kUsage)) {
    trouble.fix = "as " + code(shown);
  } else if (const Edit* edit = main_edit(fix.edits, views[trouble.runs.back()].step->output)) {
    const std::string change = describe_edit(*edit);
    trouble.short_fix = "after " + code(file_name(edit->path), 50) + " was edited";
    trouble.fix = change.empty() ? trouble.short_fix : "after " + change;
    for (std::size_t i = trouble.runs.back() + 1; i < pass; ++i) {
      for (const Edit& own : views[i].edits) {
        if (&own != edit) continue;
        trouble.fix_step = i;
        trouble.fix_quote = edit_quote(*views[i].step, own);
      }
    }
    if (trouble.fix_quote.empty()) trouble.fix_step.reset();
  } else if (!fix.commands.empty()) {
    trouble.fix = "after " + code(short_command(fix.commands.back()->command.shown));
  }
}

// A test's own words: what it says is about the code under work.
bool is_assertion(std::string_view statement) {
  static const RE2 pattern(R"((?i)\bexpect|\bassert|^FAIL|--- FAIL|^●|to (?:be|equal)\b)");
  return RE2::PartialMatch(re2::StringPiece(statement.data(), statement.size()), pattern);
}

// What a future session gains by knowing it; the reasons are the ones people read.
void judge(const StepView& first, const Fix* fix, Trouble& trouble) {
  const ErrorKind kind = trouble.line.kind;
  if (kind == ErrorKind::kHarness || kind == ErrorKind::kGit) {
    trouble.never = kEveryRepository;
  } else if (kind == ErrorKind::kShell) {
    trouble.never = kOwnSlip;
  } else if (first.command.inline_script && kind != ErrorKind::kMissingModule &&
             kind != ErrorKind::kMissingTool && kind != ErrorKind::kEnvironment) {
    trouble.never = kMomentScript;
  } else if (kind == ErrorKind::kMissingPath) {
    trouble.weak = kTrivialProbing;
  } else if (kind == ErrorKind::kNetwork && first.kind == StepClass::kShell) {
    trouble.weak = kTransientNetwork;
  } else if (first.kind == StepClass::kShell && is_everyday(trouble.goal) &&
             kind != ErrorKind::kEnvironment && kind != ErrorKind::kMissingTool &&
             kind != ErrorKind::kPrompt && kind != ErrorKind::kTimeout) {
    trouble.weak = kEveryRepository;
  }
  // What an API refused once may have been that one task's doing.
  if (trouble.never.empty() && first.kind == StepClass::kOther) {
    if (words(trouble.line.text).size() < 4) trouble.never = kNoStatement;
    trouble.weak = kSeenOnce;
  }
  if (fix == nullptr || !trouble.never.empty() || !trouble.weak.empty()) return;
  if (trouble.fix.empty()) {
    trouble.weak = kUnchanged;
    return;
  }
  const Edit* edit = main_edit(fix->edits, first.step->output);
  const bool by_source = edit != nullptr && !is_config(edit->path) && fix->installs.empty();
  const bool by_import = edit != nullptr && touches_imports(*edit) && trouble.runs.size() >= 2 &&
                         !is_assertion(trouble.line.text);
  if (kind == ErrorKind::kMissingModule) {
    // Taking the import out again is no way to get the module.
    const bool taken_out =
        edit != nullptr && by_source && fix->commands.empty() && !fix->arguments && !fix->directory;
    if (taken_out || names_local_module(trouble.line.text)) trouble.weak = kOwnSlip;
  } else if ((kind == ErrorKind::kCode || kind == ErrorKind::kOther) && by_source && !by_import) {
    trouble.weak = kOwnSlip;
  } else if (kind == ErrorKind::kCode && fix->edits.empty() && fix->installs.empty() &&
             fix->commands.empty() && !fix->directory && !fix->prelude) {
    trouble.weak = kOwnSlip;  // flags that only show less
  }
}

using Runs = std::vector<std::size_t>;

// "No such program": the replacement has another name but the same arguments.
std::optional<std::size_t> replacement(const std::vector<StepView>& views, std::size_t failed) {
  const auto before = targets(views[failed]);
  const std::string program = views[failed].command.calls[views[failed].command.main].program;
  const std::size_t end = std::min(views.size(), failed + 1 + kNearStepsMax);
  for (std::size_t i = failed + 1; i < end; ++i) {
    const StepView& view = views[i];
    if (view.kind != StepClass::kShell || view.result != RunResult::kPass) continue;
    if (view.command.goal.empty() || view.command.masked || view.command.is_install) continue;
    const auto after = targets(view);
    std::vector<std::string> common;
    std::ranges::set_intersection(before, after, std::back_inserter(common));
    const std::string& other = view.command.calls[view.command.main].program;
    const bool alike = other.starts_with(program) || program.starts_with(other);
    if ((!before.empty() && common.size() * 2 > before.size()) ||
        (alike && (before.empty() || !common.empty()))) {
      return i;
    }
  }
  return std::nullopt;
}

// Changes between two failing runs that may have been meant for the error: of files that it
// names, of configuration, by commands.
std::vector<std::string> changes_for(const std::vector<StepView>& views, std::size_t from,
                                     std::size_t to, std::string_view error_text) {
  std::vector<std::string> out;
  for (std::size_t i = from + 1; i < to; ++i) {
    const StepView& view = views[i];
    const bool meant = std::ranges::all_of(view.edits, [&](const Edit& edit) {
      return is_config(edit.path) ||
             error_text.find(file_name(edit.path)) != std::string_view::npos;
    });
    if (!meant) continue;
    for (std::string& change : changes_between(views, i, i + 1)) out.push_back(std::move(change));
  }
  return out;
}

void settle(const std::vector<StepView>& views, Trouble& trouble) {
  const StepView& first = views[trouble.runs.front()];
  for (std::size_t i = 0; i + 1 < trouble.runs.size(); ++i) {
    for (std::string& change :
         changes_for(views, trouble.runs[i], trouble.runs[i + 1], first.step->output)) {
      trouble.tried.push_back(std::move(change));
    }
    trouble.between = trouble.between ||
                      !changes_between(views, trouble.runs[i] + 1, trouble.runs[i + 1]).empty();
    const std::string before = main_text(views[trouble.runs[i]]);
    const std::string after = main_text(views[trouble.runs[i + 1]]);
    if (before != after && !after.empty())
      trouble.tried.push_back(code(short_command(after, 200), 200));
  }
  if (!trouble.solved_at) {
    judge(first, nullptr, trouble);
    return;
  }
  const Fix fix = fix_between(views, trouble.runs.back(), *trouble.solved_at);
  describe_fix(views, fix, trouble);
  judge(first, &fix, trouble);
}

// The troubles of one goal, from its runs in order.
void troubles_of(const std::vector<StepView>& views, const Runs& runs,
                 std::vector<Trouble>& troubles) {
  std::map<std::size_t, std::set<std::string>> stated;
  for (const std::size_t i : runs) {
    if (views[i].result == RunResult::kFail) stated[i] = statements(views[i]);
  }
  std::set<std::string> open;
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const StepView& view = views[runs[at]];
    if (view.result == RunResult::kPass) open.clear();
    if (view.result != RunResult::kFail || !view.failing) continue;
    if (view.failing->weight < kStatesCause) continue;
    const bool prompt = view.failing->kind == ErrorKind::kPrompt;
    const std::string signature =
        prompt ? "waits for an answer" : normalise_error(view.failing->text);
    if (!open.insert(signature).second) continue;
    Trouble trouble{.goal = goal_of(view), .signature = signature, .line = *view.failing};
    // Earlier runs may have stated it behind another error.
    std::size_t from = at;
    while (from > 0 && stated.contains(runs[from - 1]) &&
           stated[runs[from - 1]].contains(signature)) {
      --from;
    }
    std::optional<std::size_t> gone;
    for (std::size_t i = from; i < runs.size(); ++i) {
      const StepView& run = views[runs[i]];
      if (run.result == RunResult::kFail) {
        const bool again = prompt ? run.failing && run.failing->kind == ErrorKind::kPrompt
                                  : stated[runs[i]].contains(signature);
        if (again && !gone) trouble.runs.push_back(runs[i]);
        if (!again && !gone) gone = runs[i];
      } else if (run.result == RunResult::kPass && same_thing(views[trouble.runs.back()], run)) {
        trouble.solved_at = gone.value_or(runs[i]);
        break;
      }
    }
    if (!trouble.solved_at && trouble.line.kind == ErrorKind::kMissingTool &&
        view.kind == StepClass::kShell) {
      trouble.solved_at = replacement(views, trouble.runs.back());
    }
    settle(views, trouble);
    troubles.push_back(std::move(trouble));
  }
}

}  // namespace

std::vector<Trouble> find_troubles(const std::vector<StepView>& views) {
  std::map<std::string, Runs> by_goal;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (is_run(views[i])) by_goal[goal_of(views[i])].push_back(i);
  }
  std::vector<Trouble> troubles;
  for (const auto& [goal, runs] : by_goal) troubles_of(views, runs, troubles);
  std::ranges::sort(troubles, [](const Trouble& a, const Trouble& b) {
    return std::tie(a.runs.front(), a.signature) < std::tie(b.runs.front(), b.signature);
  });
  return troubles;
}

std::vector<std::string> changes_between(const std::vector<StepView>& views, std::size_t from,
                                         std::size_t to) {
  std::vector<std::string> out;
  const auto add = [&](std::string text) {
    if (!text.empty() && std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  };
  for (std::size_t i = from; i < to; ++i) {
    const StepView& view = views[i];
    if (view.result == RunResult::kFail && view.kind != StepClass::kShell) continue;
    for (const Edit& edit : view.edits) {
      const std::string change = describe_edit(edit);
      add(change.empty() ? code(file_name(edit.path)) + " was edited" : change);
    }
    if (view.kind == StepClass::kShell && (view.command.is_install || may_matter(view))) {
      add(code(short_command(view.command.shown)));
    }
  }
  return out;
}

std::string_view stating_line(const StepView& view, const Trouble& trouble) {
  if (view.failing && (trouble.line.kind == ErrorKind::kPrompt ||
                       normalise_error(view.failing->text) == trouble.signature)) {
    return view.failing->raw;
  }
  for (const std::string_view line : split_lines(view.step->output)) {
    const auto found = failing_line(line);
    if (found && normalise_error(found->text) == trouble.signature) return found->raw;
  }
  return {};
}

std::string edit_quote(const Step& step, const Edit& edit) {
  for (const std::string* side : {&edit.after, &edit.before}) {
    for (const std::string_view line : split_lines(*side)) {
      const std::string_view text = trim(line);
      if (text.size() < 8 || text.size() > 200) continue;
      std::string escaped = dump_json(Json(std::string(text)));
      escaped = escaped.substr(1, escaped.size() - 2);
      if (step.parameters_json.find(escaped) != std::string::npos) return escaped;
    }
  }
  return {};
}

std::string main_change(const std::vector<StepView>& views, std::size_t from, std::size_t to,
                        std::string_view near_text) {
  std::vector<const Edit*> edits;
  for (std::size_t i = from; i < to; ++i) {
    if (views[i].result == RunResult::kFail) continue;
    for (const Edit& edit : views[i].edits) edits.push_back(&edit);
  }
  if (const Edit* edit = main_edit(edits, near_text)) {
    const std::string change = describe_edit(*edit);
    return change.empty() ? code(file_name(edit->path)) + " was edited" : change;
  }
  const auto changes = changes_between(views, from, to);
  return changes.empty() ? std::string() : changes.back();
}

}  // namespace hardwon::learn
