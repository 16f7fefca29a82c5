// `hardwon rule check|apply`: source files against the rules that were stated, and made to keep
// them.

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include "apps/operations.h"
#include "apps/rule_checks.h"
#include "apps/rule_json.h"
#include "apps/views.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "recall/rule_match.h"

namespace hardwon::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kTextBytesMax = 8U << 20;

Result<std::vector<StoredRule>> rules_here(Context& context) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  std::vector<StoredRule> rules;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    rules = TRY(stored_rules(reader, context.visibility));
    return {};
  }));
  return rules;
}

// ---------------------------------------------------------------- check

// The added lines of each file of a unified diff, 1-based in the new file.
using Lines = std::set<std::int64_t>;
class DiffReader {
 public:
  Result<std::map<std::string, Lines>> run(std::string_view diff) {
    for (const std::string_view line : split_lines(diff)) {
      ++number_;
      if (line.starts_with("@@ ")) {
        TRY(open_hunk(line));
      } else if (old_left_ > 0 || new_left_ > 0) {
        take(line);
      } else if (line.starts_with("+++ ")) {
        std::string_view path = trim(line.substr(4));
        if (path.starts_with("b/")) path.remove_prefix(2);
        path = path.substr(0, path.find('\t'));
        lines_ = path == "/dev/null" ? nullptr : &out_[std::string(path)];
      }
    }
    return std::move(out_);
  }

 private:
  Result<void> open_hunk(std::string_view line) {
    static const RE2 pattern(R"(@@ -\d{1,9}(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@.*)");
    std::string old_count, from, new_count;
    const re2::StringPiece text(line.data(), line.size());
    if (!RE2::FullMatch(text, pattern, &old_count, &from, &new_count)) {
      return std::unexpected(
          Error{.code = ErrorCode::kInvalidArgument,
                .message = "found '" + ellipsis(line, 60) + "', expected @@ -a,b +c,d @@",
                .line = number_});
    }
    old_left_ = old_count.empty() ? 1 : std::stoll(old_count);
    new_left_ = new_count.empty() ? 1 : std::stoll(new_count);
    at_ = std::stoll(from);
    return {};
  }

  // Within a hunk its counts decide: "+++ x" is there the added line "++ x".
  void take(std::string_view line) {
    const char mark = line.empty() ? ' ' : line.front();
    if (mark == '+' && lines_ != nullptr) lines_->insert(at_);
    if (mark == '+' || mark == ' ') ++at_, --new_left_;
    if (mark == '-' || mark == ' ') --old_left_;
  }

  std::map<std::string, Lines> out_;
  Lines* lines_ = nullptr;  // of the file whose hunks follow
  std::int64_t number_ = 0, at_ = 0, old_left_ = 0, new_left_ = 0;
};

struct Wanted {
  fs::path path;
  std::optional<Lines> lines;  // nullopt: all
};

Result<std::vector<Wanted>> wanted_files(Context& context, const Json& request) {
  std::vector<Wanted> out;
  const std::vector<std::string> paths = texts_of(request, "paths");
  if (flag_of(request, "diff")) {
    if (!paths.empty()) return bad_option("diff", "takes the diff from stdin, and no PATH");
    const std::string diff{std::istreambuf_iterator<char>(*context.input), {}};
    for (auto& [path, lines] : TRY(DiffReader().run(diff))) out.push_back({path, std::move(lines)});
    return out;
  }
  if (paths.empty()) return bad_option("paths", "expected a file or folder, or --diff");
  for (const std::string& path : paths) {
    for (fs::path& file : TRY(source_files(path))) out.push_back({std::move(file), std::nullopt});
  }
  return out;
}

