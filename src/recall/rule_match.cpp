#include "recall/rule_match.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/json.h"
#include "base/text.h"
#include "recall/rule_words.h"

namespace hardwon::recall {
namespace {

constexpr std::size_t kPatternBytesMax = 2'000;
constexpr std::int64_t kPatternMemory = 1 << 20;  // hostile patterns are refused, not run slowly
constexpr int kAtomBytesMin = 3;                  // shorter literals do not narrow the candidates

using StemSet = std::unordered_set<std::string>;

// What one rule asks for.
struct Asked {
  std::vector<std::string> languages;  // any of
  std::string task_type;
  bool code_only = false;            // and the task writes code
  std::vector<std::string> globs;    // any of
  std::vector<std::string> stems;    // particular words: any of
  int pattern = -1;                  // of the filter
  bool pattern_broken = false;       // it never applies
  bool mention = false;              // the pattern is literal text: words may stand for it
  std::vector<std::string> content;  // stems of the text, for ranking

  bool has_words() const { return !stems.empty(); }
  bool has_pattern() const { return pattern >= 0 || pattern_broken; }
  std::size_t conditions() const {
    return static_cast<std::size_t>(!languages.empty()) + (!task_type.empty() || code_only) +
           !globs.empty() + has_words() + has_pattern();
  }
};

struct TaskView {
  std::string text;  // what patterns run over
  StemSet stems;
  std::string language;
  std::optional<bool> writes_code;  // nullopt: the kind is not known
  std::vector<bool> patterns;       // that match, by number
};

void add_stems(std::string_view text, std::vector<std::string>& out) {
  for (const std::string& word : words(text)) {
    if (!is_stop_word(word)) out.push_back(stem(word));
  }
}

std::string task_text(const RuleTask& task) {
  std::string text = task.language + " " + task.type + " " + task.description;
  for (const std::string& path : task.paths) text += " " + path;
  for (const std::string& name : task.identifiers) text += " " + name;
  text += " " + task.context + " " + task.code;
  return one_line(text);
}

// The alternatives of a literal pattern that a task could speak of.
bool mentions_something(std::string_view pattern) {
  std::string word;
  for (std::size_t i = 0; i <= pattern.size(); ++i) {
    if (i == pattern.size() || pattern[i] == '|') {
      if (!word.empty() && !is_choice_word(word)) return true;
      word.clear();
    } else if (pattern[i] != '\\') {
      word += pattern[i];
    }
  }
  return false;
}

// No operator but alternation: the pattern mentions things, it does not describe a situation.
bool is_literal(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      const char c = pattern[++i];
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return false;
    } else if (std::string_view("()[]{}*+?.^$").contains(pattern[i])) {
      return false;
    }
  }
  return true;
}

