// `hardwon stats`, `doctor`, `verify`, `backup`, `restore`: look after the store.

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "apps/operations.h"
#include "apps/setup_claude_code.h"
#include "apps/views.h"
#include "code/syntax.h"
#include "engine/answering.h"
#include "hardwon/replay.h"
#include "store/lmdb_journal.h"
#include "vector/embedder.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

// Lessons a person threw out, among all: what the memory kept and should not have.
Json junk_share(const std::vector<Lesson>& lessons) {
  if (lessons.empty()) return nullptr;
  const auto junk = std::ranges::count_if(lessons, [](const Lesson& lesson) {
    return lesson.suppressed || lesson.status == LessonStatus::kQuarantined;
  });
  return static_cast<double>(junk) / static_cast<double>(lessons.size());
}

Json index_json(const Engine::Impl& impl, std::int64_t last_change) {
  const auto index =
      vector::ExactIndex::open(impl.database->directory() / "index", vector::kLexicalName);
  return {{"kind", "exact"},
          {"isa", vector::ExactIndex::isa()},
          {"rows", index ? Json(index->size()) : Json(nullptr)},
          {"covers", index ? Json(index->covers()) : Json(nullptr)},
          {"last_change", last_change},
          {"recall", 1.0}};  // an exact scan misses nothing
}

Result<Reply> stats(Context& context, const Json&) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const store::StoreFigures figures = TRY(store::figures(reader));
    const auto lessons =
        TRY(store::list_lessons(reader, {.visibility = {.all = true}, .include_suppressed = true}));
    const std::int64_t last_change = TRY(store::last_change(reader));
    reply.value = {{"items", figures.items},
                   {"sessions", figures.sessions},
                   {"bytes", figures.bytes},
                   {"writes", writes_json(engine.impl().database->write_counts())},
                   {"index", index_json(engine.impl(), last_change)},
                   {"embedder", vector::kLexicalName},
                   {"pending", figures.pending},
                   {"dead_letters", figures.dead_letters},
                   {"junk_share", junk_share(lessons)}};
    return {};
  }));
  return reply;
}

std::string stats_text(const Reply& reply) {
  std::string out;
  for (const auto& [kind, n] : reply.value["items"].items()) {
    out += fmt::format("{:>9}  {}\n", n.get<std::int64_t>(), kind);
  }
  std::int64_t bytes = 0;
  for (const auto& [part, n] : reply.value["bytes"].items()) bytes += n.get<std::int64_t>();
  out += fmt::format("{:>9.1f}  MB on disk\n", static_cast<double>(bytes) / 1e6);
  out += fmt::format("{:>9}  waiting to be learned from\n",
                     reply.value["pending"].get<std::int64_t>());
  return out;
}

// ---------------------------------------------------------------- doctor

struct Checks {
  Json list = Json::array();
  bool ok = true;
  void add(std::string_view name, bool good, std::string detail, std::string fix = "") {
    ok = ok && good;
    list.push_back({{"name", name}, {"ok", good}, {"detail", std::move(detail)}});
    if (!good && !fix.empty()) list.back()["fix"] = std::move(fix);
  }
};

void check_store(Context& context, Checks& checks) {
  const fs::path directory = context.options.directory;
  std::error_code error;
  if (!fs::exists(directory, error)) {
    checks.add("store", false, directory.string() + " is not there yet",
               "hardwon import, or hardwon setup claude-code");
    return;
  }
  checks.add("writable", ::access(directory.c_str(), W_OK) == 0, directory.string(),
             "give this user write permission");
  auto engine = context.engine(Context::Access::kRead);
  if (!engine) {
    checks.add("store", false, engine.error().message, "hardwon verify; hardwon restore BACKUP");
    return;
  }
  store::StoreFigures figures;
  std::int64_t last = 0;
  const auto read =
      (*engine)->impl().database->read([&](const store::Reader& reader) -> Result<void> {
        figures = TRY(store::figures(reader));
        last = TRY(store::last_change(reader));
        return {};
      });
  checks.add("store", read.has_value(), read ? directory.string() : read.error().message,
             "hardwon verify");
  checks.add("pending", true, counted(figures.pending, "task") + " not yet learned from");
  checks.add("dead letters", figures.dead_letters == 0,
             counted(figures.dead_letters, "task") + " that learning gave up on",
             "hardwon learn --again");
  const Json index = index_json((*engine)->impl(), last);
  checks.add("vector index", true,
             index["covers"].is_null() ? std::string("not built yet; the next recall builds it")
                                       : fmt::format("covers change {} of {}",
                                                     index["covers"].get<std::int64_t>(), last));
}

// nullopt: there is none.
std::optional<Result<std::unique_ptr<Replay>>> read_replay(const Context& context) {
  const fs::path directory = context.options.directory / "replay";
  std::error_code error;
  if (!fs::is_directory(directory, error)) return std::nullopt;
  return Replay::open_reader(directory, context.replay);
}

void check_replay(const Context& context, Checks& checks) {
  const auto replay = read_replay(context);
  if (!replay) return;
  checks.add("experience buffer", replay->has_value(),
             *replay ? counted(static_cast<std::int64_t>((**replay)->stats().size), "experience")
                     : replay->error().path + ": " + replay->error().message,
             "hardwon replay recover --salvage");
}

