#include "reason/sampler.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace hardwon::reason {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

const TimePoint kStart{hours(24) * 20'000};  // in 2024

constexpr AgeMode kModes[] = {AgeMode::kGrowth, AgeMode::kDecay, AgeMode::kLinear};

double share(const std::vector<Draw>& draws, Slot slot) {
  const auto hits = std::ranges::count(draws, slot, &Draw::slot);
  return static_cast<double>(hits) / static_cast<double>(draws.size());
}

// What both samplers promise, from nothing but lists and linear scans.
class Oracle {
 public:
  explicit Oracle(const AgingOptions& aging) : aging_(aging) {}
  void set(Slot slot, const PriorityTerms& terms, TimePoint now) {
    pass(now);
    terms_[slot] = terms;
  }
  void remove(Slot slot) { terms_.erase(slot); }
  double probability(Slot slot, TimePoint now) {
    pass(now);
    if (!terms_.contains(slot)) return 0;
    double total = 0;
    for (const auto& [other, terms] : terms_) total += priority_at(terms, aging_, now_);
    return priority_at(terms_.at(slot), aging_, now_) / total;
  }
  // Draws as the contract says: the i-th from the i-th share; slots in ascending order.
  // near: the target lies so near an edge that rounding may choose the neighbour.
  Slot draw(double target, bool* near) const {
    double total = 0, before = 0;
    for (const auto& [slot, terms] : terms_) total += priority_at(terms, aging_, now_);
    for (const auto& [slot, terms] : terms_) {
      const double next = before + priority_at(terms, aging_, now_) / total;
      if (target < next) {
        *near = target - before < 1e-10 || next - target < 1e-10;
        return slot;
      }
      before = next;
    }
    *near = true;
    return 0;
  }
  const std::map<Slot, PriorityTerms>& terms() const { return terms_; }

 private:
  void pass(TimePoint now) { now_ = std::max(now_, now); }
  AgingOptions aging_;
  TimePoint now_ = TimePoint::min();
  std::map<Slot, PriorityTerms> terms_;
};

// χ² of draws against the sampler's own probabilities, in standard deviations of its
// distribution (Wilson and Hilferty's cube root).
double chi_square_deviation(Sampler& sampler, std::size_t slots, std::size_t draws_wanted,
                            TimePoint now, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Draw> draws;
  std::vector<double> counts(slots, 0), expected(slots, 0);
  // One draw at a time is not stratified, so that counts have the spread that χ² supposes.
  for (std::size_t i = 0; i < draws_wanted; ++i) sampler.sample(1, now, rng, &draws);
  for (const Draw& draw : draws) ++counts[draw.slot];
  double sum = 0, degrees = -1;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    expected[slot] =
        sampler.probability(static_cast<Slot>(slot), now) * static_cast<double>(draws_wanted);
    if (expected[slot] == 0) continue;
    sum += (counts[slot] - expected[slot]) * (counts[slot] - expected[slot]) / expected[slot];
    degrees += 1;
  }
  const double spread = 2 / (9 * degrees);
  return (std::cbrt(sum / degrees) - (1 - spread)) / std::sqrt(spread);
}
constexpr double kDeviationMax = 3.72;  // α = 1e-4, one-sided: draws spread too far
// Draws that fit too well are no draws: the other side, at the same α.
void expect_chi_square(Sampler& sampler, std::size_t slots, TimePoint now, std::uint64_t seed) {
  const double deviation = chi_square_deviation(sampler, slots, 200'000, now, seed);
  EXPECT_LT(deviation, kDeviationMax);
  EXPECT_GT(deviation, -kDeviationMax);
}

double sum_of_probabilities(Sampler& sampler, std::size_t slots, TimePoint now) {
  double sum = 0;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    sum += sampler.probability(static_cast<Slot>(slot), now);
  }
  return sum;
}

// ------------------------------------------------------------------ the formula

