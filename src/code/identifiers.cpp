// Which nodes are identifiers, what each names, and whether it defines or uses.

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <unordered_set>

#include "code/names.h"

namespace hardwon::code {
namespace {

// What the place of a name in its parent says: the parent's kind, the field, the role it defines.
struct Place {
  std::string_view parent;
  std::string_view field;  // empty: any
  Role role;
};

constexpr Place kPlaces[] = {
    // functions; those inside a class become methods
    {"function_definition", "name", Role::kFunction},
    {"function_definition", "declarator", Role::kFunction},
    {"function_declaration", "name", Role::kFunction},
    {"generator_function_declaration", "name", Role::kFunction},
    {"function_expression", "name", Role::kFunction},
    {"generator_function", "name", Role::kFunction},
    {"function_signature", "name", Role::kFunction},
    {"function_item", "name", Role::kFunction},
    {"function_signature_item", "name", Role::kFunction},
    {"method_definition", "name", Role::kMethod},
    {"method_signature", "name", Role::kMethod},
    {"abstract_method_signature", "name", Role::kMethod},
    {"method_declaration", "name", Role::kMethod},
    {"method_elem", "name", Role::kMethod},
    // types
    {"class_definition", "name", Role::kType},
    {"class_declaration", "name", Role::kType},
    {"abstract_class_declaration", "name", Role::kType},
    {"class", "name", Role::kType},
    {"interface_declaration", "name", Role::kType},
    {"type_alias_declaration", "name", Role::kType},
    {"enum_declaration", "name", Role::kType},
    {"record_declaration", "name", Role::kType},
    {"annotation_type_declaration", "name", Role::kType},
    {"type_spec", "name", Role::kType},
    {"type_alias", "name", Role::kType},
    {"struct_item", "name", Role::kType},
    {"enum_item", "name", Role::kType},
    {"union_item", "name", Role::kType},
    {"trait_item", "name", Role::kType},
    {"type_item", "name", Role::kType},
    {"class_specifier", "name", Role::kType},
    {"struct_specifier", "name", Role::kType},
    {"union_specifier", "name", Role::kType},
    {"enum_specifier", "name", Role::kType},
    {"alias_declaration", "name", Role::kType},
    {"type_definition", "declarator", Role::kType},
    // parameters
    {"parameters", "", Role::kParameter},
    {"lambda_parameters", "", Role::kParameter},
    {"default_parameter", "name", Role::kParameter},
    {"typed_parameter", "", Role::kParameter},
    {"typed_default_parameter", "name", Role::kParameter},
    {"formal_parameters", "", Role::kParameter},
    {"required_parameter", "pattern", Role::kParameter},
    {"optional_parameter", "pattern", Role::kParameter},
    {"arrow_function", "parameter", Role::kParameter},
    {"parameter_declaration", "name", Role::kParameter},
    {"variadic_parameter_declaration", "name", Role::kParameter},
    {"parameter", "pattern", Role::kParameter},
    {"closure_parameters", "", Role::kParameter},
    {"parameter_declaration", "declarator", Role::kParameter},
    {"optional_parameter_declaration", "declarator", Role::kParameter},
    {"formal_parameter", "name", Role::kParameter},
    {"inferred_parameters", "", Role::kParameter},
    {"lambda_expression", "parameters", Role::kParameter},
    {"preproc_params", "", Role::kParameter},
    // variables
    {"assignment", "left", Role::kVariable},
    {"named_expression", "name", Role::kVariable},
    {"for_statement", "left", Role::kVariable},
    {"for_in_clause", "left", Role::kVariable},
    {"as_pattern", "alias", Role::kVariable},
    {"variable_declarator", "name", Role::kVariable},
    {"catch_clause", "parameter", Role::kVariable},
    {"for_in_statement", "left", Role::kVariable},
    {"short_var_declaration", "left", Role::kVariable},
    {"range_clause", "left", Role::kVariable},
    {"receive_statement", "left", Role::kVariable},
    {"var_spec", "name", Role::kVariable},
    {"type_switch_statement", "alias", Role::kVariable},
    {"let_declaration", "pattern", Role::kVariable},
    {"let_condition", "pattern", Role::kVariable},
    {"for_expression", "pattern", Role::kVariable},
    {"match_arm", "pattern", Role::kVariable},
    {"declaration", "declarator", Role::kVariable},
    {"for_range_loop", "declarator", Role::kVariable},
    {"catch_formal_parameter", "name", Role::kVariable},
    {"enhanced_for_statement", "name", Role::kVariable},
    {"resource", "name", Role::kVariable},
    // constants
    {"const_spec", "name", Role::kConstant},
    {"const_item", "name", Role::kConstant},
    {"static_item", "name", Role::kConstant},
    {"enumerator", "name", Role::kConstant},
    {"enum_constant", "name", Role::kConstant},
    {"preproc_def", "name", Role::kConstant},
    // members
    {"public_field_definition", "name", Role::kField},
    {"field_definition", "property", Role::kField},
    {"property_signature", "name", Role::kField},
    {"field_declaration", "name", Role::kField},
    {"field_declaration", "declarator", Role::kField},
    // modules
    {"internal_module", "name", Role::kModule},
    {"module", "name", Role::kModule},
    {"mod_item", "name", Role::kModule},
    {"namespace_definition", "name", Role::kModule},
};

constexpr std::string_view kLeaves[] = {"identifier",
                                        "type_identifier",
                                        "field_identifier",
                                        "property_identifier",
                                        "private_property_identifier",
                                        "shorthand_property_identifier",
                                        "shorthand_property_identifier_pattern",
                                        "shorthand_field_identifier",
                                        "namespace_identifier"};

// Names that unittest, visitors and handlers of the standard library, or routers call: nobody can
// choose another.
bool called_by_frameworks(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "setUp",         "tearDown",       "setUpClass",  "tearDownClass",
      "setUpModule",   "tearDownModule", "asyncSetUp",  "asyncTearDown",
      "setUpTestData", "runTest",        "handleError", "formatException",
      "formatTime",    "constructor",    "main",        "init",
      "GET",           "POST",           "PUT",         "PATCH",
      "DELETE",        "HEAD",           "OPTIONS"};
  return one_of(name, kNames) || name.starts_with("visit_") || name.starts_with("do_") ||
         name.starts_with("depart_");
}

bool is_literal(const Tree& tree, std::uint32_t node) {
  if (node == kNone) return false;
  static constexpr std::string_view kLiterals[] = {"integer",
                                                   "float",
                                                   "true",
                                                   "false",
                                                   "number",
                                                   "int_literal",
                                                   "float_literal",
                                                   "string",
                                                   "interpreted_string_literal",
                                                   "raw_string_literal",
                                                   "string_literal",
                                                   "number_literal",
                                                   "char_literal",
                                                   "integer_literal",
                                                   "boolean_literal",
                                                   "decimal_integer_literal",
                                                   "hex_integer_literal",
                                                   "decimal_floating_point_literal",
                                                   "character_literal"};
  std::uint32_t at = node;
  if (tree.is(at, "unary_operator") || tree.is(at, "unary_expression")) at = tree.first_named(at);
  if (at == kNone || !one_of(tree.kind(at), kLiterals)) return false;
  return tree.child_of_kind(at, "interpolation") == kNone;
}

class Reader {
 public:
  Reader(const Tree& tree, const Scopes& scopes) : tree_(tree), scopes_(scopes) {}

