#include "import/import_testing.h"
#include "import/run.h"

namespace hardwon::import {
namespace {

constexpr std::string_view kFile = "# Shop\n\n- Use tabs.\n- Never use npm.\n";

Collected read_rules(std::string_view text, const std::string& name = "/p/CLAUDE.md") {
  return read(text, options_of(Format::kAuto), name);
}

TEST(RuleFile, TheNamesPeopleUseAreKnown) {
  for (const char* name :
       {"CLAUDE.md", "claude.md", "CLAUDE.local.md", "AGENTS.md", "GEMINI.md", ".cursorrules",
        ".windsurfrules", ".clinerules", ".rules", ".github/copilot-instructions.md",
        ".cursor/rules/style.mdc", "shop-CLAUDE.md", "a/b/web-agents.md"}) {
    EXPECT_TRUE(is_rule_file(name)) << name;
    EXPECT_EQ(read_rules(kFile, name).report.format, Format::kRuleFile) << name;
  }
  for (const char* name : {"README.md", "CLAUDE.md.bak", "claude.txt", "notes.md", "rules",
                           "NOTCLAUDE.md", "cursorrules", ""}) {
    EXPECT_FALSE(is_rule_file(name)) << name;
  }
}

TEST(RuleFile, AFileIsOneSessionWithThePersonsWords) {
  const Collected got = read_rules(kFile);
  ASSERT_EQ(got.sessions.size(), 1U);
  const Session& session = got.sessions.begin()->second;
  EXPECT_EQ(session.agent, "rule-file");
  EXPECT_EQ(session.agent_session, "/p/CLAUDE.md");
  EXPECT_EQ(session.transcript_id, "CLAUDE.md");
  EXPECT_EQ(session.directory, "/p");
  EXPECT_EQ(session.scope.labels.at("project"), "/p");
  ASSERT_EQ(got.segments.size(), 1U);
  const Segment& segment = got.segments[0];
  EXPECT_EQ(segment.text, kFile);
  EXPECT_EQ(segment.speaker, Speaker::kPerson);
  EXPECT_EQ(segment.line, 1);
  EXPECT_EQ(segment.session, session.id);
  EXPECT_EQ(segment.scope, session.scope);
  EXPECT_FALSE(segment.opens_episode);
  EXPECT_TRUE(got.episodes.empty());
  EXPECT_EQ(got.report.counts.sessions, 1);
  EXPECT_EQ(got.report.counts.segments, 1);
  EXPECT_EQ(got.report.skipped_total, 0);
}

TEST(RuleFile, AnExampleOfALogInItMakesItNoLog) {
  for (const char* example : {R"({"task": "x", "steps": []})", R"({"segments": []})",
                              R"({"type": "user", "uuid": "1"})"}) {
    const std::string text = "# Shop\n\n```json\n" + std::string(example) + "\n```\n- Use tabs.\n";
    EXPECT_EQ(read_rules(text).report.format, Format::kRuleFile) << example;
  }
}

TEST(RuleFile, ALongFileIsSplitAtLinesAndLosesNothing) {
  std::string text;
  for (int i = 1; i <= 500; ++i) text += "- rule number " + std::to_string(i) + "\n";
  ImportOptions options = options_of(Format::kAuto);
  options.text_bytes_max = 1000;
  const Collected got = read(text, options, "/p/CLAUDE.md");
  ASSERT_GT(got.segments.size(), 5U);
  std::string joined;
  std::int64_t line = 1;
  for (std::size_t i = 0; i < got.segments.size(); ++i) {
    const Segment& segment = got.segments[i];
    EXPECT_EQ(segment.index, i);
    EXPECT_EQ(segment.line, line);
    EXPECT_LE(segment.text.size(), 1000U);
    EXPECT_TRUE(segment.text.ends_with('\n'));
    joined += segment.text;
    line += std::ranges::count(segment.text, '\n');
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(got.sessions.size(), 1U);
}

TEST(RuleFile, ALineLongerThanAPartIsCutAtACharacter) {
  std::string text = "x";
  for (int i = 0; i < 2000; ++i) text += "ü";
  ImportOptions options = options_of(Format::kAuto);
  options.text_bytes_max = 1000;
  const Collected got = read(text, options, "/p/CLAUDE.md");
  std::string joined;
  for (const Segment& segment : got.segments) {
    EXPECT_LE(segment.text.size(), 1000U);
    joined += segment.text;
  }
  EXPECT_EQ(joined, text);
}

TEST(RuleFile, ReadTwiceItGivesTheSameIds) {
  const Collected a = read_rules(kFile), b = read_rules(kFile);
  EXPECT_EQ(a.segments[0].id, b.segments[0].id);
  EXPECT_EQ(a.sessions.begin()->second.id, b.sessions.begin()->second.id);
  const Collected other = read_rules(kFile, "/q/CLAUDE.md");
  EXPECT_NE(a.segments[0].id, other.segments[0].id);
  EXPECT_NE(a.sessions.begin()->second.id, other.sessions.begin()->second.id);
}

TEST(RuleFile, BinaryIsRefused) {
  Collected out;
  for (const std::string& bytes : {std::string("\x7f"
                                               "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
                                               16),
                                   std::string(4096, '\0')}) {
    const auto report = import_bytes(bytes, "/p/CLAUDE.md", options_of(Format::kAuto), out);
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(report.error().path, "/p/CLAUDE.md");
  }
  EXPECT_TRUE(out.segments.empty());
}

TEST(RuleFile, InvalidBytesAreReplacedAndTheRestIsKept) {
  const Collected got = read_rules("- Use tabs.\n- Caf\xe9 names.\n- Never use npm.\n");
  ASSERT_EQ(got.segments.size(), 1U);
  EXPECT_EQ(got.segments[0].text, "- Use tabs.\n- Caf\uFFFD names.\n- Never use npm.\n");
}

TEST(RuleFile, AByteOrderMarkIsNoPartOfTheText) {
  EXPECT_EQ(read_rules("\uFEFF# Style\n- Use tabs.\n").segments.at(0).text,
            "# Style\n- Use tabs.\n");
}

TEST(RuleFile, AnEmptyFileSaysNothing) {
  for (const char* text : {"", "\n\n  \n"}) {
    Collected out;
    const auto report = import_bytes(text, "/p/CLAUDE.md", options_of(Format::kAuto), out);
    EXPECT_TRUE(report.has_value()) << report.error().message;
    EXPECT_TRUE(out.segments.empty());
  }
}

TEST(RuleFile, AFileAboveTheLimitSaysSoAndKeepsItsBeginning) {
  ImportOptions options = options_of(Format::kRuleFile);
  options.record_bytes_max = 20;
  const Collected got = read(kFile, options, "/p/CLAUDE.md");
  ASSERT_EQ(got.segments.size(), 1U);
  EXPECT_EQ(got.segments[0].text, kFile.substr(0, 20));
  EXPECT_EQ(got.report.skipped_total, 1);
}

TEST(RuleFile, ItIsReadFromTheDisk) {
  const LogDirectory directory("rule_file");
  const auto path = directory.write("repo/CLAUDE.md", kFile);
  const Collected got = read_file(path, options_of(Format::kAuto));
  EXPECT_EQ(got.report.format, Format::kRuleFile);
  ASSERT_EQ(got.segments.size(), 1U);
  EXPECT_EQ(got.sessions.begin()->second.directory, path.parent_path().string());
  EXPECT_EQ(*detect_format(path), Format::kRuleFile);
}

}  // namespace
}  // namespace hardwon::import
