// Sequences of two to five actions that recur in successful episodes.

#include <algorithm>
#include <set>

#include "base/json.h"
#include "learn/learner.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kLengthMin = 2, kLengthMax = 5;
constexpr std::size_t kActionsMax = 200;     // of one episode
constexpr std::size_t kLessonsMax = 3;       // of one bucket: the clearest
constexpr double kRateMin = 0.7;             // of success, beside the raw score
constexpr std::int64_t kContrastTrials = 5;  // trials without it from which contrast is asked
constexpr double kContrastZ = 2.5;           // hundreds of sequences are compared
constexpr std::size_t kRoutineEpisodes = 3;  // a project's own order of commands

using Sequence = std::vector<std::string>;

void observe_steps(const EpisodeInput& input, const std::vector<StepView>& views,
                   Observations& out) {
  if (!input.episode.outcome.success()) return;
  Json actions = Json::array();
  std::string previous;
  for (const StepView& view : views) {
    const std::string name = action_name(view);
    // The same action again is one action that took several tries.
    if (name.empty() || name == previous) continue;
    if (actions.size() == kActionsMax) break;
    const bool everyday = view.kind == StepClass::kShell && is_everyday(name);
    actions.push_back(
        Json{{"name", name},
             {"everyday", everyday},
             {"shell", view.kind == StepClass::kShell},
             {"line", view.step->line},
             {"quote",
              verbatim(view.command_text.empty() ? view.step->action : view.command_text, 100)}});
    previous = name;
  }
  if (views.empty()) return;  // an episode without sequences counts on the other side
  Observation o = observation_of(input.episode, "tool_sequence", input.episode.context.domain);
  o.body_json = dump_json(Json{{"actions", actions}, {"path", input.episode.source_path}});
  out.push_back(std::move(o));
}

struct Found {
  Tally tally;
  std::set<const Observation*> seen;
  std::vector<Provenance> quotes;  // of the first two episodes, one an action
};

// Everything that the observations of a bucket hold.
struct Gathered {
  Tally all;
  std::set<std::string> everyday, commands;
  std::map<Sequence, Found> found;
};

void gather(const Observation& observation, Gathered& out) {
  const auto body = parse_json(observation.body_json);
  if (!body || !body->is_object() || !body->contains("actions")) return;
  out.all.add(observation.outcome);
  Sequence names;
  std::vector<Provenance> quotes;
  for (const Json& action : (*body)["actions"]) {
    names.push_back(action.value("name", ""));
    if (action.value("everyday", false)) out.everyday.insert(names.back());
    if (action.value("shell", false)) out.commands.insert(names.back());
    quotes.push_back({.path = body->value("path", ""),
                      .line = action.value("line", std::int64_t{0}),
                      .quote = action.value("quote", ""),
                      .time = observation.time,
                      .episode = observation.episode});
  }
  std::set<Sequence> own;
  for (std::size_t from = 0; from < names.size(); ++from) {
    for (std::size_t n = kLengthMin; n <= kLengthMax && from + n <= names.size(); ++n) {
      const auto begin = static_cast<std::ptrdiff_t>(from);
      const auto end = static_cast<std::ptrdiff_t>(from + n);
      Sequence sequence(names.begin() + begin, names.begin() + end);
      if (!own.insert(sequence).second) continue;
      Found& found = out.found[sequence];
      found.tally.add(observation.outcome);
      found.seen.insert(&observation);
      if (found.seen.size() <= 2) {
        found.quotes.insert(found.quotes.end(), quotes.begin() + begin, quotes.begin() + end);
      }
    }
  }
}

// Whether the sequence says more than "build, then commit", which holds everywhere.
bool informative(const Sequence& sequence, const std::set<std::string>& everyday) {
  std::set<std::string> telling;
  for (const std::string& name : sequence) {
    if (!everyday.contains(name)) telling.insert(name);
  }
  return telling.size() >= 2;
}

bool is_within(const Sequence& part, const Sequence& whole) {
  return part.size() < whole.size() && !std::ranges::search(whole, part).empty();
}

