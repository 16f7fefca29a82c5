#include "reason/experience_buffer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <thread>

#include "base/fault_file_system.h"
#include "store/lmdb_journal.h"

namespace hardwon::reason {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

const TimePoint kStart{std::chrono::microseconds(1'700'000'000'000'000)};
const fs::path kDirectory = "/replay";

Experience experience(const std::string& id, std::vector<float> text = {}) {
  return {.id = id,
          .question = "question " + id,
          .embeddings = {.text = std::move(text)},
          .trajectory = {.final_answer_json = "\"answer\"", .reward = 0.5},
          .confidence = 0.5};
}

// A buffer over the file journal on a disk in memory, or over LMDB in a folder.
class Bench {
 public:
  explicit Bench(ReplayOptions wanted = {}) : options(std::move(wanted)) { options.seed = 7; }
  ~Bench() {
    buffer.reset();
    if (!lmdb_directory.empty()) fs::remove_all(lmdb_directory);
  }
  void use_lmdb(const std::string& name) {
    lmdb_directory = fs::path(::testing::TempDir()) / name;
    fs::remove_all(lmdb_directory);
    fs::create_directories(lmdb_directory);
  }

  Result<void> open() {
    buffer.reset();
    BufferState state;
    bool has_snapshot = false;
    const store::JournalReader reader{
        .snapshot_chunk =
            [&](std::string_view chunk) {
              has_snapshot = true;
              return state.load_chunk(chunk);
            },
        .entry = [&](store::Sequence sequence,
                     std::string_view entry) { return state.apply(sequence, entry, nullptr); }};
    auto opened = lmdb_directory.empty()
                      ? store::open_file_journal(disk, kDirectory, {.salt_seed = ++opens}, reader)
                      : store::open_lmdb_journal(lmdb_directory, reader);
    if (!opened) return std::unexpected(opened.error());
    if (has_snapshot) TRY(state.finish_loading());
    buffer = TRY(ExperienceBuffer::create({.options = options,
                                           .clock = clock,
                                           .journal = std::move(opened->journal),
                                           .state = std::move(state),
                                           .recovery = opened->recovery}));
    return {};
  }
  Result<void> add(const Experience& one) {
    TRY(buffer->add({&one, 1}));
    return {};
  }
  ExperienceRecord get(const std::string& id) {
    auto record = buffer->get(id);
    EXPECT_TRUE(record) << id;
    return record ? *record : ExperienceRecord{};
  }

  ReplayOptions options;
  FaultFileSystem disk;
  ManualClock manual{kStart};
  const Clock* clock = &manual;
  fs::path lmdb_directory;
  std::uint64_t opens = 0;
  std::unique_ptr<ExperienceBuffer> buffer;
};

TEST(ExperienceBuffer, TheInsertionPriorityIsTheSeedsWithinTheBound) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  for (const double confidence : {0.0, 0.3, 1.0}) {
    for (const double reward : {-1.0, -0.25, 0.0, 0.7, 1.0}) {
      Experience one = experience("");
      one.confidence = confidence;
      one.trajectory.reward = reward;
      const auto ids = bench.buffer->add({&one, 1});
      ASSERT_TRUE(ids);
      const double seed = std::max(0.01, 0.4 * (1 - confidence) + 0.4 * std::abs(reward));
      EXPECT_NEAR(bench.get(ids->front()).priority, seed, 1e-12);
    }
  }
}

TEST(ExperienceBuffer, ASeedDrawsTheSameAfterASnapshotAndARestart) {
  Bench bench({.capacity = 50, .priority = {.age_weight = 0}});
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 120; ++i) {
    Experience one = experience("e" + std::to_string(i));
    one.confidence = (i % 7) / 8.0;
    ASSERT_TRUE(bench.add(one));
  }
  const auto drawn = [&] {
    std::vector<std::string> ids;
    const auto sample = bench.buffer->sample({.count = 40, .seed = 5});
    EXPECT_TRUE(sample);
    for (const auto& one : *sample) ids.push_back(one.record.experience.id);
    return ids;
  };
  const std::vector<std::string> before = drawn();
  ASSERT_TRUE(bench.buffer->snapshot(false));
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->recovery().entries, 0U);  // all of it comes from the snapshot
  EXPECT_EQ(drawn(), before);
}

