#include "apps/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <span>

#include "apps/config.h"
#include "apps/operations.h"
#include "apps/views.h"
#include "base/error_report.h"
#include "base/log.h"
#include "engine/project.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

constexpr int kBadUsage = 2;

int report(const Error& error, bool json) {
  if (json) {
    std::cout << dump_json(error_json(error)) << std::endl;
  } else {
    std::cerr << error_line("hardwon", error);
  }
  return exit_code(error);
}

// ---------------------------------------------------------------- arguments

std::string json_key(std::string_view name) {
  std::string key(name);
  std::ranges::replace(key, '-', '_');
  return key;
}

// What CLI11 parsed of one operation, before it is checked.
struct Slot {
  const Param* param = nullptr;
  CLI::Option* option = nullptr;
  bool flag = false;
  std::string text;                // kTexts: unused
  std::vector<std::string> texts;  // kTexts only
};

struct Command {
  const Operation* operation = nullptr;
  CLI::App* app = nullptr;
  std::deque<Slot> slots;  // addresses stay: CLI11 keeps them
};

void add_param(Command& command, const Param& param) {
  Slot& slot = command.slots.emplace_back();
  slot.param = &param;
  std::string names;
  if (param.positional) {
    names = param.name;
  } else {
    // A one-letter name is a short option only (-k 5), and also long where scripts use it.
    if (param.letter != 0) names = std::string("-") + param.letter + ",";
    names += "--" + std::string(param.name);
  }
  std::string help(param.help);
  if (!param.choices.empty()) help += " [" + std::string(param.choices) + "]";
  if (!param.fallback.empty()) help += " (default " + std::string(param.fallback) + ")";
  if (param.type == ParamType::kFlag) {
    slot.option = command.app->add_flag(names, slot.flag, help);
  } else if (param.type == ParamType::kTexts) {
    slot.option = command.app->add_option(names, slot.texts, help);
    // A positional list takes all that is left; an option takes one and may be repeated.
    if (!param.positional) slot.option->allow_extra_args(false);
  } else {
    slot.option = command.app->add_option(names, slot.text, help);
  }
  slot.option->required(param.required);
}

