#include "import/claude_code_steps.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "import/claude_code_record.h"

namespace hardwon::import {
namespace {

constexpr std::size_t kActionBytesMax = 2'000;
constexpr std::size_t kParameterStringMax = 2'000;  // a written file is not kept whole
constexpr std::size_t kParametersBytesMax = 32'000;
constexpr std::size_t kShortOutput = 200;  // once an episode's budget is spent

struct ToolField {
  std::string_view tool, field;
};
constexpr std::array<ToolField, 16> kActionFields = {{{"Bash", "command"},
                                                      {"PowerShell", "command"},
                                                      {"Edit", "file_path"},
                                                      {"MultiEdit", "file_path"},
                                                      {"Write", "file_path"},
                                                      {"Read", "file_path"},
                                                      {"NotebookEdit", "notebook_path"},
                                                      {"NotebookRead", "notebook_path"},
                                                      {"Grep", "pattern"},
                                                      {"Glob", "pattern"},
                                                      {"LS", "path"},
                                                      {"Task", "description"},
                                                      {"Agent", "description"},
                                                      {"WebFetch", "url"},
                                                      {"WebSearch", "query"},
                                                      {"Skill", "skill"}}};

struct Extension {
  std::string_view suffix, language;
};
constexpr std::array<Extension, 40> kExtensions = {{{".c", "c"},
                                                    {".h", "c"},
                                                    {".cc", "cpp"},
                                                    {".cpp", "cpp"},
                                                    {".cxx", "cpp"},
                                                    {".hh", "cpp"},
                                                    {".hpp", "cpp"},
                                                    {".cs", "csharp"},
                                                    {".css", "css"},
                                                    {".dart", "dart"},
                                                    {".ex", "elixir"},
                                                    {".exs", "elixir"},
                                                    {".go", "go"},
                                                    {".hs", "haskell"},
                                                    {".html", "html"},
                                                    {".java", "java"},
                                                    {".js", "javascript"},
                                                    {".jsx", "javascript"},
                                                    {".mjs", "javascript"},
                                                    {".cjs", "javascript"},
                                                    {".kt", "kotlin"},
                                                    {".kts", "kotlin"},
                                                    {".lua", "lua"},
                                                    {".m", "objective-c"},
                                                    {".php", "php"},
                                                    {".pl", "perl"},
                                                    {".py", "python"},
                                                    {".pyi", "python"},
                                                    {".r", "r"},
                                                    {".rb", "ruby"},
                                                    {".rs", "rust"},
                                                    {".scala", "scala"},
                                                    {".sh", "shell"},
                                                    {".bash", "shell"},
                                                    {".sql", "sql"},
                                                    {".swift", "swift"},
                                                    {".ts", "typescript"},
                                                    {".tsx", "typescript"},
                                                    {".vue", "vue"},
                                                    {".zig", "zig"}}};

bool says_timeout(std::string_view output) {
  return output.starts_with("Command timed out after") ||
         output.contains("\nCommand timed out after");
}

std::string parameters_text(Element input) {
  std::string json = to_json(input, kParameterStringMax);
  if (json.size() <= kParametersBytesMax) return json;
  json = to_json(input, kActionBytesMax / 10);
  return json.size() <= kParametersBytesMax ? json : std::string{};
}

}  // namespace

std::string result_text(Element block, const std::optional<Element>& extra) {
  std::string text;
  Element content;
  if (block.at_key("content").get(content) == simdjson::SUCCESS) {
    if (const auto plain = as_text(content)) {
      text = *plain;
    } else if (content.is_array()) {
      for (const Element part : simdjson::dom::array(content)) {
        std::string_view words = text_member(part, "text");
        if (text_member(part, "type") == "image") words = "[image]";
        if (words.empty()) continue;
        if (!text.empty()) text += '\n';
        text += words;
      }
    }
  }
  if (text.contains("<system-reminder>")) text = without_harness(std::move(text));
  if (!text.empty() || !extra) return text;
  if (const auto plain = as_text(*extra)) return std::string(*plain);
  text = text_member(*extra, "stdout");
  const std::string_view errors = text_member(*extra, "stderr");
  if (!text.empty() && !errors.empty()) text += '\n';
  text += errors;
  return text;
}

bool is_error_result(Element block) { return is_true(block, "is_error"); }

std::string action_text(std::string_view tool, const std::optional<Element>& input) {
  if (!input) return {};
  for (const ToolField& known : kActionFields) {
    if (known.tool != tool) continue;
    const std::string_view text = text_member(*input, known.field);
    if (!text.empty()) return head_and_tail(text, kActionBytesMax);
  }
  return ellipsis(to_json(*input, kActionBytesMax / 10), kActionBytesMax);
}

void EpisodeBuilder::add_call(Element block, std::optional<TimePoint> time, std::int64_t line,
                              bool sub_agent) {
  if (episode_.steps.size() >= run_.options().steps_max) {
    ++steps_left_out_;
    return;
  }
  const std::string id(text_member(block, "id"));
  if (!steps_by_call_.try_emplace(id, episode_.steps.size()).second) return;
  const auto input = member(block, "input");
  Step step{.tool = std::string(text_member(block, "name")),
            .time = time,
            .line = line,
            .by_sub_agent = sub_agent};
  step.action = run_.text(action_text(step.tool, input), kActionBytesMax);
  if (input && input->is_object()) {
    step.parameters_json = parameters_text(*input);
    std::string_view path = text_member(*input, "file_path");
    if (path.empty()) path = text_member(*input, "notebook_path");
    if (!path.empty()) note_language(std::string(path));
  }
  episode_.steps.push_back(std::move(step));
}

void EpisodeBuilder::add_result(Element block, const std::optional<Element>& extra,
                                std::optional<TimePoint> time, std::int64_t line) {
  const auto found = steps_by_call_.find(std::string(text_member(block, "tool_use_id")));
  if (found == steps_by_call_.end()) return;
  Step& step = episode_.steps[found->second];
  if (step.status != StepStatus::kUnknown) return;  // a repeated result
  step.result_line = line;
  const std::string output = result_text(block, extra);
  const bool failed = is_error_result(block);
  const bool interrupted = extra && is_true(*extra, "interrupted");
  step.status = failed ? StepStatus::kError : StepStatus::kSuccess;
  if (interrupted || (failed && says_timeout(output))) step.status = StepStatus::kTimeout;
  const bool spent = output_bytes_ >= run_.options().episode_bytes_max;
  step.output = run_.text(output, spent ? kShortOutput : run_.options().output_bytes_max);
  output_bytes_ += step.output.size();
  if (step.time && time && *time >= *step.time) {
    step.latency_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(*time - *step.time).count();
  }
}

void EpisodeBuilder::extend(std::optional<TimePoint> time, std::int64_t line) {
  if (time && (!episode_.ended_at || *time > *episode_.ended_at)) episode_.ended_at = time;
  if (line == 0) return;
  if (episode_.line_from == 0 || line < episode_.line_from) episode_.line_from = line;
  episode_.line_to = std::max(episode_.line_to, line);
}

void EpisodeBuilder::note_language(const std::string& path) {
  if (!files_.insert(path).second) return;
  const std::string suffix = ascii_lower(std::filesystem::path(path).extension().string());
  const auto known = std::ranges::find(kExtensions, suffix, &Extension::suffix);
  if (known != kExtensions.end()) ++languages_[known->language];
}

Episode EpisodeBuilder::finish(bool merged) && {
  auto& steps = episode_.steps;
  std::uint32_t number = 0;
  for (Step& step : steps) step.number = ++number;
  if (merged && std::ranges::all_of(steps, [](const Step& s) { return s.time.has_value(); })) {
    std::ranges::sort(steps, {},
                      [](const Step& step) { return std::pair(*step.time, step.number); });
    number = 0;
    for (Step& step : steps) step.number = ++number;
  }
  // More than half of the files touched, else nothing: a guess must not become a fact.
  int known = 0;
  for (const auto& [language, files] : languages_) known += files;
  for (const auto& [language, files] : languages_) {
    if (2 * files > known) episode_.context.language = language;
  }
  return std::move(episode_);
}

}  // namespace hardwon::import
