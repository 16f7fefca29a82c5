#pragma once

// The journal in files: MANIFEST, log segments and snapshots (docs/formats/replay-journal.md).
//
// Threads: as journal.h says.

#include "store/journal.h"

namespace hardwon::store {

struct FileJournalOptions {
  // A segment that has reached it is followed by a new one.
  std::uint64_t segment_bytes_max = std::uint64_t{64} << 20;
  std::uint64_t salt_seed = 0;  // 0: from the operating system; tests fix it
};

struct OpenedJournal {
  std::unique_ptr<Journal> journal;
  JournalRecovery recovery;
};

// Opens or creates the journal of an existing directory for writing.  The caller holds the
// directory's lock.  Errors: kCorruption with path and byte offset when acknowledged data is
// damaged (nothing is changed), kUnavailable for a newer format, kInvalidArgument for a
// directory that holds something else, kIo.
Result<OpenedJournal> open_file_journal(FileSystem& files, const std::filesystem::path& directory,
                                        const FileJournalOptions& options,
                                        const JournalReader& reader);

// Reads what is durable without writing or locking, beside an owner.  What the owner appended
// last may be missing until it is marked durable by a later record.
Result<JournalRecovery> read_file_journal(FileSystem& files, const std::filesystem::path& directory,
                                          const JournalReader& reader);

struct JournalSalvage {
  JournalRecovery recovery;
  std::uint64_t entries_lost = 0;  // sequence numbers that no whole batch was found for
  std::uint64_t bytes_damaged = 0;
};

// Reads what can be read of a damaged journal, whole batches only, over gaps too; the caller
// writes it into a new one.  Never changes the directory.
Result<JournalSalvage> salvage_file_journal(FileSystem& files,
                                            const std::filesystem::path& directory,
                                            const JournalReader& reader);

}  // namespace hardwon::store
