// Names of the experience buffer's vocabulary.

#include <array>
#include <charconv>
#include <iterator>

#include "base/enum_names.h"
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

std::unexpected<Error> wrong(std::string field, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::move(field)});
}

// Far beyond any use, and far from where sums and products of a full buffer's priorities would
// lose their digits or overflow: what is accepted here, the sampler can draw from.
constexpr double kWeightMax = 1e6, kLeast = 1e-6;
constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours(24);

// As short as it can be read back: std::to_string() makes 1e-9 a 0 and 1e300 a page.
std::string text_of(double value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  return {digits, end};
}

Result<void> within(double low, double value, double high, const char* field) {
  if (value >= low && value <= high) return {};  // not for NaN
  return wrong(field,
               "found " + text_of(value) + ", expected " + text_of(low) + " to " + text_of(high));
}

Result<void> within(std::int64_t low, std::chrono::milliseconds value, const char* field) {
  if (value.count() >= low && value <= kWaitMax) return {};
  return wrong(field, "found " + std::to_string(value.count()) + ", expected " +
                          std::to_string(low) + " to " + std::to_string(kWaitMax.count()));
}

Result<void> validate_priority(const PriorityOptions& priority) {
  TRY(within(0, priority.uncertainty_weight, kWeightMax, "priority.uncertainty_weight"));
  TRY(within(0, priority.reward_weight, kWeightMax, "priority.reward_weight"));
  TRY(within(0, priority.age_weight, kWeightMax, "priority.age_weight"));
  TRY(within(kLeast, priority.reward_max, kWeightMax, "priority.reward_max"));
  TRY(within(kLeast, priority.floor, kWeightMax, "priority.floor"));
  TRY(within(kLeast, priority.success_prior, kWeightMax, "priority.success_prior"));
  if (priority.age_scale.count() <= 0) {
    return wrong("priority.age_scale", "found " + std::to_string(priority.age_scale.count()) +
                                           " µs, expected more than 0");
  }
  if (!(priority.success_influence >= 0 && priority.success_influence < 1)) {
    return wrong("priority.success_influence",
                 "found " + text_of(priority.success_influence) + ", expected 0 to less than 1");
  }
  return {};
}

}  // namespace

Result<void> ReplayOptions::validate() const {
  if (capacity < 1 || capacity > 100'000'000) {
    return wrong("capacity", "found " + std::to_string(capacity) + ", expected 1 to 100,000,000");
  }
  TRY(within(1, flush_interval, "flush_interval_ms"));
  TRY(within(0, lock_wait, "lock_wait_ms"));
  TRY(validate_priority(priority));
  TRY(within(0, visual_weight, kWeightMax, "visual_weight"));
  TRY(within(0, text_weight, kWeightMax, "text_weight"));
  if (visual_weight == 0 && text_weight == 0) {
    return wrong("visual_weight", "visual_weight and text_weight are both 0");
  }
  return {};
}

std::string_view name_of(TrajectoryActionType value) { return enum_name(kActionTypes, value); }
std::string_view name_of(ExperienceStatus value) { return enum_name(kStatuses, value); }
std::string_view name_of(PersistenceBackend value) { return enum_name(kBackends, value); }
std::string_view name_of(SamplingStrategy value) { return enum_name(kStrategies, value); }
std::string_view name_of(AgeMode value) { return enum_name(kAgeModes, value); }
std::string_view name_of(ReplayDurability value) { return enum_name(kDurabilities, value); }

std::optional<TrajectoryActionType> parse_trajectory_action_type(std::string_view name) {
  return find_enum<TrajectoryActionType>(kActionTypes, name);
}
std::optional<ExperienceStatus> parse_experience_status(std::string_view name) {
  return find_enum<ExperienceStatus>(kStatuses, name);
}
std::optional<PersistenceBackend> parse_persistence_backend(std::string_view name) {
  return find_enum<PersistenceBackend>(kBackends, name);
}
std::optional<SamplingStrategy> parse_sampling_strategy(std::string_view name) {
  return find_enum<SamplingStrategy>(kStrategies, name);
}
std::optional<AgeMode> parse_age_mode(std::string_view name) {
  return find_enum<AgeMode>(kAgeModes, name);
}
std::optional<ReplayDurability> parse_replay_durability(std::string_view name) {
  return find_enum<ReplayDurability>(kDurabilities, name);
}

}  // namespace hardwon
