#include "reason/policy_net.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "reason/policy_net_kernels.h"

namespace hardwon::reason {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::string_view kMagic("HWPOLIC\0", 8);
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 128, kNameBytes = 32, kHashAt = 120;
constexpr std::size_t kFileBytesMax = std::size_t{512} << 20;
constexpr int kSizeMax = 4096, kLanes = 16;
// An output that could be larger might overflow on the way to a probability.
constexpr double kOutputMax = 1e30;

std::unexpected<Error> wrong(const char* field, std::string message) {
  return std::unexpected(
      Error{.code = ErrorCode::kInvalidArgument, .message = std::move(message), .field = field});
}

struct Array {
  const char* name;
  std::vector<float> NetWeights::* values;
  std::size_t size;
};

std::array<Array, 6> arrays_of(const NetShape& shape) {
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  const auto hidden1 = static_cast<std::size_t>(shape.hidden1);
  const auto hidden2 = static_cast<std::size_t>(shape.hidden2);
  const auto outputs = static_cast<std::size_t>(shape.actions) + 1;
  return {{{"w1", &NetWeights::w1, inputs * hidden1},
           {"b1", &NetWeights::b1, hidden1},
           {"w2", &NetWeights::w2, hidden1 * hidden2},
           {"b2", &NetWeights::b2, hidden2},
           {"w3", &NetWeights::w3, hidden2 * outputs},
           {"b3", &NetWeights::b3, outputs}}};
}

Result<void> check_weights(const NetShape& shape, const NetWeights& weights) {
  for (const Array& array : arrays_of(shape)) {
    const std::vector<float>& values = weights.*array.values;
    if (values.size() != array.size) {
      return wrong(array.name, "found " + std::to_string(values.size()) + " numbers, expected " +
                                   std::to_string(array.size));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      return wrong(array.name, "found " + std::to_string(values[i]) + " at " + std::to_string(i) +
                                   ", expected a finite number");
    }
  }
  return {};
}

// The largest magnitude each unit can reach, given those of the layer below.
std::vector<double> reach(const std::vector<double>& below, const std::vector<float>& weights,
                          const std::vector<float>& bias) {
  std::vector<double> most(bias.size());
  for (std::size_t j = 0; j < bias.size(); ++j) most[j] = std::abs(double{bias[j]});
  for (std::size_t i = 0; i < below.size(); ++i) {
    for (std::size_t j = 0; j < bias.size(); ++j) {
      most[j] += below[i] * std::abs(double{weights[i * bias.size() + j]});
    }
  }
  return most;
}

Result<void> check_reach(const NetShape& shape, const NetWeights& weights) {
  const std::vector<double> ones(static_cast<std::size_t>(shape.inputs), 1);
  const auto hidden1 = reach(ones, weights.w1, weights.b1);
  const auto hidden2 = reach(hidden1, weights.w2, weights.b2);
  const auto outputs = reach(hidden2, weights.w3, weights.b3);
  for (const auto* layer : {&hidden1, &hidden2, &outputs}) {
    for (const double most : *layer) {
      if (!(most <= kOutputMax)) return wrong("weights", "so large that an output could overflow");
    }
  }
  return {};
}

template <typename T>
T read_number(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

template <typename T>
void write_number(std::string& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

std::string header_of(const NetShape& shape, std::string_view payload) {
  std::string header(kHeaderBytes, '\0');
  kMagic.copy(header.data(), kMagic.size());
  write_number(header, 8, kVersion);
  write_number(header, 12, static_cast<std::uint32_t>(kHeaderBytes));
  std::size_t at = 16;
  for (const int size : {shape.inputs, shape.hidden1, shape.hidden2, shape.actions}) {
    write_number(header, at, static_cast<std::uint32_t>(size));
    at += 4;
  }
  write_number(header, 32, static_cast<std::uint64_t>(kHeaderBytes + payload.size()));
  write_number(header, 40, hash64(payload));
  shape.game.copy(header.data() + 48, kNameBytes - 1);
  write_number(header, kHashAt, hash64(std::string_view(header).substr(0, kHashAt)));
  return header;
}

Result<NetShape> parse_header(std::string_view bytes) {
  const auto damaged = [](std::string message) {
    return fail(ErrorCode::kCorruption, std::move(message));
  };
  if (bytes.size() < kHeaderBytes) {
    return damaged("found " + std::to_string(bytes.size()) + " bytes, expected a header of 128");
  }
  if (!bytes.starts_with(kMagic)) return damaged("is no policy net: the first bytes differ");
  if (hash64(bytes.substr(0, kHashAt)) != read_number<std::uint64_t>(bytes, kHashAt)) {
    return damaged("the header's check sum is wrong");
  }
  if (const auto version = read_number<std::uint32_t>(bytes, 8); version != kVersion) {
    return fail(ErrorCode::kUnavailable,
                "found version " + std::to_string(version) + ", expected 1");
  }
  const auto size_at = [&](std::size_t at) {
    return static_cast<int>(
        std::min<std::uint32_t>(read_number<std::uint32_t>(bytes, at), 1 << 30));
  };
  const std::string_view name = bytes.substr(48, kNameBytes);
  NetShape shape{.game = std::string(name.substr(0, name.find('\0'))),
                 .inputs = size_at(16),
                 .hidden1 = size_at(20),
                 .hidden2 = size_at(24),
                 .actions = size_at(28)};
  TRY(shape.validate());
  std::size_t numbers = 0;
  for (const Array& array : arrays_of(shape)) numbers += array.size;
  const std::size_t expected = kHeaderBytes + sizeof(float) * numbers;
  if (read_number<std::uint64_t>(bytes, 32) != expected || bytes.size() != expected) {
    return damaged("found " + std::to_string(bytes.size()) + " bytes, expected " +
                   std::to_string(expected) + " for its shape");
  }
  if (hash64(bytes.substr(kHeaderBytes)) != read_number<std::uint64_t>(bytes, 40)) {
    return damaged("the weights' check sum is wrong");
  }
  return shape;
}

Result<PolicyNet> parse(std::string_view bytes) {
  const NetShape shape = TRY(parse_header(bytes));
  NetWeights weights;
  const char* from = bytes.data() + kHeaderBytes;
  for (const Array& array : arrays_of(shape)) {
    (weights.*array.values).resize(array.size);
    std::memcpy((weights.*array.values).data(), from, array.size * sizeof(float));
    from += array.size * sizeof(float);
  }
  return PolicyNet::create(shape, weights);
}

}  // namespace

Result<void> NetShape::validate() const {
  if (game.empty() || game.size() >= kNameBytes) {
    return wrong("game", "found '" + game + "', expected 1 to 31 characters");
  }
  const auto bad_size = [](int size) { return size < 1 || size > kSizeMax; };
  if (bad_size(inputs))
    return wrong("inputs", "found " + std::to_string(inputs) + ", expected 1 to 4096");
  if (bad_size(actions) || actions > 128) {
    return wrong("actions", "found " + std::to_string(actions) + ", expected 1 to 128");
  }
  for (const auto& [field, size] : {std::pair("hidden1", hidden1), std::pair("hidden2", hidden2)}) {
    if (bad_size(size) || size % kLanes != 0) {
      return wrong(field,
                   "found " + std::to_string(size) + ", expected a multiple of 16 from 16 to 4096");
    }
  }
  return {};
}

Result<PolicyNet> PolicyNet::create(const NetShape& shape, const NetWeights& weights) {
  TRY(shape.validate());
  TRY(check_weights(shape, weights));
  TRY(check_reach(shape, weights));
  PolicyNet net;
  net.shape_ = shape;
  net.weights_ = weights;
  const std::string payload = net.payload();
  net.model_ = hash64(header_of(shape, payload));
  if (net.model_ < 2) net.model_ += 2;
  net.pack();
  return net;
}

Result<PolicyNet> PolicyNet::random(const NetShape& shape, std::uint64_t seed) {
  TRY(shape.validate());
  Rng rng(seed);
  NetWeights weights;
  for (const Array& array : arrays_of(shape)) (weights.*array.values).assign(array.size, 0);
  const auto draw = [&](std::vector<float>& values, int fan_in) {
    const double spread = std::sqrt(6.0 / fan_in);  // uniform, of variance 2 / fan_in
    for (float& value : values) value = static_cast<float>(spread * (2 * rng.uniform() - 1));
  };
  draw(weights.w1, shape.inputs);
  draw(weights.w2, shape.hidden1);
  draw(weights.w3, shape.hidden2);
  return create(shape, weights);
}

std::string PolicyNet::payload() const {
  std::string bytes;
  for (const Array& array : arrays_of(shape_)) {
    const std::vector<float>& values = weights_.*array.values;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  }
  return bytes;
}

Result<PolicyNet> PolicyNet::load(const std::filesystem::path& path) {
  const std::string bytes = TRY(read_file(path, kFileBytesMax));
  auto net = parse(bytes);
  if (!net) net.error().path = path.string();
  return net;
}

Result<void> PolicyNet::save(const std::filesystem::path& path) const {
  const std::string bytes = payload();
  return write_file_atomically(path, header_of(shape_, bytes) + bytes);
}

void PolicyNet::pack() {
  const int wanted = shape_.actions + 1;
  outputs_ = (wanted + kLanes - 1) / kLanes * kLanes;
  const auto columns = static_cast<std::size_t>(outputs_), used = static_cast<std::size_t>(wanted);
  const auto rows = static_cast<std::size_t>(shape_.hidden2);
  packed3_.assign(rows * columns, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < used; ++j) packed3_[i * columns + j] = weights_.w3[i * used + j];
  }
  bias3_ = weights_.b3;
  bias3_.resize(columns, 0);
}

void PolicyNet::forward(const Batch& batch, Scratch& scratch, std::span<float> values,
                        std::span<float> logits) const {
  const std::size_t rows = values.size(), actions = static_cast<std::size_t>(shape_.actions);
  CHECK(batch.offsets.size() == rows + 1 && logits.size() == rows * actions);
  const auto hidden1 = static_cast<std::size_t>(shape_.hidden1);
  const auto hidden2 = static_cast<std::size_t>(shape_.hidden2);
  const auto outputs = static_cast<std::size_t>(outputs_);
  if (scratch.outputs.size() < rows * outputs) {
    scratch.hidden1.resize(rows * hidden1);
    scratch.hidden2.resize(rows * hidden2);
    scratch.outputs.resize(rows * outputs);
  }
  const NetKernels& kernels = best_net_kernels();
  kernels.sparse({.weights = weights_.w1.data(),
                  .bias = weights_.b1.data(),
                  .columns = hidden1,
                  .active = batch.active.data(),
                  .offsets = batch.offsets.data(),
                  .rows = rows,
                  .out = scratch.hidden1.data()});
  kernels.dense({.weights = weights_.w2.data(),
                 .bias = weights_.b2.data(),
                 .inputs = hidden1,
                 .columns = hidden2,
                 .in = scratch.hidden1.data(),
                 .rows = rows,
                 .out = scratch.hidden2.data(),
                 .rectify = true});
  kernels.dense({.weights = packed3_.data(),
                 .bias = bias3_.data(),
                 .inputs = hidden2,
                 .columns = outputs,
                 .in = scratch.hidden2.data(),
                 .rows = rows,
                 .out = scratch.outputs.data(),
                 .rectify = false});
  for (std::size_t i = 0; i < rows; ++i) {
    const float* row = scratch.outputs.data() + i * outputs;
    std::memcpy(&logits[i * actions], row, actions * sizeof(float));
    values[i] = std::tanh(row[actions]);
  }
}

}  // namespace hardwon::reason
