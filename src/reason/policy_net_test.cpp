#include "reason/policy_net.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "reason/connect_four.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"
#include "reason/othello.h"
#include "reason/policy_net_kernels.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

const NetShape kShape = net_shape<ConnectFour>();

PolicyNet make_net(std::uint64_t seed = 1, const NetShape& shape = kShape) {
  auto net = PolicyNet::random(shape, seed);
  EXPECT_TRUE(net.has_value());
  return *std::move(net);
}

std::filesystem::path file_in_temp(const char* name) {
  return std::filesystem::path(::testing::TempDir()) / name;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <Game G>
std::vector<G> random_positions(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<G> positions;
  Move moves[G::kMovesMax];
  while (positions.size() < count) {
    G position = G::start();
    for (int legal = position.moves(moves); legal > 0; legal = position.moves(moves)) {
      if (positions.size() < count && rng.below(4) == 0) positions.push_back(position);
      position.play(moves[rng.below(static_cast<std::uint64_t>(legal))]);
    }
  }
  return positions;
}

struct Answers {
  std::vector<float> values, logits;
};

template <Game G>
Answers evaluate(Evaluator<G>& evaluator, std::span<const G> positions) {
  Answers answers{std::vector<float>(positions.size()),
                  std::vector<float>(positions.size() * G::kActions)};
  evaluator.evaluate(positions, answers.values, answers.logits);
  return answers;
}

// The formula at the head of policy_net.h, in double precision.
template <Game G>
void expect_formula(const NetShape& shape, std::size_t batch) {
  NetWeights biased = make_net(batch, shape).weights();
  Rng rng(batch);
  for (auto* bias : {&biased.b1, &biased.b2, &biased.b3}) {
    for (float& value : *bias) value = static_cast<float>(rng.uniform() - .5);
  }
  const PolicyNet net = *PolicyNet::create(shape, biased);
  auto evaluator = *NetEvaluator<G>::create(std::make_shared<PolicyNet>(net));
  const std::vector<G> positions = random_positions<G>(batch, 3);
  const Answers answers = evaluate<G>(evaluator, positions);
  const auto layer = [](const std::vector<double>& in, const std::vector<float>& weights,
                        const std::vector<float>& bias, bool rectify) {
    std::vector<double> out(bias.begin(), bias.end());
    for (std::size_t i = 0; i < in.size(); ++i) {
      for (std::size_t j = 0; j < out.size(); ++j) {
        out[j] += in[i] * static_cast<double>(weights[i * out.size() + j]);
      }
    }
    for (double& x : out) x = rectify ? std::max(x, 0.0) : x;
    return out;
  };
  const NetWeights& w = net.weights();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    std::vector<double> x(G::kInputs, 0);
    std::uint16_t active[G::kInputs];
    const int count = positions[i].active_inputs(active);
    for (int k = 0; k < count; ++k) x[active[k]] = 1;
    const auto out = layer(layer(layer(x, w.w1, w.b1, true), w.w2, w.b2, true), w.w3, w.b3, false);
    EXPECT_NEAR(answers.values[i], std::tanh(out[G::kActions]), 2e-5);
    for (std::size_t a = 0; a < G::kActions; ++a) {
      EXPECT_NEAR(answers.logits[i * G::kActions + a], out[a], 2e-4);
    }
  }
}

TEST(PolicyNet, ComputesItsFormulaForEveryBatchAndShape) {
  for (const std::size_t batch : {1U, 3U, 4U, 7U, 64U}) {
    expect_formula<ConnectFour>(net_shape<ConnectFour>(128, 128), batch);
    expect_formula<ConnectFour>(net_shape<ConnectFour>(16, 48), batch);
    expect_formula<TicTacToe>(net_shape<TicTacToe>(32, 16), batch);
    expect_formula<Othello<6>>(net_shape<Othello<6>>(64, 80), batch);
  }
}

TEST(PolicyNet, AnswersDoNotDependOnTheBatch) {
  auto evaluator = *NetEvaluator<ConnectFour>::create(std::make_shared<PolicyNet>(make_net()));
  const auto positions = random_positions<ConnectFour>(37, 5);
  const Answers together = evaluate<ConnectFour>(evaluator, positions);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Answers alone = evaluate<ConnectFour>(evaluator, {&positions[i], 1});
    EXPECT_EQ(alone.values[0], together.values[i]);
    for (std::size_t a = 0; a < 7; ++a) EXPECT_EQ(alone.logits[a], together.logits[7 * i + a]);
  }
}

