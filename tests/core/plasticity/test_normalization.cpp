#include "core/plasticity/normalization.hpp"

#include "core/host_copy.hpp"
#include "core/plasticity/decay.hpp"
#include "core/plasticity/hebb.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

double norm_of(Snapshot<double> const& w, std::size_t n, std::size_t i, std::size_t pres,
               Norm norm) {
  double sum = 0.0;
  for (std::size_t j = 0; j < pres; ++j) {
    sum += norm == Norm::l1 ? std::abs(w(n, i, j)) : w(n, i, j) * w(n, i, j);
  }
  return norm == Norm::l1 ? sum : std::sqrt(sum);
}

TEST(Normalization, ScalesRowsToTheTarget) {
  for (Norm const norm : {Norm::l1, Norm::l2}) {
    for (std::size_t const pres : {1, 31, 32, 33, 300}) {
      Layer<double> const layer(2, 20, pres);
      Snapshot<double> const w(layer.weights);
      layer.update(Normalization<double>{per_network<double>({1.0, 3.0}), norm});
      expect_weights(layer.weights, 8, [&](std::size_t n, std::size_t i, std::size_t j) {
        return w(n, i, j) * (n == 0 ? 1.0 : 3.0) / norm_of(w, n, i, pres, norm);
      });
    }
  }
}

TEST(Normalization, LeavesZerosAlone) {
  Layer<float> const layer(1, 2, 5);
  fill(layer.weights, [](std::size_t i) { return i < 5 ? 0.0 : 2.0; });
  layer.update(Normalization<float>{1.0f, Norm::l1});
  expect_weights(layer.weights, 1,
                 [](std::size_t, std::size_t i, std::size_t) { return i == 0 ? 0.0 : 0.2; });
}

TEST(Normalization, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return Normalization<float>{per_network<float>({1, 2, 3, 4, 5}, first, count), Norm::l2};
  });
}

TEST(Sequence, IsOnePassWithTheBitsOfMany) {
  Layer<float> const together(3, 20, 45), apart(3, 20, 45);
  Hebb<float> const hebb{0.3f};
  Decay<float> const decay{0.01f};
  Bounds<float> const bounds{-0.5f, 0.9f};
  Normalization<float> const normalization{1.0f, Norm::l2};
  together.update(sequence(hebb, decay, bounds, normalization));
  apart.update(hebb);
  apart.update(decay);
  apart.update(bounds);
  apart.update(normalization);
  auto const a = host_copy(together.weights), b = host_copy(apart.weights);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a.data()[i], b.data()[i]) << i;
}

}  // namespace
