#include "train/config.h"

#include <gtest/gtest.h>

namespace hardwon::train {
namespace {

Error error_of(const std::string& yaml) {
  const auto config = parse_train_config(yaml, "c.yaml");
  EXPECT_FALSE(config) << yaml;
  return config ? Error{} : config.error();
}

TEST(TrainConfig, ReadsSectionsAndKeepsDefaults) {
  const auto config = parse_train_config(
      "game: tic-tac-toe\ndirectory: d\nseed: 7\nnet: {hidden1: 32}\n"
      "self_play:\n  games: 9\n  reuse_tree: false\n  root: gumbel\ntraining: {augment: no}\n",
      "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->game, "tic-tac-toe");
  EXPECT_EQ(config->seed, 7);
  EXPECT_EQ(config->hidden1, 32);
  EXPECT_EQ(config->hidden2, TrainConfig().hidden2);
  EXPECT_EQ(config->self_play.games, 9);
  EXPECT_FALSE(config->self_play.reuse_tree);
  EXPECT_EQ(config->self_play.root, "gumbel");
  EXPECT_FALSE(config->training.augment);
}

TEST(TrainConfig, AnUnknownKeyIsNamedWithItsLine) {
  const Error error = error_of("directory: d\nself_play:\n  games: 3\n  gamse: 4\n");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.path, "c.yaml");
  EXPECT_EQ(error.line, 4);
  EXPECT_EQ(error.field, "self_play.gamse");
  EXPECT_EQ(error_of("directory: d\nlearning: {}\n").field, "learning");
}

TEST(TrainConfig, WrongValuesAreRefused) {
  for (const auto& [yaml, field] : std::initializer_list<std::pair<const char*, const char*>>{
           {"game: chess", "game"},
           {"seed: -1", "seed"},
           {"seed: 1.5", "seed"},
           {"iterations: many", "iterations"},
           {"iterations: 0", "iterations"},
           {"iterations: .nan", "iterations"},
           {"net: 3", "net"},
           {"net: {hidden1: 24}", "net.hidden1"},
           {"self_play: {full_search_share: 0}", "self_play.full_search_share"},
           {"self_play: {reuse_tree: perhaps}", "self_play.reuse_tree"},
           {"self_play: {evaluator: gpu}", "self_play.evaluator"},
           {"training: {learning_rate: .inf}", "training.learning_rate"},
           {"training: {learning_rate: [1]}", "training.learning_rate"},
           {"buffer: {capacity: 10, size_min: 11}", "buffer.size_min"},
           {"arena: {elo_low: 10, elo_high: 10}", "arena.elo_low"},
           {"arena: {pairs_min: 30, pairs_max: 20}", "arena.pairs_min"},
           {"seed: 1\nseed: 2", "seed"},
           {"seed: 1", "directory"}}) {
    const std::string directory = std::string(field) == "directory" ? "" : "directory: d\n";
    EXPECT_EQ(error_of(directory + yaml).field, field) << yaml;
  }
  EXPECT_EQ(error_of("a: [").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("- 1").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("").code, ErrorCode::kInvalidArgument);
}

TEST(TrainConfig, WhatMayChangeInAResumptionIsKnown) {
  TrainConfig config;
  config.directory = "d";
  const std::string text = config_text(config);
  EXPECT_TRUE(check_resumable(config, text));
  TrainConfig longer = config;
  longer.iterations += 10;
  longer.directory = "moved";
  EXPECT_TRUE(check_resumable(longer, text));
  TrainConfig other = config;
  other.training.learning_rate /= 2;
  const auto refused = check_resumable(other, text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "training.learning_rate");
}

}  // namespace
}  // namespace hardwon::train
