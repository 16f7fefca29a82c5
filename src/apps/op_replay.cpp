// `hardwon replay …`: the experience buffer from the command line.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <optional>
#include <span>

#include "apps/operations.h"
#include "apps/replay_json.h"
#include "apps/views.h"
#include "base/text.h"
#include "hardwon/replay.h"
#include "vector/embedder.h"

namespace hardwon::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = 256;
constexpr std::size_t kChunkBytes = 8 << 20;  // of input text
constexpr std::size_t kSkippedMax = 100;

fs::path directory_of(const Context& context) { return context.options.directory / "replay"; }

Result<std::unique_ptr<Replay>> open_for_writing(const Context& context) {
  return Replay::open(directory_of(context), context.replay);
}

// As the owner when nobody else is, so that what a crash left is read to its end; else beside
// the owner, and people are told.
Result<std::unique_ptr<Replay>> open_for_reading(const Context& context) {
  const fs::path directory = directory_of(context);
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .message = "there is no experience buffer yet: hardwon replay add",
                                 .path = directory.string()});
  }
  ReplayOptions options = context.replay;
  options.lock_wait = std::chrono::milliseconds(0);
  auto replay = Replay::open(directory, options);
  if (replay || !replay.error().store_locked) return replay;
  std::cerr << "hardwon: the buffer is " << replay.error().message
            << "; reading beside it, retrievals are not counted\n";
  return Replay::open_reader(directory, options);
}

// ---------------------------------------------------------------- lines

struct Lines {
  std::int64_t done = 0, skipped_total = 0, existing = 0;
  Json ids = Json::array(), skipped = Json::array();

  void skip(std::int64_t line, const Error& error) {
    ++skipped_total;
    if (skipped.size() >= kSkippedMax) return;
    skipped.push_back({{"line", line}, {"field", error.field}, {"why", error.message}});
  }
  // As they stand in the input: an experience is refused later than a malformed line.
  Json in_order() {
    std::stable_sort(skipped.begin(), skipped.end(), [](const Json& a, const Json& b) {
      return a["line"].get<std::int64_t>() < b["line"].get<std::int64_t>();
    });
    return std::move(skipped);
  }
  int exit_code() const { return done + existing == 0 && skipped_total > 0 ? 2 : 0; }
};

bool is_for_this_line(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kConflict ||
         error.code == ErrorCode::kNotFound || error.code == ErrorCode::kResourceExhausted;
}

// What lines ask for, written together: one write for all.  Where one of them is refused, in
// parts and at last one by one, so that the others are kept: a bad line in 256 costs 32 writes, and
// where all are refused each is looked at three times.
template <typename Item>
struct Batch {
  std::function<Result<void>(std::span<const Item>)> write;  // all or none
  std::function<void(std::int64_t line, const Error&)> refused;
  std::vector<Item> items = {};
  std::vector<std::int64_t> lines = {};
  std::size_t bytes = 0;

  Result<void> take(std::int64_t line, Item item, std::size_t line_bytes) {
    items.push_back(std::move(item));
    lines.push_back(line);
    bytes += line_bytes;
    return items.size() >= kChunk || bytes >= kChunkBytes ? flush() : Result<void>();
  }

  Result<void> flush() {
    if (!items.empty()) TRY(write_from(0, items.size()));
    items.clear();
    lines.clear();
    bytes = 0;
    return {};
  }

  Result<void> write_from(std::size_t first, std::size_t count) {
    auto written = write(std::span<const Item>(items).subspan(first, count));
    if (written || !is_for_this_line(written.error())) return written;
    if (count == 1) {
      refused(lines[first], written.error());
      return {};
    }
    const std::size_t part = (count + 15) / 16, end = first + count;
    for (; first < end; first += part) TRY(write_from(first, std::min(part, end - first)));
    return {};
  }
};

Batch<Experience> adding(Replay& replay, Lines& lines, bool existing_is_fine) {
  return {.write = [&](std::span<const Experience> experiences) -> Result<void> {
            for (std::string& id : TRY(replay.add(experiences))) lines.ids.push_back(std::move(id));
            lines.done += static_cast<std::int64_t>(experiences.size());
            return {};
          },
          .refused =
              [&lines, existing_is_fine](std::int64_t line, const Error& error) {
                if (existing_is_fine && error.code == ErrorCode::kConflict) {
                  ++lines.existing;
                } else {
                  lines.skip(line, error);
                }
              }};
}

