#pragma once

// A file being checked or mended: its text, and its tree when its language is known.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "code/convention.h"
#include "code/names.h"

namespace hardwon::code {

struct Source {
  std::string path, text;
  std::optional<Language> language;
  std::optional<SyntaxTree> syntax;  // with a known language
  std::unique_ptr<Scopes> scopes;
  std::vector<Identifier> names;
  std::vector<std::uint32_t> lines;  // where each begins
  std::vector<bool> broken;          // per node: inside what could not be parsed

  const Tree& tree() const { return syntax->tree(); }
  bool script() const {
    return language == Language::kJavaScript || language == Language::kTypeScript ||
           language == Language::kTsx;
  }
};

Result<Source> read_source(std::string_view text, std::string_view path, const ParseLimits& limits);

// Whether the convention speaks of this file: its language, test or not.
bool concerns(const Convention& convention, const Source& source);

// What check() finds, in its order.
std::vector<Finding> findings_in(const Source& source, std::span<const Convention> conventions);

struct Check {
  const Source& source;
  const Convention& convention;
  std::size_t index = 0;  // of the convention
  std::vector<Finding>& found;

  void add(std::uint32_t begin, std::uint32_t end, std::string_view what,
           std::string_view expected) const;
};

// check_names.cpp.  all: the others, since one about constants takes them from one about variables.
void check_names(const Check& check, std::span<const Convention> all);
void check_file_name(const Check& check);
void check_test_file_name(const Check& check);

// check_lines.cpp
void check_lines(const Check& check);  // length, trailing space, final newline
void check_indentation(const Check& check);

// check_syntax.cpp
void check_syntax(const Check& check);  // all other kinds

// The literal with the other quotes, when that needs no more escapes; nullopt: it stays.
std::optional<std::string> requoted(const Tree& tree, std::uint32_t node, char quote);

// Statements that lack a ';' (always), or the superfluous ';' themselves (never).
std::vector<std::uint32_t> semicolon_faults(const Tree& tree, bool always);

// Runs of import statements, one a line, that stand in no accepted order: first and last node.
struct ImportRun {
  std::vector<std::uint32_t> statements;  // as they stand
  std::vector<std::uint32_t> sorted;      // as they should
};
std::vector<ImportRun> unsorted_imports(const Tree& tree);

// What a line of a comment must not hold, as a word of its own; npos: it does not.
std::size_t find_word(std::string_view text, std::string_view word);

}  // namespace hardwon::code
