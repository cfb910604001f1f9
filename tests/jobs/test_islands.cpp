// Populations beside each other, and the genetic algorithm that is one.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jobs/searcher.hpp"
#include "jobs/searchers/evolving_population.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

using Member = EvolvingPopulation::Member;

SearchSpace square() {
  return {Dimension::parse(real("x", 0.0), "uniform(-1, 1)"),
          Dimension::parse(real("y", 0.0), "uniform(-1, 1)")};
}

double bowl(Point const& point) {
  double const x = std::get<double>(point[0]) - 0.3, y = std::get<double>(point[1]) + 0.2;
  return x * x + y * y;
}

/// All points in order, each with its objective.
std::vector<std::pair<Point, double>> evaluate(
    std::string const& name, std::vector<std::pair<std::string, ParameterValue>> const& options,
    std::uint64_t num_points, std::uint64_t seed = 1) {
  auto const& factory = SearcherRegistry::instance().at(name);
  Parameters parameters(factory.options);
  for (auto const& [key, value] : options) parameters.set(key, value);
  auto const search = factory.make({.space = square(),
                                    .num_points = num_points,
                                    .direction = Direction::minimise,
                                    .key = Key(Seed(seed)).stream("searcher"),
                                    .options = parameters});
  std::vector<std::pair<Point, double>> result;
  while (!search->finished()) {
    for (auto const& proposal : search->ask(7)) {
      result.emplace_back(proposal.values, bowl(proposal.values));
      search->tell({result.size() - 1, result.back().second});
    }
  }
  return result;
}

ParameterValue count(std::int64_t value) {
  return value;
}

TEST(Islands, OneIsItsSearcherByItself) {
  for (auto const* factory : SearcherRegistry::instance().sorted()) {
    if (!factory->make_population) continue;
    auto const alone = evaluate(factory->name, {}, 95);
    for (std::string const topology : {"none", "ring", "full"})
      EXPECT_EQ(
          evaluate("islands",
                   {{"islands", count(1)}, {"algorithm", factory->name}, {"topology", topology}},
                   95),
          alone)
          << factory->name;
  }
}

/// Points of one island, of `size` members.
std::vector<std::pair<Point, double>> points_of(std::vector<std::pair<Point, double>> const& all,
                                                std::size_t island, std::size_t num_islands,
                                                std::size_t size) {
  std::vector<std::pair<Point, double>> result;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i / size % num_islands == island) result.push_back(all[i]);
  return result;
}

TEST(Islands, EvolveByThemselvesUntilTheyMigrate) {
  std::uint64_t const num = 3 * 6 * 8;  // islands, members, generations
  auto const run = [&](std::string const& topology) {
    return evaluate("islands",
                    {{"islands", count(3)},
                     {"algorithm", std::string("differential_evolution, genetic")},
                     {"population", count(6)},
                     {"topology", topology},
                     {"migrate_every", count(4)}},
                    num);
  };
  auto const none = run("none"), ring = run("ring");
  EXPECT_EQ(points_of(none, 0, 3, 6),
            evaluate("differential_evolution", {{"population", count(6)}}, num / 3));
  // The third is of the first's kind, with random numbers of its own.
  EXPECT_NE(points_of(none, 2, 3, 6), points_of(none, 0, 3, 6));
  auto const num_before = static_cast<std::ptrdiff_t>(num / 2);
  EXPECT_TRUE(std::equal(none.begin(), none.begin() + num_before, ring.begin()));
  EXPECT_NE(none, ring);
}

/// Its members stay what they are.
class Still final : public EvolvingPopulation {
 public:
  Still(std::vector<double> const& fitness, std::uint64_t seed)
      : EvolvingPopulation(1, fitness.size(), Key(Seed(seed))) {
    for (double const f : fitness) {
      breed_next();
      tell_next(f);
    }
  }

  std::vector<double> fitness() const {
    std::vector<double> result;
    for (auto const& member : members()) result.push_back(member.fitness);
    return result;
  }

