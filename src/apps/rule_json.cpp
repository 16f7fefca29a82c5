#include "apps/rule_json.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <set>

#include "base/text.h"

namespace hardwon::apps {
namespace {

// Finding the line of an error costs a pass over the document, so only so many are told of.
constexpr std::size_t kErrorsMax = 100;

// One document, or one line of JSON lines, and where its errors go.
struct Record {
  const Json& json;
  std::string_view text;  // of this document
  const std::string& path;
  std::int64_t first_line;  // of the document in the file
  std::vector<Error>& errors;

  void wrong(const std::string& field, const std::string& found, std::string_view expected) const {
    if (errors.size() > kErrorsMax) return;
    if (errors.size() == kErrorsMax) {
      errors.push_back({.message = "further errors of this file are not listed", .path = path});
      return;
    }
    const auto line = line_of_pointer(text, field);
    errors.push_back({.code = ErrorCode::kInvalidArgument,
                      .message = "found " + found + ", expected " + std::string(expected),
                      .path = path,
                      .line = first_line + line.value_or(1) - 1,
                      .field = field});
  }
  void wrong(const std::string& field, const Json* found, std::string_view expected) const {
    wrong(field, found == nullptr ? "nothing" : ellipsis(dump_json(*found), 60), expected);
  }
};

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Reads the members of one object and reports those that nobody asked for.
class Fields {
 public:
  Fields(const Record& record, const Json& json, std::string pointer)
      : record_(record), json_(json), pointer_(std::move(pointer)) {}

  bool is_object(std::string_view expected = "an object") const {
    if (json_.is_object()) return true;
    record_.wrong(pointer_, &json_, expected);
    return false;
  }
  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      std::string names;
      for (const std::string_view name : known) {
        names += (names.empty() ? "" : ", ") + std::string(name);
      }
      record_.wrong(at(key), "the unknown key '" + ellipsis(key, 40) + "'", "one of " + names);
    }
  }
  const Json* find(std::string_view key) const {
    const auto it = json_.find(std::string(key));
    return it == json_.end() || it->is_null() ? nullptr : &*it;
  }
  std::string at(std::string_view key) const { return pointer_ + "/" + escaped(key); }

  std::string text(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return valid_utf8(value->get<std::string>());
    record_.wrong(at(key), value, "a text");
    return {};
  }
  // Reported when it is missing or blank, too.
  std::string needed(std::string_view key) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_string()) return text(key);
    std::string out = text(key);
    if (trim(out).empty()) {
      record_.wrong(at(key), value, "a text that is not empty");
      out.clear();
    }
    return out;
  }
  std::optional<TimePoint> time(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto time = value->is_string() ? parse_time(value->get<std::string>()) : std::nullopt;
    if (!time) record_.wrong(at(key), value, "a time like 2025-01-05T10:00:00Z");
    return time;
  }
  std::string object(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (value->is_object()) return dump_json(*value);
    record_.wrong(at(key), value, "an object");
    return {};
  }
  double share(std::string_view key, double otherwise) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (value->is_number() && value->get<double>() >= 0 && value->get<double>() <= 1) {
      return value->get<double>();
    }
    record_.wrong(at(key), value, "a number from 0 to 1");
    return otherwise;
  }
  template <typename T>
  std::optional<T> name(std::string_view key, std::optional<T> (*parse)(std::string_view),
                        std::string_view names) const {
    const Json* value = find(key);
    const auto found =
        value != nullptr && value->is_string() ? parse(value->get<std::string>()) : std::nullopt;
    if (!found) record_.wrong(at(key), value, "one of " + std::string(names));
    return found;
  }
  const Record& record() const { return record_; }

 private:
  const Record& record_;
  const Json& json_;
  std::string pointer_;
};

using Visit = std::function<void(const Record&, const Json&, const std::string& pointer)>;

// Each object of a document: itself, or each element of an array.
void visit_document(const Record& record, const Visit& visit) {
  if (!record.json.is_array()) return visit(record, record.json, "");
  for (std::size_t i = 0; i < record.json.size(); ++i) {
    visit(record, record.json[i], "/" + std::to_string(i));
  }
}

