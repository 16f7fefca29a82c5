// Text forms of the public vocabulary: times, scopes, ids, names, outcomes.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "hardwon/types.h"

namespace hardwon {
namespace {

using std::chrono::microseconds;

TimePoint at(std::int64_t us) { return TimePoint(microseconds(us)); }

TEST(Time, ReadsBackEveryTimeItWrites) {
  EXPECT_TRUE(rc::check("microseconds from 1970 to 2199", [] {
    const TimePoint time = at(*rc::gen::inRange<std::int64_t>(0, 7'258'118'400'000'000));
    const auto read = parse_time(format_time(time));
    RC_ASSERT(read.has_value());
    // The text has milliseconds where the time has no finer part.
    RC_ASSERT(*read == time || *read == std::chrono::floor<std::chrono::milliseconds>(time));
    RC_ASSERT(format_time(*read) == format_time(time));
  }));
}

TEST(Time, KnowsTheFormsOfIso8601) {
  const TimePoint expected = *parse_time("2026-01-02T03:04:05Z");
  EXPECT_EQ(format_time(expected), "2026-01-02T03:04:05Z");
  EXPECT_EQ(parse_time("2026-01-02T05:04:05+02:00"), expected);
  EXPECT_EQ(parse_time("2026-01-01T22:04:05-05:00"), expected);
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.000Z"), expected);
  EXPECT_EQ(parse_time("2026-01-02T03:04:05"), expected) << "without a zone it is UTC";
  EXPECT_EQ(parse_time("2026-01-02 03:04"), expected - std::chrono::seconds(5));
  EXPECT_EQ(parse_time("2026-01-02"), parse_time("2026-01-02T00:00:00Z"));
  EXPECT_EQ(parse_time("2024-02-29"), parse_time("2024-02-29T00:00:00Z"));
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const std::string_view text :
       {"", "now", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-01-02T25:00:00Z",
        "2026-01-02T03:60:00Z", "2026-01-02T03:04:05Zx", "1969-12-31", "2201-01-01",
        "1970-01-01T00:00:00+01:00", "2026-01-02T03", "-2026-01-02",
        "99999999999999999999-01-01"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Scope, ReadsBackEveryScopeItWrites) {
  EXPECT_TRUE(rc::check("any labels", [] {
    const auto labels = *rc::gen::container<std::map<std::string, std::string>>(
        rc::gen::nonEmpty(rc::gen::string<std::string>()), rc::gen::string<std::string>());
    const Scope scope{.labels = labels};
    const auto read = Scope::parse(scope.canonical());
    // A label without a value or with blanks at its ends may be refused; it is never changed.
    if (read) RC_ASSERT(*read == scope);
  }));
  const Scope odd{.labels = {{"project", "/a,b=c\\d"}, {"user", "ann"}}};
  EXPECT_EQ(Scope::parse(odd.canonical()), odd);
  EXPECT_EQ(odd.canonical(), "project=/a\\,b\\=c\\\\d,user=ann");
}

TEST(Scope, RefusesWhatIsNoScope) {
  for (const std::string_view text : {"user", "=ann", "user=ann,project", "user=a,user=b"}) {
    EXPECT_FALSE(Scope::parse(text)) << text;
  }
}

TEST(Id, ReadsBackItsTextAndNothingElse) {
  Rng rng(1);
  for (int i = 0; i < 500; ++i) {
    const ManualClock clock(at(static_cast<std::int64_t>(rng.below(4'000'000'000'000'000))));
    const auto bytes = fresh_id_bytes(clock, rng);
    const std::string text = id_text(bytes);
    EXPECT_EQ(text.size(), 36U);
    EXPECT_EQ(parse_id_text(text), bytes);
  }
  for (const std::string_view text :
       {"", "0190a1b2-c3d4-7e5f-8a6b-0123456789a", "0190A1B2-C3D4-7E5F-8A6B-0123456789AB",
        "0190a1b2c3d47e5f8a6b0123456789ab", "0190a1b2-c3d4-7e5f-8a6b-0123456789ag",
        "0190a1b2-c3d4-7e5f-8a6b-0123456789abc"}) {
    EXPECT_FALSE(parse_id_text(text)) << text;
  }
}

TEST(Id, OfLaterTimesSortsLater) {
  Rng rng(2);
  ManualClock clock(*parse_time("2026-01-01"));
  auto previous = fresh_id<ItemId>(clock, rng);
  for (int i = 0; i < 100; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    const auto next = fresh_id<ItemId>(clock, rng);
    EXPECT_LT(previous, next);
    previous = next;
  }
}

TEST(Id, OfContentDependsOnEveryPartAndItsPlace) {
  const auto id = content_id<ItemId>({"a", "bc"});
  EXPECT_EQ(id, content_id<ItemId>({"a", "bc"}));
  EXPECT_NE(id, content_id<ItemId>({"ab", "c"}));
  EXPECT_NE(id, content_id<ItemId>({"bc", "a"}));
  EXPECT_NE(id, content_id<ItemId>({"a", "bc", ""}));
  EXPECT_EQ(to_text(id)[14], '8') << "a UUIDv8";
}

TEST(Handle, HasThirteenCharactersThatRarelyCollide) {
  Rng rng(3);
  const ManualClock clock(*parse_time("2026-01-01"));
  std::set<std::string> handles;
  for (int i = 0; i < 10'000; ++i) {
    const std::string handle = id_handle(fresh_id_bytes(clock, rng));
    EXPECT_EQ(handle.size(), 13U);
    EXPECT_EQ(handle.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos)
        << handle;
    handles.insert(handle);
  }
  EXPECT_EQ(handles.size(), 10'000U);
}

TEST(StreamHash, DoesNotDependOnThePieces) {
  StreamHash whole, pieces;
  whole.update("some bytes");
  pieces.update("some ");
  pieces.update("");
  pieces.update("bytes");
  EXPECT_EQ(whole.hex(), pieces.hex());
  EXPECT_EQ(whole.hex().size(), 32U);
  pieces.update("!");
  EXPECT_NE(whole.hex(), pieces.hex());
}

TEST(Names, AreReadBackWhereTheyAreRead) {
  for (std::size_t i = 0; i < kLessonKindCount; ++i) {
    const auto kind = static_cast<LessonKind>(i);
    EXPECT_EQ(parse_lesson_kind(name_of(kind)), kind);
  }
  for (const auto status :
       {OutcomeStatus::kUnknown, OutcomeStatus::kSuccess, OutcomeStatus::kPartial,
        OutcomeStatus::kFailure, OutcomeStatus::kAbstained}) {
    EXPECT_EQ(parse_outcome_status(name_of(status)), status);
  }
  EXPECT_FALSE(parse_lesson_kind("Rule"));
  EXPECT_FALSE(parse_outcome_status(""));
  EXPECT_EQ(error_code_name(ErrorCode::kResourceExhausted), "resource_exhausted");
}

TEST(Outcome, IsANumberOnlyWhereSomebodyKnows) {
  EXPECT_EQ((Outcome{.status = OutcomeStatus::kSuccess}.success()), 1.0);
  EXPECT_EQ((Outcome{.status = OutcomeStatus::kFailure}.success()), 0.0);
  EXPECT_EQ((Outcome{.status = OutcomeStatus::kPartial, .share = 0.25}.success()), 0.25);
  EXPECT_EQ(Outcome{}.success(), std::nullopt);
  EXPECT_EQ((Outcome{.status = OutcomeStatus::kAbstained}.success()), std::nullopt);
}

TEST(Tokens, StayUnknownUntilSomebodyCounts) {
  TokenCounts sum;
  sum += TokenCounts{};
  EXPECT_FALSE(sum.known);
  sum += TokenCounts{.input = 3, .output = 4, .known = true};
  sum += TokenCounts{};
  EXPECT_EQ(sum, (TokenCounts{.input = 3, .output = 4, .known = true}));
}

TEST(Rng, GivesTheSameNumbersEverywhere) {
  // The first outputs of SplitMix64 for seed 0, from the reference implementation.
  Rng rng(0);
  EXPECT_EQ(rng.next(), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(rng.next(), 0x6e789e6aa1b965f4ULL);
  for (int i = 0; i < 1000; ++i) {
    const double u = rng.uniform();
    EXPECT_TRUE(u >= 0.0 && u < 1.0);
    EXPECT_LT(rng.below(7), 7U);
  }
}

}  // namespace
}  // namespace hardwon
