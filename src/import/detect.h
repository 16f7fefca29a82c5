#pragma once

// The start of a file: is it text, and which format.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "import/import.h"
#include "import/source.h"

namespace hardwon::import {

// The first bytes of a source, which is then read from its start again.
Result<std::string> read_start(ByteSource& source);

// Length of the byte order mark to pass over.  Errors: kInvalidArgument when the start is not
// UTF-8 text.
Result<std::size_t> check_text(std::string_view start, const std::filesystem::path& name);

std::optional<Format> detect_content(std::string_view start, const std::filesystem::path& name);

}  // namespace hardwon::import
