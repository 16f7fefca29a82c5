#include "learn/rule_context.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/common_words.h"
#include "base/text.h"
#include "learn/rule_words.h"
#include "learn/sentence_form.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kLeadBytesMax = 200;
constexpr std::size_t kWordsAlone = 4;        // content words that say enough by themselves
constexpr std::size_t kWordsOfStatement = 7;  // and where it opens with its subject
constexpr std::size_t kLabelWordsMax = 6;
constexpr std::size_t kWordsBesideCode = 4;
constexpr std::size_t kShortItemBytes = 60, kListBytesMax = 260, kListItemsMax = 8;

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

std::string plain_item(std::string_view text) {
  static const RE2 mark(R"(^(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s+)?)");
  static const RE2 emphasis(R"((?i)^\**(?:important|critical|note|rule|warning|mandatory|always|)"
                            R"(attention|reminder|tip)\b(?:\*\*)?:(?:\*\*)?\s+)");
  std::string out = one_line(text);
  RE2::Replace(&out, mark, "");
  RE2::Replace(&out, emphasis, "");
  // "**Use `x`** for y" without its marks; those of a label stay, they make it one.
  const std::size_t close = out.starts_with("**") ? out.find("**", 2) : std::string::npos;
  if (close != std::string::npos && out[close - 1] != ':' && out.substr(close + 2, 1) != ":") {
    out.erase(close, 2);
    out.erase(0, 2);
  }
  return out;
}

bool is_code_opening(std::string_view text) {
  return !text.empty() && (text[0] == '`' || text[0] == '/' || text[0] == '.' || text[0] == '@');
}

// "Always read" -> "always read"; "API", "Node", "`x`" and "NEVER" stay.
std::string lowered(std::string text) {
  const std::string first = text.substr(0, text.find_first_of(" ,:"));
  const std::string lower = ascii_lower(first);
  const bool shouted =
      first.size() > 1 && std::ranges::none_of(first, [](char c) { return c >= 'a' && c <= 'z'; });
  const bool word = is_instruction_verb(lower) || is_universal(lower) || is_modal(lower) ||
                    is_condition(lower) || is_filler(lower) || is_stop_word(lower) ||
                    lower == "don't" || lower == "avoid" || lower == "only" || lower == "never";
  if (!shouted && word && !text.empty()) text[0] = lower[0];
  return text;
}

enum class LeadKind { kNone, kCondition, kForbids, kExamples, kFacts, kClause, kLabel };

struct Lead {
  LeadKind kind = LeadKind::kNone;
  std::string text;  // as it stands before the item
};

// "Adding a New Provider" -> "adding a new provider"; names of more than one capital stay, and
// words that are not known to be none.
std::string without_title_case(std::string text) {
  static const std::set<std::string> kCommon = {"provider", "providers"};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string lower = ascii_lower(text.substr(at, end - at));
    if (at == 0 || kCommon.contains(lower) || is_common_in_software(stem(lower)) ||
        is_generic(lower) || is_stop_word(lower) || is_instruction_verb(lower) ||
        lower.ends_with("ing")) {
      text[at] = lower.empty() ? text[at] : lower[0];
    }
    at = end + 1;
  }
  return text;
}

// "2. Types" -> "Types"
std::string without_number(const std::string& heading) {
  static const RE2 number(R"(^(?:\d+[.)]|[A-Z][.)]|Step \d+:?)\s+)");
  std::string out = heading;
  RE2::Replace(&out, number, "");
  return out;
}

