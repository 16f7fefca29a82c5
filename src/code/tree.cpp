#include "code/tree.h"

#include <algorithm>

namespace hardwon::code {

std::uint32_t Tree::child(std::uint32_t node, std::string_view wanted_field) const {
  if (node == kNone) return kNone;
  int looked = 0;
  for (std::uint32_t at : Children(*this, node)) {
    if (field(at) == wanted_field) return at;
    if (++looked == kChildrenLooked) break;
  }
  return kNone;
}

std::uint32_t Tree::child_of_kind(std::uint32_t node, std::string_view wanted) const {
  if (node == kNone) return kNone;
  int looked = 0;
  for (std::uint32_t at : Children(*this, node)) {
    if (kind(at) == wanted) return at;
    if (++looked == kChildrenLooked) break;
  }
  return kNone;
}

std::uint32_t Tree::first_named(std::uint32_t node) const {
  if (node == kNone) return kNone;
  for (std::uint32_t at : Children(*this, node)) {
    if (nodes[at].named && !is_comment(*this, at)) return at;
  }
  return kNone;
}

bool Tree::has_token(std::uint32_t node, std::string_view token) const {
  return child_of_kind(node, token) != kNone;
}

std::string_view Tree::text_of_name(std::uint32_t node) const {
  const std::uint32_t name = child(node, "name");
  return name == kNone ? std::string_view() : text_of(name);
}

std::uint32_t Tree::line_of(std::uint32_t byte) const {
  const auto after = std::upper_bound(lines.begin(), lines.end(), byte);
  return static_cast<std::uint32_t>(after - lines.begin());
}

std::string_view Tree::line_text(std::uint32_t line) const {
  const std::size_t begin = lines[line - 1];
  std::size_t end = line < lines.size() ? lines[line] - 1 : text.size();
  if (end > begin && text[end - 1] == '\r') --end;
  return std::string_view(text).substr(begin, end - begin);
}

bool is_function(const Tree& tree, std::uint32_t node) {
  static constexpr std::string_view kKinds[] = {"function_definition",
                                                "lambda",
                                                "function_declaration",
                                                "generator_function_declaration",
                                                "function_expression",
                                                "generator_function",
                                                "arrow_function",
                                                "method_definition",
                                                "method_declaration",
                                                "func_literal",
                                                "function_item",
                                                "closure_expression",
                                                "lambda_expression",
                                                "constructor_declaration",
                                                "compact_constructor_declaration",
                                                "function_signature_item",
                                                "function_signature",
                                                "method_signature",
                                                "abstract_method_signature"};
  return tree.nodes[node].named && one_of(tree.kind(node), kKinds);
}

bool is_class(const Tree& tree, std::uint32_t node) {
  static constexpr std::string_view kKinds[] = {"class_definition",
                                                "class_declaration",
                                                "abstract_class_declaration",
                                                "class",
                                                "interface_declaration",
                                                "enum_declaration",
                                                "record_declaration",
                                                "annotation_type_declaration",
                                                "class_specifier",
                                                "struct_specifier",
                                                "union_specifier",
                                                "enum_specifier",
                                                "struct_item",
                                                "enum_item",
                                                "union_item",
                                                "trait_item",
                                                "impl_item"};
  return tree.nodes[node].named && one_of(tree.kind(node), kKinds);
}

bool is_string(const Tree& tree, std::uint32_t node) {
  static constexpr std::string_view kKinds[] = {"string",
                                                "template_string",
                                                "string_literal",
                                                "raw_string_literal",
                                                "interpreted_string_literal",
                                                "char_literal",
                                                "character_literal",
                                                "rune_literal"};
  return tree.nodes[node].named && one_of(tree.kind(node), kKinds);
}

bool is_comment(const Tree& tree, std::uint32_t node) {
  const std::string_view kind = tree.kind(node);
  return kind == "comment" || kind == "line_comment" || kind == "block_comment";
}

}  // namespace hardwon::code
