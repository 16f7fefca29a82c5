#include "apps/pipeline_config.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "apps/rule_json.h"
#include "base/json.h"
#include "base/text.h"

namespace hardwon::apps {
namespace {

constexpr std::int64_t kRunsMin = 30;  // fewer say nothing about a stochastic executor

// One object of the configuration.
class Part {
 public:
  Part(const Json& json, std::string pointer, std::string_view text, const std::string& path)
      : json_(json), pointer_(std::move(pointer)), text_(text), path_(path) {}

  std::unexpected<Error> wrong(const std::string& field, const Json& found,
                               std::string_view expected) const {
    return std::unexpected(Error{.message = "found " + ellipsis(dump_json(found), 60) +
                                            ", expected " + std::string(expected),
                                 .path = path_,
                                 .line = line_of_pointer(text_, field),
                                 .field = field});
  }
  Result<void> only(std::initializer_list<std::string_view> known) const {
    if (!json_.is_object()) return wrong(pointer_, json_, "an object");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      std::string names;
      for (const std::string_view name : known) {
        names += (names.empty() ? "" : ", ") + std::string(name);
      }
      return wrong(at(key), value, "no key of this name (known: " + names + ")");
    }
    return {};
  }
  std::string at(std::string_view key) const { return pointer_ + "/" + std::string(key); }
  Part part(std::string_view key) const {
    static const Json kEmpty = Json::object();
    const auto it = json_.find(std::string(key));
    return {it == json_.end() ? kEmpty : *it, at(key), text_, path_};
  }
  const Json* find(std::string_view key) const {
    const auto it = json_.find(std::string(key));
    return it == json_.end() ? nullptr : &*it;
  }
  Result<void> number(std::string_view key, double& value, double low = 0, double high = 1) const {
    const Json* found = find(key);
    if (found == nullptr) return {};
    if (!found->is_number() || found->get<double>() < low || found->get<double>() > high) {
      return wrong(at(key), *found, "a number from " + dump_json(low) + " to " + dump_json(high));
    }
    value = found->get<double>();
    return {};
  }
  Result<void> integer(std::string_view key, std::int64_t& value, std::int64_t low,
                       std::int64_t high) const {
    const Json* found = find(key);
    if (found == nullptr) return {};
    if (!found->is_number_integer() || found->get<std::int64_t>() < low ||
        found->get<std::int64_t>() > high) {
      return wrong(at(key), *found,
                   "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    value = found->get<std::int64_t>();
    return {};
  }
  Result<std::string> choice(std::string_view key, std::string_view otherwise,
                             std::initializer_list<std::string_view> names) const {
    const Json* found = find(key);
    if (found == nullptr) return std::string(otherwise);
    std::string all;
    for (const std::string_view name : names) {
      all += (all.empty() ? "one of " : ", ") + std::string(name);
      if (found->is_string() && found->get<std::string>() == name) return std::string(name);
    }
    return wrong(at(key), *found, all);
  }
  const Json& json() const { return json_; }

 private:
  const Json& json_;
  std::string pointer_;
  std::string_view text_;
  const std::string& path_;
};

Result<void> read_extraction(const Part& part, PipelineConfig& config) {
  TRY(part.only({"patterns", "confidence_threshold"}));
  TRY(part.number("confidence_threshold", config.confidence_threshold));
  const Json* patterns = part.find("patterns");
  if (patterns == nullptr) return {};
  if (!patterns->is_object())
    return part.wrong(part.at("patterns"), *patterns, "names and patterns");
  for (const auto& [name, value] : patterns->items()) {
    if (!value.is_string()) {
      return part.wrong(part.at("patterns") + "/" + name, value, "an RE2 pattern");
    }
    config.patterns.push_back({name, value.get<std::string>()});
  }
  return {};
}

Result<void> read_storage(const Part& part, PipelineConfig& config) {
  TRY(part.only({"criteria_weights", "storage_threshold"}));
  TRY(part.number("storage_threshold", config.storage.threshold));
  const Part weights = part.part("criteria_weights");
  TRY(weights.only(
      {"cross_session_value", "stability", "clear_triggers", "reduces_inconsistency"}));
  TRY(weights.number("cross_session_value", config.storage.cross_session));
  TRY(weights.number("stability", config.storage.stability));
  TRY(weights.number("clear_triggers", config.storage.triggers));
  TRY(weights.number("reduces_inconsistency", config.storage.inconsistency));
  if (auto valid = config.storage.validate(); !valid) {
    return weights.wrong(part.at("criteria_weights"), weights.json(), "weights that sum to 1");
  }
  return {};
}

Result<void> read_retrieval(const Part& part, PipelineConfig& config) {
  TRY(part.only({"similarity_threshold", "max_rules_per_task"}));
  TRY(part.number("similarity_threshold", config.retrieval.threshold));
  auto most = static_cast<std::int64_t>(config.retrieval.rules_max);
  TRY(part.integer("max_rules_per_task", most, 1, 100'000));
  config.retrieval.rules_max = static_cast<std::size_t>(most);
  return {};
}

Result<void> read_drift(const Part& part, PipelineConfig& config) {
  TRY(part.only({"metrics", "improvement_threshold", "runs", "seed"}));
  TRY(part.number("improvement_threshold", config.improvement_threshold));
  std::int64_t runs = 0;
  TRY(part.integer("runs", runs, kRunsMin, 10'000));
  if (runs > 0) config.runs = runs;
  auto seed = static_cast<std::int64_t>(config.seed);
  TRY(part.integer("seed", seed, 0, 1'000'000'000));
  config.seed = static_cast<std::uint64_t>(seed);
  const Json* metrics = part.find("metrics");
  if (metrics == nullptr) return {};
  if (!metrics->is_array() || metrics->empty()) {
    return part.wrong(part.at("metrics"), *metrics, "a list of metrics");
  }
  config.naming = config.style = config.structure = false;
  for (std::size_t i = 0; i < metrics->size(); ++i) {
    const Json& name = (*metrics)[i];
    if (name == "naming_consistency") {
      config.naming = true;
    } else if (name == "style_consistency") {
      config.style = true;
    } else if (name == "structure_consistency") {
      config.structure = true;
    } else {
      return part.wrong(part.at("metrics") + "/" + std::to_string(i), name,
                        "naming_consistency, style_consistency or structure_consistency");
    }
  }
  return {};
}

Result<void> read_logging(const Part& part, PipelineConfig& config) {
  TRY(part.only({"level", "format", "output_dir"}));
  constexpr std::array<std::string_view, 4> kLevels = {"DEBUG", "INFO", "WARNING", "ERROR"};
  const std::string level =
      TRY(part.choice("level", "INFO", {kLevels[0], kLevels[1], kLevels[2], kLevels[3]}));
  config.log = static_cast<LogDetail>(std::ranges::find(kLevels, level) - kLevels.begin());
  TRY(part.choice("format", "json", {"json"}));
  const Json* directory = part.find("output_dir");
  if (directory == nullptr) return {};
  if (!directory->is_string()) return part.wrong(part.at("output_dir"), *directory, "a directory");
  config.log_directory = directory->get<std::string>();
  return {};
}

}  // namespace

Result<PipelineConfig> parse_pipeline_config(std::string_view text, const std::string& path) {
  auto json = parse_json(text);
  if (!json) {
    json.error().path = path;
    return std::unexpected(std::move(json).error());
  }
  PipelineConfig config;
  const Part whole(*json, "", text, path);
  TRY(whole.only({"extraction", "storage_decision", "retrieval", "drift_reduction", "logging"}));
  TRY(read_extraction(whole.part("extraction"), config));
  TRY(read_storage(whole.part("storage_decision"), config));
  TRY(read_retrieval(whole.part("retrieval"), config));
  TRY(read_drift(whole.part("drift_reduction"), config));
  TRY(read_logging(whole.part("logging"), config));
  return config;
}

}  // namespace hardwon::apps
