#include "recall/logistic.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace hardwon::recall {
namespace {

// The intercept's own prior: weak, and enough to keep targets that are all alike finite.
constexpr double kInterceptPrecision = 0.05;
constexpr int kIterationsMax = 30;

double dot(const double* a, const double* b, std::size_t d) {
  double sum = 0;
  for (std::size_t i = 0; i < d; ++i) sum += a[i] * b[i];
  return sum;
}

// Lower triangle of L with L Lᵗ = a, in place; a is positive definite by its prior.
void cholesky(std::vector<double>& a, std::size_t d) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double rest = a[i * d + j] - dot(&a[i * d], &a[j * d], j);
      if (i == j) {
        CHECK(rest > 0);
        a[i * d + i] = std::sqrt(rest);
      } else {
        a[i * d + j] = rest / a[j * d + j];
      }
    }
  }
}

std::vector<double> solve(const std::vector<double>& l, std::vector<double> b, std::size_t d) {
  for (std::size_t i = 0; i < d; ++i) {
    b[i] = (b[i] - dot(&l[i * d], b.data(), i)) / l[i * d + i];
  }
  for (std::size_t i = d; i-- > 0;) {
    for (std::size_t j = i + 1; j < d; ++j) b[i] -= l[j * d + i] * b[j];
    b[i] /= l[i * d + i];
  }
  return b;
}

struct State {
  double objective = 0;  // log posterior, up to a constant
  std::vector<double> gradient, hessian;
};

double log_likelihood(double logit, double target) {
  // target·log p + (1 − target)·log(1 − p), without overflow.
  return target * logit - (std::max(logit, 0.0) + std::log1p(std::exp(-std::abs(logit))));
}

State evaluate(std::span<const double> rows, std::span<const double> targets, std::size_t d,
               std::span<const double> precision, const std::vector<double>& weights) {
  State state{.gradient = std::vector<double>(d), .hessian = std::vector<double>(d * d)};
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const double* row = &rows[n * d];
    const double logit = dot(row, weights.data(), d);
    const double p = sigmoid(logit);
    state.objective += log_likelihood(logit, targets[n]);
    const double residual = targets[n] - p, curvature = p * (1 - p);
    for (std::size_t i = 0; i < d; ++i) {
      state.gradient[i] += residual * row[i];
      const double scaled = curvature * row[i];
      double* to = &state.hessian[i * d];
      for (std::size_t j = 0; j <= i; ++j) to[j] += scaled * row[j];
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    state.objective -= precision[i] * weights[i] * weights[i] / 2;
    state.gradient[i] -= precision[i] * weights[i];
    state.hessian[i * d + i] += precision[i];
  }
  return state;
}

}  // namespace

double sigmoid(double logit) {
  return logit >= 0 ? 1 / (1 + std::exp(-logit)) : std::exp(logit) / (1 + std::exp(logit));
}

LogisticFit fit_logistic(std::span<const double> rows, std::span<const double> targets,
                         std::size_t d, double precision, std::span<const double> start) {
  CHECK(d > 0 && rows.size() == targets.size() * d && precision > 0);
  std::vector<double> prior(d, precision);
  prior.back() = kInterceptPrecision;
  LogisticFit fit{.weights = std::vector<double>(start.begin(), start.end())};
  fit.weights.resize(d);
  State state = evaluate(rows, targets, d, prior, fit.weights);
  for (int iteration = 0; iteration < kIterationsMax; ++iteration) {
    cholesky(state.hessian, d);
    const std::vector<double> step = solve(state.hessian, state.gradient, d);
    // Newton may overshoot far from the optimum; halving always ends, the problem is concave.
    double length = 1;
    State next;
    std::vector<double> weights(d);
    for (int halving = 0; halving < 20; ++halving, length /= 2) {
      for (std::size_t i = 0; i < d; ++i) weights[i] = fit.weights[i] + length * step[i];
      next = evaluate(rows, targets, d, prior, weights);
      if (next.objective >= state.objective - 1e-9) break;
    }
    const double gain = next.objective - state.objective;
    fit.weights = std::move(weights);
    state = std::move(next);
    if (gain < 1e-6) break;
  }
  cholesky(state.hessian, d);
  double log_determinant = 0;
  for (std::size_t i = 0; i < d; ++i) log_determinant += 2 * std::log(state.hessian[i * d + i]);
  fit.evidence =
      state.objective + static_cast<double>(d - 1) * std::log(precision) / 2 - log_determinant / 2;
  fit.covariance.resize(d * d);
  for (std::size_t i = 0; i < d; ++i) {
    std::vector<double> unit(d);
    unit[i] = 1;
    const std::vector<double> column = solve(state.hessian, std::move(unit), d);
    for (std::size_t j = 0; j < d; ++j) fit.covariance[j * d + i] = column[j];
  }
  return fit;
}

}  // namespace hardwon::recall
