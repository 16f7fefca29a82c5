#pragma once

// Records in the database: put, get, find, remove.  Free functions over a transaction, one
// group a record.  Every put_* is an idempotent upsert by id and masks secrets; every change
// of an indexed item gets a `change_seq`, which derived data (the vector index) follows.
//
// Records may come in any order: a segment before its session, evidence before its episode.
// An imported record that was forgotten stays away: its put_* returns kUnchanged.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hardwon/recall.h"
#include "hardwon/types.h"
#include "store/database.h"

namespace hardwon::store {

enum class PutResult : std::uint8_t { kNew, kChanged, kUnchanged };

// An item's integer id: full-text rowid and vector label.
using ItemRow = std::int64_t;

// ------------------------------------------------------------------ sources
struct Source {
  std::string path;  // as imported, absolute
  std::string format;
  std::string hash;  // of the whole file as last imported
  std::int64_t size = 0;
  std::optional<TimePoint> imported_at;
};
Result<std::optional<Source>> find_source(const Reader&, const std::string& path);
Result<void> put_source(Writer&, const Source&);

// ------------------------------------------------------------------ sessions and segments
Result<PutResult> put_session(Writer&, const Session&);
Result<std::optional<Session>> get_session(const Reader&, const SessionId&);
Result<PutResult> put_segment(Writer&, const Segment&);
// In order; with `persons_only` persons' turns, the agent's message before each, and its last one.
Result<std::vector<Segment>> session_segments(const Reader&, const SessionId&, bool persons_only);

// ------------------------------------------------------------------ episodes and steps
// With its steps: the stored ones become exactly these; when `steps` is empty they stay as
// they are.  A changed outcome replaces the old one in every evidence row.  Enqueues the
// episode for learning when it is new or changed and completed.
Result<PutResult> put_episode(Writer&, const Episode&);
// Append-only rows; a number that is already there with the same content is skipped (retry),
// with other content kConflict.  kNotFound without the episode.
Result<void> append_steps(Writer&, const ItemId& episode, std::span<const Step> steps);
Result<std::optional<Episode>> get_episode(const Reader&, const ItemId&);
Result<std::optional<ItemId>> find_episode(const Reader&, std::string_view external_id,
                                           const Visibility&);
struct EpisodeFilter {
  Visibility visibility;
  std::optional<OutcomeStatus> outcome;
  bool only_completed = false;
  std::size_t limit = 1000;  // newest first
};
// Without steps unless `with_steps`.
Result<std::vector<Episode>> list_episodes(const Reader&, const EpisodeFilter&, bool with_steps);

// ------------------------------------------------------------------ learning
// What the reduce step keeps between runs (derived; dropped by learn --again).
struct StoredObservation {
  std::string learner, bucket;
  Scope scope;
  ItemId item, episode;
  std::string json;  // the observation, encoded by the engine
};
struct Bucket {
  std::string learner, bucket;
  Scope scope;
  auto operator<=>(const Bucket&) const = default;
};
struct WorkItem {
  ItemId episode;          // or empty
  SessionId session;       // or empty
  std::int64_t token = 0;  // compare-and-delete: changes when the item is enqueued again
  int attempts = 0;
};
Result<void> enqueue_session(Writer&, const SessionId&);
Result<void> enqueue_everything(Writer&);  // learn --again; drops observations
// Items due now, oldest first; items that failed too often are dead letters and not due.
Result<std::vector<WorkItem>> due_work(const Reader&, TimePoint now, std::size_t limit);
Result<std::int64_t> pending_episodes(const Reader&);
Result<std::int64_t> dead_letters(const Reader&);
// Replaces the observations of one work item and deletes the work row if its token is
// unchanged; false when it was enqueued again meanwhile.  Returns the buckets touched.
Result<bool> finish_work(Writer&, const WorkItem&, std::span<const StoredObservation>,
                         std::set<Bucket>& touched);
Result<void> fail_work(Writer&, const WorkItem&, std::string_view error);
Result<std::vector<StoredObservation>> bucket_observations(const Reader&, const Bucket&);
// Buckets whose lessons are older than their observations.
Result<std::vector<Bucket>> dirty_buckets(const Reader&, std::size_t limit);
struct LessonCounts {
  std::int64_t added = 0, changed = 0, unchanged = 0, retired = 0;
};
struct LearnedLesson {
  Lesson lesson;
  std::vector<Evidence> evidence;
};
// Makes the lessons of a bucket exactly these (others of the bucket are retired), keeping
// human events (pin, edit, suppress, rating) and shown/applied evidence; marks it clean.
Result<LessonCounts> replace_bucket_lessons(Writer&, const Bucket&, std::span<const LearnedLesson>,
                                            const std::map<std::string, std::int64_t>& dropped);
Result<std::map<std::string, std::int64_t>> dropped_reasons(const Reader&);  // over all buckets

// ------------------------------------------------------------------ lessons and evidence
Result<PutResult> put_lesson(Writer&, const Lesson&);  // remembered ones
Result<std::optional<Lesson>> get_lesson(const Reader&, const ItemId&);
struct LessonFilter {
  Visibility visibility;
  std::vector<LessonKind> kinds;
  std::optional<LessonStatus> status;  // nullopt: all
  bool include_suppressed = false;
};
Result<std::vector<Lesson>> list_lessons(const Reader&, const LessonFilter&);  // in id order
// Near-duplicates are a view that the engine keeps (engine/lesson_groups.h).  Scopes of lessons
// that came, changed or went after `seq` of the change feed:
Result<std::vector<std::int64_t>> scopes_of_changed_lessons(const Reader&, std::int64_t seq);
// Rules and decisions of exactly this scope, whatever their status, in id order.
Result<std::vector<Lesson>> stated_lessons(const Reader&, std::int64_t scope);
// An empty group is none; no entry in the change feed.  kNotFound without the lesson.
Result<void> set_lesson_group(Writer&, const ItemId& lesson, const ItemId& group);
// A person's act on a lesson: survives re-learning.  kind: pin, unpin, edit, suppress, restore,
// keep, drop; another is kInvalidArgument.  `text` is the new statement of an edit.  keep and
// restore also make a candidate or quarantined lesson active.  drop removes the lesson; put
// and re-learning then leave it away.
struct HumanEvent {
  std::string kind, text;
  TimePoint time;
};
Result<void> add_human_event(Writer&, const ItemId& lesson, const HumanEvent&);
Result<std::vector<HumanEvent>> human_events(const Reader&, const ItemId& lesson);
Result<void> supersede(Writer&, const ItemId& older, const ItemId& newer, TimePoint);

// One row a (lesson, episode); flags only ever gain, a changed outcome replaces; an unknown
// outcome replaces nothing and takes the episode's where that is known.
Result<void> put_evidence(Writer&, const Evidence&);
Result<void> put_rating(Writer&, const ItemId& lesson, int rating, const ItemId& episode);
Result<std::vector<Evidence>> lesson_evidence(const Reader&, const ItemId& lesson);
struct RatingSummary {
  std::optional<double> mean;
  std::int64_t count = 0;
};
Result<RatingSummary> lesson_rating(const Reader&, const ItemId& lesson);
// An applied trial that a person reports.  Without an episode each call is a trial of its own
// (lesson_evidence returns it with an empty episode); with one it is the evidence row's.
Result<void> add_feedback(Writer&, const ItemId& lesson, const Outcome&, const ItemId& episode);

// ------------------------------------------------------------------ documents
Result<PutResult> put_document(Writer&, const Document&);
Result<bool> remove_document(Writer&, std::string_view external_id, const Scope&);
Result<std::vector<Document>> list_documents(const Reader&, const Visibility&, std::size_t limit);
Result<std::int64_t> count_documents(const Reader&, const Visibility&);
Result<std::int64_t> clear_documents(Writer&, const Visibility&);

// ------------------------------------------------------------------ recall
// The scopes a question may see, as row ids; resolves project aliases (a known remote joins
// clones and moved directories).
Result<std::vector<std::int64_t>> visible_scopes(const Reader&, const Visibility&);
Result<void> put_project_alias(Writer&, const std::string& project, const std::string& remote);

struct TextHit {
  ItemRow row = 0;
  double bm25 = 0;  // higher is better (FTS5's sign turned)
};
// The terms that full text holds for a text: words() without stop words, stemmed until stable.
// Terms of a query may be these or plain words(): both meet the same entries.
std::vector<std::string> text_terms(std::string_view text);

// One of them for a word or a stem: words that meet in full text have the same.
std::string indexed_term(std::string_view word);

// In how many indexed items terms occur, by kind; only kinds that have items.
struct TermCounts {
  std::map<ItemKind, std::int64_t> items;
  std::map<ItemKind, std::unordered_map<std::string, std::int64_t>> having;  // by indexed_term()

