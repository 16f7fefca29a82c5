// The outcome of an episode, from what the log shows.

#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "learn/learn.h"
#include "learn/next_turn.h"
#include "learn/pasted.h"
#include "learn/steps.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

std::string first_sentence(std::string_view text) {
  const std::string line = one_line(text);
  return ellipsis(line.substr(0, line.find_first_of(".!?\n", 3)), 120);
}

// The last run of each check: one that failed and was not seen to pass counts, whatever other
// check passed later.
Outcome from_checks(const std::vector<StepView>& views) {
  std::map<std::string, const StepView*> last;
  const StepView* latest = nullptr;
  for (const StepView& view : views) {
    if (view.kind != StepClass::kShell || !view.command.is_check) continue;
    if (view.result == RunResult::kUnknown) continue;
    if (view.failing && view.failing->kind == ErrorKind::kHarness) continue;  // never ran
    last[view.command.goal] = &view;
    latest = &view;
  }
  if (latest == nullptr) return {};
  const StepView* failed = nullptr;
  for (const auto& [goal, view] : last) {
    if (view->result == RunResult::kFail &&
        (failed == nullptr || failed->step->number < view->step->number)) {
      failed = view;
    }
  }
  Outcome out{.source = OutcomeSource::kChecks};
  if (failed != nullptr) {
    out.status = OutcomeStatus::kFailure;
    out.verdict = failed->command.goal + " failed" +
                  (failed->failing ? ": " + ellipsis(failed->failing->text, 160) : "");
  } else {
    out.status = OutcomeStatus::kSuccess;
    out.verdict = latest->command.goal + " passed";
  }
  return out;
}

bool committed(const std::vector<StepView>& views) {
  return std::ranges::any_of(views, [](const StepView& view) {
    return view.kind == StepClass::kShell && view.step->status == StepStatus::kSuccess &&
           std::ranges::any_of(view.command.calls,
                               [](const Call& call) {
                                 return call.program == "git" && !call.args.empty() &&
                                        call.args[0] == "commit";
                               }) &&
           view.step->output.find("nothing to commit") == std::string::npos;
  });
}

Outcome weak(OutcomeStatus status, OutcomeSource source, std::string verdict) {
  return {.status = status, .source = source, .verdict = std::move(verdict)};
}

Outcome from_people(const std::vector<StepView>& views, std::string_view next_turn,
                    bool abandoned) {
  if (abandoned) {
    return weak(OutcomeStatus::kFailure, OutcomeSource::kUndo, "the turn was rewound");
  }
  const bool interrupted =
      next_turn.find("[Request interrupted by user") != std::string_view::npos ||
      (!views.empty() &&
       views.back().step->output.find("[Request interrupted by user") != std::string::npos);
  const TurnVerdict verdict = judge_turn(next_turn);
  if (verdict == TurnVerdict::kUndoes) {
    return weak(OutcomeStatus::kFailure, OutcomeSource::kUndo, first_sentence(next_turn));
  }
  if (verdict == TurnVerdict::kRejects) {
    const auto pasted = pasted_error(next_turn);
    return weak(OutcomeStatus::kFailure, OutcomeSource::kNextTurn,
                pasted ? ellipsis(pasted->line.text, 120) : first_sentence(next_turn));
  }
  if (interrupted) return weak(OutcomeStatus::kFailure, OutcomeSource::kUndo, "interrupted");
  if (verdict == TurnVerdict::kApproves) {
    return weak(OutcomeStatus::kSuccess, OutcomeSource::kNextTurn, first_sentence(next_turn));
  }
  if (committed(views)) {
    return weak(OutcomeStatus::kSuccess, OutcomeSource::kCommit, "committed");
  }
  return {};
}

}  // namespace

