// MANIFEST on disk, and the recovery rule (docs/formats/replay-journal.md).

#include <algorithm>
#include <utility>

#include "store/journal_files.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

// Reads beside an owner are repeated while what is missed keeps appearing.
constexpr int kRereadsMax = 100;

Error with_path(Error error, const fs::path& path) {
  if (error.path.empty()) error.path = path.string();
  return error;
}

Result<void> write_whole(FileSystem& files, const fs::path& path, std::string_view bytes) {
  auto file = TRY(files.open(path, OpenMode::kCreate));
  TRY(file->write_at(0, bytes));
  return file->sync();
}

Result<std::unique_ptr<File>> open_listed(FileSystem& files, const fs::path& path, OpenMode mode) {
  auto file = files.open(path, mode);
  if (!file && file.error().code == ErrorCode::kNotFound) return nullptr;
  return file;
}

}  // namespace

Result<Manifest> read_manifest(FileSystem& files, const fs::path& directory) {
  const fs::path path = directory / kManifestName;
  auto file = TRY(files.open(path, OpenMode::kRead));
  std::string text(kManifestBytesMax + 1, '\0');
  text.resize(TRY(file->read_at(0, text)));
  if (text.size() > kManifestBytesMax) {
    return std::unexpected(damaged_at(path, kManifestBytesMax, "MANIFEST has more than 1 MiB"));
  }
  auto manifest = decode_manifest(text);
  if (!manifest) return std::unexpected(with_path(manifest.error(), path));
  return manifest;
}

Result<void> write_manifest(FileSystem& files, const fs::path& directory, const Manifest& manifest,
                            bool& uncertain) {
  const fs::path path = directory / kManifestName, temporary = directory / kManifestTemporary;
  uncertain = false;
  TRY(files.remove(temporary));
  Result<void> written = write_whole(files, temporary, encode_manifest(manifest));
  if (!written) {
    static_cast<void>(files.remove(temporary));  // what matters is the first error
    return written;
  }
  uncertain = true;
  TRY(files.rename(temporary, path));
  TRY(files.sync_directory(directory));
  uncertain = false;
  return {};
}

Result<JournalFiles> open_journal_files(FileSystem& files, const fs::path& directory,
                                        Manifest manifest, OpenMode mode) {
  JournalFiles opened{.directory = directory, .manifest = std::move(manifest)};
  for (const Segment& segment : opened.manifest.segments) {
    const bool newest = &segment == &opened.manifest.segments.back();
    opened.segments.push_back(TRY(open_listed(files, directory / segment_name(segment.epoch),
                                              newest ? mode : OpenMode::kRead)));
  }
  for (const Snapshot& snapshot : opened.manifest.snapshots) {
    opened.snapshots.push_back(
        TRY(open_listed(files, directory / snapshot_name(snapshot), OpenMode::kRead)));
  }
  return opened;
}

namespace {

class Recovery {
 public:
  Recovery(JournalFiles& opened, const JournalKnobs& knobs, bool durable_only,
           const JournalReader& reader)
      : opened_(opened), knobs_(knobs), durable_only_(durable_only), reader_(reader) {
    result_.segment_ends.resize(opened.segments.size());
  }

  Result<RecoveredJournal> run() {
    TRY(read_snapshots());
    next_ = result_.recovery.snapshot + 1;
    const auto& segments = opened_.manifest.segments;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool newest = i + 1 == segments.size();
      if (!newest && segments[i + 1].first <= next_) continue;  // the snapshot covers all of it
      TRY(check_header(i));
      TRY(newest ? read_newest(i) : read_older(i));
    }
    result_.recovery.last = next_ - 1;
    return std::move(result_);
  }

 private:
  fs::path segment_path(std::size_t i) const {
    return opened_.directory / segment_name(opened_.manifest.segments[i].epoch);
  }

  // The newest sound snapshot with the log after it; at worst none and the whole log.
  Result<void> read_snapshots() {
    const Manifest& manifest = opened_.manifest;
    const Sequence log = manifest.segments.empty() ? 1 : manifest.segments.front().first;
    Error first_damage = damaged_at(opened_.directory / kManifestName, 0,
                                    "MANIFEST lists neither the beginning of the log nor a "
                                    "snapshot that stands for it");
    for (std::size_t i = 0; i < manifest.snapshots.size(); ++i) {
      const Snapshot& snapshot = manifest.snapshots[i];
      const fs::path path = opened_.directory / snapshot_name(snapshot);
      if (snapshot.covers + 1 < log) break;
      const bool last_resort = i + 1 == manifest.snapshots.size() && log > 1;
      Result<void> read = read_one(i, path, last_resort);
      if (read) {
        result_.recovery.snapshot = snapshot.covers;
        return {};
      }
      if (read.error().code != ErrorCode::kCorruption) return read;
      if (i == 0) {
        first_damage = read.error();
        result_.recovery.snapshot_damaged = path.filename().string();
      }
      result_.snapshots_damaged = i + 1;
    }
    if (log > 1) return std::unexpected(std::move(first_damage));
    return {};
  }

  // What was handed over cannot be taken back: all of it is checked first, unless nothing
  // could stand in for it.
  Result<void> read_one(std::size_t i, const fs::path& path, bool last_resort) {
    if (opened_.snapshots[i] == nullptr) {
      return std::unexpected(damaged_at(path, 0, "MANIFEST lists a file that is absent"));
    }
    File& file = *opened_.snapshots[i];
    const Snapshot& snapshot = opened_.manifest.snapshots[i];
    if (!last_resort) {
      TRY(read_snapshot(file, snapshot, path, knobs_,
                        [](std::string_view) -> Result<void> { return {}; }));
    }
    return read_snapshot(file, snapshot, path, knobs_, reader_.snapshot_chunk);
  }

