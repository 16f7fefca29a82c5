#include "engine/observation_codec.h"

#include "base/json.h"

namespace hardwon::engine {
namespace {

std::int64_t micros(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint from_micros(std::int64_t value) { return TimePoint(std::chrono::microseconds(value)); }

Json encode_provenance(const Provenance& span) {
  Json json = {{"path", span.path}, {"line", span.line}, {"quote", span.quote}};
  if (span.time) json["time"] = micros(*span.time);
  if (!span.episode.empty()) json["episode"] = to_text(span.episode);
  return json;
}

Provenance decode_provenance(const Json& json) {
  Provenance span;
  span.path = json.at("path").get<std::string>();
  span.line = json.at("line").get<std::int64_t>();
  span.quote = json.at("quote").get<std::string>();
  if (json.contains("time")) span.time = from_micros(json["time"].get<std::int64_t>());
  if (json.contains("episode")) {
    span.episode.bytes = parse_id_text(json["episode"].get<std::string>()).value();
  }
  return span;
}

learn::Observation decode_body(const store::StoredObservation& stored, const Json& json) {
  learn::Observation observation;
  observation.learner = stored.learner;
  observation.bucket = stored.bucket;
  observation.scope = stored.scope;
  observation.item = stored.item;
  observation.episode = stored.episode;
  observation.task = json.at("task").get<std::string>();
  const Json& outcome = json.at("outcome");
  observation.outcome.status = static_cast<OutcomeStatus>(outcome.at("status").get<int>());
  observation.outcome.source = static_cast<OutcomeSource>(outcome.at("source").get<int>());
  if (outcome.contains("share")) observation.outcome.share = outcome["share"].get<double>();
  if (json.contains("time")) observation.time = from_micros(json["time"].get<std::int64_t>());
  const Json& context = json.at("context");
  observation.context.domain = context.at("domain").get<std::string>();
  observation.context.language = context.at("language").get<std::string>();
  observation.context.framework = context.at("framework").get<std::string>();
  observation.context.complexity = context.at("complexity").get<std::string>();
  observation.context.tags = context.at("tags").get<std::vector<std::string>>();
  observation.body_json = json.at("body").get<std::string>();
  for (const Json& span : json.at("provenance")) {
    observation.provenance.push_back(decode_provenance(span));
  }
  return observation;
}

}  // namespace

store::StoredObservation encode(const learn::Observation& observation) {
  Json json = {{"task", observation.task}};
  Json outcome = {{"status", static_cast<int>(observation.outcome.status)},
                  {"source", static_cast<int>(observation.outcome.source)}};
  if (observation.outcome.share) outcome["share"] = *observation.outcome.share;
  json["outcome"] = std::move(outcome);
  if (observation.time) json["time"] = micros(*observation.time);
  const TaskContext& context = observation.context;
  json["context"] = {{"domain", context.domain},
                     {"language", context.language},
                     {"framework", context.framework},
                     {"complexity", context.complexity},
                     {"tags", context.tags}};
  json["body"] = observation.body_json;
  json["provenance"] = Json::array();
  for (const Provenance& span : observation.provenance) {
    json["provenance"].push_back(encode_provenance(span));
  }
  return {.learner = observation.learner,
          .bucket = observation.bucket,
          .scope = observation.scope,
          .item = observation.item,
          .episode = observation.episode,
          .json = dump_json(json)};
}

Result<learn::Observation> decode(const store::StoredObservation& stored) {
  const Json json = TRY(parse_json(stored.json));
  try {
    return decode_body(stored, json);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kCorruption, "observation of " + stored.learner + " in bucket '" +
                                            stored.bucket + "': " + error.what());
  }
}

}  // namespace hardwon::engine