TEST(ExperienceBuffer, ARewardBeyondTheBoundCountsAsTheBound) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  Experience huge = experience("huge"), one = experience("one");
  huge.trajectory.reward = -1e300;
  one.trajectory.reward = 1;
  ASSERT_TRUE(bench.add(huge));
  ASSERT_TRUE(bench.add(one));
  EXPECT_EQ(bench.get("huge").priority, bench.get("one").priority);
}

TEST(ExperienceBuffer, TheOrderOfPrioritiesFollowsTheClock) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  Experience old = experience("old"), fresh = experience("fresh");
  old.confidence = 0.7;
  fresh.confidence = 0.5;
  ASSERT_TRUE(bench.add(old));
  EXPECT_LT(bench.get("old").priority, 0.4 * 0.5 + 0.4 * 0.5);
  bench.manual.advance(hours(72));
  ASSERT_TRUE(bench.add(fresh));
  EXPECT_GT(bench.get("old").priority, bench.get("fresh").priority);
}

TEST(ExperienceBuffer, ABatchIsAddedWholeOrNotAtAllAndTheFieldIsNamed) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  std::vector<Experience> batch = {experience("a", {1, 0}), experience("b", {0, 1}),
                                   experience("c", {1, 1})};
  batch[2].embeddings.text = {1, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(bench.buffer->add(batch).error().field, "2/embeddings/text");
  batch[2].embeddings.text = {1, 2, 3};
  EXPECT_EQ(bench.buffer->add(batch).error().field, "2/embeddings/text");
  batch[2] = experience("a", {1, 1});
  EXPECT_EQ(bench.buffer->add(batch).error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench.buffer->stats().size, 0U);
  batch[2] = experience("c", {1, 1});
  ASSERT_TRUE(bench.buffer->add(batch));
  EXPECT_EQ(bench.buffer->stats().size, 3U);
  EXPECT_EQ(bench.buffer->add(batch).error().code, ErrorCode::kConflict);
}

TEST(ExperienceBuffer, FiguresDoNotBuildTheIndex) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(bench.add(experience("e" + std::to_string(i), {1, static_cast<float>(i)})));
  }
  EXPECT_EQ(bench.buffer->stats().index_pending, 0U);
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->stats().index_pending, 100U);
  EXPECT_EQ(bench.buffer->stats().index_live, 0U);
  ASSERT_TRUE(bench.add(experience("new", {1, 1000})));
  EXPECT_EQ(bench.buffer->stats().index_live, 1U);
  ASSERT_TRUE(bench.buffer->maintain());
  EXPECT_EQ(bench.buffer->stats().index_pending, 0U);
  EXPECT_EQ(bench.buffer->stats().index_live, 101U);
}

TEST(ExperienceBuffer, ARestoredStateIsTheSameInFewWrites) {
  BufferState state;
  std::uint64_t sequence = 0;
  const auto apply = [&](const std::string& entry) {
    ASSERT_TRUE(state.apply(++sequence, entry, nullptr));
  };
  Rng rng(5);
  for (int i = 0; i < 700; ++i) {
    Experience one = experience("e" + std::to_string(i), {1, static_cast<float>(i)});
    one.time = kStart;
    if (i == 300) one.question = std::string(7U << 20, 'x');
    if (i == 301) one.question = std::string(7U << 20, 'y');
    apply(encode_add(encode_body(one)));
    const std::uint64_t number = sequence;
    if (i % 3 == 0) {
      const EntryUpdate update{.number = number,
                               .confidence = rng.uniform(),
                               .reward = -2.0,
                               .status = ExperienceStatus::kArchived};
      apply(encode_updates({&update, 1}));
    }
    const EntryCounts counts{number, static_cast<std::uint32_t>(i),
                             static_cast<std::uint32_t>(i / 2)};
    apply(encode_counts({&counts, 1}));
  }
  Bench bench;
  ASSERT_TRUE(bench.open());
  const std::uint64_t before = bench.buffer->stats().fsyncs;
  EXPECT_EQ(bench.buffer->restore(state).value(), 700U);
  EXPECT_LE(bench.buffer->stats().fsyncs - before, 12U);
  ASSERT_TRUE(bench.open());
  for (const Slot slot : state.in_order()) {
    const auto wanted = decode_body(state.body(slot));
    const ExperienceRecord record = bench.get(wanted->id);
    const ExperienceRow& row = state.row(slot);
    ASSERT_EQ(record.experience.question, wanted->question);
    EXPECT_EQ(record.experience.confidence, row.confidence);
    EXPECT_EQ(record.experience.trajectory.reward, row.reward);
    EXPECT_EQ(record.experience.status, row.status);
    EXPECT_EQ(record.retrievals, row.retrievals);
    EXPECT_EQ(record.successes, row.successes);
  }
  EXPECT_EQ(bench.buffer->ids().front(), "e0");
  EXPECT_EQ(bench.buffer->ids().back(), "e699");
}