bool one_of(std::string_view choices, std::string_view value) {
  while (true) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

Result<Json> number_of_text(const Param& param, const std::string& text) {
  const auto wrong = [&](const std::string& expected) {
    return bad_option(param.name, "found '" + text + "', expected " + expected);
  };
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = param.type == ParamType::kInteger;
  if (error != std::errc{} || end != text.data() + text.size() ||
      (whole && text.find_first_not_of("-0123456789") != std::string::npos)) {
    return wrong(whole ? "a whole number" : "a number");
  }
  if (param.high > param.low && (value < param.low || value > param.high)) {
    return wrong(fmt::format("{:g} to {:g}", param.low, param.high));
  }
  return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Result<Json> value_of(const Slot& slot) {
  const Param& param = *slot.param;
  if (param.type == ParamType::kFlag) return Json(slot.flag);
  if (param.type == ParamType::kTexts) return Json(slot.texts);
  const std::string& text = slot.text;
  if (param.type == ParamType::kInteger || param.type == ParamType::kNumber) {
    return number_of_text(param, text);
  }
  if (param.type == ParamType::kTime && !parse_time(text)) {
    return bad_option(param.name, "found '" + text + "', expected an ISO 8601 date or time");
  }
  if (!param.choices.empty() && !one_of(param.choices, text)) {
    std::string choices(param.choices);
    return bad_option(param.name, "found '" + text + "', expected one of " + choices);
  }
  return Json(text);
}

Result<Json> request_of(const Command& command) {
  Json request = Json::object();
  for (const Slot& slot : command.slots) {
    if (slot.option->count() == 0) continue;
    request[json_key(slot.param->name)] = TRY(value_of(slot));
  }
  return request;
}

// ---------------------------------------------------------------- the tree of commands

struct Globals {
  std::string store, scope, config;
  bool json = false, verbose = false, version = false;
};

using Arguments = std::span<char* const>;

// Whether an argument names the operation's command, or may ask for all of them.  A tree of all
// commands takes a millisecond, and a hook is waited for.
bool may_mean(Arguments arguments, const Operation& operation) {
  const std::string_view command = operation.name.substr(0, operation.name.find(' '));
  return std::ranges::any_of(arguments, [&](const char* argument) {
    std::string_view text(argument);
    if (text.ends_with('s') && text.size() == command.size() + 1) text.remove_suffix(1);
    return text == command;
  });
}

std::vector<const Operation*> operations_for(Arguments arguments) {
  std::vector<const Operation*> chosen;
  const bool help = std::ranges::any_of(arguments, [](const char* argument) {
    const std::string_view text(argument);
    return text == "-h" || text.starts_with("--help");
  });
  for (const Operation* operation : operations()) {
    if (help || may_mean(arguments, *operation)) chosen.push_back(operation);
  }
  if (chosen.empty()) chosen.assign(operations().begin(), operations().end());
  return chosen;
}

class Tree {
 public:
  explicit Tree(Arguments arguments)
      : app_("Hardwon: a learning memory for coding agents.", "hardwon") {
    // Before or after the command, as people type them.
    app_.fallthrough();
    app_.add_option("--store", globals.store, "the store's directory ($HARDWON_HOME)");
    app_.add_option("--scope", globals.scope, "key=value,… or all (default: user and project)");
    app_.add_option("--config", globals.config, "configuration file (YAML)");
    app_.add_flag("--json", globals.json, "one JSON value on stdout");
    app_.add_flag("-v,--verbose", globals.verbose, "log more, on stderr");
    app_.add_flag("--version", globals.version, "print the version");
    app_.require_subcommand(0, 1);
    for (const Operation* operation : operations_for(arguments)) add(*operation);
  }

  CLI::App& app() { return app_; }
  Globals globals;

  // The last: "pipeline generate" is inside "pipeline", which is a command of its own.
  const Command* chosen() const {
    const Command* found = nullptr;
    for (const Command& command : commands_) {
      if (command.app->parsed()) found = &command;
    }
    return found;
  }

 private:
  void add(const Operation& operation) {
    CLI::App* parent = &app_;
    std::string_view name = operation.name;
    if (const std::size_t blank = name.find(' '); blank != std::string_view::npos) {
      const std::string group(name.substr(0, blank));
      parent = groups_[group];
      if (parent == nullptr) {
        parent = groups_[group] = app_.add_subcommand(group, "")->fallthrough();
        parent->group(std::string(operation.group));
        parent->alias(group + "s");
        parent->require_subcommand(1);
      }
      if (!is_operation(group)) {
        const std::string line = parent->get_description();
        parent->description(line + (line.empty() ? "" : ", ") +
                            std::string(name.substr(blank + 1)));
      }
      name.remove_prefix(blank + 1);
    }
    Command& command = commands_.emplace_back();
    command.operation = &operation;
    std::string text(operation.summary);
    command.app = parent->add_subcommand(std::string(name), text)->fallthrough();
    command.app->group(parent == &app_ ? std::string(operation.group) : "Commands");
    if (!operation.details.empty()) command.app->footer("\n" + std::string(operation.details));
    for (const Param& param : operation.params) add_param(command, param);
    if (parent == &app_) groups_.emplace(operation.name, command.app);
  }

  static bool is_operation(std::string_view name) {
    return std::ranges::any_of(operations(),
                               [&](const Operation* other) { return other->name == name; });
  }

  CLI::App app_;
  std::map<std::string, CLI::App*> groups_;  // "lesson", "episode", "document"
  std::deque<Command> commands_;
};

// ---------------------------------------------------------------- context

fs::path home_directory() {
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? fs::path(home) : fs::path("/");
}

fs::path store_directory(const Globals& globals, const Config& config) {
  if (!globals.store.empty()) return globals.store;
  if (const char* home = std::getenv("HARDWON_HOME"); home != nullptr && *home != '\0') return home;
  if (!config.options.directory.empty()) return config.options.directory;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return fs::path(data) / "hardwon";
  }
  return home_directory() / ".local" / "share" / "hardwon";
}

Result<Config> load_config(const Globals& globals) {
  if (!globals.config.empty()) return read_config(globals.config);
  const char* given = std::getenv("HARDWON_CONFIG");
  if (given != nullptr && *given != '\0') return read_config(given);
  const fs::path usual = home_directory() / ".config" / "hardwon" / "config.yaml";
  std::error_code error;
  if (fs::exists(usual, error)) return read_config(usual);
  return Config{};
}

Result<void> set_visibility(Context& context, const std::string& scope) {
  context.scope_given = !scope.empty();
  if (scope == "all") {
    context.visibility.all = true;
    return {};
  }
  if (!scope.empty()) {
    auto parsed = Scope::parse(scope);
    if (!parsed) {
      parsed.error().field = "scope";
      return std::unexpected(std::move(parsed).error());
    }
    context.visibility.scope = *std::move(parsed);
    return {};
  }
  std::error_code error;
  const fs::path here = fs::current_path(error);
  context.visibility.scope.labels["user"] =
      context.options.user.empty() ? engine::login_name() : context.options.user;
  if (!error) context.visibility.scope.labels["project"] = engine::find_project(here).path;
  return {};
}

std::string own_path(const char* argv0) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string(argv0) : self.string();
}

