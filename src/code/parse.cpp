// Text to flat tree: the only file that knows the tree-sitter library.

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string>

#include "code/tree.h"

#ifdef HARDWON_GRAMMARS
#include <tree_sitter/api.h>

extern "C" {
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_typescript();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_java();
}
#endif

namespace hardwon::code {

#ifdef HARDWON_GRAMMARS
namespace {

struct Grammar {
  const TSLanguage* language = nullptr;
  std::vector<std::string_view> kinds, fields;
};

Grammar grammar_from(const TSLanguage* language) {
  Grammar grammar{.language = language};
  for (std::uint32_t i = 0; i < ts_language_symbol_count(language); ++i) {
    grammar.kinds.emplace_back(ts_language_symbol_name(language, static_cast<TSSymbol>(i)));
  }
  grammar.fields.emplace_back();
  for (std::uint32_t i = 1; i <= ts_language_field_count(language); ++i) {
    grammar.fields.emplace_back(ts_language_field_name_for_id(language, static_cast<TSFieldId>(i)));
  }
  return grammar;
}

const Grammar& grammar_of(Language language) {
  static const std::array<Grammar, kLanguages> kGrammars = {
      grammar_from(tree_sitter_python()),     grammar_from(tree_sitter_javascript()),
      grammar_from(tree_sitter_typescript()), grammar_from(tree_sitter_tsx()),
      grammar_from(tree_sitter_go()),         grammar_from(tree_sitter_rust()),
      grammar_from(tree_sitter_c()),          grammar_from(tree_sitter_cpp()),
      grammar_from(tree_sitter_java())};
  return kGrammars[static_cast<std::size_t>(language)];
}

struct ParserDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};
struct TreeDeleter {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};
using TreeHandle = std::unique_ptr<TSTree, TreeDeleter>;

// Time of this thread on a processor: a busy machine makes no file unparsable.
std::chrono::nanoseconds thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

struct Budget {
  std::chrono::nanoseconds until{};
};

bool over_budget(TSParseState* state) {  // asked every hundred operations
  return thread_time() > static_cast<const Budget*>(state->payload)->until;
}

const char* read_from(void* payload, std::uint32_t byte, TSPoint, std::uint32_t* length) {
  const auto& text = *static_cast<const std::string*>(payload);
  *length = byte < text.size() ? static_cast<std::uint32_t>(text.size() - byte) : 0;
  return text.data() + std::min<std::size_t>(byte, text.size());
}

Result<TreeHandle> run_parser(const std::string& text, Language language,
                              const ParseLimits& limits) {
  const std::unique_ptr<TSParser, ParserDeleter> parser(ts_parser_new());
  if (!ts_parser_set_language(parser.get(), grammar_of(language).language)) {
    return fail(ErrorCode::kUnavailable, "the grammar of " + std::string(name_of(language)) +
                                             " does not fit the parser it was built with");
  }
  const auto megabytes = static_cast<std::int64_t>(text.size() >> 20);
  const auto allowed = limits.time_max * (1 + megabytes);
  Budget budget{thread_time() + allowed};
  std::string& source = const_cast<std::string&>(text);  // the C interface has no const payload
  TreeHandle tree(ts_parser_parse_with_options(
      parser.get(), nullptr,
      TSInput{.payload = &source,
              .read = read_from,
              .encoding = TSInputEncodingUTF8,
              .decode = nullptr},
      TSParseOptions{.payload = &budget, .progress_callback = over_budget}));
  if (tree == nullptr) {
    return fail(ErrorCode::kResourceExhausted,
                "parsing took more than " + std::to_string(allowed.count()) + " ms");
  }
  return tree;
}

Node node_from(const TSTreeCursor& cursor, std::uint32_t parent) {
  const TSNode from = ts_tree_cursor_current_node(&cursor);
  Node node{.begin = ts_node_start_byte(from), .end = ts_node_end_byte(from), .parent = parent};
  node.error = ts_node_is_error(from);
  node.kind = node.error ? std::uint16_t{0} : ts_node_symbol(from);
  node.field = ts_tree_cursor_current_field_id(&cursor);
  node.named = ts_node_is_named(from);
  node.missing = ts_node_is_missing(from);
  return node;
}

struct CursorHandle {
  explicit CursorHandle(const TSTree* tree) : cursor(ts_tree_cursor_new(ts_tree_root_node(tree))) {}
  ~CursorHandle() { ts_tree_cursor_delete(&cursor); }
  CursorHandle(const CursorHandle&) = delete;
  CursorHandle& operator=(const CursorHandle&) = delete;
  TSTreeCursor cursor;
};

Result<void> flatten(const TSTree* from, std::size_t nodes_max, std::vector<Node>& nodes) {
  CursorHandle handle(from);
  TSTreeCursor& cursor = handle.cursor;
  std::uint32_t parent = kNone;
  while (true) {
    if (nodes.size() >= nodes_max) {
      return fail(ErrorCode::kResourceExhausted,
                  "the syntax tree has more than " + std::to_string(nodes_max) + " nodes");
    }
    const auto here = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back(node_from(cursor, parent));
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      parent = here;
      continue;
    }
    nodes[here].next = here + 1;
    while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
      if (parent == kNone) return {};
      nodes[parent].next = static_cast<std::uint32_t>(nodes.size());
      parent = nodes[parent].parent;
      ts_tree_cursor_goto_parent(&cursor);
    }
  }
}

}  // namespace

std::vector<Language> grammars_built() {
  std::vector<Language> all;
  all.reserve(kLanguages);
  for (std::size_t i = 0; i < kLanguages; ++i) all.push_back(static_cast<Language>(i));
  return all;
}

Result<SyntaxTree> SyntaxTree::parse(std::string text, Language language,
                                     const ParseLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return fail(ErrorCode::kResourceExhausted,
                "the file has " + std::to_string(text.size()) + " bytes, at most " +
                    std::to_string(limits.bytes_max) + " are parsed");
  }
  auto tree = std::make_shared<Tree>();
  tree->language = language;
  tree->text = std::move(text);
  const TreeHandle parsed = TRY(run_parser(tree->text, language, limits));
  TRY(flatten(parsed.get(), limits.nodes_max, tree->nodes));
  tree->kinds = grammar_of(language).kinds;
  tree->fields = grammar_of(language).fields;
  tree->lines.push_back(0);
  for (std::uint32_t i = 0; i < tree->text.size(); ++i) {
    if (tree->text[i] == '\n') tree->lines.push_back(i + 1);
  }
  return SyntaxTree(std::move(tree));
}

#else

std::vector<Language> grammars_built() { return {}; }

Result<SyntaxTree> SyntaxTree::parse(std::string, Language, const ParseLimits&) {
  return fail(ErrorCode::kUnavailable, "this program was built without its grammars");
}

#endif

}  // namespace hardwon::code
