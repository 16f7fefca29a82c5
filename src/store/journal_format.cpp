#include "store/journal_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/json.h"

namespace hardwon::store {
namespace {

constexpr std::string_view kSegmentMagic = std::string_view("HWJLOG\0\0", 8);
constexpr std::string_view kSnapshotMagic = std::string_view("HWJSNAP\0", 8);
constexpr std::string_view kFooterMagic = "HWJSNEND";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kManifestMagic = "hardwon-journal ";
constexpr std::uint8_t kBatchBegin = 1, kBatchEnd = 2;

// Little endian at any place, on any machine.
template <typename T>
void put(char* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    to[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

template <typename T>
T get(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) |
                           static_cast<unsigned char>(bytes[at + i]));
  }
  return value;
}

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

std::optional<std::uint64_t> from_hex(std::string_view text, std::size_t digits) {
  if (text.size() != digits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = (value << 4) | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

std::unexpected<Error> damaged(std::string message) {
  return fail(ErrorCode::kCorruption, std::move(message));
}

// The frame that segment and snapshot headers share: magic, version, size, checksum at the end.
std::string frame(std::string_view magic, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  std::copy(magic.begin(), magic.end(), bytes.begin());
  put<std::uint32_t>(&bytes[8], kVersion);
  put<std::uint32_t>(&bytes[12], kSegmentHeaderBytes);
  put(&bytes[16], a);
  put(&bytes[24], b);
  put(&bytes[32], c);
  put(&bytes[60], crc32c_masked(crc32c(std::string_view(bytes).substr(0, 60))));
  return bytes;
}

Result<void> check_frame(std::string_view bytes, std::string_view magic) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return damaged("a header of " + std::to_string(bytes.size()) + " bytes, expected 64");
  }
  if (!bytes.starts_with(magic)) return damaged("a foreign magic in the header");
  if (get<std::uint32_t>(bytes, 60) != crc32c_masked(crc32c(bytes.substr(0, 60)))) {
    return damaged("the checksum of the header differs");
  }
  const auto version = get<std::uint32_t>(bytes, 8);
  if (version > kVersion) {
    return fail(ErrorCode::kUnavailable,
                "format version " + std::to_string(version) + ", this program reads up to 1");
  }
  if (version != kVersion || get<std::uint32_t>(bytes, 12) != kSegmentHeaderBytes) {
    return damaged("a header that contradicts itself");
  }
  return {};
}

std::uint16_t header_check(std::string_view bytes, std::uint32_t salt) {
  return static_cast<std::uint16_t>(crc32c_masked(crc32c(bytes.substr(4, 22), salt)));
}

}  // namespace

std::uint32_t salt_checksum(std::uint64_t salt) {
  std::array<char, 8> bytes;
  put(bytes.data(), salt);
  return crc32c({bytes.data(), bytes.size()});
}

// ------------------------------------------------------------------ records

void append_record(std::string& out, const Record& record, std::uint32_t salt) {
  CHECK(record.payload.size() <= kEntryBytesMax);
  const std::size_t at = out.size(), bytes = record_bytes(record.payload.size());
  out.resize(at + bytes);  // zeros: the padding
  char* header = out.data() + at;
  put(header + 4, static_cast<std::uint32_t>(record.payload.size()));
  put(header + 8, record.sequence);
  put(header + 16, record.durable);
  put(header + 24, static_cast<std::uint8_t>(record.type));
  const unsigned flags =
      (record.batch_begin ? kBatchBegin : 0U) | (record.batch_end ? kBatchEnd : 0U);
  put(header + 25, static_cast<std::uint8_t>(flags));
  put(header + 26, header_check({header, kRecordHeaderBytes}, salt));
  if (!record.payload.empty()) {
    std::memcpy(header + kRecordHeaderBytes, record.payload.data(), record.payload.size());
  }
  put(header, crc32c_masked(crc32c({header + 4, bytes - 4}, salt)));
}

