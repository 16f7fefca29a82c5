// `hardwon rule extract|list|show`: rules out of sentences, and the rules that are stored.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "apps/operations.h"
#include "apps/rule_checks.h"
#include "apps/rule_json.h"
#include "apps/views.h"
#include "base/file.h"
#include "base/text.h"
#include "learn/rules.h"

namespace hardwon::apps {
namespace {

using learn::Reading;
using learn::Statement;
using learn::Voice;

constexpr std::size_t kLineBytesMax = 16 << 20;
// A sentence or a list item; what is longer is read sentence by sentence.
constexpr std::size_t kItemBytesMax = 400;

// ---------------------------------------------------------------- extract

struct Item {
  Json id;
  std::string speaker, text, heading;
};

std::optional<Voice> voice_of(std::string_view speaker) {
  if (speaker == "user" || speaker == "person") return Voice::kPerson;
  if (speaker == "assistant" || speaker == "agent") return Voice::kAgent;
  if (speaker == "file") return Voice::kRuleFile;
  return std::nullopt;
}

// Labels and whatever else a line holds are not looked at.
Result<Item> parse_item(const Json& json) {
  if (!json.is_object()) return bad_field("", json, "a JSON object");
  Item item;
  for (const char* key : {"speaker", "text", "heading"}) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) continue;
    if (!found->is_string()) return bad_field("/" + std::string(key), *found, "a text");
    const std::string value = valid_utf8(found->get<std::string>());
    (key == std::string_view("speaker") ? item.speaker
     : key == std::string_view("text")  ? item.text
                                        : item.heading) = value;
  }
  if (!json.contains("text")) return bad_field("/text", Json(nullptr), "the sentence");
  static constexpr std::array<std::string_view, 8> kSpeakers = {
      "user", "person", "assistant", "agent", "file", "system", "tool", "harness"};
  if (std::ranges::find(kSpeakers, item.speaker) == kSpeakers.end()) {
    return bad_field("/speaker", Json(item.speaker),
                     "user, assistant, file, system or tool (person, agent and harness also)");
  }
  if (json.contains("id")) item.id = json["id"];
  return item;
}

struct Part {
  std::size_t from = 0;  // of the sentence in the item
  Reading reading;
};

std::vector<Part> read_item(const Item& item, Voice voice) {
  const auto read = [&](std::string_view text, std::string_view heading) {
    return learn::read_statement({.voice = voice, .text = text, .heading = heading});
  };
  if (item.text.size() <= kItemBytesMax && !item.text.contains('\n')) {
    return {{.reading = read(item.text, item.heading)}};
  }
  std::vector<Part> parts;
  for (const learn::Sentence& sentence : learn::sentences_in(item.text)) {
    const auto from = static_cast<std::size_t>(sentence.text.data() - item.text.data());
    parts.push_back(
        {from, read(sentence.text, sentence.heading.empty() ? item.heading : sentence.heading)});
  }
  return parts;
}

