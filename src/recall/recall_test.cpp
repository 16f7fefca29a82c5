#include "recall/recall.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fence.h"
#include "base/hash.h"
#include "recall/ranking.h"
#include "vector/embedder.h"

namespace hardwon::recall {
namespace {

namespace fs = std::filesystem;

const Scope kShop{{{"user", "ann"}, {"project", "/home/ann/shop"}}};
const Scope kBlog{{{"user", "ann"}, {"project", "/home/ann/blog"}}};
const Scope kEverywhere{{{"user", "ann"}}};

class Recall : public ::testing::Test {
 protected:
  Recall()
      : directory_(fs::path(::testing::TempDir()) /
                   ("hardwon-recall-" +
                    std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))),
        clock_(*parse_time("2026-03-01T12:00:00Z")) {
    fs::remove_all(directory_);
    auto opened = store::Database::open({.directory = directory_}, clock_);
    EXPECT_TRUE(opened) << opened.error().message;
    database_ = std::move(*opened);
  }
  ~Recall() override {
    database_.reset();
    fs::remove_all(directory_);
  }

  void write(const std::function<Result<void>(store::Writer&)>& body) {
    const auto done = database_->write(body);
    ASSERT_TRUE(done) << done.error().message;
  }

  ItemId add(
      const std::string& statement, const Scope& scope = kShop, LessonKind kind = LessonKind::kRule,
      const std::function<void(Lesson&)>& change = [](Lesson&) {}) {
    Lesson lesson{.id = content_id<ItemId>({statement, scope.canonical()}),
                  .kind = kind,
                  .scope = scope,
                  .statement = statement,
                  .learner = "remember"};
    if (kind == LessonKind::kErrorRecovery) lesson.payload = ErrorRecovery{};
    if (kind == LessonKind::kHeuristic) lesson.payload = Heuristic{};
    change(lesson);
    write([&](store::Writer& writer) -> Result<void> {
      TRY(store::put_lesson(writer, lesson));
      return {};
    });
    return lesson.id;
  }

  void add_document(const std::string& id, const std::string& content,
                    const std::string& metadata = "", const Scope& scope = kShop) {
    write([&](store::Writer& writer) -> Result<void> {
      TRY(store::put_document(writer, {.id = content_id<ItemId>({id, scope.canonical()}),
                                       .external_id = id,
                                       .scope = scope,
                                       .content = content,
                                       .metadata_json = metadata}));
      return {};
    });
  }

  void applied(const ItemId& lesson, const std::string& episode, OutcomeStatus status) {
    write([&](store::Writer& writer) {
      return store::put_evidence(writer,
                                 {.lesson = lesson,
                                  .episode = content_id<ItemId>({episode}),
                                  .shown = true,
                                  .applied = true,
                                  .outcome = {.status = status, .source = OutcomeSource::kChecks}});
    });
  }

