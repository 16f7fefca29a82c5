#include "learn/drift_executor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/hash.h"
#include "base/rng.h"
#include "base/text.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

using Words = std::vector<std::string>;

struct Aspect {
  std::string_view name;
  std::array<std::string_view, 4> choices;  // empty ones at the end
};
constexpr std::array<Aspect, 9> kAspects = {
    {{"variable", {"camel", "snake", "pascal", "screaming"}},
     {"function", {"camel", "snake", "pascal", "screaming"}},
     {"parameter", {"camel", "snake", "pascal", "screaming"}},
     {"constant", {"camel", "snake", "pascal", "screaming"}},
     {"indentation", {"tabs", "spaces 2", "spaces 4", ""}},
     {"quotes", {"single", "double", "", ""}},
     {"imports", {"sorted", "unsorted", "", ""}},
     {"documentation", {"documented", "bare", "", ""}},
     {"helpers", {"1", "2", "3", ""}}}};

std::span<const std::string_view> choices_of(std::string_view aspect) {
  for (const Aspect& a : kAspects) {
    if (a.name != aspect) continue;
    const auto n = std::ranges::count_if(a.choices, [](auto c) { return !c.empty(); });
    return std::span(a.choices).first(static_cast<std::size_t>(n));
  }
  return {};
}

bool has(const Words& list, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(
      wanted, [&](auto word) { return std::ranges::find(list, word) != list.end(); });
}

// How a block says a choice, and the choice.
struct Saying {
  std::string_view text, choice;
};
constexpr std::array<Saying, 4> kCaseSayings = {{{"camelcase", "camel"},
                                                 {"screaming_snake_case", "screaming"},
                                                 {"snake_case", "snake"},
                                                 {"pascalcase", "pascal"}}};
constexpr std::array<Saying, 5> kIndentSayings = {{{"tabs", "tabs"},
                                                   {"two spaces", "spaces 2"},
                                                   {"two-space", "spaces 2"},
                                                   {"four spaces", "spaces 4"},
                                                   {"four-space", "spaces 4"}}};
constexpr std::array<Saying, 2> kImportSayings = {
    {{"alphabetical", "sorted"}, {"order of use", "unsorted"}}};
constexpr std::array<Saying, 2> kCommentSayings = {
    {{"no comment", "bare"}, {"a comment", "documented"}}};
constexpr std::array<Saying, 2> kQuoteSayings = {{{"single", "single"}, {"double", "double"}}};

std::string choice_said(std::string_view lower, std::span<const Saying> sayings) {
  for (const Saying& saying : sayings) {
    if (lower.contains(saying.text)) return std::string(saying.choice);
  }
  return {};
}

std::string_view named_aspect(const Words& list) {
  if (has(list, {"locals", "local", "variables", "variable"})) return "variable";
  if (has(list, {"methods", "method", "functions", "function"})) return "function";
  if (has(list, {"parameters", "parameter", "arguments", "argument"})) return "parameter";
  if (has(list, {"constants", "constant"})) return "constant";
  return {};
}

// A line that names another language is not for this one.
bool is_for(const Words& list, std::string_view language) {
  constexpr std::array<std::string_view, 6> kLanguages = {"python", "javascript", "typescript",
                                                          "go",     "rust",       "java"};
  const bool names = std::ranges::any_of(
      kLanguages, [&](auto l) { return std::ranges::find(list, l) != list.end(); });
  return !names || std::ranges::find(list, language) != list.end();
}

// ---------------------------------------------------------------- writing code

