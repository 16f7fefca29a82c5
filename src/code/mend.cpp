#include "code/mend.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "code/layout.h"

namespace hardwon::code {
namespace {

class Mender {
 public:
  Mender(const Source& source, const std::vector<Finding>& found,
         std::span<const Convention> conventions)
      : source_(source), found_(found), conventions_(conventions) {
    mending_.text = source.text;
  }

  Mending run() {
    switch (conventions_[found_.front().convention].kind) {
      case ConventionKind::kNameCase:
        names();
        break;
      case ConventionKind::kForbiddenCall:
        calls();
        break;
      case ConventionKind::kNoVar:
        vars();
        break;
      case ConventionKind::kSortedImports:
        imports();
        break;
      case ConventionKind::kQuotes:
        quotes();
        break;
      case ConventionKind::kIndentation:
        indentation();
        break;
      case ConventionKind::kFinalNewline:
        final_newline();
        break;
      case ConventionKind::kNoBareExcept:
        each("except Exception");
        break;
      case ConventionKind::kSemicolons:
        semicolons();
        break;
      case ConventionKind::kNoTrailingSpace:
        mending_.shape = Shape::kTokens;
        each("");
        break;
      default:
        break;
    }
    return std::move(mending_);
  }

 private:
  const Tree& tree() const { return source_.tree(); }

  void edit(const Finding& finding, std::uint32_t begin, std::uint32_t end, std::string to,
            bool exported = false) {
    const std::string from = source_.text.substr(begin, end - begin);
    mending_.edits.push_back({finding.line, from, to, finding.convention, exported});
    made_.push_back({begin, end, std::move(to)});
  }

  void apply() { mending_.text = replaced(source_.text, made_); }

  void each(const std::string& to) {
    for (const Finding& it : found_) edit(it, it.begin, it.end, to);
    apply();
  }

  void semicolons() {
    mending_.shape = Shape::kParses;
    for (const Finding& it : found_) edit(it, it.begin, it.end, it.expected == ";" ? ";" : "");
    apply();
  }

  void names() {
    mending_.shape = Shape::kKinds;
    if (source_.syntax->has_errors()) {
      for (const Finding& it : found_) mending_.refused[it.found] = "the file does not parse";
      return;
    }
    const Renamer renamer(source_);
    std::set<std::string> given;
    std::set<std::pair<std::string, bool>> done;
    for (const Finding& it : found_) {
      const bool member = is_member(it);
      if (!done.emplace(it.found, member).second) continue;
      Renaming renaming = renamer.rename(it.found, it.expected, member);
      if (renaming.refused.empty() && given.contains(it.expected)) {
        renaming.refused = "'" + it.expected + "' is already a name here";
      }
      if (renaming.refused.empty() && disputed(it)) {
        renaming.refused = "other definitions of the name follow another convention";
      }
      if (!renaming.refused.empty()) {
        mending_.refused[it.found] = renaming.refused;
        continue;
      }
      given.insert(it.expected);
      for (Replacement& one : renaming.replacements) {
        if (one.text != it.expected) mending_.shape = Shape::kParses;
        made_.push_back(std::move(one));
      }
      mending_.edits.push_back(
          {it.line, it.found, it.expected, it.convention, renaming.exported});
    }
    apply();
  }

  bool is_member(const Finding& finding) const {
    const auto at = std::lower_bound(
        source_.names.begin(), source_.names.end(), finding.begin,
        [](const Identifier& it, std::uint32_t begin) { return it.begin < begin; });
    return at != source_.names.end() &&
           (at->role == Role::kMethod || at->role == Role::kField);
  }

  // Whether another finding wants another name for the same one.
  bool disputed(const Finding& finding) const {
    return std::any_of(found_.begin(), found_.end(), [&](const Finding& other) {
      return other.found == finding.found && other.expected != finding.expected;
    });
  }

  void quotes() {
    mending_.shape = Shape::kParses;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> strings;
    for (std::uint32_t i = 0; i < tree().size(); ++i) {
      if (is_string(tree(), i)) strings[{tree().nodes[i].begin, tree().nodes[i].end}] = i;
    }
    for (const Finding& it : found_) {
      const auto at = strings.find({it.begin, it.end});
      if (at == strings.end()) continue;
      auto to = requoted(tree(), at->second, conventions_[it.convention].quote);
      if (to) edit(it, it.begin, it.end, *std::move(to));
    }
    apply();
  }

  void indentation() {
    mending_.shape = Shape::kTokens;
    const Finding& first = found_.front();
    const std::uint32_t number = conventions_[first.convention].number;
    const std::string spaces(number == kAnySpaces ? 4 : number, ' ');
    mending_.text = reindented(tree(), number == 0 ? "\t" : spaces);
    for (const Finding& it : found_) {
      mending_.edits.push_back({it.line, it.found, it.expected, it.convention, false});
    }
  }

