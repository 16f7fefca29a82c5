// The work queue, observations and buckets: what the learn step keeps between runs.

#include <algorithm>

#include "base/json.h"
#include "store/door.h"
#include "store/items.h"
#include "store/lessons.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

// An item that failed this often waits for a better learner, not for time.
constexpr int kAttemptsMax = 5;
// The first wait after a failure; four times as long after each further one.
constexpr std::chrono::seconds kFirstBackOff{10};

Bucket clean(const Bucket& bucket, MaskCounts* masked) {
  return {.learner = door_text(bucket.learner, masked),
          .bucket = door_text(bucket.bucket, masked),
          .scope = door_scope(bucket.scope, masked)};
}

Result<std::optional<std::int64_t>> find_bucket(Connection& connection, const Bucket& bucket) {
  return connection.number(
      "SELECT bucket.id FROM bucket JOIN scope ON scope.id = bucket.scope"
      " WHERE learner = ? AND bucket = ? AND canonical = ?",
      {bucket.learner, bucket.bucket, bucket.scope.canonical()});
}

// bucket: has passed the door.
Result<std::int64_t> bucket_row(Connection& connection, const Bucket& bucket) {
  if (const auto row = TRY(find_bucket(connection, bucket))) return *row;
  const std::int64_t scope = TRY(scope_row(connection, bucket.scope));
  TRY(connection.run(
      "INSERT INTO bucket(learner, bucket, scope, dirty, dropped) VALUES (?,?,?,1,'')",
      {bucket.learner, bucket.bucket, scope}));
  return connection.last_row();
}

Result<Bucket> bucket_of_row(Connection& connection, std::int64_t row) {
  Rows rows =
      TRY(connection.query("SELECT learner, bucket, scope FROM bucket WHERE id = ?", {row}));
  if (!TRY(rows.next())) {
    return fail(ErrorCode::kCorruption, "bucket " + std::to_string(row) + " is missing");
  }
  Scope scope = TRY(scope_of_row(connection, rows.integer(2)));
  return Bucket{.learner = rows.text(0), .bucket = rows.text(1), .scope = std::move(scope)};
}

Param work_id(const WorkItem& work) {
  return work.episode.empty() ? Param(work.session) : Param(work.episode);
}

Result<bool> is_current(Connection& connection, const WorkItem& work) {
  return TRY(connection.number("SELECT 1 FROM work WHERE token = ? AND id = ?",
                               {work.token, work_id(work)}))
      .has_value();
}

}  // namespace

// ---------------------------------------------------------------- queue

// A new row each time: its token differs from the one that a running worker holds.
Result<void> enqueue(Writer& writer, int kind, const Param& id) {
  TRY(writer.connection().run("DELETE FROM work WHERE id = ?", {id}));
  TRY(writer.connection().run(
      "INSERT INTO work(kind, id, attempts, due, dead, error) VALUES (?,?,0,?,0,'')",
      {kind, id, writer.now()}));
  return {};
}

Result<void> enqueue_session(Writer& writer, const SessionId& session) {
  return enqueue(writer, kWorkSession, session);
}

Result<void> enqueue_everything(Writer& writer) {
  Connection& connection = writer.connection();
  TRY(connection.run("DELETE FROM observation"));
  TRY(connection.run("UPDATE bucket SET dirty = 1"));
  TRY(connection.run("DELETE FROM work"));
  TRY(
      connection.run("INSERT INTO work(kind, id, attempts, due, dead, error)"
                     " SELECT ?, uuid, 0, ?, 0, '' FROM episode JOIN item ON item.id = episode.item"
                     " WHERE completed ORDER BY item.id",
                     {kWorkEpisode, writer.now()}));
  TRY(
      connection.run("INSERT INTO work(kind, id, attempts, due, dead, error)"
                     " SELECT DISTINCT ?, session, 0, ?, 0, '' FROM segment ORDER BY item",
                     {kWorkSession, writer.now()}));
  return {};
}

Result<std::vector<WorkItem>> due_work(const Reader& reader, TimePoint now, std::size_t limit) {
  std::vector<WorkItem> due;
  Rows rows = TRY(reader.connection().query(
      "SELECT kind, id, token, attempts FROM work WHERE NOT dead AND due <= ?"
      " ORDER BY token LIMIT ?",
      {now, static_cast<std::int64_t>(limit)}));
  while (TRY(rows.next())) {
    WorkItem work{.token = rows.integer(2), .attempts = static_cast<int>(rows.integer(3))};
    if (rows.integer(0) == kWorkEpisode) work.episode = rows.id<ItemId>(1);
    if (rows.integer(0) == kWorkSession) work.session = rows.id<SessionId>(1);
    due.push_back(work);
  }
  return due;
}

Result<std::int64_t> pending_episodes(const Reader& reader) {
  return TRY(reader.connection().number("SELECT count(*) FROM work WHERE kind = ? AND NOT dead",
                                        {kWorkEpisode}))
      .value_or(0);
}

