#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "jobs/searcher.hpp"

// Searches whose points have budgets, on functions of both.

namespace engram {

using Curve = std::function<double(Point const&, double budget)>;
using Options = std::vector<std::pair<std::string, ParameterValue>>;

inline SearchSpace unit_square() {
  return {Dimension::parse(real("x", 0.5), "uniform(0, 1)"),
          Dimension::parse(real("y", 0.5), "uniform(0, 1)")};
}

inline double number(Point const& point, std::size_t j) {
  return std::get<double>(point[j]);
}

/// Points in order, and the results that they were told to have.
struct History {
  std::vector<Proposal> points;
  std::vector<double> results;

  bool is_first(std::size_t i) const { return !points[i].continues; }

  /// Sum of budgets: what it costs if every point runs from the start.
  double effort() const {
    double sum = 0.0;
    for (auto const& point : points) sum += point.budget;
    return sum;
  }

  double best_of_full() const {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < points.size(); ++i)
      if (points[i].budget == 1.0 && results[i] < best) best = results[i];
    return best;
  }
};

inline std::unique_ptr<Searcher> make(std::string const& name, Options const& options,
                                      std::uint64_t num_points, std::uint64_t seed = 7,
                                      Direction direction = Direction::minimise,
                                      SearchSpace space = unit_square()) {
  auto const& factory = SearcherRegistry::instance().at(name);
  SearcherSettings settings = {.space = std::move(space),
                               .num_points = num_points,
                               .direction = direction,
                               .key = Key(Seed(seed)).stream("searcher"),
                               .options = Parameters(factory.options)};
  for (auto const& [key, value] : options) settings.options.set(key, value);
  return factory.make(settings);
}

inline History run(Searcher& searcher, Curve curve) {
  History history;
  while (!searcher.finished()) {
    auto const proposals = searcher.ask(8);
    EXPECT_FALSE(proposals.empty());
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      history.points.push_back(proposal);
      history.results.push_back(curve(proposal.values, proposal.budget));
      searcher.tell({history.results.size() - 1, history.results.back()});
    }
  }
  return history;
}

inline History run(std::string const& name, Options const& options, std::uint64_t num_points,
                   Curve const& curve, std::uint64_t seed = 7) {
  return run(*make(name, options, num_points, seed), curve);
}

/// With every budget, the less x the better.
inline double by_x(Point const& point, double budget) {
  return number(point, 0) + 1.0 / budget;
}

}  // namespace engram
