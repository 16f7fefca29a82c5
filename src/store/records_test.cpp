// The contract of every put: new, changed, unchanged; what is put is what is got.

#include "store/records.h"

#include "store/test_store.h"

namespace hardwon::store {
namespace {

using Records = StoreTest;

TEST_F(Records, AnEpisodeIsGotAsItWasPut) {
  const Episode episode = episode_of("e1", "fix the parser", 3);
  EXPECT_EQ(put(put_episode, episode), PutResult::kNew);
  EXPECT_EQ(put(put_episode, episode), PutResult::kUnchanged);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto got = TRY(get_episode(reader, episode.id));
    EXPECT_TRUE(got.has_value());
    EXPECT_EQ(got->steps, episode.steps);
    EXPECT_EQ(got->context, episode.context);
    EXPECT_EQ(got->outcome, episode.outcome);
    EXPECT_EQ(got->scope, episode.scope);
    EXPECT_EQ(got->task, episode.task);
    EXPECT_EQ(got->artifacts_json, episode.artifacts_json);
    EXPECT_EQ(got->reflection.successes, episode.reflection.successes);
    EXPECT_EQ(got->quality, episode.quality);
    EXPECT_EQ(got->reward, std::nullopt);
    EXPECT_EQ(got->line_to, 40);
    const auto found = TRY(find_episode(reader, "e1", {.scope = scope_of("ann", "/p")}));
    EXPECT_EQ(found, episode.id);
    EXPECT_EQ(TRY(find_episode(reader, "e1", {.scope = scope_of("bob", "/p")})), std::nullopt);
    return {};
  }));
}

TEST_F(Records, AChangedEpisodeReplacesItsStepsAndIsQueuedOnce) {
  Episode episode = episode_of("e1", "fix the parser", 3);
  put(put_episode, episode);
  episode.steps.pop_back();
  episode.steps[0].output = "other";
  EXPECT_EQ(put(put_episode, episode), PutResult::kChanged);
  Episode without_steps = episode;
  without_steps.steps.clear();
  without_steps.task = "fix the lexer";
  EXPECT_EQ(put(put_episode, without_steps), PutResult::kChanged);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto got = TRY(get_episode(reader, episode.id));
    EXPECT_EQ(got->task, "fix the lexer");
    EXPECT_EQ(got->steps, episode.steps);
    EXPECT_EQ(TRY(pending_episodes(reader)), 1);
    return {};
  }));
}

TEST_F(Records, AStepThatComesAgainIsSkippedAndAnotherUnderItsNumberRefused) {
  put(put_episode, episode_of("e1", "task", 0));
  const std::vector<Step> steps = {step_of(1), step_of(2)};
  const auto append = [&](const std::vector<Step>& list) {
    return write([&](Writer& writer) { return append_steps(writer, id_of("e1"), list); });
  };
  EXPECT_OK(append(steps));
  EXPECT_OK(append(steps));
  const auto refused = append({step_of(3), step_of(2, "something else")});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    EXPECT_EQ(TRY(get_episode(reader, id_of("e1")))->steps, steps) << "all or nothing";
    return {};
  }));
  const auto missing =
      write([&](Writer& writer) { return append_steps(writer, id_of("nobody"), steps); });
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(Records, SessionsAndSegmentsComeInAnyOrder) {
  const Segment segment{.id = id_of("m1"),
                        .session = session_of("s"),
                        .scope = scope_of("ann", "/p"),
                        .index = 1,
                        .speaker = Speaker::kPerson,
                        .text = "do not use tabs",
                        .time = at_second(3),
                        .line = 8};
  EXPECT_EQ(put(put_segment, segment), PutResult::kNew);
  EXPECT_EQ(put(put_segment, segment), PutResult::kUnchanged);
  Session session{.id = session_of("s"),
                  .agent = "claude-code",
                  .agent_session = "x",
                  .transcript_id = "t",
                  .scope = scope_of("ann", "/p"),
                  .directory = "/p",
                  .title = "Tabs",
                  .tokens = {.input = 5, .known = true}};
  EXPECT_EQ(put(put_session, session), PutResult::kNew);
  EXPECT_EQ(put(put_session, session), PutResult::kUnchanged);
  session.tokens.output = 7;
  EXPECT_EQ(put(put_session, session), PutResult::kChanged);
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto got = TRY(get_session(reader, session.id));
    EXPECT_EQ(got->tokens, session.tokens);
    EXPECT_EQ(got->started_at, std::nullopt);
    const auto row = TRY(item_row(reader, segment.id));
    const auto items = TRY(load_items(reader, std::vector<ItemRow>{*row, 999}));
    EXPECT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].transcript_id, "t");
    EXPECT_EQ(items[0].text, segment.text);
    return {};
  }));
}