std::optional<std::size_t> plausible_record(std::string_view bytes, std::uint32_t salt) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const auto length = get<std::uint32_t>(bytes, 4);
  const auto type = get<std::uint8_t>(bytes, 24);
  if (length > kEntryBytesMax || (type != 1 && type != 2) || (type == 2 && length != 0) ||
      get<std::uint8_t>(bytes, 25) > (kBatchBegin | kBatchEnd) ||
      get<std::uint64_t>(bytes, 16) > get<std::uint64_t>(bytes, 8) ||
      get<std::uint16_t>(bytes, 26) != header_check(bytes, salt)) {
    return std::nullopt;
  }
  return record_bytes(length);
}

std::optional<Record> decode_record(std::string_view bytes, std::uint32_t salt) {
  const auto size = plausible_record(bytes, salt);
  if (!size || *size > bytes.size()) return std::nullopt;
  if (get<std::uint32_t>(bytes, 0) != crc32c_masked(crc32c(bytes.substr(4, *size - 4), salt))) {
    return std::nullopt;
  }
  const auto flags = get<std::uint8_t>(bytes, 25);
  return Record{.type = static_cast<RecordType>(bytes[24]),
                .sequence = get<std::uint64_t>(bytes, 8),
                .durable = get<std::uint64_t>(bytes, 16),
                .batch_begin = (flags & kBatchBegin) != 0,
                .batch_end = (flags & kBatchEnd) != 0,
                .payload = bytes.substr(kRecordHeaderBytes, get<std::uint32_t>(bytes, 4)),
                .bytes = *size};
}

std::string_view decoded_payload(std::string_view bytes) {
  return bytes.substr(kRecordHeaderBytes, get<std::uint32_t>(bytes, 4));
}

// ------------------------------------------------------------------ segments

std::string segment_name(std::uint64_t epoch) { return "wal-" + hex(epoch, 16) + ".log"; }

std::string encode_segment_header(const Segment& segment) {
  return frame(kSegmentMagic, segment.epoch, segment.salt, segment.first);
}

Result<Segment> decode_segment_header(std::string_view bytes) {
  TRY(check_frame(bytes, kSegmentMagic));
  return Segment{.epoch = get<std::uint64_t>(bytes, 16),
                 .first = get<std::uint64_t>(bytes, 32),
                 .salt = get<std::uint64_t>(bytes, 24)};
}

// ------------------------------------------------------------------ snapshots

std::string snapshot_name(const Snapshot& snapshot) {
  return "snapshot-" + hex(snapshot.covers, 16) + "-" + hex(snapshot.number, 16) + ".snap";
}

std::string encode_snapshot_header(const Snapshot& snapshot) {
  return frame(kSnapshotMagic, snapshot.number, snapshot.covers, 0);
}

Result<Snapshot> decode_snapshot_header(std::string_view bytes) {
  TRY(check_frame(bytes, kSnapshotMagic));
  return Snapshot{.number = get<std::uint64_t>(bytes, 16), .covers = get<std::uint64_t>(bytes, 24)};
}

namespace {

// Number and place go in, so that a chunk of another snapshot or place does not pass.
std::uint32_t chunk_checksum(std::string_view after_checksum, std::uint64_t index,
                             std::uint64_t number) {
  std::array<char, 16> place;
  put(place.data(), number);
  put(place.data() + 8, index);
  return crc32c_masked(crc32c(after_checksum, crc32c({place.data(), place.size()})));
}

constexpr std::uint64_t kFooterIndex = ~std::uint64_t{0};

}  // namespace

std::uint32_t append_chunk(std::string& out, std::string_view payload, std::uint64_t index,
                           std::uint64_t number) {
  CHECK(!payload.empty() && payload.size() <= kChunkBytesMax);
  const std::size_t at = out.size(), bytes = chunk_bytes(payload.size());
  out.resize(at + bytes);
  char* header = out.data() + at;
  put(header + 4, static_cast<std::uint32_t>(payload.size()));
  std::memcpy(header + kChunkHeaderBytes, payload.data(), payload.size());
  const std::uint32_t checksum = chunk_checksum({header + 4, bytes - 4}, index, number);
  put(header, checksum);
  return checksum;
}

