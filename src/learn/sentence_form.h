#pragma once

// The form of one sentence: its tokens, its lead-in, and how it opens.  The classifier's features
// and the reader's match criteria are both made from it, so that a sentence is taken apart once.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hardwon::learn {

enum class TokenKind : std::uint8_t { kWord, kCode, kNumber, kPath, kUrl, kMark };

struct Token {
  TokenKind kind = TokenKind::kWord;
  std::string text;  // words in lower case, code spans without their backticks, marks as they are
  std::size_t from = 0, to = 0;  // bytes in the statement
};

enum class Opening : std::uint8_t {
  kEmpty,
  kImperative,   // "Use …"
  kForbids,      // "Never …", "Don't …", "No …"
  kLets,         // "Let's …"
  kFirstPerson,  // "I …", "I'll …", "Let me …"
  kWe,
  kYou,
  kIt,           // "It …", "This …", "There …"
  kConditionDo,  // "When …, use …"
  kCondition,    // "When …, it …"
  kQuestion,
  kThirdPerson,  // "Handles …"
  kPast,         // "Added …"
  kGerund,       // "Adding …"
  kDeterminer,   // "The …", "Our …"
  kUniversal,    // "Every …", "Only …"
  kCode,         // a code span, path or URL
  kNumber,
  kNoun,
};

struct SentenceForm {
  std::vector<Token> tokens;  // of the whole statement, list mark left out
  std::size_t body = 0;       // index of the first token after the lead-in; == size when none
  std::size_t verb = 0;       // index of the token that decides the opening; size when none
  Opening opening = Opening::kEmpty;
  bool list_item = false;
  bool lead_in = false;       // "**Imports**: …", "Naming - …"
  bool code_lead_in = false;  // "`src/x`: …"
  bool acknowledges = false;  // opens with "yes", "got it"
  bool asks = false;          // ends with a question mark or is built as a question
  double code_share = 0;      // of the bytes that look like code or output, [0, 1]
};

// Cost: linear; looks at the first 2,000 bytes.
inline constexpr std::size_t kStatementBytesLooked = 2000;
SentenceForm form_of(std::string_view text);

// "Use …", "Never …", "When …, use …", "Let's …": opens with what is to be done or not.
bool asks_something(const SentenceForm& form);

// A word with a meaning of its own: no "the", "must", "please", "always", "ok".
bool is_content(const Token& token);

// "Use proper names", "Write clean code": praise and words of software in general, and nothing
// that says what to do in which case.
bool is_empty_advice(const SentenceForm& form);

// "The server reads its settings from a file": says how things are, in words that ask nothing.
bool is_plain_statement(const SentenceForm& form);

}  // namespace hardwon::learn
