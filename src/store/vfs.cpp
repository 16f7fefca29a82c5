#include "store/vfs.h"

#include <sqlite3.h>

#include <new>

#include "base/check.h"

namespace hardwon::store {

struct CountingVfs::State {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  FileFaults* faults = nullptr;
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> fsyncs{0};
};

namespace {

using State = CountingVfs::State;

// The real file's object follows directly in the same allocation.
struct ShimFile {
  sqlite3_file base;
  State* state;
};

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<ShimFile*>(file) + 1);
}
State& state_of(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file)->state; }
State& state_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }
sqlite3_vfs* real_of(sqlite3_vfs* vfs) { return state_of(vfs).real; }

// Takes `amount` from a budget; false when it is spent.
bool spend(std::atomic<std::int64_t>& budget, std::int64_t amount) {
  std::int64_t left = budget.load();
  while (left >= 0) {
    const std::int64_t next = left >= amount ? left - amount : 0;
    if (budget.compare_exchange_weak(left, next)) return left >= amount;
  }
  return true;
}

int shim_close(sqlite3_file* file) { return real_of(file)->pMethods->xClose(real_of(file)); }
int shim_read(sqlite3_file* file, void* to, int n, sqlite3_int64 at) {
  return real_of(file)->pMethods->xRead(real_of(file), to, n, at);
}
int shim_write(sqlite3_file* file, const void* from, int n, sqlite3_int64 at) {
  State& state = state_of(file);
  if (state.faults != nullptr) {
    if (!spend(state.faults->writes_until_error, 1)) return SQLITE_IOERR_WRITE;
    if (!spend(state.faults->bytes_until_full, n)) return SQLITE_FULL;
  }
  state.bytes += n;
  return real_of(file)->pMethods->xWrite(real_of(file), from, n, at);
}
int shim_truncate(sqlite3_file* file, sqlite3_int64 size) {
  return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
int shim_sync(sqlite3_file* file, int flags) {
  State& state = state_of(file);
  if (state.faults != nullptr && !spend(state.faults->syncs_until_error, 1)) {
    return SQLITE_IOERR_FSYNC;
  }
  ++state.fsyncs;
  return real_of(file)->pMethods->xSync(real_of(file), flags);
}
int shim_size(sqlite3_file* file, sqlite3_int64* size) {
  return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int shim_lock(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xLock(real_of(file), level);
}
int shim_unlock(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
int shim_check_lock(sqlite3_file* file, int* out) {
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}
int shim_control(sqlite3_file* file, int op, void* arg) {
  return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}
int shim_sector(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
int shim_device(sqlite3_file* file) {
  return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
int shim_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}
int shim_shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}
void shim_shm_barrier(sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
int shim_shm_unmap(sqlite3_file* file, int remove) {
  return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

// Version 2: shared memory, but no memory-mapped reads (mmap_size is 0).
const sqlite3_io_methods kMethods = {
    2,           shim_close,   shim_read,     shim_write,       shim_truncate,  shim_sync,
    shim_size,   shim_lock,    shim_unlock,   shim_check_lock,  shim_control,   shim_sector,
    shim_device, shim_shm_map, shim_shm_lock, shim_shm_barrier, shim_shm_unmap, nullptr,
    nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* shim = reinterpret_cast<ShimFile*>(file);
  shim->state = &state_of(vfs);
  const int rc = real_of(vfs)->xOpen(real_of(vfs), name, real_of(file), flags, out);
  // SQLite closes a file only when pMethods is set, also after a failed open.
  shim->base.pMethods = real_of(file)->pMethods != nullptr ? &kMethods : nullptr;
  return rc;
}
int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync) {
  return real_of(vfs)->xDelete(real_of(vfs), name, sync);
}
int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return real_of(vfs)->xAccess(real_of(vfs), name, flags, out);
}
int vfs_full_path(sqlite3_vfs* vfs, const char* name, int n, char* out) {
  return real_of(vfs)->xFullPathname(real_of(vfs), name, n, out);
}
int vfs_randomness(sqlite3_vfs* vfs, int n, char* out) {
  return real_of(vfs)->xRandomness(real_of(vfs), n, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int us) { return real_of(vfs)->xSleep(real_of(vfs), us); }
int vfs_time(sqlite3_vfs* vfs, double* out) {
  return real_of(vfs)->xCurrentTime(real_of(vfs), out);
}
int vfs_error(sqlite3_vfs* vfs, int n, char* out) {
  return real_of(vfs)->xGetLastError(real_of(vfs), n, out);
}
int vfs_time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return real_of(vfs)->xCurrentTimeInt64(real_of(vfs), out);
}

std::string next_name() {
  static std::atomic<std::int64_t> count{0};
  return "hardwon-" + std::to_string(++count);
}

}  // namespace

CountingVfs::CountingVfs(FileFaults* faults) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.name = next_name();
  state.faults = faults;
  state.real = sqlite3_vfs_find(nullptr);
  CHECK(state.real != nullptr);
  state.vfs.iVersion = 2;
  state.vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + state.real->szOsFile;
  state.vfs.mxPathname = state.real->mxPathname;
  state.vfs.zName = state.name.c_str();
  state.vfs.pAppData = &state;
  state.vfs.xOpen = vfs_open;
  state.vfs.xDelete = vfs_delete;
  state.vfs.xAccess = vfs_access;
  state.vfs.xFullPathname = vfs_full_path;
  state.vfs.xRandomness = vfs_randomness;
  state.vfs.xSleep = vfs_sleep;
  state.vfs.xCurrentTime = vfs_time;
  state.vfs.xGetLastError = vfs_error;
  state.vfs.xCurrentTimeInt64 = vfs_time64;
  CHECK(sqlite3_vfs_register(&state.vfs, 0) == SQLITE_OK);
}

CountingVfs::~CountingVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const char* CountingVfs::name() const { return state_->name.c_str(); }
std::int64_t CountingVfs::bytes() const { return state_->bytes; }
std::int64_t CountingVfs::fsyncs() const { return state_->fsyncs; }

}  // namespace hardwon::store
