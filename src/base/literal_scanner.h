#pragma once

// Finds every occurrence of many literals in one pass, ASCII case ignored (Aho–Corasick).
// Source: Aho, Corasick, "Efficient string matching", CACM 18(6), 1975.
//
// Threads: immutable after construction.  Cost: one table look-up a byte.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace hardwon {

class LiteralScanner {
 public:
  struct Position {
    std::size_t at = 0;       // the next byte to read
    std::uint32_t state = 0;  // 0: nothing read yet
  };

  explicit LiteralScanner(std::span<const std::string_view> literals);

  // Reads on until a literal ends just before position.at; false at the end of the text.
  bool advance(std::string_view text, Position& position) const;
  // Numbers of the literals that end there, longest first.
  std::span<const std::uint16_t> found(const Position& position) const;

 private:
  void number_bytes(std::span<const std::string_view> literals);
  std::uint32_t& next(std::size_t state, std::size_t byte_class) {
    return next_[state * classes_ + byte_class];
  }

  // States are stored as row offsets into next_; the top bit says that a literal ends here.
  static constexpr std::uint32_t kEnds = 1U << 31;
  std::array<std::uint8_t, 256> class_of_{};
  std::size_t classes_ = 1;  // class 0: bytes in no literal
  std::vector<std::uint32_t> next_;
  std::vector<std::vector<std::uint16_t>> found_;  // by state number
};

}  // namespace hardwon
