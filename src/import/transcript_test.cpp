#include "import/import_testing.h"

namespace hardwon::import {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kSeed = R"({"id":"transcript_9","segments":[
  {"speaker":"user","content":"Always use tabs","type":"persistent",
   "timestamp":"2025-01-05T10:00:00Z"},
  {"speaker":"assistant","content":"Tabs it is","type":"irrelevant",
   "timestamp":"2025-01-05T10:00:05Z"}],
 "session_id":"session_9","duration":1800,"tags":["x"]})";

Collected read_text(std::string_view text) { return read(text, Format::kTranscript); }

TEST(Transcript, TheSeedsShapeIsRead) {
  const Collected got = read_text(kSeed);
  ASSERT_EQ(got.sessions.size(), 1U) << got.why();
  const Session& session = got.sessions.begin()->second;
  EXPECT_EQ(session.transcript_id, "transcript_9");
  EXPECT_EQ(format_time(*session.ended_at), "2025-01-05T10:00:05Z");
  EXPECT_EQ(got.texts(Speaker::kPerson), (Texts{"Always use tabs"}));
  EXPECT_EQ(got.texts(Speaker::kAgent), (Texts{"Tabs it is"}));
  EXPECT_EQ(got.segments[1].index, 1U);
  EXPECT_TRUE(got.episodes.empty());
  EXPECT_EQ(got.report.skipped_total, 0);
}

TEST(Transcript, LabelsAndOtherFieldsChangeNothing) {
  std::string other(kSeed);
  other.replace(other.find("persistent"), 10, "short_term");
  other.replace(other.find("\"tags\":[\"x\"]"), 12, "\"gold\":{\"a\":\"the answer\"}");
  const Collected a = read_text(kSeed), b = read_text(other);
  ASSERT_EQ(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < a.segments.size(); ++i) {
    EXPECT_EQ(a.segments[i].id, b.segments[i].id);
    EXPECT_EQ(a.segments[i].text, b.segments[i].text);
  }
}

TEST(Transcript, ArraysAndLinesOfTranscriptsAreRead) {
  std::string line(kSeed);
  std::erase(line, '\n');
  std::string second = line;
  second.replace(second.find("transcript_9"), 12, "transcript_8");
  EXPECT_EQ(read_text(std::string("[") + std::string(kSeed) + ",\n" + second + "]").sessions.size(),
            2U);
  EXPECT_EQ(read_text(line + "\n" + second + "\n").sessions.size(), 2U);
}

TEST(Transcript, ConversationsAreOneChatOrSeveralInOrder) {
  const Collected got =
      read(R"({"policy":"KEY","conversations":[{"role":"user","text":"a"},)"
           R"({"role":"assistant","text":"b"}]})"
           "\n"
           R"({"conversations":[[{"role":"user","text":"old"}],[{"role":"user","text":"new"}]]})"
           "\n"
           R"({"policy":"no chat here"})"
           "\n",
           options_of(Format::kAuto), "tasks.jsonl");
  EXPECT_EQ(got.report.format, Format::kTranscript);
  EXPECT_EQ(got.sessions.size(), 3U);
  Texts names;
  for (const auto& [key, session] : got.sessions) names.push_back(session.transcript_id);
  std::ranges::sort(names);
  EXPECT_EQ(names, (Texts{"tasks:1", "tasks:2/1", "tasks:2/2"}));
  EXPECT_EQ(got.texts(Speaker::kPerson), (Texts{"a", "old", "new"}));
  EXPECT_EQ(got.why(), "3: no conversation: found neither segments, conversations nor turns\n");
}

TEST(Transcript, TurnsOfATopicAreRead) {
  const Collected got = read_text(
      R"([{"topic":"t","turns":[{"role":"user","text":"q"},{"role":"assistant","text":"r"}]}])");
  EXPECT_EQ(got.texts(Speaker::kAgent), (Texts{"r"}));
  EXPECT_EQ(got.sessions.begin()->second.transcript_id, "log:1");
}

TEST(Transcript, WrongTypesAreNamedAndTheRestIsKept) {
  const Collected got = read_text(
      R"([{"segments":[{"speaker":"user","content":1},{"speaker":"boss","content":"x"},7,)"
      R"({"content":"x"},{"speaker":"user","content":"kept"}]},{"turns":"no"},)"
      R"({"conversations":[[{"role":"user","text":"kept too"}],"x"]}])");
  EXPECT_EQ(got.why(),
            "1: /segments/0/content: found a number, expected a string\n"
            "1: /segments/1/speaker: found \"boss\", expected user, assistant, system or tool\n"
            "1: /segments/2: found a number, expected an object\n"
            "1: /segments/3/role: found nothing, expected user, assistant, system or tool\n"
            "1: /turns: found a string, expected an array\n"
            "1: /conversations/1: found a string, expected an array of messages\n");
  EXPECT_EQ(got.texts(Speaker::kPerson), (Texts{"kept", "kept too"}));
}

TEST(Transcript, NamedTranscriptsKeepTheirIdsWhileTheyGrow) {
  std::string grown(kSeed);
  grown.insert(grown.find("],\n \"session_id"), R"(,{"speaker":"user","content":"and spaces"})");
  const Collected a = read_text(kSeed), b = read_text(grown);
  ASSERT_EQ(b.segments.size(), 3U) << b.why();
  EXPECT_EQ(a.segments[0].session, b.segments[0].session);
  EXPECT_EQ(a.segments[1].id, b.segments[1].id);
  // Another data set that numbers its transcripts alike is another transcript.
  std::string other(kSeed);
  other.replace(other.find("Always use tabs"), 15, "Never use tabs!");
  EXPECT_NE(read_text(other).segments[0].session, a.segments[0].session);
}

TEST(Transcript, ACutOffArrayKeepsWhatIsWhole) {
  std::string text =
      std::string("[") + std::string(kSeed) + "," + std::string(kSeed).substr(0, 150);
  const Collected got = read_text(text);
  EXPECT_EQ(got.segments.size(), 2U);
  ASSERT_EQ(got.report.skipped.size(), 1U);
  EXPECT_TRUE(got.report.skipped[0].why.starts_with("cut off: ")) << got.why();
}

}  // namespace
}  // namespace hardwon::import
