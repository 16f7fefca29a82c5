#include "store/owner_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace hardwon::store {
namespace {

constexpr std::size_t kOwnerBytesMax = 200;
constexpr std::chrono::milliseconds kPoll{10};

bool try_lock(int descriptor) {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

std::string program_name() {
  std::ifstream file("/proc/self/comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "unknown" : name;
}

// 'T' in the third field of /proc/<pid>/stat, after the name in parentheses.
bool is_stopped(std::string_view owner) {
  if (!owner.starts_with("pid ")) return false;
  const std::string_view number = owner.substr(4, owner.find(' ', 4) - 4);
  std::ifstream file("/proc/" + std::string(number) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(") ");
  return end != std::string::npos && end + 2 < line.size() && line[end + 2] == 'T';
}

Error held(int descriptor, const std::filesystem::path& path) {
  char bytes[kOwnerBytesMax];
  const ssize_t count = ::pread(descriptor, bytes, sizeof(bytes), 0);
  std::string owner(trim({bytes, count > 0 ? static_cast<std::size_t>(count) : 0}));
  if (owner.empty()) owner = "another process";
  if (is_stopped(owner)) owner += " (stopped)";
  return {.code = ErrorCode::kUnavailable,
          .message = "in use by " + owner,
          .path = path.string(),
          .store_locked = true};
}

}  // namespace

Result<OwnerLock> OwnerLock::acquire(const std::filesystem::path& directory,
                                     std::chrono::milliseconds wait, const Clock& clock) {
  const std::filesystem::path path = directory / "owner.lock";
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
  const std::string owner = "pid " + std::to_string(::getpid()) + " (" + program_name() +
                            ") since " + format_time(clock.now()) + "\n";
  // For messages only: what could not be written leaves "another process".
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, owner.data(), owner.size(), 0);
  return lock;
}

OwnerLock::~OwnerLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace hardwon::store