// "Adding a provider" -> "When adding a provider"; "To add a provider" and "Before a release" as
// they are.  Empty for what names no situation.
std::string situation_of(std::string text) {
  static const RE2 needs(
      R"((?i)\s*(?:\b(?:requires|needs|involves)\b.*|,? (?:you|we) (?:will )?(?:need|have)\b.*|)"
      R"(\bfollow (?:these|the) .*)$)");
  static const RE2 aside(R"(\s+(?:—|–|-|\()\s*.*$)");
  static const RE2 steps(R"((?i)\s+(?:steps|checklist|workflow|process|procedure)$)");
  RE2::Replace(&text, aside, "");
  RE2::Replace(&text, needs, "");
  const std::size_t comma = text.find(", ");
  if (comma != std::string::npos && is_condition(ascii_lower(text.substr(0, text.find(' '))))) {
    if (words(text.substr(0, comma)).size() >= 3) text.resize(comma);
  }
  while (text.ends_with(',') || text.ends_with(' ')) text.pop_back();
  if (text.empty() || is_code_opening(text)) return {};
  const auto list = words(ascii_lower(text));
  if (list.size() < 2 || list.size() > 14) return {};
  const std::string& first = list.front();
  const bool opens = first == "when" || first == "if" || first == "before" || first == "after" ||
                     first == "while" || first == "whenever" || first == "once" ||
                     first == "unless" || first == "until" || first == "during" || first == "for" ||
                     first == "on" || first == "in";
  if (opens) return capitalized(without_title_case(text));
  if (first == "to" && is_instruction_verb(list[1])) return text;
  const bool gerund = first.size() > 5 && first.ends_with("ing") && first != "everything" &&
                      first != "anything" && first != "nothing" && first != "testing" &&
                      first != "naming" && first != "logging" && first != "coding" &&
                      first != "formatting" && first != "styling" && first != "error" &&
                      first != "pricing" && first != "routing" && first != "typing";
  // "Engineering standards" are no engineering.
  static const std::set<std::string> kTitles = {
      "standards", "guidelines", "rules",    "principles", "practices",  "conventions",
      "notes",     "tips",       "patterns", "strategy",   "strategies", "requirements"};
  if (!gerund || text.contains('&') || kTitles.contains(list.back())) return {};
  RE2::Replace(&text, steps, "");
  return "When " + without_title_case(text);
}

bool is_clause(const SentenceForm& form) {
  if (form.opening == Opening::kImperative || form.opening == Opening::kUniversal ||
      form.opening == Opening::kConditionDo) {
    return true;
  }
  return std::ranges::any_of(form.tokens, [](const Token& token) {
    return token.kind == TokenKind::kWord && (token.text == "must" || token.text == "should");
  });
}

Lead lead_of(const std::string& text) {
  static const RE2 example(
      R"((?i)^(?:good|bad|correct|incorrect|wrong|right|output|result|response|sample|template)\b)"
      R"(|\b(?:examples?|e\.g\.|for instance|such as|looks? like|returns?|sample|touched)\b|✅|❌)");
  static const RE2 facts(
      R"((?i)^(?:the )?(?:key|main|available|supported|current|existing|core|known|contents?|)"
      R"(location|includes?|contains?|provides?|consists?|where|why|what|how it works|benefits?|)"
      R"(features|this (?:ensures|means|allows|includes|gives|creates)|result)\b)"
      R"(|\b(?:contains?|includes?|consists? of|provides?|supports?|generates?|are organized|)"
      R"(is (?:built|made|organized)|are|because|means|reasons?|allows?)(?: as| in| of| the)*$)");
  Lead lead;
  if (text.empty() || text.size() > kLeadBytesMax) return lead;
  if (ascii_lower(text).starts_with("when to")) return {LeadKind::kFacts, text};
  static const RE2 below(R"((?i)\b(?:the following|as follows|these|this)\b[^,]*$)");
  const SentenceForm form = form_of(text);
  if (matches(text, example)) return {LeadKind::kExamples, text};
  // "Use this pattern instead:" only points at what it opens.
  if (words(text).size() <= 5 && matches(text, below)) return lead;
  if (is_general_heading(text) && heading_kind(text) != HeadingKind::kForbids) return lead;
  if (std::string situation = situation_of(text); !situation.empty()) {
    return {LeadKind::kCondition, std::move(situation)};
  }
  const auto n = words(text).size();
  if (form.opening == Opening::kForbids ||
      (n <= 6 && heading_kind(text) == HeadingKind::kForbids)) {
    return {LeadKind::kForbids, text};
  }
  if (is_clause(form)) return {LeadKind::kClause, text};
  if (matches(text, facts) || form.opening == Opening::kThirdPerson || n > kLabelWordsMax) {
    return {LeadKind::kFacts, text};
  }
  return {LeadKind::kLabel, text};
}

std::size_t content_words(const SentenceForm& form, bool& code) {
  std::size_t n = 0;
  for (const Token& token : form.tokens) {
    if (token.kind == TokenKind::kMark) continue;
    if (token.kind != TokenKind::kWord) {
      code = true;
      ++n;
      continue;
    }
    if (!is_stop_word(token.text) && !is_modal(token.text) && !is_filler(token.text) &&
        !is_universal(token.text)) {
      ++n;
    }
  }
  return n;
}

