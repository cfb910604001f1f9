#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/random/noise.hpp"
#include "core/zeroth_order/method.hpp"
#include "tests/core/zeroth_order/statistics.hpp"

namespace {

using namespace engram;

constexpr std::size_t num_dimensions = 6;
constexpr double d = num_dimensions;

Key key_of(char const* purpose) {
  return Key(Seed(53)).stream(purpose);
}

/// f(x) and its gradient in closed form, the same for all samples but for a slope of the batch.
class Known final : public LossOracle {
 public:
  using F = std::function<double(std::span<double const>)>;
  using G = std::function<void(std::span<double const>, std::span<double>)>;

  Known(F loss, G its_gradient, std::size_t num = num_dimensions)
      : batch_slope(num), f_(std::move(loss)), g_(std::move(its_gradient)) {}

  std::vector<double> batch_slope;
  std::vector<MatrixBlock> matrices = {};

  LowRankNoise low_rank_noise(std::size_t rank) const override {
    return {matrices, dimension(), rank};
  }
  std::size_t dimension() const override { return batch_slope.size(); }
  void losses(Samples samples, Points const& points, std::span<double> values) override {
    auto const one = [&](std::span<double const> x) {
      return f_(x) + (samples == Samples::batch ? dot(batch_slope, x) : 0.0);
    };
    one_by_one(one)(points, values);
  }
  void gradient(std::span<double const> theta, std::span<double> gradient) override {
    g_(theta, gradient);
  }
  void slopes(std::span<double const> theta, std::span<double const> directions,
              std::span<double> slopes) override {
    std::vector<double> gradient(theta.size());
    g_(theta, gradient);
    for (std::size_t i = 0; i < slopes.size(); ++i)
      slopes[i] = dot(gradient, directions.subspan(i * theta.size(), theta.size()));
  }
  void perturb_nodes(std::span<double const> theta, double, Key, std::size_t,
                     std::span<double> gradient) override {
    g_(theta, gradient);  // as if there were no noise
  }
  std::size_t num_nodes() const override { return 1; }

