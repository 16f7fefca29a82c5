#include "apps/pipeline_stages.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/hash.h"
#include "base/text.h"
#include "learn/grouping.h"
#include "learn/rule_conflict.h"
#include "learn/rule_context.h"
#include "learn/rules.h"

namespace hardwon::apps {
namespace {

using learn::Reading;
using learn::Voice;

// Rules up to this many are each told why they do not apply.
constexpr std::size_t kWhyNotRulesMax = 200, kWhyNotMax = 10;

// ---------------------------------------------------------------- readings

Json reading_json(const Reading& reading) {
  return {{"persistence", name_of(reading.persistence)},
          {"confidence", reading.confidence},
          {"probabilities", reading.probabilities},
          {"actionable", reading.actionable}};
}

// A rule that was written by hand has no reading: its stated confidence stands for it.
Reading reading_of(const Json& rule, double confidence) {
  Reading reading{.persistence = Persistence::kPersistent,
                  .confidence = confidence,
                  .probabilities = {confidence, 0, 1 - confidence},
                  .actionable = confidence};
  const auto it = rule.find("reading");
  if (it == rule.end() || !it->is_object()) return reading;
  const auto number = [](const Json& json, double otherwise) {
    return json.is_number() ? json.get<double>() : otherwise;
  };
  reading.confidence = number(it->value("confidence", Json()), confidence);
  reading.actionable = number(it->value("actionable", Json()), confidence);
  const Json probabilities = it->value("probabilities", Json());
  if (probabilities.is_array() && probabilities.size() == 3) {
    for (std::size_t i = 0; i < 3; ++i) reading.probabilities[i] = number(probabilities[i], 0);
  }
  return reading;
}

// ---------------------------------------------------------------- extract

class Extractor {
 public:
  Extractor(const PipelineConfig& config, std::vector<Error>& errors) : config_(config) {
    for (const NamedPattern& pattern : config.patterns) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_max_mem(1 << 20);
      auto compiled = std::make_unique<RE2>(pattern.pattern, options);
      if (!compiled->ok()) {
        errors.push_back({.message = "the pattern '" + ellipsis(pattern.pattern, 60) +
                                     "' is not valid: " + compiled->error(),
                          .field = "/extraction/patterns/" + pattern.name});
        continue;
      }
      patterns_.emplace_back(pattern.name, std::move(compiled));
    }
  }

  void read(const Transcript& transcript) {
    first_rule_ = rules.size();
    for (const Utterance& said : transcript.segments) {
      const std::string source = segment_name(transcript, said.index);
      Reading strongest{
          .persistence = Persistence::kIrrelevant, .confidence = 1, .probabilities = {0, 0, 1}};
      // Tools and the harness state nothing, whatever their text says.
      if (said.speaker == "user" || said.speaker == "assistant") {
        strongest = said.speaker == "user" ? read_person(said, source) : read_agent(said, source);
      }
      Json line = {{"source_id", source}};
      line.update(reading_json(strongest));
      line.erase("actionable");
      segments.push_back(std::move(line));
    }
  }

  Json segments = Json::array(), rules = Json::array();

 private:
  // What a turn says is what its most lasting sentence says.
  static bool outweighs(const Reading& a, const Reading& b) {
    if (a.persistence != b.persistence) return a.persistence < b.persistence;
    return a.probabilities[0] > b.probabilities[0];
  }

  template <typename Each>
  static Reading read_sentences(std::string_view text, Voice voice, Each each) {
    Reading strongest{
        .persistence = Persistence::kIrrelevant, .confidence = 1, .probabilities = {0, 0, 1}};
    bool first = true;
    for (const learn::Sentence& sentence : learn::sentences_in(text)) {
      Reading reading = learn::read_statement(
          {.voice = voice, .text = sentence.text, .heading = sentence.heading});
      each(sentence, reading);
      if (first || outweighs(reading, strongest)) strongest = std::move(reading);
      first = false;
    }
    return strongest;
  }