// "Use a instead of b": says by itself what to do and what not.
bool contrasts(std::string_view text) {
  static const RE2 contrast(R"((?i)\b(?:instead of|rather than|in favou?r of)\b|->|→)");
  return matches(text, contrast);
}

// The matter's name in front, unless the sentence names it.
std::string labelled(std::string_view label, const std::string& text) {
  const std::string lower = ascii_lower(text);
  std::size_t said = 0, unsaid = 0;
  for (const std::string& word : words(ascii_lower(label))) {
    if (is_stop_word(word)) continue;
    const bool here = is_general_heading(word) || lower.contains(stem(word));
    ++(here ? said : unsaid);
  }
  if (unsaid == 0 || said > unsaid) return text;
  return std::string(label) + ": " + text;
}

std::string joined(const Lead& lead, const SentenceForm& form, const std::string& text) {
  switch (lead.kind) {
    case LeadKind::kCondition: {
      if (ascii_lower(text).starts_with(ascii_lower(lead.text))) return text;
      return lead.text + (asks_something(form) ? ", " + lowered(text) : ": " + text);
    }
    case LeadKind::kForbids:
      if (form.opening == Opening::kForbids || contrasts(text)) return text;
      // "Valid alternatives: type guards": what is said under a label of its own is not negated.
      if (form.opening == Opening::kImperative && !form.lead_in) return "Do not " + lowered(text);
      return lead.text + ": " + text;
    case LeadKind::kClause: {
      static const RE2 open_end(R"((?i)\b(?:for|to|by|with|when|before|after|in|on|from)$)");
      const bool runs_on = matches(lead.text, open_end) && !text.empty() && text[0] != '`';
      if (!runs_on) return lead.text + ": " + text;
      std::string rest = text;
      rest[0] = static_cast<char>(rest[0] >= 'A' && rest[0] <= 'Z' ? rest[0] | 32 : rest[0]);
      return lead.text + " " + rest;
    }
    case LeadKind::kLabel:
      return labelled(lead.text, text);
    case LeadKind::kNone:
    case LeadKind::kExamples:
    case LeadKind::kFacts:
      break;
  }
  return text;
}

bool is_step(const Sentence& sentence) {
  static const RE2 steps(R"((?i)\b(?:steps?|workflow|process|procedure|protocol|loop|how to|)"
                         R"(setup|installation|getting started|quick ?start|walkthrough)\b)");
  return sentence.numbered && (matches(sentence.lead, steps) || matches(sentence.heading, steps));
}

// Code alone, or code and what it is, below a mere name: a list of files or commands.
bool is_listing(const SentenceForm& form, std::string_view around) {
  static const RE2 asks(R"((?i)\b(?:before|after|check|checks|run|required?|must|always|never|)"
                        R"(verify|only|avoid|forbidden|use|don'?t)\b)");
  if (form.tokens.empty() || matches(around, asks)) return false;
  bool code = false;
  std::size_t depth = 0, words_beside = 0;
  for (std::size_t i = form.lead_in && !form.code_lead_in ? form.body : 0; i < form.tokens.size();
       ++i) {
    const Token& token = form.tokens[i];
    if (token.kind == TokenKind::kMark) {
      if (token.text == "(") ++depth;
      if (token.text == ")" && depth > 0) --depth;
      if (code && depth == 0 && (token.text == "-" || token.text == "--" || token.text == ":")) {
        return form.opening != Opening::kForbids && !asks_something(form);
      }
      continue;
    }
    if (token.kind != TokenKind::kWord) code = true;
    if (token.text.contains('<')) return false;  // "`feat/<slug>`": how names are made
    if (token.kind != TokenKind::kWord || depth > 0) continue;
    const bool label = i + 1 < form.tokens.size() && form.tokens[i + 1].text == ":";
    // "`src/a.rs`, all handlers": code and what it is, but no verb.
    const bool names = code && ++words_beside <= kWordsBesideCode && !is_modal(token.text) &&
                       !is_instruction_verb(token.text) && !is_third_person(token.text) &&
                       !is_condition(token.text) && token.text != "not" && token.text != "only";
    if (!label && !names) return false;
  }
  return code;
}

// "See docs/x.md for details": says where a rule stands, and none.
bool points_elsewhere(std::string_view text) {
  static const RE2 pointer(R"((?i)^(?:please )?(?:see|refer to|check out|read more|more)\b.*)"
                           R"((?:\bfor (?:more|details|the full|a full|the complete|further|full)|)"
                           R"(^see \S+\.?$|^see \[))");
  return matches(text, pointer);
}

