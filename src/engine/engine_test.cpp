// Through the door: record, learn, recall; learning at once and later.

#include "hardwon/engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <thread>

#include "base/rng.h"
#include "engine/engine_impl.h"
#include "engine/lesson_groups.h"
#include "engine/observation_codec.h"

namespace hardwon {
namespace {

std::filesystem::path fresh_directory() {
  return std::filesystem::path(::testing::TempDir()) / ("engine_" + std::to_string(random_bits()));
}

std::unique_ptr<Engine> open(const std::filesystem::path& directory) {
  auto engine = Engine::open({.directory = directory, .user = "ann", .seed = 11});
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

const Scope kScope{.labels = {{"user", "ann"}, {"project", "/shop"}}};

ItemId record(Engine& engine, const std::string& task, bool migrate, bool learn) {
  const auto id = engine.start_episode({.task = task,
                                        .context = {.domain = "deploy", .language = "go"},
                                        .visibility = {.scope = kScope}});
  EXPECT_TRUE(id) << id.error().message;
  const auto log = [&](std::string action, StepStatus status) {
    EXPECT_TRUE(
        engine.log_step(*id, {.tool = "deployctl", .action = std::move(action), .status = status}));
  };
  log("check pending migrations", StepStatus::kSuccess);
  if (migrate) log("run migrations", StepStatus::kSuccess);
  log("roll out", migrate ? StepStatus::kSuccess : StepStatus::kError);
  const auto status = migrate ? OutcomeStatus::kSuccess : OutcomeStatus::kFailure;
  const auto done = engine.complete_episode(
      *id, {.outcome = {.status = status, .source = OutcomeSource::kVerdict}, .learn = learn});
  EXPECT_TRUE(done) << done.error().message;
  return *id;
}

// (kind, statement, observed successes and failures) of every lesson.
std::set<std::tuple<std::string, std::string, double, double>> lessons(Engine& engine) {
  std::set<std::tuple<std::string, std::string, double, double>> all;
  const auto answer = engine.recall({.text = "deploy: check pending migrations, run migrations",
                                     .k = 100,
                                     .kinds = {ItemKind::kLesson},
                                     .visibility = {.all = true}});
  EXPECT_TRUE(answer) << answer.error().message;
  for (const RecallHit& hit : answer->hits) {
    all.emplace(name_of(*hit.lesson_kind), hit.statement, hit.evidence.observed.success,
                hit.evidence.observed.failure);
  }
  return all;
}

TEST(Engine, RecordsLearnsAndRecalls) {
  const auto engine = open(fresh_directory());
  for (int i = 0; i < 6; ++i) {
    record(*engine, "Deploy service " + std::to_string(i), i % 3 != 2, true);
  }
  EXPECT_FALSE(lessons(*engine).empty());
}

TEST(Engine, LearningAtOnceAndLaterGiveTheSame) {
  const auto at_once = open(fresh_directory());
  const auto later = open(fresh_directory());
  for (int i = 0; i < 9; ++i) {
    record(*at_once, "Deploy service " + std::to_string(i), i % 3 != 2, true);
    record(*later, "Deploy service " + std::to_string(i), i % 3 != 2, false);
  }
  EXPECT_TRUE(lessons(*later).empty());
  const auto report = later->learn();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->episodes, 9);
  EXPECT_EQ(report->pending, 0);
  EXPECT_EQ(lessons(*later), lessons(*at_once));
  EXPECT_FALSE(lessons(*later).empty());
  ASSERT_TRUE(later->learn(true));
  EXPECT_EQ(lessons(*later), lessons(*at_once));
}

TEST(Engine, LearnsInParallelWhatItLearnsAlone) {
  const std::filesystem::path directory = fresh_directory();
  const auto engine = open(directory);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&engine, t] {
      for (int i = 0; i < 3; ++i) {
        record(*engine, "Deploy service " + std::to_string(3 * t + i), i != 2, true);
      }
    });
  }
  threads.clear();
  const auto alone = open(fresh_directory());
  for (int i = 0; i < 12; ++i) {
    record(*alone, "Deploy service " + std::to_string(i), i % 3 != 2, true);
  }
  EXPECT_EQ(lessons(*engine), lessons(*alone));
}

TEST(Engine, KeepsWhatItLearnedWhenReopened) {
  const std::filesystem::path directory = fresh_directory();
  std::set<std::tuple<std::string, std::string, double, double>> before;
  {
    const auto engine = open(directory);
    for (int i = 0; i < 6; ++i) {
      record(*engine, "Deploy service " + std::to_string(i), i % 3 != 2, true);
    }
    before = lessons(*engine);
  }
  EXPECT_EQ(lessons(*open(directory)), before);
}

