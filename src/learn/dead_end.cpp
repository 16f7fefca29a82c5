// What was tried and did not help, for errors that no later run got past.

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "learn/learner.h"
#include "learn/pasted.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kListMax = 12;

StepClass first_kind(const std::vector<StepView>& views, const Trouble& trouble) {
  return views[trouble.runs.front()].kind;
}

// Whether each failing run was the same call again.
bool all_the_same(const std::vector<StepView>& views, const Trouble& trouble) {
  const StepView& first = views[trouble.runs.front()];
  return std::ranges::all_of(trouble.runs, [&](std::size_t i) {
    return views[i].command_text == first.command_text &&
           (first.kind == StepClass::kShell ||
            (views[i].step->parameters_json == first.step->parameters_json &&
             views[i].step->action == first.step->action));
  });
}

void observe_steps(const EpisodeInput& input, const std::vector<StepView>& views,
                   Observations& out) {
  const Episode& episode = input.episode;
  // A pass of the goal anywhere later takes the dead end back, so passes are observed too.
  std::map<std::string, const StepView*> passes;
  for (const StepView& view : views) {
    if (view.kind == StepClass::kShell && view.result == RunResult::kPass &&
        !view.command.goal.empty() && !is_everyday(view.command.goal)) {
      passes[view.command.goal] = &view;
    }
  }
  for (const Trouble& trouble : find_troubles(views)) {
    if (trouble.solved_at) {
      Observation o = observation_of(episode, "dead_end", trouble.goal);
      o.body_json = dump_json(Json{{"solved", trouble.signature}});
      out.push_back(std::move(o));
    }
    if (trouble.solved_at || !trouble.never.empty()) continue;
    const bool api = first_kind(views, trouble) == StepClass::kOther;
    if (!trouble.weak.empty() && !api) continue;
    if (passes.contains(trouble.goal) &&
        passes[trouble.goal]->step->number > views[trouble.runs.back()].step->number) {
      continue;
    }
    const StepView& first = views[trouble.runs.front()];
    const StepView& last = views[trouble.runs.back()];
    Observation o = observation_of(episode, "dead_end", trouble.goal);
    o.time = last.step->time ? last.step->time : o.time;
    std::string subject = trouble.goal;
    if (first.kind == StepClass::kShell) {
      subject = short_command(first.command.calls[first.command.main].text, 200);
      if (subject.size() > 60) subject = trouble.goal;
    }
    Json tried = Json::array();
    for (const std::string& change : trouble.tried) {
      if (tried.size() < kListMax) tried.push_back(change);
    }
    o.body_json = dump_json(Json{{"goal", trouble.goal},
                                 {"subject", subject},
                                 {"signature", trouble.signature},
                                 {"error", trouble.line.text},
                                 {"runs", trouble.runs.size()},
                                 {"tried", tried},
                                 {"tool", first.step->tool},
                                 {"api", api},
                                 {"same", !trouble.between && all_the_same(views, trouble)}});
    for (const std::size_t run : trouble.runs) {
      const std::string_view line = stating_line(views[run], trouble);
      if (o.provenance.size() < 4 && !line.empty()) {
        o.provenance.push_back(quote_of_result(episode, *views[run].step, line));
      }
    }
    out.push_back(std::move(o));
  }
  if (auto pasted = pasted_again(input, views)) out.push_back(*std::move(pasted));
  for (const auto& [goal, view] : passes) {
    Observation o = observation_of(episode, "dead_end", goal);
    o.time = view->step->time ? view->step->time : o.time;
    o.body_json = dump_json(Json{{"passed", true}});
    out.push_back(std::move(o));
  }
}

struct Account {
  std::vector<const Observation*> seen;
  std::int64_t runs = 0;
  std::vector<std::string> tried;
  Json body;  // of the newest
};

std::string statement_of(const Account& account, std::size_t episodes) {
  const Json& body = account.body;
  const std::string error = shown_error(body.value("error", ""));
  const std::string subject = body.value("subject", "");
  if (body.value("pasted", false)) {
    const std::string change = body.value("change", "");
    return sentence(code(error) + " came back" +
                    (subject.empty() ? "" : " from " + code(subject, 50)) + " after " + change +
                    ", so that did not help");
  }
  const bool api = body.value("api", false);
  std::string text = concat({code(subject), " failed ", times(account.runs), " with ",
                             code(api ? body.value("signature", "") : error)});
  if (episodes >= 2) text += concat({" in ", std::to_string(episodes), " tasks"});
  if (!account.tried.empty()) {
    return sentence(
        concat({text, " and was not seen to pass; it did not help that ", account.tried[0]}));
  }
  if (account.runs >= 2 && body.value("same", false)) {
    return sentence(text + "; running it again did not help, and it was not seen to pass");
  }
  return sentence(text + (api ? ", whatever was passed to it" : " and was not seen to pass"));
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  std::optional<TimePoint> last_pass;
  bool pass_without_time = false;
  std::set<std::string> solved;
  std::map<std::string, Account> accounts;
  for (const Observation* observation : in_order(observations)) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->is_object()) continue;
    if (body->contains("solved")) {
      solved.insert(body->value("solved", ""));
      continue;
    }
    if (body->value("passed", false)) {
      if (!observation->time) pass_without_time = true;
      if (observation->time && (!last_pass || *last_pass < *observation->time)) {
        last_pass = observation->time;
      }
      continue;
    }
    Account& account = accounts[body->value("signature", "")];
    account.seen.push_back(observation);
    account.runs += body->value("runs", std::int64_t{1});
    for (std::string& change : body->value("tried", std::vector<std::string>{})) {
      if (std::ranges::find(account.tried, change) == account.tried.end()) {
        account.tried.push_back(std::move(change));
      }
    }
    account.body = *body;
  }
  for (auto& [signature, account] : accounts) {
    const auto failed_at = account.seen.back()->time;
    if (solved.contains(signature) || pass_without_time ||
        (last_pass && (!failed_at || *failed_at < *last_pass))) {
      ++out.dropped[kSolvedLater];
      continue;
    }
    std::set<ItemId> episodes;
    for (const Observation* o : account.seen) episodes.insert(o->episode);
    if (account.runs < 2 || (account.body.value("api", false) && episodes.size() < 2)) {
      ++out.dropped[kSeenOnce];
      continue;
    }
    Candidate candidate = candidate_of(LessonKind::kDeadEnd,
                                       observations[0].bucket + " | " + signature, account.seen);
    Lesson& lesson = candidate.lesson;
    lesson.statement = statement_of(account, episodes.size());
    lesson.count = account.runs;
    lesson.when.condition = code(account.body.value("error", ""), 120);
    lesson.when.error_signature = signature;
    if (account.body.contains("tool")) lesson.when.tools = {account.body.value("tool", "")};
    lesson.payload = DeadEnd{.signature = signature, .failed = account.tried};
    lesson.provenance = provenance_of(account.seen, 6);
    out.lessons.push_back(std::move(candidate));
  }
  finish(out, options);
  return out;
}

}  // namespace

const Learner kDeadEnd{"dead_end", observe_steps, reduce_bucket};

}  // namespace hardwon::learn
