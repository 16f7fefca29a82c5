#include "train/stages.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace hardwon::train {

std::function<void(std::int64_t, std::int64_t)> progress_bar(std::string what) {
  if (isatty(STDERR_FILENO) == 0) return {};
  return [what = std::move(what), shown = std::int64_t{-1}](std::int64_t done,
                                                            std::int64_t all) mutable {
    constexpr std::int64_t kWidth = 40;
    const std::int64_t percent = 100 * done / all;
    if (percent == shown) return;
    shown = percent;
    const auto filled = static_cast<std::size_t>(kWidth * done / all);
    fmt::print(stderr, "\r{:<10} [{:<{}}] {:3}% ", what, std::string(filled, '#'), kWidth, percent);
    if (done == all) fmt::print(stderr, "\r{:<{}}\r", "", kWidth + 20);
    std::fflush(stderr);
  };
}

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

nets::TrainerOptions trainer_options(const TrainingConfig& config) {
  return {.value_weight = config.value_weight,
          .weight_decay = config.weight_decay,
          .gradient_norm_max = config.gradient_norm_max};
}

reason::GateOptions gate_options(const ArenaConfig& config) {
  const bool threshold = config.rule == "threshold";
  return {.rule = threshold ? reason::GateRule::kThreshold : reason::GateRule::kSequential,
          .pairs_max = config.pairs_max,
          .threshold = config.threshold,
          .elo_low = config.elo_low,
          .elo_high = config.elo_high,
          .pairs_min = config.pairs_min};
}

}  // namespace hardwon::train