TEST(Priority, IsTheSeedsAtInsertion) {
  const AgingOptions growth;
  for (double uncertainty : {0.0, 0.01, 0.3, 1.0}) {
    for (double reward : {0.0, 0.02, 0.5, 1.0}) {
      const double seed = std::max(0.4 * uncertainty + 0.4 * reward, 0.01);
      const PriorityTerms terms{.base = 0.4 * uncertainty + 0.4 * reward, .born = kStart};
      EXPECT_NEAR(priority_at(terms, growth, kStart), seed, 1e-12);
      EXPECT_NEAR(priority_at(terms, growth, kStart - hours(5)), seed, 1e-12) << "before its birth";
    }
  }
}

TEST(Priority, OfTheTreeIsTheSeedsAtInsertion) {
  // Two slots alone: the ratio of their probabilities is that of their priorities.
  for (const auto passed : {hours(0), hours(1), hours(24 * 57), hours(24 * 59)}) {
    const auto sampler = prioritized_sampler({});
    sampler->set(9, {.base = 0.1, .born = kStart}, kStart);
    const TimePoint now = kStart + passed;
    sampler->set(0, {.base = 0.1, .born = now}, now);
    sampler->set(1, {.base = 0.77, .born = now}, now);
    sampler->set(2, {.base = 0.004, .born = now}, now);
    const double one = sampler->probability(0, now) / 0.1;
    EXPECT_NEAR(sampler->probability(1, now) / one, 0.77, 1e-12);
    EXPECT_NEAR(sampler->probability(2, now) / one, 0.01, 1e-12);
  }
}

TEST(Priority, FollowsItsMode) {
  const PriorityTerms terms{.base = 0.3, .factor = 2, .born = kStart};
  AgingOptions aging;
  EXPECT_NEAR(priority_at(terms, aging, kStart + hours(24)), 2 * (0.3 + 0.2 * 0.5), 1e-12);
  EXPECT_NEAR(priority_at(terms, aging, kStart + hours(72)), 2 * (0.3 + 0.2 * 0.875), 1e-12);
  aging.mode = AgeMode::kDecay;
  EXPECT_NEAR(priority_at(terms, aging, kStart), 2 * (0.3 + 0.2), 1e-12);
  EXPECT_NEAR(priority_at(terms, aging, kStart + hours(48)), 2 * (0.3 + 0.2 * 0.25), 1e-12);
  aging.mode = AgeMode::kLinear;
  EXPECT_NEAR(priority_at(terms, aging, kStart), 2 * 0.3, 1e-12);
  EXPECT_NEAR(priority_at(terms, aging, kStart + hours(6)), 2 * (0.3 + 0.2 * 0.25), 1e-12);
  EXPECT_NEAR(priority_at(terms, aging, kStart + hours(99)), 2 * (0.3 + 0.2), 1e-12);
}

// ------------------------------------------------------------------ what both do

enum class Kind { kUniform, kGrowth, kDecay, kLinear };

class SamplerContract : public ::testing::TestWithParam<Kind> {
 protected:
  static std::unique_ptr<Sampler> make() {
    switch (GetParam()) {
      case Kind::kUniform:
        return uniform_sampler();
      case Kind::kGrowth:
        return prioritized_sampler({.mode = AgeMode::kGrowth});
      case Kind::kDecay:
        return prioritized_sampler({.mode = AgeMode::kDecay});
      case Kind::kLinear:
        return prioritized_sampler({.mode = AgeMode::kLinear});
    }
    return nullptr;
  }
  static std::vector<Draw> draw(Sampler& sampler, std::size_t count, TimePoint now,
                                std::uint64_t seed = 1) {
    Rng rng(seed);
    std::vector<Draw> draws;
    sampler.sample(count, now, rng, &draws);
    return draws;
  }
};

