// Decisions agreed in a conversation: a question with its answer, a correction over several turns,
// a choice among options.  The person's words decide; the agent's closing words are kept as what
// both took it to mean.

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "learn/grouping.h"
#include "learn/learner.h"
#include "learn/pasted.h"
#include "learn/rules.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kDecisionBytesMax = 2000;
constexpr std::string_view kAgreed = " Agreed: ";  // before the recap in a decision's text
constexpr std::size_t kQuoteBytesMax = 240;
constexpr std::size_t kTopicBytesMax = 160;
constexpr std::size_t kGistBytesMin = 60;  // "No, unconditional." alone says nothing
// Of the smaller decision's words: an amendment speaks of the same matter.
constexpr double kSameMatter = 0.25;
// An answer to a question needs less to be taken as meant to last than a remark.
constexpr double kAnswerLasting = 0.2;
// How surely an answer among work on code must read as lasting: most report how things are.
constexpr double kSureAnswer = 0.75;

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// The agent asks how it should be, or says how it would do it.
bool asks_or_proposes(std::string_view text) {
  static const RE2 pattern(
      R"re((?i)\?\s*$|\?\s+\S[^?]{0,160}$|\b(?:i'll|i'd|i will|i would|i propose|i suggest)re"
      R"re(|so:|then:?|should i|shall i|do you want|option [a-d1-9]|makes sense|the fix is)re"
      R"re(|simplest)\b)re");
  return matches(text, pattern);
}

bool amends(std::string_view text) {
  static const RE2 pattern(
      R"re((?i)\bamend(?:s|ed|ing|ment)?\b|\bsupersed|\bchang\w+ our minds?\b)re"
      R"re(|\bscratch that\b|\b(?:updates?|changes?|corrections?) to (?:the|our|that)\b.{0,60})re"
      R"re(\b(?:polic|rule|decision|agree|settled|cap|limit))re"
      R"re(|\bwe (?:settled|agreed|decided)(?: on)?\b.{0,60}\b(?:back|ago|earlier|before|last))re"
      R"re(|\b(?:old|earlier|previous|original) (?:\S+ ){0,2})re"
      R"re((?:rule|policy|cap|limit|decision|agreement)\b)re"
      R"re(|\b(?:revis|overrul|overturn|revers)\w+ (?:the|our|that)\b)re"
      R"re(|\bthat'?s the (?:new )?rule going forward|\brule is now\b|\bno longer the )re"
      R"re((?:rule|policy)\b)re");
  return matches(text, pattern);
}

// "Got it: …", "Settled: …", "Understood — …": the agent says what was agreed.
bool opens_recap(std::string_view text) {
  static const RE2 pattern(
      R"re((?i)^(?:settled|got it|understood|final(?:ly)?|agreed|amended|confirmed|so|in short)re"
      R"re(|to (?:summari[sz]e|confirm|recap)|locked in|noted|clear|decided|ok(?:ay)?|right)\b)re");
  return matches(text, pattern);
}

bool acknowledges_only(std::string_view sentence) {
  static const RE2 pattern(
      R"re((?i)^(?:yes|yep|yeah|ok(?:ay)?|right|exactly|correct|agreed|perfect|great|thanks?)re"
      R"re(|thank you|sounds good|good|fine|sure|lgtm|makes sense|that works)re"
      R"re(|that's (?:it|right|the rule.*))[\s,.!-]*)re"
      R"re((?:please|thanks|go ahead|do it|leave it at \S+|exactly|ship it|yes)?[.!\s]*$)re");
  return matches(sentence, pattern);
}

std::string without_recap_opening(std::string_view text) {
  std::string out = one_line(text);
  static const RE2 lead(
      R"re((?i)^(?:settled(?: then)?|got it|understood|final(?:ly)?|agreed|confirmed|noted|clear)re"
      R"re(|amended rule in full|locked in|decided|ok(?:ay)?|so)\b[^:—–-]{0,60}[:—–-]+\s*)re");
  RE2::Replace(&out, lead, "");
  return sentence(std::string(trim(out)));
}

