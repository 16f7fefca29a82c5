#include "learn/sentence_form.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "learn/rule_words.h"

namespace hardwon::learn {
namespace {

bool is_letter(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u | 32) >= 'a' && (u | 32) <= 'z';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_wordy(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

// Written like an identifier, read like a word.
bool is_product_name(std::string_view raw) {
  static constexpr std::array<std::string_view, 22> kNames = {
      "JavaScript", "TypeScript", "GitHub",       "GitLab",   "PostgreSQL", "MySQL",
      "GraphQL",    "ESLint",     "CoffeeScript", "NodeJS",   "Node.js",    "Next.js",
      "Vue.js",     "FastAPI",    "SQLite",       "MongoDB",  "DevOps",     "CMake",
      "OpenAPI",    "PyTest",     "JUnit",        "README.md"};
  return std::ranges::find(kNames, raw) != kNames.end();
}

// Multi-byte marks that are no part of a word, with the ASCII text they stand for.
struct Mark {
  std::string_view bytes, text;
};
constexpr std::array<Mark, 16> kMarks = {{{"→", "->"},
                                          {"⇒", "->"},
                                          {"—", "--"},
                                          {"–", "--"},
                                          {"’", "'"},
                                          {"‘", "'"},
                                          {"“", "\""},
                                          {"”", "\""},
                                          {"…", "..."},
                                          {"•", "*"},
                                          {"✅", "+yes"},
                                          {"✓", "+yes"},
                                          {"✔", "+yes"},
                                          {"❌", "+no"},
                                          {"✗", "+no"},
                                          {"✘", "+no"}}};

const Mark* mark_at(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return nullptr;
  for (const Mark& mark : kMarks) {
    if (text.substr(at).starts_with(mark.bytes)) return &mark;
  }
  return nullptr;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<Token> run(std::size_t from) {
    at_ = from;
    while (at_ < text_.size()) step();
    return std::move(tokens_);
  }

 private:
  void push(TokenKind kind, std::string text, std::size_t from) {
    tokens_.push_back({kind, std::move(text), from, at_});
  }

  void step() {
    const char c = text_[at_];
    const std::size_t from = at_;
    if (c == '`') return code_span();
    if (const Mark* mark = mark_at(text_, at_)) {
      at_ += mark->bytes.size();
      if (mark->text != "'" && mark->text != "\"")
        push(TokenKind::kMark, std::string(mark->text), from);
      return;
    }
    const bool path_opens = (c == '@' || c == '/' || c == '~' || c == '.' || c == '$') &&
                            at_ + 1 < text_.size() &&
                            (is_letter(text_[at_ + 1]) || text_[at_ + 1] == '/');
    if (is_wordy(c) || c == '_' || path_opens) return word();
    ++at_;
    if (c == '-' && at_ < text_.size() && text_[at_] == '>') {
      ++at_;
      return push(TokenKind::kMark, "->", from);
    }
    if (std::string_view(" \t\r\n*~_#\"'").find(c) != std::string_view::npos) return;
    push(TokenKind::kMark, std::string(1, c), from);
  }

  void code_span() {
    const std::size_t from = at_;
    std::size_t ticks = 0;
    while (at_ < text_.size() && text_[at_] == '`') ++at_, ++ticks;
    const std::size_t close = text_.find(std::string(ticks, '`'), at_);
    if (close == std::string_view::npos) return;
    std::string inside(text_.substr(at_, close - at_));
    at_ = close + ticks;
    push(TokenKind::kCode, std::move(inside), from);
  }

  // A run without blanks: a word, a number, a path, a URL or an identifier.
  void word() {
    const std::size_t from = at_;
    bool path = false, digits_only = true, code = false, inner_case = false;
    ++at_;
    const auto glues = [&](char c) {
      return c == '_' || c == '/' || c == '.' || c == '-' || c == '\'' || c == ':' || c == '@' ||
             c == '=' || c == '\\' || c == '+';
    };
    const auto note = [&](char c) {
      digits_only = digits_only && is_digit(c);
      path = path || c == '/' || c == '\\' || c == '@';
      code = code || c == '_' || c == '=';
    };
    note(text_[from]);
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (mark_at(text_, at_) != nullptr && mark_at(text_, at_)->text != "'") break;
      if (is_wordy(c)) {
        inner_case =
            inner_case || (c >= 'A' && c <= 'Z' && text_[at_ - 1] >= 'a' && text_[at_ - 1] <= 'z');
        note(c);
        ++at_;
      } else if (glues(c) && at_ + 1 < text_.size() &&
                 (is_wordy(text_[at_ + 1]) || text_[at_ + 1] == '_' || text_[at_ + 1] == '/')) {
        // "e.g." is a word, "a.cpp" and "obj.field" are not.
        if (c == '.' && is_letter(text_[at_ + 1]) && at_ - from > 1) code = true;
        note(c);
        ++at_;
      } else if (c == '(' && at_ + 1 < text_.size() && text_[at_ + 1] == ')') {
        at_ += 2;
        code = true;
      } else {
        break;
      }
    }
    const std::string_view raw = text_.substr(from, at_ - from);
    if (raw.contains("://")) {
      while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != ')') ++at_;
      return push(TokenKind::kUrl, std::string(raw), from);
    }
    if (path && !either_or(raw)) return push(TokenKind::kPath, std::string(raw), from);
    if (digits_only) return push(TokenKind::kNumber, std::string(raw), from);
    const bool name = is_product_name(raw);
    if ((code || inner_case) && !name) return push(TokenKind::kCode, std::string(raw), from);
    std::string lower = ascii_lower(raw);
    for (std::size_t at = lower.find("’"); at != std::string::npos; at = lower.find("’")) {
      lower.replace(at, 3, "'");
    }
    push(TokenKind::kWord, std::move(lower), from);
  }

