// Cases of names: what has one, and how to give another.

#include <cctype>
#include <utility>

#include "base/text.h"
#include "code/convention.h"

namespace hardwon::code {
namespace {

bool lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
bool upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string_view core_of(std::string_view name) {
  while (!name.empty() && (name.front() == '_' || name.front() == '$')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == '_' || name.back() == '$')) name.remove_suffix(1);
  return name;
}

// "getHTTPResponse2" -> get, HTTP, Response2; "userIDs" -> user, IDs.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  std::string part;
  const auto close = [&] {
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_' || c == '-' || c == ' ' || c == '.') {
      close();
      continue;
    }
    if (upper(c) && i > 0) {
      const char before = name[i - 1];
      const char after = i + 1 < name.size() ? name[i + 1] : '\0';
      const char next = i + 2 < name.size() ? name[i + 2] : '\0';
      const bool plural = after == 's' && !lower(next);
      if (lower(before) || digit(before) || (upper(before) && lower(after) && !plural)) close();
    }
    part += c;
  }
  close();
  return parts;
}

std::string capitalized(std::string word) {
  word = ascii_lower(word);
  if (!word.empty()) {
    word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  }
  return word;
}

std::string joined(const std::vector<std::string>& parts, NameCase wanted) {
  std::string out;
  for (const std::string& part : parts) {
    switch (wanted) {
      case NameCase::kSnake:
        out += (out.empty() ? "" : "_") + ascii_lower(part);
        break;
      case NameCase::kKebab:
        out += (out.empty() ? "" : "-") + ascii_lower(part);
        break;
      case NameCase::kScreaming: {
        if (!out.empty()) out += '_';
        for (char c : part) {
          out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        break;
      }
      case NameCase::kCamel:
        out += out.empty() ? ascii_lower(part) : capitalized(part);
        break;
      case NameCase::kPascal:
        out += capitalized(part);
        break;
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(NameCase value) {
  static constexpr std::string_view kNames[] = {"snake_case", "camelCase", "PascalCase",
                                                "kebab-case", "UPPER_SNAKE_CASE"};
  return kNames[std::to_underlying(value)];
}

bool has_case(std::string_view name, NameCase wanted) {
  const std::string_view core = core_of(name);
  bool letters = false, small = false, large = false, low = false, dash = false;
  for (char c : core) {
    letters |= lower(c) || upper(c) || static_cast<unsigned char>(c) >= 0x80;
    small |= lower(c);
    large |= upper(c);
    low |= c == '_';
    dash |= c == '-';
  }
  if (!letters) return true;
  switch (wanted) {
    case NameCase::kSnake:
      return !large && !dash;
    case NameCase::kKebab:
      return !large && !low;
    case NameCase::kScreaming:
      return !small && !dash;
    case NameCase::kCamel:
      return !low && !dash && !upper(core[0]);
    case NameCase::kPascal:
      return !low && !dash && !lower(core[0]);
  }
  return true;
}

std::string in_case(std::string_view name, NameCase wanted) {
  const std::string_view core = core_of(name);
  if (core.empty()) return std::string(name);
  const auto before = static_cast<std::size_t>(core.data() - name.data());
  return std::string(name.substr(0, before)) + joined(parts_of(core), wanted) +
         std::string(name.substr(before + core.size()));
}

}  // namespace hardwon::code
