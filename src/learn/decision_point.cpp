// Decisions seen in the steps, each with its outcomes; and heuristics: what to do on a
// condition, from all episodes that met it, failures counted.

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "learn/decision.h"
#include "learn/grouping.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kConditionBytesMax = 300;
constexpr std::size_t kGroupedMax = 2000;    // conditions compared pair by pair
constexpr std::int64_t kContrastTrials = 5;  // trials outside from which contrast is asked
constexpr double kContrastZ = 1.64;

bool is_said_in_words(std::string_view action) {
  static const RE2 code_like(R"([{};|<>$=]|--\w|&&|^\S+/\S+|^\w+\()");
  const re2::StringPiece piece(action.data(), action.size());
  const auto list = words(action);
  return list.size() >= 2 && list.size() <= 60 && !RE2::PartialMatch(piece, code_like);
}

bool has_trigger(std::string_view action) {
  static const RE2 trigger(
      R"((?i)\b(?:check(?:s|ed|ing)?|verif(?:y|ies|ied|ying)|validat(?:e|es|ed|ing)|)"
      R"(ensur(?:e|es|ed|ing)|if|when|whether|decid(?:e|es|ed|ing)|determin(?:e|es|ed|ing))\b)");
  return RE2::PartialMatch(re2::StringPiece(action.data(), action.size()), trigger);
}

// "think[B08 is long. I can check it.]" holds the words of the decision.
std::string_view inner_text(std::string_view action) {
  const std::size_t open = action.find('[');
  if (open != std::string_view::npos && open > 0 && open <= 12 && action.ends_with(']') &&
      action.substr(0, open).find(' ') == std::string_view::npos) {
    return action.substr(open + 1, action.size() - open - 2);
  }
  return action;
}

std::string action_text(const Step& step) {
  if (step.action.empty()) return step.tool;
  return one_line(ellipsis(step.action, 160));
}

struct Read {
  const Observation* from = nullptr;
  std::string condition, action;
  Meaning condition_meaning, action_meaning;
};

std::vector<Read> read_all(Span observations) {
  std::vector<Read> out;
  for (const Observation* observation : in_order(observations)) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->is_object()) continue;
    Read read{.from = observation,
              .condition = body->value("condition", ""),
              .action = body->value("action", "")};
    read.condition_meaning = meaning_of(read.condition);
    read.action_meaning = meaning_of(read.action);
    out.push_back(std::move(read));
    if (out.size() == kGroupedMax) break;
  }
  return out;
}

// Success by episode: an episode that took the decision three times is one trial.
Tally tally_of(const std::vector<const Read*>& group) {
  std::map<ItemId, Outcome> episodes;
  for (const Read* read : group) episodes[read->from->episode] = read->from->outcome;
  Tally tally;
  for (const auto& [episode, outcome] : episodes) tally.add(outcome);
  return tally;
}

// The wording most often used; the first in order among equals.
const Read& spokesman(const std::vector<const Read*>& group, std::string Read::* field) {
  std::map<std::string, int> counts;
  for (const Read* read : group) ++counts[read->*field];
  const Read* best = group.front();
  for (const Read* read : group) {
    const int a = counts[read->*field], b = counts[best->*field];
    if (a > b || (a == b && read->*field < best->*field)) best = read;
  }
  return *best;
}

std::vector<const Observation*> observations_of(const std::vector<const Read*>& group) {
  std::vector<const Observation*> out;
  out.reserve(group.size());
  for (const Read* read : group) out.push_back(read->from);
  return out;
}