  // "and/or", "read/write": two words, no path.
  static bool either_or(std::string_view raw) {
    const auto slash = raw.find('/');
    return slash != std::string_view::npos && slash > 0 &&
           raw.find_first_of("/.@_\\:", slash + 1) == std::string_view::npos &&
           raw.find_first_of(".@_\\:") == std::string_view::npos &&
           std::ranges::all_of(raw, [](char c) { return is_letter(c) || c == '/'; });
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

// Past "- ", "* ", "1. ", "[ ] ", "> ".
std::size_t after_list_mark(std::string_view text) {
  std::size_t at = 0;
  for (bool again = true; again;) {
    again = false;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    const std::string_view rest = text.substr(at);
    std::size_t digits = 0;
    while (digits < rest.size() && digits < 3 && is_digit(rest[digits])) ++digits;
    if (digits > 0 && digits + 1 < rest.size() && (rest[digits] == '.' || rest[digits] == ')') &&
        rest[digits + 1] == ' ') {
      at += digits + 2, again = true;
    } else if (rest.size() > 1 && (rest[0] == '-' || rest[0] == '*' || rest[0] == '+') &&
               rest[1] == ' ') {
      at += 2, again = true;
    } else if (rest.starts_with("• ")) {
      at += 4, again = true;
    } else if (rest.size() > 3 && rest[0] == '[' && rest[2] == ']' && rest[3] == ' ') {
      at += 4, again = true;
    }
  }
  return at;
}

// "**Imports**: x", "**Imports:** x", "`a/b`: x", "Naming: x", "X - y": where the body begins.
std::size_t after_lead_in(std::string_view text, const std::vector<Token>& tokens,
                          SentenceForm& form) {
  const std::size_t looked = std::min<std::size_t>(tokens.size(), 8);
  for (std::size_t i = 0; i < looked; ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::kMark) continue;
    const bool dash = (token.text == "--" || token.text == "-") && i <= 5;
    if (token.text != ":" && !dash) {
      if (token.text == "(" || token.text == ")" || token.text == "," || token.text == "&" ||
          token.text == "!") {
        continue;
      }
      return 0;
    }
    if (i == 0 || i + 1 >= tokens.size()) return 0;
    const bool code = tokens[0].kind == TokenKind::kCode || tokens[0].kind == TokenKind::kPath;
    const bool bold = text.substr(0, token.to + 3).contains("**");
    if (!code && !bold && i > 4) return 0;
    form.lead_in = true;
    form.code_lead_in = code;
    return i + 1;
  }
  return 0;
}

bool is_word(const Token& token, std::string_view text) {
  return token.kind == TokenKind::kWord && token.text == text;
}

// "Format may change", "Release is manual": the word that could be a verb is the subject.
bool followed_as_noun(const std::vector<Token>& tokens, std::size_t at) {
  if (at + 1 >= tokens.size() || tokens[at + 1].kind != TokenKind::kWord) return false;
  const std::string& next = tokens[at + 1].text;
  return is_modal(next) || next == "of" || next == "is" || next == "are" || next == "was" ||
         next == "were" || next == "has" || next == "have" || next == "does" || next == "says";
}

Opening opening_of_word(const std::vector<Token>& tokens, std::size_t at) {
  const std::string& word = tokens[at].text;
  const auto next_is = [&](std::string_view text) {
    return at + 1 < tokens.size() && is_word(tokens[at + 1], text);
  };
  if (word == "don't" || word == "dont" || word == "never" || word == "avoid" || word == "no" ||
      word == "not" || word == "stop" || word == "without" || word == "refrain" ||
      (word == "do" && next_is("not")) || (word == "must" && next_is("not"))) {
    return Opening::kForbids;
  }
  if (word == "let's" || word == "lets" || (word == "let" && next_is("us"))) return Opening::kLets;
  if ((word == "let" && next_is("me")) || word == "i" || word == "i'll" || word == "i've" ||
      word == "i'm" || word == "i'd" || word == "my" || word == "im" || word == "ill") {
    return Opening::kFirstPerson;
  }
  if (word == "we" || word == "we're" || word == "we'll" || word == "we've" || word == "our") {
    return Opening::kWe;
  }
  if (word.starts_with("you")) return Opening::kYou;
  if (word == "it" || word == "this" || word == "that" || word == "there" || word == "it's" ||
      word == "that's" || word == "they" || word == "these" || word == "he" || word == "those" ||
      word == "its" || word == "here" || word == "here's") {
    return Opening::kIt;
  }
  if (word == "every" || word == "each" || word == "all" || word == "any" || word == "only" ||
      word == "anything" || word == "everything" || word == "nothing") {
    return Opening::kUniversal;
  }
  if (is_instruction_verb(word) && !followed_as_noun(tokens, at)) return Opening::kImperative;
  if (is_question_opener(word) && word != "when" && word != "where") return Opening::kQuestion;
  if (word == "the" || word == "a" || word == "an") return Opening::kDeterminer;
  if (is_third_person(word)) return Opening::kThirdPerson;
  if (word.size() > 5 && word.ends_with("ing")) return Opening::kGerund;
  if (is_past(word)) return Opening::kPast;
  return Opening::kNoun;
}

bool skipped_at_opening(const Token& token) {
  if (token.kind == TokenKind::kMark) return token.text != "?";
  return token.kind == TokenKind::kWord &&
         (is_filler(token.text) || is_acknowledgement(token.text) || token.text == "always" ||
          token.text == "generally" || token.text == "remember" || token.text == "got");
}

// "When …, VERB": the verb after the condition's comma.
std::size_t after_condition(const std::vector<Token>& tokens, std::size_t at) {
  for (std::size_t i = at + 1; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kMark) continue;
    if (tokens[i].text != "," && tokens[i].text != ":" && tokens[i].text != "--") continue;
    std::size_t verb = i + 1;
    while (verb < tokens.size() && skipped_at_opening(tokens[verb])) ++verb;
    return verb;
  }
  return tokens.size();
}

void find_opening(SentenceForm& form) {
  const auto& tokens = form.tokens;
  std::size_t at = form.body;
  while (at < tokens.size() && skipped_at_opening(tokens[at])) {
    const Token& token = tokens[at];
    // "no tabs" forbids; "no, use tabs" only answers.
    if (is_word(token, "no") &&
        !(at + 1 < tokens.size() && tokens[at + 1].kind == TokenKind::kMark)) {
      break;
    }
    if (token.kind == TokenKind::kWord && is_acknowledgement(token.text)) form.acknowledges = true;
    ++at;
  }
  form.verb = at;
  if (at >= tokens.size()) return;
  const Token& token = tokens[at];
  if (token.kind == TokenKind::kNumber) {
    form.opening = Opening::kNumber;
  } else if (token.kind != TokenKind::kWord) {
    form.opening = Opening::kCode;
  } else if (is_condition(token.text)) {
    const std::size_t verb = after_condition(tokens, at);
    const bool does = verb < tokens.size() && tokens[verb].kind == TokenKind::kWord &&
                      (opening_of_word(tokens, verb) == Opening::kImperative ||
                       opening_of_word(tokens, verb) == Opening::kForbids);
    form.opening = does ? Opening::kConditionDo : Opening::kCondition;
    if (does) form.verb = verb;
  } else {
    form.opening = opening_of_word(tokens, at);
  }
}

// Bytes in signs that prose has not, and the marks of logs, shells and source.
double code_share_of(std::string_view text, const std::vector<Token>& tokens) {
  if (text.empty()) return 0;
  std::size_t signs = 0;
  for (const char c : text) {
    signs += std::string_view("{}[]<>=;|\\$%^&_/").find(c) != std::string_view::npos ? 1U : 0U;
  }
  std::size_t codes = 0;
  for (const Token& token : tokens) {
    if (token.kind != TokenKind::kWord && token.kind != TokenKind::kMark)
      codes += token.to - token.from;
  }
  return std::min(
      1.0, static_cast<double>(std::max(codes, 3 * signs)) / static_cast<double>(text.size()));
}

}  // namespace

