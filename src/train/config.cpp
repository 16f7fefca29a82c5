#include "train/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/file.h"

namespace hardwon::train {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;

std::string value_text(const ConfigKey& key) {
  return std::visit([](const auto* value) { return fmt::format("{}", *value); }, key.target);
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == value) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::string path) : path_(std::move(path)), keys_(config_keys(config_)) {}

  Result<TrainConfig> parse(const YAML::Node& root) {
    if (!root.IsMap()) return wrong(root, "", "a mapping of keys");
    TRY(take_map(root, ""));
    if (config_.directory.empty()) return wrong(root, "directory", "a directory for the run");
    TRY(check_together(root));
    return config_;
  }

 private:
  std::unexpected<Error> wrong(const YAML::Node& node, std::string field,
                               std::string_view expected) const {
    std::string found = node.IsScalar() ? "'" + node.Scalar() + "'" : "a structure";
    return std::unexpected(
        Error{.code = ErrorCode::kInvalidArgument,
              .message = "found " + found + ", expected " + std::string(expected),
              .path = path_,
              .line = node.Mark().line + 1,
              .field = std::move(field)});
  }

  Result<void> take_map(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return wrong(entry.first, prefix, "the name of a key");
      const std::string name = prefix + entry.first.Scalar();
      const bool is_section = std::ranges::any_of(
          keys_, [&](const ConfigKey& key) { return key.name.starts_with(name + "."); });
      if (is_section) {
        if (!entry.second.IsMap()) return wrong(entry.second, name, "a mapping of keys");
        TRY(take_map(entry.second, name + "."));
        continue;
      }
      const auto found = std::ranges::find(keys_, name, &ConfigKey::name);
      if (found == keys_.end()) {
        return wrong(entry.first, name, "a known key (docs/configuration.md)");
      }
      if (std::ranges::find(seen_, name) != seen_.end()) {
        return wrong(entry.first, name, "each key once");
      }
      seen_.push_back(name);
      TRY(take(*found, entry.second));
    }
    return {};
  }

  Result<void> take(const ConfigKey& key, const YAML::Node& node) {
    const std::string field(key.name);
    if (auto* const* flag = std::get_if<bool*>(&key.target)) {
      if (!node.IsScalar() || !YAML::convert<bool>::decode(node, **flag)) {
        return wrong(node, field, "true or false");
      }
      return {};
    }
    if (auto* const* text = std::get_if<std::string*>(&key.target)) {
      if (!node.IsScalar() || node.Scalar().empty()) return wrong(node, field, "a text");
      if (!key.choices.empty() && !is_choice(key.choices, node.Scalar())) {
        return wrong(node, field, "one of " + std::string(key.choices));
      }
      **text = node.Scalar();
      return {};
    }
    const bool whole = std::holds_alternative<std::int64_t*>(key.target);
    double value = 0;
    const bool is_number = node.IsScalar() && YAML::convert<double>::decode(node, value);
    if (!is_number || !(value >= key.low && value <= key.high) ||
        (whole && value != std::floor(value))) {
      return wrong(
          node, field,
          fmt::format("a {} from {} to {}", whole ? "whole number" : "number", key.low, key.high));
    }
    if (whole) {
      *std::get<std::int64_t*>(key.target) = static_cast<std::int64_t>(value);
    } else {
      *std::get<double*>(key.target) = value;
    }
    return {};
  }

  Result<void> check_together(const YAML::Node& root) const {
    if (config_.buffer.size_min > config_.buffer.capacity) {
      return wrong(root, "buffer.size_min", "at most buffer.capacity");
    }
    if (config_.arena.pairs_min > config_.arena.pairs_max) {
      return wrong(root, "arena.pairs_min", "at most arena.pairs_max");
    }
    if (!(config_.arena.elo_low < config_.arena.elo_high)) {
      return wrong(root, "arena.elo_low", "less than arena.elo_high");
    }
    if (config_.hidden1 % 16 != 0) return wrong(root, "net.hidden1", "a multiple of 16");
    if (config_.hidden2 % 16 != 0) return wrong(root, "net.hidden2", "a multiple of 16");
    return {};
  }

  std::string path_;
  TrainConfig config_;
  std::vector<ConfigKey> keys_;
  std::vector<std::string> seen_;
};

