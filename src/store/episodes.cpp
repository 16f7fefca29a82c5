// Episodes and their steps.

#include <map>

#include "store/codec.h"
#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

void clean(std::vector<std::string>& list, MaskCounts* masked) {
  for (std::string& text : list) text = door_text(text, masked);
}

Episode clean(const Episode& given, MaskCounts* masked) {
  Episode episode = given;
  episode.steps.clear();
  episode.scope = door_scope(given.scope, masked);
  for (std::string* text :
       {&episode.external_id, &episode.task, &episode.context.domain, &episode.context.language,
        &episode.context.framework, &episode.context.complexity, &episode.outcome.verdict,
        &episode.source_path}) {
    *text = door_text(*text, masked);
  }
  clean(episode.context.tags, masked);
  clean(episode.reflection.successes, masked);
  clean(episode.reflection.improvements, masked);
  clean(episode.reflection.insights, masked);
  episode.artifacts_json = door_json(given.artifacts_json, masked);
  return episode;
}

Step clean(const Step& given, MaskCounts* masked) {
  Step step = given;
  for (std::string* text : {&step.tool, &step.action, &step.output}) {
    *text = door_text(*text, masked);
  }
  step.parameters_json = door_json(given.parameters_json, masked);
  return step;
}

Result<void> insert_step(Connection& connection, ItemRow episode, const Step& step,
                         const std::string& digest) {
  TRY(connection.run("INSERT OR REPLACE INTO step VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                     {episode, step.number, step.tool, step.action, step.parameters_json,
                      step.status, step.output, step.latency_ms, step.tokens, step.time, step.line,
                      step.by_sub_agent, Blob{digest}, step.result_line}));
  return {};
}

Result<std::map<std::uint32_t, std::string>> step_digests(Connection& connection, ItemRow episode) {
  std::map<std::uint32_t, std::string> digests;
  Rows rows = TRY(connection.query("SELECT number, digest FROM step WHERE episode = ?", {episode}));
  while (TRY(rows.next())) {
    digests[static_cast<std::uint32_t>(rows.integer(0))] = rows.text(1);
  }
  return digests;
}

// Makes the stored steps exactly these; true when that changed anything.
Result<bool> replace_steps(Writer& writer, ItemRow row, const Episode& episode) {
  Connection& connection = writer.connection();
  auto stored = TRY(step_digests(connection, row));
  const bool some_forgotten =
      TRY(connection.number("SELECT EXISTS (SELECT 1 FROM forgotten)")).value_or(0) != 0;
  bool changed = false;
  for (const Step& given : episode.steps) {
    const Step step = clean(given, &writer.masked());
    const std::string digest = digest_of(step).bytes();
    const auto at = stored.find(step.number);
    const bool same = at != stored.end() && at->second == digest;
    if (at != stored.end()) stored.erase(at);
    if (same) continue;
    if (some_forgotten && TRY(is_forgotten(connection, step_key(episode.id, step.number)))) {
      continue;
    }
    changed = true;
    TRY(insert_step(connection, row, step, digest));
  }
  for (const auto& [number, digest] : stored) {
    changed = true;
    TRY(connection.run("DELETE FROM step WHERE episode = ? AND number = ?", {row, number}));
  }
  return changed;
}

Result<void> write_episode(Connection& connection, ItemRow row, const Episode& episode) {
  // Not INSERT OR REPLACE: that deletes the row, and the steps with it.
  TRY(connection.run(
      "INSERT INTO episode VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,"
      "?18,?19,?20) ON CONFLICT(item) DO UPDATE SET external_id = ?2, session = ?3, task = ?4,"
      " context = ?5, started_at = ?6, ended_at = ?7, outcome = ?8, outcome_share = ?9,"
      " outcome_source = ?10, verdict = ?11, reward = ?12, artifacts = ?13, completed = ?14,"
      " source_path = ?15, line_from = ?16, line_to = ?17, reward_score = ?18, quality = ?19,"
      " reflection = ?20",
      {row,
       episode.external_id,
       id_or_null(episode.session),
       episode.task,
       encode_context(episode.context),
       episode.started_at,
       episode.ended_at,
       episode.outcome.status,
       episode.outcome.share,
       episode.outcome.source,
       episode.outcome.verdict,
       episode.reward,
       episode.artifacts_json,
       episode.completed,
       episode.source_path,
       episode.line_from,
       episode.line_to,
       episode.reward_score,
       episode.quality,
       encode_reflection(episode.reflection)}));
  return {};
}

}  // namespace

