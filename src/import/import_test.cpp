#include "import/import.h"

#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"
#include "import/import_testing.h"

namespace hardwon::import {
namespace {

namespace fs = std::filesystem;

// Property tests run the same cases every time; RC_PARAMS from outside wins.
[[maybe_unused]] const int kSeeded = ::setenv("RC_PARAMS", "seed=20260102", 0);

std::string small_log() {
  LogBuilder log;
  log.user("first").bash("make", "error: \"x\" \xc3\xa9", true).bash("make -k", "ok");
  log.raw(R"({"type":"file-history-snapshot","messageId":"u1","snapshot":{}})");
  log.agent({text_block("try [again] {now}")});
  log.user("second").agent({call_block("t", "Task", {{"prompt", "sub"}, {"description", "d"}})});
  log.record({{"type", "user"},
              {"isSidechain", true},
              {"parentUuid", nullptr},
              {"message", {{"content", "sub"}}}});
  log.agent({call_block("g", "Grep", {{"pattern", "x"}})}, {{"isSidechain", true}});
  log.follow("u1").user("third").bash("ls", "a");
  return log.text();
}

// Everything a store would hold after these imports.
struct Stored {
  std::map<ItemId, std::string> segments, episodes;
  std::map<std::string, std::string> sessions;

  void add(const Collected& got) {
    for (const Segment& s : got.segments) {
      segments[s.id] = std::to_string(s.index) + std::string(name_of(s.speaker)) + s.text +
                       to_text(s.episode) + (s.opens_episode ? "o" : "") +
                       (s.abandoned ? "a" : "") + std::to_string(s.line) + to_text(s.session);
    }
    for (const Episode& e : got.episodes) {
      std::string text = e.task + std::to_string(e.line_from) + "-" + std::to_string(e.line_to) +
                         e.context.language;
      for (const Step& step : e.steps) {
        text += std::string("|") + std::to_string(step.number) + step.tool + step.action +
                std::string(name_of(step.status)) + step.output;
      }
      episodes[e.id] = text;
    }
    for (const auto& [key, s] : got.sessions) {
      sessions[key] = s.title + s.model + std::to_string(s.tokens.input) +
                      (s.ended_at ? format_time(*s.ended_at) : "");
    }
  }
  bool operator==(const Stored&) const = default;
};

Stored store(const Collected& got) {
  Stored stored;
  stored.add(got);
  return stored;
}

TEST(Import, APrefixAndThenTheWholeGivesTheWhole) {
  const std::string text = small_log();
  const Stored whole = store(read(text, Format::kClaudeCode));
  ASSERT_EQ(whole.episodes.size(), 3U);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    Stored grown = store(read(std::string_view(text).substr(0, size), Format::kClaudeCode));
    for (const auto& [id, text_before] : grown.segments) ASSERT_TRUE(whole.segments.contains(id));
    grown.add(read(text, Format::kClaudeCode));
    ASSERT_TRUE(grown == whole) << "cut at byte " << size;
  }
}

TEST(Import, CuttingAFileAnywhereKeepsTheRecordsBefore) {
  const std::string text = small_log();
  std::size_t records = 0;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const Collected got = read(std::string_view(text).substr(0, size), Format::kClaudeCode);
    ASSERT_GE(got.segments.size() + static_cast<std::size_t>(got.report.counts.tool_calls),
              records);
    records = got.segments.size() + static_cast<std::size_t>(got.report.counts.tool_calls);
  }
}

TEST(Import, ChangedBytesNeverCrashAndLoseAtMostTheirLines) {
  const std::string text = small_log();
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const Collected whole = read(text, Format::kClaudeCode);
  EXPECT_TRUE(rc::check("one byte changed", [&] {
    std::string changed = text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    changed[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    Collected got;
    const auto report = import_bytes(changed, "log.jsonl", options_of(Format::kClaudeCode), got);
    if (!report) {  // a NUL at the start: not text
      RC_ASSERT(changed[at] == '\0' || at < 2);
      return;
    }
    RC_ASSERT(report->skipped_total <= static_cast<std::int64_t>(lines));
    RC_ASSERT(got.segments.size() + 2 >= whole.segments.size());
  }));
}

TEST(Import, ShuffledAndRepeatedLinesNeverCrash) {
  const std::string text = small_log();
  EXPECT_TRUE(rc::check("lines in any order", [&] {
    const std::vector<std::string_view> lines = split_lines(text);
    const auto order = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, lines.size()));
    std::string mixed;
    for (const std::size_t line : order) mixed += std::string(lines[line]) + "\n";
    Collected got;
    const auto report = import_bytes(mixed, "log.jsonl", options_of(Format::kClaudeCode), got);
    RC_ASSERT(report.has_value());
    std::size_t steps = 0;
    for (const Episode& episode : got.episodes) steps += episode.steps.size();
    RC_ASSERT(steps <= static_cast<std::size_t>(report->counts.tool_calls));
    RC_ASSERT(report->counts.tool_calls <= 5);
  }));
}