  Reading read_person(const Utterance& said, const std::string& source) {
    return read_sentences(
        said.content, Voice::kPerson, [&](const learn::Sentence& sentence, const Reading& reading) {
          if (!sentence.first && learn::leans_back(learn::form_of(sentence.text))) return;
          const std::string* pattern = pattern_in(sentence.text);
          for (const Rule& rule : reading.rules) {
            const double confidence = learn::extraction_confidence(rule, reading, Voice::kPerson);
            if (confidence < config_.confidence_threshold && pattern == nullptr) continue;
            add(rule, confidence, reading, said, source, pattern);
          }
        });
  }

  Reading read_agent(const Utterance& said, const std::string& source) {
    return read_sentences(said.content, Voice::kAgent,
                          [&](const learn::Sentence&, const Reading& reading) {
                            for (const Rule& rule : reading.rules) support(rule, source);
                          });
  }

  const std::string* pattern_in(std::string_view text) const {
    for (const auto& [name, pattern] : patterns_) {
      if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern)) return &name;
    }
    return nullptr;
  }

  void add(const Rule& rule, double confidence, const Reading& reading, const Utterance& said,
           const std::string& source, const std::string* pattern) {
    NamedRule named{.rule = rule, .source_id = source, .time = said.time};
    named.id = "rule_" + std::to_string(hash64(rule.text, hash64(source)));
    Json json = rule_json(named);
    json["reading"] = reading_json(reading);
    json["extraction_confidence"] = confidence;
    if (pattern != nullptr) json["pattern"] = *pattern;
    json["evidence"] = Json::array({source});
    rules.push_back(std::move(json));
    said_.emplace_back(rule);
  }

  // The agent's words for a rule of this conversation, if it is one.
  void support(const Rule& echo, const std::string& source) {
    for (std::size_t i = rules.size(); i > first_rule_; --i) {
      if (!learn::repeats(said_[i - 1], echo)) continue;
      Json& evidence = rules[i - 1]["evidence"];
      if (evidence.back() != source) evidence.push_back(source);
      return;
    }
  }

  const PipelineConfig& config_;
  std::vector<std::pair<std::string, std::unique_ptr<RE2>>> patterns_;
  std::vector<learn::RuleContent> said_;  // beside `rules`
  std::size_t first_rule_ = 0;
};

// ---------------------------------------------------------------- decide

struct Candidate {
  NamedRule named;
  learn::RuleContent content;  // of the rule
  Json json;
  Reading reading;
  learn::StorageScore score;
  std::string same_as, superseded_by;
  bool kept = false;
};

// Earlier candidates that are kept and share content with a rule.
class KeptIndex {
 public:
  void add(std::size_t number, const learn::Meaning& meaning) {
    for (const std::string& stem : meaning.stems) by_stem_[stem].push_back(number);
  }
  std::set<std::size_t> sharing(const learn::Meaning& meaning) const {
    std::set<std::size_t> found;
    for (const std::string& stem : meaning.stems) {
      const auto it = by_stem_.find(stem);
      if (it != by_stem_.end()) found.insert(it->second.begin(), it->second.end());
    }
    return found;
  }

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> by_stem_;
};

// "transcript_1#12" in order of the numbers, which the text's own order is not.
std::pair<std::string_view, std::uint64_t> place_of(std::string_view source_id) {
  const std::size_t mark = std::min(source_id.rfind('#'), source_id.size());
  std::uint64_t index = 0;
  for (const char c : source_id.substr(mark)) {
    if (c >= '0' && c <= '9') index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return {source_id.substr(0, mark), index};
}

void settle_conflicts(std::vector<Candidate>& all, const PipelineConfig& config) {
  KeptIndex index;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Candidate& now = all[i];
    now.score = learn::storage_score(now.named.rule, now.reading, config.storage);
    now.kept = now.score.total >= config.storage.threshold;
    if (!now.kept) continue;
    for (const std::size_t number : index.sharing(now.content.meaning)) {
      Candidate& before = all[number];
      if (!before.kept) continue;
      if (learn::contradicts(before.content, now.content)) {
        before.kept = false;
        before.superseded_by = now.named.id;
        before.score =
            learn::storage_score(before.named.rule, before.reading, config.storage, true);
      } else if (now.same_as.empty() && learn::repeats(before.content, now.content)) {
        now.same_as = before.named.id;
        before.json["evidence"].push_back(now.named.source_id);
      }
    }
    now.kept = now.same_as.empty();
    if (now.kept) index.add(i, now.content.meaning);
  }
}

