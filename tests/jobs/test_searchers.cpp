#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "core/random/sobol_table.hpp"
#include "jobs/searcher.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

Dimension unit_interval(std::string const& name) {
  return Dimension::parse(real(name, 0.5), "uniform(0, 1)");
}

SearchSpace unit_cube(std::size_t num_dimensions) {
  SearchSpace space;
  for (std::size_t j = 0; j < num_dimensions; ++j)
    space.push_back(unit_interval("x" + std::to_string(j)));
  return space;
}

/// What a file would hold, for searchers that read one.
std::vector<Point> listed_points(SearchSpace const& space, std::uint64_t num_points) {
  std::vector<Point> points(num_points);
  for (std::uint64_t i = 0; i < num_points; ++i) {
    Random const random(Key(Seed(11)).index(i));
    for (std::size_t j = 0; j < space.size(); ++j)
      points[i].push_back(space[j].at_quantile(random.uniform(j)));
  }
  return points;
}

SearcherSettings settings_for(SearcherFactory const& factory, SearchSpace space,
                              std::uint64_t num_points, std::uint64_t seed = 7) {
  auto points = listed_points(space, num_points);
  return {.space = std::move(space),
          .num_points = num_points,
          .direction = Direction::minimise,
          .objective = "error",
          .metrics = {{"error", Direction::minimise, "1", ""},
                      {"memory", Direction::maximise, "1", ""},
                      {"rate", Direction::none, "1", ""}},
          .key = Key(Seed(seed)).stream("searcher"),
          .options = Parameters(factory.options),
          .points = std::move(points)};
}

/// Of point i, with the metrics of `settings_for`.
PointResult result_of(std::uint64_t i) {
  auto const error = static_cast<double>(i % 5);
  return {i, error, {error, static_cast<double>(i % 7), static_cast<double>(i % 3)}};
}

/// All points, asked for in portions.
std::vector<Proposal> points_of(SearcherFactory const& factory, SearcherSettings const& settings,
                                std::size_t portion) {
  auto const searcher = factory.make(settings);
  std::vector<Proposal> points;
  while (!searcher->finished()) {
    auto const some = searcher->ask(portion);
    EXPECT_LE(some.size(), portion);
    if (some.empty()) break;
    for (auto const& point : some) {
      searcher->tell(result_of(points.size()));
      points.push_back(point);
    }
  }
  EXPECT_TRUE(searcher->ask(1).empty());
  return points;
}

/// What a searcher may say of others in its next points, of which `points` were asked before.
void expect_continuable(Searcher const& searcher, std::uint64_t oldest, std::uint64_t num_told,
                        std::vector<Proposal> const& points, std::vector<Proposal> const& next) {
  EXPECT_LE(oldest, searcher.oldest_to_continue());
  EXPECT_LE(searcher.oldest_to_continue(), points.size() + next.size());
  for (auto const& proposal : next) {
    if (proposal.continues) {
      EXPECT_TRUE(searcher.keeps_states());
      EXPECT_GE(*proposal.continues, oldest);
      EXPECT_LT(*proposal.continues, num_told);
    }
    // The first of those with equal seeds.
    if (proposal.seeds_of) {
      ASSERT_LT(*proposal.seeds_of, points.size());
      EXPECT_FALSE(points[*proposal.seeds_of].seeds_of);
    }
  }
}

using Cube = std::vector<std::vector<double>>;

Cube cube_points(std::string const& name, std::size_t num_dimensions, std::uint64_t num_points,
                 std::uint64_t seed = 7, bool scramble = true) {
  auto const& factory = SearcherRegistry::instance().at(name);
  auto settings = settings_for(factory, unit_cube(num_dimensions), num_points, seed);
  if (settings.options.contains("scramble")) settings.options.set("scramble", scramble);
  Cube cube;
  for (auto const& point : points_of(factory, settings, num_points)) {
    cube.emplace_back();
    for (auto const& value : point.values) cube.back().push_back(std::get<double>(value));
  }
  return cube;
}

