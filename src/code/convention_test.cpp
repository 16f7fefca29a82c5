#include "code/convention.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

#include "base/rng.h"
#include "code/sample_test.h"
#include "code/tree.h"

namespace hardwon::code {
namespace {

std::vector<Finding> checked(std::string_view text, std::string_view path,
                             const std::vector<Convention>& conventions) {
  auto found = check(text, path, conventions);
  EXPECT_TRUE(found.has_value());
  return *std::move(found);
}

Fixed mended(std::string_view text, std::string_view path,
             const std::vector<Convention>& conventions) {
  auto fixed = fix(text, path, conventions);
  EXPECT_TRUE(fixed.has_value());
  return *std::move(fixed);
}

std::string reasons_of(const Fixed& fixed) {
  std::string all;
  for (const Finding& it : fixed.left) all += it.found + ": " + it.reason + "\n";
  return all;
}

TEST(NameCase, SplitsWordsAtCapitalsAndMarks) {
  EXPECT_EQ(in_case("getHTTPResponse", NameCase::kSnake), "get_http_response");
  EXPECT_EQ(in_case("userIDs", NameCase::kSnake), "user_ids");
  EXPECT_EQ(in_case("_private_name", NameCase::kCamel), "_privateName");
  EXPECT_EQ(in_case("max-retry count", NameCase::kScreaming), "MAX_RETRY_COUNT");
  EXPECT_EQ(in_case("item2name", NameCase::kPascal), "Item2name");
  EXPECT_EQ(in_case("Response2Text", NameCase::kKebab), "response2-text");
  EXPECT_TRUE(has_case("x", NameCase::kPascal) == false);
  EXPECT_TRUE(has_case("_", NameCase::kPascal));
  EXPECT_TRUE(has_case("__init__", NameCase::kSnake));
  EXPECT_FALSE(has_case("user_name", NameCase::kCamel));
}

TEST(NameCase, GivesTheCaseThatWasAskedFor) {
  rc::check("in_case() has the case", [] {
    const auto name =
        *rc::gen::container<std::string>(rc::gen::element('a', 'B', '_', 'c', 'D', '7', 'x', 'Y'));
    for (NameCase one : {NameCase::kSnake, NameCase::kCamel, NameCase::kPascal, NameCase::kKebab,
                         NameCase::kScreaming}) {
      const std::string once = in_case(name, one);
      RC_ASSERT(has_case(once, one));
    }
  });
}

constexpr std::string_view kFiveBroken = R"(import os


def loadRows(path):
  rows = []
  for line in open(path):
    rows.append(line.strip("\n"))
  print(f"read {path}")
  return rows


def total(rows):
  try:
    return sum(rows)
  except:
    return None
)";

TEST(Check, FindsTheFiveRulesThatAFileBreaksAndNothingElse) {
  NEEDS_GRAMMARS();
  const auto conventions = stated(
      {"Use snake_case for Python functions", "Indent with 4 spaces",
       "Prefer single quotes in Python", "Never use print, use the logger", "No bare except",
       "No wildcard imports", "Constants are UPPER_SNAKE_CASE", "Lines at most 100 characters",
       "No trailing whitespace", "No default exports", "Use semicolons in TypeScript"});
  std::set<std::size_t> broken;
  for (const Finding& it : checked(kFiveBroken, "src/rows.py", conventions)) {
    broken.insert(it.convention);
  }
  EXPECT_EQ(broken, (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(Fix, LeavesTheFileParsingAndClean) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"Use snake_case for Python functions", "Indent with 4 spaces",
                                   "Prefer single quotes in Python",
                                   "Never use print, use the logger", "No bare except"});
  const Fixed fixed = mended(kFiveBroken, "src/rows.py", conventions);
  EXPECT_EQ(fixed.text, R"(import os
import logging

logger = logging.getLogger(__name__)


def load_rows(path):
    rows = []
    for line in open(path):
        rows.append(line.strip('\n'))
    logger.info(f"read {path}")
    return rows


def total(rows):
    try:
        return sum(rows)
    except Exception:
        return None
)");
  EXPECT_EQ(reasons_of(fixed), "");
  EXPECT_FALSE(parsed(fixed.text, Language::kPython).has_errors());
}

struct Golden {
  std::string_view path;
  std::vector<std::string_view> sentences;
  std::string_view before, after, left;
};

// One a language: what is mended, and what is left with its reason.
const Golden kGolden[] = {
    {"a.py",
     {"Use snake_case in Python", "Classes are PascalCase", "Constants are UPPER_SNAKE_CASE"},
     "maxSize = 3\nfrom x import theThing\n\n\nclass dataStore:\n    def getItem(self, itemKey):\n"
     "        self.lastKey = itemKey  # lastKey\n        return [self.lastKey, \"getItems\"]\n\n"
     "    def setUp(self):\n        return self.getItem(1) or theThing.getOther(itemKey=1)\n\n\n"
     "def run(fromUser, toUser=maxSize):\n    run(toUser=1, fromUser=fromUser)\n"
     "    return {fromUser: 1}\n",
     "MAX_SIZE = 3\nfrom x import theThing\n\n\nclass DataStore:\n"
     "    def get_item(self, item_key):\n        self.last_key = item_key  # lastKey\n"
     "        return [self.last_key, \"getItems\"]\n\n    def setUp(self):\n"
     "        return self.get_item(1) or theThing.getOther(itemKey=1)\n\n\n"
     "def run(from_user, to_user=MAX_SIZE):\n    run(to_user=1, from_user=from_user)\n"
     "    return {from_user: 1}\n",
     ""},
    {"a.js",
     {"camelCase for variables and functions", "single quotes in JS", "semicolons in JavaScript",
      "never use var", "Indent with 2 spaces"},
     "export function load_it(file_path) {\n    var the_list = [], n_n\n    n_n = `${the_list}`\n"
     "    return { the_list, \"a\": \"it's\", b: \"\\\"\" }\n}\n",
     "export function loadIt(filePath) {\n  let theList = [], nN;\n  nN = `${theList}`;\n"
     "  return { the_list: theList, 'a': \"it's\", b: '\"' };\n}\n",
     ""},
    {"a.ts",
     {"camelCase for variables, methods and fields in TypeScript", "No semicolons in TypeScript"},
     "class Shop {\n  private item_count = 0;\n  add_item(new_item: number) { "
     "this.item_count += new_item; }\n}\nconst { out_side } = x;\n(function () {})();\n",
     "class Shop {\n  private itemCount = 0;\n  addItem(newItem: number) { "
     "this.itemCount += newItem }\n}\nconst { out_side } = x;\n(function () {})()\n",
     ""},
    {"a.tsx",
     {"camelCase for variables and parameters", "PascalCase for components", "no default exports"},
     "export default function userCard({ first_name, last: last_name }: P) {\n"
     "  return <b title=\"x\">{last_name}{first_name}</b>;\n}\n",
     "export default function UserCard({ first_name, last: lastName }: P) {\n"
     "  return <b title=\"x\">{lastName}{first_name}</b>;\n}\n",
     "export default: only a person can mend this\n"},
    {"a.go",
     {"camelCase for functions, variables and fields in Go", "Indent with tabs"},
     "package a\n\ntype shop struct {\n  item_count int\n}\n\nfunc (s *shop) Add_it(by_n int) {\n"
     "  s.item_count += by_n\n}\n\nfunc make_it() *shop {\n  return &shop{item_count: 1}\n}\n",
     "package a\n\ntype shop struct {\n\titemCount int\n}\n\nfunc (s *shop) AddIt(byN int) {\n"
     "\ts.itemCount += byN\n}\n\nfunc makeIt() *shop {\n\treturn &shop{itemCount: 1}\n}\n",
     ""},
    {"a.rs",
     {"Use snake_case in Rust", "Constants are UPPER_SNAKE_CASE"},
     "const maxSize: u32 = 3;\nfn sellIt(theItem: u32) -> u32 {\n    let aB = theItem + maxSize;\n"
     "    let inText = aB;\n    println!(\"{inText} {}\", aB);\n    inText\n}\n",
     "const MAX_SIZE: u32 = 3;\nfn sell_it(the_item: u32) -> u32 {\n"
     "    let a_b = the_item + MAX_SIZE;\n    let inText = a_b;\n"
     "    println!(\"{inText} {}\", a_b);\n    inText\n}\n",
     "inText: a format string uses it\n"},
    {"a.c",
     {"snake_case for functions and variables in C", "Indent with 4 spaces"},
     "#define TWICE(x) ((x) * theFactor)\nstatic int theFactor = 2;\nstatic int sellIt(int "
     "anItem)\n"
     "{\n  int aTotal = anItem;\n  return TWICE(aTotal);\n}\n",
     "#define TWICE(x) ((x) * theFactor)\nstatic int theFactor = 2;\n"
     "static int sell_it(int an_item)\n{\n    int a_total = an_item;\n    return TWICE(a_total);\n"
     "}\n",
     "theFactor: a macro uses it\n"},
    {"a.cpp",
     {"snake_case for methods and fields in C++", "Classes are PascalCase"},
     "namespace a {\nclass theShop : public Base {\n public:\n  int getCount() const override;\n"
     "  int size() const;\n};\nstruct item { int theCount; int twice() { return theCount * 2; } "
     "};\n"
     "int use(const item& one) { return one.theCount; }\n}\n",
     "namespace a {\nclass TheShop : public Base {\n public:\n  int getCount() const override;\n"
     "  int size() const;\n};\nstruct Item { int the_count; int twice() { return the_count * 2; } "
     "};\n"
     "int use(const Item& one) { return one.the_count; }\n}\n",
     ""},
    {"A.java",
     {"camelCase for methods, fields and variables in Java", "Constants are UPPER_SNAKE_CASE"},
     "class A extends B {\n  private static final int maxSize = 1;\n  private int item_count;\n"
     "  int get_it(int by_n) { return item_count + this.item_count + by_n + maxSize; }\n}\n",
     "class A extends B {\n  private static final int MAX_SIZE = 1;\n  private int itemCount;\n"
     "  int get_it(int byN) { return itemCount + this.itemCount + byN + MAX_SIZE; }\n}\n",
     "get_it: 'B' may define it\n"},
};

TEST(Fix, MendsASampleOfEachLanguage) {
  NEEDS_GRAMMARS();
  for (const Golden& golden : kGolden) {
    std::vector<Convention> conventions;
    for (std::string_view sentence : golden.sentences) {
      const auto some = conventions_in(sentence);
      ASSERT_FALSE(some.empty()) << sentence;
      conventions.insert(conventions.end(), some.begin(), some.end());
    }
    const Fixed fixed = mended(golden.before, golden.path, conventions);
    EXPECT_EQ(fixed.text, golden.after) << golden.path;
    EXPECT_EQ(reasons_of(fixed), golden.left) << golden.path;
    EXPECT_FALSE(parsed(fixed.text, *language_of(golden.path)).has_errors()) << golden.path;
    const Fixed again = mended(fixed.text, golden.path, conventions);
    EXPECT_EQ(again.text, fixed.text) << golden.path;
    EXPECT_TRUE(again.edits.empty()) << golden.path;
  }
}

struct Refusal {
  std::string_view path, text, reason;
};

// Each would break something that the file alone does not show.
constexpr Refusal kRefusals[] = {
    {"a.py", "def getIt(): pass\nget_it = 1\n", "'get_it' is already a name here"},
    {"a.py", "def lenOf(): pass\n__all__ = [\"lenOf\"]\n", "a string names it"},
    {"a.py", "class A(Base):\n    def getIt(self): pass\n", "'Base' may define it"},
    {"a.py", "class A:\n    def getIt(self): pass\ndef f(x): return x.getIt()\n",
     "used on line 3 on an object of unknown type"},
    {"a.py", "def f():\n    aB = 1\ndef g(): return aB\n",
     "used on line 3, where no definition is in sight"},
    {"a.py", "@route\ndef f(aB): return aB\n",
     "a parameter of a decorated or test function may be given by name"},
    {"a.py", "from x import getIt\ndef f():\n    getIt = 1\n", "it is imported under this name"},
    {"a.py", "def getIt(:\n", "the file does not parse"},
    {"a.py", "class A:\n    def getIt(self): pass\n    b = c(getIt)\n",
     "the body of a class uses it"},
    {"a.js", "const getIt = 1;\nfunction f() { const get_it = getIt; }\n",
     "'get_it' is already a name here"},
};

TEST(Fix, RefusesARenameThatTheFileCannotDecide) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"Use snake_case"});
  for (const Refusal& refusal : kRefusals) {
    const Fixed fixed = mended(refusal.text, refusal.path, conventions);
    EXPECT_TRUE(reasons_of(fixed).contains(refusal.reason))
        << refusal.text << reasons_of(fixed) << fixed.text;
  }
}