Result<void> fill_context(Context& context, const Globals& globals, const char* argv0) {
  const Config config = TRY(load_config(globals));
  for (const std::string& warning : config.warnings) std::cerr << "hardwon: " << warning << "\n";
  context.options = config.options;
  context.options.directory = store_directory(globals, config);
  context.replay = config.replay;
  context.replay_neighbours = config.replay_neighbours;
  context.store_given = !globals.store.empty();
  context.json = globals.json;
  context.input_is_terminal = ::isatty(STDIN_FILENO) != 0;
  context.error_is_terminal = ::isatty(STDERR_FILENO) != 0;
  context.program = own_path(argv0);
  context.home = home_directory();
  context.input = &std::cin;
  context.output = &std::cout;
  return set_visibility(context, globals.scope);
}

void print(const Operation& operation, const Reply& reply, bool json) {
  if (!json) {
    std::cout << operation.text(reply) << std::flush;
  } else if (reply.lines) {
    for (const Json& line : reply.value) std::cout << dump_json(line) << '\n';
    std::cout << std::flush;
  } else if (!reply.value.is_null()) {
    std::cout << dump_json(reply.value) << std::endl;
  }
}

int run_operation(const Operation& operation, Context& context, const Json& request) {
  auto reply = operation.run(context, request);
  context.clear_progress();
  if (!reply) {
    const int code = report(reply.error(), context.json);
    // The agent takes 2 as an order to stop: a hook of ours never gives it.
    return &operation == &kHook ? 1 : code;
  }
  print(operation, *reply, context.json);
  if (!std::cout) {
    std::cerr << "hardwon: writing the answer failed\n";
    return 4;
  }
  return reply->exit_code;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is an error of write(), not a death
  std::ios::sync_with_stdio(false);
  const Arguments arguments(argv, static_cast<std::size_t>(argc));
  Tree tree(arguments.subspan(std::min<std::size_t>(1, arguments.size())));
  try {
    tree.app().parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help
    return tree.app().exit(done);
  } catch (const CLI::ParseError& wrong) {
    const bool json = std::ranges::any_of(
        arguments, [](const char* a) { return std::string_view(a) == "--json"; });
    report(Error{.code = ErrorCode::kInvalidArgument, .message = wrong.what()}, json);
    if (!json) std::cerr << "Try: hardwon --help\n";
    return kBadUsage;
  }
  if (tree.globals.version) {
    std::cout << "hardwon " << HARDWON_VERSION << std::endl;
    return 0;
  }
  if (tree.globals.verbose) set_log_level(LogLevel::kInfo);
  const Command* command = tree.chosen();
  const Operation& operation = command != nullptr ? *command->operation : kStatus;
  Context context;
  context.json = tree.globals.json;
  const auto ready = fill_context(context, tree.globals, argv[0]);
  auto request = command != nullptr ? request_of(*command) : Result<Json>(Json::object());
  if (!ready || !request) {
    const int code = report(!ready ? ready.error() : request.error(), context.json);
    return &operation == &kHook ? 1 : code;
  }
  return run_operation(operation, context, *request);
}

}  // namespace hardwon::apps
