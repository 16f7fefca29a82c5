#pragma once

// A disk in memory that fails as a test tells it to.
//
// Fault model
//   - Reads see every write at once (the page cache).  What is durable is kept apart.
//   - A write leaves one pending version of each 512-byte sector it touches.  A crash in mode
//     kRandom treats each sector on its own: lost, or any of its pending versions kept; at most
//     one sector of a crash is torn, its beginning new and its rest old.
//   - A new size is pending until sync().  A crash may keep the size and lose the bytes; what is
//     then read there is zeros, noise, or what a removed file had at that place.
//   - Creation, rename and removal are pending until sync_directory().  A crash keeps or loses
//     each on its own, in order; a rename is never half.
//   - A sync() told to fail returns EIO, gives the pending bytes up and calls them clean; the
//     next one succeeds without them.  Reads still see them until the crash, as on ext4, or the
//     old bytes at once (set_failed_sync_hides).  A directory's sync that fails leaves its
//     entries pending, since a file system that journals them stops altogether.
//   - Room ends at a byte chosen; a write that crosses it is written as far as there is room.
//   - A write told to fail leaves its first half.
//   - kProcess is the death of the process alone: open files are gone, nothing is lost.
//   - flip_bit() and misplace_sector() damage what is durable.
// Not modelled: directories themselves, modes, mapped files, sectors of other sizes.
//
// Calls that change something are counted; a crash after a read is one before it.  After
// die_after(n) changes everything fails until crash(); so does every File opened before one.
// Threads: safe from any thread, in an order that is then not repeatable.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/mutex.h"
#include "base/rng.h"

namespace hardwon {

enum class CrashMode : std::uint8_t { kKeepAll, kLoseAll, kRandom, kProcess };

class FaultFileSystem final : public FileSystem {
 public:
  FaultFileSystem();
  ~FaultFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> sync_directory(const std::filesystem::path& directory) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& directory) override;

  std::uint64_t calls() const;  // that changed something, since construction
  void die_after(std::uint64_t calls);
  // Ends the machine (or the process) and starts it again, all faults taken back but the room.
  void crash(CrashMode mode, Rng& rng);

  void fail_sync(std::uint64_t n);   // the n-th sync() of a file from now, 1: the next one
  void fail_write(std::uint64_t n);  // the n-th write_at() from now
  void set_failed_sync_hides(bool hides);
  void set_room(std::uint64_t bytes);  // sum of the sizes of all files

  void flip_bit(const std::filesystem::path& path, std::uint64_t bit);
  // The sector `to` reads as the sector `from`: a write that went to the wrong place.
  void misplace_sector(const std::filesystem::path& path, std::uint64_t from, std::uint64_t to);

 private:
  struct Inode;
  struct State;
  class OpenFile;
  std::unique_ptr<State> state_;
};

}  // namespace hardwon
