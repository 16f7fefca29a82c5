// `hardwon document …`: text given for retrieval as it is.

#include <fmt/format.h>

#include <array>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/answering.h"

namespace hardwon::apps {
namespace {

constexpr std::size_t kChunk = 256;
constexpr std::size_t kContentBytesMax = 8 << 20;
constexpr std::size_t kSkippedMax = 100;

Result<Document> parse_document(const std::string& line, const Scope& scope) {
  const Json json = TRY(parse_json(line));
  const auto wrong = [](const char* field, const char* expected) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = std::string("expected ") + expected,
                                 .field = field});
  };
  if (!json.is_object()) return wrong("", "a JSON object");
  Document document{.scope = scope};
  for (const auto& [key, value] : json.items()) {
    if (key == "content") {
      if (!value.is_string()) return wrong("/content", "a text");
      document.content = value.get<std::string>();
    } else if (key == "id") {
      if (!value.is_string() && !value.is_number_integer()) return wrong("/id", "a text");
      document.external_id = value.is_string() ? value.get<std::string>() : value.dump();
    } else if (key == "metadata") {
      if (!value.is_object() && !value.is_null()) return wrong("/metadata", "an object");
      if (value.is_object()) document.metadata_json = dump_json(value);
    } else {
      return wrong(("/" + key).c_str(), "no field of this name (known: id, content, metadata)");
    }
  }
  if (trim(document.content).empty()) return wrong("/content", "a text that is not empty");
  if (document.content.size() > kContentBytesMax) return wrong("/content", "at most 8 MiB");
  if (document.external_id.empty()) {
    document.external_id = to_text(content_id<ItemId>({document.content})).substr(0, 18);
  }
  document.id = content_id<ItemId>({"document", scope.canonical(), document.external_id});
  return document;
}

// Opens the store for the first write: an input that cannot be read makes none.
struct AddRun {
  Context& context;
  std::vector<Document> chunk = {};
  std::int64_t added = 0, unchanged = 0, replaced = 0;

  Result<void> flush() {
    if (chunk.empty()) return {};
    Engine& engine = *TRY(context.engine(Context::Access::kWrite));
    TRY(engine.impl().database->write([&](store::Writer& writer) -> Result<void> {
      for (const Document& document : chunk) {
        switch (TRY(store::put_document(writer, document))) {
          case store::PutResult::kNew:
            ++added;
            break;
          case store::PutResult::kChanged:
            ++replaced;
            break;
          case store::PutResult::kUnchanged:
            ++unchanged;
            break;
        }
      }
      return {};
    }));
    chunk.clear();
    return {};
  }
};

Result<Reply> add(Context& context, const Json& request) {
  const Scope scope = TRY(context.write_scope());
  AddRun run{.context = context};
  Json skipped = Json::array();
  std::int64_t skipped_total = 0;
  TRY(each_line(context, text_of(request, "file"),
                [&](std::int64_t number, const std::string& line) -> Result<void> {
                  tell_line(context, number);
                  auto document = parse_document(line, scope);
                  if (document) {
                    run.chunk.push_back(*std::move(document));
                    return run.chunk.size() >= kChunk ? run.flush() : Result<void>();
                  }
                  ++skipped_total;
                  if (skipped.size() < kSkippedMax) {
                    skipped.push_back({{"line", number},
                                       {"field", document.error().field},
                                       {"why", document.error().message}});
                  }
                  return {};
                }));
  TRY(run.flush());
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  TRY(engine::publish_index(engine.impl(), false));
  TRY(engine.impl().database->checkpoint());
  const bool nothing = run.added + run.unchanged + run.replaced == 0;
  return Reply{.value = {{"added", run.added},
                         {"unchanged", run.unchanged},
                         {"replaced", run.replaced},
                         {"skipped", std::move(skipped)},
                         {"skipped_total", skipped_total}},
               .exit_code = nothing && skipped_total > 0 ? 2 : 0};
}

std::string add_text(const Reply& reply) {
  const auto n = [&](const char* key) { return reply.value[key].get<std::int64_t>(); };
  std::string out = fmt::format("{} added, {} replaced, {} unchanged, {} skipped.\n", n("added"),
                                n("replaced"), n("unchanged"), n("skipped_total"));
  for (const Json& skipped : reply.value["skipped"]) {
    out += fmt::format("  line {}: {} {}\n", skipped["line"].get<std::int64_t>(),
                       skipped["field"].get<std::string>(), skipped["why"].get<std::string>());
  }
  return out;
}