// "check token expiry" reads "Check token expiry"; with its context "In auth, when …".
std::string where_of(const TaskContext& context) {
  std::string text;
  if (!context.domain.empty()) text += "in " + context.domain;
  if (!context.language.empty()) {
    text += (text.empty() ? "in " : " with ") + context.language;
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string line = one_line(text);
  while (!line.empty() && (line.back() == '.' || line.back() == ':')) line.pop_back();
  return "“" + ellipsis(line, 80) + "”";
}

void observe_as(std::string_view learner, const EpisodeInput& input,
                const std::vector<StepView>& views, Observations& out) {
  const Episode& episode = input.episode;
  if (!episode.outcome.success()) return;
  for (const DecisionStep& decision : decision_steps(views)) {
    Observation o =
        observation_of(episode, learner, episode.context.domain + "|" + episode.context.language);
    o.body_json = dump_json(
        Json{{"condition", ellipsis(decision.condition, kConditionBytesMax)},
             {"action", decision.action},
             {"tool", decision.next != nullptr ? decision.next->tool : decision.step->tool}});
    o.provenance.push_back(quote_of(episode, *decision.step, decision.step->action));
    if (decision.next != nullptr) {
      o.provenance.push_back(quote_of(episode, *decision.next, decision.next->action));
    }
    out.push_back(std::move(o));
  }
}

void fill(Lesson& lesson, const std::vector<const Read*>& group, const Tally& tally) {
  const std::string& condition = spokesman(group, &Read::condition).condition;
  lesson.count = tally.n;
  lesson.when.condition = condition;
  lesson.provenance = provenance_of(observations_of(group), 8);
}

void add_decision_point(const std::vector<const Read*>& group, const Tally& tally,
                        ReduceOutput& out) {
  const auto seen = observations_of(group);
  const std::string condition = spokesman(group, &Read::condition).condition;
  std::string key;
  for (const std::string& stem : meaning_of(condition).stems) key += stem + " ";
  Candidate candidate = candidate_of(LessonKind::kDecisionPoint, seen[0]->bucket + "|" + key, seen);
  Lesson& lesson = candidate.lesson;
  fill(lesson, group, tally);
  lesson.payload =
      DecisionPoint{.condition = condition, .action = spokesman(group, &Read::action).action};
  const std::string where = where_of(lesson.when.context);
  lesson.statement =
      sentence((where.empty() ? "" : where + ", ") + std::string("tasks with the step ") +
               in_quotes(condition) + " ended well " + share_of(tally.success, tally.n) + " times");
  out.lessons.push_back(std::move(candidate));
}

void add_heuristic(const std::vector<const Read*>& group, const Tally& tally, ReduceOutput& out) {
  const auto seen = observations_of(group);
  const std::string condition = spokesman(group, &Read::condition).condition;
  const std::string action = spokesman(group, &Read::action).action;
  std::string key;
  for (const std::string& stem : meaning_of(condition).stems) key += stem + " ";
  key += "> ";
  for (const std::string& stem : meaning_of(action).stems) key += stem + " ";
  Candidate candidate = candidate_of(LessonKind::kHeuristic, seen[0]->bucket + "|" + key, seen);
  Lesson& lesson = candidate.lesson;
  fill(lesson, group, tally);
  lesson.payload = Heuristic{.condition = condition, .action = action};
  const std::string where = where_of(lesson.when.context);
  lesson.statement =
      sentence((where.empty() ? "" : where + ", ") + std::string("after ") + in_quotes(condition) +
               ", " + in_quotes(action) + " worked " + share_of(tally.success, tally.n) + " times");
  out.lessons.push_back(std::move(candidate));
}

// Groups by condition, then by action within it, and keeps what passes the seed's filter.
ReduceOutput reduce_as(Span observations, const ReduceOptions& options, bool by_action) {
  ReduceOutput out;
  const std::vector<Read> reads = read_all(observations);
  std::vector<const Read*> everyone;
  everyone.reserve(reads.size());
  for (const Read& read : reads) everyone.push_back(&read);
  const Tally all = tally_of(everyone);
  const auto alike = [&](std::size_t i, std::size_t j) {
    return same_condition(reads[i].condition_meaning, reads[j].condition_meaning) &&
           (!by_action || same_condition(reads[i].action_meaning, reads[j].action_meaning));
  };
  for (const auto& members : groups_of(reads.size(), alike)) {
    std::vector<const Read*> group;
    group.reserve(members.size());
    for (const std::size_t i : members) group.push_back(&reads[i]);
    if (by_action && group[0]->action.empty()) continue;
    const Tally tally = tally_of(group);
    if (tally.n < 2) {
      ++out.dropped[kSeenOnce];
      continue;
    }
    if (!passes(tally, options)) {
      ++out.dropped[kTooWeak];
      continue;
    }
    const Tally without{all.success - tally.success, all.n - tally.n};
    if (without.n >= kContrastTrials && rate_difference_z(tally, without) < kContrastZ) {
      ++out.dropped[kNoContrast];
      continue;
    }
    by_action ? add_heuristic(group, tally, out) : add_decision_point(group, tally, out);
  }
  finish(out, options);
  return out;
}

}  // namespace

std::vector<DecisionStep> decision_steps(const std::vector<StepView>& views) {
  std::vector<DecisionStep> out;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const StepView& view = views[i];
    // A client that logs steps in words may call its tool anything; an agent's own tools come
    // with parameters, and their actions are paths, commands and to-do titles.
    if (view.kind != StepClass::kOther &&
        (!view.step->parameters_json.empty() || !view.command.goal.empty())) {
      continue;
    }
    const std::string_view text = inner_text(view.step->action);
    if (!has_trigger(text) || !is_said_in_words(text)) continue;
    DecisionStep decision{.step = view.step, .condition = one_line(text)};
    if (i + 1 < views.size()) {
      decision.next = views[i + 1].step;
      decision.action = action_text(*decision.next);
    } else {
      decision.action = decision.condition;
    }
    out.push_back(std::move(decision));
  }
  return out;
}

const Learner kDecisionPoint{
    "decision_point",
    [](const EpisodeInput& input, const std::vector<StepView>& views, Observations& out) {
      observe_as("decision_point", input, views, out);
    },
    [](Span observations, const ReduceOptions& options) {
      return reduce_as(observations, options, false);
    }};

const Learner kHeuristic{"heuristic",
                         [](const EpisodeInput& input, const std::vector<StepView>& views,
                            Observations& out) { observe_as("heuristic", input, views, out); },
                         [](Span observations, const ReduceOptions& options) {
                           return reduce_as(observations, options, true);
                         }};

}  // namespace hardwon::learn