// "I don't know yet whether …": a thought is no decision.
bool hesitates(std::string_view text) {
  static const RE2 pattern(
      R"re((?i)\b(?:i (?:don'?t|do not) (?:really )?know|(?:not|un)\s?(?:sure|certain)|no idea)re"
      R"re(|i guess|i wonder|perhaps|maybe|could be|might be)re"
      R"re(|(?:one|an|another) (?:potential |possible )?option)\b)re");
  return matches(text, pattern);
}

// "I think the tests are going to be both": among work on code an opinion, and no decision yet.
bool thinks_aloud(std::string_view text) {
  static const RE2 pattern(R"re((?i)\bi (?:(?:don'?t|do not|would|'d) )?(?:really )?think\b)re");
  return matches(text, pattern);
}

// The question that the agent ended on; empty when it only proposed something.
std::string last_question(std::string_view text) {
  std::string out;
  for (const Sentence& s : sentences_in(text)) {
    if (s.text.ends_with('?')) out = ellipsis(one_line(s.text), kTopicBytesMax);
  }
  return out;
}

// Stems of what a sentence is about, numbers in digits.
std::set<std::string> matter_of(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> kNumbers = {
      {"one", "1"},   {"two", "2"},   {"three", "3"}, {"four", "4"}, {"five", "5"},  {"six", "6"},
      {"seven", "7"}, {"eight", "8"}, {"nine", "9"},  {"ten", "10"}, {"half", "1/2"}};
  std::set<std::string> out = meaning_of(text).stems;
  for (const std::string& word : words(text)) {
    if (const auto it = kNumbers.find(word); it != kNumbers.end()) out.insert(it->second);
  }
  return out;
}

struct Decided {
  std::string text;
  const Segment* from = nullptr;
  bool lasting =
      false;          // reads as meant to last by itself; else the agent's recap must bear it out
  std::string asked;  // the agent's question that it answers, if that is one
};

// One conversation, read turn by turn.
class Reader {
 public:
  Reader(std::span<const Segment> segments, bool plain_chat)
      : segments_(segments), plain_chat_(plain_chat) {}

  bool plain_chat() const { return plain_chat_; }

  void run() {
    for (const Segment& segment : segments_) {
      if (segment.abandoned) continue;
      if (segment.speaker == Speaker::kAgent) {
        agent_ = prose_of(segment.text);
        if (plain_chat_ && !decided_.empty()) read_recap(segment);
        continue;
      }
      if (segment.speaker != Speaker::kPerson) continue;
      read_turn(segment);
      agent_.clear();
    }
  }

  std::vector<Decided> decided_;
  Taken undecided_;  // what a person was not sure of: no decision, and no rule either
  std::string recap_;
  const Segment* recap_from_ = nullptr;
  bool amends_ = false;
  bool whole_ = false;  // the recap covers most of what was decided

 private:
  void read_turn(const Segment& segment) {
    const std::string prose = prose_of(segment.text);
    const bool answers = !agent_.empty() && asks_or_proposes(agent_);
    amends_ = amends_ || amends(prose);
    for (const Sentence& s : sentences_in(prose)) {
      if (s.text.size() > 600 || s.text.ends_with('?') || acknowledges_only(s.text)) continue;
      if (hesitates(s.text) || (!plain_chat_ && thinks_aloud(s.text))) {
        undecided_.emplace(segment.id, one_line(s.text));
        continue;
      }
      const Reading reading = read_statement({.voice = Voice::kPerson, .text = s.text});
      const bool lasting = reading.persistence == Persistence::kPersistent;
      // Among work on code an answer is mostly about the work: only what is worth keeping counts.
      const bool answer = answers && (plain_chat_ ? lasting || decides(s.text, reading)
                                                  : lasting && worth_keeping(reading));
      // Said unasked, it is a rule or a story; what amends an agreement belongs to it.
      if (!answer && !(lasting && plain_chat_ && amends_)) continue;
      decided_.push_back({.text = one_line(s.text),
                          .from = &segment,
                          .lasting = lasting || (answer && plain_chat_ && binds(s.text, reading)),
                          .asked = plain_chat_ ? std::string() : last_question(agent_)});
    }
  }

