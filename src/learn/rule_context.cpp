#include "learn/rule_context.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "learn/rule_words.h"
#include "learn/sentence_form.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kLeadBytesMax = 140;
constexpr std::size_t kWordsAlone = 4;  // content words that say enough by themselves

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

std::string without_mark(std::string_view text) {
  static const RE2 mark(R"(^(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s+)?)");
  std::string out = one_line(text);
  RE2::Replace(&out, mark, "");
  return out;
}

bool is_code_opening(std::string_view text) {
  return !text.empty() && (text[0] == '`' || text[0] == '/' || text[0] == '.' || text[0] == '@');
}

// "Always read" -> "always read"; "API", "Node", "`x`" and "NEVER" stay.
std::string lowered(std::string text) {
  const std::string first = text.substr(0, text.find_first_of(" ,:"));
  const std::string lower = ascii_lower(first);
  const bool shouted = first.size() > 1 && std::ranges::none_of(first, [](char c) {
    return c >= 'a' && c <= 'z';
  });
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

// "Adding a provider" -> "When adding a provider"; "To add a provider" and "Before a release" as
// they are.  Empty for what names no situation.
std::string situation_of(std::string text) {
  static const RE2 needs(
      R"((?i)\s*(?:\b(?:requires?|needs?|involves?)\b.*|\bfollow (?:these|the) .*)$)");
  static const RE2 aside(R"(\s+(?:—|–|-|\()\s*.*$)");
  static const RE2 steps(R"((?i)\s+(?:steps|checklist|workflow|process|procedure)$)");
  RE2::Replace(&text, aside, "");
  RE2::Replace(&text, needs, "");
  while (text.ends_with(',') || text.ends_with(' ')) text.pop_back();
  if (text.empty() || is_code_opening(text)) return {};
  const auto list = words(ascii_lower(text));
  if (list.size() < 2 || list.size() > 14) return {};
  const std::string& first = list.front();
  const bool opens = first == "when" || first == "if" || first == "before" || first == "after" ||
                     first == "while" || first == "whenever" || first == "once" ||
                     first == "unless" || first == "until" || first == "during" ||
                     first == "for" || first == "on" || first == "in";
  if (opens) return text;
  if (first == "to" && is_instruction_verb(list[1])) return text;
  const bool gerund = first.size() > 5 && first.ends_with("ing") && first != "everything" &&
                      first != "anything" && first != "nothing" && first != "testing" &&
                      first != "naming" && first != "logging" && first != "coding" &&
                      first != "formatting" && first != "styling" && first != "error" &&
                      first != "pricing" && first != "routing" && first != "typing";
  if (!gerund) return {};
  RE2::Replace(&text, steps, "");
  text[0] = static_cast<char>(text[0] | 32);  // it is a letter
  return "When " + text;
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
  const SentenceForm form = form_of(text);
  if (matches(text, example)) return {LeadKind::kExamples, text};
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
  if (matches(text, facts) || form.opening == Opening::kThirdPerson) {
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

bool asks_something(const SentenceForm& form) {
  return form.opening == Opening::kImperative || form.opening == Opening::kForbids ||
         form.opening == Opening::kConditionDo || form.opening == Opening::kLets;
}

// The matter's name in front, unless the sentence names it.
std::string labelled(std::string_view label, const std::string& text) {
  const std::string lower = ascii_lower(text);
  const auto list = words(ascii_lower(label));
  const bool said = std::ranges::all_of(list, [&](const std::string& word) {
    return is_stop_word(word) || is_generic(word) || lower.contains(stem(word));
  });
  if (label.empty() || said) return text;
  return std::string(label) + ": " + text;
}

std::string joined(const Lead& lead, const SentenceForm& form, const std::string& text) {
  switch (lead.kind) {
    case LeadKind::kCondition: {
      if (ascii_lower(text).starts_with(ascii_lower(lead.text))) return text;
      return lead.text + (asks_something(form) ? ", " + lowered(text) : ": " + text);
    }
    case LeadKind::kForbids:
      if (form.opening == Opening::kForbids) return text;
      if (form.opening == Opening::kImperative) return "Do not " + lowered(text);
      return lead.text + ": " + text;
    case LeadKind::kClause:
      return lead.text + ": " + text;
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
    if (i == first && (word == "otherwise" || next == "else" || word == "same")) return true;
    const bool points = word == "this" || word == "these" || word == "those" ||
                        (word == "that" && i == first);
    if (!named && ((points && !kHere.contains(next)) || kPronouns.contains(word))) {
      return word != "both" || i > first || next.empty();
    }
    const bool plain = is_stop_word(word) || is_filler(word) || is_modal(word) ||
                       is_universal(word) || is_instruction_verb(word);
    named = named || (!plain && i > first) || (i == first && !plain && word.size() > 3);
  }
  return false;
}

Completed stand_alone(const Sentence& sentence) {
  Completed out{.text = without_mark(sentence.text)};
  if (sentence.opens_list) {
    out.why_not = kOpensList;
    if (sentence.command.empty()) return out;
    out.text += " `" + sentence.command + "`";
    out.why_not = {};
  }
  const SentenceForm form = form_of(out.text);
  const bool asks = asks_something(form);
  if (!sentence.first) {
    if (leans_back(form) || (sentence.item && !asks && sentence.label.empty())) {
      out.why_not = kNotAlone;
      return out;
    }
  }
  Lead lead = sentence.lead_opens ? lead_of(sentence.lead) : Lead{};
  if (lead.kind == LeadKind::kExamples) {
    out.why_not = kAnExample;
    return out;
  }
  const bool carried = sentence.first || asks;
  const bool nested_in_prose = !sentence.lead.empty() && !sentence.lead_opens;
  bool code = false;
  const std::size_t n = content_words(form, code);
  const bool thin = n < kWordsAlone || (!asks && form.opening != Opening::kUniversal) ||
                    leans_back(form) || !sentence.label.empty();
  if (lead.kind == LeadKind::kNone) {
    if (std::string situation = situation_of(sentence.topic); !situation.empty() && asks) {
      lead = {LeadKind::kCondition, std::move(situation)};
    }
  }
  if (lead.kind == LeadKind::kCondition && carried) out.condition = lead.text;
  if (lead.kind == LeadKind::kFacts && !asks) {
    out.why_not = kNotAlone;
    return out;
  }
  if (lead.kind != LeadKind::kNone && lead.kind != LeadKind::kFacts && carried) {
    if (lead.kind != LeadKind::kLabel || thin) out.text = joined(lead, form, out.text);
    return out;
  }
  if (is_step(sentence) || (nested_in_prose && thin)) {
    out.why_not = kNotAlone;
    return out;
  }
  if (leans_back(form) && sentence.first && !form.lead_in) {
    out.why_not = kNotAlone;
    return out;
  }
  if (!thin) return out;
  if (!sentence.label.empty() && !is_general_heading(sentence.label)) {
    out.text = labelled(sentence.label, out.text);
  } else if (!form.lead_in || form.code_lead_in || n < kWordsAlone) {
    const std::string topic = labelled(sentence.topic, out.text);
    if (topic == out.text && n < 2) out.why_not = kNotAlone;
    out.text = topic;
  }
  return out;
}

}  // namespace hardwon::learn
