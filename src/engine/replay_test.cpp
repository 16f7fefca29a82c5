#include "hardwon/replay.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <thread>

#include "base/json.h"
#include "base/rng.h"
#include "store/lmdb_journal.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

std::string ascii_upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

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

// ---------------------------------------------------------------- finding texts

TEST_P(ReplayTest, ATextIsFoundAsItIsAndAsJsonWritesIt) {
  auto replay = Replay::open(directory_, options_);
  ASSERT_TRUE(replay) << replay.error().message;
  const std::string texts[] = {R"(she said "ship it" twice)",
                               "first line\nsecond line",
                               R"(C:\keys\id_rsa)",
                               "Größe: 東京 50 €",
                               "tab\there",
                               std::string("bell\x07 here")};
  const auto quoted = [](const std::string& text) { return dump_json(Json(text)); };
  std::vector<Experience> experiences;
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    const std::string n = std::to_string(i), json = quoted(texts[i]);
    const auto with = [&](const std::string& part) -> Experience& {
      experiences.push_back({.id = part + n, .embeddings = {.text = {1, 0}}});
      return experiences.back();
    };
    with("question").question = "before " + texts[i] + " after";
    with("metadata").metadata_json = R"({"note":)" + json + "}";
    with("answer").trajectory.final_answer_json = json;
    with("arguments").trajectory.actions = {{.arguments_json = R"({"a":[)" + json + "]}"}};
    with("result").trajectory.actions = {{.result_json = json}};
    with("about").trajectory.metadata_json = R"({"k":{"deep":)" + json + "}}";
    with("operation").trajectory.actions = {{.operation = texts[i]}};
  }
  ASSERT_TRUE((*replay)->add(experiences));
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    std::vector<std::string> expected;
    for (const char* part :
         {"question", "metadata", "answer", "arguments", "result", "about", "operation"}) {
      expected.push_back(part + std::to_string(i));
    }
    EXPECT_EQ((*replay)->ids(texts[i]), expected) << texts[i];
    EXPECT_EQ((*replay)->ids(ascii_upper(texts[i])), expected) << texts[i];
  }
  EXPECT_EQ((*replay)->ids("question3"), std::vector<std::string>{"question3"});  // an id
  EXPECT_TRUE((*replay)->ids("nowhere").empty());
  EXPECT_EQ((*replay)->ids().size(), experiences.size());
}

TEST_P(ReplayTest, ATextIsFoundInMetadataThatEscapesItInItsOwnWay) {
  auto replay = Replay::open(directory_, options_);
  ASSERT_TRUE(replay) << replay.error().message;
  const Experience one{.id = "a", .metadata_json = R"({"note":"Project \u0042luebird\/x"})"};
  ASSERT_TRUE((*replay)->add({&one, 1}));
  EXPECT_EQ((*replay)->ids("Project Bluebird/x").size(), 1U);
}

// ---------------------------------------------------------------- hostile options

struct NumberOption {
  const char* field;
  std::function<double&(ReplayOptions&)> of;
  double low, high;  // accepted
};

const std::vector<NumberOption>& number_options() {
  const double below_one = std::nextafter(1.0, 0.0);
  static const std::vector<NumberOption> kOptions = {
      {"priority.uncertainty_weight",
       [](ReplayOptions& o) -> double& { return o.priority.uncertainty_weight; }, 0, 1e6},
      {"priority.reward_weight",
       [](ReplayOptions& o) -> double& { return o.priority.reward_weight; }, 0, 1e6},
      {"priority.age_weight", [](ReplayOptions& o) -> double& { return o.priority.age_weight; }, 0,
       1e6},
      {"priority.reward_max", [](ReplayOptions& o) -> double& { return o.priority.reward_max; },
       1e-6, 1e6},
      {"priority.floor", [](ReplayOptions& o) -> double& { return o.priority.floor; }, 1e-6, 1e6},
      {"priority.success_prior",
       [](ReplayOptions& o) -> double& { return o.priority.success_prior; }, 1e-6, 1e6},
      {"priority.success_influence",
       [](ReplayOptions& o) -> double& { return o.priority.success_influence; }, 0, below_one},
      {"visual_weight", [](ReplayOptions& o) -> double& { return o.visual_weight; }, 0, 1e6},
      {"text_weight", [](ReplayOptions& o) -> double& { return o.text_weight; }, 0, 1e6},
  };
  return kOptions;
}

