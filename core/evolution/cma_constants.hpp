#pragma once

#include <cstddef>
#include <vector>

namespace engram {

/// The constants of CMA-ES for a dimension and a population: Hansen 2016, "The CMA Evolution
/// Strategy: A Tutorial", arXiv 1604.00772, eqs. 49-58, with the tutorial's names.
struct CmaConstants {
  /// Recombination weights, best first: the positive ones sum to 1. Negative ones ("active") take
  /// variance away along failed steps; without `active` they are 0.
  std::vector<double> weights;
  std::size_t num_parents = 0;  ///< mu: those of positive weight
  double mu_eff = 0.0;
  double sum_weights = 0.0;  ///< of all
  double c_sigma = 0.0, d_sigma = 0.0, c_c = 0.0, c_1 = 0.0, c_mu = 0.0;
  double chi =
      0.0;  ///< expected length of a standard normal vector (approximation of the tutorial)
};

/// @param learning_factor  c_1 and c_mu times this: 1, or (N + 2) / 3 where the matrix is diagonal
///                         (Ros & Hansen 2008, doi 10.1007/978-3-540-87700-4_30)
CmaConstants cma_constants(std::size_t dimension, std::size_t population_size, bool active = true,
                           double learning_factor = 1.0);

}  // namespace engram
