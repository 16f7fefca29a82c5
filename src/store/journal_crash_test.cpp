// The journal in files on a disk that crashes after every call, loses what it may lose, and is
// started again; then the invariants of journal.h, by number.
//
// HARDWON_CRASH_POINTS: how many crashes to try (2,000).  HARDWON_CRASH_SEED: the first seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fault_file_system.h"
#include "base/rng.h"
#include "store/file_journal.h"
#include "store/journal_files.h"

namespace hardwon::store {
namespace {

namespace fs = std::filesystem;

const fs::path kDirectory = "/journal";

// ------------------------------------------------------------------ what can be taken away

struct Mutant {
  JournalMutation mutation = JournalMutation::kNone;
  bool drop_record_sync = false;
  bool drop_directory_sync = false;
};

class UnsyncedFile final : public File {
 public:
  explicit UnsyncedFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    return file_->read_at(offset, out);
  }
  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    return file_->write_at(offset, bytes);
  }
  // The first makes the header durable, which MANIFEST relies on; the others, records.
  Result<void> sync() override {
    return std::exchange(synced_, true) ? Result<void>{} : file_->sync();
  }
  Result<void> resize(std::uint64_t size) override { return file_->resize(size); }
  Result<std::uint64_t> size() override { return file_->size(); }

 private:
  std::unique_ptr<File> file_;
  bool synced_ = false;
};

// The disk, with syncs that a mutant forgets.
class MutantFileSystem final : public FileSystem {
 public:
  MutantFileSystem(FileSystem& files, const Mutant& mutant) : files_(files), mutant_(mutant) {}
  Result<std::unique_ptr<File>> open(const fs::path& path, OpenMode mode) override {
    auto file = files_.open(path, mode);
    if (file && mutant_.drop_record_sync && path.filename().string().starts_with("wal-")) {
      return std::make_unique<UnsyncedFile>(std::move(*file));
    }
    return file;
  }
  Result<void> rename(const fs::path& from, const fs::path& to) override {
    return files_.rename(from, to);
  }
  Result<void> remove(const fs::path& path) override { return files_.remove(path); }
  Result<void> sync_directory(const fs::path& directory) override {
    return mutant_.drop_directory_sync ? Result<void>{} : files_.sync_directory(directory);
  }
  Result<std::vector<std::string>> list(const fs::path& directory) override {
    return files_.list(directory);
  }

 private:
  FileSystem& files_;
  Mutant mutant_;
};

// ------------------------------------------------------------------ the machine and its oracle

using Batches = std::vector<std::vector<std::string>>;

// A chunk of a snapshot: entries, each before a line feed.
std::vector<std::string> chunks_of(const std::vector<std::string>& entries) {
  std::vector<std::string> chunks;
  std::string chunk;
  for (const std::string& entry : entries) {
    chunk += entry + '\n';
    if (chunk.size() > 700) chunks.push_back(std::exchange(chunk, {}));
  }
  if (!chunk.empty()) chunks.push_back(chunk);
  return chunks;
}

class Machine {
 public:
  Machine(const Mutant& mutant, std::uint64_t salt_seed)
      : files_(disk, mutant), options_{.segment_bytes_max = 8 << 10, .salt_seed = salt_seed} {
    knobs_ = {.growth_bytes_first = 4 << 10,
              .growth_bytes_max = 8 << 10,
              .reserve_bytes = 512,
              .append_bytes_small = 96,
              .window_bytes = 4 << 10,
              .mutation = mutant.mutation};
  }

  // Recovers, and compares with what was handed over.  false: the disk is dead, or violation
  // says what is wrong.
  bool open() {
    std::vector<std::string> state;
    Sequence last = 0;
    journal.reset();
    ++options_.salt_seed;  // chance never gives a salt twice
    auto opened =
        open_file_journal_with(files_, kDirectory, options_, knobs_, reader_into(state, last));
    if (!opened) {
      refusal = opened.error().code;
      if (!dead)
        violation = "1: cannot open: " + opened.error().path + ": " + opened.error().message;
      return false;
    }
    if (opened->recovery.last != state.size()) violation = "recovery counts wrongly";
    check(state);
    journal = std::move(opened->journal);
    recovery = opened->recovery;
    // Whoever opened it has been shown this much.
    handed.resize(state.size());
    std::erase_if(ends, [&](std::size_t end) { return end > state.size(); });
    acknowledged = state.size();
    return violation.empty();
  }

  // 1 and 6: everything acknowledged or shown; 2: whole batches from the front; 3: nothing else.
  void check(const std::vector<std::string>& state) {
    const std::size_t n = state.size();
    if (n < acknowledged) {
      violation = "1: " + std::to_string(n) + " of " + std::to_string(acknowledged) +
                  " acknowledged entries";
    } else if (n > handed.size() || !std::equal(state.begin(), state.end(), handed.begin())) {
      violation = "3: something that was not handed over, or not in that order";
    } else if (n != 0 && std::ranges::find(ends, n) == ends.end()) {
      violation = "2: part of a batch, " + std::to_string(n) + " entries";
    }
  }

  bool append(const Batches& batches, bool sync) {
    std::vector<JournalBatch> views;
    const std::size_t before = handed.size();
    for (const auto& batch : batches) {
      views.push_back({batch});
      handed.insert(handed.end(), batch.begin(), batch.end());
      ends.push_back(handed.size());
    }
    const auto done = journal->append(views, before + 1, sync);
    if (done && sync) acknowledged = handed.size();
    if (!done && !journal->poisoned()) {  // then nothing of it may come back
      handed.resize(before);
      std::erase_if(ends, [&](std::size_t end) { return end > before; });
    }
    return done.has_value();
  }

  bool sync() {
    if (!journal->sync()) return false;
    acknowledged = handed.size();
    return true;
  }

  bool mark_end() {
    if (!journal->mark_end()) return false;
    acknowledged = handed.size();
    return true;
  }

  // `meanwhile` runs between the start and the end of the snapshot.
  bool snapshot(std::size_t keep, const std::function<bool()>& meanwhile) {
    auto writer = journal->start_snapshot(handed.size());
    if (!writer) return false;
    const std::size_t covers = handed.size();
    const auto chunks = chunks_of(handed);
    if (!meanwhile()) return false;
    for (const std::string& chunk : chunks) {
      if (!(*writer)->add(chunk)) return false;
    }
    if (!(*writer)->publish(keep)) return false;
    acknowledged = std::max(acknowledged, covers);
    return true;
  }

  void crash(CrashMode mode, Rng& rng) {
    journal.reset();  // its file objects are of the boot before
    disk.crash(mode, rng);
    dead = false;
  }

  JournalReader reader_into(std::vector<std::string>& state, Sequence& last) {
    return {.snapshot_chunk = [&state, &last](std::string_view chunk) -> Result<void> {
              for (std::size_t end; (end = chunk.find('\n')) != std::string_view::npos;) {
                state.emplace_back(chunk.substr(0, end));
                chunk.remove_prefix(end + 1);
              }
              last = state.size();
              return {};
            },
            .entry = [&state, &last](Sequence sequence, std::string_view entry) -> Result<void> {
              if (sequence != ++last) return fail(ErrorCode::kInvalidArgument, "out of order");
              state.emplace_back(entry);
              return {};
            }};
  }

  FaultFileSystem disk;
  std::unique_ptr<Journal> journal;
  JournalRecovery recovery;
  std::vector<std::string> handed;  // entries, and where batches end
  std::vector<std::size_t> ends;
  std::size_t acknowledged = 0;
  std::string violation;
  ErrorCode refusal{};  // of the last opening that failed
  bool dead = false;    // set by whoever sets a number of calls

 private:
  MutantFileSystem files_;
  FileJournalOptions options_;
  JournalKnobs knobs_;
};

// ------------------------------------------------------------------ the workload

// Entry texts say which they are; sizes from a few bytes to several sectors.
class Script {
 public:
  explicit Script(Machine& machine) : machine_(machine) {}

