// Loading a policy net from any bytes: refused, or a net whose answers are finite.
//
// The input is a file, and a list of damages to a sound file, three bytes each: a position (little
// endian) and a value to XOR there; position 0xffff cuts the file to that many sixteenths instead.
// Each is loaded as it is and with its check sums made right.

#include "reason/policy_net.h"

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/hash.h"

namespace {

namespace fs = std::filesystem;
using hardwon::reason::PolicyNet;

// docs/formats/policy-net.md
constexpr std::size_t kHeaderBytes = 128, kPayloadHashAt = 40, kHeaderHashAt = 120;

struct Sound {
  fs::path file;
  std::string bytes;
};

Sound make_sound() {
  Sound sound{.file = fs::temp_directory_path() /
                      ("hardwon-fuzz-" + std::to_string(::getpid()) + ".policy")};
  const auto net = PolicyNet::random(
      {.game = "fuzz", .inputs = 3, .hidden1 = 16, .hidden2 = 16, .actions = 2}, 1);
  CHECK(net && net->save(sound.file));
  std::ifstream in(sound.file, std::ios::binary);
  sound.bytes.assign(std::istreambuf_iterator<char>(in), {});
  return sound;
}

std::string with_right_sums(std::string bytes) {
  if (bytes.size() < kHeaderBytes) return bytes;
  const std::string_view all = bytes;
  const std::uint64_t payload = hardwon::hash64(all.substr(kHeaderBytes));
  std::memcpy(bytes.data() + kPayloadHashAt, &payload, sizeof(payload));
  const std::uint64_t header = hardwon::hash64(all.substr(0, kHeaderHashAt));
  std::memcpy(bytes.data() + kHeaderHashAt, &header, sizeof(header));
  return bytes;
}

// Every input at once, which is the most that a unit can be given; and none.
void check_answers(const PolicyNet& net) {
  const auto inputs = static_cast<std::uint32_t>(net.shape().inputs);
  std::vector<std::uint16_t> active(inputs);
  std::iota(active.begin(), active.end(), std::uint16_t{0});
  const std::uint32_t offsets[] = {0, inputs, inputs};
  float values[2];
  std::vector<float> logits(2 * static_cast<std::size_t>(net.shape().actions));
  PolicyNet::Scratch scratch;
  net.forward({.active = active, .offsets = offsets}, scratch, values, logits);
  for (const float value : values) CHECK(value >= -1 && value <= 1);
  for (const float logit : logits) CHECK(std::isfinite(logit));
}

void load(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  const auto net = PolicyNet::load(file);
  if (!net) {
    CHECK(net.error().path == file.string() && !net.error().message.empty());
    return;
  }
  check_answers(*net);
  CHECK(net->save(file));
  const auto again = PolicyNet::load(file);
  CHECK(again && again->model() == net->model() && again->shape() == net->shape());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sound kSound = make_sound();
  const std::string given(reinterpret_cast<const char*>(data), size);
  std::string damaged = kSound.bytes;
  for (std::size_t i = 0; i + 2 < size && i < 300; i += 3) {
    const std::size_t position = data[i] + std::size_t{256} * data[i + 1];
    if (position == 0xffff) {
      damaged.resize(damaged.size() * (data[i + 2] % 16U) / 16U);
    } else if (!damaged.empty()) {
      char& byte = damaged[position % damaged.size()];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ data[i + 2]);
    }
  }
  for (const std::string& bytes : {given, damaged}) {
    load(kSound.file, bytes);
    load(kSound.file, with_right_sums(bytes));
  }
  return 0;
}
