#include "hardwon/replay.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/rng.h"
#include "store/lmdb_journal.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

class ReplayTest : public ::testing::TestWithParam<PersistenceBackend> {
 protected:
  void SetUp() override {
    if (GetParam() == PersistenceBackend::kLmdb && !store::lmdb_available()) {
      GTEST_SKIP() << "built without LMDB";
    }
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    directory_ = fs::path(::testing::TempDir()) / ("replay_" + name);
    fs::remove_all(directory_);
    options_.persistence_backend = GetParam();
    options_.lock_wait = std::chrono::milliseconds(0);
    options_.seed = 1;
  }
  void TearDown() override { fs::remove_all(directory_); }

  static Experience experience(const std::string& id, std::vector<float> text) {
    return {.id = id, .question = "q " + id, .embeddings = {.text = std::move(text)}};
  }
  static Result<void> add(Replay& replay, const std::string& id, std::vector<float> text) {
    const Experience one = experience(id, std::move(text));
    TRY(replay.add({&one, 1}));
    return {};
  }
  // Runs `body` in another process; its exit code.
  template <typename Body>
  static int in_a_child(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  }

  fs::path directory_;
  ReplayOptions options_;
};

INSTANTIATE_TEST_SUITE_P(Backends, ReplayTest,
                         ::testing::Values(PersistenceBackend::kFile, PersistenceBackend::kLmdb),
                         [](const auto& backend) { return std::string(name_of(backend.param)); });

TEST_P(ReplayTest, WhatWasAddedIsThereAfterReopening) {
  {
    auto replay = Replay::open(directory_, options_);
    ASSERT_TRUE(replay) << replay.error().message;
    ASSERT_TRUE(add(**replay, "a", {1, 0}));
    ASSERT_TRUE((*replay)->snapshot());
    ASSERT_TRUE(add(**replay, "b", {0, 1}));
  }
  auto replay = Replay::open(directory_, options_);
  ASSERT_TRUE(replay) << replay.error().message;
  EXPECT_TRUE((*replay)->recovery().clean);
  EXPECT_EQ((*replay)->recovery().entries, 1U);
  EXPECT_EQ((*replay)->get("b")->experience.question, "q b");
  EXPECT_EQ((*replay)->neighbours({.embeddings = {.text = {1, 0.1F}}})->at(0).record.experience.id,
            "a");
}

TEST_P(ReplayTest, ASecondProcessIsToldWhoHasItOpen) {
  auto replay = Replay::open(directory_, options_);
  ASSERT_TRUE(replay);
  const std::string owner = "pid " + std::to_string(::getpid());
  EXPECT_EQ(in_a_child([&] {
              const auto second = Replay::open(directory_, options_);
              const bool told = !second && second.error().code == ErrorCode::kUnavailable &&
                                second.error().store_locked &&
                                second.error().message.find(owner) != std::string::npos;
              return told ? 0 : 1;
            }),
            0);
}

TEST_P(ReplayTest, AStoppedOwnerNeitherBlocksNorLosesAnything) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    auto replay = Replay::open(directory_, options_);
    if (!replay || !add(**replay, "a", {1, 0}) || !(*replay)->snapshot()) ::_exit(1);
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(::kill(owner, SIGSTOP), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(owner, &status, WUNTRACED), owner);
  const auto second = Replay::open(directory_, options_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("stopped"), std::string::npos) << second.error().message;
  const auto reader = Replay::open_reader(directory_, options_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->stats().size, 1U);
  ASSERT_EQ(::kill(owner, SIGKILL), 0);
  ::waitpid(owner, &status, 0);
  const auto after = Replay::open(directory_, options_);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ((*after)->stats().size, 1U);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_P(ReplayTest, AnotherBackendIsRefusedByName) {
  {
    ASSERT_TRUE(Replay::open(directory_, options_));
  }
  ReplayOptions other = options_;
  other.persistence_backend = GetParam() == PersistenceBackend::kFile ? PersistenceBackend::kLmdb
                                                                      : PersistenceBackend::kFile;
  const auto opened = Replay::open(directory_, other);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().field, "persistence_backend");
}

