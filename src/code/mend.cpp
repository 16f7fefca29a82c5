#include "code/mend.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "code/layout.h"
#include "code/var.h"

namespace hardwon::code {
namespace {

class Mender {
 public:
  Mender(const Source& source, const std::vector<Finding>& found,
         std::span<const Convention> conventions, const std::set<std::string>& unwanted)
      : source_(source), found_(found), conventions_(conventions), unwanted_(unwanted) {
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
    std::map<std::string, std::set<std::string>> wanted;  // more than one: the conventions differ
    for (const Finding& it : found_) wanted[it.found].insert(it.expected);
    for (const Finding& it : found_) {
      const bool member = is_member(it);
      if (!done.emplace(it.found, member).second) continue;
      Renaming renaming = renamer.rename(it.found, it.expected, member);
      if (renaming.refused.empty() && given.contains(it.expected)) {
        renaming.refused = "'" + it.expected + "' is already a name here";
      }
      if (wanted[it.found].size() > 1 || unwanted_.contains(it.expected)) {
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
      mending_.edits.push_back({it.line, it.found, it.expected, it.convention, renaming.exported});
    }
    apply();
  }

  bool is_member(const Finding& finding) const {
    const auto at = std::lower_bound(
        source_.names.begin(), source_.names.end(), finding.begin,
        [](const Identifier& it, std::uint32_t begin) { return it.begin < begin; });
    return at != source_.names.end() && (at->role == Role::kMethod || at->role == Role::kField);
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
    mending_.shape = Shape::kParses;
    const VarJudge judge(source_);
    std::map<std::uint32_t, std::uint32_t> tokens;  // by where they begin
    for (std::uint32_t i = 0; i < tree().size(); ++i) {
      if (tree().kind(i) == "var") tokens[tree().nodes[i].begin] = i;
    }
    for (const Finding& it : found_) {
      const auto token = tokens.find(it.begin);
      if (token == tokens.end()) continue;
      const VarUse use = judge.judge(tree().parent(token->second));
      if (!use.replaceable) {
        mending_.refused[it.found] = use.why;
        continue;
      }
      edit(it, it.begin, it.end, use.never_changed ? "const" : "let");
    }
    apply();
  }

  // print(x) -> logger.info(x), and the logger of the module if there is none yet.
  void print_to_logger(const Finding& it) {
    const std::uint32_t call = call_at(it.begin);
    const std::uint32_t arguments = tree().child(call, "arguments");
    const std::uint32_t first = tree().first_named(arguments);
    bool single = first != kNone && !tree().is(first, "keyword_argument") &&
                  !tree().is(first, "list_splat") && !tree().is(first, "dictionary_splat");
    for (std::uint32_t child : Children(tree(), arguments == kNone ? 0 : arguments)) {
      single = single && (!tree().nodes[child].named || child == first);
    }
    if (!single) {
      mending_.refused[it.found] = "a logger takes one message";
      return;
    }
    if (logger_.empty() && !find_logger(it)) {
      mending_.refused[it.found] = "'logger' is something else here";
      return;
    }
    edit(it, it.begin, it.end, logger_ + ".info");
  }

  std::uint32_t call_at(std::uint32_t begin) {
    if (calls_.empty()) {
      for (std::uint32_t i = 0; i < tree().size(); ++i) {
        if (tree().is(i, "call")) calls_.emplace(tree().nodes[i].begin, i);
      }
    }
    const auto at = calls_.find(begin);
    return at == calls_.end() ? kNone : at->second;
  }

  bool find_logger(const Finding& it) {
    static constexpr std::string_view kLoggers[] = {"logger", "log", "LOGGER", "LOG", "_logger"};
    bool taken = false, logging = false;
    for (const Identifier& name : source_.names) {
      const bool imported = name.form == Form::kImported && source_.scopes->owner[name.node] == 0;
      logging |= imported && name.name == "logging";
      taken |= name.name == "logger" || (name.name == "logging" && !imported && name.definition);
      if ((imported || (name.definition && name.module_level)) && one_of(name.name, kLoggers)) {
        logger_ = name.name;
        return true;
      }
    }
    if (taken) return false;
    std::uint32_t place = 0;  // after the docstring and the imports that open the file
    for (std::uint32_t child : Children(tree(), 0)) {
      const bool docstring = place == 0 && tree().is(child, "expression_statement") &&
                             tree().is(tree().first_named(child), "string");
      const std::string_view kind = tree().kind(child);
      if (!docstring && !kind.contains("import") && kind != "comment") break;
      if (kind != "comment" || place == 0) place = tree().nodes[child].end;
    }
    const std::size_t line_end = std::min(source_.text.find('\n', place), source_.text.size());
    const std::string lines = std::string(place == 0 ? "" : "\n") +
                              (logging ? "" : "import logging\n") +
                              "\nlogger = logging.getLogger(__name__)" + (place == 0 ? "\n" : "");
    const auto at = static_cast<std::uint32_t>(place == 0 ? 0 : line_end);
    edit(it, at, at, lines);
    logger_ = "logger";
    return true;
  }

  // Only what needs no other import and keeps its arguments: x.f -> x.g.
  void calls() {
    for (const Finding& it : found_) {
      const Convention& convention = conventions_[it.convention];
      std::string_view to = convention.instead;
      if (source_.language == Language::kPython && convention.name == "print" &&
          ascii_lower(to).starts_with("log")) {
        print_to_logger(it);
        continue;
      }
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
  const std::set<std::string>& unwanted_;
  Mending mending_;
  std::vector<Replacement> made_;
  std::string logger_;                            // the module's, once looked for
  std::map<std::uint32_t, std::uint32_t> calls_;  // by where they begin
};

}  // namespace

Mending mend(const Source& source, const std::vector<Finding>& found,
             std::span<const Convention> conventions, const std::set<std::string>& unwanted) {
  return Mender(source, found, conventions, unwanted).run();
}

}  // namespace hardwon::code
