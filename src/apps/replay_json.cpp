#include "apps/replay_json.h"

#include <algorithm>
#include <cmath>

#include "apps/operation.h"
#include "apps/views.h"
#include "base/text.h"
#include "vector/embedder.h"

namespace hardwon::apps {
namespace {

constexpr std::string_view kEpisodePrefix = "episode:";

// Reads the fields of one object and refuses those that nobody asked for.
class Fields {
 public:
  Fields(const Json& json, std::string pointer) : json_(json), pointer_(std::move(pointer)) {}

  Result<void> check(std::initializer_list<std::string_view> known) const {
    if (!json_.is_object()) return bad_field(pointer_, json_, "an object");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) == known.end()) {
        std::string names;
        for (const std::string_view name : known) {
          names += (names.empty() ? "" : ", ") + std::string(name);
        }
        return bad_field(at(key), value, "no field of this name (known: " + names + ")");
      }
    }
    return {};
  }

  const Json* find(std::string_view key) const {
    const auto found = json_.find(std::string(key));
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  std::string at(std::string_view key) const { return pointer_ + "/" + std::string(key); }

  Result<std::string> text(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return bad_field(at(key), *value, "a text");
    return value->get<std::string>();
  }
  Result<std::optional<double>> number(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) return bad_field(at(key), *value, "a number");
    return value->get<double>();
  }
  Result<std::optional<TimePoint>> time(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto time = value->is_string() ? parse_time(value->get<std::string>()) : std::nullopt;
    if (!time) return bad_field(at(key), *value, "a time like 2026-01-02T03:04:05Z");
    return time;
  }
  Result<std::string> object(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::string();
    if (!value->is_object()) return bad_field(at(key), *value, "an object");
    return dump_json(*value);
  }
  std::string any(std::string_view key) const {
    const Json* value = find(key);
    return value == nullptr ? std::string() : dump_json(*value);
  }
  Result<std::vector<float>> floats(std::string_view key) const {
    std::vector<float> numbers;
    const Json* value = find(key);
    if (value == nullptr) return numbers;
    if (!value->is_array()) return bad_field(at(key), *value, "a list of numbers");
    numbers.reserve(value->size());
    for (std::size_t i = 0; i < value->size(); ++i) {
      const Json& element = (*value)[i];
      if (!element.is_number())
        return bad_field(at(key) + "/" + std::to_string(i), element, "a number");
      numbers.push_back(element.get<float>());
    }
    return numbers;
  }

 private:
  const Json& json_;
  std::string pointer_;
};

Result<ExperienceStatus> parse_status(const Fields& fields, ExperienceStatus otherwise) {
  const std::string name = TRY(fields.text("status"));
  if (name.empty()) return otherwise;
  const auto status = parse_experience_status(name);
  if (!status)
    return bad_field(fields.at("status"), name, "pending, processed, failed or archived");
  return *status;
}

Result<Action> parse_action(const Json& json, const std::string& pointer) {
  const Fields fields(json, pointer);
  TRY(fields.check({"type", "operation", "arguments", "result", "confidence", "timestamp"}));
  Action action;
  const std::string type = TRY(fields.text("type"));
  const auto known = parse_trajectory_action_type(type.empty() ? "reasoning" : type);
  if (!known) {
    return bad_field(fields.at("type"), type, "visual_operation, reasoning, answer or correction");
  }
  action.type = *known;
  action.operation = TRY(fields.text("operation"));
  action.arguments_json = TRY(fields.object("arguments"));
  action.result_json = fields.any("result");
  action.confidence = TRY(fields.number("confidence")).value_or(1);
  action.time = TRY(fields.time("timestamp"));
  return action;
}

