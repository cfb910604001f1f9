#include "core/host_copy.hpp"
#include "core/random/noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace engram;

// Fixed seeds: these tests pass or fail for good. Limits are those of a false alarm of about one in
// 1e6 for a correct generator: 4.9 standard errors.
constexpr double errors = 4.9;

Key key_of(char const* purpose) {
  return Key(Seed(31)).stream(purpose);
}

template <class Noise>
std::vector<float> sample(Noise const& noise, std::uint64_t first, std::size_t n) {
  std::vector<float> x(n);
  fill(noise, first, std::span<float>(x));
  return x;
}

template <class Noise>
class AnyNoise : public ::testing::Test {};
using Kinds = ::testing::Types<GaussianNoise, RademacherNoise>;
TYPED_TEST_SUITE(AnyNoise, Kinds);

TYPED_TEST(AnyNoise, BlocksAreTheValuesByPosition) {
  TypeParam const noise(key_of("bits"));
  // Within a block, across blocks, and where counters no longer fit 32 bits.
  for (std::uint64_t const first :
       {std::uint64_t{0}, std::uint64_t{1234567}, (std::uint64_t{1} << 34) - 100,
        (std::uint64_t{1} << 39) - 100, (std::uint64_t{1} << 45) + 3}) {
    auto const x = sample(noise, first, 5000);
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], noise.value(first + i)) << first;
  }
}

