#include "train/checkpoint.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

namespace hardwon::train {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

using reason::NetShape;
using reason::NetWeights;

constexpr std::string_view kMagic("HWTRAIN\0", 8);
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 48, kHashAt = 40;
constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;
constexpr std::vector<float> NetWeights::* kArrays[] = {&NetWeights::w1, &NetWeights::b1,
                                                        &NetWeights::w2, &NetWeights::b2,
                                                        &NetWeights::w3, &NetWeights::b3};

std::unexpected<Error> damaged(std::string message) {
  return fail(ErrorCode::kCorruption, std::move(message));
}

template <typename T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_floats(std::string& bytes, const std::vector<float>& values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

// Takes numbers from the front; whoever took too much finds `cut` set.
struct Reader {
  std::string_view rest;
  bool cut = false;

  std::string_view bytes(std::size_t size) {
    cut = cut || size > rest.size();
    if (cut) return {};
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  template <typename T>
  T number() {
    T value{};
    const std::string_view from = bytes(sizeof(value));
    if (!cut) std::memcpy(&value, from.data(), sizeof(value));
    return value;
  }
  std::vector<float> floats(std::size_t size) {
    const std::string_view from = bytes(size * sizeof(float));
    std::vector<float> values(cut ? 0 : size);
    if (!values.empty()) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }
  std::string text() { return std::string(bytes(number<std::uint32_t>())); }
};

std::array<std::size_t, 6> sizes_of(const NetShape& shape) {
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  const auto hidden1 = static_cast<std::size_t>(shape.hidden1);
  const auto hidden2 = static_cast<std::size_t>(shape.hidden2);
  const auto outputs = static_cast<std::size_t>(shape.actions) + 1;
  return {inputs * hidden1, hidden1, hidden1 * hidden2, hidden2, hidden2 * outputs, outputs};
}

std::string payload_of(const Checkpoint& checkpoint) {
  const NetShape& shape = checkpoint.shape;
  const Json state = {{"config", checkpoint.config},
                      {"game", shape.game},
                      {"inputs", shape.inputs},
                      {"hidden1", shape.hidden1},
                      {"hidden2", shape.hidden2},
                      {"actions", shape.actions},
                      {"iteration", checkpoint.iteration},
                      {"examples", checkpoint.examples},
                      {"promotions", checkpoint.promotions},
                      {"cpu_seconds", checkpoint.cpu_seconds},
                      {"optimiser_steps", checkpoint.optimiser.steps},
                      {"metrics", checkpoint.metrics},
                      {"promotion", checkpoint.promotion}};
  const std::string text = dump_json(state);
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
  for (const NetWeights* weights : {&checkpoint.latest, &checkpoint.best}) {
    for (const auto array : kArrays) append_floats(bytes, weights->*array);
  }
  append_floats(bytes, checkpoint.optimiser.first);
  append_floats(bytes, checkpoint.optimiser.second);
  append(bytes, static_cast<std::uint32_t>(checkpoint.errors.size()));
  for (const ExampleError& one : checkpoint.errors) {
    append(bytes, one.error);
    append(bytes, static_cast<std::uint32_t>(one.id.size()));
    bytes += one.id;
  }
  return bytes;
}

Result<std::string_view> check_envelope(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return damaged("is no training checkpoint");
  if (bytes.size() < kHeaderBytes) {
    return damaged("found " + std::to_string(bytes.size()) + " bytes, expected a header of 48");
  }
  Reader header{.rest = bytes.substr(kMagic.size())};
  const auto version = header.number<std::uint32_t>();
  (void)header.number<std::uint32_t>();  // header bytes
  const auto file_bytes = header.number<std::uint64_t>();
  const auto payload_hash = header.number<std::uint64_t>();
  (void)header.number<std::uint64_t>();  // reserved
  if (header.number<std::uint64_t>() != hash64(bytes.substr(0, kHashAt))) {
    return damaged("the header's check sum is wrong");
  }
  if (version != kVersion) {
    return fail(ErrorCode::kUnavailable,
                "found version " + std::to_string(version) + ", expected 1");
  }
  if (file_bytes != bytes.size()) {
    return damaged("found " + std::to_string(bytes.size()) + " bytes, expected " +
                   std::to_string(file_bytes));
  }
  if (payload_hash != hash64(bytes.substr(kHeaderBytes))) return damaged("its check sum is wrong");
  return bytes.substr(kHeaderBytes);
}

// The state's fields; a type that does not fit throws.
void read_state(const Json& state, Checkpoint* to) {
  to->config = state.at("config").get<std::string>();
  to->shape = {.game = state.at("game").get<std::string>(),
               .inputs = state.at("inputs").get<int>(),
               .hidden1 = state.at("hidden1").get<int>(),
               .hidden2 = state.at("hidden2").get<int>(),
               .actions = state.at("actions").get<int>()};
  to->iteration = state.at("iteration").get<std::int64_t>();
  to->examples = state.at("examples").get<std::uint64_t>();
  to->promotions = state.at("promotions").get<std::int64_t>();
  to->cpu_seconds = state.at("cpu_seconds").get<double>();
  to->optimiser.steps = state.at("optimiser_steps").get<std::uint64_t>();
  to->metrics = state.at("metrics").get<std::string>();
  to->promotion = state.at("promotion").get<std::string>();
}

Result<Checkpoint> parse(std::string_view bytes) {
  const std::string_view payload = TRY(check_envelope(bytes));
  Reader reader{.rest = payload};
  Checkpoint checkpoint;
  try {
    read_state(TRY(parse_json(reader.text())), &checkpoint);
  } catch (const Json::exception& error) {
    return damaged(std::string("its state is malformed: ") + error.what());
  }
  TRY(checkpoint.shape.validate());
  const auto sizes = sizes_of(checkpoint.shape);
  std::size_t total = 0;
  for (NetWeights* weights : {&checkpoint.latest, &checkpoint.best}) {
    total = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      weights->*kArrays[i] = reader.floats(sizes[i]);
      total += sizes[i];
    }
  }
  checkpoint.optimiser.first = reader.floats(total);
  checkpoint.optimiser.second = reader.floats(total);
  const auto errors = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < errors && !reader.cut; ++i) {
    const auto error = reader.number<float>();
    checkpoint.errors.push_back({.id = reader.text(), .error = error});
  }
  if (reader.cut || !reader.rest.empty()) return damaged("its length is not that of its contents");
  TRY(reason::PolicyNet::create(checkpoint.shape, checkpoint.latest));
  TRY(reason::PolicyNet::create(checkpoint.shape, checkpoint.best));
  return checkpoint;
}

}  // namespace

Result<void> save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  const std::string payload = payload_of(checkpoint);
  std::string bytes(kMagic);
  append(bytes, kVersion);
  append(bytes, static_cast<std::uint32_t>(kHeaderBytes));
  append(bytes, static_cast<std::uint64_t>(kHeaderBytes + payload.size()));
  append(bytes, hash64(payload));
  append(bytes, std::uint64_t{0});
  append(bytes, hash64(bytes));
  return write_file_atomically(path, bytes + payload);
}

Result<Checkpoint> load_checkpoint(const std::filesystem::path& path) {
  const std::string bytes = TRY(read_file(path, kFileBytesMax));
  auto checkpoint = parse(bytes);
  if (!checkpoint) checkpoint.error().path = path.string();
  return checkpoint;
}

}  // namespace hardwon::train
