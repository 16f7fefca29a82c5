// Results of tau-bench runs (docs/formats/tau-bench.md): one trial, one session, one episode.

#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "import/fields.h"
#include "import/objects.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kAgent = "tau-bench";
constexpr std::size_t kActionBytesMax = 2'000;

// "# Airline Agent Policy" opens the system message of the airline domain.
std::string domain_of(std::string_view system_message) {
  const std::string first = ascii_lower(trim(system_message.substr(0, system_message.find('\n'))));
  constexpr std::string_view kEnd = " agent policy";
  if (!first.starts_with("# ") || !first.ends_with(kEnd)) return std::string(kAgent);
  const std::string name = first.substr(2, first.size() - 2 - kEnd.size());
  const bool one_word =
      !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  return one_word ? name : std::string(kAgent);
}

// "12" of a number or a string.
std::string id_text_of(const std::optional<Element>& id) {
  if (!id) return {};
  if (const auto text = as_text(*id)) return std::string(*text);
  const auto count = as_count(*id);
  return count ? std::to_string(*count) : std::string{};
}

// Of what was said and called.
std::uint64_t hash_of(Element messages) {
  std::uint64_t hash = 0;
  for (const Element message : simdjson::dom::array(messages)) {
    hash = hash64(text_member(message, "content"), hash64(text_member(message, "role"), hash));
    const auto calls = member(message, "tool_calls");
    if (calls) hash = hash64(simdjson::minify(*calls), hash);
  }
  return hash;
}

class Trial {
 public:
  Trial(Run& run, Element object, const Record& record);

  // Empty when the trial lacks what names it; the reason is noted.
  bool good() const { return good_; }
  Result<void> write();

 private:
  Result<void> write_message(Element message, std::size_t at);
  void add_calls(Element message, std::size_t at);
  void add_result(Element message, std::string_view content);

  Run& run_;
  Element object_;
  std::int64_t line_;
  Fields fields_;
  bool good_ = true;
  std::optional<Element> messages_;
  Session session_;
  Episode episode_;
  std::uint32_t segments_ = 0;
  std::unordered_map<std::string, std::size_t> open_calls_;
};

Trial::Trial(Run& run, Element object, const Record& record)
    : run_(run), object_(object), line_(record.line), fields_(run, record.line) {
  messages_ = fields_.array(object, "", "traj");
  const std::string task = id_text_of(member(object, "task_id"));
  const std::string number = id_text_of(member(object, "trial"));
  episode_.reward = fields_.number(object, "", "reward");
  if (!messages_) fields_.wrong("/traj", messages_, "an array of messages");
  if (task.empty()) fields_.wrong("/task_id", member(object, "task_id"), "a number or a string");
  good_ = fields_.good();
  if (!good_) return;
  const std::string name = concat({task, "#", number.empty() ? "0" : number});
  // Runs of several models number their trials alike, so the messages are part of the key.
  const std::string key = std::to_string(hash_of(*messages_));
  session_ = {.id = session_id_of(kAgent, concat({name, ":", key})),
              .agent = std::string(kAgent),
              .agent_session = concat({name, ":", key}),
              .transcript_id = name,
              .scope = run.scope(""),
              .source_path = run.path().string()};
  episode_.id = content_id<ItemId>({kAgent, session_.agent_session, "trial"});
  episode_.external_id = name;
  episode_.session = session_.id;
  episode_.scope = session_.scope;
  episode_.context.domain = kAgent;
  episode_.completed = true;
  episode_.source_path = run.path().string();
  episode_.line_from = episode_.line_to = line_;
  if (episode_.reward) episode_.outcome = outcome_of_reward(*episode_.reward);
}

Result<void> Trial::write() {
  TRY(run_.session(session_, true));
  std::size_t at = 0;
  for (const Element message : simdjson::dom::array(*messages_)) {
    if (message.is_object()) {
      TRY(write_message(message, at));
    } else {
      run_.wrong_type(line_, below("/traj", at), kind_of(message), "an object");
    }
    ++at;
  }
  std::uint32_t number = 0;
  for (Step& step : episode_.steps) step.number = ++number;
  TRY(run_.session(session_, false));
  return run_.episode(std::move(episode_));
}

Result<void> Trial::write_message(Element message, std::size_t at) {
  const std::string_view role = text_member(message, "role");
  const std::string_view content = text_member(message, "content");
  Speaker speaker = Speaker::kHarness;  // the system's policy and the simulated customer
  bool opens = false;
  if (role == "assistant") {
    speaker = Speaker::kAgent;
    add_calls(message, at);
  } else if (role == "tool") {
    speaker = Speaker::kTool;
    add_result(message, content);
  } else if (role == "system") {
    episode_.context.domain = domain_of(content);
  } else if (role == "user") {
    opens = episode_.task.empty() && !trim(content).empty();
    if (opens) episode_.task = run_.text(content, run_.options().text_bytes_max);
  } else {
    run_.wrong_type(line_, below(below("/traj", at), "role"),
                    concat({"'", ellipsis(role, 40), "'"}), "system, user, assistant or tool");
    return {};
  }
  const std::size_t bytes_max =
      speaker == Speaker::kTool ? run_.options().output_bytes_max : run_.options().text_bytes_max;
  std::string text = run_.text(content, bytes_max);
  if (trim(text).empty()) return {};
  return run_.segment(
      {.id = content_id<ItemId>({kAgent, session_.agent_session, "message", std::to_string(at)}),
       .session = session_.id,
       .scope = session_.scope,
       .index = segments_++,
       .speaker = speaker,
       .text = std::move(text),
       .line = line_,
       .episode = episode_.id,
       .opens_episode = opens});
}

void Trial::add_calls(Element message, std::size_t at) {
  const auto calls = member(message, "tool_calls");
  if (!calls || !calls->is_array()) return;
  for (const Element call : simdjson::dom::array(*calls)) {
    const auto function = member(call, "function");
    const std::string_view name = function ? text_member(*function, "name") : "";
    if (name.empty()) {
      run_.wrong_type(line_, below(below("/traj", at), "tool_calls"), "a call without name",
                      "function.name");
      continue;
    }
    ++run_.counts().tool_calls;
    const std::string_view arguments = text_member(*function, "arguments");
    Step step{.tool = std::string(name),
              .action = run_.text(one_line(arguments), kActionBytesMax),
              .line = line_};
    if (trim(arguments).starts_with('{')) step.parameters_json = trim(arguments);
    open_calls_.insert_or_assign(std::string(text_member(call, "id")), episode_.steps.size());
    episode_.steps.push_back(std::move(step));
  }
}

void Trial::add_result(Element message, std::string_view content) {
  const bool failed = content.starts_with("Error");
  if (failed) ++run_.counts().tool_errors;
  const auto found = open_calls_.find(std::string(text_member(message, "tool_call_id")));
  if (found == open_calls_.end()) return;
  Step& step = episode_.steps[found->second];
  step.status = failed ? StepStatus::kError : StepStatus::kSuccess;
  step.output = run_.text(content, run_.options().output_bytes_max);
  open_calls_.erase(found);
}

}  // namespace

Result<void> import_tau_bench(ByteSource& source, Run& run) {
  return each_object(source, run, [&](Element object, const Record& record) -> Result<void> {
    Trial trial(run, object, record);
    if (!trial.good()) return {};
    return trial.write();
  });
}

}  // namespace hardwon::import
