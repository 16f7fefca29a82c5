#include "code/syntax.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "code/sample_test.h"
#include "code/tree.h"

namespace hardwon::code {
namespace {

// "getUser method! …": definitions with their roles, in order.
std::string definitions_of(const SyntaxTree& tree) {
  std::string all;
  for (const Identifier& it : tree.identifiers()) {
    if (!it.definition) continue;
    if (!all.empty()) all += ' ';
    all += std::string(it.name) + ":" + std::string(name_of(it.role));
  }
  return all;
}

struct Sample {
  Language language;
  std::string_view text, definitions;
};

constexpr Sample kSamples[] = {
    {Language::kPython,
     "MAX = 3\nclass Shop(Base):\n    size = 1\n    def sell(self, item, *, price=1):\n"
     "        self.last = item\n        for i, (a, b) in rows:\n            pass\n"
     "        with open(p) as f:\n            total = [x for x in f]\n"
     "def run(*args, **rest): return lambda q: q\n",
     "MAX:constant Shop:type size:field sell:method self:parameter item:parameter price:parameter "
     "last:field i:variable a:variable b:variable f:variable total:variable x:variable "
     "run:function args:parameter rest:parameter q:parameter"},
    {Language::kJavaScript,
     "const LIMIT = 3;\nfunction load(path, { deep }) { let [a, b] = path; return a; }\n"
     "const save = (x) => x;\nclass Shop { #size = 1; sell(item) {} }\n"
     "export function Card() { return <b>hi</b>; }\n",
     "LIMIT:constant load:function path:parameter deep:parameter a:variable b:variable "
     "save:function x:parameter Shop:type size:field sell:method item:parameter Card:component"},
    {Language::kTypeScript,
     "interface Item { price: number; total(tax: number): number }\ntype Id = string;\n"
     "function load(path: string, deep?: boolean): void { for (const k of path) {} }\n"
     "namespace Shop { }\n",
     "Item:type price:field total:method tax:parameter Id:type load:function path:parameter "
     "deep:parameter k:variable Shop:module"},
    {Language::kTsx, "export const Card = ({ a }: P) => <b>{a}</b>;\n",
     "Card:component a:parameter"},
    {Language::kGo,
     "package a\nconst Max, Min = 3, 4\ntype Shop struct { size int }\n"
     "func (s *Shop) Sell(item string) (err error) { n, m := 1, 2; _ = n; return nil }\n",
     "Max:constant Min:constant Shop:type size:field s:parameter Sell:method item:parameter "
     "err:parameter n:variable m:variable"},
    {Language::kRust,
     "const MAX: u32 = 3;\nstruct Shop { size: u32 }\nimpl Shop { fn sell(&self, item: u32) "
     "{ let (a, mut b) = (1, 2); if let Some(v) = x {} } }\nmod inner {}\n",
     "MAX:constant Shop:type size:field sell:method item:parameter a:variable b:variable "
     "v:variable inner:module"},
    {Language::kC,
     "#define LIMIT 3\nstruct shop { int size; };\nstatic int sell(int item, char** names) {\n"
     "  int total = 0, *p;\n  return total;\n}\n",
     "LIMIT:constant shop:type size:field sell:function item:parameter names:parameter "
     "total:variable p:variable"},
    {Language::kCpp,
     "namespace a { class Shop : B { public: Shop(int n); void sell(const X& item); int size_; }; "
     "void Shop::sell(const X& item) { auto [m, n] = p; } }\n",
     "a:module Shop:type n:parameter sell:method item:parameter size_:field sell:method "
     "item:parameter m:variable n:variable"},
    {Language::kJava,
     "class Shop { static final int MAX = 1; int size; Shop(int n) {} void sell(String item) "
     "{ for (var x : xs) {} f(p -> p); } }\nenum Color { RED }\n",
     "Shop:type MAX:constant size:field n:parameter sell:method item:parameter x:variable "
     "p:parameter Color:type RED:constant"},
};

TEST(Syntax, NamesWhatEachLanguageDefines) {
  NEEDS_GRAMMARS();
  for (const Sample& sample : kSamples) {
    const SyntaxTree tree = parsed(std::string(sample.text), sample.language);
    EXPECT_FALSE(tree.has_errors()) << name_of(sample.language);
    EXPECT_EQ(definitions_of(tree), sample.definitions) << name_of(sample.language);
  }
}

TEST(Syntax, IsUnavailableWithoutItsGrammars) {
  if (!grammars_built().empty()) GTEST_SKIP() << "built with its grammars";
  const auto tree = SyntaxTree::parse("x = 1", Language::kPython);
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().code, ErrorCode::kUnavailable);
  const auto found = check("x = 1", "a.py", {});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
}

TEST(Syntax, TellsTheLanguageOfAPath) {
  EXPECT_EQ(language_of("src/a.py"), Language::kPython);
  EXPECT_EQ(language_of("a.d.ts"), Language::kTypeScript);
  EXPECT_EQ(language_of("a.TSX"), Language::kTsx);
  EXPECT_EQ(language_of("bin/tool", "#!/usr/bin/env python3\n"), Language::kPython);
  EXPECT_EQ(language_of("bin/tool", "#!/usr/bin/node\n"), Language::kJavaScript);
  EXPECT_EQ(language_of("x.h", "int f(void);\n"), Language::kC);
  EXPECT_EQ(language_of("x.h", "namespace a {\n"), Language::kCpp);
  EXPECT_EQ(language_of("notes.md"), std::nullopt);
  EXPECT_EQ(language_of("dir.py/Makefile"), std::nullopt);
  EXPECT_EQ(language_of(""), std::nullopt);
  EXPECT_EQ(language_named("C++"), Language::kCpp);
  EXPECT_EQ(language_named("cobol"), std::nullopt);
}

TEST(Syntax, CountsComplexityAsTheSeedDoes) {
  NEEDS_GRAMMARS();
  const SyntaxTree tree = parsed(
      "@cached\ndef a(x):\n    \"Says why.\"\n    if x and y or z:\n        for i in x:\n"
      "            pass\n    elif x:\n        pass\n    with x:\n        pass\n    try:\n"
      "        pass\n    except E:\n        pass\n    return 1 if x else 2\n\n\n"
      "class B:\n    def c(self):\n        while x:\n            pass\n\n    def _d(self): pass\n",
      Language::kPython);
  const auto units = tree.units();
  ASSERT_EQ(units.size(), 4u);
  EXPECT_EQ(units[0].name, "a");
  EXPECT_EQ(units[0].complexity, 8);  // if, two operands, for, elif, with, except
  EXPECT_EQ(units[0].from_line, 1u);
  EXPECT_EQ(units[0].to_line, 15u);
  EXPECT_TRUE(units[0].documented);
  EXPECT_TRUE(units[0].exported);
  EXPECT_EQ(units[1].kind, UnitKind::kClass);
  EXPECT_EQ(units[1].complexity, 2);
  EXPECT_EQ(units[2].kind, UnitKind::kMethod);
  EXPECT_FALSE(units[2].documented);
  EXPECT_FALSE(units[3].exported);
}

TEST(Syntax, CountsTheBranchesOfBraces) {
  NEEDS_GRAMMARS();
  const std::map<Language, std::string> samples = {
      {Language::kTypeScript,
       "// Says why.\nexport const f = (a: T) => { if (a && b) {} switch (a) { case 1: break; "
       "default: } for (const x of a) {} };"},
      {Language::kCpp,
       "// Says why.\nvoid f() { if (a && b) {} switch (a) { case 1: break; default: break; } "
       "for (auto x : a) {} }"},
      {Language::kGo,
       "package a\n// Says why.\nfunc F() { if a && b {}; switch a { case 1: default: }\n"
       "for range a {} }"},
      {Language::kRust,
       "/// Says why.\n#[inline]\npub fn f() { if a && b {} for x in a {} while a {} }"},
      {Language::kJava,
       "class A {\n// Says why.\npublic void f() { if (a && b) {} switch (a) { case 1: break; "
       "default: } for (int x : a) {} } }"}};
  for (const auto& [language, text] : samples) {
    const auto units = parsed(text, language).units();
    ASSERT_FALSE(units.empty()) << name_of(language);
    EXPECT_EQ(units.back().complexity, 5) << name_of(language);
    EXPECT_TRUE(units.back().documented) << name_of(language);
    EXPECT_TRUE(units.back().exported) << name_of(language);
  }
}

TEST(Syntax, ListsImportsCallsStringsAndComments) {
  NEEDS_GRAMMARS();
  const SyntaxTree tree = parsed(
      "import os.path, sys as s\nfrom a.b import c as d, e\nfrom x import *\n# note\n"
      "os.run(f'x {y}', \"z\", '''t''')\n",
      Language::kPython);
  const auto imports = tree.imports();
  ASSERT_EQ(imports.size(), 4u);
  EXPECT_EQ(imports[0].module, "os.path");
  EXPECT_EQ(imports[1].module, "sys");
  EXPECT_EQ(imports[2].module, "a.b");
  EXPECT_EQ(imports[2].names, (std::vector<std::string_view>{"c", "e"}));
  EXPECT_EQ(imports[3].names, (std::vector<std::string_view>{"*"}));
  ASSERT_EQ(tree.calls().size(), 1u);
  EXPECT_EQ(tree.calls()[0].callee, "os.run");
  const auto strings = tree.strings();
  ASSERT_EQ(strings.size(), 3u);
  EXPECT_EQ(strings[0].quote, '\'');
  EXPECT_EQ(strings[1].quote, '"');
  EXPECT_TRUE(strings[2].triple);
  ASSERT_EQ(tree.comments().size(), 1u);
  EXPECT_EQ(tree.comments()[0].line, 4u);

  const SyntaxTree script = parsed(
      "import a, { b as c } from './x';\nimport * as d from \"y\";\nconst e = require('z');\n",
      Language::kJavaScript);
  const auto modules = script.imports();
  ASSERT_EQ(modules.size(), 3u);
  EXPECT_EQ(modules[0].module, "./x");
  EXPECT_EQ(modules[0].names, (std::vector<std::string_view>{"default", "b"}));
  EXPECT_EQ(modules[1].names, (std::vector<std::string_view>{"*"}));
  EXPECT_EQ(modules[2].module, "z");
}

TEST(Syntax, SeesIndentationAndErrors) {
  NEEDS_GRAMMARS();
  EXPECT_EQ(parsed("if a:\n  b\n", Language::kPython).indentation().width, 2u);
  EXPECT_EQ(parsed("func f() {\n\tg()\n}\n", Language::kGo).indentation().kind,
            Indentation::Kind::kTabs);
  EXPECT_EQ(parsed("a = 1\n", Language::kPython).indentation().kind, Indentation::Kind::kUnknown);
  EXPECT_EQ(parsed("a = 1\ndef f(:\n", Language::kPython).first_error_line(), 2u);
  EXPECT_EQ(parsed("a = 1\n", Language::kPython).first_error_line(), std::nullopt);
}

TEST(Syntax, KeepsItsLimits) {
  NEEDS_GRAMMARS();
  for (const ParseLimits& limits : {ParseLimits{.bytes_max = 10}, ParseLimits{.nodes_max = 10}}) {
    const auto tree = SyntaxTree::parse("abc = [1, 2, 3, 4, 5]", Language::kPython, limits);
    ASSERT_FALSE(tree.has_value());
    EXPECT_EQ(tree.error().code, ErrorCode::kResourceExhausted);
  }
  // Text that costs its length squared is given up.
  std::string wild;
  for (int i = 0; i < 100'000; ++i) wild += "[a,";
  const auto tree =
      SyntaxTree::parse(wild, Language::kJava, {.time_max = std::chrono::milliseconds(50)});
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().code, ErrorCode::kResourceExhausted);
}

// Whatever is read from a tree, for text that breaks everything.
void read_all(const SyntaxTree& tree) {
  for (const Identifier& it : tree.identifiers()) ASSERT_LE(it.end, tree.text().size());
  for (const Unit& it : tree.units()) ASSERT_LE(it.end, tree.text().size());
  tree.strings();
  tree.comments();
  tree.imports();
  tree.calls();
  tree.indentation();
}

constexpr std::chrono::milliseconds kPatience{100};

TEST(Syntax, SurvivesDeepNestingAndLongLines) {
  NEEDS_GRAMMARS();
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  std::vector<std::string> texts = {
      repeated("(", 5'000),
      repeated("{\n", 5'000),
      repeated("[a,", 5'000),
      repeated("a(", 5'000) + repeated(")", 5'000),
      "x = " + repeated("a.", 5'000) + "b",
      "x = [" + repeated("userName,", 5'000) + "]",
      std::string(1'000, '\0') + "\xff\xfe\x80",
      repeated("if a:\n", 5'000),
      "def f(" + repeated("aB,", 5'000) + "): pass\n",
  };
  for (Language language : grammars_built()) {
    for (const std::string& text : texts) {
      const auto tree = SyntaxTree::parse(text, language, {.time_max = kPatience});
      if (tree) read_all(*tree);
    }
  }
  const std::string line = "x = \"" + std::string(5u << 20, 'a') + "\"";
  for (Language language : {Language::kPython, Language::kCpp}) {
    const auto tree = SyntaxTree::parse(line, language);
    ASSERT_TRUE(tree.has_value());
    read_all(*tree);
  }
}

TEST(Syntax, ReadsAnyBytes) {
  NEEDS_GRAMMARS();
  rc::check("random bytes never crash", [](const std::string& text) {
    for (Language language : grammars_built()) {
      const auto tree = SyntaxTree::parse(text, language);
      RC_ASSERT(tree.has_value());
      read_all(*tree);
    }
  });
}

TEST(Syntax, IsOneFlatArrayInPreorder) {
  NEEDS_GRAMMARS();
  for (const Sample& sample : kSamples) {
    const SyntaxTree syntax = parsed(std::string(sample.text), sample.language);
    const Tree& tree = syntax.tree();
    EXPECT_EQ(tree.nodes[0].next, tree.size());
    for (std::uint32_t i = 1; i < tree.size(); ++i) {
      ASSERT_LT(tree.parent(i), i);
      ASSERT_TRUE(tree.within(i, tree.parent(i)));
      ASSERT_LE(tree.nodes[i].next, tree.nodes[tree.parent(i)].next);
    }
  }
}

}  // namespace
}  // namespace hardwon::code
