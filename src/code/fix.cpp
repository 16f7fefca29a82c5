// fix(): passes over the text, each parsed before and judged after; a pass that would harm is
// taken back.

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "code/layout.h"
#include "code/mend.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

std::size_t faults(const Tree& tree) {
  return static_cast<std::size_t>(
      std::count_if(tree.nodes.begin(), tree.nodes.end(),
                    [](const Node& node) { return node.error || node.missing; }));
}

// What a pass may change: nothing but space, the spelling of tokens, or the tokens themselves.
bool kept_shape(const Tree& before, const Tree& after, Shape shape) {
  if (faults(after) > faults(before)) return false;
  if (shape == Shape::kParses) return true;
  if (before.size() != after.size()) return false;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    if (before.nodes[i].kind != after.nodes[i].kind) return false;
    if (before.nodes[i].parent != after.nodes[i].parent) return false;
    if (shape == Shape::kKinds || !before.leaf(i) || is_comment(before, i)) continue;
    if (before.is(i, "jsx_text") || before.text_of(i) == after.text_of(i)) continue;
    return false;
  }
  return true;
}

class Fixer {
 public:
  Fixer(std::string_view text, std::string_view path, std::span<const Convention> conventions,
        const ParseLimits& limits)
      : path_(path), conventions_(conventions), limits_(limits) {
    fixed_.text = text;
  }

  Result<Fixed> run() {
    // Names first: later passes do not change which name stands for what.  Space last: the others
    // may leave some behind.
    static constexpr ConventionKind kOrder[] = {
        ConventionKind::kNameCase,        ConventionKind::kForbiddenCall,
        ConventionKind::kNoVar,           ConventionKind::kNoBareExcept,
        ConventionKind::kSortedImports,   ConventionKind::kSemicolons,
        ConventionKind::kQuotes,          ConventionKind::kIndentation,
        ConventionKind::kNoTrailingSpace, ConventionKind::kFinalNewline};
    for (ConventionKind kind : kOrder) TRY(passes(kind));
    fixed_.left = TRY(check(fixed_.text, path_, conventions_, limits_));
    for (Finding& finding : fixed_.left) finding.reason = reason(finding);
    return std::move(fixed_);
  }

 private:
  bool any(ConventionKind kind) const {
    return std::any_of(conventions_.begin(), conventions_.end(),
                       [&](const Convention& it) { return it.kind == kind; });
  }

  Result<void> passes(ConventionKind kind) {
    if (!any(kind)) return {};
    // One mended name may make room for another: until nothing more happens.
    const int rounds_max = kind == ConventionKind::kNameCase ? 3 : 1;
    for (int round = 0; round < rounds_max; ++round) {
      if (!TRY(pass(kind))) break;
    }
    return {};
  }

  // Whether the text changed.
  Result<bool> pass(ConventionKind kind) {
    const Source source = TRY(read_source(fixed_.text, path_, limits_));
    std::vector<Finding> found = TRY(check(fixed_.text, path_, conventions_, limits_));
    std::erase_if(found,
                  [&](const Finding& it) { return conventions_[it.convention].kind != kind; });
    if (found.empty()) return false;
    Mending mending = mend(source, found, conventions_, {});
    if (kind == ConventionKind::kNameCase && !mending.edits.empty()) {
      mending = TRY(without_new_findings(source, found, std::move(mending)));
    }
    for (auto& [what, why] : mending.refused) refused_[{kind, what}] = why;
    if (mending.text == fixed_.text || mending.edits.empty()) return false;
    const Source after = TRY(read_source(mending.text, path_, limits_));
    if (source.syntax && !kept_shape(source.tree(), after.tree(), mending.shape)) {
      for (const Finding& it : found) {
        refused_[{kind, it.found}] = "the edit would change what the file says";
      }
      return false;
    }
    fixed_.text = std::move(mending.text);
    std::move(mending.edits.begin(), mending.edits.end(), std::back_inserter(fixed_.edits));
    return true;
  }

  // A name that is right by one convention may be wrong by another: then it stays as it was.
  Result<Mending> without_new_findings(const Source& source, const std::vector<Finding>& found,
                                       Mending mending) {
    std::set<std::string> given, unwanted;
    for (const Edit& edit : mending.edits) given.insert(edit.to);
    for (const Finding& it : TRY(check(mending.text, path_, conventions_, limits_))) {
      const bool name = conventions_[it.convention].kind == ConventionKind::kNameCase;
      if (name && given.contains(it.found)) unwanted.insert(it.found);
    }
    if (unwanted.empty()) return mending;
    return mend(source, found, conventions_, unwanted);
  }

  std::string reason(const Finding& finding) const {
    const ConventionKind kind = conventions_[finding.convention].kind;
    const auto why = refused_.find({kind, finding.found});
    return why == refused_.end() ? "only a person can mend this" : why->second;
  }

  std::string path_;
  std::span<const Convention> conventions_;
  const ParseLimits& limits_;
  Fixed fixed_;
  std::map<std::pair<ConventionKind, std::string>, std::string> refused_;
};

}  // namespace

Result<Fixed> fix(std::string_view text, std::string_view path,
                  std::span<const Convention> conventions, const ParseLimits& limits) {
  return Fixer(text, path, conventions, limits).run();
}

}  // namespace hardwon::code
