// Forgetting leaves no byte; masking lets no secret in; the order of puts does not matter.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "store/test_store.h"

namespace hardwon::store {
namespace {

const Visibility kAll{.all = true, .scope = {}};
const Bucket kBucket{.learner = "rule", .bucket = "b", .scope = scope_of("ann", "/p")};

class Forget : public StoreTest {
 protected:
  std::map<std::string, std::int64_t> forget_it(const ForgetFilter& filter, bool dry = false) {
    std::map<std::string, std::int64_t> counts;
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      counts = TRY(forget(writer, filter, dry));
      return {};
    }));
    if (!dry) {
      EXPECT_OK(database_->scrub());
    }
    return counts;
  }
  // Every kind of record, the word in every text of it.
  void fill(const std::string& word) {
    Episode episode = episode_of("e-" + word, "task about " + word);
    episode.session = session_of(word);
    episode.source_path = "/logs/" + word;
    episode.steps[1].output = "output says " + word;
    episode.steps[0].parameters_json = R"({"x":")" + word + R"("})";
    put(put_episode, episode);
    put(put_session, Session{.id = session_of(word),
                             .agent = "a",
                             .transcript_id = "t",
                             .scope = scope_of("ann", "/p"),
                             .source_path = "/logs/" + word});
    put(put_segment, Segment{.id = id_of("m-" + word),
                             .session = session_of(word),
                             .scope = scope_of("ann", "/p"),
                             .speaker = Speaker::kPerson,
                             .text = "I said " + word,
                             .time = at_second(5),
                             .episode = episode.id});
    put(put_document, Document{.id = id_of("d-" + word),
                               .external_id = word,
                               .scope = scope_of("ann"),
                               .content = "document " + word});
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      const auto work = TRY(due_work(writer.reader(), at_second(10'000), 10));
      std::set<Bucket> touched;
      for (const WorkItem& item : work) {
        TRY(finish_work(writer, item,
                        std::vector<StoredObservation>{{.learner = "rule",
                                                        .bucket = "b",
                                                        .scope = scope_of("ann", "/p"),
                                                        .item = episode.id,
                                                        .episode = episode.id,
                                                        .json = R"({"quote":")" + word + R"("})"}},
                        touched));
      }
      Lesson lesson = lesson_of("l-" + word, "never do " + word);
      lesson.provenance[0].episode = episode.id;
      std::vector<LearnedLesson> lessons = learned_;
      lessons.push_back({lesson, {{.lesson = lesson.id, .episode = episode.id, .observed = true}}});
      learned_ = lessons;
      TRY(replace_bucket_lessons(writer, kBucket, lessons, {{"about " + word, 1}}));
      InjectionRecord injection{.id = content_id<RecallId>({word}),
                                .time = at_second(6),
                                .task = "task " + word,
                                .block = "block " + word,
                                .scope = scope_of("ann")};
      injection.lessons = {{.id = lesson.id, .statement = lesson.statement}};
      return put_injection(writer, injection);
    }));
  }
  std::vector<LearnedLesson> learned_;
};

TEST_F(Forget, ATextIsGoneFromEveryFileAndTheRestStays) {
  fill("wolframite");
  fill("basalt");
  ASSERT_FALSE(files_with("wolframite").empty());
  const auto planned = forget_it({.text = "Wolframite"}, true);
  EXPECT_FALSE(files_with("wolframite").empty()) << "a dry run removes nothing";
  const auto counts = forget_it({.text = "Wolframite"});
  EXPECT_EQ(counts, planned);
  EXPECT_EQ(counts.at("document"), 1);
  EXPECT_EQ(counts.at("segment"), 1);
  EXPECT_EQ(counts.at("episode"), 1);
  EXPECT_EQ(counts.at("injection"), 2) << "of lessons that are learned again too";
  EXPECT_EQ(files_with("wolframit"), std::vector<std::string>());
  EXPECT_FALSE(files_with("basalt").empty());
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_TRUE(TRY(get_episode(reader, id_of("e-basalt"))).has_value());
    EXPECT_EQ(TRY(get_episode(reader, id_of("e-wolframite"))), std::nullopt);
    EXPECT_EQ(TRY(dirty_buckets(reader, 10)).size(), 1U) << "what is left is learned again";
    EXPECT_EQ(TRY(bucket_observations(reader, kBucket)).size(), 1U);
    return {};
  }));
  const auto damage = verify(directory_);
  ASSERT_OK(damage);
  EXPECT_TRUE(damage->empty()) << (*damage)[0].what;
}

