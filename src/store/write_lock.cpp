#include "store/write_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "store/lock_holder.h"

namespace hardwon::store {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr microseconds kFirstPoll{100};
constexpr microseconds kOthersPoll{1000};
// A stopped process in the line must not stop the others for good: who has waited this long
// also tries out of turn, so seldom that the first in line nearly always wins.
constexpr milliseconds kPatience{500};
constexpr milliseconds kOutOfTurnPoll{20};

bool try_lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }

// Locks (F_WRLCK) or frees (F_UNLCK) one byte of the line.
bool set_place(int fd, short type, off_t at) {
  struct flock place{};
  place.l_type = type;
  place.l_whence = SEEK_SET;
  place.l_start = at;
  place.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &place) == 0;
}

// Whether anyone stands in the line before `end`; 0: anyone at all.
bool someone_before(int fd, off_t end) {
  struct flock place{};
  place.l_type = F_WRLCK;
  place.l_whence = SEEK_SET;
  place.l_len = end;
  return ::fcntl(fd, F_OFD_GETLK, &place) == 0 && place.l_type != F_UNLCK;
}

off_t arrival() {
  return std::chrono::duration_cast<microseconds>(Steady::now().time_since_epoch()).count();
}

Result<int> open_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = path.string() + ": " + std::strerror(errno),
                                 .path = path.string()});
  }
  return fd;
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
  if (someone_before(next_, 0) || !try_lock(lock_)) {
    off_t place = arrival();
    while (!set_place(next_, F_WRLCK, place)) ++place;
    const auto got = wait_in_line(wait, place);
    set_place(next_, F_UNLCK, place);
    TRY(got);
  }
  name_holder(lock_, now);
  return {};
}

Result<void> WriteLock::wait_in_line(milliseconds wait, std::int64_t place) {
  const auto start = Steady::now();
  auto out_of_turn = start + kPatience;
  for (;;) {
    const auto at = Steady::now();
    const bool first = !someone_before(next_, place);
    const bool impatient = at >= out_of_turn;
    if (impatient) out_of_turn = at + kOutOfTurnPoll;
    if ((first || impatient) && try_lock(lock_)) return {};
    if (at - start >= wait) {
      return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                   .message = "the store is locked by " + holder_of(lock_) +
                                              "; waited " + std::to_string(wait.count()) +
                                              " ms for " + path_,
                                   .path = path_,
                                   .store_locked = true});
    }
    std::this_thread::sleep_for(first ? kFirstPoll : kOthersPoll);
  }
}

void WriteLock::release() { ::flock(lock_, LOCK_UN); }

}  // namespace hardwon::store