// A text is as lasting as its most lasting sentence.
const Part* strongest(const std::vector<Part>& parts) {
  const Part* best = nullptr;
  for (const Part& part : parts) {
    const bool stronger = best == nullptr || part.reading.persistence < best->reading.persistence ||
                          (part.reading.persistence == best->reading.persistence &&
                           part.reading.probabilities[0] > best->reading.probabilities[0]);
    if (stronger) best = &part;
  }
  return best;
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

Json nothing(const Item& item, const char* why) {
  return {{"id", item.id},     {"persistence", name_of(Persistence::kIrrelevant)},
          {"confidence", 1.0}, {"rules", Json::array()},
          {"store", false},    {"store_score", 0.0},
          {"why", why}};
}

Json extracted(const Item& item) {
  const auto voice = voice_of(item.speaker);
  if (!voice) return nothing(item, "tools and the harness state nothing");
  const std::vector<Part> parts = read_item(item, *voice);
  const Part* best = strongest(parts);
  if (best == nullptr) return nothing(item, "no sentence");
  const learn::StorageOptions options;
  Json rules = Json::array();
  learn::StorageScore score;
  for (const Part& part : parts) {
    for (const Rule& rule : part.reading.rules) {
      Json json = rule_json({.rule = rule});
      json.erase("id");
      json["confidence"] = rounded(rule.confidence);
      json["span"] = {part.from + part.reading.from, part.from + part.reading.to};
      rules.push_back(std::move(json));
      const auto mine = learn::storage_score(rule, part.reading, options);
      if (mine.total > score.total) score = mine;
    }
  }
  const bool any = !rules.empty();
  const char* const no_rule = best->reading.persistence == Persistence::kShortTerm
                                  ? "not kept: it is about this moment"
                                  : "not kept: it states no rule";
  return {{"id", item.id},
          {"persistence", name_of(best->reading.persistence)},
          {"confidence", rounded(best->reading.confidence)},
          {"rules", std::move(rules)},
          {"store", any && score.total >= options.threshold},
          {"store_score", rounded(score.total)},
          {"why", any ? learn::justification(score, options) : std::string(no_rule)}};
}

std::string text_of_extracted(const Json& json) {
  if (json.contains("error")) {
    const Json& error = json["error"];
    return fmt::format("{}: {}\n", error["line"].is_null() ? 0 : error["line"].get<std::int64_t>(),
                       error["message"].get<std::string>());
  }
  std::string out =
      fmt::format("{}: {} ({:.2f})\n",
                  json["id"].is_string() ? json["id"].get<std::string>() : dump_json(json["id"]),
                  json["persistence"].get<std::string>(), json["confidence"].get<double>());
  for (const Json& rule : json["rules"]) {
    out += fmt::format("    {} · {} · {}\n", rule["action"]["type"].get<std::string>(),
                       rule["action"]["polarity"].get<std::string>(),
                       rule["action"]["description"].get<std::string>());
  }
  if (!json["rules"].empty()) out += "    " + json["why"].get<std::string>() + "\n";
  return out;
}

class Extraction {
 public:
  Extraction(Context& context, std::string path) : context_(context), path_(std::move(path)) {}

  // A JSON line is an item, or a transcript as in seed 001 with its segments.
  Result<void> take(std::int64_t number, const std::string& line) {
    const auto done = [&]() -> Result<void> {
      if (line.size() > kLineBytesMax) {
        return fail(ErrorCode::kResourceExhausted, "a line of more than 16 MiB");
      }
      const Json json = TRY(parse_json(line));
      if (json.is_object() && json.contains("segments")) return take_transcript(line, number);
      print(extracted(TRY(parse_item(json))));
      return {};
    }();
    if (!done) complain(done.error(), number);
    return {};
  }

  // A whole file that is one JSON value: a transcript, or an array of transcripts or items.
  Result<bool> take_whole(const std::string& text) {
    const auto json = parse_json(text);
    if (!json) return false;
    if (json->is_array() && !json->empty() && !json->front().contains("segments")) {
      for (const Json& element : *json) {
        const auto item = parse_item(element);
        if (item) {
          print(extracted(*item));
        } else {
          complain(item.error(), 1);
        }
      }
      return true;
    }
    const bool transcript = json->is_array() || json->contains("segments");
    if (transcript) TRY(take_transcript(text, 0));
    return transcript;
  }

  bool all_read() const { return all_; }

 private:
  Result<void> take_transcript(const std::string& text, std::int64_t line) {
    const TranscriptFile file = TRY(parse_transcripts(text, path_));
    for (const Transcript& transcript : file.transcripts) {
      for (const Utterance& said : transcript.segments) {
        print(extracted({.id = segment_name(transcript, said.index),
                         .speaker = said.speaker,
                         .text = said.content}));
      }
    }
    for (const Error& error : file.errors) complain(error, line);
    return {};
  }

  void complain(Error error, std::int64_t line) {
    error.path = path_;
    if (line > 0) error.line = line;
    all_ = false;
    print(error_json(error));
  }
  void print(const Json& json) {
    *context_.output << (context_.json ? dump_json(json) + "\n" : text_of_extracted(json));
  }

  Context& context_;
  std::string path_;
  bool all_ = true;
};

Result<Reply> extract(Context& context, const Json& request) {
  const std::string path = text_of(request, "input");
  Extraction run(context, path);
  if (path != "-" && std::filesystem::path(path).extension() == ".json") {
    if (TRY(run.take_whole(TRY(read_file(path, std::size_t{1} << 30))))) {
      return Reply{.exit_code = run.all_read() ? 0 : 2};
    }
  }
  TRY(each_line(context, path, [&](std::int64_t number, const std::string& line) -> Result<void> {
    tell_line(context, number);
    return run.take(number, line);
  }));
  context.clear_progress();
  return Reply{.exit_code = run.all_read() ? 0 : 2};
}

// ---------------------------------------------------------------- list and show

Json stored_rule_json(const store::Reader& reader, const StoredRule& stored) {
  Json json = lesson_json(reader, stored.lesson, {});
  json.erase("evidence");
  Json rule = rule_json({.rule = stored.rule});
  rule.erase("id");
  json.update(rule);
  json["checks"] = Json::array();
  for (const code::Convention& convention : stored.conventions) {
    json["checks"].push_back(code::describe(convention));
  }
  return json;
}

Result<Reply> list(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply{.value = Json::array(), .lines = true};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const auto rules =
        TRY(stored_rules(reader, context.visibility, flag_of(request, "superseded")));
    const auto n = static_cast<std::size_t>(integer_of(request, "n", 0));
    for (const StoredRule& rule : rules) {
      if (n > 0 && reply.value.size() == n) break;
      reply.value.push_back(stored_rule_json(reader, rule));
    }
    return {};
  }));
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string rule_lines(const Json& rule) {
  std::string out =
      fmt::format("  {}  {}\n        {} · {}", rule["short_id"].get<std::string>(),
                  rule["statement"].get<std::string>(), rule["action"]["type"].get<std::string>(),
                  rule["action"]["polarity"].get<std::string>());
  if (!rule["superseded_by"].is_null()) out += " · superseded";
  if (!rule["provenance"].empty()) {
    const Json& span = rule["provenance"].front();
    out +=
        fmt::format(" · {}:{}", span["path"].get<std::string>(), span["line"].get<std::int64_t>());
  }
  out += "\n";
  for (const Json& check : rule["checks"]) {
    out += "        checked: " + check.get<std::string>() + "\n";
  }
  return out;
}