TEST(Fix, SaysWhichNamesOtherFilesMayUse) {
  NEEDS_GRAMMARS();
  const Fixed fixed = mended("def getIt(aB): return aB\n", "a.py", stated({"Use snake_case"}));
  ASSERT_EQ(fixed.edits.size(), 2u);
  EXPECT_TRUE(fixed.edits[0].exported);
  EXPECT_FALSE(fixed.edits[1].exported);
}

TEST(Fix, TakesBackANameThatAnotherConventionForbids) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"snake_case for functions", "camelCase for variables"});
  const std::string_view text = "def getIt():\n    getIt = 1\n    return getIt\n";
  const Fixed fixed = mended(text, "a.py", conventions);
  EXPECT_EQ(fixed.text, text);
  EXPECT_EQ(fixed.left.size(), 1u);
}

TEST(Fix, KeepsStringsOfSeveralLinesWhenItIndents) {
  NEEDS_GRAMMARS();
  const Fixed fixed = mended(
      "def f():\n  \"\"\"Says\n    why.\"\"\"\n  x = call(1,\n           2)\n  # note\n  return "
      "x\n",
      "a.py", stated({"Indent with 4 spaces"}));
  EXPECT_EQ(fixed.text,
            "def f():\n    \"\"\"Says\n    why.\"\"\"\n    x = call(1,\n             2)\n"
            "    # note\n    return x\n");
}

