#include <algorithm>
#include <cmath>
#include <map>

#include "hardwon/experience.h"

namespace hardwon {
namespace {

double weight_of(const Ballot& ballot, std::chrono::microseconds age_scale) {
  const double age = std::max<double>(0, static_cast<double>(ballot.age.count()));
  const double fresh = std::exp2(-age / static_cast<double>(age_scale.count()));
  return ballot.confidence * std::max(ballot.similarity, 0.0) *
         (0.5 + 0.5 * ballot.rate.value_or(0.5)) * fresh;
}

}  // namespace

Result<Vote> vote(const std::vector<Ballot>& ballots, std::size_t votes_min,
                  std::chrono::microseconds age_scale) {
  if (age_scale.count() <= 0) {
    return fail(ErrorCode::kInvalidArgument, "age_scale must be more than 0");
  }
  struct Side {
    double weight = 0, confidence = 0;
  };
  std::map<std::string, Side> sides;
  double total = 0;
  std::size_t counted = 0;
  for (const Ballot& ballot : ballots) {
    const double weight = weight_of(ballot, age_scale);
    if (!(weight > 0) || ballot.answer_json.empty()) continue;
    Side& side = sides[ballot.answer_json];
    side.weight += weight;
    side.confidence += weight * ballot.confidence;
    total += weight;
    ++counted;
  }
  if (counted < std::max<std::size_t>(votes_min, 1)) {
    return fail(ErrorCode::kNotFound, "found " + std::to_string(counted) +
                                          " votes of weight, expected at least " +
                                          std::to_string(std::max<std::size_t>(votes_min, 1)));
  }
  // The first of equals in the order of the map: the smaller text.
  const auto best = std::max_element(sides.begin(), sides.end(), [](const auto& a, const auto& b) {
    return a.second.weight < b.second.weight;
  });
  const double agreement = best->second.weight / total;
  return Vote{.answer_json = best->first,
              .confidence = agreement * best->second.confidence / best->second.weight,
              .agreement = agreement,
              .ballots = counted};
}

}  // namespace hardwon