  std::vector<Identifier> read() {
    for (std::uint32_t i = 0; i < tree_.size(); ++i) {
      const Node& node = tree_.nodes[i];
      if (!node.named || node.missing || !tree_.leaf(i) || node.begin == node.end) continue;
      if (!one_of(tree_.kind(i), kLeaves) || tree_.is(tree_.parent(i), "lifetime")) continue;
      found_.push_back(identifier(i));
    }
    settle_constants();
    settle_exports();
    settle_components();
    settle_uses();
    return std::move(found_);
  }

 private:
  Identifier identifier(std::uint32_t node) const {
    Identifier it{.name = tree_.text_of(node),
                  .begin = tree_.nodes[node].begin,
                  .end = tree_.nodes[node].end,
                  .node = node};
    if (it.name.starts_with('#')) {  // a private name of JavaScript without its sign
      it.name.remove_prefix(1);
      ++it.begin;
    }
    it.line = tree_.line_of(it.begin);
    it.column = it.begin - tree_.lines[it.line - 1] + 1;
    it.form = form(node);
    if (it.form == Form::kImported || it.form == Form::kKeyword || it.form == Form::kKey ||
        it.form == Form::kLabel || it.form == Form::kTag) {
      return it;
    }
    const std::uint32_t top = scopes_.pattern[node];
    const std::uint32_t around = tree_.parent(top);
    if (around == kNone) return it;
    if (it.form == Form::kMember) {
      define_member(it, around);
    } else {
      it.role = place(node, top, around);
    }
    it.definition = it.role != Role::kUnknown;
    if (it.definition) describe(it, top, around);
    return it;
  }

