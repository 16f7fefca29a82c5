// Rules that a person stated: in a turn, or in a rule file.  What was said more than once is a rule
// even where one sentence alone would not make one.

#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "code/convention.h"
#include "learn/grouping.h"
#include "learn/learner.h"
#include "learn/pasted.h"
#include "learn/rule_conflict.h"
#include "learn/rule_context.h"
#include "learn/rule_words.h"
#include "learn/rules.h"
#include "learn/sentence_form.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kSentenceBytesMax = 300;
constexpr std::size_t kWordsMin = 2, kWordsMax = 40;
// A turn this long is mostly a document that was pasted: what it says once is not the person's own.
constexpr std::size_t kOwnTurnWords = 150;
constexpr std::size_t kShortTurnWords = 25;  // a longer turn said again is the request re-sent
// Most descriptions in a rule file are facts: to be rules, they must read so without doubt.
constexpr double kPlainLasting = 0.95;
constexpr double kPlainSpoken = 0.9;  // of a person's sentence in a log of work
constexpr double kSameInFile = 0.9;
constexpr std::size_t kQuoteBytesMax = 240;

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// "- ", "1. ", "* ": list marks are no words.
std::string_view without_mark(std::string_view text) {
  static const RE2 mark(R"(^(?:[-*•]|\d+[.)])\s+)");
  re2::StringPiece piece(text.data(), text.size());
  RE2::Consume(&piece, mark);
  return {piece.data(), piece.size()};
}

// Standing instructions and corrections by their wording; a plain task ("add a test") is none.
bool is_instruction(std::string_view sentence) {
  static const RE2 instructs(
      R"((?i)^(?:(?:please|ok(?:ay)?|and|but|also|again|so|well|hey|hmm|as i said|like i said)"
      R"(|remember)[,:]?\s+)*(?:no[,.!]?\s+(?:use|not|do|don|we|it|i|the|that|only|just|never)"
      R"(|always|keep|put|make|run|write|stop|leave)|(?:don'?t|do not|never|always|stop|avoid)"
      R"(|only|remember(?: to| that)?|use|prefer|make sure|be sure|keep|no more)\b)"
      R"(|(?:we|you|i)(?:'d| would| should| must| always| never| don'?t| do not| shouldn'?t)"
      R"(| can'?t| cannot| prefer| use| do|'ve told| said| told)\b))"
      R"(|(?i)\b(?:i (?:said|told you|asked you|already|keep telling|keep saying|prefer))"
      R"(|i'?d (?:rather|prefer)|we (?:use|don'?t|do not|never|always|prefer|explicitly))"
      R"(|you (?:must|should|need to|keep|forgot|always|never)|instead of|rather than|as i said)"
      R"(|every time|from now on|must (?:not|always|never)|should(?:n'?t| not| always| never))"
      R"(|not supposed to|don'?t ever|do not|please (?:use|don'?t|do not|stop|always|never)))");
  // Said of this moment, not of the project.
  static const RE2 passing(R"((?i)\b(?:for now|this time|right now|yet|today|temporarily)"
                           R"(|in this case|for the moment)\b)");
  static const RE2 timed(
      R"((?i)^(?:please )?\w+ .*\b(?:before|after|whenever|each time|every time) (?:you|each|)"
      R"(every|committ|push|the)\b)");
  static const RE2 no_rule(
      R"((?i)\?\s*$|^(?:thanks|thank you|ok|okay|yes|yep|sure|great|perfect|cool|)"
      R"(nice)\b[\s\w]{0,12}[.!]?$|^(?:i|we) (?:think|guess|wonder|don'?t know|)"
      R"(want to (?:know|see|add|build|create|make)|need (?:a|an|to add|to build)|want (?:a|)"
      R"(an)\b)|^(?:can|could|would|will|should|do|does|is|are|why|how|what|where|when|which|)"
      R"(who) )");
  const auto list = words(sentence);
  if (list.size() < kWordsMin || list.size() > kWordsMax) return false;
  if (matches(sentence, no_rule) || matches(sentence, passing)) return false;
  return matches(sentence, instructs) || matches(sentence, timed);
}