void add_self_play_keys(SelfPlayConfig& play, std::vector<ConfigKey>& keys) {
  const std::vector<ConfigKey> more = {
      {"self_play.games", &play.games, 1, 1e6},
      {"self_play.parallel_games", &play.parallel_games, 1, 4096},
      {"self_play.simulations", &play.simulations, 1, 1e6},
      {"self_play.fast_simulations", &play.fast_simulations, 1, 1e6},
      {"self_play.full_search_share", &play.full_search_share, 0.01, 1},
      {"self_play.leaves", &play.leaves, 1, 256},
      {"self_play.root", &play.root, 0, 0, "puct|gumbel"},
      {"self_play.considered_moves", &play.considered_moves, 1, 128},
      {"self_play.exploration", &play.exploration, 1e-3, 100},
      {"self_play.noise_alpha", &play.noise_alpha, 1e-3, 100},
      {"self_play.noise_share", &play.noise_share, 0, 1},
      {"self_play.temperature", &play.temperature, 0, 10},
      {"self_play.temperature_final", &play.temperature_final, 0, 10},
      {"self_play.temperature_plies", &play.temperature_plies, 0, 1000},
      {"self_play.random_plies_max", &play.random_plies_max, 0, 1000},
      {"self_play.root_value_share", &play.root_value_share, 0, 1},
      {"self_play.reuse_tree", &play.reuse_tree},
      {"self_play.model", &play.model, 0, 0, "best|latest"},
      {"self_play.evaluator", &play.evaluator, 0, 0, "native|torch"},
  };
  keys.insert(keys.end(), more.begin(), more.end());
}

}  // namespace

std::vector<ConfigKey> config_keys(TrainConfig& config) {
  std::vector<ConfigKey> keys = {
      {"game", &config.game, 0, 0, "tic-tac-toe|connect-four"},
      {.name = "directory", .target = &config.directory, .resumable = true},
      {"seed", &config.seed, 0, 9e15},
      {"iterations", &config.iterations, 1, 1e6, "", true},
      {"net.hidden1", &config.hidden1, 16, 4096},
      {"net.hidden2", &config.hidden2, 16, 4096},
  };
  add_self_play_keys(config.self_play, keys);
  BufferConfig& buffer = config.buffer;
  TrainingConfig& training = config.training;
  ArenaConfig& arena = config.arena;
  const std::vector<ConfigKey> more = {
      {"buffer.capacity", &buffer.capacity, 1, 1e8},
      {"buffer.size_min", &buffer.size_min, 1, 1e8},
      {"buffer.priority_exponent", &buffer.priority_exponent, 0, 4},
      {"buffer.beta", &buffer.beta, 0, 1},
      {"buffer.beta_final", &buffer.beta_final, 0, 1},
      {"training.batch", &training.batch, 1, 65536},
      {"training.steps", &training.steps, 1, 1e6},
      {"training.learning_rate", &training.learning_rate, 1e-9, 10},
      {"training.learning_rate_final", &training.learning_rate_final, 1e-9, 10},
      {"training.weight_decay", &training.weight_decay, 0, 10},
      {"training.gradient_norm_max", &training.gradient_norm_max, 0, 1e9},
      {"training.value_weight", &training.value_weight, 0, 1e6},
      {"training.augment", &training.augment},
      {"arena.interval", &arena.interval, 1, 1e6},
      {"arena.rule", &arena.rule, 0, 0, "threshold|sequential"},
      {"arena.simulations", &arena.simulations, 1, 1e6},
      {"arena.opening_plies", &arena.opening_plies, 0, 100},
      {"arena.openings", &arena.openings, 1, 1e6},
      {"arena.pairs_min", &arena.pairs_min, 1, 1e6},
      {"arena.pairs_max", &arena.pairs_max, 1, 1e6},
      {"arena.threshold", &arena.threshold, 0.01, 1},
      {"arena.elo_low", &arena.elo_low, -1000, 1000},
      {"arena.elo_high", &arena.elo_high, -1000, 1000},
  };
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

Result<TrainConfig> parse_train_config(const std::string& yaml, const std::string& path) {
  try {
    return Parser(path).parse(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "malformed YAML: " + error.msg,
                                 .path = path,
                                 .line = error.mark.line + 1});
  }
}

Result<TrainConfig> read_train_config(const std::filesystem::path& path) {
  return parse_train_config(TRY(read_file(path, kFileBytesMax)), path.string());
}

std::string config_text(const TrainConfig& config) {
  TrainConfig copy = config;
  std::string text;
  for (const ConfigKey& key : config_keys(copy)) {
    text += fmt::format("{}: {}\n", key.name, value_text(key));
  }
  return text;
}

Result<void> check_resumable(const TrainConfig& config, std::string_view text) {
  TrainConfig copy = config;
  for (const ConfigKey& key : config_keys(copy)) {
    if (key.resumable) continue;
    const std::string line = fmt::format("{}: {}\n", key.name, value_text(key));
    if (text.starts_with(line) || text.contains("\n" + line)) continue;
    return std::unexpected(
        Error{.code = ErrorCode::kInvalidArgument,
              .message = "found " + value_text(key) + ", which is not what the run began with",
              .field = std::string(key.name)});
  }
  return {};
}

}  // namespace hardwon::train
