#include "store/schema.h"

#include <charconv>

namespace hardwon::store {
namespace {

// What a question without words asks for, in its order: derived from lesson and item, so that the
// start of a session need not read every lesson.  A lesson without a time is the oldest.
constexpr std::string_view kStandingTable = R"sql(
CREATE TABLE standing(
  scope INTEGER NOT NULL, pinned INTEGER NOT NULL, stated INTEGER NOT NULL,
  count INTEGER NOT NULL, time INTEGER NOT NULL, uuid BLOB NOT NULL, kind INTEGER NOT NULL,
  item INTEGER NOT NULL UNIQUE REFERENCES item ON DELETE CASCADE,
  PRIMARY KEY (scope, pinned DESC, stated DESC, count DESC, time DESC, uuid))
  STRICT, WITHOUT ROWID;
)sql";
constexpr std::string_view kStandingRows =
    "SELECT item.scope, pinned, lesson.kind IN (6, 7), count, ifnull(valid_from, -1 << 62), uuid,"
    " lesson.kind, item.id FROM lesson JOIN item ON item.id = lesson.item"
    " WHERE status = 1 AND NOT suppressed";

// References between records (segment to session, evidence to lesson) are ids without a
// foreign key: imports may bring records in any order, and human acts outlive the lesson
// they are about.  Foreign keys bind what is written together.
constexpr const char* kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE scope(id INTEGER PRIMARY KEY AUTOINCREMENT, canonical TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE project_alias(
  project TEXT PRIMARY KEY, remote TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source(
  path TEXT PRIMARY KEY, format TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL,
  imported_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE session(
  id BLOB PRIMARY KEY, scope INTEGER NOT NULL REFERENCES scope, agent TEXT NOT NULL,
  agent_session TEXT NOT NULL, transcript_id TEXT NOT NULL, directory TEXT NOT NULL,
  model TEXT NOT NULL, title TEXT NOT NULL, started_at INTEGER, ended_at INTEGER,
  tokens_known INTEGER NOT NULL, tokens_input INTEGER NOT NULL, tokens_output INTEGER NOT NULL,
  tokens_cache_read INTEGER NOT NULL, tokens_cache_creation INTEGER NOT NULL,
  source_path TEXT NOT NULL, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX session_scope ON session(scope);

CREATE TABLE item(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB NOT NULL UNIQUE, handle TEXT NOT NULL,
  kind INTEGER NOT NULL, scope INTEGER NOT NULL REFERENCES scope, time INTEGER,
  change_seq INTEGER NOT NULL, indexed INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE INDEX item_handle ON item(handle);
CREATE INDEX item_change ON item(change_seq);
CREATE INDEX item_scope ON item(scope, kind);
CREATE TABLE removed(
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, scope INTEGER NOT NULL,
  change_seq INTEGER NOT NULL) STRICT;
CREATE INDEX removed_change ON removed(change_seq);
CREATE TABLE forgotten(id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE indexed_count(
  kind INTEGER PRIMARY KEY, items INTEGER NOT NULL) STRICT;
INSERT INTO indexed_count VALUES (1, 0), (2, 0), (3, 0), (4, 0);

CREATE TABLE segment(
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE, session BLOB NOT NULL,
  position INTEGER NOT NULL, speaker INTEGER NOT NULL, text TEXT NOT NULL, line INTEGER NOT NULL,
  episode BLOB, opens_episode INTEGER NOT NULL, abandoned INTEGER NOT NULL) STRICT;
CREATE INDEX segment_session ON segment(session, position);
CREATE INDEX segment_episode ON segment(episode) WHERE episode IS NOT NULL;
CREATE TABLE document(
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE, external_id TEXT NOT NULL,
  content TEXT NOT NULL, metadata TEXT NOT NULL) STRICT;
CREATE INDEX document_external ON document(external_id);
CREATE TABLE episode(
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE, external_id TEXT NOT NULL,
  session BLOB, task TEXT NOT NULL, context TEXT NOT NULL, started_at INTEGER, ended_at INTEGER,
  outcome INTEGER NOT NULL, outcome_share REAL, outcome_source INTEGER NOT NULL,
  verdict TEXT NOT NULL, reward REAL, artifacts TEXT NOT NULL, completed INTEGER NOT NULL,
  source_path TEXT NOT NULL, line_from INTEGER NOT NULL, line_to INTEGER NOT NULL,
  reward_score REAL, quality REAL, reflection TEXT NOT NULL) STRICT;
CREATE INDEX episode_external ON episode(external_id) WHERE external_id <> '';
CREATE INDEX episode_session ON episode(session) WHERE session IS NOT NULL;
CREATE TABLE step(
  episode INTEGER NOT NULL REFERENCES episode(item) ON DELETE CASCADE, number INTEGER NOT NULL,
  tool TEXT NOT NULL, action TEXT NOT NULL, parameters TEXT NOT NULL, status INTEGER NOT NULL,
  output TEXT NOT NULL, latency_ms INTEGER, tokens INTEGER, time INTEGER, line INTEGER NOT NULL,
  by_sub_agent INTEGER NOT NULL, digest BLOB NOT NULL, result_line INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (episode, number)) STRICT;

CREATE TABLE bucket(
  id INTEGER PRIMARY KEY, learner TEXT NOT NULL, bucket TEXT NOT NULL,
  scope INTEGER NOT NULL REFERENCES scope, dirty INTEGER NOT NULL, dropped TEXT NOT NULL,
  UNIQUE (learner, bucket, scope)) STRICT;
CREATE INDEX bucket_dirty ON bucket(id) WHERE dirty = 1;
CREATE TABLE observation(
  id INTEGER PRIMARY KEY, work BLOB NOT NULL, bucket INTEGER NOT NULL REFERENCES bucket,
  item BLOB NOT NULL, episode BLOB, body TEXT NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE INDEX observation_work ON observation(work);
CREATE INDEX observation_bucket ON observation(bucket);
CREATE INDEX observation_episode ON observation(episode);
CREATE INDEX observation_item ON observation(item);
CREATE TABLE work(
  token INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, id BLOB NOT NULL UNIQUE,
  attempts INTEGER NOT NULL, due INTEGER NOT NULL, dead INTEGER NOT NULL,
  error TEXT NOT NULL) STRICT;

CREATE TABLE lesson(
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE, kind INTEGER NOT NULL,
  statement TEXT NOT NULL, body TEXT NOT NULL, valid_from INTEGER, valid_to INTEGER,
  superseded_by BLOB, status INTEGER NOT NULL, pinned INTEGER NOT NULL,
  suppressed INTEGER NOT NULL, learner TEXT NOT NULL, count INTEGER NOT NULL, grp BLOB,
  bucket INTEGER REFERENCES bucket) STRICT;
CREATE INDEX lesson_bucket ON lesson(bucket) WHERE bucket IS NOT NULL;
CREATE TABLE human_event(
  id INTEGER PRIMARY KEY, lesson BLOB NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  time INTEGER NOT NULL) STRICT;
CREATE INDEX human_event_lesson ON human_event(lesson);
CREATE TABLE supersession(
  older BLOB PRIMARY KEY, newer BLOB NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE evidence(
  lesson BLOB NOT NULL, episode BLOB NOT NULL, observed INTEGER NOT NULL,
  shown INTEGER NOT NULL, applied INTEGER NOT NULL, outcome INTEGER NOT NULL,
  outcome_share REAL, outcome_source INTEGER NOT NULL, verdict TEXT NOT NULL,
  PRIMARY KEY (lesson, episode)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_episode ON evidence(episode);
CREATE TABLE feedback(
  id INTEGER PRIMARY KEY, lesson BLOB NOT NULL, outcome INTEGER NOT NULL, outcome_share REAL,
  outcome_source INTEGER NOT NULL, verdict TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
CREATE INDEX feedback_lesson ON feedback(lesson);
CREATE TABLE rating(
  lesson BLOB NOT NULL, episode BLOB NOT NULL, rating INTEGER NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY (lesson, episode)) STRICT, WITHOUT ROWID;

CREATE TABLE injection(
  id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, task TEXT NOT NULL,
  block TEXT NOT NULL, tokens INTEGER NOT NULL, session TEXT NOT NULL, episode BLOB,
  scope INTEGER NOT NULL REFERENCES scope) STRICT;
CREATE INDEX injection_time ON injection(time);
CREATE INDEX injection_session ON injection(session);
CREATE INDEX injection_episode ON injection(episode) WHERE episode IS NOT NULL;
CREATE TABLE injected(
  injection INTEGER NOT NULL REFERENCES injection ON DELETE CASCADE, position INTEGER NOT NULL,
  ghost INTEGER NOT NULL, lesson BLOB NOT NULL, statement TEXT NOT NULL, tokens INTEGER NOT NULL,
  probability REAL NOT NULL, relevance REAL NOT NULL, untested INTEGER NOT NULL,
  PRIMARY KEY (injection, ghost, position)) STRICT, WITHOUT ROWID;
CREATE INDEX injected_lesson ON injected(lesson);

CREATE VIRTUAL TABLE lesson_text USING fts5(terms, scope, tokenize="ascii tokenchars '#'");
CREATE VIRTUAL TABLE document_text USING fts5(terms, scope, tokenize="ascii tokenchars '#'");
CREATE VIRTUAL TABLE segment_text USING fts5(terms, scope, tokenize="ascii tokenchars '#'");
CREATE VIRTUAL TABLE episode_text USING fts5(terms, scope, tokenize="ascii tokenchars '#'");
CREATE VIRTUAL TABLE lesson_vocabulary USING fts5vocab('lesson_text', 'row');
CREATE VIRTUAL TABLE document_vocabulary USING fts5vocab('document_text', 'row');
CREATE VIRTUAL TABLE segment_vocabulary USING fts5vocab('segment_text', 'row');
CREATE VIRTUAL TABLE episode_vocabulary USING fts5vocab('episode_text', 'row');
)sql";

constexpr std::int64_t kMinReader = 2;  // of what this program makes

Result<std::int64_t> meta_number(Connection& connection, const char* key) {
  Rows rows = TRY(connection.query("SELECT value FROM meta WHERE key = ?", {key}));
  std::int64_t value = -1;
  if (TRY(rows.next())) {
    const std::string_view text = rows.view(0);
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  if (value < 0) {
    return fail(ErrorCode::kCorruption, connection.path() + ": meta '" + key +
                                            "' is missing or no number: this is no whole store");
  }
  return value;
}

std::string needs(const std::string& path, const char* verb, std::int64_t version) {
  return path + ": this store was written by a newer Hardwon; to " + verb +
         " it a program of store version " + std::to_string(version) +
         " or later is needed, this one has " + std::to_string(kSchemaVersion);
}

// Runs `body` between BEGIN IMMEDIATE and COMMIT.
template <typename Body>
Result<void> in_transaction(Connection& connection, Body body) {
  TRY(connection.script("BEGIN IMMEDIATE"));
  Result<void> done = body();
  if (done) done = connection.script("COMMIT");
  if (!done && connection.in_transaction()) {
    if (const auto undone = connection.script("ROLLBACK"); !undone) return undone;
  }
  return done;
}

}  // namespace

Result<SchemaState> schema_state(Connection& connection) {
  SchemaState state;
  state.version = TRY(connection.number("PRAGMA user_version")).value_or(0);
  const std::int64_t application = TRY(connection.number("PRAGMA application_id")).value_or(0);
  const bool empty = TRY(connection.number("SELECT count(*) FROM sqlite_schema")).value_or(0) == 0;
  if (empty && state.version == 0) return state;
  if (application != kApplicationId) {
    return fail(ErrorCode::kCorruption,
                connection.path() + ": a SQLite database, but no Hardwon store");
  }
  state.min_reader = TRY(meta_number(connection, "min_reader"));
  state.min_writer = TRY(meta_number(connection, "min_writer"));
  return state;
}

Result<void> check_readable(const SchemaState& state, const std::string& path) {
  if (state.min_reader <= kSchemaVersion) return {};
  return fail(ErrorCode::kUnavailable, needs(path, "read", state.min_reader));
}

Result<void> check_writable(const SchemaState& state, const std::string& path) {
  TRY(check_readable(state, path));
  if (state.min_writer <= kSchemaVersion) return {};
  return fail(ErrorCode::kUnavailable, needs(path, "write", state.min_writer));
}

Result<void> create_schema(Connection& connection) {
  if (TRY(schema_state(connection)).version != 0) return {};
  TRY(connection.script("PRAGMA journal_mode=WAL"));
  return in_transaction(connection, [&]() -> Result<void> {
    TRY(connection.script(kTables));
    TRY(connection.script(std::string(kStandingTable)));
    const std::string version = std::to_string(kSchemaVersion);
    return connection.script("INSERT INTO meta VALUES ('min_reader','" +
                             std::to_string(kMinReader) + "'),('min_writer','" + version +
                             "');PRAGMA application_id=" + std::to_string(kApplicationId) +
                             ";PRAGMA user_version=" + version);
  });
}

std::string_view standing_rows() { return kStandingRows; }

// The next schema appends its step here.  A column is added at the end of its table, there and
// in kTables alike.
std::span<const Migration> migrations() {
  static const std::string kStanding =
      std::string(kStandingTable) + "INSERT INTO standing " + std::string(kStandingRows);
  static const Migration kMigrations[] = {
      // Version 1 knows no result_line: it would call the steps that have one damaged.
      {.from = 1,
       .sql = "ALTER TABLE step ADD COLUMN result_line INTEGER NOT NULL DEFAULT 0",
       .min_reader = 2,
       .min_writer = 2},
      // Version 2 would write lessons without their rows in `standing`.
      {.from = 2, .sql = kStanding.c_str(), .min_reader = 2, .min_writer = 3},
  };
  return kMigrations;
}

Result<void> migrate(Connection& connection, std::span<const Migration> steps,
                     std::int64_t target) {
  return in_transaction(connection, [&]() -> Result<void> {
    std::int64_t version = TRY(schema_state(connection)).version;
    for (const Migration& step : steps) {
      if (step.from != version) continue;
      TRY(connection.script(step.sql));
      version = step.from + 1;
      TRY(connection.run("UPDATE meta SET value = ? WHERE key = 'min_reader'",
                         {std::to_string(step.min_reader)}));
      TRY(connection.run("UPDATE meta SET value = ? WHERE key = 'min_writer'",
                         {std::to_string(step.min_writer)}));
      TRY(connection.script("PRAGMA user_version=" + std::to_string(version)));
    }
    if (version == target) return {};
    return fail(ErrorCode::kCorruption, connection.path() + ": no way from store version " +
                                            std::to_string(version) + " to " +
                                            std::to_string(target));
  });
}

}  // namespace hardwon::store
