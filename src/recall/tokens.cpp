#include <cstdint>

#include "recall/recall.h"

namespace hardwon::recall {
namespace {

enum class Piece : std::uint8_t { kNone, kLower, kUpper, kDigit, kOther };

bool is_between(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

// Characters of one run that fit a token.  Tokenisers differ; these are what an unlucky one
// needs: words are cut into shorter pieces than usual, capitals and digits shorter still.
std::int64_t run_tokens(Piece piece, std::int64_t length) {
  switch (piece) {
    case Piece::kLower:
      return (length + 3) / 4;
    case Piece::kUpper:
    case Piece::kDigit:
      return (length + 1) / 2;
    case Piece::kOther:
    case Piece::kNone:
      return length;
  }
  return length;
}

}  // namespace

std::string_view token_estimator_name() { return "pieces/1"; }

// Runs of small letters (a capital may open one) count 1 per 4 begun, of capitals and digits 1
// per 2, every other visible character 1, a character outside ASCII 1 less than its bytes, a
// line break 1, and runs of blanks 1 per 4 after the first, which joins the next word.
std::int64_t estimate_tokens(std::string_view text) {
  std::int64_t tokens = 0, length = 0, blanks = 0;
  Piece piece = Piece::kNone;
  const auto close = [&] {
    tokens += run_tokens(piece, length);
    piece = Piece::kNone;
    length = 0;
  };
  for (const char character : text) {
    const auto c = static_cast<unsigned char>(character);
    Piece next = Piece::kOther;
    if (is_between(c, 'a', 'z')) next = Piece::kLower;
    if (is_between(c, 'A', 'Z')) next = Piece::kUpper;
    if (is_between(c, '0', '9')) next = Piece::kDigit;
    if (next == Piece::kLower && piece == Piece::kUpper && length == 1) piece = Piece::kLower;
    if (next != piece) close();
    if (c == ' ') {
      if (++blanks % 4 == 0) ++tokens;
      continue;
    }
    blanks = 0;
    if (next != Piece::kOther) {
      piece = next;
      ++length;
    } else if (c < 0x80 || is_between(c, 0x80, 0xbf)) {
      ++tokens;  // the first byte of a longer character is free
    }
  }
  close();
  return tokens;
}

}  // namespace hardwon::recall