TEST_F(Forget, ASourceIsGoneWithItsSessions) {
  fill("wolframite");
  fill("basalt");
  forget_it({.source = "/logs/wolframite"});
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_session(reader, session_of("wolframite"))), std::nullopt);
    EXPECT_EQ(TRY(get_episode(reader, id_of("e-wolframite"))), std::nullopt);
    EXPECT_EQ(TRY(get_lesson(reader, id_of("l-wolframite"))), std::nullopt);
    EXPECT_TRUE(TRY(get_session(reader, session_of("basalt"))).has_value());
    EXPECT_EQ(TRY(count_documents(reader, kAll)), 2) << "documents come from elsewhere";
    return {};
  }));
}

TEST_F(Forget, WhatWasForgottenStaysAwayWhenItIsImportedAgain) {
  fill("wolframite");
  forget_it({.source = "/logs/wolframite"});
  Episode again = episode_of("e-wolframite", "task about wolframite");
  EXPECT_EQ(put(put_episode, again), PutResult::kUnchanged);
  EXPECT_EQ(put(put_segment, Segment{.id = id_of("m-wolframite"),
                                     .session = session_of("x"),
                                     .speaker = Speaker::kPerson,
                                     .text = "wolframite"}),
            PutResult::kUnchanged);
  EXPECT_EQ(put(put_session, Session{.id = session_of("wolframite"), .title = "wolframite"}),
            PutResult::kUnchanged);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_episode(reader, again.id)), std::nullopt);
    EXPECT_EQ(TRY(pending_episodes(reader)), 0);
    return {};
  }));
}

TEST_F(Forget, AForgottenStepStaysAwayAndItsEpisodeStays) {
  Episode episode = episode_of("e", "plain task", 3);
  episode.steps[1].output = "wolframite inside";
  put(put_episode, episode);
  EXPECT_EQ(forget_it({.text = "wolframite"}).at("step"), 1);
  put(put_episode, episode);
  EXPECT_EQ(files_with("wolframite"), std::vector<std::string>());
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_episode(reader, episode.id))->steps.size(), 2U);
    return {};
  }));
  EXPECT_EQ(put(put_episode, episode), PutResult::kUnchanged);
}

TEST_F(Forget, ATextInTheNameOfAScopeIsSaidToStay) {
  put(put_lesson, lesson_of("a", "one", scope_of("ann", "/wolframite")));
  const auto counts = forget_it({.text = "wolframite"});
  EXPECT_EQ(counts.at("kept:scope"), 1);
  EXPECT_FALSE(counts.contains("lesson"));
}

TEST_F(Forget, AScopeIsGoneWithItsName) {
  put(put_lesson, lesson_of("a", "one", scope_of("ann", "/secret-project")));
  put(put_lesson, lesson_of("b", "two", scope_of("ann", "/p")));
  EXPECT_OK(write(
      [&](Writer& writer) { return put_project_alias(writer, "/secret-project", "host/r"); }));
  EXPECT_EQ(forget_it({.scope = scope_of("ann", "/secret-project")}).at("lesson"), 1);
  EXPECT_EQ(files_with("secret-project"), std::vector<std::string>());
}

TEST_F(Forget, IdsAndTimesSelect) {
  put(put_document, Document{.id = id_of("d1"), .content = "one"});
  put(put_document, Document{.id = id_of("d2"), .content = "two"});
  ForgetFilter by_id;
  by_id.ids = {id_of("d1")};
  EXPECT_EQ(forget_it(by_id).at("document"), 1);
  EXPECT_EQ(put(put_document, Document{.id = id_of("d1"), .content = "one"}), PutResult::kNew)
      << "a person who adds a document again means it";
  put(put_episode, episode_of("old", "old task"));
  Episode young = episode_of("young", "young task");
  young.started_at = at_second(1'000);
  put(put_episode, young);
  ForgetFilter by_time;
  by_time.before = at_second(500);
  EXPECT_EQ(forget_it(by_time).at("episode"), 1);
  EXPECT_EQ(files_with("old task"), std::vector<std::string>());
  EXPECT_FALSE(files_with("young task").empty());
}

TEST_F(Forget, ExactlyOneFilterIsAsked) {
  const auto none = write([](Writer& writer) -> Result<void> {
    TRY(forget(writer, {}, false));
    return {};
  });
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  const auto unknown = write([](Writer& writer) -> Result<void> {
    ForgetFilter filter;
    filter.ids = {id_of("nobody")};
    TRY(forget(writer, filter, false));
    return {};
  });
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST_F(Forget, TombstonesTellDerivedData) {
  put(put_lesson, lesson_of("a", "wolframite"));
  std::int64_t seq = 0;
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    seq = TRY(last_change(reader));
    return {};
  }));
  forget_it({.text = "wolframite"});
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto changes = TRY(changes_since(reader, seq, 10));
    EXPECT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes[0].removed);
    EXPECT_EQ(changes[0].text, "");
    return {};
  }));
}