Result<std::int64_t> dead_letters(const Reader& reader) {
  return TRY(reader.connection().number("SELECT count(*) FROM work WHERE dead")).value_or(0);
}

Result<void> fail_work(Writer& writer, const WorkItem& work, std::string_view error) {
  const int attempts = work.attempts + 1;
  std::chrono::microseconds back_off = kFirstBackOff;
  for (int i = 1; i < attempts; ++i) back_off *= 4;
  TRY(writer.connection().run(
      "UPDATE work SET attempts = ?, due = ?, dead = ?, error = ? WHERE token = ?",
      {attempts, writer.now() + back_off, attempts >= kAttemptsMax,
       door_text(error, &writer.masked()), work.token}));
  return {};
}

// ---------------------------------------------------------------- observations

namespace {

struct NewObservation {
  std::int64_t bucket = 0;
  const StoredObservation* from = nullptr;
  std::string json, digest;
};

// (bucket, digest) of what is stored for a work item.
using Fingerprint = std::pair<std::int64_t, std::string>;
Result<std::multiset<Fingerprint>> fingerprints(Connection& connection, const Param& work) {
  std::multiset<Fingerprint> out;
  Rows rows =
      TRY(connection.query("SELECT bucket, digest FROM observation WHERE work = ?", {work}));
  while (TRY(rows.next())) out.emplace(rows.integer(0), rows.text(1));
  return out;
}

std::set<std::int64_t> buckets_that_differ(const std::multiset<Fingerprint>& before,
                                           const std::multiset<Fingerprint>& now) {
  std::vector<Fingerprint> differing;
  std::ranges::set_symmetric_difference(before, now, std::back_inserter(differing));
  std::set<std::int64_t> buckets;
  for (const auto& [bucket, digest] : differing) buckets.insert(bucket);
  return buckets;
}

}  // namespace

Result<bool> finish_work(Writer& writer, const WorkItem& work,
                         std::span<const StoredObservation> observations,
                         std::set<Bucket>& touched) {
  Connection& connection = writer.connection();
  if (!TRY(is_current(connection, work))) return false;
  std::vector<NewObservation> rows;
  std::multiset<Fingerprint> now;
  for (const StoredObservation& given : observations) {
    const Bucket bucket = clean({given.learner, given.bucket, given.scope}, &writer.masked());
    NewObservation row{.from = &given, .json = door_json(given.json, &writer.masked())};
    row.bucket = TRY(bucket_row(connection, bucket));
    row.digest = Digest().add(row.json).add(given.item).add(given.episode).bytes();
    now.emplace(row.bucket, row.digest);
    rows.push_back(std::move(row));
  }
  const auto before = TRY(fingerprints(connection, work_id(work)));
  const auto differing = buckets_that_differ(before, now);
  if (!differing.empty()) {
    TRY(connection.run("DELETE FROM observation WHERE work = ?", {work_id(work)}));
    for (const NewObservation& row : rows) {
      TRY(
          connection.run("INSERT INTO observation(work, bucket, item, episode, body, digest)"
                         " VALUES (?,?,?,?,?,?)",
                         {work_id(work), row.bucket, row.from->item, id_or_null(row.from->episode),
                          row.json, Blob{row.digest}}));
    }
  }
  for (const std::int64_t bucket : differing) {
    TRY(connection.run("UPDATE bucket SET dirty = 1 WHERE id = ?", {bucket}));
    touched.insert(TRY(bucket_of_row(connection, bucket)));
  }
  TRY(connection.run("DELETE FROM work WHERE token = ?", {work.token}));
  return true;
}

Result<std::vector<StoredObservation>> bucket_observations(const Reader& reader,
                                                           const Bucket& given) {
  Connection& connection = reader.connection();
  const Bucket bucket = clean(given, nullptr);
  std::vector<StoredObservation> observations;
  const auto row = TRY(find_bucket(connection, bucket));
  if (!row) return observations;
  Rows rows = TRY(connection.query(
      "SELECT item, episode, body FROM observation WHERE bucket = ? ORDER BY item, body", {*row}));
  while (TRY(rows.next())) {
    observations.push_back({.learner = bucket.learner,
                            .bucket = bucket.bucket,
                            .scope = bucket.scope,
                            .item = rows.id<ItemId>(0),
                            .episode = rows.id<ItemId>(1),
                            .json = rows.text(2)});
  }
  return observations;
}

Result<std::vector<Bucket>> dirty_buckets(const Reader& reader, std::size_t limit) {
  std::vector<Bucket> buckets;
  Rows rows =
      TRY(reader.connection().query("SELECT id FROM bucket WHERE dirty = 1 ORDER BY id LIMIT ?",
                                    {static_cast<std::int64_t>(limit)}));
  while (TRY(rows.next())) {
    buckets.push_back(TRY(bucket_of_row(reader.connection(), rows.integer(0))));
  }
  return buckets;
}

// ---------------------------------------------------------------- reduce

