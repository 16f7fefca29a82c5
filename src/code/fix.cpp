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
  Fixer(Source source, std::span<const Convention> conventions, const ParseLimits& limits)
      : source_(std::move(source)), conventions_(conventions), limits_(limits) {
    found_ = findings_in(source_, conventions_);
  }

  Result<Fixed> run() {
    // Space last: the others may leave some behind.
    static constexpr ConventionKind kOrder[] = {
        ConventionKind::kNoVar,           ConventionKind::kNameCase,
        ConventionKind::kForbiddenCall,   ConventionKind::kNoBareExcept,
        ConventionKind::kSortedImports,   ConventionKind::kSemicolons,
        ConventionKind::kQuotes,          ConventionKind::kIndentation,
        ConventionKind::kNoTrailingSpace, ConventionKind::kFinalNewline};
    // What one pass mends may be what another waited for: until nothing more happens.
    for (int round = 0; round < kRoundsMax; ++round) {
      bool changed = false;
      for (ConventionKind kind : kOrder) changed |= TRY(pass(kind));
      if (!changed) break;
    }
    for (Finding& finding : found_) finding.reason = reason(finding);
    fixed_.text = source_.text;
    fixed_.left = std::move(found_);
    return std::move(fixed_);
  }

 private:
  static constexpr int kRoundsMax = 5;

  // Whether the text changed.
  Result<bool> pass(ConventionKind kind) {
    std::vector<Finding> found;
    std::copy_if(found_.begin(), found_.end(), std::back_inserter(found),
                 [&](const Finding& it) { return conventions_[it.convention].kind == kind; });
    if (found.empty()) return false;
    Mending mending = mend(source_, found, conventions_, {});
    Source after = TRY(read_source(mending.text, source_.path, limits_));
    std::vector<Finding> found_after = findings_in(after, conventions_);
    if (kind == ConventionKind::kNameCase) {
      // A name that is right by one convention may be wrong by another: then it stays as it was.
      const std::set<std::string> unwanted = faulty_names(mending, found_after);
      if (!unwanted.empty()) {
        mending = mend(source_, found, conventions_, unwanted);
        after = TRY(read_source(mending.text, source_.path, limits_));
        found_after = findings_in(after, conventions_);
      }
    }
    for (auto& [what, why] : mending.refused) refused_[{kind, what}] = why;
    if (mending.text == source_.text || mending.edits.empty()) return false;
    if (source_.syntax && !kept_shape(source_.tree(), after.tree(), mending.shape)) {
      for (const Finding& it : found) {
        refused_[{kind, it.found}] = "the edit would change what the file says";
      }
      return false;
    }
    source_ = std::move(after);
    found_ = std::move(found_after);
    std::move(mending.edits.begin(), mending.edits.end(), std::back_inserter(fixed_.edits));
    return true;
  }

  std::set<std::string> faulty_names(const Mending& mending,
                                     const std::vector<Finding>& after) const {
    std::set<std::string> given, faulty;
    for (const Edit& edit : mending.edits) given.insert(edit.to);
    for (const Finding& it : after) {
      const bool name = conventions_[it.convention].kind == ConventionKind::kNameCase;
      if (name && given.contains(it.found)) faulty.insert(it.found);
    }
    return faulty;
  }

  std::string reason(const Finding& finding) const {
    const ConventionKind kind = conventions_[finding.convention].kind;
    const auto why = refused_.find({kind, finding.found});
    return why == refused_.end() ? "only a person can mend this" : why->second;
  }

  Source source_;               // the text as it is by now
  std::vector<Finding> found_;  // in it
  std::span<const Convention> conventions_;
  const ParseLimits& limits_;
  Fixed fixed_;
  std::map<std::pair<ConventionKind, std::string>, std::string> refused_;
};

}  // namespace

Result<Fixed> fix(std::string_view text, std::string_view path,
                  std::span<const Convention> conventions, const ParseLimits& limits) {
  return Fixer(TRY(read_source(text, path, limits)), conventions, limits).run();
}

}  // namespace hardwon::code
