#pragma once

// Logistic regression with a normal prior, by Newton's method; small and dense.

#include <cstddef>
#include <span>
#include <vector>

namespace hardwon::recall {

struct LogisticFit {
  std::vector<double> weights;     // [d]
  std::vector<double> covariance;  // [d, d] row-major: inverse of the Hessian at the optimum
  double evidence = 0;             // log of the marginal likelihood, up to a constant
};

// rows: [n, d] row-major, the last column all 1 (the intercept, which the prior leaves alone);
// targets: [n] in [0, 1]; precision: of the prior, > 0.  start: [d], or empty.
// O(iterations · n · d²).
LogisticFit fit_logistic(std::span<const double> rows, std::span<const double> targets,
                         std::size_t d, double precision, std::span<const double> start);

double sigmoid(double logit);

}  // namespace hardwon::recall