// "6.2 Add a button", "**Goal:** …", "Task 7: …": an item of a plan or a document that was pasted;
// "Then …", "However, …", "No other changes": goes on with what stood before.
bool is_of_a_document(std::string_view sentence) {
  static const RE2 marks(R"((?i)^(?:\*\*|#|\d+\.\d|(?:task|step|phase|milestone)\s+\d|\[[ x]\]))"
                         R"(|^(?:(?:instead|next),|then|however|moreover|below)\b)"
                         R"(|^no (?:other|additional|further|more|code)\b.*)"
                         R"((?:changes?|files?|states?|components?)\b)");
  return matches(sentence, marks);
}

// Said of this moment or one piece of the work: "now", "this button", "@cell.py", "#file:x"; "this
// project" is all of it.
bool points_at_something(const SentenceForm& form, std::string_view text) {
  static const RE2 names(R"((?:^|\s)[@#][\w./-]{3,})");
  static const std::set<std::string_view> moments = {
      "now", "today", "above", "below", "yet", "tomorrow", "currently", "temporarily", "moment"};
  if (matches(text, names)) return true;
  const auto& tokens = form.tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kWord) continue;
    const std::string& word = tokens[i].text;
    const bool after_from = i > 0 && tokens[i - 1].text == "from";  // "from now on"
    if (moments.contains(word) && !after_from) return true;
    if (word != "this" && word != "these" && word != "those") continue;
    const bool whole = i + 1 < tokens.size() && is_whole_work(tokens[i + 1].text);
    if (!whole) return true;
  }
  return false;
}

bool has_any(const SentenceForm& form, const std::set<std::string_view>& words) {
  return std::ranges::any_of(form.tokens, [&](const Token& token) {
    return token.kind == TokenKind::kWord && words.contains(token.text);
  });
}

// Asks for something, or says what the speaker or the team wants or does.
bool asks_or_wishes(const SentenceForm& form) {
  static const std::set<std::string_view> duties = {"should", "shouldn't", "must", "mustn't",
                                                    "never",  "always",    "don't"};
  static const std::set<std::string_view> wishes = {"prefer", "want", "rather", "like", "said",
                                                    "told",   "hate", "need",   "asked"};
  if (form.opening == Opening::kFirstPerson) return has_any(form, wishes);
  // "If there are errors, I'll fix them" asks nobody.
  if (form.opening == Opening::kConditionDo) return !has_any(form, {"i'll", "i'd", "you're"});
  return form.opening == Opening::kWe || asks_something(form) || has_any(form, duties);
}

// "always", "we …", "I prefer …", "the team": says by itself that it is meant for later work.
bool speaks_of_later_work(const SentenceForm& form) {
  static const std::set<std::string_view> signs = {"always", "never",  "every", "each",
                                                   "ever",   "we",     "our",   "prefer",
                                                   "rather", "should", "must",  "remember"};
  return has_any(form, signs) || std::ranges::any_of(form.tokens, [](const Token& token) {
           return token.kind == TokenKind::kWord && is_lasting(token.text);
         });
}

// A log of work is full of sentences about the task in hand, of bug reports and of text that was
// pasted.  What asks for nothing makes no rule there unless it reads as lasting without doubt, and
// one sentence only if it says that it is meant to last, too.
enum class Standing : std::uint8_t { kNone, kIfRepeated, kAlone };
Standing standing_of(std::string_view text, const Reading& reading) {
  const SentenceForm form = form_of(text);
  const double lasting = reading.probabilities[0];
  if (is_of_a_document(text)) return Standing::kNone;
  const bool asks = asks_or_wishes(form);
  if (!asks && lasting < kPlainSpoken) return Standing::kNone;
  if (points_at_something(form, text)) return Standing::kIfRepeated;
  const bool alone = asks ? speaks_of_later_work(form) || lasting >= kPlainSpoken
                          : speaks_of_later_work(form) && lasting >= kPlainLasting;
  return alone ? Standing::kAlone : Standing::kIfRepeated;
}