 private:
  F f_;
  G g_;
};

Known half_square(std::size_t num = num_dimensions) {
  return Known([](auto x) { return 0.5 * dot(x, x); },
               [](auto x, auto g) { std::ranges::copy(x, g.begin()); }, num);
}

Known linear(std::vector<double> const& slope, double offset = 0.0) {
  return Known([=](auto x) { return offset + dot(slope, x); },
               [=](auto, auto g) { std::ranges::copy(slope, g.begin()); }, slope.size());
}

MethodSettings settings_of(std::uint64_t seed = 1) {
  MethodSettings s;
  s.dimension = num_dimensions;
  s.rate = 1.0;
  s.num_directions = 4;
  s.key = key_of("method").index(seed);
  return s;
}

std::unique_ptr<ZerothOrderMethod> make(std::string const& name, MethodSettings const& settings) {
  return MethodRegistry::instance().at(name).make(settings);
}

std::vector<double> estimate_of(ZerothOrderMethod const& method) {
  std::vector<double> estimate(method.dimension());
  method.estimate(estimate);
  return estimate;
}

std::vector<double> const start = {1.0, -0.5, 0.3, 2.0, 0.0, -1.2};

class Method : public testing::TestWithParam<std::string> {};

TEST_P(Method, IsAFunctionOfItsSettingsAndTheLosses) {
  auto oracle = half_square();
  auto const run = [&](std::uint64_t seed) {
    auto const method = make(GetParam(), settings_of(seed));
    auto theta = start;
    for (int i = 0; i < 3; ++i) method->step(oracle, theta);
    EXPECT_EQ(method->num_steps(), 3u);
    for (double const x : estimate_of(*method)) EXPECT_TRUE(std::isfinite(x));
    return theta;
  };
  EXPECT_EQ(run(1), run(1));
  bool const is_random = GetParam() != "backprop" && GetParam() != "node_perturbation";
  EXPECT_EQ(run(1) != run(2), is_random);
}

TEST_P(Method, GoesOnFromItsState) {
  auto oracle = half_square();
  auto const one = make(GetParam(), settings_of()), other = make(GetParam(), settings_of());
  auto const steps = [&](ZerothOrderMethod& method, int num, std::vector<double> from) {
    for (int i = 0; i < num; ++i) method.step(oracle, from);
    return from;
  };
  auto const theta = steps(*one, 2, start);
  std::vector<double> record;
  StateArchive to(record);
  one->exchange(to);
  StateArchive from{std::span<double const>(record)};
  other->exchange(from);
  EXPECT_EQ(steps(*other, 3, theta), steps(*one, 3, theta));
}

TEST_P(Method, RefusesWhatDoesNotFit) {
  auto oracle = half_square();
  std::vector<double> theta(num_dimensions + 1);
  EXPECT_THROW(make(GetParam(), settings_of())->step(oracle, theta), std::invalid_argument);
  auto settings = settings_of();
  settings.width = 0.0;
  EXPECT_THROW(make(GetParam(), settings), std::invalid_argument);
  settings = settings_of();
  settings.noise_rank = 0;
  EXPECT_THROW(make(GetParam(), settings), std::invalid_argument);
}

TEST_P(Method, NanShowsInTheParameters) {
  Known oracle([](auto) { return std::nan(""); },
               [](auto, auto g) { std::ranges::fill(g, std::nan("")); });
  auto const method = make(GetParam(), settings_of());
  auto theta = start;
  for (int i = 0; i < 2; ++i) method->step(oracle, theta);
  EXPECT_TRUE(std::ranges::any_of(theta, [](double x) { return std::isnan(x); }));
}

std::vector<std::string> all_methods() {
  return MethodRegistry::instance().names();
}

INSTANTIATE_TEST_SUITE_P(All, Method, testing::ValuesIn(all_methods()),
                         [](auto const& test) { return test.param; });

TEST(Methods, AreAllRegistered) {
  EXPECT_EQ(all_methods().size(), std::size_t{ENGRAM_NUM_METHOD_FILES});
  try {
    MethodRegistry::instance().at("zo_adam");
    FAIL();
  } catch (UserError const& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'zo_adamm'"), std::string::npos);
  }
}

TEST(Methods, ContractAsTheMeanSquaresOfTheirEstimatesSay) {
  // On half the square and with the rate 1 / kappa, of which the methods' is 1 by their own
  // account, E |theta|^2 becomes 1 - 2 / kappa + kappa / kappa^2 of what it was (Werfel, Xie and
  // Seung 2005).
  double const q = 4.0;
  struct Case {
    std::string method;
    Directions directions;
    double kappa;
  };
  std::vector<Case> const cases = {
      {"zo_sgd", Directions::gaussian, (d + q + 1.0) / q},
      {"zo_sgd", Directions::sphere, (d + q - 1.0) / q},
      {"zo_sgd", Directions::orthogonal, d / q},
      {"spsa", Directions::gaussian, (d + q - 1.0) / q},
      {"mezo", Directions::sphere, (d + q + 1.0) / q},
      {"forward_gradient", Directions::rademacher, (d + q - 1.0) / q},
      // S theta with the sample covariance S of q directions: test_estimators.cpp.
      {"weight_perturbation", Directions::gaussian, (d + q) / (q - 1.0)},
      {"zo_coordinates", Directions::gaussian, d / q},
  };
  auto oracle = half_square();
  for (auto const& c : cases) {
    SCOPED_TRACE(c.method + ", kappa " + std::to_string(c.kappa));
    Mean square;
    for (std::uint64_t i = 0; i < 4'000; ++i) {
      auto settings = settings_of(i);
      settings.directions = c.directions;
      settings.central = true;
      settings.stability = 7.0;
      // Of losses of some units, rounded and divided by the width, and of the curvature along it.
      settings.width = 1e-6;
      auto theta = start;
      make(c.method, settings)->step(oracle, theta);
      square.add(dot(theta, theta) / dot(start, start));
    }
    expect_mean(square, 1.0 - 1.0 / c.kappa, 0.03);
  }
}

TEST(Methods, SignsGoDownByTheMeanSlopeAlongThem) {
  // One direction of signs v: theta changes by -rate sign(g v) v, and the loss by -rate |g v|, of
  // which the mean over all 2^d sign vectors is exact.
  auto oracle = linear(start);
  double mean_slope = 0.0;
  for (unsigned bits = 0; bits < 64; ++bits) {
    double slope = 0.0;
    for (std::size_t j = 0; j < num_dimensions; ++j)
      slope += (bits >> j & 1u ? 1.0 : -1.0) * start[j];
    mean_slope += std::abs(slope) / 64.0;
  }
  Mean decrease;
  for (std::uint64_t i = 0; i < 4'000; ++i) {
    auto settings = settings_of(i);
    settings.directions = Directions::rademacher;
    settings.num_directions = 1;
    settings.rate = 0.25;
    std::vector<double> theta(num_dimensions, 0.0);
    make("zo_sign_sgd", settings)->step(oracle, theta);
    for (double const x : theta) ASSERT_EQ(std::abs(x), 0.25);
    decrease.add(-dot(start, theta));
  }
  expect_mean(decrease, 0.25 * mean_slope, 0.03);
}

TEST(Methods, AdaMMKeepsTheLargestSquare) {
  // All orthogonal directions give the gradient itself: 2 first, then 2/100.
  auto settings = settings_of();
  settings.directions = Directions::orthogonal;
  settings.num_directions = num_dimensions;
  settings.rate = 0.5;
  auto const method = make("zo_adamm", settings);
  std::vector<double> theta(num_dimensions, 0.0);
  auto first = linear(std::vector<double>(num_dimensions, 2.0));
  auto second = linear(std::vector<double>(num_dimensions, 0.02));
  method->step(first, theta);
  double const u = 0.001 * 4.0;  // beta2 u + 0.001 0.02^2 is less
  double expected = -0.5 * 0.1 * 2.0 / (std::sqrt(u) + 1e-8);
  // Differences of losses below 1, rounded and divided by a width of 1e-3, six of them.
  double const rounding = 6.0 * 0x1.0p-53 / 1e-3 / std::sqrt(u);
  for (double const x : theta) EXPECT_NEAR(x, expected, rounding);
  method->step(second, theta);
  expected -= 0.5 * (0.9 * 0.2 + 0.1 * 0.02) / (std::sqrt(u) + 1e-8);
  for (double const x : theta) EXPECT_NEAR(x, expected, 2.0 * rounding);
}

/// A number, a 2 x 2 matrix, a number, as a sum of `rank` products.
std::vector<double> low_rank_noise(Key key, std::size_t rank) {
  std::vector<double> f(1 + 4 * rank + 1);
  fill(GaussianNoise(key), 0, std::span(f));
  std::vector<double> noise(num_dimensions, 0.0);
  noise.front() = f.front();
  noise.back() = f.back();
  for (std::size_t k = 0; k < rank; ++k)
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j)
        noise[1 + 2 * i + j] +=
            f[1 + 2 * k + i] * f[1 + 2 * (rank + k) + j] / std::sqrt(static_cast<double>(rank));
  return noise;
}