  Form form(std::uint32_t node) const {
    if (scopes_.imported[node]) return Form::kImported;
    const std::uint32_t up = tree_.parent(node);
    const std::string_view kind = tree_.kind(node), parent = tree_.kind(up),
                           field = tree_.field(node);
    if (kind == "shorthand_property_identifier" || kind == "shorthand_field_identifier" ||
        kind == "shorthand_property_identifier_pattern" ||
        parent == "shorthand_field_initializer") {
      return Form::kShorthand;
    }
    if (parent == "keyword_argument") return field == "name" ? Form::kKeyword : Form::kPlain;
    if (parent == "pair" || parent == "pair_pattern" || parent == "element_value_pair") {
      const bool expression = tree_.language == Language::kPython;  // {a: 1} looks `a` up
      return field == "key" && !expression ? Form::kKey : Form::kPlain;
    }
    if (parent == "literal_element") {
      return tree_.field(up) == "key" ? Form::kKey : Form::kPlain;
    }
    if (parent == "jsx_attribute" || parent == "field_designator") return Form::kKey;
    if (parent == "field_initializer" && field == "field") return Form::kKey;
    if (parent == "field_pattern" && field == "name") return Form::kKey;
    if (parent == "method_definition" && field == "name" && tree_.is(tree_.parent(up), "object")) {
      return Form::kKey;
    }
    if (parent == "export_specifier") {
      return re_exported(up) ? Form::kImported : field == "alias" ? Form::kKey : Form::kPlain;
    }
    if (parent.starts_with("jsx_")) return field == "name" ? Form::kTag : Form::kPlain;
    if (parent == "labeled_statement" && tree_.first_named(up) == node) return Form::kLabel;
    if (parent == "break_statement" || parent == "continue_statement") return Form::kLabel;
    return member(node, up, parent, field) ? Form::kMember : Form::kPlain;
  }

  bool re_exported(std::uint32_t specifier) const {
    const std::uint32_t clause = tree_.parent(specifier);
    return tree_.child(tree_.parent(clause), "source") != kNone;
  }

  bool member(std::uint32_t node, std::uint32_t up, std::string_view parent,
              std::string_view field) const {
    static constexpr std::string_view kAccesses[] = {
        "attribute",      "member_expression",    "selector_expression",   "field_expression",
        "field_access",   "qualified_identifier", "scoped_identifier",     "scoped_type_identifier",
        "qualified_type", "nested_identifier",    "nested_type_identifier"};
    if (parent == "method_invocation") {
      return field == "name" && tree_.child(up, "object") != kNone;
    }
    if (parent == "method_reference") return tree_.first_named(up) != node;
    if (parent == "field_initializer") return true;  // C++: Foo() : x_(1)
    if (parent == "token_tree") {                    // macros of Rust are not parsed
      return tree_.nodes[node].begin > 0 && tree_.text[tree_.nodes[node].begin - 1] == '.';
    }
    if (!one_of(parent, kAccesses)) return false;
    return field == "attribute" || field == "property" || field == "field" || field == "name";
  }