  // false: the disk died on the way, or something is wrong.
  bool run() {
    const auto nothing = [] { return true; };
    return machine_.open() && one(20) && one(300) && batch({10, 600, 10}) && buffered(5) &&
           machine_.sync() && one(1) && group() && batch({30, 30, 30, 30}) &&
           machine_.snapshot(1, nothing) && one(50) && one(400) && buffered(3) && reopen() &&
           one(700) && batch({1200, 1, 1}) && buffered(2) && machine_.mark_end() && reopen() &&
           one(25) && machine_.snapshot(1, [&] { return one(80) && buffered(1); }) &&
           batch({500, 500, 500}) && kill() && one(33) && rotate() && one(44) &&
           machine_.snapshot(0, nothing) && one(55) && batch({5, 5}) && buffered(4) && rotate() &&
           machine_.snapshot(2, nothing) && one(66) && reopen() && one(77) && machine_.mark_end() &&
           one(88) && buffered(6) && machine_.sync() && one(99) && rotate() && buffered(3);
  }

  bool after() { return one(10) && batch({20, 20}) && one(600); }

 private:
  std::string entry(std::size_t bytes) {
    std::string text = "entry " + std::to_string(machine_.handed.size() + offset_++) + " ";
    while (text.size() < bytes) text += static_cast<char>('a' + text.size() % 26);
    return text;
  }
  bool one(std::size_t bytes) { return batch({bytes}); }
  bool batch(const std::vector<std::size_t>& sizes) {
    std::vector<std::string> entries;
    for (const std::size_t size : sizes) entries.push_back(entry(size));
    return machine_.append(Batches{entries}, true);
  }
  bool buffered(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<std::string> first{entry(40 + 30 * i)}, second{entry(8), entry(9)};
      if (!machine_.append(Batches{first, second}, false)) return false;
    }
    return true;
  }
  bool group() {
    const std::vector<std::string> one_entry{entry(9)}, two{entry(9), entry(90)};
    return machine_.append(Batches{one_entry, two, one_entry}, true);
  }
  bool rotate() {  // fills a segment
    for (int i = 0; i < 7; ++i) {
      if (!batch({400, 30, 800})) return false;
    }
    return true;
  }
  bool reopen() {
    machine_.journal.reset();
    return machine_.open();
  }
  bool kill() {
    Rng unused(0);
    // A machine that is to die goes on counting towards it.
    if (machine_.dead) return reopen();
    machine_.crash(CrashMode::kProcess, unused);
    return machine_.open();
  }

  Machine& machine_;
  std::size_t offset_ = 0;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The same script ran on this disk before and its files were removed: their bytes may come
// back, with the same sequences at the same places.
void live_before(Machine& machine) {
  Rng rng(7);
  ASSERT_TRUE(Script(machine).run()) << machine.violation;
  machine.crash(CrashMode::kKeepAll, rng);
  const auto names = machine.disk.list(kDirectory).value();
  for (const std::string& name : names) {
    ASSERT_TRUE(machine.disk.remove(kDirectory / name));
  }
  ASSERT_TRUE(machine.disk.sync_directory(kDirectory));
  machine.handed.clear();
  machine.ends.clear();
  machine.acknowledged = 0;
}

// Dies after `calls` changes of the script, in the way that `seed` says; returns a violation.
std::string crash_once(const Mutant& mutant, std::uint64_t calls, CrashMode mode,
                       std::uint64_t seed) {
  Machine machine(mutant, 1 + seed);
  Rng rng(seed);
  live_before(machine);
  if (!machine.violation.empty()) return machine.violation;
  machine.dead = true;
  machine.disk.die_after(calls);
  Script script(machine);
  script.run();
  if (!machine.violation.empty()) return machine.violation;
  machine.crash(mode, rng);
  if (mode == CrashMode::kRandom) {
    // Recovery crashes too, up to three times, in the middle or just after it.
    for (std::uint64_t again = rng.below(4); again > 0; --again) {
      machine.dead = true;
      machine.disk.die_after(rng.below(14));
      machine.open();
      if (!machine.violation.empty()) return machine.violation;
      const std::uint64_t how = rng.below(4);
      machine.crash(how == 0   ? CrashMode::kProcess
                    : how == 1 ? CrashMode::kLoseAll
                               : CrashMode::kRandom,
                    rng);
    }
  }
  if (!machine.open() || !script.after()) return machine.violation + " (after the crash)";
  const auto expected = machine.handed;
  machine.crash(mode == CrashMode::kKeepAll ? CrashMode::kProcess : CrashMode::kLoseAll, rng);
  if (!machine.open()) return machine.violation + " (a second time)";
  if (machine.handed != expected) return "4: another state the second time";
  if (!machine.mark_end()) return "cannot mark the end";
  machine.crash(CrashMode::kLoseAll, rng);
  if (!machine.open()) return machine.violation + " (after the end)";
  if (!machine.recovery.clean) return "a marked end is not clean";
  return machine.handed == expected ? "" : "4: another state after the end";
}

