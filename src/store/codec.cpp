#include "store/codec.h"

#include "base/json.h"

namespace hardwon::store {
namespace {

constexpr int kBodyVersion = 1;

template <typename T>
void put_optional(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}
void put_text(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}
void put_list(Json& json, const char* key, const std::vector<std::string>& value) {
  if (!value.empty()) json[key] = value;
}
std::string get_text(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<std::string>() : std::string();
}
std::vector<std::string> get_list(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<std::vector<std::string>>()
                            : std::vector<std::string>();
}

Json context_json(const TaskContext& context) {
  Json json = Json::object();
  put_text(json, "domain", context.domain);
  put_text(json, "language", context.language);
  put_text(json, "framework", context.framework);
  put_text(json, "complexity", context.complexity);
  put_list(json, "tags", context.tags);
  return json;
}

// Throws, as get<T>() does, for what is no object.
const Json& object(const Json& json) {
  static_cast<void>(json.get_ref<const Json::object_t&>());
  return json;
}

TaskContext context_of(const Json& given) {
  const Json& json = object(given);
  return {.domain = get_text(json, "domain"),
          .language = get_text(json, "language"),
          .framework = get_text(json, "framework"),
          .complexity = get_text(json, "complexity"),
          .tags = get_list(json, "tags")};
}

// ---------------------------------------------------------------- one codec a kind

Json encode(const ToolSequence& payload) {
  Json json = {{"tools", payload.tools}};
  put_optional(json, "latency_ms_mean", payload.latency_ms_mean);
  return json;
}
Json encode(const DecisionPoint& payload) {
  return {{"condition", payload.condition}, {"action", payload.action}};
}
Json encode(const ErrorRecovery& payload) {
  return {
      {"signature", payload.signature}, {"failed", payload.failed}, {"recovery", payload.recovery}};
}
Json encode(const ContextPattern& payload) {
  return {{"features", payload.features}, {"approach", payload.approach}};
}
Json encode(const Heuristic& payload) {
  return {{"condition", payload.condition}, {"action", payload.action}};
}
Json encode(const DeadEnd& payload) {
  return {{"signature", payload.signature}, {"failed", payload.failed}};
}
Json encode(const Rule& payload) {
  Json json = {{"text", payload.text},
               {"match", {{"type", name_of(payload.match.type)}, {"value", payload.match.value}}},
               {"action", name_of(payload.action)},
               {"polarity", name_of(payload.polarity)},
               {"confidence", payload.confidence}};
  put_text(json["match"], "context", payload.match.context_json);
  put_text(json, "parameters", payload.parameters_json);
  put_text(json, "rationale", payload.rationale);
  return json;
}
Json encode(const Decision& payload) { return {{"text", payload.text}}; }

// A name that this version does not know reads as the default.
template <typename Enum>
Enum get_name(const Json& json, const char* key, std::optional<Enum> (*parse)(std::string_view),
              Enum otherwise) {
  return parse(get_text(json, key)).value_or(otherwise);
}

// Rules of earlier versions have the text alone.
Rule rule_of(const Json& json) {
  Rule rule{.text = get_text(json, "text"),
            .action = get_name(json, "action", parse_action_type, ActionType::kBehavior),
            .polarity = get_name(json, "polarity", parse_polarity, Polarity::kDo),
            .parameters_json = get_text(json, "parameters"),
            .rationale = get_text(json, "rationale"),
            .confidence = json.value("confidence", 1.0)};
  if (json.contains("match")) {
    const Json& match = json.at("match");
    rule.match = {.type = get_name(match, "type", parse_match_type, MatchType::kKeyword),
                  .value = get_text(match, "value"),
                  .context_json = get_text(match, "context")};
  }
  return rule;
}

LessonPayload decode_payload(LessonKind kind, const Json& json) {
  switch (kind) {
    case LessonKind::kToolSequence: {
      ToolSequence payload{.tools = get_list(json, "tools")};
      if (json.contains("latency_ms_mean")) {
        payload.latency_ms_mean = json.at("latency_ms_mean").get<double>();
      }
      return payload;
    }
    case LessonKind::kDecisionPoint:
      return DecisionPoint{get_text(json, "condition"), get_text(json, "action")};
    case LessonKind::kErrorRecovery:
      return ErrorRecovery{get_text(json, "signature"), get_list(json, "failed"),
                           get_list(json, "recovery")};
    case LessonKind::kContextPattern:
      return ContextPattern{get_list(json, "features"), get_text(json, "approach")};
    case LessonKind::kHeuristic:
      return Heuristic{get_text(json, "condition"), get_text(json, "action")};
    case LessonKind::kDeadEnd:
      return DeadEnd{get_text(json, "signature"), get_list(json, "failed")};
    case LessonKind::kRule:
      return rule_of(json);
    case LessonKind::kDecision:
      return Decision{get_text(json, "text")};
  }
  std::unreachable();
}

// ---------------------------------------------------------------- when, provenance

Json encode(const When& when) {
  Json json = Json::object();
  if (Json context = context_json(when.context); !context.empty()) json["context"] = context;
  put_text(json, "condition", when.condition);
  put_text(json, "error_signature", when.error_signature);
  put_list(json, "paths", when.paths);
  put_list(json, "tools", when.tools);
  return json;
}

When when_of(const Json& given) {
  const Json& json = object(given);
  When when;
  if (json.contains("context")) when.context = context_of(json.at("context"));
  when.condition = get_text(json, "condition");
  when.error_signature = get_text(json, "error_signature");
  when.paths = get_list(json, "paths");
  when.tools = get_list(json, "tools");
  return when;
}

Json encode(const Provenance& span) {
  Json json = Json::object();
  put_text(json, "path", span.path);
  if (span.line != 0) json["line"] = span.line;
  put_text(json, "quote", span.quote);
  if (span.time) json["time"] = span.time->time_since_epoch().count();
  if (!span.episode.empty()) json["episode"] = to_text(span.episode);
  return json;
}

Provenance provenance_of(const Json& given) {
  const Json& json = object(given);
  Provenance span{.path = get_text(json, "path"), .quote = get_text(json, "quote")};
  if (json.contains("line")) span.line = json.at("line").get<std::int64_t>();
  if (json.contains("time")) {
    span.time = TimePoint(std::chrono::microseconds(json.at("time").get<std::int64_t>()));
  }
  if (const auto id = parse_id_text(get_text(json, "episode"))) span.episode = ItemId{*id};
  return span;
}

// Runs `read` over parsed JSON; what nlohmann throws becomes kCorruption.
template <typename Read>
Result<void> decode(std::string_view text, const char* what, Read read) {
  const auto json = parse_json(text);
  if (!json || !json->is_object()) {
    return fail(ErrorCode::kCorruption, std::string(what) + ": expected a JSON object");
  }
  try {
    return read(*json);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kCorruption, std::string(what) + ": " + error.what());
  }
}

}  // namespace

