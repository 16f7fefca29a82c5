// Sentences about layout, strings, imports, calls and documentation.

#include <algorithm>

#include "code/statement.h"

namespace hardwon::code {
namespace {

class RuleReader {
 public:
  RuleReader(const Statement& statement, std::vector<Convention>& found)
      : whole_(statement), found_(found) {}

  void read() {
    // Test files first: the word "test" means something else to all others.
    if (with(&RuleReader::test_files)) return;
    with(&RuleReader::indentation);
    with(&RuleReader::quotes);
    with(&RuleReader::semicolons);
    with(&RuleReader::var);
    with(&RuleReader::exports);
    with(&RuleReader::wildcards);
    with(&RuleReader::line_length);
    with(&RuleReader::function_length);
    with(&RuleReader::sorted_imports);
    with(&RuleReader::space);
    with(&RuleReader::documentation);
    with(&RuleReader::type_hints);
    with(&RuleReader::bare_except);
    with(&RuleReader::notes);
    with(&RuleReader::format_strings);
    with(&RuleReader::equality);
    with(&RuleReader::types);
    with(&RuleReader::imports);
    with(&RuleReader::calls);
  }

 private:
  using Reading = bool (RuleReader::*)();

  // One reading of its own copy of the sentence, kept if it explains all the words.
  bool with(Reading reading) {
    now_ = whole_;
    made_.clear();
    if (!(this->*reading)() || made_.empty()) return false;
    const bool tests_are_meant = made_.front().kind == ConventionKind::kTestFileName;
    const std::optional<Where> where =
        tests_are_meant ? std::optional(Where::kEverywhere) : where_in(now_);
    const auto languages = languages_in(now_.words());
    if (!where || !languages || !now_.explained()) return false;
    for (Convention& one : made_) {
      one.where = *where;
      if (!languages->empty()) one.languages = *languages;
      if (!fits(one)) return false;
    }
    std::move(made_.begin(), made_.end(), std::back_inserter(found_));
    return true;
  }

  // A language that was named must be one in which the kind means something.
  static bool fits(const Convention& one) {
    std::span<const Language> some;
    static constexpr Language kScripts[] = {Language::kJavaScript, Language::kTypeScript,
                                            Language::kTsx};
    static constexpr Language kQuoted[] = {Language::kPython, Language::kJavaScript,
                                           Language::kTypeScript, Language::kTsx};
    static constexpr Language kPython[] = {Language::kPython};
    static constexpr Language kStars[] = {Language::kPython, Language::kJava, Language::kRust};
    switch (one.kind) {
      case ConventionKind::kQuotes:
      case ConventionKind::kSortedImports:
        some = kQuoted;
        break;
      case ConventionKind::kSemicolons:
      case ConventionKind::kNoVar:
      case ConventionKind::kNoDefaultExport:
      case ConventionKind::kStrictEquality:
        some = kScripts;
        break;
      case ConventionKind::kTypeHints:
      case ConventionKind::kNoBareExcept:
      case ConventionKind::kFormatStrings:
        some = kPython;
        break;
      case ConventionKind::kNoWildcardImport:
        some = kStars;
        break;
      default:
        return true;
    }
    return one.languages.empty() ||
           std::any_of(one.languages.begin(), one.languages.end(), [&](Language language) {
             return std::find(some.begin(), some.end(), language) != some.end();
           });
  }

  Convention& make(ConventionKind kind) {
    Convention& made = made_.emplace_back();
    made.kind = kind;
    return made;
  }

  bool no(std::string_view phrase) const {
    const auto at = now_.find(phrase);
    return at && now_.negated(*at);
  }
  bool yes(std::string_view phrase) const {
    for (auto at = now_.find(phrase); at; at = now_.find(phrase, *at + 1)) {
      if (!now_.negated(*at)) return true;
    }
    return false;
  }
  void take(std::initializer_list<std::string_view> phrases) {
    for (std::string_view phrase : phrases) now_.take(phrase);
  }

  bool indentation();
  bool quotes();
  bool semicolons();
  bool var();
  bool exports();
  bool wildcards();
  bool line_length();
  bool function_length();
  bool sorted_imports();
  bool space();
  bool documentation();
  bool type_hints();
  bool bare_except();
  bool notes();
  bool format_strings();
  bool equality();
  bool types();
  bool imports();
  bool calls();
  bool test_files();
  std::optional<std::string> after_use(std::size_t not_at) const;

