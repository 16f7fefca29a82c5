// Names of the experience buffer's vocabulary.

#include <array>
#include <cmath>

#include "hardwon/experience.h"

namespace hardwon {
namespace {

constexpr std::array<std::string_view, 4> kActionTypes = {"visual_operation", "reasoning", "answer",
                                                          "correction"};
constexpr std::array<std::string_view, 4> kStatuses = {"pending", "processed", "failed",
                                                       "archived"};
constexpr std::array<std::string_view, 2> kBackends = {"file", "lmdb"};
constexpr std::array<std::string_view, 2> kStrategies = {"prioritized", "uniform"};
constexpr std::array<std::string_view, 3> kAgeModes = {"growth", "decay", "linear"};
constexpr std::array<std::string_view, 3> kDurabilities = {"durable", "buffered", "os"};

template <typename Enum, std::size_t N>
std::string_view at(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

template <typename Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::unexpected<Error> wrong(std::string field, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::move(field)});
}

Result<void> at_least(double low, double value, const char* field) {
  if (std::isfinite(value) && value >= low) return {};
  return wrong(field, "found " + std::to_string(value) + ", expected a finite number of at least " +
                          std::to_string(low));
}

Result<void> above_zero(double value, const char* field) {
  if (std::isfinite(value) && value > 0) return {};
  return wrong(field, "found " + std::to_string(value) + ", expected a finite number above 0");
}

Result<void> validate_priority(const PriorityOptions& priority) {
  TRY(at_least(0, priority.uncertainty_weight, "priority.uncertainty_weight"));
  TRY(at_least(0, priority.reward_weight, "priority.reward_weight"));
  TRY(at_least(0, priority.age_weight, "priority.age_weight"));
  TRY(above_zero(priority.reward_max, "priority.reward_max"));
  TRY(above_zero(priority.floor, "priority.floor"));
  TRY(above_zero(priority.success_prior, "priority.success_prior"));
  if (priority.age_scale.count() <= 0) {
    return wrong("priority.age_scale", "found " + std::to_string(priority.age_scale.count()) +
                                           " µs, expected more than 0");
  }
  TRY(at_least(0, priority.success_influence, "priority.success_influence"));
  if (priority.success_influence >= 1) {
    return wrong("priority.success_influence",
                 "found " + std::to_string(priority.success_influence) + ", expected less than 1");
  }
  return {};
}

}  // namespace

Result<void> ReplayOptions::validate() const {
  if (capacity < 1 || capacity > 100'000'000) {
    return wrong("capacity", "found " + std::to_string(capacity) + ", expected 1 to 100,000,000");
  }
  if (flush_interval.count() < 1) {
    return wrong("flush_interval_ms",
                 "found " + std::to_string(flush_interval.count()) + ", expected at least 1");
  }
  TRY(validate_priority(priority));
  TRY(at_least(0, visual_weight, "visual_weight"));
  TRY(at_least(0, text_weight, "text_weight"));
  if (visual_weight == 0 && text_weight == 0) {
    return wrong("visual_weight", "visual_weight and text_weight are both 0");
  }
  return {};
}

std::string_view name_of(TrajectoryActionType value) { return at(kActionTypes, value); }
std::string_view name_of(ExperienceStatus value) { return at(kStatuses, value); }
std::string_view name_of(PersistenceBackend value) { return at(kBackends, value); }
std::string_view name_of(SamplingStrategy value) { return at(kStrategies, value); }
std::string_view name_of(AgeMode value) { return at(kAgeModes, value); }
std::string_view name_of(ReplayDurability value) { return at(kDurabilities, value); }

std::optional<TrajectoryActionType> parse_trajectory_action_type(std::string_view name) {
  return find<TrajectoryActionType>(kActionTypes, name);
}
std::optional<ExperienceStatus> parse_experience_status(std::string_view name) {
  return find<ExperienceStatus>(kStatuses, name);
}
std::optional<PersistenceBackend> parse_persistence_backend(std::string_view name) {
  return find<PersistenceBackend>(kBackends, name);
}
std::optional<SamplingStrategy> parse_sampling_strategy(std::string_view name) {
  return find<SamplingStrategy>(kStrategies, name);
}
std::optional<AgeMode> parse_age_mode(std::string_view name) {
  return find<AgeMode>(kAgeModes, name);
}
std::optional<ReplayDurability> parse_replay_durability(std::string_view name) {
  return find<ReplayDurability>(kDurabilities, name);
}

}  // namespace hardwon
