#pragma once

// Bytes in, lines or JSON values out, in bounded memory.
//
// Invariants
//   1. At least kPadding readable bytes follow every view handed out (the parser reads ahead).
//   2. A view lives until the next call of the same reader.
// Threads: not shared between threads.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "hardwon/error.h"

namespace hardwon::import {

inline constexpr std::size_t kPadding = 64;

// A file, or bytes in memory; can be read again from the start.  Its size is fixed when it is
// opened: what a running agent appends meanwhile belongs to the next import.
class ByteSource {
 public:
  // Errors: kIo with the path; kInvalidArgument when it is not a regular file.
  static Result<ByteSource> open(const std::filesystem::path& path);
  explicit ByteSource(std::string_view bytes);
  ByteSource(ByteSource&& other) noexcept;
  ByteSource& operator=(ByteSource&&) = delete;
  ~ByteSource();

  // Up to `n` bytes from the current place; 0 at the end.
  Result<std::size_t> read(char* out, std::size_t n);
  void rewind() { at_ = start_; }
  // The content starts after `n` bytes (a byte order mark).
  void start_after(std::int64_t n) { at_ = start_ = std::min(n, size_); }
  std::int64_t size() const { return size_; }
  std::int64_t at() const { return at_; }

 private:
  int file_ = -1;
  std::string path_;
  std::string_view bytes_;
  std::int64_t size_ = 0, at_ = 0, start_ = 0;
};

// The bytes read and not yet consumed, growing up to a limit.
class Window {
 public:
  // bytes_max: of what can be unread at once.
  Window(ByteSource& source, std::size_t bytes_max) : source_(source), bytes_max_(bytes_max) {}

  std::string_view unread() const { return {data_.get() + from_, to_ - from_}; }
  void consume(std::size_t n) { from_ += n; }
  // Reads more behind unread(); false at the end of the source or when the window is full.
  Result<bool> more();
  bool full() const { return to_ - from_ >= bytes_max_; }

 private:
  void make_room();

  ByteSource& source_;
  std::size_t bytes_max_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, from_ = 0, to_ = 0;
};

struct Record {
  std::int64_t line = 0;    // 1-based, of its first byte
  std::int64_t number = 0;  // 1-based position among the records of the file
  std::string_view text;    // empty when too_long
  bool too_long = false;    // longer than the reader's limit; skipped over
  bool cut_off = false;     // the source ended inside it
};

// Lines without their line break; blank ones are passed over.
class LineReader {
 public:
  LineReader(ByteSource& source, std::size_t line_bytes_max) : window_(source, line_bytes_max) {}
  // False at the end.
  Result<bool> next(Record& out);

 private:
  Result<bool> skip_long_line(Record& out);

  Window window_;
  std::size_t consumed_ = 0;  // handed out by the last call
  std::int64_t line_ = 0, number_ = 0;
};

// The JSON values of a file, whatever its layout: JSON lines, one array of values, or values
// printed over several lines.  Texts are cut out, not checked.
class ValueReader {
 public:
  ValueReader(ByteSource& source, std::size_t value_bytes_max)
      : source_(source), bytes_max_(value_bytes_max), window_(source, value_bytes_max) {}
  Result<bool> next(Record& out);

 private:
  enum class Layout : std::uint8_t { kUnknown, kLines, kArray, kValues, kDone };
  Result<void> find_layout();
  Result<bool> is_spread_over_lines();
  Result<bool> next_value(Record& out);
  Result<bool> find_start();
  void count_lines(std::string_view text);

  ByteSource& source_;
  std::size_t bytes_max_;
  Window window_;
  std::unique_ptr<LineReader> lines_;
  Layout layout_ = Layout::kUnknown;
  std::size_t consumed_ = 0;
  std::int64_t line_ = 1, number_ = 0;
};

}  // namespace hardwon::import
