#include "reason/arena.h"

#include <cmath>

namespace hardwon::reason {
namespace {

double elo_of(double score) { return -400 * std::log10(1 / score - 1); }

std::optional<double> mean(double sum, std::int64_t count) {
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace

double SeatRecord::score() const {
  return mean(static_cast<double>(wins) + static_cast<double>(draws) / 2, games()).value_or(0.5);
}

double MatchResult::mean_plies() const {
  return mean(static_cast<double>(plies), games()).value_or(0);
}

std::optional<double> MatchResult::mean_candidate_value() const {
  return mean(candidate_values, candidate_moves);
}

std::optional<double> MatchResult::mean_best_value() const { return mean(best_values, best_moves); }

std::optional<MatchResult::Elo> MatchResult::elo() const {
  const auto count = static_cast<double>(pairs.total());
  const double middle = pairs.score();
  if (count < 2 || middle <= 0 || middle >= 1) return std::nullopt;
  double squares = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    const double off = 0.25 * static_cast<double>(k) - middle;
    squares += static_cast<double>(pairs.pairs[k]) * off * off;
  }
  const double error = 1.96 * std::sqrt(squares / (count - 1) / count);
  const auto inside = [](double score) { return std::min(std::max(score, 1e-6), 1 - 1e-6); };
  return Elo{.mean = elo_of(middle),
             .low = elo_of(inside(middle - error)),
             .high = elo_of(inside(middle + error))};
}

}  // namespace hardwon::reason
