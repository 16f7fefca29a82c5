#pragma once

// What a source file says, read from its syntax tree: identifiers with their roles, strings,
// comments, imports, calls, and units with their complexity.
//
// Invariants
//   1. Bytes decide: a tree, and all that is read from it, depends on the text and the language
//      only.  The clock decides only whether there is one.
//   2. Any bytes parse to a tree (with errors in it) or give an error; depth does not cost stack.
// Threads: a tree is immutable once made; any number of threads may read it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"

namespace hardwon::code {

enum class Language : std::uint8_t {
  kPython,
  kJavaScript,
  kTypeScript,
  kTsx,
  kGo,
  kRust,
  kC,
  kCpp,
  kJava,
};
inline constexpr std::size_t kLanguages = 9;

std::string_view name_of(Language language);  // "python", "typescript", "tsx", "cpp", …

// By a name people use, in any case: "Python", "py", "js", "golang", "C++"; nullopt: unknown.
std::optional<Language> language_named(std::string_view name);

// By the ending of the path; for a path without one by the first line's interpreter
// ("#!/usr/bin/env python3").  A header "x.h" is C++ when its text speaks C++, else C.
std::optional<Language> language_of(std::string_view path, std::string_view text = {});

// The languages this build can parse: all, or none when it was built without its grammars.
std::vector<Language> grammars_built();

struct ParseLimits {
  std::size_t bytes_max = 8u << 20;
  std::size_t nodes_max = 4'000'000;
  // Of the processor, for the parser: so much, and for each further megabyte as much again.  Usual
  // text takes a quarter of a second a megabyte; text made to be slow costs its length squared.
  std::chrono::milliseconds time_max{1'500};
};

// What an identifier names.  A use has the role of its definition in the file.
enum class Role : std::uint8_t {
  kUnknown,  // a use of something that the file does not define
  kFunction,
  kMethod,
  kVariable,
  kConstant,  // a literal bound once at module level, const items, enumerators, macros
  kParameter,
  kType,  // class, struct, enum, interface, trait, type alias
  kField,
  kComponent,  // an exported function that returns JSX
  kModule,     // namespace or module
};
std::string_view name_of(Role role);

// How an identifier stands in the text.
enum class Form : std::uint8_t {
  kPlain,      // getUser
  kMember,     // x.getUser, x->getUser, X::getUser
  kKeyword,    // f(user=1): the name belongs to what is called
  kKey,        // {user: 1}, Point{x: 1}
  kShorthand,  // {user} for {user: user}: key and value in one
  kImported,   // named in an import
  kTag,        // <User/>
  kLabel,
};

struct Identifier {
  std::string_view name;  // a view into the tree's text
  std::uint32_t begin = 0, end = 0;
  std::uint32_t line = 0, column = 0;  // 1-based; columns count bytes
  std::uint32_t node = 0;              // of the tree
  Role role = Role::kUnknown;
  Form form = Form::kPlain;
  bool definition = false;
  bool module_level = false;  // definitions: not inside a function or a class
  bool exported = false;      // definitions: other files may name it
  // Definitions: the name is not this file's to choose (dunder, override, destructured field,
  // part of a framework's interface).
  bool kept = false;
  bool literal = false;  // definitions: bound to a literal
};

struct StringLiteral {
  std::uint32_t begin = 0, end = 0, line = 0;  // prefix and quotes included
  char quote = 0;                              // ' or " or `
  bool triple = false;
};

struct Comment {
  std::uint32_t begin = 0, end = 0, line = 0;
};

struct Import {
  std::uint32_t begin = 0, end = 0, line = 0;
  std::string_view module;              // "os.path", "./api", "fmt", "stdio.h"
  std::vector<std::string_view> names;  // as they are called in the module; "*" for all of it
  bool from = false;                    // names parts of the module, not the module
};

struct Call {
  std::uint32_t begin = 0, end = 0, line = 0;  // of the callee
  std::string_view callee;                     // "print", "console.log", "self.client.get"
};

enum class UnitKind : std::uint8_t { kFunction, kMethod, kClass };
std::string_view name_of(UnitKind kind);

struct Unit {
  UnitKind kind = UnitKind::kFunction;
  std::string_view name;  // empty: anonymous
  std::uint32_t begin = 0, end = 0;
  std::uint32_t from_line = 0, to_line = 0;  // decorators included
  bool exported = false;                     // public by the language's own sign
  bool documented = false;                   // a docstring, or a comment right above
  // 1 + branches (if, loops, cases, handlers, with) + boolean operands beyond the first, of the
  // unit and all in it.  Source: seed plan 004, for Python; conditional expressions count nothing.
  std::int32_t complexity = 1;
};

struct Indentation {
  enum class Kind : std::uint8_t { kUnknown, kTabs, kSpaces } kind = Kind::kUnknown;
  std::uint32_t width = 0;  // of spaces
};

struct Tree;  // code/tree.h, inside the room

class SyntaxTree {
 public:
  // The tree keeps the text.  Errors: kUnavailable when built without grammars,
  // kResourceExhausted past a limit (which one is in the message).  About 4 MB/s.
  static Result<SyntaxTree> parse(std::string text, Language language,
                                  const ParseLimits& limits = {});

  Language language() const;
  std::string_view text() const;
  bool has_errors() const;
  std::optional<std::uint32_t> first_error_line() const;  // 1-based
  std::uint32_t line_of(std::uint32_t byte) const;        // 1-based

  // Each in order of the text; O(nodes).
  std::vector<Identifier> identifiers() const;
  std::vector<StringLiteral> strings() const;  // templates included; f-strings as one
  std::vector<Comment> comments() const;       // without docstrings
  std::vector<Import> imports() const;
  std::vector<Call> calls() const;
  std::vector<Unit> units() const;
  Indentation indentation() const;  // what most blocks use

  const Tree& tree() const { return *tree_; }

 private:
  explicit SyntaxTree(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const Tree> tree_;
};

}  // namespace hardwon::code
