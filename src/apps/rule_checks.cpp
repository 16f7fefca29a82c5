#include "apps/rule_checks.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace hardwon::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSourceBytesMax = 8U << 20;

// The language a rule was stated for ("Python" in its heading or its context).
std::optional<code::Language> language_of_rule(const Rule& rule) {
  if (rule.match.context_json.empty()) return std::nullopt;
  const auto json = parse_json(rule.match.context_json);
  if (!json || !json->is_object()) return std::nullopt;
  return code::language_named(json->value("language", ""));
}

bool is_left_out(const fs::path& directory) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "node_modules", "build", "dist", "target", "vendor", "third_party",
      "__pycache__",  "venv",  "out",  "bin",    "obj"};
  const std::string name = directory.filename().string();
  return name.starts_with('.') || std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace

std::optional<StoredRule> stored_rule(Lesson lesson) {
  StoredRule stored;
  if (const auto* rule = std::get_if<Rule>(&lesson.payload)) {
    stored.rule = *rule;
  } else if (const auto* decision = std::get_if<Decision>(&lesson.payload)) {
    stored.rule = {.text = decision->text,
                   .match = {.type = MatchType::kContext, .value = "always"}};
  } else {
    return std::nullopt;
  }
  // A person's edit is in the statement.
  const std::string& said = lesson.statement.ends_with("…") ? stored.rule.text : lesson.statement;
  stored.conventions = code::conventions_in(said, language_of_rule(stored.rule));
  stored.lesson = std::move(lesson);
  return stored;
}

Result<std::vector<StoredRule>> stored_rules(const store::Reader& reader,
                                             const Visibility& visibility, bool superseded) {
  std::vector<StoredRule> out;
  for (Lesson& lesson :
       TRY(store::list_lessons(reader, {.visibility = visibility,
                                        .kinds = {LessonKind::kRule, LessonKind::kDecision}}))) {
    const bool replaced = !lesson.superseded_by.empty();
    const bool holds = lesson.status == LessonStatus::kActive && !replaced;
    if (lesson.suppressed || !(holds || (superseded && replaced))) continue;
    if (auto rule = stored_rule(std::move(lesson))) out.push_back(*std::move(rule));
  }
  std::ranges::sort(out, {}, [](const StoredRule& rule) { return rule.lesson.id; });
  return out;
}

Result<std::vector<RuleFinding>> check_file(const fs::path& path,
                                            const std::vector<StoredRule>& rules) {
  const std::string text = TRY(read_file(path, kSourceBytesMax));
  // Two rules may state one convention: it is checked once, for the first.
  std::vector<code::Convention> conventions;
  std::vector<std::size_t> owner;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (const code::Convention& convention : rules[i].conventions) {
      if (std::ranges::find(conventions, convention) != conventions.end()) continue;
      conventions.push_back(convention);
      owner.push_back(i);
    }
  }
  std::vector<RuleFinding> out;
  auto found = code::check(text, path.string(), conventions);
  if (!found) {
    Error error = std::move(found).error();
    error.path = path.string();
    return std::unexpected(std::move(error));
  }
  for (code::Finding& finding : *found) {
    out.push_back({owner[finding.convention], path.string(), std::move(finding)});
  }
  return out;
}

Result<std::vector<fs::path>> source_files(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo, .message = "there is no such file", .path = path.string()});
  }
  if (!fs::is_directory(status)) return std::vector<fs::path>{path};
  std::vector<fs::path> out;
  fs::recursive_directory_iterator walk(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk->is_directory(error) && is_left_out(walk->path())) {
      walk.disable_recursion_pending();
    } else if (walk->is_regular_file(error) && code::language_of(walk->path().string())) {
      out.push_back(walk->path());
    }
  }
  if (error) return std::unexpected(io_error(path, "reading the directory", error.value()));
  std::ranges::sort(out);
  return out;
}

}  // namespace hardwon::apps
