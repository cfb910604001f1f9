#pragma once

#include <cstddef>
#include <span>

#include "core/regression/gaussian_process.hpp"

namespace engram {

/// The likeliest parameters before there are values of variance 1 at points of the unit cube.
GaussianProcessParameters prior_parameters(std::size_t num_coordinates);

/// Parameters of the highest density after the values that `num_steps` steps from one of the starts
/// lead to. Their logarithms are normal before: length scales as in Hvarfner et al. 2024 (arXiv
/// 2402.02229), the others broad.
///
/// Steps are those of Rprop (Riedmiller & Braun 1993, doi 10.1109/ICNN.1993.298623), which Blum &
/// Riedmiller 2013 (ESANN) found to do well here: by signs, they stand rounding errors and
/// derivatives of any size.
/// @param points  [points, coordinates] of the unit cube
/// @param values  [points], with a variance of about 1
GaussianProcessParameters fit_gaussian_process(std::span<double const> points,
                                               std::span<double const> values,
                                               std::span<GaussianProcessParameters const> starts,
                                               std::size_t num_steps);

}  // namespace engram