std::uint64_t script_calls() {
  Machine machine({}, 1);
  live_before(machine);
  const std::uint64_t before = machine.disk.calls();
  EXPECT_TRUE(Script(machine).run()) << machine.violation;
  return machine.disk.calls() - before;
}

struct Matrix {
  std::uint64_t points = 0, violations = 0;
  std::string first;
};

// Every call x {all kept, all lost, random survivals}, to about `points` crashes.
Matrix run_matrix(const Mutant& mutant, std::uint64_t points, std::uint64_t violations_max) {
  const std::uint64_t calls = script_calls(), base = number_from("HARDWON_CRASH_SEED", 1);
  const std::uint64_t random = points / calls > 2 ? points / calls - 1 : 1;
  Matrix matrix;
  for (std::uint64_t round = 0; round < random + 2; ++round) {
    const CrashMode mode = round == 0   ? CrashMode::kKeepAll
                           : round == 1 ? CrashMode::kLoseAll
                                        : CrashMode::kRandom;
    for (std::uint64_t call = 0; call < calls; ++call) {
      const std::uint64_t seed = base + round * calls + call;
      const std::string violation = crash_once(mutant, call, mode, seed);
      ++matrix.points;
      if (violation.empty()) continue;
      if (matrix.violations++ == 0) {
        matrix.first = "call " + std::to_string(call) + " of " + std::to_string(calls) + ", mode " +
                       std::to_string(static_cast<int>(mode)) + ", seed " + std::to_string(seed) +
                       ": " + violation;
      }
      if (matrix.violations >= violations_max) return matrix;
    }
  }
  return matrix;
}

TEST(JournalCrash, InvariantsHoldAfterEveryCallHoweverTheDiskSurvives) {
  const std::uint64_t points = number_from("HARDWON_CRASH_POINTS", 2000);
  EXPECT_GE(script_calls(), 60U);
  const Matrix matrix = run_matrix({}, points, 10);
  EXPECT_EQ(matrix.violations, 0U) << matrix.first;
  EXPECT_GE(matrix.points, points);
  std::cout << matrix.points << " crashes over " << script_calls() << " calls, seeds from "
            << number_from("HARDWON_CRASH_SEED", 1) << "\n";
}

// ------------------------------------------------------------------ damage at rest

// A journal of records of 64 bytes, so that sectors hold whole ones, all acknowledged; then
// the disk is left alone.
void fill_for_damage(Machine& machine) {
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 40; ++i) {
    std::string entry = "entry " + std::to_string(i) + " ";
    entry.resize(36, 'x');
    ASSERT_TRUE(machine.append(Batches{{entry}}, true));
  }
  machine.journal.reset();
}

// Opens what may be damaged.  Only the last append may be missing (undecidable, its loss looks
// like a torn end); everything else is there, or the damage is reported and nothing changed.
std::string open_damaged(Machine& machine) {
  const std::uint64_t calls = machine.disk.calls();
  const std::size_t acknowledged = machine.acknowledged;
  machine.acknowledged = machine.ends.size() > 1 ? machine.ends[machine.ends.size() - 2] : 0;
  if (machine.open()) return "";
  if (!machine.violation.starts_with("1: cannot open") ||
      machine.refusal != ErrorCode::kCorruption) {
    return machine.violation;
  }
  machine.acknowledged = acknowledged;
  return machine.disk.calls() == calls ? "" : "a journal that was refused was changed";
}

std::string log_name(Machine& machine) {
  const auto names = machine.disk.list(kDirectory).value();
  return *std::ranges::find_if(names, [](const auto& name) { return name.starts_with("wal-"); });
}