TEST(Fix, TurnsVarIntoLetOnlyWhereNothingChanges) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"never use var"});
  const auto kept = [&](std::string_view text) {
    return mended(text, "a.js", conventions).text == text;
  };
  EXPECT_TRUE(kept("function f() { if (a) { var b = 1; } return b; }"));
  EXPECT_TRUE(kept("function f() { g(b); var b = 1; }"));
  EXPECT_TRUE(kept("function f() { for (var i = 0; i < 3; i++) { g(() => i); } }"));
  EXPECT_TRUE(kept("function f() { var a = 1; var a = 2; }"));
  EXPECT_EQ(mended("var a = 1; var b; b = a;", "a.js", conventions).text,
            "const a = 1; let b; b = a;");
}

struct Case {
  std::string_view sentence, path, good, bad;
};

constexpr Case kCases[] = {
    {"No wildcard imports", "a.py", "from x import y\n", "from x import *\n"},
    {"No wildcard imports in Java", "A.java", "import a.B;\n", "import a.*;\n"},
    {"No default exports", "a.ts", "export const a = 1;\n", "export default a;\n"},
    {"Don't use `any` in TypeScript", "a.ts", "let any = 1;\n", "let a: any[] = [];\n"},
    {"Always use === instead of ==", "a.js", "a === b;\n", "a != b;\n"},
    {"Prefer f-strings over %", "a.py", "a = 7 % b\n", "a = 'x %s' % b\n"},
    {"Prefer f-strings over .format()", "a.py", "a = b.format(c)\n", "a = 'x{}'.format(b)\n"},
    {"Lines at most 100 characters", "a.go", "package a\n",
     "package a // 3456789012345678901234567890123456789012345678901234567890123456789012345678901"
     "23456789012\n"},
    {"Functions should be at most 3 lines long", "a.py", "def f():\n    pass\n",
     "def f():\n    a\n    b\n    c\n"},
    {"Every public function needs a docstring", "a.py", "def _f(): pass\n", "def f(): pass\n"},
    {"All functions in Python must have type hints", "a.py", "def f(a: int) -> int: ...\n",
     "def f(a: int): ...\n"},
    {"No bare except", "a.py", "try:\n    a\nexcept E:\n    b\n", "try:\n    a\nexcept:\n    b\n"},
    {"No TO"
     "DO comments",
     "a.rs",
     "// to"
     "do later\n",
     "// TO"
     "DO later\n"},
    {"Don't import `lodash`", "a.ts", "import a from 'lodash-es';\n",
     "import a from 'lodash/fp';\n"},
    {"No console.log", "a.js", "console.error(1);\n", "console.log(1);\n"},
    {"Never use print", "a.py", "def print(): pass\nprint()\n", "print()\n"},
    {"Keep imports sorted", "a.py", "import a\nimport b\nfrom a import c\n",
     "import b\nimport a\n"},
    {"No trailing whitespace", "a.py", "a = '''x  \n'''\n", "a = 1  \n"},
    {"Files must end with a newline", "a.c", "int a;\n", "int a;"},
    {"Use spaces, not tabs", "a.go", "func f() {\n   g()\n}\n", "func f() {\n\tg()\n}\n"},
    {"File names are kebab-case", "my-file.ts", "", ""},
    {"Use double quotes in Python", "a.py", "a = 'say \"x\"'\n", "a = 'x'\n"},
    {"Use single quotes in Python", "a.py", "a = f'{b(\"x\", c[\"y\"])}'\n", "a = b(\"x\")\n"},
    {"Test files are named `*.test.ts`", "src/a.test.ts", "", ""},
    {"Constants are UPPER_SNAKE_CASE", "a.py", "app = make()\ncount = 1\ncount += 1\n",
     "limit = 1\n"},
    {"camelCase for variables", "a.ts", "const Base = make();\nconst MAX_N = 1;\n",
     "const a_b = 1;\n"},
    {"Use snake_case in Python except in tests", "a.py", "a_b = f()\n", "aB = f()\n"},
};

