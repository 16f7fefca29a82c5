#include "learn/rule_features.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/hash.h"
#include "base/text.h"
#include "learn/rule_words.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kTokensMax = 60;

constexpr std::array<std::string_view, 19> kOpenings = {
    "empty", "do",  "forbid", "lets", "i",   "we",   "you",  "it",  "cond-do", "cond",
    "ask",   "3rd", "past",   "ing",  "the", "univ", "code", "num", "noun"};
constexpr std::array<std::string_view, 5> kHeadings = {"none", "rules", "forbids", "facts",
                                                       "other"};

class Features {
 public:
  Features(const Statement& statement, const SentenceForm& form)
      : statement_(statement), form_(form) {
    static constexpr std::array<char, 3> kVoices = {'P', 'A', 'F'};
    voice_ = kVoices[static_cast<std::size_t>(statement.voice)];
  }

  std::vector<std::uint32_t> all() {
    find_signs();
    add_form();
    add_combinations();
    add_parts();
    add_words();
    add_heading();
    std::ranges::sort(out_);
    out_.erase(std::unique(out_.begin(), out_.end()), out_.end());
    return std::move(out_);
  }

 private:
  // What stands where in the sentence, found once.
  struct Signs {
    bool universal = false, never = false, deictic = false, modal = false, must = false;
    bool first_person = false, we = false, you = false, instead = false, arrow = false;
    bool past = false, passive = false, quote_end = false, time = false, file_ref = false;
    bool habit = false, second_verb = false, copula = false, example = false, wish = false;
    bool limit = false, lasting = false, local = false, here = false, vague = false;
    bool specific = false;
    std::string modal_subject, modal_word;
    std::size_t words = 0, codes = 0, marks = 0;
  };

  void add(std::string_view feature) {
    out_.push_back(bucket(feature, 1));
    out_.push_back(bucket(feature, static_cast<std::uint64_t>(voice_)));
  }
  void add_plain(std::string_view feature) { out_.push_back(bucket(feature, 1)); }
  static std::uint32_t bucket(std::string_view feature, std::uint64_t seed) {
    return static_cast<std::uint32_t>(hash64(feature, seed) % kRuleFeatureBuckets);
  }
  static std::string join(std::string_view a, std::string_view b, std::string_view c = {}) {
    std::string text(a);
    text += '|';
    text += b;
    if (!c.empty()) (text += '|') += c;
    return text;
  }