// A sector that was written to the wrong place.
Matrix run_misplaced(const Mutant& mutant) {
  Matrix matrix;
  for (std::uint64_t from = 0; from < 6; ++from) {
    for (std::uint64_t to = 0; to < 6; ++to) {
      Machine machine(mutant, 1);
      fill_for_damage(machine);
      machine.disk.misplace_sector(kDirectory / log_name(machine), from, to);
      const std::string violation = open_damaged(machine);
      ++matrix.points;
      if (violation.empty()) continue;
      if (matrix.violations++ == 0) {
        matrix.first = std::to_string(from) + " to " + std::to_string(to) + ": " + violation;
      }
    }
  }
  return matrix;
}

TEST(JournalCrash, MisplacedSectorsAreRefusedAndNothingIsChanged) {
  const Matrix matrix = run_misplaced({});
  EXPECT_EQ(matrix.violations, 0U) << matrix.first;
}

// Every single bit of a small journal, one at a time.
TEST(JournalCrash, FlippedBitsAreRefusedOrDoNoHarm) {
  std::vector<std::pair<fs::path, std::uint64_t>> bits;
  const auto fill = [](Machine& machine) {
    fill_for_damage(machine);
    ASSERT_TRUE(machine.open());
    ASSERT_TRUE(machine.snapshot(0, [] { return true; }));
    ASSERT_TRUE(machine.append(Batches{{"one", "two"}}, true));
    ASSERT_TRUE(machine.append(Batches{{"three"}}, true));
    machine.journal.reset();
  };
  {
    Machine machine({}, 1);
    fill(machine);
    const auto names = machine.disk.list(kDirectory).value();
    for (const std::string& name : names) {
      const fs::path path = kDirectory / name;
      const auto size = machine.disk.open(path, OpenMode::kRead).value()->size().value();
      for (std::uint64_t bit = 0; bit < 8 * std::min<std::uint64_t>(size, 400); ++bit) {
        bits.emplace_back(path, bit);
      }
    }
  }
  ASSERT_GT(bits.size(), 5000U);
  std::map<ErrorCode, int> refused;
  for (std::size_t i = 0; i < bits.size(); i += 3) {
    Machine machine({}, 1);
    fill(machine);
    machine.disk.flip_bit(bits[i].first, bits[i].second);
    const std::uint64_t calls = machine.disk.calls();
    machine.acknowledged = 42;  // without the last append
    if (machine.open()) continue;
    ASSERT_TRUE(machine.violation.starts_with("1: cannot open: /journal/")) << machine.violation;
    ASSERT_EQ(machine.disk.calls(), calls) << machine.violation;
    ++refused[machine.refusal];
  }
  EXPECT_GT(refused[ErrorCode::kCorruption], 1000);
  refused.erase(ErrorCode::kCorruption);
  refused.erase(ErrorCode::kUnavailable);      // a version, in MANIFEST's first line
  refused.erase(ErrorCode::kInvalidArgument);  // that line's first word
  EXPECT_TRUE(refused.empty());
}

// ------------------------------------------------------------------ torn ends

// The last batch of three, cut off or overwritten at every byte of it.
TEST(JournalCrash, EndTornAtEveryByteLeavesTheWholeBatchesBefore) {
  Machine whole({}, 1);
  ASSERT_TRUE(whole.open() && whole.append(Batches{{"kept"}}, true));
  const std::uint64_t begin = kSegmentHeaderBytes + record_bytes(4);
  const std::uint64_t bytes = record_bytes(300) + record_bytes(1) + record_bytes(44);
  for (std::uint64_t cut = 0; cut <= bytes; ++cut) {
    for (const char noise : {'\0', '\x5a'}) {
      Machine machine({}, 1);
      const std::vector<std::string> batch{std::string(300, 'a'), "b", std::string(44, 'c')};
      ASSERT_TRUE(machine.open() && machine.append(Batches{{"kept"}}, true));
      ASSERT_TRUE(machine.append(Batches{batch}, false));
      machine.journal.reset();
      const fs::path path = kDirectory / log_name(machine);
      {
        auto file = machine.disk.open(path, OpenMode::kWrite).value();
        const std::string rest(bytes - cut, noise);
        ASSERT_TRUE(file->write_at(begin + cut, rest) && file->sync());
      }
      ASSERT_TRUE(machine.open()) << machine.violation;
      EXPECT_EQ(machine.handed.size(), cut == bytes ? 4U : 1U) << cut;
      // What is acknowledged later survives too, whatever bytes lie in the older segment.
      ASSERT_TRUE(machine.append(Batches{{"later"}}, true));
      Rng rng(1);
      machine.crash(CrashMode::kLoseAll, rng);
      ASSERT_TRUE(machine.open()) << machine.violation;
    }
  }
}