std::int64_t line_at(std::string_view text, std::size_t offset) {
  return 1 + std::ranges::count(text.substr(0, offset), '\n');
}

// One document, else JSON lines; a bad line is an error of its own.
Result<void> each_record(std::string_view text, const std::string& path, std::vector<Error>& errors,
                         const Visit& visit) {
  if (auto whole = parse_json(text)) {
    visit_document({*whole, text, path, 1, errors}, visit);
    return {};
  } else if (std::string_view first = trim(text.substr(0, text.find('\n')));
             !parse_json(first) && trim(text).find('\n') == std::string_view::npos) {
    Error error = std::move(whole).error();
    error.path = path;
    error.line = 1;
    return std::unexpected(std::move(error));
  }
  std::size_t good = 0;
  std::vector<Error> bad;
  std::int64_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    if (trim(line).empty()) continue;
    auto json = parse_json(line);
    if (!json) {
      Error error = std::move(json).error();
      error.path = path;
      error.line = number;
      bad.push_back(std::move(error));
      continue;
    }
    ++good;
    visit_document({*json, line, path, number, errors}, visit);
  }
  if (good == 0) {
    Error error = parse_json(text).error();
    error.path = path;
    error.line = bad.empty() ? 1 : *bad.front().line;
    return std::unexpected(std::move(error));
  }
  errors.insert(errors.end(), std::make_move_iterator(bad.begin()),
                std::make_move_iterator(bad.end()));
  return {};
}

// ---------------------------------------------------------------- transcripts

constexpr std::string_view kPersistences = "persistent, short_term, irrelevant";

void read_segment(const Fields& fields, std::size_t index, Transcript& transcript,
                  TranscriptFile& file) {
  if (!fields.is_object()) return;
  fields.only({"speaker", "content", "type", "timestamp", "metadata"});
  Utterance said{.index = index, .speaker = fields.needed("speaker")};
  constexpr std::string_view kSpeakers[] = {"user", "assistant", "system", "tool"};
  if (!said.speaker.empty() && std::ranges::find(kSpeakers, said.speaker) == std::end(kSpeakers)) {
    fields.record().wrong(fields.at("speaker"), fields.find("speaker"),
                          "user, assistant, system or tool");
    said.speaker.clear();
  }
  said.content = fields.needed("content");
  said.time = fields.time("timestamp");
  fields.object("metadata");
  std::optional<Persistence> label;
  if (fields.find("type") != nullptr) {
    label = fields.name("type", &parse_persistence, kPersistences);
  }
  if (said.speaker.empty() || said.content.empty()) return;
  const auto& before = transcript.segments;
  if (said.time && !before.empty() && before.back().time && *said.time < *before.back().time) {
    fields.record().wrong(
        fields.at("timestamp"), fields.find("timestamp"),
        "a time not before the segment above, " + format_time(*before.back().time));
  }
  if (label) file.labels[segment_name(transcript, index)] = *label;
  transcript.segments.push_back(std::move(said));
}

void read_transcript(const Record& record, const Json& json, const std::string& pointer,
                     std::set<std::string>& ids, TranscriptFile& file) {
  const Fields fields(record, json, pointer);
  if (!fields.is_object("a transcript")) return;
  fields.only({"id", "segments", "session_id", "duration", "tags"});
  Transcript transcript{.id = fields.needed("id"), .session_id = fields.text("session_id")};
  if (transcript.id.empty()) return;
  if (!ids.insert(transcript.id).second) {
    return record.wrong(fields.at("id"), "'" + transcript.id + "' a second time", "another id");
  }
  const Json* duration = fields.find("duration");
  if (duration != nullptr && (!duration->is_number() || duration->get<double>() < 0)) {
    record.wrong(fields.at("duration"), duration, "seconds, 0 or more");
  }
  const Json* tags = fields.find("tags");
  if (tags != nullptr && !tags->is_array())
    record.wrong(fields.at("tags"), tags, "a list of texts");
  const Json* segments = fields.find("segments");
  if (segments == nullptr || !segments->is_array() || segments->empty()) {
    return record.wrong(fields.at("segments"), segments, "a list of at least one segment");
  }
  for (std::size_t i = 0; i < segments->size(); ++i) {
    const std::string at = fields.at("segments") + "/" + std::to_string(i);
    read_segment(Fields(record, (*segments)[i], at), i, transcript, file);
  }
  if (!transcript.segments.empty()) file.transcripts.push_back(std::move(transcript));
}

