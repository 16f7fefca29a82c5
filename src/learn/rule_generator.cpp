#include "learn/rule_generator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/text.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kSegmentsMin = 8, kSegmentsMore = 7;  // a transcript has 8 to 14
constexpr double kProhibition = 0.2;                        // of rules that can be said so
constexpr double kReason = 0.25;                            // of rules give one
constexpr double kShop = 0.3;          // of rules that can be said as "a tabs shop"
constexpr double kEmptyAdvice = 0.06;  // of persistent segments
constexpr double kEcho = 0.25;         // of persistent segments, where there is a rule to echo
constexpr double kChange = 0.06;       // of persistent segments take an earlier rule back
constexpr double kAgentPassing = 0.2;  // of short-term segments are announced by the agent
constexpr double kAgentTalk = 0.3, kToolOutput = 0.2;  // of irrelevant segments

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

template <typename T>
const T& pick(Rng& rng, std::span<const T> list) {
  return list[rng.below(list.size())];
}

constexpr std::array<std::string_view, 6> kFiles = {"src/app.py",    "lib/parser.ts",
                                                    "cmd/main.go",   "server/routes.js",
                                                    "core/store.rs", "api/Handler.java"};

bool can_say(const Topic& topic, std::string_view pattern) {
  const bool wants_phrase = ascii_lower(pattern).contains("{np}");
  return !wants_phrase || !topic.noun_phrase.empty();
}

// A pattern that the topic has words for.
std::string_view pick_for(Rng& rng, std::span<const std::string_view> list, const Topic& topic) {
  while (true) {
    const std::string_view pattern = pick(rng, list);
    if (can_say(topic, pattern)) return pattern;
  }
}

// ---------------------------------------------------------------- one transcript

class Writer {
 public:
  Writer(const GeneratorOptions& options, const std::vector<Topic>& all,
         std::vector<const Topic*> fresh)
      : options_(options),
        patterns_(patterns(options.family)),
        all_(all),
        rng_(options.seed * 2 + 1),
        fresh_(std::move(fresh)) {}

  LabelledTranscript transcript(std::size_t number);
  // Topics that hold at the end, with the id of the rule that says so.
  const std::map<std::string, std::pair<const Topic*, std::string>>& holding() const {
    return holding_;
  }
  void settle(std::vector<LabelledTranscript>& transcripts) const;

 private:
  std::string fill(std::string_view pattern, const Topic* topic);
  std::string slot(std::string_view name, const Topic* topic);
  void add(std::string speaker, std::string content, Persistence label);
  void add_persistent();
  void add_passing();
  void add_irrelevant();
  void add_rule(const Topic& topic, std::string_view pattern, bool prohibition);
  void add_again();
  void add_empty_advice();
  bool add_echo();
  bool add_change_of_mind();
  GoldRule gold_of(const Topic& topic, const std::string& text, bool prohibition) const;
  bool chance(double p) { return rng_.uniform() < p; }

  const GeneratorOptions& options_;
  const Patterns& patterns_;
  const std::vector<Topic>& all_;
  Rng rng_;
  std::vector<const Topic*> fresh_;  // not said yet; taken from the back
  std::map<std::string, std::pair<const Topic*, std::string>> holding_;  // by key
  std::set<std::string> prohibitions_;                                   // ids
  std::set<std::string> taken_back_;                                     // ids
  LabelledTranscript now_;
  std::vector<const Topic*> said_;  // in this transcript, not echoed yet
};

std::string Writer::slot(std::string_view name, const Topic* topic) {
  const std::string lower = ascii_lower(name);
  std::string text;
  if (lower == "file") {
    text = pick<std::string_view>(rng_, kFiles);
  } else if (lower == "part") {
    text = pick(rng_, parts_of(options_.family));
  } else if (lower == "n") {
    text = std::to_string(2 + rng_.below(90));
  } else if (lower == "imp") {
    text = topic->imperative;
  } else if (lower == "np") {
    text = topic->noun_phrase;
  } else if (lower == "state") {
    text = topic->state;
  } else {
    text = topic->avoid;
  }
  return lower == name ? text : capital(std::move(text));
}

std::string Writer::fill(std::string_view pattern, const Topic* topic) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t close = pattern[at] == '{' ? pattern.find('}', at) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out += pattern[at++];
      continue;
    }
    out += slot(pattern.substr(at + 1, close - at - 1), topic);
    at = close + 1;
  }
  return out;
}

void Writer::add(std::string speaker, std::string content, Persistence label) {
  const TimePoint last = now_.segments.empty() ? TimePoint{} : now_.segments.back().time;
  LabelledSegment segment{.speaker = std::move(speaker),
                          .content = std::move(content),
                          .label = label,
                          .time = last + std::chrono::seconds(5 + rng_.below(120))};
  now_.segments.push_back(std::move(segment));
}

