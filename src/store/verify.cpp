// verify(): looks at everything and reports; changes nothing.

#include <filesystem>
#include <functional>

#include "store/database_files.h"
#include "store/door.h"
#include "store/items.h"
#include "store/lessons.h"
#include "store/maintenance.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/search.h"
#include "store/sqlite.h"
#include "store/standing.h"

namespace hardwon::store {
namespace {

constexpr int kReportedMax = 100;  // of one check: a torn file has thousands

class Findings {
 public:
  void add(std::string what) {
    if (++here_ <= kReportedMax) list_.push_back({std::move(what)});
  }
  // An error inside a check is a finding; the next check goes on.
  void check(const char* name, const std::function<Result<void>()>& body) {
    here_ = 0;
    if (const auto done = body(); !done) add(std::string(name) + ": " + done.error().message);
    if (here_ > kReportedMax) {
      list_.push_back(
          {std::string(name) + ": and " + std::to_string(here_ - kReportedMax) + " more"});
    }
  }
  std::vector<Damage> take() { return std::move(list_); }

 private:
  std::vector<Damage> list_;
  int here_ = 0;
};

Result<void> check_pages(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query("PRAGMA integrity_check(100)"));
  while (TRY(rows.next())) {
    if (rows.view(0) != "ok") findings.add("pages: " + rows.text(0));
  }
  return {};
}

Result<void> check_foreign_keys(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query("PRAGMA foreign_key_check"));
  while (TRY(rows.next())) {
    findings.add("foreign key: row " + std::to_string(rows.integer(1)) + " of " + rows.text(0) +
                 " refers to a missing row of " + rows.text(2));
  }
  return {};
}

Result<std::string> digest_now(Connection& connection, const ItemHead& head) {
  switch (head.kind) {
    case ItemKind::kLesson:
      return digest_of(TRY(read_lesson(connection, head))).bytes();
    case ItemKind::kSegment:
      return digest_of(TRY(read_segment(connection, head))).bytes();
    case ItemKind::kDocument:
      return digest_of(TRY(read_document(connection, head))).bytes();
    case ItemKind::kEpisode:
      return digest_of(TRY(read_episode(connection, head, false))).bytes();
  }
  return fail(ErrorCode::kCorruption,
              "unknown kind " + std::to_string(static_cast<int>(head.kind)));
}

// Each record decodes and is what was put: a bit that fell over inside a text is found too.
Result<void> check_records(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query("SELECT id FROM item ORDER BY id"));
  while (TRY(rows.next())) {
    const auto head = TRY(find_item(connection, rows.integer(0)));
    if (!head) {
      findings.add("item " + std::to_string(rows.integer(0)) + ": cannot be found by its id");
      continue;
    }
    const std::string name = "item " + to_text(head->id);
    const auto now = digest_now(connection, *head);
    if (!now) {
      findings.add(name + ": " + now.error().message);
    } else if (*now != head->digest) {
      findings.add(name + ": its content is not what was written");
    }
  }
  return {};
}

Result<void> check_steps(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query("SELECT item FROM episode ORDER BY item"));
  while (TRY(rows.next())) {
    const std::int64_t episode = rows.integer(0);
    for (const Step& step : TRY(read_steps(connection, episode))) {
      const std::string digest = digest_of(step).bytes();
      if (!TRY(connection.number(
              "SELECT 1 FROM step WHERE episode = ? AND number = ? AND digest = ?",
              {episode, step.number, Blob{digest}}))) {
        findings.add("step " + std::to_string(step.number) + " of episode row " +
                     std::to_string(episode) + ": its content is not what was written");
      }
    }
  }
  return {};
}

Result<void> check_sessions(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query("SELECT id, digest FROM session"));
  while (TRY(rows.next())) {
    const auto id = rows.id<SessionId>(0);
    const auto session = TRY(read_session(connection, id));
    if (!session || digest_of(*session).bytes() != rows.view(1)) {
      findings.add("session " + to_text(id) + ": its content is not what was written");
    }
  }
  return {};
}

Result<void> check_feed(Connection& connection, Findings& findings) {
  Rows rows = TRY(connection.query(
      "SELECT change_seq, count(*) FROM (SELECT change_seq FROM item WHERE change_seq > 0"
      " UNION ALL SELECT change_seq FROM removed) GROUP BY change_seq HAVING count(*) > 1"));
  while (TRY(rows.next())) {
    findings.add("change feed: number " + std::to_string(rows.integer(0)) + " is there " +
                 std::to_string(rows.integer(1)) + " times");
  }
  return {};
}