  std::int64_t of(std::string_view term) const;  // over all kinds
};
Result<TermCounts> count_terms(const Reader&, std::span<const std::string> terms);

struct TextQuery {
  std::vector<std::string> terms;    // already tokenised; OR
  std::vector<std::int64_t> scopes;  // of visible_scopes
  std::vector<ItemKind> kinds;
  std::size_t limit = 100;
  const TermCounts* counts = nullptr;  // of all these terms, where somebody counted already
};
// BM25 (k1 = 1.2, b = 0.75) with idf = ln(1 + (N - n + ½) / (n + ½)), N and n counted over the
// kinds asked for, so that hits of different kinds compare.  Best first, at most `limit`.
// Cost: every match of the visible scopes is scored; choose rare terms.
Result<std::vector<TextHit>> search_text(const Reader&, const TextQuery&);
// Indexed items containing each term; 0 for none.
Result<std::vector<std::int64_t>> document_frequency(const Reader&,
                                                     std::span<const std::string> terms);
Result<std::int64_t> item_count(const Reader&);  // indexed items

// One item as recall shows it.
struct Item {
  ItemRow row = 0;
  ItemId id;
  ItemKind kind = ItemKind::kLesson;
  std::int64_t scope = 0;  // row id of its scope
  std::string text;        // what full text and vectors index
  std::optional<TimePoint> time;
  std::optional<Lesson> lesson;
  std::optional<Document> document;
  std::optional<Segment> segment;
  std::optional<Episode> episode;  // without steps
  std::string transcript_id;
  std::vector<Evidence> evidence;  // of lessons
  RatingSummary rating;
};
// What full text holds of lessons, terms between blanks, in step with `rows`; nullopt for what is
// no indexed lesson.  Far cheaper than loading the lesson.
Result<std::vector<std::optional<std::string>>> lesson_terms(const Reader&,
                                                             std::span<const ItemRow> rows);
// In the order of `rows`; rows that are gone are left out.
Result<std::vector<Item>> load_items(const Reader&, std::span<const ItemRow> rows);
Result<std::optional<ItemRow>> item_row(const Reader&, const ItemId&);
// A full id or an unambiguous handle of at least four characters; kNotFound, or
// kInvalidArgument naming the candidates when ambiguous.
Result<ItemId> resolve_id(const Reader&, std::string_view id_or_handle);
Result<std::string> short_handle(const Reader&, const ItemId&);

// Change feed: indexed items changed after `seq`, in order; a removed one has no text.
struct Change {
  std::int64_t seq = 0;
  ItemRow row = 0;
  bool removed = false;
  ItemKind kind = ItemKind::kLesson;
  std::int64_t scope = 0;
  std::string text;
};
Result<std::vector<Change>> changes_since(const Reader&, std::int64_t seq, std::size_t limit);
Result<std::int64_t> last_change(const Reader&);

struct InjectionRecord {
  RecallId id;
  TimePoint time;
  std::string task, block;
  std::int64_t tokens = 0;
  std::string session;  // the agent's session id, or empty
  ItemId episode;       // or empty
  Scope scope;
  std::vector<InjectedLesson> lessons, ghosts;
};
Result<void> put_injection(Writer&, const InjectionRecord&);
Result<std::vector<InjectionRecord>> recent_injections(const Reader&, std::size_t limit);
Result<std::vector<InjectionRecord>> session_injections(const Reader&, std::string_view session);
Result<std::vector<InjectionRecord>> episode_injections(const Reader&, const ItemId& episode);

// ------------------------------------------------------------------ forgetting, figures
struct ForgetFilter {  // exactly one is set
  std::string text;    // items whose text contains it, and what was learned from them
  std::vector<ItemId> ids;
  std::optional<Scope> scope;
  std::string source;
  std::optional<TimePoint> before;
};
// Rows removed per kind; with `dry_run` nothing is removed.  Call Database::scrub() after.
// "kept:scope" counts names of scopes that hold the text and stay: forget the scope itself.
// `text` is sought ignoring ASCII case.  What was learned from a removed record goes too; its
// bucket is left dirty, so that the next reduce brings back what other records still support.
// Forgotten episodes, segments, steps and sessions do not come back by importing again.
Result<std::map<std::string, std::int64_t>> forget(Writer&, const ForgetFilter&, bool dry_run);

struct StoreFigures {
  std::map<std::string, std::int64_t> items;  // per kind, lessons per lesson kind too
  std::map<std::string, std::int64_t> bytes;  // per part
  std::int64_t sessions = 0, episodes = 0, pending = 0, dead_letters = 0;
};
Result<StoreFigures> figures(const Reader&);

// Small facts that the engine keeps with the store, e.g. the learner version it last ran.
Result<std::optional<std::string>> get_note(const Reader&, std::string_view key);
Result<void> put_note(Writer&, std::string_view key, std::string_view value);

}  // namespace hardwon::store