GoldRule Writer::gold_of(const Topic& topic, const std::string& text, bool prohibition) const {
  GoldRule gold;
  gold.source_id = concat({now_.id, "#", std::to_string(now_.segments.size())});
  gold.id = concat({"rule_", std::to_string(hash64(text, hash64(gold.source_id, options_.seed)))});
  gold.rule.text = text;
  gold.rule.action = topic.type;
  gold.rule.polarity = prohibition ? Polarity::kAvoid : topic.polarity;
  gold.rule.match =
      topic.language.empty()
          ? MatchCriteria{.type = MatchType::kContext, .value = "always"}
          : MatchCriteria{.type = MatchType::kContext, .value = "language=" + topic.language};
  if (!topic.part.empty()) gold.rule.match = {.type = MatchType::kKeyword, .value = topic.part};
  Json slots = {{"scope", topic.language}};
  if (!prohibition) {
    slots["target"] = topic.target;
    slots["value"] = topic.value;
  }
  gold.rule.parameters_json = dump_json(slots);
  return gold;
}

void Writer::add_rule(const Topic& topic, std::string_view pattern, bool prohibition) {
  const bool shop = !prohibition && !topic.shop.empty() && chance(kShop);
  std::string content = shop ? concat({"We're ", topic.shop, "."}) : fill(pattern, &topic);
  const std::string core = prohibition ? topic.avoid : shop ? topic.shop : topic.imperative;
  GoldRule gold = gold_of(topic, capital(core), prohibition);
  if (chance(kReason)) content += pick(rng_, patterns_.reasons);
  const auto before = holding_.find(topic.key);
  if (before != holding_.end()) taken_back_.insert(before->second.second);
  holding_[topic.key] = {&topic, gold.id};
  if (prohibition) prohibitions_.insert(gold.id);
  now_.gold.push_back(std::move(gold));
  add("user", std::move(content), Persistence::kPersistent);
  if (!prohibition) said_.push_back(&topic);
}

void Writer::add_empty_advice() {
  const std::string text(pick(rng_, patterns_.empty_advice));
  GoldRule gold = gold_of(Topic{.type = ActionType::kBehavior}, text, false);
  gold.rule.parameters_json = R"({"scope":""})";
  gold.store = false;
  now_.gold.push_back(std::move(gold));
  add("user", text, Persistence::kPersistent);
}

bool Writer::add_echo() {
  if (said_.empty()) return false;
  const Topic* topic = said_.back();
  said_.pop_back();
  add("assistant", fill(pick_for(rng_, patterns_.echoes, *topic), topic), Persistence::kPersistent);
  return true;
}