std::uint32_t next_snapshot_checksum(std::uint32_t before, std::uint32_t chunk) {
  std::array<char, 4> bytes;
  put(bytes.data(), chunk);
  return crc32c({bytes.data(), bytes.size()}, before);
}

std::optional<std::size_t> plausible_chunk(std::string_view header) {
  if (header.size() < kChunkHeaderBytes) return std::nullopt;
  const auto length = get<std::uint32_t>(header, 4);
  if (length > kChunkBytesMax) return std::nullopt;
  return length == 0 ? kSnapshotFooterBytes : chunk_bytes(length);
}

std::optional<Chunk> decode_chunk(std::string_view bytes, std::uint64_t index,
                                  std::uint64_t number) {
  const auto size = plausible_chunk(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  const auto length = get<std::uint32_t>(bytes, 4);
  if (length == 0) return Chunk{.bytes = kSnapshotFooterBytes};
  const auto checksum = get<std::uint32_t>(bytes, 0);
  if (checksum != chunk_checksum(bytes.substr(4, *size - 4), index, number)) return std::nullopt;
  return Chunk{
      .payload = bytes.substr(kChunkHeaderBytes, length), .bytes = *size, .checksum = checksum};
}

std::string encode_snapshot_footer(const SnapshotFooter& footer, std::uint64_t number) {
  std::string bytes(kSnapshotFooterBytes, '\0');  // checksum, length 0, ...
  std::copy(kFooterMagic.begin(), kFooterMagic.end(), bytes.begin() + 8);
  put(&bytes[16], footer.chunks);
  put(&bytes[24], footer.covers);
  put(&bytes[32], footer.checksum);
  put(bytes.data(), chunk_checksum(std::string_view(bytes).substr(4), kFooterIndex, number));
  return bytes;
}

std::optional<SnapshotFooter> decode_snapshot_footer(std::string_view bytes, std::uint64_t number) {
  if (bytes.size() < kSnapshotFooterBytes) return std::nullopt;
  bytes = bytes.substr(0, kSnapshotFooterBytes);
  if (bytes.substr(8, 8) != kFooterMagic || get<std::uint32_t>(bytes, 4) != 0 ||
      get<std::uint32_t>(bytes, 36) != 0 ||
      get<std::uint32_t>(bytes, 0) != chunk_checksum(bytes.substr(4), kFooterIndex, number)) {
    return std::nullopt;
  }
  return SnapshotFooter{.chunks = get<std::uint64_t>(bytes, 16),
                        .covers = get<std::uint64_t>(bytes, 24),
                        .checksum = get<std::uint32_t>(bytes, 32)};
}

// ------------------------------------------------------------------ MANIFEST

std::string encode_manifest(const Manifest& manifest) {
  Json segments = Json::array(), snapshots = Json::array();
  for (const Segment& segment : manifest.segments) {
    segments.push_back(
        {{"epoch", segment.epoch}, {"first", segment.first}, {"salt", hex(segment.salt, 16)}});
  }
  for (const Snapshot& snapshot : manifest.snapshots) {
    snapshots.push_back({{"number", snapshot.number},
                         {"covers", snapshot.covers},
                         {"bytes", snapshot.bytes},
                         {"checksum", hex(snapshot.checksum, 8)}});
  }
  const std::string body = dump_json({{"next", manifest.next},
                                      {"segments", std::move(segments)},
                                      {"snapshots", std::move(snapshots)}}) +
                           "\n";
  return std::string(kManifestMagic) + "1 " + hex(crc32c(body), 8) + "\n" + body;
}

namespace {

// A member that is an unsigned integer, or with digits > 0 a text of so many hex digits.
Result<std::uint64_t> number_of(const Json& object, const char* name, std::size_t digits = 0) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found != object.end() && digits == 0 && found->is_number_unsigned()) {
    return found->get<std::uint64_t>();
  }
  if (found != object.end() && digits > 0 && found->is_string()) {
    const auto value = from_hex(found->get_ref<const std::string&>(), digits);
    if (value) return *value;
  }
  return damaged(std::string("MANIFEST has no sound '") + name + "'");
}

