#include "learn/rule_context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace hardwon::learn {
namespace {

// "text", or "- reason: text" of what cannot stand alone.
std::vector<std::string> read(std::string_view markdown) {
  const std::vector<Sentence> sentences = sentences_in(markdown);
  std::vector<std::string> out;
  for (const Completed& one : complete(sentences)) {
    out.push_back(one.why_not.empty() ? one.text : "- " + std::string(one.why_not));
  }
  return out;
}
using Texts = std::vector<std::string>;

TEST(RuleContext, AnItemIsJoinedWithTheSituationItHangsFrom) {
  EXPECT_EQ(read("When closing a ticket:\n- Link the commit\n- Always write a note\n"),
            (Texts{"- only opens a list", "When closing a ticket, link the commit",
                   "When closing a ticket, always write a note"}));
  EXPECT_EQ(read("**Before a release**:\n\n1. Run `make dist`\n"),
            (Texts{"- only opens a list", "Before a release, run `make dist`"}));
}

TEST(RuleContext, AGerundHeadingIsASituationEvenFromFurtherUp) {
  EXPECT_EQ(
      read("# Notes\n## Adding a New Provider\n### 2. Types\n- Export the type in `index.ts`\n"),
      Texts{"When adding a new provider, export the type in `index.ts`"});
  EXPECT_EQ(read("# Notes\n## Adding a widget\n- Widgets live in `ui/`.\n"),
            Texts{"Widgets live in `ui/`."})
      << "what asks for nothing is not for a situation";
  EXPECT_EQ(read("# Notes\n## Engineering standards\n- Keep dependencies minimal and pinned.\n"),
            Texts{"Keep dependencies minimal and pinned."});
}

TEST(RuleContext, ASituationIsKeptWhole) {
  EXPECT_EQ(read("If you meet errors that seem to require large changes:\n- Ask me first\n"),
            (Texts{"- only opens a list",
                   "If you meet errors that seem to require large changes, ask me first"}));
  EXPECT_EQ(read("## Before Making Changes\n- Ensure that the `.venv` is activated\n"),
            Texts{"Before making changes, ensure that the `.venv` is activated"});
  EXPECT_EQ(read("When adding a provider, you need to:\n- Write a migration\n"),
            (Texts{"- only opens a list", "When adding a provider, write a migration"}));
}

TEST(RuleContext, AListThatForbidsTurnsItsItemsRound) {
  EXPECT_EQ(read("**NEVER**:\n- Run the seeds against staging\n- No force push\n"
                 "- Use `a.b` instead of `c.d`\n"),
            (Texts{"- only opens a list", "Do not run the seeds against staging", "No force push",
                   "Use `a.b` instead of `c.d`"}));
}

TEST(RuleContext, WhatStandsUnderALabelOfItsOwnIsNotTurnedRound) {
  EXPECT_EQ(read("**No casts in handlers**:\n- Cast the request body to a model type\n"
                 "- Allowed ways out: check the type first, validate with the schema\n"),
            (Texts{"- only opens a list", "Do not cast the request body to a model type",
                   "No casts in handlers: Allowed ways out: check the type first, validate with "
                   "the schema"}));
}

TEST(RuleContext, ShortItemsAreOneRuleWithTheirLine) {
  EXPECT_EQ(read("NEVER run:\n- `npm run dev`\n- `npm run watch`\n"),
            (Texts{"NEVER run: `npm run dev`, `npm run watch`", "- said with the line above it",
                   "- said with the line above it"}));
}

TEST(RuleContext, OneCommandInAFenceBelongsToTheLineAboveIt) {
  EXPECT_EQ(read("After changing the schema, run:\n```sh\nmake models\n```\n"),
            Texts{"After changing the schema, run: `make models`"});
  EXPECT_EQ(read("Start it with one of:\n```sh\nmake a\nmake b\n```\n"),
            Texts{"- only opens a list"});
}

TEST(RuleContext, ExamplesListingsAndPointersAreNoRules) {
  EXPECT_EQ(read("Good:\n- `fix: keep the cart`\n"),
            (Texts{"- only opens a list", "- an example"}));
  EXPECT_EQ(read("Key folders:\n- `src/a`: the reader\n- `src/b`\n"),
            (Texts{"- only opens a list", "- only a listing", "- only a listing"}));
  EXPECT_EQ(read("See `docs/style.md` for details.\n"), Texts{"- only a listing"});
  EXPECT_EQ(read("## Branches\n- Branches: `feat/<ticket>`\n"), Texts{"Branches: `feat/<ticket>`"});
}

TEST(RuleContext, WhatLeansOnWhatCameBeforeIsNotKept) {
  EXPECT_EQ(read("- Keep the lock file. It breaks the image otherwise.\n"),
            (Texts{"Keep the lock file.", "- not understood without what stands around it"}));
  EXPECT_EQ(read("- Add a label\n  - Two at most\n").back(),
            "- not understood without what stands around it");
  for (const char* text : {"It breaks the build", "Otherwise the cache goes stale",
                           "Anything else is sent back", "Disable for cheap reads"}) {
    EXPECT_TRUE(leans_back(form_of(text))) << text;
  }
  for (const char* text : {"This project uses tabs", "If a guard is shared, put it there",
                           "Use early returns", "Every handler logs its request"}) {
    EXPECT_FALSE(leans_back(form_of(text))) << text;
  }
}

TEST(RuleContext, ALaterSentenceHasTheLabelOfItsItem) {
  EXPECT_EQ(read("- **Storage**: Parameterized queries only. No locks across calls.\n"),
            (Texts{"**Storage**: Parameterized queries only.", "Storage: No locks across calls."}));
}

TEST(RuleContext, AShortItemHasItsHeadingInFront) {
  EXPECT_EQ(read("# Team\n## Changelog\n### Rules\n- Newest on top\n"),
            Texts{"Changelog: Newest on top"});
  EXPECT_EQ(read("# Team\n## Rules\n- Newest on top\n"), Texts{"Newest on top"});
}

TEST(RuleContext, OneForEachSentenceWhateverTheText) {
  for (const char* text : {"", ":", "- :\n  - :\n", "When:\n- \n- x:\n  - y:\n", "**:**\n- a",
                           "\xff:\n- \xfe", "a:\n```\n```\n", "1. a:\n1. b:\n"}) {
    EXPECT_EQ(complete(sentences_in(text)).size(), sentences_in(text).size()) << text;
  }
}

}  // namespace
}  // namespace hardwon::learn
