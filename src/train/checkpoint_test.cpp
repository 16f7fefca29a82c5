#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/file.h"
#include "base/hash.h"

namespace hardwon::train {
namespace {

namespace fs = std::filesystem;
using reason::PolicyNet;

constexpr std::size_t kFileMax = 1 << 20;

Checkpoint example() {
  const reason::NetShape shape{
      .game = "tic-tac-toe", .inputs = 18, .hidden1 = 16, .hidden2 = 16, .actions = 9};
  const auto latest = *PolicyNet::random(shape, 1), best = *PolicyNet::random(shape, 2);
  const auto trainer = *nets::PolicyTrainer::create(latest, {});
  Checkpoint checkpoint{.config = "seed: 1\n",
                        .shape = shape,
                        .iteration = 7,
                        .examples = 123,
                        .promotions = 2,
                        .cpu_seconds = 1.5,
                        .latest = latest.weights(),
                        .best = best.weights(),
                        .optimiser = trainer.state(),
                        .errors = {{.id = "1/2/3", .error = 0.25F}, {.id = "x", .error = 2}},
                        .metrics = "{\"iteration\":7}",
                        .promotion = "{}"};
  checkpoint.optimiser.steps = 99;
  checkpoint.optimiser.first[3] = 0.5F;
  return checkpoint;
}

class CheckpointFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove(path); }
  void TearDown() override { fs::remove(path); }
  void write(const std::string& bytes) { ASSERT_TRUE(write_file_atomically(path, bytes)); }
  ErrorCode code() {
    const auto loaded = load_checkpoint(path);
    EXPECT_FALSE(loaded);
    if (loaded) return ErrorCode::kNotFound;
    EXPECT_EQ(loaded.error().path, path.string());
    return loaded.error().code;
  }

  fs::path path = fs::path(::testing::TempDir()) / "hardwon_checkpoint_test.train";
};

TEST_F(CheckpointFile, ComesBackAsItWas) {
  const Checkpoint before = example();
  ASSERT_TRUE(save_checkpoint(before, path));
  const auto after = load_checkpoint(path);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->config, before.config);
  EXPECT_EQ(after->shape, before.shape);
  EXPECT_EQ(after->iteration, 7);
  EXPECT_EQ(after->examples, 123U);
  EXPECT_EQ(after->promotions, 2);
  EXPECT_EQ(after->cpu_seconds, 1.5);
  EXPECT_EQ(after->latest.w1, before.latest.w1);
  EXPECT_EQ(after->best.b3, before.best.b3);
  EXPECT_EQ(after->best.w2, before.best.w2);
  EXPECT_EQ(after->optimiser.steps, 99U);
  EXPECT_EQ(after->optimiser.first, before.optimiser.first);
  EXPECT_EQ(after->optimiser.second, before.optimiser.second);
  ASSERT_EQ(after->errors.size(), 2U);
  EXPECT_EQ(after->errors[0].id, "1/2/3");
  EXPECT_EQ(after->errors[1].error, 2);
  EXPECT_EQ(after->metrics, before.metrics);
  EXPECT_EQ(after->promotion, "{}");
}

TEST_F(CheckpointFile, EveryCutAndEveryFlippedByteIsNoticed) {
  ASSERT_TRUE(save_checkpoint(example(), path));
  const std::string bytes = *read_file(path, kFileMax);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 8) {
    write(bytes.substr(0, size));
    EXPECT_EQ(code(), ErrorCode::kCorruption) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 1 + at / 8) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 16);
    write(damaged);
    EXPECT_EQ(code(), ErrorCode::kCorruption) << at;
  }
  write(bytes + "x");
  EXPECT_EQ(code(), ErrorCode::kCorruption);
}

TEST_F(CheckpointFile, SomethingElseIsRefused) {
  write("PK\x03\x04 an archive of somebody else");
  EXPECT_EQ(code(), ErrorCode::kCorruption);
  fs::remove(path);
  EXPECT_EQ(code(), ErrorCode::kIo);
}

// With its check sums right: what only a program that writes such files could have made.
TEST_F(CheckpointFile, ANewerVersionAndWrongContentsAreRefused) {
  ASSERT_TRUE(save_checkpoint(example(), path));
  const std::string bytes = *read_file(path, kFileMax);
  const auto sealed = [](std::string changed) {
    const std::uint64_t payload = hash64(std::string_view(changed).substr(48));
    const std::uint64_t size = changed.size();
    changed.replace(16, 8, reinterpret_cast<const char*>(&size), 8);
    changed.replace(24, 8, reinterpret_cast<const char*>(&payload), 8);
    const std::uint64_t header = hash64(std::string_view(changed).substr(0, 40));
    return changed.replace(40, 8, reinterpret_cast<const char*>(&header), 8);
  };
  std::string newer = bytes;
  newer[8] = 2;
  write(sealed(newer));
  EXPECT_EQ(code(), ErrorCode::kUnavailable);
  std::string other = bytes;
  other.replace(other.find("\"iteration\":"), 12, "\"iterashun\":");
  write(sealed(other));
  EXPECT_EQ(code(), ErrorCode::kCorruption);
  write(sealed(bytes.substr(0, bytes.size() - 3)));
  EXPECT_EQ(code(), ErrorCode::kCorruption);
  write(sealed(bytes + "abc"));
  EXPECT_EQ(code(), ErrorCode::kCorruption);
}

TEST_F(CheckpointFile, WeightsThatAreNoNumbersAreRefused) {
  Checkpoint checkpoint = example();
  checkpoint.best.w2[5] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(save_checkpoint(checkpoint, path));
  EXPECT_EQ(code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hardwon::train
