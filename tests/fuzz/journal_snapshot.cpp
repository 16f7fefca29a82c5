// Reading a damaged snapshot of the replay journal: the chunks that were written, or refused.
//
// The input is a list of damages to a sound snapshot, three bytes each: a position (little
// endian) and a value to XOR there; position 0xffff cuts the file to that many sixteenths.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/fault_file_system.h"
#include "store/journal_files.h"

namespace {

namespace store = hardwon::store;
using hardwon::Result;

const std::vector<std::string>& chunks() {
  static const std::vector<std::string> kChunks{"one", std::string(700, 'x'), "three",
                                                std::string(8, 'y')};
  return kChunks;
}

std::string sound(store::Snapshot& snapshot) {
  std::string bytes = store::encode_snapshot_header(snapshot);
  for (std::size_t i = 0; i < chunks().size(); ++i) {
    const auto sum = store::append_chunk(bytes, chunks()[i], i, snapshot.number);
    snapshot.checksum = store::next_snapshot_checksum(snapshot.checksum, sum);
  }
  bytes += store::encode_snapshot_footer(
      {.chunks = chunks().size(), .covers = snapshot.covers, .checksum = snapshot.checksum},
      snapshot.number);
  snapshot.bytes = bytes.size();
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  store::Snapshot snapshot{.number = 3, .covers = 17};
  const std::string whole = sound(snapshot);
  std::string bytes = whole;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::size_t position = data[i] + std::size_t{256} * data[i + 1];
    if (position == 0xffff) {
      bytes.resize(bytes.size() * (data[i + 2] % 16U) / 16U);
    } else if (!bytes.empty()) {
      char& byte = bytes[position % bytes.size()];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ data[i + 2]);
    }
  }
  hardwon::FaultFileSystem disk;
  const std::filesystem::path path = "/disk/snapshot";
  auto file = disk.open(path, hardwon::OpenMode::kCreate).value();
  CHECK(file->write_at(0, bytes).has_value());
  std::size_t seen = 0;
  const auto visit = [&](std::string_view chunk) -> Result<void> {
    CHECK(seen < chunks().size() && chunk == chunks()[seen]);
    ++seen;
    return {};
  };
  const auto read = store::read_snapshot(*file, snapshot, path, {}, visit);
  CHECK(read.has_value() == (bytes == whole));
  CHECK(!read || seen == chunks().size());
  return 0;
}
