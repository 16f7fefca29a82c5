#pragma once

// Names and small file operations that the files of the database room share.

#include <filesystem>

#include "hardwon/error.h"

namespace hardwon::store {

inline constexpr const char* kDatabaseFile = "hardwon.db";

// kIo when it cannot be known, e.g. in a directory that may not be entered.
Result<bool> file_exists(const std::filesystem::path& path);

// Of a relative name too.
std::filesystem::path parent_of(const std::filesystem::path& path);

// Makes created, renamed and removed names of the directory durable.
Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace hardwon::store