// ---------------------------------------------------------------- rules

std::optional<NamedRule> read_rule(const Fields& fields) {
  if (!fields.is_object("a rule")) return std::nullopt;
  // The last row is what the stages add to a rule.
  fields.only({"id", "match_criteria", "action", "rationale", "confidence", "source_id",
               "timestamp",  //
               "reading", "pattern", "evidence", "decision", "storage_score", "justification",
               "superseded_by", "same_as", "extraction_confidence"});
  NamedRule out{.id = fields.needed("id"), .source_id = fields.text("source_id")};
  const Json null;
  const auto member = [&](std::string_view key) {
    const Json* found = fields.find(key);
    return Fields(fields.record(), found != nullptr ? *found : null, fields.at(key));
  };
  const Fields match = member("match_criteria"), action = member("action");
  if (!match.is_object() || !action.is_object()) return std::nullopt;
  match.only({"type", "value", "context"});
  action.only({"type", "description", "parameters", "polarity"});
  const auto match_type = match.name("type", &parse_match_type, "pattern, keyword, context");
  const auto action_type =
      action.name("type", &parse_action_type, "style, naming, structure, behavior");
  out.rule.match.value = match.needed("value");
  out.rule.match.context_json = match.object("context");
  out.rule.text = action.needed("description");
  out.rule.parameters_json = action.object("parameters");
  if (action.find("polarity") != nullptr) {
    out.rule.polarity =
        action.name("polarity", &parse_polarity, "do, avoid, both").value_or(Polarity::kDo);
  }
  out.rule.rationale = fields.text("rationale");
  out.rule.confidence = fields.share("confidence", 1);
  out.time = fields.time("timestamp");
  if (!match_type || !action_type || out.id.empty() || out.rule.text.empty() ||
      out.rule.match.value.empty()) {
    return std::nullopt;
  }
  out.rule.match.type = *match_type;
  out.rule.action = *action_type;
  return out;
}

// ---------------------------------------------------------------- tasks

void flatten(const Json& json, std::string& out) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      out += (out.empty() ? "" : " ") + key;
      flatten(value, out);
    }
  } else if (json.is_array()) {
    for (const Json& value : json) flatten(value, out);
  } else if (!json.is_null()) {
    out +=
        (out.empty() ? "" : " ") + (json.is_string() ? json.get<std::string>() : dump_json(json));
  }
}

std::vector<std::string> texts_in(const Json& json) {
  std::vector<std::string> out;
  if (json.is_string()) out.push_back(json.get<std::string>());
  if (json.is_array()) {
    for (const Json& value : json) {
      if (value.is_string()) out.push_back(value.get<std::string>());
    }
  }
  return out;
}

// The context is free; what its keys call paths, names or code is taken as that.
void read_context(const Json& context, recall::RuleTask& task) {
  for (const auto& [key, value] : context.items()) {
    std::vector<std::string> texts = texts_in(value);
    const bool names_files = key == "path" || key == "paths" || key == "file" || key == "files";
    const bool names_code = key == "code" || key == "existing_code";
    if (names_files) {
      task.paths.insert(task.paths.end(), texts.begin(), texts.end());
    } else if (names_code) {
      for (const std::string& text : texts) task.code += (task.code.empty() ? "" : "\n") + text;
    } else if (key == "identifiers" || key.ends_with("_needed")) {
      task.identifiers.insert(task.identifiers.end(), texts.begin(), texts.end());
      task.context += (task.context.empty() ? "" : " ") + key;
    } else {
      task.context += (task.context.empty() ? "" : " ") + key;
      flatten(value, task.context);
    }
  }
}