  // Runs `body` with vectors, as the engine does.
  void with_context(const std::function<void(const RecallContext&)>& body, bool vectors = true) {
    const auto done = database_->read([&](const store::Reader& reader) -> Result<void> {
      RecallContext context{.reader = reader, .now = clock_.now()};
      if (!vectors) {
        context.vectors_missing = "no index";
        body(context);
        return {};
      }
      const VectorView view = TRY(VectorView::open(reader, index_, 10'000));
      context.vectors = &view;
      body(context);
      return {};
    });
    ASSERT_TRUE(done) << done.error().message;
  }

  RecallAnswer ask(RecallQuery query, bool vectors = true, const Scope& scope = kShop) {
    RecallAnswer answer;
    if (!query.visibility.all) query.visibility.scope = scope;
    with_context(
        [&](const RecallContext& context) {
          auto result = recall(context, query);
          ASSERT_TRUE(result) << result.error().message;
          answer = std::move(*result);
        },
        vectors);
    return answer;
  }

  std::vector<std::string> said(const RecallQuery& query, const Scope& scope = kShop) {
    std::vector<std::string> out;
    for (const RecallHit& hit : ask(query, true, scope).hits) out.push_back(hit.statement);
    return out;
  }

  void refresh() {
    const auto done = database_->read([&](const store::Reader& reader) -> Result<void> {
      index_ = TRY(refresh_index(reader, index_));
      return {};
    });
    ASSERT_TRUE(done) << done.error().message;
  }

  fs::path directory_;
  ManualClock clock_;
  std::unique_ptr<store::Database> database_;
  std::shared_ptr<const vector::ExactIndex> index_;
};

using Strings = std::vector<std::string>;

// ------------------------------------------------------------------ asking

TEST_F(Recall, OfAnEmptyStoreIsEmpty) {
  for (const char* text : {"anything", "", "the"}) {
    const RecallAnswer answer = ask({.text = text});
    EXPECT_TRUE(answer.hits.empty());
    EXPECT_FALSE(answer.degraded);
    EXPECT_FALSE(answer.p_success);
    EXPECT_EQ(answer.mode, RecallMode::kHybrid);
  }
}

TEST_F(Recall, FindsByWordsStemsAndSpelling) {
  add("Run the database migrations before the integration tests");
  add("Use pnpm instead of npm");
  EXPECT_EQ(said({.text = "migrating the databases"}).size(), 1U);
  EXPECT_EQ(said({.text = "databse migratoins before integratoin tests"}).size(), 1U);
  EXPECT_EQ(said({.text = "pnpm"}), Strings{"Use pnpm instead of npm"});
  const RecallAnswer answer = ask({.text = "pnpm"});
  for (const char* stage : {"prepare", "text", "vector", "load", "rank", "total"}) {
    EXPECT_TRUE(answer.timings_us.contains(stage)) << stage;
  }
}

TEST_F(Recall, OfAnotherScopeFindsNothing) {
  add("The shop deploys with helm", kShop);
  add("The blog deploys with rsync", kBlog);
  add("A shop or any other project deploys on Tuesdays", kEverywhere);
  add_document("d1", "how the shop deploys", "", kShop);
  add_document("d2", "how the blog deploys", "", kBlog);
  for (const bool vectors : {true, false}) {
    const RecallAnswer shop = ask({.text = "shop or blog deploys", .k = 50}, vectors, kShop);
    EXPECT_EQ(shop.hits.size(), 3U);
    for (const RecallHit& hit : shop.hits) EXPECT_FALSE(hit.content.contains("blog"));
  }
  refresh();  // and the same through the published index
  for (const RecallHit& hit : ask({.text = "blog deploys", .k = 50}).hits) {
    EXPECT_FALSE(hit.content.contains("blog"));
  }
  const Scope stranger{{{"user", "bob"}, {"project", "/home/ann/shop"}}};
  EXPECT_TRUE(said({.text = "deploys"}, stranger).empty());
  EXPECT_TRUE(said({}, stranger).empty());
  RecallQuery all{.text = "shop or blog deploys", .k = 50};
  all.visibility.all = true;
  EXPECT_EQ(ask(all).hits.size(), 5U);
}

TEST_F(Recall, AmongTenThousandUnrelatedItemsGivesOnlyWhatIsRelevant) {
  static constexpr std::string_view kVerbs[] = {"Check", "Restart", "Rename", "Cache",
                                                "Split", "Mock",    "Log",    "Retry"};
  static constexpr std::string_view kThings[] = {"parser",    "queue",    "socket",  "fixture",
                                                 "migration", "cursor",   "token",   "renderer",
                                                 "scheduler", "lockfile", "endpoint"};
  static constexpr std::string_view kWhens[] = {"before a release",   "when tests are flaky",
                                                "after an upgrade",   "in the worker",
                                                "for the admin page", "on windows"};
  write([&](store::Writer& writer) -> Result<void> {
    for (int i = 0; i < 10'000; ++i) {
      const auto n = static_cast<std::size_t>(i);
      std::string text(kVerbs[n % 8]);
      text.append(" the ").append(kThings[n / 8 % 11]).append(" ").append(kWhens[n / 88 % 6]);
      text.append(", case ").append(std::to_string(i));
      TRY(store::put_document(writer, {.id = content_id<ItemId>({text}),
                                       .external_id = std::to_string(i),
                                       .scope = kShop,
                                       .content = text}));
    }
    return {};
  });
  add("Order the sourdough flour on Mondays");
  refresh();
  for (const bool vectors : {true, false}) {
    for (const char* text :
         {"plan a holiday in Lisbon with two kids", "symptoms of vitamin deficiency",
          "tune a classical guitar", "kubernetes ingress returns 502", "yellow tomato leaves"}) {
      EXPECT_TRUE(ask({.text = text}, vectors).hits.empty()) << text;
    }
    const RecallAnswer answer = ask({.text = "which flour for the sourdough"}, vectors);
    ASSERT_EQ(answer.hits.size(), 1U);
    EXPECT_EQ(answer.hits[0].statement, "Order the sourdough flour on Mondays");
    EXPECT_EQ(ask({.text = "restart the socket on windows", .k = 7}, vectors).hits.size(), 7U);
  }
}

TEST_F(Recall, GoesOnAskingWhenFiltersDropWhatWasFound) {
  write([&](store::Writer& writer) -> Result<void> {
    for (int i = 0; i < 2000; ++i) {
      const std::string id = std::to_string(i);
      TRY(store::put_document(
          writer, {.id = content_id<ItemId>({id}),
                   .external_id = id,
                   .scope = kShop,
                   .content = "release checklist entry",
                   .metadata_json = i == 1999 ? R"({"team":"core"})" : R"({"team":"web"})"}));
    }
    return {};
  });
  const RecallAnswer answer =
      ask({.text = "release checklist", .where = {{"team", "core"}}}, false);
  ASSERT_EQ(answer.hits.size(), 1U);
  EXPECT_EQ(answer.hits[0].external_id, "1999");
}

TEST_F(Recall, SaysWhenItRanWithoutVectors) {
  add("Use pnpm instead of npm");
  const RecallAnswer degraded = ask({.text = "pnpm"}, false);
  EXPECT_EQ(degraded.mode, RecallMode::kLexical);
  EXPECT_EQ(degraded.degraded, "lexical only: no index");
  EXPECT_EQ(degraded.hits.size(), 1U);
  const RecallAnswer asked = ask({.text = "pnpm", .mode = RecallMode::kLexical}, true);
  EXPECT_EQ(asked.mode, RecallMode::kLexical);
  EXPECT_FALSE(asked.degraded);
  EXPECT_EQ(asked.hits[0].matched.vector, 0);
  EXPECT_EQ(ask({.text = "pnpm", .mode = RecallMode::kVector}).mode, RecallMode::kVector);
}

TEST_F(Recall, FindsByErrorByFileAndByContextAlone) {
  add("Add the derive feature to serde", kShop, LessonKind::kErrorRecovery, [](Lesson& lesson) {
    lesson.when.error_signature = "cannot find derive macro Serialize in this scope";
    lesson.when.context.language = "rust";
  });
  add("Keep the retry loop bounded", kShop, LessonKind::kHeuristic, [](Lesson& lesson) {
    lesson.when.paths = {"src/net/retry.cpp"};
    lesson.when.context.language = "cpp";
  });
  RecallQuery by_error;
  by_error.error_text = "note: x\nerror: cannot find derive macro `Serialize` in this scope\n";
  EXPECT_EQ(said(by_error), Strings{"Add the derive feature to serde"});
  RecallQuery by_file;
  by_file.files = {"/home/ann/shop/src/net/retry.cpp"};
  EXPECT_EQ(said(by_file), Strings{"Keep the retry loop bounded"});
  RecallQuery by_context;
  by_context.context.language = "rust";
  EXPECT_EQ(said(by_context), Strings{"Add the derive feature to serde"});
  by_context.context.language = "haskell";
  EXPECT_TRUE(said(by_context).empty());
  EXPECT_EQ(said({}).size(), 2U);  // nothing known but the project
}

TEST_F(Recall, UsesTheEpisodeSoFarAsTheQuestion) {
  add("Add the derive feature to serde", kShop, LessonKind::kErrorRecovery, [](Lesson& lesson) {
    lesson.when.error_signature = "cannot find derive macro Serialize in this scope";
  });
  RecallQuery query;
  query.episode = Episode{.task = "make the shop compile"};
  query.episode->steps = {{.tool = "bash",
                           .action = "cargo build",
                           .status = StepStatus::kError,
                           .output = "error: cannot find derive macro `Serialize` in this scope"}};
  EXPECT_EQ(said(query), Strings{"Add the derive feature to serde"});
}

TEST_F(Recall, RefusesWhatMakesNoSense) {
  const auto field_of = [&](const RecallQuery& query) {
    std::string field;
    with_context([&](const RecallContext& context) {
      const auto result = recall(context, query);
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
      field = result.error().field;
    });
    return field;
  };
  EXPECT_EQ(field_of({.text = "x", .k = 0}), "k");
  EXPECT_EQ(field_of({.text = "x", .k = 1001}), "k");
  EXPECT_EQ(field_of({.text = "x", .min_relevance = -0.1}), "min_relevance");
  EXPECT_EQ(field_of({.text = "x", .min_relevance = 1.1}), "min_relevance");
  EXPECT_EQ(field_of({.text = "x", .min_relevance = std::nan("")}), "min_relevance");
  RecallQuery backwards{.text = "x"};
  backwards.since = clock_.now();
  backwards.until = clock_.now() - std::chrono::hours(1);
  EXPECT_EQ(field_of(backwards), "since");
}

TEST_F(Recall, TakesHostileText) {
  add("Use pnpm instead of npm");
  std::string long_text;
  for (int i = 0; i < 50'000; ++i) long_text.append("w").append(std::to_string(i)).append(" ");
  for (const std::string& text :
       {std::string("\" OR 1=1 --"), std::string("pnpm* NEAR(npm) AND"), std::string(5000, '('),
        std::string("\xff\xfe\0bad", 6), std::string("'; DROP TABLE item; --"), long_text}) {
    ask({.text = text});
    ask({.error_text = text});
    RecallQuery query;
    query.files = {text};
    ask(query);
  }
  EXPECT_EQ(said({.text = "pnpm \" AND ("}).size(), 1U);
}

// ------------------------------------------------------------------ evidence

TEST_F(Recall, ChangesItsOrderWithEvidence) {
  const auto kind = LessonKind::kErrorRecovery;
  const ItemId one = add("For flaky browser tests raise the timeout", kShop, kind);
  const ItemId two = add("For flaky browser tests use one worker", kShop, kind);
  for (int i = 0; i < 5; ++i) {
    applied(one, "a" + std::to_string(i), OutcomeStatus::kFailure);
    applied(two, "b" + std::to_string(i), OutcomeStatus::kSuccess);
  }
  const RecallAnswer first = ask({.text = "flaky browser tests"});
  ASSERT_EQ(first.hits.size(), 2U);
  EXPECT_EQ(first.hits[0].id, two);
  EXPECT_EQ(first.hits[0].evidence.applied.success, 5);
  EXPECT_GT(*first.hits[0].evidence.lower95, 0.5);
  for (int i = 0; i < 5; ++i) {  // the outcomes turn out otherwise
    applied(one, "a" + std::to_string(i), OutcomeStatus::kSuccess);
    applied(two, "b" + std::to_string(i), OutcomeStatus::kFailure);
  }
  EXPECT_EQ(ask({.text = "flaky browser tests"}).hits[0].id, one);
}

// ------------------------------------------------------------------ vectors

TEST_F(Recall, ThroughThePublishedIndexEqualsTheTail) {
  for (int i = 0; i < 40; ++i) {
    add("Lesson about topic" + std::to_string(i) + " and the release of part" +
        std::to_string(i % 7));
  }
  const RecallQuery query{.text = "release of part3 topic10", .k = 20};
  const auto shape = [&] {
    std::vector<std::pair<ItemId, double>> out;
    for (const RecallHit& hit : ask(query).hits) out.emplace_back(hit.id, hit.score);
    return out;
  };
  const auto by_tail = shape();
  ASSERT_GT(by_tail.size(), 3U);
  refresh();
  EXPECT_EQ(index_->size(), 40U);
  EXPECT_EQ(shape(), by_tail);
  ASSERT_TRUE(index_->publish(directory_ / "index", vector::kLexicalName));
  index_ = vector::ExactIndex::open(directory_ / "index", vector::kLexicalName);
  ASSERT_NE(index_, nullptr);
  EXPECT_EQ(shape(), by_tail);
}

TEST_F(Recall, SeesChangesAndRemovalsAfterTheIndex) {
  add_document("d1", "the elephant enclosure schedule");
  add_document("d2", "the giraffe enclosure schedule");
  refresh();
  EXPECT_EQ(said({.text = "elephant enclosure"}).at(0), "the elephant enclosure schedule");
  add_document("d1", "the penguin pool opening hours");
  write([&](store::Writer& writer) -> Result<void> {
    EXPECT_TRUE(TRY(store::remove_document(writer, "d2", kShop)));
    return {};
  });
  const RecallQuery elephants{.text = "elephant enclosure", .mode = RecallMode::kVector};
  EXPECT_TRUE(said(elephants).empty());
  EXPECT_EQ(said({.text = "penguin pool"}).size(), 1U);
  refresh();
  EXPECT_EQ(index_->size(), 1U);
  EXPECT_TRUE(said(elephants).empty());
  const auto before = index_;
  refresh();
  EXPECT_EQ(index_, before);  // nothing new: nothing built
}

TEST_F(Recall, IndexAheadOfTheStoreIsRebuilt) {
  add("Use pnpm instead of npm");
  index_ = vector::ExactIndex::build({{.label = 77, .scope = 1, .kind = 1}},
                                     vector::embed_lexical("a ghost"), vector::kLexicalDim, 900);
  refresh();
  ASSERT_EQ(index_->size(), 1U);
  EXPECT_NE(index_->rows()[0].label, 77);
}

TEST_F(Recall, LongTailIsRefused) {
  for (int i = 0; i < 5; ++i) add("Lesson " + std::to_string(i));
  const auto done = database_->read([&](const store::Reader& reader) -> Result<void> {
    EXPECT_TRUE(VectorView::open(reader, nullptr, 5));
    const auto refused = VectorView::open(reader, nullptr, 4);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    return {};
  });
  EXPECT_TRUE(done);
}

// ------------------------------------------------------------------ injection, prediction

TEST_F(Recall, InjectsWhatItFinds) {
  add("Use pnpm instead of npm", kShop, LessonKind::kRule, [](Lesson& l) { l.count = 3; });
  add("Never push to main", kBlog);
  const auto inject_for = [&](const InjectRequest& asked) {
    Injection injection;
    with_context([&](const RecallContext& context) {
      Rng rng(1);
      InjectRequest request = asked;
      request.visibility.scope = kShop;
      auto result = inject(context, request, rng);
      ASSERT_TRUE(result) << result.error().message;
      injection = std::move(*result);
    });
    return injection;
  };
  const Injection injection = inject_for({.task = "install a package with npm"});
  ASSERT_EQ(injection.lessons.size(), 1U);
  EXPECT_TRUE(injection.block.contains("said 3×")) << injection.block;
  EXPECT_FALSE(injection.block.contains("push to main"));
  EXPECT_EQ(inject_for({.task = "bake a sourdough bread"}).block, "");
  EXPECT_EQ(inject_for({.task = "push to main"}).block, "");      // another project's
  EXPECT_EQ(inject_for({.task = "use this instead"}).block, "");  // asks for no lesson
  EXPECT_EQ(
      inject_for({.task = "install with npm", .already_told = {injection.lessons[0].id}}).block,
      "");
  EXPECT_EQ(inject_for({}).lessons.size(), 1U);  // a session starts: only the project is known
}

TEST_F(Recall, TellsNoAgentWhatItsOwnRuleFileSays) {
  const auto from = [](const char* path) {
    return [path](Lesson& l) { l.provenance = {{.path = path, .line = 3, .quote = "q"}}; };
  };
  const Scope shop{{{"project", "/home/ann/shop"}, {"user", "ann"}}};
  add("Install with pnpm, not npm", shop, LessonKind::kRule, from("/home/ann/shop/CLAUDE.md"));
  add("Install from the mirror", shop, LessonKind::kRule, from("/home/ann/shop/AGENTS.md"));
  add("Never install with yarn", shop, LessonKind::kRule, from("/home/ann/shop/web/AGENTS.md"));
  add("Install only what is licensed", shop, LessonKind::kRule, from("/home/ann/shop2/CLAUDE.md"));
  const auto told = [&](const Visibility& visibility) {
    std::vector<std::string> out;
    with_context([&](const RecallContext& context) {
      Rng rng(1);
      const auto result =
          inject(context, {.task = "install a package", .visibility = visibility}, rng);
      ASSERT_TRUE(result) << result.error().message;
      for (const InjectedLesson& lesson : result->lessons) out.push_back(lesson.statement);
      for (const InjectedLesson& lesson : result->loaded)
        out.push_back("loaded: " + lesson.statement);
    });
    std::ranges::sort(out);
    return out;
  };
  EXPECT_EQ(told({.scope = shop}),
            (std::vector<std::string>{"Install only what is licensed", "Never install with yarn",
                                      "loaded: Install from the mirror",
                                      "loaded: Install with pnpm, not npm"}));
  // Whoever asks for everything works nowhere in particular, and has read no file.
  EXPECT_EQ(told({.all = true}).size(), 4U);
  EXPECT_EQ(ask({.text = "install"}, true, shop).hits.size(), 4U);
}

// The start of a session looks at the narrow table of standing lessons and loads only the best;
// judging every lesson gives the same.
TEST_F(Recall, StartOfASessionIsWhatJudgingAllWouldGive) {
  Rng rng(4);
  std::vector<ItemId> all;
  for (int i = 0; i < 150; ++i) {
    const auto kind = std::array{LessonKind::kRule, LessonKind::kErrorRecovery,
                                 LessonKind::kHeuristic}[rng.below(3)];
    const std::string text = "lesson " + std::to_string(rng.below(120)) + " of the word" +
                             std::to_string(i / 2) + " about thing" + std::to_string(i / 3);
    all.push_back(add(text, rng.below(2) == 0 ? kShop : kEverywhere, kind, [&](Lesson& lesson) {
      lesson.count = 1 + static_cast<std::int64_t>(rng.below(4));
      lesson.pinned = rng.below(20) == 0;
      lesson.suppressed = rng.below(10) == 0;
      if (rng.below(10) == 0) lesson.status = LessonStatus::kRetired;
      if (rng.below(2) == 0) lesson.valid_from = clock_.now() - std::chrono::hours(rng.below(9000));
      if (rng.below(15) == 0) lesson.valid_to = clock_.now();
    }));
    if (rng.below(3) == 0) applied(all.back(), "e" + std::to_string(i), OutcomeStatus::kSuccess);
  }
  for (const std::size_t k : {1U, 5U, 40U, 500U}) {
    const RecallQuery query{.k = k, .kinds = {ItemKind::kLesson}, .visibility = {.scope = kShop}};
    const RecallAnswer answer = ask(query);
    with_context([&](const RecallContext& context) {
      std::vector<Candidate> candidates;
      for (const ItemId& id : all) {
        const auto row = store::item_row(context.reader, id);
        ASSERT_TRUE(row && *row);
        const std::vector<store::ItemRow> rows = {**row};
        auto items = store::load_items(context.reader, rows);
        ASSERT_TRUE(items && items->size() == 1);
        candidates.push_back({std::move((*items)[0]), std::nullopt});
      }
      const Ranking naive = rank(prepare(query), query, std::move(candidates), context.now);
      ASSERT_EQ(answer.hits.size(), naive.hits.size());
      for (std::size_t i = 0; i < naive.hits.size(); ++i) {
        EXPECT_EQ(answer.hits[i].id, naive.hits[i].id) << i;
      }
    });
  }
}

TEST_F(Recall, PredictsFromEpisodesOfItsScopeOnly) {
  const auto put = [&](int n, const Scope& scope, bool success) {
    write([&](store::Writer& writer) -> Result<void> {
      Episode episode{.id = content_id<ItemId>({scope.canonical(), std::to_string(n)}),
                      .scope = scope,
                      .task = "repair part " + std::to_string(n),
                      .completed = true};
      episode.outcome = {.status = success ? OutcomeStatus::kSuccess : OutcomeStatus::kFailure,
                         .source = OutcomeSource::kReward};
      episode.steps = {{.number = 1,
                        .tool = "bash",
                        .action = success ? "check all" : "guess",
                        .status = StepStatus::kSuccess,
                        .output = "ok"}};
      TRY(store::put_episode(writer, episode));
      return {};
    });
  };
  const auto predict = [&](const std::string& action) {
    RecallQuery query;
    query.episode = Episode{.task = "repair part 7000"};
    query.episode->steps = {{.number = 1, .tool = "bash", .action = action, .output = "ok"}};
    return ask(query).p_success;
  };
  for (int i = 0; i < 60; ++i) put(i, kBlog, true);
  for (int i = 0; i < 19; ++i) put(i, kShop, i % 2 == 0);
  EXPECT_FALSE(predict("check all"));
  for (int i = 19; i < 60; ++i) put(i, kShop, i % 2 == 0);
  const auto good = predict("check all"), bad = predict("guess");
  ASSERT_TRUE(good && bad);
  EXPECT_GT(good->mean, 0.8);
  EXPECT_LT(bad->mean, 0.2);
  EXPECT_LE(good->low, good->mean);
}

}  // namespace
}  // namespace hardwon::recall