  void final_newline() {
    mending_.shape = Shape::kParses;
    std::string& text = mending_.text;
    const bool carriage = text.contains("\r\n");
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    text += carriage ? "\r\n" : "\n";
    const Finding& it = found_.front();
    mending_.edits.push_back({it.line, it.found, it.expected, it.convention, false});
  }

  void imports() {
    const Finding& first = found_.front();
    for (const ImportRun& run : unsorted_imports(tree())) {
      for (std::size_t i = 0; i < run.statements.size(); ++i) {
        if (run.statements[i] == run.sorted[i]) continue;
        const Node& place = tree().nodes[run.statements[i]];
        Finding finding = first;
        finding.line = tree().line_of(place.begin);
        edit(finding, place.begin, place.end, std::string(tree().text_of(run.sorted[i])));
      }
    }
    apply();
  }

  void vars() {
    for (const Finding& it : found_) {
      std::uint32_t token = 0;
      while (token < tree().size() &&
             !(tree().nodes[token].begin == it.begin && tree().kind(token) == "var")) {
        ++token;
      }
      if (token == tree().size()) continue;
      const VarUse use = judge_var(source_, tree().parent(token));
      if (!use.replaceable) {
        mending_.refused[it.found] = use.why;
        continue;
      }
      edit(it, it.begin, it.end, use.never_changed ? "const" : "let");
    }
    apply();
  }

  // Only what needs no other import and keeps its arguments: x.f -> x.g.
  void calls() {
    for (const Finding& it : found_) {
      const Convention& convention = conventions_[it.convention];
      std::string_view to = convention.instead;
      if (to.ends_with("()")) to.remove_suffix(2);
      const std::size_t ours = convention.name.rfind('.'), theirs = to.rfind('.');
      const bool same_object = ours != std::string::npos && theirs == ours &&
                               to.substr(0, theirs) == convention.name.substr(0, ours);
      const bool word = to.find_first_of(" ()*!") == std::string_view::npos;
      if (!same_object || !word || convention.name.ends_with('*')) {
        mending_.refused[it.found] = "the other call may need an import or other arguments";
        continue;
      }
      edit(it, it.begin, it.end, std::string(to));
    }
    apply();
  }

  const Source& source_;
  const std::vector<Finding>& found_;
  std::span<const Convention> conventions_;
  Mending mending_;
  std::vector<Replacement> made_;
};

}  // namespace

Mending mend(const Source& source, const std::vector<Finding>& found,
             std::span<const Convention> conventions) {
  return Mender(source, found, conventions).run();
}

VarUse judge_var(const Source& source, std::uint32_t declaration) {
  const Tree& tree = source.tree();
  const Scopes& scopes = *source.scopes;
  const std::uint32_t block = tree.parent(declaration);
  static constexpr std::string_view kPlaces[] = {"statement_block", "program", "for_statement",
                                                 "for_in_statement"};
  const bool loop = tree.is(declaration, "for_in_statement");
  if (!loop && !one_of(tree.kind(block), kPlaces)) {
    return {.why = "it stands where let would not reach what comes after"};
  }
  const std::uint32_t reach = loop ? declaration : block;
  VarUse use{.replaceable = true, .never_changed = !loop, .why = {}};
  for (const Identifier& it : source.names) {
    if (!it.definition || !tree.within(it.node, declaration)) continue;
    if (scopes.owner[it.node] != scopes.owner[declaration]) continue;
    const std::uint32_t declarator = tree.parent(scopes.pattern[it.node]);
    if (!loop && tree.child(declarator, "value") == kNone) use.never_changed = false;
    for (const Identifier& other : source.names) {
      if (other.name != it.name || other.node == it.node) continue;
      if (other.form != Form::kPlain && other.form != Form::kShorthand) continue;
      const bool same_function = tree.within(other.node, scopes.owner[declaration]);
      if (!same_function) continue;
      if (other.definition && scopes.owner[other.node] == scopes.owner[it.node]) {
        return {.why = "declared twice"};
      }
      if (!tree.within(other.node, reach) || other.begin < it.begin) {
        return {.why = "used outside of its block or before it"};
      }
      if (scopes.owner[other.node] != scopes.owner[it.node]) {
        return {.why = "a function inside uses it"};
      }
      const std::string_view up = tree.kind(tree.parent(other.node));
      const bool written = (up.ends_with("assignment_expression") &&
                            tree.field(other.node) == "left") ||
                           up == "update_expression" || up.ends_with("_pattern") ||
                           up == "for_in_statement";
      if (written) use.never_changed = false;
    }
  }
  return use;
}

}  // namespace hardwon::code
