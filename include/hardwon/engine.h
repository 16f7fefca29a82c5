#pragma once

// The door: open a store, record what happens, learn, recall.
//
// Threads: every method is safe from any thread.  One background thread flushes step buffers.
// Errors: see hardwon/error.h; every method that takes input says what was found and expected.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hardwon/recall.h"
#include "hardwon/types.h"

namespace hardwon {

// Seed 000's step batching: many steps, one write.  A crash loses at most what was logged in
// the last `flush_interval_ms` or `max_batch_size` steps; completion always flushes first.
struct BatchConfig {
  std::size_t max_batch_size = 50;          // flush when this many wait; 1..100,000
  std::uint64_t flush_interval_ms = 5'000;  // ... or the oldest is this old
  // false: only flush_steps(), completion and close write; the buffer is bounded by
  // buffered_steps_max and then refuses (kResourceExhausted).
  bool auto_flush = true;
  std::size_t buffered_steps_max = 10'000;

  Result<void> validate() const;
};

struct EngineOptions {
  std::filesystem::path directory;
  bool read_only = false;
  bool create = true;
  std::string user;                                         // empty: the login name
  std::optional<BatchConfig> batch_config = BatchConfig{};  // nullopt: every step at once
  double pattern_extraction_threshold = 0.7;                // raw score a pattern needs (seed 000)
  bool enable_embeddings = true;                            // false: recall is lexical only
  std::uint64_t seed = 0;                                   // of ids and trials; 0: from the system
};

enum class Durability : std::uint8_t { kBuffered, kDurable };
std::string_view name_of(Durability value);

struct StepReceipt {
  std::uint32_t number = 0;  // the step's number in its episode
  Durability state = Durability::kBuffered;
  // The step is safe in the buffer, but the flush tried just now failed: do not log it again.
  std::optional<Error> flush_error;
};

struct FlushCounts {
  std::int64_t durable = 0;   // steps of the episode on disk
  std::int64_t buffered = 0;  // still waiting
};

struct NewEpisode {
  std::string task;
  TaskContext context;
  Visibility visibility;  // its scope labels are the episode's
  std::string external_id;
};

struct Completion {
  Outcome outcome;
  std::optional<double> reward;
  std::string artifacts_json;
  bool learn = true;  // learn before returning; false: leave it to learn()
};

struct LearnReport {
  std::int64_t episodes = 0, segments = 0, candidates = 0;
  std::int64_t lessons_new = 0, lessons_merged = 0, lessons_superseded = 0;
  std::map<std::string, std::int64_t> dropped;  // reason -> count, of the whole store
  std::int64_t pending = 0;
};

struct Feedback {
  std::optional<Outcome> outcome;
  std::optional<int> rating;  // 1..5
  ItemId episode;             // or empty
};

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(EngineOptions options);
  ~Engine();  // flushes what waits
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The user's scope for a directory: user, and project (git root, else the directory).
  Scope scope_of(const std::filesystem::path& directory) const;

  // ---- record
  Result<ItemId> start_episode(const NewEpisode& episode);
  // Step numbers are given here, in order of arrival; a retry with the number of a step
  // already logged and the same content is acknowledged, not doubled.
  Result<StepReceipt> log_step(const ItemId& episode, Step step);
  Result<FlushCounts> flush_steps(const ItemId& episode);
  Result<Episode> complete_episode(const ItemId& episode, const Completion& completion);
  Result<Episode> get_episode(const ItemId& episode);  // buffered steps included

  // ---- learn and ask
  Result<LearnReport> learn(bool again = false,
                            std::optional<std::chrono::seconds> time_limit = std::nullopt);
  Result<RecallAnswer> recall(const RecallQuery& query);
  Result<Injection> inject(const InjectRequest& request);
  Result<ItemId> remember(std::string text, LessonKind kind, const Scope& scope);
  Result<void> feedback(const ItemId& lesson, const Feedback& feedback);

  // The rooms below the door, for the faces in apps/ only; not part of the installed library.
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardwon
