#pragma once

// The journal in one LMDB environment (docs/formats/replay-lmdb.md): one transaction a group.
//
// LMDB does its own I/O, so it is tested by killing the process, not by the fault disk.
// Threads: as journal.h says.

#include "store/file_journal.h"
#include "store/journal.h"

namespace hardwon::store {

// False in a build without LMDB; opening then gives kUnavailable.
bool lmdb_available();

// Opens or creates `directory`/data.mdb.  The caller holds the directory's lock.
Result<OpenedJournal> open_lmdb_journal(const std::filesystem::path& directory,
                                        const JournalReader& reader);
// Beside an owner: the newest committed state.
Result<JournalRecovery> read_lmdb_journal(const std::filesystem::path& directory,
                                          const JournalReader& reader);

}  // namespace hardwon::store
