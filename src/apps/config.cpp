#include "apps/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace hardwon::apps {
namespace {

// Keys of the seeds whose part this build does not have.
struct AbsentKey {
  std::string_view key, part;
};
constexpr AbsentKey kAbsent[] = {
    {"faiss_backend", "the FAISS index"},
    {"faiss_n_probes", "the FAISS index"},
    {"faiss_use_gpu_fallback", "the FAISS index"},
    {"confidence_threshold", "the online learner"},
    {"extraction", "rule extraction"},
    {"storage_decision", "rule extraction"},
    {"retrieval", "rule extraction"},
    {"drift_reduction", "rule extraction"},
    {"logging", "rule extraction"},
    {"patterns", "snippets"},
    {"search", "snippets"},
    {"injection", "snippets"},
};

class Parser {
 public:
  explicit Parser(std::string path) : path_(std::move(path)) {}

  Result<Config> parse(const YAML::Node& root) {
    if (root.IsNull()) return std::move(config_);
    if (!root.IsMap()) return wrong(root, "", "a mapping of keys");
    for (const auto& entry : root) {
      const std::string key = entry.first.as<std::string>();
      TRY(take(key, entry.second));
    }
    return std::move(config_);
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

  Result<std::uint64_t> count(const YAML::Node& node, const std::string& field) const {
    std::uint64_t value = 0;
    if (!node.IsScalar() || node.Scalar().starts_with('-') ||
        !YAML::convert<std::uint64_t>::decode(node, value)) {
      return wrong(node, field, "a whole number, 0 or more");
    }
    return value;
  }

  Result<bool> flag(const YAML::Node& node, const std::string& field) const {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
      return wrong(node, field, "true or false");
    }
    return value;
  }

  Result<void> batch(const YAML::Node& node) {
    if (node.IsNull()) {
      config_.options.batch_config.reset();  // every step at once
      return {};
    }
    if (!node.IsMap()) return wrong(node, "batch_config", "a mapping, or null for no batching");
    BatchConfig batch;
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      const std::string field = "batch_config." + key;
      if (key == "max_batch_size") {
        batch.max_batch_size = TRY(count(entry.second, field));
      } else if (key == "flush_interval_ms") {
        batch.flush_interval_ms = TRY(count(entry.second, field));
      } else if (key == "auto_flush") {
        batch.auto_flush = TRY(flag(entry.second, field));
      } else if (key == "buffered_steps_max") {
        batch.buffered_steps_max = TRY(count(entry.second, field));
      } else {
        return wrong(entry.first, field, "a key of batch_config");
      }
    }
    if (auto valid = batch.validate(); !valid) {
      valid.error().path = path_;
      valid.error().line = node.Mark().line + 1;
      return valid;
    }
    config_.options.batch_config = batch;
    return {};
  }

