#include "reason/buffer_state.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <deque>
#include <map>

namespace hardwon::reason {
namespace {

std::string body_of(const std::string& id, std::size_t padding = 0) {
  return encode_body({.id = id,
                      .question = std::string(padding, 'q'),
                      .embeddings = {.text = {1, 2}},
                      .confidence = 0.5,
                      .time = TimePoint(std::chrono::microseconds(10))});
}

std::string chunks_of(BufferState& state) {
  std::string all;
  EXPECT_TRUE(state.view().write_chunks([&](std::string_view chunk) -> Result<void> {
    all += chunk;
    return {};
  }));
  return all;
}

class Driver {
 public:
  Result<void> apply(const std::string& entry) {
    effects.clear();
    return state.apply(++sequence, entry, &effects);
  }
  Result<void> add(const std::string& id, std::size_t padding = 0) {
    return apply(encode_add(body_of(id, padding)));
  }
  std::uint64_t number(const std::string& id) { return state.row(state.find(id)).number; }

  BufferState state;
  Effects effects;
  std::uint64_t sequence = 0;
};

TEST(BufferState, TheOldestMakesRoomForTheNewest) {
  Driver driver;
  ASSERT_TRUE(driver.apply(encode_capacity(2)));
  ASSERT_TRUE(driver.add("a"));
  ASSERT_TRUE(driver.add("b"));
  ASSERT_TRUE(driver.add("c"));
  EXPECT_EQ(driver.state.size(), 2U);
  EXPECT_EQ(driver.state.find("a"), kNoSlot);
  ASSERT_EQ(driver.effects.gone.size(), 1U);
  EXPECT_EQ(driver.effects.gone[0].second, 2U);  // the number that "a" had
  EXPECT_EQ(driver.state.totals().evicted, 1U);
  ASSERT_TRUE(driver.apply(encode_capacity(1)));
  EXPECT_EQ(driver.state.find("b"), kNoSlot);
  EXPECT_NE(driver.state.find("c"), kNoSlot);
}

TEST(BufferState, NumbersAreNeverUsedTwiceThoughSlotsAre) {
  Driver driver;
  ASSERT_TRUE(driver.add("a"));
  const std::uint64_t first = driver.number("a");
  const std::uint64_t numbers[] = {first};
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRemove, numbers)));
  ASSERT_TRUE(driver.add("a"));
  EXPECT_GT(driver.number("a"), first);
  EXPECT_EQ(driver.state.find_number(first), kNoSlot);
}

TEST(BufferState, ASuccessNeedsARetrievalAndIsRefusedAsAWhole) {
  Driver driver;
  ASSERT_TRUE(driver.add("a"));
  ASSERT_TRUE(driver.add("b"));
  const std::uint64_t both[] = {driver.number("a"), driver.number("b")};
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRetrieved, {both, 1})));
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kSucceeded, both)));
  EXPECT_TRUE(driver.effects.refused);
  EXPECT_EQ(driver.state.row(driver.state.find("a")).successes, 0U);
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kSucceeded, {both, 1})));
  EXPECT_FALSE(driver.effects.refused);
  EXPECT_EQ(driver.state.row(driver.state.find("a")).successes, 1U);
}

TEST(BufferState, EntriesThatCannotFollowAreRefused) {
  Driver driver;
  ASSERT_TRUE(driver.add("a"));
  EXPECT_EQ(driver.add("a").error().code, ErrorCode::kCorruption);
  const std::string other_width =
      encode_body({.id = "w", .embeddings = {.text = {1, 2, 3}}, .time = TimePoint{}});
  EXPECT_EQ(driver.apply(encode_add(other_width)).error().code, ErrorCode::kCorruption);
}

TEST(BufferState, ASnapshotIsTheStateWhateverCameBefore) {
  Driver driver;
  ASSERT_TRUE(driver.apply(encode_capacity(1500)));
  for (std::size_t i = 0; i < 4000; ++i) {
    ASSERT_TRUE(driver.add("e" + std::to_string(i), i % 700));
  }
  const std::uint64_t some[] = {driver.number("e3999"), driver.number("e3000")};
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRetrieved, some)));
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRemove, {some, 1})));
  const std::string bytes = chunks_of(driver.state);

  BufferState loaded;
  ASSERT_TRUE(driver.state.view().write_chunks(
      [&](std::string_view chunk) { return loaded.load_chunk(chunk); }));
  ASSERT_TRUE(loaded.finish_loading());
  EXPECT_EQ(loaded.totals(), driver.state.totals());
  EXPECT_EQ(chunks_of(loaded), bytes);
  EXPECT_EQ(loaded.row(loaded.find("e3000")).retrievals, 1U);
}

// Whoever draws by slot goes on as if there had been no restart.
TEST(BufferState, AStateReadFromASnapshotGoesOnInTheSameSlots) {
  Driver driver;
  ASSERT_TRUE(driver.apply(encode_capacity(40)));
  for (int i = 0; i < 90; ++i) ASSERT_TRUE(driver.add("e" + std::to_string(i)));
  for (const char* id : {"e88", "e60", "e71"}) {
    const std::uint64_t number = driver.number(id);
    ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRemove, {&number, 1})));
  }
  Driver loaded{.sequence = driver.sequence};
  ASSERT_TRUE(loaded.state.load_chunk(chunks_of(driver.state)));
  ASSERT_TRUE(loaded.state.finish_loading());
  for (int i = 90; i < 150; ++i) {
    for (Driver* one : {&driver, &loaded}) ASSERT_TRUE(one->add("e" + std::to_string(i)));
    EXPECT_EQ(loaded.state.in_order(), driver.state.in_order()) << i;
  }
}

