// Checks of names: of what a file defines, and of the file itself.

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_set>

#include "base/text.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

bool lists(const std::vector<Role>& roles, Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool speaks_of(const Convention& convention, const Identifier& it) {
  if (convention.kind != ConventionKind::kNameCase) return false;
  const std::vector<Role>& roles = convention.roles;
  if (!roles.empty()) {
    return lists(roles, it.role) || (it.role == Role::kConstant && lists(roles, Role::kVariable));
  }
  switch (it.role) {
    case Role::kFunction:
    case Role::kMethod:
    case Role::kVariable:
    case Role::kConstant:
    case Role::kParameter:
    case Role::kField:
      return true;
    default:
      return false;
  }
}

// Names of constants belong to a convention that says "constants".
bool taken(const Identifier& it, const Convention& by, const Source& source,
           std::span<const Convention> all) {
  if (it.role != Role::kConstant || lists(by.roles, Role::kConstant)) return false;
  return std::any_of(all.begin(), all.end(), [&](const Convention& other) {
    return other.kind == ConventionKind::kNameCase && lists(other.roles, Role::kConstant) &&
           concerns(other, source);
  });
}

class NameRules {
 public:
  explicit NameRules(const Source& source) : source_(source) {
    for (const Identifier& it : source.names) {
      const std::uint32_t up = source.tree().parent(it.node);
      if (it.definition || up == kNone) continue;
      if (source.tree().is(up, "new_expression") || it.form == Form::kTag ||
          source.tree().is(up, "decorator")) {
        constructed_.insert(it.name);
      }
    }
  }

  // Whether the name is right, or no one's to judge.
  bool accepts(const Identifier& it, NameCase wanted) const {
    if (it.kept || it.name.size() < 2 || has_case(it.name, wanted)) return true;
    const bool lower = wanted == NameCase::kSnake || wanted == NameCase::kCamel;
    if (!lower) return false;
    const bool pascal = std::isupper(static_cast<unsigned char>(it.name[0])) != 0;
    const bool valued =
        it.role == Role::kVariable || it.role == Role::kField || it.role == Role::kConstant;
    if (valued && has_case(it.name, NameCase::kScreaming)) return true;
    // A type, a component or a factory by another name: Base = declarative_base().
    if (it.role == Role::kVariable && it.module_level && !it.literal && pascal &&
        has_case(it.name, NameCase::kPascal)) {
      return true;
    }
    if (source_.script() && pascal && constructed_.contains(it.name)) return true;
    // A capital exports a name of Go.
    return source_.language == Language::kGo && wanted == NameCase::kCamel && pascal &&
           has_case(it.name, NameCase::kPascal);
  }

  std::string expected(const Identifier& it, NameCase wanted) const {
    const bool pascal = std::isupper(static_cast<unsigned char>(it.name[0])) != 0;
    if (source_.language == Language::kGo && wanted == NameCase::kCamel && pascal) {
      return in_case(it.name, NameCase::kPascal);
    }
    return in_case(it.name, wanted);
  }

 private:
  const Source& source_;
  std::unordered_set<std::string_view> constructed_;
};

std::string_view file_of(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

void check_names(const Check& check, std::span<const Convention> all) {
  const Source& source = check.source;
  const NameRules rules(source);
  std::set<std::pair<std::string_view, std::uint32_t>> seen;  // once a name and scope
  for (const Identifier& it : source.names) {
    if (!it.definition || source.broken[it.node] || !speaks_of(check.convention, it)) continue;
    if (taken(it, check.convention, source, all)) continue;
    if (rules.accepts(it, check.convention.name_case)) continue;
    // A method defined outside its class is named inside it.
    if (it.role == Role::kMethod && it.form == Form::kMember) continue;
    std::string expected = rules.expected(it, check.convention.name_case);
    if (expected == it.name) continue;
    const std::uint32_t scope = it.role == Role::kField
                                    ? source.scopes->klass[it.node]
                                    : scope_of_definition(source.tree(), *source.scopes, it);
    if (!seen.emplace(it.name, scope).second) continue;
    check.add(it.begin, it.end, std::string(it.name), std::move(expected));
  }
}

void check_file_name(const Check& check) {
  if (!check.source.language) return;
  const std::string_view file = file_of(check.source.path);
  const std::string_view stem = file.substr(0, file.find('.'));
  if (stem.empty() || (stem.starts_with("__") && stem.ends_with("__"))) return;
  if (has_case(stem, check.convention.name_case)) return;
  if (has_case(stem, NameCase::kScreaming) && stem.size() > 1) return;  // README, CHANGELOG
  const std::string ending(file.substr(stem.size()));
  check.add(0, 0, std::string(file), in_case(stem, check.convention.name_case) + ending);
}

void check_test_file_name(const Check& check) {
  if (!check.source.language || !is_test_path(check.source.path)) return;
  const std::string& pattern = check.convention.name;
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return;
  const std::string_view before = std::string_view(pattern).substr(0, star);
  const std::string_view after = std::string_view(pattern).substr(star + 1);
  const std::string_view file = file_of(check.source.path);
  // Helpers among tests (conftest.py, factories) are not test files: their name does not say so.
  const std::string lower = ascii_lower(file);
  const bool says_test = lower.contains("test") || lower.contains("spec");
  if (!says_test || lower.starts_with("conftest") || lower.starts_with("__")) return;
  // Of another language than the pattern's.
  const std::size_t dot = after.rfind('.');
  const std::string_view ending =
      dot == std::string_view::npos ? std::string_view() : after.substr(dot);
  if (!ending.empty() && language_of("x" + std::string(ending)) != check.source.language) return;
  if (file.size() >= before.size() + after.size() && file.starts_with(before) &&
      file.ends_with(after)) {
    return;
  }
  check.add(0, 0, std::string(file), pattern);
}

}  // namespace hardwon::code