struct Place {
  std::string topic;      // the nearest heading above that names a matter
  std::string situation;  // the nearest that says when: "When adding a provider"
};
Place place_of(const Sentence& sentence) {
  static const RE2 question(R"((?i)^(?:what|why|how|who|where|which|when to|is|are|do|does)\b)");
  Place place;
  for (const std::string& above : sentence.above) {
    const std::string heading = without_number(above);
    std::string situation = situation_of(heading);
    if (place.situation.empty()) place.situation = situation;
    if (place.topic.empty() && situation.empty() && !is_general_heading(heading) &&
        !matches(heading, question) && words(heading).size() < kLabelWordsMax) {
      place.topic = heading;
    }
  }
  return place;
}

// A list opener that says something before its dash: "Run `x` after a change — writes types to:".
bool says_before_dash(std::string& text) {
  const std::size_t dash = std::min(text.find("—"), text.find(" - "));
  if (dash == std::string::npos) return false;
  std::string first(trim(std::string_view(text).substr(0, dash)));
  const SentenceForm form = form_of(first);
  bool code = false;
  if (!asks_something(form) || content_words(form, code) < kWordsAlone) return false;
  text = std::move(first);
  return true;
}

Completed opener(const Sentence& sentence, Completed out) {
  if (!sentence.command.empty()) {
    out.text += " `" + sentence.command + "`";
  } else if (!says_before_dash(out.text)) {
    out.why_not = kOpensList;
  }
  return out;
}

// Its label, or the heading, where the sentence says too little without.
void name_matter(const Sentence& sentence, const SentenceForm& form, const Place& place,
                 std::size_t n, Completed& out) {
  if (!sentence.label.empty() && !is_general_heading(sentence.label)) {
    out.text = labelled(sentence.label, out.text);
  } else if (!form.lead_in || form.code_lead_in || n < kWordsAlone) {
    const std::string text = labelled(place.topic, out.text);
    if (text == out.text && n < 2) out.why_not = kNotAlone;
    out.text = text;
  }
}

Completed stand_alone(const Sentence& sentence) {
  Completed out{.text = plain_item(sentence.text)};
  if (sentence.opens_list) return opener(sentence, std::move(out));
  const SentenceForm form = form_of(out.text);
  const bool asks = asks_something(form), leans = leans_back(form);
  const Place place = place_of(sentence);
  Lead lead = sentence.lead_opens ? lead_of(sentence.lead) : Lead{};
  // "Run `x` after a change — it writes to:" is said; what hangs from it tells what comes of it.
  if (lead.kind == LeadKind::kClause && lead.text.contains("—")) lead.kind = LeadKind::kFacts;
  bool code = false;
  const std::size_t n = content_words(form, code);
  const bool stands = asks || form.opening == Opening::kUniversal ||
                      form.opening == Opening::kYou || form.opening == Opening::kWe;
  const bool thin =
      leans || !sentence.label.empty() || n < (stands ? kWordsAlone : kWordsOfStatement);
  if (lead.kind == LeadKind::kNone && asks && !place.situation.empty()) {
    lead = {LeadKind::kCondition, place.situation};
  }
  out.forbidden = lead.kind == LeadKind::kForbids;
  const bool named = lead.kind == LeadKind::kLabel || lead.kind == LeadKind::kFacts;
  const auto because = [&](std::string_view why) {
    out.why_not = why;
    return out;
  };
  if (lead.kind == LeadKind::kExamples) return because(kAnExample);
  if (out.text.starts_with('(') && out.text.ends_with(')')) return because(kNotAlone);
  if (points_elsewhere(out.text)) return because(kListing);
  static const RE2 lacks(R"((?i)\b(?:limitations?|known issues|caveats|not supported)\b)");
  if (form.opening == Opening::kForbids && matches(sentence.heading, lacks)) {
    return because(kOnlyFact);
  }
  if (!sentence.first && (leans || (sentence.item && !asks && sentence.label.empty() && !stands))) {
    return because(kNotAlone);
  }
  if (lead.kind == LeadKind::kFacts && !stands) return because(kListing);
  if ((named || lead.kind == LeadKind::kNone) &&
      is_listing(form, sentence.lead + " " + sentence.heading)) {
    return because(kListing);
  }
  const bool carried = sentence.first || asks;
  if (lead.kind == LeadKind::kCondition && carried) out.condition = lead.text;
  if (lead.kind != LeadKind::kNone && lead.kind != LeadKind::kFacts && carried) {
    if (lead.kind != LeadKind::kLabel || thin) out.text = joined(lead, form, out.text);
    return out;
  }
  const bool nested = !sentence.lead.empty() && !sentence.lead_opens;
  if (is_step(sentence) || (nested && thin)) return because(kNotAlone);
  if (leans && sentence.first && !form.lead_in) return because(kNotAlone);
  if (thin) name_matter(sentence, form, place, n, out);
  return out;
}

