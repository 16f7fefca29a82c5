#include "base/text.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>
#include <memory>

namespace hardwon {
namespace {

bool is_alnum(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}
bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_or_digit(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Length of the valid sequence at `at`, or 0.  Overlong forms, surrogates and values above
// U+10FFFF are invalid (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// The largest cut <= at that is not inside a character.
std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

constexpr std::array kStopWords = {
    "a",     "about",  "after", "again",  "all",   "also", "am",   "an",     "and",   "any",
    "are",   "as",     "at",    "be",     "been",  "but",  "by",   "can",    "could", "did",
    "do",    "does",   "done",  "for",    "from",  "get",  "got",  "had",    "has",   "have",
    "he",    "her",    "here",  "him",    "his",   "how",  "i",    "if",     "im",    "in",
    "into",  "is",     "it",    "its",    "just",  "let",  "lets", "like",   "me",    "more",
    "my",    "now",    "of",    "ok",     "okay",  "on",   "one",  "or",     "our",   "out",
    "over",  "please", "she",   "should", "so",    "some", "than", "thanks", "that",  "the",
    "their", "them",   "then",  "there",  "these", "they", "this", "those",  "to",    "too",
    "up",    "us",     "was",   "we",     "were",  "what", "when", "where",  "which", "while",
    "who",   "why",    "will",  "with",   "would", "yes",  "you",  "your"};

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_length(bytes, at);
    if (length == 0 || bytes[at] == '\0') return false;
    at += length;
  }
  return true;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_length(bytes, at);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
    } else {
      if (bytes[at] != '\0') out.append(bytes, at, length);
      at += length;
    }
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const std::size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool contains_ignoring_case(std::string_view text, std::string_view ascii_needle) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return !std::ranges::search(text, ascii_needle, {}, lower, lower).empty() || ascii_needle.empty();
}

std::string ellipsis(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  if (bytes_max < 3) return {};
  return std::string(text.substr(0, character_start(text, bytes_max - 3))) + "…";
}

std::string head_and_tail(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  const std::size_t head = character_start(text, bytes_max / 2);
  const std::size_t tail = character_start(text, text.size() - bytes_max / 2);
  return std::string(text.substr(0, head)) + "\n[… " + std::to_string(tail - head) +
         " bytes left out …]\n" + std::string(text.substr(tail));
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_alnum(static_cast<unsigned char>(text[at])) && text[at] != '_') {
      ++at;
      continue;
    }
    std::size_t end = at;
    std::vector<std::string> parts(1);
    std::string whole;
    while (end < text.size() &&
           (is_alnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) {
      const auto c = static_cast<unsigned char>(text[end]);
      const bool camel =
          end > at && is_upper(c) && is_lower_or_digit(static_cast<unsigned char>(text[end - 1]));
      if ((c == '_' || camel) && !parts.back().empty()) parts.emplace_back();
      if (c != '_') {
        const char lower = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : text[end];
        parts.back() += lower;
        whole += lower;
      }
      ++end;
    }
    if (parts.back().empty()) parts.pop_back();
    if (!whole.empty()) {
      const bool compound = parts.size() > 1;
      out.push_back(std::move(whole));
      if (compound) out.insert(out.end(), parts.begin(), parts.end());
    }
    at = end;
  }
  return out;
}

std::string stem(std::string_view word) {
  // A Snowball stemmer is not thread-safe, so each thread owns one.
  thread_local const std::unique_ptr<sb_stemmer, decltype(&sb_stemmer_delete)> stemmer(
      sb_stemmer_new("english", "UTF_8"), &sb_stemmer_delete);
  const auto* result =
      sb_stemmer_stem(stemmer.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                      static_cast<int>(word.size()));
  if (result == nullptr) return std::string(word);
  return {reinterpret_cast<const char*>(result),
          static_cast<std::size_t>(sb_stemmer_length(stemmer.get()))};
}

std::set<std::string, std::less<>> stems_of(std::string_view text) {
  std::set<std::string, std::less<>> out;
  for (const std::string& word : words(text)) out.insert(stem(word));
  return out;
}

bool is_stop_word(std::string_view lower_word) {
  return std::ranges::binary_search(kStopWords, lower_word);
}

double jaccard(std::vector<std::string> a, std::vector<std::string> b) {
  const auto unique = [](std::vector<std::string>& list) {
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
  };
  unique(a);
  unique(b);
  if (a.empty() && b.empty()) return 1.0;
  std::vector<std::string> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  return static_cast<double>(common.size()) /
         static_cast<double>(a.size() + b.size() - common.size());
}

}  // namespace hardwon