  void find_signs() {
    const auto& tokens = form_.tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const Token& token = tokens[i];
      if (token.kind == TokenKind::kMark) {
        ++signs_.marks;
        signs_.arrow = signs_.arrow || token.text == "->";
        continue;
      }
      if (token.kind != TokenKind::kWord) {
        ++signs_.codes;
        signs_.file_ref = signs_.file_ref || (!token.text.empty() && token.text[0] == '@');
        continue;
      }
      ++signs_.words;
      const std::string& word = token.text;
      // "always use", "never commit": the verb of a habit.
      if (i > 0 && (is_universal(tokens[i - 1].text) || tokens[i - 1].text == "don't") &&
          is_instruction_verb(word)) {
        add(join("hab", stem(word)));
        signs_.habit = true;
      }
      signs_.universal = signs_.universal || is_universal(word);
      signs_.never = signs_.never || word == "never" || word == "don't" || word == "avoid" ||
                     word == "dont" || (word == "not" && i > 0);
      signs_.deictic = signs_.deictic || (is_deictic(word) && i > 0);
      signs_.first_person = signs_.first_person || word == "i" || word == "my" || word == "me" ||
                            word == "i'll" || word == "i'm";
      signs_.we = signs_.we || word == "we" || word == "our" || word == "us";
      signs_.you = signs_.you || word == "you" || word == "your";
      signs_.past = signs_.past || is_past(word);
      signs_.copula = signs_.copula || word == "is" || word == "are";
      signs_.example = signs_.example || word == "e.g" || word == "example" || word == "i.e";
      signs_.wish =
          signs_.wish || word == "want" || word == "prefer" || word == "like" || word == "need";
      signs_.time = signs_.time || word == "today" || word == "now" || word == "moment" ||
                    word == "yet" || word == "temporarily" || word == "tomorrow";
      find_reach(i);
      const bool over = (word == "over" || word == "rather" || word == "instead" ||
                         word == "than" || word == "not");
      signs_.instead = signs_.instead || (over && i > form_.body + 1);
      if (i > form_.verb && is_instruction_verb(word) && tokens[i - 1].kind == TokenKind::kMark) {
        signs_.second_verb = true;
      }
      if (i > 0 && is_past(word) &&
          (tokens[i - 1].text == "are" || tokens[i - 1].text == "is" ||
           tokens[i - 1].text == "be" || tokens[i - 1].text == "get" ||
           tokens[i - 1].text == "never" || tokens[i - 1].text == "always")) {
        signs_.passive = true;
      }
      if (is_modal(word) && !signs_.modal) {
        signs_.modal = true;
        signs_.modal_word = word;
        signs_.modal_subject = i == 0 ? "none"
                               : tokens[i - 1].kind == TokenKind::kWord
                                   ? subject_class(tokens[i - 1].text)
                                   : "code";
        signs_.must = word == "must" || word == "should" || word == "shall";
      }
    }
  }

  // For how long, and for how much of the work, a sentence says that it speaks.
  void find_reach(std::size_t i) {
    const auto& tokens = form_.tokens;
    const std::string& word = tokens[i].text;
    const std::string_view before =
        i > 0 && tokens[i - 1].kind == TokenKind::kWord ? tokens[i - 1].text : std::string_view();
    const bool points = before == "this" || before == "that" || before == "these" ||
                        before == "the" || before == "our";
    signs_.limit = signs_.limit || is_limit(word) ||
                   (word == "for" && (before == "just" || before == "only")) ||
                   (word == "once" && before == "this") || (word == "time" && before == "this");
    signs_.lasting = signs_.lasting || is_lasting(word) || (word == "on" && before == "here") ||
                     (word == "forward" && before == "going") ||
                     (word == "good" && before == "for") || (word == "now" && before == "from") ||
                     (word == "time" && before == "every");
    signs_.local = signs_.local || (points && before != "our" && is_part_of_work(word));
    signs_.here = signs_.here || (points && is_whole_work(word));
    signs_.vague = signs_.vague || is_vague(word);
    signs_.specific = signs_.specific || (word.size() > 2 && !is_vague(word) && !is_generic(word) &&
                                          !is_stop_word(word) && !is_modal(word) &&
                                          !is_filler(word) && !is_universal(word));
  }

  static std::string subject_class(const std::string& word) {
    for (const std::string_view known : {"you", "we", "i", "it", "this", "that", "they", "who"}) {
      if (word == known) return word;
    }
    return "noun";
  }

  static std::string_view size_class(std::size_t n) {
    constexpr std::array<std::size_t, 8> kSteps = {0, 1, 2, 4, 7, 12, 20, 35};
    constexpr std::array<std::string_view, 9> kNames = {"0",  "1",  "2",  "4", "7",
                                                        "12", "20", "35", "+"};
    const auto it = std::ranges::lower_bound(kSteps, n);
    return kNames[static_cast<std::size_t>(it - kSteps.begin())];
  }

  std::string_view opening() const { return kOpenings[static_cast<std::size_t>(form_.opening)]; }
  std::string_view heading() const {
    return kHeadings[static_cast<std::size_t>(heading_kind(statement_.heading))];
  }

  void add_form() {
    add("bias");
    add(join("o", opening()));
    add(join("n", size_class(signs_.words)));
    add(join("codes", size_class(signs_.codes)));
    add(join("share", size_class(static_cast<std::size_t>(form_.code_share * 20))));
    const std::string_view text = trim(statement_.text);
    if (!text.empty()) {
      const char end = text.back();
      const bool letter = (end | 32) >= 'a' && (end | 32) <= 'z';
      add(join("end", letter ? std::string_view("a") : text.substr(text.size() - 1)));
      add(join("start", text[0] >= 'A' && text[0] <= 'Z'   ? std::string_view("A")
                        : text[0] >= 'a' && text[0] <= 'z' ? std::string_view("a")
                                                           : text.substr(0, 1)));
    }
    const std::array<std::pair<bool, std::string_view>, 34> flags = {
        {{form_.list_item, "item"},
         {form_.lead_in, "lead"},
         {form_.code_lead_in, "code-lead"},
         {form_.acknowledges, "ack"},
         {form_.asks, "asks"},
         {signs_.universal, "universal"},
         {signs_.never, "never"},
         {signs_.deictic, "deictic"},
         {signs_.modal, "modal"},
         {signs_.must, "must"},
         {signs_.first_person, "i"},
         {signs_.we, "we"},
         {signs_.you, "you"},
         {signs_.instead, "instead"},
         {signs_.arrow, "arrow"},
         {signs_.past, "past"},
         {signs_.passive, "passive"},
         {signs_.time, "time"},
         {signs_.file_ref, "file"},
         {signs_.second_verb, "verb2"},
         {signs_.copula, "copula"},
         {signs_.example, "example"},
         {signs_.wish, "wish"},
         {signs_.habit, "habit"},
         {signs_.limit, "limit"},
         {signs_.lasting, "lasting"},
         {signs_.local, "local"},
         {signs_.here, "here"},
         {signs_.vague, "vague"},
         {signs_.vague && signs_.codes == 0, "vague-words"},
         {!signs_.specific && signs_.codes == 0, "unspecific"},
         {form_.body >= form_.tokens.size(), "lead-only"},
         {signs_.codes > 0, "code"},
         {form_.lead_in && !form_.code_lead_in, "word-lead"}}};
    for (const auto& [on, name] : flags) {
      if (!on) continue;
      add(join("f", name));
      add(join("of", opening(), name));
      if (statement_.voice == Voice::kRuleFile) add_plain(join("hf", heading(), name));
    }
  }

  void add_combinations() {
    if (signs_.modal) {
      add(join("ms", signs_.modal_subject, signs_.modal_word));
      add(join("mu", signs_.universal ? "u" : "-", signs_.modal_word));
    }
    if (statement_.voice == Voice::kRuleFile) add_plain(join("ho", heading(), opening()));
    add(join("ol", opening(), size_class(signs_.words)));
    add(join("uo", std::string(signs_.universal ? "u" : "-") + (signs_.deictic ? "d" : "-"),
             opening()));
    add(join("reach", std::string(signs_.limit ? "l" : "-") + (signs_.lasting ? "s" : "-") +
                          (signs_.local ? "p" : "-") + (signs_.here ? "w" : "-")));
    add(join("ud", std::string(signs_.universal ? "u" : "-") + (signs_.first_person ? "i" : "-") +
                       (signs_.we ? "w" : "-") + (form_.asks ? "?" : "-")));
    // Whose wish or habit it is, and how far it reaches: "we always …", "I want …".
    add(join("stance",
             std::string(signs_.universal || signs_.habit ? "u" : "-") +
                 (signs_.lasting || signs_.here ? "l" : "-") + (signs_.wish ? "h" : "-") +
                 (signs_.we ? "w" : "-") + (signs_.first_person ? "i" : "-"),
             opening()));
  }

  // The words as the classifier counts them: identifiers, paths and numbers are kinds, not words.
  std::string shape(const Token& token) const {
    switch (token.kind) {
      case TokenKind::kWord:
        return token.text.size() > 24 ? "<long>" : stem(token.text);
      case TokenKind::kCode:
        if (is_name_case(token.text)) return "<case>";
        return token.text.contains(' ') ? "<command>" : "<code>";
      case TokenKind::kNumber:
        return "<number>";
      case TokenKind::kPath:
        return "<path>";
      case TokenKind::kUrl:
        return "<url>";
      case TokenKind::kMark:
        return token.text;
    }
    return {};
  }

  // What part a token plays, as far as its form tells.
  static char part_of(const Token& token) {
    switch (token.kind) {
      case TokenKind::kCode:
        if (is_name_case(token.text)) return 'N';
        return token.text.contains(' ') ? 'X' : 'C';
      case TokenKind::kNumber:
        return '#';
      case TokenKind::kPath:
        return 'F';
      case TokenKind::kUrl:
        return 'U';
      case TokenKind::kMark:
        return token.text == "--" || token.text == "-" ? '-' : token.text[0];
      case TokenKind::kWord:
        break;
    }
    const std::string& word = token.text;
    if (word == "i" || word == "i'll" || word == "i'm" || word == "i've" || word == "my" ||
        word == "me") {
      return 'I';
    }
    if (word == "we" || word == "our" || word == "us") return 'W';
    if (word.starts_with("you")) return 'Y';
    if (word == "it" || word == "they" || word == "he" || word == "she" || word == "its") {
      return 'T';
    }
    if (word == "is" || word == "are" || word == "was" || word == "were" || word == "be" ||
        word == "been" || word == "it's" || word == "that's") {
      return 'b';
    }
    if (word == "not" || word == "never" || word == "no" || word == "don't" || word == "avoid" ||
        word == "dont" || word == "doesn't" || word == "without") {
      return 'n';
    }
    if (word == "a" || word == "an" || word == "the") return 'a';
    if (is_modal(word)) return 'M';
    if (is_universal(word)) return 'u';
    if (is_deictic(word)) return 'd';
    if (is_acknowledgement(word)) return 'k';
    if (is_condition(word)) return 'p';
    if (word == "and" || word == "or" || word == "but" || word == "so") return '&';
    if (word == "of" || word == "to" || word == "than" || word == "via" || word == "per") {
      return 'o';
    }
    if (is_instruction_verb(word)) return 'V';
    if (is_third_person(word)) return 'S';
    if (is_past(word)) return 'D';
    if (word.size() > 5 && word.ends_with("ing")) return 'G';
    if (word.size() > 4 && word.ends_with("ly")) return 'y';
    if (word.size() > 4 && word.ends_with("s")) return 's';
    return 'w';
  }

  void add_parts() {
    const auto& tokens = form_.tokens;
    const std::size_t n = std::min(tokens.size(), kTokensMax);
    std::string parts;
    for (std::size_t i = form_.body; i < n; ++i) parts += part_of(tokens[i]);
    for (std::size_t length = 2; length <= 5; ++length) {
      if (parts.size() >= length) add(join("s", std::string_view(parts).substr(0, length)));
    }
    for (std::size_t i = 0; i + 3 <= parts.size(); ++i) {
      add_plain(join("s3", std::string_view(parts).substr(i, 3)));
    }
    const bool all_code =
        !parts.empty() && parts.find_first_not_of("CFXU#,-/&().:") == std::string::npos;
    if (all_code) add(join("f", "all-code", form_.lead_in ? "lead" : ""));
    if (parts.size() >= 2) add(join("se", std::string_view(parts).substr(parts.size() - 2)));
    // The word of the verb with what follows it, as a part: "see F", "use C", "format M".
    if (form_.verb < n && tokens[form_.verb].kind == TokenKind::kWord) {
      const std::size_t at = form_.verb - std::min(form_.verb, form_.body);
      add_plain(join("vp", shape(tokens[form_.verb]),
                     at + 1 < parts.size() ? std::string(1, parts[at + 1]) : "."));
    }
  }

  void add_words() {
    const auto& tokens = form_.tokens;
    const std::size_t n = std::min(tokens.size(), kTokensMax);
    std::string before = "<s>";
    for (std::size_t i = 0; i < n; ++i) {
      const std::string now = shape(tokens[i]);
      // "always" and "must" count by where they stand, not by themselves: the corpus is full of
      // sentences that hold them and state nothing.
      const bool cue = tokens[i].kind == TokenKind::kWord &&
                       (is_universal(tokens[i].text) || is_modal(tokens[i].text));
      if (!cue) add(join("w", now));
      add_plain(join("b", before, now));
      if (i >= form_.body && i < form_.body + 4)
        add(join("p", std::to_string(i - form_.body), now));
      if (i == form_.verb) {
        add(join("v", now));
        add_plain(join("vo", opening(), now));
      }
      before = now;
    }
    add_plain(join("b", before, "</s>"));
    if (form_.lead_in) {
      for (std::size_t i = 0; i < std::min(form_.body, n); ++i) {
        add_plain(join("l", shape(tokens[i])));
      }
    }
  }

  void add_heading() {
    if (statement_.voice != Voice::kRuleFile) return;
    add_plain(join("h", heading()));
    std::size_t used = 0;
    for (const std::string& word : words(statement_.heading)) {
      if (++used > 10) break;
      add_plain(join("hw", stem(word)));
    }
  }

  const Statement& statement_;
  const SentenceForm& form_;
  char voice_ = 'P';
  Signs signs_;
  std::vector<std::uint32_t> out_;
};

}  // namespace

std::vector<std::uint32_t> rule_features(const Statement& statement, const SentenceForm& form) {
  return Features(statement, form).all();
}

}  // namespace hardwon::learn