void embed(Experience* experience) {
  if (!experience->embeddings.text.empty()) return;
  std::vector<float> text = vector::embed_lexical(experience->question);
  if (std::ranges::any_of(text, [](float x) { return x != 0; })) {
    experience->embeddings.text = std::move(text);
  }
}

Result<void> add_lines(Context& context, const Json& request, Batch<Experience>& batch,
                       Lines& lines) {
  TRY(each_line(context, text_of(request, "file", "-"),
                [&](std::int64_t number, const std::string& line) -> Result<void> {
                  tell_line(context, number);
                  auto json = parse_json(line);
                  auto experience =
                      json ? parse_experience(*json)
                           : Result<Experience>(std::unexpected(std::move(json).error()));
                  if (!experience) {
                    lines.skip(number, experience.error());
                    return {};
                  }
                  if (flag_of(request, "embed")) embed(&*experience);
                  return batch.take(number, *std::move(experience), line.size());
                }));
  return batch.flush();
}

// ---------------------------------------------------------------- changing

Result<Reply> add(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  Lines lines;
  Batch<Experience> batch = adding(*replay, lines, false);
  TRY(add_lines(context, request, batch, lines));
  return Reply{.value = {{"added", lines.done},
                         {"ids", std::move(lines.ids)},
                         {"skipped", lines.in_order()},
                         {"skipped_total", lines.skipped_total},
                         {"size", replay->stats().size}},
               .exit_code = lines.exit_code()};
}

std::string skipped_text(const Json& value) {
  std::string out;
  for (const Json& skipped : value["skipped"]) {
    out += fmt::format("  line {}: {} {}\n", skipped["line"].get<std::int64_t>(),
                       skipped["field"].get<std::string>(), skipped["why"].get<std::string>());
  }
  return out;
}

std::string add_text(const Reply& reply) {
  return fmt::format("{} added, {} skipped; the buffer holds {}.\n",
                     counted(reply.value["added"].get<std::int64_t>(), "experience"),
                     reply.value["skipped_total"].get<std::int64_t>(),
                     reply.value["size"].get<std::size_t>()) +
         skipped_text(reply.value);
}

// Episodes of the scope, oldest first, as trajectories.  One at a time with its steps: together
// they may be all that agents ever did here.
Result<void> import_episodes(Context& context, Batch<Experience>& batch, std::int64_t* unknown) {
  Engine& engine = *TRY(context.engine(Context::Access::kRead));
  std::vector<ItemId> ids;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    for (const Episode& episode : TRY(store::list_episodes(
             reader,
             {.visibility = context.visibility, .only_completed = true, .limit = 10'000'000},
             false))) {
      ids.push_back(episode.id);
    }
    return {};
  }));
  std::ranges::reverse(ids);
  for (const ItemId& id : ids) {
    std::optional<Episode> episode;
    TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
      episode = TRY(store::get_episode(reader, id));
      return {};
    }));
    if (!episode) continue;  // forgotten since
    auto experience = experience_of(*episode);
    if (!experience) {
      ++*unknown;
      continue;
    }
    std::size_t bytes = 0;
    for (const Step& step : episode->steps) bytes += step.output.size();
    TRY(batch.take(0, *std::move(experience), bytes));
  }
  return batch.flush();
}

Result<Reply> import(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  Lines lines;
  Batch<Experience> batch = adding(*replay, lines, true);
  std::int64_t unknown = 0;
  if (text_of(request, "file").empty()) {
    TRY(import_episodes(context, batch, &unknown));
  } else {
    TRY(add_lines(context, request, batch, lines));
  }
  return Reply{.value = {{"added", lines.done},
                         {"unchanged", lines.existing},
                         {"outcome_unknown", unknown},
                         {"skipped", lines.in_order()},
                         {"skipped_total", lines.skipped_total},
                         {"size", replay->stats().size}},
               .exit_code = lines.exit_code()};
}

std::string import_text(const Reply& reply) {
  return fmt::format(
             "{} added, {} already there, {} skipped, {} left out because nobody knows how they "
             "ended; the buffer holds {}.\n",
             counted(reply.value["added"].get<std::int64_t>(), "experience"),
             reply.value["unchanged"].get<std::int64_t>(),
             reply.value["skipped_total"].get<std::int64_t>(),
             counted(reply.value["outcome_unknown"].get<std::int64_t>(), "episode"),
             reply.value["size"].get<std::size_t>()) +
         skipped_text(reply.value);
}

