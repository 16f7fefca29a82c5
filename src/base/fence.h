#pragma once

// The fence around injected text: written by recall, recognised by import, so that what
// Hardwon said is never learned again.

#include <string>
#include <string_view>

namespace hardwon {

inline constexpr std::string_view kFenceOpen = "<hardwon-memory";  // + attributes + ">"
inline constexpr std::string_view kFenceClose = "</hardwon-memory>";

// Text with every fenced block taken out (an unclosed one to the end).
std::string without_fenced(std::string_view text);

}  // namespace hardwon
