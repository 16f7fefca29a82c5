#include "nets/policy_trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "base/rng.h"
#include "nets/torch_evaluator.h"
#include "reason/connect_four.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::nets {
namespace {

using reason::ConnectFour;
using reason::NetWeights;
using reason::PolicyNet;
using reason::TicTacToe;

// Arrays that a TrainingBatch borrows.
struct Examples {
  std::vector<float> inputs, policies, values, weights;
  TrainingBatch batch() const {
    return {.inputs = inputs, .policies = policies, .values = values, .weights = weights};
  }
};

// Positions of random games with one-hot policies and values of -1, 0 or 1.
template <reason::Game G>
Examples random_examples(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  Examples examples;
  while (examples.values.size() < count) {
    G position = G::start();
    reason::Move moves[G::kMovesMax];
    for (std::uint64_t left = rng.below(G::kPliesMax / 2); left > 0 && !position.over(); --left) {
      position.play(moves[rng.below(static_cast<std::uint64_t>(position.moves(moves)))]);
    }
    if (position.over()) continue;
    std::uint16_t active[G::kInputs];
    const int ones = position.active_inputs(active);
    examples.inputs.resize(examples.inputs.size() + G::kInputs);
    float* const row = &examples.inputs[examples.values.size() * G::kInputs];
    for (int i = 0; i < ones; ++i) row[active[i]] = 1;
    // A function of the position, so that it can be learned.
    const std::uint64_t wanted = position.key() % G::kActions;
    for (std::uint64_t move = 0; move < G::kActions; ++move) {
      examples.policies.push_back(move == wanted ? 1.0F : 0.0F);
    }
    examples.values.push_back(static_cast<float>(position.key() / 7 % 3) - 1);
    examples.weights.push_back(1);
  }
  return examples;
}

PolicyNet net_for_tic_tac_toe(int hidden = 16) {
  return *PolicyNet::random(reason::net_shape<TicTacToe>(hidden, hidden), 3);
}

std::vector<float> flat(const NetWeights& weights) {
  std::vector<float> all;
  for (const auto* array :
       {&weights.w1, &weights.b1, &weights.w2, &weights.b2, &weights.w3, &weights.b3}) {
    all.insert(all.end(), array->begin(), array->end());
  }
  return all;
}

float& weight_at(NetWeights& weights, std::size_t index) {
  for (auto* array :
       {&weights.w1, &weights.b1, &weights.w2, &weights.b2, &weights.w3, &weights.b3}) {
    if (index < array->size()) return (*array)[index];
    index -= array->size();
  }
  return weights.b3.back();
}

TEST(PolicyTrainer, OverfitsSixtyFourExamples) {
  auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(64), {.weight_decay = 0});
  const Examples examples = random_examples<TicTacToe>(64, 1);
  // Equal positions have equal targets: the loss can vanish.
  std::vector<float> errors(64);
  for (int step = 0; step < 600; ++step) {
    ASSERT_TRUE(trainer.step(examples.batch(), 0.005, errors));
  }
  EXPECT_LT(*trainer.loss(examples.batch()), 0.01);
  for (const float error : errors) EXPECT_LT(error, 0.2F);
}

TEST(PolicyTrainer, TheGradientIsThatOfFiniteDifferences) {
  NetWeights weights = net_for_tic_tac_toe().weights();
  // Away from 0, where a rectified unit of the empty board has no derivative.
  Rng rng(12);
  for (auto* bias : {&weights.b1, &weights.b2, &weights.b3}) {
    for (float& value : *bias) value = static_cast<float>(rng.uniform()) - 0.5F;
  }
  const PolicyNet net = *PolicyNet::create(net_for_tic_tac_toe().shape(), weights);
  auto trainer = *PolicyTrainer::create(net, {.value_weight = 0.7, .double_precision = true});
  Examples examples = random_examples<TicTacToe>(12, 2);
  for (std::size_t i = 0; i < 12; ++i) examples.weights[i] = 0.2F + 0.1F * static_cast<float>(i);
  const std::vector<double> gradient = *trainer.gradient(examples.batch());
  ASSERT_EQ(gradient.size(), flat(weights).size());
  double worst = 0;
  for (std::size_t i = 0; i < gradient.size(); i += 7) {
    float& weight = weight_at(weights, i);
    const float before = weight;
    weight = before + 1e-4F;
    const double up = weight;
    trainer.set_weights(weights);
    const double above = *trainer.loss(examples.batch());
    weight = before - 1e-4F;
    const double down = weight;
    trainer.set_weights(weights);
    const double below = *trainer.loss(examples.batch());
    weight = before;
    worst = std::max(worst, std::abs((above - below) / (up - down) - gradient[i]));
  }
  EXPECT_LT(worst, 1e-6);
}

