#include "train/dataset.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/json.h"

namespace hardwon::train {
namespace {

constexpr std::size_t kUpdatedAtOnce = 4096;

Experience experience_of(const Example& example, const ExampleSource& source) {
  const Json metadata = {
      {"data_source", "self_play"}, {"iteration", source.iteration}, {"model", source.model}};
  std::vector<float> row = example.state;
  row.insert(row.end(), example.policy.begin(), example.policy.end());
  row.push_back(example.value);
  return {.id = example.id,
          .question = example.question,
          .image_shape = {static_cast<std::uint32_t>(row.size())},
          .image_features = std::move(row),
          .trajectory = {.reward = static_cast<double>(example.result)},
          .metadata_json = dump_json(metadata)};
}

std::unexpected<Error> no_example(const std::string& id, std::string_view what) {
  return fail(ErrorCode::kCorruption,
              "experience '" + id + "' is no example for this net: " + std::string(what));
}

}  // namespace

Result<Dataset> Dataset::open(const std::filesystem::path& directory, const BufferConfig& config,
                              const Shape& shape) {
  const ReplayOptions options{
      .capacity = static_cast<std::size_t>(config.capacity),
      .durability = ReplayDurability::kOs,  // the loop flushes where a checkpoint counts on it
      .priority = {
          .uncertainty_weight = 1, .reward_weight = 0, .age_weight = 0, .success_influence = 0}};
  return Dataset(TRY(Replay::open(directory, options)), config, shape);
}

Result<void> Dataset::add(std::span<const Example> examples, const ExampleSource& source) {
  std::vector<Experience> experiences;
  for (const Example& example : examples) {
    experiences.push_back(experience_of(example, source));
    if (const char* fault = fault_of(experiences.back().image_features)) {
      return fail(ErrorCode::kInvalidArgument, "example '" + example.id + "': " + fault);
    }
  }
  TRY(replay_->add(experiences));
  return {};
}

Result<void> Dataset::ready() {
  const std::size_t found = size();
  if (found >= static_cast<std::size_t>(config_.size_min)) return {};
  return std::unexpected(Error{.code = ErrorCode::kConflict,
                               .message = "the buffer is not ready: it holds " +
                                          std::to_string(found) + " examples, training needs " +
                                          std::to_string(config_.size_min),
                               .field = "buffer.size_min"});
}

// What keeps a row from being an example of this shape; nullptr: nothing.
const char* Dataset::fault_of(std::span<const float> row) const {
  if (row.size() != shape_.inputs + shape_.actions + 1) return "it has another length";
  const std::span<const float> policy = row.subspan(shape_.inputs, shape_.actions);
  if (!std::ranges::all_of(row.first(shape_.inputs), [](float x) { return x == 0 || x == 1; })) {
    return "its state is not of zeros and ones";
  }
  if (!std::ranges::all_of(policy, [](float share) { return share >= 0; }) ||
      !(std::abs(std::accumulate(policy.begin(), policy.end(), 0.0F) - 1) < 1e-3F)) {
    return "its policy is no distribution";
  }
  if (!(row.back() >= -1 && row.back() <= 1)) return "its value is out of range";
  return nullptr;
}

Result<void> Dataset::decode(const Experience& experience, SampledExamples* to) const {
  const std::span<const float> row = experience.image_features;
  if (const char* fault = fault_of(row)) return no_example(experience.id, fault);
  const std::span<const float> state = row.first(shape_.inputs);
  const std::span<const float> policy = row.subspan(shape_.inputs, shape_.actions);
  to->states.insert(to->states.end(), state.begin(), state.end());
  to->policies.insert(to->policies.end(), policy.begin(), policy.end());
  to->values.push_back(row.back());
  to->ids.push_back(experience.id);
  return {};
}

Result<SampledExamples> Dataset::sample(std::size_t count, double beta, std::uint64_t seed) {
  const auto drawn = TRY(replay_->sample({.count = count, .beta = beta, .seed = seed}));
  if (drawn.empty()) return fail(ErrorCode::kConflict, "the buffer is not ready: it is empty");
  SampledExamples examples;
  for (const SampledExperience& one : drawn) {
    TRY(decode(one.record.experience, &examples));
    examples.weights.push_back(static_cast<float>(one.weight));
  }
  return examples;
}

Result<void> Dataset::set_errors(std::span<const ExampleError> errors) {
  if (errors.empty()) return {};
  std::vector<std::string> present = replay_->ids();
  const std::unordered_set<std::string> there(std::move_iterator(present.begin()),
                                              std::move_iterator(present.end()));
  std::vector<ExperienceUpdate> batch;
  for (const ExampleError& one : errors) {
    if (!there.contains(one.id)) continue;
    const double share = std::clamp(static_cast<double>(one.error) / 2, 0.0, 1.0);
    batch.push_back({.id = one.id, .confidence = 1 - std::pow(share, config_.priority_exponent)});
    if (batch.size() < kUpdatedAtOnce) continue;
    TRY(replay_->update(batch));
    batch.clear();
  }
  return replay_->update(batch);
}

Result<void> Dataset::flush() { return replay_->flush(); }

}  // namespace hardwon::train