  // self.x = …, this.x = …, void Foo::bar() {…}
  void define_member(Identifier& it, std::uint32_t) const {
    const std::uint32_t access = tree_.parent(it.node);
    const std::uint32_t top = scopes_.pattern[access];
    const std::uint32_t around = tree_.parent(top);
    if (around == kNone) return;
    const std::string_view object =
        tree_.text_of(access).substr(0, tree_.nodes[it.node].begin - tree_.nodes[access].begin);
    if (tree_.is(around, "assignment") && tree_.field(top) == "left" &&
        (object == "self." || object == "cls.")) {
      it.role = Role::kField;
    } else if (tree_.is(around, "function_definition") && tree_.field(top) == "declarator" &&
               scopes_.called[access]) {
      it.role = Role::kMethod;
    }
  }

  Role place(std::uint32_t node, std::uint32_t top, std::uint32_t around) const {
    const std::string_view parent = tree_.kind(around), field = tree_.field(top);
    for (const Place& place : kPlaces) {
      if (parent != place.parent || (!place.field.empty() && field != place.field)) continue;
      return refined(place.role, node, around);
    }
    return Role::kUnknown;
  }

  Role refined(Role role, std::uint32_t node, std::uint32_t around) const {
    const std::string_view parent = tree_.kind(around), name = tree_.text_of(node);
    const std::uint32_t owner = scopes_.owner[around];
    const bool in_class = owner != 0 && is_class(tree_, owner);
    if (role == Role::kFunction) {
      if (in_class && name == tree_.text_of_name(owner)) return Role::kUnknown;  // a constructor
      return in_class ? Role::kMethod : Role::kFunction;
    }
    if (scopes_.called[node] && in_class && name == tree_.text_of_name(owner)) {
      return Role::kUnknown;
    }
    if (role == Role::kField && scopes_.called[node]) {
      return Role::kMethod;
    }
    if (role == Role::kType && parent.ends_with("_specifier") &&
        tree_.child(around, "body") == kNone) {
      return Role::kUnknown;
    }
    if (role == Role::kConstant && parent == "enumerator" && tree_.language == Language::kCpp) {
      return Role::kUnknown;
    }
    if (parent == "for_in_statement" && tree_.child(around, "kind") == kNone) {
      return Role::kUnknown;
    }
    if ((parent == "range_clause" || parent == "receive_statement") &&
        !tree_.has_token(around, ":=")) {
      return Role::kUnknown;
    }
    const bool rust_pattern = tree_.language == Language::kRust && role == Role::kVariable;
    if (rust_pattern && std::isupper(static_cast<unsigned char>(name[0])) != 0) {
      return Role::kUnknown;  // a constant or a variant, matched
    }
    return role == Role::kVariable ? variable(node, around, in_class) : role;
  }

  Role variable(std::uint32_t node, std::uint32_t around, bool in_class) const {
    if (scopes_.called[node]) return Role::kFunction;  // a prototype
    const std::uint32_t statement = tree_.parent(around);
    if (tree_.is(statement, "field_declaration") || tree_.is(statement, "constant_declaration")) {
      return java_constant(statement, around) ? Role::kConstant : Role::kField;
    }
    if (tree_.is(statement, "spread_parameter")) return Role::kParameter;
    const std::uint32_t value = tree_.child(around, "value");
    const bool script = tree_.language != Language::kJava;
    if (script && tree_.is(around, "variable_declarator") && value != kNone &&
        is_function(tree_, value)) {
      return Role::kFunction;
    }
    if (tree_.is(around, "variable_declarator") && tree_.is(value, "class")) return Role::kType;
    return in_class && tree_.is(around, "assignment") ? Role::kField : Role::kVariable;
  }

  bool java_constant(std::uint32_t statement, std::uint32_t declarator) const {
    const std::uint32_t modifiers = tree_.child_of_kind(statement, "modifiers");
    const bool fixed = tree_.is(statement, "constant_declaration") ||
                       (modifiers != kNone && tree_.has_token(modifiers, "static") &&
                        tree_.has_token(modifiers, "final"));
    return fixed && is_literal(tree_, tree_.child(declarator, "value"));
  }

