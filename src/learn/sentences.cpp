// sentences_in(): a turn or a rule file, cut into sentences and list items.

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "learn/rule_words.h"
#include "learn/rules.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kCommandBytesMax = 120, kAsideBytesMax = 200;

bool is_blank(std::string_view line) { return trim(line).empty(); }

// "# Title" without its marks, or nothing.
std::optional<std::string> heading_of(std::string_view line) {
  const std::string_view text = trim(line);
  std::size_t marks = 0;
  while (marks < text.size() && text[marks] == '#') ++marks;
  if (marks == 0 || marks > 6 || marks == text.size() || text[marks] != ' ') return std::nullopt;
  return std::string(trim(text.substr(marks)));
}

bool opens_list_item(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.starts_with("- ") || text.starts_with("* ") || text.starts_with("+ ") ||
      text.starts_with("• ")) {
    return true;
  }
  std::size_t digits = 0;
  while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') ++digits;
  return digits > 0 && digits + 1 < text.size() && (text[digits] == '.' || text[digits] == ')') &&
         text[digits + 1] == ' ';
}

// Lines that are no prose: tables, rules, HTML comments, quotations.
bool is_furniture(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.starts_with('|') || text.starts_with('>') || text.starts_with("<!--") ||
      text.starts_with("![")) {
    return true;
  }
  return text.size() >= 3 && text.find_first_not_of("-=_* ") == std::string_view::npos;
}

bool is_underline(std::string_view line) {
  const std::string_view text = trim(line);
  return text.size() >= 3 && (text.find_first_not_of('=') == std::string_view::npos ||
                              text.find_first_not_of('-') == std::string_view::npos);
}

// A period ends a sentence when a blank and a capital, digit, quote or code span follow, and what
// stands before it is no abbreviation.
bool ends_sentence(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c != '.' && c != '!' && c != '?') return false;
  std::size_t next = at + 1;
  while (next < text.size() && (text[next] == '"' || text[next] == ')' || text[next] == '*' ||
                                text[next] == '`' || text[next] == '\'')) {
    ++next;
  }
  if (next >= text.size()) return true;
  const auto blank = [&] { return text[next] == ' ' || text[next] == '\n' || text[next] == '\r'; };
  if (!blank()) return false;
  while (next < text.size() && blank()) ++next;
  if (next >= text.size()) return true;
  const auto follower = static_cast<unsigned char>(text[next]);
  if (c != '.') return true;
  const std::size_t word = text.find_last_of(" (\n", at);
  const std::string before =
      ascii_lower(text.substr(word == std::string_view::npos ? 0 : word + 1,
                              at - (word == std::string_view::npos ? 0 : word + 1)));
  static constexpr std::string_view kShort[] = {"e.g", "i.e", "etc", "vs",     "cf",   "no",
                                                "dr",  "mr",  "fig", "approx", "incl", "resp"};
  if (std::ranges::find(kShort, before) != std::end(kShort)) return false;
  const bool opens_line = word == std::string_view::npos || text[word] == '\n';
  const bool numbered = opens_line && !before.empty() && before.size() <= 2 &&
                        before.find_first_not_of("0123456789") == std::string::npos;
  // People type without capitals; "vs. x" and "a. b" are no ends all the same.
  const bool lower = follower >= 'a' && follower <= 'z';
  if (lower && (before.size() < 3 || before.find('.') != std::string::npos)) return false;
  return !numbered;
}

// The marks that open a code fence, or nothing; "```x``` …" on one line is a code span.
std::string_view fence_of(std::string_view text) {
  if (!text.starts_with("```") && !text.starts_with("~~~")) return {};
  const std::string_view marks =
      text.substr(0, std::min(text.find_first_not_of(text[0]), text.size()));
  return text[0] == '`' && text.substr(marks.size()).contains('`') ? std::string_view() : marks;
}

bool opens_numbered(std::string_view line) {
  const std::string_view text = trim(line);
  return opens_list_item(text) && text[0] >= '0' && text[0] <= '9';
}

std::size_t indent_of(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : line) {
    if (c != ' ' && c != '\t') break;
    columns += c == '\t' ? 4 : 1;
  }
  return columns;
}

// "Steps:", "**Before you push**:", but no "std::".
bool ends_in_colon(std::string_view text) {
  while (!text.empty() && (text.back() == '*' || text.back() == '_')) text.remove_suffix(1);
  return text.ends_with(':') && !text.ends_with("::");
}

