#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "learn/rules.h"

namespace hardwon::learn {
namespace {

using Texts = std::vector<std::string>;

// White space runs as one blank: wrapped lines are joined where they are read.
Texts texts_in(std::string_view text) {
  Texts out;
  for (const Sentence& sentence : sentences_in(text)) out.push_back(one_line(sentence.text));
  return out;
}

// "line|heading|text" of each.
Texts places_in(std::string_view text) {
  Texts out;
  for (const Sentence& s : sentences_in(text)) {
    out.push_back(std::to_string(s.line) + "|" + s.heading + "|" + one_line(s.text));
  }
  return out;
}

TEST(Sentences, HeadingsStandAboveWhatFollowsAndStateNothing) {
  EXPECT_EQ(places_in("Before all.\n# One\nFirst.\n\n### Two\n\n- second\n#hashtag is prose\n"),
            (Texts{"1||Before all.", "3|One|First.", "7|Two|- second #hashtag is prose"}));
  EXPECT_EQ(places_in("####### seven marks make no heading\n"),
            (Texts{"1||####### seven marks make no heading"}));
}

TEST(Sentences, ListItemsAreReadOneByOneWithTheirWrappedLines) {
  EXPECT_EQ(places_in("- keep lines\n  short\n* use tabs\n+ name tests\n• no globals\n"
                      "1. run it\n12) ship it\n"),
            (Texts{"1||- keep lines short", "3||* use tabs", "4||+ name tests", "5||• no globals",
                   "6||1. run it", "7||12) ship it"}));
}

TEST(Sentences, ParagraphsAreCutAtSentenceEndsAcrossWrappedLines) {
  EXPECT_EQ(places_in("Keep it short. Use tabs\nin every file. Ask first!\nReally? yes it is.\n"
                      "\nNew paragraph"),
            (Texts{"1||Keep it short.", "1||Use tabs in every file.", "2||Ask first!", "3||Really?",
                   "3||yes it is.", "5||New paragraph"}));
}

TEST(Sentences, ASentenceStandsOnTheLineOnWhichItOpens) {
  EXPECT_EQ(places_in("Keep it short.\nUse tabs.\n"), (Texts{"1||Keep it short.", "2||Use tabs."}));
  EXPECT_EQ(places_in("Keep it short. \nUse tabs.  \n\t Ask.\n"),
            (Texts{"1||Keep it short.", "2||Use tabs.", "3||Ask."}));
}

TEST(Sentences, WindowsLineEndsChangeNothing) {
  const std::string unix_text =
      "# Style\n\n- use tabs\n- keep lines\n  short\n\nOne here.\nTwo there. Three\nthere.\n"
      "```\nx = 1\n```\nLast.\n";
  std::string windows;
  for (const char c : unix_text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(places_in(windows), places_in(unix_text));
  EXPECT_EQ(places_in(unix_text).size(), 6U);
}

TEST(Sentences, FencesStateNothing) {
  EXPECT_EQ(texts_in("Before\n```sh\nnpm test. Run it.\n```\nafter\n~~~\n- never\n~~~\nend\n"),
            (Texts{"Before", "after", "end"}));
  EXPECT_EQ(texts_in("- item\n  ```\n  code. More.\n  ```\n- next\n"), (Texts{"- item", "- next"}));
  EXPECT_EQ(texts_in("Before\n```\nnever closed\n# still code\n"), (Texts{"Before"}));
}

TEST(Sentences, AFenceEndsOnlyAtItsOwnMarks) {
  EXPECT_EQ(texts_in("````md\n```\nshown as an example\n```\nstill shown\n````\nafter\n"),
            (Texts{"after"}));
  EXPECT_EQ(texts_in("~~~\n```\nshown\n~~~\nafter\n"), (Texts{"after"}));
  EXPECT_EQ(texts_in("```npm test``` runs all\nafter\n"), (Texts{"```npm test``` runs all after"}));
}

TEST(Sentences, FrontMatterStatesNothing) {
  EXPECT_EQ(places_in("---\nglobs: *.ts\ndescription: Always on. Never off.\n---\nUse tabs.\n"),
            (Texts{"5||Use tabs."}));
  // Elsewhere, and where nothing closes it, it is only a line.
  EXPECT_EQ(texts_in("Use tabs.\n\n---\n\nKeep it.\n"), (Texts{"Use tabs.", "Keep it."}));
  EXPECT_EQ(texts_in("---\nUse tabs.\n\nKeep it.\n"), (Texts{"Use tabs.", "Keep it."}));
}

TEST(Sentences, TablesQuotationsCommentsAndRulersStateNothing) {
  EXPECT_EQ(texts_in("Before\n| a | b |\n|---|---|\n| never | do |\n> Always quoted.\n"
                     "<!-- Never seen. -->\n***\n![alt](x.png)\nafter\n"),
            (Texts{"Before", "after"}));
  EXPECT_EQ(texts_in("<!--\nNever seen.\n\n- nor this\n-->\nafter\n"), (Texts{"after"}));
  EXPECT_EQ(texts_in("<!-- never closed\nstays\n"), (Texts{"stays"}));
}

TEST(Sentences, AbbreviationsAndNumbersEndNothing) {
  EXPECT_EQ(
      texts_in("Use short names, e.g. Id or Key. Keep (i.e. Store) them. Cf. Section two."),
      (Texts{"Use short names, e.g. Id or Key.", "Keep (i.e. Store) them.", "Cf. Section two."}));
  EXPECT_EQ(texts_in("Needs v1.2.3 of it. Edit src/a.cpp and b.py. See fig. 3 there."),
            (Texts{"Needs v1.2.3 of it.", "Edit src/a.cpp and b.py.", "See fig. 3 there."}));
}

TEST(Sentences, CodeSpansAreNotCut) {
  EXPECT_EQ(texts_in("Write `a. B. C` here. Then `x!` Stop."),
            (Texts{"Write `a. B. C` here.", "Then `x!` Stop."}));
}

TEST(Sentences, OnlyTheFirstSentenceBelowAForbiddingHeadingIsForbidden) {
  EXPECT_EQ(places_in("## Do NOT\n- use globals. Pass them in.\n- log secrets\n"
                      "## Style\n- use tabs. Keep them.\n"),
            (Texts{"2|Do NOT|- use globals.", "2||Pass them in.", "3|Do NOT|- log secrets",
                   "5|Style|- use tabs.", "5|Style|Keep them."}));
}

TEST(Sentences, SayWhatTheyHangFrom) {
  const auto all = sentences_in(
      "# T\n## A\n### B\nWhen asked:\n- one\n  - inner\n\n- two\n\nNew paragraph.\n- three\n");
  std::vector<std::string> leads;
  for (const Sentence& s : all) leads.push_back(s.lead + (s.lead_opens ? ":" : ""));
  EXPECT_EQ(leads, (Texts{"", "When asked:", "one", "When asked:", "", ""}));
  EXPECT_TRUE(all[0].opens_list);
  EXPECT_EQ(all[1].above, (Texts{"B", "A"}));
}

TEST(Sentences, ABracketIsNotCut) {
  EXPECT_EQ(texts_in("Be kind (say \"Thanks!\" to all). Be brief."),
            (Texts{"Be kind (say \"Thanks!\" to all).", "Be brief."}));
  EXPECT_EQ(texts_in("Never closed (here. " + std::string(220, 'x') + ". End.").size(), 2U);
}

TEST(Sentences, FrontMatterSaysWhichFilesItIsAbout) {
  EXPECT_EQ(globs_in("---\nglobs: src/**/*.ts, \"*.{a,b}\"\n---\nx\n"),
            (Texts{"src/**/*.ts", "*.{a,b}"}));
  EXPECT_EQ(globs_in("---\npaths:\n  - api/**\n  - 'db/*.sql'\nname: x\n---\n"),
            (Texts{"api/**", "db/*.sql"}));
  EXPECT_EQ(globs_in("---\nglobs: [\"**/*\"]\n---\n"), Texts{}) << "of everything";
  EXPECT_EQ(globs_in("---\nglobs: a/*\nnever closed\n"), Texts{});
  EXPECT_EQ(globs_in("globs: a/*\n---\n"), Texts{});
}

TEST(Sentences, MarksAloneAreNone) {
  for (const char* text : {"", "\n\n\n", "...", "- \n* \n", "`", "!!! ???", "#", "---", "\"\"\n"}) {
    EXPECT_EQ(texts_in(text), Texts{}) << text;
  }
}

// What is wrong with the views and lines of a text's sentences; empty when nothing is.
std::string faults_of(std::string_view text) {
  std::int64_t last = 1;
  const char* at = text.data();
  for (const Sentence& s : sentences_in(text)) {
    const std::string shown(s.text);
    if (s.text.data() < at || s.text.data() + s.text.size() > text.data() + text.size()) {
      return "not a view of the text, or not in order: " + shown;
    }
    if (s.text.empty() || trim(s.text).size() != s.text.size()) return "not trimmed: " + shown;
    if (s.line != 1 + std::count(text.data(), s.text.data(), '\n')) return "wrong line: " + shown;
    if (s.line < last) return "lines go back: " + shown;
    at = s.text.data() + s.text.size();
    last = s.line;
  }
  return {};
}

TEST(Sentences, AnyTextGivesViewsInsideItWithTheirLines) {
  static const std::vector<std::string> kParts = {
      "a",  "Use tabs", ". ", ".",  "\n", "\n\n", "\r\n", "- ", "1. ", "# ",    "```",
      "~~", "---",      "`",  "|",  "> ", "!",    "?",    " ",  "\t",  "<!--",  "-->",
      "\"", "(",        ")",  "**", "é",  "e.g.", "\xff", "#",  "~~~", "Do not"};
  EXPECT_TRUE(rc::check([] {
    std::string text;
    const auto parts = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, kParts.size()));
    for (const std::size_t part : parts) text += kParts[part];
    RC_ASSERT(faults_of(text) == "");
    RC_ASSERT(places_in(std::string(text)) == places_in(text));
  }));
}

TEST(Sentences, HostileTextIsHarmless) {
  const std::string huge(5 << 20, 'x');
  EXPECT_EQ(texts_in(huge).size(), 1U);
  EXPECT_EQ(faults_of("\xff\xfe. \x80 Use\xc3. Tabs"), "");
  EXPECT_EQ(faults_of(std::string_view("a\0b. C\0", 7)), "");
  std::string many, dots(5 << 20, '.'), ticks(5 << 20, '`'), quoted = "A.";
  for (int i = 0; i < 500'000; ++i) many += "Use it. ";
  EXPECT_EQ(texts_in(many).size(), 500'000U);
  EXPECT_EQ(texts_in(dots), Texts{});
  EXPECT_EQ(texts_in(ticks), Texts{});
  quoted += std::string(5 << 20, ')') + " B";
  EXPECT_EQ(texts_in(quoted).size(), 2U);
}

}  // namespace
}  // namespace hardwon::learn