void read_task(const Fields& fields, TaskFile& file) {
  if (!fields.is_object("a task")) return;
  fields.only({"id", "type", "language", "description", "context"});
  recall::RuleTask task{.id = fields.needed("id"),
                        .type = fields.text("type"),
                        .language = fields.text("language"),
                        .description = fields.needed("description")};
  if (task.id.empty() || task.description.empty()) return;
  const Json* context = fields.find("context");
  if (context != nullptr && !context->is_object()) {
    fields.record().wrong(fields.at("context"), context, "an object");
  } else if (context != nullptr) {
    read_context(*context, task);
  }
  file.tasks.push_back(std::move(task));
}

// ---------------------------------------------------------------- truth

void read_truth(const Record& record, const Json& json, const std::string& pointer, Truth& truth) {
  const Fields fields(record, json, pointer);
  if (!json.is_object() || !json.contains("rules")) {
    if (auto rule = read_rule(fields)) truth.rules.push_back(*std::move(rule));
    return;
  }
  fields.only({"synthetic", "family", "seed", "rules", "store", "applies"});
  const Json* rules = fields.find("rules");
  if (rules == nullptr || !rules->is_array()) {
    return record.wrong(fields.at("rules"), rules, "a list of rules");
  }
  for (std::size_t i = 0; i < rules->size(); ++i) {
    const std::string at = fields.at("rules") + "/" + std::to_string(i);
    if (auto rule = read_rule(Fields(record, (*rules)[i], at)))
      truth.rules.push_back(*std::move(rule));
  }
  if (const Json* store = fields.find("store"); store != nullptr && store->is_object()) {
    for (const auto& [id, value] : store->items()) {
      if (value.is_boolean()) {
        truth.store[id] = value.get<bool>();
      } else {
        record.wrong(fields.at("store") + "/" + escaped(id), &value, "true or false");
      }
    }
  }
  if (const Json* applies = fields.find("applies"); applies != nullptr && applies->is_object()) {
    for (const auto& [id, value] : applies->items()) truth.applies[id] = texts_in(value);
  }
}

// ---------------------------------------------------------------- lines