Result<std::optional<Outcome>> episode_outcome(Connection& connection, const ItemId& episode) {
  Rows rows =
      TRY(connection.query("SELECT outcome, outcome_share, outcome_source, verdict FROM episode"
                           " JOIN item ON item.id = episode.item WHERE uuid = ?",
                           {episode}));
  if (!TRY(rows.next())) return std::nullopt;
  return read_outcome(rows, 0);
}

Digest digest_of(const Step& step) {
  Digest digest;
  digest.add(std::int64_t{step.number}).add(step.tool).add(step.action);
  digest.add(step.parameters_json).add(static_cast<std::int64_t>(step.status));
  digest.add(step.output).add(step.latency_ms).add(step.tokens).add(step.time);
  digest.add(step.line).add(std::int64_t{step.by_sub_agent});
  // Steps that version 1 wrote keep their fingerprint.
  if (step.result_line != 0) digest.add(step.result_line);
  return digest;
}

Digest digest_of(const Episode& episode) {
  Digest digest;
  digest.add(episode.id).add(episode.external_id).add(episode.session);
  digest.add(episode.scope.canonical()).add(episode.task).add(encode_context(episode.context));
  digest.add(episode.started_at).add(episode.ended_at).add(episode.outcome);
  digest.add(episode.reward).add(episode.artifacts_json);
  digest.add(std::int64_t{episode.completed}).add(episode.source_path);
  digest.add(episode.line_from).add(episode.line_to).add(episode.reward_score);
  return digest.add(episode.quality).add(encode_reflection(episode.reflection));
}

Result<PutResult> put_episode(Writer& writer, const Episode& given) {
  Connection& connection = writer.connection();
  const Episode episode = clean(given, &writer.masked());
  const auto outcome_before = TRY(episode_outcome(connection, episode.id));
  const std::int64_t scope = TRY(scope_row(connection, episode.scope));
  const ItemHead head{.id = episode.id,
                      .kind = ItemKind::kEpisode,
                      .scope = scope,
                      .time = episode.started_at,
                      .digest = digest_of(episode).bytes()};
  const ItemPut put = TRY(put_item(writer, head, episode.task));
  if (put.row == 0) return PutResult::kUnchanged;  // forgotten
  if (put.result != PutResult::kUnchanged) TRY(write_episode(connection, put.row, episode));
  PutResult result = put.result;
  if (!given.steps.empty() && TRY(replace_steps(writer, put.row, given)) &&
      result == PutResult::kUnchanged) {
    result = PutResult::kChanged;
  }
  if (result == PutResult::kUnchanged) return result;
  const bool known = episode.outcome.status != OutcomeStatus::kUnknown;
  if (outcome_before ? *outcome_before != episode.outcome : known) {
    TRY(spread_outcome(writer, episode.id, episode.outcome));
  }
  if (episode.completed) TRY(enqueue(writer, kWorkEpisode, episode.id));
  return result;
}

Result<void> append_steps(Writer& writer, const ItemId& episode, std::span<const Step> steps) {
  Connection& connection = writer.connection();
  const auto head = TRY(find_item(connection, episode));
  if (!head || head->kind != ItemKind::kEpisode) {
    return fail(ErrorCode::kNotFound, "no episode " + to_text(episode));
  }
  for (const Step& given : steps) {
    const Step step = clean(given, &writer.masked());
    const std::string digest = digest_of(step).bytes();
    {
      Rows rows = TRY(connection.query("SELECT digest FROM step WHERE episode = ? AND number = ?",
                                       {head->row, step.number}));
      if (TRY(rows.next())) {
        if (rows.view(0) == digest) continue;
        return fail(ErrorCode::kConflict, "step " + std::to_string(step.number) + " of episode " +
                                              to_text(episode) +
                                              " is already there with other content");
      }
    }
    TRY(insert_step(connection, head->row, step, digest));
  }
  return {};
}

