#pragma once

// Text helpers that every room needs.  All take and give UTF-8.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hardwon {

// Replaces each invalid byte sequence by U+FFFD and drops NUL; returns the input when clean.
std::string valid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split_lines(std::string_view text);  // without '\n' and '\r'
std::string ascii_lower(std::string_view text);
bool contains_ignoring_case(std::string_view text, std::string_view ascii_needle);

// At most `bytes_max` bytes, cut at a character and marked "…".
std::string ellipsis(std::string_view text, std::size_t bytes_max);

// Keeps head and tail of a long text with "[… N bytes left out …]" between; whole characters.
std::string head_and_tail(std::string_view text, std::size_t bytes_max);

// White space runs (line breaks too) become one blank.
std::string one_line(std::string_view text);

// Words for matching: lower-cased runs of letters and digits, identifiers also split at
// case changes and '_' ("parseJsonFile" gives parsejsonfile, parse, json, file).
std::vector<std::string> words(std::string_view text);

// English stem of a lower-case word (Snowball); other languages pass through.
std::string stem(std::string_view word);
// Of all words of a text, lower-cased as words() does.
std::set<std::string, std::less<>> stems_of(std::string_view text);

// Function words that carry no topic ("the", "please", "you", …).
bool is_stop_word(std::string_view lower_word);

// Jaccard similarity of two word multisets taken as sets; 1 for two empty ones.
double jaccard(std::vector<std::string> a, std::vector<std::string> b);

}  // namespace hardwon