// "**Storage**: One." -> "Storage"; "Storage: One." too, of at most four words.
std::string label_of(std::string_view block) {
  std::string_view text = trim(block);
  if (opens_list_item(text)) text = trim(text.substr(text.find(' ')));
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon > 60 || text.find('`') < colon) return {};
  const std::string label = lead_text(text.substr(0, colon));
  const bool bold = text.starts_with("**");
  return std::ranges::count(label, ' ') < (bold ? 6 : 3) && !label.contains('.') ? label : "";
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<Sentence> run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      std::size_t end = text_.find('\n', at);
      if (end == std::string_view::npos) end = text_.size();
      ++line_;
      take_line(at, text_.substr(at, end - at));
      at = end + 1;
    }
    flush();
    return std::move(out_);
  }

 private:
  void take_line(std::size_t at, std::string_view line) {
    const std::string_view text = trim(line);
    if (line_ == 1 && text == "---") front_matter_end_ = end_of_front_matter();
    if (at <= front_matter_end_ && front_matter_end_ > 0) return;
    if (!fence_.empty()) return take_fenced(text);
    if (at <= comment_end_ && comment_end_ > 0) return;
    if (const std::string_view fence = fence_of(text); !fence.empty()) {
      flush();
      fence_ = fence;
      fenced_.clear();
      return;
    }
    if (auto heading = heading_of(line)) {
      flush();
      take_heading(std::move(*heading), std::min<std::size_t>(text.find(' '), 6));
      return;
    }
    if (text.starts_with("<!--") && !comments_unclosed_) {
      const std::size_t end = text_.find("-->", at);
      comments_unclosed_ = end == std::string_view::npos;
      if (!comments_unclosed_) comment_end_ = end;
    }
    if (is_underline(line) && from_ != to_ && !in_list_) {
      std::string title = one_line(text_.substr(from_, to_ - from_));  // "Title" over "====="
      from_ = to_ = 0;
      take_heading(std::move(title), text[0] == '=' ? 1 : 2);
      return;
    }
    if (is_blank(line) || is_furniture(line)) return flush();
    if (opens_list_item(line)) flush();
    if (from_ == to_) open_block(at, line);
    to_ = at + line.size();
  }

  void open_block(std::size_t at, std::string_view line) {
    in_list_ = opens_list_item(line);
    numbered_ = opens_numbered(line);
    indent_ = indent_of(line);
    // A paragraph at the margin ends the list above it and what that hung from.
    if (!in_list_ && indent_ < 2) items_.clear(), lead_.clear(), lead_opens_ = false;
    while (!items_.empty() && items_.back().indent >= indent_) items_.pop_back();
    from_ = at;
    first_line_ = line_;
  }

  // The only line of a fence belongs to the sentence above it: "Before a commit, run:".
  void take_fenced(std::string_view text) {
    const bool closes = text.starts_with(fence_) && fence_of(text).size() == text.size();
    if (!closes) {
      if (!text.empty()) fenced_.push_back(text);
      return;
    }
    fence_ = {};
    if (out_.empty() || !out_.back().opens_list) return;
    if (fenced_.size() == 1 && fenced_[0].size() <= kCommandBytesMax && out_.back().command.empty())
      out_.back().command = fenced_[0];
  }

  void take_heading(std::string heading, std::size_t level) {
    heading_ = std::move(heading);
    items_.clear();
    lead_.clear();
    lead_opens_ = false;
    for (std::size_t i = level; i < headings_.size(); ++i) headings_[i].clear();
    headings_[level - 1] = heading_;
    above_.clear();
    for (std::size_t i = headings_.size(); i > 1; --i) {
      if (!headings_[i - 1].empty()) above_.push_back(headings_[i - 1]);
    }
  }

  // Where the line begins that closes it; 0 when none does: then "---" is a ruler.
  std::size_t end_of_front_matter() const {
    for (std::size_t at = text_.find("\n---"); at != std::string_view::npos;
         at = text_.find("\n---", at + 1)) {
      const std::size_t end = std::min(text_.find('\n', at + 1), text_.size());
      if (trim(text_.substr(at + 1, end - at - 1)) == "---") return at + 1;
    }
    return 0;
  }

  // Cuts the block that was gathered; a list item of one sentence stays whole.
  void flush() {
    const std::string_view block = text_.substr(from_, to_ - from_);
    std::size_t from = 0;
    std::int64_t line = first_line_, here = first_line_;
    bool in_code = false;
    int depth = 0;
    first_ = true;
    const std::size_t before = out_.size();
    label_ = label_of(block);
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block[i] == '\n') ++here;
      if (block[i] == '`') in_code = !in_code;
      if (i == from) depth = 0;
      if (block[i] == '(') ++depth;
      if (block[i] == ')' && depth > 0) --depth;
      // "(say "Thanks!" to all)" goes on; a bracket that nothing closes does not for ever.
      const bool aside = depth > 0 && block[from] != '(' && i - from < kAsideBytesMax;
      if (in_code || aside || !ends_sentence(block, i)) continue;
      push(block.substr(from, i + 1 - from), line);
      from = i + 1;
      while (from < block.size() &&
             (block[from] == '*' || block[from] == '"' || block[from] == ')')) {
        ++from;
      }
      line = here;
    }
    push(block.substr(std::min(from, block.size())), line);
    from_ = to_ = 0;
    if (out_.size() == before) return;
    const bool opens = out_.back().opens_list;
    if (in_list_) {
      items_.push_back({indent_, lead_text(out_[opens ? out_.size() - 1 : before].text), opens});
    } else if (indent_ < 2 || opens) {
      // "**Rules**" on a line of its own heads what follows, too.
      const bool bold = out_.size() == before + 1 && block.starts_with("**") &&
                        trim(block).ends_with("**") && block.size() <= 80;
      lead_ = opens || bold ? lead_text(out_.back().text) : "";
      lead_opens_ = opens || bold;
    }
  }

  // line: that on which `block` begins.
  void push(std::string_view block, std::int64_t line) {
    const std::string_view text = trim(block);
    if (text.find_first_not_of("-*#.,:;!?() \t\n\"'`") == std::string_view::npos) return;
    line += std::count(block.begin(), text.begin(), '\n');
    // "Do NOT" above forbids what an item opens with; what follows there says why, or what instead.
    const bool carried = first_ || heading_kind(heading_) != HeadingKind::kForbids;
    Sentence sentence{.text = text,
                      .heading = carried ? heading_ : "",
                      .line = line,
                      .above = above_,
                      .label = first_ ? "" : label_,
                      .item = in_list_,
                      .numbered = in_list_ && numbered_,
                      .first = first_,
                      .opens_list = ends_in_colon(text)};
    const bool nested = in_list_ && !items_.empty();
    if (nested) {
      sentence.lead = items_.back().text;
      sentence.lead_opens = items_.back().opens;
    } else if (in_list_) {
      sentence.lead = lead_;
      sentence.lead_opens = lead_opens_;
    }
    out_.push_back(std::move(sentence));
    first_ = false;
  }

  std::string_view text_;
  std::vector<Sentence> out_;
  std::string heading_;
  std::int64_t line_ = 0, first_line_ = 0;
  std::size_t from_ = 0, to_ = 0;
  struct Item {
    std::size_t indent = 0;
    std::string text;  // its first sentence, or the one that ends in ':'
    bool opens = false;
  };
  std::vector<Item> items_;  // that the block may be nested in, outermost first
  std::string lead_;         // the paragraph that a list hangs from
  bool lead_opens_ = false;
  std::array<std::string, 6> headings_;  // by level
  std::vector<std::string> above_;
  std::string label_;
  std::vector<std::string_view> fenced_;
  std::size_t indent_ = 0;
  bool numbered_ = false;
  bool in_list_ = false;    // the block that is gathered is a list item
  bool first_ = true;       // of its list item or paragraph
  std::string_view fence_;  // that is open
  std::size_t front_matter_end_ = 0, comment_end_ = 0;
  bool comments_unclosed_ = false;  // none of those that follow is closed
};