Json decision_json(Candidate& candidate, const PipelineConfig& config) {
  Json json = std::move(candidate.json);
  const learn::StorageScore& score = candidate.score;
  json["decision"] = candidate.kept ? "store" : "ignore";
  json["storage_score"] = {{"cross_session_value", score.cross_session},
                           {"stability", score.stability},
                           {"clear_triggers", score.triggers},
                           {"reduces_inconsistency", score.inconsistency},
                           {"total", score.total}};
  if (!candidate.same_as.empty()) {
    json["same_as"] = candidate.same_as;
    json["justification"] = "not kept: " + candidate.same_as + " says it already";
  } else if (!candidate.superseded_by.empty()) {
    json["superseded_by"] = candidate.superseded_by;
    json["justification"] = "not kept: " + candidate.superseded_by + " takes it back later";
  } else {
    json["justification"] = learn::justification(score, config.storage);
  }
  return json;
}

// ---------------------------------------------------------------- retrieve

Json match_json(const recall::RuleMatch& match, const std::string& id) {
  Json parts = Json::array();
  for (const recall::RuleScorePart& part : match.parts) {
    parts.push_back({{"name", part.name},
                     {"value", part.value},
                     {"possible", part.possible},
                     {"why", part.why}});
  }
  return {{"id", id}, {"score", match.score}, {"parts", std::move(parts)}, {"why", match.why}};
}

Json why_not_json(const recall::RuleIndex& index, const recall::RuleTask& task,
                  const PipelineConfig& config) {
  Json out = Json::array();
  if (index.rules().size() > kWhyNotRulesMax) return out;
  std::vector<recall::RuleMatch> against;
  for (std::size_t i = 0; i < index.rules().size(); ++i) {
    auto match = index.explain(i, task, config.retrieval);
    if (!match.applies) against.push_back(std::move(match));
  }
  std::ranges::stable_sort(against, std::ranges::greater{}, &recall::RuleMatch::score);
  if (against.size() > kWhyNotMax) against.resize(kWhyNotMax);
  for (const recall::RuleMatch& match : against) {
    out.push_back(match_json(match, index.rules()[match.rule].id));
  }
  return out;
}

Json retrieved_json(const recall::RuleIndex& index, const recall::RuleTask& task,
                    const PipelineConfig& config) {
  Json ids = Json::array(), matches = Json::array();
  std::vector<std::string> instructions;
  for (const recall::RuleMatch& match : index.match(task, config.retrieval)) {
    const recall::MatchableRule& rule = index.rules()[match.rule];
    ids.push_back(rule.id);
    matches.push_back(match_json(match, rule.id));
    const bool avoid = rule.rule.polarity == Polarity::kAvoid;
    // The person's words, unless they lost their "never" on the way.
    const bool says_so = learn::meaning_of(rule.rule.text).forbids;
    instructions.push_back(avoid && !says_so ? "Never: " + rule.rule.text : rule.rule.text);
  }
  Json out = {{"task",
               {{"id", task.id},
                {"type", task.type},
                {"language", task.language},
                {"description", task.description},
                {"identifiers", task.identifiers}}},
              {"applied_rules", std::move(ids)},
              {"matches", std::move(matches)},
              {"why_not", why_not_json(index, task, config)},
              {"instructions", instructions}};
  out["block"] = rendered_block(instructions);
  return out;
}

}  // namespace

