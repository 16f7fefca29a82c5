#pragma once

// Episodes as they happen: start, log, flush, complete; with the periodic flusher.
//
// Invariants
//   1. A receipt says `durable` only after the commit that holds the step returned.
//   2. A failed flush keeps every step, in order; the retry neither doubles nor reorders.
//   3. Completion flushes first.
// Threads: all methods are safe from any thread.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "base/rng.h"
#include "engine/step_buffer.h"
#include "hardwon/engine.h"
#include "store/database.h"

namespace hardwon::engine {

// One generator for all threads.
class SharedRng {
 public:
  explicit SharedRng(std::uint64_t seed) : rng_(seed == 0 ? random_bits() : seed) {}
  template <typename IdType>
  IdType fresh(const Clock& clock);
  std::uint64_t next();

 private:
  Mutex mutex_;
  Rng rng_ GUARDED_BY(mutex_);
};

class Recorder {
 public:
  Recorder(store::Database& database, const Clock& clock, SharedRng& rng,
           std::optional<BatchConfig> batch);
  ~Recorder();  // flushes what waits; what cannot be flushed is logged as an error
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  Result<ItemId> start(const NewEpisode& episode);
  Result<StepReceipt> log_step(const ItemId& episode, Step step);
  Result<FlushCounts> flush(const ItemId& episode);
  // Marks it complete with scores and reflection, and credits the lessons it was shown.
  Result<Episode> complete(const ItemId& episode, const Completion& completion);
  Result<Episode> get(const ItemId& episode);
  // Flushes every buffer that is due at `now`; what the periodic flusher does.
  void flush_due(std::chrono::steady_clock::time_point now);

 private:
  Result<StepBuffer*> buffer_of(const ItemId& episode);
  Result<void> flush_buffer(const ItemId& episode, StepBuffer& buffer);
  Result<StepReceipt> acknowledge_retry(const ItemId& episode, Step step);
  void start_flusher();
  void run_flusher(const std::stop_token& stop);

  store::Database& database_;
  const Clock& clock_;
  SharedRng& rng_;
  const std::optional<BatchConfig> batch_;
  std::mutex mutex_;  // guards buffers_; a std::mutex for the condition variable
  std::map<ItemId, StepBuffer> buffers_;
  std::condition_variable_any wake_;
  std::jthread flusher_;  // last: starts after, and stops before, everything above
};

template <typename IdType>
IdType SharedRng::fresh(const Clock& clock) {
  const MutexLock lock(mutex_);
  return fresh_id<IdType>(clock, rng_);
}

}  // namespace hardwon::engine