TEST_F(Records, PersonsTurnsComeWithTheAgentsMessageBeforeAndTheLastOne) {
  const Speaker speakers[] = {Speaker::kPerson, Speaker::kAgent,  Speaker::kTool, Speaker::kAgent,
                              Speaker::kTool,   Speaker::kPerson, Speaker::kAgent};
  for (std::uint32_t i = 0; i < std::size(speakers); ++i) {
    put(put_segment, Segment{.id = id_of(numbered("m", i)),
                             .session = session_of("s"),
                             .scope = scope_of("ann"),
                             .index = i,
                             .speaker = speakers[i],
                             .text = "text"});
  }
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    std::vector<std::uint32_t> all, persons;
    for (const auto& segment : TRY(session_segments(reader, session_of("s"), false))) {
      all.push_back(segment.index);
    }
    for (const auto& segment : TRY(session_segments(reader, session_of("s"), true))) {
      persons.push_back(segment.index);
    }
    EXPECT_EQ(all, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(persons, (std::vector<std::uint32_t>{0, 3, 5, 6}));
    return {};
  }));
}

TEST_F(Records, ADocumentIsItsExternalIdInItsScope) {
  const Document document{.id = id_of("d1"),
                          .external_id = "doc",
                          .scope = scope_of("ann"),
                          .content = "how we deploy",
                          .metadata_json = R"({"a":"b"})"};
  EXPECT_EQ(put(put_document, document), PutResult::kNew);
  EXPECT_EQ(put(put_document, document), PutResult::kUnchanged);
  Document other = document;
  other.id = id_of("d2");
  other.content = "how we deploy now";
  EXPECT_EQ(put(put_document, other), PutResult::kChanged);
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    const Visibility all{.all = true};
    EXPECT_EQ(TRY(count_documents(writer.reader(), all)), 1);
    EXPECT_EQ(TRY(list_documents(writer.reader(), all, 10))[0].content, other.content);
    EXPECT_FALSE(TRY(remove_document(writer, "doc", scope_of("bob"))));
    EXPECT_TRUE(TRY(remove_document(writer, "doc", scope_of("ann"))));
    EXPECT_FALSE(TRY(remove_document(writer, "doc", scope_of("ann"))));
    EXPECT_EQ(TRY(count_documents(writer.reader(), all)), 0);
    return {};
  }));
}

TEST_F(Records, ClearingRemovesWhatTheQuestionerSees) {
  put(put_document, Document{.id = id_of("1"), .external_id = "1", .scope = scope_of("ann")});
  put(put_document, Document{.id = id_of("2"), .external_id = "2", .scope = scope_of("ann", "/p")});
  put(put_document, Document{.id = id_of("3"), .external_id = "3", .scope = scope_of("bob")});
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    EXPECT_EQ(TRY(clear_documents(writer, {.scope = scope_of("ann", "/p")})), 2);
    EXPECT_EQ(TRY(count_documents(writer.reader(), {.all = true})), 1);
    return {};
  }));
}

TEST_F(Records, SourcesAndNotesAreKept) {
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(put_source(writer, {.path = "/a", .format = "f", .hash = "h", .size = 3}));
    TRY(put_source(
        writer,
        {.path = "/a", .format = "f", .hash = "h2", .size = 4, .imported_at = at_second(1)}));
    return put_note(writer, "learner", "7");
  }));
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto source = TRY(find_source(reader, "/a"));
    EXPECT_EQ(source->hash, "h2");
    EXPECT_EQ(source->imported_at, at_second(1));
    EXPECT_EQ(TRY(find_source(reader, "/b")), std::nullopt);
    EXPECT_EQ(TRY(get_note(reader, "learner")), "7");
    EXPECT_EQ(TRY(get_note(reader, "other")), std::nullopt);
    return {};
  }));
}