Result<Reply> check(Context& context, const Json& request) {
  const std::vector<Wanted> files = TRY(wanted_files(context, request));
  const std::vector<StoredRule> rules = TRY(rules_here(context));
  Reply reply{.value = Json::array()};
  std::size_t skipped = 0;
  for (const Wanted& wanted : files) {
    const auto findings = check_file(wanted.path, rules);
    if (!findings) {
      // One of many files that cannot be read or parsed does not hide what the others hold.
      if (files.size() == 1) return std::unexpected(findings.error());
      log(LogLevel::kWarning, "rule_check.skipped",
          {{"path", wanted.path.string()}, {"why", findings.error().message}});
      ++skipped;
      continue;
    }
    for (const RuleFinding& found : *findings) {
      const code::Finding& finding = found.finding;
      if (wanted.lines && !wanted.lines->contains(finding.line)) continue;
      reply.value.push_back({{"rule_id", to_text(rules[found.rule].lesson.id)},
                             {"path", found.path},
                             {"line", finding.line},
                             {"column", finding.column},
                             {"found", finding.found},
                             {"expected", finding.expected},
                             {"rule", rules[found.rule].lesson.statement}});
    }
  }
  if (skipped > 0 && skipped == files.size()) {
    return fail(ErrorCode::kIo, "none of the files could be checked");
  }
  if (!reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string check_text(const Reply& reply) {
  if (reply.value.empty()) return "Nothing found.\n";
  std::string out;
  for (const Json& found : reply.value) {
    out += fmt::format("{}:{}:{}: found {}, expected {}\n    rule: {}\n",
                       found["path"].get<std::string>(), found["line"].get<std::int64_t>(),
                       found["column"].get<std::int64_t>(), found["found"].get<std::string>(),
                       found["expected"].get<std::string>(), found["rule"].get<std::string>());
  }
  return out +
         fmt::format("{}.\n", counted(static_cast<std::int64_t>(reply.value.size()), "finding"));
}

// ---------------------------------------------------------------- apply

Result<recall::RuleTask> task_of(Context& context, const std::string& path) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(*context.input), {});
  } else {
    text = TRY(read_file(path, kTextBytesMax));
  }
  TaskFile file = TRY(parse_tasks(text, path));
  if (!file.errors.empty()) return std::unexpected(file.errors.front());
  if (file.tasks.size() != 1) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = fmt::format("found {}, expected one task",
                                                        counted(std::ssize(file.tasks), "task")),
                                 .path = path});
  }
  return std::move(file.tasks.front());
}

struct Mended {
  Json modifications = Json::array();
  std::set<std::size_t> done;  // rules that the file now keeps
  std::string text;
  bool changed = false;
};

// Edits the file's text by the conventions of the rules that apply.
Result<Mended> mend(const fs::path& path, const std::vector<StoredRule>& rules,
                    const std::vector<std::size_t>& applied) {
  const std::string text = TRY(read_file(path, kTextBytesMax));
  std::vector<code::Convention> conventions;
  std::vector<std::size_t> owner;
  for (const std::size_t rule : applied) {
    for (const code::Convention& convention : rules[rule].conventions) {
      if (std::ranges::find(conventions, convention) != conventions.end()) continue;
      conventions.push_back(convention);
      owner.push_back(rule);
    }
  }
  Mended out;
  std::set<std::size_t> open;  // conventions that the file does not keep yet
  auto fixed = code::fix(text, path.string(), conventions);
  if (!fixed) {
    Error error = std::move(fixed).error();
    error.path = path.string();
    return std::unexpected(std::move(error));
  }
  for (const code::Edit& edit : fixed->edits) {
    out.modifications.push_back({{"rule_id", to_text(rules[owner[edit.convention]].lesson.id)},
                                 {"path", path.string()},
                                 {"line", edit.line},
                                 {"from", edit.from},
                                 {"to", edit.to},
                                 {"exported", edit.exported}});
  }
  for (const code::Finding& left : fixed->left) {
    open.insert(left.convention);
    out.modifications.push_back({{"rule_id", to_text(rules[owner[left.convention]].lesson.id)},
                                 {"path", path.string()},
                                 {"line", left.line},
                                 {"found", left.found},
                                 {"expected", left.expected},
                                 {"left", left.reason}});
  }
  for (const std::size_t rule : applied) {
    const bool kept = std::ranges::none_of(rules[rule].conventions, [&](const auto& convention) {
      const auto at = std::ranges::find(conventions, convention) - conventions.begin();
      return open.contains(static_cast<std::size_t>(at));
    });
    if (kept) out.done.insert(rule);
  }
  out.changed = fixed->text != text;
  out.text = std::move(fixed->text);
  return out;
}

// Keeps the file's mode, and a link a link.
Result<void> write_in_place(const fs::path& path, const std::string& text) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (error) return std::unexpected(io_error(path, "resolving the path", error.value()));
  const auto mode = static_cast<unsigned>(fs::status(target, error).permissions()) & 07777U;
  if (error) return std::unexpected(io_error(path, "reading the mode", error.value()));
  return write_file_atomically(target, text, {.mode = mode, .durable = false});
}

