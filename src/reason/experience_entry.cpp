#include "reason/experience_entry.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "store/door.h"
#include "vector/hybrid_index.h"

namespace hardwon::reason {
namespace {

static_assert(std::endian::native == std::endian::little, "entries are little endian");

constexpr std::uint8_t kVersion = 1;

// The first bytes of a body.
struct BodyHeader {
  std::uint32_t id_bytes, question_bytes, trajectory_bytes, metadata_bytes;
  std::uint32_t shape_count, visual_count, text_count, feature_count;
  double reward;
  double confidence;  // NaN: unknown
  std::int64_t time_us;
  std::uint32_t status;
  std::uint32_t zero;
};
static_assert(sizeof(BodyHeader) == 64);

std::unexpected<Error> damaged(std::string message) {
  return fail(ErrorCode::kCorruption, std::move(message));
}

std::unexpected<Error> wrong(std::string field, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::move(field)});
}

template <typename T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
void append_all(std::string& out, const std::vector<T>& values) {
  if (!values.empty()) {
    out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
}

// Takes values off the front of a text.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  bool take(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// ---------------------------------------------------------------- trajectories

Json parsed(std::string_view json) {
  auto value = parse_json(json);
  CHECK(value.has_value());  // checked at the door, or under a checksum
  return *std::move(value);
}

std::string encode_trajectory(const Trajectory& trajectory) {
  Json actions = Json::array();
  for (const Action& action : trajectory.actions) {
    Json out = {{"type", name_of(action.type)}, {"operation", action.operation}};
    if (!action.arguments_json.empty()) out["arguments"] = parsed(action.arguments_json);
    if (!action.result_json.empty()) out["result"] = parsed(action.result_json);
    out["confidence"] = action.confidence;
    if (action.time) out["time_us"] = action.time->time_since_epoch().count();
    actions.push_back(std::move(out));
  }
  Json out = {{"actions", std::move(actions)}};
  if (!trajectory.final_answer_json.empty()) {
    out["final_answer"] = parsed(trajectory.final_answer_json);
  }
  if (!trajectory.metadata_json.empty()) out["metadata"] = parsed(trajectory.metadata_json);
  return dump_json(out);
}

Result<Action> decode_action(const Json& json) {
  Action action;
  const auto type = parse_trajectory_action_type(json.value("type", ""));
  if (!type) return damaged("a trajectory's action has no type");
  action.type = *type;
  action.operation = json.value("operation", "");
  if (json.contains("arguments")) action.arguments_json = dump_json(json["arguments"]);
  if (json.contains("result")) action.result_json = dump_json(json["result"]);
  action.confidence = json.value("confidence", 1.0);
  if (json.contains("time_us")) {
    action.time = TimePoint(std::chrono::microseconds(json["time_us"].get<std::int64_t>()));
  }
  return action;
}

Result<Trajectory> decode_trajectory(std::string_view text, double reward) try {
  Trajectory trajectory{.reward = reward};
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return damaged("a trajectory is no JSON object");
  for (const Json& action : json->value("actions", Json::array())) {
    trajectory.actions.push_back(TRY(decode_action(action)));
  }
  if (json->contains("final_answer"))
    trajectory.final_answer_json = dump_json((*json)["final_answer"]);
  if (json->contains("metadata")) trajectory.metadata_json = dump_json((*json)["metadata"]);
  return trajectory;
} catch (const Json::exception& problem) {
  return damaged(std::string("a trajectory: ") + problem.what());
}

// ---------------------------------------------------------------- checks

Result<void> check_json(const std::string& text, bool object, const std::string& field) {
  if (text.empty()) return {};
  const auto json = parse_json(text);
  if (!json) return wrong(field, json.error().message);
  if (object && !json->is_object()) {
    return wrong(field, std::string("found ") + json->type_name() + ", expected an object");
  }
  return {};
}

Result<void> check_share(double value, const std::string& field) {
  if (value >= 0 && value <= 1) return {};
  return wrong(field, "found " + std::to_string(value) + ", expected 0 to 1");
}

// As the index takes them, and with a direction that is more than the rounding of denormals.
Result<void> check_embeddings(const Embeddings& embeddings, std::size_t visual_dim,
                              std::size_t text_dim) {
  const auto& [visual, text] = embeddings;
  if (visual.empty() && text.empty()) return {};
  auto checked = vector::check_vectors({.visual = visual, .text = text}, visual_dim, text_dim);
  if (!checked) {
    checked.error().field = "embeddings/" + checked.error().field;
    return checked;
  }
  for (const auto& [name, numbers] : {std::pair("visual", &visual), std::pair("text", &text)}) {
    double squares = 0;
    for (const float x : *numbers) squares += double{x} * double{x};
    if (!numbers->empty() && std::sqrt(squares) < double{std::numeric_limits<float>::min()}) {
      return wrong(std::string("embeddings/") + name, "all numbers are next to 0, no direction");
    }
  }
  return {};
}

Result<void> check_image(const Experience& experience) {
  std::uint64_t product = experience.image_shape.empty() ? 0 : 1;
  for (const std::uint32_t length : experience.image_shape) {
    product *= length;
    if (product > kBodyBytesMax) break;
  }
  if (product != experience.image_features.size()) {
    return wrong("image_shape", "gives " + std::to_string(product) +
                                    " numbers, image_features has " +
                                    std::to_string(experience.image_features.size()));
  }
  for (std::size_t i = 0; i < experience.image_features.size(); ++i) {
    if (!std::isfinite(experience.image_features[i])) {
      return wrong("image_features", "number " + std::to_string(i) + " is not finite");
    }
  }
  return {};
}

Result<void> check_trajectory(const Trajectory& trajectory) {
  if (!std::isfinite(trajectory.reward)) return wrong("trajectory/reward", "is not finite");
  TRY(check_json(trajectory.final_answer_json, false, "trajectory/final_answer"));
  TRY(check_json(trajectory.metadata_json, true, "trajectory/metadata"));
  for (std::size_t i = 0; i < trajectory.actions.size(); ++i) {
    const std::string field = "trajectory/actions/" + std::to_string(i);
    TRY(check_json(trajectory.actions[i].arguments_json, true, field + "/arguments"));
    TRY(check_json(trajectory.actions[i].result_json, false, field + "/result"));
    TRY(check_share(trajectory.actions[i].confidence, field + "/confidence"));
  }
  return {};
}

}  // namespace