SentenceForm form_of(std::string_view text) {
  text = text.substr(0, kStatementBytesLooked);
  SentenceForm form;
  const std::size_t start = after_list_mark(text);
  form.list_item = start > 0;
  form.tokens = Tokenizer(text).run(start);
  form.body = after_lead_in(text.substr(start), form.tokens, form);
  find_opening(form);
  const std::string_view end = trim(text);
  form.asks = end.ends_with('?') || form.opening == Opening::kQuestion;
  form.code_share = code_share_of(end, form.tokens);
  return form;
}

bool is_plain_statement(const SentenceForm& form) {
  switch (form.opening) {
    case Opening::kDeterminer:
    case Opening::kThirdPerson:
    case Opening::kPast:
    case Opening::kNoun:
    case Opening::kCode:
    case Opening::kIt:
    case Opening::kCondition:
    case Opening::kNumber:
      break;
    default:
      return false;
  }
  constexpr std::array<std::string_view, 9> kDecides = {
      "not", "never", "no", "don't", "doesn't", "without", "instead", "rather", "avoid"};
  constexpr std::array<std::string_view, 6> kLeavesOpen = {"may",   "can",  "might",
                                                           "could", "will", "would"};
  const auto one_of = [](const std::string& word, const auto& list) {
    return std::ranges::find(list, word) != list.end();
  };
  bool indicative = false;
  for (std::size_t i = form.body; i < form.tokens.size(); ++i) {
    const Token& token = form.tokens[i];
    if (token.kind == TokenKind::kMark && token.text == "->") return false;
    if (token.kind != TokenKind::kWord) continue;
    const std::string& word = token.text;
    if (one_of(word, kDecides) || is_lasting(word)) return false;
    if (is_modal(word) && !one_of(word, kLeavesOpen)) return false;
    if (is_universal(word) && word != "all" && word != "any") return false;
    const bool after_mark = i > form.body && form.tokens[i - 1].kind == TokenKind::kMark;
    if (after_mark && is_instruction_verb(word)) return false;
    const bool verb = is_third_person(word) || word == "are" || is_past(word);
    indicative = indicative || (verb && (i > form.body || form.opening == Opening::kThirdPerson));
  }
  return indicative;
}