  void describe(Identifier& it, std::uint32_t top, std::uint32_t around) const {
    // A function's or class's own name stands where the function does.
    const bool own = is_function(tree_, around) || is_class(tree_, around);
    const bool at_top = scopes_.top_level[own ? around : top];
    it.module_level = at_top && it.role != Role::kParameter && it.form != Form::kMember &&
                      (own || scopes_.owner[top] == 0);
    std::uint32_t value = tree_.child(around, "value");
    if (value == kNone) value = tree_.child(around, "right");
    const std::uint32_t declared = tree_.parent(it.node);
    if (tree_.is(declared, "init_declarator")) value = tree_.child(declared, "value");
    if (tree_.is(value, "expression_list")) value = tree_.first_named(value);
    it.literal = is_literal(tree_, value) || (tree_.is(around, "preproc_def") && value != kNone);
    it.exported = exported(it, around);
    it.kept = kept(it, around);
  }

  bool exported(const Identifier& it, std::uint32_t around) const {
    const bool local =
        it.role == Role::kParameter || (it.role == Role::kVariable && scopes_.owner[around] != 0);
    if (local) return false;
    const bool inside = scopes_.owner[around] != 0 && !is_class(tree_, scopes_.owner[around]);
    const bool member = it.role == Role::kMethod || it.role == Role::kField;
    std::uint32_t modifiers = tree_.child_of_kind(around, "modifiers");
    if (tree_.is(around, "variable_declarator")) {
      modifiers = tree_.child_of_kind(tree_.parent(around), "modifiers");
    }
    switch (tree_.language) {
      case Language::kPython:
        return (!inside || member) && !it.name.starts_with('_');
      case Language::kJavaScript:
      case Language::kTypeScript:
      case Language::kTsx: {
        if (!member) return scopes_.exported[around];
        const std::uint32_t access = tree_.child_of_kind(around, "accessibility_modifier");
        return tree_.text[it.begin - (it.begin > 0 ? 1 : 0)] != '#' &&
               (access == kNone || tree_.text_of(access) != "private");
      }
      case Language::kRust:
        return tree_.child_of_kind(around, "visibility_modifier") != kNone;
      case Language::kC:
      case Language::kCpp: {
        const std::uint32_t storage = tree_.child_of_kind(around, "storage_class_specifier");
        return !inside && (member || storage == kNone || tree_.text_of(storage) != "static");
      }
      case Language::kJava:
        return !inside && (modifiers == kNone || !tree_.has_token(modifiers, "private"));
      case Language::kGo:
        return !inside;
    }
    return true;
  }

  bool kept(const Identifier& it, std::uint32_t around) const {
    if (it.form == Form::kShorthand) return true;
    if (it.name.starts_with("__") && it.name.ends_with("__")) return true;
    const bool method = it.role == Role::kMethod || it.role == Role::kFunction;
    if (method && called_by_frameworks(it.name)) return true;
    if (it.role == Role::kParameter) {
      // A parameter property of TypeScript is also a field.
      return it.name == "self" || it.name == "cls" ||
             tree_.child_of_kind(around, "accessibility_modifier") != kNone;
    }
    return method && overrides(it, around);
  }

  bool overrides(const Identifier& it, std::uint32_t around) const {
    const std::uint32_t owner = scopes_.klass[around];
    if (owner != 0 && tree_.child(owner, "trait") != kNone) return true;
    if (tree_.child_of_kind(around, "override_modifier") != kNone) return true;
    const std::uint32_t modifiers = tree_.child_of_kind(around, "modifiers");
    if (modifiers != kNone && tree_.text_of(modifiers).contains("@Override")) return true;
    std::uint32_t declarator = tree_.parent(it.node);
    while (declarator != kNone && tree_.kind(declarator).ends_with("_declarator") &&
           declarator != around) {
      if (tree_.child_of_kind(declarator, "virtual_specifier") != kNone) return true;
      declarator = tree_.parent(declarator);
    }
    const std::uint32_t decorated = tree_.parent(around);
    if (!tree_.is(decorated, "decorated_definition")) return false;
    for (std::uint32_t child : Children(tree_, decorated)) {
      if (tree_.is(child, "decorator") && tree_.text_of(child).ends_with("override")) return true;
    }
    return false;
  }