// "a/*.ts, b/**", "[\"**/*.py\"]", "'*.{ts,tsx}'": a comma within braces parts nothing.
void add_globs(std::string_view values, std::vector<std::string>& out) {
  constexpr std::size_t kGlobsMax = 32;
  std::string glob;
  int depth = 0;
  const auto finish = [&] {
    const std::string_view text = trim(glob);
    if (!text.empty() && out.size() < kGlobsMax) out.emplace_back(text);
    glob.clear();
  };
  for (const char c : values) {
    if (c == '"' || c == '\'' || ((c == '[' || c == ']') && depth == 0)) continue;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (c == ',' && depth == 0) {
      finish();
    } else {
      glob += c;
    }
  }
  finish();
}

}  // namespace

std::vector<Sentence> sentences_in(std::string_view text) { return Splitter(text).run(); }

std::string lead_text(std::string_view line) {
  const std::string text = one_line(line);
  std::string_view rest = text;
  if (opens_list_item(rest)) rest = trim(rest.substr(rest.find(' ')));
  std::string out;
  for (const char c : rest) {
    if (c != '*') out += c;
  }
  rest = trim(out);
  while (rest.ends_with(':')) rest = trim(rest.substr(0, rest.size() - 1));
  return std::string(rest);
}

std::vector<std::string> globs_in(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false, listed = false;
  std::int64_t number = 0;
  for (const std::string_view raw : split_lines(text)) {
    const std::string_view line = trim(raw);
    if (++number == 1 && line != "---") return {};
    if (number == 1) continue;
    if (line == "---") {
      inside = true;
      break;
    }
    std::string_view values;
    const std::size_t colon = line.find(':');
    const std::string_view key = line.substr(0, std::min(colon, line.size()));
    if (key == "globs" || key == "paths" || key == "applyTo") {
      values = line.substr(colon + 1);
      listed = true;
    } else if (listed && line.starts_with("- ")) {
      values = line.substr(2);
    } else {
      listed = false;
      continue;
    }
    add_globs(values, out);
  }
  // What is about everything, and what nothing closes, limits nothing.
  const bool all = std::ranges::any_of(
      out, [](const std::string& glob) { return glob == "*" || glob == "**" || glob == "**/*"; });
  return inside && !all ? out : std::vector<std::string>();
}

}  // namespace hardwon::learn
