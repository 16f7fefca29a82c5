#include "engine/recorder.h"

#include <algorithm>

#include "base/log.h"
#include "engine/credit.h"
#include "learn/learn.h"
#include "store/records.h"

namespace hardwon::engine {
namespace {

std::uint32_t last_number(const Episode& episode) {
  return episode.steps.empty() ? 0 : episode.steps.back().number;
}

Result<Episode> load(store::Database& database, const ItemId& id) {
  std::optional<Episode> episode;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    episode = TRY(store::get_episode(reader, id));
    return {};
  }));
  if (!episode) return fail(ErrorCode::kNotFound, "no episode " + to_text(id));
  return *std::move(episode);
}

}  // namespace

std::uint64_t SharedRng::next() {
  const MutexLock lock(mutex_);
  return rng_.next();
}

Recorder::Recorder(store::Database& database, const Clock& clock, SharedRng& rng,
                   std::optional<BatchConfig> batch)
    : database_(database), clock_(clock), rng_(rng), batch_(batch) {}

// Most processes record nothing: the thread starts with the first buffer.
void Recorder::start_flusher() {
  if (!batch_ || !batch_->auto_flush || database_.read_only() || flusher_.joinable()) return;
  flusher_ = std::jthread([this](const std::stop_token& stop) { run_flusher(stop); });
}

Recorder::~Recorder() {
  flusher_.request_stop();
  wake_.notify_all();
  if (flusher_.joinable()) flusher_.join();
  for (auto& [id, buffer] : buffers_) {
    if (const auto done = flush_buffer(id, buffer); !done) {
      log(LogLevel::kError, "steps.lost_at_close",
          {{"episode", to_text(id)},
           {"steps", static_cast<std::int64_t>(buffer.size())},
           {"error", done.error().message}});
    }
  }
}

void Recorder::run_flusher(const std::stop_token& stop) {
  // A tenth of the interval: an idle buffer is durable within interval + 10 %.
  const std::chrono::milliseconds tick(std::max<std::uint64_t>(1, batch_->flush_interval_ms / 10));
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool any = std::ranges::any_of(buffers_, [](const auto& b) { return !b.second.empty(); });
    if (any) {
      wake_.wait_for(lock, stop, tick, [] { return false; });
    } else {
      wake_.wait(lock, stop, [this] {
        return std::ranges::any_of(buffers_, [](const auto& b) { return !b.second.empty(); });
      });
    }
    lock.unlock();
    flush_due(clock_.steady());
    lock.lock();
  }
}

void Recorder::flush_due(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, buffer] : buffers_) {
    if (!buffer.should_flush(now)) continue;
    if (const auto done = flush_buffer(id, buffer); !done) {
      log(LogLevel::kError, "steps.flush_failed",
          {{"episode", to_text(id)},
           {"waiting", static_cast<std::int64_t>(buffer.size())},
           {"error", done.error().message}});
    }
  }
}

Result<ItemId> Recorder::start(const NewEpisode& request) {
  Episode episode;
  episode.id = rng_.fresh<ItemId>(clock_);
  episode.external_id = request.external_id;
  episode.scope = request.visibility.scope;
  episode.task = request.task;
  episode.context = request.context;
  episode.started_at = clock_.now();
  TRY(database_.write([&](store::Writer& writer) -> Result<void> {
    TRY(store::put_episode(writer, episode));
    return {};
  }));
  return episode.id;
}

Result<StepBuffer*> Recorder::buffer_of(const ItemId& episode) {
  const auto it = buffers_.find(episode);
  if (it != buffers_.end()) return &it->second;
  const Episode stored = TRY(load(database_, episode));
  if (stored.completed) {
    return fail(ErrorCode::kConflict, "episode " + to_text(episode) + " is already completed");
  }
  start_flusher();
  const BatchConfig config = batch_.value_or(BatchConfig{});
  return &buffers_.emplace(episode, StepBuffer(config, last_number(stored) + 1)).first->second;
}

