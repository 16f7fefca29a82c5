// Forgetting: finds what a filter means, removes it and what rests on it.
//
// Order: 1. mark items and sessions; 2. mark what was learned from them: observations, their
// buckets, the lessons of those buckets that quote or count a marked record; 3. count; 4.
// remove.  Marks lie in temporary tables, which are in memory (temp_store), never on disk.

#include <functional>

#include "base/json.h"
#include "base/text.h"
#include "store/door.h"
#include "store/items.h"
#include "store/needle.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

using Counts = std::map<std::string, std::int64_t>;

// session_mark: with all that belongs to them; session_row_mark: the row alone, for a text in
// its title or path.
constexpr std::pair<const char*, const char*> kMarks[] = {
    {"item_mark", "id INTEGER PRIMARY KEY"},
    {"session_mark", "id BLOB PRIMARY KEY"},
    {"session_row_mark", "id BLOB PRIMARY KEY"},
    {"step_mark", "episode INTEGER, number INTEGER, PRIMARY KEY (episode, number)"},
    {"observation_mark", "id INTEGER PRIMARY KEY"},
    {"injection_mark", "id INTEGER PRIMARY KEY"},
    {"event_mark", "id INTEGER PRIMARY KEY"}};

Result<void> reset_marks(Connection& connection) {
  for (const auto& [name, columns] : kMarks) {
    TRY(connection.script("CREATE TEMP TABLE IF NOT EXISTS " + std::string(name) + "(" + columns +
                          ")"));
    TRY(connection.run("DELETE FROM temp." + std::string(name)));
  }
  return {};
}

// ---------------------------------------------------------------- 1. what the filter means

// "instr(lower(a), ?1) OR …"; ?2 is the JSON form.
std::string holds(std::initializer_list<const char*> columns) {
  std::string sql;
  for (const char* column : columns) {
    const std::string at = "instr(lower(" + std::string(column) + "), ";
    sql += (sql.empty() ? "" : " OR ") + at + "?1) OR " + at + "?2)";
  }
  return "(" + sql + ")";
}

Result<void> mark_text(Connection& connection, const std::string& given) {
  const Needle needle(given);
  const auto mark = [&](const std::string& into, const std::string& rest) -> Result<void> {
    TRY(connection.run("INSERT OR IGNORE INTO temp." + into + " " + rest,
                       {needle.text, needle.json}));
    return {};
  };
  TRY(mark("item_mark", "SELECT item FROM segment WHERE " + holds({"text"})));
  TRY(mark("item_mark",
           "SELECT item FROM document WHERE " + holds({"external_id", "content", "metadata"})));
  TRY(mark("item_mark",
           "SELECT item FROM episode WHERE " + holds({"external_id", "task", "context", "verdict",
                                                      "artifacts", "source_path", "reflection"})));
  TRY(mark("item_mark", "SELECT item FROM lesson WHERE " + holds({"statement", "body"})));
  TRY(mark("item_mark", "SELECT item FROM lesson JOIN bucket ON bucket.id = lesson.bucket WHERE " +
                            holds({"bucket.bucket"})));
  TRY(mark("step_mark", "SELECT episode, number FROM step WHERE " +
                            holds({"tool", "action", "parameters", "output"})));
  TRY(mark("observation_mark",
           "SELECT observation.id FROM observation JOIN bucket ON bucket.id = observation.bucket "
           "WHERE " +
               holds({"body", "bucket.bucket"})));
  TRY(mark("injection_mark", "SELECT id FROM injection WHERE " + holds({"task", "block"})));
  TRY(mark("injection_mark", "SELECT injection FROM injected WHERE " + holds({"statement"})));
  TRY(mark("session_row_mark", "SELECT id FROM session WHERE " +
                                   holds({"agent", "agent_session", "transcript_id", "directory",
                                          "model", "title", "source_path"})));
  return mark("event_mark", "SELECT id FROM human_event WHERE " + holds({"text"}));
}