std::string in_case(std::initializer_list<std::string_view> parts, std::string_view form) {
  std::string out;
  for (const std::string_view part : parts) {
    std::string word(part);
    const bool first = out.empty();
    if (form == "screaming") {
      std::ranges::transform(word, word.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    } else if (form == "pascal" || (form == "camel" && !first)) {
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    }
    if (!first && (form == "snake" || form == "screaming")) out += '_';
    out += word;
  }
  return out;
}

// The parts that the texts of the languages have in common.
struct Draft {
  std::string constant, parameter, other, sum, entry;
  std::string indent, quote;
  std::vector<std::string> functions;
  bool sorted = true, documented = false;
};

using Pieces = std::initializer_list<std::string_view>;
void line(std::string& out, const Draft& d, int depth, Pieces pieces) {
  for (int i = 0; i < depth; ++i) out += d.indent;
  for (const std::string_view piece : pieces) out += piece;
  out += '\n';
}

std::string two(const Draft& d, std::string_view a, std::string_view b) {
  return d.sorted ? concat({a, b}) : concat({b, a});
}

std::string python(const Draft& d) {
  std::string out = two(d, "import json\n", "import os\n");
  line(out, d, 0, {"\n", d.constant, " = 50\n"});
  for (const std::string& function : d.functions) {
    line(out, d, 0, {"\ndef ", function, "(", d.parameter, ", ", d.other, "):"});
    if (d.documented) line(out, d, 1, {"\"\"\"Adds up what is in the items.\"\"\""});
    line(out, d, 1, {d.sum, " = ", d.other});
    line(out, d, 1, {"for ", d.entry, " in ", d.parameter, ":"});
    line(out, d, 2, {d.sum, " += ", d.entry, "[", d.quote, "count", d.quote, "]"});
    line(out, d, 1, {"return min(", d.sum, ", ", d.constant, ")"});
  }
  return out;
}

std::string script(const Draft& d, bool typed) {
  const std::string_view list = typed ? ": any[]" : "", one = typed ? ": number" : "";
  const std::string& q = d.quote;
  std::string out = two(d, concat({"import fs from ", q, "fs", q, ";\n"}),
                        concat({"import path from ", q, "path", q, ";\n"}));
  line(out, d, 0, {"\nconst ", d.constant, " = 50;\n"});
  for (const std::string& function : d.functions) {
    if (d.documented) line(out, d, 0, {"// Adds up what is in the items."});
    line(out, d, 0, {"function ", function, "(", d.parameter, list, ", ", d.other, one, ") {"});
    line(out, d, 1, {"let ", d.sum, " = ", d.other, ";"});
    line(out, d, 1, {"for (const ", d.entry, " of ", d.parameter, ") {"});
    line(out, d, 2, {d.sum, " += ", d.entry, "[", q, "count", q, "];"});
    line(out, d, 1, {"}"});
    line(out, d, 1, {"return Math.min(", d.sum, ", ", d.constant, ");"});
    line(out, d, 0, {"}\n"});
  }
  return out;
}

std::string go(const Draft& d) {
  std::string out = "package store\n\nimport (\n";
  line(out, d, 1, {d.sorted ? "\"fmt\"" : "\"os\""});
  line(out, d, 1, {d.sorted ? "\"os\"" : "\"fmt\""});
  line(out, d, 0, {")\n\nconst ", d.constant, " = 50\n"});
  for (const std::string& function : d.functions) {
    if (d.documented) line(out, d, 0, {"// ", function, " adds up what is in the items."});
    line(out, d, 0, {"func ", function, "(", d.parameter, " []int, ", d.other, " int) int {"});
    line(out, d, 1, {d.sum, " := ", d.other});
    line(out, d, 1, {"for _, ", d.entry, " := range ", d.parameter, " {"});
    line(out, d, 2, {d.sum, " += ", d.entry});
    line(out, d, 1, {"}"});
    line(out, d, 1, {"return ", d.sum, " + ", d.constant});
    line(out, d, 0, {"}\n"});
  }
  return out;
}

std::string rust(const Draft& d) {
  std::string out = two(d, "use std::fs;\n", "use std::path;\n");
  line(out, d, 0, {"\nconst ", d.constant, ": i64 = 50;\n"});
  for (const std::string& function : d.functions) {
    if (d.documented) line(out, d, 0, {"/// Adds up what is in the items."});
    line(out, d, 0, {"fn ", function, "(", d.parameter, ": &[i64], ", d.other, ": i64) -> i64 {"});
    line(out, d, 1, {"let mut ", d.sum, " = ", d.other, ";"});
    line(out, d, 1, {"for ", d.entry, " in ", d.parameter, " {"});
    line(out, d, 2, {d.sum, " += ", d.entry, ";"});
    line(out, d, 1, {"}"});
    line(out, d, 1, {d.sum, " + ", d.constant});
    line(out, d, 0, {"}\n"});
  }
  return out;
}

std::string java(const Draft& d) {
  std::string out = two(d, "import java.util.List;\n", "import java.util.Map;\n");
  line(out, d, 0, {"\nclass Store {"});
  line(out, d, 1, {"static final int ", d.constant, " = 50;\n"});
  for (const std::string& function : d.functions) {
    if (d.documented) line(out, d, 1, {"/** Adds up what is in the items. */"});
    line(out, d, 1,
         {"static int ", function, "(List<Integer> ", d.parameter, ", int ", d.other, ") {"});
    line(out, d, 2, {"int ", d.sum, " = ", d.other, ";"});
    line(out, d, 2, {"for (int ", d.entry, " : ", d.parameter, ") {"});
    line(out, d, 3, {d.sum, " += ", d.entry, ";"});
    line(out, d, 2, {"}"});
    line(out, d, 2, {"return ", d.sum, " + ", d.constant, ";"});
    line(out, d, 1, {"}\n"});
  }
  line(out, d, 0, {"}"});
  return out;
}

Draft draft_of(const std::map<std::string, std::string>& chosen) {
  const auto at = [&](const char* aspect) -> const std::string& { return chosen.at(aspect); };
  Draft d;
  d.constant = in_case({"items", "max"}, at("constant"));
  d.parameter = in_case({"item", "list"}, at("parameter"));
  d.other = in_case({"last", "seen"}, at("parameter"));
  d.sum = in_case({"running", "sum"}, at("variable"));
  d.entry = in_case({"next", "entry"}, at("variable"));
  const std::string& indentation = at("indentation");
  d.indent = indentation == "tabs" ? "\t" : indentation == "spaces 2" ? "  " : "    ";
  d.quote = at("quotes") == "single" ? "'" : "\"";
  d.sorted = at("imports") == "sorted";
  d.documented = at("documentation") == "documented";
  const std::array<std::initializer_list<std::string_view>, 3> names = {
      {{"compute", "total"}, {"load", "items"}, {"check", "bounds"}}};
  const auto n = static_cast<std::size_t>(at("helpers")[0] - '0');
  for (std::size_t i = 0; i < n; ++i) d.functions.push_back(in_case(names[i], at("function")));
  return d;
}

}  // namespace

