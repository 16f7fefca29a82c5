#include "engine/importing.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <variant>

#include "base/hash.h"
#include "engine/credit.h"
#include "engine/project.h"
#include "learn/learn.h"
#include "store/records.h"

namespace hardwon::engine {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kChunkRecords = 128;  // a transaction stays well under 50 ms
constexpr std::size_t kChunkBytes = 512 * 1024;

// Directory -> scope, looked up once a directory.
class ScopeResolver {
 public:
  ScopeResolver(store::Database* database, const ImportRequest& request)
      : database_(database), request_(request) {}

  Scope operator()(const std::string& directory) {
    if (request_.scope) return *request_.scope;
    const auto [it, added] = scopes_.try_emplace(directory);
    if (!added) return it->second;
    it->second.labels["user"] = request_.user;
    if (directory.empty()) return it->second;
    const Project project = find_project(directory);
    it->second.labels["project"] = project.path;
    if (!project.remote.empty() && database_ != nullptr) {
      remotes_.emplace_back(project.path, project.remote);
    }
    return it->second;
  }

  // Remotes found since the last call.
  std::vector<std::pair<std::string, std::string>> take_remotes() {
    return std::exchange(remotes_, {});
  }

 private:
  store::Database* database_;
  const ImportRequest& request_;
  std::map<std::string, Scope> scopes_;
  std::vector<std::pair<std::string, std::string>> remotes_;
};

// Only reads: for --dry-run.
class NullSink final : public import::RecordSink {
 public:
  Result<void> session(const Session&) override { return {}; }
  Result<void> segment(Segment) override { return {}; }
  Result<void> episode(Episode) override { return {}; }
};

// Writes in chunks, and gives episodes their outcome once the person's next turn is known.
class StoreSink final : public import::RecordSink {
 public:
  StoreSink(store::Database& database, ScopeResolver& scopes)
      : database_(database), scopes_(scopes) {}

  Result<void> session(const Session& session) override {
    agent_sessions_[session.id] = session.agent_session;
    return add(session, session.title.size());
  }

  Result<void> segment(Segment segment) override {
    if (segment.speaker == Speaker::kPerson) {
      Turns& turns = turns_[segment.session];
      if (turns.waiting && turns.waiting->id != segment.episode) {
        TRY(release(turns, segment.text, segment.abandoned));
      }
      turns.last_episode = segment.opens_episode ? segment.episode : ItemId{};
      turns.last_text = segment.text;
      turns.last_abandoned = segment.abandoned;
    }
    // A tool's words are kept once, as the output of its step.
    if (segment.speaker == Speaker::kTool) return {};
    const std::size_t bytes = segment.text.size();
    return add(std::move(segment), bytes);
  }

  Result<void> episode(Episode episode) override {
    Turns& turns = turns_[episode.session];
    if (turns.waiting) TRY(release(turns, "", false));
    // The next turn may have come before the episode was complete.
    const bool next_known = !turns.last_text.empty() && turns.last_episode != episode.id;
    turns.waiting = std::move(episode);
    if (next_known) return release(turns, turns.last_text, turns.last_abandoned);
    return {};
  }

  Result<void> finish() {
    for (auto& [session, turns] : turns_) {
      if (turns.waiting) TRY(release(turns, "", false));
    }
    TRY(flush());
    for (const auto& [session, name] : agent_sessions_) {
      if (!touched_.contains(session)) continue;
      TRY(database_.write(
          [&](store::Writer& writer) { return store::enqueue_session(writer, session); }));
    }
    return {};
  }

  const NewRecords& added() const { return added_; }

 private:
  struct Turns {
    std::optional<Episode> waiting;
    ItemId last_episode;  // that the last person's turn opened; empty when none
    std::string last_text;
    bool last_abandoned = false;
  };
  using Record = std::variant<Session, Segment, Episode>;

