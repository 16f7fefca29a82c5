#include "reason/search_options.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace hardwon::reason {
namespace {

std::unexpected<Error> bad_field(const char* field, const char* expected) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::string("expected ") + expected,
                               .field = field});
}

double normal(Rng& rng) {  // Box and Muller, 1958
  const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes
// below 1 by their section 6.
double gamma(double shape, Rng& rng) {
  if (shape < 1) return gamma(shape + 1, rng) * std::pow(1 - rng.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(rng), v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(1 - rng.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

Result<void> SearchOptions::validate() const {
  if (!(exploration > 0) || !std::isfinite(exploration)) {
    return bad_field("exploration", "a positive number");
  }
  if (!(first_play_reduction >= 0) || first_play_reduction > 2) {
    return bad_field("first_play_reduction", "a number from 0 to 2");
  }
  if (leaves_max < 1 || leaves_max > 4096) return bad_field("leaves_max", "1 to 4096");
  if (nodes_max < 1 || nodes_max > std::size_t{1} << 31) return bad_field("nodes_max", "1 to 2^31");
  if (considered_moves < 1) return bad_field("considered_moves", "at least 1");
  if (!(value_scale >= 0) || !(value_scale_visits >= 0)) {
    return bad_field("value_scale", "numbers from 0");
  }
  return {};
}

std::vector<float> dirichlet(std::size_t count, double alpha, Rng& rng) {
  std::vector<double> draws(count);
  double total = 0;
  for (double& draw : draws) total += draw = gamma(alpha, rng);
  std::vector<float> shares(count, 1 / static_cast<float>(count));
  if (!(total > std::numeric_limits<double>::min())) return shares;  // all underflowed
  for (std::size_t i = 0; i < count; ++i) shares[i] = static_cast<float>(draws[i] / total);
  return shares;
}

float gumbel(Rng& rng) {
  const double u = std::max(rng.uniform(), std::numeric_limits<double>::min());
  return static_cast<float>(-std::log(-std::log(u)));
}

std::vector<int> halving_schedule(int considered, int simulations) {
  std::vector<int> schedule;
  if (simulations <= 0) return schedule;
  schedule.reserve(static_cast<std::size_t>(simulations));
  const int phases =
      std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(considered - 1))));
  int left = considered, visits = 0;
  while (true) {
    const int rounds = std::max(1, simulations / (phases * left));
    for (int round = 0; round < rounds; ++round, ++visits) {
      for (int move = 0; move < left; ++move) {
        schedule.push_back(visits);
        if (static_cast<int>(schedule.size()) == simulations) return schedule;
      }
    }
    left = std::max(2, left / 2);  // a single move has used them all up by now
  }
}

}  // namespace hardwon::reason