// "no, use pnpm please!" reads "Use pnpm".
std::string cleaned(std::string_view text) {
  std::string out = one_line(text);
  static const RE2 lead(
      R"((?i)^(?:no[,.!:–—-]+|(?:please|ok(?:ay)?|and|but|also|again|so|well|hey|hmm|as i said)"
      R"(|like i said|remember(?: that| to)?|i (?:already )?(?:said|told you)(?: that| to)?)"
      R"(|once more)\b[,:!.]*)\s+)");
  while (RE2::Replace(&out, lead, "")) {
  }
  static const RE2 tail(R"((?i)[,\s]+(?:please|thanks|thank you|ok|okay)[.!]*$)");
  RE2::Replace(&out, tail, "");
  return sentence(std::string(trim(out)));
}

struct Said {
  const Observation* from = nullptr;
  std::string text;
  Rule rule;
  double storage = 0;  // the storage score; 0 when it does not read as meant to last
  std::string path;
  bool in_file = false;
  bool pasted = false;
  Standing standing = Standing::kAlone;  // as far as its form goes
  bool checkable = false;  // of a rule file, and a syntax tree decides whether code keeps it
  Meaning meaning;
  std::string turn;  // fingerprint of the whole turn
  bool short_turn = false;
  std::string session;
  std::int64_t order = 0;          // of the person's turn within its session
  std::string condition;           // that stands around it
  std::vector<std::string> paths;  // that its file is about
};

Json rule_body(const Rule& rule) {
  return {{"match", {static_cast<int>(rule.match.type), rule.match.value, rule.match.context_json}},
          {"action", static_cast<int>(rule.action)},
          {"polarity", static_cast<int>(rule.polarity)},
          {"rationale", rule.rationale},
          {"confidence", rule.confidence}};
}

Rule rule_of_body(const Json& body, std::string text) {
  const Json& match = body.at("match");
  return {.text = std::move(text),
          .match = {.type = static_cast<MatchType>(match.at(0).get<int>()),
                    .value = match.at(1),
                    .context_json = match.at(2)},
          .action = static_cast<ActionType>(body.at("action").get<int>()),
          .polarity = static_cast<Polarity>(body.at("polarity").get<int>()),
          .rationale = body.at("rationale"),
          .confidence = body.at("confidence")};
}

std::vector<Said> read_all(Span observations) {
  std::vector<Said> out;
  out.reserve(observations.size());
  for (const Observation* observation : in_order(observations)) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->is_object()) continue;
    Said said;
    said.from = observation;
    said.text = body->value("text", "");
    said.turn = body->value("turn", "");
    said.short_turn = body->value("short", false);
    said.session = body->value("session", "");
    said.order = body->value("order", std::int64_t{0});
    said.storage = body->value("storage", 0.0);
    said.in_file = body->value("file", false);
    said.pasted = body->value("pasted", false);
    said.standing = static_cast<Standing>(body->value("standing", 0));
    said.checkable = body->value("checkable", false);
    said.condition = body->value("condition", "");
    said.paths = body->value("paths", std::vector<std::string>());
    said.rule = rule_of_body(*body, body->value("rule", ""));
    said.meaning = meaning_of(said.text);
    if (!observation->provenance.empty()) said.path = observation->provenance.front().path;
    if (said.meaning.stems.empty()) continue;
    out.push_back(std::move(said));
  }
  return out;
}

// The same turn re-sent, resumed or copied is one saying.
bool same_saying(const Said& a, const Said& b) {
  if (a.from->item == b.from->item) return true;
  if (a.turn != b.turn) return false;
  if (!a.short_turn || (a.from->time && a.from->time == b.from->time)) return true;
  return a.session == b.session && std::abs(a.order - b.order) <= 1;
}

std::vector<const Said*> distinct_sayings(const std::vector<const Said*>& group) {
  std::vector<const Said*> out;
  for (const Said* said : group) {
    const bool again =
        std::ranges::any_of(out, [&](const Said* other) { return same_saying(*said, *other); });
    if (!again) out.push_back(said);
  }
  return out;
}

