#include "apps/pipeline_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/pipeline_stages.h"
#include "base/text.h"
#include "learn/rule_metrics.h"

namespace hardwon::apps {
namespace {

using learn::Hits;

constexpr double kExtractionF1 = 0.8, kStorageAgreement = 0.85, kRetrievalAccuracy = 0.9,
                 kOverApplication = 0.1;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json interval_json(const std::optional<learn::Interval>& interval) {
  return interval ? Json({interval->low, interval->high}) : Json(nullptr);
}

Json hits_json(const Hits& hits) {
  return {{"precision", number(learn::precision(hits))},
          {"recall", number(learn::recall(hits))},
          {"f1", number(learn::f1(hits))},
          {"true_positive", hits.true_positive},
          {"false_positive", hits.false_positive},
          {"false_negative", hits.false_negative}};
}

std::string transcript_of(const std::string& source_id) {
  return source_id.substr(0, source_id.rfind('#'));
}

// Rules beside the gold rules of the same transcript.
struct Side {
  std::vector<const NamedRule*> rules;
  std::vector<learn::RuleSlots> slots;

  void add(const NamedRule& rule) {
    rules.push_back(&rule);
    slots.push_back(learn::slots_of(rule.rule));
  }
};

struct Matched {
  std::map<std::string, Hits> by_transcript;
  std::map<std::string, std::string> gold_of;  // found id -> gold id
  std::int64_t right_type = 0, right_polarity = 0;
};

Matched match_all(const std::vector<Transcript>& transcripts, const std::vector<NamedRule>& gold,
                  const std::vector<NamedRule>& found) {
  // A truth that does not say where its rules come from is matched as a whole.
  const bool placed =
      std::ranges::none_of(gold, [](const NamedRule& rule) { return rule.source_id.empty(); });
  const auto group = [&](const NamedRule& rule) {
    return placed ? transcript_of(rule.source_id) : std::string();
  };
  std::map<std::string, std::pair<Side, Side>> sides;
  if (placed) {
    for (const Transcript& transcript : transcripts) sides[transcript.id];
  }
  for (const NamedRule& rule : gold) sides[group(rule)].first.add(rule);
  for (const NamedRule& rule : found) sides[group(rule)].second.add(rule);
  Matched out;
  for (const auto& [id, side] : sides) {
    const auto& [wanted, got] = side;
    const auto pairs = learn::match_rules(wanted.slots, got.slots);
    for (const auto& [g, f] : pairs) {
      out.gold_of[got.rules[f]->id] = wanted.rules[g]->id;
      out.right_type += wanted.slots[g].type == got.slots[f].type ? 1 : 0;
      out.right_polarity += wanted.slots[g].polarity == got.slots[f].polarity ? 1 : 0;
    }
    const auto n = static_cast<std::int64_t>(pairs.size());
    out.by_transcript[id] = {.true_positive = n,
                             .false_positive = static_cast<std::int64_t>(got.rules.size()) - n,
                             .false_negative = static_cast<std::int64_t>(wanted.rules.size()) - n};
  }
  return out;
}

// Does the segment state a rule?  Generous to the cue words: no slot has to be right.
Hits cue_word_hits(const Measured& measured) {
  std::set<std::string> stated;
  for (const NamedRule& rule : measured.truth.rules) stated.insert(rule.source_id);
  Hits hits;
  for (const Transcript& transcript : measured.transcripts) {
    for (const Utterance& said : transcript.segments) {
      const bool gold = stated.contains(segment_name(transcript, said.index));
      const bool found = learn::has_cue_word(said.content);
      hits += {.true_positive = gold && found,
               .false_positive = !gold && found,
               .false_negative = gold && !found};
    }
  }
  return hits;
}

struct Persistences {
  learn::Confusion confusion;
  std::vector<learn::Forecast> forecasts;
};

Persistences persistences(const Measured& measured) {
  Persistences out;
  for (const Json& line : measured.extracted["read"]) {
    const auto label = measured.labels.find(line["source_id"].get<std::string>());
    const auto found = parse_persistence(line["persistence"].get<std::string>());
    if (label == measured.labels.end() || !found) continue;
    out.confusion.add(label->second, *found);
    out.forecasts.push_back({.probability = line["probabilities"][0].get<double>(),
                             .happened = label->second == Persistence::kPersistent});
  }
  return out;
}

Json extraction_json(const Measured& measured, const Matched& matched) {
  std::vector<Hits> groups;
  Hits all;
  for (const auto& [id, hits] : matched.by_transcript) {
    groups.push_back(hits);
    all += hits;
  }
  const auto interval = learn::bootstrap95(groups.size(), [&](std::span<const std::size_t> drawn) {
    Hits sum;
    for (const std::size_t group : drawn) sum += groups[group];
    return learn::f1(sum);
  });
  const auto f1 = learn::f1(all);
  const Persistences read = persistences(measured);
  const auto calibrated = learn::calibration(read.forecasts);
  const auto share = [&](std::int64_t right) {
    return all.true_positive == 0
               ? Json(nullptr)
               : Json(static_cast<double>(right) / static_cast<double>(all.true_positive));
  };
  return {{"name", "extraction"},
          {"measure", "F1 of rules, one-to-one"},
          {"required", "> 0.8"},
          {"value", number(f1)},
          {"interval", interval_json(interval)},
          {"met", f1.value_or(0) > kExtractionF1},
          {"baselines", {{"cue_words_f1", number(learn::f1(cue_word_hits(measured)))}}},
          {"details",
           {{"rules", hits_json(all)},
            {"type_accuracy", share(matched.right_type)},
            {"polarity_accuracy", share(matched.right_polarity)},
            {"persistence_macro_f1", number(learn::macro_f1(read.confusion))},
            {"persistent", hits_json(read.confusion.of(Persistence::kPersistent))},
            {"confusion", read.confusion.counts},
            {"brier", calibrated ? Json(calibrated->brier) : Json(nullptr)},
            {"calibration_error", calibrated ? Json(calibrated->expected_error) : Json(nullptr)}}}};
}

// Every segment is a case: should something of it be kept, and was it?
Json storage_json(const Measured& measured) {
  std::set<std::string> wanted, kept;
  for (const NamedRule& rule : measured.truth.rules) {
    const auto it = measured.truth.store.find(rule.id);
    if (it == measured.truth.store.end() || it->second) wanted.insert(rule.source_id);
  }
  for (const Json& rule : measured.decided["rules"]) {
    if (rule["decision"] == "store") kept.insert(rule.value("source_id", ""));
  }
  std::vector<std::vector<std::pair<int, int>>> groups;
  std::vector<std::pair<int, int>> all;
  for (const Transcript& transcript : measured.transcripts) {
    auto& group = groups.emplace_back();
    for (const Utterance& said : transcript.segments) {
      const std::string name = segment_name(transcript, said.index);
      group.emplace_back(wanted.contains(name), kept.contains(name));
    }
    all.insert(all.end(), group.begin(), group.end());
  }
  const auto found = learn::agreement(all);
  const auto interval = learn::bootstrap95(
      groups.size(), [&](std::span<const std::size_t> drawn) -> std::optional<double> {
        std::vector<std::pair<int, int>> some;
        for (const std::size_t g : drawn) {
          some.insert(some.end(), groups[g].begin(), groups[g].end());
        }
        const auto agreed = learn::agreement(some);
        return agreed ? std::optional(agreed->rate) : std::nullopt;
      });
  const double rate = found ? found->rate : 0, majority = found ? found->majority : 1;
  return {{"name", "storage"},
          {"measure", "agreement with the truth, per segment"},
          {"required", "> 0.85, above the majority"},
          {"value", found ? Json(rate) : Json(nullptr)},
          {"interval", interval_json(interval)},
          {"met", rate > kStorageAgreement && rate > majority},
          {"baselines", {{"majority", found ? Json(majority) : Json(nullptr)}}},
          {"details",
           {{"kappa", found ? number(found->kappa) : Json(nullptr)},
            {"segments", found ? found->n : 0},
            {"truth", "synthetic"}}}};
}

struct RetrievalCounts {
  Hits hits;
  std::int64_t true_negative = 0;
};

// Pairs of (task, rule) over the gold rules to keep and the stored rules that are none of them.
RetrievalCounts retrieval_counts(const Measured& measured, const Matched& matched) {
  std::set<std::string> universe;
  for (const NamedRule& rule : measured.truth.rules) {
    const auto it = measured.truth.store.find(rule.id);
    if (it == measured.truth.store.end() || it->second) universe.insert(rule.id);
  }
  const auto named = [&](const std::string& id) {
    const auto it = matched.gold_of.find(id);
    return it == matched.gold_of.end() ? id : it->second;
  };
  for (const Json& rule : measured.decided["rules"]) {
    if (rule["decision"] == "store") universe.insert(named(rule["id"].get<std::string>()));
  }
  RetrievalCounts out;
  for (const Json& task : measured.retrieved["tasks"]) {
    const auto it = measured.truth.applies.find(task["task"]["id"].get<std::string>());
    if (it == measured.truth.applies.end()) continue;
    const std::set<std::string> wanted(it->second.begin(), it->second.end());
    std::set<std::string> got;
    for (const Json& id : task["applied_rules"]) got.insert(named(id.get<std::string>()));
    for (const std::string& rule : universe) {
      const bool gold = wanted.contains(rule), found = got.contains(rule);
      out.hits += {.true_positive = gold && found,
                   .false_positive = !gold && found,
                   .false_negative = gold && !found};
      out.true_negative += !gold && !found;
    }
  }
  return out;
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::nullopt
                    : std::optional(static_cast<double>(part) / static_cast<double>(whole));
}

Json retrieval_json(const Measured& measured, const Matched& matched) {
  const RetrievalCounts counts = retrieval_counts(measured, matched);
  const Hits& h = counts.hits;
  const std::int64_t all =
      h.true_positive + h.false_positive + h.false_negative + counts.true_negative;
  const auto accuracy = ratio(h.true_positive + counts.true_negative, all);
  const auto nothing = ratio(h.false_positive + counts.true_negative, all);  // if none were given
  const auto over = ratio(h.false_positive, h.false_positive + counts.true_negative);
  // Most pairs do not apply, so that giving nothing is often right: it must not pass.
  const bool met = accuracy.value_or(0) > kRetrievalAccuracy &&
                   over.value_or(1) < kOverApplication && h.true_positive > 0 && accuracy > nothing;
  return {{"name", "retrieval"},
          {"measure", "accuracy over all (task, rule) pairs"},
          {"required", "> 0.9, over-application < 0.1, above giving nothing"},
          {"value", number(accuracy)},
          {"interval", nullptr},
          {"met", met},
          {"baselines", {{"giving_nothing", number(nothing)}}},
          {"details",
           {{"over_application", number(over)},
            {"over_application_of_given",
             number(ratio(h.false_positive, h.true_positive + h.false_positive))},
            {"pairs", hits_json(h)}}}};
}

Json drift_criterion(const Json& drift) {
  const Json& reduction = drift["reduction"];
  const bool known = reduction.is_number();
  const Json& interval = drift["interval"];
  const bool sure = interval.is_array() && interval[0].get<double>() > 0.3;
  return {{"name", "drift"},
          {"measure", "reduction of inconsistency"},
          {"required", "> 0.3, lower bound too, controls about 0"},
          {"value", reduction},
          {"interval", interval},
          {"met", known && sure && drift.value("controls_near_zero", false)},
          {"baselines", drift.value("controls", Json::object())},
          {"details", {{"what_it_is", drift.value("what_it_is", "")}}}};
}

}  // namespace

Result<Json> criteria_json(const Measured& measured) {
  std::vector<Error> ignored;  // told of by the stage that read them
  const std::vector<NamedRule> found = TRY(rules_of_stage(measured.extracted, ignored));
  const Matched matched = match_all(measured.transcripts, measured.truth.rules, found);
  Json criteria = Json::array({extraction_json(measured, matched), storage_json(measured),
                               retrieval_json(measured, matched), drift_criterion(measured.drift)});
  const bool met = std::ranges::all_of(criteria, [](const Json& c) { return c["met"] == true; });
  return Json{{"criteria", std::move(criteria)}, {"met", met}};
}

std::string criteria_text(const Json& report) {
  const auto shown = [](const Json& value) {
    return value.is_number() ? fmt::format("{:.3f}", value.get<double>()) : "unknown";
  };
  std::string out = fmt::format("{:<11} {:<39} {:>8} {:>16}  {:<4} {}\n", "criterion", "measure",
                                "value", "95 %", "met", "beside it");
  for (const Json& c : report["criteria"]) {
    std::string beside;
    for (const auto& [name, value] : c["baselines"].items()) {
      beside += (beside.empty() ? "" : ", ") + name + " " + shown(value);
    }
    for (const char* name : {"over_application", "kappa"}) {
      if (c["details"].contains(name)) {
        beside += fmt::format(", {} {}", name, shown(c["details"][name]));
      }
    }
    const Json& interval = c["interval"];
    const std::string range =
        interval.is_array() ? fmt::format("{}..{}", shown(interval[0]), shown(interval[1])) : "";
    out += fmt::format("{:<11} {:<39} {:>8} {:>16}  {:<4} {}\n", c["name"].get<std::string>(),
                       c["measure"].get<std::string>(), shown(c["value"]), range,
                       c["met"].get<bool>() ? "yes" : "no", beside);
  }
  return out;
}

}  // namespace hardwon::apps
