#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "jobs/searcher.hpp"

// Functions whose minima are known, and how near searchers come to them.

namespace engram {

using Objective = std::function<double(Point const&)>;

inline double number(ParameterValue const& value) {
  return std::get<double>(value);
}

/// How points are asked for, beside their number.
struct SearchOptions {
  std::size_t portion = 8;                                     ///< that are evaluated at a time
  double goal = -std::numeric_limits<double>::infinity();      ///< an objective below it is enough
  std::vector<std::pair<std::string, std::int64_t>> set = {};  ///< of the searcher
};

/// Least objective of the points, NaN aside.
inline double least(std::string const& searcher, SearchSpace const& space,
                    Objective const& objective, std::uint64_t num_points, std::uint64_t seed,
                    SearchOptions const& how = {}) {
  auto const& factory = SearcherRegistry::instance().at(searcher);
  Parameters options(factory.options);
  for (auto const& [name, value] : how.set) options.set(name, value);
  auto const search = factory.make({.space = space,
                                    .num_points = num_points,
                                    .direction = Direction::minimise,
                                    .key = Key(Seed(seed)).stream("searcher"),
                                    .options = options});
  double best = std::numeric_limits<double>::infinity();
  for (std::uint64_t i = 0; !search->finished() && best >= how.goal;) {
    auto const proposals = search->ask(how.portion);
    EXPECT_FALSE(proposals.empty());
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      double const value = objective(proposal.values);
      best = std::min(best, value);
      search->tell({i++, value});
    }
  }
  return best;
}

/// Dixon & Szegö 1978; least .397887 in three places.
inline double branin(Point const& point) {
  double const x = number(point[0]), y = number(point[1]), pi = std::numbers::pi;
  double const valley = y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0;
  return valley * valley + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x) + 10.0;
}

inline SearchSpace branin_space() {
  return {Dimension::parse(real("x", 0.0), "uniform(-5, 10)"),
          Dimension::parse(real("y", 0.0), "uniform(0, 15)")};
}

/// Dixon & Szegö 1978; least -3.32237, in one place.
inline double hartmann_6(Point const& point) {
  constexpr double scales[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double places[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                   {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                   {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                   {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  constexpr double heights[4] = {1.0, 1.2, 3.0, 3.2};
  double sum = 0.0;
  for (int i = 0; i < 4; ++i) {
    double exponent = 0.0;
    for (std::size_t j = 0; j < 6; ++j) {
      double const difference = number(point[j]) - places[i][j];
      exponent += scales[i][j] * difference * difference;
    }
    sum += heights[i] * std::exp(-exponent);
  }
  return -sum;
}

inline SearchSpace hartmann_6_space() {
  SearchSpace space;
  for (int j = 0; j < 6; ++j)
    space.push_back(Dimension::parse(real("x" + std::to_string(j), 0.5), "uniform(0, 1)"));
  return space;
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace engram