Result<Reply> update(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  Lines lines;
  Batch<ExperienceUpdate> batch{
      .write = [&](std::span<const ExperienceUpdate> updates) -> Result<void> {
        TRY(replay->update(updates));
        lines.done += static_cast<std::int64_t>(updates.size());
        return {};
      },
      .refused = [&](std::int64_t line, const Error& error) { lines.skip(line, error); }};
  TRY(each_line(context, text_of(request, "file", "-"),
                [&](std::int64_t number, const std::string& line) -> Result<void> {
                  tell_line(context, number);
                  auto json = parse_json(line);
                  auto wanted =
                      json ? parse_experience_update(*json)
                           : Result<ExperienceUpdate>(std::unexpected(std::move(json).error()));
                  if (wanted) return batch.take(number, *std::move(wanted), line.size());
                  lines.skip(number, wanted.error());
                  return {};
                }));
  TRY(batch.flush());
  return Reply{.value = {{"updated", lines.done},
                         {"skipped", lines.in_order()},
                         {"skipped_total", lines.skipped_total}},
               .exit_code = lines.exit_code()};
}

std::string update_text(const Reply& reply) {
  return fmt::format("{} updated, {} skipped.\n",
                     counted(reply.value["updated"].get<std::int64_t>(), "experience"),
                     reply.value["skipped_total"].get<std::int64_t>()) +
         skipped_text(reply.value);
}

Result<Reply> success(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  const std::vector<std::string> ids = texts_of(request, "id");
  TRY(replay->mark_success(ids));
  Json marked = Json::array();
  for (const std::string& id : ids) marked.push_back(experience_brief_json(TRY(replay->get(id))));
  return Reply{.value = std::move(marked), .lines = true};
}

std::string brief_text(const Reply& reply) {
  std::string out;
  for (const Json& line : reply.value) {
    const Json& buffer = line["buffer"];
    out += fmt::format("{:<40} priority {:.4f}, helped {} of {}\n", line["id"].get<std::string>(),
                       buffer["priority"].get<double>(), buffer["successes"].get<std::uint64_t>(),
                       buffer["retrievals"].get<std::uint64_t>());
  }
  return out;
}

Result<Reply> remove(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  const std::vector<std::string> ids = texts_of(request, "id");
  TRY(replay->remove(ids));
  const bool erase = flag_of(request, "erase");
  if (erase) TRY(replay->snapshot(true));
  return Reply{.value = {{"removed", ids.size()}, {"erased", erase}}};
}

std::string remove_text(const Reply& reply) {
  const std::string what = counted(reply.value["removed"].get<std::int64_t>(), "experience");
  return reply.value["erased"].get<bool>()
             ? "Removed " + what + "; no byte of it is left in the buffer's files.\n"
             : "Removed " + what + "; older files still hold it until a later snapshot.\n";
}

// ---------------------------------------------------------------- asking

Json record_json(const ExperienceRecord& record, bool brief) {
  return brief ? experience_brief_json(record) : experience_json(record);
}

Result<Reply> get(Context& context, const Json& request) {
  auto replay = TRY(open_for_reading(context));
  Reply reply{.value = Json::array(), .lines = true};
  for (const std::string& id : texts_of(request, "id")) {
    reply.value.push_back(record_json(TRY(replay->get(id)), flag_of(request, "brief")));
  }
  return reply;
}

Result<Reply> sample(Context& context, const Json& request) {
  if (flag_of(request, "uniform")) context.replay.sampling = SamplingStrategy::kUniform;
  auto replay = TRY(open_for_reading(context));
  SampleRequest wanted{.count = static_cast<std::size_t>(integer_of(request, "n", 256)),
                       .beta = number_of(request, "beta", 0.4)};
  if (request.contains("seed")) {
    wanted.seed = static_cast<std::uint64_t>(integer_of(request, "seed", 0));
  }
  Reply reply{.value = Json::array(), .lines = true};
  for (const SampledExperience& sampled : TRY(replay->sample(wanted))) {
    Json line = record_json(sampled.record, flag_of(request, "brief"));
    line["buffer"]["probability"] = sampled.probability;
    line["buffer"]["weight"] = sampled.weight;
    reply.value.push_back(std::move(line));
  }
  if (reply.value.empty()) reply.exit_code = 1;
  return reply;
}