TEST_P(ReplayTest, RemovedAndErasedLeavesNoByteInAnyFile) {
  const std::string text = "the text that must go";
  auto replay = Replay::open(directory_, options_);
  ASSERT_TRUE(replay);
  Experience one = experience("gone", {1, 0});
  one.question = text;
  ASSERT_TRUE((*replay)->add({&one, 1}));
  ASSERT_TRUE(add(**replay, "kept", {0, 1}));
  ASSERT_TRUE((*replay)->snapshot());
  const std::string ids[] = {"gone"};
  ASSERT_TRUE((*replay)->remove(ids));
  ASSERT_TRUE((*replay)->snapshot(true));
  replay->reset();
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(text), std::string::npos) << entry.path();
  }
  auto again = Replay::open(directory_, options_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->stats().size, 1U);
}

// ---------------------------------------------------------------- kill -9

constexpr int kWriters = 8, kEach = 20'000;

// What the child says it was promised, in memory that outlives it.
struct Promises {
  std::atomic<int> acknowledged[kWriters];
};

std::vector<float> own_vector(int writer, int i) {
  return {static_cast<float>(writer + 1), static_cast<float>(i % 97) + 1,
          static_cast<float>(i % 89) * 0.5F, static_cast<float>(i) * 0.01F};
}

std::string own_id(int round, int writer, int i) {
  return std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(i);
}

[[noreturn]] void write_until_killed(const fs::path& directory, const ReplayOptions& options,
                                     int round, Promises* promises) {
  auto replay = Replay::open(directory, options);
  if (!replay) ::_exit(3);
  std::vector<std::jthread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) {
        const Experience one{.id = own_id(round, w, i),
                             .question = "what came back?",
                             .embeddings = {.text = own_vector(w, i)}};
        if (!(*replay)->add({&one, 1})) ::_exit(4);
        promises->acknowledged[w] = i + 1;
      }
    });
  }
  writers.clear();
  for (;;) ::pause();
}

// Everything acknowledged is there and is the nearest to its own vector; returns how many.
int check_promises(Replay& replay, int round, const Promises& promises) {
  int checked = 0;
  for (int w = 0; w < kWriters; ++w) {
    const int count = promises.acknowledged[w];
    for (int i = 0; i < count; ++i) {
      const std::string id = own_id(round, w, i);
      EXPECT_TRUE(replay.get(id)) << id << " was acknowledged";
      // All of the last few, a part of the rest: a search reads every row.
      if (i < count - 5 && i % 50 != 0) continue;
      const auto found = replay.neighbours(
          {.embeddings = {.text = own_vector(w, i)}, .count = 1, .counts = false});
      EXPECT_TRUE(found && !found->empty() && found->at(0).similarity > 0.999999) << id;
      ++checked;
    }
  }
  return checked;
}

// HARDWON_KILL_ROUNDS: 1,000 in the soak tier.
TEST_P(ReplayTest, NoAcknowledgementIsLostByKillingTheOwner) {
  const char* asked = std::getenv("HARDWON_KILL_ROUNDS");
  const int rounds = asked != nullptr ? std::atoi(asked) : 25;
  options_.capacity = 1'000'000;
  options_.snapshot_interval = 300;
  auto* promises = static_cast<Promises*>(
      ::mmap(nullptr, sizeof(Promises), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(promises, MAP_FAILED);
  Rng rng(1);
  std::int64_t checked = 0;
  for (int round = 0; round < rounds; ++round) {
    if (round % 20 == 0) fs::remove_all(directory_);
    new (promises) Promises{};
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(directory_, options_, round, promises);
    ::usleep(static_cast<useconds_t>(rng.below(40'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer stopped by itself: " << WEXITSTATUS(status);
    auto replay = Replay::open(directory_, options_);
    ASSERT_TRUE(replay) << "round " << round << ": " << replay.error().message;
    checked += check_promises(**replay, round, *promises);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  RecordProperty("vectors_checked", static_cast<int>(checked));
  std::printf("%d rounds, %ld vectors found again\n", rounds, static_cast<long>(checked));
  ::munmap(promises, sizeof(Promises));
}

}  // namespace
}  // namespace hardwon
