#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/file.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const fs::path& path, std::string_view tried) {
  const int why = errno;
  Error error = io_error(path, tried, why);
  if (why == ENOENT) error.code = ErrorCode::kNotFound;
  if (why == EEXIST) error.code = ErrorCode::kConflict;
  return std::unexpected(std::move(error));
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n =
          ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(path_, "cannot read");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pwrite(fd_, bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(path_, "cannot write");
      if (n == 0) return std::unexpected(io_error(path_, "cannot write", EIO));
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  // fdatasync: it makes the size durable too, only the times are left out.
  Result<void> sync() override {
    while (::fdatasync(fd_) != 0) {
      if (errno != EINTR) return failed(path_, "cannot make durable");
    }
    return {};
  }

  Result<void> resize(std::uint64_t size) override {
    while (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return failed(path_, "cannot resize");
    }
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) return failed(path_, "cannot ask for the size");
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  int fd_;
  fs::path path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const fs::path& path, OpenMode mode) override {
    int flags = mode == OpenMode::kRead ? O_RDONLY : O_RDWR;
    if (mode == OpenMode::kCreate) flags |= O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = -1;
    do {  // not blocking: a pipe in the file's place would wait for its other end
      fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
      return failed(path, mode == OpenMode::kCreate ? "cannot create" : "cannot open");
    }
    auto file = std::make_unique<PosixFile>(fd, path);
    struct stat status{};
    if (::fstat(fd, &status) != 0) return failed(path, "cannot open");
    if (!S_ISREG(status.st_mode)) {
      return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                   .message = "found something else, expected a regular file",
                                   .path = path.string()});
    }
    if (mode == OpenMode::kCreate && ::fchmod(fd, 0600) != 0) {
      return failed(path, "cannot set the mode");
    }
    if (mode == OpenMode::kRead) {  // advice only: twice the read-ahead
      static_cast<void>(::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
    }
    return file;
  }

  Result<void> rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed(from, "cannot rename");
    return {};
  }

  Result<void> remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "cannot remove");
    return {};
  }

  Result<void> sync_directory(const fs::path& directory) override {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(directory, "cannot open the directory");
    Result<void> done;
    while (::fsync(fd) != 0) {
      if (errno == EINTR) continue;
      done = failed(directory, "cannot make the directory durable");
      break;
    }
    ::close(fd);
    return done;
  }

  Result<std::vector<std::string>> list(const fs::path& directory) override {
    const auto paths = TRY(list_files(directory));
    std::vector<std::string> names;
    names.reserve(paths.size());
    for (const auto& path : paths) names.push_back(path.filename().string());
    return names;
  }
};

}  // namespace

bool is_disk_full(const Error& error) {
  return error.code == ErrorCode::kIo && error.message.contains(": disk full: ");
}

FileSystem& posix_file_system() {
  static PosixFileSystem* const kFiles = new PosixFileSystem;
  return *kFiles;
}

}  // namespace hardwon
