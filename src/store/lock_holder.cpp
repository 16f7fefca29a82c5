#include "store/lock_holder.h"

#include <unistd.h>

#include <fstream>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"

namespace hardwon::store {
namespace {

constexpr std::size_t kBytes = 200;

std::string program_name() {
  std::ifstream file("/proc/self/comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "unknown program" : name;
}

// 'T' in the third field of /proc/<pid>/stat, after the name in parentheses.
bool is_stopped(std::string_view holder) {
  if (!holder.starts_with("pid ")) return false;
  const std::string_view number = holder.substr(4, holder.find(' ', 4) - 4);
  std::ifstream file("/proc/" + std::string(number) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(") ");
  return end != std::string::npos && end + 2 < line.size() && line[end + 2] == 'T';
}

}  // namespace

void name_holder(int descriptor, TimePoint now) {
  static const std::string kProgram = program_name();
  std::string line = ellipsis(
      "pid " + std::to_string(::getpid()) + " (" + kProgram + ") since " + format_time(now),
      kBytes - 1);
  line.resize(kBytes - 1, ' ');
  line += '\n';
  // One write, so that no reader finds half a name.
  (void)!::pwrite(descriptor, line.data(), line.size(), 0);
}

std::string holder_of(int descriptor) {
  char bytes[kBytes];
  const ssize_t count = ::pread(descriptor, bytes, sizeof(bytes), 0);
  std::string holder = valid_utf8(trim({bytes, count > 0 ? static_cast<std::size_t>(count) : 0}));
  if (holder.empty()) return "another process";
  if (is_stopped(holder)) holder += " (stopped)";
  return holder;
}

}  // namespace hardwon::store
