#pragma once

// Conventions that a syntax tree can decide: read from a person's sentence, checked, and kept by
// editing (docs/decisions/0011-syntax.md says what is decidable and what a rename refuses).
//
// Invariants
//   1. A sentence that does not state a decidable convention gives none: a wrong one is worse.
//   2. fix() returns text that parses at least as well as what it was given, and its `left` is what
//      check() says of that text.  fix() of its own result changes nothing.
//   3. Text inside comments is never edited, inside strings only their quotes.
// Threads: pure functions, safe from any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "code/syntax.h"

namespace hardwon::code {

enum class NameCase : std::uint8_t { kSnake, kCamel, kPascal, kKebab, kScreaming };
std::string_view name_of(NameCase value);  // "snake_case", "camelCase", …

// Leading and trailing underscores do not count; a name without letters has every case.
bool has_case(std::string_view name, NameCase wanted);
// "getHTTPResponse" -> "get_http_response"; leading and trailing underscores are kept.
std::string in_case(std::string_view name, NameCase wanted);

enum class ConventionKind : std::uint8_t {
  kNameCase,          // roles, name_case
  kFileNameCase,      // name_case
  kIndentation,       // number: spaces, 0: tabs, kAnySpaces: spaces of any width
  kQuotes,            // quote
  kSemicolons,        // always; JavaScript, TypeScript
  kNoVar,             // JavaScript, TypeScript
  kForbiddenCall,     // name; instead
  kForbiddenImport,   // name; instead
  kForbiddenType,     // name; instead
  kNoDefaultExport,   // JavaScript, TypeScript
  kNoWildcardImport,  // Python, Java, Rust
  kLineLength,        // number: characters
  kFunctionLength,    // number: lines
  kSortedImports,     // Python, JavaScript, TypeScript
  kNoTrailingSpace,
  kFinalNewline,
  kDocumented,      // public functions
  kTypeHints,       // Python: public functions
  kNoBareExcept,    // Python
  kNoNotes,         // name: the word that no comment may hold
  kFormatStrings,   // Python: f-strings instead of name: "%", "format", empty: both
  kStrictEquality,  // JavaScript, TypeScript
  kTestFileName,    // name: a pattern with one '*' ("test_*.py")
};
std::string_view name_of(ConventionKind kind);  // "name_case", …

inline constexpr std::uint32_t kAnySpaces = 99;

enum class Where : std::uint8_t { kEverywhere, kNotInTests, kOnlyInTests };

struct Convention {
  ConventionKind kind = ConventionKind::kNameCase;
  std::vector<Language> languages;  // empty: all in which the kind means something
  Where where = Where::kEverywhere;
  // Empty: functions, methods, variables, parameters and fields.
  std::vector<Role> roles;
  NameCase name_case = NameCase::kSnake;
  std::uint32_t number = 0;
  char quote = 0;
  bool always = true;
  std::string name, instead;
  bool operator==(const Convention&) const = default;
};

// "functions and methods are snake_case in python": stable, for people and for tests.
std::string describe(const Convention& convention);

// What a person's sentence (or bullet) states, in order; empty when nothing is decidable.
// language: of the place it was said in; used when the sentence names none.
std::vector<Convention> conventions_in(std::string_view statement,
                                       std::optional<Language> language = std::nullopt);

// Tests by their path: in a folder test, tests, __tests__, spec, or test_x, x_test, x.spec, …
bool is_test_path(std::string_view path);

struct Finding {
  std::uint32_t line = 1, column = 1;  // 1-based; columns count bytes
  std::uint32_t begin = 0, end = 0;    // bytes
  std::string found, expected;
  std::size_t convention = 0;  // its index in what was passed
  std::string reason;          // after fix(): why it could not be mended
};

// In order of the text, then of the conventions.  In a file of no known language only lines and
// the file's name are checked.  Errors: kUnavailable without grammars, kResourceExhausted past a
// limit.
Result<std::vector<Finding>> check(std::string_view text, std::string_view path,
                                   std::span<const Convention> conventions,
                                   const ParseLimits& limits = {});

struct Edit {
  std::uint32_t line = 1;  // in the text before the pass that made it
  std::string from, to;    // a whole line for indentation and imports
  std::size_t convention = 0;
  bool exported = false;  // a name that other files may use: theirs must change too
};

struct Fixed {
  std::string text;
  std::vector<Edit> edits;
  std::vector<Finding> left;  // check() of `text`, each with a reason
};

// Mends what can be mended without knowing other files.  Errors as check().
Result<Fixed> fix(std::string_view text, std::string_view path,
                  std::span<const Convention> conventions, const ParseLimits& limits = {});

}  // namespace hardwon::code