struct PairOf {
  std::string key, value;
};
std::optional<PairOf> key_value(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return PairOf{ascii_lower(trim(text.substr(0, equals))),
                std::string(trim(text.substr(equals + 1)))};
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

void add_unique(std::vector<std::string>& list, std::string text) {
  if (!text.empty() && !contains(list, text)) list.push_back(std::move(text));
}

// ---------------------------------------------------------------- what a rule asks for

class Reader {
 public:
  Reader(re2::FilteredRE2& filter, std::vector<Error>& errors) : filter_(filter), errors_(errors) {}

  Asked read(const MatchableRule& rule) {
    Asked asked;
    rule_ = &rule;
    add_unique(asked.languages, language_name(rule.when.context.language));
    asked.globs = rule.when.paths;
    read_criteria(asked);
    read_context(asked);
    RuleWords said = words_of_rule(rule.rule.text);
    std::erase_if(said.languages, is_embedded_language);
    if (asked.languages.empty()) asked.languages = std::move(said.languages);
    if (!asked.has_pattern() || asked.mention) {
      for (std::string& root : said.particular) add_unique(asked.stems, std::move(root));
    }
    asked.content = std::move(said.stems);
    // How branches are named or commit subjects are styled concerns every task.
    const bool every_task = said.workflow && asked.conditions() == 0;
    asked.code_only = (rule.rule.action != ActionType::kBehavior || said.of_code) && !every_task;
    return asked;
  }

 private:
  void fail(std::string field, std::string message) {
    errors_.push_back({.code = ErrorCode::kInvalidArgument,
                       .message = "rule " + rule_->id + ": " + std::move(message),
                       .field = std::move(field)});
  }

  void read_criteria(Asked& asked) {
    const MatchCriteria& match = rule_->rule.match;
    if (match.type == MatchType::kPattern) {
      // "camelCase" is what the rule chooses, not where it applies.
      if (!is_literal(match.value) || mentions_something(match.value)) {
        read_pattern(asked, match.value);
      }
    } else if (match.type == MatchType::kKeyword) {
      for (std::string& root : words_of_rule(match.value).particular) {
        add_unique(asked.stems, std::move(root));
      }
    } else if (match.value != "always" && !match.value.empty()) {
      const auto pair = key_value(match.value);
      if (!pair) {
        fail("/match_criteria/value",
             "found '" + ellipsis(match.value, 60) + "', expected always or key=value");
      } else {
        read_condition(asked, pair->key, pair->value, "/match_criteria/value");
      }
    }
  }

  void read_pattern(Asked& asked, const std::string& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(false);
    options.set_max_mem(kPatternMemory);
    int number = -1;
    std::string why;
    if (pattern.size() > kPatternBytesMax) {
      why = "longer than " + std::to_string(kPatternBytesMax) + " bytes";
    } else if (filter_.Add(pattern, options, &number) != RE2::NoError) {
      why = RE2(pattern, options).error();
    }
    if (!why.empty()) {
      asked.pattern_broken = true;
      fail("/match_criteria/value",
           "the pattern '" + ellipsis(pattern, 60) + "' is not valid: " + why);
      return;
    }
    asked.pattern = number;
    asked.mention = is_literal(pattern);
  }

  void read_condition(Asked& asked, std::string_view key, const std::string& value,
                      const std::string& field) {
    if (key == "language" && is_embedded_language(language_name(value))) {
      add_unique(asked.stems, stem(language_name(value)));
    } else if (key == "language") {
      add_unique(asked.languages, language_name(value));
    } else if (key == "type" || key == "task_type") {
      asked.task_type = ascii_lower(value);
    } else if (key == "path" || key == "paths") {
      add_unique(asked.globs, value);
    } else if (key == "framework" || key == "domain" || key == "tag") {
      std::vector<std::string> stems;
      add_stems(value, stems);
      for (std::string& root : stems) add_unique(asked.stems, std::move(root));
    } else {
      fail(field, "found the condition '" + std::string(key) +
                      "', expected language, type, paths, framework, domain or tag");
    }
  }

  void read_context(Asked& asked) {
    const std::string& text = rule_->rule.match.context_json;
    if (text.empty()) return;
    const auto json = parse_json(text);
    if (!json || !json->is_object()) {
      return fail("/match_criteria/context", "found no JSON object");
    }
    for (const auto& [key, value] : json->items()) {
      const std::string field = "/match_criteria/context/" + key;
      if (value.is_string()) {
        read_condition(asked, key, value.get<std::string>(), field);
      } else if (value.is_array()) {
        for (const Json& one : value) {
          if (one.is_string()) read_condition(asked, key, one.get<std::string>(), field);
        }
      } else {
        fail(field, "found " + ellipsis(dump_json(value), 40) + ", expected a text or texts");
      }
    }
  }

  re2::FilteredRE2& filter_;
  std::vector<Error>& errors_;
  const MatchableRule* rule_ = nullptr;
};

// ---------------------------------------------------------------- parts of a score

struct Condition {
  std::string_view name;
  double weight = 0;
  double holds = 0;  // 0..1
  std::string why;
  bool veto = false;  // the task contradicts it
};

std::string listed(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : std::string(between)) + text;
  return out;
}