  Result<void> release(Turns& turns, std::string_view next_turn, bool next_abandoned) {
    Episode episode = *std::move(turns.waiting);
    turns.waiting.reset();
    if (episode.outcome.source == OutcomeSource::kNone) {
      // A next turn on another branch says nothing of this one.
      const bool abandoned = abandoned_.contains(episode.id);
      const bool same_branch = abandoned == next_abandoned;
      episode.outcome =
          learn::infer_outcome(episode, same_branch ? next_turn : std::string_view(), abandoned);
    }
    episode.completed = true;
    episode.reward_score = learn::reward_score(episode);
    episode.quality = learn::quality(episode);
    episode.reflection = learn::reflect(episode);
    std::size_t bytes = episode.task.size();
    for (const Step& step : episode.steps) {
      bytes += step.output.size() + step.parameters_json.size() + step.action.size();
    }
    return add(std::move(episode), bytes);
  }

  Result<void> add(Record record, std::size_t bytes) {
    if (const auto* segment = std::get_if<Segment>(&record);
        segment != nullptr && segment->opens_episode && segment->abandoned) {
      abandoned_.insert(segment->episode);
    }
    chunk_.push_back(std::move(record));
    chunk_bytes_ += bytes;
    if (chunk_.size() >= kChunkRecords || chunk_bytes_ >= kChunkBytes) return flush();
    return {};
  }

  Result<void> flush() {
    if (chunk_.empty()) return {};
    TRY(database_.write([&](store::Writer& writer) -> Result<void> {
      for (const auto& [path, remote] : scopes_.take_remotes()) {
        TRY(store::put_project_alias(writer, path, remote));
      }
      for (const Record& record : chunk_) TRY(put(writer, record));
      return {};
    }));
    chunk_.clear();
    chunk_bytes_ = 0;
    return {};
  }

  Result<void> put(store::Writer& writer, const Record& record) {
    const auto note = [&](store::PutResult result, std::int64_t& counter, const SessionId& of) {
      if (result == store::PutResult::kUnchanged) return;
      ++counter;
      touched_.insert(of);
    };
    if (const auto* session = std::get_if<Session>(&record)) {
      const auto result = TRY(store::put_session(writer, *session));
      // The second call of a session brings totals: that is no second new record.
      if (result == store::PutResult::kNew) ++added_.sessions;
    } else if (const auto* segment = std::get_if<Segment>(&record)) {
      note(TRY(store::put_segment(writer, *segment)), added_.segments, segment->session);
    } else {
      const Episode& episode = std::get<Episode>(record);
      note(TRY(store::put_episode(writer, episode)), added_.episodes, episode.session);
      TRY(credit_episode(writer, episode, agent_sessions_[episode.session]));
    }
    return {};
  }

  store::Database& database_;
  ScopeResolver& scopes_;
  std::map<SessionId, std::string> agent_sessions_;
  std::map<SessionId, Turns> turns_;
  std::set<ItemId> abandoned_;
  std::set<SessionId> touched_;
  std::vector<Record> chunk_;
  std::size_t chunk_bytes_ = 0;
  NewRecords added_;
};

Result<std::string> file_hash(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::unexpected(Error{
        .code = ErrorCode::kIo, .message = "cannot be opened for reading", .path = path.string()});
  }
  StreamHash hash;
  std::vector<char> block(1 << 20);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    hash.update({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad()) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo, .message = "reading failed", .path = path.string()});
  }
  return hash.hex();
}

bool excluded(const std::string& path, const std::vector<std::string>& globs) {
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    return ::fnmatch(glob.c_str(), path.c_str(), 0) == 0;
  });
}

import::ImportOptions options_of(const ImportRequest& request, const Clock& clock,
                                 ScopeResolver& scopes) {
  import::ImportOptions options;
  options.format = request.format;
  options.scope_of = [&scopes](const std::string& directory) { return scopes(directory); };
  options.since = request.since;
  options.now = clock.now();
  return options;
}

struct Importer {
  store::Database& database;
  const Clock& clock;
  const ImportRequest& request;
  ScopeResolver scopes;

  Result<SourceReport> run(const fs::path& path);
  Result<void> read_source(const fs::path& path, SourceReport& report);
};

