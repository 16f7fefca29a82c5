#include "store/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <thread>

namespace hardwon::store {
namespace {

// Keeps what was appended, and can be told to stop inside a write or to fail.
class MemoryJournal final : public Journal {
 public:
  Result<void> append(std::span<const JournalBatch> batches, Sequence first, bool sync) override {
    if (hold) {
      entered.release();
      go_on.acquire();
    }
    ++appends;
    if (failing) return fail(ErrorCode::kIo, "disk full");
    EXPECT_EQ(first, entries.size() + 1);
    for (const JournalBatch& batch : batches) {
      entries.insert(entries.end(), batch.entries.begin(), batch.entries.end());
    }
    if (sync) return this->sync();
    return {};
  }
  Result<void> sync() override {
    ++syncs;
    synced = entries.size();
    return {};
  }
  Result<std::unique_ptr<SnapshotWriter>> start_snapshot(Sequence) override {
    return fail(ErrorCode::kUnavailable, "none");
  }
  Result<void> mark_end() override {
    ++ends;
    return {};
  }
  bool poisoned() const override { return false; }
  JournalFigures figures() const override { return {}; }

  std::vector<std::string> entries;
  int appends = 0, syncs = 0, ends = 0;
  std::size_t synced = 0;
  std::atomic<bool> failing = false, hold = false;
  std::binary_semaphore entered{0}, go_on{0};
};

const Applied kNothing = [](Sequence) {};

TEST(GroupCommit, AppliesInSequenceAfterTheWrite) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  const std::vector<std::string> first = {"a", "b"}, second = {"c"};
  std::vector<Sequence> applied;
  const Applied note = [&](Sequence sequence) {
    EXPECT_GE(journal.entries.size(), sequence);
    applied.push_back(sequence);
  };
  ASSERT_TRUE(commits.commit(first, true, note));
  ASSERT_TRUE(commits.commit(second, false, note));
  EXPECT_EQ(applied, (std::vector<Sequence>{1, 3}));
  EXPECT_EQ(commits.last(), 3U);
  EXPECT_EQ(journal.syncs, 1);
  EXPECT_TRUE(commits.unsynced());
  ASSERT_TRUE(commits.sync());
  EXPECT_FALSE(commits.unsynced());
}

TEST(GroupCommit, WritersThatWaitShareOneWriteAndOneSync) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  journal.hold = true;
  std::vector<std::jthread> writers;
  std::atomic<int> applied = 0;
  const Applied note = [&](Sequence) { ++applied; };
  const auto write = [&](std::string text) {
    const std::vector<std::string> entries = {std::move(text)};
    EXPECT_TRUE(commits.commit(entries, true, note));
  };
  writers.emplace_back(write, "leader");
  journal.entered.acquire();  // the leader is inside its write: the others must queue
  journal.hold = false;
  // Posts queue without a thread, so the moment they are all there is known.
  for (int i = 0; i < 5; ++i) commits.post({"post"}, note);
  journal.go_on.release();
  writers.clear();
  EXPECT_EQ(applied, 6);
  EXPECT_EQ(journal.appends, 2);  // the leader's, and one for all that waited
  EXPECT_EQ(journal.entries.size(), 6U);
}

TEST(GroupCommit, AFailedWriteIsNotAppliedAndItsSequenceIsUsedAgain) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  const std::vector<std::string> entry = {"x"};
  journal.failing = true;
  const Applied never = [](Sequence) { ADD_FAILURE() << "applied after an error"; };
  EXPECT_EQ(commits.commit(entry, true, never).error().code, ErrorCode::kIo);
  commits.post({"y"}, never);
  EXPECT_EQ(commits.posts_failed(), 1U);
  journal.failing = false;
  Sequence sequence = 0;
  ASSERT_TRUE(commits.commit(entry, true, [&](Sequence first) { sequence = first; }));
  EXPECT_EQ(sequence, 1U);
}

TEST(GroupCommit, TheEndIsMarkedOnceUntilSomethingIsWritten) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  const std::vector<std::string> entry = {"x"};
  ASSERT_TRUE(commits.commit(entry, false, kNothing));
  ASSERT_TRUE(commits.mark_end());
  ASSERT_TRUE(commits.mark_end());
  EXPECT_EQ(journal.ends, 1);
  ASSERT_TRUE(commits.commit(entry, false, kNothing));
  ASSERT_TRUE(commits.mark_end());
  EXPECT_EQ(journal.ends, 2);
}

TEST(GroupCommit, WhatRunsAloneSeesAllBeforeItAndNothingAfter) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&] {
        const std::vector<std::string> entry = {"x"};
        while (!done) EXPECT_TRUE(commits.commit(entry, false, kNothing));
      });
    }
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(commits.run_alone([&](Sequence last) -> Result<void> {
        EXPECT_EQ(journal.entries.size(), last);
        EXPECT_EQ(journal.synced, last);
        return {};
      }));
    }
    done = true;
  }
  EXPECT_EQ(commits.run_alone([](Sequence) { return Result<void>(fail(ErrorCode::kIo, "no")); })
                .error()
                .message,
            "no");
}

TEST(GroupCommit, ManyThreadsLoseNothingAndKeepTheirOwnOrder) {
  MemoryJournal journal;
  GroupCommit commits(journal, 0);
  constexpr int kThreads = 8, kEach = 200;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < kThreads; ++t) {
      writers.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::vector<std::string> entry = {std::to_string(t) + ":" + std::to_string(i)};
          EXPECT_TRUE(commits.commit(entry, i % 3 == 0, kNothing));
          if (i % 10 == 0) commits.post({"post"}, kNothing);
        }
      });
    }
  }
  std::vector<int> next(kThreads, 0);
  int posts = 0;
  for (const std::string& entry : journal.entries) {
    if (entry == "post") {
      ++posts;
      continue;
    }
    const std::size_t colon = entry.find(':');
    const auto thread = static_cast<std::size_t>(std::stoi(entry.substr(0, colon)));
    EXPECT_EQ(std::stoi(entry.substr(colon + 1)), next[thread]++);
  }
  EXPECT_EQ(posts, kThreads * kEach / 10);
  EXPECT_EQ(commits.last(), journal.entries.size());
}

}  // namespace
}  // namespace hardwon::store