// Another value for something said before.
bool Writer::add_change_of_mind() {
  for (std::size_t i = fresh_.size(); i > 0; --i) {
    const Topic* topic = fresh_[i - 1];
    const auto before = holding_.find(topic->key);
    if (before == holding_.end() || prohibitions_.contains(before->second.second)) continue;
    fresh_.erase(fresh_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    add_rule(*topic, pick_for(rng_, patterns_.changes_of_mind, *topic), false);
    return true;
  }
  return false;
}

// All has been said: one of it once more, which is worth no second place in a memory.
void Writer::add_again() {
  auto said = holding_.begin();
  std::advance(said, static_cast<std::ptrdiff_t>(rng_.below(holding_.size())));
  const auto [topic, id] = said->second;
  const bool prohibition = prohibitions_.contains(id);
  add_rule(*topic, pick_for(rng_, prohibition ? patterns_.prohibitions : patterns_.rules, *topic),
           prohibition);
  now_.gold.back().store = false;
  holding_[topic->key] = {topic, id};
  taken_back_.erase(id);
}

void Writer::add_persistent() {
  if (chance(kEmptyAdvice)) return add_empty_advice();
  if (chance(kEcho) && add_echo()) return;
  if (chance(kChange) && add_change_of_mind()) return;
  const auto next = std::find_if(fresh_.rbegin(), fresh_.rend(), [&](const Topic* topic) {
    return !holding_.contains(topic->key);
  });
  if (next == fresh_.rend()) return holding_.empty() ? add_empty_advice() : add_again();
  const Topic* topic = *next;
  fresh_.erase(std::next(next).base());
  const bool prohibition = !topic->avoid.empty() && chance(kProhibition);
  add_rule(*topic, pick_for(rng_, prohibition ? patterns_.prohibitions : patterns_.rules, *topic),
           prohibition);
}

void Writer::add_passing() {
  const Topic& topic = all_[rng_.below(all_.size())];
  if (chance(kAgentPassing)) {
    return add("assistant", fill(pick_for(rng_, patterns_.agent_passing, topic), &topic),
               Persistence::kShortTerm);
  }
  add("user",
      fill(pick_for(rng_, chance(0.5) ? patterns_.passing : patterns_.requests, topic), &topic),
      Persistence::kShortTerm);
}

void Writer::add_irrelevant() {
  const Topic& topic = all_[rng_.below(all_.size())];
  if (chance(kAgentTalk)) {
    return add("assistant", fill(pick_for(rng_, patterns_.agent_talk, topic), &topic),
               Persistence::kIrrelevant);
  }
  if (chance(kToolOutput)) {
    return add("tool", fill(pick_for(rng_, patterns_.tool_output, topic), &topic),
               Persistence::kIrrelevant);
  }
  add("user", fill(pick_for(rng_, patterns_.chatter, topic), &topic), Persistence::kIrrelevant);
}

LabelledTranscript Writer::transcript(std::size_t number) {
  now_ = {};
  said_.clear();
  const std::uint64_t key = hash64(std::to_string(number), options_.seed);
  now_.id = concat({"transcript_", std::to_string(key)});
  now_.session_id = concat({"session_", std::to_string(hash64(now_.id))});
  // Days of 2025, one a transcript, so that "later" has a meaning across transcripts.
  const TimePoint start =
      TimePoint{} + std::chrono::hours(24) * (20'089 + static_cast<std::int64_t>(number));
  const std::size_t n = kSegmentsMin + rng_.below(kSegmentsMore);
  while (now_.segments.size() < n) {
    const double draw = rng_.uniform();
    if (draw < options_.persistent) {
      add_persistent();
    } else if (draw < options_.persistent + options_.short_term) {
      add_passing();
    } else {
      add_irrelevant();
    }
  }
  for (LabelledSegment& segment : now_.segments) segment.time += start.time_since_epoch();
  for (GoldRule& gold : now_.gold) {
    const std::size_t mark = gold.source_id.find('#');
    gold.time = now_.segments[std::stoul(gold.source_id.substr(mark + 1))].time;
  }
  now_.duration_s =
      std::chrono::duration_cast<std::chrono::seconds>(now_.segments.back().time - start).count();
  now_.tags = {"synthetic", options_.family == TemplateFamily::kTest ? "test" : "train"};
  return now_;
}

void Writer::settle(std::vector<LabelledTranscript>& transcripts) const {
  for (LabelledTranscript& transcript : transcripts) {
    for (GoldRule& gold : transcript.gold) {
      if (taken_back_.contains(gold.id)) gold.store = false;
    }
  }
}

// ---------------------------------------------------------------- tasks

struct TaskTemplate {
  std::string_view type, description;  // {p}: the part, {l}: the language
};
constexpr std::array<TaskTemplate, 8> kTasks = {
    {{"code_generation", "Create a function that computes totals of {p}"},
     {"code_generation", "Write a parser for {p} records"},
     {"refactoring", "Split the large module of {p} into smaller pieces"},
     {"debugging", "Find out why {p} fail on empty input and repair it"},
     {"testing", "Cover the {p} module with tests"},
     {"documentation", "Describe how {p} work for new colleagues"},
     {"analysis", "Find out which {p} take longest"},
     {"code_generation", "Expose {p} through a new endpoint"}}};
struct LanguageFile {
  std::string_view name, extension;
};
constexpr std::array<LanguageFile, 6> kLanguageFiles = {{{"python", "py"},
                                                         {"javascript", "js"},
                                                         {"typescript", "ts"},
                                                         {"go", "go"},
                                                         {"rust", "rs"},
                                                         {"java", "java"}}};

// A team works in two languages, and says what concerns all its work sooner than the details of
// one part.
constexpr std::size_t kLanguagesOfATeam = 2;
constexpr double kSooner = 12;         // how much sooner
constexpr double kForeignTask = 0.25;  // of tasks are in any language, spoken of or not

std::set<std::string_view> team_languages(const GeneratorOptions& options) {
  Rng rng(options.seed);
  std::set<std::string_view> spoken;
  while (spoken.size() < kLanguagesOfATeam) {
    spoken.insert(kLanguageFiles[rng.below(kLanguageFiles.size())].name);
  }
  return spoken;
}

const LanguageFile& task_language(const GeneratorOptions& options, Rng& rng) {
  const auto spoken = team_languages(options);
  while (true) {
    const LanguageFile& file = pick<LanguageFile>(rng, kLanguageFiles);
    if (rng.uniform() < kForeignTask || spoken.contains(file.name)) return file;
  }
}

bool writes_code(std::string_view type) {
  return type == "code_generation" || type == "refactoring" || type == "debugging" ||
         type == "testing";
}

bool applies(const Topic& topic, const LabelledTask& task, std::string_view part) {
  if (!topic.part.empty() && topic.part != part) return false;
  if (!topic.language.empty() && topic.language != task.language) return false;
  return !topic.of_code || writes_code(task.type);
}

LabelledTask task_of(const GeneratorOptions& options, std::size_t number, Rng& rng,
                     const Writer& writer) {
  const TaskTemplate& made = pick<TaskTemplate>(rng, kTasks);
  const auto& [language, extension] = task_language(options, rng);
  const std::string part(pick(rng, parts_of(options.family)));
  LabelledTask task;
  task.id = concat({"task_", std::to_string(hash64(std::to_string(number), options.seed + 1))});
  task.type = made.type;
  task.language = language;
  task.description = made.description;
  task.description.replace(task.description.find("{p}"), 3, part);
  task.paths = {concat({part, "/", made.type == "documentation" ? "README.md" : "store.",
                        made.type == "documentation" ? "" : extension})};
  task.identifiers = {concat({part, "Count"}), concat({part, "Total"}), "lastSeen"};
  task.code = concat({"load_", part, "()"});
  for (const auto& [key, rule] : writer.holding()) {
    if (applies(*rule.first, task, part)) task.applies.push_back(rule.second);
  }
  std::ranges::sort(task.applies);
  return task;
}

// In random order; taken from the back, every key comes once before any comes twice, so that a
// key with many values is not said more often.
std::vector<const Topic*> shuffled(const std::vector<Topic>& all, const GeneratorOptions& options) {
  Rng rng(options.seed);
  const auto spoken = team_languages(options);
  std::vector<std::pair<double, const Topic*>> order;
  for (const Topic& topic : all) {
    const auto& types = options.types;
    const double draw = rng.uniform();
    if (!topic.language.empty() && !spoken.contains(topic.language)) continue;
    if (!types.empty() && std::ranges::find(types, topic.type) == types.end()) continue;
    order.emplace_back(draw, &topic);
  }
  std::ranges::sort(order, {}, [](const auto& entry) { return entry.first; });
  std::set<std::string> keys;
  std::vector<std::pair<double, const Topic*>> firsts;
  std::vector<const Topic*> out;
  for (const auto& [draw, topic] : order) {
    if (!keys.insert(topic->key).second) {
      out.push_back(topic);
      continue;
    }
    // The smaller u^w is, for a random u, the sooner: a weighted order without replacement.
    const double weight = topic->part.empty() ? kSooner : 1;
    firsts.emplace_back(std::pow(rng.uniform(), weight), topic);
  }
  std::ranges::sort(firsts, std::ranges::greater{}, [](const auto& entry) { return entry.first; });
  for (const auto& [place, topic] : firsts) out.push_back(topic);
  return out;
}

}  // namespace

Result<void> GeneratorOptions::validate() const {
  const auto wrong = [](std::string field, std::string message) {
    return std::unexpected(Error{.message = std::move(message), .field = std::move(field)});
  };
  for (const double share : {persistent, short_term, irrelevant}) {
    if (!(share >= 0 && share <= 1)) {
      return wrong("mix", "found a share of " + std::to_string(share) + ", expected 0 to 1");
    }
  }
  const double sum = persistent + short_term + irrelevant;
  if (std::abs(sum - 1) > 1e-6) {
    return wrong("mix", "found shares that sum to " + std::to_string(sum) + ", expected 1");
  }
  if (n == 0 || n > 10'000) {
    return wrong("n", "found " + std::to_string(n) + ", expected 1 to 10000");
  }
  return {};
}

SyntheticData generate(const GeneratorOptions& options) {
  const std::vector<Topic> all = topics(options.family);
  Writer writer(options, all, shuffled(all, options));
  SyntheticData data;
  for (std::size_t i = 0; i < options.n; ++i) data.transcripts.push_back(writer.transcript(i));
  writer.settle(data.transcripts);
  Rng rng(options.seed * 2 + 2);
  for (std::size_t i = 0; i < options.n; ++i) {
    data.tasks.push_back(task_of(options, i, rng, writer));
  }
  return data;
}

bool has_cue_word(std::string_view text) {
  constexpr std::array<std::string_view, 10> kCues = {"always", "never",      "should",   "must",
                                                      "prefer", "convention", "standard", "format",
                                                      "style",  "use"};
  const std::vector<std::string> all = words(text);
  return std::ranges::any_of(all, [&](const std::string& word) {
    return std::ranges::any_of(kCues, [&](std::string_view cue) { return word.starts_with(cue); });
  });
}

}  // namespace hardwon::learn