  // A literal at module level that is bound once is a constant.
  void settle_constants() {
    std::unordered_map<std::string_view, int> bound;
    for (const Identifier& it : found_) {
      const std::uint32_t around = tree_.parent(scopes_.pattern[it.node]);
      const bool again = around != kNone && (tree_.is(around, "augmented_assignment") ||
                                             tree_.is(around, "assignment_expression") ||
                                             tree_.is(around, "update_expression"));
      if (it.definition || again) ++bound[it.name];
    }
    for (Identifier& it : found_) {
      if (it.role != Role::kVariable || !it.module_level || !it.literal) continue;
      if (bound[it.name] == 1 && declared_constant(it.node)) it.role = Role::kConstant;
    }
  }

  bool declared_constant(std::uint32_t node) const {
    const std::uint32_t around = tree_.parent(scopes_.pattern[node]);
    switch (tree_.language) {
      case Language::kPython:
        return tree_.is(around, "assignment");
      case Language::kJavaScript:
      case Language::kTypeScript:
      case Language::kTsx:
        return tree_.has_token(tree_.parent(around), "const");
      case Language::kC:
      case Language::kCpp: {
        for (std::uint32_t child : Children(tree_, around)) {
          const std::string_view text = tree_.text_of(child);
          if (tree_.is(child, "type_qualifier") && (text == "const" || text == "constexpr")) {
            return true;
          }
        }
        return false;
      }
      default:
        return false;
    }
  }

  // A function of a module that returns elements: public ones, and those already named like one.
  void settle_components() {
    if (tree_.language != Language::kJavaScript && tree_.language != Language::kTsx) return;
    std::vector<bool> draws(tree_.size());
    for (std::uint32_t i = 0; i < tree_.size(); ++i) {
      if (tree_.is(i, "jsx_element") || tree_.is(i, "jsx_self_closing_element")) {
        draws[scopes_.owner[i]] = true;
      }
    }
    for (Identifier& it : found_) {
      if (it.role != Role::kFunction || !it.module_level) continue;
      std::uint32_t made = tree_.parent(it.node);
      if (tree_.is(made, "variable_declarator")) made = tree_.child(made, "value");
      const bool named_so = std::isupper(static_cast<unsigned char>(it.name[0])) != 0;
      if (draws[made] && (it.exported || named_so)) it.role = Role::kComponent;
    }
  }

  void settle_exports() {
    std::unordered_set<std::string_view> listed;
    for (const Identifier& it : found_) {
      if (it.form == Form::kPlain && tree_.is(tree_.parent(it.node), "export_specifier")) {
        listed.insert(it.name);
      }
    }
    for (Identifier& it : found_) {
      if (it.definition && it.module_level && listed.contains(it.name)) it.exported = true;
    }
  }

  void settle_uses() {
    std::unordered_map<std::string_view, Role> plain, member;
    for (const Identifier& it : found_) {
      if (!it.definition) continue;
      const bool of_class = it.role == Role::kMethod || it.role == Role::kField;
      (of_class ? member : plain).try_emplace(it.name, it.role);
    }
    for (Identifier& it : found_) {
      if (it.definition) continue;
      const bool wants_member = it.form == Form::kMember;
      const auto& first = wants_member ? member : plain;
      const auto at = first.find(it.name);
      if (at != first.end() && it.form != Form::kImported && it.form != Form::kLabel) {
        it.role = at->second;
      }
    }
  }

  const Tree& tree_;
  const Scopes& scopes_;
  std::vector<Identifier> found_;
};

}  // namespace

std::vector<Identifier> identifiers_of(const Tree& tree, const Scopes& scopes) {
  return Reader(tree, scopes).read();
}

}  // namespace hardwon::code
