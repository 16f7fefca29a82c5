#include "store/owner_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "base/file.h"
#include "store/lock_holder.h"

namespace hardwon::store {
namespace {

constexpr std::chrono::milliseconds kPoll{10};

bool try_lock(int descriptor) {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

Error held(int descriptor, const std::filesystem::path& path) {
  return {.code = ErrorCode::kUnavailable,
          .message = "in use by " + holder_of(descriptor),
          .path = path.string(),
          .store_locked = true};
}

}  // namespace

Result<OwnerLock> OwnerLock::acquire(const std::filesystem::path& path,
                                     std::chrono::milliseconds wait, const Clock& clock) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::unexpected(io_error(path, "open", errno));
  OwnerLock lock(descriptor);
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!try_lock(descriptor)) {
    if (errno != EAGAIN && errno != EACCES) {
      return std::unexpected(io_error(path, "lock", errno));
    }
    if (std::chrono::steady_clock::now() >= until) return std::unexpected(held(descriptor, path));
    std::this_thread::sleep_for(kPoll);
  }
  name_holder(descriptor, clock.now());
  return lock;
}

OwnerLock::~OwnerLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace hardwon::store
