#include "reason/priority_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/rng.h"

namespace hardwon::reason {
namespace {

struct Parts {
  double fixed = 0;
  double moving = 0;
  double at(double g) const { return std::max(fixed + g * moving, 0.0); }
};
using Model = std::map<std::uint32_t, Parts>;

double total_of(const Model& model, double g) {
  double sum = 0;
  for (const auto& [slot, parts] : model) sum += parts.at(g);
  return sum;
}

// The slot whose share of the running sum holds the target; and how far inside it lies.
std::pair<std::uint32_t, double> slot_at(const Model& model, double g, double target) {
  double before = 0;
  for (const auto& [slot, parts] : model) {
    const double value = parts.at(g);
    if (target < before + value) {
      return {slot, std::min(target - before, before + value - target)};
    }
    before += value;
  }
  return {0, 0};
}

TEST(PriorityTree, AnswersLikeARunningSum) {
  const bool holds = rc::check([](std::uint64_t seed) {
    Rng rng(seed);
    PriorityTree tree;
    Model model;
    const std::uint64_t slots = 1 + rng.below(rng.below(2) != 0 ? 5'000 : 40);
    for (std::uint64_t i = 0; i < 300; ++i) {
      const auto slot = static_cast<std::uint32_t>(rng.below(slots));
      Parts parts;
      if (rng.below(4) != 0) parts.fixed = rng.uniform() + 0.1;
      parts.moving = -rng.uniform() * 0.9 * parts.fixed;
      tree.write(slot, parts.fixed, parts.moving);
      model[slot] = parts;
      if (i % 10 != 0) continue;
      const double g = rng.uniform();
      const double total = total_of(model, g);
      RC_ASSERT(std::abs(tree.total(g) - total) <= 1e-12 * total);
      if (total == 0) continue;
      const std::vector<double> targets = {rng.uniform() * total, rng.uniform() * total};
      std::vector<TreeHit> hits;
      tree.find(g, targets, &hits);
      RC_ASSERT(hits.size() == 2U);
      for (std::size_t k = 0; k < 2; ++k) {
        const auto [expected, inside] = slot_at(model, g, targets[k]);
        if (inside > 1e-12 * total) RC_ASSERT(hits[k].slot == expected);
        RC_ASSERT(hits[k].value == tree.value(hits[k].slot, g));
        RC_ASSERT(hits[k].value == model[hits[k].slot].at(g));
      }
    }
  });
  EXPECT_TRUE(holds);
}

TEST(PriorityTree, GivesTheSameBitsOnEveryInstructionSet) {
  const auto kernels = tree_kernels();
  if (kernels.size() < 2) GTEST_SKIP() << "this machine has one instruction set";
  for (const TreeKernel& kernel : kernels.subspan(1)) {
    PriorityTree plain(kernels[0]), other(kernel);
    Rng rng(7);
    for (int round = 0; round < 200; ++round) {
      for (int i = 0; i < 100; ++i) {
        const auto slot = static_cast<std::uint32_t>(rng.below(20'000));
        const double fixed = rng.uniform(), moving = -rng.uniform() * fixed;
        plain.write(slot, fixed, moving);
        other.write(slot, fixed, moving);
      }
      const double g = rng.uniform();
      const double total = plain.total(g);
      ASSERT_EQ(total, other.total(g)) << kernel.isa;
      std::vector<double> targets(77);
      for (double& target : targets) target = rng.uniform() * total;
      std::vector<TreeHit> expected, hits;
      plain.find(g, targets, &expected);
      other.find(g, targets, &hits);
      for (std::size_t i = 0; i < targets.size(); ++i) {
        ASSERT_EQ(expected[i].slot, hits[i].slot) << kernel.isa;
        ASSERT_EQ(expected[i].value, hits[i].value) << kernel.isa;
      }
    }
  }
}

TEST(PriorityTree, FindsEverySlotAtTheEdgesOfItsShare) {
  PriorityTree tree;
  for (std::uint32_t slot = 0; slot < 4'096; ++slot) tree.write(slot, 1, 0);
  ASSERT_EQ(tree.total(0.5), 4'096);
  std::vector<double> targets;
  for (double slot = 0; slot < 4'096; ++slot) {
    targets.insert(targets.end(), {slot, std::nextafter(slot + 1, 0)});
  }
  std::vector<TreeHit> hits;
  tree.find(0.5, targets, &hits);
  for (std::uint32_t i = 0; i < hits.size(); ++i) ASSERT_EQ(hits[i].slot, i / 2);
}

TEST(PriorityTree, FindsTheLastValueForATargetPastTheEnd) {
  PriorityTree tree;
  tree.write(3, 1, 0);
  tree.write(70'000, 1, 0);
  tree.write(70'001, 0, 0);
  std::vector<TreeHit> hits;
  tree.find(1, std::vector<double>{2.0, 2.5}, &hits);
  EXPECT_EQ(hits[0].slot, 70'000U);
  EXPECT_EQ(hits[1].slot, 70'000U);
}

TEST(PriorityTree, NeverFindsWhatOnlyRoundingPutsAboveZero) {
  // Each small slot is worth 0 or less at this g, yet the sums of many are a little above it.
  PriorityTree tree;
  Rng rng(3);
  const double g = 0.7;
  for (std::uint32_t slot = 0; slot < 4'096; ++slot) {
    const double moving = -rng.uniform();
    tree.write(slot, std::nextafter(-moving * g, 0), moving);
  }
  for (std::uint32_t slot = 0; slot < 4'096; ++slot) {
    if (tree.value(slot, g) > 0) tree.write(slot, 0, 0);
  }
  tree.write(2'000, 1e-17, 0);
  const double total = tree.total(g);
  std::vector<double> targets(1'000);
  for (double& target : targets) target = rng.uniform() * total;
  std::vector<TreeHit> hits;
  tree.find(g, targets, &hits);
  for (const TreeHit& hit : hits) ASSERT_EQ(hit.slot, 2'000U);
}

TEST(PriorityTree, IsEmptyBeforeAndAfter) {
  PriorityTree tree;
  EXPECT_EQ(tree.total(1), 0);
  EXPECT_EQ(tree.value(5, 1), 0);
  tree.write(5, 1, 2);
  EXPECT_EQ(tree.total(0.5), 2);
  EXPECT_EQ(tree.value(5, 0.5), 2);
  EXPECT_EQ(tree.value(500'000, 0.5), 0);
  tree.write(5, 0, 0);
  EXPECT_EQ(tree.total(1), 0);
}

}  // namespace
}  // namespace hardwon::reason