/// Sarkar et al. 2025 and their code, but for 1e-5 in the variance of fitness.
TEST(Methods, EggrollFollowsThePaper) {
  for (std::size_t const rank : {1, 2}) {
    auto settings = settings_of();
    settings.noise_rank = rank;
    settings.width = 0.3;
    settings.rate = 0.05;
    auto oracle = half_square();
    oracle.matrices = {{1, 2, 2}};
    auto const method = make("eggroll", settings);
    auto theta = start;
    for (std::uint64_t t = 0; t < 3; ++t) {
      std::vector<std::vector<double>> noise;
      std::vector<double> fitness;
      for (std::size_t i = 0; i < 8; ++i) {
        noise.push_back(low_rank_noise(settings.key.index(t).index(i / 2), rank));
        for (double& e : noise.back()) e *= i % 2 == 0 ? 1.0 : -1.0;
        double loss = 0.0;
        for (std::size_t j = 0; j < num_dimensions; ++j)
          loss += 0.5 * std::pow(theta[j] + 0.3 * noise[i][j], 2);
        fitness.push_back(-loss);
      }
      double mean = 0.0, variance = 0.0;
      for (double const f : fitness) mean += f / 8.0;
      for (double const f : fitness) variance += (f - mean) * (f - mean) / 8.0;
      std::vector<double> up(num_dimensions, 0.0);
      for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < num_dimensions; ++j)
          up[j] += std::sqrt(8.0) / 8.0 * (fitness[i] - mean) / std::sqrt(variance) * noise[i][j];
      auto const before = theta;
      method->step(oracle, theta);
      auto const estimate = estimate_of(*method);
      for (std::size_t j = 0; j < num_dimensions; ++j) {
        // Numbers of some units, rounded some ten times.
        EXPECT_NEAR(estimate[j], -up[j], 1e-13);
        EXPECT_NEAR(theta[j], before[j] + 0.05 * up[j], 1e-13);
      }
    }
  }
}