Condition language_condition(const Asked& asked, const TaskView& task) {
  Condition out{.name = "language", .weight = kLanguageWeight};
  const std::string wanted = listed(asked.languages, " or ");
  if (task.language.empty()) {
    out.holds = 0.5;
    out.why = "the task does not say its language, the rule is for " + wanted;
  } else if (contains(asked.languages, task.language)) {
    out.holds = 1;
    out.why = "the task is in " + task.language;
  } else {
    out.veto = true;
    out.why = "the task is in " + task.language + ", the rule is for " + wanted;
  }
  return out;
}

Condition type_condition(const Asked& asked, const TaskView& task, const RuleTask& raw) {
  Condition out{.name = "task_type", .weight = kTaskTypeWeight};
  if (!task.writes_code) {
    out.holds = 0.5;
    out.why = "the task does not say its kind";
    return out;
  }
  if (!asked.task_type.empty()) {
    out.holds = asked.task_type == ascii_lower(raw.type) ? 1 : 0;
    out.why = "the task is " + raw.type + ", the rule is for " + asked.task_type;
  } else {
    out.holds = *task.writes_code ? 1 : 0;
    out.why = *task.writes_code ? "the task writes code" : raw.type + " writes no code";
  }
  out.veto = out.holds == 0;
  return out;
}

Condition words_condition(const Asked& asked, const TaskView& task) {
  Condition out{.name = "words", .weight = kWordsWeight};
  for (const std::string& root : asked.stems) {
    if (!task.stems.contains(root)) continue;
    out.holds = 1;
    out.why = "both speak of '" + root + "'";
    return out;
  }
  out.veto = true;
  out.why = "the task speaks of none of " + listed(asked.stems, ", ");
  return out;
}

Condition pattern_condition(const Asked& asked, const TaskView& task, const Rule& rule) {
  Condition out{.name = "pattern", .weight = kValueWeight};
  if (asked.pattern_broken) {
    out.veto = true;
    out.why = "its pattern is not valid";
    return out;
  }
  const bool found = task.patterns[static_cast<std::size_t>(asked.pattern)];
  out.holds = found ? 1 : 0;
  out.veto = !found;
  out.why = "the pattern '" + ellipsis(rule.match.value, 60) + "' " +
            (found ? "matches the task" : "matches nothing in the task");
  return out;
}

Condition path_condition(const Asked& asked, const RuleTask& task) {
  Condition out{.name = "paths", .weight = kValueWeight};
  for (const std::string& path : task.paths) {
    for (const std::string& glob : asked.globs) {
      if (!path_matches(glob, path)) continue;
      out.holds = 1;
      out.why = path + " is in " + glob;
      return out;
    }
  }
  out.holds = task.paths.empty() ? 0.5 : 0;
  out.veto = !task.paths.empty();
  out.why = task.paths.empty() ? "the task names no files"
                               : "no file of the task is in " + listed(asked.globs, " or ");
  return out;
}

std::vector<Condition> conditions_of(const Asked& asked, const MatchableRule& rule,
                                     const RuleTask& task, const TaskView& view) {
  std::vector<Condition> all;
  if (!asked.languages.empty()) all.push_back(language_condition(asked, view));
  if (!asked.task_type.empty() || asked.code_only) all.push_back(type_condition(asked, view, task));
  if (asked.has_words() && asked.mention && asked.pattern >= 0) {
    // A mention and a particular word are two signs of one thing: either will do.
    Condition word = words_condition(asked, view),
              mention = pattern_condition(asked, view, rule.rule);
    all.push_back(mention.holds > 0 ? std::move(mention) : std::move(word));
  } else {
    if (asked.has_words()) all.push_back(words_condition(asked, view));
    if (asked.has_pattern()) all.push_back(pattern_condition(asked, view, rule.rule));
  }
  if (!asked.globs.empty()) all.push_back(path_condition(asked, task));
  return all;
}