Persona persona_of(std::uint64_t seed, std::size_t number) {
  Rng rng(hash64(std::to_string(number), seed));
  Persona persona;
  for (const Aspect& aspect : kAspects) {
    const auto choices = choices_of(aspect.name);
    persona.habits[std::string(aspect.name)] = choices[rng.below(choices.size())];
  }
  persona.compliance = 0.5 + 0.45 * rng.uniform();
  persona.seed = rng.next();
  return persona;
}

std::optional<Convention> convention_in(std::string_view line_text, std::string_view language) {
  const std::string lower = ascii_lower(line_text);
  const Words list = words(lower);
  if (!is_for(list, language)) return std::nullopt;
  Convention out;
  if (list.empty()) return std::nullopt;
  out.avoid = has(list, {"never", "don", "not", "avoid", "nobody"});
  if (has(list, {"indent", "indentation", "indented"})) {
    out.aspect = "indentation";
    out.choice = choice_said(lower, kIndentSayings);
  } else if (has(list, {"imports", "import"}) && lower.contains("order")) {
    out.aspect = "imports";
    out.choice = choice_said(lower, kImportSayings);
  } else if (has(list, {"comment", "comments"}) && has(list, {"functions", "function"})) {
    out.aspect = "documentation";
    out.choice = choice_said(lower, kCommentSayings);
    out.avoid = has(list, {"never", "don"});  // "no comment" is a choice
  } else if (has(list, {"quotes", "quote"})) {
    out.aspect = "quotes";
    out.choice = choice_said(lower, kQuoteSayings);
  } else {
    out.aspect = named_aspect(list);
    out.choice = choice_said(lower, kCaseSayings);
  }
  if (out.aspect.empty() || out.choice.empty()) return std::nullopt;
  return out;
}

