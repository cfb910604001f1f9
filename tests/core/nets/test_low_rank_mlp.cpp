#include "core/nets/low_rank_mlp.hpp"

#include <algorithm>

#include "core/host_copy.hpp"
#include "core/random/noise.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

struct Case {
  MlpSpec spec;
  std::size_t rank, num_pairs, num_samples;
  bool shared_input;

  double scale() const { return 0.2 / std::sqrt(*std::ranges::max_element(spec.widths)); }
};

Key key_of_pair(std::size_t i) {
  return Key(Seed(5)).index(i);
}

template <class T>
struct Pass {
  explicit Pass(Case const& c)
      : net(c.spec, c.rank, c.num_pairs, c.num_samples),
        theta(uniform_genomes<T>(
            1, net.noise().num_parameters(),
            1.0 / std::sqrt(static_cast<double>(*std::ranges::max_element(c.spec.widths))))),
        factors("engram::tests::factors", c.num_pairs, net.noise().num_factors()),
        x(uniform_rows<T>(c.shared_input ? 1 : 2 * c.num_pairs, c.num_samples,
                          static_cast<std::size_t>(c.spec.widths.front()), 1)) {
    std::size_t const n = net.noise().num_factors();
    std::vector<float> values(c.num_pairs * n);
    for (std::size_t i = 0; i < c.num_pairs; ++i)
      engram::fill(GaussianNoise(key_of_pair(i)), 0, std::span(values).subspan(i * n, n));
    nets_test::fill(factors, [&](std::size_t i) { return values[i]; });
    y = net.forward(ExecutionSpace(), theta, factors, static_cast<T>(c.scale()), x);
  }

  LowRankMlp<T> net;
  Genomes<T> theta, factors;
  Rows<T> x;
  ConstRows<T> y;
};

/// Each member beside a plain net of its weights. Numbers are of order 1: errors are some roundings
/// for each term of the longest sum, of the product and of a perturbation's, over the layers.
template <class T>
void expect_reference(Case const& c) {
  Pass<T> const pass(c);
  auto const y = host_copy(pass.y);
  int const widest = *std::ranges::max_element(c.spec.widths);
  double const tolerance = 4.0 * std::numeric_limits<T>::epsilon() *
                           static_cast<double>(c.spec.widths.size()) * 2.0 *
                           (widest + static_cast<double>(c.rank));
  for (std::size_t n = 0; n < 2 * c.num_pairs; ++n) {
    Vec weights = of_network(pass.theta, 0);
    Key const key = key_of_pair(n / 2);
    double const scale = n % 2 == 0 ? c.scale() : -c.scale();
    pass.net.noise().add_weighted({&key, 1}, {&scale, 1}, 0, weights);
    Vec const all_x = of_network(pass.x, n);
    auto const inputs = static_cast<std::ptrdiff_t>(c.spec.widths.front());
    for (std::size_t s = 0; s < c.num_samples; ++s) {
      auto const first = all_x.begin() + static_cast<std::ptrdiff_t>(s) * inputs;
      Vec const expected = naive_mlp(c.spec, weights, Vec(first, first + inputs));
      for (std::size_t k = 0; k < expected.size(); ++k)
        ASSERT_NEAR(y(n, s, k), expected[k], tolerance) << "member " << n << ", sample " << s;
    }
  }
}

TEST(LowRankMlp, EqualsNetsWithMaterialisedWeights) {
  for (bool const is_shared : {false, true}) {
    for (std::size_t const rank : {1, 3}) {
      expect_reference<double>(
          {{{5, 7, 3}, Nonlinearity::relu, Nonlinearity::sigmoid}, rank, 3, 4, is_shared});
      // Layers of one input or output are vectors; more rows than a team takes; one sample.
      expect_reference<double>({{{1, 4, 1}}, rank, 2, 9, is_shared});
      expect_reference<float>({{{67, 96, 33, 2}}, rank, 3, 13, is_shared});
      expect_reference<float>({{{300, 17}}, rank, 20, 1, is_shared});
    }
  }
}

TEST(LowRankMlp, NeighboursDoNotMatter) {
  Case const all{{{7, 37, 3}}, 2, 5, 11, false};
  Pass<float> many(all);
  for (std::size_t i = 0; i < all.num_pairs; ++i) {
    LowRankMlp<float> alone(all.spec, all.rank, 1, all.num_samples);
    Rows<float> const x("engram::tests::x", 2, all.num_samples, 7);
    auto const from = host_copy(many.x);
    nets_test::fill(x, [&](std::size_t k) { return from.data()[i * x.size() + k]; });
    auto const y =
        host_copy(alone.forward(ExecutionSpace(), many.theta, network_of(many.factors, i),
                                static_cast<float>(all.scale()), x));
    auto const of_all = host_copy(many.y);
    for (std::size_t k = 0; k < y.size(); ++k)
      ASSERT_EQ(of_all.data()[i * y.size() + k], y.data()[k]) << "pair " << i;
  }
}

TEST(LowRankMlp, RefusesWrongShapes) {
  ExecutionSpace const space;
  EXPECT_THROW(LowRankMlp<float>({{3, 2}}, 0, 1, 1), std::invalid_argument);
  EXPECT_THROW(LowRankMlp<float>({{3}}, 1, 1, 1), std::invalid_argument);
  LowRankMlp<float> net({{3, 2}}, 1, 2, 4);
  EXPECT_EQ(net.noise().num_factors(), 3u + 2u + 2u);
  Genomes<float> const theta("engram::tests::theta", 1, 8), factors("engram::tests::f", 2, 7);
  Rows<float> const x("engram::tests::x", 4, 4, 3), few("engram::tests::x", 2, 4, 3);
  EXPECT_NO_THROW(net.forward(space, theta, factors, 1.0f, x));
  EXPECT_THROW(net.forward(space, factors, factors, 1.0f, x), std::invalid_argument);
  EXPECT_THROW(net.forward(space, theta, theta, 1.0f, x), std::invalid_argument);
  EXPECT_THROW(net.forward(space, theta, factors, 1.0f, few), std::invalid_argument);
}

}  // namespace