struct Query {
  Json id;
  NeighbourRequest request;
};

Result<ExperienceFilter> parse_filter(const Json& request) {
  ExperienceFilter filter;
  if (const std::string name = text_of(request, "status"); !name.empty()) {
    filter.status = parse_experience_status(name);
  }
  if (request.contains("reward_min")) filter.reward_min = number_of(request, "reward_min", 0);
  filter.since = time_of(request, "since");
  filter.until = time_of(request, "until");
  for (const std::string& pair : texts_of(request, "where")) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return bad_option("where", "found '" + pair + "', expected field=value");
    }
    filter.metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return filter;
}

Result<Query> parse_query(const Json& json, std::int64_t number) {
  if (!json.is_object()) return fail(ErrorCode::kInvalidArgument, "expected an object");
  Query query{.id = json.contains("id") ? json["id"] : Json(number)};
  for (const auto& [key, value] : json.items()) {
    if (key == "embeddings") {
      query.request.embeddings = TRY(parse_embeddings(value));
    } else if (key == "question" && value.is_string()) {
      query.request.embeddings.text = vector::embed_lexical(value.get<std::string>());
    } else if (key != "id") {
      return std::unexpected(
          Error{.code = ErrorCode::kInvalidArgument,
                .message = "no field of this name (known: id, embeddings, question)",
                .field = "/" + key});
    }
  }
  return query;
}

Result<Json> answer(Replay& replay, const Query& query, bool brief) {
  Json hits = Json::array();
  for (const Neighbour& neighbour : TRY(replay.neighbours(query.request))) {
    Json hit = record_json(neighbour.record, brief);
    hit["similarity"] = neighbour.similarity;
    if (neighbour.distance) hit["distance"] = *neighbour.distance;
    hits.push_back(std::move(hit));
  }
  return Json{{"id", query.id}, {"hits", std::move(hits)}};
}

Result<Reply> neighbours(Context& context, const Json& request) {
  const ExperienceFilter filter = TRY(parse_filter(request));
  auto replay = TRY(open_for_reading(context));
  Reply reply{.value = Json::array(), .lines = true};
  bool found = false;
  const auto ask = [&](Query query) -> Result<void> {
    query.request.count = static_cast<std::size_t>(
        integer_of(request, "k", static_cast<std::int64_t>(context.replay_neighbours)));
    query.request.filter = filter;
    query.request.counts = !flag_of(request, "no_count");
    if (text_of(request, "metric") == "l2") query.request.metric = NeighbourMetric::kL2;
    reply.value.push_back(TRY(answer(*replay, query, flag_of(request, "brief"))));
    found = found || !reply.value.back()["hits"].empty();
    return {};
  };
  if (const std::string question = text_of(request, "question"); !question.empty()) {
    TRY(ask(TRY(parse_query({{"question", question}}, 1))));
  } else {
    TRY(each_line(context, text_of(request, "file", "-"),
                  [&](std::int64_t number, const std::string& line) -> Result<void> {
                    tell_line(context, number);
                    auto json = parse_json(line);
                    auto query = json ? parse_query(*json, number)
                                      : Result<Query>(std::unexpected(json.error()));
                    auto asked = query ? ask(*std::move(query))
                                       : Result<void>(std::unexpected(query.error()));
                    if (!asked) asked.error().line = number;
                    return asked;
                  }));
  }
  if (!found) reply.exit_code = 1;
  return reply;
}

std::string neighbours_text(const Reply& reply) {
  std::string out;
  for (const Json& line : reply.value) {
    for (const Json& hit : line["hits"]) {
      out += fmt::format("{:.3f}  {:<40} {}\n", hit["similarity"].get<double>(),
                         hit["id"].get<std::string>(),
                         ellipsis(one_line(hit.value("question", "")), 50));
    }
  }
  return out.empty() ? "Nothing comparable in the buffer.\n" : out;
}

std::string records_text(const Reply& reply) {
  std::string out;
  for (const Json& line : reply.value) {
    out += fmt::format("{:<40} priority {:.4f}  {}\n", line["id"].get<std::string>(),
                       line["buffer"]["priority"].get<double>(),
                       ellipsis(one_line(line.value("question", "")), 50));
  }
  return out.empty() ? "The buffer is empty.\n" : out;
}

