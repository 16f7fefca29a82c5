#include "code/names.h"

namespace hardwon::code {
namespace {

// Kinds of pattern and declarator that only wrap names; `except` names the field whose child is
// no part of the pattern, `only` the one whose child is.
struct Wrapper {
  std::string_view kind;
  std::string_view only = {};
  std::string_view except = {};
};

constexpr Wrapper kWrappers[] = {
    {"pattern_list"},
    {"tuple_pattern"},
    {"list_pattern"},
    {"list_splat_pattern"},
    {"dictionary_splat_pattern"},
    {"as_pattern_target"},
    {"expression_list"},
    {"array_pattern"},
    {"object_pattern"},
    {"pair_pattern", "value"},
    {"rest_pattern"},
    {"assignment_pattern", "left"},
    {"object_assignment_pattern", "left"},
    {"pointer_declarator", "declarator"},
    {"reference_declarator"},
    {"array_declarator", "declarator"},
    {"parenthesized_declarator"},
    {"init_declarator", "declarator"},
    {"structured_binding_declarator"},
    {"function_declarator", "declarator"},
    {"mut_pattern"},
    {"ref_pattern"},
    {"reference_pattern"},
    {"slice_pattern"},
    {"captured_pattern"},
    {"or_pattern"},
    {"tuple_struct_pattern", {}, "type"},
    {"struct_pattern", {}, "type"},
    {"field_pattern"},
    {"match_pattern", {}, "condition"},
};

bool wraps(const Tree& tree, std::uint32_t parent, std::string_view field) {
  const std::string_view kind = tree.kind(parent);
  for (const Wrapper& wrapper : kWrappers) {
    if (kind != wrapper.kind) continue;
    if (!wrapper.only.empty()) return field == wrapper.only;
    return wrapper.except.empty() || field != wrapper.except;
  }
  return false;
}

constexpr std::string_view kImports[] = {"import_statement",         "import_from_statement",
                                         "import_declaration",       "use_declaration",
                                         "future_import_statement",  "package_declaration",
                                         "extern_crate_declaration", "import_alias"};

// Statements that are passed on the way from a module-level definition to the root.
constexpr std::string_view kModuleLevel[] = {"module",
                                             "program",
                                             "source_file",
                                             "translation_unit",
                                             "expression_statement",
                                             "assignment",
                                             "lexical_declaration",
                                             "variable_declaration",
                                             "variable_declarator",
                                             "export_statement",
                                             "decorated_definition",
                                             "const_declaration",
                                             "const_spec",
                                             "var_declaration",
                                             "var_spec",
                                             "declaration",
                                             "init_declarator",
                                             "namespace_definition",
                                             "linkage_specification",
                                             "preproc_if",
                                             "preproc_ifdef",
                                             "preproc_else",
                                             "template_declaration",
                                             "const_item",
                                             "static_item",
                                             "preproc_def",
                                             "type_declaration",
                                             "type_spec",
                                             "var_spec_list",
                                             "declaration_list"};

}  // namespace

bool is_scope(const Tree& tree, std::uint32_t node) {
  if (node == 0 || is_function(tree, node) || is_class(tree, node)) return true;
  const Language language = tree.language;
  static constexpr std::string_view kComprehensions[] = {"list_comprehension", "set_comprehension",
                                                         "dictionary_comprehension",
                                                         "generator_expression"};
  if (language == Language::kPython) return one_of(tree.kind(node), kComprehensions);
  static constexpr std::string_view kBlocks[] = {"statement_block",
                                                 "block",
                                                 "compound_statement",
                                                 "for_statement",
                                                 "for_in_statement",
                                                 "for_range_loop",
                                                 "enhanced_for_statement",
                                                 "catch_clause",
                                                 "switch_body",
                                                 "switch_block",
                                                 "match_arm",
                                                 "for_expression",
                                                 "if_statement",
                                                 "if_expression",
                                                 "while_expression",
                                                 "expression_switch_statement",
                                                 "type_switch_statement",
                                                 "expression_case",
                                                 "type_case",
                                                 "default_case",
                                                 "communication_case",
                                                 "try_with_resources_statement",
                                                 "method_elem",
                                                 "internal_module",
                                                 "module",
                                                 "namespace_definition",
                                                 "mod_item",
                                                 "function_type",
                                                 "while_statement",
                                                 "switch_statement",
                                                 "template_declaration",
                                                 "preproc_function_def"};
  return tree.nodes[node].named && one_of(tree.kind(node), kBlocks);
}

Scopes::Scopes(const Tree& tree) {
  const std::uint32_t count = tree.size();
  scope.assign(count, 0);
  owner.assign(count, 0);
  klass.assign(count, 0);
  pattern.assign(count, 0);
  called.assign(count, false);
  imported.assign(count, false);
  exported.assign(count, false);
  top_level.assign(count, false);
  std::vector<bool> scoped(count), owning(count), classes(count), level(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view kind = tree.kind(i);
    classes[i] = is_class(tree, i);
    owning[i] = classes[i] || is_function(tree, i);
    scoped[i] = is_scope(tree, i);
    level[i] = i == 0 || one_of(kind, kModuleLevel);
    pattern[i] = i;
    if (i == 0) {
      top_level[i] = true;
      continue;
    }
    const std::uint32_t up = tree.parent(i);
    scope[i] = scoped[up] ? up : scope[up];
    owner[i] = owning[up] ? up : owner[up];
    klass[i] = classes[up] ? up : klass[up];
    imported[i] = imported[up] || (tree.nodes[i].named && one_of(kind, kImports));
    exported[i] = !owning[up] && (exported[up] || kind == "export_statement");
    top_level[i] = top_level[up] && level[up];
    if (wraps(tree, up, tree.field(i))) {
      pattern[i] = pattern[up];
      called[i] = called[up] || tree.kind(up) == "function_declarator";
    }
  }
}

std::uint32_t scope_of_definition(const Tree& tree, const Scopes& scopes,
                                  const Identifier& definition) {
  const std::uint32_t top = scopes.pattern[definition.node];
  const std::uint32_t around = tree.parent(top);
  if (around == kNone) return 0;
  if (tree.field(top) == "name" && (is_function(tree, around) || is_class(tree, around))) {
    return scopes.scope[around];  // a function's own name is known around it
  }
  // C and C++: int f(int a) {…}: `f` around the definition, `a` inside it.
  if (tree.kind(around) == "function_definition" && scopes.called[definition.node]) {
    return scopes.scope[around];
  }
  if (tree.kind(around) == "variable_declarator" &&
      tree.is(tree.parent(around), "variable_declaration")) {
    return scopes.owner[definition.node];
  }
  if (tree.kind(around) == "named_expression") return scopes.owner[definition.node];
  if (tree.kind(around) == "for_in_clause" || tree.language != Language::kPython) {
    return scopes.scope[definition.node];
  }
  return scopes.owner[definition.node];
}

}  // namespace hardwon::code
