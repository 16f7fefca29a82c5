#include "recall/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "recall/recall.h"

namespace hardwon::recall {
namespace {

constexpr double kTestedLeast = 0.6, kTestedSpan = 0.7;
constexpr double kUntested = 0.85;
constexpr double kSaidStep = 0.1, kSaidMost = 0.3;  // by each doubling
constexpr double kRatingStep = 0.05;                // by each star from three
constexpr double kAgeLeast = 0.8, kAgeHalfLifeDays = 90;
constexpr double kPinned = 1.15;
constexpr double kNearIdentical = 0.9;  // Jaccard of the stems

std::string times(double factor) {
  char text[32];
  std::snprintf(text, sizeof(text), ": ×%.2f", factor);
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", std::round(value * 100) / 100);
  return text;
}

bool in_time(const store::Item& item, const RecallQuery& query) {
  if (query.since && (!item.time || *item.time < *query.since)) return false;
  if (query.until && (!item.time || *item.time > *query.until)) return false;
  return true;
}

// Valid at `when`; a later lesson that took its place ends a lesson at valid_to.
bool is_valid(const Lesson& lesson, TimePoint when, bool asked_for_then) {
  if (lesson.valid_from && asked_for_then && *lesson.valid_from > when) return false;
  return !lesson.valid_to || *lesson.valid_to > when;
}

bool lesson_is_eligible(const Lesson& lesson, const RecallQuery& query, TimePoint now) {
  if (lesson.suppressed || lesson.status == LessonStatus::kQuarantined) return false;
  if (!query.lesson_kinds.empty() &&
      std::ranges::find(query.lesson_kinds, lesson.kind) == query.lesson_kinds.end()) {
    return false;
  }
  const bool superseded = !lesson.superseded_by.empty();
  if (query.as_of && superseded && lesson.valid_to) {
    return is_valid(lesson, *query.as_of, true) || query.include_superseded;
  }
  if (lesson.status == LessonStatus::kRetired && !superseded) return false;
  if (superseded && !query.include_superseded) return false;
  return query.include_superseded ||
         is_valid(lesson, query.as_of.value_or(now), query.as_of.has_value());
}

bool kind_is_wanted(ItemKind kind, const RecallQuery& query) {
  if (!query.kinds.empty()) return std::ranges::find(query.kinds, kind) != query.kinds.end();
  if (kind == ItemKind::kLesson) return true;
  return kind == ItemKind::kDocument && query.lesson_kinds.empty();
}

bool equals(const Json& value, const std::string& wanted) {
  if (value.is_string()) return value.get_ref<const std::string&>() == wanted;
  if (value.is_array()) {
    return std::ranges::any_of(
        value, [&](const Json& one) { return !one.is_array() && equals(one, wanted); });
  }
  return !value.is_object() && dump_json(value) == wanted;
}

bool metadata_matches(const store::Item& item, const RecallQuery& query) {
  if (query.where.empty()) return true;
  if (!item.document || item.document->metadata_json.empty()) return false;
  const auto metadata = parse_json(item.document->metadata_json);
  if (!metadata || !metadata->is_object()) return false;
  return std::ranges::all_of(query.where, [&](const auto& wanted) {
    const auto field = metadata->find(wanted.first);
    return field != metadata->end() && equals(*field, wanted.second);
  });
}

double age_factor(const store::Item& item, TimePoint now, double& days) {
  if (!item.time || item.document || (item.lesson && needs_no_success(*item.lesson))) return 1;
  days = std::chrono::duration<double>(now - *item.time).count() / 86'400;
  days = std::max(days, 0.0);
  return kAgeLeast + (1 - kAgeLeast) * std::exp2(-days / kAgeHalfLifeDays);
}

double record_factor(const store::Item& item, const EvidenceSummary& evidence, std::string& why) {
  if (!item.lesson) return 1;
  if (needs_no_success(*item.lesson)) {
    const auto count = static_cast<double>(std::max<std::int64_t>(item.lesson->count, 1));
    why = "said or seen " + number(count) + " times";
    const double said = 1 + std::min(kSaidMost, kSaidStep * std::log2(count));
    if (evidence.applied.n() == 0 || !evidence.mean) return said;
    // It needs no success rate, but what people report of it counts both ways.
    why += ", worked " + number(evidence.applied.success) + " of " + number(evidence.applied.n());
    return said * (0.5 + *evidence.mean);
  }
  if (!evidence.lower95) {
    why = "untested";
    return kUntested;
  }
  const Trials all{.success = evidence.observed.success + evidence.applied.success,
                   .failure = evidence.observed.failure + evidence.applied.failure};
  why = "worked " + number(all.success) + " of " + number(all.n()) + ", lower bound " +
        number(*evidence.lower95);
  return kTestedLeast + kTestedSpan * *evidence.lower95;
}

RecallHit to_hit(Candidate& candidate, Relevance relevance, const RecallQuery& query,
                 TimePoint now) {
  store::Item& item = candidate.item;
  RecallHit hit{.id = item.id, .kind = item.kind, .transcript_id = item.transcript_id};
  if (item.lesson) hit.evidence = summarise(item.evidence, item.rating);
  const ScoreFactor factor = score_factor(item, hit.evidence, now, query.explain);
  hit.relevance = relevance.value;
  hit.score = relevance.strength * factor.value;
  hit.matched = relevance.matched;
  hit.why = std::move(relevance.why);
  hit.why.insert(hit.why.end(), factor.why.begin(), factor.why.end());
  hit.content = std::move(item.text);
  if (item.lesson) {
    Lesson& lesson = *item.lesson;
    hit.lesson_kind = lesson.kind;
    hit.statement = lesson.statement;
    hit.count = lesson.count;
    hit.when = std::move(lesson.when);
    hit.status = lesson.status;
    hit.pinned = lesson.pinned;
    hit.superseded_by = lesson.superseded_by;
    hit.provenance = std::move(lesson.provenance);
    return hit;
  }
  if (item.document) {
    hit.external_id = item.document->external_id;
    hit.content = std::move(item.document->content);
    hit.metadata_json = item.document->metadata_json;
  } else if (item.segment) {
    hit.external_id = item.transcript_id + "#" + std::to_string(item.segment->index);
    hit.content = std::move(item.segment->text);
  } else if (item.episode) {
    hit.external_id = item.episode->external_id;
    hit.when.context = item.episode->context;
  }
  const std::vector<std::string_view> lines = split_lines(hit.content);
  if (!lines.empty()) hit.statement = one_line(lines.front());
  return hit;
}

// Hits kept so far, and what makes a later one a repetition of them.
class Kept {
 public:
  explicit Kept(bool group_by_transcript) : group_by_transcript_(group_by_transcript) {}