  Result<void> check_header(std::size_t i) {
    const fs::path path = segment_path(i);
    if (opened_.segments[i] == nullptr) {
      return std::unexpected(damaged_at(path, 0, "MANIFEST lists a file that is absent"));
    }
    std::string bytes(kSegmentHeaderBytes, '\0');
    bytes.resize(TRY(opened_.segments[i]->read_at(0, bytes)));
    const auto header = decode_segment_header(bytes);
    if (!header) {
      Error error = with_path(header.error(), path);
      if (error.code == ErrorCode::kCorruption) error.message = "at byte 0: " + error.message;
      return std::unexpected(std::move(error));
    }
    Segment listed = opened_.manifest.segments[i];
    if (knobs_.mutation == JournalMutation::kNoSalt) listed.salt = header->salt;
    if (*header != listed) {
      return std::unexpected(damaged_at(path, 0, "the header of another segment"));
    }
    return {};
  }

  // Entries that the snapshot does not hold.
  EntryVisitor visitor() {
    return [this](Sequence sequence, std::string_view entry) -> Result<void> {
      if (sequence <= result_.recovery.snapshot) return {};
      ++result_.recovery.entries;
      return reader_.entry(sequence, entry);
    };
  }

  // All before the next segment's first entry was durable before that segment was listed.
  Result<void> read_older(std::size_t i) {
    const Sequence limit = opened_.manifest.segments[i + 1].first;
    const SegmentScan scan = TRY(
        scan_segment(*opened_.segments[i], opened_.manifest.segments[i], limit, knobs_, visitor()));
    if (scan.next < limit) {
      return std::unexpected(damaged_at(segment_path(i), scan.end,
                                        "no sound batch with entry " + std::to_string(scan.next) +
                                            ", though entries up to " + std::to_string(limit - 1) +
                                            " were acknowledged"));
    }
    next_ = std::max(next_, limit);
    result_.segment_ends[i] = scan.end;
    return {};
  }

  Result<void> read_newest(std::size_t i) {
    File& file = *opened_.segments[i];
    const Segment& segment = opened_.manifest.segments[i];
    SegmentScan& scan = result_.tail;
    if (durable_only_) {
      const Sequence limit = TRY(durable_limit(i));
      scan = TRY(scan_segment(file, segment, limit, knobs_, visitor()));
    } else {
      scan = TRY(scan_segment(file, segment, kSequenceMax, knobs_, visitor()));
      result_.rest = TRY(scan_rest(file, segment, scan.end, knobs_));
      TRY(check_claims(i, scan, result_.rest));
      const bool torn = result_.rest.data_end > scan.end;
      result_.recovery.bytes_dropped = result_.rest.data_end - scan.end;
      const bool empty = scan.next == 1 && scan.end == kSegmentHeaderBytes;
      result_.recovery.clean = !torn && (scan.closed || empty);
    }
    if (scan.next < result_.recovery.snapshot + 1) {
      return std::unexpected(damaged_at(segment_path(i), scan.end,
                                        "the log ends before the snapshot, which covers entry " +
                                            std::to_string(result_.recovery.snapshot)));
    }
    next_ = std::max(next_, scan.next);
    result_.segment_ends[i] = scan.end;
    return {};
  }

  // A record that calls the missing entry durable tells damage from a torn end.
  Result<void> check_claims(std::size_t i, const SegmentScan& scan, const SegmentRest& rest) {
    if (std::max(scan.durable, rest.claimed) < scan.next) return {};
    return std::unexpected(
        damaged_at(segment_path(i), scan.end,
                   "no sound batch with entry " + std::to_string(scan.next) + ", though a record " +
                       (rest.claimed > scan.durable ? "at byte " + std::to_string(rest.claimed_at)
                                                    : std::string("before it")) +
                       " calls it durable"));
  }

  // Beside an owner: what was read as missing may have been written just after, so damage is
  // damage only when a second look finds it at the same place.
  Result<Sequence> durable_limit(std::size_t i) {
    const EntryVisitor nothing = [](Sequence, std::string_view) -> Result<void> { return {}; };
    std::optional<std::uint64_t> bad_before;
    for (int look = 0; look < kRereadsMax; ++look) {
      File& file = *opened_.segments[i];
      const Segment& segment = opened_.manifest.segments[i];
      const SegmentScan scan = TRY(scan_segment(file, segment, kSequenceMax, knobs_, nothing));
      const SegmentRest rest = TRY(scan_rest(file, segment, scan.end, knobs_));
      const Result<void> sound = check_claims(i, scan, rest);
      if (sound) {
        result_.recovery.clean = scan.closed && rest.data_end == scan.end;
        return scan.durable + 1;
      }
      if (bad_before == scan.end) return std::unexpected(sound.error());
      bad_before = scan.end;
    }
    return fail(ErrorCode::kUnavailable, "the journal changes faster than it can be read");
  }

  JournalFiles& opened_;
  const JournalKnobs& knobs_;
  bool durable_only_;
  const JournalReader& reader_;
  RecoveredJournal result_;
  Sequence next_ = 1;
};

}  // namespace

Result<RecoveredJournal> recover_journal(JournalFiles& opened, const JournalKnobs& knobs,
                                         bool durable_only, const JournalReader& reader) {
  return Recovery(opened, knobs, durable_only, reader).run();
}

}  // namespace hardwon::store
