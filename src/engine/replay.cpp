#include "hardwon/replay.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "reason/experience_buffer.h"
#include "store/lmdb_journal.h"
#include "store/owner_lock.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;
using reason::BufferState;
using reason::ExperienceBuffer;

constexpr std::chrono::milliseconds kPollMin{1}, kPollMax{250};

// The adapters know each other's directories by what lies in them.
Result<void> check_backend(const fs::path& directory, PersistenceBackend backend) {
  std::error_code ignored;
  const bool has_lmdb = fs::exists(directory / "data.mdb", ignored);
  const bool has_files = fs::exists(directory / "MANIFEST", ignored);
  const bool wants_lmdb = backend == PersistenceBackend::kLmdb;
  if ((wants_lmdb && has_files) || (!wants_lmdb && has_lmdb)) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = std::string("holds a buffer of the backend '") +
                                            (has_lmdb ? "lmdb" : "file") + "', asked for '" +
                                            std::string(name_of(backend)) + "'",
                                 .path = directory.string(),
                                 .field = "persistence_backend"});
  }
  return {};
}

// With the directories above it that are missing; all made here are 0700.
Result<void> make_directory(const fs::path& directory) {
  std::error_code failed;
  if (fs::is_directory(directory, failed)) return {};
  if (directory.has_parent_path() && directory.parent_path() != directory) {
    TRY(make_directory(directory.parent_path()));
  }
  if (fs::create_directory(directory, failed)) {
    fs::permissions(directory, fs::perms::owner_all, failed);
  }
  if (failed) return std::unexpected(io_error(directory, "create", failed.value()));
  return {};
}

// Feeds a journal into a state.
store::JournalReader reader_into(BufferState& state, bool* has_snapshot) {
  return {.snapshot_chunk =
              [&state, has_snapshot](std::string_view chunk) {
                *has_snapshot = true;
                return state.load_chunk(chunk);
              },
          .entry = [&state, has_snapshot](store::Sequence sequence,
                                          std::string_view entry) -> Result<void> {
            if (*has_snapshot) TRY(state.finish_loading());
            *has_snapshot = false;
            auto applied = state.apply(sequence, entry, nullptr);
            if (!applied) {
              applied.error().message =
                  "entry " + std::to_string(sequence) + ": " + applied.error().message;
            }
            return applied;
          }};
}

Error at(const fs::path& directory, Error error) {
  if (error.path.empty()) error.path = directory.string();
  return error;
}

struct Contents {
  BufferState state;
  store::JournalRecovery recovery;
  std::unique_ptr<store::Journal> journal;  // nullptr: read beside an owner
};

// beside: an owner, with its lock not held.  The files are opened before they are read, so an owner
// that removes them does no harm.
Result<Contents> read(const fs::path& directory, PersistenceBackend backend, bool beside) {
  Contents contents;
  bool has_snapshot = false;
  const auto reader = reader_into(contents.state, &has_snapshot);
  const bool lmdb = backend == PersistenceBackend::kLmdb;
  const auto journal = [&]() -> Result<void> {
    if (beside) {
      contents.recovery =
          TRY(lmdb ? store::read_lmdb_journal(directory, reader)
                   : store::read_file_journal(posix_file_system(), directory, reader));
      return {};
    }
    auto opened = TRY(lmdb ? store::open_lmdb_journal(directory, reader)
                           : store::open_file_journal(posix_file_system(), directory, {}, reader));
    contents.recovery = opened.recovery;
    contents.journal = std::move(opened.journal);
    return {};
  }();
  if (!journal) return std::unexpected(at(directory, journal.error()));
  if (has_snapshot) TRY(contents.state.finish_loading());
  return contents;
}

}  // namespace

struct Replay::Impl {
  SystemClock clock;
  std::optional<store::OwnerLock> lock;  // freed after the buffer was closed
  std::unique_ptr<ExperienceBuffer> buffer;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread maintenance;

  void maintain(const std::stop_token& stop, std::chrono::milliseconds poll);
};

// A failure is told once: it stays until the buffer is opened again, and callers see it too.
void Replay::Impl::maintain(const std::stop_token& stop, std::chrono::milliseconds poll) {
  bool told = false;
  std::unique_lock waiting(mutex);
  while (!wake.wait_for(waiting, stop, poll, [&stop] { return stop.stop_requested(); })) {
    const auto done = buffer->maintain();
    if (!done && !told) {
      log(LogLevel::kError, "replay.maintenance_failed",
          {{"path", done.error().path}, {"message", done.error().message}});
    }
    told = !done.has_value();
  }
}

Replay::Replay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Replay::~Replay() = default;