Json extract_stage(const std::vector<Transcript>& transcripts, const PipelineConfig& config,
                   std::vector<Error>& errors) {
  Extractor extractor(config, errors);
  for (const Transcript& transcript : transcripts) extractor.read(transcript);
  return {{"stage", "extract"},
          {"version", kPipelineVersion},
          {"read", std::move(extractor.segments)},
          {"rules", std::move(extractor.rules)}};
}

Result<std::vector<NamedRule>> rules_of_stage(const Json& stage, std::vector<Error>& errors) {
  const Json* rules = &stage;
  if (stage.is_object()) {
    const auto it = stage.find("rules");
    rules = it == stage.end() ? nullptr : &*it;
  }
  if (rules == nullptr || !rules->is_array()) {
    return std::unexpected(Error{.message = "found no rules, expected what the stage before wrote",
                                 .field = "/rules"});
  }
  RuleFile file = TRY(parse_rules(dump_json(*rules), ""));
  for (Error& error : file.errors) {
    error.line = std::nullopt;  // of the dump, which nobody sees
    error.field = "/rules" + error.field;
    errors.push_back(std::move(error));
  }
  return std::move(file.rules);
}

Result<Json> decide_stage(const Json& extracted, const PipelineConfig& config,
                          std::vector<Error>& errors) {
  std::map<std::string, const Json*> by_id;
  for (NamedRule& named : TRY(rules_of_stage(extracted, errors))) by_id[named.id] = nullptr;
  const Json& list = extracted.is_object() ? extracted["rules"] : extracted;
  for (const Json& json : list) {
    if (!json.is_object() || !json.contains("id") || !json["id"].is_string()) continue;
    const auto it = by_id.find(json["id"].get<std::string>());
    if (it != by_id.end()) it->second = &json;
  }
  std::vector<Candidate> all;
  std::vector<Error> told;  // once is enough
  for (const NamedRule& named : TRY(rules_of_stage(extracted, told))) {
    const Json* json = by_id[named.id];
    Candidate candidate{.named = named,
                        .content = named.rule,
                        .json = *json,
                        .reading = reading_of(*json, named.rule.confidence)};
    all.push_back(std::move(candidate));
  }
  const auto key = [](const Candidate& c) {
    const auto [transcript, index] = place_of(c.named.source_id);
    return std::tuple(c.named.time.value_or(TimePoint{}), transcript, index,
                      std::string_view(c.named.id));
  };
  std::ranges::stable_sort(all, {}, key);
  settle_conflicts(all, config);
  Json rules = Json::array();
  for (Candidate& candidate : all) rules.push_back(decision_json(candidate, config));
  return Json{{"stage", "decide"}, {"version", kPipelineVersion}, {"rules", std::move(rules)}};
}

Result<Json> retrieve_stage(const Json& decided, const std::vector<recall::RuleTask>& tasks,
                            const PipelineConfig& config, std::vector<Error>& errors) {
  std::set<std::string> stored;
  const std::vector<NamedRule> all = TRY(rules_of_stage(decided, errors));
  const Json& list = decided.is_object() ? decided["rules"] : decided;
  for (const Json& json : list) {
    if (json.is_object() && json.value("decision", "store") == "store") {
      stored.insert(json.value("id", ""));
    }
  }
  std::vector<recall::MatchableRule> rules;
  for (const NamedRule& named : all) {
    if (stored.contains(named.id)) rules.push_back({.id = named.id, .rule = named.rule});
  }
  const recall::RuleIndex index(std::move(rules));
  errors.insert(errors.end(), index.errors().begin(), index.errors().end());
  Json out = Json::array();
  for (const recall::RuleTask& task : tasks) out.push_back(retrieved_json(index, task, config));
  return Json{{"stage", "retrieve"}, {"version", kPipelineVersion}, {"tasks", std::move(out)}};
}

std::string rendered_block(const std::vector<std::string>& instructions) {
  if (instructions.empty()) return {};
  std::string block = "Rules of this project:\n";
  for (const std::string& instruction : instructions) block += "- " + instruction + "\n";
  return block;
}

}  // namespace hardwon::apps