TEST(ExperienceBuffer, AnEvictedExperienceIsNeverFoundAgain) {
  Bench bench({.capacity = 3});
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(bench.add(experience("e" + std::to_string(i), {1, static_cast<float>(i)})));
  }
  const auto found = bench.buffer->neighbours({.embeddings = {.text = {1, 0}}, .count = 10});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ((*found)[0].record.experience.id, "e7");
  EXPECT_EQ(bench.buffer->stats().index_live, 3U);
  EXPECT_EQ(bench.buffer->get("e6").error().code, ErrorCode::kNotFound);
}

TEST(ExperienceBuffer, RetrievalsAndSuccessesAreCountedAndOutliveTheProcess) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("a", {1, 0})));
  ASSERT_TRUE(bench.add(experience("b", {0, 1})));
  const std::string ids[] = {"a"};
  EXPECT_EQ(bench.buffer->mark_success(ids).error().code, ErrorCode::kConflict);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(bench.buffer->neighbours({.embeddings = {.text = {1, 0}}, .count = 1}));
  }
  ASSERT_TRUE(bench.buffer->mark_success(ids));
  ASSERT_TRUE(
      bench.buffer->neighbours({.embeddings = {.text = {1, 0}}, .count = 1, .counts = false}));
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.get("a").retrievals, 3U);
  EXPECT_EQ(bench.get("a").successes, 1U);
  EXPECT_NEAR(*bench.get("a").success_rate, 2.0 / 4, 1e-12);
  EXPECT_EQ(bench.get("b").retrievals, 0U);
  EXPECT_FALSE(bench.get("b").success_rate.has_value());
}

TEST(ExperienceBuffer, FailingOnceDiffersFromFailingAHundredTimes) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("once", {1, 0})));
  ASSERT_TRUE(bench.add(experience("often", {0, 1})));
  ASSERT_TRUE(bench.add(experience("never", {1, 1})));
  const auto retrieve = [&](std::vector<float> text) {
    ASSERT_TRUE(bench.buffer->neighbours({.embeddings = {.text = std::move(text)}, .count = 1}));
  };
  retrieve({1, 0});
  for (int i = 0; i < 100; ++i) retrieve({0, 1});
  EXPECT_GT(*bench.get("once").success_rate, *bench.get("often").success_rate + 0.4);
  EXPECT_GT(bench.get("never").priority, bench.get("once").priority);
  EXPECT_GT(bench.get("once").priority, bench.get("often").priority);
}

TEST(ExperienceBuffer, SamplingFollowsPrioritiesAndTheSeedRepeatsIt) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  Experience sure = experience("sure"), unsure = experience("unsure");
  sure.confidence = 1;
  sure.trajectory.reward = 0.25;  // priority .1
  unsure.confidence = 0.25;
  unsure.trajectory.reward = 0;  // priority .3
  ASSERT_TRUE(bench.add(sure));
  ASSERT_TRUE(bench.add(unsure));
  const auto sampled = bench.buffer->sample({.count = 4000, .beta = 1, .seed = 3});
  ASSERT_TRUE(sampled);
  std::map<std::string, int> drawn;
  for (const SampledExperience& one : *sampled) {
    ++drawn[one.record.experience.id];
    const bool is_sure = one.record.experience.id == "sure";
    EXPECT_NEAR(one.probability, is_sure ? 0.25 : 0.75, 1e-12);
    EXPECT_NEAR(one.weight, is_sure ? 1 : 1.0 / 3, 1e-12);
  }
  EXPECT_NEAR(drawn["unsure"], 3000, 2);  // stratified: off by the strata at the edges only
  const auto again = bench.buffer->sample({.count = 4000, .beta = 1, .seed = 3});
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < again->size(); ++i) {
    ASSERT_EQ((*again)[i].record.number, (*sampled)[i].record.number);
  }
}