TEST_P(SamplerContract, DrawsNothingWhenEmpty) {
  const auto sampler = make();
  EXPECT_EQ(sampler->size(), 0U);
  EXPECT_TRUE(draw(*sampler, 8, kStart).empty());
  EXPECT_EQ(sampler->probability(0, kStart), 0);
  sampler->remove(3);
  sampler->set(3, {.base = 1, .born = kStart}, kStart);
  sampler->remove(3);
  sampler->remove(3);
  EXPECT_EQ(sampler->size(), 0U);
  EXPECT_TRUE(draw(*sampler, 8, kStart).empty());
  EXPECT_EQ(sampler->probability(3, kStart), 0);
}

TEST_P(SamplerContract, DrawsTheOnlySlotAlways) {
  const auto sampler = make();
  sampler->set(41, {.base = 0.3, .born = kStart}, kStart);
  for (const auto passed : {hours(0), hours(7), hours(24 * 100), hours(24 * 10'000)}) {
    EXPECT_EQ(sampler->probability(41, kStart + passed), 1);
    const auto draws = draw(*sampler, 100, kStart + passed);
    ASSERT_EQ(draws.size(), 100U);
    for (const Draw& d : draws) {
      EXPECT_EQ(d.slot, 41U);
      EXPECT_EQ(d.probability, 1);
    }
  }
}

TEST_P(SamplerContract, AppendsAndDrawsZeroOfThem) {
  const auto sampler = make();
  sampler->set(0, {.base = 0.3, .born = kStart}, kStart);
  Rng rng(1);
  std::vector<Draw> draws = {{.slot = 7, .probability = 0.5}};
  sampler->sample(0, kStart, rng, &draws);
  EXPECT_EQ(draws.size(), 1U);
  sampler->sample(2, kStart, rng, &draws);
  ASSERT_EQ(draws.size(), 3U);
  EXPECT_EQ(draws[0].slot, 7U);
}

TEST_P(SamplerContract, TreatsEqualsEqually) {
  const auto sampler = make();
  const PriorityTerms terms{.base = 0.5, .factor = 0.7, .born = kStart};
  for (Slot slot = 0; slot < 1'000; ++slot) sampler->set(slot, terms, kStart);
  for (const auto passed : {hours(0), hours(5), hours(40)}) {
    const TimePoint now = kStart + passed;
    for (Slot slot = 0; slot < 1'000; ++slot) {
      ASSERT_NEAR(sampler->probability(slot, now), 1e-3, 1e-15);
    }
    // Stratified: of 1,000 equals, 1,000 shares; each is drawn 5 times in 5 · 1,000, ± 1 each
    // side.
    std::map<Slot, int> counts;
    for (const Draw& d : draw(*sampler, 5'000, now)) ++counts[d.slot];
    ASSERT_EQ(counts.size(), 1'000U);
    for (const auto& [slot, n] : counts) ASSERT_TRUE(n >= 4 && n <= 6) << slot << ": " << n;
  }
}

TEST_P(SamplerContract, SaysTheProbabilityItDrewWith) {
  const auto sampler = make();
  Rng rng(5);
  for (Slot slot = 0; slot < 300; ++slot) {
    const TimePoint born = kStart - hours(rng.below(60));
    sampler->set(slot, {.base = rng.uniform(), .factor = 0.1 + rng.uniform(), .born = born},
                 kStart);
  }
  EXPECT_NEAR(sum_of_probabilities(*sampler, 300, kStart), 1, 1e-12);
  for (const Draw& d : draw(*sampler, 400, kStart)) {
    ASSERT_EQ(d.probability, sampler->probability(d.slot, kStart));
    ASSERT_GT(d.probability, 0);
  }
}

TEST_P(SamplerContract, NeverDrawsWhatWasRemoved) {
  const auto sampler = make();
  Rng rng(6);
  std::set<Slot> present;
  TimePoint now = kStart;
  for (int i = 0; i < 3'000; ++i) {
    const auto slot = static_cast<Slot>(rng.below(64));
    if (rng.below(3) == 0) {
      sampler->remove(slot);
      present.erase(slot);
    } else {
      sampler->set(slot, {.base = rng.uniform(), .born = now}, now);
      present.insert(slot);
    }
    ASSERT_EQ(sampler->size(), present.size());
    now += std::chrono::minutes(rng.below(200));
    std::vector<Draw> draws;
    sampler->sample(4, now, rng, &draws);
    ASSERT_EQ(draws.size(), present.empty() ? 0U : 4U);
    for (const Draw& d : draws) ASSERT_TRUE(present.contains(d.slot));
  }
}

TEST_P(SamplerContract, ReusesASlotAsANewOne) {
  const auto reused = make();
  const auto fresh = make();
  reused->set(1, {.base = 0.002, .factor = 3, .born = kStart - hours(100)}, kStart);
  reused->remove(1);
  const TimePoint later = kStart + hours(3);
  for (const auto& sampler : {reused.get(), fresh.get()}) {
    sampler->set(0, {.base = 0.4, .born = kStart}, kStart);
    sampler->set(1, {.base = 0.006, .born = later}, later);
  }
  for (int hour = 3; hour < 90; ++hour) {
    const TimePoint now = kStart + hours(hour);
    ASSERT_NEAR(reused->probability(1, now), fresh->probability(1, now), 1e-13);
  }
}

TEST_P(SamplerContract, IsDeterministicGivenTheSeed) {
  const auto a = make(), b = make();
  Rng rng(8);
  for (Slot slot = 0; slot < 500; ++slot) {
    const PriorityTerms terms{.base = rng.uniform(), .born = kStart - hours(rng.below(50))};
    a->set(slot, terms, kStart);
    b->set(slot, terms, kStart);
  }
  const auto same = [](const std::vector<Draw>& x, const std::vector<Draw>& y) {
    return std::ranges::equal(x, y, {}, &Draw::slot, &Draw::slot) &&
           std::ranges::equal(x, y, {}, &Draw::probability, &Draw::probability);
  };
  EXPECT_TRUE(same(draw(*a, 256, kStart, 11), draw(*b, 256, kStart, 11)));
  EXPECT_FALSE(same(draw(*a, 256, kStart, 11), draw(*b, 256, kStart, 12)));
}

TEST_P(SamplerContract, DrawsInProportion) {
  const auto sampler = make();
  Rng rng(9);
  for (Slot slot = 0; slot < 300; ++slot) {
    sampler->set(slot, {.base = rng.uniform() * 0.1, .born = kStart - hours(rng.below(30))},
                 kStart);
  }
  std::uint64_t seed = 100;
  for (const auto passed : {hours(0), hours(2), hours(26), hours(24 * 70)}) {
    expect_chi_square(*sampler, 300, kStart + passed, ++seed);
  }
}

std::string name_of(const ::testing::TestParamInfo<Kind>& test) {
  static const char* const names[] = {"Uniform", "Growth", "Decay", "Linear"};
  return names[static_cast<std::size_t>(test.param)];
}
INSTANTIATE_TEST_SUITE_P(All, SamplerContract,
                         ::testing::Values(Kind::kUniform, Kind::kGrowth, Kind::kDecay,
                                           Kind::kLinear),
                         name_of);

// ------------------------------------------------------------------ in proportion

// Operations at random against linear scans: slots come and go, cross the floor and the cap, are
// born in the future; time passes by microseconds or months, and sometimes seems to go back.
void compare_with_oracle(AgeMode mode, std::uint64_t seed) {
  Rng rng(seed);
  const AgingOptions aging{.mode = mode,
                           .age_scale = rng.below(4) == 0 ? microseconds(1'000) : hours(24),
                           .age_weight = rng.below(8) == 0 ? 0 : 0.2,
                           .floor = rng.below(4) == 0 ? 0.1 : 0.01};
  const auto scale = static_cast<double>(aging.age_scale.count());
  const auto sampler = prioritized_sampler(aging);
  Oracle oracle(aging);
  TimePoint now = kStart;
  const std::uint64_t slots = 1 + rng.below(300);
  const std::uint64_t burst = 1 + rng.below(rng.below(2) == 0 ? 1 : 100);  // changes in a row
  for (int i = 0; i < 300; ++i) {
    const auto slot = static_cast<Slot>(rng.below(slots));
    const double step = rng.below(40) == 0 ? 60 * scale : scale * rng.uniform() * 0.2;
    now += microseconds(static_cast<std::int64_t>(step));
    const TimePoint said = rng.below(10) == 0 ? now - microseconds(1'000) : now;
    if (rng.below(4) == 0) {
      sampler->remove(slot);
      oracle.remove(slot);
    } else {
      const double offset = (rng.uniform() * 3 - 2.5) * scale;
      const PriorityTerms terms{.base = rng.below(2) == 0 ? rng.uniform() : rng.uniform() * 0.02,
                                .factor = 0.7 + 0.3 * rng.uniform(),
                                .born = now + microseconds(static_cast<std::int64_t>(offset))};
      sampler->set(slot, terms, said);
      oracle.set(slot, terms, said);
    }
    RC_ASSERT(sampler->size() == oracle.terms().size());
    if (rng.below(burst) != 0) continue;
    const auto asked = static_cast<Slot>(rng.below(slots));
    const double expected = oracle.probability(asked, said);
    RC_ASSERT(std::abs(sampler->probability(asked, said) - expected) <= 1e-10 * expected);
    std::vector<Draw> draws;
    Rng one(seed + static_cast<std::uint64_t>(i)), other = one;
    sampler->sample(3, said, one, &draws);
    RC_ASSERT(draws.size() == (oracle.terms().empty() ? 0U : 3U));
    for (std::size_t k = 0; k < draws.size(); ++k) {
      bool near = false;
      const Slot drawn = oracle.draw((static_cast<double>(k) + other.uniform()) / 3, &near);
      if (!near) RC_ASSERT(draws[k].slot == drawn);
    }
  }
}

TEST(PrioritizedSampler, AgreesWithLinearScansInGrowth) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) { compare_with_oracle(AgeMode::kGrowth, seed); }));
}
TEST(PrioritizedSampler, AgreesWithLinearScansInDecay) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) { compare_with_oracle(AgeMode::kDecay, seed); }));
}
TEST(PrioritizedSampler, AgreesWithLinearScansInLinear) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) { compare_with_oracle(AgeMode::kLinear, seed); }));
}

