#include "core/random/normal_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace {

using namespace engram;

double exact_radius(std::uint32_t k) {
  double const u = (static_cast<double>(k) + 0.5) * 0x1.0p-32;
  double const below_one = (4294967295.5 - static_cast<double>(k)) * 0x1.0p-32;
  return std::sqrt(-2.0 * (u < 0.5 ? std::log(u) : std::log1p(-below_one)));
}

double exact_angle(std::uint32_t k) {
  return std::numbers::pi * 0x1.0p-32 * static_cast<double>(static_cast<std::int32_t>(k));
}

/// f(k) over the whole range, and for every k near its ends, middle, and where the reduction of the
/// logarithm's argument changes.
template <class F>
void for_dense_grid(F const& f) {
  for (std::uint64_t k = 0; k < std::uint64_t{1} << 32; k += 9973) f(static_cast<std::uint32_t>(k));
  for (std::uint32_t const centre : {0u, 0x80000000u, 0xC0000000u, 0xAAAAAAAAu, 0x55555555u}) {
    for (std::uint32_t d = 0; d < 20'000; ++d) f(centre + d - 10'000);
  }
}

TEST(NormalPair, RadiusIsAccurate) {
  double worst = 0.0;
  for_dense_grid([&](std::uint32_t k) {
    double const exact = exact_radius(k);
    double const radius = detail::square_root(detail::minus_two_log_uniform<float>(k));
    worst = std::max(worst, std::abs(radius - exact) / exact);
  });
  EXPECT_LE(worst, 2e-7);
}

TEST(NormalPair, PointsLieOnTheCircle) {
  double worst = 0.0;
  for_dense_grid([&](std::uint32_t k) {
    float cosine, sine;
    detail::point_on_circle(k, cosine, sine);
    double const angle = exact_angle(k), sign = k % 2 == 0 ? 1.0 : -1.0;
    worst = std::max({worst, std::abs(double{cosine} - sign * std::cos(angle)),
                      std::abs(double{sine} - std::sin(angle))});
  });
  EXPECT_LE(worst, 2.5e-7);
}

TEST(NormalPair, IsThatOfTheTransform) {
  double worst = 0.0;
  std::uint32_t other = 1;
  for_dense_grid([&](std::uint32_t k) {
    other = other * 1664525u + 1013904223u;
    float x, y;
    normal_pair(k, other, x, y);
    double const angle = exact_angle(other), sign = other % 2 == 0 ? 1.0 : -1.0;
    worst = std::max({worst, std::abs(double{x} - sign * exact_radius(k) * std::cos(angle)),
                      std::abs(double{y} - exact_radius(k) * std::sin(angle))});
  });
  EXPECT_LE(worst, 3.5e-6);
}

TEST(NormalPair, EndsOfTheRange) {
  float x, y;
  normal_pair(0u, 0u, x, y);
  // sqrt(2 * 33 ln 2)
  EXPECT_FLOAT_EQ(x, 6.7637057f);
  EXPECT_EQ(y, 0.0f);
  normal_pair(0u, 1u, x, y);
  EXPECT_FLOAT_EQ(x, -6.7637057f);
  normal_pair(0xffffffffu, 0u, x, y);
  // sqrt(2 * 2^-33)
  EXPECT_FLOAT_EQ(x, 1.5258789e-5f);
}

}  // namespace
