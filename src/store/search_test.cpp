// Full text and visibility: what is found, and what never is.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "base/text.h"
#include "store/records.h"
#include "store/test_store.h"

namespace hardwon::store {
namespace {

class Search : public StoreTest {
 protected:
  std::vector<TextHit> search(const std::string& text, const Visibility& visibility,
                              const std::vector<ItemKind>& kinds, std::size_t limit = 100) {
    std::vector<TextHit> hits;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      TextQuery query{.terms = words(text), .kinds = kinds, .limit = limit};
      query.scopes = TRY(visible_scopes(reader, visibility));
      hits = TRY(search_text(reader, query));
      return {};
    }));
    return hits;
  }
  ItemId id_at(ItemRow row) {
    ItemId id;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      id = TRY(load_items(reader, std::vector<ItemRow>{row})).at(0).id;
      return {};
    }));
    return id;
  }
  const Visibility all_{.all = true, .scope = {}};
  const std::vector<ItemKind> lessons_ = {ItemKind::kLesson};
};

TEST_F(Search, FindsWordsByTheirStemsAndIdentifiersByTheirParts) {
  put(put_lesson, lesson_of("a", "Deploying needs parseJsonFile configured"));
  put(put_lesson, lesson_of("b", "Run the linter"));
  for (const char* question : {"deploys", "deployed", "JSON", "parsejsonfile", "configuration"}) {
    const auto hits = search(question, all_, lessons_);
    ASSERT_EQ(hits.size(), 1U) << question;
    EXPECT_EQ(id_at(hits[0].row), id_of("a"));
    EXPECT_GT(hits[0].bm25, 0);
  }
  EXPECT_TRUE(search("the", all_, lessons_).empty());
  EXPECT_TRUE(search("nothing", all_, lessons_).empty());
  EXPECT_TRUE(search("\" OR NEAR( * : ^ {", all_, lessons_).empty());
}

TEST_F(Search, StemsAndWordsMeetTheSameEntries) {
  put(put_lesson, lesson_of("a", "generalizations of the organizational databases"));
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const std::vector<std::string> plain = {"generalizations", "organizational", "databases"};
    std::vector<std::string> stems;
    for (const std::string& word : plain) stems.push_back(stem(word));
    const std::vector<std::int64_t> one(3, 1);
    EXPECT_EQ(TRY(document_frequency(reader, plain)), one);
    EXPECT_EQ(TRY(document_frequency(reader, stems)), one);
    EXPECT_EQ(TRY(document_frequency(reader, text_terms("generalizations"))),
              (std::vector<std::int64_t>{1}));
    return {};
  }));
}

TEST_F(Search, RareWordsWeighMoreThanCommonOnes) {
  for (int i = 0; i < 20; ++i) {
    put(put_lesson, lesson_of(numbered("c", i), "common text about builds"));
  }
  put(put_lesson, lesson_of("rare", "zebra text"));
  const auto hits = search("common zebra", all_, lessons_);
  ASSERT_EQ(hits.size(), 21U);
  EXPECT_EQ(id_at(hits[0].row), id_of("rare"));
  EXPECT_EQ(search("common zebra", all_, lessons_, 3).size(), 3U);
}

// A row that cannot be among the best is not scored to the end; the best are the same.
TEST_F(Search, BestOfManyAreExact) {
  const std::vector<std::string> words = {"billing", "invoice", "retry", "cache", "parser"};
  write([&](Writer& writer) -> Result<void> {
    for (int i = 0; i < 300; ++i) {
      std::string text;
      for (int bits = i, w = 0; w < 5; ++w, bits /= 2) {
        for (int n = 0; n < (bits % 2) * (1 + i % 3); ++n) {
          text += words[static_cast<std::size_t>(w)] + " ";
        }
      }
      for (int n = 0; n < i % 17; ++n) text += "filler" + std::to_string(n) + " ";
      TRY(put_lesson(writer, lesson_of(numbered("many", i), text)));
    }
    return {};
  });
  const auto best = [&](std::size_t limit) {
    std::vector<TextHit> hits;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      TextQuery query{.terms = words, .kinds = {ItemKind::kLesson}, .limit = limit};
      query.scopes = TRY(visible_scopes(reader, {.all = true}));
      hits = TRY(search_text(reader, query));
      return {};
    }));
    return hits;
  };
  const std::vector<TextHit> all = best(1000);
  ASSERT_GT(all.size(), 250U);
  for (const std::size_t limit : {1U, 7U, 40U, 200U}) {
    const std::vector<TextHit> some = best(limit);
    ASSERT_EQ(some.size(), limit);
    for (std::size_t i = 0; i < limit; ++i) {
      EXPECT_EQ(some[i].row, all[i].row) << limit << " " << i;
      EXPECT_EQ(some[i].bm25, all[i].bm25);
    }
  }
}

TEST_F(Search, KindsAreKeptApartAndCompared) {
  put(put_lesson, lesson_of("l", "kubernetes upgrade"));
  put(put_document,
      Document{.id = id_of("d"), .scope = scope_of("ann", "/p"), .content = "kubernetes upgrade"});
  put(put_segment, Segment{.id = id_of("m"),
                           .session = session_of("s"),
                           .scope = scope_of("ann", "/p"),
                           .speaker = Speaker::kPerson,
                           .text = "kubernetes upgrade"});
  put(put_segment, Segment{.id = id_of("t"),
                           .session = session_of("s"),
                           .scope = scope_of("ann", "/p"),
                           .index = 1,
                           .speaker = Speaker::kTool,
                           .text = "kubernetes upgrade"});
  put(put_episode, episode_of("e", "kubernetes upgrade"));
  for (const ItemKind kind :
       {ItemKind::kLesson, ItemKind::kDocument, ItemKind::kSegment, ItemKind::kEpisode}) {
    EXPECT_EQ(search("upgrade", all_, {kind}).size(), 1U);
  }
  const auto hits = search("upgrade", all_, {ItemKind::kLesson, ItemKind::kDocument});
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_DOUBLE_EQ(hits[0].bm25, hits[1].bm25) << "one idf for both kinds";
}