TurnVerdict judge_turn(std::string_view turn) {
  static const RE2 undoes(R"((?i)^\W*(?:please )?(?:undo|revert|roll ?back)\b|\b(?:undo|revert|)"
                          R"(roll back) (?:that|this|it|the|your|all)\b)");
  static const RE2 rejects(
      R"((?i)\bstill (?:broken|fail\w*|not\b|doesn|don|does not|can't|cannot|the same|get\w*|)"
      R"(see\w*|error\w*|wrong|crash\w*|an? (?:error|issue|problem))|)"
      R"(\b(?:doesn'?t|does not|didn'?t|did not|isn'?t|is not|not|)"
      R"(won'?t) (?:\w+ )?(?:work\w*|help\w*|fix\w*|compil\w*|build\w*|right|correct|what i)|)"
      R"(\b(?:same (?:error|issue|problem|thing)|you broke|it broke|broke (?:the|it)|)"
      R"(is (?:now )?broken|that'?s wrong|this is wrong|is wrong\b|no longer works)|)"
      R"(\b(?:fails? (?:with|again)|failed again|crash(?:es|ed)|throws an? )|^\W*(?:nope|)"
      R"(wrong)\b)");
  static const RE2 no(R"((?i)^\W*no[,.!]?\s+(\w+)(?:\s+\w+){2,})");
  static const RE2 approves(
      R"((?i)\b(?:thanks|thank you|thx|lgtm|well done|love it|that worked|(?:good|great|)"
      R"(nice) (?:job|work|one)|looks? (?:good|great|right|perfect|amazing)|)"
      R"((?:it|that|this|everything|all) works(?: (?:now|great|well|fine|perfectly|)"
      R"(as expected|like a charm))?\s*(?:[.!,;:)]|$|and\b|even\b)|works (?:now|great|)"
      R"(perfectly|like a charm))(?:\W|$)|)"
      R"(^\W*(?:(?:ok|okay|oh|ah|aha|wow|yes|yeah|yep|cool|hey|very|so|that'?s|this is|it'?s|)"
      R"(its|already|just|super|really|looks?|absolutely)[\s,.!]+)*(?:perfect(?:ly)?|awesome|)"
      R"(excellent|nice(?:ly)?|beautiful|brilliant|amazing|great|fantastic|wonderful)\b)");
  static const RE2 but(
      R"((?i)\b(?:but|except|however|although|almost|nearly|not quite|would be)\b)");
  static const RE2 conditional(R"((?i)\bif (?:it|that|this|you|the)\b|\bwould\b|\?\s*$)");
  const std::string prose = prose_of(turn);
  const std::string_view text = trim(prose);
  // A long turn is a new task; only its opening speaks of the old one.
  const std::string_view opening = text.substr(0, 400);
  if (matches(opening, undoes)) return TurnVerdict::kUndoes;
  const bool rejected = matches(opening, rejects);
  if (rejected && !(matches(opening, conditional) && !matches(opening, but) &&
                    opening.find('?') != std::string_view::npos)) {
    return TurnVerdict::kRejects;
  }
  std::string next;
  if (RE2::PartialMatch(re2::StringPiece(opening.data(), opening.size()), no, &next)) {
    const std::string word = ascii_lower(next);
    if (word != "problem" && word != "need" && word != "worries" && word != "thanks" &&
        word != "rush" && word != "idea") {
      return TurnVerdict::kRejects;
    }
  }
  if (pasted_error(turn)) return TurnVerdict::kRejects;
  const std::string_view first = opening.substr(0, 160);
  if (matches(first, approves) && !matches(first, but)) return TurnVerdict::kApproves;
  return TurnVerdict::kNothing;
}

Outcome infer_outcome(const Episode& episode, std::string_view next_turn, bool abandoned) {
  // A benchmark's reward or a stated verdict is stronger than anything inferred.
  if (outcome_reliability(episode.outcome.source) == Reliability::kStrong) return episode.outcome;
  const std::vector<StepView> views = view_steps(episode);
  Outcome checks = from_checks(views);
  Outcome people = from_people(views, next_turn, abandoned);
  const auto rank = [](const Outcome& o) { return outcome_reliability(o.source); };
  return rank(people) > rank(checks) ? people : checks;
}

}  // namespace hardwon::learn