TEST_F(Records, AnInjectionIsRecordedOnceAndVerbatim) {
  InjectionRecord record{.id = content_id<RecallId>({"r"}),
                         .time = at_second(1),
                         .task = "deploy",
                         .block = "<lessons>…</lessons>",
                         .tokens = 9,
                         .session = "agent-1",
                         .episode = id_of("e1"),
                         .scope = scope_of("ann")};
  record.lessons = {{.id = id_of("l1"), .statement = "a", .tokens = 3, .probability = .25}};
  record.ghosts = {{.id = id_of("l2"), .statement = "b", .untested = true}};
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(put_injection(writer, record));
    return put_injection(writer, record);
  }));
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    const auto records = TRY(recent_injections(reader, 10));
    EXPECT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].block, record.block);
    EXPECT_EQ(records[0].lessons[0].probability, .25);
    EXPECT_TRUE(records[0].ghosts[0].untested);
    EXPECT_EQ(TRY(session_injections(reader, "agent-1")).size(), 1U);
    EXPECT_EQ(TRY(session_injections(reader, "agent-2")).size(), 0U);
    EXPECT_EQ(TRY(episode_injections(reader, id_of("e1"))).size(), 1U);
    return {};
  }));
}

TEST_F(Records, AnIdOfOneKindIsRefusedForAnother) {
  put(put_lesson, lesson_of("x", "use tabs"));
  const auto refused = write([&](Writer& writer) -> Result<void> {
    TRY(put_document(writer, Document{.id = id_of("x"), .content = "c"}));
    return {};
  });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

TEST_F(Records, HandlesResolveWhileTheyAreUnique) {
  for (int i = 0; i < 300; ++i) {
    put(put_lesson, lesson_of(numbered("l", i), numbered("lesson ", i)));
  }
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    for (int i = 0; i < 300; ++i) {
      const ItemId id = id_of(numbered("l", i));
      const std::string name = TRY(short_handle(reader, id));
      EXPECT_GE(name.size(), 4U);
      EXPECT_EQ(TRY(resolve_id(reader, name)), id);
      EXPECT_EQ(TRY(resolve_id(reader, to_text(id))), id);
    }
    EXPECT_EQ(resolve_id(reader, "zz").error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(resolve_id(reader, to_text(id_of("none"))).error().code, ErrorCode::kNotFound);
    return {};
  }));
}

TEST_F(Records, TheFeedTellsEachChangeOnceAndInOrder) {
  put(put_lesson, lesson_of("a", "first"));
  put(put_lesson, lesson_of("b", "second"));
  put(put_segment, Segment{.id = id_of("tool"),
                           .session = session_of("s"),
                           .scope = scope_of("ann"),
                           .speaker = Speaker::kTool,
                           .text = "x"});
  put(put_lesson, lesson_of("a", "first, again"));
  EXPECT_OK(write([&](Writer& writer) -> Result<void> {
    TRY(put_document(writer, Document{.id = id_of("d"), .external_id = "d"}));
    TRY(remove_document(writer, "d", {}));
    return {};
  }));
  EXPECT_OK(read([&](const Reader& reader) -> Result<void> {
    std::vector<Change> all;
    for (std::int64_t seq = 0;;) {
      const auto page = TRY(changes_since(reader, seq, 1));
      if (page.empty()) break;
      EXPECT_GT(page[0].seq, seq);
      seq = page[0].seq;
      all.push_back(page[0]);
    }
    EXPECT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].text, "second");
    EXPECT_EQ(all[1].text, "first, again");
    EXPECT_TRUE(all[2].removed);
    EXPECT_EQ(all[2].text, "");
    EXPECT_EQ(TRY(last_change(reader)), all[2].seq);
    EXPECT_EQ(TRY(item_count(reader)), 2);
    return {};
  }));
}

}  // namespace
}  // namespace hardwon::store
