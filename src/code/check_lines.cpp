// Checks of lines and of indentation.

#include <algorithm>

#include "base/text.h"
#include "code/layout.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

std::size_t characters(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

void check_final_newline(const Check& check) {
  const std::string& text = check.source.text;
  const auto size = static_cast<std::uint32_t>(text.size());
  if (text.empty()) return;
  if (text.back() != '\n') {
    check.add(size, size, "no newline at the end", "one newline at the end");
  } else if (text.ends_with("\n\n") || text.ends_with("\r\n\r\n")) {
    check.add(size, size, "blank lines at the end", "one newline at the end");
  }
}

std::string spelled(std::string_view space) {
  const auto tabs = std::count(space.begin(), space.end(), '\t');
  const auto blanks = std::count(space.begin(), space.end(), ' ');
  std::string out;
  if (tabs > 0) out += std::to_string(tabs) + (tabs == 1 ? " tab" : " tabs");
  if (tabs > 0 && blanks > 0) out += " and ";
  if (blanks > 0 || tabs == 0) {
    out += std::to_string(blanks) + (blanks == 1 ? " space" : " spaces");
  }
  return out;
}

}  // namespace

void check_lines(const Check& check) {
  const Convention& convention = check.convention;
  if (convention.kind == ConventionKind::kFinalNewline) return check_final_newline(check);
  const bool spaces = convention.kind == ConventionKind::kNoTrailingSpace;
  // Two blanks at the end of a line of Markdown mean something.
  if (spaces && !check.source.syntax && check.source.path.ends_with(".md")) return;
  std::vector<bool> in_string;
  if (check.source.syntax) in_string = lines_in_strings(check.source.tree());
  const std::string_view text = check.source.text;
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    const auto begin = static_cast<std::uint32_t>(at);
    if (spaces) {
      const std::size_t last = line.find_last_not_of(" \t");
      const std::size_t kept = last == std::string_view::npos ? 0 : last + 1;
      // What ends on the next line began in a string.
      const bool inside = number + 1 < in_string.size() && in_string[number + 1];
      if (kept < line.size() && !inside) {
        check.add(begin + static_cast<std::uint32_t>(kept),
                  begin + static_cast<std::uint32_t>(line.size()), "space at the end of the line",
                  "none");
      }
    } else if (line.size() > convention.number && characters(line) > convention.number) {
      check.add(begin, begin + static_cast<std::uint32_t>(line.size()),
                std::to_string(characters(line)) + " characters",
                "at most " + std::to_string(convention.number));
    }
    at = end + 1;
  }
}

void check_indentation(const Check& check) {
  const Tree& tree = check.source.tree();
  const std::uint32_t number = check.convention.number;
  const bool any_spaces = number == kAnySpaces;
  const std::string unit = number == 0 ? "\t" : std::string(any_spaces ? 4 : number, ' ');
  for (const Block& block : blocks_of(tree)) {
    if (check.source.broken[block.node]) continue;
    const std::string_view head = leading_space(tree.line_text(block.header_line));
    const std::string_view body = leading_space(tree.line_text(block.first_line));
    if (body == std::string(head) + unit || (block.may_be_flat && body == head)) continue;
    if (any_spaces && !body.contains('\t')) continue;
    const std::uint32_t begin = tree.lines[block.first_line - 1];
    const std::string_view more = body.starts_with(head) ? body.substr(head.size()) : body;
    check.add(begin, begin + static_cast<std::uint32_t>(body.size()), spelled(more),
              any_spaces ? "spaces" : spelled(unit));
  }
}

}  // namespace hardwon::code
