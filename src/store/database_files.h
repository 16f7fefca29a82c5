#pragma once

// Names and small file operations that the files of the database room share.

#include <filesystem>

#include "hardwon/error.h"

namespace hardwon::store {

inline constexpr const char* kDatabaseFile = "hardwon.db";

// Makes created, renamed and removed names of the directory durable.
Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace hardwon::store