TEST(Import, ArbitraryBytesNeverCrashAnyFormat) {
  const std::vector<std::string> pieces = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           "\"",
                                           "\\",
                                           ",",
                                           ":",
                                           "\n",
                                           "null",
                                           "1e9",
                                           "\"task\"",
                                           "\"segments\"",
                                           "\"traj\"",
                                           "\"type\":\"user\"",
                                           "\"message\":{\"content\":",
                                           "\"steps\":[{",
                                           "\xff",
                                           " "};
  EXPECT_TRUE(rc::check("any bytes", [&] {
    const auto order = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, pieces.size()));
    std::string text;
    for (const std::size_t piece : order) text += pieces[piece];
    for (const Format format :
         {Format::kClaudeCode, Format::kEpisodes, Format::kTauBench, Format::kTranscript}) {
      Collected got;
      RC_ASSERT(import_bytes(text, "x.json", options_of(format), got).has_value());
    }
  }));
}

TEST(Import, LongLinesAreReadAndTooLongOnesSkippedWithReason) {
  LogBuilder log;
  log.user("before").user(std::string("five ") + std::string(5'000'000, 'x')).user("after");
  Collected got = read(log.text(), Format::kClaudeCode);
  EXPECT_EQ(got.segments.size(), 3U);
  EXPECT_LT(got.segments[1].text.size(), 300'000U);
  ImportOptions options = options_of(Format::kClaudeCode);
  options.record_bytes_max = 1'000'000;
  got = read(log.text(), options);
  EXPECT_EQ(got.texts(Speaker::kPerson), (std::vector<std::string>{"before", "after"}));
  EXPECT_EQ(got.why(), "2: longer than 1000000 bytes\n");
}

TEST(Import, TooLongElementsOfAnArrayAreSkippedWithReason) {
  const auto chat = [](const std::string& text) {
    return std::string(R"({"turns":[{"role":"user","text":")") + text + R"("}]})";
  };
  ImportOptions options = options_of(Format::kTranscript);
  options.record_bytes_max = 4096;
  const Collected got = read(std::string("[") + chat("a") + ",\n" + chat(std::string(50'000, '}')) +
                                 ",\n" + chat("b") + "]",
                             options);
  EXPECT_EQ(got.texts(Speaker::kPerson), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(got.why(), "2: longer than 4096 bytes\n");
}

TEST(Import, WhatIsNotTextIsSaidSo) {
  const auto message = [](std::string_view bytes) {
    Collected got;
    const auto report = import_bytes(bytes, "x.jsonl", options_of(Format::kAuto), got);
    return report ? std::string("imported") : report.error().message;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(message("\xff\xfe{\0"sv), "x.jsonl: not text: found UTF-16, expected UTF-8 JSON");
  EXPECT_EQ(message("{\0\"\0"sv), "x.jsonl: not text: found UTF-16 or binary, expected UTF-8 JSON");
  EXPECT_EQ(message("some\0bytes"sv),
            "x.jsonl: not text: found binary (a NUL byte), expected UTF-8 JSON");
  EXPECT_TRUE(message("\x1f\x8b\x08"sv).contains("gzip"));
  EXPECT_EQ(message(""),
            "x.jsonl: empty file, expected claude-code, episodes, tau-bench, "
            "transcript, rule-file");
  EXPECT_EQ(message("{\"a\":1}"),
            "x.jsonl: no known format, expected claude-code, episodes, "
            "tau-bench, transcript, rule-file");
}

TEST(Import, AByteOrderMarkIsPassedOver) {
  const Collected got = read("\xef\xbb\xbf{\"task\":\"a\",\"reward\":1}\n", Format::kAuto);
  EXPECT_EQ(got.episodes.size(), 1U);
}

TEST(Import, ErrorsNameThePath) {
  Collected got;
  const ImportOptions options = options_of(Format::kAuto);
  const auto missing = import_file("/nonexistent/log.jsonl", options, got);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_EQ(missing.error().path, "/nonexistent/log.jsonl");
  const LogDirectory directory("errors");
  const auto folder = import_file(directory.path(), options, got);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
  const auto fifo = directory.path() / "pipe.jsonl";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(import_file(fifo, options, got).has_value());  // and does not hang
}

TEST(Import, ErrorOfTheSinkEndsTheImport) {
  struct Full final : RecordSink {
    Result<void> session(const Session&) override { return {}; }
    Result<void> segment(Segment) override {
      return fail(ErrorCode::kResourceExhausted, "disk full");
    }
    Result<void> episode(Episode) override { return {}; }
  } full;
  const auto report = import_bytes(small_log(), "log.jsonl", options_of(Format::kClaudeCode), full);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().message, "disk full");
}

TEST(Import, SkippedLinesAreBoundedButCounted) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "{\n";
  ImportOptions options = options_of(Format::kClaudeCode);
  options.skipped_max = 10;
  const Collected got = read(text, options);
  EXPECT_EQ(got.report.skipped.size(), 10U);
  EXPECT_EQ(got.report.skipped_total, 500);
}

TEST(Import, TheCountsAddUp) {
  const Collected got = read(small_log(), Format::kClaudeCode);
  const ImportCounts& counts = got.report.counts;
  std::int64_t by_speaker = 0;
  for (const std::int64_t n : counts.segments_by_speaker) by_speaker += n;
  EXPECT_EQ(counts.segments, static_cast<std::int64_t>(got.segments.size()));
  EXPECT_EQ(by_speaker, counts.segments);
  EXPECT_EQ(counts.episodes, 3);
  EXPECT_EQ(counts.steps, 5);
  EXPECT_EQ(counts.tool_calls, 5);
  ImportCounts twice = counts;
  twice += counts;
  EXPECT_EQ(twice.segments, 2 * counts.segments);
  EXPECT_EQ(twice.tokens.input, 2 * counts.tokens.input);
}

TEST(Import, ProgressIsToldAndNeverGoesBack) {
  LogBuilder log;
  for (int i = 0; i < 30; ++i) log.user(std::string(1'000'000, 'y'));
  ImportOptions options = options_of(Format::kClaudeCode);
  std::vector<std::int64_t> told;
  options.progress = [&](std::int64_t bytes) { told.push_back(bytes); };
  read(log.text(), options);
  EXPECT_GE(told.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_LE(told.back(), static_cast<std::int64_t>(log.text().size()));
}

TEST(DetectFormat, LooksAtKeysBeforeNames) {
  const LogDirectory directory("detect");
  const auto format = [&](const std::string& name, std::string_view bytes) {
    const auto found = detect_format(directory.write(name, bytes));
    EXPECT_TRUE(found.has_value());
    return found && *found ? std::string(name_of(**found)) : std::string("none");
  };
  EXPECT_EQ(format("a.json", small_log()), "claude-code");
  EXPECT_EQ(format("b.jsonl", R"({"type":"summary","summary":"x","leafUuid":"y"})"), "claude-code");
  EXPECT_EQ(format("c.jsonl", R"({"task":"x","steps":[]})"), "episodes");
  EXPECT_EQ(format("d.json", R"( [ {"task_id":1,"info":{},"traj":[)"), "tau-bench");
  EXPECT_EQ(format("e.json", R"([{"topic":"x","turns":[]}])"), "transcript");
  EXPECT_EQ(format("f.json", "{\n \"id\": 1,\n \"segments\": []\n}"), "transcript");
  EXPECT_EQ(format("g.jsonl", "{\"x\":{\"segments\":1}}\n{\"conversations\":[]}"), "transcript");
  EXPECT_EQ(format("h.json", R"({"x":{"segments":1}})"), "none");
  EXPECT_EQ(format("i.jsonl", "{\"note\":\"\\\"segments\\\":\"}"), "none");
  EXPECT_EQ(format("fe5e1c67-53e7-4862-81ae-d0e013e3270b.jsonl", "{\"x\":1}"), "claude-code");
  EXPECT_EQ(format("j.json", ""), "none");
}

TEST(FindLogs, GivesTheFilesThatMayBeLogsSorted) {
  const LogDirectory directory("find");
  const auto b = directory.write("p/b.jsonl", small_log());
  const auto a = directory.write("p/a.jsonl", small_log());
  directory.write("p/notes.txt", small_log());
  directory.write("p/package.json", R"({"name":"x"})");
  EXPECT_EQ(*find_logs(directory.path()), (std::vector{a, b}));
  EXPECT_EQ(*find_logs(b), std::vector{b});
  EXPECT_FALSE(find_logs(directory.path() / "nowhere").has_value());
}

TEST(FindLogs, GivesRuleFilesWhenTheyAreWanted) {
  const LogDirectory directory("find_rules");
  const auto rules = directory.write("p/CLAUDE.md", "- Use tabs.\n");
  const auto deeper = directory.write("p/.cursor/rules/style.mdc", "- Use tabs.\n");
  directory.write("p/README.md", "- Use tabs.\n");
  directory.write("p/a.jsonl", small_log());
  directory.write("p/node_modules/x/AGENTS.md", "- Use tabs.\n");
  EXPECT_EQ(*find_logs(directory.path(), Format::kRuleFile), (std::vector{deeper, rules}));
}

TEST(FindLogs, FollowsNoLinkOutOfTheDirectory) {
  const LogDirectory directory("links");
  const auto a = directory.write("a/log.jsonl", small_log());
  fs::create_directory_symlink(directory.path(), directory.path() / "a" / "loop");
  EXPECT_EQ(*find_logs(directory.path()), std::vector{a});
}

TEST(Formats, NamesAndFormatsMatch) {
  for (const Format format : {Format::kAuto, Format::kClaudeCode, Format::kEpisodes,
                              Format::kTauBench, Format::kTranscript}) {
    EXPECT_EQ(parse_format(name_of(format)), format);
  }
  EXPECT_FALSE(parse_format("codex").has_value());
}

}  // namespace
}  // namespace hardwon::import