Result<Trajectory> parse_trajectory(const Json& json) {
  const Fields fields(json, "/trajectory");
  TRY(fields.check({"actions", "reward", "final_answer", "metadata"}));
  Trajectory trajectory;
  if (const Json* actions = fields.find("actions")) {
    if (!actions->is_array())
      return bad_field("/trajectory/actions", *actions, "a list of actions");
    for (std::size_t i = 0; i < actions->size(); ++i) {
      trajectory.actions.push_back(
          TRY(parse_action((*actions)[i], "/trajectory/actions/" + std::to_string(i))));
    }
  }
  trajectory.reward = TRY(fields.number("reward")).value_or(0);
  trajectory.final_answer_json = fields.any("final_answer");
  trajectory.metadata_json = TRY(fields.object("metadata"));
  return trajectory;
}

Result<std::vector<std::uint32_t>> parse_shape(const Fields& fields) {
  std::vector<std::uint32_t> shape;
  const Json* value = fields.find("image_shape");
  if (value == nullptr) return shape;
  if (!value->is_array()) return bad_field("/image_shape", *value, "a list of whole numbers");
  for (const Json& length : *value) {
    if (!length.is_number_unsigned() || length.get<std::uint64_t>() > 1'000'000'000) {
      return bad_field("/image_shape", length, "a whole number, 0 to 1,000,000,000");
    }
    shape.push_back(length.get<std::uint32_t>());
  }
  return shape;
}

Json floats_json(const std::vector<float>& numbers) {
  Json list = Json::array();
  for (const float number : numbers) list.push_back(number);
  return list;
}

void put_json(Json& out, const char* key, const std::string& text) {
  if (text.empty()) return;
  auto value = parse_json(text);
  out[key] = value ? *std::move(value) : Json(text);
}

Json action_json(const Action& action) {
  Json out = {{"type", name_of(action.type)}, {"operation", action.operation}};
  put_json(out, "arguments", action.arguments_json);
  put_json(out, "result", action.result_json);
  out["confidence"] = action.confidence;
  if (action.time) out["timestamp"] = format_time(*action.time);
  return out;
}

Json buffer_json(const ExperienceRecord& record) {
  return {{"number", record.number},
          {"retrievals", record.retrievals},
          {"successes", record.successes},
          {"success_rate", record.success_rate ? Json(*record.success_rate) : Json(nullptr)},
          {"priority", record.priority}};
}

Action action_of(const Step& step) {
  Json arguments = Json::object();
  if (!step.action.empty()) arguments["action"] = step.action;
  if (auto parameters = parse_json(step.parameters_json)) {
    arguments["parameters"] = *std::move(parameters);
  }
  Json result = {{"status", name_of(step.status)}};
  if (!step.output.empty()) result["output"] = step.output;
  return {.operation = step.tool,
          .arguments_json = dump_json(arguments),
          .result_json = dump_json(result),
          .time = step.time};
}

}  // namespace

Result<Embeddings> parse_embeddings(const Json& json) {
  const Fields fields(json, "/embeddings");
  TRY(fields.check({"visual", "text"}));
  Embeddings embeddings;
  embeddings.visual = TRY(fields.floats("visual"));
  embeddings.text = TRY(fields.floats("text"));
  return embeddings;
}

Result<Experience> parse_experience(const Json& json) {
  const Fields fields(json, "");
  TRY(fields.check({"id", "question", "image_shape", "image_features", "embeddings", "trajectory",
                    "confidence", "time", "status", "metadata", "buffer"}));
  Experience experience;
  experience.id = TRY(fields.text("id"));
  experience.question = TRY(fields.text("question"));
  experience.image_shape = TRY(parse_shape(fields));
  experience.image_features = TRY(fields.floats("image_features"));
  if (const Json* value = fields.find("embeddings")) {
    experience.embeddings = TRY(parse_embeddings(*value));
  }
  if (const Json* value = fields.find("trajectory")) {
    experience.trajectory = TRY(parse_trajectory(*value));
  }
  experience.confidence = TRY(fields.number("confidence"));
  experience.time = TRY(fields.time("time"));
  experience.status = TRY(parse_status(fields, ExperienceStatus::kPending));
  experience.metadata_json = TRY(fields.object("metadata"));
  return experience;
}