// The saying that holds most of what the others hold, in the fewest words.
const Said& spokesman(const std::vector<const Said*>& sayings) {
  const Said* best = sayings.front();
  double best_score = -std::numeric_limits<double>::infinity();
  for (const Said* said : sayings) {
    double score = 0;
    for (const Said* other : sayings) score += likeness(said->meaning, other->meaning);
    score -= 0.005 * static_cast<double>(words(said->text).size());
    if (score > best_score + 1e-9) best = said, best_score = score;
  }
  return *best;
}

std::vector<std::vector<std::size_t>> groups_of_sayings(const std::vector<Said>& all) {
  std::vector<const Meaning*> meanings;
  meanings.reserve(all.size());
  for (const Said& said : all) meanings.push_back(&said.meaning);
  const MeaningIndex index(meanings);
  Groups groups(all.size());
  index.each_sharing(kSharedWordMax, [&](std::size_t i, std::span<const std::uint32_t> later) {
    for (const std::size_t k : later) {
      if (groups.together(i, k) || !index.same_instruction(i, k)) continue;
      // Nobody writes a rule into one file twice: what is near there is another rule.
      const bool one_file = all[i].in_file && all[k].in_file && all[i].path == all[k].path;
      if (one_file && likeness(all[i].meaning, all[k].meaning) < kSameInFile) continue;
      if (contradicts(all[i].rule, all[k].rule)) continue;  // "2 spaces", "4 spaces"
      groups.join(i, k);
    }
  });
  return groups.list();
}

Candidate candidate_from(const std::vector<const Said*>& sayings) {
  std::vector<const Observation*> seen;
  seen.reserve(sayings.size());
  for (const Said* said : sayings) seen.push_back(said->from);
  const Said& best = spokesman(sayings);
  std::string key;
  for (const std::string& stem : sayings.front()->meaning.stems) key += stem + " ";
  if (sayings.front()->meaning.forbids) key += "!";
  Candidate candidate = candidate_of(LessonKind::kRule, key, seen);
  Lesson& lesson = candidate.lesson;
  lesson.count = static_cast<std::int64_t>(sayings.size());
  Rule rule = best.rule;
  // What reads as lasting has the words of its reader, who knew the heading above it.
  rule.text = cleaned(best.storage > 0 ? best.rule.text : best.text);
  lesson.statement = ellipsis(rule.text, kStatementBytesMax);
  lesson.payload = std::move(rule);
  lesson.when.condition = best.condition;
  lesson.when.paths = best.paths;
  lesson.provenance = provenance_of(seen, 12);
  candidate.evidence.clear();  // a person's rule needs no success rate
  return candidate;
}

// When it was last said; within one file, how far down it stands.
struct Recency {
  std::optional<TimePoint> time;
  std::string path;
  std::int64_t line = 0;
};
Recency last_said(const std::vector<const Said*>& sayings) {
  std::optional<Recency> last;
  for (const Said* said : sayings) {
    const Provenance& span = said->from->provenance.front();
    const Recency now{said->from->time, span.path, span.line};
    // Without a time it is before all that have one.
    if (!last || std::tie(last->time, last->line) < std::tie(now.time, now.line)) last = now;
  }
  return *last;
}
// Nothing when neither is known to be later.
std::optional<bool> is_later(const Recency& a, const Recency& b) {
  // Times and lines are never mixed: three rules could each be later than another.
  if (a.time.has_value() != b.time.has_value()) return std::nullopt;
  if (a.time != b.time) return *a.time > *b.time;
  if (a.path == b.path && a.line != b.line) return a.line > b.line;
  return std::nullopt;
}

struct Stated {
  Candidate candidate;
  Recency last;
  bool in_file = false;
};