TEST(ExperienceBuffer, AFilterNeverCostsAMatch) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 200; ++i) {
    Experience one = experience("e" + std::to_string(i), {1, static_cast<float>(i) / 100});
    one.metadata_json = R"({"shard":)" + std::to_string(i % 50) + "}";
    one.trajectory.reward = i % 2;
    ASSERT_TRUE(bench.add(one));
  }
  NeighbourRequest request{.embeddings = {.text = {1, 0}}, .count = 4};
  request.filter.metadata["shard"] = "49";
  const auto found = bench.buffer->neighbours(request);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 4U);
  EXPECT_EQ((*found)[0].record.experience.id, "e49");
  request.filter.reward_min = 2;
  EXPECT_TRUE(bench.buffer->neighbours(request)->empty());
}

TEST(ExperienceBuffer, TheDistanceIsThatOfTheNormalisedVectors) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("a", {0, 5})));
  const auto found =
      bench.buffer->neighbours({.embeddings = {.text = {2, 0}}, .metric = NeighbourMetric::kL2});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->at(0).similarity, 0, 1e-6);
  EXPECT_NEAR(*found->at(0).distance, std::sqrt(2), 1e-6);
}

TEST(ExperienceBuffer, ABadQueryIsNamed) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("a", {0, 1})));
  EXPECT_EQ(bench.buffer->neighbours({}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(bench.buffer->neighbours({.embeddings = {.text = {1, 2, 3}}}).error().field, "text");
  EXPECT_EQ(bench.buffer->neighbours({.embeddings = {.text = {0, 0}}}).error().field, "text");
  EXPECT_EQ(bench.buffer->neighbours({.embeddings = {.text = {1, 0}}, .count = 0}).error().field,
            "count");
  EXPECT_EQ(bench.buffer->sample({.count = 0}).error().field, "count");
  EXPECT_EQ(bench.buffer->sample({.beta = 1.5}).error().field, "beta");
}

TEST(ExperienceBuffer, AFailedSyncPoisonsAndOpeningAgainDecides) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("kept")));
  bench.disk.fail_sync(1);
  EXPECT_EQ(bench.add(experience("lost")).error().code, ErrorCode::kIo);
  EXPECT_EQ(bench.buffer->get("lost").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.add(experience("later")).error().code, ErrorCode::kIo);
  EXPECT_TRUE(bench.buffer->stats().poisoned);
  bench.buffer.reset();
  Rng rng(1);
  bench.disk.crash(CrashMode::kLoseAll, rng);
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->stats().size, 1U);
  ASSERT_TRUE(bench.add(experience("later")));
}

TEST(ExperienceBuffer, AFullDiskLosesNothingAndGoesOnWhenThereIsRoom) {
  Bench bench;
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("kept", {1, 0})));
  bench.disk.set_room(0);
  Experience large = experience("large");
  large.question.assign(1 << 20, 'q');
  EXPECT_EQ(bench.add(large).error().code, ErrorCode::kIo);
  EXPECT_FALSE(bench.buffer->stats().poisoned);
  EXPECT_EQ(bench.buffer->stats().size, 1U);
  bench.disk.set_room(~0ULL);
  ASSERT_TRUE(bench.add(large));
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->stats().size, 2U);
}

TEST(ExperienceBuffer, BufferedChangesReachTheDiskWithinTheInterval) {
  Bench bench({.durability = ReplayDurability::kBuffered});
  ASSERT_TRUE(bench.open());
  ASSERT_TRUE(bench.add(experience("a")));
  EXPECT_EQ(bench.get("a").experience.id, "a");
  ASSERT_TRUE(bench.buffer->maintain());
  bench.manual.advance(bench.options.flush_interval);
  ASSERT_TRUE(bench.buffer->maintain());
  bench.disk.die_after(0);
  bench.buffer.reset();
  Rng rng(1);
  bench.disk.crash(CrashMode::kLoseAll, rng);
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->stats().size, 1U);
}

