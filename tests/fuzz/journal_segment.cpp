// Opening a damaged journal in files: refused with nothing changed, or a prefix of its entries.
//
// The input is a list of damages to the log of a sound journal, three bytes each: a position
// (little endian) and a value to XOR there; position 0xffff cuts the file to that many
// sixteenths instead.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/fault_file_system.h"
#include "store/journal_files.h"

namespace {

namespace store = hardwon::store;
using hardwon::Result;

const std::filesystem::path kDirectory = "/journal";
constexpr store::Sequence kEntries = 24;

// Small, so that a second sees many inputs.
const store::JournalKnobs& knobs() {
  static const store::JournalKnobs kKnobs{
      .growth_bytes_first = 4096, .reserve_bytes = 512, .window_bytes = 4096};
  return kKnobs;
}

std::string entry_of(store::Sequence sequence) {
  return std::to_string(sequence) + std::string(sequence * 3, 'e');
}

store::JournalReader reader_into(store::Sequence& last) {
  return {.snapshot_chunk = [](std::string_view) -> Result<void> { return {}; },
          .entry = [&last](store::Sequence sequence, std::string_view entry) -> Result<void> {
            CHECK(sequence > last && entry == entry_of(sequence));
            last = sequence;
            return {};
          }};
}

std::filesystem::path fill(hardwon::FaultFileSystem& disk) {
  store::Sequence last = 0;
  auto opened =
      store::open_file_journal_with(disk, kDirectory, {.salt_seed = 1}, knobs(), reader_into(last));
  CHECK(opened.has_value());
  for (store::Sequence next = 1; next <= kEntries;) {
    std::vector<std::string> entries;
    for (store::Sequence i = 0; i < 1 + next % 3 && next + i <= kEntries; ++i) {
      entries.push_back(entry_of(next + i));
    }
    const store::JournalBatch batch{entries};
    CHECK(opened->journal->append({&batch, 1}, next, next % 2 == 0).has_value());
    next += entries.size();
  }
  return kDirectory / store::segment_name(1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hardwon::FaultFileSystem disk;
  const auto path = fill(disk);
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    auto file = disk.open(path, hardwon::OpenMode::kWrite).value();
    const std::uint64_t bytes = file->size().value();
    const std::size_t position = data[i] + std::size_t{256} * data[i + 1];
    if (position == 0xffff) {
      CHECK(file->resize(bytes * (data[i + 2] % 16U) / 16U).has_value());
    } else if (bytes > 0) {
      char byte = 0;
      CHECK(file->read_at(position % bytes, {&byte, 1}).has_value());
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ data[i + 2]);
      CHECK(file->write_at(position % bytes, {&byte, 1}).has_value());
    }
  }
  store::Sequence salvaged = 0;
  CHECK(store::salvage_file_journal(disk, kDirectory, reader_into(salvaged)).has_value());
  store::Sequence read = 0, last = 0;
  const std::uint64_t calls = disk.calls();
  static_cast<void>(store::read_file_journal(disk, kDirectory, reader_into(read)));
  CHECK(disk.calls() == calls);
  const auto opened =
      store::open_file_journal_with(disk, kDirectory, {.salt_seed = 2}, knobs(), reader_into(last));
  CHECK(opened.has_value() || disk.calls() == calls);
  if (opened) CHECK(opened->recovery.last == last && opened->recovery.entries == last);
  return 0;
}