TEST(PrioritizedSampler, IsExactOnBothSidesOfEveryCrossing) {
  for (const AgeMode mode : kModes) {
    const AgingOptions aging{.mode = mode, .age_scale = seconds(10), .floor = 0.1};
    const auto sampler = prioritized_sampler(aging);
    Oracle oracle(aging);
    for (const TimePoint born : {kStart, kStart + seconds(3)}) {
      const Slot slot = born == kStart ? 0 : 1;
      sampler->set(slot, {.base = 0.03, .born = born}, kStart);
      oracle.set(slot, {.base = 0.03, .born = born}, kStart);
    }
    for (int step = 0; step < 40'000; ++step) {
      const TimePoint now = kStart + microseconds(997) * step;
      ASSERT_NEAR(sampler->probability(0, now), oracle.probability(0, now), 1e-12) << step;
    }
  }
}

TEST(PrioritizedSampler, LetsAnOldItemOvertakeInGrowth) {
  const auto sampler = prioritized_sampler({});
  sampler->set(0, {.base = 0.30, .born = kStart}, kStart);
  const TimePoint later = kStart + hours(48);
  sampler->set(1, {.base = 0.35, .born = later}, later);
  Rng rng(2);
  std::vector<Draw> draws;
  sampler->sample(10'000, later, rng, &draws);
  EXPECT_NEAR(share(draws, 0), 0.45 / 0.80, 0.001);  // 0.30 + 0.2 · 3/4 against 0.35
  const auto other = prioritized_sampler({});
  other->set(0, {.base = 0.30, .born = kStart}, kStart);
  other->set(1, {.base = 0.35, .born = kStart}, kStart);
  EXPECT_LT(other->probability(0, kStart), other->probability(1, kStart));
  other->set(1, {.base = 0.35, .born = later}, later);
  EXPECT_GT(other->probability(0, later), other->probability(1, later));
}

TEST(PrioritizedSampler, LetsAnOldItemFallInDecay) {
  const auto sampler = prioritized_sampler({.mode = AgeMode::kDecay});
  sampler->set(0, {.base = 0.35, .born = kStart}, kStart);
  EXPECT_EQ(sampler->probability(0, kStart), 1);
  const TimePoint later = kStart + hours(48);
  sampler->set(1, {.base = 0.30, .born = later}, later);
  EXPECT_NEAR(sampler->probability(0, later), 0.40 / 0.90, 1e-12);
}

TEST(PrioritizedSampler, DrawsAHeavySlotByItsWeight) {
  const auto sampler = prioritized_sampler({});
  for (Slot slot = 0; slot < 5'000; ++slot) sampler->set(slot, {.born = kStart}, kStart);
  sampler->set(777, {.base = 1e6, .born = kStart}, kStart);
  Rng rng(4);
  std::vector<Draw> draws;
  sampler->sample(100'000, kStart, rng, &draws);
  const double light = 4'999 * 0.01 / (1e6 + 4'999 * 0.01);  // of all the mass: 5e-5
  EXPECT_NEAR(share(draws, 777), 1 - light, 2.1e-5);
  sampler->remove(777);
  EXPECT_NEAR(sampler->probability(5, kStart), 1.0 / 4'999, 1e-15) << "no trace of it is left";
}

TEST(PrioritizedSampler, TakesTimesAtTheEndsOfTheType) {
  for (const AgeMode mode : kModes) {
    const auto sampler = prioritized_sampler({.mode = mode});
    sampler->set(0, {.base = 0.3, .born = TimePoint::min()}, kStart);
    sampler->set(1, {.base = 0.001, .born = TimePoint::max()}, kStart);
    sampler->set(2, {.base = 0.3, .born = kStart}, kStart);
    for (const TimePoint now : {kStart, kStart + hours(24 * 1'000), TimePoint::max()}) {
      EXPECT_NEAR(sum_of_probabilities(*sampler, 3, now), 1, 1e-12);
      const double one = sampler->probability(1, now);
      EXPECT_TRUE(std::isfinite(one) && one > 0);
    }
  }
}

TEST(PrioritizedSampler, DrawsNothingWhileAllPrioritiesAreZero) {
  const auto sampler = prioritized_sampler({.floor = 0});
  sampler->set(0, {.born = kStart}, kStart);
  sampler->set(1, {.born = kStart + hours(1)}, kStart);
  Rng rng(1);
  std::vector<Draw> draws;
  sampler->sample(4, kStart, rng, &draws);
  EXPECT_TRUE(draws.empty());
  sampler->sample(4, kStart + hours(1), rng, &draws);
  ASSERT_EQ(draws.size(), 4U);
  for (const Draw& d : draws) EXPECT_EQ(d.slot, 0U);
}

TEST(PrioritizedSampler, StaysExactThroughManyRebases) {
  for (const AgeMode mode : kModes) {
    const AgingOptions aging{.mode = mode, .age_scale = hours(1)};
    const auto sampler = prioritized_sampler(aging);
    Oracle oracle(aging);
    TimePoint now = kStart;
    for (Slot i = 0; i < 400; ++i, now += hours(30)) {  // a rebase at each second or third
      const PriorityTerms terms{.base = 0.001 * i, .born = now};
      sampler->set(i % 50, terms, now);
      oracle.set(i % 50, terms, now);
      for (const Slot slot : {Slot{0}, i % 50}) {
        ASSERT_NEAR(sampler->probability(slot, now), oracle.probability(slot, now), 1e-12);
      }
    }
    expect_chi_square(*sampler, 50, now + hours(1), 77);
  }
}

TEST(PrioritizedSampler, DoesNotDriftInTenMillionUpdates) {
  constexpr Slot kSlots = 10'000;
  for (const AgeMode mode : {AgeMode::kGrowth, AgeMode::kLinear}) {
    const AgingOptions aging{.mode = mode};
    const auto sampler = prioritized_sampler(aging);
    std::vector<PriorityTerms> terms(kSlots);
    Rng rng(10);
    TimePoint now = kStart;
    const std::uint64_t updates = mode == AgeMode::kGrowth ? 10'000'000 : 500'000;
    for (std::uint64_t i = 0; i < updates + kSlots; ++i) {
      const auto slot = static_cast<Slot>(i < kSlots ? i : rng.below(kSlots));
      terms[slot] = {.base = rng.uniform() * rng.uniform(), .born = now};
      sampler->set(slot, terms[slot], now);
      now += seconds(1);
    }
    double total = 0;
    for (const PriorityTerms& t : terms) total += priority_at(t, aging, now);
    for (Slot slot = 0; slot < kSlots; slot += 97) {
      const double expected = priority_at(terms[slot], aging, now) / total;
      ASSERT_NEAR(sampler->probability(slot, now) / expected, 1, 1e-11);
    }
    if (mode == AgeMode::kGrowth) expect_chi_square(*sampler, kSlots, now, 78);
  }
}

// ------------------------------------------------------------------ importance weights

TEST(ImportanceWeights, FollowTheFormula) {
  const std::vector<Draw> draws = {{0, 0.1}, {1, 0.4}, {2, 0.025}};
  for (const double beta : {0.0, 0.4, 1.0}) {
    const auto weights = importance_weights(draws, beta);
    ASSERT_EQ(weights.size(), 3U);
    const double largest = std::pow(20 * 0.025, -beta);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(weights[i], std::pow(20 * draws[i].probability, -beta) / largest, 1e-14);
    }
    EXPECT_EQ(weights[2], 1);
  }
  EXPECT_TRUE(importance_weights({}, 1).empty());
}

TEST(ImportanceWeights, MakeTheMeanOfDrawsTheMeanOfAll) {
  const auto sampler = prioritized_sampler({});
  constexpr Slot kSlots = 2'000;
  Rng rng(12);
  std::vector<double> values(kSlots);
  double mean = 0;
  for (Slot slot = 0; slot < kSlots; ++slot) {
    const double base = rng.uniform();
    values[slot] = base * 3 + rng.uniform();  // goes with the priority: plain means are wrong
    mean += values[slot] / kSlots;
    sampler->set(slot, {.base = base, .born = kStart - hours(slot % 50)}, kStart);
  }
  constexpr int kBatches = 4'000, kBatch = 64;
  double sum = 0, squares = 0, plain = 0;
  for (int i = 0; i < kBatches; ++i) {
    std::vector<Draw> draws;
    sampler->sample(kBatch, kStart, rng, &draws);
    const auto weights = importance_weights(draws, 1);
    // The weights are relative to the largest, which is 1 / (size · smallest probability).
    const double smallest = std::ranges::min(draws, {}, &Draw::probability).probability;
    double estimate = 0;
    for (std::size_t k = 0; k < draws.size(); ++k) {
      estimate += values[draws[k].slot] * weights[k] / (kSlots * smallest) / kBatch;
      plain += values[draws[k].slot] / kBatch / kBatches;
    }
    sum += estimate;
    squares += estimate * estimate;
  }
  const double average = sum / kBatches;
  const double error = std::sqrt((squares / kBatches - average * average) / kBatches);
  EXPECT_LT(error, 0.005 * mean);
  EXPECT_NEAR(average, mean, 3.9 * error);  // α = 1e-4
  EXPECT_GT(plain, mean + 20 * error) << "without weights the mean must be seen to be wrong";
}

}  // namespace
}  // namespace hardwon::reason