// ---------------------------------------------------------------- looking after

Json recovery_json(const ReplayRecovery& recovery) {
  return {{"sequence", recovery.sequence},
          {"snapshot_sequence", recovery.snapshot_sequence},
          {"entries_read", recovery.entries},
          {"bytes_dropped", recovery.bytes_dropped},
          {"clean", recovery.clean},
          {"snapshot_damaged",
           recovery.snapshot_damaged.empty() ? Json(nullptr) : Json(recovery.snapshot_damaged)}};
}

Result<Reply> stats(Context& context, const Json&) {
  auto replay = TRY(open_for_reading(context));
  const ReplayStats stats = replay->stats();
  return Reply{
      .value = {{"size", stats.size},
                {"capacity", stats.capacity},
                {"added", stats.added},
                {"evicted", stats.evicted},
                {"removed", stats.removed},
                {"retrievals", stats.retrievals},
                {"successes", stats.successes},
                {"dims", {{"visual", stats.visual_dim}, {"text", stats.text_dim}}},
                {"priority_mean", stats.size > 0 ? Json(stats.priority_mean) : Json(nullptr)},
                {"index",
                 {{"kind", "exact"},
                  {"covers", stats.index_covers},
                  {"generation", stats.index_generation},
                  {"live", stats.index_live},
                  {"dead", stats.index_dead},
                  {"pending", stats.index_pending}}},
                {"journal",
                 {{"backend", name_of(context.replay.persistence_backend)},
                  {"sequence", stats.sequence},
                  {"snapshot_sequence", stats.snapshot_sequence},
                  {"log_bytes", stats.log_bytes},
                  {"snapshot_bytes", stats.snapshot_bytes},
                  {"poisoned", stats.poisoned},
                  {"counts_dropped", stats.counts_dropped}}},
                {"recovery", recovery_json(replay->recovery())}}};
}

std::string stats_text(const Reply& reply) {
  const Json& value = reply.value;
  return fmt::format(
      "{:>9}  of {} experiences; {} added, {} evicted, {} removed\n"
      "{:>9}  retrievals, {} helped\n"
      "{:>9}  bytes of log after a snapshot of {}\n",
      value["size"].get<std::size_t>(), value["capacity"].get<std::size_t>(),
      value["added"].get<std::uint64_t>(), value["evicted"].get<std::uint64_t>(),
      value["removed"].get<std::uint64_t>(), value["retrievals"].get<std::uint64_t>(),
      value["successes"].get<std::uint64_t>(), value["journal"]["log_bytes"].get<std::uint64_t>(),
      value["journal"]["snapshot_bytes"].get<std::uint64_t>());
}

Result<Reply> verify(Context& context, const Json&) {
  auto replay = TRY(Replay::open_reader(directory_of(context), context.replay));
  Json value = recovery_json(replay->recovery());
  value["ok"] = true;
  value["size"] = replay->stats().size;
  return Reply{.value = std::move(value)};
}

std::string verify_text(const Reply& reply) {
  return fmt::format("Sound: {}, up to change {}.\n",
                     counted(reply.value["size"].get<std::int64_t>(), "experience"),
                     reply.value["sequence"].get<std::uint64_t>());
}

Result<Reply> snapshot(Context& context, const Json& request) {
  auto replay = TRY(open_for_writing(context));
  TRY(replay->snapshot(flag_of(request, "erase")));
  const ReplayStats stats = replay->stats();
  return Reply{.value = {{"snapshot_sequence", stats.snapshot_sequence},
                         {"snapshot_bytes", stats.snapshot_bytes},
                         {"log_bytes", stats.log_bytes}}};
}

std::string snapshot_text(const Reply& reply) {
  return fmt::format("Snapshot up to change {}: {} bytes.\n",
                     reply.value["snapshot_sequence"].get<std::uint64_t>(),
                     reply.value["snapshot_bytes"].get<std::uint64_t>());
}