Result<void> mark_scope(Connection& connection, const Scope& scope) {
  const auto row = TRY(connection.number("SELECT id FROM scope WHERE canonical = ?",
                                         {door_scope(scope, nullptr).canonical()}));
  if (!row) return {};
  TRY(connection.run("INSERT OR IGNORE INTO temp.item_mark SELECT id FROM item WHERE scope = ?",
                     {row}));
  TRY(connection.run(
      "INSERT OR IGNORE INTO temp.session_mark SELECT id FROM session WHERE scope = ?", {row}));
  TRY(connection.run(
      "INSERT OR IGNORE INTO temp.injection_mark SELECT id FROM injection WHERE scope = ?", {row}));
  return {};
}

Result<void> mark_source(Connection& connection, const std::string& given) {
  const std::string path = door_text(given, nullptr);
  TRY(connection.run(
      "INSERT OR IGNORE INTO temp.session_mark SELECT id FROM session WHERE source_path = ?",
      {path}));
  TRY(connection.run(
      "INSERT OR IGNORE INTO temp.item_mark SELECT item FROM episode WHERE source_path = ?",
      {path}));
  return {};
}

Result<void> mark_before(Connection& connection, TimePoint time) {
  TRY(
      connection.run("INSERT OR IGNORE INTO temp.session_mark SELECT id FROM session WHERE"
                     " coalesce(ended_at, started_at) < ?",
                     {time}));
  TRY(connection.run("INSERT OR IGNORE INTO temp.item_mark SELECT id FROM item WHERE time < ?",
                     {time}));
  TRY(connection.run(
      "INSERT OR IGNORE INTO temp.injection_mark SELECT id FROM injection WHERE time < ?", {time}));
  return {};
}

Result<void> mark_ids(Connection& connection, const std::vector<ItemId>& ids) {
  for (const ItemId& id : ids) {
    const std::int64_t found = TRY(connection.run(
        "INSERT OR IGNORE INTO temp.item_mark SELECT id FROM item WHERE uuid = ?", {id}));
    if (found == 0) return fail(ErrorCode::kNotFound, "no item " + to_text(id));
  }
  return {};
}

// ---------------------------------------------------------------- 2. what rests on it

Result<void> mark_parts(Connection& connection) {
  // A session's items, and what was said in a marked episode.
  TRY(
      connection.script("INSERT OR IGNORE INTO temp.item_mark SELECT item FROM segment"
                        " WHERE session IN (SELECT id FROM temp.session_mark);"
                        "INSERT OR IGNORE INTO temp.item_mark SELECT item FROM episode"
                        " WHERE session IN (SELECT id FROM temp.session_mark);"
                        "INSERT OR IGNORE INTO temp.item_mark SELECT segment.item FROM segment"
                        " JOIN item AS of ON of.uuid = segment.episode"
                        " WHERE of.id IN (SELECT id FROM temp.item_mark)"));
  return {};
}

// Lessons are a view of the records: those that a marked record speaks for are removed, and
// their buckets reduced again from what is left.
Result<void> mark_learned(Connection& connection) {
  constexpr const char* kMarkedIds =
      "(SELECT uuid FROM item WHERE id IN (SELECT id FROM temp.item_mark))";
  const std::string ids(kMarkedIds);
  TRY(connection.script(
      "INSERT OR IGNORE INTO temp.observation_mark SELECT id FROM observation"
      " WHERE item IN " +
      ids + " OR episode IN " + ids + " OR work IN " + ids +
      " OR work IN (SELECT id FROM temp.session_mark);"
      "INSERT OR IGNORE INTO temp.observation_mark SELECT observation.id FROM observation"
      " JOIN item ON item.uuid = observation.episode"
      " WHERE item.id IN (SELECT episode FROM temp.step_mark);"
      // Whole buckets: which of its lessons quotes the record is the learner's knowledge.
      "INSERT OR IGNORE INTO temp.item_mark SELECT item FROM lesson WHERE bucket IN"
      " (SELECT bucket FROM observation WHERE id IN (SELECT id FROM temp.observation_mark));"
      "INSERT OR IGNORE INTO temp.item_mark SELECT item.id FROM item JOIN evidence"
      " ON evidence.lesson = item.uuid WHERE observed AND evidence.episode IN " +
      ids +
      ";"
      "INSERT OR IGNORE INTO temp.injection_mark SELECT injection FROM injected"
      " WHERE lesson IN (SELECT uuid FROM item WHERE kind = 1 AND id IN"
      " (SELECT id FROM temp.item_mark));"
      "INSERT OR IGNORE INTO temp.injection_mark SELECT id FROM injection"
      " WHERE episode IN " +
      ids));
  return {};
}

