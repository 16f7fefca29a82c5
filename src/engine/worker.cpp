#include "engine/worker.h"

#include <map>
#include <set>

#include "base/log.h"
#include "engine/lesson_groups.h"
#include "engine/observation_codec.h"
#include "engine/project.h"
#include "learn/learn.h"
#include "store/owner_lock.h"
#include "store/records.h"

namespace hardwon::engine {
namespace {

constexpr std::size_t kBatch = 64;  // work items read together, committed one by one

struct Worker {
  store::Database& database;
  const Clock& clock;
  const LearnOptions& options;
  LearnReport report;
  std::chrono::steady_clock::time_point deadline;
  std::map<std::string, std::vector<std::string>> rules_of_project;
  SessionId turns_of;  // whose persons' turns `turns` holds
  std::vector<Segment> turns;

  bool out_of_time() const { return options.time_limit && clock.steady() >= deadline; }

  Result<std::vector<learn::Observation>> observe(const store::WorkItem& work);
  Result<void> run_item(const store::WorkItem& work);
  Result<void> drain_queue();
  Result<void> reduce_bucket(const store::Bucket& bucket);
  Result<void> reduce_dirty();
  const std::vector<std::string>& known_rules(const Scope& scope);
};

// The person's words that opened the episode and the person's next ones.
struct Turns {
  std::string opening, next;
  std::int64_t next_line = 0;
};

Turns turns_around(const std::vector<Segment>& segments, const Episode& episode) {
  Turns turns;
  bool found = false;
  for (const Segment& segment : segments) {
    if (segment.speaker != Speaker::kPerson) continue;
    if (segment.episode == episode.id && segment.opens_episode) {
      found = true;
      turns.opening = segment.text;
    } else if (found) {
      turns.next = segment.text;
      turns.next_line = segment.line;
      break;
    }
  }
  return turns;
}

Result<std::vector<learn::Observation>> Worker::observe(const store::WorkItem& work) {
  std::optional<Episode> episode;
  std::optional<Session> session;
  std::vector<Segment> segments;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    if (!work.episode.empty()) {
      episode = TRY(store::get_episode(reader, work.episode));
      // The queue holds a session's episodes one after another: its turns are read once.
      if (episode && episode->session != turns_of) {
        turns_of = episode->session;
        turns.clear();
        if (!turns_of.empty()) turns = TRY(store::session_segments(reader, turns_of, true));
      }
    } else {
      session = TRY(store::get_session(reader, work.session));
      segments = TRY(store::session_segments(reader, work.session, true));
    }
    return {};
  }));
  if (episode) {
    const Turns around = turns_around(turns, *episode);
    ++report.episodes;
    return learn::observe_episode({.episode = *episode,
                                   .opening_turn = around.opening,
                                   .next_turn = around.next,
                                   .next_turn_line = around.next_line});
  }
  report.segments += static_cast<std::int64_t>(segments.size());
  if (!session) return learn::observe_transcript(segments, "", "");
  return learn::observe_transcript(segments, session->agent, session->source_path);
}

Result<void> Worker::run_item(const store::WorkItem& work) {
  auto observations = observe(work);
  if (!observations) {
    log(LogLevel::kError, "learn.item_failed", {{"error", observations.error().message}});
    return database.write([&](store::Writer& writer) {
      return store::fail_work(writer, work, observations.error().message);
    });
  }
  std::vector<store::StoredObservation> stored;
  stored.reserve(observations->size());
  for (const learn::Observation& observation : *observations) {
    stored.push_back(encode(observation));
  }
  return database.write([&](store::Writer& writer) -> Result<void> {
    std::set<store::Bucket> touched;
    TRY(store::finish_work(writer, work, stored, touched));
    return {};
  });
}