Result<void> check_text(Connection& connection, ItemKind kind, Findings& findings) {
  const std::string table = text_table(kind);
  const auto indexed =
      TRY(connection.number("SELECT count(*) FROM item WHERE kind = ? AND indexed", {kind}))
          .value_or(0);
  const auto rows = TRY(connection.number("SELECT count(*) FROM " + table)).value_or(0);
  const auto counted =
      TRY(connection.number("SELECT items FROM indexed_count WHERE kind = ?", {kind})).value_or(0);
  if (indexed != rows || indexed != counted) {
    findings.add(table + ": " + std::to_string(rows) + " entries, counted " +
                 std::to_string(counted) + ", for " + std::to_string(indexed) + " items");
  }
  Rows lines = TRY(connection.query("SELECT rowid, terms, scope FROM " + table));
  while (TRY(lines.next())) {
    const auto head = TRY(find_item(connection, lines.integer(0)));
    const auto text = head ? TRY(read_text(connection, *head)) : std::nullopt;
    if (!text || indexed_terms(*text) != lines.view(1) ||
        scope_mark(head->scope) != lines.view(2)) {
      findings.add(table + ": entry " + std::to_string(lines.integer(0)) +
                   " does not fit its item; forgetting anything rebuilds full text");
    }
  }
  return {};
}

Result<void> check_standing(Connection& connection, Findings& findings) {
  if (TRY(schema_state(connection)).version < 3) return {};  // a store that waits for its migration
  if (const std::int64_t wrong = TRY(wrong_standing(connection)); wrong > 0) {
    findings.add("standing: " + std::to_string(wrong) + " rows do not fit their lessons");
  }
  return {};
}

// Needs a connection that may write, though it writes nothing: FTS5's check is a command.
Result<void> check_text_index(Connection& connection, ItemKind kind) {
  const std::string table = text_table(kind);
  TRY(connection.run("INSERT INTO " + table + "(" + table + ") VALUES ('integrity-check')"));
  return {};
}

void check_all(Connection& connection, Findings& findings) {
  findings.check("pages", [&] { return check_pages(connection, findings); });
  findings.check("foreign keys", [&] { return check_foreign_keys(connection, findings); });
  findings.check("records", [&] { return check_records(connection, findings); });
  findings.check("steps", [&] { return check_steps(connection, findings); });
  findings.check("sessions", [&] { return check_sessions(connection, findings); });
  findings.check("change feed", [&] { return check_feed(connection, findings); });
  findings.check("standing", [&] { return check_standing(connection, findings); });
  for (const ItemKind kind : kItemKinds) {
    const std::string table = text_table(kind);
    findings.check(table.c_str(), [&] { return check_text(connection, kind, findings); });
    findings.check(table.c_str(), [&] { return check_text_index(connection, kind); });
  }
}

// The whole database in memory: what may be checked with commands that want to write, while
// others read and write the store.
Result<std::unique_ptr<Connection>> in_memory(Connection& from) {
  auto memory = TRY(Connection::open({.path = ":memory:", .create = true}));
  TRY(copy_pages(from, *memory));
  return memory;
}

}  // namespace

Result<std::vector<Damage>> verify(const std::filesystem::path& directory) {
  const std::string path = (directory / kDatabaseFile).string();
  if (!TRY(file_exists(path))) {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .message = "no store in " + directory.string(),
                                 .path = directory.string()});
  }
  Findings findings;
  auto file = open_readable(path, nullptr, std::chrono::seconds(5));
  if (!file && file.error().code != ErrorCode::kCorruption) {
    return std::unexpected(file.error());
  }
  if (file) {
    if (const auto state = schema_state(**file); !state) {
      file = std::unexpected(state.error());
    } else {
      TRY(check_readable(*state, path));
    }
  }
  findings.check("database", [&]() -> Result<void> {
    if (!file) return std::unexpected(file.error());
    // Copying reads pages as they are; the checks then see the same damage.
    auto copy = in_memory(**file);
    check_all(copy ? **copy : **file, findings);
    return {};
  });
  return findings.take();
}

}  // namespace hardwon::store
