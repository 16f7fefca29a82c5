// Checks of what stands in a file: quotes, semicolons, imports, calls, documentation, …

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "code/layout.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

void add_node(const Check& check, std::uint32_t node, std::string_view expected) {
  const Tree& tree = check.source.tree();
  check.add(tree.nodes[node].begin, tree.nodes[node].end, tree.text_of(node), expected);
}

void check_quotes(const Check& check) {
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (check.source.broken[i]) continue;
    const auto wanted = requoted(tree, i, check.convention.quote);
    if (wanted) add_node(check, i, *wanted);
    // Before Python 3.12 a string inside an f-string must have the other quotes.
    const bool formatted = check.source.language == Language::kPython && is_string(tree, i);
    if (formatted) i = tree.nodes[i].next - 1;
  }
}

void check_semicolons(const Check& check) {
  if (!check.source.script()) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t node : semicolon_faults(tree, check.convention.always)) {
    const std::uint32_t end = tree.nodes[node].end;
    if (check.source.broken[node]) continue;
    if (check.convention.always) {
      check.add(end, end, "no semicolon", ";");
    } else {
      check.add(end - 1, end, ";", "no semicolon");
    }
  }
}

void check_var(const Check& check) {
  if (!check.source.script()) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const bool loop = tree.is(i, "for_in_statement") && tree.has_token(i, "var");
    if (!loop && !tree.is(i, "variable_declaration")) continue;
    if (check.source.broken[i]) continue;
    const std::uint32_t token = tree.child_of_kind(i, "var");
    if (token != kNone) add_node(check, token, "const or let");
  }
}

std::string_view last_part(std::string_view name) {
  const std::size_t at = name.find_last_of(".:>");
  return at == std::string_view::npos ? name : name.substr(at + 1);
}

// Whether the file itself defines the name, which is then not the one that was spoken of.
bool defines(const Source& source, std::string_view name) {
  return std::any_of(source.names.begin(), source.names.end(), [&](const Identifier& it) {
    return it.definition && it.name == name && it.role != Role::kMethod && it.role != Role::kField;
  });
}

void check_calls(const Check& check) {
  const std::string& name = check.convention.name;
  const bool dotted = last_part(name) != name;
  if (!dotted && defines(check.source, name)) return;
  const std::string macro = name.ends_with('!') ? name.substr(0, name.size() - 1) : name;
  for (const Call& call : check.source.syntax->calls()) {
    const bool family = name.ends_with(".*") &&
                        call.callee.starts_with(std::string_view(name).substr(0, name.size() - 1));
    if (call.callee != macro && !family) continue;
    check.add(call.begin, call.end, std::string(call.callee) + "()",
              check.convention.instead.empty() ? "no call of it" : check.convention.instead);
  }
}

bool names_module(std::string_view module, std::string_view wanted) {
  if (module == wanted) return true;
  if (!module.starts_with(wanted) || module.size() <= wanted.size()) return false;
  const char next = module[wanted.size()];
  return next == '.' || next == '/' || next == ':';
}

void check_imports(const Check& check) {
  const Convention& convention = check.convention;
  for (const Import& import : check.source.syntax->imports()) {
    if (convention.kind == ConventionKind::kForbiddenImport) {
      if (!names_module(import.module, convention.name)) continue;
      check.add(import.begin, import.end, "import of " + std::string(import.module),
                convention.instead.empty() ? "no import of it" : convention.instead);
      continue;
    }
    if (check.source.script()) continue;  // import * as x names what it takes
    const bool all = std::find(import.names.begin(), import.names.end(), "*") != import.names.end();
    if (all) {
      check.add(import.begin, import.end, "import of all of " + std::string(import.module),
                "named imports");
    }
  }
}

void check_types(const Check& check) {
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const std::string_view kind = tree.kind(i);
    const bool type = kind == "predefined_type" || kind == "type_identifier" ||
                      (kind == "identifier" && tree.is(tree.parent(i), "type"));
    if (!type || !tree.nodes[i].named || tree.text_of(i) != check.convention.name) continue;
    add_node(check, i,
             check.convention.instead.empty() ? "another type" : check.convention.instead);
  }
}

void check_default_export(const Check& check) {
  if (!check.source.script()) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!tree.is(i, "export_statement")) continue;
    const std::uint32_t token = tree.child_of_kind(i, "default");
    if (token == kNone) continue;
    check.add(tree.nodes[i].begin, tree.nodes[token].end, "export default", "a named export");
  }
}

void check_units(const Check& check) {
  const Convention& convention = check.convention;
  for (const Unit& unit : check.source.syntax->units()) {
    if (unit.kind == UnitKind::kClass) continue;
    if (convention.kind == ConventionKind::kFunctionLength) {
      const std::uint32_t lines = unit.to_line - unit.from_line + 1;
      if (lines <= convention.number) continue;
      check.add(unit.begin, unit.begin,
                std::string(unit.name) + "() has " + std::to_string(lines) + " lines",
                "at most " + std::to_string(convention.number));
    } else if (unit.exported && !unit.documented) {
      check.add(unit.begin, unit.begin, std::string(unit.name) + "() is not documented",
                check.source.language == Language::kPython ? "a docstring" : "a comment above");
    }
  }
}

