#include "reason/experience_entry.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace hardwon::reason {
namespace {

Experience full_experience() {
  Experience experience{.id = "e1",
                        .question = "what is in the picture?",
                        .image_shape = {2, 3},
                        .image_features = {1, 2, 3, 4, 5, 6},
                        .embeddings = {.visual = {0.5F, -0.25F, 1e-20F}, .text = {3, 4}},
                        .confidence = 0.75,
                        .time = TimePoint(std::chrono::microseconds(1'700'000'000'000'123)),
                        .status = ExperienceStatus::kProcessed,
                        .metadata_json = R"({"source":"camera 2"})"};
  experience.trajectory = {.actions = {{.type = TrajectoryActionType::kVisualOperation,
                                        .operation = "zoom",
                                        .arguments_json = R"({"box":[1,2,3,4]})",
                                        .result_json = R"("a cat")",
                                        .confidence = 0.5,
                                        .time = TimePoint(std::chrono::microseconds(5))},
                                       {.type = TrajectoryActionType::kAnswer, .operation = "say"}},
                           .final_answer_json = R"("a cat")",
                           .reward = -1.25,
                           .metadata_json = R"({"turns":2})"};
  return experience;
}

TEST(ExperienceEntry, ABodyComesBackAsItWas) {
  const Experience experience = full_experience();
  const auto decoded = decode_body(encode_body(experience));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, experience);
}

TEST(ExperienceEntry, UnknownConfidenceStaysUnknown) {
  Experience experience = full_experience();
  experience.confidence.reset();
  const auto decoded = decode_body(encode_body(experience));
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->confidence.has_value());
}

TEST(ExperienceEntry, ABodyCutAnywhereIsDamaged) {
  const std::string body = encode_body(full_experience());
  for (std::size_t length = 0; length < body.size(); ++length) {
    const auto decoded = decode_body(std::string_view(body).substr(0, length));
    ASSERT_FALSE(decoded) << length;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption);
  }
  EXPECT_FALSE(decode_body(body + std::string(4, '\0')));
}

TEST(ExperienceEntry, EntriesComeBackAsTheyWere) {
  const std::vector<std::uint64_t> numbers = {1, 99, ~0ULL};
  const auto removed = decode_entry(encode_numbers(EntryKind::kRemove, numbers));
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->numbers, numbers);
  const std::vector<EntryUpdate> updates = {
      {.number = 7, .confidence = 0.5},
      {.number = 8, .reward = -3.5, .status = ExperienceStatus::kArchived}};
  const auto updated = decode_entry(encode_updates(updates));
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->updates, updates);
  const std::vector<EntryCounts> counts = {{.number = 3, .retrievals = 9, .successes = 9}};
  const auto counted = decode_entry(encode_counts(counts));
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->counts, counts);
  EXPECT_EQ(decode_entry(encode_capacity(5))->capacity, 5U);
}

TEST(ExperienceEntry, EntriesOutOfRangeAreDamaged) {
  EXPECT_FALSE(decode_entry(""));
  EXPECT_FALSE(decode_entry(encode_capacity(0)));
  const EntryUpdate confident{.number = 1, .confidence = 1.5};
  EXPECT_FALSE(decode_entry(encode_updates({&confident, 1})));
  const EntryUpdate endless{.number = 1, .reward = std::numeric_limits<double>::infinity()};
  EXPECT_FALSE(decode_entry(encode_updates({&endless, 1})));
  const EntryCounts lucky{.number = 1, .retrievals = 1, .successes = 2};
  EXPECT_FALSE(decode_entry(encode_counts({&lucky, 1})));
  std::string unknown = encode_capacity(1);
  unknown[0] = 77;
  EXPECT_EQ(decode_entry(unknown).error().code, ErrorCode::kCorruption);
  std::string newer = encode_capacity(1);
  newer[1] = 9;
  EXPECT_EQ(decode_entry(newer).error().code, ErrorCode::kUnavailable);
}

TEST(ExperienceEntry, AnyBytesAreDecodedOrRefused) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    (void)decode_entry(bytes);
    (void)decode_body(bytes);
  }));
}

std::string refused_field(Experience experience) {
  const auto checked = check_experience(experience, 3, 2);
  return checked ? "accepted" : checked.error().field;
}

TEST(ExperienceEntry, WhatIsWrongIsNamedByField) {
  EXPECT_EQ(refused_field(full_experience()), "accepted");
  const auto changed = [](const std::function<void(Experience&)>& change) {
    Experience experience = full_experience();
    change(experience);
    return refused_field(std::move(experience));
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(changed([&](auto& e) { e.embeddings.visual[1] = nan; }), "embeddings/visual");
  EXPECT_EQ(changed([&](auto& e) { e.embeddings.text[0] = inf; }), "embeddings/text");
  EXPECT_EQ(changed([](auto& e) { e.embeddings.text = {0, 0}; }), "embeddings/text");
  EXPECT_EQ(changed([](auto& e) { e.embeddings.text = {1, 2, 3}; }), "embeddings/text");
  EXPECT_EQ(changed([](auto& e) { e.embeddings.text = {1e-40F, 0}; }), "embeddings/text");
  EXPECT_EQ(changed([](auto& e) { e.embeddings.visual = {0, 0, 1e-40F}; }), "embeddings/visual");
  EXPECT_EQ(changed([](auto& e) { e.embeddings = {}; }), "accepted");
  EXPECT_EQ(changed([](auto& e) { e.confidence = 1.01; }), "confidence");
  EXPECT_EQ(changed([](auto& e) { e.confidence = std::nan(""); }), "confidence");
  EXPECT_EQ(changed([](auto& e) { e.trajectory.reward = std::nan(""); }), "trajectory/reward");
  EXPECT_EQ(changed([](auto& e) { e.trajectory.actions[1].confidence = -1; }),
            "trajectory/actions/1/confidence");
  EXPECT_EQ(changed([](auto& e) { e.trajectory.actions[0].arguments_json = "[1]"; }),
            "trajectory/actions/0/arguments");
  EXPECT_EQ(changed([](auto& e) { e.metadata_json = "{"; }), "metadata");
  EXPECT_EQ(changed([](auto& e) { e.image_shape = {7}; }), "image_shape");
  EXPECT_EQ(changed([](auto& e) { e.image_shape = {4'000'000'000, 4'000'000'000}; }),
            "image_shape");
  EXPECT_EQ(changed([](auto& e) { e.id = std::string(257, 'x'); }), "id");
}

TEST(ExperienceEntry, SecretsAreMaskedInEveryText) {
  const std::string secret = std::string("ghp_") + "0123456789abcdefghijklmnopqrstuvwxyzAB";
  Experience experience = full_experience();
  experience.question = "use " + secret;
  experience.metadata_json = R"({"note":")" + secret + R"("})";
  experience.trajectory.actions[0].operation = "curl " + secret;
  experience.trajectory.actions[0].result_json = "\"" + secret + "\"";
  experience.trajectory.final_answer_json = "\"" + secret + "\"";
  const std::string body = encode_body(masked(experience));
  EXPECT_EQ(body.find(secret), std::string::npos);
  EXPECT_NE(body.find("[masked:"), std::string::npos);
  EXPECT_TRUE(decode_body(body));
}

}  // namespace
}  // namespace hardwon::reason
