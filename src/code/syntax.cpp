#include "code/syntax.h"

#include <algorithm>
#include <unordered_map>

#include "code/layout.h"
#include "code/names.h"

namespace hardwon::code {
namespace {

std::string_view unquoted(std::string_view text) {
  if (text.size() < 2) return text;
  return text.substr(1, text.size() - 2);
}

class ImportReader {
 public:
  explicit ImportReader(const Tree& tree) : tree_(tree) {}

  std::vector<Import> read() {
    for (std::uint32_t i = 0; i < tree_.size(); ++i) {
      if (!tree_.nodes[i].named) continue;
      const std::string_view kind = tree_.kind(i);
      if (kind == "import_statement") {
        tree_.language == Language::kPython ? python(i) : script(i);
      } else if (kind == "import_from_statement" || kind == "future_import_statement") {
        python_from(i);
      } else if (kind == "import_spec" || kind == "preproc_include") {
        add(i, unquoted(text_of(tree_.child(i, "path"))));
      } else if (kind == "use_declaration") {
        rust(i);
      } else if (kind == "import_declaration" && tree_.language == Language::kJava) {
        java(i);
      } else if (kind == "call_expression") {
        required(i);
      }
    }
    return std::move(found_);
  }

 private:
  std::string_view text_of(std::uint32_t node) const {
    return node == kNone ? std::string_view() : tree_.text_of(node);
  }

  Import& add(std::uint32_t node, std::string_view module, bool from = false) {
    const Node& at = tree_.nodes[node];
    found_.push_back(Import{.begin = at.begin,
                            .end = at.end,
                            .line = tree_.line_of(at.begin),
                            .module = module,
                            .names = {},
                            .from = from});
    return found_.back();
  }

  std::string_view original(std::uint32_t name) const {  // of "x as y": x
    if (!tree_.is(name, "aliased_import")) return tree_.text_of(name);
    return tree_.text_of_name(name);
  }

  void python(std::uint32_t node) {
    for (std::uint32_t child : Children(tree_, node)) {
      if (tree_.field(child) == "name") add(node, original(child));
    }
  }

  void python_from(std::uint32_t node) {
    const std::uint32_t module = tree_.child(node, "module_name");
    Import& import = add(node, module == kNone ? "__future__" : tree_.text_of(module), true);
    for (std::uint32_t child : Children(tree_, node)) {
      if (tree_.is(child, "wildcard_import")) import.names.emplace_back("*");
      if (tree_.field(child) == "name") import.names.push_back(original(child));
    }
  }

  void script(std::uint32_t node) {
    Import& import = add(node, unquoted(text_of(tree_.child(node, "source"))), true);
    const std::uint32_t end = tree_.nodes[node].next;
    for (std::uint32_t i = node; i < end; ++i) {
      if (tree_.is(i, "import_specifier")) import.names.push_back(tree_.text_of_name(i));
      if (tree_.is(i, "namespace_import")) import.names.emplace_back("*");
      if (tree_.is(tree_.parent(i), "import_clause") && tree_.is(i, "identifier")) {
        import.names.emplace_back("default");
      }
    }
  }

  void rust(std::uint32_t node) {
    Import& import = add(node, text_of(tree_.child(node, "argument")), true);
    for (std::uint32_t i = node; i < tree_.nodes[node].next; ++i) {
      if (tree_.is(i, "use_wildcard")) import.names.emplace_back("*");
    }
  }

  void java(std::uint32_t node) {
    std::uint32_t name = tree_.child_of_kind(node, "scoped_identifier");
    if (name == kNone) name = tree_.child_of_kind(node, "identifier");
    Import& import = add(node, text_of(name));
    if (tree_.child_of_kind(node, "asterisk") != kNone) import.names.emplace_back("*");
  }

  void required(std::uint32_t node) {  // require("x")
    if (text_of(tree_.child(node, "function")) != "require") return;
    const std::uint32_t argument = tree_.first_named(tree_.child(node, "arguments"));
    if (argument != kNone && tree_.is(argument, "string")) {
      add(node, unquoted(tree_.text_of(argument)));
    }
  }

