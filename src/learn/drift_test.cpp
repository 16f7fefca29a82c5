#include "learn/drift.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "learn/drift_executor.h"

namespace hardwon::learn {
namespace {

OutputProfile profile(std::string choice, std::string indentation = "tabs") {
  OutputProfile out;
  out.naming["function"][std::move(choice)] = 2;
  out.style["indentation"][std::move(indentation)] = 1;
  return out;
}

TEST(Drift, ConsistencyIsOverlapWeightedOverWhatCanBeMeasured) {
  const Consistency same = consistency(profile("snake"), profile("snake"));
  EXPECT_DOUBLE_EQ(*same.overall, 1);
  EXPECT_FALSE(same.structure) << "nothing of that kind";
  const Consistency half = consistency(profile("snake"), profile("camel"));
  EXPECT_DOUBLE_EQ(*half.naming, 0);
  EXPECT_NEAR(*half.overall, 0.3 / 0.7, 1e-12) << "naming .4 and style .3, structure left out";
  OutputProfile mixed = profile("snake");
  mixed.naming["function"] = {{"snake", 1}, {"camel", 3}};
  EXPECT_DOUBLE_EQ(*consistency(profile("snake"), mixed).naming, 0.25);
}

TEST(Drift, WhatCannotBeMeasuredIsUnknown) {
  EXPECT_FALSE(consistency(std::vector<OutputProfile>{profile("snake")}).overall) << "one output";
  EXPECT_FALSE(consistency(OutputProfile{}, OutputProfile{}).overall);
  EXPECT_FALSE(drift(Consistency{}));
  EXPECT_FALSE(drift_reduction(0.0, 0.0)) << "no drift to reduce is neither 0 % nor 100 %";
  EXPECT_FALSE(drift_reduction(std::nullopt, 0.1));
  EXPECT_DOUBLE_EQ(*drift_reduction(0.5, 0.25), 0.5);
  EXPECT_LT(*drift_reduction(0.2, 0.3), 0);
  const std::vector<std::vector<OutputProfile>> same = {{profile("snake"), profile("snake")}};
  const Reduction none = measure_reduction(same, same);
  EXPECT_FALSE(none.reduction);
  EXPECT_FALSE(none.interval);
}

TEST(Drift, OrderOfOutputsChangesNothing) {
  std::vector<OutputProfile> outputs = {profile("snake"), profile("camel"),
                                        profile("snake", "spaces 2"), profile("pascal")};
  const double before = *consistency(outputs).overall;
  std::ranges::reverse(outputs);
  EXPECT_NEAR(*consistency(outputs).overall, before, 1e-12);
}

TEST(Drift, CasesAreToldApart) {
  EXPECT_EQ(case_of("runningSum"), "camel");
  EXPECT_EQ(case_of("_running_sum"), "snake");
  EXPECT_EQ(case_of("RunningSum"), "pascal");
  EXPECT_EQ(case_of("RUNNING_SUM"), "screaming");
  EXPECT_EQ(case_of("running-sum"), "kebab");
  EXPECT_EQ(case_of("total"), "");
  EXPECT_EQ(case_of("N"), "");
  EXPECT_EQ(case_of("__"), "");
}

TEST(Drift, AdherenceIsTheShareThatFollows) {
  OutputProfile output = profile("snake");
  output.naming["function"]["camel"] = 2;
  const Convention snake{.aspect = "function", .choice = "snake"};
  EXPECT_DOUBLE_EQ(*adherence(output, std::vector{snake}), 0.5);
  EXPECT_DOUBLE_EQ(*adherence(output, std::vector{Convention{"indentation", "tabs", true}}), 0);
  EXPECT_FALSE(adherence(output, std::vector{Convention{"quotes", "single"}}));
}

TEST(DriftExecutor, TheBlockIsReadLineByLineAndForTheLanguage) {
  const std::string block =
      "Rules:\n- Name Python locals in snake_case\n- Rust code is indented with tabs\n"
      "- Never: Put Python strings in double quotes\n- Squash commits\n"
      "- A two-space shop when it comes to indentation in Python\n";
  const auto found = conventions_in(block, "python");
  ASSERT_EQ(found.size(), 3);
  EXPECT_EQ(found[0].aspect + "=" + found[0].choice, "variable=snake");
  EXPECT_TRUE(found[1].avoid);
  EXPECT_EQ(found[2].choice, "spaces 2");
  EXPECT_EQ(conventions_in(block, "go").size(), 0);
}

class DriftOnTrees : public testing::Test {
 protected:
  void SetUp() override {
    if (code::grammars_built().empty()) GTEST_SKIP() << "built without grammars";
  }
  static OutputProfile written(const Persona& persona, const char* language,
                               const std::string& block) {
    const auto code = simulated_output(persona, language, "sum up", block);
    const auto tree = code::SyntaxTree::parse(*code, *code::language_named(language));
    EXPECT_TRUE(tree && !tree->has_errors()) << *code;
    return profile_of(*tree);
  }
  static Reduction reduction(const std::string& block, bool shuffled,
                             std::uint64_t other_seed = 0) {
    std::vector<std::vector<OutputProfile>> before(1), after(1);
    for (std::size_t run = 0; run < 40; ++run) {
      before[0].push_back(written(persona_of(5, run), "python", ""));
      const Persona persona = persona_of(5 + other_seed, run);
      after[0].push_back(written(persona, "python", shuffled ? shuffled_block(block, run) : block));
    }
    return measure_reduction(before, after);
  }
};

const char* const kBlock =
    "- Name Python locals in snake_case\n- Name Python methods in snake_case\n"
    "- Name Python parameters in camelCase\n- Python module constants are in PascalCase\n"
    "- Indent Python code with tabs\n- Write Python strings in single quotes\n";

TEST_F(DriftOnTrees, EveryHabitIsWrittenAndMeasured) {
  for (const char* language : {"python", "javascript", "typescript", "go", "rust", "java"}) {
    for (std::size_t number = 0; number < 20; ++number) {
      const Persona persona = persona_of(1, number);
      const OutputProfile found = written(persona, language, "");
      const auto chosen = [&](const Aspects& aspects, const char* aspect) {
        const auto it = aspects.find(aspect);
        return it == aspects.end() || it->second.size() != 1 ? std::string("?")
                                                             : it->second.begin()->first;
      };
      EXPECT_EQ(chosen(found.naming, "function"), persona.habits.at("function")) << language;
      // In Rust a capital name in a pattern is a constant that is compared, no new variable.
      const std::string& variable = persona.habits.at("variable");
      if (std::string_view(language) != "rust" || variable == "snake" || variable == "camel") {
        EXPECT_EQ(chosen(found.naming, "variable"), variable) << language;
      }
      EXPECT_EQ(chosen(found.naming, "parameter"), persona.habits.at("parameter")) << language;
      EXPECT_EQ(chosen(found.style, "indentation"), persona.habits.at("indentation")) << language;
      if (std::string_view(language) != "java") {  // its class has no comment
        EXPECT_EQ(chosen(found.structure, "documentation"), persona.habits.at("documentation"))
            << language;
      }
    }
  }
}

TEST_F(DriftOnTrees, ABlockReducesDriftAndControlsDoNot) {
  const Reduction told = reduction(kBlock, false);
  ASSERT_TRUE(told.interval);
  EXPECT_GT(told.interval->low, 0.1);
  EXPECT_GT(*told.reduction, told.interval->low);
  EXPECT_LT(*told.reduction, told.interval->high);
  EXPECT_NEAR(*reduction(kBlock, true).reduction, 0, 0.1) << "shuffled";
  const char* const shop = "- We're a two-space shop when it comes to indentation in Python\n";
  EXPECT_GT(*reduction(shop, false).reduction, 0.05);
  EXPECT_NEAR(*reduction(shop, true).reduction, 0, 0.02) << "shuffled, said in one word";
  EXPECT_NEAR(*reduction("- Squash commits\n- Name Rust methods in camelCase\n", false).reduction,
              0, 1e-9)
      << "irrelevant";
  EXPECT_NEAR(*reduction("", false, 1).reduction, 0, 0.1) << "empty, other personas";
}

TEST_F(DriftOnTrees, AdherenceRisesWithTheBlock) {
  const auto conventions = conventions_in(kBlock, "python");
  double without = 0, with = 0;
  for (std::size_t run = 0; run < 40; ++run) {
    without += *adherence(written(persona_of(5, run), "python", ""), conventions) / 40;
    with += *adherence(written(persona_of(5, run), "python", kBlock), conventions) / 40;
  }
  EXPECT_LT(without, 0.5);
  EXPECT_GT(with, without + 0.3);
}

}  // namespace
}  // namespace hardwon::learn