// The native net is what plays: it must be the one that was trained.
TEST(PolicyTrainer, TheExportedNetAnswersAsLibtorchDoes) {
  const auto start = *PolicyNet::random(reason::net_shape<ConnectFour>(128, 64), 5);
  auto trainer = *PolicyTrainer::create(start, {});
  const Examples examples = random_examples<ConnectFour>(256, 3);
  std::vector<float> errors(256);
  for (int step = 0; step < 20; ++step) {
    ASSERT_TRUE(trainer.step(examples.batch(), 0.003, errors));
  }
  const auto net = std::make_shared<PolicyNet>(*trainer.net());
  EXPECT_NE(net->model(), start.model());

  auto native = *reason::NetEvaluator<ConnectFour>::create(net);
  TorchEvaluator<ConnectFour> torch(trainer, net->model());
  std::vector<ConnectFour> positions;
  Rng rng(4);
  while (positions.size() < 200) {
    ConnectFour position;
    reason::Move moves[ConnectFour::kMovesMax];
    for (std::uint64_t left = rng.below(30); left > 0 && !position.over(); --left) {
      position.play(moves[rng.below(static_cast<std::uint64_t>(position.moves(moves)))]);
    }
    if (!position.over()) positions.push_back(position);
  }
  std::vector<float> values(200), logits(200 * 7), torch_values(200), torch_logits(200 * 7);
  native.evaluate(positions, values, logits);
  torch.evaluate(positions, torch_values, torch_logits);
  EXPECT_TRUE(torch.has_policy());
  EXPECT_EQ(torch.model(), native.model());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], torch_values[i], 1e-5);
  for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], torch_logits[i], 1e-5);
  // One by one as all together.
  for (std::size_t i = 0; i < 20; ++i) {
    float value = 0, row[7];
    torch.evaluate({&positions[i], 1}, {&value, 1}, row);
    EXPECT_NEAR(value, torch_values[i], 1e-5);
    for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(row[k], torch_logits[i * 7 + k], 1e-5);
  }
}

TEST(PolicyTrainer, ASearchCanAskLibtorch) {
  const auto net = *PolicyNet::random(reason::net_shape<ConnectFour>(16, 16), 3);
  const auto trainer = *PolicyTrainer::create(net, {});
  TorchEvaluator<ConnectFour> evaluator(trainer, net.model());
  auto search = *reason::Mcts<ConnectFour>::create({});
  search.reset(ConnectFour::start());
  search.run(evaluator, 200, 8);
  EXPECT_EQ(search.simulations(), 200);
  search.reset(*reason::play_text(ConnectFour::start(), "445566"));  // 3 and 7 win
  search.run(evaluator, 50, 8);
  EXPECT_EQ(search.proven_value(), 1);
}

TEST(PolicyTrainer, EachExampleCountsByItsWeight) {
  auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(), {.double_precision = true});
  Examples both = random_examples<TicTacToe>(2, 6);
  const auto gradient_of = [&](float first, float second) {
    both.weights = {first, second};
    return *trainer.gradient(both.batch());
  };
  const auto one = gradient_of(1, 0), two = gradient_of(0, 1), mixed = gradient_of(0.25F, 1);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(mixed[i], 0.25 * one[i] + two[i], 1e-12);
  }
}

