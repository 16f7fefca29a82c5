// Sources, project aliases, scopes, notes: the small tables.

#include <set>

#include "base/text.h"
#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {

Result<std::optional<Source>> find_source(const Reader& reader, const std::string& path) {
  Rows rows = TRY(reader.connection().query(
      "SELECT path, format, hash, size, imported_at FROM source WHERE path = ?",
      {door_text(path, nullptr)}));
  if (!TRY(rows.next())) return std::nullopt;
  return Source{.path = rows.text(0),
                .format = rows.text(1),
                .hash = rows.text(2),
                .size = rows.integer(3),
                .imported_at = rows.time(4)};
}

Result<void> put_source(Writer& writer, const Source& source) {
  TRY(writer.connection().run(
      "INSERT INTO source VALUES (?,?,?,?,?) ON CONFLICT(path) DO UPDATE SET"
      " format = excluded.format, hash = excluded.hash, size = excluded.size,"
      " imported_at = excluded.imported_at",
      {door_text(source.path, &writer.masked()), door_text(source.format, &writer.masked()),
       door_text(source.hash, &writer.masked()), source.size, source.imported_at}));
  return {};
}

// A directory has one remote at a time, so the last one said holds.
Result<void> put_project_alias(Writer& writer, const std::string& project,
                               const std::string& remote) {
  TRY(writer.connection().run(
      "INSERT INTO project_alias VALUES (?,?) ON CONFLICT(project) DO UPDATE SET"
      " remote = excluded.remote WHERE remote <> excluded.remote",
      {door_text(project, &writer.masked()), door_text(remote, &writer.masked())}));
  return {};
}

namespace {

// The projects that count as `project`: itself and those with the same remote.
Result<std::set<std::string>> same_projects(Connection& connection, const std::string& project) {
  std::set<std::string> same = {project};
  Rows rows =
      TRY(connection.query("SELECT project FROM project_alias WHERE remote ="
                           " (SELECT remote FROM project_alias WHERE project = ?)",
                           {project}));
  while (TRY(rows.next())) same.insert(rows.text(0));
  return same;
}

}  // namespace

Result<std::vector<std::int64_t>> visible_scopes(const Reader& reader,
                                                 const Visibility& visibility) {
  Connection& connection = reader.connection();
  const Scope asked = door_scope(visibility.scope, nullptr);
  std::set<std::string> projects;
  if (const auto at = asked.labels.find("project"); at != asked.labels.end()) {
    projects = TRY(same_projects(connection, at->second));
  }
  const auto meets = [&](const std::string& key, const std::string& value) {
    if (key == "project") return projects.contains(value);
    const auto at = asked.labels.find(key);
    return at != asked.labels.end() && at->second == value;
  };
  std::vector<std::int64_t> visible;
  // A store has some hundred scopes: one per user and project.
  Rows rows = TRY(connection.query("SELECT id, canonical FROM scope ORDER BY id"));
  while (TRY(rows.next())) {
    bool seen = true;
    if (!visibility.all) {
      const Scope scope = TRY(Scope::parse(rows.view(1)));
      for (const auto& [key, value] : scope.labels) seen = seen && meets(key, value);
    }
    if (seen) visible.push_back(rows.integer(0));
  }
  return visible;
}

Result<std::optional<std::string>> get_note(const Reader& reader, std::string_view key) {
  Rows rows = TRY(reader.connection().query("SELECT value FROM meta WHERE key = ?",
                                            {"note." + std::string(key)}));
  if (!TRY(rows.next())) return std::nullopt;
  return rows.text(0);
}

Result<void> put_note(Writer& writer, std::string_view key, std::string_view value) {
  TRY(writer.connection().run(
      "INSERT INTO meta VALUES (?,?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
      {"note." + door_text(key, &writer.masked()), door_text(value, &writer.masked())}));
  return {};
}

}  // namespace hardwon::store
