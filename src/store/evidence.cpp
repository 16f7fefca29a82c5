// Evidence, feedback and ratings: keyed by lesson id without a foreign key, since they outlive
// a lesson that is learned again.

#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

Result<std::optional<Evidence>> find_evidence(Connection& connection, const ItemId& lesson,
                                              const ItemId& episode) {
  Rows rows = TRY(connection.query(
      "SELECT observed, shown, applied, outcome, outcome_share, outcome_source, verdict"
      " FROM evidence WHERE lesson = ? AND episode = ?",
      {lesson, episode}));
  if (!TRY(rows.next())) return std::nullopt;
  return Evidence{.lesson = lesson,
                  .episode = episode,
                  .observed = rows.integer(0) != 0,
                  .shown = rows.integer(1) != 0,
                  .applied = rows.integer(2) != 0,
                  .outcome = read_outcome(rows, 3)};
}

bool known(const Outcome& outcome) { return outcome.status != OutcomeStatus::kUnknown; }

}  // namespace

Result<void> put_evidence(Writer& writer, const Evidence& given) {
  Connection& connection = writer.connection();
  if (given.lesson.empty() || given.episode.empty()) {
    return fail(ErrorCode::kInvalidArgument, "evidence needs a lesson and an episode");
  }
  const auto stored = TRY(find_evidence(connection, given.lesson, given.episode));
  Evidence now = given;
  now.outcome.verdict = door_text(given.outcome.verdict, &writer.masked());
  if (stored) {
    now.observed |= stored->observed;
    now.shown |= stored->shown;
    now.applied |= stored->applied;
    if (!known(now.outcome)) now.outcome = stored->outcome;
  }
  if (!known(now.outcome)) {
    if (const auto outcome = TRY(episode_outcome(connection, given.episode))) {
      now.outcome = *outcome;
    }
  }
  if (stored && stored->observed == now.observed && stored->shown == now.shown &&
      stored->applied == now.applied && stored->outcome == now.outcome) {
    return {};
  }
  TRY(connection.run(
      "INSERT OR REPLACE INTO evidence VALUES (?,?,?,?,?,?,?,?,?)",
      {now.lesson, now.episode, now.observed, now.shown, now.applied, now.outcome.status,
       now.outcome.share, now.outcome.source, now.outcome.verdict}));
  return {};
}

Result<void> spread_outcome(Writer& writer, const ItemId& episode, const Outcome& outcome) {
  TRY(writer.connection().run(
      "UPDATE evidence SET outcome = ?, outcome_share = ?, outcome_source = ?, verdict = ?"
      " WHERE episode = ?",
      {outcome.status, outcome.share, outcome.source, outcome.verdict, episode}));
  return {};
}

Result<std::vector<Evidence>> read_evidence(Connection& connection, const ItemId& lesson) {
  std::vector<Evidence> evidence;
  {
    Rows rows = TRY(connection.query(
        "SELECT episode, observed, shown, applied, outcome, outcome_share, outcome_source,"
        " verdict FROM evidence WHERE lesson = ? ORDER BY episode",
        {lesson}));
    while (TRY(rows.next())) {
      evidence.push_back({.lesson = lesson,
                          .episode = rows.id<ItemId>(0),
                          .observed = rows.integer(1) != 0,
                          .shown = rows.integer(2) != 0,
                          .applied = rows.integer(3) != 0,
                          .outcome = read_outcome(rows, 4)});
    }
  }
  Rows rows = TRY(connection.query(
      "SELECT outcome, outcome_share, outcome_source, verdict FROM feedback WHERE lesson = ?"
      " ORDER BY id",
      {lesson}));
  while (TRY(rows.next())) {
    evidence.push_back({.lesson = lesson, .applied = true, .outcome = read_outcome(rows, 0)});
  }
  return evidence;
}

Result<std::vector<Evidence>> lesson_evidence(const Reader& reader, const ItemId& lesson) {
  return read_evidence(reader.connection(), lesson);
}

Result<void> add_feedback(Writer& writer, const ItemId& lesson, const Outcome& outcome,
                          const ItemId& episode) {
  if (!episode.empty()) {
    return put_evidence(
        writer, {.lesson = lesson, .episode = episode, .applied = true, .outcome = outcome});
  }
  TRY(writer.connection().run(
      "INSERT INTO feedback(lesson, outcome, outcome_share, outcome_source, verdict, time)"
      " VALUES (?,?,?,?,?,?)",
      {lesson, outcome.status, outcome.share, outcome.source,
       door_text(outcome.verdict, &writer.masked()), writer.now()}));
  return {};
}

Result<void> put_rating(Writer& writer, const ItemId& lesson, int rating, const ItemId& episode) {
  if (rating < 1 || rating > 5) {
    return fail(ErrorCode::kInvalidArgument,
                "rating " + std::to_string(rating) + ": expected 1 to 5");
  }
  TRY(writer.connection().run(
      "INSERT INTO rating VALUES (?,?,?,?) ON CONFLICT(lesson, episode) DO UPDATE SET"
      " rating = excluded.rating, time = excluded.time",
      {lesson, episode, rating, writer.now()}));
  return {};
}

Result<RatingSummary> read_rating(Connection& connection, const ItemId& lesson) {
  Rows rows =
      TRY(connection.query("SELECT avg(rating), count(*) FROM rating WHERE lesson = ?", {lesson}));
  RatingSummary summary;
  if (TRY(rows.next())) {
    summary.mean = rows.optional_real(0);
    summary.count = rows.integer(1);
  }
  return summary;
}

Result<RatingSummary> lesson_rating(const Reader& reader, const ItemId& lesson) {
  return read_rating(reader.connection(), lesson);
}

}  // namespace hardwon::store
