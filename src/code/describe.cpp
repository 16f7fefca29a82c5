// Conventions in words.

#include <utility>

#include "code/convention.h"

namespace hardwon::code {
namespace {

std::string listed(const std::vector<Role>& roles) {
  if (roles.empty()) return "names";
  std::string out;
  for (Role role : roles) {
    if (!out.empty()) out += ", ";
    out += name_of(role);
  }
  return out;
}

std::string statement_of(const Convention& it) {
  const std::string number = std::to_string(it.number), name = "'" + it.name + "'";
  switch (it.kind) {
    case ConventionKind::kNameCase:
      return listed(it.roles) + ": " + std::string(name_of(it.name_case));
    case ConventionKind::kFileNameCase:
      return "file names: " + std::string(name_of(it.name_case));
    case ConventionKind::kIndentation:
      if (it.number == 0) return "indented by tabs";
      return "indented by " + (it.number == kAnySpaces ? "" : number + " ") + "spaces";
    case ConventionKind::kQuotes:
      return it.quote == '"' ? "double quotes" : "single quotes";
    case ConventionKind::kSemicolons:
      return it.always ? "semicolons" : "no semicolons";
    case ConventionKind::kNoVar:
      return "no var";
    case ConventionKind::kForbiddenCall:
      return "no call of " + name;
    case ConventionKind::kForbiddenImport:
      return "no import of " + name;
    case ConventionKind::kForbiddenType:
      return "no type " + name;
    case ConventionKind::kNoDefaultExport:
      return "no default exports";
    case ConventionKind::kNoWildcardImport:
      return "no wildcard imports";
    case ConventionKind::kLineLength:
      return "lines of at most " + number + " characters";
    case ConventionKind::kFunctionLength:
      return "functions of at most " + number + " lines";
    case ConventionKind::kSortedImports:
      return "imports in order";
    case ConventionKind::kNoTrailingSpace:
      return "no space at the end of lines";
    case ConventionKind::kFinalNewline:
      return "a newline at the end";
    case ConventionKind::kDocumented:
      return "public functions are documented";
    case ConventionKind::kTypeHints:
      return "public functions have type hints";
    case ConventionKind::kNoBareExcept:
      return "no bare except";
    case ConventionKind::kNoNotes:
      return "no comment holds " + name;
    case ConventionKind::kFormatStrings:
      return "f-strings instead of " + (it.name.empty() ? "other formatting" : name);
    case ConventionKind::kStrictEquality:
      return "=== instead of ==";
    case ConventionKind::kTestFileName:
      return "test files are named " + name;
  }
  return {};
}

}  // namespace

std::string_view name_of(ConventionKind kind) {
  static constexpr std::string_view kNames[] = {"name_case",          "file_name_case",
                                                "indentation",        "quotes",
                                                "semicolons",         "no_var",
                                                "forbidden_call",     "forbidden_import",
                                                "forbidden_type",     "no_default_export",
                                                "no_wildcard_import", "line_length",
                                                "function_length",    "sorted_imports",
                                                "no_trailing_space",  "final_newline",
                                                "documented",         "type_hints",
                                                "no_bare_except",     "no_notes",
                                                "format_strings",     "strict_equality",
                                                "test_file_name"};
  return kNames[std::to_underlying(kind)];
}

std::string describe(const Convention& convention) {
  std::string out = statement_of(convention);
  if (!convention.instead.empty()) out += ", but '" + convention.instead + "'";
  for (std::size_t i = 0; i < convention.languages.size(); ++i) {
    out += (i == 0 ? " in " : ", ") + std::string(name_of(convention.languages[i]));
  }
  if (convention.where == Where::kNotInTests) out += ", not in tests";
  if (convention.where == Where::kOnlyInTests) out += ", only in tests";
  return out;
}

}  // namespace hardwon::code
