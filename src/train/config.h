#pragma once

// What hardwon-train reads from its YAML file; every key stands in docs/configuration.md.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hardwon/error.h"

namespace hardwon::train {

struct SelfPlayConfig {
  std::int64_t games = 500;                      // an iteration
  std::int64_t parallel_games = 64;              // whose leaves are evaluated together
  std::int64_t simulations = 200;                // of a full search
  std::int64_t fast_simulations = 32;            // of a fast search, which gives no example
  double full_search_share = 0.25;               // of the moves; 1: every search is a full one
  std::int64_t leaves = 8;                       // of one tree in a batch
  std::string root = "puct";                     // or gumbel
  std::int64_t considered_moves = 16;            // by gumbel
  double exploration = 1.25;                     // c of PUCT
  double noise_alpha = 1.0, noise_share = 0.25;  // Dirichlet noise at the root of full searches
  double temperature = 1, temperature_final = 0.25;
  std::int64_t temperature_plies = 12;  // plies at `temperature`, later ones at the final one
  std::int64_t random_plies_max = 0;    // random moves before the game, 0 to this many
  double root_value_share = 0.5;        // value target = share · search's value + rest · result
  bool reuse_tree = true;
  std::string model = "best";        // or latest: which net plays
  std::string evaluator = "native";  // or torch
};

struct BufferConfig {
  std::int64_t capacity = 100'000;    // examples
  std::int64_t size_min = 1'000;      // fewer are not ready for training
  double priority_exponent = 0.6;     // of an example's value error; 0: all alike
  double beta = 0.4, beta_final = 1;  // of the importance weights, first and last iteration
};

struct TrainingConfig {
  std::int64_t batch = 256, steps = 200;                    // an iteration
  double learning_rate = 1e-3, learning_rate_final = 1e-4;  // between them a cosine
  double weight_decay = 1e-4;
  double gradient_norm_max = 5;  // 0: gradients are not clipped
  double value_weight = 1;
  bool augment = true;  // by the game's symmetries
};

struct ArenaConfig {
  std::int64_t interval = 1;        // iterations between matches
  std::string rule = "sequential";  // or threshold
  std::int64_t simulations = 64;    // a move
  std::int64_t opening_plies = 4, openings = 200;
  std::int64_t pairs_min = 8, pairs_max = 100;
  double threshold = 0.55;
  double elo_low = 0, elo_high = 50;
};

struct TrainConfig {
  std::string game = "connect-four";  // or tic-tac-toe
  std::string directory;              // of the run
  std::int64_t seed = 1;
  std::int64_t iterations = 50;
  std::int64_t hidden1 = 128, hidden2 = 128;
  SelfPlayConfig self_play;
  BufferConfig buffer;
  TrainingConfig training;
  ArenaConfig arena;
};

// One key of the file and the field that it sets.
struct ConfigKey {
  std::string_view name;  // "self_play.games"
  std::variant<std::int64_t*, double*, bool*, std::string*> target;
  double low = 0, high = 0;       // of numbers
  std::string_view choices = {};  // of texts, "a|b"; empty: any text
  bool resumable = false;         // may change between a run and its resumption
};
std::vector<ConfigKey> config_keys(TrainConfig& config);

// Errors: kInvalidArgument with path, line and field for unknown keys, values out of range and
// malformed YAML; kIo.
Result<TrainConfig> parse_train_config(const std::string& yaml, const std::string& path);
Result<TrainConfig> read_train_config(const std::filesystem::path& path);

// Every key with its value, one a line: what a checkpoint remembers.
std::string config_text(const TrainConfig& config);
// kInvalidArgument with the field when a key that must not change has another value in `text`.
Result<void> check_resumable(const TrainConfig& config, std::string_view text);

}  // namespace hardwon::train