std::vector<Convention> conventions_in(std::string_view block, std::string_view language) {
  std::vector<Convention> out;
  for (const std::string_view text : split_lines(block)) {
    if (auto convention = convention_in(text, language)) out.push_back(*std::move(convention));
  }
  return out;
}

Result<std::string> simulated_output(const Persona& persona, std::string_view language,
                                     std::string_view description, std::string_view block) {
  std::map<std::string, std::string> chosen = persona.habits;
  Rng coins(hash64(description, persona.seed));
  for (const Convention& told : conventions_in(block, language)) {
    if (coins.uniform() >= persona.compliance) continue;
    std::string& choice = chosen[told.aspect];
    if (!told.avoid) {
      choice = told.choice;
    } else if (choice == told.choice) {
      const auto all = choices_of(told.aspect);
      const auto here = std::ranges::find(all, choice) - all.begin();
      const auto step = 1 + coins.below(all.size() - 1);
      choice = all[(static_cast<std::size_t>(here) + step) % all.size()];
    }
  }
  const Draft draft = draft_of(chosen);
  if (language == "python") return python(draft);
  if (language == "javascript") return script(draft, false);
  if (language == "typescript") return script(draft, true);
  if (language == "go") return go(draft);
  if (language == "rust") return rust(draft);
  if (language == "java") return java(draft);
  return fail(ErrorCode::kInvalidArgument,
              concat({"found the language '", language,
                      "', expected python, javascript, typescript, go, rust or java"}));
}

std::string shuffled_block(std::string_view block, std::uint64_t seed) {
  constexpr std::array<std::string_view, 4> kCases = {"camelCase", "snake_case", "PascalCase",
                                                      "SCREAMING_SNAKE_CASE"};
  // The first three are drawn; "a two-space shop" says one of them, too.
  constexpr std::array<std::string_view, 5> kIndents = {"tabs", "two spaces", "four spaces",
                                                        "two-space", "four-space"};
  constexpr std::array<std::string_view, 2> kQuotes = {"single quotes", "double quotes"};
  constexpr std::array<std::string_view, 2> kImports = {"alphabetical order", "order of use"};
  constexpr std::array<std::string_view, 2> kComments = {"a comment", "no comment"};
  Rng rng(seed);
  std::string out;
  for (const std::string_view text : split_lines(block)) {
    std::string changed(text);
    const auto replace = [&](std::span<const std::string_view> sayings, std::size_t choices = 0) {
      // The longest first: SCREAMING_SNAKE_CASE has snake_case in it for whoever ignores case.
      for (std::size_t i = sayings.size(); i > 0; --i) {
        const std::size_t at = ascii_lower(changed).find(ascii_lower(sayings[i - 1]));
        if (at == std::string::npos) continue;
        const std::size_t drawn = rng.below(choices == 0 ? sayings.size() : choices);
        changed.replace(at, sayings[i - 1].size(), sayings[drawn]);
        return;
      }
    };
    replace(kCases);
    replace(kIndents, 3);
    replace(kQuotes);
    replace(kImports);
    replace(kComments);
    out += changed + "\n";
  }
  return out;
}

}  // namespace hardwon::learn