// Walks over JSON text that is known to be well-formed.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  // At the value of `pointer`; false: there is none.
  bool go_to(std::string_view pointer) {
    blanks();
    while (!pointer.empty()) {
      const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
      const std::string key(pointer.substr(1, end - 1));
      pointer.remove_prefix(end);
      if (!enter(key)) return false;
    }
    return at_ < text_.size();
  }
  std::size_t at() const { return at_; }

 private:
  char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() {
    while (at_ < text_.size() &&
           (now() == ' ' || now() == '\n' || now() == '\r' || now() == '\t')) {
      ++at_;
    }
  }
  std::string_view string() {
    const std::size_t from = ++at_;
    while (at_ < text_.size() && now() != '"') at_ += now() == '\\' ? 2 : 1;
    return text_.substr(from, at_++ - from);
  }
  void skip() {
    int depth = 0;
    do {
      const char c = now();
      if (c == '"') {
        string();
        if (depth == 0) return;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (--depth <= 0) {
          at_ += depth == 0;
          return;
        }
      }
      if (depth == 0 && c == ',') return;
      ++at_;
    } while (at_ < text_.size());
  }
  bool enter(const std::string& key) {
    const bool object = now() == '{';
    if (!object && now() != '[') return false;
    ++at_;
    for (std::size_t i = 0; at_ < text_.size(); ++i) {
      blanks();
      if (now() == '}' || now() == ']') return false;
      bool here = !object && std::to_string(i) == key;
      if (object) {
        here = escaped(string()) == key;
        blanks();
        ++at_;  // the colon
        blanks();
      }
      if (here) return true;
      skip();
      blanks();
      if (now() == ',') ++at_;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::int64_t> line_of_pointer(std::string_view text, std::string_view pointer) {
  // A member that is missing stands where its object does.
  for (std::string_view wanted = pointer;; wanted = wanted.substr(0, wanted.rfind('/'))) {
    Walker walker(text);
    if (walker.go_to(wanted)) return line_at(text, walker.at());
    if (wanted.empty()) return std::nullopt;
  }
}

std::string segment_name(const Transcript& transcript, std::size_t index) {
  return transcript.id + "#" + std::to_string(index);
}

Result<TranscriptFile> parse_transcripts(std::string_view text, const std::string& path) {
  TranscriptFile file;
  std::set<std::string> ids;
  TRY(each_record(text, path, file.errors,
                  [&](const Record& record, const Json& json, const std::string& pointer) {
                    read_transcript(record, json, pointer, ids, file);
                  }));
  return file;
}

Result<RuleFile> parse_rules(std::string_view text, const std::string& path) {
  RuleFile file;
  TRY(each_record(text, path, file.errors,
                  [&](const Record& record, const Json& json, const std::string& pointer) {
                    auto rule = read_rule(Fields(record, json, pointer));
                    if (rule) file.rules.push_back(*std::move(rule));
                  }));
  return file;
}

Result<TaskFile> parse_tasks(std::string_view text, const std::string& path) {
  TaskFile file;
  TRY(each_record(text, path, file.errors,
                  [&](const Record& record, const Json& json, const std::string& pointer) {
                    read_task(Fields(record, json, pointer), file);
                  }));
  return file;
}

Result<Truth> parse_truth(std::string_view text, const std::string& path) {
  Truth truth;
  TRY(each_record(text, path, truth.errors,
                  [&](const Record& record, const Json& json, const std::string& pointer) {
                    read_truth(record, json, pointer, truth);
                  }));
  return truth;
}

// ---------------------------------------------------------------- writing

Json rule_json(const NamedRule& rule) {
  Json match = {{"type", name_of(rule.rule.match.type)}, {"value", rule.rule.match.value}};
  if (!rule.rule.match.context_json.empty()) {
    match["context"] = parse_json(rule.rule.match.context_json).value_or(Json::object());
  }
  Json action = {{"type", name_of(rule.rule.action)},
                 {"description", rule.rule.text},
                 {"polarity", name_of(rule.rule.polarity)}};
  if (!rule.rule.parameters_json.empty()) {
    action["parameters"] = parse_json(rule.rule.parameters_json).value_or(Json::object());
  }
  Json out = {{"id", rule.id},
              {"match_criteria", std::move(match)},
              {"action", std::move(action)},
              {"rationale", rule.rule.rationale},
              {"confidence", rule.rule.confidence}};
  if (!rule.source_id.empty()) out["source_id"] = rule.source_id;
  if (rule.time) out["timestamp"] = format_time(*rule.time);
  return out;
}

Json transcript_json(const learn::LabelledTranscript& transcript) {
  Json segments = Json::array();
  for (const learn::LabelledSegment& segment : transcript.segments) {
    segments.push_back({{"speaker", segment.speaker},
                        {"content", segment.content},
                        {"type", name_of(segment.label)},
                        {"timestamp", format_time(segment.time)}});
  }
  return {{"id", transcript.id},
          {"segments", std::move(segments)},
          {"session_id", transcript.session_id},
          {"duration", transcript.duration_s},
          {"tags", transcript.tags}};
}

Json task_json(const learn::LabelledTask& task) {
  return {{"id", task.id},
          {"type", task.type},
          {"language", task.language},
          {"description", task.description},
          {"context",
           {{"paths", task.paths},
            {"variables_needed", task.identifiers},
            {"existing_code", task.code},
            {"origin", "synthetic"}}}};
}

Json truth_json(const learn::SyntheticData& data, const learn::GeneratorOptions& options) {
  Json rules = Json::array(), store = Json::object(), applies = Json::object();
  for (const learn::LabelledTranscript& transcript : data.transcripts) {
    for (const learn::GoldRule& gold : transcript.gold) {
      rules.push_back(rule_json(
          {.id = gold.id, .rule = gold.rule, .source_id = gold.source_id, .time = gold.time}));
      store[gold.id] = gold.store;
    }
  }
  for (const learn::LabelledTask& task : data.tasks) applies[task.id] = task.applies;
  return {{"synthetic", true},
          {"family", options.family == learn::TemplateFamily::kTest ? "test" : "train"},
          {"seed", options.seed},
          {"rules", std::move(rules)},
          {"store", std::move(store)},
          {"applies", std::move(applies)}};
}

}  // namespace hardwon::apps
