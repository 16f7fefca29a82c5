#pragma once

// Saying it: code spans, counts, and lengths a person reads.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace hardwon::learn {

inline constexpr std::size_t kStatementBytesMax = 240;

// "`text`" on one line, shortened to bytes_max; long directory parts go first.
std::string code(std::string_view text, std::size_t bytes_max = 90);

// The last part of a path.
std::string file_name(std::string_view path);

// A command for people: one line, no `2>&1`, no `| head`, long paths cut to their end.
std::string short_command(std::string_view command, std::size_t bytes_max = 90);

// A long command, runs of words that another one shares replaced by "…": what is new in it.
std::string command_beside(std::string_view command, std::string_view other,
                           std::size_t bytes_max = 90);

// "once", "twice", "4 times".
std::string times(std::int64_t n);

// "6 min", "40 s", "2 h".
std::string duration_text(std::int64_t seconds);

// "worked 5 of 6 times"; a share that is no whole number keeps one decimal.
std::string share_of(double success, std::int64_t n);

std::string concat(std::initializer_list<std::string_view> parts);

// Upper-cases the first letter of a word; names ("foo_bar", "a.py", "https://…") stay as they are.
std::string capitalized(std::string text);

// capitalized(), ended with a period.
std::string sentence(std::string text);

}  // namespace hardwon::learn
