#include "recall/beta.h"

#include <math.h>  // lgamma_r: std::lgamma writes the global `signgam`, a data race

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace hardwon::recall {
namespace {

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double log_beta(double a, double b) { return log_gamma(a) + log_gamma(b) - log_gamma(a + b); }

// The fraction converges fast for x < (a + 1) / (a + b + 2).
double fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300, kEnough = 1e-15;
  constexpr int kTermsMax = 10'000;
  const auto nonzero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m <= kTermsMax; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    value *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    const double factor = c * d;
    value *= factor;
    if (std::abs(factor - 1) < kEnough) break;
  }
  return value;
}

}  // namespace

double beta_cdf(double a, double b, double x) {
  CHECK(a > 0 && b > 0);
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) - log_beta(a, b));
  if (x < (a + 1) / (a + b + 2)) return std::clamp(front * fraction(a, b, x) / a, 0.0, 1.0);
  return std::clamp(1 - front * fraction(b, a, 1 - x) / b, 0.0, 1.0);
}

double beta_quantile(double a, double b, double p) {
  if (!(p > 0)) return 0;
  if (p >= 1) return 1;
  // Newton's method inside a bracket that bisection keeps honest.
  double low = 0, high = 1, x = a / (a + b);
  const double scale = log_beta(a, b);
  for (int i = 0; i < 100; ++i) {
    const double error = beta_cdf(a, b, x) - p;
    (error > 0 ? high : low) = x;
    const double density = std::exp((a - 1) * std::log(x) + (b - 1) * std::log1p(-x) - scale);
    double next = x - error / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const bool close = std::abs(next - x) < 1e-12;
    x = next;
    if (close || high - low < 1e-12) break;
  }
  return x;
}

}  // namespace hardwon::recall