TEST(ExperienceBuffer, ASnapshotEverySoManyChanges) {
  Bench bench({.snapshot_interval = 10});
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(bench.add(experience("e" + std::to_string(i))));
  ASSERT_TRUE(bench.buffer->maintain());
  EXPECT_EQ(bench.buffer->stats().snapshot_sequence, 0U);
  ASSERT_TRUE(bench.add(experience("e9")));
  ASSERT_TRUE(bench.buffer->maintain());
  EXPECT_EQ(bench.buffer->stats().snapshot_sequence, 10U);
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(bench.buffer->recovery().snapshot, 10U);
  EXPECT_EQ(bench.buffer->stats().size, 10U);
}

TEST(ExperienceBuffer, ASnapshotThatFailedIsNotTriedAgainAtOnce) {
  Bench bench({.snapshot_interval = 2});
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.add(experience("e" + std::to_string(i))));
  bench.disk.set_room(0);
  EXPECT_EQ(bench.buffer->maintain().error().code, ErrorCode::kIo);
  EXPECT_TRUE(bench.buffer->maintain());
  bench.disk.set_room(~0ULL);
  EXPECT_EQ(bench.buffer->stats().snapshot_sequence, 0U);
  bench.manual.advance(std::chrono::minutes(1));
  ASSERT_TRUE(bench.buffer->maintain());
  EXPECT_EQ(bench.buffer->stats().snapshot_sequence, 3U);
}

TEST(ExperienceBuffer, ReadingBesideTheOwnerChangesNothing) {
  Bench bench;
  ExperienceBuffer::Parts parts{.options = bench.options, .clock = bench.clock};
  ASSERT_TRUE(parts.state.apply(
      1, encode_add(encode_body({.id = "a", .embeddings = {.text = {1, 0}}, .time = kStart})),
      nullptr));
  auto reader = ExperienceBuffer::create(std::move(parts));
  ASSERT_TRUE(reader);
  const Experience one = experience("b");
  const std::string ids[] = {"a"};
  EXPECT_EQ((*reader)->add({&one, 1}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*reader)->remove(ids).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*reader)->neighbours({.embeddings = {.text = {1, 0}}})->size(), 1U);
  EXPECT_EQ((*reader)->get("a")->retrievals, 0U);
}

// ---------------------------------------------------------------- against a model, with reopening

struct Model {
  struct Item {
    std::string id;
    double confidence = 0.5;
    unsigned retrievals = 0, successes = 0;
    std::vector<float> text;
  };
  std::deque<Item> items;
  Item* find(const std::string& id) {
    for (Item& item : items) {
      if (item.id == id) return &item;
    }
    return nullptr;
  }
};

void step(Bench& bench, Model& model) {
  const std::string id = "e" + std::to_string(*rc::gen::inRange(0, 10));
  Model::Item* item = model.find(id);
  const std::string ids[] = {id};
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
    case 1:
    case 2: {
      const std::vector<float> text = {1, static_cast<float>(*rc::gen::inRange(-50, 50))};
      const auto added = bench.add(experience(id, text));
      RC_ASSERT(added.has_value() == (item == nullptr));
      if (item == nullptr) model.items.push_back({.id = id, .text = text});
      if (model.items.size() > bench.options.capacity) model.items.pop_front();
      return;
    }
    case 3:
      RC_ASSERT(bench.buffer->remove(ids).has_value() == (item != nullptr));
      std::erase_if(model.items, [&](const Model::Item& one) { return one.id == id; });
      return;
    case 4: {
      if (item == nullptr) return;
      const auto found = bench.buffer->neighbours({.embeddings = {.text = item->text}, .count = 1});
      RC_ASSERT(found && found->size() == 1);
      ++model.find(found->at(0).record.experience.id)->retrievals;
      return;
    }
    case 5: {
      const bool fine = item != nullptr && item->successes < item->retrievals;
      RC_ASSERT(bench.buffer->mark_success(ids).has_value() == fine);
      if (fine) ++item->successes;
      return;
    }
    case 6: {
      const ExperienceUpdate update{.id = id, .confidence = *rc::gen::inRange(0, 11) / 10.0};
      RC_ASSERT(bench.buffer->update({&update, 1}).has_value() == (item != nullptr));
      if (item != nullptr) item->confidence = *update.confidence;
      return;
    }
    case 7:
      RC_ASSERT(bench.buffer->snapshot(*rc::gen::arbitrary<bool>()).has_value());
      return;
    default:
      RC_ASSERT(bench.open().has_value());
  }
}