Result<Counts> count_marks(Connection& connection) {
  Counts counts;
  {
    Rows rows = TRY(connection.query(
        "SELECT kind, count(*) FROM item WHERE id IN (SELECT id FROM temp.item_mark)"
        " GROUP BY kind"));
    while (TRY(rows.next())) {
      counts[std::string(name_of(static_cast<ItemKind>(rows.integer(0))))] = rows.integer(1);
    }
  }
  const std::pair<const char*, const char*> kCounted[] = {
      {"session",
       "SELECT count(*) FROM (SELECT id FROM temp.session_mark UNION SELECT id FROM"
       " temp.session_row_mark)"},
      {"step",
       "SELECT count(*) FROM step WHERE episode IN (SELECT id FROM temp.item_mark)"
       " OR (episode, number) IN (SELECT episode, number FROM temp.step_mark)"},
      {"observation", "SELECT count(*) FROM temp.observation_mark"},
      {"injection", "SELECT count(*) FROM temp.injection_mark"},
      {"human_event", "SELECT count(*) FROM temp.event_mark"}};
  for (const auto& [name, sql] : kCounted) {
    const std::int64_t n = TRY(connection.number(sql)).value_or(0);
    if (n > 0) counts[name] = n;
  }
  return counts;
}

// ---------------------------------------------------------------- 4. removal

// Ids, which hold no text, of what an import would bring back.
Result<void> remember_forgotten(Connection& connection) {
  TRY(
      connection.script("INSERT OR IGNORE INTO forgotten SELECT uuid FROM item WHERE kind IN (2, 4)"
                        " AND id IN (SELECT id FROM temp.item_mark);"
                        "INSERT OR IGNORE INTO forgotten SELECT id FROM temp.session_mark;"
                        "INSERT OR IGNORE INTO forgotten SELECT id FROM temp.session_row_mark"));
  std::vector<std::pair<ItemId, std::uint32_t>> steps;
  {
    Rows rows = TRY(
        connection.query("SELECT uuid, number FROM temp.step_mark JOIN item ON item.id = episode"));
    while (TRY(rows.next())) {
      steps.emplace_back(rows.id<ItemId>(0), static_cast<std::uint32_t>(rows.integer(1)));
    }
  }
  for (const auto& [episode, number] : steps) {
    TRY(connection.run("INSERT OR IGNORE INTO forgotten VALUES (?)",
                       {Blob{step_key(episode, number)}}));
  }
  return {};
}

Result<void> remove_marked(Connection& connection) {
  constexpr const char* kLessons =
      "(SELECT uuid FROM item WHERE kind = 1 AND id IN (SELECT id FROM temp.item_mark))";
  constexpr const char* kEpisodes =
      "(SELECT uuid FROM item WHERE kind = 4 AND id IN (SELECT id FROM temp.item_mark))";
  const std::string lessons(kLessons), episodes(kEpisodes);
  TRY(connection.script(
      "UPDATE bucket SET dirty = 1 WHERE id IN (SELECT bucket FROM observation WHERE id IN"
      " (SELECT id FROM temp.observation_mark)) OR id IN (SELECT bucket FROM lesson WHERE item"
      " IN (SELECT id FROM temp.item_mark));"
      "DELETE FROM observation WHERE id IN (SELECT id FROM temp.observation_mark);"
      "DELETE FROM injection WHERE id IN (SELECT id FROM temp.injection_mark);"
      "DELETE FROM human_event WHERE id IN (SELECT id FROM temp.event_mark);"
      "DELETE FROM step WHERE (episode, number) IN (SELECT episode, number FROM"
      " temp.step_mark);"
      "DELETE FROM evidence WHERE episode IN " +
      episodes +
      ";"
      "DELETE FROM evidence WHERE lesson IN " +
      lessons +
      " AND NOT shown AND NOT applied;"
      "DELETE FROM rating WHERE episode IN " +
      episodes +
      ";"
      "DELETE FROM work WHERE id IN " +
      episodes +
      " OR id IN (SELECT id FROM"
      " temp.session_mark);"
      "DELETE FROM session WHERE id IN (SELECT id FROM temp.session_mark) OR id IN (SELECT id"
      " FROM temp.session_row_mark)"));
  std::vector<ItemHead> heads;
  {
    Rows rows = TRY(connection.query("SELECT id FROM temp.item_mark"));
    while (TRY(rows.next())) {
      auto head = TRY(find_item(connection, rows.integer(0)));
      if (head) heads.push_back(std::move(*head));
    }
  }
  for (const ItemHead& head : heads) TRY(remove_item(connection, head));
  return {};
}

