// Lessons, evidence, the work queue and the reduce step: what survives learning again.

#include <gtest/gtest.h>

#include "store/records.h"
#include "store/test_store.h"

namespace hardwon::store {
namespace {

using Learning = StoreTest;

const Bucket kBucket{.learner = "rule", .bucket = "tabs", .scope = scope_of("ann", "/p")};

Evidence observed(const std::string& lesson, const std::string& episode) {
  return {.lesson = id_of(lesson), .episode = id_of(episode), .observed = true};
}

class Reduce : public StoreTest {
 protected:
  LessonCounts replace(const std::vector<LearnedLesson>& lessons) {
    LessonCounts counts;
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      counts = TRY(replace_bucket_lessons(writer, kBucket, lessons, {{"too general", 2}}));
      return {};
    }));
    return counts;
  }
  std::optional<Lesson> lesson(const std::string& name) {
    std::optional<Lesson> found;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      found = TRY(get_lesson(reader, id_of(name)));
      return {};
    }));
    return found;
  }
  void act(const std::string& name, const std::string& kind, const std::string& text = "") {
    EXPECT_OK(write([&](Writer& writer) {
      clock_.advance(std::chrono::seconds(1));
      return add_human_event(writer, id_of(name), {kind, text, clock_.now()});
    }));
  }
  std::vector<Evidence> evidence(const std::string& name) {
    std::vector<Evidence> found;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      found = TRY(lesson_evidence(reader, id_of(name)));
      return {};
    }));
    return found;
  }
};

TEST_F(Reduce, LearningTheSameAgainChangesNothing) {
  const std::vector<LearnedLesson> lessons = {
      {lesson_of("a", "use tabs"), {observed("a", "e1"), observed("a", "e2")}},
      {lesson_of("b", "run make first"), {}}};
  EXPECT_EQ(replace(lessons).added, 2);
  std::int64_t before = 0, after = 0;
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    before = TRY(last_change(reader));
    return {};
  }));
  const LessonCounts again = replace(lessons);
  EXPECT_EQ(again.unchanged, 2);
  EXPECT_EQ(again.added + again.changed + again.retired, 0);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    after = TRY(last_change(reader));
    EXPECT_EQ(TRY(dropped_reasons(reader)).at("too general"), 2);
    EXPECT_TRUE(TRY(dirty_buckets(reader, 10)).empty());
    return {};
  }));
  EXPECT_EQ(before, after);
}

TEST_F(Reduce, AVanishedLessonGoesUnlessSomeoneSpokeAboutIt) {
  replace({{lesson_of("silent", "one"), {observed("silent", "e1")}},
           {lesson_of("pinned", "two"), {}},
           {lesson_of("tried", "three"), {observed("tried", "e1")}}});
  act("pinned", "pin");
  EXPECT_OK(write([&](Writer& writer) {
    return put_evidence(writer,
                        {.lesson = id_of("tried"), .episode = id_of("e2"), .applied = true});
  }));
  EXPECT_EQ(replace({}).retired, 3);
  EXPECT_EQ(lesson("silent"), std::nullopt);
  EXPECT_EQ(lesson("pinned")->status, LessonStatus::kRetired);
  EXPECT_TRUE(lesson("pinned")->pinned);
  EXPECT_EQ(lesson("tried")->status, LessonStatus::kRetired);
  EXPECT_EQ(evidence("tried").size(), 1U) << "observed goes, applied stays";
  EXPECT_EQ(evidence("silent").size(), 0U);
  EXPECT_EQ(replace({}).retired, 0) << "retired once";
  EXPECT_EQ(replace({{lesson_of("pinned", "two"), {}}}).changed, 1);
  EXPECT_EQ(lesson("pinned")->status, LessonStatus::kActive);
}

TEST_F(Reduce, WhatAPersonDidHoldsOverWhatIsLearnedAgain) {
  const std::vector<LearnedLesson> lessons = {{lesson_of("a", "use tabs"), {}}};
  replace(lessons);
  act("a", "edit", "use tabs, width 4");
  act("a", "suppress");
  act("a", "pin");
  EXPECT_OK(write([&](Writer& writer) { return put_rating(writer, id_of("a"), 4, {}); }));
  EXPECT_EQ(replace(lessons).unchanged, 1);
  EXPECT_EQ(lesson("a")->statement, "use tabs, width 4");
  EXPECT_TRUE(lesson("a")->suppressed);
  act("a", "restore");
  act("a", "unpin");
  replace(lessons);
  EXPECT_FALSE(lesson("a")->suppressed);
  EXPECT_FALSE(lesson("a")->pinned);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(lesson_rating(reader, id_of("a"))).mean, 4.0);
    EXPECT_EQ(TRY(human_events(reader, id_of("a"))).size(), 5U);
    return {};
  }));
}