TEST(Engine, RemembersAThingOnce) {
  const auto engine = open(fresh_directory());
  const auto first = engine->remember("Use pnpm.", LessonKind::kRule, kScope);
  const auto second = engine->remember("  Use   pnpm. ", LessonKind::kRule, kScope);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_FALSE(engine->remember("", LessonKind::kRule, kScope));
  EXPECT_FALSE(engine->remember("x", LessonKind::kHeuristic, kScope));
}

TEST(Engine, GroupsWhatIsRememberedInOtherWords) {
  const auto engine = open(fresh_directory());
  const auto a = engine->remember("Use tabs, never spaces.", LessonKind::kRule, kScope);
  const auto b = engine->remember("Always use tabs, never spaces", LessonKind::kRule, kScope);
  const auto c = engine->remember("Run the linter first.", LessonKind::kRule, kScope);
  const Scope elsewhere{.labels = {{"user", "ann"}, {"project", "/elsewhere"}}};
  const auto d = engine->remember("Use tabs, never spaces.", LessonKind::kRule, elsewhere);
  ASSERT_TRUE(a && b && c && d);
  store::Database& database = *engine->impl().database;
  const auto group_of = [&](const ItemId& id) {
    ItemId group;
    EXPECT_TRUE(database.read([&](const store::Reader& reader) -> Result<void> {
      group = TRY(store::get_lesson(reader, id))->group;
      return {};
    }));
    return group;
  };
  EXPECT_EQ(group_of(*a), std::min(*a, *b)) << "the smallest id speaks for the group";
  EXPECT_EQ(group_of(*b), std::min(*a, *b));
  EXPECT_TRUE(group_of(*c).empty());
  EXPECT_TRUE(group_of(*d).empty()) << "another scope";
  EXPECT_EQ(
      engine->recall({.text = "tabs or spaces", .visibility = {.scope = kScope}})->hits.size(), 1U);
  // Edited, it says something else: after the next learn both stand alone.
  EXPECT_TRUE(database.write([&](store::Writer& writer) {
    return store::add_human_event(writer, *a, {.kind = "edit", .text = "Indent as the file does."});
  }));
  EXPECT_TRUE(engine->learn());
  EXPECT_TRUE(group_of(*a).empty());
  EXPECT_TRUE(group_of(*b).empty());
  // Nothing changed: nothing is written.
  const auto before = database.write_counts().calls;
  EXPECT_TRUE(engine::refresh_groups(database));
  EXPECT_EQ(database.write_counts().calls, before);
}

TEST(Engine, NamesTheFieldOfABadRequest) {
  const auto engine = open(fresh_directory());
  EXPECT_EQ(engine->start_episode({}).error().field, "task");
  EXPECT_EQ(engine->recall({.text = "x", .k = 0}).error().field, "k");
  EXPECT_EQ(engine->inject({.task = "x", .budget_tokens = 0}).error().field, "budget_tokens");
  EXPECT_EQ(Engine::open(
                {.directory = fresh_directory(), .batch_config = BatchConfig{.max_batch_size = 0}})
                .error()
                .field,
            "batch_config.max_batch_size");
}

TEST(Engine, ReadingAMissingStoreIsNotFound) {
  const auto engine = Engine::open({.directory = fresh_directory(), .create = false});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kNotFound);
}

TEST(ObservationCodec, GivesBackWhatItWasGiven) {
  learn::Observation observation{.learner = "heuristic",
                                 .bucket = "deploy",
                                 .scope = kScope,
                                 .task = "Deploy it",
                                 .outcome = {.status = OutcomeStatus::kPartial,
                                             .share = 0.25,
                                             .source = OutcomeSource::kReward},
                                 .time = parse_time("2026-05-01T09:00:00Z"),
                                 .context = {.domain = "deploy", .tags = {"a", "b"}},
                                 .body_json = R"({"x":1})"};
  observation.item.bytes[3] = 7;
  observation.episode.bytes[4] = 9;
  observation.provenance.push_back(
      {.path = "/a.jsonl", .line = 4, .quote = "said", .time = observation.time});
  const auto back = engine::decode(engine::encode(observation));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->outcome, observation.outcome);
  EXPECT_EQ(back->task, observation.task);
  EXPECT_EQ(back->time, observation.time);
  EXPECT_EQ(back->context, observation.context);
  EXPECT_EQ(back->body_json, observation.body_json);
  EXPECT_EQ(back->provenance, observation.provenance);
  EXPECT_EQ(back->item, observation.item);
  EXPECT_EQ(back->scope, observation.scope);
}

TEST(ObservationCodec, ReportsARowItDidNotWrite) {
  EXPECT_FALSE(engine::decode({.learner = "x", .json = "{}"}));
  EXPECT_FALSE(engine::decode({.learner = "x", .json = "not json"}));
}

}  // namespace
}  // namespace hardwon
