#include "recall/outcome_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <utility>

#include "recall/logistic.h"
#include "recall/recall.h"
#include "vector/embedder.h"

namespace hardwon::recall {
namespace {

constexpr std::size_t kFeaturesMax = 48;
constexpr std::size_t kEpisodesAFeature = 8;  // no more features than that leaves
constexpr std::size_t kSeenMin = 5;           // episodes that must have a feature
constexpr std::array<double, 5> kPrecisions = {3, 10, 30, 100, 1000};
constexpr double kZ95 = 1.959964;

// Neighbours: tasks nearer than this; the nearest and likest count as one trial, against so
// many that the regression is worth.
constexpr double kNear = 0.5;
constexpr double kModelTrials = 3;

double overlap(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  if (a.empty() && b.empty()) return 1;
  std::size_t common = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) ++common;
    const bool forward = *x <= *y;
    if (*y <= *x) ++y;
    if (forward) ++x;
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

struct Spread {
  double sum = 0, squares = 0;
  std::size_t seen = 0;
};

}  // namespace

std::vector<double> OutcomeModel::standardised(const FeatureMap& features) const {
  std::vector<double> row;
  row.reserve(features_.size() + 1);
  for (const Feature& feature : features_) {
    const auto found = features.find(feature.name);
    const double value = found == features.end() ? 0 : found->second;
    // A value far outside what was seen is no reason for certainty.
    row.push_back(std::clamp((value - feature.mean) * feature.scale, -4.0, 4.0));
  }
  row.push_back(1);
  return row;
}

// The features that vary most; chosen without a look at the outcomes.
void OutcomeModel::choose_features(const std::vector<FeatureMap>& maps) {
  std::map<std::string, Spread, std::less<>> spreads;
  for (const FeatureMap& map : maps) {
    for (const auto& [name, value] : map) {
      Spread& spread = spreads[name];
      spread.sum += value;
      spread.squares += value * value;
      ++spread.seen;
    }
  }
  const auto n = static_cast<double>(maps.size());
  std::vector<std::pair<double, Feature>> varying;
  for (const auto& [name, spread] : spreads) {
    const double mean = spread.sum / n, variance = spread.squares / n - mean * mean;
    if (spread.seen < kSeenMin || !(variance > 1e-9)) continue;
    const double share = static_cast<double>(spread.seen) / n;
    const double informative = share < 1 ? share * (1 - share) : 0.25;
    varying.emplace_back(informative, Feature{name, mean, 1 / std::sqrt(variance)});
  }
  std::ranges::stable_sort(varying, std::greater{}, [](const auto& one) { return one.first; });
  const std::size_t most = std::min(kFeaturesMax, maps.size() / kEpisodesAFeature);
  if (varying.size() > most) varying.resize(most);
  for (auto& [informative, feature] : varying) features_.push_back(std::move(feature));
}

// Weights under the prior that the evidence prefers, and what they say of each past episode.
void OutcomeModel::fit_weights(const std::vector<FeatureMap>& maps,
                               std::span<const double> targets) {
  const std::size_t d = features_.size() + 1;
  std::vector<double> rows;
  rows.reserve(targets.size() * d);
  for (const FeatureMap& map : maps) {
    const std::vector<double> row = standardised(map);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  LogisticFit best;
  for (const double precision : kPrecisions) {
    LogisticFit fitted = fit_logistic(rows, targets, d, precision, best.weights);
    if (best.weights.empty() || fitted.evidence > best.evidence) best = std::move(fitted);
  }
  weights_ = std::move(best.weights);
  covariance_ = std::move(best.covariance);
  for (std::size_t i = 0; i < past_.size(); ++i) {
    double logit = 0;
    for (std::size_t j = 0; j < d; ++j) logit += rows[i * d + j] * weights_[j];
    past_[i].predicted = sigmoid(logit);
  }
}

std::optional<OutcomeModel> OutcomeModel::fit(std::span<const Episode> episodes, bool with_steps) {
  OutcomeModel model;
  model.with_steps_ = with_steps;
  std::vector<FeatureMap> maps;
  std::vector<double> targets;
  for (const Episode& episode : episodes) {
    const std::optional<double> success = episode.outcome.success();
    if (!success || episode.outcome.source == OutcomeSource::kClaim) continue;
    targets.push_back(std::clamp(*success, 0.0, 1.0));
    maps.push_back(episode_features(episode, with_steps));
    model.past_.push_back(
        {.task = vector::embed_lexical(episode.task),
         .actions = with_steps ? action_set(episode) : std::vector<std::uint64_t>(),
         .success = targets.back()});
  }
  if (targets.size() < kOutcomeEpisodesMin) return std::nullopt;
  model.base_rate_ =
      std::accumulate(targets.begin(), targets.end(), 0.0) / static_cast<double>(targets.size());
  model.choose_features(maps);
  model.fit_weights(maps, targets);
  return model;
}

double OutcomeModel::correction(const Episode& episode) const {
  const std::vector<float> task = vector::embed_lexical(episode.task);
  const std::vector<std::uint64_t> actions =
      with_steps_ ? action_set(episode) : std::vector<std::uint64_t>();
  double residuals = 0, weight = 0;
  for (const Past& past : past_) {
    float similarity = 0;
    for (std::size_t i = 0; i < task.size(); ++i) similarity += task[i] * past.task[i];
    const double near = (static_cast<double>(similarity) - kNear) / (1 - kNear);
    if (near <= 0) continue;
    const double w = near * near * (0.25 + 0.75 * overlap(actions, past.actions));
    residuals += w * (past.success - past.predicted);
    weight += w;
  }
  return residuals / (weight + kModelTrials);
}

Probability OutcomeModel::predict(const Episode& episode) const {
  const std::vector<double> row = standardised(episode_features(episode, with_steps_));
  const std::size_t d = row.size();
  double logit = 0, variance = 0;
  for (std::size_t i = 0; i < d; ++i) {
    logit += row[i] * weights_[i];
    for (std::size_t j = 0; j < d; ++j) variance += row[i] * covariance_[i * d + j] * row[j];
  }
  // The mean over the uncertain weights (MacKay 1992, eq. 10), and the interval of the logit.
  const double mean = sigmoid(logit / std::sqrt(1 + std::numbers::pi * variance / 8));
  const double half = kZ95 * std::sqrt(std::max(variance, 0.0));
  const double shift = correction(episode);
  const auto shifted = [&](double p) { return std::clamp(p + shift, 0.005, 0.995); };
  return {.mean = shifted(mean),
          .low = std::min(shifted(sigmoid(logit - half)), shifted(mean)),
          .high = std::max(shifted(sigmoid(logit + half)), shifted(mean))};
}

}  // namespace hardwon::recall
