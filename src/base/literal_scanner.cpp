#include "base/literal_scanner.h"

#include <queue>

#include "base/check.h"

namespace hardwon {
namespace {

unsigned char lower(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte - 'A' + 'a') : byte;
}

}  // namespace

void LiteralScanner::number_bytes(std::span<const std::string_view> literals) {
  for (const std::string_view literal : literals) {
    for (const char c : literal) {
      std::uint8_t& number = class_of_[lower(c)];
      if (number == 0) number = static_cast<std::uint8_t>(classes_++);
    }
  }
  for (unsigned char c = 'A'; c <= 'Z'; ++c) class_of_[c] = class_of_[c - 'A' + 'a'];
}

LiteralScanner::LiteralScanner(std::span<const std::string_view> literals) {
  number_bytes(literals);
  const auto add_state = [this] {
    next_.resize(next_.size() + classes_, 0);
    found_.emplace_back();
    return static_cast<std::uint32_t>(found_.size() - 1);
  };
  add_state();
  for (std::size_t i = 0; i < literals.size(); ++i) {
    CHECK(!literals[i].empty());
    std::uint32_t state = 0;
    for (const char c : literals[i]) {
      const std::size_t byte_class = class_of_[lower(c)];
      std::uint32_t to = next(state, byte_class);
      if (to == 0) {
        to = add_state();
        next(state, byte_class) = to;
      }
      state = to;
    }
    found_[state].push_back(static_cast<std::uint16_t>(i));
  }

  // Breadth first, so that a state's longest proper suffix is finished before the state.
  std::vector<std::uint32_t> suffix(found_.size(), 0);
  std::queue<std::uint32_t> open;
  for (std::size_t c = 0; c < classes_; ++c) {
    if (next(0, c) != 0) open.push(next(0, c));
  }
  while (!open.empty()) {
    const std::uint32_t state = open.front();
    open.pop();
    const auto& shorter = found_[suffix[state]];
    found_[state].insert(found_[state].end(), shorter.begin(), shorter.end());
    for (std::size_t c = 0; c < classes_; ++c) {
      const std::uint32_t child = next(state, c);
      const std::uint32_t fallback = next(suffix[state], c);
      if (child == 0) {
        next(state, c) = fallback;
      } else {
        suffix[child] = fallback;
        open.push(child);
      }
    }
  }
  for (std::uint32_t& entry : next_) {
    const bool ends = !found_[entry].empty();
    entry = static_cast<std::uint32_t>(entry * classes_) | (ends ? kEnds : 0);
  }
}

bool LiteralScanner::advance(std::string_view text, Position& position) const {
  const std::uint32_t* const table = next_.data();
  std::uint32_t state = position.state & ~kEnds;
  for (std::size_t at = position.at; at < text.size(); ++at) {
    state = table[state + class_of_[static_cast<unsigned char>(text[at])]];
    if ((state & kEnds) != 0) {
      position = {at + 1, state};
      return true;
    }
  }
  position = {text.size(), state};
  return false;
}

std::span<const std::uint16_t> LiteralScanner::found(const Position& position) const {
  return found_[(position.state & ~kEnds) / classes_];
}

}  // namespace hardwon
