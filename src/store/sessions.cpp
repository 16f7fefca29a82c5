// Sessions and segments.

#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace hardwon::store {

Digest digest_of(const Session& session) {
  Digest digest;
  digest.add(session.id).add(session.agent).add(session.agent_session);
  digest.add(session.transcript_id).add(session.scope.canonical()).add(session.directory);
  digest.add(session.model).add(session.title).add(session.started_at).add(session.ended_at);
  digest.add(session.tokens.input).add(session.tokens.output).add(session.tokens.cache_read);
  digest.add(session.tokens.cache_creation).add(std::int64_t{session.tokens.known});
  return digest.add(session.source_path);
}

Digest digest_of(const Segment& segment) {
  Digest digest;
  digest.add(segment.id).add(segment.session).add(segment.scope.canonical());
  digest.add(std::int64_t{segment.index}).add(static_cast<std::int64_t>(segment.speaker));
  digest.add(segment.text).add(segment.time).add(segment.line).add(segment.episode);
  return digest.add(std::int64_t{segment.opens_episode}).add(std::int64_t{segment.abandoned});
}

Result<PutResult> put_session(Writer& writer, const Session& given) {
  Connection& connection = writer.connection();
  MaskCounts* masked = &writer.masked();
  Session session = given;
  session.scope = door_scope(given.scope, masked);
  for (std::string* text :
       {&session.agent, &session.agent_session, &session.transcript_id, &session.directory,
        &session.model, &session.title, &session.source_path}) {
    *text = door_text(*text, masked);
  }
  const std::string digest = digest_of(session).bytes();
  std::string before;
  {
    Rows rows = TRY(connection.query("SELECT digest FROM session WHERE id = ?", {session.id}));
    if (TRY(rows.next())) before = rows.text(0);
  }
  if (before == digest) return PutResult::kUnchanged;
  const std::string_view id(reinterpret_cast<const char*>(session.id.bytes.data()), 16);
  if (before.empty() && TRY(is_forgotten(connection, id))) return PutResult::kUnchanged;
  const std::int64_t scope = TRY(scope_row(connection, session.scope));
  TRY(connection.run(
      "INSERT OR REPLACE INTO session VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      {session.id, scope, session.agent, session.agent_session, session.transcript_id,
       session.directory, session.model, session.title, session.started_at, session.ended_at,
       session.tokens.known, session.tokens.input, session.tokens.output, session.tokens.cache_read,
       session.tokens.cache_creation, session.source_path, Blob{digest}}));
  return before.empty() ? PutResult::kNew : PutResult::kChanged;
}

Result<std::optional<Session>> read_session(Connection& connection, const SessionId& id) {
  Rows rows = TRY(connection.query(
      "SELECT id, scope, agent, agent_session, transcript_id, directory, model, title,"
      " started_at, ended_at, tokens_known, tokens_input, tokens_output, tokens_cache_read,"
      " tokens_cache_creation, source_path FROM session WHERE id = ?",
      {id}));
  if (!TRY(rows.next())) return std::nullopt;
  Session session;
  session.id = rows.id<SessionId>(0);
  session.scope = TRY(scope_of_row(connection, rows.integer(1)));
  session.agent = rows.text(2);
  session.agent_session = rows.text(3);
  session.transcript_id = rows.text(4);
  session.directory = rows.text(5);
  session.model = rows.text(6);
  session.title = rows.text(7);
  session.started_at = rows.time(8);
  session.ended_at = rows.time(9);
  session.tokens = {.input = rows.integer(11),
                    .output = rows.integer(12),
                    .cache_read = rows.integer(13),
                    .cache_creation = rows.integer(14),
                    .known = rows.integer(10) != 0};
  session.source_path = rows.text(15);
  return session;
}

Result<std::optional<Session>> get_session(const Reader& reader, const SessionId& id) {
  return read_session(reader.connection(), id);
}

Result<PutResult> put_segment(Writer& writer, const Segment& given) {
  Connection& connection = writer.connection();
  Segment segment = given;
  segment.scope = door_scope(given.scope, &writer.masked());
  segment.text = door_text(given.text, &writer.masked());
  const std::int64_t scope = TRY(scope_row(connection, segment.scope));
  const ItemHead head{.id = segment.id,
                      .kind = ItemKind::kSegment,
                      .scope = scope,
                      .time = segment.time,
                      .digest = digest_of(segment).bytes()};
  const ItemPut put = TRY(put_item(writer, head, text_of(segment)));
  if (put.result == PutResult::kUnchanged) return put.result;
  TRY(connection.run(
      "INSERT OR REPLACE INTO segment VALUES (?,?,?,?,?,?,?,?,?)",
      {put.row, segment.session, segment.index, segment.speaker, segment.text, segment.line,
       id_or_null(segment.episode), segment.opens_episode, segment.abandoned}));
  return put.result;
}

Result<Segment> read_segment(Connection& connection, const ItemHead& head) {
  Rows rows = TRY(connection.query(
      "SELECT session, position, speaker, text, line, episode, opens_episode, abandoned"
      " FROM segment WHERE item = ?",
      {head.row}));
  if (!TRY(rows.next())) {
    return fail(ErrorCode::kCorruption, "segment " + to_text(head.id) + " has no row");
  }
  Scope scope = TRY(scope_of_row(connection, head.scope));
  return Segment{.id = head.id,
                 .session = rows.id<SessionId>(0),
                 .scope = std::move(scope),
                 .index = static_cast<std::uint32_t>(rows.integer(1)),
                 .speaker = static_cast<Speaker>(rows.integer(2)),
                 .text = rows.text(3),
                 .time = head.time,
                 .line = rows.integer(4),
                 .episode = rows.id<ItemId>(5),
                 .opens_episode = rows.integer(6) != 0,
                 .abandoned = rows.integer(7) != 0};
}

Result<std::vector<Segment>> session_segments(const Reader& reader, const SessionId& session,
                                              bool persons_only) {
  Connection& connection = reader.connection();
  std::vector<Segment> segments;
  Rows rows = TRY(connection.query(
      "SELECT item FROM segment WHERE session = ? ORDER BY position, item", {session}));
  std::optional<Segment> before;  // the last message of another speaker than a person
  while (TRY(rows.next())) {
    const auto head = TRY(find_item(connection, rows.integer(0)));
    if (!head) continue;
    Segment segment = TRY(read_segment(connection, *head));
    if (!persons_only) {
      segments.push_back(std::move(segment));
    } else if (segment.speaker == Speaker::kPerson) {
      if (before) segments.push_back(std::move(*before));
      before.reset();
      segments.push_back(std::move(segment));
    } else {
      // "The message before": what the agent said, not the tool results after it.
      if (segment.speaker == Speaker::kAgent) before = std::move(segment);
    }
  }
  if (before) segments.push_back(std::move(*before));  // the last word of the conversation
  return segments;
}

}  // namespace hardwon::store