  static bool worth_keeping(const Reading& reading) {
    const StorageOptions options;
    if (reading.probabilities[0] < kSureAnswer) return false;
    return storage_score(reading.rules.front(), reading, options).total >= options.threshold;
  }

  // "It must never take more than two seconds": an answer that binds, if it may be meant to last.
  static bool binds(std::string_view text, const Reading& reading) {
    static const RE2 duty(R"((?i)\b(?:must|never|always|at most|at least)\b)");
    return reading.probabilities[0] >= kAnswerLasting && matches(text, duty);
  }

  // Numbers, negations and settings decide; stories, reasons and requests do not.
  static bool decides(std::string_view text, const Reading& reading) {
    static const RE2 answering(
        R"re((?i)^(?:no|never|yes|only|not|neither|both|always|cap|keep|drop|use|take|option)re"
        R"re(|almost)\b|\d|\b(?:must|never|always|only|exactly|at most|at least|total)re"
        R"re(|regardless|has to|have to|one|two|three|four|five|six|seven|eight|nine|ten|twelve)re"
        R"re(|unchanged|full stop|instead)\b)re");
    if (reading.probabilities[0] >= kAnswerLasting) return true;
    return matches(text, answering) || words(text).size() <= 6;
  }

  void read_recap(const Segment& segment) {
    std::set<std::string> said;
    for (const Decided& d : decided_) said.merge(matter_of(d.text));
    std::string out;
    bool open = false;
    amends_ = amends_ || amends(agent_);
    for (const Sentence& s : sentences_in(agent_)) {
      if (s.text.ends_with('?')) {
        if (!out.empty()) break;  // what follows is the next matter
        continue;
      }
      open = open || opens_recap(s.text);
      if (!open) continue;
      const std::set<std::string> matter = matter_of(s.text);
      std::size_t common = 0;
      for (const std::string& stem : matter) common += said.contains(stem) ? 1U : 0U;
      // Of a one-word answer ("Down.") the recap can share no more than that.
      const bool shares = common * 4 >= matter.size() || (said.size() <= 3 && common > 0);
      if (matter.empty() || !shares) continue;
      const std::string text = without_recap_opening(s.text);
      if (out.size() + text.size() > kDecisionBytesMax / 2) break;
      out += (out.empty() ? "" : " ") + text;
    }
    // A later recap that says less of what was decided does not replace a fuller one.
    std::size_t covered = 0;
    for (const std::string& stem : matter_of(out)) covered += said.contains(stem) ? 1U : 0U;
    if (covered == 0 || covered < covered_) return;
    covered_ = covered;
    whole_ = covered * 5 >= said.size() * 2;
    recap_ = std::move(out);
    recap_from_ = &segment;
  }

  std::span<const Segment> segments_;
  bool plain_chat_;
  std::string agent_;  // what the agent said last
  std::size_t covered_ = 0;
};

Provenance quote(std::string_view path, const Segment& segment, std::string_view text) {
  return {.path = std::string(path),
          .line = segment.line,
          .quote = verbatim(text, kQuoteBytesMax),
          .time = segment.time,
          .episode = segment.episode};
}

struct Agreement {
  const Observation* from = nullptr;
  std::string text, statement, topic, record;
  Meaning meaning;
  bool amends = false;
  std::int64_t order = 0;  // of the chat within its record; 0 when unknown
};

std::vector<Agreement> read_all(Span observations) {
  std::vector<Agreement> out;
  for (const Observation* observation : in_order(observations)) {
    const auto body = parse_json(observation->body_json);
    if (!body || !body->is_object()) continue;
    Agreement agreement{.from = observation,
                        .text = body->value("text", ""),
                        .statement = body->value("statement", ""),
                        .topic = body->value("topic", ""),
                        .amends = body->value("amends", false)};
    const Provenance& place = observation->provenance.front();
    agreement.record = place.path + ":" + std::to_string(place.line);
    std::string said = agreement.text;
    if (const auto at = said.find(kAgreed); at != std::string::npos) {
      said.replace(at, kAgreed.size(), " ");  // no word of the matter
    }
    agreement.meaning = meaning_of(said);
    out.push_back(std::move(agreement));
  }
  return out;
}

