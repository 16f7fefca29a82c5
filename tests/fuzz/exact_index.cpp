// Opening a damaged index file: refused or usable, never a crash.
//
// The input is a list of damages to a sound file, three bytes each: a position (little endian)
// and a value to XOR there; position 0xffff cuts the file to that many sixteenths instead.

#include "vector/exact_index.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/check.h"

namespace {

namespace fs = std::filesystem;
using hardwon::vector::ExactIndex;

constexpr std::size_t kDim = 4;

// A directory with one sound index in it; its file's name and bytes.
struct Sound {
  fs::path directory, file;
  std::string bytes;
};

Sound make_sound() {
  Sound sound{.directory =
                  fs::temp_directory_path() / ("hardwon-fuzz-" + std::to_string(::getpid()))};
  fs::create_directories(sound.directory);
  const auto index = ExactIndex::build({{.label = 1, .scope = 1, .kind = 1},
                                        {.label = 2, .scope = 1, .kind = 2},
                                        {.label = 3, .scope = 2, .kind = 1}},
                                       {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, kDim, 7);
  CHECK(index->publish(sound.directory, "fuzz/1").has_value());
  sound.file = fs::directory_iterator(sound.directory)->path();
  std::ifstream in(sound.file, std::ios::binary);
  sound.bytes.assign(std::istreambuf_iterator<char>(in), {});
  return sound;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sound kSound = make_sound();
  std::string bytes = kSound.bytes;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::size_t position = data[i] + std::size_t{256} * data[i + 1];
    if (position == 0xffff) {
      bytes.resize(bytes.size() * (data[i + 2] % 16U) / 16U);
    } else if (!bytes.empty()) {
      char& byte = bytes[position % bytes.size()];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ data[i + 2]);
    }
  }
  std::ofstream(kSound.file, std::ios::binary | std::ios::trunc) << bytes;
  const auto index = ExactIndex::open(kSound.directory, "fuzz/1");
  CHECK(bytes != kSound.bytes || index != nullptr);
  if (index != nullptr) {
    const std::vector<float> query(index->dim(), 0.5F);
    const auto hits = index->search(query, 3, [](const hardwon::vector::Row&) { return true; });
    CHECK(hits.size() <= 3 && hits.size() <= index->size());
  }
  return 0;
}
