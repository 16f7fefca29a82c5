#include "train/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace hardwon::train {
namespace {

namespace fs = std::filesystem;

constexpr Dataset::Shape kShape{.inputs = 4, .actions = 3};

Example example(int number) {
  const auto n = static_cast<std::size_t>(number);
  std::vector<float> state(4), policy(3);
  state[n % 4] = 1;
  policy[n % 3] = 0.75F;
  policy[(n + 1) % 3] = 0.25F;
  return {.id = "1/0/" + std::to_string(number),
          .question = "game " + std::to_string(number),
          .state = state,
          .policy = policy,
          .value = static_cast<float>(number % 3) - 1,
          .result = number % 3 - 1};
}

class DatasetFolder : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove_all(path); }
  void TearDown() override { fs::remove_all(path); }
  Dataset open(const BufferConfig& config = {.capacity = 100, .size_min = 5}) {
    return *Dataset::open(path, config, kShape);
  }
  static void add(Dataset& dataset, int from, int to) {
    std::vector<Example> examples;
    for (int i = from; i < to; ++i) examples.push_back(example(i));
    ASSERT_TRUE(dataset.add(examples, {.iteration = 1, .model = "m"}));
  }

  fs::path path = fs::path(::testing::TempDir()) / "hardwon_dataset_test";
};

TEST_F(DatasetFolder, NotReadyIsAnErrorAndNothingStandsIn) {
  Dataset dataset = open();
  EXPECT_EQ(dataset.sample(4, 0.4, 1).error().code, ErrorCode::kConflict);
  add(dataset, 0, 4);
  const auto ready = dataset.ready();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, ErrorCode::kConflict);
  EXPECT_EQ(ready.error().field, "buffer.size_min");
  add(dataset, 4, 5);
  EXPECT_TRUE(dataset.ready());
}

TEST_F(DatasetFolder, WhatWasAddedIsDrawnAlsoByTheNextProcess) {
  {
    Dataset dataset = open();
    add(dataset, 0, 20);
    ASSERT_TRUE(dataset.flush());
  }
  Dataset dataset = open();
  EXPECT_EQ(dataset.size(), 20U);
  const auto drawn = dataset.sample(64, 0.4, 3);
  ASSERT_TRUE(drawn);
  ASSERT_EQ(drawn->ids.size(), 64U);
  for (std::size_t i = 0; i < 64; ++i) {
    const Example wanted = example(std::stoi(drawn->ids[i].substr(4)));
    EXPECT_EQ(drawn->values[i], wanted.value);
    for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(drawn->states[i * 4 + k], wanted.state[k]);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(drawn->policies[i * 3 + k], wanted.policy[k]);
  }
  EXPECT_EQ(dataset.sample(64, 0.4, 3)->ids, drawn->ids);
}

// Priority = (error / 2)^exponent, at least 0.01; weights undo it in proportion.
TEST_F(DatasetFolder, ExamplesWithLargerErrorsAreDrawnMoreOftenAndWeighLess) {
  Dataset dataset = open({.capacity = 100, .size_min = 1, .priority_exponent = 0.5});
  add(dataset, 0, 2);
  const ExampleError errors[] = {
      {.id = "1/0/0", .error = 2}, {.id = "1/0/1", .error = 0.125F}, {.id = "gone", .error = 1}};
  ASSERT_TRUE(dataset.set_errors(errors));
  const auto drawn = dataset.sample(10'000, 1, 1);
  std::map<std::string, int> counts;
  std::map<std::string, float> weights;
  for (std::size_t i = 0; i < drawn->ids.size(); ++i) {
    ++counts[drawn->ids[i]];
    weights[drawn->ids[i]] = drawn->weights[i];
  }
  EXPECT_NEAR(counts["1/0/0"], 8000, 2);  // 1 against √(1/16)
  EXPECT_FLOAT_EQ(weights["1/0/1"], 1);
  EXPECT_NEAR(weights["1/0/0"], 0.25, 1e-6);
  // beta 0: no weights.
  const auto alike = dataset.sample(100, 0, 1);
  for (const float weight : alike->weights) EXPECT_EQ(weight, 1);
}

TEST_F(DatasetFolder, NewExamplesComeFirstAndAnExponentOfZeroTellsNoneApart) {
  for (const double exponent : {1.0, 0.0}) {
    fs::remove_all(path);
    Dataset dataset = open({.capacity = 100, .size_min = 1, .priority_exponent = exponent});
    add(dataset, 0, 2);
    const ExampleError error{.id = "1/0/0", .error = 0.2F};
    ASSERT_TRUE(dataset.set_errors({&error, 1}));
    const auto drawn = dataset.sample(1100, 0, 1);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn->ids, "1/0/1")),
                exponent > 0 ? 1000 : 550, 2);
  }
}

TEST_F(DatasetFolder, TheOldestMakeRoom) {
  Dataset dataset = open({.capacity = 10, .size_min = 1});
  add(dataset, 0, 25);
  EXPECT_EQ(dataset.size(), 10U);
  EXPECT_EQ(dataset.added(), 25U);
  const auto drawn = dataset.sample(50, 0, 2);
  for (const std::string& id : drawn->ids) EXPECT_GE(std::stoi(id.substr(4)), 15);
}

TEST_F(DatasetFolder, WhatIsNoExampleIsNotAdded) {
  Dataset dataset = open({.capacity = 100, .size_min = 1});
  const auto refused = [&](const Example& wrong) {
    const Example both[] = {example(0), wrong};
    const auto added = dataset.add(both, {});
    EXPECT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(dataset.size(), 0U);
  };
  Example wrong = example(1);
  wrong.policy = {0, 0, 0};
  refused(wrong);
  wrong = example(1);
  wrong.state.push_back(1);
  refused(wrong);
  wrong = example(1);
  wrong.state[2] = 0.5F;
  refused(wrong);
  wrong = example(1);
  wrong.value = 1.5F;
  refused(wrong);
}

TEST_F(DatasetFolder, AnExperienceOfAnotherKindIsNamed) {
  {
    auto replay = Replay::open(path, {.capacity = 100});
    ASSERT_TRUE(replay);
    const Experience other{.id = "notes", .question = "of somebody else"};
    ASSERT_TRUE((*replay)->add({&other, 1}));
  }
  Dataset dataset = open({.capacity = 100, .size_min = 1});
  const auto drawn = dataset.sample(2, 0, 1);
  ASSERT_FALSE(drawn);
  EXPECT_EQ(drawn.error().code, ErrorCode::kCorruption);
  EXPECT_TRUE(drawn.error().message.contains("notes")) << drawn.error().message;
}

}  // namespace
}  // namespace hardwon::train
