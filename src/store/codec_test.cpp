// What is encoded is decoded, for every kind of lesson.

#include "store/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/door.h"

namespace hardwon::store {
namespace {

std::string any_text() { return valid_utf8(*rc::gen::string<std::string>()); }

std::vector<std::string> any_list() {
  std::vector<std::string> list;
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) list.push_back(any_text());
  return list;
}

LessonPayload any_payload(LessonKind kind) {
  switch (kind) {
    case LessonKind::kToolSequence: {
      ToolSequence payload{.tools = any_list()};
      if (*rc::gen::inRange(0, 2) == 1) payload.latency_ms_mean = *rc::gen::inRange(0, 999) / 7.0;
      return payload;
    }
    case LessonKind::kDecisionPoint:
      return DecisionPoint{any_text(), any_text()};
    case LessonKind::kErrorRecovery:
      return ErrorRecovery{any_text(), any_list(), any_list()};
    case LessonKind::kContextPattern:
      return ContextPattern{any_list(), any_text()};
    case LessonKind::kHeuristic:
      return Heuristic{any_text(), any_text()};
    case LessonKind::kDeadEnd:
      return DeadEnd{any_text(), any_list()};
    case LessonKind::kRule:
      return Rule{
          .text = any_text(),
          .match = {.type = static_cast<MatchType>(*rc::gen::inRange(0, 3)), .value = any_text()},
          .action = static_cast<ActionType>(*rc::gen::inRange(0, 4)),
          .polarity = static_cast<Polarity>(*rc::gen::inRange(0, 3)),
          .parameters_json = any_text(),
          .rationale = any_text(),
          .confidence = *rc::gen::inRange(0, 101) / 100.0};
    case LessonKind::kDecision:
      return Decision{any_text()};
  }
  std::abort();
}

Lesson any_lesson() {
  Lesson lesson;
  lesson.kind = static_cast<LessonKind>(*rc::gen::inRange(0, static_cast<int>(kLessonKindCount)));
  lesson.payload = any_payload(lesson.kind);
  lesson.when = {.context = {.domain = any_text(),
                             .language = any_text(),
                             .framework = any_text(),
                             .complexity = any_text(),
                             .tags = any_list()},
                 .condition = any_text(),
                 .error_signature = any_text(),
                 .paths = any_list(),
                 .tools = any_list()};
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) {
    Provenance span{.path = any_text(), .line = *rc::gen::inRange(0, 100), .quote = any_text()};
    if (*rc::gen::inRange(0, 2) == 1) {
      span.time = TimePoint(std::chrono::microseconds(*rc::gen::inRange(0, 1 << 30)));
      span.episode = content_id<ItemId>({span.quote, "e"});
    }
    lesson.provenance.push_back(span);
  }
  return lesson;
}

TEST(Codec, DecodesWhatItEncodes) {
  EXPECT_TRUE(rc::check([] {
    const Lesson lesson = any_lesson();
    const std::string body = encode_lesson_body(lesson);
    Lesson back;
    back.kind = lesson.kind;
    RC_ASSERT(decode_lesson_body(body, back).has_value());
    RC_ASSERT(back.when == lesson.when);
    RC_ASSERT(back.provenance == lesson.provenance);
    RC_ASSERT(back.payload.index() == lesson.payload.index());
    RC_ASSERT(encode_lesson_body(back) == body);
    const auto context = decode_context(encode_context(lesson.when.context));
    RC_ASSERT(context.has_value() && *context == lesson.when.context);
  }));
}

TEST(Codec, MalformedBodiesAreErrorsNotCrashes) {
  const std::string good = encode_lesson_body(Lesson{});
  Lesson lesson;
  ASSERT_TRUE(decode_lesson_body(good, lesson).has_value());
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const auto bad = decode_lesson_body(good.substr(0, cut), lesson);
    ASSERT_FALSE(bad.has_value()) << cut;
    EXPECT_EQ(bad.error().code, ErrorCode::kCorruption);
  }
  for (const char* bad : {R"({"v":2,"when":{},"payload":{},"provenance":[]})", R"({"v":1})", "[]",
                          "7", R"({"v":1,"when":[],"payload":{},"provenance":[]})",
                          R"({"v":1,"when":{"paths":3},"payload":{},"provenance":[]})",
                          R"({"v":"1","when":{},"payload":{},"provenance":[]})",
                          R"({"v":1,"when":{},"payload":{"text":null},"provenance":[]})",
                          R"({"v":1,"when":{},"payload":{},"provenance":[7]})"}) {
    EXPECT_FALSE(decode_lesson_body(bad, lesson).has_value()) << bad;
  }
}

TEST(Codec, UnknownFieldsAreIgnored) {
  Lesson lesson;
  EXPECT_TRUE(
      decode_lesson_body(
          R"({"v":1,"new":1,"when":{"x":[]},"payload":{"text":"t"},"provenance":[]})", lesson)
          .has_value());
  EXPECT_EQ(std::get<Rule>(lesson.payload).text, "t");
}

// ---------------------------------------------------------------- the door

constexpr const char* kKey = "AKIAIOSFODNN7EXAMPL3";

TEST(Door, MaskedJsonIsStillJson) {
  MaskCounts counts;
  const std::string json = std::string(R"({"command":"export KEY=)") + kKey +
                           R"(","nested":[{"key":")" + kKey + R"("}],"n":3})";
  const std::string masked = door_json(json, &counts);
  EXPECT_FALSE(masked.contains(kKey)) << masked;
  EXPECT_TRUE(masked.starts_with("{") && masked.ends_with("}")) << masked;
  EXPECT_TRUE(masked.contains("\"n\":3")) << masked;
  EXPECT_FALSE(counts.empty());
  EXPECT_EQ(door_json(masked, nullptr), masked) << "masking is idempotent";
}

TEST(Door, BrokenJsonAndBrokenTextPassAsText) {
  EXPECT_EQ(door_json("{\"a\":", nullptr), "{\"a\":");
  EXPECT_EQ(door_text("a\xff\xfe"
                      "b",
                      nullptr),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
  EXPECT_FALSE(door_json(std::string("{\"a\": ") + kKey, nullptr).contains(kKey));
}

}  // namespace
}  // namespace hardwon::store