  Result<double> number(const YAML::Node& node, const std::string& field) const {
    double value = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, value)) {
      return wrong(node, field, "a number");
    }
    return value;
  }

  // One of the names that `parse` knows.
  template <typename Enum>
  Result<Enum> choice(const YAML::Node& node, const std::string& field,
                      std::optional<Enum> (*parse_name)(std::string_view),
                      std::string_view expected) const {
    const auto value = node.IsScalar() ? parse_name(node.Scalar()) : std::nullopt;
    if (!value) return wrong(node, field, expected);
    return *value;
  }

  // Seed 003's keys, at the top level under the seed's names.
  Result<bool> take_buffer_key(const std::string& key, const YAML::Node& node) {
    ReplayOptions& replay = config_.replay;
    if (key == "buffer_size") {
      replay.capacity = TRY(count(node, key));
    } else if (key == "snapshot_interval") {
      replay.snapshot_interval = TRY(count(node, key));
    } else if (key == "visual_weight") {
      replay.visual_weight = TRY(number(node, key));
    } else if (key == "text_weight") {
      replay.text_weight = TRY(number(node, key));
    } else if (key == "persistence_backend") {
      replay.persistence_backend =
          TRY(choice(node, key, parse_persistence_backend, "file or lmdb"));
    } else if (key == "k_neighbors") {
      config_.replay_neighbours = TRY(count(node, key));
      if (config_.replay_neighbours < 1 || config_.replay_neighbours > 10'000) {
        return wrong(node, key, "1 to 10,000");
      }
    } else {
      return false;
    }
    TRY(valid_replay(node));
    return true;
  }

  Result<void> valid_replay(const YAML::Node& node) const {
    auto valid = config_.replay.validate();
    if (!valid) {
      valid.error().path = path_;
      valid.error().line = node.Mark().line + 1;
    }
    return valid;
  }

  Result<void> replay(const YAML::Node& node) {
    if (!node.IsMap()) return wrong(node, "replay", "a mapping");
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      if (!TRY(take_replay_key(key, "replay." + key, entry.second)) &&
          !TRY(take_priority_key(key, "replay." + key, entry.second))) {
        return wrong(entry.first, "replay." + key, "a key of replay");
      }
    }
    return valid_replay(node);
  }

  Result<bool> take_replay_key(const std::string& key, const std::string& field,
                               const YAML::Node& node) {
    ReplayOptions& replay = config_.replay;
    if (key == "durability") {
      replay.durability =
          TRY(choice(node, field, parse_replay_durability, "durable, buffered or os"));
    } else if (key == "flush_interval_ms") {
      replay.flush_interval = std::chrono::milliseconds(TRY(count(node, field)));
    } else if (key == "sampling") {
      replay.sampling = TRY(choice(node, field, parse_sampling_strategy, "prioritized or uniform"));
    } else if (key == "snapshots_kept") {
      replay.snapshots_kept = TRY(count(node, field));
    } else if (key == "seed") {
      replay.seed = TRY(count(node, field));
    } else if (key == "lock_wait_ms") {
      replay.lock_wait = std::chrono::milliseconds(TRY(count(node, field)));
    } else {
      return false;
    }
    return true;
  }

  Result<bool> take_priority_key(const std::string& key, const std::string& field,
                                 const YAML::Node& node) {
    PriorityOptions& priority = config_.replay.priority;
    const std::pair<std::string_view, double*> numbers[] = {
        {"uncertainty_weight", &priority.uncertainty_weight},
        {"reward_weight", &priority.reward_weight},
        {"age_weight", &priority.age_weight},
        {"reward_max", &priority.reward_max},
        {"priority_floor", &priority.floor},
        {"success_influence", &priority.success_influence},
        {"success_prior", &priority.success_prior}};
    const auto found =
        std::ranges::find(numbers, key, &std::pair<std::string_view, double*>::first);
    if (found != std::end(numbers)) {
      *found->second = TRY(number(node, field));
    } else if (key == "age_mode") {
      priority.age_mode = TRY(choice(node, field, parse_age_mode, "growth, decay or linear"));
    } else if (key == "age_scale_hours") {
      const double hours = TRY(number(node, field));
      if (!(hours > 0 && hours < 1e9)) return wrong(node, field, "hours, more than 0");
      priority.age_scale = std::chrono::microseconds(static_cast<std::int64_t>(hours * 3.6e9));
    } else {
      return false;
    }
    return true;
  }

  Result<void> take(const std::string& key, const YAML::Node& node) {
    if (key == "batch_config") return batch(node);
    if (key == "replay") return replay(node);
    if (TRY(take_buffer_key(key, node))) return {};
    if (key == "pattern_extraction_threshold") {
      double value = 0;
      if (!node.IsScalar() || !YAML::convert<double>::decode(node, value) || !(value >= 0)) {
        return wrong(node, key, "a number, 0 or more");
      }
      config_.options.pattern_extraction_threshold = value;
      return {};
    }
    if (key == "enable_embeddings") {
      config_.options.enable_embeddings = TRY(flag(node, key));
      return {};
    }
    if (key == "user") {
      if (!node.IsScalar()) return wrong(node, key, "a name");
      config_.options.user = node.Scalar();
      return {};
    }
    if (key == "store") {
      if (!node.IsScalar()) return wrong(node, key, "a directory");
      config_.options.directory = node.Scalar();
      return {};
    }
    const auto absent = std::ranges::find(kAbsent, key, &AbsentKey::key);
    if (absent == std::end(kAbsent)) return wrong(node, key, "a known key (docs/configuration.md)");
    config_.warnings.push_back("configuration key '" + key + "' belongs to " +
                               std::string(absent->part) +
                               ", which this build does not have: it has no effect");
    return {};
  }

  std::string path_;
  Config config_;
};

}  // namespace

Result<Config> parse_config(const std::string& yaml, const std::string& path) {
  try {
    return Parser(path).parse(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "malformed YAML: " + error.msg,
                                 .path = path,
                                 .line = error.mark.line + 1});
  }
}

Result<Config> read_config(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::unexpected(Error{
        .code = ErrorCode::kIo, .message = "cannot be opened for reading", .path = path.string()});
  }
  return parse_config({std::istreambuf_iterator<char>(file), {}}, path.string());
}

}  // namespace hardwon::apps