Result<void> Importer::read_source(const fs::path& path, SourceReport& report) {
  const std::string hash = TRY(file_hash(path));
  std::optional<store::Source> known;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    known = TRY(store::find_source(reader, report.path));
    return {};
  }));
  if (known && known->hash == hash && !request.since) {
    report.status = SourceStatus::kUnchanged;
    report.format = known->format;
    return {};
  }
  report.status = known ? SourceStatus::kGrown : SourceStatus::kImported;
  import::ImportOptions options = options_of(request, clock, scopes);
  std::error_code ignored;
  const auto size = static_cast<std::int64_t>(fs::file_size(path, ignored));
  if (request.progress) {
    options.progress = [&](std::int64_t done) { request.progress(report.path, done, size); };
  }
  const auto take = [&](import::ImportReport&& read) {
    report.format = import::name_of(read.format);
    report.counts = read.counts;
    report.skipped = std::move(read.skipped);
    report.skipped_total = read.skipped_total;
  };
  if (request.dry_run) {
    NullSink sink;
    take(TRY(import::import_file(report.path, options, sink)));
    return {};
  }
  const MaskCounts before = database.masked();
  StoreSink sink(database, scopes);
  auto read = import::import_file(report.path, options, sink);
  if (!read) return std::unexpected(std::move(read).error());
  TRY(sink.finish());
  take(std::move(*read));
  report.added = sink.added();
  for (const auto& [kind, count] : database.masked()) {
    const auto it = before.find(kind);
    const std::int64_t delta = count - (it == before.end() ? 0 : it->second);
    if (delta > 0) report.masked[kind] = delta;
  }
  return database.write([&](store::Writer& writer) {
    return store::put_source(writer, {.path = report.path,
                                      .format = report.format,
                                      .hash = hash,
                                      .size = size,
                                      .imported_at = clock.now()});
  });
}

Result<SourceReport> Importer::run(const fs::path& path) {
  SourceReport report;
  report.path = fs::absolute(path).lexically_normal().string();
  if (auto read = read_source(path, report); !read) {
    Error error = std::move(read).error();
    // What concerns the log is the log's; what concerns the store ends the import.
    const bool of_store =
        error.store_locked || error.code == ErrorCode::kCorruption ||
        (error.code == ErrorCode::kIo && error.path != path.string() && error.path != report.path);
    if (of_store) return std::unexpected(std::move(error));
    report.status = SourceStatus::kFailed;
    if (error.path.empty()) error.path = report.path;
    report.error = std::move(error);
  }
  return report;
}

}  // namespace

std::string_view name_of(SourceStatus status) {
  static constexpr std::array<std::string_view, 4> kNames = {"imported", "unchanged", "grown",
                                                             "failed"};
  return kNames[static_cast<std::size_t>(status)];
}

Result<std::vector<SourceReport>> import_logs(store::Database& database, const Clock& clock,
                                              const ImportRequest& request) {
  Importer importer{.database = database,
                    .clock = clock,
                    .request = request,
                    .scopes = ScopeResolver(&database, request)};
  std::vector<SourceReport> reports;
  for (const fs::path& root : request.paths) {
    auto logs = import::find_logs(root, request.format);
    if (!logs) {
      SourceReport failed{.path = root.string(), .status = SourceStatus::kFailed};
      failed.error = std::move(logs).error();
      reports.push_back(std::move(failed));
      continue;
    }
    for (const fs::path& path : *logs) {
      if (excluded(fs::absolute(path).string(), request.exclude)) continue;
      reports.push_back(TRY(importer.run(path)));
    }
  }
  return reports;
}

std::vector<AgentLogs> find_agent_logs(const fs::path& home) {
  std::vector<AgentLogs> found;
  std::error_code error;
  if (const fs::path folder = home / ".claude" / "projects"; fs::is_directory(folder, error)) {
    found.push_back({.agent = "claude-code", .folder = folder});
  }
  return found;
}

}  // namespace hardwon::engine