  const Tree& tree_;
  std::vector<Import> found_;
};

bool is_branch(const Tree& tree, std::uint32_t node) {
  static constexpr std::string_view kBranches[] = {"if_statement",
                                                   "elif_clause",
                                                   "for_statement",
                                                   "while_statement",
                                                   "except_clause",
                                                   "except_group_clause",
                                                   "with_statement",
                                                   "case_clause",
                                                   "for_in_statement",
                                                   "do_statement",
                                                   "catch_clause",
                                                   "switch_case",
                                                   "if_expression",
                                                   "for_expression",
                                                   "while_expression",
                                                   "loop_expression",
                                                   "match_arm",
                                                   "for_range_loop",
                                                   "enhanced_for_statement",
                                                   "try_with_resources_statement",
                                                   "expression_case",
                                                   "type_case",
                                                   "communication_case",
                                                   "seh_except_clause"};
  const std::string_view kind = tree.kind(node);
  if (!tree.nodes[node].named) return false;
  if (kind == "case_statement") return tree.child(node, "value") != kNone;
  if (kind == "switch_label") return !tree.text_of(node).starts_with("default");
  return one_of(kind, kBranches);
}

bool is_boolean_operand(const Tree& tree, std::uint32_t node) {
  const std::string_view kind = tree.kind(node);
  if (kind == "boolean_operator") return true;
  if (kind != "binary_expression") return false;
  return tree.has_token(node, "&&") || tree.has_token(node, "||");
}

// Lines above which a comment counts as a definition's: [line] says what ends on it.
enum class Above : std::uint8_t { kNothing, kComment, kAttribute };

std::vector<Above> comment_lines(const Tree& tree) {
  std::vector<Above> lines(tree.lines.size() + 1, Above::kNothing);
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const bool attribute = tree.is(i, "attribute_item");
    if (!attribute && !is_comment(tree, i)) continue;
    const Node& node = tree.nodes[i];
    const std::uint32_t line = tree.line_of(node.begin);
    if (leading_space(tree.line_text(line)).size() != node.begin - tree.lines[line - 1]) continue;
    std::uint32_t end = std::max(node.end, node.begin + 1) - 1;
    if (end > node.begin && tree.text[end] == '\n') --end;  // Rust's "///" holds its line end
    lines[tree.line_of(end)] = attribute ? Above::kAttribute : Above::kComment;
  }
  return lines;
}

class UnitReader {
 public:
  explicit UnitReader(const Tree& tree)
      : tree_(tree), above_(comment_lines(tree)), weight_(tree.size() + 1, 0) {
    for (std::uint32_t i = 0; i < tree.size(); ++i) {
      weight_[i + 1] = weight_[i] + (is_branch(tree, i) || is_boolean_operand(tree, i) ? 1 : 0);
    }
  }

  std::vector<Unit> read() {
    const Scopes scopes(tree_);
    std::vector<Unit> units;
    for (const Identifier& it : identifiers_of(tree_, scopes)) {
      if (!it.definition) continue;
      const std::uint32_t construct = tree_.parent(scopes.pattern[it.node]);
      const std::uint32_t made = construct_of(it, construct);
      if (made != kNone) units.push_back(unit(it, made));
    }
    std::stable_sort(units.begin(), units.end(),
                     [](const Unit& a, const Unit& b) { return a.begin < b.begin; });
    return units;
  }

 private:
  // The function or class that a definition names, with a body; kNone.
  std::uint32_t construct_of(const Identifier& it, std::uint32_t around) const {
    switch (it.role) {
      case Role::kFunction:
      case Role::kMethod:
      case Role::kComponent:
      case Role::kType:
        break;
      default:
        return kNone;
    }
    std::uint32_t made = around;
    if (it.form == Form::kMember) made = tree_.parent(pattern_of_member(it));
    if (tree_.is(made, "variable_declarator")) made = tree_.child(made, "value");
    if (made == kNone) return kNone;
    if (tree_.is(made, "type_spec")) return made;
    return tree_.child(made, "body") == kNone ? kNone : made;
  }

  std::uint32_t pattern_of_member(const Identifier& it) const {
    std::uint32_t at = tree_.parent(it.node);
    while (tree_.parent(at) != kNone && tree_.kind(tree_.parent(at)).ends_with("_declarator")) {
      at = tree_.parent(at);
    }
    return at;
  }

  Unit unit(const Identifier& it, std::uint32_t made) const {
    std::uint32_t outer = made;
    static constexpr std::string_view kAround[] = {"decorated_definition", "export_statement",
                                                   "type_declaration",     "variable_declarator",
                                                   "lexical_declaration",  "variable_declaration",
                                                   "template_declaration"};
    while (tree_.parent(outer) != kNone && one_of(tree_.kind(tree_.parent(outer)), kAround)) {
      outer = tree_.parent(outer);
    }
    const Node& node = tree_.nodes[outer];
    Unit unit{.kind = it.role == Role::kType     ? UnitKind::kClass
                      : it.role == Role::kMethod ? UnitKind::kMethod
                                                 : UnitKind::kFunction,
              .name = it.name,
              .begin = node.begin,
              .end = node.end,
              .from_line = tree_.line_of(node.begin),
              .to_line = tree_.line_of(std::max(node.end, node.begin + 1) - 1)};
    unit.exported = it.exported;
    unit.documented = documented(made, unit.from_line);
    unit.complexity = 1 + weight_[tree_.nodes[made].next] - weight_[made];
    return unit;
  }