double shared(const Meaning& a, const Meaning& b) {
  std::size_t common = 0;
  for (const std::string& stem : a.stems) common += b.stems.contains(stem) ? 1U : 0U;
  const std::size_t smaller = std::min(a.stems.size(), b.stems.size());
  return smaller == 0 ? 0 : static_cast<double>(common) / static_cast<double>(smaller);
}

// The earlier agreement that an amendment speaks of: of the same record of a file, or else the
// one nearest in matter; never a later one.
std::optional<std::size_t> amended_by(const std::vector<Agreement>& all, std::size_t amendment) {
  const Agreement& now = all[amendment];
  std::optional<std::size_t> best;
  double best_share = kSameMatter;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Agreement& old = all[i];
    if (i == amendment || old.text == now.text) continue;
    const auto &then = old.from->time, &at = now.from->time;
    if (then && at && *then > *at) continue;
    // Two amendments of one matter without times: neither is known to be the later.
    if (old.amends && !(then && at && *then < *at)) continue;
    double share = shared(now.meaning, old.meaning);
    if (old.record == now.record && share > 0) share += 1;
    if (share > best_share) best = i, best_share = share;
  }
  return best;
}

ReduceOutput reduce_bucket(Span observations, const ReduceOptions& options) {
  ReduceOutput out;
  const std::vector<Agreement> all = read_all(observations);
  std::map<std::string, std::vector<std::size_t>> by_text;
  for (std::size_t i = 0; i < all.size(); ++i) by_text[all[i].text].push_back(i);
  std::vector<Lesson*> lesson_of(all.size());
  out.lessons.reserve(by_text.size());
  for (const auto& [text, members] : by_text) {
    std::vector<const Observation*> seen;
    for (const std::size_t i : members) seen.push_back(all[i].from);
    Candidate candidate = candidate_of(LessonKind::kDecision, text, seen);
    candidate.lesson.statement = all[members.front()].statement;
    candidate.lesson.when.condition = all[members.front()].topic;
    candidate.lesson.payload = Decision{.text = text};
    candidate.lesson.count = static_cast<std::int64_t>(members.size());
    candidate.lesson.provenance = provenance_of(seen, 12);
    candidate.evidence.clear();
    out.lessons.push_back(std::move(candidate));
    for (const std::size_t i : members) lesson_of[i] = &out.lessons.back().lesson;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].amends) continue;
    const auto old = amended_by(all, i);
    if (!old) continue;
    const bool said_again = std::ranges::any_of(by_text[all[*old].text], [&](std::size_t k) {
      return all[k].from->time && all[i].from->time && *all[k].from->time > *all[i].from->time;
    });
    if (said_again) continue;
    lesson_of[*old]->superseded_by = lesson_of[i]->id;
    lesson_of[*old]->status = LessonStatus::kRetired;
    lesson_of[*old]->valid_to = all[i].from->time;
  }
  finish(out, options);
  return out;
}

// A chat that settles something opens with the story that led to it: no rules in there.
void take_story(std::span<const Segment> segments, Taken& taken) {
  for (const Segment& segment : segments) {
    if (segment.speaker != Speaker::kPerson || segment.abandoned) continue;
    const std::string prose = prose_of(segment.text);
    for (const Sentence& s : sentences_in(prose)) taken.emplace(segment.id, one_line(s.text));
    return;
  }
}

// What the conversation was about: how the person opened it.
std::string topic_of(std::span<const Segment> segments) {
  for (const Segment& segment : segments) {
    if (segment.speaker != Speaker::kPerson || segment.abandoned) continue;
    const std::string prose = prose_of(segment.text);
    const auto sentences = sentences_in(prose);
    if (!sentences.empty()) return ellipsis(one_line(sentences.front().text), kTopicBytesMax);
  }
  return {};
}