// "NEVER run:" with three commands below it is one rule.
void join_short_items(std::span<const Sentence> sentences, std::size_t at,
                      std::vector<Completed>& all) {
  const std::string lead = lead_text(sentences[at].text);
  const LeadKind kind = lead_of(lead).kind;
  if (kind != LeadKind::kClause && kind != LeadKind::kForbids) return;
  std::vector<std::size_t> members;
  std::string text = lead;
  for (std::size_t i = at + 1; i < sentences.size() && sentences[i].item; ++i) {
    const Sentence& sentence = sentences[i];
    if (sentence.lead != lead) continue;
    std::string item = plain_item(sentence.text);
    while (item.ends_with('.')) item.pop_back();
    if (!sentence.first || item.size() > kShortItemBytes || asks_something(form_of(item))) return;
    text += (members.empty() ? ": " : ", ") + item;
    members.push_back(i);
  }
  if (members.size() < 2 || members.size() > kListItemsMax || text.size() > kListBytesMax) return;
  all[at] = {.text = std::move(text), .forbidden = kind == LeadKind::kForbids};
  for (const std::size_t i : members) all[i].why_not = kSaidAbove;
}

// "Disable for cheap reads", "Never for requests": what was named before.
bool lacks_object(const std::string& word, const std::string& next) {
  static const std::set<std::string> kNeeds = {"disable", "enable",  "use",   "set", "skip",
                                               "keep",    "apply",   "pass",  "put", "include",
                                               "leave",   "replace", "never", "not"};
  static const std::set<std::string> kElsewhere = {"for",    "only",  "when", "if",
                                                   "unless", "after", "as"};
  return kNeeds.contains(word) && kElsewhere.contains(next);
}

}  // namespace

bool leans_back(const SentenceForm& form) {
  static const std::set<std::string> kHere = {"project",  "repo",    "repository", "codebase",
                                              "package",  "app",     "file",       "application",
                                              "monorepo", "library", "service",    "is"};
  static const std::set<std::string> kPronouns = {"it",    "they", "them",   "its",
                                                  "their", "it's", "either", "both"};
  const auto& tokens = form.tokens;
  const std::size_t first = std::min(form.body, tokens.size());
  bool named = false;  // something that a pronoun could stand for
  for (std::size_t i = first; i < std::min(tokens.size(), first + 12); ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::kWord) {
      named = named || token.kind != TokenKind::kMark;
      continue;
    }
    const std::string& word = token.text;
    const std::string next = i + 1 < tokens.size() ? tokens[i + 1].text : "";
    if (i == form.verb && lacks_object(word, next)) return true;
    if (i == first && (word == "otherwise" || next == "else" || word == "same" || word == "except"))
      return true;
    const bool points =
        word == "this" || word == "these" || word == "those" || (word == "that" && i == first);
    if (!named && ((points && !kHere.contains(next)) || kPronouns.contains(word))) {
      return word != "both" || i > first || next.empty();
    }
    const std::string& last = i > first ? tokens[i - 1].text : word;
    const bool forbidden = last == "not" || last == "don't" || last == "never";  // a verb
    const bool plain = forbidden || is_stop_word(word) || is_filler(word) || is_modal(word) ||
                       is_universal(word) || is_instruction_verb(word);
    named = named || (!plain && i > first) || (i == first && !plain && word.size() > 3);
  }
  return false;
}

std::vector<Completed> complete(std::span<const Sentence> sentences) {
  std::vector<Completed> out;
  out.reserve(sentences.size());
  for (const Sentence& sentence : sentences) out.push_back(stand_alone(sentence));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (sentences[i].opens_list) join_short_items(sentences, i, out);
  }
  return out;
}

}  // namespace hardwon::learn