  bool documented(std::uint32_t made, std::uint32_t line) const {
    if (tree_.language == Language::kPython) {
      const std::uint32_t first = tree_.first_named(tree_.child(made, "body"));
      return tree_.is(first, "expression_statement") &&
             tree_.is(tree_.first_named(first), "string");
    }
    std::uint32_t above = line - 1;
    while (above > 0 && above_[above] == Above::kAttribute) --above;
    return above > 0 && above_[above] == Above::kComment;
  }

  const Tree& tree_;
  std::vector<Above> above_;
  std::vector<std::int32_t> weight_;  // of all nodes before
};

bool is_docstring(const Tree& tree, std::uint32_t node) {
  return tree.language == Language::kPython && tree.is(node, "string") &&
         tree.is(tree.parent(node), "expression_statement");
}

std::uint32_t callee_of(const Tree& tree, std::uint32_t node) {
  const std::string_view kind = tree.kind(node);
  if (!tree.nodes[node].named) return kNone;
  if (kind == "call" || kind == "call_expression") return tree.child(node, "function");
  if (kind == "new_expression") return tree.child(node, "constructor");
  if (kind == "macro_invocation") return tree.child(node, "macro");
  if (kind == "object_creation_expression") return tree.child(node, "type");
  return kNone;
}

}  // namespace

Language SyntaxTree::language() const { return tree_->language; }
std::string_view SyntaxTree::text() const { return tree_->text; }
std::uint32_t SyntaxTree::line_of(std::uint32_t byte) const { return tree_->line_of(byte); }

bool SyntaxTree::has_errors() const { return first_error_line().has_value(); }

std::optional<std::uint32_t> SyntaxTree::first_error_line() const {
  for (const Node& node : tree_->nodes) {
    if (node.error || node.missing) return tree_->line_of(node.begin);
  }
  return std::nullopt;
}

std::vector<Identifier> SyntaxTree::identifiers() const {
  return identifiers_of(*tree_, Scopes(*tree_));
}

std::vector<StringLiteral> SyntaxTree::strings() const {
  std::vector<StringLiteral> found;
  for (std::uint32_t i = 0; i < tree_->size(); ++i) {
    if (!is_string(*tree_, i)) continue;
    const Node& node = tree_->nodes[i];
    const std::string_view text = tree_->text_of(i);
    const std::size_t quote = text.find_first_of("'\"`");
    if (quote == std::string_view::npos || is_docstring(*tree_, i)) continue;
    const std::string_view rest = text.substr(quote);
    found.push_back({.begin = node.begin,
                     .end = node.end,
                     .line = tree_->line_of(node.begin),
                     .quote = rest[0],
                     .triple = rest.starts_with("'''") || rest.starts_with("\"\"\"")});
  }
  return found;
}

std::vector<Comment> SyntaxTree::comments() const {
  std::vector<Comment> found;
  for (std::uint32_t i = 0; i < tree_->size(); ++i) {
    if (!is_comment(*tree_, i)) continue;
    const Node& node = tree_->nodes[i];
    found.push_back({.begin = node.begin, .end = node.end, .line = tree_->line_of(node.begin)});
  }
  return found;
}

std::vector<Import> SyntaxTree::imports() const { return ImportReader(*tree_).read(); }

std::vector<Call> SyntaxTree::calls() const {
  std::vector<Call> found;
  for (std::uint32_t i = 0; i < tree_->size(); ++i) {
    std::uint32_t begin = 0, end = 0;
    if (tree_->is(i, "method_invocation")) {
      const std::uint32_t name = tree_->child(i, "name");
      if (name == kNone) continue;
      begin = tree_->nodes[i].begin;
      end = tree_->nodes[name].end;
    } else {
      const std::uint32_t callee = callee_of(*tree_, i);
      if (callee == kNone) continue;
      begin = tree_->nodes[callee].begin;
      end = tree_->nodes[callee].end;
    }
    found.push_back({.begin = begin,
                     .end = end,
                     .line = tree_->line_of(begin),
                     .callee = std::string_view(tree_->text).substr(begin, end - begin)});
  }
  return found;
}

std::vector<Unit> SyntaxTree::units() const { return UnitReader(*tree_).read(); }

Indentation SyntaxTree::indentation() const { return indentation_of(*tree_, blocks_of(*tree_)); }

}  // namespace hardwon::code
