#pragma once

// The bytes of a journal in files, as pure functions (docs/formats/replay-journal.md).
//
// Every decoder takes bytes that may be anything, and gives what they hold or says that they
// are not that; none allocates more than it was given.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"
#include "store/journal.h"

namespace hardwon::store {

inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 28;
inline constexpr std::size_t kRecordAlign = 8;
inline constexpr std::size_t kSnapshotHeaderBytes = 64;
inline constexpr std::size_t kChunkHeaderBytes = 8;
inline constexpr std::size_t kSnapshotFooterBytes = 40;
inline constexpr std::size_t kChunkBytesMax = 16U << 20;
inline constexpr std::size_t kManifestBytesMax = 1U << 20;

// What a test takes away to see that it is needed.  kNone everywhere else.
enum class JournalMutation : std::uint8_t { kNone, kNoSalt, kNoBatchEnd, kNoSequence };

// ---- a record of the log

enum class RecordType : std::uint8_t {
  kEntry = 1,
  kEnd = 2,  // nothing is missing before it; has the sequence of the last entry, no payload
};

struct Record {
  RecordType type = RecordType::kEntry;
  Sequence sequence = 0;
  Sequence durable = 0;  // the highest that was durable when this was written
  bool batch_begin = false, batch_end = false;
  std::string_view payload;  // into the bytes it was decoded from
  std::size_t bytes = 0;     // with header and padding; set by decoding
};

// A salt as the checksum that every record's goes on from.
std::uint32_t salt_checksum(std::uint64_t salt);

constexpr std::size_t record_bytes(std::size_t payload) {
  return (kRecordHeaderBytes + payload + kRecordAlign - 1) / kRecordAlign * kRecordAlign;
}

void append_record(std::string& out, const Record& record, std::uint32_t salt);

// The size of the record whose header these bytes begin with, by the header's own check;
// nothing when it is none.  The record itself may still be damaged.
std::optional<std::size_t> plausible_record(std::string_view bytes, std::uint32_t salt);

// The payload of a record that was decoded before.
std::string_view decoded_payload(std::string_view bytes);

// The record at the beginning of `bytes`, if it is whole and sound.
std::optional<Record> decode_record(std::string_view bytes, std::uint32_t salt);

// ---- a segment of the log

struct Segment {
  std::uint64_t epoch = 0;  // unique in a journal, rising
  Sequence first = 0;       // that its first entry has
  std::uint64_t salt = 0;
  bool operator==(const Segment&) const = default;
};

std::string segment_name(std::uint64_t epoch);  // wal-<16 hex digits>.log
std::string encode_segment_header(const Segment& segment);
// Errors: kCorruption, kUnavailable for a newer version.
Result<Segment> decode_segment_header(std::string_view bytes);

// ---- a snapshot

struct Snapshot {
  std::uint64_t number = 0;  // from the same count as epochs
  Sequence covers = 0;
  std::uint64_t bytes = 0;     // of the file
  std::uint32_t checksum = 0;  // over the checksums of its chunks
  bool operator==(const Snapshot&) const = default;
};

struct SnapshotFooter {
  std::uint64_t chunks = 0;
  Sequence covers = 0;
  std::uint32_t checksum = 0;
};

std::string snapshot_name(const Snapshot& snapshot);  // snapshot-<covers>-<number>.snap
std::string encode_snapshot_header(const Snapshot& snapshot);
Result<Snapshot> decode_snapshot_header(std::string_view bytes);

constexpr std::size_t chunk_bytes(std::size_t payload) {
  return kChunkHeaderBytes + (payload + 7) / 8 * 8;
}
// `index` is the chunk's place in the file, from 0.  Returns the chunk's checksum.
std::uint32_t append_chunk(std::string& out, std::string_view payload, std::uint64_t index,
                           std::uint64_t number);
struct Chunk {
  std::string_view payload;  // empty: the footer begins here
  std::size_t bytes = 0;
  std::uint32_t checksum = 0;
};
// The checksum of a snapshot, from those of its chunks one after the other; the first is 0.
std::uint32_t next_snapshot_checksum(std::uint32_t before, std::uint32_t chunk);
// How many bytes the chunk takes, from the 8 bytes of its header; nothing when out of bounds.
std::optional<std::size_t> plausible_chunk(std::string_view header);
std::optional<Chunk> decode_chunk(std::string_view bytes, std::uint64_t index,
                                  std::uint64_t number);
std::string encode_snapshot_footer(const SnapshotFooter& footer, std::uint64_t number);
std::optional<SnapshotFooter> decode_snapshot_footer(std::string_view bytes, std::uint64_t number);

// ---- MANIFEST

inline constexpr std::string_view kManifestName = "MANIFEST";
inline constexpr std::string_view kManifestTemporary = "MANIFEST.tmp";

struct Manifest {
  std::uint64_t next = 1;           // number of the next segment or snapshot
  std::vector<Segment> segments;    // rising epochs
  std::vector<Snapshot> snapshots;  // newest first
};

std::string encode_manifest(const Manifest& manifest);
// Errors: kCorruption, kUnavailable for a newer version, kInvalidArgument when it is none.
Result<Manifest> decode_manifest(std::string_view text);

// Whether the name is one that a journal gives to its files, MANIFEST apart.
bool is_journal_file(std::string_view name);

}  // namespace hardwon::store
