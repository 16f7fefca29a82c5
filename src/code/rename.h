#pragma once

// Renames within one file: exact where the file alone decides, refused with a reason elsewhere.

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "code/source.h"

namespace hardwon::code {

struct Replacement {
  std::uint32_t begin = 0, end = 0;
  std::string text;
};

struct Renaming {
  std::vector<Replacement> replacements;
  std::string refused;    // why not; then there are no replacements
  bool exported = false;  // other files may use the name
};

class Renamer {
 public:
  explicit Renamer(const Source& source);
  // Every name that `from` has where its definitions of this sort (members or not) reach.
  Renaming rename(std::string_view from, const std::string& to, bool member) const;
  bool is_taken(std::string_view name) const;  // by anything in the file, or by the language

 private:
  struct Group;
  void read_strings();
  std::string refuse_plain(const Group& group, const std::string& to) const;
  std::string refuse_member(const Group& group) const;
  std::string refuse_text(const Group& group) const;
  std::string refuse_keywords(const Group& group) const;
  std::string refuse_owner(std::uint32_t klass) const;
  bool bound(const Group& group, const Identifier& use) const;
  bool known_receiver(const Group& group, const Identifier& use) const;
  bool of_class(std::string_view type, const Group& group) const;
  std::string_view type_of(std::string_view variable) const;
  std::string_view callee_of(const Identifier& keyword) const;
  std::string_view literal_type_of(const Identifier& key) const;
  std::uint32_t evaluated_in(const Identifier& use) const;
  std::string_view class_around(const Identifier& use) const;

  const Source& source_;
  std::map<std::string_view, std::vector<std::size_t>> by_name_;    // into source_.names
  std::map<std::string_view, std::vector<std::uint32_t>> classes_;  // by name, their nodes
  // Words in preprocessor lines, whole contents of strings, words in strings, and words after '{'
  // in strings of Rust: names used where no syntax shows it.
  std::unordered_set<std::string_view> macro_words_, contents_, string_words_, formatted_;
};

// The text with the replacements, which do not overlap, made; `made` is put in order.
std::string replaced(std::string_view text, std::vector<Replacement>& made);

}  // namespace hardwon::code
