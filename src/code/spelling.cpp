// What checks and edits of quotes, semicolons and the order of imports share.

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

bool quotes_are_free(Language language) {
  return language == Language::kPython || language == Language::kJavaScript ||
         language == Language::kTypeScript || language == Language::kTsx;
}

bool python_prefix(std::string_view prefix) {
  return prefix.size() <= 2 && prefix.find_first_not_of("rRbBuUfFtT") == std::string_view::npos;
}

bool has_child_named(const Tree& tree, std::uint32_t node, std::string_view kind) {
  return tree.child_of_kind(node, kind) != kNone;
}

constexpr std::string_view kEnded[] = {
    "expression_statement", "lexical_declaration",    "variable_declaration", "return_statement",
    "throw_statement",      "break_statement",        "continue_statement",   "import_statement",
    "debugger_statement",   "type_alias_declaration", "do_statement"};

bool ends_with_semicolon(const Tree& tree, std::uint32_t node) {
  if (tree.is(node, "export_statement")) {
    static constexpr std::string_view kBodies[] = {
        "function_declaration",   "generator_function_declaration",
        "class_declaration",      "abstract_class_declaration",
        "interface_declaration",  "enum_declaration",
        "internal_module",        "module",
        "lexical_declaration",    "variable_declaration",
        "type_alias_declaration", "function_signature",
        "ambient_declaration"};
    const std::uint32_t declared = tree.child(node, "declaration");
    if (declared != kNone && one_of(tree.kind(declared), kBodies)) return false;
    const std::uint32_t value = tree.child(node, "value");
    return value == kNone || (!is_function(tree, value) && !tree.is(value, "class"));
  }
  if (!tree.nodes[node].named || !one_of(tree.kind(node), kEnded)) return false;
  if (tree.is(node, "expression_statement")) {
    // namespace N {…} stands in an expression statement.
    const std::uint32_t inner = tree.first_named(node);
    if (inner != kNone && tree.is(inner, "internal_module")) return false;
    if (inner != kNone && tree.is(inner, "function_expression")) return false;
  }
  const std::string_view up = tree.kind(tree.parent(node));
  // for (const x = 0; …): the ';' there is no end of a statement.
  return up != "for_statement" && up != "for_in_statement";
}

// Whether a line may begin with what follows without joining the line before.
bool may_follow_bare(std::string_view text, std::size_t end) {
  bool line_end = false;
  for (std::size_t at = end; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') line_end = true;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '}') return true;
    if (c == '/') return false;  // a comment or a pattern: looking on would be a lexer
    return line_end && !std::string_view("([`+-*/,.").contains(c);
  }
  return true;
}

struct Sorting {
  bool from = false;
  std::string module;
};