TYPED_TEST(AnyNoise, DividedRangesGiveTheSameBits) {
  TypeParam const noise(key_of("parts"));
  auto const whole = sample(noise, 17, 10'000);
  std::vector<float> parts(whole.size());
  std::size_t size = 1;
  for (std::size_t at = 0; at < parts.size(); at += size) {
    size = std::min(3 * size + 1, parts.size() - at);
    fill(noise, 17 + at, std::span(parts).subspan(at, size));
  }
  EXPECT_EQ(whole, parts);
}

TYPED_TEST(AnyNoise, KeysAndPositionsDiffer) {
  auto const a = sample(TypeParam(key_of("a")), 0, 4096),
             b = sample(TypeParam(key_of("b")), 0, 4096);
  auto const far = sample(TypeParam(key_of("a")), std::uint64_t{1} << 40, 4096);
  auto const product = [](std::vector<float> const& x, std::vector<float> const& y) {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * double{y[i]};
    return sum;
  };
  // The sum of 4096 products of variance 1.
  EXPECT_LT(std::abs(product(a, b)), errors * 64.0);
  EXPECT_LT(std::abs(product(a, far)), errors * 64.0);
}

template <class Real, class Noise>
void expect_operations(Noise const& noise) {
  std::size_t const n = 7000;
  std::uint64_t const first = 99;
  std::vector<Real> theta(n), out(n);
  for (std::size_t j = 0; j < n; ++j) theta[j] = static_cast<Real>(j) / Real(7);
  Real const sigma = Real(0.3);
  perturb(noise, first, sigma, std::span<Real const>(theta), std::span<Real>(out));
  std::vector<Real> in_place = theta;
  perturb(noise, first, sigma, std::span<Real const>(in_place), std::span<Real>(in_place));
  for (std::size_t j = 0; j < n; ++j) {
    Real const eps = noise.value(first + j);
    ASSERT_EQ(out[j], fused(sigma, eps, theta[j])) << j;
    ASSERT_EQ(in_place[j], out[j]) << j;
  }

  std::vector<Noise> const noises = {Noise(key_of("1")), noise, Noise(key_of("2"))};
  std::vector<Real> const weights = {Real(0.7), Real(-1.3), Real(0.11)};
  std::vector<Real> sum = theta;
  // Divided at an arbitrary place.
  add_weighted(std::span<Noise const>(noises), std::span<Real const>(weights), first,
               std::span<Real>(sum).first(3001));
  add_weighted(std::span<Noise const>(noises), std::span<Real const>(weights), first + 3001,
               std::span<Real>(sum).subspan(3001));
  for (std::size_t j = 0; j < n; ++j) {
    Real expected = theta[j];
    for (std::size_t i = 0; i < noises.size(); ++i) {
      expected = fused(weights[i], static_cast<Real>(noises[i].value(first + j)), expected);
    }
    ASSERT_EQ(sum[j], expected) << j;
  }
}

TYPED_TEST(AnyNoise, OperationsAreTheirDefinitions) {
  expect_operations<float>(TypeParam(key_of("operations")));
  expect_operations<double>(TypeParam(key_of("operations")));
}

TEST(GaussianNoise, SumsOfSquaresAreTheirDefinition) {
  constexpr std::size_t n = 1500, num = 7;  // two chunks and a part; four at a time and three
  std::uint64_t const first = 99;
  std::vector<GaussianNoise> noises;
  std::vector<double> weights, of_squares;
  for (std::size_t i = 0; i < num; ++i) {
    noises.emplace_back(key_of(std::to_string(i).c_str()));
    weights.push_back(0.7 - 0.3 * static_cast<double>(i));
    of_squares.push_back(0.2 * static_cast<double>(i) - 0.5);
  }
  std::vector<double> sum(n, 0.25), squares(n, -1.5);
  for (std::size_t const from : {0, 701}) {
    std::size_t const count = from == 0 ? 701 : n - 701;
    add_weighted_squares(std::span<GaussianNoise const>(noises), weights, of_squares, first + from,
                         std::span(sum).subspan(from, count),
                         std::span(squares).subspan(from, count));
  }
  for (std::size_t j = 0; j < n; ++j) {
    double expected = 0.25, expected_square = -1.5;
    for (std::size_t i = 0; i < num; ++i) {
      double const x = noises[i].value(first + j);
      expected = fused(weights[i], x, expected);
      expected_square = fused(of_squares[i], x * x, expected_square);
    }
    ASSERT_EQ(sum[j], expected) << j;
    ASSERT_EQ(squares[j], expected_square) << j;
  }
  EXPECT_THROW(add_weighted_squares(std::span<GaussianNoise const>(noises), weights, of_squares,
                                    first, std::span(sum).first(5), squares),
               std::invalid_argument);
}

TYPED_TEST(AnyNoise, SizesHaveToAgree) {
  std::vector<double> theta(5), out(4);
  TypeParam const noise(key_of("sizes"));
  EXPECT_THROW(perturb(noise, 0, 1.0, std::span<double const>(theta), std::span<double>(out)),
               std::invalid_argument);
  EXPECT_THROW(
      add_weighted(std::span(&noise, 1), std::span<double const>(theta), 0, std::span<double>(out)),
      std::invalid_argument);
}

std::vector<float> values_in_kernel(GaussianNoise const& normals, RademacherNoise const& signs,
                                    int n) {
  ExecutionSpace const space;
  Kokkos::View<float*, ExecutionSpace> values("engram::tests::values", n);
  Kokkos::parallel_for(
      "engram::tests::noise", Kokkos::RangePolicy<ExecutionSpace>(space, 0, n),
      KOKKOS_LAMBDA(int i) {
        auto const position = static_cast<std::uint64_t>(i);
        values(i) = normals.value(position) * signs.value(position);
      });
  auto const host = host_copy(values);
  return std::vector(host.data(), host.data() + host.extent(0));
}

TEST(Noise, KernelSeesWhatTheHostSees) {
  GaussianNoise const normals(key_of("kernel"));
  RademacherNoise const signs(key_of("kernel signs"));
  auto const values = values_in_kernel(normals, signs, 3000);
  auto const x = sample(normals, 0, 3000), sign = sample(signs, 0, 3000);
  // A device has fused multiply-adds where a host may not.
  double const tolerance = is_host_space ? 0.0 : 7e-6;
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(values[i], x[i] * sign[i], tolerance);
}

TEST(GaussianNoise, HasTheMomentsOfANormal) {
  constexpr std::size_t n = 2'000'000;
  auto const x = sample(GaussianNoise(key_of("moments")), 0, n);
  double m[5] = {};
  for (float const value : x) {
    double power = 1.0;
    for (int k = 1; k <= 4; ++k) m[k] += power *= double{value};
  }
  for (double& sum : m) sum /= n;
  // Var(x^k) = E x^2k - (E x^k)^2 of 1, 2, 15 and 96.
  EXPECT_LT(std::abs(m[1]), errors * std::sqrt(1.0 / n));
  EXPECT_LT(std::abs(m[2] - 1.0), errors * std::sqrt(2.0 / n));
  EXPECT_LT(std::abs(m[3]), errors * std::sqrt(15.0 / n));
  EXPECT_LT(std::abs(m[4] - 3.0), errors * std::sqrt(96.0 / n));
}

TEST(GaussianNoise, IsDistributedNormally) {
  constexpr std::size_t n = 1'000'000;
  auto x = sample(GaussianNoise(key_of("distribution")), 0, n);
  std::sort(x.begin(), x.end());
  double distance = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    double const f = 0.5 * std::erfc(-double{x[i]} / std::numbers::sqrt2);
    distance = std::max(
        {distance, f - static_cast<double>(i) / n, (static_cast<double>(i) + 1.0) / n - f});
  }
  // Kolmogorov and Smirnov: P(sqrt(n) D > x) is about 2 exp(-2 x^2), 1e-6 at x = 2.69.
  EXPECT_LT(std::sqrt(n) * distance, 2.7);
}

