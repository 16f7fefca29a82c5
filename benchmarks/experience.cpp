// What the experience buffer costs, beside what others would cost.
//
//   bench_experience                      all parts
//   bench_experience commits [seconds]    commits/s and worst wait at 1, 4, 16, 64 writers
//   bench_experience latency              acknowledgements and neighbour reads
//   bench_experience recovery [n]         opening n experiences, beside the disk's read rate
//   bench_experience rebuild              searches while the index is rebuilt
//
// The sampler has a benchmark of its own (bench_sampler).  Contenders are interleaved; the
// figures of one round stand on one line, the summary gives medians and extremes.
// Threads in one process, a commit is 200 bytes, every commit durable.

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "hardwon/replay.h"
#include "reason/experience_buffer.h"
#include "store/file_journal.h"
#include "store/group_commit.h"
#include "store/lmdb_journal.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kBytes = 200;
constexpr int kRounds = 5;

double seconds(Steady::duration time) { return std::chrono::duration<double>(time).count(); }

template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().path.c_str(), result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double at(std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

// A directory of its own on the disk of the working directory; /tmp may be memory.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(fs::current_path() / "build" / name) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// ---------------------------------------------------------------- commits

class Sqlite {
 public:
  explicit Sqlite(const fs::path& file) {
    check(sqlite3_open_v2(file.c_str(), &database_,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          nullptr));
    sqlite3_busy_timeout(database_, 60'000);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA secure_delete=OFF");
    run("CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, entry BLOB)");
    check(sqlite3_prepare_v2(database_, "INSERT INTO log(entry) VALUES(?)", -1, &insert_, nullptr));
    check(sqlite3_prepare_v2(database_, "BEGIN IMMEDIATE", -1, &begin_, nullptr));
    check(sqlite3_prepare_v2(database_, "COMMIT", -1, &commit_, nullptr));
  }
  ~Sqlite() {
    for (sqlite3_stmt* statement : {insert_, begin_, commit_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  void begin() { step(begin_); }
  void commit() { step(commit_); }
  void insert(const std::string& entry) {
    sqlite3_bind_blob(insert_, 1, entry.data(), static_cast<int>(entry.size()), SQLITE_STATIC);
    step(insert_);
  }

 private:
  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  void step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) check(code);
  }
  void check(int code) const {
    if (code == SQLITE_OK) return;
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }
  sqlite3* database_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *begin_ = nullptr, *commit_ = nullptr;
};

// SQLite behind the same queue as the own journal: one transaction a group.
class SqliteJournal final : public store::Journal {
 public:
  explicit SqliteJournal(const fs::path& file) : sqlite_(file) {}
  Result<void> append(std::span<const store::JournalBatch> batches, store::Sequence,
                      bool) override {
    sqlite_.begin();
    for (const store::JournalBatch& batch : batches) {
      for (const std::string& entry : batch.entries) sqlite_.insert(entry);
    }
    sqlite_.commit();
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<std::unique_ptr<store::SnapshotWriter>> start_snapshot(store::Sequence) override {
    return fail(ErrorCode::kUnavailable, "none");
  }
  Result<void> mark_end() override { return {}; }
  bool poisoned() const override { return false; }
  store::JournalFigures figures() const override { return {}; }

 private:
  Sqlite sqlite_;
};

struct Measured {
  double per_second = 0, p50_us = 0, p99_us = 0, worst_ms = 0;
};

// Each thread commits one entry after the other until the time is up.
Measured measure(int writers, double duration,
                 const std::function<std::function<void(const std::string&)>()>& connect) {
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(writers));
  std::atomic<bool> stop = false;
  const auto start = Steady::now();
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < writers; ++w) {
      threads.emplace_back([&, w] {
        const auto commit = connect();
        const std::string entry(kBytes, static_cast<char>('a' + w % 26));
        while (!stop) {
          const auto before = Steady::now();
          commit(entry);
          waits[static_cast<std::size_t>(w)].push_back(seconds(Steady::now() - before));
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(duration));
    stop = true;
  }
  const double took = seconds(Steady::now() - start);
  std::vector<double> all;
  for (const auto& one : waits) all.insert(all.end(), one.begin(), one.end());
  std::ranges::sort(all);
  return {.per_second = static_cast<double>(all.size()) / took,
          .p50_us = at(all, .5) * 1e6,
          .p99_us = at(all, .99) * 1e6,
          .worst_ms = all.back() * 1e3};
}

Measured measure_journal(int writers, double duration, store::Journal& journal) {
  store::GroupCommit commits(journal, 0);
  return measure(writers, duration, [&commits] {
    return [&commits](const std::string& entry) {
      must(commits.commit({&entry, 1}, true, [](store::Sequence) {}));
    };
  });
}

const store::JournalReader kNothing{
    .snapshot_chunk = [](std::string_view) -> Result<void> { return {}; },
    .entry = [](store::Sequence, std::string_view) -> Result<void> { return {}; }};

Measured contend(const std::string& name, int writers, double duration) {
  const Folder folder("bench_commits");
  if (name == "own journal") {
    auto opened = must(store::open_file_journal(posix_file_system(), folder.path(), {}, kNothing));
    return measure_journal(writers, duration, *opened.journal);
  }
  if (name == "LMDB, same queue") {
    auto opened = must(store::open_lmdb_journal(folder.path(), kNothing));
    return measure_journal(writers, duration, *opened.journal);
  }
  if (name == "SQLite, same queue") {
    SqliteJournal journal(folder.path() / "log.db");
    return measure_journal(writers, duration, journal);
  }
  {
    const Sqlite made(folder.path() / "log.db");
  }
  return measure(writers, duration, [&folder] {
    auto own = std::make_shared<Sqlite>(folder.path() / "log.db");
    return [own](const std::string& entry) {
      own->begin();
      own->insert(entry);
      own->commit();
    };
  });
}

void commits(double duration) {
  std::vector<std::string> names = {"own journal", "SQLite, same queue", "SQLite, N connections"};
  if (store::lmdb_available()) names.push_back("LMDB, same queue");
  std::printf("commits of %zu B, durable, %d rounds of %.1f s each\n", kBytes, kRounds, duration);
  for (const int writers : {1, 4, 16, 64}) {
    std::map<std::string, std::vector<Measured>> rounds;
    for (int round = 0; round < kRounds; ++round) {
      for (const std::string& name : names) {
        rounds[name].push_back(contend(name, writers, duration));
      }
    }
    for (const std::string& name : names) {
      std::vector<double> rate, p50, p99, worst;
      for (const Measured& one : rounds[name]) {
        rate.push_back(one.per_second);
        p50.push_back(one.p50_us);
        p99.push_back(one.p99_us);
        worst.push_back(one.worst_ms);
      }
      for (auto* list : {&rate, &p50, &p99, &worst}) std::ranges::sort(*list);
      std::printf(
          "%2d writers  %-22s %8.0f/s (%.0f-%.0f)  p50 %7.0f us  p99 %8.0f us  "
          "worst %7.1f ms (of all rounds %.1f)\n",
          writers, name.c_str(), at(rate, .5), rate.front(), rate.back(), at(p50, .5), at(p99, .5),
          at(worst, .5), worst.back());
      std::fflush(stdout);
    }
  }
}

// ---------------------------------------------------------------- the buffer as a whole

std::vector<float> random_vector(Rng& rng, std::size_t dim) {
  std::vector<float> vector(dim);
  for (float& x : vector)
    x = static_cast<float>(rng.uniform() + rng.uniform() + rng.uniform() - 1.5);
  return vector;
}

Experience random_experience(Rng& rng, std::size_t i, std::size_t dim) {
  Experience experience{
      .id = "e" + std::to_string(i),
      .question = "a question of about the usual length, number " + std::to_string(i),
      .confidence = rng.uniform()};
  if (dim > 0) experience.embeddings.text = random_vector(rng, dim);
  experience.trajectory.reward = rng.uniform();
  return experience;
}

void report(const char* what, std::vector<double> times) {
  std::ranges::sort(times);
  std::printf("%-44s n=%-6zu p50 %8.1f us  p99 %8.1f us  worst %9.1f us\n", what, times.size(),
              at(times, .5) * 1e6, at(times, .99) * 1e6, times.back() * 1e6);
}

void latency() {
  const Folder folder("bench_latency");
  auto replay = must(Replay::open(folder.path(), {.seed = 1}));
  Rng rng(1);
  std::vector<double> adds, reads, counted;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const Experience one = random_experience(rng, i, 384);
    const auto before = Steady::now();
    must(replay->add({&one, 1}));
    adds.push_back(seconds(Steady::now() - before));
  }
  for (int i = 0; i < 2'000; ++i) {
    NeighbourRequest request{.embeddings = {.visual = {}, .text = random_vector(rng, 384)},
                             .counts = i % 2 == 0};
    const auto before = Steady::now();
    must(replay->neighbours(request));
    (request.counts ? counted : reads).push_back(seconds(Steady::now() - before));
  }
  std::printf("one thread, 10,000 experiences of 384 dimensions\n");
  report("add, durable (the seed: 1-5 ms)", std::move(adds));
  report("5 neighbours, not counted (the seed: < 1 ms)", std::move(reads));
  report("5 neighbours, counted", std::move(counted));
}

// Bytes a second of reading a file past the page cache.
double disk_rate(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_DIRECT);
  if (descriptor < 0) return 0;
  constexpr std::size_t kBlock = 4 << 20;
  void* memory = nullptr;
  if (::posix_memalign(&memory, 4096, kBlock) != 0) return 0;
  double bytes = 0;
  const auto before = Steady::now();
  for (ssize_t n = 0; (n = ::read(descriptor, memory, kBlock)) > 0;)
    bytes += static_cast<double>(n);
  const double took = seconds(Steady::now() - before);
  std::free(memory);
  ::close(descriptor);
  return bytes / took;
}

void drop_from_cache(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY);
    if (descriptor < 0) continue;
    ::fdatasync(descriptor);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    ::close(descriptor);
  }
}

