#pragma once

#include <cstddef>
#include <span>

#include "core/random/random.hpp"

namespace engram {

// Evolution strategies' gradient of a loss f from antithetic pairs of Gaussian perturbations e_i,
// which are made from (key, i) wherever they are needed: the mean over n pairs of
// [f(theta + s e_i) - f(theta - s e_i)] e_i / (2 s) (Salimans et al. 2017, arXiv:1703.03864,
// section 2.1). Of a linear loss with d parameters and gradient g its mean squared error is
// (d + 1) / n |g|^2.

/// out = theta + scale e_i; the other of the pair has the scale's other sign.
void perturb_antithetic(Key key, std::size_t i_pair, double scale, std::span<double const> theta,
                        std::span<double> out);

/// @param differences  f(theta + spread e_i) - f(theta - spread e_i) of all pairs, [pair]
/// @param gradient     overwritten, [parameter]
void antithetic_gradient(Key key, std::span<double const> differences, double spread,
                         std::span<double> gradient);

}  // namespace engram