// What was said later takes the place of what it contradicts; both stay where nobody knows which
// came later.
void supersede(std::vector<Stated>& standing) {
  std::vector<RuleContent> contents;
  std::vector<const Meaning*> meanings;
  contents.reserve(standing.size());
  for (const Stated& rule : standing) {
    contents.emplace_back(std::get<Rule>(rule.candidate.lesson.payload));
    meanings.push_back(&contents.back().meaning);
  }
  const MeaningIndex index(meanings);
  index.each_sharing(kSharedWordMax, [&](std::size_t a, std::span<const std::uint32_t> others) {
    for (const std::size_t b : others) {
      if (!contradicts(contents[a], contents[b])) continue;
      const auto later = is_later(standing[a].last, standing[b].last);
      if (!later) continue;
      Lesson& old = standing[*later ? b : a].candidate.lesson;
      const Stated& now = standing[*later ? a : b];
      if (!old.superseded_by.empty() && old.valid_to >= now.last.time) continue;
      old.superseded_by = now.candidate.lesson.id;
      old.status = LessonStatus::kRetired;
      old.valid_to = now.last.time;
    }
  });
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  if (reduce_dropped(observations, out)) return out;
  const std::vector<Said> all = read_all(observations);
  const StorageOptions storage;
  std::vector<Stated> standing;
  for (const auto& members : groups_of_sayings(all)) {
    std::vector<const Said*> group;
    group.reserve(members.size());
    for (const std::size_t i : members) group.push_back(&all[i]);
    const auto sayings = distinct_sayings(group);
    const bool kept = std::ranges::any_of(sayings, [&](const Said* said) {
      if (said->pasted || said->standing != Standing::kAlone) return false;
      return said->checkable || said->storage >= storage.threshold;
    });
    const auto asked = std::ranges::count_if(
        sayings, [](const Said* said) { return said->standing != Standing::kNone; });
    if (asked < 2 && !kept) {
      ++out.dropped[kSaidOnce];
      continue;
    }
    standing.push_back({.candidate = candidate_from(sayings),
                        .last = last_said(sayings),
                        .in_file = std::ranges::any_of(sayings, &Said::in_file)});
  }
  supersede(standing);
  // What the project's rule files say is no news, unless it comes from an imported rule file.
  ReduceOutput from_files;
  for (Stated& rule : standing) {
    (rule.in_file ? from_files : out).lessons.push_back(std::move(rule.candidate));
  }
  finish(out, options);
  std::ranges::move(from_files.lessons, std::back_inserter(out.lessons));
  std::ranges::sort(out.lessons, {}, [](const Candidate& c) { return c.lesson.id; });
  return out;
}

// One sentence as an observation; nothing when it states nothing.
struct Source {
  const Segment& segment;
  std::string_view path;
  std::string turn;
  bool short_turn = false, pasted = false;
  bool of_work = false;  // a log of an agent at work, no conversation
  std::int64_t order = 0;
  std::vector<std::string> globs;  // that a rule file's front matter limits it to
};

// What reads like a rule, and is none for a reason.
void drop(const Source& source, std::string_view reason, Observations& out) {
  const Segment& segment = source.segment;
  out.push_back({.learner = "stated_rule",
                 .bucket = std::string(kDroppedBucket),
                 .scope = segment.scope,
                 .item = segment.id,
                 .episode = segment.episode,
                 .time = segment.time,
                 .body_json = dump_json({{"reason", reason}, {"n", 1}})});
}