TEST(GaussianNoise, HasTheTailsOfANormal) {
  constexpr std::size_t n = 4'000'000;
  auto const x = sample(GaussianNoise(key_of("tails")), 0, n);
  for (double const limit : {2.0, 3.0, 4.0}) {
    for (double const sign : {-1.0, 1.0}) {
      double const p = 0.5 * std::erfc(limit / std::numbers::sqrt2);
      auto const found = static_cast<double>(
          std::count_if(x.begin(), x.end(), [&](float v) { return sign * double{v} > limit; }));
      EXPECT_LT(std::abs(found - n * p), errors * std::sqrt(n * p)) << sign * limit;
    }
  }
}

TEST(GaussianNoise, ValuesOfACounterAreIndependent) {
  constexpr std::size_t n = 1 << 20;
  auto const x = sample(GaussianNoise(key_of("pairs")), 0, n);
  // Distances 16, 32 and 48 join the four values of a counter; 1 and 64 join neighbours.
  for (std::size_t const lag : {1u, 16u, 32u, 48u, 64u}) {
    double values = 0.0, squares = 0.0;
    for (std::size_t i = 0; i + lag < n; ++i) {
      double const a = x[i], b = x[i + lag];
      values += a * b;
      squares += (a * a - 1.0) * (b * b - 1.0);
    }
    EXPECT_LT(std::abs(values), errors * std::sqrt(1.0 * n)) << lag;
    EXPECT_LT(std::abs(squares), errors * std::sqrt(4.0 * n)) << lag;
  }
}

TEST(RademacherNoise, IsBalancedInEveryBit) {
  constexpr std::size_t num_blocks = 512;
  auto const x = sample(RademacherNoise(key_of("bits")), 0, num_blocks * RademacherNoise::block);
  for (float const value : x) ASSERT_EQ(std::abs(value), 1.0f);
  // Sixteen values a block for each of the 128 bits of a counter.
  for (std::size_t bit = 0; bit < 128; ++bit) {
    double sum = 0.0;
    for (std::size_t i = 0; i < num_blocks * 16; ++i) {
      sum += double{x[i / 16 * RademacherNoise::block + bit * 16 + i % 16]};
    }
    EXPECT_LT(std::abs(sum), errors * std::sqrt(num_blocks * 16.0)) << bit;
  }
  for (std::size_t const lag : {1u, 16u, 512u, 2048u}) {
    double sum = 0.0;
    for (std::size_t i = 0; i + lag < x.size(); ++i) sum += double{x[i]} * double{x[i + lag]};
    EXPECT_LT(std::abs(sum), errors * std::sqrt(1.0 * static_cast<double>(x.size()))) << lag;
  }
}

}  // namespace