std::string encode_lesson_body(const Lesson& lesson) {
  Json json = {{"v", kBodyVersion}};
  json["when"] = encode(lesson.when);
  json["payload"] = std::visit([](const auto& payload) { return encode(payload); }, lesson.payload);
  json["provenance"] = Json::array();
  for (const Provenance& span : lesson.provenance) json["provenance"].push_back(encode(span));
  return dump_json(json);
}

Result<void> decode_lesson_body(std::string_view text, Lesson& lesson) {
  return decode(text, "lesson body", [&](const Json& json) -> Result<void> {
    const int version = json.value("v", 0);
    if (version != kBodyVersion) {
      return fail(ErrorCode::kCorruption, "lesson body: version " + std::to_string(version) +
                                              ", expected " + std::to_string(kBodyVersion));
    }
    lesson.when = when_of(json.at("when"));
    lesson.payload = decode_payload(lesson.kind, object(json.at("payload")));
    lesson.provenance.clear();
    for (const Json& span : json.at("provenance")) {
      lesson.provenance.push_back(provenance_of(span));
    }
    return {};
  });
}

std::string encode_context(const TaskContext& context) { return dump_json(context_json(context)); }

Result<TaskContext> decode_context(std::string_view text) {
  TaskContext context;
  TRY(decode(text, "task context", [&](const Json& json) -> Result<void> {
    context = context_of(json);
    return {};
  }));
  return context;
}

std::string encode_reflection(const Reflection& reflection) {
  Json json = Json::object();
  put_list(json, "successes", reflection.successes);
  put_list(json, "improvements", reflection.improvements);
  put_list(json, "insights", reflection.insights);
  return dump_json(json);
}

Result<Reflection> decode_reflection(std::string_view text) {
  Reflection reflection;
  TRY(decode(text, "reflection", [&](const Json& json) -> Result<void> {
    reflection = {.successes = get_list(json, "successes"),
                  .improvements = get_list(json, "improvements"),
                  .insights = get_list(json, "insights")};
    return {};
  }));
  return reflection;
}

}  // namespace hardwon::store