Result<void> check_experience(const Experience& experience, std::size_t visual_dim,
                              std::size_t text_dim) {
  if (experience.id.size() > 256) {
    return wrong("id",
                 "found " + std::to_string(experience.id.size()) + " bytes, expected 1 to 256");
  }
  if (experience.confidence) TRY(check_share(*experience.confidence, "confidence"));
  TRY(check_embeddings(experience.embeddings, visual_dim, text_dim));
  TRY(check_image(experience));
  TRY(check_trajectory(experience.trajectory));
  return check_json(experience.metadata_json, true, "metadata");
}

Experience masked(Experience experience) {
  using store::door_json, store::door_text;
  experience.id = door_text(experience.id, nullptr);
  experience.question = door_text(experience.question, nullptr);
  experience.metadata_json = door_json(experience.metadata_json, nullptr);
  Trajectory& trajectory = experience.trajectory;
  trajectory.final_answer_json = door_json(trajectory.final_answer_json, nullptr);
  trajectory.metadata_json = door_json(trajectory.metadata_json, nullptr);
  for (Action& action : trajectory.actions) {
    action.operation = door_text(action.operation, nullptr);
    action.arguments_json = door_json(action.arguments_json, nullptr);
    action.result_json = door_json(action.result_json, nullptr);
  }
  return experience;
}

// ---------------------------------------------------------------- bodies