Result<std::vector<Step>> read_steps(Connection& connection, ItemRow episode) {
  std::vector<Step> steps;
  Rows rows = TRY(connection.query(
      "SELECT number, tool, action, parameters, status, output, latency_ms, tokens, time, line,"
      " by_sub_agent, result_line FROM step WHERE episode = ? ORDER BY number",
      {episode}));
  while (TRY(rows.next())) {
    steps.push_back({.number = static_cast<std::uint32_t>(rows.integer(0)),
                     .tool = rows.text(1),
                     .action = rows.text(2),
                     .parameters_json = rows.text(3),
                     .status = static_cast<StepStatus>(rows.integer(4)),
                     .output = rows.text(5),
                     .latency_ms = rows.optional_integer(6),
                     .tokens = rows.optional_integer(7),
                     .time = rows.time(8),
                     .line = rows.integer(9),
                     .result_line = rows.integer(11),
                     .by_sub_agent = rows.integer(10) != 0});
  }
  return steps;
}

Result<Episode> read_episode(Connection& connection, const ItemHead& head, bool with_steps) {
  Episode episode;
  {
    Rows rows = TRY(connection.query(
        "SELECT external_id, session, task, context, started_at, ended_at, outcome,"
        " outcome_share, outcome_source, verdict, reward, artifacts, completed, source_path,"
        " line_from, line_to, reward_score, quality, reflection FROM episode WHERE item = ?",
        {head.row}));
    if (!TRY(rows.next())) {
      return fail(ErrorCode::kCorruption, "episode " + to_text(head.id) + " has no row");
    }
    episode.id = head.id;
    episode.scope = TRY(scope_of_row(connection, head.scope));
    episode.external_id = rows.text(0);
    episode.session = rows.id<SessionId>(1);
    episode.task = rows.text(2);
    episode.context = TRY(decode_context(rows.view(3)));
    episode.started_at = rows.time(4);
    episode.ended_at = rows.time(5);
    episode.outcome = read_outcome(rows, 6);
    episode.reward = rows.optional_real(10);
    episode.artifacts_json = rows.text(11);
    episode.completed = rows.integer(12) != 0;
    episode.source_path = rows.text(13);
    episode.line_from = rows.integer(14);
    episode.line_to = rows.integer(15);
    episode.reward_score = rows.optional_real(16);
    episode.quality = rows.optional_real(17);
    episode.reflection = TRY(decode_reflection(rows.view(18)));
  }
  if (with_steps) episode.steps = TRY(read_steps(connection, head.row));
  return episode;
}

Result<std::optional<Episode>> get_episode(const Reader& reader, const ItemId& id) {
  const auto head = TRY(find_item(reader.connection(), id));
  if (!head || head->kind != ItemKind::kEpisode) return std::nullopt;
  return TRY(read_episode(reader.connection(), *head, true));
}

Result<std::optional<ItemId>> find_episode(const Reader& reader, std::string_view external_id,
                                           const Visibility& visibility) {
  if (external_id.empty()) return std::nullopt;
  const auto scopes = TRY(visible_scopes(reader, visibility));
  Rows rows = TRY(reader.connection().query(
      "SELECT uuid FROM episode JOIN item ON item.id = episode.item WHERE external_id = ?"
      " AND external_id <> '' AND scope IN (SELECT value FROM json_each(?))"
      " ORDER BY item.id DESC LIMIT 1",
      {door_text(external_id, nullptr), json_rows(scopes)}));
  if (!TRY(rows.next())) return std::nullopt;
  return rows.id<ItemId>(0);
}

Result<std::vector<Episode>> list_episodes(const Reader& reader, const EpisodeFilter& filter,
                                           bool with_steps) {
  Connection& connection = reader.connection();
  const auto scopes = TRY(visible_scopes(reader, filter.visibility));
  std::optional<std::int64_t> outcome;
  if (filter.outcome) outcome = static_cast<std::int64_t>(*filter.outcome);
  std::vector<Episode> episodes;
  Rows rows =
      TRY(connection.query("SELECT item.id FROM item JOIN episode ON episode.item = item.id"
                           " WHERE kind = 4 AND scope IN (SELECT value FROM json_each(?1))"
                           " AND (?2 IS NULL OR outcome = ?2) AND (completed OR NOT ?3)"
                           " ORDER BY time DESC, uuid LIMIT ?4",
                           {json_rows(scopes), outcome, filter.only_completed,
                            static_cast<std::int64_t>(filter.limit)}));
  while (TRY(rows.next())) {
    const auto head = TRY(find_item(connection, rows.integer(0)));
    if (head) episodes.push_back(TRY(read_episode(connection, *head, with_steps)));
  }
  return episodes;
}

}  // namespace hardwon::store
