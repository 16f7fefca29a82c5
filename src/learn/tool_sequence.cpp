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
constexpr std::size_t kActionsMax = 400;     // of one episode
constexpr std::size_t kLessonsMax = 3;       // of one bucket: the clearest
constexpr double kRateMin = 0.7;             // of success, beside the raw score
constexpr std::int64_t kContrastTrials = 5;  // trials without it from which contrast is asked
constexpr double kContrastZ = 1.64;

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
        Json{{"name", name}, {"everyday", everyday}, {"ms", view.step->latency_ms.value_or(-1)}});
    previous = name;
  }
  if (actions.size() < kLengthMin) return;
  Observation o = observation_of(input.episode, "tool_sequence", input.episode.context.domain);
  o.body_json = dump_json(Json{{"actions", actions}});
  for (const StepView& view : views) {
    if (action_name(view).empty() || o.provenance.size() == 3) continue;
    o.provenance.push_back(
        quote_of(input.episode, *view.step,
                 view.command_text.empty() ? view.step->action : view.command_text));
  }
  out.push_back(std::move(o));
}

struct Found {
  Tally tally;
  std::set<const Observation*> seen;
};

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

std::string statement_of(const Sequence& sequence, const Tally& with, const Tally& without) {
  std::string text;
  for (const std::string& name : sequence) text += (text.empty() ? "" : " → ") + code(name, 40);
  text += " ended well " + share_of(with.success, with.n) + " times";
  if (without.n >= kContrastTrials) {
    text += ", tasks without it " + share_of(without.success, without.n);
  }
  return sentence(std::move(text));
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  const auto ordered = in_order(observations);
  Tally all;
  std::set<std::string> everyday;
  std::map<Sequence, Found> found;
  for (const Observation* observation : ordered) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->contains("actions")) continue;
    all.add(observation->outcome);
    Sequence names;
    for (const Json& action : (*body)["actions"]) {
      names.push_back(action.value("name", ""));
      if (action.value("everyday", false)) everyday.insert(names.back());
    }
    std::set<Sequence> own;
    for (std::size_t from = 0; from < names.size(); ++from) {
      for (std::size_t n = kLengthMin; n <= kLengthMax && from + n <= names.size(); ++n) {
        own.emplace(names.begin() + static_cast<std::ptrdiff_t>(from),
                    names.begin() + static_cast<std::ptrdiff_t>(from + n));
      }
    }
    for (const Sequence& sequence : own) {
      found[sequence].tally.add(observation->outcome);
      found[sequence].seen.insert(observation);
    }
  }
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
    if (without.n >= kContrastTrials && z < kContrastZ) {
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
    lesson.statement = statement_of(*sequence, f->tally, without);
    lesson.count = static_cast<std::int64_t>(seen.size());
    lesson.when.tools = *sequence;
    lesson.payload = ToolSequence{.tools = *sequence};
    lesson.provenance = provenance_of(seen, 4);
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