TEST(PolicyNet, TheFastKernelsAgreeWithThePortableOnes) {
  Rng rng(8);
  constexpr std::size_t kRows = 9, kIn = 48, kOut = 80;
  std::vector<float> weights(kIn * kOut), bias(kOut), in(kRows * kIn);
  for (auto* values : {&weights, &bias, &in}) {
    for (float& value : *values) value = static_cast<float>(rng.uniform() * 2 - 1);
  }
  std::vector<float> fast(kRows * kOut), portable(kRows * kOut);
  for (const bool rectify : {true, false}) {
    DenseLayer layer{weights.data(), bias.data(), kIn,         kOut,
                     in.data(),      kRows,       fast.data(), rectify};
    best_net_kernels().dense(layer);
    layer.out = portable.data();
    portable_net_kernels().dense(layer);
    for (std::size_t i = 0; i < fast.size(); ++i) EXPECT_NEAR(fast[i], portable[i], 1e-5);
  }
  const std::vector<std::uint16_t> active = {0, 5, 47, 3, 12};
  const std::vector<std::uint32_t> offsets = {0, 0, 3, 5};
  SparseLayer layer{weights.data(), bias.data(), kOut,       active.data(),
                    offsets.data(), 3,           fast.data()};
  best_net_kernels().sparse(layer);
  layer.out = portable.data();
  portable_net_kernels().sparse(layer);
  for (std::size_t i = 0; i < 3 * kOut; ++i) EXPECT_EQ(fast[i], portable[i]);
  EXPECT_STRNE(best_net_kernels().isa, "");
}

TEST(PolicyNet, ComesBackFromItsFileAsItWas) {
  const auto path = file_in_temp("net.policy");
  const PolicyNet net = make_net(7);
  ASSERT_TRUE(net.save(path).has_value());
  const auto loaded = PolicyNet::load(path);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded->shape(), net.shape());
  EXPECT_EQ(loaded->weights().w1, net.weights().w1);
  EXPECT_EQ(loaded->weights().b3, net.weights().b3);
  EXPECT_EQ(loaded->weights().w3, net.weights().w3);
  EXPECT_EQ(loaded->model(), net.model());
  EXPECT_NE(make_net(8).model(), net.model());
  EXPECT_EQ(bytes_of(path).size(), 128 + 4 * (84U * 128 + 128 + 128 * 128 + 128 + 128 * 8 + 8));
}

// The layout of docs/formats/policy-net.md.
TEST(PolicyNet, ItsFileIsLaidOutAsDocumented) {
  const auto path = file_in_temp("layout.policy");
  ASSERT_TRUE(make_net(7).save(path).has_value());
  const std::string bytes = bytes_of(path);
  EXPECT_EQ(bytes.substr(0, 8), std::string("HWPOLIC\0", 8));
  EXPECT_EQ(bytes.substr(8, 8), std::string("\1\0\0\0\200\0\0\0", 8));
  EXPECT_EQ(bytes.substr(16, 16), std::string("\124\0\0\0\200\0\0\0\200\0\0\0\7\0\0\0", 16));
  EXPECT_EQ(bytes.substr(48, 13), std::string("connect-four\0", 13));
}

TEST(PolicyNet, AnyDamagedByteOfItsFileIsAnError) {
  const auto path = file_in_temp("damaged.policy");
  ASSERT_TRUE(make_net(7, net_shape<TicTacToe>(16, 16)).save(path).has_value());
  const std::string sound = bytes_of(path);
  for (std::size_t at = 0; at < sound.size(); at += at < 128 ? 1 : 97) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    write_bytes(path, bytes);
    const auto net = PolicyNet::load(path);
    ASSERT_FALSE(net.has_value()) << "byte " << at;
    EXPECT_EQ(net.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(net.error().path, path.string());
  }
  for (const std::size_t size : {0UL, 1UL, 127UL, 128UL, sound.size() - 1, sound.size() + 1}) {
    std::string bytes = sound;
    bytes.resize(size);
    write_bytes(path, bytes);
    EXPECT_FALSE(PolicyNet::load(path).has_value()) << size;
  }
  EXPECT_EQ(PolicyNet::load(file_in_temp("absent.policy")).error().code, ErrorCode::kIo);
}

