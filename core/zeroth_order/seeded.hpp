#pragma once

#include <functional>
#include <span>
#include <type_traits>

#include "core/random/noise.hpp"

namespace engram {

// MeZO (Malladi et al. 2023, arXiv:2305.17333, algorithm 1): parameters are perturbed where they
// lie and the direction is regenerated each time, so that a step needs no memory beyond theirs.
// Real is float or double, Noise GaussianNoise or RademacherNoise.

template <class Real>
using InPlaceLoss = std::function<double(std::span<Real const> theta)>;

/// [f(theta + epsilon z) - f(theta - epsilon z)] / (2 epsilon), an estimate of g^T z. Afterwards
/// theta is what it was but for the rounding of three additions, at most 3/2 units in the last
/// place of the largest of theta and theta +- epsilon z.
/// @throws std::invalid_argument  unless epsilon is positive
template <class Noise, class Real>
double seeded_difference(std::type_identity_t<InPlaceLoss<Real>> const& loss, Noise const& z,
                         Real epsilon, std::span<Real> theta);

/// theta -= rate * (slope z + decay * theta), without storing z.
template <class Noise, class Real>
void seeded_update(Noise const& z, double slope, double rate, double decay, std::span<Real> theta);

}  // namespace engram
