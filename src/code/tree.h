#pragma once

// A syntax tree as one flat array in preorder, so that walks are loops and nothing above parse.cpp
// knows the parser's library.
//
// Invariants
//   1. nodes[0] is the root; a node's subtree is the range [index, nodes[index].next).
//   2. nodes[i].parent < i; the root's is kNone.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "code/syntax.h"

namespace hardwon::code {

inline constexpr std::uint32_t kNone = 0xffffffff;

// What a look-up by field or kind looks at: a list of a million elements must not cost a million
// for each of them.
inline constexpr int kChildrenLooked = 256;

struct Node {
  std::uint32_t begin = 0, end = 0;  // bytes
  std::uint32_t parent = kNone;
  std::uint32_t next = 0;   // the first node after the subtree
  std::uint16_t kind = 0;   // into Tree::kinds
  std::uint16_t field = 0;  // into Tree::fields; 0: none
  bool named = false;
  bool error = false;    // an ERROR node
  bool missing = false;  // put in by the parser
};

struct Tree {
  Language language = Language::kPython;
  std::string text;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> lines;          // where each line begins
  std::span<const std::string_view> kinds;   // of the language, for the life of the program
  std::span<const std::string_view> fields;  // [0] is empty

  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes.size()); }
  std::string_view kind(std::uint32_t node) const {
    const Node& it = nodes[node];
    return it.error ? std::string_view("ERROR") : kinds[it.kind];
  }
  std::string_view field(std::uint32_t node) const { return fields[nodes[node].field]; }
  std::string_view text_of(std::uint32_t node) const {
    return std::string_view(text).substr(nodes[node].begin, nodes[node].end - nodes[node].begin);
  }
  bool is(std::uint32_t node, std::string_view wanted) const {
    return node != kNone && kind(node) == wanted;
  }
  bool leaf(std::uint32_t node) const { return nodes[node].next == node + 1; }
  std::uint32_t parent(std::uint32_t node) const { return nodes[node].parent; }
  // The first child in the field; kNone: there is none among the first kChildrenLooked.
  std::uint32_t child(std::uint32_t node, std::string_view wanted_field) const;
  std::uint32_t child_of_kind(std::uint32_t node, std::string_view wanted) const;
  std::uint32_t first_named(std::uint32_t node) const;
  bool has_token(std::uint32_t node, std::string_view token) const;  // among its children
  std::string_view text_of_name(std::uint32_t node) const;  // of its field "name"; or empty
  bool within(std::uint32_t node, std::uint32_t outer) const {
    return node >= outer && node < nodes[outer].next;
  }
  std::uint32_t line_of(std::uint32_t byte) const;       // 1-based
  std::string_view line_text(std::uint32_t line) const;  // without its end
};

// for (std::uint32_t child : Children(tree, node)) …
class Children {
 public:
  Children(const Tree& tree, std::uint32_t node) : tree_(tree), node_(node) {}
  struct Iterator {
    const Tree* tree;
    std::uint32_t at;
    std::uint32_t operator*() const { return at; }
    Iterator& operator++() {
      at = tree->nodes[at].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at != other.at; }
  };
  Iterator begin() const { return {&tree_, node_ + 1}; }
  Iterator end() const { return {&tree_, tree_.nodes[node_].next}; }

 private:
  const Tree& tree_;
  std::uint32_t node_;
};

// Whether `kind` is one of a few words; the lists are short, so no hashing.
inline bool one_of(std::string_view kind, std::span<const std::string_view> words) {
  for (std::string_view word : words) {
    if (kind == word) return true;
  }
  return false;
}

// By kind; a keyword spelt like a kind ("lambda", "class", "string") is none.
bool is_function(const Tree& tree, std::uint32_t node);  // methods, lambdas and signatures too
bool is_class(const Tree& tree, std::uint32_t node);     // has members: class, struct, impl, …
bool is_string(const Tree& tree, std::uint32_t node);    // a whole literal
bool is_comment(const Tree& tree, std::uint32_t node);

}  // namespace hardwon::code