RuleMatch score(std::size_t number, const std::vector<Condition>& conditions, double threshold) {
  RuleMatch match{.rule = number};
  double total = 0;
  const Condition* against = nullptr;
  for (const Condition& condition : conditions) {
    total += condition.weight;
    if (against == nullptr && condition.veto) against = &condition;
  }
  if (conditions.empty()) {
    match.parts.push_back({.name = "always",
                           .value = 1,
                           .possible = 1,
                           .why = "the rule asks for nothing particular"});
    match.score = 1;
  }
  for (const Condition& condition : conditions) {
    const double value = condition.weight * condition.holds / total;
    match.parts.push_back({.name = condition.name,
                           .value = value,
                           .possible = condition.weight / total,
                           .why = condition.why});
    match.score += value;
  }
  match.applies = against == nullptr && match.score >= threshold;
  match.why = match.applies ? "applies: " : "does not apply: ";
  if (against != nullptr) {
    match.why += against->why;
  } else {
    for (std::size_t i = 0; i < match.parts.size(); ++i) {
      match.why += (i == 0 ? "" : "; ") + match.parts[i].why;
    }
  }
  return match;
}

bool star_matches(std::string_view glob, std::string_view path) {
  if (glob.empty()) return path.empty();
  if (glob.starts_with("**")) {
    glob.remove_prefix(2);
    if (glob.starts_with("/") && star_matches(glob.substr(1), path)) return true;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (star_matches(glob, path.substr(i))) return true;
    }
    return false;
  }
  if (glob[0] == '*') {
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (star_matches(glob.substr(1), path.substr(i))) return true;
      if (i < path.size() && path[i] == '/') return false;
    }
    return false;
  }
  if (path.empty() || (glob[0] == '?' ? path[0] == '/' : glob[0] != path[0])) return false;
  return star_matches(glob.substr(1), path.substr(1));
}

}  // namespace

bool path_matches(std::string_view glob, std::string_view path) {
  constexpr std::size_t kStarsMax = 8;  // backtracking is exponential in them
  if (std::ranges::count(glob, '*') > static_cast<std::ptrdiff_t>(kStarsMax)) return false;
  while (path.starts_with("./")) path.remove_prefix(2);
  while (glob.starts_with("./")) glob.remove_prefix(2);
  const bool wild = glob.find_first_of("*?") != std::string_view::npos;
  if (!wild) {
    while (glob.ends_with('/')) glob.remove_suffix(1);
    const bool inside =
        path.starts_with(glob) && (path.size() == glob.size() || path[glob.size()] == '/');
    const bool at_end = path.ends_with(glob) &&
                        (path.size() == glob.size() || path[path.size() - glob.size() - 1] == '/');
    return !glob.empty() && (inside || at_end);
  }
  if (!glob.contains('/')) path = path.substr(path.rfind('/') + 1);
  return star_matches(glob, path);
}

MatchableRule matchable(const Lesson& lesson) {
  MatchableRule out{.id = to_text(lesson.id), .when = lesson.when};
  if (const auto* rule = std::get_if<Rule>(&lesson.payload)) {
    out.rule = *rule;
  } else {
    out.rule.match = {.type = MatchType::kContext, .value = "always"};
  }
  if (out.rule.text.empty()) out.rule.text = lesson.statement;
  return out;
}

struct RuleIndex::Compiled {
  std::vector<MatchableRule> rules;
  std::vector<Asked> asked;
  std::vector<Error> errors;
  re2::FilteredRE2 filter{kAtomBytesMin};
  std::vector<std::string> atoms;  // one must occur in a text that a filtered pattern matches
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_stem;
  std::vector<std::uint32_t> without_words;  // cannot be found by a word
  std::vector<std::uint32_t> by_pattern;     // rule of each pattern, by its number

  TaskView view_of(const RuleTask& task) const;
  std::vector<std::uint32_t> candidates(const TaskView& task) const;
};

TaskView RuleIndex::Compiled::view_of(const RuleTask& task) const {
  TaskView view{.text = task_text(task), .language = language_name(task.language)};
  std::vector<std::string> stems;
  add_stems(view.text, stems);
  view.stems.insert(stems.begin(), stems.end());
  if (!task.type.empty()) view.writes_code = task_writes_code(task.type);
  view.patterns.assign(static_cast<std::size_t>(filter.NumRegexps()), false);
  if (view.patterns.empty()) return view;
  const std::string lower = ascii_lower(view.text);
  std::vector<int> present, matching;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (lower.contains(atoms[i])) present.push_back(static_cast<int>(i));
  }
  filter.AllMatches(view.text, present, &matching);
  for (const int number : matching) view.patterns[static_cast<std::size_t>(number)] = true;
  return view;
}