  // False, and nothing is kept, when the item repeats one that is.
  bool add(const store::Item& item) {
    if (group_by_transcript_ && item.segment && !item.transcript_id.empty() &&
        !transcripts_.insert(item.transcript_id).second) {
      return false;
    }
    if (!item.lesson) {
      // Documents have ids that their owner relies on: only the very same text is one.
      const std::string_view text = item.document  ? std::string_view(item.document->content)
                                    : item.segment ? std::string_view(item.segment->text)
                                                   : std::string_view(item.text);
      return texts_.insert(one_line(text)).second || item.kind == ItemKind::kEpisode;
    }
    if (!item.lesson->group.empty() && !groups_.insert(item.lesson->group).second) return false;
    std::vector<std::string> stems = stem_set(item.lesson->statement);
    for (const auto& other : statements_) {
      if (jaccard(stems, other) >= kNearIdentical) return false;
    }
    statements_.push_back(std::move(stems));
    return true;
  }

 private:
  bool group_by_transcript_;
  std::set<std::string> transcripts_, texts_;
  std::set<ItemId> groups_;
  std::vector<std::vector<std::string>> statements_;
};

}  // namespace

bool needs_no_success(const Lesson& lesson) {
  return lesson.kind == LessonKind::kRule || lesson.kind == LessonKind::kDecision ||
         lesson.kind == LessonKind::kDeadEnd;
}

bool is_eligible(const store::Item& item, const RecallQuery& query, TimePoint now) {
  if (!kind_is_wanted(item.kind, query) || !in_time(item, query)) return false;
  if (query.episode && item.kind == ItemKind::kEpisode && item.id == query.episode->id) {
    return false;
  }
  if (item.segment && item.segment->abandoned) return false;
  if (!item.lesson) {
    return metadata_matches(item, query) &&
           (!query.as_of || !item.time || *item.time <= *query.as_of);
  }
  return query.where.empty() && lesson_is_eligible(*item.lesson, query, now);
}

ScoreFactor score_factor(const store::Item& item, const EvidenceSummary& evidence, TimePoint now,
                         bool explain) {
  ScoreFactor factor;
  const auto apply = [&](double value, const std::string& why) {
    factor.value *= value;
    if (explain && !why.empty()) factor.why.push_back(why + times(value));
  };
  std::string why;
  const double record = record_factor(item, evidence, why);
  apply(record, why);
  if (evidence.rating) {
    apply(1 + kRatingStep * (*evidence.rating - 3), "rated " + number(*evidence.rating) + " of 5");
  }
  double days = 0;
  const double age = age_factor(item, now, days);
  apply(age, age < 1 ? number(std::round(days)) + " days old" : "");
  if (item.lesson && item.lesson->pinned) apply(kPinned, "pinned");
  return factor;
}

Ranking rank(const Question& question, const RecallQuery& query, std::vector<Candidate> candidates,
             TimePoint now) {
  struct Ranked {
    std::size_t candidate;
    Relevance relevance;
    double score;
  };
  const double floor = std::max(kRelevanceFloor, query.min_relevance);
  const Judge judge(question);
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const store::Item& item = candidates[i].item;
    if (!is_eligible(item, query, now)) continue;
    Relevance relevance = judge.judge(item, candidates[i].similarity, query.explain);
    if (relevance.value < floor) continue;
    const EvidenceSummary evidence =
        item.lesson ? summarise(item.evidence, item.rating) : EvidenceSummary{};
    const double score = relevance.strength * score_factor(item, evidence, now, false).value;
    ranked.push_back({i, std::move(relevance), score});
  }
  const auto pinned = [&](const Ranked& r) {
    const auto& lesson = candidates[r.candidate].item.lesson;
    return lesson && lesson->pinned;
  };
  std::ranges::sort(ranked, [&](const Ranked& a, const Ranked& b) {
    if (a.score != b.score) return a.score > b.score;
    if (pinned(a) != pinned(b)) return pinned(a);
    return candidates[a.candidate].item.id < candidates[b.candidate].item.id;
  });
  Ranking ranking{.relevant = ranked.size()};
  Kept kept(query.group_by_transcript);
  for (Ranked& entry : ranked) {
    if (ranking.hits.size() == query.k) break;
    Candidate& candidate = candidates[entry.candidate];
    if (!kept.add(candidate.item)) continue;
    ranking.hits.push_back(to_hit(candidate, std::move(entry.relevance), query, now));
  }
  return ranking;
}

}  // namespace hardwon::recall
