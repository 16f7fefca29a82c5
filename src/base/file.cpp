#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/rng.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const fs::path& path, std::string_view tried) {
  return std::unexpected(io_error(path, tried, errno));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, unsigned mode = 0) {
    do {
      fd_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd_ < 0 && errno == EINTR);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool open() const { return fd_ >= 0; }
  int number() const { return fd_; }

 private:
  int fd_ = -1;
};

// Writes all of it; returns the bytes written, fewer only with errno set.
std::size_t write_all(int fd, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// A rename or a new file is durable only when its directory is.
Result<void> sync_directory_of(const fs::path& path) {
  const Descriptor directory(directory_of(path), O_RDONLY | O_DIRECTORY);
  if (!directory.open() || ::fsync(directory.number()) != 0) {
    return failed(directory_of(path), "cannot make the directory durable");
  }
  return {};
}

Result<void> write_temporary(const fs::path& path, std::string_view bytes, const FileWrite& how) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, how.mode);
  if (!file.open()) return failed(path, "cannot create");
  if (::fchmod(file.number(), how.mode) != 0) return failed(path, "cannot set the mode");
  if (write_all(file.number(), bytes) != bytes.size()) return failed(path, "cannot write");
  if (how.durable && ::fsync(file.number()) != 0) return failed(path, "cannot make durable");
  return {};
}

}  // namespace

Error io_error(const fs::path& path, std::string_view tried, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  std::string message(tried);
  message += full ? ": disk full: " : ": ";
  message += std::generic_category().message(error_number);
  return {.code = ErrorCode::kIo, .message = std::move(message), .path = path.string()};
}

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
  const Descriptor file(path, O_RDONLY);
  if (!file.open()) return failed(path, "cannot read");
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return failed(path, "cannot read");
  if (S_ISDIR(status.st_mode)) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "found a directory, expected a file",
                                 .path = path.string()});
  }
  std::string bytes;
  bytes.reserve(std::min(static_cast<std::size_t>(status.st_size), bytes_max));
  std::string chunk(std::size_t{64} * 1024, '\0');
  while (true) {
    const ssize_t n = ::read(file.number(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, "cannot read");
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(n) > bytes_max) {
      return std::unexpected(Error{
          .code = ErrorCode::kResourceExhausted,
          .message = "the file has more than the " + std::to_string(bytes_max) + " bytes allowed",
          .path = path.string()});
    }
    bytes.append(chunk, 0, static_cast<std::size_t>(n));
  }
}

Result<void> write_file_atomically(const fs::path& path, std::string_view bytes,
                                   const FileWrite& how) {
  fs::path temporary = path;
  temporary += "." + std::to_string(random_bits()) + ".tmp";
  Result<void> written = write_temporary(temporary, bytes, how);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = failed(path, "cannot replace");
  }
  if (!written) {
    ::unlink(temporary.c_str());
    written.error().path = path.string();  // the name the caller knows
    return written;
  }
  if (how.durable) return sync_directory_of(path);
  return {};
}

Result<void> append_line(const fs::path& path, std::string_view line, const FileWrite& how) {
  CHECK(!line.contains('\n'));
  const Descriptor file(path, O_WRONLY | O_APPEND | O_CREAT, how.mode);
  if (!file.open()) return failed(path, "cannot open for appending");
  int locked = 0;
  do {
    locked = ::flock(file.number(), LOCK_EX);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) return failed(path, "cannot lock");

  struct stat before{};
  if (::fstat(file.number(), &before) != 0) return failed(path, "cannot append");
  const std::string bytes = std::string(line) + '\n';
  if (write_all(file.number(), bytes) != bytes.size()) {
    const int why = errno;
    // Half a line would run into the next one; nobody else appends while we hold the lock.
    if (S_ISREG(before.st_mode) && ::ftruncate(file.number(), before.st_size) != 0) {
      return failed(path, "cannot take back a line cut off");
    }
    return std::unexpected(io_error(path, "cannot append", why));
  }
  if (!how.durable) return {};
  if (::fsync(file.number()) != 0) return failed(path, "cannot make durable");
  return before.st_size == 0 ? sync_directory_of(path) : Result<void>{};
}

Result<std::vector<fs::path>> list_files(const fs::path& directory) {
  std::error_code code;
  std::vector<fs::path> files;
  fs::directory_iterator entry(directory, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    std::error_code ignored;  // an entry that vanished meanwhile is no regular file
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (code) return std::unexpected(io_error(directory, "cannot list", code.value()));
  std::ranges::sort(files);
  return files;
}

}  // namespace hardwon