std::string encode_body(const Experience& experience) {
  CHECK(!experience.id.empty() && experience.time.has_value());
  const std::string trajectory = encode_trajectory(experience.trajectory);
  const BodyHeader header{
      .id_bytes = static_cast<std::uint32_t>(experience.id.size()),
      .question_bytes = static_cast<std::uint32_t>(experience.question.size()),
      .trajectory_bytes = static_cast<std::uint32_t>(trajectory.size()),
      .metadata_bytes = static_cast<std::uint32_t>(experience.metadata_json.size()),
      .shape_count = static_cast<std::uint32_t>(experience.image_shape.size()),
      .visual_count = static_cast<std::uint32_t>(experience.embeddings.visual.size()),
      .text_count = static_cast<std::uint32_t>(experience.embeddings.text.size()),
      .feature_count = static_cast<std::uint32_t>(experience.image_features.size()),
      .reward = experience.trajectory.reward,
      .confidence = experience.confidence.value_or(std::numeric_limits<double>::quiet_NaN()),
      .time_us = experience.time->time_since_epoch().count(),
      .status = static_cast<std::uint32_t>(experience.status),
      .zero = 0};
  std::string body;
  append(body, header);
  body += experience.id;
  body += experience.question;
  body += trajectory;
  body += experience.metadata_json;
  body.resize(padded(body.size()), '\0');
  append_all(body, experience.image_shape);
  append_all(body, experience.embeddings.visual);
  append_all(body, experience.embeddings.text);
  append_all(body, experience.image_features);
  return body;
}

Result<BodyView> view_body(std::string_view body) {
  BodyHeader header;
  Taker taker(body);
  if (!taker.take(&header)) {
    return damaged("an experience of " + std::to_string(body.size()) +
                   " bytes, expected 64 or more");
  }
  const std::uint64_t texts = std::uint64_t{header.id_bytes} + header.question_bytes +
                              header.trajectory_bytes + header.metadata_bytes;
  const std::uint64_t numbers = std::uint64_t{header.shape_count} + header.visual_count +
                                header.text_count + header.feature_count;
  const std::uint64_t expected = padded(sizeof(header) + texts) + 4 * numbers;
  if (body.size() != expected) {
    return damaged("an experience of " + std::to_string(body.size()) + " bytes, its lengths give " +
                   std::to_string(expected));
  }
  const bool share =
      std::isnan(header.confidence) || (header.confidence >= 0 && header.confidence <= 1);
  if (header.id_bytes == 0 || header.status > 3 || !share || !std::isfinite(header.reward)) {
    return damaged("an experience with a field out of range");
  }
  BodyView view{.reward = header.reward,
                .time = TimePoint(std::chrono::microseconds(header.time_us)),
                .status = static_cast<ExperienceStatus>(header.status)};
  if (!std::isnan(header.confidence)) view.confidence = header.confidence;
  std::size_t at = sizeof(header);
  const auto next = [&body, &at](std::size_t bytes) {
    const std::string_view part = body.substr(at, bytes);
    at += bytes;
    return part;
  };
  view.id = next(header.id_bytes);
  view.question = next(header.question_bytes);
  view.trajectory = next(header.trajectory_bytes);
  view.metadata = next(header.metadata_bytes);
  at = padded(at);
  view.shape = next(4 * std::size_t{header.shape_count});
  view.visual = next(4 * std::size_t{header.visual_count});
  view.text = next(4 * std::size_t{header.text_count});
  view.features = next(4 * std::size_t{header.feature_count});
  return view;
}

std::vector<float> floats_of(std::span<const char> bytes) {
  std::vector<float> floats(bytes.size() / sizeof(float));
  if (!floats.empty()) std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
  return floats;
}

std::span<const float> floats_in(std::span<const char> bytes) {
  CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0);
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

Result<Experience> decode_body(std::string_view body) {
  const BodyView view = TRY(view_body(body));
  Trajectory trajectory = TRY(decode_trajectory(view.trajectory, view.reward));
  Experience experience{.id = std::string(view.id),
                        .question = std::string(view.question),
                        .image_features = floats_of(view.features),
                        .embeddings = {floats_of(view.visual), floats_of(view.text)},
                        .trajectory = std::move(trajectory),
                        .confidence = view.confidence,
                        .time = view.time,
                        .status = view.status,
                        .metadata_json = std::string(view.metadata)};
  experience.image_shape.resize(view.shape.size() / 4);
  if (!view.shape.empty()) {
    std::memcpy(experience.image_shape.data(), view.shape.data(), view.shape.size());
  }
  return experience;
}

// ---------------------------------------------------------------- entries