Result<void> Worker::drain_queue() {
  while (!out_of_time()) {
    std::vector<store::WorkItem> batch;
    std::int64_t pending = 0;
    TRY(database.read([&](const store::Reader& reader) -> Result<void> {
      batch = TRY(store::due_work(reader, clock.now(), kBatch));
      pending = TRY(store::pending_episodes(reader));
      return {};
    }));
    if (batch.empty()) return {};
    for (const store::WorkItem& work : batch) {
      if (out_of_time()) return {};
      TRY(run_item(work));
    }
    if (options.progress) options.progress(report.episodes, pending);
  }
  return {};
}

const std::vector<std::string>& Worker::known_rules(const Scope& scope) {
  const auto project = scope.labels.find("project");
  const std::string path = project == scope.labels.end() ? "" : project->second;
  const auto [it, added] = rules_of_project.try_emplace(path);
  if (added && !path.empty()) it->second = project_rules(path);
  return it->second;
}

Result<void> Worker::reduce_bucket(const store::Bucket& bucket) {
  std::vector<store::StoredObservation> stored;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    stored = TRY(store::bucket_observations(reader, bucket));
    return {};
  }));
  std::vector<learn::Observation> observations;
  observations.reserve(stored.size());
  for (const store::StoredObservation& row : stored) observations.push_back(TRY(decode(row)));
  learn::ReduceOutput output;
  if (!observations.empty()) {
    output = learn::reduce(observations,
                           {.pattern_extraction_threshold = options.pattern_extraction_threshold,
                            .known_rules = known_rules(bucket.scope)});
  }
  std::vector<store::LearnedLesson> lessons;
  lessons.reserve(output.lessons.size());
  for (learn::Candidate& candidate : output.lessons) {
    lessons.push_back({std::move(candidate.lesson), std::move(candidate.evidence)});
  }
  store::LessonCounts counts;
  TRY(database.write([&](store::Writer& writer) -> Result<void> {
    counts = TRY(store::replace_bucket_lessons(writer, bucket, lessons, output.dropped));
    return {};
  }));
  report.candidates += static_cast<std::int64_t>(observations.size());
  report.lessons_new += counts.added;
  report.lessons_merged += counts.changed;
  report.lessons_superseded += counts.retired;
  return {};
}

Result<void> Worker::reduce_dirty() {
  while (!out_of_time()) {
    std::vector<store::Bucket> buckets;
    TRY(database.read([&](const store::Reader& reader) -> Result<void> {
      buckets = TRY(store::dirty_buckets(reader, kBatch));
      return {};
    }));
    if (buckets.empty()) return {};
    for (const store::Bucket& bucket : buckets) {
      if (out_of_time()) return {};
      TRY(reduce_bucket(bucket));
    }
  }
  return {};
}

// Lessons are a view: a better learner looks at everything anew.
Result<void> start_again_if_asked(store::Database& database, bool asked) {
  constexpr std::string_view kNote = "learner_version";
  const std::string version = std::to_string(learn::kLearnerVersion);
  std::optional<std::string> last;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    last = TRY(store::get_note(reader, kNote));
    return {};
  }));
  const bool other_learner = last && *last != version;
  if (!asked && !other_learner && last) return {};
  return database.write([&](store::Writer& writer) -> Result<void> {
    if (asked || other_learner) TRY(store::enqueue_everything(writer));
    return store::put_note(writer, kNote, version);
  });
}

}  // namespace

Result<LearnReport> learn_pending(store::Database& database, const Clock& clock,
                                  const LearnOptions& options) {
  const auto lock =
      TRY(store::OwnerLock::acquire(database.directory() / "learn.lock", options.lock_wait, clock));
  Worker worker{.database = database, .clock = clock, .options = options};
  if (options.time_limit) worker.deadline = clock.steady() + *options.time_limit;
  TRY(start_again_if_asked(database, options.again));
  TRY(worker.drain_queue());
  TRY(worker.reduce_dirty());
  TRY(refresh_groups(database));
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    worker.report.pending = TRY(store::pending_episodes(reader));
    worker.report.dropped = TRY(store::dropped_reasons(reader));
    return {};
  }));
  TRY(database.checkpoint());
  return worker.report;
}

}  // namespace hardwon::engine