  const Statement& whole_;
  Statement now_{{}};
  std::vector<Convention>& found_;
  std::vector<Convention> made_;
};

bool RuleReader::indentation() {
  const auto tabs = now_.find("tabs|tab"), spaces = now_.find("spaces|space");
  const bool about = now_.has("indent|indentation|indents|indented|indenting|indentation:");
  std::optional<std::uint32_t> number;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    const auto value = number_in(now_.words()[i].lower);
    if (!value) continue;
    const bool of_spaces = i + 1 < now_.size() && (now_.words()[i + 1].lower == "spaces" ||
                                                   now_.words()[i + 1].lower == "space");
    if (!of_spaces && !about) return false;
    if (number || now_.negated(i)) return false;
    number = value;
    now_.words()[i].used = true;
  }
  take({"indent|indentation|indents|indented|indenting|indentation:", "tabs", "spaces", "space",
        "tab", "level|levels", "width|size|wide", "character|characters"});
  if (now_.has("width|size|wide") && tabs) return false;  // how a tab is shown
  const bool tabs_meant = tabs && !now_.negated(*tabs);
  const bool spaces_meant = spaces && !now_.negated(*spaces);
  if (tabs_meant && spaces_meant) return false;
  if (number) {
    if (*number < 1 || *number > 8 || tabs_meant) return false;
    make(ConventionKind::kIndentation).number = *number;
  } else if (tabs_meant || (spaces && about && !spaces_meant)) {
    if (now_.find("tab") && !now_.has("tabs")) return false;
    make(ConventionKind::kIndentation).number = 0;
  } else if (tabs || (spaces_meant && about)) {
    make(ConventionKind::kIndentation).number = kAnySpaces;
  }
  return !made_.empty();
}

bool RuleReader::quotes() {
  const char* kSingle = "single|single-quoted|single-quote|single-quotes";
  const char* kDouble = "double|double-quoted|double-quote|double-quotes";
  const bool quoted = now_.has(
      "quotes|quote|quoted|single-quoted|double-quoted|quotation|"
      "single-quotes|double-quotes|single-quote|double-quote");
  if (!quoted) return false;
  const bool single = yes(kSingle), twice = yes(kDouble);
  const bool no_single = no(kSingle), no_double = no(kDouble);
  if (single == twice && no_single == no_double) return false;
  if (single && twice) return false;
  make(ConventionKind::kQuotes).quote = single || (no_double && !twice) ? '\'' : '"';
  take({kSingle, kDouble, "quotes|quote|quoted|quotation", "strings|string", "literals|literal",
        "marks"});
  return true;
}

bool RuleReader::semicolons() {
  const char* kWords = "semicolons|semicolon|semi-colons|semicolon-free|semicolonless|semis";
  const auto at = now_.find(kWords);
  if (!at) return false;
  const bool without = now_.negated(*at) || now_.has("semicolon-free|semicolonless");
  make(ConventionKind::kSemicolons).always = !without;
  take({kWords, "omit|skip|drop", "end|ends|terminate|terminated", "statements|statement",
        "lines|line", "at the end of"});
  return true;
}

bool RuleReader::var() {
  if (!no("var")) return false;
  make(ConventionKind::kNoVar);
  take({"var", "let", "const", "variables|variable", "declare|declaring|declarations|keyword"});
  return true;
}

bool RuleReader::exports() {
  const bool no_default = no("default export|exports") || no("export default");
  const bool only_named = yes("named export|exports") && !now_.has("default export|exports");
  if (!no_default && !only_named) return false;
  make(ConventionKind::kNoDefaultExport);
  take({"default export|exports", "export default", "named export|exports", "default",
        "modules|components"});
  return true;
}

bool RuleReader::wildcards() {
  const char* kWords[] = {"wildcard|star|glob imports|import", "import *", "import-star"};
  bool any = false;
  for (const char* words : kWords) any |= no(words);
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    if (word.code && word.lower.starts_with("from ") && word.lower.ends_with("import *") &&
        now_.negated(i)) {
      any = word.used = true;
    }
    if (word.code && word.lower == "import *" && now_.negated(i)) any = word.used = true;
  }
  if (!any) return false;
  make(ConventionKind::kNoWildcardImport);
  take({"wildcard|star|glob imports|import", "import *", "import-star", "explicit imports|import",
        "statements"});
  return true;
}