 private:
  void breed(std::size_t, Random const&, std::vector<double>&) const override {}
  void select(std::vector<Member>&, std::vector<Member> const&) const override {}
};

double const nan_fitness = std::numeric_limits<double>::quiet_NaN();

std::vector<std::vector<double>> after(Topology topology, int num_times = 1) {
  std::vector<std::vector<double>> const before = {
      {5, 1, 3}, {2, 9, 0}, {7, 7, 8}, {4, nan_fitness, 6}};
  Populations islands;
  for (std::size_t i = 0; i < before.size(); ++i)
    islands.push_back(std::make_unique<Still>(before[i], i));
  auto const best = islands[1]->best();
  for (int t = 0; t < num_times; ++t) migrate(islands, topology);
  std::vector<std::vector<double>> result;
  for (auto const& island : islands)
    result.push_back(dynamic_cast<Still const&>(*island).fitness());
  EXPECT_EQ(islands[0]->members()[1].coordinates == best.coordinates, topology != Topology::none);
  return result;
}

TEST(Migration, TheBestReplacesTheWorstWhereItIsBetter) {
  using Fitness = std::vector<std::vector<double>>;
  // Beside 0 are 1 and 3, which have 9 and 6; 2 has 8 where the worst of 1 has 0.
  EXPECT_EQ(after(Topology::ring), (Fitness{{5, 9, 3}, {2, 9, 8}, {9, 7, 8}, {4, 8, 6}}));
  EXPECT_EQ(after(Topology::full), (Fitness{{5, 9, 3}, {2, 9, 8}, {9, 7, 8}, {4, 9, 6}}));
  auto const none = after(Topology::none);
  EXPECT_EQ(none[1], (std::vector<double>{2, 9, 0}));
  EXPECT_TRUE(std::isnan(none[3][1]));
  // Who has come already doesn't come again: of the neighbours' best, 9 is here everywhere but in
  // 3, where it takes the place of 4.
  EXPECT_EQ(after(Topology::ring, 2), (Fitness{{5, 9, 3}, {2, 9, 8}, {9, 7, 8}, {9, 8, 6}}));
}

TEST(Migration, NeverMakesAPopulationWorse) {
  Populations islands;
  islands.push_back(std::make_unique<Still>(std::vector<double>{1, nan_fitness}, 1));
  islands.push_back(std::make_unique<Still>(std::vector<double>{4, 3}, 2));
  islands.push_back(std::make_unique<Still>(std::vector<double>{nan_fitness, nan_fitness}, 3));
  auto const best = islands[1]->best();
  islands[1]->receive(islands[0]->best());
  islands[1]->receive(islands[2]->best());
  EXPECT_EQ(dynamic_cast<Still const&>(*islands[1]).fitness(), (std::vector<double>{4, 3}));
  islands[2]->receive(best);
  EXPECT_EQ(islands[2]->best().coordinates, best.coordinates);
}

TEST(Islands, RefusesSearchersThatHaveNoPopulation) {
  auto const with = [](std::string const& algorithm) {
    return refusal([&] { evaluate("islands", {{"algorithm", algorithm}}, 10); });
  };
  EXPECT_EQ(with("differential_evolution, cma_es"),
            "expected searchers that can be islands (differential_evolution, genetic), got "
            "'cma_es'");
  EXPECT_NE(with("genetik").find("did you mean 'genetic'?"), std::string::npos);
}

TEST(Genetic, IsBetterThanRandomPoints) {
  auto const least = [](std::string const& name, std::uint64_t seed) {
    double best = std::numeric_limits<double>::infinity();
    for (auto const& [point, value] : evaluate(name, {}, 200, seed)) best = std::min(best, value);
    return best;
  };
  int num_wins = 0;
  for (std::uint64_t seed = 1; seed <= 21; ++seed)
    num_wins += least("genetic", seed) < least("random", seed) ? 1 : 0;
  EXPECT_GE(num_wins, 17);  // of 21, by chance in .4 % of cases
}

}  // namespace
}  // namespace engram
