// Seed 001's confidence of an extraction and its storage decision: four criteria, their weighted
// mean, and a reason people understand.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "learn/rule_words.h"
#include "learn/rules.h"
#include "learn/sentence_form.h"

namespace hardwon::learn {
namespace {

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

// Later sessions gain from it when it outlives the moment and can be understood without it.
double cross_session_value(const Reading& reading) {
  const double lasting = reading.probabilities[0] /
                         std::max(1e-9, reading.probabilities[0] + reading.probabilities[1]);
  return lasting * (0.4 + 0.6 * reading.actionable);
}

// Surely read, against the likeliest other reading, and not contradicted by what is stored.
double stability(const Reading& reading, bool contradicted) {
  const auto& p = reading.probabilities;
  const double sure = p[0] / std::max(1e-9, p[0] + std::max(p[1], p[2]));
  return std::max(0.0, sure - (contradicted ? 0.3 : 0.0));
}

bool has_topic(const Rule& rule) {
  return std::ranges::any_of(form_of(rule.text).tokens, is_content);
}

// A situation in which it applies: named files or code, a condition, a language; at least a topic.
double clear_triggers(const Rule& rule, const Reading& reading) {
  double value = rule.match.value == "always" && !has_topic(rule) ? 0.2 : 0.7;
  if (rule.match.type == MatchType::kPattern) value = 0.9;
  if (!rule.match.context_json.empty()) value += 0.2;
  return std::min(1.0, value) * (0.4 + 0.6 * reading.actionable);
}

bool speaks_of_all_cases(const Rule& rule) {
  const SentenceForm form = form_of(rule.text);
  return std::ranges::any_of(form.tokens, [](const Token& token) {
    return token.kind == TokenKind::kWord && (is_universal(token.text) || token.text == "must");
  });
}

// Names, style and structure vary without a rule; of behaviour, what holds in all cases.
double reduces_inconsistency(const Rule& rule) {
  if (rule.action != ActionType::kBehavior) return 1.0;
  return speaks_of_all_cases(rule) ? 0.9 : 0.7;
}

}  // namespace

Result<void> StorageOptions::validate() const {
  const std::pair<const char*, double> fields[] = {{"cross_session_value", cross_session},
                                                   {"stability", stability},
                                                   {"clear_triggers", triggers},
                                                   {"reduces_inconsistency", inconsistency},
                                                   {"storage_threshold", threshold}};
  double sum = 0;
  for (const auto& [name, value] : fields) {
    if (!(value >= 0 && value <= 1)) {
      return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                   .message = "found " + decimal(value) + ", expected 0 to 1",
                                   .field = name});
    }
    sum += value;
  }
  sum -= threshold;
  if (std::abs(sum - 1) > 1e-6) {
    return std::unexpected(
        Error{.code = ErrorCode::kInvalidArgument,
              .message = "the four weights sum to " + decimal(sum) + ", expected 1",
              .field = "criteria_weights"});
  }
  return {};
}

StorageScore storage_score(const Rule& rule, const Reading& reading, const StorageOptions& options,
                           bool contradicted) {
  StorageScore score{.cross_session = cross_session_value(reading),
                     .stability = stability(reading, contradicted),
                     .triggers = clear_triggers(rule, reading),
                     .inconsistency = reduces_inconsistency(rule)};
  score.total = options.cross_session * score.cross_session + options.stability * score.stability +
                options.triggers * score.triggers + options.inconsistency * score.inconsistency;
  return score;
}

double extraction_confidence(const Rule& rule, const Reading& reading, Voice voice) {
  const bool names_or_style =
      rule.action == ActionType::kNaming || rule.action == ActionType::kStyle;
  const double sum = 0.5 + 0.3 * reading.probabilities[0] + 0.1 * reading.probabilities[1] +
                     (voice == Voice::kPerson ? 0.1 : 0) + (names_or_style ? 0.1 : 0) +
                     (speaks_of_all_cases(rule) ? 0.1 : 0);
  return std::min(1.0, sum);
}

std::string justification(const StorageScore& score, const StorageOptions& options) {
  struct Criterion {
    double value, weight;
    const char *good, *bad;
  };
  const Criterion criteria[] = {
      {score.cross_session, options.cross_session, "it speaks of later work, too",
       "it says little without the moment in which it was said"},
      {score.stability, options.stability, "it is clearly meant to last",
       "it is not clear that it is meant to last, or something stored says otherwise"},
      {score.triggers, options.triggers, "one can tell when it applies",
       "one cannot tell when it applies"},
      {score.inconsistency, options.inconsistency, "work done without it would differ",
       "it changes little"}};
  const bool kept = score.total >= options.threshold;
  const auto weighs = [&](const Criterion& c) { return c.weight * (kept ? c.value : 1 - c.value); };
  const Criterion* most = std::ranges::max_element(
      criteria, [&](const Criterion& a, const Criterion& b) { return weighs(a) < weighs(b); });
  return std::string(kept ? "kept: " : "not kept: ") + (kept ? most->good : most->bad) +
         " (score " + decimal(score.total) + ", threshold " + decimal(options.threshold) + ")";
}

}  // namespace hardwon::learn