Result<StepReceipt> Recorder::acknowledge_retry(const ItemId& episode, Step step) {
  if (!step.time) {
    const Episode stored = TRY(load(database_, episode));
    const auto it = std::ranges::find(stored.steps, step.number, &Step::number);
    if (it != stored.steps.end()) step.time = it->time;
  }
  // append_steps skips a row that is there with the same content and refuses any other.
  TRY(database_.write([&](store::Writer& writer) {
    return store::append_steps(writer, episode, std::span(&step, 1));
  }));
  return StepReceipt{.number = step.number, .state = Durability::kDurable};
}

Result<StepReceipt> Recorder::log_step(const ItemId& episode, Step step) {
  const std::lock_guard lock(mutex_);
  StepBuffer& buffer = *TRY(buffer_of(episode));
  const std::uint32_t first_waiting =
      buffer.empty() ? buffer.next_number() : buffer.waiting().front().number;
  if (step.number != 0 && step.number < first_waiting) return acknowledge_retry(episode, step);
  const bool retry = step.number != 0 && step.number < buffer.next_number();
  if (!retry && !step.time) step.time = clock_.now();
  const bool was_empty = buffer.empty();
  StepReceipt receipt;
  receipt.number = TRY(buffer.add(std::move(step), clock_.steady()));
  if (!batch_ || buffer.should_flush(clock_.steady())) {
    if (auto done = flush_buffer(episode, buffer); done) {
      receipt.state = Durability::kDurable;
    } else {
      receipt.flush_error = std::move(done).error();
    }
  }
  if (was_empty && !buffer.empty()) wake_.notify_all();
  return receipt;
}

Result<void> Recorder::flush_buffer(const ItemId& episode, StepBuffer& buffer) {
  if (buffer.empty()) return {};
  TRY(database_.write([&](store::Writer& writer) {
    return store::append_steps(writer, episode, buffer.waiting());
  }));
  buffer.flushed(buffer.size(), clock_.steady());
  return {};
}

Result<FlushCounts> Recorder::flush(const ItemId& episode) {
  const std::lock_guard lock(mutex_);
  if (const auto it = buffers_.find(episode); it != buffers_.end()) {
    TRY(flush_buffer(episode, it->second));
  }
  const Episode stored = TRY(load(database_, episode));
  return FlushCounts{.durable = static_cast<std::int64_t>(stored.steps.size()), .buffered = 0};
}

Result<Episode> Recorder::complete(const ItemId& id, const Completion& completion) {
  const std::lock_guard lock(mutex_);
  if (const auto it = buffers_.find(id); it != buffers_.end()) {
    TRY(flush_buffer(id, it->second));
  }
  Episode episode = TRY(load(database_, id));
  if (episode.completed) {
    if (episode.outcome == completion.outcome && episode.reward == completion.reward) {
      return episode;  // a retry
    }
    return fail(ErrorCode::kConflict, "episode " + to_text(id) + " is already completed as " +
                                          std::string(name_of(episode.outcome.status)));
  }
  episode.completed = true;
  episode.ended_at = clock_.now();
  episode.outcome = completion.outcome;
  episode.reward = completion.reward;
  if (!completion.artifacts_json.empty()) episode.artifacts_json = completion.artifacts_json;
  episode.reward_score = learn::reward_score(episode);
  episode.quality = learn::quality(episode);
  episode.reflection = learn::reflect(episode);
  TRY(database_.write([&](store::Writer& writer) -> Result<void> {
    TRY(store::put_episode(writer, episode));
    return credit_episode(writer, episode, "");
  }));
  buffers_.erase(id);
  return episode;
}

Result<Episode> Recorder::get(const ItemId& id) {
  const std::lock_guard lock(mutex_);
  Episode episode = TRY(load(database_, id));
  if (const auto it = buffers_.find(id); it != buffers_.end()) {
    const auto& waiting = it->second.waiting();
    episode.steps.insert(episode.steps.end(), waiting.begin(), waiting.end());
  }
  return episode;
}

}  // namespace hardwon::engine
