#include "learn/learner.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "learn/grouping.h"
#include "learn/trouble.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kQuoteBytesMax = 240;
constexpr std::size_t kTaskBytesMax = 300;

std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

// What of a lesson a rule file would have to say for the lesson to be no news.
std::string core_of(const Lesson& lesson) {
  struct Core {
    std::string operator()(const ToolSequence&) const { return {}; }
    std::string operator()(const DecisionPoint&) const { return {}; }
    std::string operator()(const ContextPattern&) const { return {}; }
    std::string operator()(const DeadEnd&) const { return {}; }
    std::string operator()(const ErrorRecovery& r) const {
      return r.recovery.empty() ? std::string() : r.recovery.back();
    }
    std::string operator()(const Heuristic& h) const { return h.action; }
    std::string operator()(const Rule& r) const { return r.text; }
    std::string operator()(const Decision& d) const { return d.text; }
  };
  return std::visit(Core{}, lesson.payload);
}

}  // namespace

Observation observation_of(const Episode& episode, std::string_view learner, std::string bucket) {
  return {.learner = std::string(learner),
          .bucket = std::move(bucket),
          .scope = episode.scope,
          .item = episode.id,
          .episode = episode.id,
          .task = std::string(cut_at_character(episode.task, kTaskBytesMax)),
          .outcome = episode.outcome,
          .time = episode.ended_at ? episode.ended_at : episode.started_at,
          .context = episode.context};
}

Observation dropped_in(const Episode& episode, std::string_view learner, std::string_view reason,
                       std::int64_t n) {
  Observation out = observation_of(episode, learner, std::string(kDroppedBucket));
  out.body_json = dump_json(Json{{"reason", reason}, {"n", n}});
  return out;
}

bool reduce_dropped(Span observations, ReduceOutput& out) {
  if (observations.empty() || observations[0].bucket != kDroppedBucket) return false;
  for (const Observation& observation : observations) {
    const auto body = parse_json(observation.body_json);
    if (!body || !body->is_object()) continue;
    out.dropped[body->value("reason", "")] += body->value("n", std::int64_t{1});
  }
  return true;
}

Provenance quote_of(const Episode& episode, const Step& step, std::string_view quote) {
  return {.path = episode.source_path,
          .line = step.line,
          .quote = std::string(cut_at_character(quote, kQuoteBytesMax)),
          .time = step.time,
          .episode = episode.id};
}

Provenance quote_of_result(const Episode& episode, const Step& step, std::string_view quote) {
  Provenance span = quote_of(episode, step, quote);
  if (step.result_line != 0) span.line = step.result_line;
  return span;
}

std::string verbatim(std::string_view text, std::size_t bytes_max) {
  return std::string(cut_at_character(text, bytes_max));
}

std::vector<const Observation*> in_order(Span observations) {
  std::vector<const Observation*> out;
  out.reserve(observations.size());
  for (const Observation& observation : observations) out.push_back(&observation);
  std::ranges::sort(out, [](const Observation* a, const Observation* b) {
    return std::tie(a->time, a->item, a->body_json) < std::tie(b->time, b->item, b->body_json);
  });
  return out;
}

std::vector<Evidence> evidence_of(const ItemId& lesson,
                                  std::span<const Observation* const> observations) {
  std::map<ItemId, Outcome> outcomes;
  for (const Observation* observation : observations) {
    if (!observation->episode.empty()) outcomes[observation->episode] = observation->outcome;
  }
  std::vector<Evidence> out;
  out.reserve(outcomes.size());
  for (const auto& [episode, outcome] : outcomes) {
    out.push_back({.lesson = lesson, .episode = episode, .observed = true, .outcome = outcome});
  }
  return out;
}

Candidate candidate_of(LessonKind kind, std::string_view key,
                       std::span<const Observation* const> observations) {
  Candidate out;
  const Observation& first = *observations.front();
  Lesson& lesson = out.lesson;
  lesson.id = content_id<ItemId>({first.scope.canonical(), name_of(kind), key});
  lesson.kind = kind;
  lesson.scope = first.scope;
  lesson.learner = first.learner + "/" + std::to_string(kLearnerVersion);
  lesson.when.context = common_context(observations);
  for (const Observation* observation : observations) {
    if (!observation->time) continue;
    if (!lesson.valid_from || *observation->time < *lesson.valid_from) {
      lesson.valid_from = observation->time;
    }
  }
  out.evidence = evidence_of(lesson.id, observations);
  return out;
}

std::vector<Provenance> provenance_of(std::span<const Observation* const> observations,
                                      std::size_t max) {
  std::vector<Provenance> out;
  for (auto it = observations.rbegin(); it != observations.rend(); ++it) {
    for (const Provenance& span : (*it)->provenance) {
      if (out.size() == max) return out;
      if (std::ranges::find(out, span) == out.end()) out.push_back(span);
    }
  }
  return out;
}

TaskContext common_context(std::span<const Observation* const> observations) {
  TaskContext common = observations.front()->context;
  for (const Observation* observation : observations) {
    const TaskContext& other = observation->context;
    if (common.domain != other.domain) common.domain.clear();
    if (common.language != other.language) common.language.clear();
    if (common.framework != other.framework) common.framework.clear();
    if (common.complexity != other.complexity) common.complexity.clear();
    std::erase_if(common.tags, [&](const std::string& tag) {
      return std::ranges::find(other.tags, tag) == other.tags.end();
    });
  }
  return common;
}

void finish(ReduceOutput& out, const ReduceOptions& options) {
  if (!options.known_rules.empty()) {
    std::vector<Meaning> known;
    known.reserve(options.known_rules.size());
    for (const std::string& rule : options.known_rules) known.push_back(meaning_of(rule));
    std::erase_if(out.lessons, [&](const Candidate& candidate) {
      const Meaning core = meaning_of(core_of(candidate.lesson));
      const bool said = !core.stems.empty() && std::ranges::any_of(known, [&](const Meaning& rule) {
        return says_already(rule, core);
      });
      if (said) ++out.dropped[kAlreadyRule];
      return said;
    });
  }
  std::ranges::sort(out.lessons, {}, [](const Candidate& c) { return c.lesson.id; });
}

double raw_score(double successes, std::int64_t n) {
  return successes / static_cast<double>(n) * std::sqrt(static_cast<double>(n));
}

void Tally::add(const Outcome& outcome) {
  if (const auto share = outcome.success()) {
    success += *share;
    ++n;
  }
}

double rate_difference_z(const Tally& a, const Tally& b) {
  if (a.n == 0 || b.n == 0) return 0;
  const auto na = static_cast<double>(a.n), nb = static_cast<double>(b.n);
  const double pooled = (a.success + b.success) / (na + nb);
  const double variance = pooled * (1 - pooled) * (1 / na + 1 / nb);
  if (variance <= 0) return 0;
  return (a.rate() - b.rate()) / std::sqrt(variance);
}

bool passes(const Tally& tally, const ReduceOptions& options) {
  return tally.n >= 2 && raw_score(tally.success, tally.n) >= options.pattern_extraction_threshold;
}

}  // namespace hardwon::learn