TEST(BufferState, ASnapshotOfTheFirstVersionIsRead) {
  Driver driver;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(driver.add("e" + std::to_string(i)));
  const std::string bytes = chunks_of(driver.state);
  std::string first = bytes.substr(0, 72);
  first[4] = 1;
  for (std::size_t at = 72; at < bytes.size();) {
    std::uint32_t body = 0;
    std::memcpy(&body, bytes.data() + at + 40, sizeof(body));
    first += bytes.substr(at, 48) + bytes.substr(at + 56, body);
    at += 56 + body;
  }
  BufferState loaded;
  ASSERT_TRUE(loaded.load_chunk(first));
  ASSERT_TRUE(loaded.finish_loading());
  EXPECT_EQ(chunks_of(loaded), bytes);
}

TEST(BufferState, ASnapshotThatUsesASlotTwiceIsRefused) {
  Driver driver;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(driver.add("e" + std::to_string(i)));
  std::string bytes = chunks_of(driver.state);
  std::uint32_t body = 0;
  std::memcpy(&body, bytes.data() + 72 + 40, sizeof(body));
  bytes[72 + 56 + body + 48] = 0;  // the slot of the first, too
  BufferState loaded;
  EXPECT_EQ(loaded.load_chunk(bytes).error().code, ErrorCode::kCorruption);
}

TEST(BufferState, AViewStaysAsItWasWhileTheStateGoesOn) {
  Driver driver;
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(driver.add("e" + std::to_string(i), 500));
  const std::string before = chunks_of(driver.state);
  const StateView view = driver.state.view();
  const std::uint64_t number = driver.number("e7");
  ASSERT_TRUE(driver.apply(encode_numbers(EntryKind::kRetrieved, {&number, 1})));
  ASSERT_TRUE(driver.apply(encode_capacity(10)));
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(driver.add("new" + std::to_string(i), 500));
  std::string seen;
  ASSERT_TRUE(view.write_chunks([&](std::string_view chunk) -> Result<void> {
    seen += chunk;
    return {};
  }));
  EXPECT_EQ(seen, before);
}

TEST(BufferState, ASnapshotCutAnywhereIsRefused) {
  Driver driver;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(driver.add("e" + std::to_string(i)));
  const std::string bytes = chunks_of(driver.state);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    BufferState loaded;
    const bool whole =
        length > 0 && loaded.load_chunk(bytes.substr(0, length)) && loaded.finish_loading();
    EXPECT_FALSE(whole) << length;
  }
}

// Against the obvious model: a deque of names and a map of counts.
TEST(BufferState, AgreesWithAModelOverAnyEntries) {
  EXPECT_TRUE(rc::check([] {
    Driver driver;
    std::deque<std::string> order;
    std::map<std::string, unsigned> retrieved;
    std::uint64_t capacity = 10'000;
    const auto evict = [&] {
      while (order.size() > capacity) {
        retrieved.erase(order.front());
        order.pop_front();
      }
    };
    const int steps = *rc::gen::inRange(1, 120);
    for (int step = 0; step < steps; ++step) {
      const std::string id = "e" + std::to_string(*rc::gen::inRange(0, 12));
      const bool present = retrieved.contains(id);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
        case 1:
          if (present) break;
          RC_ASSERT(driver.add(id, *rc::gen::inRange<std::size_t>(0, 300'000)).has_value());
          order.push_back(id);
          retrieved[id] = 0;
          evict();
          break;
        case 2: {
          if (!present) break;
          const std::uint64_t number = driver.number(id);
          RC_ASSERT(driver.apply(encode_numbers(EntryKind::kRemove, {&number, 1})).has_value());
          std::erase(order, id);
          retrieved.erase(id);
          break;
        }
        case 3: {
          if (!present) break;
          const std::uint64_t number = driver.number(id);
          RC_ASSERT(driver.apply(encode_numbers(EntryKind::kRetrieved, {&number, 1})).has_value());
          ++retrieved[id];
          break;
        }
        default:
          capacity = *rc::gen::inRange<std::uint64_t>(1, 14);
          RC_ASSERT(driver.apply(encode_capacity(capacity)).has_value());
          evict();
      }
    }
    std::vector<std::string> found;
    for (const Slot slot : driver.state.in_order()) {
      const auto experience = decode_body(driver.state.body(slot));
      RC_ASSERT(experience.has_value());
      found.push_back(experience->id);
      RC_ASSERT(driver.state.find(experience->id) == slot);
      RC_ASSERT(driver.state.row(slot).retrievals == retrieved[experience->id]);
    }
    RC_ASSERT(found == std::vector<std::string>(order.begin(), order.end()));
  }));
}

}  // namespace
}  // namespace hardwon::reason