fs::path largest_file(const fs::path& directory) {
  fs::path largest;
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.file_size() >= bytes) {
      bytes = entry.file_size();
      largest = entry.path();
    }
  }
  return largest;
}

// Opening `n` experiences of `dim` dimensions, from a snapshot or from the log alone.
void recover(std::size_t n, std::size_t dim, bool from_snapshot) {
  const Folder folder("bench_recovery");
  ReplayOptions options{.capacity = n, .durability = ReplayDurability::kOs, .seed = 1};
  std::uint64_t bytes = 0;
  {
    Rng rng(1);
    const SystemClock clock;
    // Without the maintenance thread, so that no snapshot comes by itself.
    auto opened = must(store::open_file_journal(posix_file_system(), folder.path(), {}, kNothing));
    auto buffer = must(reason::ExperienceBuffer::create({.options = options,
                                                         .clock = &clock,
                                                         .journal = std::move(opened.journal),
                                                         .state = {},
                                                         .recovery = opened.recovery}));
    std::vector<Experience> batch;
    for (std::size_t i = 0; i < n; ++i) {
      batch.push_back(random_experience(rng, i, dim));
      if (batch.size() < 1'000 && i + 1 < n) continue;
      must(buffer->add(batch));
      batch.clear();
    }
    if (from_snapshot) must(buffer->snapshot(true));
    const ReplayStats stats = buffer->stats();
    bytes = stats.log_bytes + stats.snapshot_bytes;
  }
  std::vector<double> cold, warm, disk;
  for (int round = 0; round < kRounds; ++round) {
    disk.push_back(disk_rate(largest_file(folder.path())));
    drop_from_cache(folder.path());
    for (std::vector<double>* times : {&cold, &warm}) {
      const auto before = Steady::now();
      auto replay = must(Replay::open(folder.path(), options));
      times->push_back(seconds(Steady::now() - before));
      if (replay->stats().size != n) std::exit(1);
    }
  }
  for (auto* list : {&cold, &warm, &disk}) std::ranges::sort(*list);
  const double rate = static_cast<double>(bytes) / at(cold, .5);
  std::printf(
      "%zu experiences, %zu dimensions, from the %s, %.0f MB: cold %.2f s (%.2f-%.2f), "
      "warm %.2f s; %.0f MB/s of the disk's %.0f MB/s = %.2f\n",
      n, dim, from_snapshot ? "snapshot" : "log", static_cast<double>(bytes) / 1e6, at(cold, .5),
      cold.front(), cold.back(), at(warm, .5), rate / 1e6, at(disk, .5) / 1e6, rate / at(disk, .5));
  std::fflush(stdout);
}

// ---------------------------------------------------------------- searches during a rebuild

void rebuild() {
  constexpr std::size_t kRows = 100'000, kDim = 128;
  vector::HybridIndex index({.visual = 0.7, .text = 0.3});
  Rng rng(1);
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto text = random_vector(rng, kDim);
    index.add(static_cast<vector::Label>(i), {.visual = {}, .text = text}, ++sequence);
  }
  const auto search = [&](std::vector<double>* times) {
    const auto query = random_vector(rng, kDim);
    const auto before = Steady::now();
    if (index.search({.visual = {}, .text = query}, 10).size() != 10) std::exit(1);
    times->push_back(seconds(Steady::now() - before));
  };
  std::vector<double> quiet, busy;
  for (int i = 0; i < 300; ++i) search(&quiet);
  std::atomic<bool> stop = false;
  std::atomic<int> rebuilds = 0;
  {
    std::jthread builder([&] {
      while (!stop) {
        index.rebuild();
        ++rebuilds;
      }
    });
    for (int i = 0; i < 300; ++i) search(&busy);
    stop = true;
  }
  std::printf("%zu rows of %zu dimensions, 10 neighbours; %d rebuilds meanwhile\n", kRows, kDim,
              rebuilds.load());
  report("search, no rebuild", std::move(quiet));
  report("search, one rebuild after the other", std::move(busy));
}

}  // namespace
}  // namespace hardwon

int main(int count, char** arguments) {
  using namespace hardwon;
  const std::string part = count > 1 ? arguments[1] : "all";
  const double number = count > 2 ? std::atof(arguments[2]) : 0;
  if (part == "all" || part == "commits") commits(number > 0 ? number : 1);
  if (part == "all" || part == "latency") latency();
  if (part == "all" || part == "recovery") {
    const std::size_t n = number > 0 ? static_cast<std::size_t>(number) : 1'000'000;
    recover(n, 0, false);
    recover(n, 0, true);
    recover(n, 384, false);
  }
  if (part == "all" || part == "rebuild") rebuild();
  return 0;
}