bool RuleReader::line_length() {
  const bool line = now_.has("line|lines|columns|column|line-length");
  const bool characters = now_.has("characters|chars|columns|cols|character|char");
  const bool length = now_.has(
      "length|long|longer|exceed|limit|max|maximum|under|below|shorter|"
      "within|wrap|most|width|up|line-length|limited|max.|exceeding");
  if (!line || !length || now_.has("function|functions|method|methods")) return false;
  std::optional<std::uint32_t> number;
  for (StatementWord& word : now_.words()) {
    const auto value = number_in(word.lower);
    if (!value || number) {
      if (value) return false;
      continue;
    }
    number = value;
    word.used = true;
  }
  if (!number || *number < 40 || *number > 400) return false;
  if (!characters && !now_.has("length|line-length|long|longer|exceed|wrap|limit")) return false;
  make(ConventionKind::kLineLength).number = *number;
  take({"line|lines|columns|column|line-length", "characters|chars|cols|character|char",
        "length|long|longer|exceed|limit|limited|max|maximum|under|below|shorter|within|wrap|width",
        "at most", "up to", "fewer|less|more", "most", "up", "max.", "exceeding"});
  return true;
}

bool RuleReader::function_length() {
  const char* kUnits = "function|functions|method|methods";
  const auto lines = now_.find("lines|line");
  if (!lines || *lines == 0 || !now_.has(kUnits)) return false;
  std::size_t at = *lines - 1;
  const auto number = number_in(now_.words()[at].lower);
  if (!number || *number < 3 || *number > 1'000) return false;
  if (!now_.has("under|below|longer|exceed|max|maximum|limit|shorter|within|more|most|up")) {
    return false;
  }
  now_.words()[at].used = true;
  make(ConventionKind::kFunctionLength).number = *number;
  take({kUnits, "lines|line", "at most", "length|long|longer|exceed|limit|limited|max|maximum",
        "under|below|shorter|within|more|most|up|fewer|less", "bodies"});
  return true;
}

bool RuleReader::sorted_imports() {
  const char* kSorted =
      "sorted|sort|alphabetize|alphabetized|alphabetical|alphabetically|ordered|"
      "order|alphabetise|alphabetised";
  if (!now_.has("imports|import") || !yes(kSorted)) return false;
  if (now_.has("order|ordered") && !now_.has("alphabetical|alphabetically")) return false;
  make(ConventionKind::kSortedImports);
  take({"imports|import", "statements|statement", kSorted, kSorted});
  return true;
}

bool RuleReader::space() {
  const char* kTrailing = "trailing whitespace|spaces|space|whitespaces|blanks";
  if (now_.has(kTrailing)) {
    const auto at = now_.find(kTrailing);
    const bool removed = now_.has("strip|remove|trim|delete");
    if (!now_.negated(*at) && !removed) return false;
    make(ConventionKind::kNoTrailingSpace);
    take({kTrailing, "strip|remove|trim|delete", "leave", "lines|line", "end"});
    return true;
  }
  const char* kNewline = "newline|newlines|new-line|linebreak";
  const auto at = now_.find(kNewline);
  const bool end = now_.has("end|ends|final|trailing|eof|ending");
  if (!at || !end || now_.negated(*at)) return false;
  make(ConventionKind::kFinalNewline);
  take({kNewline, "end|ends|final|trailing|eof|ending", "single|exactly", "include|insert|leave",
        "add"});
  return true;
}

bool RuleReader::documentation() {
  const char* kDocs = "docstrings|docstring|doc-comment|doc-comments|jsdoc|javadoc|godoc";
  const auto at = now_.find(kDocs);
  const auto comment = now_.find("doc comment|comments");
  const auto document = now_.find("document|documented");
  if (!at && !comment && !document) return false;
  if ((at && now_.negated(*at)) || (comment && now_.negated(*comment))) return false;
  if (!now_.has("function|functions|method|methods")) return false;
  if (!now_.has("all|every|each|public|exported|any")) return false;
  Convention& made = make(ConventionKind::kDocumented);
  if (now_.has("docstrings|docstring")) made.languages = {Language::kPython};
  take({kDocs, "doc comment|comments", "document|documented|documentation", "public|exported",
        "add", "function|functions|method|methods", "include", "carry", "come"});
  return true;
}

bool RuleReader::type_hints() {
  const char* kHints = "type hints|hint|annotations|annotation|hinting";
  const auto at = now_.find(kHints);
  const auto typed = now_.find("type-hint|type-hints|type-annotate|type-hinted");
  if (!at && !typed) return false;
  const std::size_t where = at ? *at : *typed;
  if (now_.negated(where)) return false;
  const bool all = now_.has(
      "all|every|each|always|required|mandatory|everywhere|must|use|need|"
      "public|function|functions|add");
  if (!all) return false;
  make(ConventionKind::kTypeHints);
  take({kHints, "type-hint|type-hints|type-annotate|type-hinted", "add", "public",
        "function|functions|method|methods", "signature|signatures", "parameters|arguments",
        "return types|values|type", "include", "full|complete", "fully", "definitions"});
  return true;
}

bool RuleReader::bare_except() {
  const char* kBare = "bare|naked except|excepts|except:|excepts:";
  bool any = no(kBare);
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    if (word.code && word.lower == "except:" && now_.negated(i)) any = word.used = true;
  }
  if (!any) return false;
  make(ConventionKind::kNoBareExcept);
  take({kBare, "clauses|clause|statements|blocks", "bare|naked"});
  for (StatementWord& word : now_.words()) {
    if (word.lower == "except" || word.lower == "except:") word.lower = "-";
  }
  return true;
}