// A header with check sums that are right, and a shape that is not.
TEST(PolicyNet, AForeignVersionOrShapeIsRefusedThoughItsCheckSumsAreRight) {
  const auto path = file_in_temp("foreign.policy");
  ASSERT_TRUE(make_net(7).save(path).has_value());
  const std::string sound = bytes_of(path);
  const auto load_with = [&](std::size_t at, std::uint32_t value) {
    std::string bytes = sound;
    std::memcpy(bytes.data() + at, &value, 4);
    const std::uint64_t sum = hash64(std::string_view(bytes).substr(0, 120));
    std::memcpy(bytes.data() + 120, &sum, 8);
    write_bytes(path, bytes);
    return PolicyNet::load(path).error();
  };
  EXPECT_EQ(load_with(8, 2).code, ErrorCode::kUnavailable);
  EXPECT_EQ(load_with(16, 85).code, ErrorCode::kCorruption);  // sizes disagree
  EXPECT_EQ(load_with(20, 100).field, "hidden1");
  EXPECT_EQ(load_with(24, 0xffffffff).field, "hidden2");
  EXPECT_EQ(load_with(28, 4000).field, "actions");
}

TEST(PolicyNet, WeightsThatAreNoNumbersOrTooLargeAreRefused) {
  const PolicyNet net = make_net();
  const auto error_with = [&](std::vector<float> NetWeights::* array, float value) {
    NetWeights weights = net.weights();
    (weights.*array)[3] = value;
    const auto made = PolicyNet::create(kShape, weights);
    return made ? "" : made.error().field + ": " + made.error().message;
  };
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_with(&NetWeights::w2, nan), "w2: found nan at 3, expected a finite number");
  EXPECT_EQ(error_with(&NetWeights::b3, -infinity),
            "b3: found -inf at 3, expected a finite number");
  EXPECT_EQ(error_with(&NetWeights::w1, 3e38F), "weights: so large that an output could overflow");
  EXPECT_EQ(error_with(&NetWeights::w1, 2), "");
  NetWeights cut = net.weights();
  cut.w3.pop_back();
  EXPECT_EQ(PolicyNet::create(kShape, cut).error().field, "w3");
}

TEST(PolicyNet, ANetForAnotherGameIsRefused) {
  const auto net = std::make_shared<PolicyNet>(make_net());
  const auto evaluator = NetEvaluator<Othello<8>>::create(net);
  ASSERT_FALSE(evaluator.has_value());
  EXPECT_EQ(evaluator.error().field, "model");
  EXPECT_EQ(evaluator.error().message,
            "found a net for connect-four with 84 inputs and 7 actions, expected one for othello-8 "
            "with 128 inputs and 65 actions");
}

TEST(PolicyNet, AFailedSaveLeavesTheOldFile) {
  const auto path = file_in_temp("kept.policy");
  ASSERT_TRUE(make_net(1).save(path).has_value());
  EXPECT_FALSE(make_net(2).save(path / "below-a-file").has_value());
  EXPECT_EQ(PolicyNet::load(path)->model(), make_net(1).model());
}

TEST(NetEvaluator, TheMoverSeesItsOwnStonesFirst) {
  std::uint16_t active[84];
  const ConnectFour after = *play_text(ConnectFour::start(), "4");
  ASSERT_EQ(after.active_inputs(active), 1);
  EXPECT_EQ(active[0], 42 + 18);  // the other's stone, column 4, bottom
  ASSERT_EQ(play_text(after, "1")->active_inputs(active), 2);
  EXPECT_EQ(active[0], 18);
  EXPECT_EQ(active[1], 42);
}

TEST(NetEvaluator, SearchesWithANet) {
  auto evaluator = *NetEvaluator<ConnectFour>::create(std::make_shared<PolicyNet>(make_net()));
  auto search = *Mcts<ConnectFour>::create({});
  search.reset(*play_text(ConnectFour::start(), "12121"));
  search.run(evaluator, 800, 16);
  EXPECT_EQ(search.best_moves(), std::vector<Move>{0});  // blocks
}

}  // namespace
}  // namespace hardwon::reason