bool annotated(const Tree& tree, std::uint32_t function) {
  const std::uint32_t parameters = tree.child(function, "parameters");
  if (parameters == kNone) return true;
  bool first = true;
  for (std::uint32_t child : Children(tree, parameters)) {
    if (!tree.nodes[child].named || is_comment(tree, child)) continue;
    const std::string_view kind = tree.kind(child), text = tree.text_of(child);
    const bool self = first && (text == "self" || text == "cls");
    first = false;
    if (self) continue;
    if (kind == "identifier" || kind == "default_parameter" || kind == "list_splat_pattern" ||
        kind == "dictionary_splat_pattern") {
      return false;
    }
  }
  const std::string_view name = tree.text_of_name(function);
  return name == "__init__" || tree.child(function, "return_type") != kNone;
}

void check_type_hints(const Check& check) {
  if (check.source.language != Language::kPython) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!tree.is(i, "function_definition") || check.source.broken[i]) continue;
    const std::string_view name = tree.text_of_name(i);
    const std::uint32_t owner = check.source.scopes->owner[i];
    const bool inner = owner != 0 && !is_class(tree, owner);
    if (inner || (name.starts_with('_') && name != "__init__") || annotated(tree, i)) continue;
    const std::uint32_t at = tree.child(i, "name");
    check.add(tree.nodes[at].begin, tree.nodes[at].end, std::string(name) + "() lacks type hints",
              "types of all parameters and of the result");
  }
}

void check_bare_except(const Check& check) {
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!tree.is(i, "except_clause") || check.source.broken[i]) continue;
    const std::uint32_t value = tree.first_named(i);
    if (value == kNone || !tree.is(value, "block")) continue;
    const std::uint32_t begin = tree.nodes[i].begin;
    check.add(begin, begin + 6, "except:", "except with a type");
  }
}

void check_notes(const Check& check) {
  for (const Comment& comment : check.source.syntax->comments()) {
    const std::string_view text =
        std::string_view(check.source.text).substr(comment.begin, comment.end - comment.begin);
    const std::size_t at = find_word(text, check.convention.name);
    if (at == std::string_view::npos) continue;
    const auto begin = comment.begin + static_cast<std::uint32_t>(at);
    check.add(begin, begin + static_cast<std::uint32_t>(check.convention.name.size()),
              check.convention.name, "no such note");
  }
}

void check_format_strings(const Check& check) {
  if (check.source.language != Language::kPython) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (check.convention.name != "format" && tree.is(i, "binary_operator") &&
        tree.has_token(i, "%")) {
      const std::uint32_t left = tree.child(i, "left");
      if (tree.is(left, "string") || tree.is(left, "concatenated_string")) {
        add_node(check, i, "an f-string");
      }
    } else if (check.convention.name != "%" && tree.is(i, "call")) {
      const std::uint32_t function = tree.child(i, "function");
      if (!tree.is(function, "attribute")) continue;
      const std::uint32_t object = tree.child(function, "object");
      const std::uint32_t name = tree.child(function, "attribute");
      if (tree.is(object, "string") && name != kNone && tree.text_of(name) == "format") {
        add_node(check, i, "an f-string");
      }
    }
  }
}

void check_equality(const Check& check) {
  if (!check.source.script()) return;
  const Tree& tree = check.source.tree();
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const std::string_view kind = tree.kind(i);
    if ((kind != "==" && kind != "!=") || tree.nodes[i].named) continue;
    if (tree.is(tree.parent(i), "binary_expression")) add_node(check, i, std::string(kind) + "=");
  }
}

void check_sorted(const Check& check) {
  const Tree& tree = check.source.tree();
  for (const ImportRun& run : unsorted_imports(tree)) {
    for (std::size_t i = 0; i < run.statements.size(); ++i) {
      if (run.statements[i] == run.sorted[i]) continue;
      add_node(check, run.statements[i], std::string(tree.text_of(run.sorted[i])));
      break;
    }
  }
}

}  // namespace

void check_syntax(const Check& check) {
  switch (check.convention.kind) {
    case ConventionKind::kQuotes:
      return check_quotes(check);
    case ConventionKind::kSemicolons:
      return check_semicolons(check);
    case ConventionKind::kNoVar:
      return check_var(check);
    case ConventionKind::kForbiddenCall:
      return check_calls(check);
    case ConventionKind::kForbiddenImport:
    case ConventionKind::kNoWildcardImport:
      return check_imports(check);
    case ConventionKind::kForbiddenType:
      return check_types(check);
    case ConventionKind::kNoDefaultExport:
      return check_default_export(check);
    case ConventionKind::kFunctionLength:
    case ConventionKind::kDocumented:
      return check_units(check);
    case ConventionKind::kSortedImports:
      return check_sorted(check);
    case ConventionKind::kTypeHints:
      return check_type_hints(check);
    case ConventionKind::kNoBareExcept:
      return check_bare_except(check);
    case ConventionKind::kNoNotes:
      return check_notes(check);
    case ConventionKind::kFormatStrings:
      return check_format_strings(check);
    case ConventionKind::kStrictEquality:
      return check_equality(check);
    default:
      return;
  }
}

std::size_t find_word(std::string_view text, std::string_view word) {
  const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]))) return at;
  }
  return std::string_view::npos;
}

}  // namespace hardwon::code
