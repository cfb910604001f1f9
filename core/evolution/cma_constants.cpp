#include "core/evolution/cma_constants.hpp"

#include <algorithm>
#include <cmath>

namespace engram {

namespace {

/// mu_eff of the weights in [first, last): the square of the sum over the sum of squares.
double effective_number(std::vector<double> const& weights, std::size_t first, std::size_t last) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = first; i < last; ++i) {
    sum += weights[i];
    squares += weights[i] * weights[i];
  }
  return squares > 0.0 ? sum * sum / squares : 0.0;
}

void scale(std::vector<double>& weights, std::size_t first, std::size_t last, double new_sum) {
  double sum = 0.0;
  for (std::size_t i = first; i < last; ++i) sum += weights[i];
  for (std::size_t i = first; i < last; ++i)
    weights[i] = sum == 0.0 ? 0.0 : weights[i] * new_sum / sum;
}

}  // namespace

CmaConstants cma_constants(std::size_t dimension, std::size_t population_size, bool active,
                           double learning_factor) {
  auto const n = static_cast<double>(dimension), lambda = static_cast<double>(population_size);
  CmaConstants c;
  c.weights.resize(population_size);
  for (std::size_t i = 0; i < population_size; ++i)
    c.weights[i] = std::log(0.5 * (lambda + 1.0)) - std::log(static_cast<double>(i + 1));
  c.num_parents = population_size / 2;
  c.mu_eff = effective_number(c.weights, 0, c.num_parents);
  double const mu_eff_minus = effective_number(c.weights, c.num_parents, population_size);

  c.c_sigma = (c.mu_eff + 2.0) / (n + c.mu_eff + 5.0);
  c.d_sigma = 1.0 + 2.0 * std::max(0.0, std::sqrt((c.mu_eff - 1.0) / (n + 1.0)) - 1.0) + c.c_sigma;
  c.c_c = (4.0 + c.mu_eff / n) / (n + 4.0 + 2.0 * c.mu_eff / n);
  // A population under 6 learns slower (the published code; the tutorial has no such populations).
  c.c_1 = learning_factor * std::min(1.0, lambda / 6.0) * 2.0 / ((n + 1.3) * (n + 1.3) + c.mu_eff);
  c.c_1 = std::min(1.0, c.c_1);
  c.c_mu = learning_factor * 2.0 * (0.25 + c.mu_eff + 1.0 / c.mu_eff - 2.0) /
           ((n + 2.0) * (n + 2.0) + c.mu_eff);
  c.c_mu = std::min(1.0 - c.c_1, c.c_mu);
  c.chi = std::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));

  scale(c.weights, 0, c.num_parents, 1.0);
  // Eqs. 50-53: no more variance is taken away than keeps the matrix positive definite.
  double const most = std::min({1.0 + c.c_1 / c.c_mu, 1.0 + 2.0 * mu_eff_minus / (c.mu_eff + 2.0),
                                (1.0 - c.c_1 - c.c_mu) / (n * c.c_mu)});
  scale(c.weights, c.num_parents, population_size, active && c.c_mu > 0.0 ? -most : 0.0);
  for (double const weight : c.weights) c.sum_weights += weight;
  return c;
}

}  // namespace engram
