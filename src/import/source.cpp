#include "import/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace hardwon::import {
namespace {

constexpr std::size_t kFirstWindow = 1024 * 1024;  // small enough to stay in the cache

std::unexpected<Error> io_error(const std::string& path, int number) {
  return std::unexpected(
      Error{.code = ErrorCode::kIo, .message = path + ": " + std::strerror(number), .path = path});
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<ByteSource> ByteSource::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return io_error(path.string(), errno);
  ByteSource source{std::string_view{}};
  source.file_ = file;
  source.path_ = path.string();
  struct stat status{};
  if (::fstat(file, &status) != 0) return io_error(source.path_, errno);
  if (!S_ISREG(status.st_mode)) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = source.path_ + ": not a regular file",
                                 .path = source.path_});
  }
  source.size_ = status.st_size;
  return source;
}

ByteSource::ByteSource(std::string_view bytes)
    : bytes_(bytes), size_(static_cast<std::int64_t>(bytes.size())) {}

ByteSource::ByteSource(ByteSource&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      bytes_(other.bytes_),
      size_(other.size_),
      at_(other.at_),
      start_(other.start_) {}

ByteSource::~ByteSource() {
  if (file_ >= 0) ::close(file_);
}

Result<std::size_t> ByteSource::read(char* out, std::size_t n) {
  n = std::min(n, static_cast<std::size_t>(size_ - at_));
  if (n == 0) return std::size_t{0};
  if (file_ < 0) {
    std::memcpy(out, bytes_.data() + at_, n);
    at_ += static_cast<std::int64_t>(n);
    return n;
  }
  while (true) {
    const ssize_t got = ::pread(file_, out, n, at_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path_, errno);
    at_ += got;
    if (got == 0) size_ = at_;  // cut shorter since it was opened
    return static_cast<std::size_t>(got);
  }
}

void Window::make_room() {
  const std::size_t held = to_ - from_;
  if (from_ > 0 && held <= capacity_ / 2) {
    std::memmove(data_.get(), data_.get() + from_, held);
  } else {
    const std::size_t larger =
        std::min(std::max(capacity_ * 2, std::min(kFirstWindow, bytes_max_)), bytes_max_);
    auto grown = std::make_unique_for_overwrite<char[]>(larger + kPadding);
    if (held > 0) std::memcpy(grown.get(), data_.get() + from_, held);
    std::memset(grown.get() + larger, 0, kPadding);
    data_ = std::move(grown);
    capacity_ = larger;
  }
  to_ = held;
  from_ = 0;
}

Result<bool> Window::more() {
  if (full()) return false;
  if (data_ == nullptr || to_ == capacity_) make_room();
  const std::size_t got = TRY(source_.read(data_.get() + to_, capacity_ - to_));
  to_ += got;
  return got > 0;
}

Result<bool> LineReader::next(Record& out) {
  while (true) {
    window_.consume(std::exchange(consumed_, 0));
    std::size_t searched = 0;
    std::size_t end = std::string_view::npos;
    bool ended = false;
    while (!ended) {
      end = window_.unread().find('\n', searched);
      if (end != std::string_view::npos) break;
      searched = window_.unread().size();
      ended = !TRY(window_.more());
    }
    const std::string_view unread = window_.unread();
    if (unread.empty()) return false;
    ++line_;
    if (ended && window_.full()) return TRY(skip_long_line(out));
    const std::size_t length = end == std::string_view::npos ? unread.size() : end;
    consumed_ = std::min(length + 1, unread.size());
    const std::string_view text = trimmed(unread.substr(0, length));
    if (text.empty()) continue;
    out = Record{
        .line = line_, .number = ++number_, .text = text, .cut_off = end == std::string_view::npos};
    return true;
  }
}

Result<bool> LineReader::skip_long_line(Record& out) {
  out = Record{.line = line_, .number = ++number_, .too_long = true};
  while (true) {
    const std::size_t end = window_.unread().find('\n');
    if (end != std::string_view::npos) {
      window_.consume(end + 1);
      return true;
    }
    window_.consume(window_.unread().size());
    if (!TRY(window_.more())) return true;
  }
}

namespace {

// Brackets and quotes all closed.
bool is_whole(std::string_view text) {
  std::int64_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return depth == 0 && !in_string;
}

}  // namespace

// The first line breaks off where JSON goes on, or the second is no value of its own: a broken
// first line of JSON lines must not swallow the others.
Result<bool> ValueReader::is_spread_over_lines() {
  constexpr auto kNone = std::string_view::npos;
  const auto line_end = [this](std::size_t from) -> Result<std::size_t> {
    std::size_t end = kNone;
    while ((end = window_.unread().find('\n', from)) == kNone) {
      if (!TRY(window_.more())) return window_.unread().size();
    }
    return end;
  };
  const std::size_t first_end = TRY(line_end(0));
  const std::size_t second_end = TRY(line_end(first_end + 1));
  const std::string_view first = trimmed(window_.unread().substr(0, first_end));
  if (is_whole(first) || second_end <= first_end + 1) return false;
  if (first.ends_with('{') || first.ends_with('[') || first.ends_with(',')) return true;
  const std::string_view second =
      trimmed(window_.unread().substr(first_end + 1, second_end - first_end - 1));
  return !second.starts_with('{') || !second.ends_with('}') || !is_whole(second);
}

Result<void> ValueReader::find_layout() {
  if (!TRY(find_start())) {
    layout_ = Layout::kDone;
  } else if (window_.unread().front() == '[') {
    window_.consume(1);
    layout_ = Layout::kArray;
  } else if (window_.unread().front() == '{' && TRY(is_spread_over_lines())) {
    layout_ = Layout::kValues;
  } else {
    layout_ = Layout::kLines;
    source_.rewind();
    lines_ = std::make_unique<LineReader>(source_, bytes_max_);
  }
  return {};
}

Result<bool> ValueReader::next(Record& out) {
  if (layout_ == Layout::kUnknown) TRY(find_layout());
  if (layout_ == Layout::kLines) return lines_->next(out);
  if (layout_ == Layout::kDone) return false;
  return next_value(out);
}

void ValueReader::count_lines(std::string_view text) {
  line_ += std::count(text.begin(), text.end(), '\n');
}

// Moves to the first byte of the next value; false at the end of the array or source.
Result<bool> ValueReader::find_start() {
  while (true) {
    const std::string_view unread = window_.unread();
    std::size_t at = 0;
    while (at < unread.size() && (is_blank(unread[at]) || unread[at] == ',')) ++at;
    const bool found = at < unread.size();
    const bool closed = found && layout_ == Layout::kArray && unread[at] == ']';
    count_lines(unread.substr(0, at));
    window_.consume(at);
    if (closed) return false;
    if (found) return true;
    if (!TRY(window_.more())) return false;
  }
}

Result<bool> ValueReader::next_value(Record& out) {
  count_lines(window_.unread().substr(0, consumed_));
  window_.consume(std::exchange(consumed_, 0));
  if (!TRY(find_start())) {
    layout_ = Layout::kDone;
    return false;
  }
  out = Record{.line = line_, .number = ++number_};
  std::int64_t depth = 0;
  bool in_string = false;
  std::size_t at = 0;
  while (true) {
    const std::string_view unread = window_.unread();
    for (; at < unread.size(); ++at) {
      const char c = unread[at];
      if (in_string) {
        while (at < unread.size() && unread[at] != '"' && unread[at] != '\\') ++at;
        if (at == unread.size()) break;
        if (unread[at] == '\\') {
          ++at;
        } else {
          in_string = false;
        }
        continue;
      }
      const bool closes = c == '}' || c == ']';
      if (depth == 0 && (c == ',' || is_blank(c) || closes)) break;
      if (c == '"') in_string = true;
      if (c == '{' || c == '[') ++depth;
      if (closes && --depth == 0) {
        ++at;
        break;
      }
    }
    const bool ended =
        at < unread.size() || (at == unread.size() && depth == 0 && !in_string && at > 0 &&
                               (unread[at - 1] == '}' || unread[at - 1] == ']'));
    if (ended) {
      if (!out.too_long) out.text = unread.substr(0, at);
      consumed_ = std::max<std::size_t>(at, 1);  // a stray closing bracket is a value of its own
      if (at == 0 && !out.too_long) out.text = unread.substr(0, 1);
      return true;
    }
    if (window_.full()) {  // too long: let go of what was seen, keep counting brackets
      out.too_long = true;
      const std::size_t seen = std::min(at, unread.size());
      count_lines(unread.substr(0, seen));
      window_.consume(seen);
      at -= seen;
    }
    if (!TRY(window_.more())) {
      out.cut_off = depth > 0 || in_string;
      if (!out.too_long) out.text = window_.unread();
      consumed_ = window_.unread().size();
      return true;
    }
  }
}

}  // namespace hardwon::import
