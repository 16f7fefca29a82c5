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
  Waiter self{.entries = entries, .sync = sync, .applied = &applied};
  std::unique_lock lock(mutex_);
  return wait_for(self, lock);
}

void GroupCommit::post(std::vector<std::string> entries, Applied applied) {
  CHECK(!entries.empty());
  std::unique_lock lock(mutex_);
  if (posts_waiting_ >= kPostsMax) {
    Waiter self{.entries = entries, .applied = &applied};
    if (!wait_for(self, lock)) ++posts_failed_;
    return;
  }
  auto* waiter = new Waiter{
      .posted = true, .own_entries = std::move(entries), .own_applied = std::move(applied)};
  waiter->entries = waiter->own_entries;
  waiter->applied = &waiter->own_applied;
  queue_.push_back(waiter);
  ++posts_waiting_;
  if (queue_.size() == 1) lead(lock);
}

Result<void> GroupCommit::sync() {
  Waiter self{.sync = true};
  std::unique_lock lock(mutex_);
  return wait_for(self, lock);
}

Result<void> GroupCommit::run_alone(const std::function<Result<void>(Sequence last)>& body) {
  Waiter self{.sync = true, .alone = &body};
  std::unique_lock lock(mutex_);
  return wait_for(self, lock);
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

Result<void> GroupCommit::wait_for(Waiter& waiter, std::unique_lock<std::mutex>& lock) {
  queue_.push_back(&waiter);
  waiter.wake.wait(lock, [&] { return waiter.done || queue_.front() == &waiter; });
  if (!waiter.done) lead(lock);
  return waiter.result;
}

// The caller's waiter, or a posted one, is at the front.  Posted batches have no thread that
// could take over, so the leader writes them too.
void GroupCommit::lead(std::unique_lock<std::mutex>& lock) {
  do {
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
    finish_group(taken, result);
  } while (!queue_.empty() && queue_.front()->posted);
  if (!queue_.empty()) queue_.front()->wake.notify_one();
}

// How many of the queue share the next write; fills batches_ and applied_.
std::size_t GroupCommit::take_group() {
  batches_.clear();
  applied_.clear();
  std::size_t bytes = 0, taken = 0;
  for (const Waiter* waiter : queue_) {
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

void GroupCommit::finish_group(std::size_t taken, const Result<void>& result) {
  for (std::size_t i = 0; i < taken; ++i) {
    Waiter* waiter = queue_.front();
    queue_.pop_front();
    if (waiter->posted) {
      --posts_waiting_;
      if (!result) ++posts_failed_;
      delete waiter;
      continue;
    }
    waiter->result = result;
    waiter->done = true;
    waiter->wake.notify_one();
  }
}

}  // namespace hardwon::store
