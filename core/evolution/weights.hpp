#pragma once

#include <cstddef>
#include <vector>

namespace engram {

/// 4 + floor(3 ln dimension): Hansen 2016, arXiv 1604.00772, eq. 48.
std::size_t default_population_size(std::size_t dimension);

/// Utilities of the natural strategies by rank, best first, with the sum 0: u_k = max(0,
/// ln(lambda/2 + 1) - ln k) / sum - 1/lambda (Wierstra et al. 2014, JMLR 15:949, eq. 11).
std::vector<double> natural_utilities(std::size_t population_size);

/// Weights of the better half, best first, with the sum 1: ln(mu + 1/2) - ln k, mu =
/// floor(lambda/2) (Loshchilov, Glasmachers & Beyer 2019, doi 10.1109/TEVC.2018.2855049).
std::vector<double> parent_weights(std::size_t population_size);

/// 1 / sum of squares: the number of equal parents whose mean varies as much.
double effective_parents(std::vector<double> const& weights);

}  // namespace engram