Result<std::unique_ptr<Replay>> Replay::open(const fs::path& directory,
                                             const ReplayOptions& options) {
  TRY(options.validate());
  TRY(make_directory(directory));
  auto impl = std::make_unique<Impl>();
  impl->lock.emplace(
      TRY(store::OwnerLock::acquire(directory / "owner.lock", options.lock_wait, impl->clock)));
  TRY(check_backend(directory, options.persistence_backend));
  Contents contents = TRY(read(directory, options.persistence_backend, /*beside=*/false));
  impl->buffer = TRY(ExperienceBuffer::create({.options = options,
                                               .clock = &impl->clock,
                                               .journal = std::move(contents.journal),
                                               .state = std::move(contents.state),
                                               .recovery = contents.recovery}));
  const auto poll = std::clamp(options.flush_interval / 4, kPollMin, kPollMax);
  impl->maintenance = std::jthread(
      [&impl = *impl, poll](const std::stop_token& stop) { impl.maintain(stop, poll); });
  return std::unique_ptr<Replay>(new Replay(std::move(impl)));
}

Result<std::unique_ptr<Replay>> Replay::open_reader(const fs::path& directory,
                                                    const ReplayOptions& options) {
  TRY(options.validate());
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .message = "there is no experience buffer yet",
                                 .path = directory.string()});
  }
  TRY(check_backend(directory, options.persistence_backend));
  Contents contents = TRY(read(directory, options.persistence_backend, /*beside=*/true));
  auto impl = std::make_unique<Impl>();
  impl->buffer = TRY(ExperienceBuffer::create({.options = options,
                                               .clock = &impl->clock,
                                               .state = std::move(contents.state),
                                               .recovery = contents.recovery}));
  return std::unique_ptr<Replay>(new Replay(std::move(impl)));
}

Result<std::vector<std::string>> Replay::add(std::span<const Experience> experiences) {
  return impl_->buffer->add(experiences);
}
Result<ExperienceRecord> Replay::get(const std::string& id) { return impl_->buffer->get(id); }
std::vector<std::string> Replay::ids(std::string_view text) { return impl_->buffer->ids(text); }
Result<void> Replay::remove(std::span<const std::string> ids) { return impl_->buffer->remove(ids); }
Result<void> Replay::update(std::span<const ExperienceUpdate> updates) {
  return impl_->buffer->update(updates);
}
Result<void> Replay::mark_success(std::span<const std::string> ids) {
  return impl_->buffer->mark_success(ids);
}
Result<std::vector<SampledExperience>> Replay::sample(const SampleRequest& request) {
  return impl_->buffer->sample(request);
}
Result<std::vector<Neighbour>> Replay::neighbours(const NeighbourRequest& request) {
  return impl_->buffer->neighbours(request);
}
ReplayStats Replay::stats() { return impl_->buffer->stats(); }
Result<void> Replay::flush() { return impl_->buffer->flush(); }
Result<void> Replay::snapshot(bool erase) { return impl_->buffer->snapshot(erase); }

ReplayRecovery Replay::recovery() const {
  const store::JournalRecovery& found = impl_->buffer->recovery();
  return {.sequence = found.last,
          .snapshot_sequence = found.snapshot,
          .entries = found.entries,
          .bytes_dropped = found.bytes_dropped,
          .clean = found.clean,
          .snapshot_damaged = found.snapshot_damaged};
}

// Entries that cannot follow what is left (their experience was lost) are passed over: a
// salvaged buffer is what could be read, not a state that ever was.
Result<ReplaySalvage> salvage_replay(const fs::path& directory, const fs::path& target,
                                     const ReplayOptions& options) {
  TRY(options.validate());
  std::error_code ignored;
  if (fs::exists(target, ignored)) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "exists already; a salvage writes a new directory",
                                 .path = target.string()});
  }
  BufferState state;
  std::uint64_t passed_over = 0;
  const store::JournalReader reader{
      .snapshot_chunk = [&](std::string_view chunk) -> Result<void> {
        if (!state.load_chunk(chunk)) ++passed_over;
        return {};
      },
      .entry = [&](store::Sequence sequence, std::string_view entry) -> Result<void> {
        if (!state.apply(sequence, entry, nullptr)) ++passed_over;
        return {};
      }};
  const store::JournalSalvage found =
      TRY(store::salvage_file_journal(posix_file_system(), directory, reader));
  ReplayOptions roomy = options;
  roomy.capacity = std::max(options.capacity, state.size());
  auto fresh = TRY(Replay::open(target, roomy));
  ReplaySalvage salvage{.entries_lost = found.entries_lost + passed_over,
                        .bytes_damaged = found.bytes_damaged};
  salvage.experiences = TRY(fresh->impl_->buffer->restore(state));
  TRY(fresh->flush());
  return salvage;
}

}  // namespace hardwon