std::string list_text(const Reply& reply) {
  if (reply.value.empty()) {
    return "No rules yet. Import conversations or a rule file: hardwon import CLAUDE.md\n";
  }
  std::string out;
  for (const Json& rule : reply.value) out += rule_lines(rule);
  return out;
}

Result<Reply> show(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const ItemId id = TRY(store::resolve_id(reader, text_of(request, "id")));
    auto lesson = TRY(store::get_lesson(reader, id));
    auto stored = lesson ? stored_rule(*std::move(lesson)) : std::nullopt;
    if (!stored) {
      return fail(ErrorCode::kNotFound, "'" + text_of(request, "id") + "' is not a rule");
    }
    reply.value = stored_rule_json(reader, *stored);
    return {};
  }));
  return reply;
}

std::string show_text(const Reply& reply) {
  const Json& rule = reply.value;
  std::string out = rule_lines(rule);
  const Json& match = rule["match_criteria"];
  out += fmt::format("        applies: {} \"{}\"\n", match["type"].get<std::string>(),
                     match["value"].get<std::string>());
  if (const auto why = rule["rationale"].get<std::string>(); !why.empty()) {
    out += "        because: " + why + "\n";
  }
  for (const Json& span : rule["provenance"]) {
    out += fmt::format("    {}:{}  “{}”\n", span["path"].get<std::string>(),
                       span["line"].get<std::int64_t>(), span["quote"].get<std::string>());
  }
  return out;
}

constexpr auto kExtractParams = std::to_array<Param>({
    {.name = "input",
     .help = "JSON lines {\"id\",\"speaker\",\"text\",\"heading\"}, or transcripts; - reads stdin",
     .required = true},
});
constexpr auto kListParams = std::to_array<Param>({
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "at most this many",
     .letter = 'n',
     .low = 1,
     .high = 1'000'000},
    {.name = "superseded", .type = ParamType::kFlag, .help = "those that a later one replaced too"},
});
constexpr auto kShowParams = std::to_array<Param>({
    {.name = "id", .type = ParamType::kId, .help = "rule id", .positional = true, .required = true},
});

std::string no_text(const Reply&) { return {}; }

}  // namespace

const Operation kRuleExtract = {
    .name = "rule extract",
    .group = "Inspect",
    .summary = "Read sentences: what rule they state, and for how long",
    .details =
        "Needs no store. Labels in the input are not looked at; the order changes nothing.\n\n"
        "  hardwon --json rule extract --input sentences.jsonl\n"
        "  echo '{\"id\":1,\"speaker\":\"user\",\"text\":\"we use tabs here\"}' |\n"
        "    hardwon rule extract --input -",
    .params = kExtractParams,
    .run = extract,
    .text = no_text,
    .streams = true};
const Operation kRuleList = {
    .name = "rule list",
    .group = "Inspect",
    .summary = "The rules that hold here, and which a file can be checked for",
    .params = kListParams,
    .run = list,
    .text = list_text};
const Operation kRuleShow = {.name = "rule show",
                             .group = "Inspect",
                             .summary = "One rule: when it applies, why, who said it where",
                             .params = kShowParams,
                             .run = show,
                             .text = show_text};

}  // namespace hardwon::apps
