#include "core/zeroth_order/directions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "core/zeroth_order/estimators.hpp"
#include "tests/core/zeroth_order/statistics.hpp"

namespace {

using namespace engram;

Key const key = Key(Seed(41)).stream("directions");

TEST(Directions, OrthogonalOnesAre) {
  std::size_t const d = 40;
  auto const v = draw_directions(Directions::orthogonal, key, d, d);
  std::span<double const> const all(v);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double const product = dot(all.subspan(i * d, d), all.subspan(j * d, d));
      // Sums of 40 products of unit vectors, times 40.
      EXPECT_NEAR(product, i == j ? 40.0 : 0.0, 40.0 * 40.0 * 0x1.0p-52);
    }
  }
  EXPECT_THROW(draw_directions(Directions::orthogonal, key, d + 1, d), std::invalid_argument);
  EXPECT_THROW(draw_directions(Directions::sphere, key, 1, 0), std::invalid_argument);
}

TEST(Directions, DoNotDependOnTheirNumber) {
  for (auto const kind :
       {Directions::gaussian, Directions::rademacher, Directions::sphere, Directions::orthogonal}) {
    auto const few = draw_directions(kind, key, 2, 9), many = draw_directions(kind, key, 7, 9);
    for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i], many[i]);
  }
}

TEST(Directions, HaveUnitCovariance) {
  std::size_t const d = 3;
  for (auto const kind :
       {Directions::gaussian, Directions::rademacher, Directions::sphere, Directions::orthogonal}) {
    Mean square, product;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      // The second one: the first orthogonal one is just on the sphere.
      auto const v = draw_directions(kind, key.index(i), 2, d);
      square.add(v[d] * v[d]);
      product.add(v[d] * v[d + 1]);
    }
    expect_mean(square, 1.0, 0.02);
    EXPECT_LT(std::abs(product.value()), 4.9 * product.error());
  }
}

}  // namespace