// The damaged directory is kept beside the salvaged one, which takes its place.
Result<Reply> salvage(Context& context) {
  const fs::path directory = directory_of(context);
  const fs::path fresh = context.options.directory / "replay.salvaged";
  const fs::path damaged = context.options.directory / "replay.damaged";
  std::error_code failed;
  if (fs::exists(damaged, failed)) {
    return std::unexpected(Error{.code = ErrorCode::kConflict,
                                 .message = "is still there from an earlier salvage: move it away",
                                 .path = damaged.string()});
  }
  const ReplaySalvage found = TRY(salvage_replay(directory, fresh, context.replay));
  fs::rename(directory, damaged, failed);
  if (!failed) fs::rename(fresh, directory, failed);
  if (failed) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo,
              .message = "moving the salvaged buffer into place: " + failed.message(),
              .path = fresh.string()});
  }
  return Reply{.value = {{"experiences", found.experiences},
                         {"entries_lost", found.entries_lost},
                         {"bytes_damaged", found.bytes_damaged},
                         {"damaged_kept_at", damaged.string()}}};
}

Result<Reply> recover(Context& context, const Json& request) {
  if (flag_of(request, "salvage")) return salvage(context);
  auto replay = TRY(open_for_writing(context));
  Json value = recovery_json(replay->recovery());
  value["size"] = replay->stats().size;
  return Reply{.value = std::move(value)};
}

std::string recover_text(const Reply& reply) {
  const Json& value = reply.value;
  if (value.contains("damaged_kept_at")) {
    return fmt::format(
        "Salvaged {}; {} lost, {} bytes damaged. The damaged buffer is kept at {}.\n",
        counted(value["experiences"].get<std::int64_t>(), "experience"),
        counted(value["entries_lost"].get<std::int64_t>(), "change"),
        value["bytes_damaged"].get<std::uint64_t>(), value["damaged_kept_at"].get<std::string>());
  }
  return fmt::format("{} after {}; {}, {} bytes of a torn end dropped.\n",
                     counted(value["size"].get<std::int64_t>(), "experience"),
                     counted(value["sequence"].get<std::int64_t>(), "change"),
                     value["clean"].get<bool>() ? "closed cleanly" : "recovered from a crash",
                     value["bytes_dropped"].get<std::uint64_t>());
}

// ---------------------------------------------------------------- the table

constexpr Param kFile = {
    .name = "file", .help = "JSON lines, or -", .positional = true, .fallback = "-"};
constexpr Param kIds = {.name = "id",
                        .type = ParamType::kTexts,
                        .help = "ids of experiences",
                        .positional = true,
                        .required = true};
constexpr Param kBrief = {
    .name = "brief", .type = ParamType::kFlag, .help = "ids and figures, without the content"};
constexpr Param kEmbed = {.name = "embed",
                          .type = ParamType::kFlag,
                          .help = "give those without a text embedding the built-in lexical one"};
constexpr Param kErase = {.name = "erase",
                          .type = ParamType::kFlag,
                          .help = "leave no byte of what was removed in any file"};

constexpr auto kAddParams = std::to_array<Param>({kFile, kEmbed});
constexpr auto kImportParams =
    std::to_array<Param>({{.name = "file",
                           .help = "JSON lines, or -; without it the episodes of this scope",
                           .positional = true},
                          kEmbed});
constexpr auto kFileParams = std::to_array<Param>({kFile});
constexpr auto kIdParams = std::to_array<Param>({kIds});
constexpr auto kGetParams = std::to_array<Param>({kIds, kBrief});
constexpr auto kRemoveParams = std::to_array<Param>({kIds, kErase});
constexpr auto kSnapshotParams = std::to_array<Param>({kErase});
constexpr auto kSampleParams = std::to_array<Param>({
    {.name = "n",
     .type = ParamType::kInteger,
     .help = "draws, with replacement",
     .letter = 'n',
     .low = 1,
     .high = 1'000'000,
     .fallback = "256"},
    {.name = "beta",
     .type = ParamType::kNumber,
     .help = "exponent of the importance weights, 0 to 1",
     .low = 0,
     .high = 1,
     .fallback = "0.4"},
    {.name = "seed",
     .type = ParamType::kInteger,
     .help = "the same seed and buffer give the same draws",
     .low = 0,
     .high = 9e15},
    {.name = "uniform", .type = ParamType::kFlag, .help = "all alike, whatever their priority"},
    kBrief,
});
constexpr auto kNeighboursParams = std::to_array<Param>({
    kFile,
    {.name = "question", .help = "a text, embedded with the built-in lexical embedder"},
    {.name = "k",
     .type = ParamType::kInteger,
     .help = "how many",
     .letter = 'k',
     .low = 1,
     .high = 10'000,
     .fallback = "5"},
    {.name = "metric", .help = "also gives the distance", .choices = "cosine|l2"},
    {.name = "status", .help = "only these", .choices = "pending|processed|failed|archived"},
    {.name = "reward-min", .type = ParamType::kNumber, .help = "only rewards of at least this"},
    {.name = "since", .type = ParamType::kTime, .help = "only from this time on"},
    {.name = "until", .type = ParamType::kTime, .help = "only before this time"},
    {.name = "where", .type = ParamType::kTexts, .help = "field=value of the metadata"},
    {.name = "no-count", .type = ParamType::kFlag, .help = "do not count these as retrievals"},
    kBrief,
});
constexpr auto kRecoverParams = std::to_array<Param>({
    {.name = "salvage",
     .type = ParamType::kFlag,
     .help = "of a damaged buffer: keep what can be read"},
});
constexpr std::string_view kGroup = "Lab";

}  // namespace

