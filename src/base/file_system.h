#pragma once

// The file seam under what writes its own files: the operating system, or a disk that fails
// as a test tells it to (fault_file_system.h).
//
// Model of a disk, which users of this seam must survive: bytes written are in the page cache;
// only sync() makes a file's bytes and size durable, and only sync_directory() makes a creation,
// a rename or a removal durable.  Before that, a crash may keep any part of them, in any order.
// A failed sync() may have dropped the bytes and call them clean: never retry it on that file.
//
// Errors are kIo with the path, what was tried and the system's words; a full disk says "disk
// full".  Threads: a FileSystem is safe from any thread, a File is used by one at a time.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"

namespace hardwon {

class File {
 public:
  virtual ~File() = default;
  // Fills `out` from `offset`; returns the bytes read, fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) = 0;
  // All of `bytes` or an error; after an error any part of the range may have changed.
  virtual Result<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;
  virtual Result<void> resize(std::uint64_t size) = 0;  // grows with zeros
  virtual Result<std::uint64_t> size() = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,
  kWrite,   // read and write; the file must exist
  kCreate,  // read and write; the file must not exist; mode 0600
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Errors: also kNotFound (kRead, kWrite), kConflict when it exists (kCreate).
  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) = 0;
  virtual Result<void> rename(const std::filesystem::path& from,
                              const std::filesystem::path& to) = 0;    // replaces `to`
  virtual Result<void> remove(const std::filesystem::path& path) = 0;  // absent: done
  virtual Result<void> sync_directory(const std::filesystem::path& directory) = 0;
  // Names of the regular files, sorted.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
};

// The error says that there was no room: nothing is broken, the same call may succeed later.
bool is_disk_full(const Error& error);

// The operating system's; never destroyed.
FileSystem& posix_file_system();

}  // namespace hardwon
