#include "base/fault_file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/file.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kFreedMax = 8;  // removed files whose bytes may come back

using Sector = std::array<char, kSector>;

// Whether this is the call that was waited for; 0: none is.
bool counted_down(std::uint64_t* left) {
  if (*left == 0) return false;
  --*left;
  return *left == 0;
}

std::unexpected<Error> failed(const fs::path& path, std::string_view tried, int why) {
  Error error = io_error(path, tried, why);
  if (why == ENOENT) error.code = ErrorCode::kNotFound;
  if (why == EEXIST) error.code = ErrorCode::kConflict;
  return std::unexpected(std::move(error));
}

// The sector `number` of bytes, zeros past their end.
Sector sector_of(const std::string& bytes, std::uint64_t number) {
  Sector sector{};
  const std::uint64_t from = number * kSector;
  if (from < bytes.size()) {
    std::copy_n(bytes.data() + from, std::min<std::uint64_t>(kSector, bytes.size() - from),
                sector.data());
  }
  return sector;
}

// Only what lies within the size.
void put_sector(std::string& bytes, std::uint64_t number, const Sector& sector) {
  const std::uint64_t from = number * kSector;
  if (from >= bytes.size()) return;
  std::copy_n(sector.data(), std::min<std::uint64_t>(kSector, bytes.size() - from),
              bytes.data() + from);
}

}  // namespace

struct FaultFileSystem::Inode {
  std::string cache;                                     // what reads see
  std::string durable;                                   // what the disk holds
  std::map<std::uint64_t, std::vector<Sector>> pending;  // versions of a sector, oldest first
  std::vector<std::uint64_t> sizes;                      // pending, oldest first

  void flush() {
    if (!sizes.empty()) durable.resize(sizes.back());
    if (!pending.empty()) {
      const std::uint64_t reach = (pending.rbegin()->first + 1) * kSector;
      const std::uint64_t within = std::min<std::uint64_t>(reach, cache.size());
      if (within > durable.size()) durable.resize(within);
    }
    for (const auto& [number, versions] : pending) put_sector(durable, number, versions.back());
    give_up();
  }
  void give_up() {
    pending.clear();
    sizes.clear();
  }
};

struct FaultFileSystem::State {
  enum class Change : std::uint8_t { kCreate, kRename, kRemove };
  struct Entry {
    Change change;
    fs::path from, to;
    std::shared_ptr<Inode> inode;
  };
  using Names = std::map<fs::path, std::shared_ptr<Inode>>;

  mutable Mutex mutex;
  Names names, durable_names;
  std::vector<Entry> entries;  // pending, in order
  std::vector<std::string> freed;
  std::uint64_t boot = 0;
  std::uint64_t calls = 0, last_call = kNever;
  std::uint64_t sync_to_fail = 0, write_to_fail = 0, room = kNever;
  bool failed_sync_hides = false;

  bool dead() const { return calls >= last_call; }
  // Counts a change; false: the machine is off.
  bool change() {
    if (dead()) return false;
    ++calls;
    return true;
  }
  std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const auto& [path, inode] : names) sum += inode->cache.size();
    return sum;
  }
  void free_bytes(const std::shared_ptr<Inode>& inode) {
    if (inode->durable.size() <= kSector) return;  // would crowd out what is of interest
    freed.push_back(inode->durable);
    if (freed.size() > kFreedMax) freed.erase(freed.begin());
  }
  void apply(const Entry& entry) {
    switch (entry.change) {
      case Change::kCreate:
        durable_names[entry.to] = entry.inode;
        break;
      case Change::kRename:
        durable_names.erase(entry.from);
        durable_names[entry.to] = entry.inode;
        break;
      case Change::kRemove:
        durable_names.erase(entry.to);
        break;
    }
  }
  Sector garbage(std::uint64_t number, Rng& rng) const {
    Sector sector{};
    const std::uint64_t kind = rng.below(4);
    if (kind == 0) {
      for (char& c : sector) c = static_cast<char>(rng.next());
    } else if (kind != 1 && !freed.empty()) {
      sector = sector_of(freed[rng.below(freed.size())], number);
    }
    return sector;
  }
  void lose_some(Inode& inode, Rng& rng, bool& torn) const;
};