// ---------------------------------------------------------------- masking

const std::string kKey = "AKIAIOSFODNN7EXAMPL3";
const Scope kKeyScope = scope_of("ann " + kKey, "/p/" + kKey);
const Outcome kKeyOutcome{.status = OutcomeStatus::kFailure, .verdict = kKey};

Episode episode_of_secrets() {
  Episode episode{.id = id_of("e"),
                  .external_id = kKey,
                  .scope = kKeyScope,
                  .task = "use " + kKey,
                  .context = {kKey, kKey, kKey, kKey, {kKey}},
                  .outcome = kKeyOutcome,
                  .artifacts_json = "[\"" + kKey + "\"]",
                  .source_path = "/" + kKey};
  episode.reflection = {{kKey}, {kKey}, {kKey}};
  episode.steps = {{.number = 1,
                    .tool = kKey,
                    .action = kKey,
                    .parameters_json = "{\"k\":\"" + kKey + "\"}",
                    .output = kKey}};
  return episode;
}

Lesson lesson_of_secrets() {
  Lesson lesson = lesson_of("l", "say " + kKey, kKeyScope);
  lesson.kind = LessonKind::kErrorRecovery;
  lesson.payload = ErrorRecovery{kKey, {kKey}, {kKey}};
  lesson.when = {{kKey, kKey, kKey, kKey, {kKey}}, kKey, kKey, {kKey}, {kKey}};
  lesson.provenance = {{.path = kKey, .quote = kKey}};
  lesson.learner = kKey;
  return lesson;
}

Result<void> put_secrets(Writer& writer) {
  const Episode episode = episode_of_secrets();
  TRY(put_episode(writer, episode));
  TRY(append_steps(writer, episode.id,
                   std::vector<Step>{{.number = 2, .tool = kKey, .output = kKey}}));
  TRY(put_session(writer, {.id = session_of("s"),
                           .agent = kKey,
                           .agent_session = kKey,
                           .transcript_id = kKey,
                           .scope = kKeyScope,
                           .directory = kKey,
                           .model = kKey,
                           .title = kKey,
                           .source_path = kKey}));
  TRY(put_segment(writer, {.id = id_of("m"),
                           .session = session_of("s"),
                           .scope = kKeyScope,
                           .speaker = Speaker::kPerson,
                           .text = kKey}));
  TRY(put_document(writer, {.id = id_of("d"),
                            .external_id = kKey,
                            .scope = kKeyScope,
                            .content = kKey,
                            .metadata_json = "{\"" + kKey + "\":1}"}));
  TRY(put_source(writer, {.path = kKey, .format = kKey, .hash = kKey}));
  TRY(put_project_alias(writer, kKey, kKey));
  return put_note(writer, kKey, kKey);
}

Result<void> put_learned_secrets(Writer& writer) {
  const Lesson lesson = lesson_of_secrets();
  TRY(put_lesson(writer, lesson));
  TRY(add_human_event(writer, lesson.id, {"edit", kKey, at_second(1)}));
  TRY(put_evidence(writer, {.lesson = lesson.id, .episode = id_of("x"), .outcome = kKeyOutcome}));
  TRY(add_feedback(writer, lesson.id, kKeyOutcome, {}));
  InjectionRecord injection{.id = content_id<RecallId>({"r"}),
                            .task = kKey,
                            .block = kKey,
                            .session = kKey,
                            .scope = kKeyScope};
  injection.lessons = {{.id = lesson.id, .statement = kKey}};
  injection.ghosts = injection.lessons;
  TRY(put_injection(writer, injection));
  TRY(enqueue_session(writer, session_of("s")));
  const WorkItem work = TRY(due_work(writer.reader(), at_second(9), 1)).at(0);
  TRY(fail_work(writer, work, kKey));
  std::set<Bucket> touched;
  TRY(finish_work(writer, work,
                  std::vector<StoredObservation>{
                      {.learner = kKey, .bucket = kKey, .scope = kKeyScope, .json = kKey}},
                  touched));
  TRY(replace_bucket_lessons(writer, {kKey, kKey, kKeyScope}, {}, {{kKey, 1}}));
  return {};
}