// Texts of a filter that stand beside the records: titles, messages, names.
Result<void> blank_text(Connection& connection, const std::string& given) {
  const Needle needle(given);
  const auto run = [&](const std::string& sql) -> Result<void> {
    TRY(connection.run(sql, {needle.text, needle.json}));
    return {};
  };
  TRY(run("DELETE FROM source WHERE " + holds({"path"})));
  TRY(run("UPDATE work SET error = '' WHERE " + holds({"error"})));
  TRY(run("UPDATE bucket SET dropped = '' WHERE " + holds({"dropped"})));
  TRY(run("UPDATE evidence SET verdict = '' WHERE " + holds({"verdict"})));
  TRY(run("UPDATE feedback SET verdict = '' WHERE " + holds({"verdict"})));
  return run("DELETE FROM meta WHERE key LIKE 'note.%' AND " + holds({"value"}));
}

// Buckets without lessons and observations, and scopes that nothing refers to, hold names only.
Result<void> sweep(Connection& connection, const ForgetFilter& filter) {
  TRY(connection.script(
      "DELETE FROM bucket WHERE id NOT IN (SELECT bucket FROM observation) AND id NOT IN"
      " (SELECT bucket FROM lesson WHERE bucket IS NOT NULL)"));
  if (!filter.source.empty()) {
    TRY(connection.run("DELETE FROM source WHERE path = ?", {door_text(filter.source, nullptr)}));
  }
  if (filter.scope) {
    TRY(connection.script(
        "DELETE FROM scope WHERE id NOT IN (SELECT scope FROM item UNION SELECT scope FROM"
        " session UNION SELECT scope FROM bucket UNION SELECT scope FROM injection)"));
    const auto project = filter.scope->labels.find("project");
    if (project != filter.scope->labels.end()) {
      TRY(connection.run("DELETE FROM project_alias WHERE project = ?",
                         {door_text(project->second, nullptr)}));
    }
  }
  return {};
}

// Names of scopes cannot go while records carry them.
Result<void> count_kept(Connection& connection, const std::string& given, Counts& counts) {
  const Needle needle(given);
  const std::int64_t n =
      TRY(connection.number("SELECT count(*) FROM scope WHERE " + holds({"canonical"}),
                            {needle.text, needle.json}))
          .value_or(0);
  if (n > 0) counts["kept:scope"] = n;
  return {};
}

Result<void> check_one(const ForgetFilter& filter) {
  const int given = !filter.text.empty() + !filter.ids.empty() + filter.scope.has_value() +
                    !filter.source.empty() + filter.before.has_value();
  if (given == 1) return {};
  return fail(ErrorCode::kInvalidArgument,
              "forget: expected exactly one of text, ids, scope, source, before; got " +
                  std::to_string(given));
}

}  // namespace

Result<Counts> forget(Writer& writer, const ForgetFilter& filter, bool dry_run) {
  Connection& connection = writer.connection();
  TRY(check_one(filter));
  TRY(reset_marks(connection));
  if (!filter.text.empty()) TRY(mark_text(connection, filter.text));
  if (filter.scope) TRY(mark_scope(connection, *filter.scope));
  if (!filter.source.empty()) TRY(mark_source(connection, filter.source));
  if (filter.before) TRY(mark_before(connection, *filter.before));
  TRY(mark_ids(connection, filter.ids));
  TRY(mark_parts(connection));
  TRY(mark_learned(connection));
  Counts counts = TRY(count_marks(connection));
  if (!filter.text.empty()) TRY(count_kept(connection, filter.text, counts));
  if (!dry_run) {
    TRY(remember_forgotten(connection));
    TRY(remove_marked(connection));
    if (!filter.text.empty()) TRY(blank_text(connection, filter.text));
    TRY(sweep(connection, filter));
  }
  TRY(reset_marks(connection));
  return counts;
}

}  // namespace hardwon::store