// One file after a crash in mode kRandom.
void FaultFileSystem::State::lose_some(Inode& inode, Rng& rng, bool& torn) const {
  const std::uint64_t written = inode.durable.size();
  const std::uint64_t size_kept = rng.below(inode.sizes.size() + 1);
  if (size_kept > 0) inode.durable.resize(inode.sizes[size_kept - 1]);
  for (const auto& [number, versions] : inode.pending) {
    const std::uint64_t kept = rng.below(versions.size() + 1);
    const bool new_place = number * kSector >= written;
    if (kept == 0) {
      if (new_place) put_sector(inode.durable, number, garbage(number, rng));
      continue;
    }
    Sector sector = versions[kept - 1];
    if (!torn && rng.below(4) == 0) {
      torn = true;
      const Sector old = new_place ? garbage(number, rng) : sector_of(inode.durable, number);
      const std::size_t cut = rng.below(kSector);
      std::copy_n(old.data() + cut, kSector - cut, sector.data() + cut);
    }
    put_sector(inode.durable, number, sector);
  }
}

class FaultFileSystem::OpenFile final : public File {
 public:
  OpenFile(State& state, std::shared_ptr<Inode> inode, fs::path path, bool writable)
      : state_(state),
        inode_(std::move(inode)),
        path_(std::move(path)),
        boot_(state.boot),
        writable_(writable) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    const MutexLock lock(state_.mutex);
    if (gone()) return failed(path_, "cannot read", EIO);
    if (offset >= inode_->cache.size()) return 0;
    const std::size_t n = std::min<std::uint64_t>(out.size(), inode_->cache.size() - offset);
    std::copy_n(inode_->cache.data() + offset, n, out.data());
    return n;
  }

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    const MutexLock lock(state_.mutex);
    CHECK(writable_);
    if (gone() || !state_.change()) return failed(path_, "cannot write", EIO);
    if (counted_down(&state_.write_to_fail)) {
      put(offset, bytes.substr(0, bytes.size() / 2));
      return failed(path_, "cannot write", EIO);
    }
    const std::uint64_t used = state_.used(), size = inode_->cache.size();
    const std::uint64_t end = offset + bytes.size();
    if (end > size && used + (end - size) > state_.room) {
      const std::uint64_t reach = size + (state_.room > used ? state_.room - used : 0);
      if (reach > offset) put(offset, bytes.substr(0, reach - offset));
      return failed(path_, "cannot write", ENOSPC);
    }
    put(offset, bytes);
    return {};
  }

  Result<void> sync() override {
    const MutexLock lock(state_.mutex);
    if (gone() || !state_.change()) return failed(path_, "cannot make durable", EIO);
    if (counted_down(&state_.sync_to_fail)) {
      inode_->give_up();
      if (state_.failed_sync_hides) inode_->cache = inode_->durable;
      return failed(path_, "cannot make durable", EIO);
    }
    inode_->flush();
    return {};
  }

  Result<void> resize(std::uint64_t size) override {
    const MutexLock lock(state_.mutex);
    CHECK(writable_);
    if (gone() || !state_.change()) return failed(path_, "cannot resize", EIO);
    inode_->cache.resize(size);
    inode_->sizes.push_back(size);
    return {};
  }

  Result<std::uint64_t> size() override {
    const MutexLock lock(state_.mutex);
    if (gone()) return failed(path_, "cannot ask for the size", EIO);
    return inode_->cache.size();
  }

 private:
  bool gone() const { return state_.dead() || boot_ != state_.boot; }

  void put(std::uint64_t offset, std::string_view bytes) {
    if (bytes.empty()) return;
    if (offset + bytes.size() > inode_->cache.size()) {
      inode_->cache.resize(offset + bytes.size());
      inode_->sizes.push_back(inode_->cache.size());
    }
    std::copy_n(bytes.data(), bytes.size(), inode_->cache.data() + offset);
    const std::uint64_t last = (offset + bytes.size() - 1) / kSector;
    for (std::uint64_t number = offset / kSector; number <= last; ++number) {
      inode_->pending[number].push_back(sector_of(inode_->cache, number));
    }
  }

  State& state_;
  std::shared_ptr<Inode> inode_;
  fs::path path_;
  std::uint64_t boot_;
  bool writable_;
};

FaultFileSystem::FaultFileSystem() : state_(std::make_unique<State>()) {}
FaultFileSystem::~FaultFileSystem() = default;

Result<std::unique_ptr<File>> FaultFileSystem::open(const fs::path& path, OpenMode mode) {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  if (state.dead()) return failed(path, "cannot open", EIO);
  auto found = state.names.find(path);
  if (mode == OpenMode::kCreate) {
    if (found != state.names.end()) return failed(path, "cannot create", EEXIST);
    if (!state.change()) return failed(path, "cannot create", EIO);
    auto inode = std::make_shared<Inode>();
    found = state.names.emplace(path, inode).first;
    state.entries.push_back({State::Change::kCreate, {}, path, inode});
  }
  if (found == state.names.end()) return failed(path, "cannot open", ENOENT);
  return std::make_unique<OpenFile>(state, found->second, path, mode != OpenMode::kRead);
}

