#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random/noise.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {

using Vector = std::vector<double>;

/// Numbers of some units, rounded some ten times.
inline constexpr double rounding = 1e-14;

inline StrategySettings settings_of(std::size_t population = 12) {
  return {.start = {1.0, -0.5, 0.25, 2.0, 0.0, -1.0, 0.5},
          .step = 0.3,
          .population_size = population,
          .key = Key(Seed(11))};
}

inline double bumpy(std::span<double const> x) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j)
    sum += static_cast<double>(j + 1) * x[j] * x[j] + std::sin(3.0 * x[j]);
  return sum;
}

/// What a member's noise is documented to be: of (generation, pair or member).
inline Vector noise_of(StrategySettings const& settings, std::uint64_t generation, std::size_t i) {
  Vector noise(settings.start.size());
  fill(GaussianNoise(settings.key.stream("strategy/noise").index(generation).index(i)), 0,
       std::span(noise));
  return noise;
}

inline Vector mean_of(EvolutionStrategy const& strategy) {
  return {strategy.mean().begin(), strategy.mean().end()};
}

inline Vector genome_of(EvolutionStrategy const& strategy, std::size_t i_member) {
  Vector genome(strategy.dimension());
  strategy.genome(i_member, genome);
  return genome;
}

inline void expect_near(std::span<double const> values, std::span<double const> expected,
                        double tolerance = rounding) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t j = 0; j < values.size(); ++j) EXPECT_NEAR(values[j], expected[j], tolerance);
}

}  // namespace engram
