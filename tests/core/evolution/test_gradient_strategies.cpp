// Strategies that step along an estimated gradient: updates beside a plain program of the papers'
// equations, and moments of the estimates.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/evolution/shaping.hpp"
#include "core/evolution/weights.hpp"
#include "tests/core/evolution/gradient_runs.hpp"

namespace engram {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Ranking ranking_of(Vector const& fitness, std::vector<std::size_t> const& order) {
  return {order, fitness};
}

/// (number that are worse) / (members - 1) - 1/2; there are no equals.
Vector plain_ranks(Vector const& fitness) {
  Vector u;
  for (double const value : fitness) {
    auto const worse = std::ranges::count_if(fitness, [&](double other) { return other < value; });
    u.push_back(static_cast<double>(worse) / static_cast<double>(fitness.size() - 1) - 0.5);
  }
  return u;
}

TEST(Shaping, EqualsShareAndWhatIsNoNumberIsWorst) {
  Vector const fitness = {3.0, nan, 1.0, 3.0};
  std::vector<std::size_t> const order = {0, 3, 2, 1};
  auto const ranking = ranking_of(fitness, order);
  expect_near(centred_ranks(ranking), Vector{1.0 / 3, -0.5, -1.0 / 6, 1.0 / 3}, 1e-15);
  Vector const by_rank = {8.0, 4.0, 2.0, 1.0};
  EXPECT_EQ(by_member(ranking, by_rank), (Vector{6.0, 1.0, 2.0, 6.0}));
  auto const utilities = natural_utilities(4);
  EXPECT_EQ(find_shaping("utilities")(ranking)[2], utilities[2]);
  EXPECT_EQ(finite_fitness(Vector{2.0, nan, -infinity, infinity, 5.0}),
            (Vector{2.0, 2.0, 2.0, 5.0, 5.0}));
  EXPECT_EQ(finite_fitness(Vector{nan, infinity}), (Vector{0.0, 0.0}));
  expect_near(z_scores(Vector{1.0, 3.0, 1.0, 3.0, nan, infinity}), Vector{-1, 1, -1, 1, -1, 1},
              1e-15);
  EXPECT_EQ(z_scores(Vector{0.1, 0.1, 0.1}), (Vector{0.0, 0.0, 0.0}));
  for (auto const& name : shaping_names()) EXPECT_EQ(find_shaping(name)(ranking).size(), 4u);
  EXPECT_THROW(find_shaping("centered_ranks"), UserError);
}

/// Salimans et al. 2017, algorithm 2, with the reference code's l2 and Adam.
TEST(OpenAiEs, FollowsThePaper) {
  auto settings = settings_of();
  double const rate = 0.05, decay = 0.1;
  settings.gradient.rate = rate;
  settings.gradient.weight_decay = decay;
  auto const strategy = make_strategy("open_ai_es", settings);
  Vector theta = settings.start, m(theta.size()), v(theta.size());
  for (int t = 1; t <= 4; ++t) {
    auto const fitness = fitness_of(*strategy, bumpy);
    auto const u = plain_ranks(fitness);
    Vector g(theta.size());
    for (std::size_t i = 0; i < 6; ++i) {
      auto const noise = noise_of(settings, strategy->generation(), i);
      auto const plus = genome_of(*strategy, 2 * i), minus = genome_of(*strategy, 2 * i + 1);
      for (std::size_t j = 0; j < g.size(); ++j) {
        g[j] += (u[2 * i] - u[2 * i + 1]) * noise[j] / 12.0;
        EXPECT_NEAR(plus[j], theta[j] + 0.3 * noise[j], rounding);
        EXPECT_NEAR(minus[j], theta[j] - 0.3 * noise[j], rounding);
      }
    }
    strategy->tell(fitness);
    for (std::size_t j = 0; j < g.size(); ++j) {
      double const down = -g[j] + decay * theta[j];
      m[j] = 0.9 * m[j] + 0.1 * down;
      v[j] = 0.999 * v[j] + 0.001 * down * down;
      double const size = rate * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
      // The paper's code adds epsilon to sqrt(v), Adam's paper to its corrected value.
      theta[j] -= size * m[j] / (std::sqrt(v[j]) + 1e-8 * std::sqrt(1 - std::pow(0.999, t)));
    }
    expect_near(strategy->mean(), theta);
  }
}

/// Mania, Guy & Recht 2018, algorithm 2: V1-t.
TEST(Ars, FollowsThePaper) {
  auto settings = settings_of();
  settings.gradient.rate = 0.2;
  settings.top_fraction = 0.5;
  auto const strategy = make_strategy("ars", settings);
  auto const r = fitness_of(*strategy, bumpy);
  std::vector<std::size_t> pairs = {0, 1, 2, 3, 4, 5};
  std::ranges::sort(pairs, std::greater<>(),
                    [&](std::size_t i) { return std::max(r[2 * i], r[2 * i + 1]); });
  pairs.resize(3);
  double mean = 0.0, variance = 0.0;
  for (auto const i : pairs) mean += (r[2 * i] + r[2 * i + 1]) / 6.0;
  for (auto const i : pairs)
    variance += (std::pow(r[2 * i] - mean, 2) + std::pow(r[2 * i + 1] - mean, 2)) / 6.0;
  Vector theta = settings.start;
  for (auto const i : pairs) {
    auto const noise = noise_of(settings, 0, i);
    for (std::size_t j = 0; j < theta.size(); ++j)
      theta[j] += 0.2 / (3.0 * std::sqrt(variance)) * (r[2 * i] - r[2 * i + 1]) * noise[j];
  }
  strategy->tell(r);
  expect_near(strategy->mean(), theta);
}

/// Neither the scale nor the origin of rewards matters.
TEST(Ars, DividesByTheDeviationOfRewards) {
  auto const one = make_strategy("ars", settings_of()), other = make_strategy("ars", settings_of());
  for (int t = 0; t < 10; ++t) {
    auto fitness = fitness_of(*one, bumpy);
    one->tell(fitness);
    for (double& value : fitness) value *= 64.0;  // exact
    other->tell(fitness);
    EXPECT_EQ(mean_of(*other), mean_of(*one));
  }
}

/// Toklu, Liskowski & Srivastava 2020, section 2 and algorithm 1.
TEST(Pgpe, FollowsThePaper) {
  auto settings = settings_of();
  double const top_speed = 0.2;
  settings.gradient.rate = top_speed;
  auto const strategy = make_strategy("pgpe", settings);
  std::size_t const d = settings.start.size();
  Vector theta = settings.start, sigma(d, settings.step), velocity(d);
  double widest = 0.0;
  for (int t = 0; t < 4; ++t) {
    auto const fitness = fitness_of(*strategy, bumpy);
    auto const f = plain_ranks(fitness);
    Vector g(d), g_sigma(d);
    for (std::size_t i = 0; i < 6; ++i) {
      auto const noise = noise_of(settings, strategy->generation(), i);
      auto const minus = genome_of(*strategy, 2 * i + 1);
      for (std::size_t j = 0; j < d; ++j) {
        double const z = sigma[j] * noise[j];
        EXPECT_NEAR(minus[j], theta[j] - z, rounding);
        g[j] += 0.5 * (f[2 * i] - f[2 * i + 1]) * z / 6.0;
        g_sigma[j] +=
            0.5 * (f[2 * i] + f[2 * i + 1]) * (z * z - sigma[j] * sigma[j]) / sigma[j] / 6.0;
      }
    }
    strategy->tell(fitness);
    auto const norm = [](Vector const& x) {
      return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
    };
    double const length = norm(g);
    for (std::size_t j = 0; j < d; ++j) {
      velocity[j] = 0.9 * velocity[j] + 0.5 * top_speed * g[j] / length;
      double const most = 0.2 * sigma[j];
      widest = std::max(widest, std::abs(0.1 * g_sigma[j]) / sigma[j]);
      sigma[j] += std::clamp(0.1 * g_sigma[j], -most, most);
    }
    double const speed = norm(velocity);
    for (std::size_t j = 0; j < d; ++j) {
      if (speed > top_speed) velocity[j] *= top_speed / speed;
      theta[j] += velocity[j];
    }
    expect_near(strategy->mean(), theta);
  }
  EXPECT_GT(widest, 0.01);  // steps have changed
}

/// With 2 members, one pair, f + and - differ from their mean by opposite amounts, so that steps
/// stay; raw fitness of a generation of two pairs can change them by more than a fifth, and does
/// not.
TEST(Pgpe, StepsChangeByAFifthAtMost) {
  auto settings = settings_of(4);
  settings.gradient.shaping = "none";
  auto const strategy = make_strategy("pgpe", settings);
  strategy->tell(Vector{1e9, 1e9, 0.0, 0.0});
  for (std::size_t j = 0; j < strategy->dimension(); ++j) {
    double const noise = noise_of(settings, 1, 0)[j];
    double const sigma = (genome_of(*strategy, 0)[j] - strategy->mean()[j]) / noise;
    EXPECT_NEAR(std::abs(sigma / settings.step - 1.0), 0.2, 1e-13 / std::abs(noise));
  }
}

/// On a linear function, f+ - f- is known, and n pairs give the gradient with the relative mean
/// squared error (d + 1) / n.
TEST(OpenAiEs, GradientOfALinearFunctionIsUnbiased) {
  auto settings = settings_of(16);
  settings.gradient = {.optimizer = "sgd", .shaping = "none", .rate = 1.0};
  settings.step = 1.0;
  auto const strategy = make_strategy("open_ai_es", settings);
  Vector const slope = {0.5, -0.25, 0.125, 0.5, -0.5, 0.25, 0.25};
  double const length = std::inner_product(slope.begin(), slope.end(), slope.begin(), 0.0);
  constexpr int num = 2000;
  double along = 0.0, error = 0.0, squares = 0.0;
  for (int t = 0; t < num; ++t) {
    auto const before = mean_of(*strategy);
    strategy->tell(fitness_of(*strategy, [&](auto x) {
      return -std::inner_product(x.begin(), x.end(), slope.begin(), 0.0);
    }));
    double e = 0.0;
    for (std::size_t j = 0; j < slope.size(); ++j) {
      double const g = strategy->mean()[j] - before[j];
      along += g * slope[j] / length / num;
      e += (g - slope[j]) * (g - slope[j]) / length;
    }
    error += e / num;
    squares += e * e / num;
  }
  // (noise' slope)^2 / |slope|^2 is chi^2 with one degree of freedom.
  EXPECT_NEAR(along, 1.0, 4.0 * std::sqrt(2.0 / (8.0 * num)));
  EXPECT_NEAR(error, 8.0 / 8.0, 4.0 * std::sqrt((squares - error * error) / num));
}

TEST(GuidedEs, FollowsThePaper) {
  auto settings = settings_of();
  settings.gradient.optimizer = "sgd";
  settings.gradient.rate = 0.01;
  settings.gradient.num_surrogates = 2;
  auto const strategy = make_strategy("guided_es", settings);
  Vector const first = {1, 2, 3, 4, 5, 6, 7}, second = {0, 0, 1, 0, 0, 0, 0};
  strategy->guide(first);
  strategy->guide(second);
  auto const f = fitness_of(*strategy, bumpy);
  double const variance = 0.09 * 7.0;  // sigma^2
  Vector expected = settings.start;
  for (std::size_t i = 0; i < 6; ++i) {
    auto const plus = genome_of(*strategy, 2 * i), minus = genome_of(*strategy, 2 * i + 1);
    for (std::size_t j = 0; j < expected.size(); ++j) {
      double const e = plus[j] - settings.start[j];
      EXPECT_NEAR(minus[j] - settings.start[j], -e, rounding);
      expected[j] += 0.01 * 0.3 * 2.0 / (2.0 * variance * 6.0) * e * (f[2 * i] - f[2 * i + 1]);
    }
  }
  strategy->tell(f);
  expect_near(strategy->mean(), expected);
  EXPECT_THROW(strategy->guide(Vector(6)), std::invalid_argument);
}

/// E of the estimate on a linear function is beta (alpha / d I + (1 - alpha) / k U U') gradient: by
/// far the most along the surrogate.
TEST(GuidedEs, LooksAlongItsSurrogates) {
  StrategySettings settings{.start = Vector(20, 0.0), .population_size = 4000};
  settings.gradient.optimizer = "sgd";
  settings.gradient.rate = 1.0;
  settings.gradient.num_surrogates = 2;
  settings.key = Key(Seed(2));
  Vector one(20, 0.0), two(20, 0.0);
  one[3] = 5.0;
  two[3] = -1.0;
  two[8] = 0.1;
  for (bool const is_guided : {false, true}) {
    for (std::size_t const j : {std::size_t{8}, std::size_t{15}}) {
      auto const strategy = make_strategy("guided_es", settings);
      if (is_guided) {
        strategy->guide(Vector(20, 1.0));  // is forgotten
        for (auto const& surrogate : {one, two}) strategy->guide(surrogate);
      }
      strategy->tell(fitness_of(*strategy, [&](auto x) { return -x[j]; }));
      double const factor = 2.0 * (!is_guided ? 1.0 / 20 : j == 8 ? 0.5 / 20 + 0.5 / 2 : 0.5 / 20);
      // 2,000 pairs, chi^2
      EXPECT_NEAR(strategy->mean()[j], factor, 4.0 * factor * std::sqrt(2.0 / 2000)) << j;
    }
  }
}

class Gradient : public testing::TestWithParam<char const*> {};

TEST_P(Gradient, FitnessThatSaysNothingMovesNothing) {
  auto const settings = settings_of();
  auto const strategy = make_strategy(GetParam(), settings);
  for (double const value : {0.1, nan, -infinity}) {
    strategy->tell(Vector(strategy->population_size(), value));
    EXPECT_EQ(mean_of(*strategy), settings.start);
  }
}

TEST_P(Gradient, PopulationsAreRoundedUpToPairs) {
  EXPECT_EQ(make_strategy(GetParam(), settings_of(7))->population_size(), 8u);
}

TEST_P(Gradient, RefusesWhatMakesNoSense) {
  auto const refuses = [&](auto&& change) {
    auto settings = settings_of();
    change(settings);
    EXPECT_THROW(make_strategy(GetParam(), settings), std::invalid_argument);
  };
  refuses([](auto& s) { s.gradient.rate = 0.0; });
  refuses([](auto& s) { s.gradient.rate_decay = 1.5; });
  refuses([](auto& s) { s.gradient.step_decay = 0.0; });
  refuses([](auto& s) { s.gradient.weight_decay = nan; });
  refuses([](auto& s) { s.gradient.num_surrogates = 0; });
  refuses([](auto& s) { s.gradient.generations_an_episode = 0; });
  refuses([](auto& s) { s.top_fraction = 1.5; });
  auto settings = settings_of();
  settings.gradient.optimizer = "adm";
  EXPECT_THROW(make_strategy(GetParam(), settings), UserError);
}

INSTANTIATE_TEST_SUITE_P(Evolution, Gradient,
                         testing::Values("open_ai_es", "ars", "pgpe", "guided_es", "pes", "nres"),
                         [](auto const& param_info) { return std::string(param_info.param); });

TEST(GradientStrategy, RatesAndStepsDecayToTheirLeast) {
  auto settings = settings_of();
  settings.gradient = {.optimizer = "sgd",
                       .rate = 0.5,
                       .rate_decay = 0.5,
                       .min_rate = 0.1,
                       .step_decay = 0.25,
                       .min_step = 0.01};
  auto const strategy = make_strategy("open_ai_es", settings);
  double const rates[] = {0.5, 0.25, 0.125, 0.1, 0.1}, steps[] = {0.3, 0.075, 0.01875, 0.01, 0.01};
  for (std::size_t t = 0; t < 5; ++t) {
    auto const before = mean_of(*strategy);
    EXPECT_NEAR(genome_of(*strategy, 0)[1] - before[1], steps[t] * noise_of(settings, t, 0)[1],
                rounding);
    auto const fitness = fitness_of(*strategy, bumpy);
    auto const u = plain_ranks(fitness);
    double g = 0.0;
    for (std::size_t i = 0; i < 6; ++i)
      g += (u[2 * i] - u[2 * i + 1]) / 12.0 * noise_of(settings, t, i)[1];
    strategy->tell(fitness);
    EXPECT_NEAR(strategy->mean()[1] - before[1], rates[t] * g, rounding);
  }
}

}  // namespace
}  // namespace engram