// Of the last agreement of a conversation; what only the recap bears out goes without one.
std::vector<Decided> agreed(Reader& reader) {
  std::vector<Decided> out = std::move(reader.decided_);
  if (reader.recap_.empty()) std::erase_if(out, [](const Decided& d) { return !d.lasting; });
  return out;
}

Observation observation_at(const Decided& first, std::optional<TimePoint> time, const Json& body) {
  Observation o{.learner = "agreement",
                .bucket = "",
                .scope = first.from->scope,
                .item = first.from->id,
                .episode = first.from->episode,
                .time = time};
  o.body_json = dump_json(body);
  return o;
}

// A chat without tools settles one matter: the answers in order, and the agent's recap.
Observation settled_in_chat(const Reader& reader, const std::vector<Decided>& decided,
                            const std::string& topic, std::string_view source_path) {
  std::string text, lasting;
  for (const Decided& d : decided) {
    if (text.size() + d.text.size() > kDecisionBytesMax) continue;
    text += (text.empty() ? "" : " ") + sentence(d.text);
    if (d.lasting) lasting += (lasting.empty() ? "" : " ") + sentence(d.text);
  }
  std::string statement = reader.whole_ ? reader.recap_ : text;
  if (!reader.whole_ && lasting.size() >= kGistBytesMin) statement = std::move(lasting);
  if (!reader.recap_.empty()) text += std::string(kAgreed) + reader.recap_;
  Observation o = observation_at(decided.front(), decided.back().from->time,
                                 Json{{"text", text},
                                      {"statement", ellipsis(statement, kStatementBytesMax)},
                                      {"topic", topic},
                                      {"amends", reader.amends_}});
  for (const Decided& d : decided) {
    if (o.provenance.size() < 8) o.provenance.push_back(quote(source_path, *d.from, d.text));
  }
  if (reader.recap_from_ != nullptr) {
    o.provenance.push_back(quote(source_path, *reader.recap_from_, reader.recap_));
  }
  return o;
}

// Of several questions the last one is known.  An answer of few words lives from it; a longer one
// is about it only when they name a thing in common.
bool is_about(const Decided& decided) {
  constexpr std::size_t kFewWords = 6;
  return words(decided.text).size() <= kFewWords ||
         shared(meaning_of(decided.asked), meaning_of(decided.text)) > 0;
}

// Among work on code each answer is a matter of its own, in the person's words alone: what the
// agent says next is mostly about the work.
Observation answered_at_work(const Decided& decided, std::string_view source_path) {
  const std::string text = sentence(decided.text);
  Observation o = observation_at(decided, decided.from->time,
                                 Json{{"text", text},
                                      {"statement", ellipsis(text, kStatementBytesMax)},
                                      {"topic", is_about(decided) ? decided.asked : ""},
                                      {"amends", amends(decided.text)}});
  o.provenance.push_back(quote(source_path, *decided.from, decided.text));
  return o;
}

}  // namespace

Taken observe_agreements(std::span<const Segment> segments, std::string_view agent,
                         std::string_view source_path, Observations& out) {
  if (segments.empty() || agent == kRuleFileAgent) return {};
  Reader reader(segments, agent == kTranscriptAgent);
  reader.run();
  Taken taken = std::move(reader.undecided_);
  const std::vector<Decided> decided = agreed(reader);
  if (decided.empty()) return taken;
  for (const Decided& d : decided) taken.emplace(d.from->id, d.text);
  if (reader.plain_chat()) {
    take_story(segments, taken);
    out.push_back(settled_in_chat(reader, decided, topic_of(segments), source_path));
    return taken;
  }
  for (const Decided& d : decided) out.push_back(answered_at_work(d, source_path));
  return taken;
}

const Learner kAgreement{"agreement", nullptr, reduce_bucket};

}  // namespace hardwon::learn
