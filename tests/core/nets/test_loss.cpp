#include "core/nets/loss.hpp"

#include "core/host_copy.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

using MutableLabels = Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace>;

template <class T>
struct Outputs {
  Rows<T> y, dy;
  MutableLabels labels;
  Rows<T> targets;
  Losses<T> losses;

  Outputs(std::size_t networks, std::size_t rows, std::size_t units)
      : y(uniform_rows<T>(networks, rows, units, 1)),
        dy("engram::tests::dy", networks, rows, units),
        labels("engram::tests::labels", networks, rows),
        targets(uniform_rows<T>(networks, rows, units, 2)),
        losses("engram::tests::losses", networks) {
    fill(labels, [&](std::size_t i) { return (7 * i + 3) % units; });
  }
  void cross_entropy(RowWeights<T> const& weights = {}) const {
    softmax_cross_entropy<T>(ExecutionSpace(), y, labels, weights, losses, dy);
  }
  void squared_error(RowWeights<T> const& weights = {}) const {
    mean_squared_error<T>(ExecutionSpace(), y, targets, weights, losses, dy);
  }
};

/// Sums of up to 70 numbers of magnitude 4, each of some roundings.
template <class T>
void expect_reference() {
  constexpr std::size_t networks = 2, rows = 10, units = 7;
  Outputs<T> const o(networks, rows, units);
  auto const y = host_copy(o.y), targets = host_copy(o.targets);
  auto const labels = host_copy(o.labels);
  double const tolerance = 300.0 * std::numeric_limits<T>::epsilon();
  o.cross_entropy();
  auto const entropy = host_copy(o.losses);
  auto const entropy_gradient = host_copy(o.dy);
  o.squared_error();
  auto const squares = host_copy(o.losses);
  auto const squares_gradient = host_copy(o.dy);
  for (std::size_t n = 0; n < networks; ++n) {
    double loss = 0.0, sum = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      double total = 0.0;
      for (std::size_t k = 0; k < units; ++k) total += std::exp(double(y(n, r, k)));
      loss -= std::log(std::exp(double(y(n, r, std::size_t(labels(n, r))))) / total) / rows;
      for (std::size_t k = 0; k < units; ++k) {
        double const error = double(y(n, r, k)) - double(targets(n, r, k));
        bool const right = static_cast<int>(k) == labels(n, r);
        sum += error * error / (rows * units);
        ASSERT_NEAR(squares_gradient(n, r, k), 2.0 * error / (rows * units), tolerance);
        ASSERT_NEAR(entropy_gradient(n, r, k),
                    (std::exp(double(y(n, r, k))) / total - right) / rows, tolerance);
      }
    }
    EXPECT_NEAR(entropy(n), loss, tolerance);
    EXPECT_NEAR(squares(n), sum, tolerance);
  }
}

TEST(Loss, EqualsTheReference) {
  expect_reference<float>();
  expect_reference<double>();
}

/// n equal logits: ln n. A logit that is far above: 0, or the distance.
TEST(Loss, CrossEntropyOfKnownLogits) {
  Outputs<double> const o(1, 3, 5);
  fill(o.y, [](std::size_t i) { return i < 5 ? -3.0 : i % 5 == 2 ? 1000.0 : 0.0; });
  fill(o.labels, [](std::size_t i) { return i == 1 ? 2 : 0; });
  Genomes<double> const weights("engram::tests::weights", 1, 3);
  double const expected[] = {std::log(5.0), 0.0, 1000.0};
  for (std::size_t row = 0; row < 3; ++row) {
    fill(weights, [&](std::size_t i) { return i == row ? 2.5 : 0.0; });
    o.cross_entropy(weights);
    EXPECT_NEAR(host_copy(o.losses)(0), expected[row], 1e-15 * expected[row]) << "row " << row;
  }
}

/// Rows of weight 0 may hold anything.
TEST(Loss, MaskedRowsDoNotCount) {
  Outputs<float> const whole(1, 4, 3), masked(1, 6, 3);
  auto const y = host_copy(whole.y), targets = host_copy(whole.targets);
  auto const labels = host_copy(whole.labels);
  auto const inserted = [](std::size_t row) { return row == 1 || row == 4; };
  auto const original = [](std::size_t row) { return row - (row > 1) - (row > 4); };
  Genomes<float> const weights("engram::tests::weights", 1, 6);
  fill(weights, [&](std::size_t r) { return inserted(r) ? 0.0 : 1.0; });
  auto const spread = [&](auto const& from) {
    return [&](std::size_t i) {
      return inserted(i / 3) ? std::nan("") : double(from(0, original(i / 3), i % 3));
    };
  };
  fill(masked.y, spread(y));
  fill(masked.targets, spread(targets));
  fill(masked.labels, [&](std::size_t r) { return inserted(r) ? -1 : labels(0, original(r)); });
  for (bool const entropy : {true, false}) {
    entropy ? whole.cross_entropy() : whole.squared_error();
    entropy ? masked.cross_entropy(weights) : masked.squared_error(weights);
    EXPECT_EQ(host_copy(whole.losses)(0), host_copy(masked.losses)(0));
    auto const expected = host_copy(whole.dy), got = host_copy(masked.dy);
    for (std::size_t r = 0; r < 6; ++r) {
      for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(got(0, r, k), inserted(r) ? 0.0f : expected(0, original(r), k));
      }
    }
  }
  fill(weights, [](std::size_t) { return 0.0; });
  masked.squared_error(weights);
  EXPECT_EQ(host_copy(masked.losses)(0), 0.0f);
}

TEST(Loss, ImpossibleLabelsAreNotANumber) {
  Outputs<float> const o(2, 2, 3);
  fill(o.labels, [](std::size_t i) { return i == 3 ? 3 : 0; });
  o.cross_entropy();
  EXPECT_TRUE(std::isfinite(host_copy(o.losses)(0)));
  EXPECT_TRUE(std::isnan(host_copy(o.losses)(1)));
}

TEST(Loss, NeighboursDoNotMatter) {
  Outputs<float> const all(5, 9, 4);
  for (bool const entropy : {true, false}) {
    entropy ? all.cross_entropy() : all.squared_error();
    for (std::size_t n = 0; n < 5; ++n) {
      Outputs<float> alone(1, 9, 4);
      alone.y = network_of(all.y, n);
      alone.targets = network_of(all.targets, n);
      alone.labels = network_of(all.labels, n);
      entropy ? alone.cross_entropy() : alone.squared_error();
      expect_same_network(all.dy, alone.dy, n);
      EXPECT_EQ(host_copy(all.losses)(n), host_copy(alone.losses)(0));
    }
  }
}

TEST(Loss, RefusesWrongShapes) {
  Outputs<float> const o(2, 3, 4);
  Genomes<float> const weights("engram::tests::weights", 1, 4);
  EXPECT_THROW(o.cross_entropy(weights), std::invalid_argument);
  Outputs<float> other = o;
  other.labels = MutableLabels("engram::tests::labels", 2, 4);
  EXPECT_THROW(other.cross_entropy(), std::invalid_argument);
  other.targets = Rows<float>("engram::tests::targets", 3, 3, 4);
  EXPECT_THROW(other.squared_error(), std::invalid_argument);
}

}  // namespace