const Operation kReplayAdd = {
    .name = "replay add",
    .group = kGroup,
    .summary = "Add experiences to the replay buffer",
    .details =
        "  echo '{\"question\":\"2+2?\",\"trajectory\":{\"reward\":1},\"confidence\":0.4}' "
        "| hardwon replay add --embed",
    .params = kAddParams,
    .run = add,
    .text = add_text};
const Operation kReplayImport = {
    .name = "replay import",
    .group = kGroup,
    .summary = "Add episodes of the memory, or experiences not yet there",
    .details = "  hardwon --scope all replay import\n  hardwon replay import experiences.jsonl",
    .params = kImportParams,
    .run = import,
    .text = import_text};
const Operation kReplayGet = {.name = "replay get",
                              .group = kGroup,
                              .summary = "Experiences by id",
                              .params = kGetParams,
                              .run = get,
                              .text = records_text};
const Operation kReplaySample = {.name = "replay sample",
                                 .group = kGroup,
                                 .summary = "Draw experiences by priority, with weights",
                                 .details = "  hardwon replay sample -n 32 --seed 7 --brief",
                                 .params = kSampleParams,
                                 .run = sample,
                                 .text = records_text};
const Operation kReplayNeighbours = {
    .name = "replay neighbours",
    .group = kGroup,
    .summary = "Experiences nearest to embeddings or a question",
    .details =
        "  hardwon replay neighbours --question 'flaky test in CI' -k 3\n"
        "  echo '{\"embeddings\":{\"text\":[0.1,0.9]}}' | hardwon replay neighbours",
    .params = kNeighboursParams,
    .run = neighbours,
    .text = neighbours_text};
const Operation kReplayUpdate = {
    .name = "replay update",
    .group = kGroup,
    .summary = "Change confidence, reward or status",
    .details = "  echo '{\"id\":\"e1\",\"confidence\":0.9}' | hardwon replay update",
    .params = kFileParams,
    .run = update,
    .text = update_text};
const Operation kReplaySuccess = {.name = "replay success",
                                  .group = kGroup,
                                  .summary = "Say that retrieved experiences helped",
                                  .params = kIdParams,
                                  .run = success,
                                  .text = brief_text};
const Operation kReplayRemove = {.name = "replay remove",
                                 .group = kGroup,
                                 .summary = "Remove experiences",
                                 .params = kRemoveParams,
                                 .run = remove,
                                 .text = remove_text};
const Operation kReplayStats = {.name = "replay stats",
                                .group = kGroup,
                                .summary = "Size, counts, journal and index of the buffer",
                                .run = stats,
                                .text = stats_text};
const Operation kReplayVerify = {.name = "replay verify",
                                 .group = kGroup,
                                 .summary = "Read the whole buffer, change nothing",
                                 .run = verify,
                                 .text = verify_text};
const Operation kReplaySnapshot = {.name = "replay snapshot",
                                   .group = kGroup,
                                   .summary = "Write a snapshot now and cut the log short",
                                   .params = kSnapshotParams,
                                   .run = snapshot,
                                   .text = snapshot_text};
const Operation kReplayRecover = {
    .name = "replay recover",
    .group = kGroup,
    .summary = "Open after a crash and say what was found",
    .details = "  hardwon replay recover --salvage   of a buffer that refuses to open",
    .params = kRecoverParams,
    .run = recover,
    .text = recover_text};

}  // namespace hardwon::apps