namespace {

// A lesson that no learner states any more stays, retired, when a person or an outcome has
// spoken about it.
Result<bool> has_a_record(Connection& connection, const ItemId& lesson) {
  return TRY(connection.number(
                 "SELECT EXISTS (SELECT 1 FROM human_event WHERE lesson = ?1)"
                 " OR EXISTS (SELECT 1 FROM rating WHERE lesson = ?1)"
                 " OR EXISTS (SELECT 1 FROM feedback WHERE lesson = ?1)"
                 " OR EXISTS (SELECT 1 FROM evidence WHERE lesson = ?1 AND (shown OR applied))",
                 {lesson}))
             .value_or(0) != 0;
}

// Rows that only said `observed` and are not observed any more go; the others keep the rest.
Result<void> clear_observed(Connection& connection, const ItemId& lesson,
                            const std::set<ItemId>& kept) {
  std::vector<ItemId> gone;
  {
    Rows rows = TRY(
        connection.query("SELECT episode FROM evidence WHERE lesson = ? AND observed", {lesson}));
    while (TRY(rows.next())) {
      const auto episode = rows.id<ItemId>(0);
      if (!kept.contains(episode)) gone.push_back(episode);
    }
  }
  for (const ItemId& episode : gone) {
    TRY(connection.run("UPDATE evidence SET observed = 0 WHERE lesson = ? AND episode = ?",
                       {lesson, episode}));
    TRY(connection.run(
        "DELETE FROM evidence WHERE lesson = ? AND episode = ? AND NOT shown AND NOT applied",
        {lesson, episode}));
  }
  return {};
}

Result<void> put_learned(Writer& writer, std::int64_t bucket, const LearnedLesson& learned,
                         LessonCounts& counts) {
  switch (TRY(store_lesson(writer, learned.lesson, bucket))) {
    case PutResult::kNew:
      ++counts.added;
      break;
    case PutResult::kChanged:
      ++counts.changed;
      break;
    case PutResult::kUnchanged:
      ++counts.unchanged;
      break;
  }
  std::set<ItemId> episodes;
  for (const Evidence& evidence : learned.evidence) {
    if (evidence.observed) episodes.insert(evidence.episode);
  }
  TRY(clear_observed(writer.connection(), learned.lesson.id, episodes));
  for (Evidence evidence : learned.evidence) {
    evidence.lesson = learned.lesson.id;
    TRY(put_evidence(writer, evidence));
  }
  return {};
}

Result<bool> retire(Writer& writer, std::int64_t bucket, const ItemHead& head) {
  Connection& connection = writer.connection();
  TRY(clear_observed(connection, head.id, {}));
  if (!TRY(has_a_record(connection, head.id))) {
    TRY(remove_item(connection, head));
    return true;
  }
  Lesson lesson = TRY(read_lesson(connection, head));
  if (lesson.status == LessonStatus::kRetired) return false;
  lesson.status = LessonStatus::kRetired;
  TRY(store_lesson(writer, lesson, bucket));
  return true;
}

}  // namespace

Result<LessonCounts> replace_bucket_lessons(Writer& writer, const Bucket& given,
                                            std::span<const LearnedLesson> lessons,
                                            const std::map<std::string, std::int64_t>& dropped) {
  Connection& connection = writer.connection();
  const std::int64_t bucket = TRY(bucket_row(connection, clean(given, &writer.masked())));
  LessonCounts counts;
  std::set<ItemId> present;
  for (const LearnedLesson& learned : lessons) {
    present.insert(learned.lesson.id);
    TRY(put_learned(writer, bucket, learned, counts));
  }
  std::vector<ItemHead> vanished;
  {
    Rows rows = TRY(connection.query("SELECT item FROM lesson WHERE bucket = ?", {bucket}));
    while (TRY(rows.next())) {
      auto head = TRY(find_item(connection, rows.integer(0)));
      if (head && !present.contains(head->id)) vanished.push_back(std::move(*head));
    }
  }
  for (const ItemHead& head : vanished) {
    if (TRY(retire(writer, bucket, head))) ++counts.retired;
  }
  Json reasons = Json::object();
  for (const auto& [reason, count] : dropped) {
    if (count != 0) reasons[door_text(reason, &writer.masked())] = count;
  }
  TRY(connection.run("UPDATE bucket SET dirty = 0, dropped = ? WHERE id = ?",
                     {reasons.empty() ? std::string() : dump_json(reasons), bucket}));
  return counts;
}

Result<std::map<std::string, std::int64_t>> dropped_reasons(const Reader& reader) {
  std::map<std::string, std::int64_t> reasons;
  Rows rows = TRY(reader.connection().query("SELECT id, dropped FROM bucket WHERE dropped <> ''"));
  while (TRY(rows.next())) {
    const auto json = parse_json(rows.view(1));
    if (!json || !json->is_object()) {
      return fail(ErrorCode::kCorruption,
                  "bucket " + std::to_string(rows.integer(0)) + ": malformed reasons");
    }
    for (const auto& [reason, count] : json->items()) {
      if (count.is_number_integer()) reasons[reason] += count.get<std::int64_t>();
    }
  }
  return reasons;
}

}  // namespace hardwon::store
