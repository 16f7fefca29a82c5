#include "code/layout.h"

#include <algorithm>
#include <map>

namespace hardwon::code {
namespace {

constexpr std::string_view kBlocks[] = {"block",
                                        "statement_block",
                                        "compound_statement",
                                        "class_body",
                                        "interface_body",
                                        "enum_body",
                                        "field_declaration_list",
                                        "declaration_list",
                                        "enum_variant_list",
                                        "enumerator_list",
                                        "enum_body_declarations",
                                        "match_block",
                                        "switch_body",
                                        "switch_block",
                                        "annotation_type_body",
                                        "constructor_body",
                                        "switch_case",
                                        "switch_default",
                                        "case_statement",
                                        "switch_block_statement_group",
                                        "expression_case",
                                        "type_case",
                                        "default_case",
                                        "communication_case"};

bool is_case(std::string_view kind) {
  static constexpr std::string_view kCases[] = {
      "switch_case",     "switch_default", "case_statement", "switch_block_statement_group",
      "expression_case", "type_case",      "default_case",   "communication_case"};
  return one_of(kind, kCases);
}

bool is_block(const Tree& tree, std::uint32_t node) {
  return tree.nodes[node].named && one_of(tree.kind(node), kBlocks);
}

bool begins_line(const Tree& tree, std::uint32_t byte) {
  const std::uint32_t start = tree.lines[tree.line_of(byte) - 1];
  const std::string_view before = std::string_view(tree.text).substr(start, byte - start);
  return leading_space(before).size() == before.size();
}

// The first statement: no comment, no preprocessor line, no "public:".
std::uint32_t first_statement(const Tree& tree, std::uint32_t block) {
  const bool of_case = is_case(tree.kind(block));
  bool after_colon = !of_case;
  for (std::uint32_t at : Children(tree, block)) {
    const std::string_view kind = tree.kind(at);
    if (kind == ":" || kind == "->") after_colon = true;
    if (tree.is(block, "switch_block_statement_group") && kind == "switch_label") {
      after_colon = true;
      continue;
    }
    if (!tree.nodes[at].named || !after_colon || is_comment(tree, at)) continue;
    if (kind.starts_with("preproc_") || kind == "access_specifier" || kind == "ERROR") continue;
    if (kind == "attribute_item" || kind == "inner_attribute_item") continue;
    return at;
  }
  return kNone;
}

constexpr std::size_t kGrowthMax = 16;

// Columns, a tab counting as four.
constexpr std::uint32_t kTabColumns = 4;
std::uint32_t columns_of(std::string_view space) {
  std::uint32_t columns = 0;
  for (char c : space) columns += c == '\t' ? kTabColumns : 1;
  return columns;
}

// The block that the first token of each line stands in; braces stand outside of their block.
std::vector<std::uint32_t> block_of_lines(const Tree& tree) {
  std::vector<std::uint32_t> inside(tree.size(), kNone), of_line(tree.lines.size() + 1, kNone);
  std::vector<bool> seen(tree.lines.size() + 1);
  for (std::uint32_t i = 1; i < tree.size(); ++i) {
    const std::uint32_t up = tree.parent(i);
    const std::string_view kind = tree.kind(i);
    const bool brace =
        kind == "{" || kind == "}" || kind == "case" || kind == "default" || kind == "switch_label";
    inside[i] = is_block(tree, up) && !brace ? up : inside[up];
    if (!tree.leaf(i) || tree.nodes[i].begin == tree.nodes[i].end) continue;
    const std::uint32_t line = tree.line_of(tree.nodes[i].begin);
    if (seen[line]) continue;
    seen[line] = true;
    if (begins_line(tree, tree.nodes[i].begin)) of_line[line] = inside[i];
  }
  return of_line;
}

// Lines that go on a comment: they move as far as its first line does.  [line] = first line, or 0.
std::vector<std::uint32_t> lines_of_comments(const Tree& tree) {
  std::vector<std::uint32_t> first(tree.lines.size() + 1, 0);
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!is_comment(tree, i)) continue;
    const std::uint32_t from = tree.line_of(tree.nodes[i].begin);
    const std::uint32_t to = tree.line_of(std::max(tree.nodes[i].end, 1u) - 1);
    for (std::uint32_t line = from + 1; line <= to; ++line) first[line] = from;
  }
  return first;
}

class Indenter {
 public:
  Indenter(const Tree& tree, std::string_view unit)
      : tree_(tree),
        unit_(unit),
        in_string_(lines_in_strings(tree)),
        comment_(lines_of_comments(tree)),
        block_(block_of_lines(tree)),
        space_(tree.lines.size() + 1) {
    const std::vector<Block> blocks = blocks_of(tree);
    for (const Block& block : blocks) blocks_.emplace(block.node, block);
    const Indentation now = indentation_of(tree, blocks);
    old_unit_ = now.kind == Indentation::Kind::kSpaces ? now.width : kTabColumns;
    if (old_unit_ == 0) old_unit_ = kTabColumns;
  }

