#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/host_copy.hpp"
#include "core/plasticity/projection.hpp"
#include "core/plasticity/update.hpp"
#include "core/random/random.hpp"

// Layers of a few networks with random weights and activities, for the tests of learning rules.

namespace engram::plasticity_test {

template <class View, class F>
void fill(View const& view, F const& f) {
  auto const mirror = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < mirror.size(); ++i) {
    mirror.data()[i] = static_cast<typename View::non_const_value_type>(f(i));
  }
  copy_to_device(view, mirror);
}

template <class View>
void fill_uniform(View const& view, Key key, double low, double high) {
  Random const random(key);
  fill(view, [&](std::size_t i) { return random.uniform(i, low, high); });
}

template <class T>
struct Layer {
  Weights<T> weights;
  Activities<T> pre, post;

  Layer(std::size_t networks, std::size_t posts, std::size_t pres, Key key = Key(Seed(3)))
      : weights("engram::tests::weights", networks, posts, pres),
        pre("engram::tests::pre", networks, pres),
        post("engram::tests::post", networks, posts) {
    fill_uniform(weights, key.stream("weights"), -1.0, 1.0);
    fill_uniform(pre, key.stream("pre"), -1.0, 1.0);
    fill_uniform(post, key.stream("post"), -1.0, 1.0);
  }

  template <class Rule>
  void update(Rule const& rule) const {
    ExecutionSpace const space;
    update_weights(space, rule, weights, ConstActivities<T>(pre), ConstActivities<T>(post));
    space.fence();
  }

  /// post = W pre.
  void respond() const {
    ExecutionSpace const space;
    project(space, weights, ConstActivities<T>(pre), post);
    space.fence();
  }
};

/// A copy of the weights, to be read as [network, post, pre] after they have changed.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(Kokkos::View<T***, Kokkos::LayoutRight, ExecutionSpace> const& view)
      : posts_(view.extent(1)), pres_(view.extent(2)) {
    auto const host = host_copy(view);
    values_.assign(host.data(), host.data() + host.size());
  }
  double operator()(std::size_t network, std::size_t post, std::size_t pre) const {
    return static_cast<double>(values_[(network * posts_ + post) * pres_ + pre]);
  }

 private:
  std::size_t posts_, pres_;
  std::vector<T> values_;
};

/// Every weight against `expected(network, post, pre)`, in double precision, within `ulps`
/// roundings of numbers of magnitude 1.
template <class T, class F>
void expect_weights(Weights<T> const& weights, double ulps, F const& expected) {
  auto const w = host_copy(weights);
  double const tolerance = ulps * std::numeric_limits<T>::epsilon();
  for (std::size_t n = 0; n < w.extent(0); ++n) {
    for (std::size_t i = 0; i < w.extent(1); ++i) {
      for (std::size_t j = 0; j < w.extent(2); ++j) {
        ASSERT_NEAR(static_cast<double>(w(n, i, j)), expected(n, i, j), tolerance)
            << "network " << n << ", post " << i << ", pre " << j;
      }
    }
  }
}

/// A rule in single and double precision: both on three networks of odd sizes, and on one that
/// fills more than one team.
template <class Test>
void for_scalars_and_sizes(Test const& test) {
  test(float(), 3, 19, 37);
  test(double(), 3, 19, 37);
  test(float(), 1, 50, 301);
  test(double(), 2, 1, 1);
}

/// The weights of network `n` alone after `steps` updates by the rule that `make(first, count)`
/// makes for `count` networks from `first` on, must be those it has among others, bit by bit.
template <class T, class MakeRule>
void expect_no_neighbours(MakeRule const& make) {
  constexpr std::size_t networks = 5, posts = 18, pres = 45;
  Layer<T> const all(networks, posts, pres);
  auto const before = host_copy(all.weights);
  auto const pre = host_copy(all.pre);
  auto const post = host_copy(all.post);
  auto const rule = make(0, networks);
  for (int step = 0; step < 3; ++step) all.update(rule);
  auto const after = host_copy(all.weights);
  for (std::size_t n = 0; n < networks; ++n) {
    Layer<T> const alone(1, posts, pres);
    fill(alone.weights, [&](std::size_t i) { return before.data()[n * posts * pres + i]; });
    fill(alone.pre, [&](std::size_t i) { return pre(n, i); });
    fill(alone.post, [&](std::size_t i) { return post(n, i); });
    auto const rule_alone = make(n, 1);
    for (int step = 0; step < 3; ++step) alone.update(rule_alone);
    auto const w = host_copy(alone.weights);
    for (std::size_t i = 0; i < w.size(); ++i) {
      ASSERT_EQ(w.data()[i], after.data()[n * posts * pres + i]) << "network " << n;
    }
  }
}

/// One value a network, of `count` networks from `first` on.
template <class T>
PerNetwork<T> per_network(std::vector<double> const& values, std::size_t first = 0,
                          std::size_t count = 0) {
  if (count == 0) count = values.size();
  Kokkos::View<T*, ExecutionSpace> const view("engram::tests::per_network", count);
  fill(view, [&](std::size_t i) { return values.at(first + i); });
  return PerNetwork<T>(Kokkos::View<T const*, ExecutionSpace>(view));
}

/// Samples with covariance diag(variances) in a rotated frame: principal component k is
/// `directions[k]`.
struct Gaussian {
  std::vector<double> deviations;
  std::vector<std::vector<double>> directions;

  /// Orthonormal directions by Gram and Schmidt from random vectors.
  Gaussian(std::vector<double> given, Key key) : deviations(std::move(given)) {
    std::size_t const n = deviations.size();
    Random const random(key);
    for (std::size_t k = 0; k < n; ++k) {
      std::vector<double> v(n);
      for (std::size_t i = 0; i < n; ++i) v[i] = random.normal(k * n + i);
      for (int pass = 0; pass < 2; ++pass) {
        for (auto const& u : directions) {
          double const along = dot(u, v);
          for (std::size_t i = 0; i < n; ++i) v[i] -= along * u[i];
        }
      }
      double const length = std::sqrt(dot(v, v));
      for (double& x : v) x /= length;
      directions.push_back(v);
    }
  }

  std::vector<double> sample(Key key, std::size_t index) const {
    std::size_t const n = deviations.size();
    Random const random(key);
    std::vector<double> x(n, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      double const z = deviations[k] * random.normal(index * n + k);
      for (std::size_t i = 0; i < n; ++i) x[i] += z * directions[k][i];
    }
    return x;
  }

  static double dot(std::vector<double> const& a, std::vector<double> const& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  }
};

/// Row i of the weights of network 0, and its cosine with a direction.
template <class T>
std::vector<double> row_of(Weights<T> const& weights, std::size_t i, std::size_t network = 0) {
  auto const w = host_copy(weights);
  std::vector<double> row(w.extent(2));
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = static_cast<double>(w(network, i, j));
  return row;
}

inline double length(std::vector<double> const& v) {
  return std::sqrt(Gaussian::dot(v, v));
}

inline double cosine(std::vector<double> const& a, std::vector<double> const& b) {
  return Gaussian::dot(a, b) / (length(a) * length(b));
}

}  // namespace engram::plasticity_test
