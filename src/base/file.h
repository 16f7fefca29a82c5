#pragma once

// Files: whole reads, atomic writes, appended lines.
//
// Every error is kIo with the path, what was tried and the system's words; a full disk (also a
// quota or a file size limit) says "disk full".
// Threads: all are safe from any thread; two writers of one path leave one of both contents.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"

namespace hardwon {

// kIo: "<tried>: <the system's words for error_number>".
Error io_error(const std::filesystem::path& path, std::string_view tried, int error_number);

// Errors: also kResourceExhausted when the file is longer than bytes_max, kInvalidArgument
// when it is a directory.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

struct FileWrite {
  unsigned mode = 0600;  // of a new file, whatever the umask
  bool durable = true;   // fsync the file, and its directory when its entry is new
};

// Readers see the old content or the new one, never a part: temporary file beside it, rename.
// On an error the old content stays and nothing else is left behind.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   const FileWrite& how = {});

// Appends `line` and '\n' as one write under a lock, so that lines of many processes neither
// mix nor stay cut off when the disk fills up.  `line` must have no line break.
Result<void> append_line(const std::filesystem::path& path, std::string_view line,
                         const FileWrite& how = {.mode = 0600, .durable = false});

// Regular files of a directory, not of those below it, sorted by name.
Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& directory);

}  // namespace hardwon