/// The number of points in each of `num_strata` equal intervals of dimension j.
std::vector<int> stratum_counts(Cube const& cube, std::size_t j, std::size_t num_strata) {
  std::vector<int> counts(num_strata);
  for (auto const& x : cube) {
    std::size_t stratum = 0;
    auto const edge = [&](std::size_t s) {
      return static_cast<double>(s) / static_cast<double>(num_strata);
    };
    stratum = static_cast<std::size_t>(x[j] * static_cast<double>(num_strata));
    while (stratum > 0 && x[j] < edge(stratum)) --stratum;
    while (stratum + 1 < num_strata && x[j] >= edge(stratum + 1)) ++stratum;
    ++counts[stratum];
  }
  return counts;
}

/// Warnock's formula for the squared L2 star discrepancy.
double squared_discrepancy(Cube const& cube) {
  auto const num_points = static_cast<double>(cube.size());
  auto const num_dimensions = cube.front().size();
  double single = 0, pairs = 0;
  for (auto const& x : cube) {
    double product = 1;
    for (double const xj : x) product *= 1 - xj * xj;
    single += product;
    for (auto const& y : cube) {
      product = 1;
      for (std::size_t j = 0; j < num_dimensions; ++j) product *= 1 - std::max(x[j], y[j]);
      pairs += product;
    }
  }
  auto const d = static_cast<double>(num_dimensions);
  return std::pow(3.0, -d) - std::pow(2.0, 1 - d) * single / num_points +
         pairs / (num_points * num_points);
}

// The contract of every searcher: a space that all of them can handle.

SearchSpace discrete_space() {
  return {Dimension::parse(integer("units", 1), "integer(2, 6)"),
          Dimension::parse(real("leak", 1), "grid(0.1, 0.5, 1)"),
          Dimension::parse(choice("task", "a", {"a", "b"}), "choice(b, a)"),
          Dimension::parse(boolean("bias", true), "choice(true, false)")};
}

std::uint64_t const num_discrete = 5 * 3 * 2 * 2;

class SearcherContract : public testing::TestWithParam<SearcherFactory const*> {};

TEST_P(SearcherContract, IsDocumented) {
  auto const& factory = *GetParam();
  EXPECT_FALSE(factory.name.empty());
  EXPECT_FALSE(factory.summary.empty());
  EXPECT_FALSE(factory.source.empty());
  for (auto const& option : factory.options) EXPECT_FALSE(option.meaning.empty()) << option.name;
}

TEST_P(SearcherContract, DoesNotDependOnPortions) {
  auto const& factory = *GetParam();
  auto const settings = settings_for(factory, discrete_space(), num_discrete);
  auto const all = points_of(factory, settings, 1000);
  EXPECT_EQ(all.size(), num_discrete);
  EXPECT_EQ(factory.make(settings)->num_points(), num_discrete);
  for (std::size_t const portion : {1u, 7u, 59u})
    EXPECT_EQ(points_of(factory, settings, portion), all);
}

/// As when trials of some points take longer than others, and points are asked for meanwhile.
TEST_P(SearcherContract, DoesNotDependOnWhenItIsTold) {
  auto const& factory = *GetParam();
  auto const settings = settings_for(factory, discrete_space(), num_discrete);
  auto const expected = points_of(factory, settings, 1);
  Random const random(Key(Seed(5)));
  for (std::uint64_t t = 0; t < 5; ++t) {
    auto const searcher = factory.make(settings);
    std::vector<Proposal> points;
    std::uint64_t num_told = 0;
    for (std::uint64_t i = 0; !searcher->finished(); ++i) {
      auto const oldest = searcher->oldest_to_continue();
      auto const some = searcher->ask(1 + random.bits(1000 * t + i) % 9);
      expect_continuable(*searcher, oldest, num_told, points, some);
      points.insert(points.end(), some.begin(), some.end());
      auto const open = points.size() - num_told;
      ASSERT_GT(open, 0u);
      auto num = random.bits(1000 * t + i + 500) % (open + 1);
      if (some.empty()) num = std::max<std::uint64_t>(num, 1);
      for (; num > 0; --num, ++num_told) searcher->tell(result_of(num_told));
    }
    EXPECT_EQ(points, expected);
  }
}

