#include "recall/ranking.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/text.h"
#include "recall/recall.h"
#include "vector/embedder.h"

namespace hardwon::recall {
namespace {

const TimePoint kNow = *parse_time("2026-03-01T12:00:00Z");

ItemId id_of(std::uint8_t n) {
  ItemId id;
  id.bytes[15] = n;
  return id;
}

store::Item lesson(std::uint8_t n, std::string statement, LessonKind kind = LessonKind::kRule) {
  store::Item item{.row = n, .id = id_of(n), .kind = ItemKind::kLesson, .text = statement};
  item.lesson = Lesson{.id = item.id, .kind = kind, .statement = std::move(statement)};
  return item;
}

store::Item document(std::uint8_t n, std::string content, std::string metadata = "") {
  store::Item item{.row = n, .id = id_of(n), .kind = ItemKind::kDocument, .text = content};
  item.document = Document{.id = item.id,
                           .external_id = "d" + std::to_string(n),
                           .content = std::move(content),
                           .metadata_json = std::move(metadata)};
  return item;
}

store::Item tried(store::Item item, int successes, int failures) {
  const auto add = [&](OutcomeStatus status) {
    item.evidence.push_back({.lesson = item.id,
                             .shown = true,
                             .applied = true,
                             .outcome = {.status = status, .source = OutcomeSource::kChecks}});
  };
  for (int i = 0; i < successes; ++i) add(OutcomeStatus::kSuccess);
  for (int i = 0; i < failures; ++i) add(OutcomeStatus::kFailure);
  return item;
}

// As a store of these items, and of many others, would rank them.
Question ready(const RecallQuery& query, const std::vector<store::Item>& items,
               std::int64_t others = 0) {
  Question question = prepare(query);
  std::vector<std::int64_t> frequencies;
  for (const Term& term : question.terms) {
    frequencies.push_back(std::ranges::count_if(items, [&](const store::Item& item) {
      const auto stems = stem_set(item.text);
      return std::ranges::binary_search(stems, term.stem);
    }));
  }
  weigh(question, frequencies, static_cast<std::int64_t>(items.size()) + others);
  return question;
}

std::vector<RecallHit> ask(const RecallQuery& query, const std::vector<store::Item>& items,
                           std::int64_t others = 0) {
  const Question question = ready(query, items, others);
  const std::vector<float> wanted = vector::embed_lexical(question.text);
  std::vector<Candidate> candidates;
  for (const store::Item& item : items) {
    const std::vector<float> given = vector::embed_lexical(item.text);
    double similarity = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      similarity += static_cast<double>(wanted[i]) * static_cast<double>(given[i]);
    }
    candidates.push_back({item, similarity});
  }
  return rank(question, query, std::move(candidates), kNow).hits;
}

std::vector<int> ids(const std::vector<RecallHit>& hits) {
  std::vector<int> out;
  for (const RecallHit& hit : hits) out.push_back(hit.id.bytes[15]);
  return out;
}

std::vector<store::Item> team_rules() {
  return {lesson(1, "Run the database migrations before the integration tests"),
          lesson(2, "Use pnpm instead of npm in the web folder"),
          lesson(3, "Never edit generated protobuf files by hand"),
          lesson(4, "Restart the celery workers after changing task signatures"),
          lesson(5, "Put feature flags into config/flags.yaml, not into code")};
}

// ------------------------------------------------------------------ relevance

TEST(Ranking, PutsWhatSpeaksOfTheTaskFirst) {
  const auto hits =
      ask({.text = "integration tests fail because migrations are missing"}, team_rules());
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(ids(hits), std::vector<int>{1});
  EXPECT_GT(hits[0].relevance, 0.5);
  EXPECT_GT(hits[0].matched.lexical, 0.4);
  EXPECT_GT(hits[0].matched.vector, 0.3);
}

TEST(Ranking, GivesNothingWhenNothingIsRelevant) {
  for (const char* text :
       {"how long should sourdough bread proof", "plan a trip to Lisbon with two kids",
        "terraform plan shows drift in the security groups", "the and of", "?!", "zzz qqq"}) {
    EXPECT_TRUE(ask({.text = text}, team_rules()).empty()) << text;
    EXPECT_TRUE(ask({.text = text}, team_rules(), 10'000).empty()) << text;
  }
}

TEST(Ranking, FindsALessonUnderALongPrompt) {
  const std::string prompt =
      "Hi, could you please have a look at the checkout service? Since yesterday the nightly "
      "pipeline is red. It seems that somebody renamed a column and now the integration tests "
      "complain. I think the database migrations were not run before them, but I am not sure. "
      "Find out what happened, fix it and tell me in two sentences what the reason was.";
  for (const std::int64_t others : {0, 10'000}) {
    const auto hits = ask({.text = prompt}, team_rules(), others);
    ASSERT_FALSE(hits.empty()) << others;
    EXPECT_EQ(ids(hits)[0], 1);
  }
}

TEST(Ranking, KeepsRelevanceWithinBounds) {
  EXPECT_TRUE(rc::check([](const std::string& text, const std::string& statement) {
    RecallQuery query{.text = text, .k = 1000, .explain = true};
    query.context.language = "go";
    for (const RecallHit& hit : ask(query, {lesson(1, statement), document(2, text)})) {
      RC_ASSERT(hit.relevance >= kRelevanceFloor && hit.relevance <= 1);
      RC_ASSERT(hit.score >= 0);
      for (const double part : {hit.matched.lexical, hit.matched.vector, hit.matched.context}) {
        RC_ASSERT(part >= 0 && part <= 1);
      }
    }
  }));
}

// What lets recall leave a candidate unloaded: its indexed terms promise at least what judging
// it gives.
TEST(Judge, BoundFromIndexedTermsIsNeverBelowTheRelevance) {
  const std::vector<std::string> pieces = {"Always",
                                           "run",
                                           "the tests",
                                           "`make check`",
                                           "billing_client",
                                           "InvoiceStore",
                                           "ones",
                                           "doing",
                                           "add",
                                           "validation",
                                           "generalizations",
                                           "résumé",
                                           "x",
                                           "don't",
                                           "the",
                                           "writes",
                                           "data",
                                           "user's",
                                           "src/app.py",
                                           "retries",
                                           "42"};
  const bool held = rc::check([&] {
    const auto sentence = [&](int most) {
      std::string text;
      for (int i = 0, n = *rc::gen::inRange(1, most); i < n; ++i) {
        text += *rc::gen::elementOf(pieces) + " ";
      }
      return text;
    };
    RecallQuery query{.text = sentence(14)};
    if (*rc::gen::inRange(0, 3) == 0) query.context.language = "python";
    store::Item item = lesson(1, sentence(20));
    if (*rc::gen::inRange(0, 2) == 0) item.lesson->when.context.language = "python";
    const Question question = ready(query, {item}, *rc::gen::inRange(0, 5000));
    std::optional<double> similarity;
    if (*rc::gen::inRange(0, 2) == 0) similarity = *rc::gen::inRange(-10, 11) / 10.0;
    std::string terms;
    for (const std::string& term : store::text_terms(item.text)) terms += term + " ";
    if (!terms.empty()) terms.pop_back();
    const Judge judge(question);
    RC_ASSERT(judge.at_most(terms, similarity) + 1e-9 >=
              judge.judge(item, similarity, false).value);
  });
  EXPECT_TRUE(held);
}

TEST(Judge, BoundRulesOutWhatSharesNothing) {
  const Question question = ready({.text = "rename the billing invoice table"}, {}, 1000);
  const Judge judge(question);
  EXPECT_LT(judge.at_most("alway run pytest befor commit", 0.1), kRelevanceFloor);
  EXPECT_EQ(judge.at_most("alway run pytest befor commit", 1.0) < kRelevanceFloor, false);
  const Question with_file = ready({.text = "rename it", .files = {"src/billing.py"}}, {}, 1000);
  EXPECT_EQ(Judge(with_file).at_most("alway run pytest", 0), 1) << "a path may speak for it";
}

TEST(Ranking, RaisesTheFloorButNeverLowersIt) {
  const RecallQuery query{.text = "integration tests fail because migrations are missing"};
  const double relevance = ask(query, team_rules())[0].relevance;
  RecallQuery strict = query;
  strict.min_relevance = relevance + 0.01;
  EXPECT_TRUE(ask(strict, team_rules()).empty());
  RecallQuery lax{.text = "sourdough bread"};
  lax.min_relevance = 0;
  EXPECT_TRUE(ask(lax, team_rules()).empty());
}

TEST(Ranking, DoesNotFindGoInDjango) {
  store::Item go = lesson(1, "Run gofmt before each commit");
  go.lesson->when.context.language = "go";
  store::Item django = lesson(2, "Run black before each commit");
  django.lesson->when.context.framework = "django";
  django.lesson->when.context.language = "python";
  RecallQuery by_context;
  by_context.context.language = "Go";
  EXPECT_EQ(ids(ask(by_context, {go, django})), std::vector<int>{1});

  EXPECT_TRUE(ask({.text = "go"}, {lesson(3, "django models need migrations")}).empty());

  RecallQuery both{.text = "what to run before each commit"};
  both.context.language = "go";
  const auto hits = ask(both, {go, django});
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(ids(hits)[0], 1);
  EXPECT_EQ(hits[0].matched.context, 1);
  const auto contradicted = match_context(both.context, django.lesson->when.context);
  EXPECT_LT(contradicted.penalty, 1);
  EXPECT_EQ(contradicted.share, 0);
}

TEST(Context, ThatSaysNothingNeitherAgreesNorContradicts) {
  TaskContext wanted{.domain = "web", .language = "python", .tags = {"api", "auth"}};
  const ContextMatch silent = match_context(wanted, {});
  EXPECT_EQ(silent.share, 0);
  EXPECT_EQ(silent.penalty, 1);
  EXPECT_EQ(match_context({}, wanted).share, 0);
  EXPECT_EQ(match_context({}, wanted).penalty, 1);
  EXPECT_NEAR(match_context(wanted, wanted).share, 1, 1e-12);
  TaskContext tagged{.tags = {"AUTH"}};
  EXPECT_NEAR(match_context(wanted, tagged).share, 0.15 / 2.1, 1e-12);
}

TEST(Context, OfADocumentIsItsMetadata) {
  const auto item = document(1, "text", R"({"language":"rust","tags":["cli",7],"framework":3})");
  EXPECT_EQ(context_of(item).language, "rust");
  EXPECT_EQ(context_of(item).framework, "");
  EXPECT_EQ(context_of(item).tags, std::vector<std::string>{"cli"});
  EXPECT_EQ(context_of(document(1, "text", "not json")), TaskContext{});
}

// ------------------------------------------------------------------ files and errors

TEST(Path, MatchesWholeComponentsOnly) {
  EXPECT_EQ(match_path("src/store/log.cpp", "src/store/log.cpp"), 1);
  EXPECT_EQ(match_path("/home/a/p/src/store/log.cpp", "src/store/log.cpp"), 1);
  EXPECT_EQ(match_path("./log.cpp", "log.cpp"), 1);
  EXPECT_EQ(match_path("src/store/log.cpp", "log.cpp"), 0.8);
  EXPECT_EQ(match_path("src/store/catalog.cpp", "log.cpp"), 0);
  EXPECT_EQ(match_path("src/store/log.cpp", "lib/other/log.cpp"), 0.8);
  EXPECT_EQ(match_path("a/__init__.py", "b/__init__.py"), 0);  // every folder has one
  EXPECT_EQ(match_path("src/store/log.cpp", "src/store/db.cpp"), 0.3);
  EXPECT_EQ(match_path("src/store/log.cpp", "src/**/*.cpp"), 0.6);
  EXPECT_EQ(match_path("src/store/log.cpp", "*.py"), 0);
  EXPECT_EQ(match_path("", "x"), 0);
  EXPECT_EQ(match_path("x", ""), 0);
}

TEST(Ranking, FindsLessonsByFileAlone) {
  store::Item item = lesson(1, "Keep the retry loop bounded", LessonKind::kHeuristic);
  item.lesson->when.paths = {"src/net/retry.cpp"};
  RecallQuery query;
  query.files = {"/home/ann/shop/src/net/retry.cpp"};
  const auto hits = ask(query, {item, lesson(2, "Keep the lights on")});
  EXPECT_EQ(ids(hits), std::vector<int>{1});
  EXPECT_NEAR(hits[0].relevance, 0.7, 1e-9);
}

TEST(Ranking, FindsTheLessonOfAnError) {
  store::Item wanted = lesson(1, "Add the feature `derive` to serde", LessonKind::kErrorRecovery);
  wanted.lesson->when.error_signature = "cannot find derive macro Serialize in this scope";
  wanted.text += "\n" + wanted.lesson->when.error_signature;
  store::Item other = lesson(2, "Import the trait", LessonKind::kErrorRecovery);
  other.lesson->when.error_signature = "no method named read_exact found for struct";
  other.text += "\n" + other.lesson->when.error_signature;
  RecallQuery query;
  query.error_text =
      "   Compiling shop v0.1.0 (/home/a/shop)\n"
      "error: cannot find derive macro `Serialize` in this scope\n"
      "  --> src/main.rs:12:10\n   |\n12 | #[derive(Serialize)]\n   |          ^^^^^^^^^\n\n"
      "warning: unused import: `std::fs`\n"
      "error: could not compile `shop` due to previous error\n";
  const auto hits = ask(query, {wanted, other});
  EXPECT_EQ(ids(hits), std::vector<int>{1});
  EXPECT_GT(hits[0].relevance, 0.8);
}

TEST(ErrorMatch, NeedsMoreThanOneWordOfASignature) {
  const auto lines = error_lines_of("error: linker failed with exit code 1");
  EXPECT_EQ(match_error(lines, "error opening socket"), 0);
  EXPECT_EQ(match_error(lines, "linker failed"), 1);
  EXPECT_EQ(match_error(lines, ""), 0);
  EXPECT_EQ(match_error({}, "linker failed"), 0);
}

TEST(ErrorLines, AreTheLastOnesThatStateAnError) {
  const auto lines = error_lines_of("ok\nERROR one bad\nfine\nfailed: two worse\nall done");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "failed: two worse");
  EXPECT_EQ(error_lines_of("just some text\n\n").at(0).text, "just some text");
  EXPECT_TRUE(error_lines_of("\n \n").empty());
  std::string log;
  for (int i = 0; i < 100'000; ++i) log += "error in step\n";
  EXPECT_EQ(error_lines_of(log).size(), kErrorLinesMax);
}

// ------------------------------------------------------------------ what may be shown

TEST(Ranking, NeverShowsWhatIsSuppressedRetiredQuarantinedOrSuperseded) {
  const RecallQuery query{.text = "run the database migrations"};
  const auto shown = [&](auto change, RecallQuery asked) {
    store::Item item = lesson(1, "Run the database migrations first");
    change(*item.lesson);
    return !ask(asked, {item}).empty();
  };
  RecallQuery all = query;
  all.include_superseded = true;
  EXPECT_TRUE(shown([](Lesson&) {}, query));
  EXPECT_FALSE(shown([](Lesson& l) { l.suppressed = true; }, all));
  EXPECT_FALSE(shown([](Lesson& l) { l.status = LessonStatus::kQuarantined; }, all));
  EXPECT_FALSE(shown([](Lesson& l) { l.status = LessonStatus::kRetired; }, all));
  const auto superseded = [](Lesson& l) {
    l.superseded_by = id_of(9);
    l.status = LessonStatus::kRetired;
    l.valid_to = kNow - std::chrono::hours(1);
  };
  EXPECT_FALSE(shown(superseded, query));
  EXPECT_TRUE(shown(superseded, all));
}

TEST(Ranking, AnswersAsOfATime) {
  store::Item old = lesson(1, "Deploy the shop with ansible");
  old.lesson->valid_from = *parse_time("2025-01-01");
  old.lesson->valid_to = *parse_time("2025-06-01");
  old.lesson->superseded_by = id_of(2);
  store::Item now = lesson(2, "Deploy the shop with helm charts");
  now.lesson->valid_from = *parse_time("2025-06-01");
  RecallQuery query{.text = "deploy the shop"};
  EXPECT_EQ(ids(ask(query, {old, now})), std::vector<int>{2});
  query.as_of = *parse_time("2025-03-01");
  EXPECT_EQ(ids(ask(query, {old, now})), std::vector<int>{1});
  query.as_of = *parse_time("2025-07-01");
  EXPECT_EQ(ids(ask(query, {old, now})), std::vector<int>{2});
}

TEST(Ranking, FiltersByTimeKindAndMetadata) {
  store::Item early = document(1, "notes on cache invalidation", R"({"team":"a","n":3})");
  early.time = *parse_time("2025-01-01");
  store::Item late = document(2, "more notes on cache invalidation", R"({"team":["b","c"]})");
  late.time = *parse_time("2026-01-01");
  store::Item rule = lesson(3, "cache invalidation needs notes");
  const std::vector<store::Item> items = {early, late, rule};
  const RecallQuery query{.text = "notes on cache invalidation"};
  EXPECT_EQ(ask(query, items).size(), 3U);
  RecallQuery since = query;
  since.since = *parse_time("2025-06-01");
  EXPECT_EQ(ids(ask(since, items)), std::vector<int>{2});
  RecallQuery until = query;
  until.until = *parse_time("2025-06-01");
  EXPECT_EQ(ids(ask(until, items)), std::vector<int>{1});
  RecallQuery kind = query;
  kind.lesson_kinds = {LessonKind::kDecision};
  EXPECT_TRUE(ask(kind, items).empty());
  kind.lesson_kinds = {LessonKind::kRule};
  EXPECT_EQ(ids(ask(kind, items)), std::vector<int>{3});
  for (const auto& [key, value, found] : std::vector<std::tuple<std::string, std::string, int>>{
           {"team", "a", 1}, {"team", "c", 2}, {"n", "3", 1}, {"team", "x", 0}, {"no", "a", 0}}) {
    RecallQuery where = query;
    where.where = {{key, value}};
    EXPECT_EQ(ids(ask(where, items)), found == 0 ? std::vector<int>{} : std::vector<int>{found})
        << key << "=" << value;
  }
}

// ------------------------------------------------------------------ evidence, age, pins

TEST(Ranking, PutsWhatWorkedBeforeWhatFailed) {
  const auto kind = LessonKind::kErrorRecovery;
  const std::vector<store::Item> items = {
      tried(lesson(1, "For flaky browser tests raise the timeout", kind), 0, 20),
      lesson(2, "For flaky browser tests clear cookies", kind),
      tried(lesson(3, "For flaky browser tests use one worker", kind), 20, 0),
      tried(lesson(4, "For flaky browser tests mock clocks", kind), 1, 1)};
  const auto hits = ask({.text = "flaky browser tests"}, items);
  EXPECT_EQ(ids(hits), (std::vector<int>{3, 2, 4, 1}));
  EXPECT_FALSE(hits[1].evidence.mean);
}

TEST(Ranking, AsksNoSuccessRateOfPeoplesRulesAndWarnings) {
  for (const LessonKind kind : {LessonKind::kRule, LessonKind::kDecision, LessonKind::kDeadEnd}) {
    store::Item item = lesson(1, "x", kind);
    EXPECT_EQ(score_factor(item, {}, kNow, false).value, 1) << name_of(kind);
    item.time = kNow - std::chrono::hours(24 * 900);
    EXPECT_EQ(score_factor(item, {}, kNow, false).value, 1);
    item.lesson->count = 4;
    EXPECT_NEAR(score_factor(item, {}, kNow, false).value, 1.2, 1e-12);
    item.lesson->count = 1'000'000;
    EXPECT_NEAR(score_factor(item, {}, kNow, false).value, 1.3, 1e-12);
  }
}

TEST(Ranking, LetsLearnedLessonsAge) {
  store::Item item = lesson(1, "x", LessonKind::kHeuristic);
  const auto at = [&](int days) {
    item.time = kNow - std::chrono::hours(24 * days);
    return score_factor(item, {}, kNow, false).value;
  };
  EXPECT_NEAR(at(0), 0.85, 1e-12);
  EXPECT_NEAR(at(90), 0.85 * 0.9, 1e-12);
  EXPECT_GT(at(10'000), 0.85 * 0.8 - 1e-9);
  EXPECT_NEAR(at(-30), 0.85, 1e-12);  // a date in the future is today
}

TEST(Ranking, PutsThePinnedFirstAmongEquals) {
  store::Item pinned = lesson(9, "Lint the css files before a release");
  pinned.lesson->pinned = true;
  const auto hits = ask({.text = "lint before a release"},
                        {lesson(1, "Lint the js files before a release"), pinned});
  EXPECT_EQ(ids(hits), (std::vector<int>{9, 1}));
}

TEST(Ranking, FollowsRatings) {
  store::Item liked = lesson(1, "x"), disliked = lesson(2, "x");
  EXPECT_GT(score_factor(liked, {.rating = 5}, kNow, false).value,
            score_factor(disliked, {.rating = 1}, kNow, false).value);
}

// ------------------------------------------------------------------ near-duplicates

TEST(Ranking, ShowsOneOfNearDuplicates) {
  store::Item a = lesson(1, "Use pnpm instead of npm in this repo");
  store::Item b = lesson(2, "In this repo, use pnpm instead of npm!");
  store::Item c = lesson(3, "Install with pnpm, npm breaks the lockfile");
  EXPECT_EQ(ask({.text = "pnpm or npm"}, {a, b, c}).size(), 2U);
  c.lesson->group = a.lesson->group = id_of(1);
  EXPECT_EQ(ask({.text = "pnpm or npm"}, {a, b, c}).size(), 1U);
}

TEST(Ranking, ShowsDocumentsThatOnlyResembleEachOther) {
  const auto hits =
      ask({.text = "parse the json config"},
          {document(1, "parse the json config file"), document(2, "parse the json config  file"),
           document(3, "parse a json config file")});
  EXPECT_EQ(hits.size(), 2U);
}

TEST(Ranking, ShowsTheBestSegmentOfATranscriptWhenGrouped) {
  const auto segment = [](std::uint8_t n, const char* transcript, std::string text) {
    store::Item item{.row = n, .id = id_of(n), .kind = ItemKind::kSegment, .text = text};
    item.segment = Segment{.id = item.id, .index = n, .speaker = Speaker::kPerson, .text = text};
    item.transcript_id = transcript;
    return item;
  };
  const std::vector<store::Item> items = {segment(1, "t1", "we decided on postgres for billing"),
                                          segment(2, "t1", "postgres it is, for billing then"),
                                          segment(3, "t2", "billing uses postgres, yes")};
  RecallQuery query{.text = "postgres for billing", .kinds = {ItemKind::kSegment}};
  EXPECT_EQ(ask(query, items).size(), 3U);
  query.group_by_transcript = true;
  const auto hits = ask(query, items);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_NE(hits[0].transcript_id, hits[1].transcript_id);
  EXPECT_EQ(hits[0].external_id, hits[0].transcript_id + "#" + std::to_string(ids(hits)[0]));
}

TEST(Ranking, ExplainsItselfWhenAsked) {
  RecallQuery query{.text = "integration tests need migrations"};
  EXPECT_TRUE(ask(query, team_rules())[0].why.empty());
  query.explain = true;
  const auto why = ask(query, team_rules())[0].why;
  ASSERT_GE(why.size(), 2U);
  EXPECT_TRUE(why[0].starts_with("has 3 of 4 words of the task")) << why[0];
}

}  // namespace
}  // namespace hardwon::recall
