#include "store/group_commit.h"

#include "base/check.h"

namespace hardwon::store {
namespace {

constexpr std::size_t kGroupBytesMax = 1 << 20;
constexpr std::size_t kPostsMax = 1024;

std::size_t bytes_of(std::span<const std::string> entries) {
  std::size_t bytes = 0;
  for (const std::string& entry : entries) bytes += entry.size();
  return bytes;
}

}  // namespace

GroupCommit::GroupCommit(Journal& journal, Sequence last) : journal_(journal), last_(last) {}

Result<void> GroupCommit::commit(std::span<const std::string> entries, bool sync,
                                 const Applied& applied) {
  CHECK(!entries.empty());
  auto self = std::make_shared<Waiter>();
  self->entries = entries;
  self->sync = sync;
  self->applied = &applied;
  return wait_for(self);
}

void GroupCommit::post(std::vector<std::string> entries, Applied applied) {
  CHECK(!entries.empty());
  auto waiter = std::make_shared<Waiter>();
  waiter->own_entries = std::move(entries);
  waiter->own_applied = std::move(applied);
  waiter->entries = waiter->own_entries;
  waiter->applied = &waiter->own_applied;
  std::unique_lock lock(mutex_);
  if (posts_waiting_ >= kPostsMax) {
    lock.unlock();
    const auto done = wait_for(waiter);
    lock.lock();
    if (!done) ++posts_failed_;
    return;
  }
  waiter->posted = true;
  queue_.push_back(std::move(waiter));
  ++posts_waiting_;
  if (queue_.size() == 1) lead(lock);
}

Result<void> GroupCommit::sync() {
  auto self = std::make_shared<Waiter>();
  self->sync = true;
  return wait_for(self);
}

Result<void> GroupCommit::run_alone(const std::function<Result<void>(Sequence last)>& body) {
  auto self = std::make_shared<Waiter>();
  self->sync = true;
  self->alone = &body;
  return wait_for(self);
}

Result<void> GroupCommit::mark_end() {
  TRY(sync());
  std::unique_lock lock(mutex_);
  if (ended_ || !queue_.empty()) return {};  // whoever is writing makes the mark needless
  // Nobody leads while the queue is empty and the mutex is held.
  TRY(journal_.mark_end());
  ended_ = true;
  return {};
}

Sequence GroupCommit::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

bool GroupCommit::unsynced() const {
  const std::lock_guard lock(mutex_);
  return unsynced_;
}

std::uint64_t GroupCommit::posts_failed() const {
  const std::lock_guard lock(mutex_);
  return posts_failed_;
}

Result<void> GroupCommit::wait_for(const Waiting& waiter) {
  std::unique_lock lock(mutex_);
  queue_.push_back(waiter);
  waiter->wake.wait(lock, [&] { return waiter->done || queue_.front() == waiter; });
  if (!waiter->done) lead(lock);
  return waiter->result;
}

// The caller's waiter, or a posted one, is at the front.  Posted batches have no thread that
// could take over, so the leader writes them too.  Returns without the lock.
void GroupCommit::lead(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    const std::size_t taken = take_group();
    bool sync = false;
    for (std::size_t i = 0; i < taken; ++i) sync = sync || queue_[i]->sync;
    const Sequence first = last_ + 1;
    const auto* alone = queue_.front()->alone;
    lock.unlock();
    Result<void> result = write_group(first, sync);
    if (result && alone != nullptr) result = (*alone)(first - 1);
    lock.lock();
    if (result) {
      for (const JournalBatch& batch : batches_) last_ += batch.entries.size();
      if (!batches_.empty()) ended_ = false;
      unsynced_ = sync ? false : unsynced_ || !batches_.empty();
    }
    const std::vector<Waiting> finished = finish_group(taken, result);
    const Waiting next = queue_.empty() ? nullptr : queue_.front();
    lock.unlock();
    const bool goes_on = next != nullptr && next->posted;
    if (next != nullptr && !goes_on) next->wake.notify_one();  // first: the disk is idle
    for (const Waiting& waiter : finished) waiter->wake.notify_one();
    if (!goes_on) return;
    lock.lock();
  }
}

// How many of the queue share the next write; fills batches_ and applied_.
std::size_t GroupCommit::take_group() {
  batches_.clear();
  applied_.clear();
  std::size_t bytes = 0, taken = 0;
  for (const Waiting& waiter : queue_) {
    bytes += bytes_of(waiter->entries);
    if (taken > 0 && (bytes > kGroupBytesMax || waiter->alone != nullptr)) break;
    ++taken;
    if (waiter->alone != nullptr) break;
    if (waiter->applied == nullptr) continue;
    batches_.push_back({waiter->entries});
    applied_.push_back(waiter->applied);
  }
  return taken;
}

Result<void> GroupCommit::write_group(Sequence first, bool sync) {
  if (batches_.empty()) return journal_.sync();
  TRY(journal_.append(batches_, first, sync));
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    (*applied_[i])(first);
    first += batches_[i].entries.size();
  }
  return {};
}

std::vector<GroupCommit::Waiting> GroupCommit::finish_group(std::size_t taken,
                                                            const Result<void>& result) {
  std::vector<Waiting> finished;
  finished.reserve(taken);
  for (std::size_t i = 0; i < taken; ++i) {
    Waiting waiter = std::move(queue_.front());
    queue_.pop_front();
    if (waiter->posted) {
      --posts_waiting_;
      if (!result) ++posts_failed_;
      continue;
    }
    waiter->result = result;
    waiter->done = true;
    finished.push_back(std::move(waiter));
  }
  return finished;
}

}  // namespace hardwon::store