TEST_P(SearcherContract, StaysInTheSpace) {
  auto const& factory = *GetParam();
  auto const space = discrete_space();
  for (auto const& proposal : points_of(factory, settings_for(factory, space, num_discrete), 8)) {
    auto const& point = proposal.values;
    EXPECT_TRUE(proposal.budget > 0.0 && proposal.budget <= 1.0);
    ASSERT_EQ(point.size(), space.size());
    for (std::size_t j = 0; j < space.size(); ++j) {
      bool known = false;
      for (std::uint64_t i = 0; i < space[j].num_values(); ++i)
        known = known || space[j].value(i) == point[j];
      EXPECT_TRUE(known) << space[j].name() << " = " << to_string(point[j]);
    }
  }
}

TEST_P(SearcherContract, FollowsItsKey) {
  auto const& factory = *GetParam();
  auto const points = [&](std::uint64_t seed) {
    return points_of(factory, settings_for(factory, discrete_space(), num_discrete, seed), 64);
  };
  EXPECT_EQ(points(1), points(1));
  if (factory.name == "grid" || factory.name == "list")
    EXPECT_EQ(points(1), points(2));
  else
    EXPECT_NE(points(1), points(2));
}

TEST_P(SearcherContract, LargerBudgetsExtendWhereDeclared) {
  auto const& factory = *GetParam();
  if (!factory.extensible) return;
  auto const small = points_of(factory, settings_for(factory, discrete_space(), 30), 30);
  auto large = points_of(factory, settings_for(factory, discrete_space(), 50), 50);
  large.resize(30);
  EXPECT_EQ(large, small);
}

TEST_P(SearcherContract, HasOnePointWithoutASpace) {
  auto const points = points_of(*GetParam(), settings_for(*GetParam(), {}, 1), 5);
  EXPECT_EQ(points, std::vector<Proposal>(1));
}

INSTANTIATE_TEST_SUITE_P(Registry, SearcherContract,
                         testing::ValuesIn(SearcherRegistry::instance().sorted()),
                         [](auto const& test) { return test.param->name; });

#ifdef ENGRAM_NUM_SEARCHER_FILES
TEST(SearcherRegistry, HoldsEveryFile) {
  EXPECT_EQ(SearcherRegistry::instance().sorted().size(), ENGRAM_NUM_SEARCHER_FILES);
}
#endif

TEST(SearcherRegistry, NamesTheNearest) {
  SearcherRegistry registry;
  registry.add({.name = "sobol", .summary = {}, .source = {}, .options = {}, .make = {}});
  EXPECT_THROW(
      registry.add({.name = "sobol", .summary = {}, .source = {}, .options = {}, .make = {}}),
      std::logic_error);
  EXPECT_EQ(registry.at("sobol").name, "sobol");
  EXPECT_EQ(refusal([&] { registry.at("sobel"); }),
            "there is no searcher 'sobel'; did you mean 'sobol'? (searchers: sobol)");
}

TEST(Grid, WalksTheLastDimensionFastest) {
  auto const& grid = SearcherRegistry::instance().at("grid");
  SearchSpace const space = {Dimension::parse(real("a", 0), "grid(1, 2)"),
                             Dimension::parse(integer("b", 0), "integer(5, 7)")};
  auto const points = points_of(grid, settings_for(grid, space, 0), 4);
  ASSERT_EQ(points.size(), 6u);
  EXPECT_EQ(points[1].values, (Point{1.0, std::int64_t{6}}));
  EXPECT_EQ(points[3].values, (Point{2.0, std::int64_t{5}}));
}

