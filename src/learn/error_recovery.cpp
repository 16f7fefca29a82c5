// Errors that went away: what failed, with which line, and after what it passed.

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

Json list_of(const std::vector<std::string>& items) {
  Json out = Json::array();
  for (const std::string& item : items) {
    if (out.size() == kListMax) break;
    out.push_back(item);
  }
  return out;
}

// How long the steps took; unknown (0) when there was a pause in which nobody worked on it.
std::int64_t seconds_spent(const std::vector<StepView>& views, std::size_t from, std::size_t to) {
  constexpr std::chrono::minutes kPause{15};
  for (std::size_t i = from; i < to; ++i) {
    const auto &a = views[i].step->time, &b = views[i + 1].step->time;
    if (!a || !b || *b < *a || *b - *a > kPause) return 0;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(*views[to].step->time -
                                                          *views[from].step->time)
      .count();
}

std::string subject_of(const StepView& view, const std::string& goal) {
  if (view.kind != StepClass::kShell) return goal;
  const std::string shown = short_command(view.command.calls[view.command.main].text, 200);
  return shown.size() <= 60 ? shown : goal;
}

Observation observed(const Episode& episode, const std::vector<StepView>& views,
                     const Trouble& trouble) {
  Observation out =
      observation_of(episode, "error_recovery", trouble.goal + " | " + trouble.signature);
  const StepView& first = views[trouble.runs.front()];
  const StepView& last = views[trouble.runs.back()];
  const StepView& pass = views[*trouble.solved_at];
  out.time = pass.step->time ? pass.step->time : out.time;
  Json tools = Json::array({first.step->tool});
  out.body_json =
      dump_json(Json{{"goal", trouble.goal},
                     {"subject", subject_of(first, trouble.goal)},
                     {"signature", trouble.signature},
                     {"error", trouble.line.text},
                     {"kind", static_cast<int>(trouble.line.kind)},
                     {"runs", trouble.runs.size()},
                     {"seconds", seconds_spent(views, trouble.runs.front(), *trouble.solved_at)},
                     {"fix", trouble.fix},
                     {"short_fix", trouble.short_fix},
                     {"failed", list_of(trouble.tried)},
                     {"recovery", list_of(trouble.recovery)},
                     {"paths", list_of(trouble.paths)},
                     {"tools", tools},
                     {"weak", trouble.weak},
                     {"shell", first.kind == StepClass::kShell}});
  for (const std::size_t run : trouble.runs) {
    const std::string_view line = stating_line(views[run], trouble);
    if (out.provenance.size() < 3 && !line.empty()) {
      out.provenance.push_back(quote_of_result(episode, *views[run].step, line));
    }
  }
  if (trouble.fix_step) {
    out.provenance.push_back(quote_of(episode, *views[*trouble.fix_step].step, trouble.fix_quote));
  }
  if (pass.kind == StepClass::kShell && &last != &pass) {
    out.provenance.push_back(quote_of(episode, *pass.step, pass.command_text));
  }
  return out;
}

void observe_steps(const EpisodeInput& input, const std::vector<StepView>& views,
                   Observations& out) {
  std::map<std::string, std::int64_t> dropped;
  for (const StepView& view : views) {
    if (view.result != RunResult::kFail) continue;
    const bool of_harness = view.failing && view.failing->kind == ErrorKind::kHarness;
    if (of_harness || view.kind == StepClass::kRead || view.kind == StepClass::kEdit) {
      ++dropped[kEveryRepository];
    } else if (view.kind == StepClass::kWeb) {
      ++dropped[kTransientNetwork];
    } else if (view.kind == StepClass::kShell && view.command.goal.empty()) {
      ++dropped[kTrivialProbing];
    } else if (view.kind != StepClass::kHarness &&
               (!view.failing || view.failing->weight < kStatesCause)) {
      ++dropped[kNoStatement];
    }
  }
  for (const Trouble& trouble : find_troubles(views)) {
    if (trouble.line.kind == ErrorKind::kHarness) continue;  // counted above
    if (!trouble.never.empty()) {
      ++dropped[trouble.never];
    } else if (trouble.solved_at) {
      out.push_back(observed(input.episode, views, trouble));
    }
  }
  if (auto pasted = pasted_recovery(input, views)) out.push_back(*std::move(pasted));
  for (const auto& [reason, n] : dropped) {
    out.push_back(dropped_in(input.episode, "error_recovery", reason, n));
  }
}

// What the statement says: in so many tasks; within a single one, so many times.
std::int64_t times_seen(const Json& body, std::int64_t episodes) {
  return episodes >= 2 ? episodes : std::max(body.value("runs", std::int64_t{1}), std::int64_t{1});
}

// "`npm test` failed twice with `…`; it went through after `npm ci`."
std::string statement_with(const Json& body, std::int64_t episodes, const std::string& fix,
                           std::size_t error_bytes) {
  const std::string subject = body.value("subject", "");
  // A tool's refusal names this call's numbers; the normalised one holds for the next call too.
  const std::string stated = body.value("shell", true) || body.value("pasted", false)
                                 ? shown_error(body.value("error", ""))
                                 : body.value("signature", "");
  const std::string error = code(stated, error_bytes);
  const bool prompt = static_cast<ErrorKind>(body.value("kind", 0)) == ErrorKind::kPrompt;
  const auto runs = body.value("runs", std::int64_t{1});
  const std::int64_t seen = times_seen(body, episodes);
  const auto seconds = body.value("seconds", std::int64_t{0});
  std::string often;
  if (episodes >= 2) {
    often = concat({" in ", std::to_string(seen), " tasks"});
  } else if (seen >= 2) {
    often = concat({" ", times(seen)});
  }
  std::string text;
  if (subject.empty()) {
    text = concat({error, " came up", often});
  } else if (prompt) {
    text = concat({code(subject), " stopped", often,
                   runs >= 2 ? " at a question (first " : " at a question (", error, ")"});
  } else {
    text = concat({code(subject), " failed", often, " with ", error});
  }
  if (episodes < 2 && seconds >= 90) text += concat({" (", duration_text(seconds), ")"});
  if (fix.empty()) return sentence(text + "; run again unchanged, it passed");
  return sentence(text + "; it went through " + fix);
}

std::string statement_of(const Json& body, std::int64_t episodes) {
  const std::string fix = body.value("fix", ""), short_fix = body.value("short_fix", "");
  for (const std::string& ending : {fix, short_fix.empty() ? fix : short_fix}) {
    for (const std::size_t error_bytes : {100U, 70U}) {
      std::string text = statement_with(body, episodes, ending, error_bytes);
      if (text.size() <= kStatementBytesMax) return text;
    }
  }
  return statement_with(body, episodes, short_fix.empty() ? fix : short_fix, 60);
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  if (reduce_dropped(observations, out)) return out;
  const auto ordered = in_order(observations);
  std::set<ItemId> episodes;
  for (const Observation* observation : ordered) episodes.insert(observation->episode);
  const auto newest = parse_json(ordered.back()->body_json);
  if (!newest || !newest->is_object() || newest->value("error", "").empty()) return out;
  const Json& body = *newest;
  const std::string weak = body.value("weak", "");
  if (!weak.empty() && episodes.size() < 2) {
    ++out.dropped[weak];
    return out;
  }
  // A call that no longer fails is no cure when every task around it failed all the same.
  const bool in_vain = std::ranges::all_of(ordered, [](const Observation* observation) {
    return outcome_reliability(observation->outcome.source) == Reliability::kStrong &&
           observation->outcome.success().value_or(1) == 0;
  });
  if (in_vain) {
    ++out.dropped[kInVain];
    return out;
  }
  Candidate candidate = candidate_of(LessonKind::kErrorRecovery, ordered[0]->bucket, ordered);
  Lesson& lesson = candidate.lesson;
  lesson.statement = statement_of(body, static_cast<std::int64_t>(episodes.size()));
  lesson.count = times_seen(body, static_cast<std::int64_t>(episodes.size()));
  lesson.when.condition = code(body.value("subject", "")) + " fails with " +
                          code(shown_error(body.value("error", "")), 120);
  lesson.when.error_signature = body.value("signature", "");
  lesson.when.paths = body.value("paths", std::vector<std::string>{});
  lesson.when.tools = body.value("tools", std::vector<std::string>{});
  lesson.payload = ErrorRecovery{.signature = body.value("signature", ""),
                                 .failed = body.value("failed", std::vector<std::string>{}),
                                 .recovery = body.value("recovery", std::vector<std::string>{})};
  lesson.provenance = provenance_of(ordered, 6);
  out.lessons.push_back(std::move(candidate));
  finish(out, options);
  return out;
}

}  // namespace

const Learner kErrorRecovery{"error_recovery", observe_steps, reduce_bucket};

}  // namespace hardwon::learn
