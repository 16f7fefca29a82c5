#pragma once

// The table of operations: what the program can do, once, for every face.  An operation takes
// a JSON object and gives a JSON value; the command line (and later MCP and HTTP) only
// translate.
//
// To add one: write op_<name>.cpp with its Operation, list it in operations.cpp.

#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/engine_impl.h"
#include "hardwon/engine.h"
#include "hardwon/experience.h"

namespace hardwon::apps {

enum class ParamType : std::uint8_t { kFlag, kText, kInteger, kNumber, kTexts, kTime, kId };

struct Param {
  std::string_view name;  // "budget-tokens": --budget-tokens, "budget_tokens" in JSON
  ParamType type = ParamType::kText;
  std::string_view help;
  char letter = 0;          // short option
  bool positional = false;  // kTexts takes all that are left
  bool required = false;
  std::string_view choices;   // "a|b|c"; empty: anything
  double low = 0, high = 0;   // of numbers, when high > low
  std::string_view fallback;  // shown in help
};

struct Reply {
  Json value;
  int exit_code = 0;
  bool lines = false;  // an array that is printed as JSON lines
};

// What an operation may use besides its request.
class Context {
 public:
  EngineOptions options;  // from flags, environment and configuration file
  ReplayOptions replay;   // from the configuration file
  std::size_t replay_neighbours = 5;
  Visibility visibility;  // --scope, else user and project of the directory
  bool scope_given = false, store_given = false;
  bool json = false;  // machine-readable output was asked for
  bool input_is_terminal = false, error_is_terminal = false;
  std::string program;  // path of this executable
  std::filesystem::path home;
  std::istream* input = nullptr;   // stdin
  std::ostream* output = nullptr;  // stdout, for operations that stream lines

  // Opens the store once.  kRead on a store that is not there: kNotFound.
  enum class Access : std::uint8_t { kRead, kWrite };
  Result<Engine*> engine(Access access);
  // The scope new records get: what --scope says, else user and project.
  Result<Scope> write_scope() const;
  // A line on stderr that replaces the one before, only on a terminal.
  void progress(std::string_view line) const;
  void clear_progress() const;

 private:
  std::unique_ptr<Engine> engine_;
};

struct Operation {
  std::string_view name;     // "lesson list"
  std::string_view group;    // heading in the help
  std::string_view summary;  // one line
  std::string_view details;  // paragraphs and examples
  std::span<const Param> params;
  Result<Reply> (*run)(Context& context, const Json& request);
  // For people; empty: nothing to print.
  std::string (*text)(const Reply& reply);
  bool streams = false;  // writes its own lines to context.output
};

std::span<const Operation* const> operations();

// ---- reading a request (already checked against the params)
std::string text_of(const Json& request, std::string_view key, std::string_view otherwise = "");
std::int64_t integer_of(const Json& request, std::string_view key, std::int64_t otherwise);
double number_of(const Json& request, std::string_view key, double otherwise);
bool flag_of(const Json& request, std::string_view key);
std::vector<std::string> texts_of(const Json& request, std::string_view key);
std::optional<TimePoint> time_of(const Json& request, std::string_view key);
// Texts that may also be one comma-separated text: --kind a,b --kind c.
std::vector<std::string> list_of(const Json& request, std::string_view key);

// Calls take(line number from 1, line) for each line of a file, or of standard input ("-"), that
// is not blank; its first error ends it.  Errors of its own: kIo with path.
Result<void> each_line(
    Context& context, const std::string& path,
    const std::function<Result<void>(std::int64_t number, const std::string& line)>& take);
// Progress of long inputs.
void tell_line(const Context& context, std::int64_t number);

// "--task -" means standard input.
std::string text_or_input(Context& context, const Json& request, std::string_view key);

std::unexpected<Error> bad_option(std::string_view option, std::string message);
// Of a value in JSON input; field: "/trajectory/reward".
std::unexpected<Error> bad_field(std::string field, const Json& found, std::string_view expected);

// A full id, a short one, or (for episodes) the external id.
Result<ItemId> resolve(Engine& engine, const std::string& id);

}  // namespace hardwon::apps