Result<ExperienceUpdate> parse_experience_update(const Json& json) {
  const Fields fields(json, "");
  TRY(fields.check({"id", "confidence", "reward", "status"}));
  ExperienceUpdate update;
  update.id = TRY(fields.text("id"));
  update.confidence = TRY(fields.number("confidence"));
  update.reward = TRY(fields.number("reward"));
  if (update.id.empty()) return bad_field("/id", nullptr, "the id of an experience");
  if (fields.find("status") != nullptr) {
    update.status = TRY(parse_status(fields, ExperienceStatus::kPending));
  }
  return update;
}

Json experience_json(const ExperienceRecord& record) {
  const Experience& experience = record.experience;
  Json out = {{"id", experience.id}, {"question", experience.question}};
  if (!experience.image_shape.empty()) {
    out["image_shape"] = experience.image_shape;
    out["image_features"] = floats_json(experience.image_features);
  }
  out["embeddings"] = Json::object();
  const auto& [visual, text] = experience.embeddings;
  if (!visual.empty()) out["embeddings"]["visual"] = floats_json(visual);
  if (!text.empty()) out["embeddings"]["text"] = floats_json(text);
  Json trajectory = {{"actions", Json::array()}, {"reward", experience.trajectory.reward}};
  for (const Action& action : experience.trajectory.actions) {
    trajectory["actions"].push_back(action_json(action));
  }
  put_json(trajectory, "final_answer", experience.trajectory.final_answer_json);
  put_json(trajectory, "metadata", experience.trajectory.metadata_json);
  out["trajectory"] = std::move(trajectory);
  out["confidence"] = experience.confidence ? Json(*experience.confidence) : Json(nullptr);
  out["time"] = time_json(experience.time);
  out["status"] = name_of(experience.status);
  put_json(out, "metadata", experience.metadata_json);
  out["buffer"] = buffer_json(record);
  return out;
}

Json experience_brief_json(const ExperienceRecord& record) {
  return {{"id", record.experience.id}, {"buffer", buffer_json(record)}};
}

Result<Experience> experience_of(const Episode& episode) {
  const std::optional<double> share = episode.outcome.success();
  if (!episode.reward && !share) {
    return fail(ErrorCode::kInvalidArgument, "neither a reward nor an outcome is known");
  }
  Experience experience{.id = std::string(kEpisodePrefix) + to_text(episode.id),
                        .question = episode.task};
  for (const Step& step : episode.steps) {
    experience.trajectory.actions.push_back(action_of(step));
  }
  experience.trajectory.reward = episode.reward ? *episode.reward : *share;
  std::vector<float> text = vector::embed_lexical(episode.task);
  if (std::ranges::any_of(text, [](float x) { return x != 0; })) {
    experience.embeddings.text = std::move(text);
  }
  experience.time = episode.ended_at ? episode.ended_at : episode.started_at;
  Json metadata = {{"episode", to_text(episode.id)},
                   {"outcome", name_of(episode.outcome.status)},
                   {"outcome_source", name_of(episode.outcome.source)},
                   {"embedder", vector::kLexicalName}};
  if (!episode.external_id.empty()) metadata["external_id"] = episode.external_id;
  if (!episode.context.domain.empty()) metadata["domain"] = episode.context.domain;
  if (!episode.context.language.empty()) metadata["language"] = episode.context.language;
  experience.metadata_json = dump_json(metadata);
  return experience;
}

std::optional<ItemId> episode_of(std::string_view experience_id) {
  if (!experience_id.starts_with(kEpisodePrefix)) return std::nullopt;
  const auto bytes = parse_id_text(experience_id.substr(kEpisodePrefix.size()));
  return bytes ? std::optional(ItemId{*bytes}) : std::nullopt;
}

}  // namespace hardwon::apps
