// What a person had to say more than once.

#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "learn/grouping.h"
#include "learn/learner.h"
#include "learn/pasted.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kSentenceBytesMax = 300;
constexpr std::size_t kWordsMin = 2, kWordsMax = 40;
constexpr std::size_t kShortTurnWords = 25;  // a longer turn said again is the request re-sent
constexpr std::size_t kGroupedMax = 2000;

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// Sentences with their place in the turn, so that quotes are verbatim.
std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool end = i == text.size() || text[i] == '\n' ||
                     ((text[i] == '.' || text[i] == '!' || text[i] == '?' || text[i] == ';') &&
                      (i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n'));
    if (!end) continue;
    const bool keeps_mark = i < text.size() && text[i] != '\n' && text[i] != ';';
    const std::string_view part = trim(text.substr(from, i - from + (keeps_mark ? 1 : 0)));
    if (!part.empty()) out.push_back(part);
    from = std::min(i + 1, text.size());
  }
  return out;
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

// "no, use pnpm please!" reads "Use pnpm".
std::string cleaned(std::string_view text) {
  std::string out = one_line(text);
  static const RE2 lead(
      R"((?i)^(?:no|please|ok(?:ay)?|and|but|also|again|so|well|hey|hmm|as i said|)"
      R"(like i said|remember(?: that| to)?|i (?:already )?(?:said|told you)(?: that| to)?|)"
      R"(once more)\b[,:!.]*\s+)");
  while (RE2::Replace(&out, lead, "")) {
  }
  static const RE2 tail(R"((?i)[,\s]+(?:please|thanks|thank you|ok|okay)[.!]*$)");
  RE2::Replace(&out, tail, "");
  return sentence(std::string(trim(out)));
}

struct Said {
  const Observation* from = nullptr;
  std::string text;
  Meaning meaning;
  std::string turn;  // fingerprint of the whole turn
  bool short_turn = false;
  std::string session;
  std::int64_t order = 0;  // of the person's turn within its session
};

std::vector<Said> read_all(Span observations) {
  std::vector<Said> out;
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
    said.meaning = meaning_of(said.text);
    if (said.meaning.stems.empty()) continue;
    out.push_back(std::move(said));
    if (out.size() == kGroupedMax) break;
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

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  const std::vector<Said> all = read_all(observations);
  const auto groups = groups_of(all.size(), [&](std::size_t i, std::size_t j) {
    return same_instruction(all[i].meaning, all[j].meaning);
  });
  for (const auto& members : groups) {
    std::vector<const Said*> group;
    group.reserve(members.size());
    for (const std::size_t i : members) group.push_back(&all[i]);
    const auto sayings = distinct_sayings(group);
    if (sayings.size() < 2) {
      ++out.dropped[kSaidOnce];
      continue;
    }
    std::vector<const Observation*> seen;
    seen.reserve(sayings.size());
    for (const Said* said : sayings) seen.push_back(said->from);
    const Said& best = spokesman(sayings);
    std::string key;
    for (const std::string& stem : sayings.front()->meaning.stems) key += stem + " ";
    Candidate candidate = candidate_of(LessonKind::kRule, key, seen);
    Lesson& lesson = candidate.lesson;
    lesson.statement = cleaned(best.text);
    lesson.count = static_cast<std::int64_t>(sayings.size());
    lesson.payload = Rule{.text = lesson.statement};
    lesson.provenance = provenance_of(seen, 12);
    candidate.evidence.clear();  // a person's rule needs no success rate
    out.lessons.push_back(std::move(candidate));
  }
  finish(out, options);
  return out;
}

}  // namespace

void observe_corrections(std::span<const Segment> segments, std::string_view source_path,
                         Observations& out) {
  std::int64_t order = 0;
  for (const Segment& segment : segments) {
    if (segment.speaker != Speaker::kPerson || segment.abandoned) continue;
    ++order;
    const std::string prose = prose_of(segment.text);
    std::string turn;
    const auto turn_words = words(prose);
    for (const std::string& word : turn_words) turn += word + " ";
    for (const std::string_view raw : sentences_of(prose)) {
      const std::string_view text = without_mark(raw);
      if (text.size() > kSentenceBytesMax || !is_instruction(text)) continue;
      const std::string tidy(text);
      Observation o{.learner = "correction",
                    .bucket = "",
                    .scope = segment.scope,
                    .item = segment.id,
                    .episode = segment.episode,
                    .time = segment.time};
      o.body_json = dump_json(Json{{"text", tidy},
                                   {"turn", std::to_string(hash64(turn))},
                                   {"short", turn_words.size() <= kShortTurnWords},
                                   {"session", to_text(segment.session)},
                                   {"order", order}});
      o.provenance.push_back({.path = std::string(source_path),
                              .line = segment.line,
                              .quote = ellipsis(tidy, 240),
                              .time = segment.time,
                              .episode = segment.episode});
      if (tidy.size() > 240) o.provenance.back().quote = tidy.substr(0, 236);
      out.push_back(std::move(o));
    }
  }
}

const Learner kCorrection{"correction", nullptr, reduce_bucket};

}  // namespace hardwon::learn