TEST_F(Forget, NoSecretGetsThroughAnyField) {
  EXPECT_OK(write(put_secrets));
  EXPECT_OK(write(put_learned_secrets));
  EXPECT_EQ(files_with(kKey), std::vector<std::string>());
  EXPECT_EQ(files_with("akiaiosfodnn7exampl3"), std::vector<std::string>()) << "nor its terms";
  std::int64_t masked = 0;
  for (const auto& [kind, count] : database_->masked()) masked += count;
  EXPECT_GT(masked, 60);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(find_episode(reader, kKey, {.scope = kKeyScope})), id_of("e"))
        << "a masked name is still found";
    EXPECT_TRUE(TRY(find_source(reader, kKey)).has_value());
    return {};
  }));
  EXPECT_EQ(put(put_episode, episode_of_secrets()), PutResult::kChanged) << "step 2 was appended";
  EXPECT_EQ(put(put_episode, episode_of_secrets()), PutResult::kUnchanged)
      << "masking is idempotent";
}

// ---------------------------------------------------------------- order

TEST_F(Forget, TheOrderOfPutsDoesNotMatter) {
  using Put = std::function<Result<void>(Writer&)>;
  std::vector<Put> puts;
  for (int i = 0; i < 4; ++i) {
    puts.push_back([i](Writer& writer) -> Result<void> {
      TRY(put_episode(writer, episode_of(numbered("e", i), numbered("task ", i))));
      return {};
    });
    puts.push_back([i](Writer& writer) -> Result<void> {
      TRY(put_segment(writer, {.id = id_of(numbered("m", i)),
                               .session = session_of("s"),
                               .scope = scope_of("ann", "/p"),
                               .index = static_cast<std::uint32_t>(i),
                               .speaker = Speaker::kPerson,
                               .text = numbered("text ", i),
                               .episode = id_of(numbered("e", i))}));
      return {};
    });
    puts.push_back([i](Writer& writer) {
      return put_evidence(
          writer, {.lesson = id_of("l"), .episode = id_of(numbered("e", i)), .observed = true});
    });
  }
  puts.push_back([](Writer& writer) -> Result<void> {
    TRY(put_session(writer, {.id = session_of("s"), .transcript_id = "t"}));
    return {};
  });
  puts.push_back([](Writer& writer) { return put_rating(writer, id_of("l"), 3, {}); });
  puts.push_back(
      [](Writer& writer) { return supersede(writer, id_of("l"), id_of("l2"), at_second(3)); });
  puts.push_back([](Writer& writer) -> Result<void> {
    TRY(put_lesson(writer, lesson_of("l", "statement")));
    return {};
  });
  const auto dump = [&] {
    std::string out;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      for (int i = 0; i < 4; ++i) {
        const auto episode = TRY(get_episode(reader, id_of(numbered("e", i))));
        out += episode->task + to_text(episode->id) + std::to_string(episode->steps.size());
      }
      for (const auto& segment : TRY(session_segments(reader, session_of("s"), false))) {
        out += segment.text + to_text(segment.episode);
      }
      for (const auto& row : TRY(lesson_evidence(reader, id_of("l")))) {
        out +=
            to_text(row.episode) + std::string(name_of(row.outcome.status)) + row.outcome.verdict;
      }
      out += to_text(TRY(get_lesson(reader, id_of("l")))->superseded_by);
      out += std::to_string(TRY(item_count(reader)));
      return {};
    }));
    return out;
  };
  std::string expected;
  Rng rng(3);
  for (int round = 0; round < 12; ++round) {
    directory_ = fresh_directory("order");
    open();
    for (const Put& one : puts) EXPECT_OK(write(one));
    for (const Put& one : puts) EXPECT_OK(write(one));
    if (round == 0) expected = dump();
    EXPECT_EQ(dump(), expected) << "round " << round;
    for (std::size_t i = puts.size(); i > 1; --i) std::swap(puts[i - 1], puts[rng.below(i)]);
  }
}

}  // namespace
}  // namespace hardwon::store