bool RuleReader::notes() {
  static constexpr std::string_view kNotes[] = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "X"
      "XX",
      "HA"
      "CK"};
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    for (std::string_view note : kNotes) {
      std::string_view text = word.text;
      if (text.ends_with('s') && text.size() == note.size() + 1) text.remove_suffix(1);
      if (text != note) continue;
      const bool listed = !made_.empty();  // "no A or B"
      if (!now_.negated(i) && !listed) return false;
      word.used = true;
      make(ConventionKind::kNoNotes).name = note;
    }
  }
  take({"comments|comment", "leave|commit|check|add|merge", "behind"});
  return !made_.empty();
}

bool RuleReader::format_strings() {
  const char* kStrings = "f-strings|f-string|fstrings|fstring";
  if (!yes(kStrings)) return false;
  const bool percent = now_.has("%|%-formatting|%s|percent|%-format|%-style");
  const bool format = now_.has(".format|.format()|str.format|str.format()|format()");
  Convention& made = make(ConventionKind::kFormatStrings);
  if (percent != format) made.name = percent ? "%" : "format";
  take({kStrings, "%|%-formatting|%s|percent|%-format|%-style", "string|strings",
        ".format|.format()|str.format|str.format()|format()", "formatting|interpolation|format",
        "operator|style", "concatenation"});
  return !now_.has("concatenation");
}

bool RuleReader::equality() {
  const bool strict = yes("===") || yes("strict equality") || yes("triple equals");
  const bool loose = no("==") || no("loose equality");
  if (!strict && !loose) return false;
  make(ConventionKind::kStrictEquality);
  take({"===", "!==", "==", "!=", "strict equality", "triple equals", "loose equality",
        "comparison|comparisons|checks|operator"});
  return true;
}

// "Don't use `any`" of TypeScript.
bool RuleReader::types() {
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    if (word.lower != "any" || !now_.negated(i)) continue;
    const bool typed = now_.has("typescript|ts|tsx");
    const std::string_view next =
        i + 1 < now_.size() ? std::string_view(now_.words()[i + 1].lower) : "";
    const bool last = next.empty() || next == "in" || next == "type" || word.after != 0;
    if (!word.code && !(last && (typed || next == "type"))) continue;
    word.used = true;
    Convention& made = make(ConventionKind::kForbiddenType);
    made.name = "any";
    made.languages = {Language::kTypeScript, Language::kTsx};
    if (yes("unknown")) made.instead = "unknown";
    take({"type|types", "unknown", "proper|explicit|real|concrete"});
    return true;
  }
  return false;
}

// What stands after the "use" that is meant: "… instead of X use `y`", "use `y`, not X".
std::optional<std::string> RuleReader::after_use(std::size_t not_at) const {
  for (std::size_t i = 0; i < now_.size(); ++i) {
    const StatementWord& word = now_.words()[i];
    const bool verb = word.lower == "use" || word.lower == "prefer" || word.lower == "using";
    if (!verb || now_.negated(i + 1)) continue;
    std::size_t next = i + 1;
    while (next < now_.size() &&
           (now_.words()[next].lower == "the" || now_.words()[next].lower == "our")) {
      ++next;
    }
    if (next >= now_.size() || next == not_at) continue;
    return now_.words()[next].text;
  }
  return std::nullopt;
}