TEST(Methods, EggrollsStepsAreAsLongAsItsNoise) {
  // On a linear loss of gradient g, F of a pair is E g over the root mean square of all pairs': the
  // estimate h has (h g)^2 = N times the mean of (E g)^2, or N |g|^2, whatever the loss' scale.
  for (double const scale : {1.0, 1e-3}) {
    auto slope = start;
    for (double& g : slope) g *= scale;
    auto oracle = linear(slope);
    oracle.matrices = {{0, 3, 2}};
    Mean square;
    for (std::uint64_t i = 0; i < 4'000; ++i) {
      auto const method = make("eggroll", settings_of(i));
      auto theta = start;
      method->step(oracle, theta);
      double const along = dot(estimate_of(*method), slope);
      EXPECT_GT(along, 0.0);
      square.add(along * along / dot(slope, slope));
    }
    expect_mean(square, 8.0, 0.03);
  }
}

TEST(Methods, EggrollBearsMembersWithoutALoss) {
  Known oracle([](auto x) { return x[0] > start[0] ? std::nan("") : x[1]; }, {});
  auto const method = make("eggroll", settings_of());
  auto theta = start;
  method->step(oracle, theta);
  EXPECT_NE(theta, start);
  for (double const x : theta) EXPECT_TRUE(std::isfinite(x));
}

TEST(Methods, SvrgLeavesTheBatchesNoiseOut) {
  // Losses 1/2 |x|^2 + b x with b of the batch: differences of two points along the same directions
  // know nothing of b. After a first step by delta, whose estimate is the snapshot's, the second's
  // is further by S delta, of mean squared error (d + 1) / q |delta|^2. Without the snapshot it is
  // (d + 1) / q |theta + b|^2 + |b|^2.
  double const q = 4.0, noise = 3.0;
  Mean with, without;
  for (std::uint64_t i = 0; i < 6'000; ++i) {
    auto oracle = half_square();
    auto const draw_batch = [&](std::uint64_t step) {
      fill(RademacherNoise(key_of("batches").index(i).index(step)), 0,
           std::span(oracle.batch_slope));
      for (double& b : oracle.batch_slope) b *= noise;
    };
    auto settings = settings_of(i);
    settings.central = true;
    auto const svrg = make("zo_svrg", settings), sgd = make("zo_sgd", settings);
    auto theta = start;
    draw_batch(0);
    svrg->step(oracle, theta);
    auto const all = estimate_of(*svrg);
    std::vector<double> delta(num_dimensions), expected(num_dimensions);
    for (std::size_t j = 0; j < num_dimensions; ++j) {
      delta[j] = theta[j] - start[j];
      expected[j] = all[j] + delta[j];
    }
    draw_batch(1);
    svrg->step(oracle, theta);
    with.add(squared_distance(estimate_of(*svrg), expected) / dot(delta, delta));
    auto other = start;
    sgd->step(oracle, other);
    without.add(squared_distance(estimate_of(*sgd), start));
  }
  expect_mean(with, (d + 1.0) / q, 0.03);
  double const b = noise * noise * d;
  expect_mean(without, (d + 1.0) / q * (dot(start, start) + b) + b, 0.03);
}