Result<Reply> apply(Context& context, const Json& request) {
  recall::RuleTask task = TRY(task_of(context, text_of(request, "task")));
  const std::string path = text_of(request, "file");
  const bool write = flag_of(request, "write");
  if (write && path.empty()) return bad_option("write", "needs --file");
  if (!path.empty()) {
    task.paths.push_back(path);
    if (const auto language = code::language_of(path); language && task.language.empty()) {
      task.language = code::name_of(*language);
    }
  }
  const std::vector<StoredRule> rules = TRY(rules_here(context));
  std::vector<recall::MatchableRule> matchable;
  matchable.reserve(rules.size());
  for (const StoredRule& rule : rules) matchable.push_back(recall::matchable(rule.lesson));
  const recall::RuleIndex index(std::move(matchable));
  Json applied = Json::array(), instructions = Json::array(), errors = Json::array();
  for (const Error& error : index.errors()) errors.push_back(error_json(error)["error"]);
  // A rule whose convention the file's language decides applies to that file, whatever the task
  // is about.
  std::vector<std::size_t> chosen;
  const auto language = code::language_of(path);
  const auto concerns_file = [&](const code::Convention& convention) {
    return convention.languages.empty() ||
           (language &&
            std::ranges::find(convention.languages, *language) != convention.languages.end());
  };
  for (std::size_t i = 0; i < rules.size() && !path.empty(); ++i) {
    if (std::ranges::any_of(rules[i].conventions, concerns_file)) chosen.push_back(i);
  }
  const std::size_t by_file = chosen.size();
  for (const recall::RuleMatch& match :
       index.match(task, {.threshold = 0.8, .rules_max = rules.size()})) {
    if (std::ranges::find(chosen, match.rule) == chosen.end()) chosen.push_back(match.rule);
  }
  Mended mended;
  if (!path.empty() && by_file > 0) {
    mended = TRY(mend(path, rules, {chosen.begin(), chosen.begin() + static_cast<long>(by_file)}));
    if (write && mended.changed) {
      TRY(write_in_place(path, mended.text));
    }
  }
  for (const std::size_t rule : chosen) {
    applied.push_back(to_text(rules[rule].lesson.id));
    if (mended.done.contains(rule)) continue;
    instructions.push_back({{"rule_id", to_text(rules[rule].lesson.id)},
                            {"instruction", rules[rule].lesson.statement}});
  }
  Json value = {{"task", task.id.empty() ? Json(nullptr) : Json(task.id)},
                {"applied_rules", std::move(applied)},
                {"modifications", std::move(mended.modifications)},
                {"instructions", std::move(instructions)},
                {"written", write && mended.changed}};
  if (!errors.empty()) value["errors"] = std::move(errors);
  return Reply{.value = std::move(value)};
}

std::string apply_text(const Reply& reply) {
  std::string out;
  std::size_t edits = 0;
  for (const Json& change : reply.value["modifications"]) {
    const std::string place =
        fmt::format("{}:{}", change["path"].get<std::string>(), change["line"].get<std::int64_t>());
    if (change.contains("left")) {
      out += fmt::format("{}: left as it is: {} ({})\n", place, change["found"].get<std::string>(),
                         change["left"].get<std::string>());
      continue;
    }
    ++edits;
    out += fmt::format("{}: {} -> {}\n", place, one_line(change["from"].get<std::string>()),
                       one_line(change["to"].get<std::string>()));
  }
  for (const Json& instruction : reply.value["instructions"]) {
    out += "do: " + instruction["instruction"].get<std::string>() + "\n";
  }
  if (edits > 0 && !reply.value["written"].get<bool>()) {
    out += "Nothing was written: --write does it.\n";
  }
  return out.empty() ? "No rule applies.\n" : out;
}

constexpr auto kCheckParams = std::to_array<Param>({
    {.name = "paths", .type = ParamType::kTexts, .help = "files or folders", .positional = true},
    {.name = "diff",
     .type = ParamType::kFlag,
     .help = "read a unified diff from stdin and look at its added lines alone"},
});
constexpr auto kApplyParams = std::to_array<Param>({
    {.name = "task",
     .help = "a JSON file {\"id\",\"type\",\"language\",\"description\"}; - reads stdin",
     .required = true},
    {.name = "file", .help = "source file to mend"},
    {.name = "write", .type = ParamType::kFlag, .help = "write the mended file"},
});

}  // namespace

const Operation kRuleCheck = {
    .name = "rule check",
    .group = "Inspect",
    .summary = "Find where files break the rules that were stated here",
    .details =
        "Checks what a syntax tree decides: names, indentation, quotes, calls and imports to\n"
        "avoid, lengths (`rule list` says which rules are checked). Exit 1 if anything is "
        "found.\n\n"
        "  hardwon rule check src/\n"
        "  git diff | hardwon rule check --diff",
    .params = kCheckParams,
    .run = check,
    .text = check_text};
const Operation kRuleApply = {
    .name = "rule apply",
    .group = "Inspect",
    .summary = "Make a file keep the rules, and say what else applies to a task",
    .details =
        "What a syntax tree can mend is edited (shown, and written with --write); the other\n"
        "rules that apply to the task are given as instructions.\n\n"
        "  hardwon rule apply --task task.json --file src/app.py --write",
    .params = kApplyParams,
    .run = apply,
    .text = apply_text};

}  // namespace hardwon::apps
