// The names of languages, roles and unit kinds, and which language a file is in.

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "code/syntax.h"

namespace hardwon::code {
namespace {

constexpr std::array<std::string_view, kLanguages> kNames = {
    "python", "javascript", "typescript", "tsx", "go", "rust", "c", "cpp", "java"};

struct Word {
  std::string_view word;
  Language language;
};

constexpr Word kWords[] = {
    {"python", Language::kPython},
    {"python3", Language::kPython},
    {"py", Language::kPython},
    {"javascript", Language::kJavaScript},
    {"js", Language::kJavaScript},
    {"jsx", Language::kJavaScript},
    {"node", Language::kJavaScript},
    {"node.js", Language::kJavaScript},
    {"nodejs", Language::kJavaScript},
    {"ecmascript", Language::kJavaScript},
    {"typescript", Language::kTypeScript},
    {"ts", Language::kTypeScript},
    {"tsx", Language::kTsx},
    {"go", Language::kGo},
    {"golang", Language::kGo},
    {"rust", Language::kRust},
    {"rs", Language::kRust},
    {"c", Language::kC},
    {"c++", Language::kCpp},
    {"cpp", Language::kCpp},
    {"cxx", Language::kCpp},
    {"java", Language::kJava},
};

constexpr Word kEndings[] = {
    {".py", Language::kPython},      {".pyi", Language::kPython},
    {".pyw", Language::kPython},     {".js", Language::kJavaScript},
    {".jsx", Language::kJavaScript}, {".mjs", Language::kJavaScript},
    {".cjs", Language::kJavaScript}, {".ts", Language::kTypeScript},
    {".mts", Language::kTypeScript}, {".cts", Language::kTypeScript},
    {".tsx", Language::kTsx},        {".go", Language::kGo},
    {".rs", Language::kRust},        {".c", Language::kC},
    {".cc", Language::kCpp},         {".cpp", Language::kCpp},
    {".cxx", Language::kCpp},        {".hpp", Language::kCpp},
    {".hh", Language::kCpp},         {".hxx", Language::kCpp},
    {".java", Language::kJava},
};

constexpr std::size_t kHeaderBytesLooked = 64u << 10;

// Words that stand in no C header.
bool speaks_cpp(std::string_view text) {
  const std::string_view head = text.substr(0, kHeaderBytesLooked);
  for (std::string_view sign : {"namespace ", "template <", "template<", "class ",
                                "std::", "public:", "private:", "constexpr ", "nullptr"}) {
    if (head.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

std::optional<Language> by_interpreter(std::string_view text) {
  if (!text.starts_with("#!")) return std::nullopt;
  const std::string_view line = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
  if (line.find("python") != std::string_view::npos) return Language::kPython;
  if (line.find("ts-node") != std::string_view::npos) return Language::kTypeScript;
  if (line.find("node") != std::string_view::npos) return Language::kJavaScript;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Language language) {
  return kNames[static_cast<std::size_t>(std::to_underlying(language))];
}

std::optional<Language> language_named(std::string_view name) {
  const std::string lower = ascii_lower(name);
  for (const Word& word : kWords) {
    if (lower == word.word) return word.language;
  }
  return std::nullopt;
}

std::optional<Language> language_of(std::string_view path, std::string_view text) {
  const std::string_view file = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = file.find_last_of('.');
  if (dot == std::string_view::npos || dot == 0) return by_interpreter(text);
  const std::string_view ending = file.substr(dot);
  if (ending == ".C" || ending == ".H") return Language::kCpp;
  const std::string lower = ascii_lower(ending);
  if (lower == ".h") return speaks_cpp(text) ? Language::kCpp : Language::kC;
  for (const Word& word : kEndings) {
    if (lower == word.word) return word.language;
  }
  return std::nullopt;
}

std::string_view name_of(Role role) {
  static constexpr std::string_view kRoles[] = {"unknown",   "function",  "method", "variable",
                                                "constant",  "parameter", "type",   "field",
                                                "component", "module"};
  return kRoles[std::to_underlying(role)];
}

std::string_view name_of(UnitKind kind) {
  static constexpr std::string_view kKinds[] = {"function", "method", "class"};
  return kKinds[std::to_underlying(kind)];
}

}  // namespace hardwon::code
