#pragma once

// The door of the experience buffer: a replay buffer that outlives crashes.
//
// One process has it open for writing; others read beside it.  A change is visible once it is
// acknowledged; at ReplayDurability::kDurable nothing that was ever visible is lost by a crash.
//
// Threads: every method is safe from any thread.  One background thread writes what is
// buffered, takes snapshots and rebuilds the neighbour index.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/experience.h"

namespace hardwon {

class Replay {
 public:
  // Opens or creates the buffer of a directory.  Errors: kUnavailable with store_locked and
  // who holds it when another process has it open longer than lock_wait; kCorruption with path
  // and offset when acknowledged data is damaged; kUnavailable for a newer format.
  static Result<std::unique_ptr<Replay>> open(const std::filesystem::path& directory,
                                              const ReplayOptions& options);
  // Beside an owner, without a lock: the newest durable state at this moment.  Changes give
  // kUnavailable, retrievals are not counted.
  static Result<std::unique_ptr<Replay>> open_reader(const std::filesystem::path& directory,
                                                     const ReplayOptions& options);
  ~Replay();  // writes what is buffered
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // All or none.  Returns their ids.  Errors: kInvalidArgument with field ("2/embeddings/text":
  // of the third), kConflict for an id that is there, kResourceExhausted above 8 MiB each or
  // 32 MiB together.
  Result<std::vector<std::string>> add(std::span<const Experience> experiences);
  Result<ExperienceRecord> get(const std::string& id);
  // Oldest first.  text: only of those that hold it in id, question, trajectory or metadata, as
  // it is or as a part of a JSON string; ASCII letters count the same in both cases.
  std::vector<std::string> ids(std::string_view text = {});
  // Ids that are not there: kNotFound, nothing is changed.
  Result<void> remove(std::span<const std::string> ids);
  Result<void> update(std::span<const ExperienceUpdate> updates);
  // What was retrieved helped.  An id counts once each time it is named; never more successes
  // than retrievals: kConflict.
  Result<void> mark_success(std::span<const std::string> ids);

  Result<std::vector<SampledExperience>> sample(const SampleRequest& request);
  Result<std::vector<Neighbour>> neighbours(const NeighbourRequest& request);

  ReplayStats stats();
  Result<void> flush();  // all acknowledged changes are durable
  // erase: older snapshots and log go too, so that no byte of what was removed stays.
  Result<void> snapshot(bool erase = false);

  // How opening found the directory.
  ReplayRecovery recovery() const;

 private:
  friend Result<ReplaySalvage> salvage_replay(const std::filesystem::path&,
                                              const std::filesystem::path&, const ReplayOptions&);
  struct Impl;
  explicit Replay(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Writes what can be read of a damaged buffer (files only) into a new directory, which must not
// exist.  The damaged one stays as it is.
Result<ReplaySalvage> salvage_replay(const std::filesystem::path& directory,
                                     const std::filesystem::path& target,
                                     const ReplayOptions& options);

}  // namespace hardwon