bool RuleReader::imports() {
  const auto verb = now_.find("import|imports|importing");
  if (!verb || !now_.negated(*verb)) return false;
  std::size_t at = *verb + 1;
  if (at < now_.size() && now_.words()[at].lower == "from") ++at;
  if (at >= now_.size()) return false;
  StatementWord& word = now_.words()[at];
  static constexpr std::string_view kPlain[] = {
      "lodash", "moment", "jquery", "requests", "pandas", "numpy", "axios", "underscore", "six"};
  if (!word.code && !one_of(word.lower, kPlain)) return false;
  std::string name = word.text;
  if (name.size() > 2 && (name[0] == '\'' || name[0] == '"'))
    name = name.substr(1, name.size() - 2);
  if (name.find_first_of(" *{}();") != std::string::npos || name.empty()) return false;
  word.used = true;
  Convention& made = make(ConventionKind::kForbiddenImport);
  made.name = name;
  if (const auto other = after_use(at)) {
    made.instead = *other;
    for (StatementWord& it : now_.words()) it.used |= it.text == *other;
  }
  take({"import|imports|importing", "directly", "statements"});
  return true;
}

bool RuleReader::calls() {
  struct Known {
    std::string_view name;
    std::vector<Language> languages;
  };
  static const std::vector<Language> kScripts = {Language::kJavaScript, Language::kTypeScript,
                                                 Language::kTsx};
  static const Known kKnown[] = {{"print", {Language::kPython}},
                                 {"eval", {}},
                                 {"exec", {Language::kPython}},
                                 {"console.log", kScripts},
                                 {"console.error", kScripts},
                                 {"console.*", kScripts},
                                 {"alert", kScripts},
                                 {"os.system", {Language::kPython}},
                                 {"printf", {Language::kC, Language::kCpp}},
                                 {"fmt.println", {Language::kGo}},
                                 {"fmt.printf", {Language::kGo}},
                                 {"system.out.println", {Language::kJava}},
                                 {"println!", {Language::kRust}},
                                 {"dbg!", {Language::kRust}},
                                 {"panic!", {Language::kRust}},
                                 {"strcpy", {Language::kC, Language::kCpp}},
                                 {"malloc", {}},
                                 {"pdb.set_trace", {Language::kPython}},
                                 {"breakpoint", {Language::kPython}}};
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    if (!now_.negated(i)) continue;
    std::string name = word.text;
    const bool called = name.ends_with("()");
    if (called) name.resize(name.size() - 2);
    const auto known = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& it) {
      std::string lower = word.lower;
      if (called) lower.resize(lower.size() - 2);
      return lower == it.name || (lower + "!" == it.name && word.code);
    });
    const bool verb =
        i > 0 && (now_.words()[i - 1].lower == "call" || now_.words()[i - 1].lower == "calling");
    if (known == std::end(kKnown) && !called && !(word.code && verb)) continue;
    if (name.empty() || name[0] == '.' || name.find_first_of(" (){};'\"`,") != std::string::npos)
      continue;
    word.used = true;
    Convention& made = make(ConventionKind::kForbiddenCall);
    made.name = name;
    if (known != std::end(kKnown)) made.languages = known->languages;
  }
  if (made_.empty()) return false;
  if (const auto other = after_use(now_.size())) {
    for (StatementWord& it : now_.words()) it.used |= it.text == *other;
    const bool itself = std::any_of(made_.begin(), made_.end(), [&](const Convention& it) {
      return *other == it.name || *other == it.name + "()";
    });
    if (!itself) {
      for (Convention& made : made_) made.instead = *other;
    }
  }
  take({"call|calls|calling", "statements|statement", "logging|debugging|output", "logger",
        "function|functions", "leave|commit|log", "module", "directly"});
  return true;
}

bool RuleReader::test_files() {
  if (!now_.has("test|tests|spec") || !now_.has("file|files|filenames")) return false;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    StatementWord& word = now_.words()[i];
    std::string name = word.text;
    const bool suffix = name.starts_with("_test.") || name.starts_with(".test.") ||
                        name.starts_with(".spec.") || name.starts_with("_spec.");
    if (suffix) name.insert(0, 1, '*');
    const std::size_t star = name.find('*');
    if (star == std::string::npos || name.find('.') == std::string::npos) continue;
    if (name.find('*', star + 1) != std::string::npos || name.contains('/')) continue;
    if (now_.negated(i)) return false;
    word.used = true;
    make(ConventionKind::kTestFileName).name = name;
  }
  if (made_.size() != 1) return false;
  take({"test|tests|spec|unit", "file|files|filenames", "named|name|names|called",
        "end|ends|ending|match|matches", "pattern", "suffix"});
  return true;
}

}  // namespace

void read_rules(Statement& statement, std::vector<Convention>& found) {
  RuleReader(statement, found).read();
}

}  // namespace hardwon::code