TEST(Check, SeesEachConventionBrokenAndKept) {
  NEEDS_GRAMMARS();
  for (const Case& one : kCases) {
    const auto conventions = stated({one.sentence});
    EXPECT_EQ(checked(one.good, one.path, conventions).size(), 0u) << one.sentence;
    if (!one.bad.empty()) {
      EXPECT_EQ(checked(one.bad, one.path, conventions).size(), 1u) << one.sentence;
    }
  }
}

TEST(Check, JudgesNamesOfFiles) {
  NEEDS_GRAMMARS();
  const auto kebab = stated({"File names are kebab-case"});
  EXPECT_EQ(checked("", "src/myFile.test.ts", kebab).size(), 1u);
  EXPECT_EQ(checked("", "README.md", kebab).size(), 0u);
  const auto tests = stated({"Name test files `test_*.py`"});
  EXPECT_EQ(checked("", "tests/rows_test.py", tests).size(), 1u);
  EXPECT_EQ(checked("", "tests/test_rows.py", tests).size(), 0u);
  EXPECT_EQ(checked("", "tests/conftest.py", tests).size(), 0u);
  EXPECT_EQ(checked("", "tests/rows_test.go", tests).size(), 0u);
}

TEST(Check, AppliesToItsLanguagesAndPlacesOnly) {
  NEEDS_GRAMMARS();
  const auto python = stated({"Use snake_case in Python"});
  EXPECT_TRUE(checked("const aB = f();\n", "a.js", python).empty());
  const auto outside = stated({"No print() except in tests"});
  EXPECT_TRUE(checked("print()\n", "tests/test_a.py", outside).empty());
  EXPECT_EQ(checked("print()\n", "src/a.py", outside).size(), 1u);
  // A language that is not known: only lines are looked at.
  EXPECT_EQ(
      checked("aB = 1 \n", "notes.txt", stated({"Use snake_case", "No trailing spaces"})).size(),
      1u);
}

