// `hardwon setup` and `unsetup`: connect an agent, and undo it.

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>

#include "apps/operations.h"
#include "apps/setup_claude_code.h"
#include "apps/views.h"
#include "base/file.h"
#include "base/text.h"

namespace hardwon::apps {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMark = "hook claude-code";
// Start of a session and each prompt: lessons in; end of a session: import and learn.
constexpr std::array<const char*, 3> kEvents = {"SessionStart", "UserPromptSubmit", "SessionEnd"};

bool is_ours(const Json& hook) {
  return hook.is_object() && hook.contains("command") && hook["command"].is_string() &&
         hook["command"].get<std::string>().find(kMark) != std::string::npos;
}

}  // namespace

Json without_hooks(Json settings) {
  if (!settings.is_object() || !settings.contains("hooks") || !settings["hooks"].is_object()) {
    return settings;
  }
  Json kept_events = Json::object();
  for (const auto& [event, matchers] : settings["hooks"].items()) {
    if (!matchers.is_array()) {
      kept_events[event] = matchers;
      continue;
    }
    Json kept = Json::array();
    for (Json matcher : matchers) {
      if (matcher.is_object() && matcher.contains("hooks") && matcher["hooks"].is_array()) {
        Json hooks = Json::array();
        bool removed = false;
        for (const Json& hook : matcher["hooks"]) {
          if (is_ours(hook)) {
            removed = true;
          } else {
            hooks.push_back(hook);
          }
        }
        if (removed && hooks.empty()) continue;
        matcher["hooks"] = std::move(hooks);
      }
      kept.push_back(std::move(matcher));
    }
    if (!kept.empty()) kept_events[event] = std::move(kept);
  }
  if (kept_events.empty()) {
    settings.erase("hooks");
  } else {
    settings["hooks"] = std::move(kept_events);
  }
  return settings;
}

Json with_hooks(Json settings, const std::string& command) {
  settings = without_hooks(std::move(settings));
  for (const char* event : kEvents) {
    settings["hooks"][event].push_back(
        {{"hooks", {{{"type", "command"}, {"command", command}, {"timeout", 10}}}}});
  }
  return settings;
}

bool claude_code_is_set_up(const fs::path& settings_file) {
  std::ifstream file(settings_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find(kMark) != std::string::npos;
}

namespace {

Result<fs::path> settings_path(Context& context, const Json& request) {
  const std::string agent = text_of(request, "agent");
  if (agent != "claude-code") {
    return bad_option("agent", "found '" + agent + "', expected claude-code");
  }
  if (const std::string given = text_of(request, "settings"); !given.empty())
    return fs::path(given);
  if (flag_of(request, "project")) return fs::path(".claude") / "settings.json";
  return context.home / ".claude" / "settings.json";
}

Result<Json> read_settings(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return Json::object();
  std::ifstream file(path);
  if (!file) {
    return std::unexpected(Error{
        .code = ErrorCode::kIo, .message = "cannot be opened for reading", .path = path.string()});
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto json = parse_json(text);
  if (!json || !json->is_object()) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = json ? "expected a JSON object" : json.error().message,
                                 .path = path.string()});
  }
  return *std::move(json);
}

// Lines that differ, as a diff people can read; settings files are small.
std::string diff_of(const std::string& before, const std::string& after) {
  const auto old_lines = split_lines(before), new_lines = split_lines(after);
  std::size_t same = 0, tail = 0;
  while (same < old_lines.size() && same < new_lines.size() && old_lines[same] == new_lines[same]) {
    ++same;
  }
  while (tail + same < old_lines.size() && tail + same < new_lines.size() &&
         old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
    ++tail;
  }
  std::string out;
  for (std::size_t i = same; i + tail < old_lines.size(); ++i) {
    out += fmt::format("-{}\n", old_lines[i]);
  }
  for (std::size_t i = same; i + tail < new_lines.size(); ++i) {
    out += fmt::format("+{}\n", new_lines[i]);
  }
  return out;
}

Result<Reply> change(Context& context, const Json& request, bool install) {
  const fs::path path = TRY(settings_path(context, request));
  const Json before = TRY(read_settings(path));
  std::string command = "\"" + context.program + "\" hook claude-code";
  if (context.store_given) {
    std::error_code error;
    command = "\"" + context.program + "\" --store \"" +
              fs::absolute(context.options.directory, error).string() + "\" hook claude-code";
  }
  const Json after = install ? with_hooks(before, command) : without_hooks(before);
  const std::string diff = diff_of(before.dump(2), after.dump(2));
  Reply reply{.value = {{"settings", path.string()}, {"diff", diff}, {"changed", false}}};
  if (diff.empty()) return reply;
  if (!flag_of(request, "yes")) {
    if (!context.input_is_terminal) {
      return bad_option("yes", "no terminal to ask on; this would change " + path.string() + ":\n" +
                                   diff + "say --yes to do it");
    }
    std::cerr << path.string() << "\n" << diff << "Write this? [y/N] " << std::flush;
    std::string answer;
    std::getline(*context.input, answer);
    if (!answer.starts_with('y') && !answer.starts_with('Y')) {
      reply.exit_code = 1;
      return reply;
    }
  }
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  TRY(write_file_atomically(path, after.dump(2) + "\n"));
  reply.value["changed"] = true;
  return reply;
}

Result<Reply> setup(Context& context, const Json& request) {
  return change(context, request, true);
}
Result<Reply> unsetup(Context& context, const Json& request) {
  return change(context, request, false);
}

std::string text(const Reply& reply) {
  const std::string path = reply.value["settings"].get<std::string>();
  if (reply.value["diff"].get<std::string>().empty()) return path + " is as it should be.\n";
  if (!reply.value["changed"].get<bool>()) return "Nothing was changed.\n";
  return path + ":\n" + reply.value["diff"].get<std::string>();
}

constexpr auto kParams = std::to_array<Param>({
    {.name = "agent", .help = "claude-code", .positional = true, .required = true},
    {.name = "project",
     .type = ParamType::kFlag,
     .help = "this project's .claude/settings.json instead of the user's"},
    {.name = "settings", .help = "another settings file"},
    {.name = "yes", .type = ParamType::kFlag, .help = "don't ask"},
});

}  // namespace

const Operation kSetup = {.name = "setup",
                          .group = "Everyday",
                          .summary = "Connect an agent: shows the change, asks, can be undone",
                          .details = "  hardwon setup claude-code\n  hardwon unsetup claude-code",
                          .params = kParams,
                          .run = setup,
                          .text = text};
const Operation kUnsetup = {.name = "unsetup",
                            .group = "Everyday",
                            .summary = "Undo setup",
                            .params = kParams,
                            .run = unsetup,
                            .text = text};

}  // namespace hardwon::apps