TEST_F(Search, ChangedAndRemovedTextIsNotFound) {
  put(put_lesson, lesson_of("a", "alpha"));
  put(put_lesson, lesson_of("a", "beta"));
  EXPECT_TRUE(search("alpha", all_, lessons_).empty());
  EXPECT_EQ(search("beta", all_, lessons_).size(), 1U);
  EXPECT_OK(write([&](Writer& writer) {
    return add_human_event(writer, id_of("a"), {"drop", "", at_second(1)});
  }));
  EXPECT_TRUE(search("beta", all_, lessons_).empty());
}

TEST_F(Search, AnotherScopesMarkCannotBeWrittenIntoAText) {
  put(put_lesson, lesson_of("mine", "secret plan", scope_of("ann")));
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto mine = TRY(visible_scopes(reader, {.scope = scope_of("ann")}));
    EXPECT_EQ(mine.size(), 1U);
    return {};
  }));
  put(put_lesson, lesson_of("theirs", "#1 secret #1 plan", scope_of("bob")));
  const auto hits = search("secret", {.scope = scope_of("ann")}, lessons_);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(id_at(hits[0].row), id_of("mine"));
}

TEST_F(Search, AKnownRemoteJoinsClones) {
  put(put_lesson, lesson_of("a", "alpha", scope_of("ann", "/old")));
  put(put_lesson, lesson_of("b", "alpha", scope_of("ann", "/new")));
  const Visibility from_new{.scope = scope_of("ann", "/new")};
  EXPECT_EQ(search("alpha", from_new, lessons_).size(), 1U);
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(put_project_alias(writer, "/old", "host/repository"));
    return put_project_alias(writer, "/new", "host/repository");
  }));
  EXPECT_EQ(search("alpha", from_new, lessons_).size(), 2U);
  EXPECT_EQ(search("alpha", {.scope = scope_of("bob", "/new")}, lessons_).size(), 0U);
  EXPECT_OK(write([&](Writer& writer) { return put_project_alias(writer, "/new", "host/other"); }));
  EXPECT_EQ(search("alpha", from_new, lessons_).size(), 1U);
}

// ---------------------------------------------------------------- the promise, as a property

const std::vector<std::string> kKeys = {"user", "project", "agent"};
const std::vector<std::string> kValues = {"a", "b", "c,=\\", ""};

Scope any_scope() {
  Scope scope;
  for (const std::string& key : kKeys) {
    if (*rc::gen::inRange(0, 2) == 1) scope.labels[key] = *rc::gen::elementOf(kValues);
  }
  return scope;
}

// Promise 9: a record is visible iff each label it carries equals the query's.
bool visible(const Scope& record, const Scope& query,
             const std::map<std::string, std::string>& remotes) {
  for (const auto& [key, value] : record.labels) {
    const auto asked = query.labels.find(key);
    if (asked == query.labels.end()) return false;
    const auto one = remotes.find(value), other = remotes.find(asked->second);
    const bool joined = key == "project" && one != remotes.end() && other != remotes.end() &&
                        one->second == other->second;
    if (asked->second != value && !joined) return false;
  }
  return true;
}

TEST(Visibility, IsThePlainDefinition) {
  const ManualClock clock(at_second(0));
  const bool held = rc::check([&] {
    const auto directory = fresh_directory("visibility");
    auto database = Database::open({.directory = directory}, clock);
    RC_ASSERT(database.has_value());
    std::vector<Scope> records;
    std::map<std::string, std::string> remotes;
    const int n = *rc::gen::inRange(1, 12);
    for (int i = 0; i < n; ++i) records.push_back(any_scope());
    for (const std::string& project : kValues) {
      if (*rc::gen::inRange(0, 2) == 1) {
        remotes[project] = *rc::gen::elementOf(std::vector<std::string>{"r1", "r2"});
      }
    }
    RC_ASSERT((*database)->write([&](Writer& writer) -> Result<void> {
      for (int i = 0; i < n; ++i) {
        TRY(put_lesson(writer, lesson_of(numbered("l", i), "shared words",
                                         records[static_cast<std::size_t>(i)])));
      }
      for (const auto& [project, remote] : remotes) {
        TRY(put_project_alias(writer, project, remote));
      }
      return {};
    }));
    for (int questions = 0; questions < 6; ++questions) {
      const Scope query = any_scope();
      std::set<ItemId> expected, searched, listed;
      for (int i = 0; i < n; ++i) {
        if (visible(records[static_cast<std::size_t>(i)], query, remotes)) {
          expected.insert(id_of(numbered("l", i)));
        }
      }
      RC_ASSERT((*database)->read([&](const Reader& reader) -> Result<void> {
        LessonFilter filter;
        filter.visibility.scope = query;
        for (const Lesson& lesson : TRY(list_lessons(reader, filter))) listed.insert(lesson.id);
        TextQuery question{.terms = {"words"}, .kinds = {ItemKind::kLesson}};
        question.scopes = TRY(visible_scopes(reader, filter.visibility));
        std::vector<ItemRow> rows;
        for (const TextHit& hit : TRY(search_text(reader, question))) rows.push_back(hit.row);
        for (const Item& item : TRY(load_items(reader, rows))) searched.insert(item.id);
        return {};
      }));
      RC_ASSERT(listed == expected);
      RC_ASSERT(searched == expected);
    }
    database->reset();
    std::filesystem::remove_all(directory);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace hardwon::store