  std::string run() {
    std::string out;
    out.reserve(tree_.text.size());
    for (std::uint32_t line = 1; line <= tree_.lines.size(); ++line) {
      const std::uint32_t begin = tree_.lines[line - 1];
      const std::uint32_t end = line < tree_.lines.size()
                                    ? tree_.lines[line]
                                    : static_cast<std::uint32_t>(tree_.text.size());
      const std::string_view whole = std::string_view(tree_.text).substr(begin, end - begin);
      const std::string_view old = leading_space(whole);
      space_[line] = std::string(old);
      const std::string_view rest = whole.substr(old.size());
      const bool blank = rest.empty() || rest[0] == '\n' || rest[0] == '\r';
      const bool stays = blank || in_string_[line] || (rest[0] == '#' && preprocessed());
      if (!stays) space_[line] = indent(line, columns_of(old));
      out += space_[line];
      out += rest;
      // A million nested braces would be indented by a terabyte.
      if (out.size() > kGrowthMax * (tree_.text.size() + 1'000)) return tree_.text;
    }
    return out;
  }

 private:
  bool preprocessed() const {
    return tree_.language == Language::kC || tree_.language == Language::kCpp;
  }

  std::uint32_t old_columns(std::uint32_t line) const {
    return columns_of(leading_space(tree_.line_text(line)));
  }

  std::string indent(std::uint32_t line, std::uint32_t columns) const {
    if (comment_[line] != 0) return beside(comment_[line], columns);
    const auto at = block_[line] == kNone ? blocks_.end() : blocks_.find(block_[line]);
    if (at == blocks_.end()) return beyond("", columns);
    const Block& block = at->second;
    if (line <= block.header_line) return beyond("", columns);
    const std::uint32_t base = old_columns(block.first_line), head = old_columns(block.header_line);
    std::string inner = space_[block.header_line];
    if (base > head || !block.may_be_flat) inner += unit_;
    if (columns >= base) return beyond(inner, columns - base);
    const std::uint32_t over = columns > head ? columns - head : 0;
    return space_[block.header_line] + std::string(over, ' ');
  }

  std::string beside(std::uint32_t first, std::uint32_t columns) const {
    const std::uint32_t base = old_columns(first);
    if (columns >= base) return space_[first] + std::string(columns - base, ' ');
    return std::string(columns, ' ');
  }

  std::string beyond(std::string inner, std::uint32_t columns) const {
    if (columns % old_unit_ != 0) return inner + std::string(columns, ' ');
    for (std::uint32_t i = 0; i < columns / old_unit_; ++i) inner += unit_;
    return inner;
  }

  const Tree& tree_;
  std::string_view unit_;
  std::vector<bool> in_string_;
  std::vector<std::uint32_t> comment_, block_;
  std::map<std::uint32_t, Block> blocks_;
  std::vector<std::string> space_;
  std::uint32_t old_unit_ = kTabColumns;
};

}  // namespace

std::string_view leading_space(std::string_view line) {
  const std::size_t end = line.find_first_not_of(" \t");
  return line.substr(0, end == std::string_view::npos ? line.size() : end);
}

std::vector<Block> blocks_of(const Tree& tree) {
  std::vector<Block> blocks;
  for (std::uint32_t i = 1; i < tree.size(); ++i) {
    if (!is_block(tree, i)) continue;
    const std::uint32_t first = first_statement(tree, i);
    if (first == kNone || !begins_line(tree, tree.nodes[first].begin)) continue;
    const std::uint32_t up = tree.parent(i);
    const bool of_case = is_case(tree.kind(i));
    const std::uint32_t header = tree.line_of(tree.nodes[of_case ? i : up].begin);
    Block block{
        .node = i, .header_line = header, .first_line = tree.line_of(tree.nodes[first].begin)};
    if (block.first_line <= block.header_line) continue;
    static constexpr std::string_view kFlat[] = {"switch_body", "switch_block", "match_block"};
    static constexpr std::string_view kOpen[] = {"namespace_definition", "linkage_specification",
                                                 "switch_statement", "switch_expression"};
    block.may_be_flat = one_of(tree.kind(i), kFlat) || one_of(tree.kind(up), kOpen) || of_case;
    blocks.push_back(block);
  }
  return blocks;
}

std::vector<bool> lines_in_strings(const Tree& tree) {
  std::vector<bool> inside(tree.lines.size() + 1);
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!is_string(tree, i)) continue;
    const std::uint32_t from = tree.line_of(tree.nodes[i].begin);
    const std::uint32_t to = tree.line_of(std::max(tree.nodes[i].end, 1u) - 1);
    for (std::uint32_t line = from + 1; line <= to; ++line) inside[line] = true;
    if (to > from) i = tree.nodes[i].next - 1;  // strings inside it would count its lines again
  }
  return inside;
}

Indentation indentation_of(const Tree& tree, const std::vector<Block>& blocks) {
  std::map<std::uint32_t, std::size_t> votes;  // columns beyond the header; 0: a tab
  for (const Block& block : blocks) {
    const std::string_view head = leading_space(tree.line_text(block.header_line));
    const std::string_view body = leading_space(tree.line_text(block.first_line));
    if (body.size() <= head.size() || !body.starts_with(head)) continue;
    const std::string_view more = body.substr(head.size());
    ++votes[more.contains('\t') ? 0 : static_cast<std::uint32_t>(more.size())];
  }
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == votes.end()) return {};
  if (most->first == 0) return {.kind = Indentation::Kind::kTabs};
  return {.kind = Indentation::Kind::kSpaces, .width = most->first};
}

std::string reindented(const Tree& tree, std::string_view unit) {
  return Indenter(tree, unit).run();
}

}  // namespace hardwon::code