// Everything that a priority or a similarity goes into, with the most extreme experiences.
void use_all(const fs::path& directory, const ReplayOptions& options, const std::string& what) {
  fs::remove_all(directory);
  auto replay = Replay::open(directory, options);
  ASSERT_TRUE(replay) << what << ": " << replay.error().message;
  std::vector<Experience> experiences;
  const double rewards[] = {0, 1.7e308, -1.7e308, 5e-324};
  const TimePoint times[] = {TimePoint::min(), TimePoint{}, TimePoint::max()};
  for (const double reward : rewards) {
    for (const TimePoint time : times) {
      const std::string id = std::to_string(experiences.size());
      experiences.push_back({.id = id,
                             .embeddings = {.visual = {1, 0}, .text = {0, 1}},
                             .trajectory = {.reward = reward},
                             .confidence = experiences.size() % 2 == 0 ? 0.0 : 1.0,
                             .time = time});
    }
  }
  ASSERT_TRUE((*replay)->add(experiences)) << what;
  const auto found = (*replay)->neighbours({.embeddings = {.text = {0, 1}}, .count = 3});
  ASSERT_TRUE(found) << what;
  for (const Neighbour& one : *found) EXPECT_TRUE(one.similarity >= -1 && one.similarity <= 1);
  const auto drawn = (*replay)->sample({.count = 32, .beta = 1, .seed = 1});
  ASSERT_TRUE(drawn) << what;
  EXPECT_FALSE(drawn->empty()) << what;
  for (const SampledExperience& one : *drawn) {
    EXPECT_TRUE(one.probability > 0 && one.probability <= 1) << what << one.probability;
    EXPECT_TRUE(one.weight > 0 && one.weight <= 1) << what << one.weight;
    EXPECT_TRUE(std::isfinite(one.record.priority) && one.record.priority > 0) << what;
  }
  EXPECT_EQ((*replay)->stats().size, experiences.size()) << what;
}

TEST_P(ReplayTest, AnyNumberInTheOptionsIsRefusedByNameOrWorks) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double hostile[] = {-kInfinity, -1e101, -1,    -1e-300, 5e-324,    1e-300,      1e-7,
                            1e-6,       0.5,    1,     1e6,     1.1e6,     1e100,       1.1e100,
                            1e101,      1e154,  1e308, 0,       kInfinity, std::nan("")};
  options_.durability = ReplayDurability::kOs;
  for (const AgeMode mode : {AgeMode::kGrowth, AgeMode::kDecay, AgeMode::kLinear}) {
    options_.priority.age_mode = mode;
    for (const NumberOption& option : number_options()) {
      for (const double value : hostile) {
        ReplayOptions options = options_;
        option.of(options) = value;
        const std::string what = std::string(option.field) + " " + std::to_string(value);
        const auto valid = options.validate();
        EXPECT_EQ(valid.has_value(), value >= option.low && value <= option.high) << what;
        if (valid) {
          use_all(directory_, options, what);
          continue;
        }
        EXPECT_EQ(valid.error().code, ErrorCode::kInvalidArgument) << what;
        EXPECT_EQ(valid.error().field, option.field) << what;
        EXPECT_TRUE(valid.error().message.starts_with("found ")) << valid.error().message;
        EXPECT_TRUE(valid.error().message.contains(", expected ")) << valid.error().message;
        EXPECT_FALSE(Replay::open(directory_, options)) << what;
      }
    }
  }
}

TEST_P(ReplayTest, AllNumbersAtTheirLimitsTogetherWork) {
  options_.durability = ReplayDurability::kOs;
  for (const bool high : {false, true}) {
    for (const bool influence : {false, true}) {
      for (const std::int64_t scale : {std::int64_t{1}, std::numeric_limits<std::int64_t>::max()}) {
        for (const AgeMode mode : {AgeMode::kGrowth, AgeMode::kDecay, AgeMode::kLinear}) {
          ReplayOptions options = options_;
          for (const NumberOption& option : number_options()) {
            option.of(options) = high ? option.high : option.low;
          }
          options.priority.success_influence = influence ? std::nextafter(1.0, 0.0) : 0;
          if (!high) options.text_weight = 5e-324;
          options.priority.age_mode = mode;
          options.priority.age_scale = std::chrono::microseconds(scale);
          use_all(directory_, options, high ? "all highest" : "all lowest");
        }
      }
    }
  }
}

TEST(ReplayOptionsTest, ARefusalSaysWhatWasFoundAndExpected) {
  ReplayOptions options;
  options.priority.floor = 1e-9;
  EXPECT_EQ(options.validate().error().message, "found 1e-09, expected 1e-06 to 1e+06");
  options = {.lock_wait = std::chrono::milliseconds(-1)};
  EXPECT_EQ(options.validate().error().message, "found -1, expected 0 to 86400000");
  EXPECT_EQ(options.validate().error().field, "lock_wait_ms");
  options = {.flush_interval = std::chrono::milliseconds::max()};
  EXPECT_EQ(options.validate().error().field, "flush_interval_ms");
}

}  // namespace
}  // namespace hardwon
