#include "code/var.h"

#include <algorithm>

namespace hardwon::code {
namespace {

constexpr std::size_t kUsesMax = 2'000;  // of one name; more are left alone

bool in_loop(const Tree& tree, const Scopes& scopes, std::uint32_t node) {
  static constexpr std::string_view kLoops[] = {"for_statement", "for_in_statement",
                                                "while_statement", "do_statement"};
  const std::uint32_t function = scopes.owner[node];
  for (std::uint32_t at = scopes.scope[node]; at > function; at = scopes.scope[at]) {
    if (one_of(tree.kind(at), kLoops)) return true;
  }
  return false;
}

bool written(const Tree& tree, std::uint32_t node) {
  const std::string_view up = tree.kind(tree.parent(node));
  const bool assigned = up.ends_with("assignment_expression") && tree.field(node) == "left";
  const bool patterned = up.ends_with("_pattern") || up == "for_in_statement";
  return assigned || patterned || up == "update_expression";
}

}  // namespace

VarJudge::VarJudge(const Source& source) : source_(source) {
  for (std::size_t i = 0; i < source.names.size(); ++i) {
    by_name_[source.names[i].name].push_back(i);
  }
}

VarUse VarJudge::judge(std::uint32_t declaration) const {
  const Tree& tree = source_.tree();
  static constexpr std::string_view kPlaces[] = {"statement_block", "program", "for_statement"};
  const bool loop = tree.is(declaration, "for_in_statement");
  if (!loop && !one_of(tree.kind(tree.parent(declaration)), kPlaces)) {
    return {.why = "it stands where let would not reach what comes after"};
  }
  VarUse use{.replaceable = true, .never_changed = true, .why = {}};
  const auto& names = source_.names;
  auto at =
      std::lower_bound(names.begin(), names.end(), declaration,
                       [](const Identifier& it, std::uint32_t node) { return it.node < node; });
  for (; at != names.end() && tree.within(at->node, declaration) && use.replaceable; ++at) {
    if (!at->definition || source_.scopes->owner[at->node] != source_.scopes->owner[declaration]) {
      continue;
    }
    const std::uint32_t declarator = tree.parent(source_.scopes->pattern[at->node]);
    const bool here = loop ? declarator == declaration : tree.parent(declarator) == declaration;
    if (here) judge_name(*at, declaration, use);
  }
  return use;
}

void VarJudge::judge_name(const Identifier& it, std::uint32_t declaration, VarUse& use) const {
  const Tree& tree = source_.tree();
  const Scopes& scopes = *source_.scopes;
  const bool loop = tree.is(declaration, "for_in_statement");
  const std::uint32_t reach = loop ? declaration : tree.parent(declaration);
  const std::uint32_t declarator = tree.parent(scopes.pattern[it.node]);
  if (!loop && tree.child(declarator, "value") == kNone) use.never_changed = false;
  const auto refuse = [&](const char* why) {
    use.replaceable = false;
    use.why = why;
  };
  const auto& uses = by_name_.at(it.name);
  if (uses.size() > kUsesMax) return refuse("it occurs too often");
  for (std::size_t i : uses) {
    const Identifier& other = source_.names[i];
    if (other.node == it.node) continue;
    if (other.form != Form::kPlain && other.form != Form::kShorthand) continue;
    if (!tree.within(other.node, scopes.owner[declaration])) continue;
    if (other.definition && scopes.owner[other.node] == scopes.owner[it.node]) {
      return refuse("declared twice");
    }
    if (!tree.within(other.node, reach) || other.begin < it.begin) {
      return refuse("used outside of its block or before it");
    }
    const bool inside = scopes.owner[other.node] != scopes.owner[it.node];
    if (inside && (loop || in_loop(tree, scopes, declaration))) {
      return refuse("a function made in the loop uses it");
    }
    if (written(tree, other.node)) use.never_changed = false;
  }
}

}  // namespace hardwon::code