Result<Reply> remove(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  const Scope scope = TRY(context.write_scope());
  std::int64_t removed = 0;
  TRY(engine.impl().database->write([&](store::Writer& writer) -> Result<void> {
    for (const std::string& id : texts_of(request, "id")) {
      if (TRY(store::remove_document(writer, id, scope))) ++removed;
    }
    return {};
  }));
  return Reply{.value = {{"removed", removed}}, .exit_code = removed == 0 ? 1 : 0};
}

Result<Reply> clear(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kWrite));
  if (!flag_of(request, "yes")) {
    return bad_option("yes", "removes every document of the scope: say --yes");
  }
  std::int64_t removed = 0;
  TRY(engine.impl().database->write([&](store::Writer& writer) -> Result<void> {
    removed = TRY(store::clear_documents(writer, context.visibility));
    return {};
  }));
  return Reply{.value = {{"removed", removed}}};
}

std::string removed_text(const Reply& reply) {
  return fmt::format("Removed {}.\n",
                     counted(reply.value["removed"].get<std::int64_t>(), "document"));
}

Result<Reply> count(Context& context, const Json&) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const std::int64_t documents = TRY(store::count_documents(reader, context.visibility));
    reply.value = {{"documents", documents}};
    return {};
  }));
  return reply;
}

std::string count_text(const Reply& reply) {
  return counted(reply.value["documents"].get<std::int64_t>(), "document") + "\n";
}

Result<Reply> list(Context& context, const Json& request) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  Reply reply{.value = Json::array(), .lines = true};
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    const auto n = static_cast<std::size_t>(integer_of(request, "n", 100));
    for (const Document& document : TRY(store::list_documents(reader, context.visibility, n))) {
      Json json = {{"id", document.external_id}, {"content", document.content}};
      json["metadata"] = Json::object();
      if (auto metadata = parse_json(document.metadata_json)) json["metadata"] = *metadata;
      reply.value.push_back(std::move(json));
    }
    return {};
  }));
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

std::string list_text(const Reply& reply) {
  std::string out;
  for (const Json& document : reply.value) {
    out += fmt::format("{:<20} {}\n", document["id"].get<std::string>(),
                       ellipsis(one_line(document["content"].get<std::string>()), 70));
  }
  return out.empty() ? "No documents in this scope.\n" : out;
}

constexpr auto kAddParams = std::to_array<Param>({
    {.name = "file",
     .help = "JSON lines {\"id\",\"content\",\"metadata\":{}}, or -",
     .positional = true,
     .required = true},
});
constexpr auto kRemoveParams = std::to_array<Param>({
    {.name = "id",
     .type = ParamType::kTexts,
     .help = "ids as given",
     .positional = true,
     .required = true},
});
constexpr auto kListParams = std::to_array<Param>({
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "at most this many",
     .letter = 'n',
     .low = 1,
     .high = 10'000'000,
     .fallback = "100"},
});
constexpr auto kClearParams = std::to_array<Param>({
    {.name = "yes", .type = ParamType::kFlag, .help = "yes, all of them"},
});
constexpr std::string_view kGroup = "Episodes and documents";

}  // namespace

const Operation kDocumentAdd = {.name = "document add",
                                .group = kGroup,
                                .summary = "Add or replace documents for recall",
                                .details = "  hardwon document add handbook.jsonl",
                                .params = kAddParams,
                                .run = add,
                                .text = add_text};
const Operation kDocumentRemove = {.name = "document remove",
                                   .group = kGroup,
                                   .summary = "Remove documents by id",
                                   .params = kRemoveParams,
                                   .run = remove,
                                   .text = removed_text};
const Operation kDocumentList = {.name = "document list",
                                 .group = kGroup,
                                 .summary = "Documents of this scope",
                                 .params = kListParams,
                                 .run = list,
                                 .text = list_text};
const Operation kDocumentCount = {.name = "document count",
                                  .group = kGroup,
                                  .summary = "How many documents",
                                  .run = count,
                                  .text = count_text};
const Operation kDocumentClear = {.name = "document clear",
                                  .group = kGroup,
                                  .summary = "Remove every document of this scope",
                                  .params = kClearParams,
                                  .run = clear,
                                  .text = removed_text};

}  // namespace hardwon::apps
