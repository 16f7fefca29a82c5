// sentences_in(): a turn or a rule file, cut into sentences and list items.

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "learn/rule_words.h"
#include "learn/rules.h"

namespace hardwon::learn {
namespace {

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
    if (!fence_.empty()) {
      const bool closes = text.starts_with(fence_) && fence_of(text).size() == text.size();
      if (closes) fence_ = {};
      return;
    }
    if (at <= comment_end_ && comment_end_ > 0) return;
    if (const std::string_view fence = fence_of(text); !fence.empty()) {
      flush();
      fence_ = fence;
      return;
    }
    if (auto heading = heading_of(line)) {
      flush();
      heading_ = std::move(*heading);
      return;
    }
    if (text.starts_with("<!--") && !comments_unclosed_) {
      const std::size_t end = text_.find("-->", at);
      comments_unclosed_ = end == std::string_view::npos;
      if (!comments_unclosed_) comment_end_ = end;
    }
    if (is_underline(line) && from_ != to_ && !in_list_) {
      heading_ = one_line(text_.substr(from_, to_ - from_));  // "Title" over "====="
      from_ = to_ = 0;
      return;
    }
    if (is_blank(line) || is_furniture(line)) return flush();
    if (opens_list_item(line)) flush();
    if (from_ == to_) {
      in_list_ = opens_list_item(line);
      from_ = at;
      first_line_ = line_;
    }
    to_ = at + line.size();
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
    first_ = true;
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block[i] == '\n') ++here;
      if (block[i] == '`') in_code = !in_code;
      if (in_code || !ends_sentence(block, i)) continue;
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
  }

  // line: that on which `block` begins.
  void push(std::string_view block, std::int64_t line) {
    const std::string_view text = trim(block);
    if (text.find_first_not_of("-*#.,:;!?() \t\n\"'`") == std::string_view::npos) return;
    line += std::count(block.begin(), text.begin(), '\n');
    // "Do NOT" above forbids what an item opens with; what follows there says why, or what instead.
    const bool carried = first_ || heading_kind(heading_) != HeadingKind::kForbids;
    out_.push_back({.text = text, .heading = carried ? heading_ : "", .line = line});
    first_ = false;
  }

  std::string_view text_;
  std::vector<Sentence> out_;
  std::string heading_;
  std::int64_t line_ = 0, first_line_ = 0;
  std::size_t from_ = 0, to_ = 0;
  bool in_list_ = false;    // the block that is gathered is a list item
  bool first_ = true;       // of its list item or paragraph
  std::string_view fence_;  // that is open
  std::size_t front_matter_end_ = 0, comment_end_ = 0;
  bool comments_unclosed_ = false;  // none of those that follow is closed
};

}  // namespace

std::vector<Sentence> sentences_in(std::string_view text) { return Splitter(text).run(); }

}  // namespace hardwon::learn