// Keys of a run's statements; empty when one of them has effects that an order may matter to.
std::vector<Sorting> keys_of(const Tree& tree, const std::vector<std::uint32_t>& statements) {
  std::vector<Sorting> keys;
  for (std::uint32_t node : statements) {
    Sorting key;
    if (tree.language == Language::kPython) {
      const std::uint32_t module = tree.child(node, "module_name");
      const std::uint32_t name = tree.child(node, "name");
      key.from = module != kNone;
      if (module == kNone && name == kNone) return {};
      key.module = ascii_lower(tree.text_of(module != kNone ? module : name));
      if (key.module == "__future__") return {};
    } else {
      const std::uint32_t source = tree.child(node, "source");
      if (source == kNone || !has_child_named(tree, node, "import_clause")) return {};
      key.module = ascii_lower(tree.text_of(source));
      if (key.module.size() > 2) key.module = key.module.substr(1, key.module.size() - 2);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

bool is_import(const Tree& tree, std::uint32_t node) {
  return tree.nodes[node].named &&
         (tree.is(node, "import_statement") || tree.is(node, "import_from_statement") ||
          tree.is(node, "future_import_statement"));
}

void judge_run(const Tree& tree, const std::vector<std::uint32_t>& statements,
               std::vector<ImportRun>& unsorted) {
  const std::vector<Sorting> keys = keys_of(tree, statements);
  if (keys.size() < 2) return;
  const auto by_module = [&](std::size_t a, std::size_t b) {
    return keys[a].module < keys[b].module;
  };
  const auto by_form = [&](std::size_t a, std::size_t b) {
    return keys[a].from != keys[b].from ? !keys[a].from : keys[a].module < keys[b].module;
  };
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // "import x" before "from y import z", or both mixed: either is an order.
  if (std::is_sorted(order.begin(), order.end(), by_module)) return;
  if (std::is_sorted(order.begin(), order.end(), by_form)) return;
  std::stable_sort(order.begin(), order.end(), by_form);
  ImportRun run{.statements = statements, .sorted = {}};
  for (std::size_t i : order) run.sorted.push_back(statements[i]);
  unsorted.push_back(std::move(run));
}

// Alone on its lines: what stands before and after it there is blank.
bool alone(const Tree& tree, std::uint32_t node) {
  const std::string_view text = tree.text;
  const std::uint32_t begin = tree.nodes[node].begin, end = tree.nodes[node].end;
  if (begin != tree.lines[tree.line_of(begin) - 1]) return false;
  const std::size_t next = std::min(text.find('\n', end), text.size());
  const std::string_view rest = text.substr(end, next - end);
  return rest.find_first_not_of(" \t\r;") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> requoted(const Tree& tree, std::uint32_t node, char quote) {
  if (!quotes_are_free(tree.language) || !tree.is(node, "string")) return std::nullopt;
  if (!tree.nodes[node].named || has_child_named(tree, node, "interpolation")) return std::nullopt;
  const std::string_view up = tree.kind(tree.parent(node));
  if (up.starts_with("jsx_") || up == "interpolation") return std::nullopt;
  const std::string_view text = tree.text_of(node);
  const std::size_t open = text.find_first_of("'\"");
  if (open == std::string_view::npos || !python_prefix(text.substr(0, open))) return std::nullopt;
  const char old = text[open];
  std::string_view rest = text.substr(open);
  if (old == quote || rest.size() < 2 || rest.back() != old) return std::nullopt;
  if (rest.starts_with("'''") || rest.starts_with("\"\"\"")) return std::nullopt;
  rest = rest.substr(1, rest.size() - 2);
  if (rest.contains(quote)) return std::nullopt;
  std::string out(text.substr(0, open));
  const bool raw = out.find_first_of("rR") != std::string::npos;
  if (raw && rest.contains(old)) return std::nullopt;
  out += quote;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (!raw && rest[i] == '\\' && i + 1 < rest.size()) {
      if (rest[i + 1] != old) out += rest[i];
      out += rest[++i];
      continue;
    }
    out += rest[i];
  }
  return out + quote;
}

std::vector<std::uint32_t> semicolon_faults(const Tree& tree, bool always) {
  std::vector<std::uint32_t> faults;
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!ends_with_semicolon(tree, i) || tree.nodes[i].end == tree.nodes[i].begin) continue;
    const bool ended = tree.text[tree.nodes[i].end - 1] == ';';
    if (always ? !ended : ended && may_follow_bare(tree.text, tree.nodes[i].end)) {
      if (tree.nodes[i].end - tree.nodes[i].begin > 1) faults.push_back(i);
    }
  }
  return faults;
}

std::vector<ImportRun> unsorted_imports(const Tree& tree) {
  std::vector<ImportRun> unsorted;
  if (!quotes_are_free(tree.language)) return unsorted;  // the same languages
  std::vector<std::uint32_t> run;
  for (std::uint32_t child : Children(tree, 0)) {
    const bool joins = is_import(tree, child) && alone(tree, child);
    if (!run.empty()) {
      const std::uint32_t last = tree.line_of(tree.nodes[run.back()].end);
      if (!joins || tree.line_of(tree.nodes[child].begin) != last + 1) {
        judge_run(tree, run, unsorted);
        run.clear();
      }
    }
    if (joins) run.push_back(child);
  }
  judge_run(tree, run, unsorted);
  return unsorted;
}

}  // namespace hardwon::code