// ------------------------------------------------------------------ failing calls

// After each failure the journal is closed, opened again and the power goes.
std::string survive(Machine& machine, Script& script) {
  Rng rng(3);
  for (const CrashMode mode : {CrashMode::kProcess, CrashMode::kLoseAll}) {
    machine.crash(mode, rng);
    if (!machine.open()) return machine.violation;
  }
  return script.after() ? machine.violation : "no append after the failure";
}

TEST(JournalCrash, FailedSyncsAndWritesPoisonAndLoseNothingShown) {
  int failures = 0;
  for (const bool hides : {false, true}) {
    for (const bool write : {false, true}) {
      for (std::uint64_t n = 1; n < 200; ++n) {
        Machine machine({}, 1);
        machine.disk.set_failed_sync_hides(hides);
        if (write) {
          machine.disk.fail_write(n);
        } else {
          machine.disk.fail_sync(n);
        }
        Script script(machine);
        machine.dead = true;  // an opening may fail
        const bool finished = script.run();
        ASSERT_EQ(machine.violation, "");
        machine.dead = false;
        if (finished) break;  // fewer calls than n
        ++failures;
        if (machine.journal != nullptr && machine.journal->poisoned()) {
          EXPECT_FALSE(machine.journal->sync());
          EXPECT_FALSE(machine.journal->start_snapshot(machine.handed.size()));
          EXPECT_FALSE(machine.journal->mark_end());
        }
        ASSERT_EQ(survive(machine, script), "") << n << (write ? "th write" : "th sync");
      }
    }
  }
  EXPECT_GT(failures, 200);
}

TEST(JournalCrash, DiskFullAtEveryByteLosesNothing) {
  // Each seventh byte in `test`, each byte where more crashes are asked for.
  const std::uint64_t step = number_from("HARDWON_CRASH_POINTS", 2000) > 2000 ? 1 : 7;
  for (std::uint64_t room = 0; room < 24'000; room += step) {
    Machine machine({}, 1);
    machine.disk.set_room(room);
    machine.dead = true;
    Script script(machine);
    script.run();
    ASSERT_EQ(machine.violation, "") << room;
    machine.dead = false;
    if (machine.journal != nullptr) {
      ASSERT_FALSE(machine.journal->poisoned()) << room;
      // Small entries still go in, and the end can be marked.
      EXPECT_TRUE(machine.append(Batches{{"gone"}}, true)) << room;
      EXPECT_TRUE(machine.mark_end()) << room;
    }
    machine.disk.set_room(1 << 20);
    ASSERT_EQ(survive(machine, script), "") << room;
  }
}

// ------------------------------------------------------------------ the suite can fail

std::uint64_t violations_with(const Mutant& mutant, std::uint64_t points) {
  const Matrix matrix = run_matrix(mutant, points, 1);
  std::cout << "after " << matrix.points << " crashes: " << matrix.first << "\n";
  return matrix.violations;
}

TEST(JournalCrash, FailsWithoutTheSyncOfRecords) {
  EXPECT_GT(violations_with({.drop_record_sync = true}, 2000), 0U);
}

TEST(JournalCrash, FailsWithoutTheSyncOfTheDirectory) {
  EXPECT_GT(violations_with({.drop_directory_sync = true}, 2000), 0U);
}

TEST(JournalCrash, FailsWithoutTheSalt) {
  EXPECT_GT(violations_with({.mutation = JournalMutation::kNoSalt}, 12'000), 0U);
}

TEST(JournalCrash, FailsWithoutTheBatchEnd) {
  EXPECT_GT(violations_with({.mutation = JournalMutation::kNoBatchEnd}, 2000), 0U);
}

TEST(JournalCrash, FailsWithoutTheSequence) {
  const Matrix matrix = run_misplaced({.mutation = JournalMutation::kNoSequence});
  EXPECT_GT(matrix.violations, 0U);
  std::cout << matrix.violations << " of " << matrix.points << ": " << matrix.first << "\n";
}

}  // namespace
}  // namespace hardwon::store
