#include "apps/views.h"

#include <fmt/format.h>

#include "recall/recall.h"

namespace hardwon::apps {
namespace {

template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json trials_json(const Trials& trials) {
  return {{"success", trials.success}, {"failure", trials.failure}};
}

Json id_json(const ItemId& id) { return id.empty() ? Json(nullptr) : Json(to_text(id)); }

Json parsed_or_text(const std::string& json) {
  if (json.empty()) return nullptr;
  auto value = parse_json(json);
  return value ? *std::move(value) : Json(json);
}

}  // namespace

Json time_json(const std::optional<TimePoint>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json context_json(const TaskContext& context) {
  return {{"domain", context.domain},
          {"language", context.language},
          {"framework", context.framework},
          {"complexity", context.complexity},
          {"tags", context.tags}};
}

Json outcome_json(const Outcome& outcome) {
  return {{"status", name_of(outcome.status)},
          {"share", optional_json(outcome.share)},
          {"source", name_of(outcome.source)},
          {"reliability", name_of(outcome_reliability(outcome.source))},
          {"verdict", outcome.verdict}};
}

Json evidence_json(const EvidenceSummary& evidence) {
  return {{"observed", trials_json(evidence.observed)},
          {"applied", trials_json(evidence.applied)},
          {"shown", evidence.shown},
          {"mean", optional_json(evidence.mean)},
          {"lower95", optional_json(evidence.lower95)},
          {"raw_score", optional_json(evidence.raw_score)},
          {"rating", optional_json(evidence.rating)}};
}

Json provenance_json(const std::vector<Provenance>& provenance) {
  Json spans = Json::array();
  for (const Provenance& span : provenance) {
    spans.push_back({{"path", span.path},
                     {"line", span.line},
                     {"quote", span.quote},
                     {"time", time_json(span.time)},
                     {"episode", id_json(span.episode)}});
  }
  return spans;
}

Json when_json(const When& when) {
  Json json = context_json(when.context);
  json["condition"] = when.condition;
  json["error"] = when.error_signature;
  json["paths"] = when.paths;
  json["tools"] = when.tools;
  return json;
}

Json scope_json(const Scope& scope) {
  Json json = Json::object();
  for (const auto& [key, value] : scope.labels) json[key] = value;
  return json;
}

Json writes_json(const store::WriteCounts& counts) {
  return {{"calls", counts.calls}, {"bytes", counts.bytes}, {"fsyncs", counts.fsyncs}};
}

Result<EvidenceSummary> record_of(const store::Reader& reader, const ItemId& lesson) {
  const auto rows = TRY(store::lesson_evidence(reader, lesson));
  const auto rating = TRY(store::lesson_rating(reader, lesson));
  return recall::summarise(rows, rating);
}

Json lesson_json(const store::Reader& reader, const Lesson& lesson, const EvidenceSummary& record) {
  Json flags = Json::array();
  if (lesson.pinned) flags.push_back("pinned");
  if (lesson.suppressed) flags.push_back("suppressed");
  const auto short_id = store::short_handle(reader, lesson.id);
  return {{"id", to_text(lesson.id)},
          {"short_id", short_id ? Json(*short_id) : Json(nullptr)},
          {"kind", name_of(lesson.kind)},
          {"group", id_json(lesson.group.empty() ? lesson.id : lesson.group)},
          {"statement", lesson.statement},
          {"when", when_json(lesson.when)},
          {"status", name_of(lesson.status)},
          {"flags", std::move(flags)},
          {"count", lesson.count},
          {"evidence", evidence_json(record)},
          {"provenance", provenance_json(lesson.provenance)},
          {"scope", scope_json(lesson.scope)},
          {"valid_from", time_json(lesson.valid_from)},
          {"valid_to", time_json(lesson.valid_to)},
          {"superseded_by", id_json(lesson.superseded_by)},
          {"learner", lesson.learner}};
}

Json step_json(const Step& step) {
  return {{"number", step.number},
          {"tool", step.tool},
          {"action", step.action},
          {"parameters", parsed_or_text(step.parameters_json)},
          {"result", {{"status", name_of(step.status)}, {"output", step.output}}},
          {"latency_ms", optional_json(step.latency_ms)},
          {"tokens", optional_json(step.tokens)},
          {"time", time_json(step.time)},
          {"line", step.line},
          {"by_sub_agent", step.by_sub_agent}};
}

Json episode_json(const Episode& episode) {
  Json steps = Json::array();
  for (const Step& step : episode.steps) steps.push_back(step_json(step));
  return {{"id", to_text(episode.id)},
          {"external_id", episode.external_id},
          {"task", episode.task},
          {"context", context_json(episode.context)},
          {"scope", scope_json(episode.scope)},
          {"started_at", time_json(episode.started_at)},
          {"ended_at", time_json(episode.ended_at)},
          {"completed", episode.completed},
          {"outcome", outcome_json(episode.outcome)},
          {"reward", optional_json(episode.reward)},
          {"artifacts", parsed_or_text(episode.artifacts_json)},
          {"reward_score", optional_json(episode.reward_score)},
          {"quality", optional_json(episode.quality)},
          {"reflection",
           {{"successes", episode.reflection.successes},
            {"improvements", episode.reflection.improvements},
            {"insights", episode.reflection.insights}}},
          {"source",
           {{"path", episode.source_path},
            {"line_from", episode.line_from},
            {"line_to", episode.line_to}}},
          {"steps", std::move(steps)}};
}

Json answer_json(const RecallAnswer& answer, bool explain) {
  Json hits = Json::array();
  for (const RecallHit& hit : answer.hits) {
    Json json = {{"id", to_text(hit.id)},
                 {"external_id", hit.external_id},
                 {"kind", hit.lesson_kind ? name_of(*hit.lesson_kind) : name_of(hit.kind)},
                 {"relevance", hit.relevance},
                 {"score", hit.score},
                 {"statement", hit.statement},
                 {"content", hit.content},
                 {"metadata",
                  hit.metadata_json.empty() ? Json::object() : parsed_or_text(hit.metadata_json)},
                 {"when", when_json(hit.when)},
                 {"evidence", evidence_json(hit.evidence)},
                 {"matched",
                  {{"lexical", hit.matched.lexical},
                   {"vector", hit.matched.vector},
                   {"context", hit.matched.context}}},
                 {"transcript_id", hit.transcript_id},
                 {"status", name_of(hit.status)},
                 {"superseded_by", id_json(hit.superseded_by)},
                 {"provenance", provenance_json(hit.provenance)}};
    if (explain) json["why"] = hit.why;
    hits.push_back(std::move(json));
  }
  Json p_success = nullptr;
  if (answer.p_success) {
    p_success = {{"mean", answer.p_success->mean},
                 {"interval", {answer.p_success->low, answer.p_success->high}}};
  }
  return {{"recall_id", to_text(answer.id)},
          {"mode", name_of(answer.mode)},
          {"source", answer.source},
          {"degraded", optional_json(answer.degraded)},
          {"pending_episodes", answer.pending_episodes},
          {"timings_us", answer.timings_us},
          {"p_success", std::move(p_success)},
          {"hits", std::move(hits)}};
}

Json injection_json(const Injection& injection) {
  const auto list = [](const std::vector<InjectedLesson>& lessons) {
    Json json = Json::array();
    for (const InjectedLesson& lesson : lessons) {
      json.push_back({{"id", to_text(lesson.id)},
                      {"statement", lesson.statement},
                      {"tokens", lesson.tokens},
                      {"p", lesson.probability},
                      {"relevance", lesson.relevance},
                      {"untested", lesson.untested}});
    }
    return json;
  };
  return {{"injection_id", to_text(injection.id)},
          {"block", injection.block},
          {"tokens", injection.tokens},
          {"estimator", injection.estimator},
          {"lessons", list(injection.lessons)},
          {"ghosts", list(injection.ghosts)},
          {"loaded", list(injection.loaded)}};
}

Json learn_json(const LearnReport& report) {
  return {{"episodes", report.episodes},
          {"segments", report.segments},
          {"candidates", report.candidates},
          {"lessons_new", report.lessons_new},
          {"lessons_merged", report.lessons_merged},
          {"lessons_superseded", report.lessons_superseded},
          {"dropped", report.dropped},
          {"pending", report.pending}};
}

std::string counted(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string record_text(const Json& evidence, std::string_view kind, std::int64_t count) {
  const auto trials = [&](const char* key) {
    const Json& side = evidence.at(key);
    return std::pair(side.at("success").get<double>(), side.at("failure").get<double>());
  };
  const auto [applied_ok, applied_bad] = trials("applied");
  const auto [seen_ok, seen_bad] = trials("observed");
  if (applied_ok + applied_bad > 0) {
    return fmt::format("worked {:g} of {:g}", applied_ok, applied_ok + applied_bad);
  }
  if (kind == "rule" || kind == "decision") {
    if (count == 0) return "stated";
    return count > 1 ? fmt::format("said {}×", count) : "said once";
  }
  const double tasks = seen_ok + seen_bad;
  if (tasks > 0) {
    const std::string seen = count == 0  ? ""
                             : count > 1 ? fmt::format("seen {}×; ", count)
                                         : "seen once; ";
    // The record is of tasks: one that failed in the end may well have got past this.
    if (tasks == 1 && seen_ok == 1) return seen + "the task as a whole went well";
    if (tasks == 1 && seen_ok == 0) return seen + "the task as a whole failed";
    return fmt::format("{}{:g} of {:g} tasks went well", seen, seen_ok, tasks);
  }
  return count > 1 ? fmt::format("seen {}×, untested", count) : "untested";
}

}  // namespace hardwon::apps