TEST(Grid, RefusesContinuousDimensionsAndOtherSizes) {
  auto const& grid = SearcherRegistry::instance().at("grid");
  EXPECT_THROW(grid.make(settings_for(grid, unit_cube(1), 0)), UserError);
  EXPECT_THROW(grid.make(settings_for(grid, discrete_space(), num_discrete - 1)), UserError);
  auto const wide = Dimension::parse(integer("n", 0), "integer(0, 4503599627370496)");
  EXPECT_THROW(grid.make(settings_for(grid, {wide, wide, wide}, 0)), UserError);
}

TEST(Searchers, NeedABudgetUnlessTheyAreAGrid) {
  for (auto const* name : {"random", "sobol", "latin_hypercube"}) {
    auto const& factory = SearcherRegistry::instance().at(name);
    EXPECT_THROW(factory.make(settings_for(factory, unit_cube(1), 0)), UserError) << name;
  }
}

TEST(RandomSearch, DrawsDimensionJOfPointIFromItsCounter) {
  auto const key = Key(Seed(7)).stream("searcher");
  auto const cube = cube_points("random", 3, 10);
  EXPECT_EQ(cube[4][2], Random(key.index(4)).uniform(2));
  EXPECT_EQ(cube[9][0], Random(key.index(9)).uniform(0));
}

TEST(LatinHypercube, HasOnePointInEveryStratum) {
  for (std::uint64_t const num_points : {1u, 2u, 3u, 100u, 257u, 1000u, 4097u}) {
    auto const cube = cube_points("latin_hypercube", 5, num_points);
    for (std::size_t j = 0; j < 5; ++j)
      for (int const count : stratum_counts(cube, j, num_points)) ASSERT_EQ(count, 1);
  }
}

TEST(LatinHypercube, EveryPermutationIsEquallyLikely) {
  // Of 4 strata there are 24 permutations; chi-square with 23 degrees of freedom is above 49.7 in
  // one of a thousand samples.
  std::vector<int> counts(256);
  int const num_samples = 4800;
  for (int seed = 0; seed < num_samples; ++seed) {
    std::size_t index = 0;
    for (auto const& x : cube_points("latin_hypercube", 1, 4, static_cast<std::uint64_t>(seed)))
      index = 4 * index + static_cast<std::size_t>(4 * x[0]);
    ++counts[index];
  }
  double chi_square = 0;
  int num_permutations = 0;
  for (int const count : counts) {
    if (count == 0) continue;
    ++num_permutations;
    chi_square += (count - 200.0) * (count - 200.0) / 200.0;
  }
  EXPECT_EQ(num_permutations, 24);
  EXPECT_LT(chi_square, 49.7);
}

// Sobol' points: the table's numbers, then what follows from them.

TEST(Sobol, PolynomialsArePrimitiveAndDistinct) {
  std::set<std::uint32_t> seen;
  for (auto const& [polynomial, initial] : sobol_directions) {
    auto const degree = static_cast<unsigned>(std::bit_width(polynomial)) - 1;
    EXPECT_TRUE(seen.insert(polynomial).second);
    // x generates all 2^degree - 1 elements of the field.
    std::uint32_t power = 1, order = 0;
    do {
      power <<= 1;
      if ((power >> degree) & 1u) power ^= polynomial;
      ++order;
    } while (power != 1 && order < (1u << degree));
    EXPECT_EQ(order, (1u << degree) - 1) << polynomial;
    for (unsigned k = 0; k < degree; ++k) {
      EXPECT_EQ(initial[k] % 2, 1u) << polynomial;
      EXPECT_LT(initial[k], 2u << k) << polynomial;
    }
  }
  EXPECT_EQ(std::size(sobol_directions), 63u);
}

TEST(Sobol, BeginsWithTheKnownPoints) {
  // The first points of the first three dimensions, in natural order: worked out by hand from the
  // direction numbers 1, 1 3 and 1 3 (van der Corput; x + 1; x^2 + x + 1).
  auto const cube = cube_points("sobol", 3, 4, 7, false);
  Cube const expected = {{0, 0, 0}, {0.5, 0.5, 0.5}, {0.25, 0.75, 0.75}, {0.75, 0.25, 0.25}};
  EXPECT_EQ(cube, expected);
}

