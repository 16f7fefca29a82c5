#pragma once

// The experience buffer: state, journal, sampler and index put together.
//
// A change goes: checked -> encoded -> journal (group commit) -> state, sampler, index -> answer.
// What a reader sees was therefore durable first, where the change asked for that.
//
// Invariants
//   1. State, sampler and index change together, in journal order, under one mutex.
//   2. A change that returned an error is not visible, now or after a crash ... unless the
//      write itself failed: then the buffer is poisoned and opening it again decides.
// Threads: all methods are safe from any thread.  maintain() is called by one.
// Lock order: the group commit's queue, then mutex_.

#include <atomic>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/rng.h"
#include "hardwon/experience.h"
#include "reason/buffer_state.h"
#include "reason/sampler.h"
#include "store/file_journal.h"
#include "store/group_commit.h"
#include "vector/hybrid_index.h"

namespace hardwon::reason {

class ExperienceBuffer {
 public:
  struct Parts {
    ReplayOptions options;         // valid
    const Clock* clock = nullptr;  // borrowed
    // nullptr: for reading only
    std::unique_ptr<store::Journal> journal;
    BufferState state;
    store::JournalRecovery recovery;
  };

  // Logs the capacity where it has changed.  Sampler and index are made from the state by the
  // first that needs them, or by maintain().
  static Result<std::unique_ptr<ExperienceBuffer>> create(Parts parts);
  ~ExperienceBuffer();  // marks the end of the journal
  ExperienceBuffer(const ExperienceBuffer&) = delete;
  ExperienceBuffer& operator=(const ExperienceBuffer&) = delete;

  Result<std::vector<std::string>> add(std::span<const Experience> experiences);
  Result<ExperienceRecord> get(const std::string& id);
  std::vector<std::string> ids(std::string_view text = {});
  Result<void> remove(std::span<const std::string> ids);
  Result<void> update(std::span<const ExperienceUpdate> updates);
  Result<void> mark_success(std::span<const std::string> ids);
  Result<std::vector<SampledExperience>> sample(const SampleRequest& request);
  Result<std::vector<Neighbour>> neighbours(const NeighbourRequest& request);
  ReplayStats stats();
  Result<void> flush();
  Result<void> snapshot(bool erase);
  // Adds everything another state holds, counts and changed fields included, oldest first;
  // returns how many.
  Result<std::size_t> restore(const BufferState& from);
  // What is due now: buffered bytes to the disk, a snapshot, an index rebuild, the end mark of
  // an idle journal.  Called a few times a second, by the owner of the thread.
  Result<void> maintain();
  const store::JournalRecovery& recovery() const { return recovery_; }

 private:
  struct Widths {
    std::size_t visual = 0, text = 0;
  };

  explicit ExperienceBuffer(Parts parts);
  Result<void> writable() const;
  Result<void> restore(const BufferState& from, std::span<const Slot> slots);
  Result<void> change(std::span<const std::string> entries);
  void apply(std::span<const std::string> entries, store::Sequence first, bool* refused);
  void follow(const Effects& effects, store::Sequence sequence) REQUIRES(mutex_);
  void derive(Slot slot, store::Sequence sequence) REQUIRES(mutex_);
  void derive_all() EXCLUDES(mutex_);
  PriorityTerms terms_of(const ExperienceRow& row) const;
  ExperienceRecord describe(const RowCopy& copy, double priority) const;
  Result<std::vector<std::uint64_t>> numbers_of(std::span<const std::string> ids);
  Result<std::string> prepare(Experience experience, Widths* widths, std::string* id);
  Widths fixed_widths();
  Result<void> claim(const std::vector<std::string>& ids, const Widths& widths);
  void release(const std::vector<std::string>& ids);
  void count_retrievals(const std::vector<std::uint64_t>& numbers);
  std::vector<Neighbour> describe_hits(const std::vector<vector::Hit>& hits,
                                       NeighbourMetric metric);
  bool passes(const ExperienceFilter& filter, std::uint64_t number);
  bool snapshot_due();

  const ReplayOptions options_;
  const Clock& clock_;
  const AgingOptions aging_;
  const store::JournalRecovery recovery_;
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::GroupCommit> commits_;  // nullptr: for reading only
  vector::HybridIndex index_;

  Mutex mutex_;
  BufferState state_ GUARDED_BY(mutex_);
  std::unique_ptr<Sampler> sampler_ GUARDED_BY(mutex_);
  std::vector<std::uint64_t> underived_ GUARDED_BY(mutex_);  // numbers, the next one last
  Rng rng_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> adding_ GUARDED_BY(mutex_);  // ids on their way
  Widths claimed_ GUARDED_BY(mutex_);                          // widths on their way
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;               // since the last snapshot

  Mutex snapshot_mutex_;  // one snapshot at a time
  std::atomic<store::Sequence> snapshot_sequence_;

  // maintain()'s own
  std::optional<std::chrono::steady_clock::time_point> unsynced_since_;
  std::chrono::steady_clock::time_point idle_since_{};
  std::chrono::steady_clock::time_point snapshot_after_{};  // not before, since one failed
  store::Sequence idle_sequence_ = 0;
};

}  // namespace hardwon::reason