Result<void> FaultFileSystem::rename(const fs::path& from, const fs::path& to) {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  if (!state.change()) return failed(from, "cannot rename", EIO);
  const auto found = state.names.find(from);
  if (found == state.names.end()) return failed(from, "cannot rename", ENOENT);
  const auto inode = found->second;
  const auto replaced = state.names.find(to);
  if (replaced != state.names.end()) state.free_bytes(replaced->second);
  state.names.erase(found);
  state.names[to] = inode;
  state.entries.push_back({State::Change::kRename, from, to, inode});
  return {};
}

Result<void> FaultFileSystem::remove(const fs::path& path) {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  if (!state.change()) return failed(path, "cannot remove", EIO);
  const auto found = state.names.find(path);
  if (found == state.names.end()) return {};
  state.free_bytes(found->second);
  state.entries.push_back({State::Change::kRemove, {}, path, found->second});
  state.names.erase(found);
  return {};
}

Result<void> FaultFileSystem::sync_directory(const fs::path& directory) {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  if (!state.change()) return failed(directory, "cannot make the directory durable", EIO);
  std::erase_if(state.entries, [&](const State::Entry& entry) {
    if (entry.to.parent_path() != directory) return false;
    state.apply(entry);
    return true;
  });
  return {};
}

Result<std::vector<std::string>> FaultFileSystem::list(const fs::path& directory) {
  const MutexLock lock(state_->mutex);
  if (state_->dead()) return failed(directory, "cannot list", EIO);
  std::vector<std::string> names;
  for (const auto& [path, inode] : state_->names) {
    if (path.parent_path() == directory) names.push_back(path.filename().string());
  }
  return names;
}

std::uint64_t FaultFileSystem::calls() const {
  const MutexLock lock(state_->mutex);
  return state_->calls;
}

void FaultFileSystem::die_after(std::uint64_t calls) {
  const MutexLock lock(state_->mutex);
  state_->last_call = state_->calls + calls;
}

void FaultFileSystem::crash(CrashMode mode, Rng& rng) {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  ++state.boot;
  state.last_call = kNever;
  state.sync_to_fail = state.write_to_fail = 0;
  if (mode == CrashMode::kProcess) return;
  // Every file that any kept entry can lead to, each once.
  std::vector<std::shared_ptr<Inode>> inodes;
  for (const auto* names : {&state.names, &state.durable_names}) {
    for (const auto& [path, inode] : *names) inodes.push_back(inode);
  }
  for (const auto& entry : state.entries) inodes.push_back(entry.inode);
  for (const auto& entry : state.entries) {
    const bool kept =
        mode == CrashMode::kKeepAll || (mode == CrashMode::kRandom && rng.below(2) == 0);
    if (kept) state.apply(entry);
  }
  state.entries.clear();
  bool torn = false;
  for (const auto& inode : inodes) {  // a second visit finds nothing pending
    if (mode == CrashMode::kKeepAll) inode->flush();
    if (mode == CrashMode::kRandom) state.lose_some(*inode, rng, torn);
    inode->give_up();
    inode->cache = inode->durable;
  }
  state.names = state.durable_names;
}

void FaultFileSystem::fail_sync(std::uint64_t n) {
  const MutexLock lock(state_->mutex);
  state_->sync_to_fail = n;
}

void FaultFileSystem::fail_write(std::uint64_t n) {
  const MutexLock lock(state_->mutex);
  state_->write_to_fail = n;
}

void FaultFileSystem::set_failed_sync_hides(bool hides) {
  const MutexLock lock(state_->mutex);
  state_->failed_sync_hides = hides;
}

void FaultFileSystem::set_room(std::uint64_t bytes) {
  const MutexLock lock(state_->mutex);
  state_->room = bytes;
}

void FaultFileSystem::flip_bit(const fs::path& path, std::uint64_t bit) {
  const MutexLock lock(state_->mutex);
  Inode& inode = *state_->names.at(path);
  for (std::string* bytes : {&inode.cache, &inode.durable}) {
    char& byte = bytes->at(bit / 8);
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
  }
}

void FaultFileSystem::misplace_sector(const fs::path& path, std::uint64_t from, std::uint64_t to) {
  const MutexLock lock(state_->mutex);
  Inode& inode = *state_->names.at(path);
  for (std::string* bytes : {&inode.cache, &inode.durable}) {
    put_sector(*bytes, to, sector_of(*bytes, from));
  }
}

}  // namespace hardwon