Result<const Json*> list_of(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || !found->is_array()) {
    return damaged(std::string("MANIFEST has no list '") + name + "'");
  }
  return &*found;
}

// What later code relies on.
Result<void> check(const Manifest& manifest) {
  const auto out_of_order = [](const char* what) {
    return damaged(std::string("MANIFEST lists ") + what + " out of order");
  };
  if (manifest.segments.empty() && !manifest.snapshots.empty()) {
    return damaged("MANIFEST lists snapshots without a log");
  }
  for (std::size_t i = 0; i < manifest.segments.size(); ++i) {
    const Segment& segment = manifest.segments[i];
    if (segment.epoch >= manifest.next || segment.first == 0) return out_of_order("segments");
    if (i == 0) continue;
    const Segment& before = manifest.segments[i - 1];
    if (segment.epoch <= before.epoch || segment.first < before.first) {
      return out_of_order("segments");
    }
  }
  for (std::size_t i = 0; i < manifest.snapshots.size(); ++i) {
    const Snapshot& snapshot = manifest.snapshots[i];
    if (snapshot.number >= manifest.next) return out_of_order("snapshots");
    if (i == 0) continue;
    const Snapshot& newer = manifest.snapshots[i - 1];
    if (snapshot.number >= newer.number || snapshot.covers > newer.covers) {
      return out_of_order("snapshots");
    }
  }
  return {};
}

}  // namespace

Result<Manifest> decode_manifest(std::string_view text) {
  if (!text.starts_with(kManifestMagic)) {
    return fail(ErrorCode::kInvalidArgument,
                "found another first line, expected 'hardwon-journal 1'");
  }
  const std::size_t line = text.find('\n');
  std::string_view head = text.substr(kManifestMagic.size(), line - kManifestMagic.size());
  const std::size_t space = head.find(' ');
  const std::string_view version = head.substr(0, space);
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(version.data(), version.data() + version.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == version.data() + version.size() && number > 1) {
    return fail(ErrorCode::kUnavailable, "format version " + std::string(version.substr(0, 20)) +
                                             ", this program reads up to 1");
  }
  if (line == std::string_view::npos || space == std::string_view::npos || version != "1") {
    return damaged("the first line of MANIFEST is damaged");
  }
  const std::string_view body = text.substr(line + 1);
  const auto checksum = from_hex(head.substr(space + 1), 8);
  if (!checksum || *checksum != crc32c(body)) return damaged("the checksum of MANIFEST differs");
  const auto json = parse_json(body);
  if (!json) return damaged("MANIFEST is no JSON: " + json.error().message);

  Manifest manifest;
  manifest.next = TRY(number_of(*json, "next"));
  for (const Json& one : *TRY(list_of(*json, "segments"))) {
    Segment& segment = manifest.segments.emplace_back();
    segment.epoch = TRY(number_of(one, "epoch"));
    segment.first = TRY(number_of(one, "first"));
    segment.salt = TRY(number_of(one, "salt", 16));
  }
  for (const Json& one : *TRY(list_of(*json, "snapshots"))) {
    Snapshot& snapshot = manifest.snapshots.emplace_back();
    snapshot.number = TRY(number_of(one, "number"));
    snapshot.covers = TRY(number_of(one, "covers"));
    snapshot.bytes = TRY(number_of(one, "bytes"));
    snapshot.checksum = static_cast<std::uint32_t>(TRY(number_of(one, "checksum", 8)));
  }
  TRY(check(manifest));
  return manifest;
}

bool is_journal_file(std::string_view name) {
  if (name == kManifestTemporary) return true;
  const auto between = [&](std::string_view prefix, std::string_view suffix) {
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      return false;
    }
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    return true;
  };
  if (between("wal-", ".log")) return from_hex(name, 16).has_value();
  if (between("snapshot-", ".snap") || between("snapshot-", ".tmp")) {
    return name.size() == 33 && name[16] == '-' && from_hex(name.substr(0, 16), 16) &&
           from_hex(name.substr(17), 16);
  }
  return false;
}

}  // namespace hardwon::store