TEST_F(Reduce, ADroppedLessonNeverReturns) {
  const std::vector<LearnedLesson> lessons = {{lesson_of("a", "use tabs"), {}}};
  replace(lessons);
  act("a", "drop");
  EXPECT_EQ(lesson("a"), std::nullopt);
  replace(lessons);
  put(put_lesson, lesson_of("a", "use tabs"));
  EXPECT_EQ(lesson("a"), std::nullopt);
}

TEST_F(Reduce, KeepingMakesACandidateActive) {
  Lesson candidate = lesson_of("a", "use tabs");
  candidate.status = LessonStatus::kCandidate;
  replace({{candidate, {}}});
  EXPECT_EQ(lesson("a")->status, LessonStatus::kCandidate);
  act("a", "keep");
  replace({{candidate, {}}});
  EXPECT_EQ(lesson("a")->status, LessonStatus::kActive);
}

TEST_F(Reduce, SupersessionSurvivesAndNeedsNoOrder) {
  EXPECT_OK(write(
      [&](Writer& writer) { return supersede(writer, id_of("a"), id_of("b"), at_second(50)); }));
  replace({{lesson_of("a", "use tabs"), {}}, {lesson_of("b", "use blanks"), {}}});
  EXPECT_EQ(lesson("a")->superseded_by, id_of("b"));
  EXPECT_EQ(lesson("a")->valid_to, at_second(50));
  EXPECT_TRUE(lesson("b")->superseded_by.empty());
}

TEST_F(Reduce, TheGroupIsTheEnginesAndStays) {
  const std::vector<LearnedLesson> lessons = {{lesson_of("a", "use tabs"), {}}};
  replace(lessons);
  EXPECT_OK(
      write([&](Writer& writer) { return set_lesson_group(writer, id_of("a"), id_of("g")); }));
  EXPECT_EQ(replace(lessons).unchanged, 1);
  EXPECT_EQ(lesson("a")->group, id_of("g"));
}

TEST_F(Reduce, UnknownActsAreRefused) {
  replace({{lesson_of("a", "use tabs"), {}}});
  const auto refused = write([&](Writer& writer) {
    return add_human_event(writer, id_of("a"), {"praise", "", at_second(1)});
  });
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  const auto nobody = write([&](Writer& writer) {
    return add_human_event(writer, id_of("none"), {"pin", "", at_second(1)});
  });
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
}

// ---------------------------------------------------------------- evidence

TEST_F(Reduce, FlagsOnlyGainAndOutcomesReplace) {
  const Outcome failure{.status = OutcomeStatus::kFailure, .source = OutcomeSource::kChecks};
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(put_evidence(writer, {.lesson = id_of("a"), .episode = id_of("e1"), .shown = true}));
    TRY(put_evidence(
        writer,
        {.lesson = id_of("a"), .episode = id_of("e1"), .applied = true, .outcome = failure}));
    return put_evidence(writer, observed("a", "e1"));
  }));
  const auto rows = evidence("a");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].shown && rows[0].applied && rows[0].observed);
  EXPECT_EQ(rows[0].outcome, failure) << "an unknown outcome replaces nothing";
}

TEST_F(Reduce, AnEpisodesOutcomeReachesItsEvidenceInAnyOrder) {
  const Episode episode = episode_of("e1", "task");
  for (const bool episode_first : {true, false}) {
    const std::string name = episode_first ? "before" : "after";
    if (episode_first) put(put_episode, episode);
    EXPECT_OK(write([&](Writer& writer) { return put_evidence(writer, observed(name, "e1")); }));
    if (!episode_first) put(put_episode, episode);
    ASSERT_EQ(evidence(name).size(), 1U);
    EXPECT_EQ(evidence(name)[0].outcome, episode.outcome) << name;
  }
  Episode failed = episode;
  failed.outcome = {.status = OutcomeStatus::kFailure, .source = OutcomeSource::kReward};
  put(put_episode, failed);
  EXPECT_EQ(evidence("before")[0].outcome, failed.outcome);
}

TEST_F(Reduce, FeedbackWithoutAnEpisodeIsATrialEachTime) {
  const Outcome success{.status = OutcomeStatus::kSuccess, .source = OutcomeSource::kVerdict};
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(add_feedback(writer, id_of("a"), success, {}));
    TRY(add_feedback(writer, id_of("a"), success, {}));
    TRY(add_feedback(writer, id_of("a"), success, id_of("e1")));
    TRY(add_feedback(writer, id_of("a"), success, id_of("e1")));
    TRY(put_rating(writer, id_of("a"), 2, id_of("e1")));
    return put_rating(writer, id_of("a"), 5, id_of("e1"));
  }));
  EXPECT_EQ(evidence("a").size(), 3U);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(lesson_rating(reader, id_of("a"))).mean, 5.0);
    EXPECT_EQ(TRY(lesson_rating(reader, id_of("b"))).mean, std::nullopt);
    return {};
  }));
  const auto bad = write([&](Writer& writer) { return put_rating(writer, id_of("a"), 6, {}); });
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument);
}