Result<Reply> doctor(Context& context, const Json&) {
  Checks checks;
  check_store(context, checks);
  check_replay(context, checks);
  const bool hooked = claude_code_is_set_up(context.home / ".claude" / "settings.json");
  checks.list.push_back({{"name", "claude-code hooks"},
                         {"ok", true},
                         {"detail", hooked ? "installed"
                                           : "not installed (hardwon setup "
                                             "claude-code)"}});
  // Parts of the design that this build does not have, by name: nothing falls back in silence.
  Json absent = {"LMDB copy",           "slab index", "FAISS index", "sentence encoder",
                 "training (libtorch)", "MCP",        "HTTP",        "remote recall (PostgreSQL)"};
  if (!store::lmdb_available()) absent.push_back("LMDB (experience buffer)");
  if (code::grammars_built().empty()) absent.push_back("code (tree-sitter)");
  return Reply{.value = {{"ok", checks.ok},
                         {"version", HARDWON_VERSION},
                         {"checks", std::move(checks.list)},
                         {"absent", absent}},
               .exit_code = checks.ok ? 0 : 1};
}

std::string doctor_text(const Reply& reply) {
  std::string out;
  for (const Json& check : reply.value["checks"]) {
    out += fmt::format("{}  {:<18} {}\n", check["ok"].get<bool>() ? "ok " : "BAD",
                       check["name"].get<std::string>(), check["detail"].get<std::string>());
    if (check.contains("fix")) {
      out += fmt::format("     {:<18} try: {}\n", "", check["fix"].get<std::string>());
    }
  }
  out += "Not in this build:";
  for (const Json& part : reply.value["absent"]) out += " " + part.get<std::string>() + ",";
  out.back() = '\n';
  return out;
}

// ---------------------------------------------------------------- verify, backup, restore

Result<Reply> verify(Context& context, const Json&) {
  const auto damage = TRY(store::verify(context.options.directory));
  // Derived data: told, and rebuilt by the next question, but no damage to the store.
  const auto index =
      vector::ExactIndex::verify(context.options.directory / "index", vector::kLexicalName);
  Json list = Json::array();
  for (const store::Damage& item : damage) list.push_back(item.what);
  if (const auto replay = read_replay(context); replay && !*replay) {
    list.push_back("experience buffer: " + replay->error().path + ": " + replay->error().message);
  }
  const bool sound = list.empty();
  return Reply{.value = {{"ok", sound},
                         {"damage", std::move(list)},
                         {"index", index ? std::string("sound") : index.error().message}},
               .exit_code = sound ? 0 : 3};
}

std::string verify_text(const Reply& reply) {
  if (reply.value["ok"].get<bool>()) return "The store is sound.\n";
  std::string out = "The store is damaged:\n";
  for (const Json& what : reply.value["damage"]) out += "  " + what.get<std::string>() + "\n";
  return out +
         "Restore a backup (hardwon restore FILE), or save what is readable: hardwon restore "
         "--salvage DIR\n";
}

Result<Reply> backup(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  const fs::path target = text_of(request, "file");
  TRY(engine.impl().database->backup(target));
  std::error_code error;
  return Reply{.value = {{"file", fs::absolute(target, error).string()},
                         {"bytes", static_cast<std::int64_t>(fs::file_size(target, error))}}};
}

std::string backup_text(const Reply& reply) {
  return fmt::format("{} ({:.1f} MB)\n", reply.value["file"].get<std::string>(),
                     reply.value["bytes"].get<double>() / 1e6);
}

Result<Reply> restore(Context& context, const Json& request) {
  const std::string salvage = text_of(request, "salvage");
  const std::string file = text_of(request, "file");
  if (file.empty() == salvage.empty()) {
    return bad_option("file", "expected either a backup FILE, or --salvage DIR");
  }
  Json lost = nullptr;
  if (!salvage.empty()) {
    lost = TRY(store::salvage(context.options.directory, salvage));
  } else {
    TRY(store::restore(file, context.options.directory));
    std::error_code ignored;  // derived data
    fs::remove_all(context.options.directory / "index", ignored);
  }
  return Reply{
      .value = {{"restored", salvage.empty() ? context.options.directory.string() : salvage},
                {"lost_rows", std::move(lost)}}};
}

std::string restore_text(const Reply& reply) {
  std::string out = "Restored into " + reply.value["restored"].get<std::string>() + ".\n";
  if (reply.value["lost_rows"].is_object()) {
    for (const auto& [table, n] : reply.value["lost_rows"].items()) {
      out += fmt::format("  lost {} of {}\n", counted(n.get<std::int64_t>(), "row"), table);
    }
  }
  return out;
}

constexpr auto kBackupParams = std::to_array<Param>({
    {.name = "file", .help = "where to write it", .positional = true, .required = true},
});
constexpr auto kRestoreParams = std::to_array<Param>({
    {.name = "file", .help = "a backup", .positional = true},
    {.name = "salvage", .help = "copy what is readable of the damaged store into DIR"},
});
constexpr std::string_view kGroup = "Inspect";

}  // namespace

const Operation kStats = {.name = "stats",
                          .group = kGroup,
                          .summary = "Counts, bytes, index, queue",
                          .run = stats,
                          .text = stats_text};
const Operation kDoctor = {.name = "doctor",
                           .group = kGroup,
                           .summary = "Is everything in order? What is missing?",
                           .run = doctor,
                           .text = doctor_text};
const Operation kVerify = {.name = "verify",
                           .group = kGroup,
                           .summary = "Check every page and record",
                           .run = verify,
                           .text = verify_text};
const Operation kBackup = {.name = "backup",
                           .group = kGroup,
                           .summary = "A consistent copy while others work",
                           .params = kBackupParams,
                           .run = backup,
                           .text = backup_text};
const Operation kRestore = {.name = "restore",
                            .group = kGroup,
                            .summary = "Put a backup back; the old store is kept beside it",
                            .params = kRestoreParams,
                            .run = restore,
                            .text = restore_text};

}  // namespace hardwon::apps