namespace {

enum : std::uint8_t { kHasConfidence = 1, kHasReward = 2, kHasStatus = 4 };

static_assert(sizeof(EntryCounts) == 16);  // as it stands in an entry

struct UpdateRow {
  std::uint64_t number;
  double confidence, reward;
  std::uint8_t status, has, zero[6];
};
static_assert(sizeof(UpdateRow) == 32);

std::string started(EntryKind kind) {
  return {static_cast<char>(kind), static_cast<char>(kVersion), 0, 0};
}

Result<std::vector<EntryUpdate>> decode_updates(Taker taker) {
  std::vector<EntryUpdate> updates;
  UpdateRow row;
  while (taker.take(&row)) {
    EntryUpdate& update = updates.emplace_back(EntryUpdate{.number = row.number});
    if ((row.has & kHasConfidence) != 0) update.confidence = row.confidence;
    if ((row.has & kHasReward) != 0) update.reward = row.reward;
    if ((row.has & kHasStatus) != 0) update.status = static_cast<ExperienceStatus>(row.status);
    const double confidence = update.confidence.value_or(0);
    if (!(confidence >= 0 && confidence <= 1) || !std::isfinite(update.reward.value_or(0)) ||
        (update.status && row.status > 3)) {
      return damaged("an update with a field out of range");
    }
  }
  if (!taker.rest().empty()) return damaged("an update entry with a part of a row");
  return updates;
}

}  // namespace

std::string encode_add(std::string_view body) {
  std::string bytes = started(EntryKind::kAdd);
  bytes += body;
  return bytes;
}

std::string encode_numbers(EntryKind kind, std::span<const std::uint64_t> numbers) {
  std::string bytes = started(kind);
  for (const std::uint64_t number : numbers) append(bytes, number);
  return bytes;
}

std::string encode_updates(std::span<const EntryUpdate> updates) {
  std::string bytes = started(EntryKind::kUpdate);
  for (const EntryUpdate& update : updates) {
    append(bytes,
           UpdateRow{.number = update.number,
                     .confidence = update.confidence.value_or(0),
                     .reward = update.reward.value_or(0),
                     .status = static_cast<std::uint8_t>(
                         update.status.value_or(ExperienceStatus::kPending)),
                     .has = static_cast<std::uint8_t>((update.confidence ? kHasConfidence : 0) |
                                                      (update.reward ? kHasReward : 0) |
                                                      (update.status ? kHasStatus : 0)),
                     .zero = {}});
  }
  return bytes;
}

std::string encode_counts(std::span<const EntryCounts> counts) {
  std::string bytes = started(EntryKind::kCounts);
  for (const EntryCounts& row : counts) append(bytes, row);
  return bytes;
}

std::string encode_capacity(std::uint64_t capacity) {
  std::string bytes = started(EntryKind::kCapacity);
  append(bytes, capacity);
  return bytes;
}

Result<Entry> decode_entry(std::string_view bytes) {
  if (bytes.size() < 4) return damaged("an entry of " + std::to_string(bytes.size()) + " bytes");
  if (static_cast<std::uint8_t>(bytes[1]) != kVersion) {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .message = "entry version " +
                                            std::to_string(static_cast<unsigned char>(bytes[1])) +
                                            ", this program knows " + std::to_string(kVersion)});
  }
  Entry entry{.kind = static_cast<EntryKind>(bytes[0])};
  Taker taker(bytes.substr(4));
  switch (entry.kind) {
    case EntryKind::kAdd:
      entry.body = taker.rest();
      return entry;
    case EntryKind::kRemove:
    case EntryKind::kRetrieved:
    case EntryKind::kSucceeded: {
      std::uint64_t number = 0;
      while (taker.take(&number)) entry.numbers.push_back(number);
      if (!taker.rest().empty()) return damaged("an entry with a part of a number");
      return entry;
    }
    case EntryKind::kUpdate:
      entry.updates = TRY(decode_updates(taker));
      return entry;
    case EntryKind::kCapacity:
      if (!taker.take(&entry.capacity) || !taker.rest().empty() || entry.capacity == 0) {
        return damaged("a capacity entry of " + std::to_string(bytes.size()) + " bytes");
      }
      return entry;
    case EntryKind::kCounts: {
      EntryCounts row;
      while (taker.take(&row)) {
        if (row.successes > row.retrievals) return damaged("more successes than retrievals");
        entry.counts.push_back(row);
      }
      if (!taker.rest().empty()) return damaged("a counts entry with a part of a row");
      return entry;
    }
  }
  return damaged("an entry of unknown kind " +
                 std::to_string(static_cast<unsigned char>(bytes[0])));
}

}  // namespace hardwon::reason
