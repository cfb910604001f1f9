#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random/random.hpp"
#include "core/tasks/series.hpp"

namespace engram {

/// Nonlinear autoregressive moving average of order n:
///
///   y(t+1) = a y(t) + b y(t) sum_{i=0}^{n-1} y(t-i) + c u(t-n+1) u(t) + d
struct NarmaSystem {
  std::size_t order;
  double a, b, c, d;
};

/// Atiya and Parlos 2000, doi 10.1109/72.846741.
constexpr NarmaSystem narma10{10, 0.3, 0.05, 1.5, 0.1};
/// As commonly used, for instance by the toolbox Oger (Verstraeten et al. 2012, JMLR 13).
constexpr NarmaSystem narma30{30, 0.2, 0.04, 1.5, 0.001};

/// y(1), …, y(T) for the inputs u(0), …, u(T-1); y and u are zero before.
std::vector<double> narma_response(NarmaSystem const& system, std::span<double const> input);

/// input u(t) ~ U(0, 0.5), output y(t+1): what follows from the inputs up to u(t).
///
/// The recursion can diverge; inputs that take y above 1.5 are drawn anew, from `key`'s next
/// attempt. Throws std::runtime_error after 1000 attempts.
InputOutputSeries narma_series(Key key, NarmaSystem const& system, std::size_t num_steps);

}  // namespace engram