void compare(Bench& bench, Model& model) {
  RC_ASSERT(bench.buffer->stats().size == model.items.size());
  for (const Model::Item& item : model.items) {
    const auto record = bench.buffer->get(item.id);
    RC_ASSERT(record.has_value());
    RC_ASSERT(record->retrievals == item.retrievals);
    RC_ASSERT(record->successes == item.successes);
    RC_ASSERT(record->experience.confidence == item.confidence);
    const auto own =
        bench.buffer->neighbours({.embeddings = {.text = item.text}, .count = 1, .counts = false});
    RC_ASSERT(own && own->size() == 1 && own->at(0).similarity > 0.999999);
  }
}

void agrees_with_the_model(bool lmdb) {
  EXPECT_TRUE(rc::check([lmdb] {
    Bench bench({.capacity = 6});
    if (lmdb) bench.use_lmdb("buffer_model");
    RC_ASSERT(bench.open().has_value());
    Model model;
    const int steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) step(bench, model);
    compare(bench, model);
    RC_ASSERT(bench.open().has_value());
    compare(bench, model);
  }));
}

TEST(ExperienceBuffer, AgreesWithAModelOverAnyOperationsOnFiles) { agrees_with_the_model(false); }

TEST(ExperienceBuffer, AgreesWithAModelOverAnyOperationsOnLmdb) {
  if (!store::lmdb_available()) GTEST_SKIP() << "built without LMDB";
  agrees_with_the_model(true);
}

// ---------------------------------------------------------------- threads

// For the thread sanitizer: 8 writers, 4 readers, 2 samplers and the maintenance loop.
TEST(ExperienceBuffer, ManyThreadsWorkOnOneBuffer) {
  Bench bench({.capacity = 300, .snapshot_interval = 200});
  const SystemClock system;
  bench.clock = &system;
  ASSERT_TRUE(bench.open());
  std::atomic<int> writers_left = 8;
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < 8; ++w) {
      threads.emplace_back([&, w] {
        for (int i = 0; i < 150; ++i) {
          const std::string id = std::to_string(w) + "-" + std::to_string(i);
          EXPECT_TRUE(
              bench.add(experience(id, {1 + static_cast<float>(w), static_cast<float>(i)})));
          const std::string ids[] = {id};
          if (i % 5 == 0) (void)bench.buffer->remove(ids);  // it may have been evicted
        }
        --writers_left;
      });
    }
    for (int r = 0; r < 4; ++r) {
      threads.emplace_back([&, r] {
        while (writers_left > 0) {
          const auto found = bench.buffer->neighbours(
              {.embeddings = {.text = {1, static_cast<float>(r)}}, .count = 3});
          EXPECT_TRUE(found);
          for (const Neighbour& one : *found) {
            const std::string ids[] = {one.record.experience.id};
            (void)bench.buffer->mark_success(ids);  // others may have been first
          }
        }
      });
    }
    for (int s = 0; s < 2; ++s) {
      threads.emplace_back([&] {
        while (writers_left > 0) EXPECT_TRUE(bench.buffer->sample({.count = 16}));
      });
    }
    threads.emplace_back([&] {
      while (writers_left > 0) EXPECT_TRUE(bench.buffer->maintain());
    });
  }
  const ReplayStats stats = bench.buffer->stats();
  EXPECT_EQ(stats.added, 1200U);
  EXPECT_EQ(stats.size, stats.added - stats.evicted - stats.removed);
  EXPECT_EQ(stats.index_live, stats.size);
  ASSERT_TRUE(bench.open());
  const ReplayStats again = bench.buffer->stats();
  EXPECT_EQ(again.size, stats.size);
  EXPECT_EQ(again.retrievals, stats.retrievals);
  EXPECT_EQ(again.successes, stats.successes);
}

}  // namespace
}  // namespace hardwon::reason
