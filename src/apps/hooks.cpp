#include "apps/hooks.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "apps/views.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/text.h"
#include "engine/answering.h"
#include "engine/importing.h"
#include "store/owner_lock.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStartBudget = 600;   // tokens, at the start of a session
constexpr std::int64_t kPromptBudget = 400;  // at each prompt
constexpr std::chrono::hours kSpoolAgeMax{24};
constexpr const char* kLearnSeconds = "120";

struct Payload {
  std::string event, session, directory, transcript, prompt;
};

Result<std::string> text_field(const Json& json, const char* key, bool required) {
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) {
    if (!required) return std::string();
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "found nothing, expected a text",
                                 .field = std::string("/") + key});
  }
  if (!it->is_string()) {
    return std::unexpected(
        Error{.code = ErrorCode::kInvalidArgument,
              .message = "found " + ellipsis(dump_json(*it), 60) + ", expected a text",
              .field = std::string("/") + key});
  }
  return it->get<std::string>();
}

Result<Payload> parse_payload(std::string_view text) {
  const Json json = TRY(parse_json(text));
  if (!json.is_object()) {
    return fail(ErrorCode::kInvalidArgument, "hook payload: expected a JSON object");
  }
  Payload payload;
  payload.event = TRY(text_field(json, "hook_event_name", true));
  payload.session = TRY(text_field(json, "session_id", true));
  payload.directory = TRY(text_field(json, "cwd", false));
  payload.transcript = TRY(text_field(json, "transcript_path", false));
  payload.prompt = TRY(text_field(json, "prompt", false));
  // Captured payloads of other versions carry the prompt by this name.
  if (payload.prompt.empty()) payload.prompt = TRY(text_field(json, "prompt_text", false));
  return payload;
}

fs::path spool_file(const fs::path& store) { return store / "spool" / "sessions.jsonl"; }

// One masked line; the file is taken over as a whole by the importer.
Result<void> spool_session(const fs::path& store, const Payload& payload, TimePoint now) {
  std::error_code error;
  fs::create_directories(store / "spool", error);
  const Json line = {{"session", payload.session},
                     {"transcript", payload.transcript},
                     {"directory", payload.directory},
                     {"time", format_time(now)}};
  return append_line(spool_file(store), mask_secrets(dump_json(line)));
}

// Import and learning go on without the agent waiting for them.  learn.lock keeps it to one.
Result<void> start_learning(const Context& context) {
  // Nothing is allocated between fork and exec: other threads may hold the allocator's lock.
  const std::string store = context.options.directory.string();
  const pid_t child = ::fork();
  if (child < 0) return fail(ErrorCode::kIo, "cannot start the learning process");
  if (child > 0) {
    int status = 0;
    ::waitpid(child, &status, 0);  // the intermediate one, gone at once
    return {};
  }
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {0, 1, 2}) {
    if (null >= 0) ::dup2(null, stream);
  }
  ::execl(context.program.c_str(), context.program.c_str(), "--store", store.c_str(), "learn",
          "--max-seconds", kLearnSeconds, static_cast<char*>(nullptr));
  ::_exit(127);
}

Json additional_context(const std::string& event, const std::string& block) {
  return {{"hookSpecificOutput", {{"hookEventName", event}, {"additionalContext", block}}}};
}

Result<Json> tell(Context& context, const Payload& payload, std::int64_t budget) {
  std::error_code error;
  if (!fs::exists(context.options.directory, error)) return Json(nullptr);  // nothing known yet
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  InjectRequest request{.task = payload.prompt,
                        .visibility = {.scope = engine.scope_of(payload.directory)},
                        .budget_tokens = budget,
                        .session = payload.session};
  const Injection injection = TRY(engine.inject(request));
  if (injection.block.empty()) return Json(nullptr);
  return additional_context(payload.event, injection.block);
}

}  // namespace

Result<Json> answer_hook(Context& context, std::string_view text) {
  const Payload payload = TRY(parse_payload(text));
  if (payload.event == "SessionStart") {
    std::error_code error;
    // A session that ended without its hook, or whose learning was cut off.
    if (fs::exists(spool_file(context.options.directory), error)) TRY(start_learning(context));
    return tell(context, payload, kStartBudget);
  }
  if (payload.event == "UserPromptSubmit") {
    if (trim(payload.prompt).empty()) return Json(nullptr);
    return tell(context, payload, kPromptBudget);
  }
  if (payload.event == "SessionEnd") {
    if (payload.transcript.empty()) {
      return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                   .message = "found nothing, expected the transcript's path",
                                   .field = "/transcript_path"});
    }
    // Opens (and makes) the store: the spool lies in it.
    TRY(context.engine(Context::Access::kWrite));
    TRY(spool_session(context.options.directory, payload, SystemClock().now()));
    TRY(start_learning(context));
    return Json(nullptr);
  }
  return Json(nullptr);
}

Result<void> import_spooled(Engine& engine) {
  store::Database& database = *engine.impl().database;
  const fs::path spool = spool_file(database.directory());
  std::error_code error;
  if (!fs::exists(spool.parent_path(), error)) return {};
  // Before anything is looked at: who waits here has, afterwards, what another one imported.
  const auto lock = TRY(store::OwnerLock::acquire(database.directory() / "spool" / "lock",
                                                  std::chrono::seconds(30), engine.impl().clock));
  // Taken over by renaming: hooks go on appending to a new file.
  const fs::path taken = spool.parent_path() / "sessions.taken";
  if (!fs::exists(taken, error)) {  // else: left by a learner that was cut off
    fs::rename(spool, taken, error);
    if (error) return {};  // nothing waits
  }
  std::ifstream file(taken);
  std::vector<std::string> again;
  for (std::string line; std::getline(file, line);) {
    const auto json = parse_json(line);
    if (!json || !json->is_object() || !json->contains("transcript")) continue;
    engine::ImportRequest request{.paths = {(*json)["transcript"].get<std::string>()},
                                  .format = import::Format::kClaudeCode,
                                  .user = engine.impl().user};
    const auto sources = TRY(engine::import_logs(database, engine.impl().clock, request));
    for (const engine::SourceReport& source : sources) {
      if (source.status != engine::SourceStatus::kFailed) continue;
      log(LogLevel::kWarning, "spool.import_failed",
          {{"path", source.path}, {"error", source.error ? source.error->message : ""}});
      const auto time = parse_time((*json).value("time", ""));
      if (time && engine.impl().clock.now() - *time < kSpoolAgeMax) again.push_back(line);
    }
  }
  for (const std::string& line : again) TRY(append_line(spool, line));
  fs::remove(taken, error);
  return {};
}

}  // namespace hardwon::apps
