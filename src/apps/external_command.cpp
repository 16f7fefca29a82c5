#include "apps/external_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace hardwon::apps {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor read, write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.reset(ends[0]);
    write.reset(ends[1]);
    return true;
  }
};

std::unexpected<Error> unavailable(const std::string& command, const std::string& why) {
  return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                               .message = "the command '" + ellipsis(command, 60) + "' " + why,
                               .field = "executor"});
}

// A child in a process group of its own, so that its children end with it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ > 0) stop();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ::kill(-pid_, SIGKILL);  // what it left running
    pid_ = -1;
    return status;
  }
  void stop() {
    ::kill(-pid_, SIGKILL);
    wait();
  }
  bool ended(int& status) {
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    ::kill(-pid_, SIGKILL);
    pid_ = -1;
    return true;
  }

 private:
  pid_t pid_;
};

// Reads what is there; false at the end.
bool take(int fd, std::string& out) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0) out.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

// write() to a command that reads no more is EPIPE here, not a signal that ends the process.
ssize_t write_quietly(int fd, std::string_view bytes) {
  sigset_t pipe_signal, before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t n = ::write(fd, bytes.data(), bytes.size());
  const int why = errno;
  if (n < 0 && why == EPIPE && ::sigismember(&before, SIGPIPE) == 0) {
    const timespec now{};
    ::sigtimedwait(&pipe_signal, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = why;
  return n;
}

std::string last_line(const std::string& text) {
  const std::string_view trimmed = trim(text);
  return ellipsis(one_line(trimmed.substr(trimmed.rfind('\n') + 1)), 200);
}

}  // namespace

Result<std::string> run_command(const std::string& command, std::string_view input,
                                std::chrono::milliseconds limit, std::size_t output_bytes_max) {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) {
    return unavailable(command, std::string("cannot be started: ") + std::strerror(errno));
  }
  const pid_t pid = ::fork();
  if (pid < 0) return unavailable(command, std::string("cannot be started: ") + strerror(errno));
  if (pid == 0) {
    ::setpgid(0, 0);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(in.read.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::setpgid(pid, pid);  // in both, whichever comes first
  Child child(pid);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  std::string output, complaint;
  const auto deadline = Clock::now() + limit;
  while (out.read.get() >= 0 || err.read.get() >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return unavailable(command, "took longer than " + std::to_string(limit.count()) + " ms");
    }
    std::array<pollfd, 3> wait = {{{.fd = out.read.get(), .events = POLLIN},
                                   {.fd = err.read.get(), .events = POLLIN},
                                   {.fd = in.write.get(), .events = POLLOUT}}};
    if (::poll(wait.data(), wait.size(), static_cast<int>(left.count())) <= 0) continue;
    if (wait[0].revents != 0 && !take(out.read.get(), output)) out.read.reset();
    if (wait[1].revents != 0 && !take(err.read.get(), complaint)) err.read.reset();
    if (wait[2].revents != 0) {
      const ssize_t n = write_quietly(in.write.get(), input);
      if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
      if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in.write.reset();
    }
    if (output.size() > output_bytes_max || complaint.size() > output_bytes_max) {
      return std::unexpected(Error{.code = ErrorCode::kResourceExhausted,
                                   .message = "the command '" + ellipsis(command, 60) +
                                              "' wrote more than " +
                                              std::to_string(output_bytes_max) + " bytes",
                                   .field = "executor"});
    }
  }
  int status = 0;
  while (!child.ended(status)) {  // it closed its output; it may still run
    if (Clock::now() >= deadline) {
      return unavailable(command, "took longer than " + std::to_string(limit.count()) + " ms");
    }
    ::poll(nullptr, 0, 1);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  const std::string how = WIFEXITED(status)
                              ? "ended with status " + std::to_string(WEXITSTATUS(status))
                              : "was ended by signal " + std::to_string(WTERMSIG(status));
  return unavailable(command, how + (trim(complaint).empty() ? "" : ": " + last_line(complaint)));
}

}  // namespace hardwon::apps
