#include "core/evolution/weights.hpp"

#include <algorithm>
#include <cmath>

namespace engram {

std::size_t default_population_size(std::size_t dimension) {
  return 4 + static_cast<std::size_t>(3.0 * std::log(static_cast<double>(dimension)));
}

namespace {

/// max(0, ln(reference) - ln k) for k = 1, …, scaled to the sum 1.
std::vector<double> log_weights(std::size_t size, double reference) {
  std::vector<double> weights(size);
  double sum = 0.0;
  for (std::size_t k = 0; k < size; ++k) {
    weights[k] = std::max(0.0, std::log(reference) - std::log(static_cast<double>(k + 1)));
    sum += weights[k];
  }
  for (auto& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

std::vector<double> natural_utilities(std::size_t population_size) {
  auto const size = static_cast<double>(population_size);
  auto utilities = log_weights(population_size, 0.5 * size + 1.0);
  for (auto& utility : utilities) utility -= 1.0 / size;
  return utilities;
}

std::vector<double> parent_weights(std::size_t population_size) {
  std::size_t const num_parents = population_size / 2;
  return log_weights(num_parents, static_cast<double>(num_parents) + 0.5);
}

double effective_parents(std::vector<double> const& weights) {
  double sum = 0.0;
  for (double const weight : weights) sum += weight * weight;
  return 1.0 / sum;
}

}  // namespace engram