TEST(Sobol, FirstDimensionsHavePropertyA) {
  // Joe and Kuo's numbers give property A of Sobol': of the first 2^d points in d dimensions, one
  // lies in each of the 2^d subcubes of side one half. One wrong number would most likely break it.
  for (std::size_t d = 1; d <= 16; ++d) {
    auto const num_points = std::uint64_t{1} << d;
    std::vector<int> counts(num_points);
    for (auto const& x : cube_points("sobol", d, num_points, 7, false)) {
      std::size_t subcube = 0;
      for (double const xj : x) subcube = 2 * subcube + (xj >= 0.5 ? 1 : 0);
      ++counts[subcube];
    }
    EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 1) << d;
  }
}

TEST(Sobol, EveryDimensionIsStratified) {
  for (bool const scramble : {false, true}) {
    for (std::uint64_t const num_points : {1u, 2u, 64u, 1024u}) {
      auto const cube = cube_points("sobol", 64, num_points, 7, scramble);
      for (std::size_t j = 0; j < 64; ++j)
        for (int const count : stratum_counts(cube, j, num_points)) ASSERT_EQ(count, 1);
    }
  }
}

TEST(Sobol, FirstTwoDimensionsAreANet) {
  // A (0, m, 2)-net in base 2: one point in every elementary interval of area 2^-m.
  unsigned const m = 8;
  for (bool const scramble : {false, true}) {
    auto const cube = cube_points("sobol", 2, 1u << m, 7, scramble);
    for (unsigned k = 0; k <= m; ++k) {
      std::vector<int> counts(1u << m);
      for (auto const& x : cube)
        ++counts[(static_cast<std::size_t>(std::ldexp(x[0], static_cast<int>(k))) << (m - k)) +
                 static_cast<std::size_t>(std::ldexp(x[1], static_cast<int>(m - k)))];
      for (int const count : counts) ASSERT_EQ(count, 1) << k;
    }
  }
}

TEST(Sobol, FillsSpaceMoreEvenlyThanRandomPoints) {
  // The expectation for n random points is (2^-d - 3^-d) / n; Sobol' points fall faster than 1/n.
  std::vector<double> gains;
  for (std::uint64_t const num_points : {256u, 2048u}) {
    double const random = (std::pow(2.0, -6) - std::pow(3.0, -6)) / static_cast<double>(num_points);
    for (bool const scramble : {false, true})
      gains.push_back(random /
                      squared_discrepancy(cube_points("sobol", 6, num_points, 7, scramble)));
  }
  EXPECT_GT(gains[0], 1);
  EXPECT_GT(gains[1], 1);
  EXPECT_GT(gains[2], 2 * gains[0]);
  EXPECT_GT(gains[3], 2 * gains[1]);
}

TEST(Sobol, ScrambledPointsAreUniform) {
  // A single point over many keys: chi-square over 16 x 16 cells of two dimensions, 255 degrees of
  // freedom, above 330.5 in one of a thousand samples.
  std::array<int, 256> counts{};
  int const num_samples = 5120;
  for (int seed = 0; seed < num_samples; ++seed) {
    auto const x = cube_points("sobol", 2, 3, static_cast<std::uint64_t>(seed)).back();
    ++counts[static_cast<std::size_t>(16 * x[0]) * 16 + static_cast<std::size_t>(16 * x[1])];
  }
  double chi_square = 0;
  for (int const count : counts) chi_square += (count - 20.0) * (count - 20.0) / 20.0;
  EXPECT_LT(chi_square, 330.5);
}

TEST(Sobol, RefusesMoreDimensionsThanItHas) {
  auto const& sobol = SearcherRegistry::instance().at("sobol");
  EXPECT_NO_THROW(sobol.make(settings_for(sobol, unit_cube(64), 1)));
  EXPECT_THROW(sobol.make(settings_for(sobol, unit_cube(65), 1)), UserError);
}

}  // namespace
}  // namespace engram