bool asks_something(const SentenceForm& form) {
  return form.opening == Opening::kImperative || form.opening == Opening::kForbids ||
         form.opening == Opening::kConditionDo || form.opening == Opening::kLets;
}

bool is_content(const Token& token) {
  return token.kind == TokenKind::kWord && token.text.size() > 2 && !is_stop_word(token.text) &&
         !is_modal(token.text) && !is_filler(token.text) && !is_universal(token.text) &&
         !is_acknowledgement(token.text);
}

bool is_empty_advice(const SentenceForm& form) {
  constexpr std::size_t kTokensMax = 12, kTokensOfSlogan = 4;
  constexpr std::array<std::string_view, 7> kSaysWhen = {"instead", "rather", "because", "when",
                                                         "before",  "after",  "if"};
  constexpr std::array<std::string_view, 4> kProper = {"proper", "properly", "appropriate",
                                                       "appropriately"};
  const std::size_t from = form.body < form.tokens.size() ? form.body : 0;
  bool vague = false, proper = false, specific = false;
  for (std::size_t i = from; i < form.tokens.size(); ++i) {
    const Token& token = form.tokens[i];
    if (token.kind == TokenKind::kMark) {
      if (token.text == "->" || token.text == ":") return false;
      continue;
    }
    const std::string& word = token.text;
    if (token.kind != TokenKind::kWord || std::ranges::find(kSaysWhen, word) != kSaysWhen.end()) {
      return false;
    }
    vague = vague || is_vague(word);
    proper = proper || std::ranges::find(kProper, word) != kProper.end();
    const bool says_little = word.size() < 3 || is_stop_word(word) || is_modal(word) ||
                             is_filler(word) || is_universal(word) || is_vague(word) ||
                             is_generic(word);
    specific = specific || !says_little;
  }
  const std::size_t n = form.tokens.size() - from;
  if (n > kTokensMax) return false;
  return proper || (!specific && (vague || n <= kTokensOfSlogan));
}

}  // namespace hardwon::learn
