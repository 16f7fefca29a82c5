#pragma once

// The Beta distribution: its cumulative distribution and quantiles.

namespace hardwon::recall {

// P(X <= x) for X ~ Beta(a, b); a, b > 0, x in [0, 1].  Relative error about 1e-12.
// Source: the continued fraction of DLMF 8.17.22, evaluated by the modified Lentz method.
double beta_cdf(double a, double b, double x);

// The x with beta_cdf(a, b, x) = p; p in [0, 1].  Absolute error below 1e-10.
double beta_quantile(double a, double b, double p);

}  // namespace hardwon::recall