TEST(Methods, SvrgStartsFromTheEstimateOfAllSamples) {
  auto oracle = half_square();
  oracle.batch_slope.assign(num_dimensions, 1e3);
  auto settings = settings_of();
  settings.epoch = 3;
  auto const method = make("zo_svrg", settings);
  auto theta = start;
  for (int i = 0; i < 7; ++i) {
    auto const before = theta;
    method->step(oracle, theta);
    if (i % 3 != 0) continue;
    // Twelve directions, of a mean squared error of (d + 1) / 12 |theta|^2, 24 times which is still
    // far below what the batch's slope would add.
    EXPECT_LT(squared_distance(estimate_of(*method), before),
              24.0 * (d + 1.0) / 12.0 * dot(before, before));
  }
}

TEST(Methods, SpsaFollowsItsGains) {
  // In one dimension a central difference of half the square is exact: theta shrinks by 1 - a_k.
  // Of a cube it is 3 theta^2 + c_k^2.
  auto settings = settings_of();
  settings.dimension = settings.num_directions = 1;
  settings.rate = 0.5;
  settings.width = 0.1;
  settings.stability = 20.0;
  auto square = half_square(1);
  Known cube([](auto x) { return x[0] * x[0] * x[0]; }, {}, 1);
  auto const down = make("spsa", settings), along = make("spsa", settings);
  std::vector<double> theta = {1.0};
  double expected = 1.0;
  for (int k = 0; k < 5; ++k) {
    down->step(square, theta);
    expected *= 1.0 - 0.5 * std::pow(21.0 / (21.0 + k), 0.602);
    // Losses below 1, rounded and divided by a width of 0.08 or more.
    EXPECT_NEAR(theta[0], expected, 1e-14);
    std::vector<double> at = {0.5};
    along->step(cube, at);
    EXPECT_NEAR(estimate_of(*along)[0], 0.75 + 0.01 * std::pow(k + 1.0, -0.202), 1e-14);
  }
}

TEST(Methods, MezoMovesByWhatItSays) {
  auto oracle = half_square();
  auto settings = settings_of();
  settings.num_directions = 2;
  auto const method = make("mezo", settings);
  auto theta = start;
  method->step(oracle, theta);
  auto const estimate = estimate_of(*method);
  double const rate = 1.0 / mean_square_ratio(Directions::gaussian, 2, num_dimensions);
  for (std::size_t j = 0; j < num_dimensions; ++j) {
    // Six moves there and back and two of the update, of numbers below 4.
    EXPECT_NEAR(theta[j], start[j] - rate * estimate[j], 8.0 * 0x1.0p-51);
  }
}

TEST(Methods, BaselineTakesTheLossOut) {
  // f0 + g x at 0, sigma 2, one direction: without a baseline E |h|^2 = d f0^2 / sigma^2 + (d + 2)
  // |g|^2. The last loss is off by sigma g v of its own direction v: d |g|^2 + (d + 2) |g|^2.
  double const offset = 20.0, g2 = dot(start, start);
  auto oracle = linear(start, offset);
  for (auto const baseline : {Baseline::none, Baseline::last}) {
    Mean square;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      auto settings = settings_of(i);
      settings.width = 2.0;
      settings.num_directions = 1;
      settings.baseline = baseline;
      auto const method = make("weight_perturbation", settings);
      std::vector<double> theta(num_dimensions, 0.0);
      method->step(oracle, theta);
      if (baseline == Baseline::last) {
        for (double const x : theta) ASSERT_EQ(x, 0.0) << "moved before it had a baseline";
        method->step(oracle, theta);
      }
      auto const h = estimate_of(*method);
      square.add(dot(h, h));
    }
    double const off = baseline == Baseline::none ? offset * offset / 4.0 : g2;
    expect_mean(square, d * off + (d + 2.0) * g2, 0.03);
  }
}

}  // namespace
