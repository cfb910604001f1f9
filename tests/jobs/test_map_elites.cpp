// Searchers by behaviours: MAP-Elites and novelty search.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "core/evolution/behaviour_space.hpp"
#include "core/text.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/searched_metrics.hpp"

namespace engram {
namespace {

/// The behaviour is the mean of each half of the coordinates, the error their variance around it:
/// all behaviours of the unit square can be had, with an error of 0. Means of random points are in
/// the middle.
std::vector<double> halves(Point const& point) {
  std::vector<double> metrics = {0.0, 0.0, 0.0};
  auto const half = point.size() / 2;
  for (std::size_t j = 0; j < point.size(); ++j)
    metrics[1 + j / half] += std::get<double>(point[j]) / static_cast<double>(half);
  for (std::size_t j = 0; j < point.size(); ++j) {
    double const difference = std::get<double>(point[j]) - metrics[1 + j / half];
    metrics[0] += difference * difference / static_cast<double>(point.size());
  }
  return metrics;
}

MetricProblem halves_problem() {
  return {unit_box(6), {metric("error", Direction::minimise), metric("x"), metric("y")}, halves};
}

/// Cells of x and y in the unit square, and the least objective of each.
std::map<std::size_t, double> cells_of(Searched const& searched) {
  BehaviourSpace const space(read_behaviour_axes("x(0, 1, 20) y(0, 1, 20)"));
  std::map<std::size_t, double> least;
  for (auto const& m : searched.metrics) {
    auto const [known, is_new] = least.try_emplace(space.cell(std::vector{m[1], m[2]}), m[0]);
    known->second = std::min(known->second, m[0]);
  }
  return least;
}

std::string const descriptors = "x(0, 1, 20) y(0, 1, 20)";

double mean_objective(std::map<std::size_t, double> const& cells) {
  double sum = 0.0;
  for (auto const& [cell, objective] : cells) sum += objective;
  return sum / static_cast<double>(cells.size());
}

TEST(MapElites, CoversAllBehavioursWithGoodPoints) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto const found = cells_of(
        search_metrics("map_elites", halves_problem(), 5000, seed, {{"descriptors", descriptors}}));
    auto const random = cells_of(search_metrics("random", halves_problem(), 5000, seed));
    EXPECT_GE(found.size(), 380u);  // of 400
    EXPECT_LT(random.size(), 340u);
    EXPECT_LT(mean_objective(found), 0.25 * mean_objective(random));
  }
}

TEST(Novelty, CoversMoreThanRandomPoints) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto const found = cells_of(search_metrics("novelty", halves_problem(), 5000, seed,
                                               {{"descriptors", "x(0, 1) y(0, 1)"}}));
    auto const random = cells_of(search_metrics("random", halves_problem(), 5000, seed));
    EXPECT_GT(static_cast<double>(found.size()), 1.1 * static_cast<double>(random.size()));
  }
}

/// In one dimension the elites can be kept by hand.
TEST(MapElites, KeepsTheBetterOfEachCell) {
  auto const evaluate = [](Point const& point) -> std::vector<double> {
    double const x = std::get<double>(point[0]);
    return {x < 0.25 ? std::nan("") : x, std::floor(2.0 * x)};
  };
  MetricProblem const problem = {
      unit_box(1), {metric("x", Direction::maximise), metric("half")}, evaluate};
  // Without noise children are copies of elites.
  auto const searched = search_metrics("map_elites", problem, 400, 3,
                                       {{"descriptors", "half(0, 2, 2)"},
                                        {"random_points", std::int64_t{20}},
                                        {"batch", std::int64_t{1}},
                                        {"iso", 0.0},
                                        {"line", 0.0}});
  double best[2] = {0.0, 0.0};
  for (std::size_t i = 0; i < searched.points.size(); ++i) {
    double const x = std::get<double>(searched.points[i][0]);
    EXPECT_TRUE(i < 20 || x == best[0] || x == best[1]) << i;
    if (x >= 0.25) best[x >= 0.5] = std::max(best[x >= 0.5], x);
  }
  EXPECT_GT(best[0], 0.25);
}

TEST(Behaviours, OpenRangesAreThoseOfTheFirstPoints) {
  // The same points as with the ranges given that the first have.
  for (std::string const name : {"map_elites", "novelty"}) {
    auto const open = search_metrics(name, halves_problem(), 300, 5);
    auto const num_first = name == "novelty" ? 50 : 32;
    std::string text;
    for (std::size_t k = 1; k <= 2; ++k) {
      auto const range = std::ranges::minmax(std::span(open.metrics).first(num_first), {},
                                             [k](auto const& m) { return m[k]; });
      text += (k == 1 ? "x(" : "y(") + to_text(range.min[k]) + ", " + to_text(range.max[k]) + ") ";
    }
    EXPECT_EQ(search_metrics(name, halves_problem(), 300, 5, {{"descriptors", text}}).points,
              open.points);
    EXPECT_NE(search_metrics(name, halves_problem(), 300, 5, {{"descriptors", "x(0, 1)"}}).points,
              open.points);
  }
}

TEST(Behaviours, PointsWithoutResultsHaveNoChildren) {
  auto const evaluate = [](Point const&) -> std::vector<double> {
    return {std::nan(""), std::nan(""), std::nan("")};
  };
  MetricProblem const problem = {unit_box(2), halves_problem().metrics, evaluate};
  for (std::string const name : {"map_elites", "novelty"})
    EXPECT_EQ(search_metrics(name, problem, 200, 1).points,
              search_metrics("random", problem, 200, 1).points);
}

TEST(Behaviours, OtherDescriptorsAreRefused) {
  auto const refused = [](std::string const& text) {
    return refusal([&] {
      searcher_for("map_elites", halves_problem(), 10, 1, {{"descriptors", text}});
    });
  };
  EXPECT_EQ(refused("speed"), "there is no metric 'speed' (metrics: error, x, y)");
  EXPECT_EQ(refused("x(0, 1) x(0, 2)"), "expected each metric once, got 'x' twice");
  EXPECT_EQ(refused("x(1, 0)"),
            "expected name, name(low, high) or name(low, high, cells) with low < high and 1 to "
            "1000000 cells, got 'x(1, 0)'");
  MetricProblem const alone = {unit_box(1), {metric("loss", Direction::minimise)}, halves};
  EXPECT_EQ(refusal([&] { searcher_for("novelty", alone, 10, 1); }),
            "expected metrics that describe behaviours; this experiment has 'loss' only");
}

}  // namespace
}  // namespace engram
