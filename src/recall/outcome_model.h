#pragma once

// How tasks like this one ended: a logistic regression over features of the episodes, fitted on
// the spot, corrected by the nearest of them.
//
// The weights have a normal prior whose precision maximises the evidence (MacKay, "The evidence
// framework applied to classification networks", 1992), so features that tell nothing shrink to
// the base rate without a second data set.  A partial success is a fractional target.
//
// Threads: a fitted model is immutable.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hardwon/recall.h"
#include "recall/episode_features.h"

namespace hardwon::recall {

class OutcomeModel {
 public:
  // Uses the episodes whose outcome is known; nullopt when there are fewer than
  // kOutcomeEpisodesMin.  with_steps: false learns from the tasks alone.
  // Cost: about 0.1 ms an episode.
  static std::optional<OutcomeModel> fit(std::span<const Episode> episodes, bool with_steps);

  // Never looks at the episode's outcome, reward or artifacts.
  Probability predict(const Episode& episode) const;

  double base_rate() const { return base_rate_; }
  std::size_t episodes() const { return past_.size(); }

 private:
  struct Past {
    std::vector<float> task;  // its vector
    std::vector<std::uint64_t> actions;
    double success = 0, predicted = 0;
  };
  struct Feature {
    std::string name;
    double mean = 0, scale = 1;
  };

  std::vector<double> standardised(const FeatureMap& features) const;
  void choose_features(const std::vector<FeatureMap>& maps);
  void fit_weights(const std::vector<FeatureMap>& maps, std::span<const double> targets);
  // What the nearest episodes add to, or take from, the regression's answer.
  double correction(const Episode& episode) const;

  bool with_steps_ = true;
  double base_rate_ = 0.5;
  std::vector<Feature> features_;
  std::vector<double> weights_;     // [features + 1], the last is the intercept
  std::vector<double> covariance_;  // [features + 1]² row-major, of the weights
  std::vector<Past> past_;
};

}  // namespace hardwon::recall