TEST(PolicyTrainer, ALossThatIsNotFiniteChangesNothing) {
  auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(), {});
  Examples examples = random_examples<TicTacToe>(4, 7);
  std::vector<float> errors(4);
  ASSERT_TRUE(trainer.step(examples.batch(), 0.01, errors));
  const auto before = flat(trainer.net()->weights());
  const AdamState state = trainer.state();
  examples.values[2] = std::numeric_limits<float>::quiet_NaN();
  const auto result = trainer.step(examples.batch(), 0.01, errors);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(flat(trainer.net()->weights()), before);
  EXPECT_EQ(trainer.state().steps, state.steps);
  EXPECT_EQ(trainer.state().first, state.first);
}

TEST(PolicyTrainer, LongGradientsAreClipped) {
  const Examples examples = random_examples<TicTacToe>(8, 8);
  std::vector<float> errors(8);
  const auto first_moment = [&](double norm_max) {
    auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(), {.gradient_norm_max = norm_max});
    const auto result = trainer.step(examples.batch(), 0.001, errors);
    EXPECT_GT(result->gradient_norm, 0.1);  // before clipping
    double squares = 0;
    for (const float value : trainer.state().first) squares += double{value} * value;
    return std::sqrt(squares) / 0.1;  // the mean takes a tenth of the gradient
  };
  EXPECT_NEAR(first_moment(0.05), 0.05, 1e-4);
  EXPECT_GT(first_moment(0), 0.1);
  EXPECT_NEAR(first_moment(0), first_moment(1000), 1e-9);
}

TEST(PolicyTrainer, GoesOnFromWeightsAndState) {
  const Examples examples = random_examples<TicTacToe>(32, 9);
  std::vector<float> errors(32);
  auto whole = *PolicyTrainer::create(net_for_tic_tac_toe(), {});
  for (int step = 0; step < 5; ++step) ASSERT_TRUE(whole.step(examples.batch(), 0.01, errors));
  auto resumed = *PolicyTrainer::create(*whole.net(), {});
  ASSERT_TRUE(resumed.set_state(whole.state()));
  for (int step = 0; step < 5; ++step) {
    ASSERT_TRUE(whole.step(examples.batch(), 0.01, errors));
    ASSERT_TRUE(resumed.step(examples.batch(), 0.01, errors));
  }
  EXPECT_EQ(flat(resumed.net()->weights()), flat(whole.net()->weights()));
  AdamState other = whole.state();
  other.first.pop_back();
  EXPECT_EQ(resumed.set_state(other).error().field, "optimiser");
}

TEST(PolicyTrainer, RefusesArraysOfAnotherShape) {
  auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(), {});
  const Examples good = random_examples<TicTacToe>(4, 10);
  std::vector<float> errors(4);
  Examples bad = good;
  bad.inputs.pop_back();
  EXPECT_EQ(trainer.step(bad.batch(), 0.1, errors).error().field, "inputs");
  bad = good;
  bad.policies.push_back(0);
  EXPECT_EQ(trainer.loss(bad.batch()).error().field, "policies");
  bad = good;
  bad.weights.pop_back();
  EXPECT_EQ(trainer.gradient(bad.batch()).error().field, "weights");
  EXPECT_EQ(trainer.step(good.batch(), 0.1, std::span(errors).first(3)).error().field, "errors");
  EXPECT_EQ(trainer.loss({}).error().field, "values");
  EXPECT_EQ(PolicyTrainer::create(net_for_tic_tac_toe(), {.weight_decay = -1}).error().field,
            "weight_decay");
}

TEST(PolicyTrainer, WeightsShrinkByTheirDecay) {
  Examples examples = random_examples<TicTacToe>(2, 11);
  examples.weights = {0, 0};  // no gradient
  std::vector<float> errors(2);
  auto trainer = *PolicyTrainer::create(net_for_tic_tac_toe(), {.weight_decay = 0.5});
  const auto before = flat(trainer.net()->weights());
  ASSERT_TRUE(trainer.step(examples.batch(), 0.1, errors));
  const auto after = flat(trainer.net()->weights());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], 0.95F * before[i], 1e-6);
}

TEST(UseOneThread, MeasuresTheSpeedOfItsBlas) { EXPECT_GT(use_one_thread(), 0.01); }

}  // namespace
}  // namespace hardwon::nets