void observe_sentence(const Source& source, Voice voice, const Sentence& sentence,
                      Completed completed, Observations& out) {
  const std::string_view text = without_mark(sentence.text);
  if (text.size() > kSentenceBytesMax) return;
  // What code can be checked for is understood as it stands.
  if (voice == Voice::kRuleFile && completed.why_not != kAnExample && !completed.forbidden &&
      code::conventions_in(completed.text).empty() && !code::conventions_in(text).empty()) {
    completed = {.text = std::string(text), .condition = std::move(completed.condition)};
  }
  const Reading reading =
      read_statement({.voice = voice, .text = completed.text, .heading = sentence.heading});
  const bool lasting = reading.persistence == Persistence::kPersistent;
  if (lasting && !completed.why_not.empty()) return drop(source, completed.why_not, out);
  // A heading in front makes it no fuller.
  const bool empty = reading.empty_advice || is_empty_advice(form_of(sentence.text));
  if (lasting && empty) return drop(source, kEveryRepository, out);
  if (!lasting && (voice == Voice::kRuleFile || !is_instruction(text))) return;
  const Segment& segment = source.segment;
  const std::string said = one_line(text);
  const Meaning meaning = meaning_of(said);
  Rule rule{.text = said,
            .match = {.type = MatchType::kContext, .value = "always"},
            .polarity = meaning.contrasts ? Polarity::kBoth
                        : meaning.forbids ? Polarity::kAvoid
                                          : Polarity::kDo};
  double storage = 0;
  if (lasting) {
    rule = reading.rules.front();
    storage = storage_score(rule, reading, {}).total;
  }
  // Written down for agents and decidable: worth keeping whatever the criteria say of its words.
  const bool checkable =
      lasting && voice == Voice::kRuleFile && !code::conventions_in(rule.text).empty();
  if (lasting && !checkable && voice == Voice::kRuleFile &&
      reading.probabilities[0] < kPlainLasting && is_plain_statement(form_of(completed.text))) {
    return drop(source, kOnlyFact, out);
  }
  Observation o{.learner = "stated_rule",
                .bucket = "",
                .scope = segment.scope,
                .item = segment.id,
                .episode = segment.episode,
                .time = segment.time};
  Json body = rule_body(rule);
  body.update(Json{{"text", said},
                   {"rule", rule.text},
                   {"storage", storage},
                   {"file", voice == Voice::kRuleFile},
                   {"pasted", source.pasted},
                   {"standing", static_cast<int>(source.of_work ? standing_of(text, reading)
                                                                : Standing::kAlone)},
                   {"checkable", checkable},
                   {"turn", source.turn},
                   {"short", source.short_turn},
                   {"session", to_text(segment.session)},
                   {"order", source.order},
                   {"condition", completed.condition},
                   {"paths", source.globs}});
  o.body_json = dump_json(body);
  const bool whole = text.size() <= kQuoteBytesMax;
  o.provenance.push_back(
      {.path = std::string(source.path),
       .line = segment.line + (voice == Voice::kRuleFile ? sentence.line - 1 : 0),
       .quote = whole ? std::string(text) : verbatim(text, kQuoteBytesMax),
       .time = segment.time,
       .episode = segment.episode});
  out.push_back(std::move(o));
}

}  // namespace

void observe_statements(std::span<const Segment> segments, std::string_view agent,
                        std::string_view source_path, const Taken& taken, Observations& out) {
  const bool rule_file = agent == kRuleFileAgent;
  std::int64_t order = 0;
  std::vector<std::string> globs;
  if (rule_file && !segments.empty()) globs = globs_in(segments.front().text);
  for (const Segment& segment : segments) {
    if (segment.speaker != Speaker::kPerson || segment.abandoned) continue;
    ++order;
    const std::string prose = rule_file ? segment.text : prose_of(segment.text);
    std::string turn;
    const auto turn_words = words(prose);
    for (const std::string& word : turn_words) turn += word + " ";
    const Source source{.segment = segment,
                        .path = source_path,
                        .turn = std::to_string(hash64(turn)),
                        .short_turn = turn_words.size() <= kShortTurnWords,
                        .pasted = !rule_file && turn_words.size() > kOwnTurnWords,
                        .of_work = !rule_file && agent != kTranscriptAgent,
                        .order = order,
                        .globs = globs};
    if (rule_file) {
      const std::vector<Sentence> sentences = sentences_in(prose);
      const std::vector<Completed> completed = complete(sentences);
      for (std::size_t i = 0; i < sentences.size(); ++i) {
        observe_sentence(source, Voice::kRuleFile, sentences[i], completed[i], out);
      }
      continue;
    }
    for (const Sentence& sentence : sentences_in(prose)) {
      if (taken.contains({segment.id, one_line(sentence.text)})) continue;
      Completed completed{.text = std::string(sentence.text)};
      if (!sentence.first && leans_back(form_of(sentence.text))) completed.why_not = kNotAlone;
      observe_sentence(source, Voice::kPerson, sentence, std::move(completed), out);
    }
  }
}

const Learner kStatedRule{"stated_rule", nullptr, reduce_bucket};

}  // namespace hardwon::learn