// ---- properties, over snippets put together at random

constexpr std::string_view kPieces[] = {
    "def getIt(aB, c_d=1):\n  return aB\n",
    "class theThing:\n    def doIt(self):\n        self.xY = 1\n",
    "x = \"it's\"\n",
    "if a:\n\tb()\n",
    "print('x')\n",
    "try:\n  a\nexcept:\n  b\n",
    "var a_b = \"x\"\n",
    "function get_it(p_q) {\n   return {p_q}\n}\n",
    "import b\nimport a\n",
    "const q_q = (z_z) => z_z;\n",
    "'''t\n  t'''\n",
    "a = f'{x[\"y\"]}' \n",
    "}\n",
    "(\n",
    "\"\n",
    "switch (a) {\ncase 1:\n  b_c();\n}\n",
    "struct s_s { int aB; };\n",
    "for (var i = 0;;) {}\n",
    "\xff\xfe\n",
    "\r\n",
    "/* aB\n   b */\n",
    "    # note\n",
    "label:\n",
    "export { a_b };\n"};

TEST(Fix, IsStableHarmlessAndTellsTheTruth) {
  NEEDS_GRAMMARS();
  const auto conventions = stated(
      {"Use snake_case in Python", "camelCase for variables and functions in JavaScript",
       "PascalCase for classes", "Indent with 4 spaces", "single quotes", "semicolons are required",
       "never use var", "sort imports", "no trailing whitespace", "no bare except",
       "Files must end with a newline", "Never use print, use the logger"});
  Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::uint64_t n = rng.below(7); n > 0; --n) text += kPieces[rng.below(std::size(kPieces))];
    const std::string path = "a." + std::string(kExtensions[rng.below(std::size(kExtensions))]);
    const Fixed once = mended(text, path, conventions);
    const Fixed twice = mended(once.text, path, conventions);
    ASSERT_EQ(once.text, twice.text) << path << "\n" << text;
    const auto found = checked(once.text, path, conventions);
    ASSERT_EQ(found.size(), once.left.size());
    const auto faults = [&](std::string_view some) {
      const SyntaxTree tree = parsed(std::string(some), *language_of(path));
      std::size_t count = 0;
      for (const Node& node : tree.tree().nodes) count += node.error || node.missing;
      return count;
    };
    ASSERT_LE(faults(once.text), faults(text)) << path << "\n" << text << "\n" << once.text;
  }
}