// ---------------------------------------------------------------- queue

class Queue : public StoreTest {
 protected:
  std::vector<WorkItem> due() {
    std::vector<WorkItem> items;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      items = TRY(due_work(reader, clock_.now(), 100));
      return {};
    }));
    return items;
  }
  bool finish(const WorkItem& work, const std::vector<StoredObservation>& observations,
              std::set<Bucket>& touched) {
    bool finished = false;
    EXPECT_OK(write([&](Writer& writer) -> Result<void> {
      finished = TRY(finish_work(writer, work, observations, touched));
      return {};
    }));
    return finished;
  }
};

StoredObservation observation(const std::string& json) {
  return {.learner = kBucket.learner,
          .bucket = kBucket.bucket,
          .scope = kBucket.scope,
          .item = id_of("e1"),
          .episode = id_of("e1"),
          .json = json};
}

TEST_F(Queue, WorkThatWasEnqueuedAgainIsNotFinished) {
  Episode episode = episode_of("e1", "task");
  put(put_episode, episode);
  const auto first = due();
  ASSERT_EQ(first.size(), 1U);
  episode.task = "another task";
  put(put_episode, episode);
  std::set<Bucket> touched;
  EXPECT_FALSE(finish(first[0], {observation("{}")}, touched));
  EXPECT_TRUE(touched.empty());
  EXPECT_TRUE(finish(due()[0], {observation("{}")}, touched));
  EXPECT_EQ(touched.size(), 1U);
  EXPECT_TRUE(due().empty());
  EXPECT_FALSE(finish(first[0], {}, touched)) << "a token is never given twice";
}

TEST_F(Queue, ObservationsAreReplacedAndEqualOnesTouchNothing) {
  std::set<Bucket> touched;
  const auto learn = [&](const std::string& task, const std::vector<StoredObservation>& list) {
    put(put_episode, episode_of("e1", task));
    touched.clear();
    EXPECT_TRUE(finish(due().at(0), list, touched));
    return touched.size();
  };
  const auto stored = [&] {
    std::size_t n = 0;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      n = TRY(bucket_observations(reader, kBucket)).size();
      return {};
    }));
    return n;
  };
  EXPECT_EQ(learn("task", {observation(R"({"a":1})"), observation(R"({"a":2})")}), 1U);
  EXPECT_EQ(stored(), 2U);
  EXPECT_EQ(learn("another", {observation(R"({"a":2})")}), 1U);
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(learn("a third", {observation(R"({"a":2})")}), 0U);
  EXPECT_EQ(stored(), 1U);
  EXPECT_OK(write([&](Writer& writer) { return enqueue_everything(writer); }));
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(Queue, FailedWorkWaitsLongerEachTimeAndBecomesADeadLetter) {
  put(put_episode, episode_of("e1", "task"));
  std::chrono::seconds wait{10};
  for (int attempt = 1; attempt <= 5; ++attempt) {
    const auto items = due();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].attempts, attempt - 1);
    EXPECT_OK(write([&](Writer& writer) { return fail_work(writer, items[0], "why"); }));
    EXPECT_TRUE(due().empty());
    clock_.advance(wait - std::chrono::seconds(1));
    EXPECT_TRUE(due().empty());
    clock_.advance(std::chrono::seconds(1));
    wait *= 4;
  }
  EXPECT_TRUE(due().empty());
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(dead_letters(reader)), 1);
    EXPECT_EQ(TRY(pending_episodes(reader)), 0);
    return {};
  }));
  EXPECT_OK(write([&](Writer& writer) { return enqueue_everything(writer); }));
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(Learning, ListsLessonsByKindStatusAndVisibility) {
  Lesson retired = lesson_of("r", "old");
  retired.status = LessonStatus::kRetired;
  put(put_lesson, lesson_of("a", "one"));
  put(put_lesson, retired);
  put(put_lesson, lesson_of("b", "two", scope_of("bob")));
  const auto listed = [&](const Visibility& visibility, std::optional<LessonStatus> status,
                          const std::vector<LessonKind>& kinds) {
    std::size_t n = 0;
    EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
      LessonFilter filter;
      filter.visibility = visibility;
      filter.status = status;
      filter.kinds = kinds;
      n = TRY(list_lessons(reader, filter)).size();
      return {};
    }));
    return n;
  };
  const Visibility all{.all = true, .scope = {}};
  EXPECT_EQ(listed(all, std::nullopt, {}), 3U);
  EXPECT_EQ(listed({.scope = scope_of("ann", "/p")}, std::nullopt, {}), 2U);
  EXPECT_EQ(listed(all, LessonStatus::kActive, {}), 2U);
  EXPECT_EQ(listed(all, std::nullopt, {LessonKind::kDecision}), 0U);
}

}  // namespace
}  // namespace hardwon::store
