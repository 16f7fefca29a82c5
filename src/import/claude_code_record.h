#pragma once

// One line of a Claude Code log: its envelope, and who speaks in it
// (docs/formats/claude-code.md).  Include in .cpp files only.

#include <optional>
#include <string>
#include <string_view>

#include "import/dom.h"
#include "import/run.h"

namespace hardwon::import {

// Views into the parsed line.
struct LogRecord {
  std::string_view type, subtype, uuid, parent, session, cwd, timestamp;
  std::string_view agent_id, request, entrypoint, origin;
  std::string_view title;  // of summary, ai-title and custom-title records
  std::string_view leaf;   // the record a summary speaks of
  bool meta = false, sidechain = false, compact_summary = false, from_tool = false;
  std::optional<Element> message, content, result, attachment;
};

// Reads the envelope of an object.
LogRecord read_log_record(Element object);

enum class LogKind : std::uint8_t {
  kUser,  // message of role user, or text that stands for one
  kAssistant,
  kLink,         // only holds the tree together
  kBookkeeping,  // no conversation in it
  kUnknown,      // a type this importer does not know
  kBad,          // wrong types; `why` says where
};
struct Kind {
  LogKind kind = LogKind::kBookkeeping;
  std::string why;
};
Kind kind_of_record(const LogRecord& record);

// What a user record says and who says it.
enum class Voice : std::uint8_t {
  kNone,     // nothing but tool results
  kHarness,  // text that no person typed
  kTask,     // a program's task for a headless run: harness text that opens a turn
  kCommand,  // a slash command typed by a person
  kPerson,
};
struct Said {
  Voice voice = Voice::kNone;
  std::string text;
};
Said who_says_what(const LogRecord& record);

inline bool opens_turn(Voice voice) { return voice >= Voice::kTask; }

// The elements that the harness puts into messages taken out.
std::string without_harness(std::string text);

// The text of a message's content: a string, or its text blocks with placeholders for others.
std::string content_text(Element content);

// Blocks of one type in a content array.
template <typename Visit>
void each_block(const std::optional<Element>& content, std::string_view type, Visit visit) {
  if (!content || !content->is_array()) return;
  for (const Element block : simdjson::dom::array(*content)) {
    if (text_member(block, "type") == type) visit(block);
  }
}

}  // namespace hardwon::import
