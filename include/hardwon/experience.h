#pragma once

// The vocabulary of the experience buffer: what an online learner keeps, draws and looks up.
// Formulas and their sources: docs/decisions/0008.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"
#include "hardwon/time.h"

namespace hardwon {

enum class TrajectoryActionType : std::uint8_t {
  kVisualOperation,
  kReasoning,
  kAnswer,
  kCorrection
};

struct Action {
  TrajectoryActionType type = TrajectoryActionType::kReasoning;
  std::string operation;
  std::string arguments_json;  // JSON object, or empty
  std::string result_json;     // any JSON value, or empty: none
  double confidence = 1;       // [0, 1]
  std::optional<TimePoint> time;
  bool operator==(const Action&) const = default;
};

struct Trajectory {
  std::vector<Action> actions;
  std::string final_answer_json;  // any JSON value, or empty: none
  double reward = 0;              // finite
  std::string metadata_json;      // JSON object, or empty
  bool operator==(const Trajectory&) const = default;
};

enum class ExperienceStatus : std::uint8_t { kPending, kProcessed, kFailed, kArchived };

// Any length; only its direction counts.  Empty: absent.
struct Embeddings {
  std::vector<float> visual;
  std::vector<float> text;
  bool operator==(const Embeddings&) const = default;
};

// An item of the buffer.  Its texts are masked (secrets) before they are kept.
struct Experience {
  std::string id;  // 1 to 256 bytes; empty when added: one is made
  std::string question;
  std::vector<std::uint32_t> image_shape;  // of image_features; their product is its size
  std::vector<float> image_features;
  Embeddings embeddings;
  Trajectory trajectory;
  // Of the model in its answer, [0, 1].  Unknown counts as fully uncertain.
  std::optional<double> confidence;
  std::optional<TimePoint> time;  // absent when added: now.  Where the age starts
  ExperienceStatus status = ExperienceStatus::kPending;
  std::string metadata_json;  // JSON object, or empty
  bool operator==(const Experience&) const = default;
};

// An experience and what the buffer knows about it.
struct ExperienceRecord {
  Experience experience;
  std::uint64_t number = 0;  // rises with each one added, never used twice
  std::uint64_t retrievals = 0, successes = 0;
  // (successes + prior) / (retrievals + prior); nullopt: never retrieved
  std::optional<double> success_rate;
  double priority = 0;  // now
};

// ---------------------------------------------------------------- options

enum class PersistenceBackend : std::uint8_t { kFile, kLmdb };
enum class SamplingStrategy : std::uint8_t { kPrioritized, kUniform };
enum class AgeMode : std::uint8_t { kGrowth, kDecay, kLinear };
enum class ReplayDurability : std::uint8_t {
  kDurable,   // acknowledged after the disk has it
  kBuffered,  // the disk has it at most flush_interval later
  kOs,        // the operating system has it: survives this process, not a power cut
};

// priority = factor · max(uncertainty_weight · (1 − confidence)
//                         + reward_weight · min(|reward|, reward_max)
//                         + age_weight · a(age), floor)
// a: growth 1 − 2^(−age / age_scale), decay 2^(−age / age_scale), linear min(age / age_scale, 1).
// factor = 1 − success_influence · (1 − rate), rate = (successes + prior) / (retrievals + prior):
// 1 for the never retrieved, and 0 of 1 differs from 0 of 100.
struct PriorityOptions {
  double uncertainty_weight = 0.4, reward_weight = 0.4, age_weight = 0.2;  // each 0 to 1e6
  double reward_max = 1;                                                   // 1e-6 to 1e6
  double floor = 0.01;                                                     // 1e-6 to 1e6
  AgeMode age_mode = AgeMode::kGrowth;
  std::chrono::microseconds age_scale = std::chrono::hours(24);  // half-life, or time to the cap
  double success_influence = 0.3;                                // [0, 1)
  double success_prior = 1;  // 1e-6 to 1e6, in trials that succeeded
};

struct ReplayOptions {
  std::size_t capacity = 10'000;  // 1 to 100,000,000; the oldest makes room for the newest
  PersistenceBackend persistence_backend = PersistenceBackend::kFile;
  ReplayDurability durability = ReplayDurability::kDurable;  // where a call does not say
  std::chrono::milliseconds flush_interval{5'000};           // of kBuffered; 1 ms to a day
  PriorityOptions priority;
  SamplingStrategy sampling = SamplingStrategy::kPrioritized;
  double visual_weight = 0.7, text_weight = 0.3;  // of neighbours; 0 to 1e6, not both 0
  std::uint64_t snapshot_interval = 0;  // also a snapshot every so many changes; 0: by bytes only
  std::size_t snapshots_kept = 1;       // older ones kept beside the newest
  std::uint64_t seed = 0;               // of sampling and new ids; 0: from the system
  std::chrono::milliseconds lock_wait{5'000};  // 0 to a day

  Result<void> validate() const;  // kInvalidArgument with field, what was found and expected
};

// ---------------------------------------------------------------- asking and answering

struct SampleRequest {
  std::size_t count = 256;            // 1 to 1,000,000; draws are with replacement, stratified
  double beta = 0.4;                  // of the importance weights, [0, 1]
  std::optional<std::uint64_t> seed;  // nullopt: goes on from the former call
};

struct SampledExperience {
  ExperienceRecord record;
  double probability = 0;  // of this one in one draw, (0, 1]
  double weight = 1;       // (size · probability)^−beta, the largest of the batch is 1
};

enum class NeighbourMetric : std::uint8_t { kCosine, kL2 };

struct ExperienceFilter {
  std::optional<ExperienceStatus> status;
  std::optional<double> reward_min;
  std::optional<TimePoint> since, until;        // of the experience's time; until is exclusive
  std::map<std::string, std::string> metadata;  // top-level fields, compared as text
  bool operator==(const ExperienceFilter&) const = default;
};

struct NeighbourRequest {
  Embeddings embeddings;  // at least one
  std::size_t count = 5;  // 1 to 10,000
  NeighbourMetric metric = NeighbourMetric::kCosine;
  ExperienceFilter filter;
  bool counts = true;  // a retrieval of each hit is counted
};

struct Neighbour {
  ExperienceRecord record;         // as before this retrieval was counted
  double similarity = 0;           // [-1, 1]
  std::optional<double> distance;  // of the normalised vectors, [0, 2]; with kL2
};

// Absent fields stay as they are.
struct ExperienceUpdate {
  std::string id;
  std::optional<double> confidence;
  std::optional<double> reward;
  std::optional<ExperienceStatus> status;
};

struct ReplayStats {
  std::size_t size = 0, capacity = 0;
  std::uint64_t added = 0, evicted = 0, removed = 0;  // ever
  std::uint64_t retrievals = 0, successes = 0;        // of those that are there
  std::size_t visual_dim = 0, text_dim = 0;           // 0: none seen yet
  std::uint64_t sequence = 0, snapshot_sequence = 0;  // newest change, and that in a snapshot
  std::uint64_t log_bytes = 0, snapshot_bytes = 0, written_bytes = 0, fsyncs = 0;
  std::uint64_t index_covers = 0, index_generation = 0;
  std::size_t index_live = 0, index_dead = 0;
  std::size_t index_pending = 0;     // read from the files and not in the index yet
  std::uint64_t counts_dropped = 0;  // retrievals that could not be logged (disk full)
  bool poisoned = false;             // a write failed: open it again
  double priority_mean = 0;          // 0 when empty
};

// What opening a buffer found.
struct ReplayRecovery {
  std::uint64_t sequence = 0;           // of the newest change
  std::uint64_t snapshot_sequence = 0;  // 0: no snapshot
  std::uint64_t entries = 0;            // read from the log after it
  std::uint64_t bytes_dropped = 0;      // a torn end that nobody had been promised
  bool clean = true;                    // the buffer had been closed
  // Not empty: the newest snapshot, this file, is damaged; an older one with more of the log
  // stood in for it, and nothing is missing.
  std::string snapshot_damaged;
};

struct ReplaySalvage {
  std::size_t experiences = 0;  // written into the new buffer
  std::uint64_t entries_lost = 0, bytes_damaged = 0;
};

// ---------------------------------------------------------------- voting

// What neighbours say together (seed 003's consumers).
struct Ballot {
  std::string answer_json;
  double confidence = 0;       // of the neighbour, [0, 1]
  double similarity = 0;       // [-1, 1]; below 0 counts as 0
  std::optional<double> rate;  // past success, [0, 1]
  std::chrono::microseconds age{};
};

struct Vote {
  std::string answer_json;
  double confidence = 0;  // share of the weight behind the answer · its mean confidence, [0, 1]
  double agreement = 0;   // share of the weight behind the answer, [0, 1]
  std::size_t ballots = 0;
};

// weight = confidence · similarity · (0.5 + 0.5 · rate) · 2^(−age / age_scale); rate unknown: 0.5.
// kNotFound when fewer than votes_min ballots have weight.  Ties: the smaller answer text.
Result<Vote> vote(const std::vector<Ballot>& ballots, std::size_t votes_min,
                  std::chrono::microseconds age_scale);

std::string_view name_of(TrajectoryActionType value);
std::string_view name_of(ExperienceStatus value);
std::string_view name_of(PersistenceBackend value);
std::string_view name_of(SamplingStrategy value);
std::string_view name_of(AgeMode value);
std::string_view name_of(ReplayDurability value);
std::optional<TrajectoryActionType> parse_trajectory_action_type(std::string_view name);
std::optional<ExperienceStatus> parse_experience_status(std::string_view name);
std::optional<PersistenceBackend> parse_persistence_backend(std::string_view name);
std::optional<SamplingStrategy> parse_sampling_strategy(std::string_view name);
std::optional<AgeMode> parse_age_mode(std::string_view name);
std::optional<ReplayDurability> parse_replay_durability(std::string_view name);

}  // namespace hardwon