// All tokens, without those that a convention may touch.
std::string tokens_of(const SyntaxTree& syntax, bool names) {
  const Tree& tree = syntax.tree();
  std::string all;
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    if (!tree.leaf(i) || tree.nodes[i].begin == tree.nodes[i].end) continue;
    const bool name = tree.kind(i).ends_with("identifier");
    all += name && !names ? "name" : std::string(tree.text_of(i));
    all += '\n';
  }
  return all;
}

TEST(Fix, ChangesNoTokenThatNoConventionSpeaksOf) {
  NEEDS_GRAMMARS();
  const auto names = stated({"Use snake_case"}), layout = stated({"Indent with 8 spaces"});
  Rng rng(11);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (std::uint64_t n = rng.below(6); n > 0; --n) text += kPieces[rng.below(std::size(kPieces))];
    for (const char* path : {"a.py", "a.java", "a.c"}) {
      const Language language = *language_of(path);
      const SyntaxTree before = parsed(text, language);
      const SyntaxTree renamed = parsed(mended(text, path, names).text, language);
      ASSERT_EQ(tokens_of(before, false), tokens_of(renamed, false)) << path << "\n" << text;
      const SyntaxTree moved = parsed(mended(text, path, layout).text, language);
      if (!text.contains("/*")) {
        ASSERT_EQ(tokens_of(before, true), tokens_of(moved, true)) << path << "\n" << text;
      }
    }
  }
}

TEST(Fix, CostsNoMoreThanTheTextIsLong) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"Use snake_case", "Indent with 2 spaces", "never use var",
                                   "no trailing whitespace", "single quotes"});
  std::string uses = "aB = 1\n", params = "def f(", many, nested, lines;
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(i);
    uses += "f(aB) \n";
    params += "pQ" + n + ", ";
    many += "var aB" + n + " = \"x\";\n";
    nested += i < 4'000 ? "{\n" : "";
    lines += "x \n";
  }
  EXPECT_TRUE(fix(uses, "a.py", conventions).has_value());
  EXPECT_TRUE(fix(params + "x): pass\n", "a.py", conventions).has_value());
  EXPECT_TRUE(fix(many, "a.js", conventions).has_value());
  EXPECT_TRUE(fix(nested, "a.c", conventions).has_value());
  EXPECT_EQ(mended(lines, "a.txt", conventions).left.size(), 0u);
}

TEST(Fix, TakesAnyBytes) {
  NEEDS_GRAMMARS();
  const auto conventions = stated({"Use snake_case", "Indent with tabs", "double quotes",
                                   "no semicolons", "sort imports", "no trailing whitespace"});
  rc::check("random bytes never crash", [&](const std::string& text) {
    for (std::string_view extension : kExtensions) {
      RC_ASSERT(fix(text, "a." + std::string(extension), conventions).has_value());
    }
  });
}

}  // namespace
}  // namespace hardwon::code
