#include "apps/episode_json.h"

#include <fstream>
#include <iterator>

#include "apps/operation.h"
#include "base/clock.h"
#include "base/text.h"
#include "import/import.h"

namespace hardwon::apps {
namespace {

Result<std::string> text_field(const Json& json, const char* key, const char* pointer,
                               bool required) {
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) {
    if (!required) return std::string();
    return bad_field(pointer, nullptr, "a text");
  }
  if (!it->is_string()) return bad_field(pointer, *it, "a text");
  return it->get<std::string>();
}

Result<std::optional<std::int64_t>> count_field(const Json& json, const char* key) {
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) return std::nullopt;
  if (!it->is_number_integer() || it->get<std::int64_t>() < 0) {
    return bad_field(std::string("/") + key, *it, "a whole number, 0 or more");
  }
  return it->get<std::int64_t>();
}

// Keeps the first episode of an import.
class FirstEpisode final : public import::RecordSink {
 public:
  Result<void> session(const Session&) override { return {}; }
  Result<void> segment(Segment) override { return {}; }
  Result<void> episode(Episode episode) override {
    if (!found) found = std::move(episode);
    return {};
  }
  std::optional<Episode> found;
};

}  // namespace

Result<Step> parse_step(const Json& json) {
  if (!json.is_object()) return bad_field("", json, "a step object");
  for (const auto& [key, value] : json.items()) {
    static constexpr std::string_view kKnown[] = {"number", "tool",       "action", "parameters",
                                                  "result", "latency_ms", "tokens", "time"};
    if (std::ranges::find(kKnown, key) == std::end(kKnown)) {
      return bad_field("/" + key, value,
                       "no field of this name (known: number, tool, action, "
                       "parameters, result, latency_ms, tokens, time)");
    }
  }
  Step step;
  step.tool = TRY(text_field(json, "tool", "/tool", true));
  step.action = TRY(text_field(json, "action", "/action", false));
  step.number = static_cast<std::uint32_t>(TRY(count_field(json, "number")).value_or(0));
  step.latency_ms = TRY(count_field(json, "latency_ms"));
  step.tokens = TRY(count_field(json, "tokens"));
  if (const auto it = json.find("parameters"); it != json.end() && !it->is_null()) {
    if (!it->is_object()) return bad_field("/parameters", *it, "an object");
    step.parameters_json = dump_json(*it);
  }
  if (const std::string time = TRY(text_field(json, "time", "/time", false)); !time.empty()) {
    step.time = parse_time(time);
    if (!step.time) return bad_field("/time", time, "an ISO 8601 time");
  }
  const auto result = json.find("result");
  if (result == json.end() || result->is_null()) return step;
  if (!result->is_object()) return bad_field("/result", *result, "an object");
  const std::string status = TRY(text_field(*result, "status", "/result/status", true));
  const auto parsed = parse_step_status(status);
  if (!parsed || *parsed == StepStatus::kUnknown) {
    return bad_field("/result/status", status, "success, error or timeout");
  }
  step.status = *parsed;
  step.output = TRY(text_field(*result, "output", "/result/output", false));
  return step;
}

Result<Outcome> parse_outcome(const Json& json) {
  if (!json.is_object()) return bad_field("/outcome", json, "an object");
  Outcome outcome;
  const std::string status = TRY(text_field(json, "status", "/outcome/status", true));
  const auto parsed = parse_outcome_status(status);
  if (!parsed) {
    return bad_field("/outcome/status", status, "success, partial, failure, abstained or unknown");
  }
  outcome.status = *parsed;
  outcome.verdict = TRY(text_field(json, "verdict", "/outcome/verdict", false));
  if (outcome.status != OutcomeStatus::kUnknown) outcome.source = OutcomeSource::kVerdict;
  const auto share = json.find("share");
  if (share != json.end() && !share->is_null()) {
    if (!share->is_number()) return bad_field("/outcome/share", *share, "a number");
    outcome.share = share->get<double>();
  }
  return outcome;
}

Result<Episode> read_episode_file(const std::string& path, bool without_outcome) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo, .message = "cannot be opened for reading", .path = path});
  }
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (without_outcome) {
    if (auto json = parse_json(text); json && json->is_object()) {
      for (const char* key : {"outcome", "reward", "artifacts"}) json->erase(key);
      text = dump_json(*json) + "\n";
    }
  }
  import::ImportOptions options;
  options.format = import::Format::kEpisodes;
  options.scope_of = [](const std::string&) { return Scope{}; };
  options.now = SystemClock().now();
  FirstEpisode sink;
  const auto report = import::import_bytes(text, path, options, sink);
  if (!report) return std::unexpected(report.error());
  if (!sink.found) {
    Error error{.code = ErrorCode::kInvalidArgument,
                .message = "no episode found, expected one JSON object of the episodes format",
                .path = path};
    if (!report->skipped.empty()) {
      error.message = report->skipped.front().why;
      error.line = report->skipped.front().line;
    }
    return std::unexpected(std::move(error));
  }
  Episode episode = *std::move(sink.found);
  if (without_outcome) {
    episode.outcome = {};
    episode.reward.reset();
    episode.artifacts_json.clear();
  }
  return episode;
}

}  // namespace hardwon::apps
