#pragma once

// Reading and fingerprinting records: what getters, load_items and verify share.

#include <optional>
#include <string>

#include "store/door.h"
#include "store/items.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {

// Of a record as stored (after the door).  The scope is part of it; steps are not part of
// their episode's.
Digest digest_of(const Session& session);
Digest digest_of(const Segment& segment);
Digest digest_of(const Document& document);
Digest digest_of(const Episode& episode);
Digest digest_of(const Step& step);
Digest digest_of(const Lesson& lesson);

// The record of an item row; kCorruption when the row is missing.
Result<Segment> read_segment(Connection& connection, const ItemHead& head);
Result<Document> read_document(Connection& connection, const ItemHead& head);
Result<Episode> read_episode(Connection& connection, const ItemHead& head, bool with_steps);
Result<std::vector<Step>> read_steps(Connection& connection, ItemRow episode);
// nullopt when there is no such episode.
Result<std::optional<Outcome>> episode_outcome(Connection& connection, const ItemId& episode);
Result<Lesson> read_lesson(Connection& connection, const ItemHead& head);
Result<std::optional<Session>> read_session(Connection& connection, const SessionId& id);

// What full text and vectors index of an item; nullopt when it is not indexed.
Result<std::optional<std::string>> read_text(Connection& connection, const ItemHead& head);

Result<std::vector<Evidence>> read_evidence(Connection& connection, const ItemId& lesson);
Result<RatingSummary> read_rating(Connection& connection, const ItemId& lesson);

// Queues an episode (kind 1) or a session (kind 2) for learning, anew when it is queued.
inline constexpr int kWorkEpisode = 1;
inline constexpr int kWorkSession = 2;
Result<void> enqueue(Writer& writer, int kind, const Param& id);

// An episode's outcome is what its evidence rows say.
Result<void> spread_outcome(Writer& writer, const ItemId& episode, const Outcome& outcome);

}  // namespace hardwon::store
