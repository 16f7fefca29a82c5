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
  if (text[next] != ' ' && text[next] != '\n') return false;
  while (next < text.size() && (text[next] == ' ' || text[next] == '\n')) ++next;
  if (next >= text.size()) return true;
  const auto follower = static_cast<unsigned char>(text[next]);
  if (follower >= 'a' && follower <= 'z') return c != '.';
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
  return !numbered;
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
    if (line_ == 1 && text == "---") {
      in_front_matter_ = true;
      return;
    }
    if (in_front_matter_) {
      in_front_matter_ = text != "---";
      return;
    }
    if (text.starts_with("```") || text.starts_with("~~~")) {
      flush();
      in_fence_ = !in_fence_;
      return;
    }
    if (in_fence_) return;
    if (auto heading = heading_of(line)) {
      flush();
      heading_ = std::move(*heading);
      return;
    }
    if (is_blank(line) || is_furniture(line)) return flush();
    if (opens_list_item(line)) flush();
    if (from_ == to_) {
      from_ = at;
      first_line_ = line_;
    }
    to_ = at + line.size();
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

  void push(std::string_view text, std::int64_t line) {
    while (!text.empty() && text.front() == '\n') text.remove_prefix(1), ++line;
    text = trim(text);
    if (text.find_first_not_of("-*.,:;!?() \t\n\"'`") == std::string_view::npos) return;
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
  bool first_ = true;  // of its list item or paragraph
  bool in_fence_ = false, in_front_matter_ = false;
};

}  // namespace

std::vector<Sentence> sentences_in(std::string_view text) { return Splitter(text).run(); }

}  // namespace hardwon::learn