bool is_routine(const Sequence& sequence, const Found& found,
                const std::set<std::string>& commands) {
  return found.seen.size() >= kRoutineEpisodes &&
         std::ranges::all_of(sequence,
                             [&](const std::string& name) { return commands.contains(name); });
}

std::string statement_of(const Sequence& sequence, const Tally& with, const Tally& without,
                         bool routine) {
  std::string text;
  for (const std::string& name : sequence) {
    if (!text.empty()) text += routine ? ", then " : " → ";
    text += code(name, 40);
  }
  if (routine) {
    return sentence(concat({"the order here is ", text, "; tasks that kept it ended well ",
                            share_of(with.success, with.n), " times"}));
  }
  text += concat({" ended well ", share_of(with.success, with.n), " times"});
  if (without.n >= kContrastTrials) {
    text += concat({", tasks without it ", share_of(without.success, without.n)});
  }
  return sentence(std::move(text));
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  const auto ordered = in_order(observations);
  Gathered gathered;
  for (const Observation* observation : ordered) gather(*observation, gathered);
  const auto& [all, everyday, commands, found] = gathered;
  struct Kept {
    const Sequence* sequence;
    const Found* found;
    double z;
  };
  std::vector<Kept> kept;
  for (const auto& [sequence, f] : found) {
    if (f.seen.size() < 2) continue;
    if (!informative(sequence, everyday)) {
      ++out.dropped[kEveryRepository];
      continue;
    }
    if (!passes(f.tally, options) || f.tally.rate() < kRateMin) {
      ++out.dropped[kTooWeak];
      continue;
    }
    const Tally without{all.success - f.tally.success, all.n - f.tally.n};
    const double z = rate_difference_z(f.tally, without);
    const bool routine = is_routine(sequence, f, commands);
    const double z_min = routine ? -kContrastZ / 2 : kContrastZ;
    if (without.n >= kContrastTrials && z < z_min) {
      ++out.dropped[kNoContrast];
      continue;
    }
    kept.push_back({&sequence, &f, z});
  }
  // A part of a longer sequence with the same episodes says less.
  std::erase_if(kept, [&](const Kept& part) {
    return std::ranges::any_of(kept, [&](const Kept& whole) {
      return is_within(*part.sequence, *whole.sequence) && part.found->seen == whole.found->seen;
    });
  });
  std::ranges::sort(kept, [](const Kept& a, const Kept& b) {
    if (a.z != b.z) return a.z > b.z;
    if (a.found->tally.n != b.found->tally.n) return a.found->tally.n > b.found->tally.n;
    return *a.sequence < *b.sequence;
  });
  for (std::size_t i = 0; i < kept.size() && i < kLessonsMax; ++i) {
    const auto& [sequence, f, z] = kept[i];
    std::vector<const Observation*> seen;
    std::ranges::copy_if(ordered, std::back_inserter(seen),
                         [&](const Observation* o) { return f->seen.contains(o); });
    std::string key;
    for (const std::string& name : *sequence) key += name + " > ";
    Candidate candidate =
        candidate_of(LessonKind::kToolSequence, observations[0].bucket + "|" + key, seen);
    Lesson& lesson = candidate.lesson;
    const Tally without{all.success - f->tally.success, all.n - f->tally.n};
    lesson.statement =
        statement_of(*sequence, f->tally, without, is_routine(*sequence, *f, commands));
    lesson.count = static_cast<std::int64_t>(seen.size());
    lesson.when.tools = *sequence;
    lesson.payload = ToolSequence{.tools = *sequence};
    lesson.provenance = f->quotes;
    out.lessons.push_back(std::move(candidate));
  }
  if (kept.size() > kLessonsMax) {
    out.dropped["a weaker variant"] += static_cast<std::int64_t>(kept.size() - kLessonsMax);
  }
  finish(out, options);
  return out;
}

}  // namespace

const Learner kToolSequence{"tool_sequence", observe_steps, reduce_bucket};

}  // namespace hardwon::learn
