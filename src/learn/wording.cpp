#include "learn/wording.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace hardwon::learn {
namespace {

// "/home/ann/work/app/src/a.ts" reads "…/src/a.ts": the machine's part of a path says nothing.
std::string shorten_paths(std::string text) {
  static const RE2 home(R"((?:/[\w.@+-]+){2,}/([\w.@+-]+/[\w.@+*-]+))");
  RE2::GlobalReplace(&text, home, "…/\\1");
  return text;
}

}  // namespace

std::string code(std::string_view text, std::size_t bytes_max) {
  std::string line = one_line(text);
  for (char& c : line) {
    if (c == '`') c = '\'';
  }
  if (line.size() > bytes_max) line = shorten_paths(std::move(line));
  std::string out(1, '`');
  out += ellipsis(line, bytes_max);
  out += '`';
  return out;
}

std::string file_name(std::string_view path) {
  const std::size_t at = path.find_last_of("/\\");
  return std::string(at == std::string_view::npos ? path : path.substr(at + 1));
}

std::string short_command(std::string_view command, std::size_t bytes_max) {
  std::string text(command);
  static const RE2 tail(R"(\s*(?:2>&1|2>/dev/null|\|\s*(?:head|tail)(?:\s+-\S+)*(?:\s+\d+)?)\s*$)");
  while (RE2::Replace(&text, tail, "")) {
  }
  static const RE2 merged(R"(\s+2>&1\b)");
  RE2::GlobalReplace(&text, merged, "");
  text = shorten_paths(one_line(text));
  return ellipsis(text, bytes_max);
}

std::string command_beside(std::string_view command, std::string_view other,
                           std::size_t bytes_max) {
  std::string shown = short_command(command, 1000);
  if (shown.size() <= 60) return shown;
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> out;
    while (!(text = trim(text)).empty()) {
      const std::size_t end = text.find(' ');
      out.push_back(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    }
    return out;
  };
  const std::string other_shown = short_command(other, 1000);
  const auto known = split(other_shown);
  std::string out;
  std::size_t shared = 0;
  for (const std::string_view word : split(shown)) {
    const bool common = std::ranges::find(known, word) != known.end();
    // The program and its first word stay, so that the rest can be read.
    if (common && ++shared > 2) {
      if (!out.ends_with("…")) out += " …";
      continue;
    }
    if (!out.empty()) out += ' ';
    out += word;
  }
  return ellipsis(out, bytes_max);
}

std::string times(std::int64_t n) {
  if (n == 1) return "once";
  if (n == 2) return "twice";
  return std::to_string(n) + " times";
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < 90) return std::to_string(seconds) + " s";
  if (seconds < 90 * 60) return std::to_string((seconds + 30) / 60) + " min";
  return std::to_string((seconds + 1800) / 3600) + " h";
}

std::string share_of(double success, std::int64_t n) {
  std::string text;
  if (std::abs(success - std::round(success)) < 1e-9) {
    text = std::to_string(static_cast<std::int64_t>(std::round(success)));
  } else {
    const auto tenths = static_cast<std::int64_t>(std::round(success * 10));
    text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }
  return text + " of " + std::to_string(n);
}

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

std::string capitalized(std::string text) {
  std::string_view first = std::string_view(text).substr(0, text.find(' '));
  while (!first.empty() && std::string_view(",;:!?.)'\"").contains(first.back())) {
    first.remove_suffix(1);
  }
  const bool word = std::ranges::all_of(
      first, [](char c) { return (c >= 'a' && c <= 'z') || c == '\'' || c == '-'; });
  if (word && !first.empty() && first[0] >= 'a') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

std::string sentence(std::string text) {
  text = capitalized(std::move(text));
  if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?') text += '.';
  return text;
}

}  // namespace hardwon::learn
