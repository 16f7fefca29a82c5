#include "store/write_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/text.h"

namespace hardwon::store {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t kHolderBytesMax = 200;
// At the lock itself there is one waiter, so it may look often.
constexpr microseconds kLockPoll{100};
// A stopped process at the door must not stop the others for good.
constexpr milliseconds kDoorPatience{500};

// Sleep at the door after having waited `waited`: 1 ms for newcomers, less with age.
microseconds door_poll(Steady::duration waited) {
  const auto ms = std::chrono::duration_cast<milliseconds>(waited).count();
  return microseconds(std::max<std::int64_t>(1000 - 25 * ms, 100));
}

bool try_lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }

Result<int> open_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = path.string() + ": " + std::strerror(errno),
                                 .path = path.string()});
  }
  return fd;
}

std::string program_name() {
  std::ifstream file("/proc/self/comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "unknown program" : name;
}

}  // namespace

Result<std::unique_ptr<WriteLock>> WriteLock::open(const std::filesystem::path& directory) {
  const auto path = directory / "write.lock";
  const int lock = TRY(open_file(path));
  auto next = open_file(directory / "write.next");
  if (!next) {
    ::close(lock);
    return std::unexpected(next.error());
  }
  return std::unique_ptr<WriteLock>(new WriteLock(lock, *next, path.string()));
}

WriteLock::~WriteLock() {
  ::close(next_);
  ::close(lock_);
}

Result<void> WriteLock::acquire(milliseconds wait, TimePoint now) {
  const auto start = Steady::now();
  bool at_door = true;
  for (;;) {
    const auto waited = Steady::now() - start;
    if (at_door && try_lock(next_)) at_door = false;
    const bool through = !at_door || waited > kDoorPatience;
    if (through && try_lock(lock_)) {
      if (!at_door) ::flock(next_, LOCK_UN);
      name_holder(now);
      return {};
    }
    if (waited >= wait) {
      if (!at_door) ::flock(next_, LOCK_UN);
      return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                   .message = "the store is locked by " + holder() + "; waited " +
                                              std::to_string(wait.count()) + " ms for " + path_,
                                   .path = path_,
                                   .store_locked = true});
    }
    std::this_thread::sleep_for(at_door ? door_poll(waited) : kLockPoll);
  }
}

void WriteLock::release() { ::flock(lock_, LOCK_UN); }

void WriteLock::name_holder(TimePoint now) {
  static const std::string kProgram = program_name();
  std::string line = ellipsis(
      "pid " + std::to_string(::getpid()) + " (" + kProgram + ") since " + format_time(now),
      kHolderBytesMax - 1);
  line.resize(kHolderBytesMax - 1, ' ');
  line += '\n';
  // Only a courtesy to those who wait: without it their message says "another process".
  if (::pwrite(lock_, line.data(), line.size(), 0) < 0) return;
}

std::string WriteLock::holder() const {
  char buffer[kHolderBytesMax];
  const ssize_t n = ::pread(lock_, buffer, sizeof(buffer), 0);
  const std::string_view line =
      n > 0 ? trim(std::string_view(buffer, static_cast<std::size_t>(n))) : std::string_view();
  return line.empty() ? "another process" : valid_utf8(line);
}

}  // namespace hardwon::store
