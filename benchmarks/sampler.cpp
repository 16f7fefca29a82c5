// Drawing a batch of 256 from 1M slots in proportion to priority, and updating as many.
//
//   bench_sampler [slots [batch [rounds]]]
//
// Contenders take turns, round by round, in one process on the same priorities:
//   hardwon   exact priority at the moment of the draw: growth, decay, linear
//   uniform   hardwon's uniform sampler, for scale
//   binary    a sum tree in double, written below; its priorities do not change with time
//   cpprb     the C++ core of cpprb (float; sums and minima; no age), where the build was given
//             its headers: -DHARDWON_CPPRB=<folder with ReplayBuffer.hh>
// Times are CPU time of this process for one batch; `sample` includes the importance weights,
// `update` all that must be done before the next draw.

#include "reason/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>

#include "reason/priority_tree.h"

#if defined(HARDWON_WITH_CPPRB)
#include <cpprb/ReplayBuffer.hh>
#endif

namespace hardwon::reason {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr double kBeta = 0.4;
constexpr int kBatchesPerTurn = 400;
const TimePoint kStart{hours(24) * 20'000};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double random_priority(Rng& rng) { return 0.8 * rng.uniform(); }

class BinaryTree {
 public:
  explicit BinaryTree(std::size_t slots) : leaves_(std::bit_ceil(slots)), sums_(2 * leaves_) {}
  void set(std::size_t slot, double value) {
    std::size_t node = leaves_ + slot;
    sums_[node] = value;
    for (node /= 2; node > 0; node /= 2) sums_[node] = sums_[2 * node] + sums_[2 * node + 1];
  }
  void sample(std::size_t count, Rng& rng, std::vector<Draw>* draws) const {
    const double share = sums_[1] / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
      double target = (static_cast<double>(i) + rng.uniform()) * share;
      std::size_t node = 1;
      while (node < leaves_) {
        node *= 2;
        if (target >= sums_[node] && sums_[node + 1] > 0) target -= sums_[node++];
      }
      draws->push_back({static_cast<Slot>(node - leaves_), sums_[node] / sums_[1]});
    }
  }

 private:
  std::size_t leaves_;
  std::vector<double> sums_;
};

struct Contender {
  std::string name;
  std::function<double()> sample;  // one batch; returns something that depends on all of it
  std::function<double(const std::vector<Slot>&, Rng&)> update;
  std::vector<double> sample_us{};  // [rounds], of a batch
  std::vector<double> update_us{};
};

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

// Slots were born over the last ten days, in no order.
TimePoint born(std::uint64_t slot) {
  return kStart - milliseconds(slot * 2'654'435'761 % 864'000'000);
}

// Every batch is 50 ms after the last.
struct Aged {
  std::unique_ptr<Sampler> sampler;
  TimePoint now = kStart;
  Rng rng{1};
  std::vector<Draw> draws;
};

Contender hardwon_contender(const std::string& name, std::unique_ptr<Sampler> sampler,
                            std::size_t slots, std::size_t batch) {
  const auto state = std::make_shared<Aged>();
  state->sampler = std::move(sampler);
  Rng rng(1);
  for (std::size_t i = 0; i < slots; ++i) {
    state->sampler->set(static_cast<Slot>(i), {.base = random_priority(rng), .born = born(i)},
                        kStart);
  }
  const auto sample = [state, batch] {
    state->now += milliseconds(50);
    state->draws.clear();
    state->sampler->sample(batch, state->now, state->rng, &state->draws);
    return sum(importance_weights(state->draws, kBeta)) + state->draws[0].slot;
  };
  const auto update = [state](const std::vector<Slot>& changed, Rng& values) {
    for (const Slot slot : changed) {
      state->sampler->set(slot, {.base = random_priority(values), .born = born(slot)}, state->now);
    }
    return state->sampler->probability(changed[0], state->now);
  };
  return {name, sample, update};
}

Contender binary_contender(std::size_t slots, std::size_t batch) {
  const auto tree = std::make_shared<BinaryTree>(slots);
  const auto rng = std::make_shared<Rng>(1);
  Rng values(1);
  for (std::size_t i = 0; i < slots; ++i) tree->set(i, random_priority(values));
  const auto draws = std::make_shared<std::vector<Draw>>();
  const auto sample = [=] {
    draws->clear();
    tree->sample(batch, *rng, draws.get());
    return sum(importance_weights(*draws, kBeta)) + draws->front().slot;
  };
  const auto update = [tree](const std::vector<Slot>& changed, Rng& from) {
    for (const Slot slot : changed) tree->set(slot, random_priority(from));
    return 0.0;
  };
  return {"binary", sample, update};
}

#if defined(HARDWON_WITH_CPPRB)
Contender cpprb_contender(std::size_t slots, std::size_t batch) {
  const auto core = std::make_shared<ymd::CppPrioritizedSampler<float>>(slots, 1.0F);
  Rng values(1);
  for (std::size_t i = 0; i < slots; ++i) {
    core->set_priorities(i, static_cast<float>(random_priority(values)));
  }
  const auto weights = std::make_shared<std::vector<float>>();
  const auto drawn = std::make_shared<std::vector<std::size_t>>();
  const auto sample = [=] {
    core->sample(batch, static_cast<float>(kBeta), *weights, *drawn, slots);
    double total = 0;
    for (const float weight : *weights) total += static_cast<double>(weight);
    return total + static_cast<double>(drawn->front());
  };
  const auto update = [core](const std::vector<Slot>& changed, Rng& from) {
    std::vector<float> priorities;
    priorities.reserve(changed.size());
    for (std::size_t i = 0; i < changed.size(); ++i) {
      priorities.push_back(static_cast<float>(random_priority(from)));
    }
    core->update_priorities(changed.data(), priorities.data(), changed.size());
    return 0.0;
  };
  return {"cpprb", sample, update};
}
#endif

double checked = 0;  // what the contenders returned, so that no work is optimised away

void take_turn(Contender& contender, std::size_t slots, std::size_t batch, int round) {
  Rng rng(static_cast<std::uint64_t>(round) + 100);
  std::vector<std::vector<Slot>> changed(kBatchesPerTurn);
  for (auto& one : changed) {
    for (std::size_t i = 0; i < batch; ++i) one.push_back(static_cast<Slot>(rng.below(slots)));
  }
  for (int i = 0; i < 20; ++i) checked += contender.sample();
  const double start = cpu_seconds();
  for (int i = 0; i < kBatchesPerTurn; ++i) checked += contender.sample();
  const double between = cpu_seconds();
  for (const auto& one : changed) checked += contender.update(one, rng);
  const double end = cpu_seconds();
  contender.sample_us.push_back((between - start) * 1e6 / kBatchesPerTurn);
  contender.update_us.push_back((end - between) * 1e6 / kBatchesPerTurn);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void report(const Contender& contender, const Contender& peer) {
  const auto show = [&](const std::vector<double>& mine, const std::vector<double>& theirs) {
    std::printf("  %8.1f (%6.1f–%6.1f)  %5.1fx", median(mine), std::ranges::min(mine),
                std::ranges::max(mine), median(theirs) / median(mine));
  };
  std::printf("%-16s", contender.name.c_str());
  show(contender.sample_us, peer.sample_us);
  show(contender.update_us, peer.update_us);
  std::printf("\n");
}

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string load;
  file >> load;
  return load;
}

void run(std::size_t slots, std::size_t batch, int rounds) {
  std::vector<Contender> contenders;
#if defined(HARDWON_WITH_CPPRB)
  contenders.push_back(cpprb_contender(slots, batch));
#endif
  contenders.push_back(binary_contender(slots, batch));
  const auto add = [&](const char* name, AgeMode mode) {
    contenders.push_back(
        hardwon_contender(name, prioritized_sampler({.mode = mode}), slots, batch));
  };
  add("hardwon growth", AgeMode::kGrowth);
  add("hardwon decay", AgeMode::kDecay);
  add("hardwon linear", AgeMode::kLinear);
  contenders.push_back(hardwon_contender("hardwon uniform", uniform_sampler(), slots, batch));
  std::printf("slots=%zu batch=%zu rounds=%d beta=%.1f compiler=%s isa=%s load=%s", slots, batch,
              rounds, kBeta, __VERSION__, std::string(tree_kernels().back().isa).c_str(),
              load_average().c_str());
  for (int round = 0; round < rounds; ++round) {
    for (Contender& contender : contenders) take_turn(contender, slots, batch, round);
  }
  std::printf("..%s\n", load_average().c_str());
  std::printf("CPU µs a batch: median (min–max), and how much faster than %s\n",
              contenders[0].name.c_str());
  std::printf("%-16s  %-33s  %s\n", "", "sample + weights", "update");
  for (const Contender& contender : contenders) report(contender, contenders[0]);
#if !defined(HARDWON_WITH_CPPRB)
  std::printf("cpprb: not measured; configure with -DHARDWON_CPPRB=<folder of ReplayBuffer.hh>\n");
#endif
  if (!std::isfinite(checked)) std::exit(1);
}

}  // namespace
}  // namespace hardwon::reason

int main(int count, char** arguments) {
  const auto number = [&](int at, int otherwise) {
    return count > at ? std::max(1, std::atoi(arguments[at])) : otherwise;
  };
  hardwon::reason::run(static_cast<std::size_t>(number(1, 1 << 20)),
                       static_cast<std::size_t>(number(2, 256)), number(3, 5));
  return 0;
}
