// Conversations without tool calls (docs/formats/transcript.md): seed 001's transcripts and
// lists of chats.  Labels and every other field are never read.

#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "import/fields.h"
#include "import/objects.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kAgent = "transcript";

struct Message {
  Speaker speaker = Speaker::kHarness;
  std::string_view text;
  std::optional<TimePoint> time;
};

std::optional<Speaker> speaker_of(std::string_view role) {
  if (role == "user") return Speaker::kPerson;
  if (role == "assistant") return Speaker::kAgent;
  if (role == "system") return Speaker::kHarness;
  if (role == "tool") return Speaker::kTool;
  return std::nullopt;
}

// {speaker, content, timestamp?} or {role, text}.
std::optional<Message> read_message(Element element, const std::string& at, std::int64_t line,
                                    Run& run) {
  if (!element.is_object()) {
    run.wrong_type(line, at, kind_of(element), "an object");
    return std::nullopt;
  }
  const bool seed = member(element, "speaker").has_value();
  const std::string_view role_key = seed ? "speaker" : "role";
  const auto role = member(element, role_key);
  const auto speaker = role ? speaker_of(as_text(*role).value_or("")) : std::nullopt;
  if (!speaker) {
    run.wrong_type(line, below(at, role_key), role ? ellipsis(to_json(*role, 60), 80) : "nothing",
                   "user, assistant, system or tool");
    return std::nullopt;
  }
  const bool has_content = member(element, "content").has_value();
  const std::string_view text_key = has_content ? "content" : "text";
  const auto text = member(element, text_key);
  if (!text || !text->is_string()) {
    run.wrong_type(line, below(at, text_key), text ? kind_of(*text) : "nothing", "a string");
    return std::nullopt;
  }
  return Message{.speaker = *speaker,
                 .text = as_text(*text).value_or(""),
                 .time = run.time(text_member(element, "timestamp"), line)};
}

std::vector<Message> read_messages(Element array, const std::string& at, std::int64_t line,
                                   Run& run) {
  std::vector<Message> messages;
  std::size_t i = 0;
  for (const Element element : simdjson::dom::array(array)) {
    const auto message = read_message(element, below(at, i++), line, run);
    if (message) messages.push_back(*message);
  }
  return messages;
}

// Named chats keep their key while they grow; a chat without a name is known by all it says.
std::string key_of(const std::vector<Message>& messages, std::string_view name,
                   std::string_view group) {
  std::uint64_t key = hash64(name, hash64(group));
  for (const Message& message : messages) {
    key = hash64(message.text, key + static_cast<std::uint64_t>(message.speaker));
    if (!name.empty()) break;
  }
  return std::to_string(key);
}

struct ChatName {
  std::string_view id, session;  // as the file gives them; may be empty
  std::string transcript;        // what answers call it
};

Result<void> write_chat(const std::vector<Message>& messages, const ChatName& name,
                        std::int64_t line, Run& run) {
  if (messages.empty()) return {};
  const std::string key = key_of(messages, name.id, name.session);
  Session session{.id = session_id_of(kAgent, key),
                  .agent = std::string(kAgent),
                  .agent_session = key,
                  .transcript_id = name.transcript,
                  .scope = run.scope(""),
                  .source_path = run.path().string()};
  for (const Message& message : messages) {
    if (!message.time) continue;
    if (!session.started_at || *message.time < *session.started_at) {
      session.started_at = message.time;
    }
    if (!session.ended_at || *message.time > *session.ended_at) session.ended_at = message.time;
  }
  if (run.options().since && session.ended_at && *session.ended_at < *run.options().since) {
    return {};
  }
  TRY(run.session(session, true));
  std::uint32_t index = 0;
  for (const Message& message : messages) {
    const std::uint32_t at = index++;
    std::string text = run.text(message.text, run.options().text_bytes_max);
    if (trim(text).empty()) continue;
    TRY(run.segment({.id = content_id<ItemId>({kAgent, key, std::to_string(at)}),
                     .session = session.id,
                     .scope = session.scope,
                     .index = at,
                     .speaker = message.speaker,
                     .text = std::move(text),
                     .time = message.time,
                     .line = line}));
  }
  return run.session(session, false);
}

// A list of messages, or of such lists: several chats in time order.
Result<void> write_conversations(Element array, const std::string& at, const Record& record,
                                 const std::string& name, Run& run) {
  bool several = false;
  for (const Element element : simdjson::dom::array(array)) several |= element.is_array();
  if (!several) {
    return write_chat(read_messages(array, at, record.line, run), {.transcript = name}, record.line,
                      run);
  }
  std::size_t chat = 0;
  for (const Element element : simdjson::dom::array(array)) {
    const std::string here = below(at, chat++);
    if (!element.is_array()) {
      run.wrong_type(record.line, here, kind_of(element), "an array of messages");
      continue;
    }
    TRY(write_chat(read_messages(element, here, record.line, run),
                   {.transcript = below(name, chat)}, record.line, run));
  }
  return {};
}

Result<void> write_record(Element object, const Record& record, Run& run) {
  const std::string name = concat({run.path().stem().string(), ":", std::to_string(record.number)});
  for (const std::string_view key : {"segments", "conversations", "turns"}) {
    const auto found = member(object, key);
    if (!found) continue;
    const std::string at = below("", key);
    if (!found->is_array()) {
      run.wrong_type(record.line, at, kind_of(*found), "an array");
      return {};
    }
    if (key != "segments") return write_conversations(*found, at, record, name, run);
    const std::string_view id = text_member(object, "id");
    return write_chat(read_messages(*found, at, record.line, run),
                      {.id = id,
                       .session = text_member(object, "session_id"),
                       .transcript = id.empty() ? name : std::string(id)},
                      record.line, run);
  }
  run.skip(record.line, "no conversation: found neither segments, conversations nor turns");
  return {};
}

}  // namespace

Result<void> import_transcript(ByteSource& source, Run& run) {
  return each_object(source, run, [&](Element object, const Record& record) {
    return write_record(object, record, run);
  });
}

}  // namespace hardwon::import
