#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jobs/searcher.hpp"

namespace engram {

/// What trials would be: a space, and the metrics of its points, of which the first is the
/// objective.
struct MetricProblem {
  SearchSpace space;
  std::vector<MetricSpec> metrics;
  std::function<std::vector<double>(Point const&)> evaluate;
};

inline MetricSpec metric(std::string const& name, Direction direction = Direction::none) {
  return {name, direction, "1", ""};
}

inline SearchSpace unit_box(std::size_t num_dimensions) {
  SearchSpace space;
  for (std::size_t j = 0; j < num_dimensions; ++j)
    space.push_back(Dimension::parse(real("x" + std::to_string(j), 0.5), "uniform(0, 1)"));
  return space;
}

using Options = std::vector<std::pair<std::string, ParameterValue>>;

inline std::unique_ptr<Searcher> searcher_for(std::string const& name, MetricProblem const& problem,
                                              std::uint64_t num_points, std::uint64_t seed,
                                              Options const& options = {}) {
  auto const& factory = SearcherRegistry::instance().at(name);
  SearcherSettings settings{.space = problem.space,
                            .num_points = num_points,
                            .direction = problem.metrics[0].direction,
                            .objective = problem.metrics[0].name,
                            .metrics = problem.metrics,
                            .key = Key(Seed(seed)).stream("searcher"),
                            .options = Parameters(factory.options)};
  for (auto const& [key, value] : options) settings.options.set(key, value);
  return factory.make(settings);
}

/// Points in the order of asking, and their metrics.
struct Searched {
  std::vector<Point> points;
  std::vector<std::vector<double>> metrics;
};

/// Of the points, `portion` are asked for at a time.
inline Searched search_metrics(std::string const& name, MetricProblem const& problem,
                               std::uint64_t num_points, std::uint64_t seed,
                               Options const& options = {}, std::size_t portion = 1000) {
  auto const search = searcher_for(name, problem, num_points, seed, options);
  Searched searched;
  while (!search->finished()) {
    auto const proposals = search->ask(portion);
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      auto const metrics = problem.evaluate(proposal.values);
      search->tell({searched.points.size(), metrics[0], metrics});
      searched.points.push_back(proposal.values);
      searched.metrics.push_back(metrics);
    }
  }
  return searched;
}

}  // namespace engram