std::vector<std::uint32_t> RuleIndex::Compiled::candidates(const TaskView& task) const {
  std::vector<std::uint32_t> found = without_words;
  for (const std::string& root : task.stems) {
    const auto it = by_stem.find(root);
    if (it != by_stem.end()) found.insert(found.end(), it->second.begin(), it->second.end());
  }
  for (std::size_t i = 0; i < task.patterns.size(); ++i) {
    if (task.patterns[i]) found.push_back(by_pattern[i]);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

RuleIndex::RuleIndex(std::vector<MatchableRule> rules) : compiled_(std::make_unique<Compiled>()) {
  Compiled& c = *compiled_;
  c.rules = std::move(rules);
  Reader reader(c.filter, c.errors);
  for (std::size_t i = 0; i < c.rules.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(i);
    Asked asked = reader.read(c.rules[i]);
    if (asked.pattern >= 0) c.by_pattern.push_back(number);
    for (const std::string& root : asked.stems) c.by_stem[root].push_back(number);
    if (!asked.has_words() && !asked.has_pattern()) c.without_words.push_back(number);
    c.asked.push_back(std::move(asked));
  }
  if (c.filter.NumRegexps() > 0) c.filter.Compile(&c.atoms);
}

RuleIndex::~RuleIndex() = default;
RuleIndex::RuleIndex(RuleIndex&&) noexcept = default;
RuleIndex& RuleIndex::operator=(RuleIndex&&) noexcept = default;

const std::vector<MatchableRule>& RuleIndex::rules() const { return compiled_->rules; }
const std::vector<Error>& RuleIndex::errors() const { return compiled_->errors; }

std::vector<RuleMatch> RuleIndex::match(const RuleTask& task,
                                        const RuleMatchOptions& options) const {
  const Compiled& c = *compiled_;
  const TaskView view = c.view_of(task);
  struct Ranked {
    RuleMatch match;
    std::size_t conditions = 0;
    double shared = 0;
  };
  std::vector<Ranked> found;
  for (const std::uint32_t number : c.candidates(view)) {
    const Asked& asked = c.asked[number];
    // Most rules are for other languages: no sentence is written for them.
    if (!asked.languages.empty() && !view.language.empty() &&
        !contains(asked.languages, view.language)) {
      continue;
    }
    RuleMatch match =
        score(number, conditions_of(asked, c.rules[number], task, view), options.threshold);
    if (!match.applies) continue;
    const auto& content = asked.content;
    const auto shared = std::ranges::count_if(
        content, [&](const std::string& root) { return view.stems.contains(root); });
    found.push_back({std::move(match), asked.conditions(),
                     static_cast<double>(shared) /
                         static_cast<double>(std::max<std::size_t>(content.size(), 1))});
  }
  const auto key = [&](const Ranked& ranked) {
    const MatchableRule& rule = c.rules[ranked.match.rule];
    return std::tuple(-ranked.match.score, -static_cast<double>(ranked.conditions), -ranked.shared,
                      -rule.rule.confidence, std::string_view(rule.id), ranked.match.rule);
  };
  std::ranges::sort(found, {}, key);
  if (found.size() > options.rules_max) found.resize(options.rules_max);
  std::vector<RuleMatch> out;
  for (Ranked& ranked : found) out.push_back(std::move(ranked.match));
  return out;
}

RuleMatch RuleIndex::explain(std::size_t rule, const RuleTask& task,
                             const RuleMatchOptions& options) const {
  const Compiled& c = *compiled_;
  const TaskView view = c.view_of(task);
  return score(rule, conditions_of(c.asked[rule], c.rules[rule], task, view), options.threshold);
}

}  // namespace hardwon::recall
