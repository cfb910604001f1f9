#include "core/nets/mlp.hpp"

#include "core/host_copy.hpp"
#include "core/optimizers/adam.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

constexpr Nonlinearity all_nonlinearities[] = {Nonlinearity::identity, Nonlinearity::tanh,
                                               Nonlinearity::relu, Nonlinearity::sigmoid,
                                               Nonlinearity::elu};

/// Both passes against plain loops. Weights of ±1/sqrt(widest) keep numbers of order 1, so that
/// errors are at most some roundings for each term of the longest sum, over the layers.
template <class T>
void expect_reference(MlpSpec const& spec, std::size_t networks, std::size_t samples,
                      bool shared_input) {
  ExecutionSpace const space;
  Mlp<T> net(spec, networks, samples);
  int const widest = *std::max_element(spec.widths.begin(), spec.widths.end());
  auto const theta = uniform_genomes<T>(networks, net.num_parameters(), 1.0 / std::sqrt(widest));
  auto const inputs = static_cast<std::size_t>(spec.widths.front());
  auto const outputs = static_cast<std::size_t>(spec.widths.back());
  auto const x = uniform_rows<T>(shared_input ? 1 : networks, samples, inputs, 1);
  auto const dy = uniform_rows<T>(networks, samples, outputs, 2);
  Genomes<T> const gradient("engram::tests::gradient", networks, net.num_parameters());
  auto const y = host_copy(net.forward(space, theta, x));
  net.backward(space, theta, x, dy, gradient);
  double const rounding =
      4.0 * std::numeric_limits<T>::epsilon() * static_cast<double>(spec.widths.size());
  for (std::size_t n = 0; n < networks; ++n) {
    Vec const w = of_network(theta, n), all_x = of_network(x, n), all_dy = of_network(dy, n);
    Vec expected(w.size(), 0.0);
    for (std::size_t s = 0; s < samples; ++s) {
      Vec const one_x(all_x.begin() + s * inputs, all_x.begin() + (s + 1) * inputs);
      Vec const one_dy(all_dy.begin() + s * outputs, all_dy.begin() + (s + 1) * outputs);
      Vec const one_y = naive_mlp(spec, w, one_x, &one_dy, &expected);
      for (std::size_t k = 0; k < outputs; ++k) {
        ASSERT_NEAR(y(n, s, k), one_y[k], rounding * widest) << "sample " << s;
      }
    }
    Vec const got = of_network(gradient, n);
    for (std::size_t p = 0; p < got.size(); ++p) {
      ASSERT_NEAR(
          got[p], expected[p],
          rounding * (widest + static_cast<double>(samples)) * static_cast<double>(samples) / 4.0 +
              rounding * widest)
          << "parameter " << p;
    }
  }
}

template <class T>
void expect_reference_of_all_shapes() {
  for (Nonlinearity const f : all_nonlinearities) {
    expect_reference<T>({{3, 5, 2}, f, Nonlinearity::identity}, 2, 9, false);
    expect_reference<T>({{4, 3}, Nonlinearity::tanh, f}, 2, 2, true);
  }
  // Whole and partial tiles and panels, more samples than a team takes, sums longer than a panel.
  expect_reference<T>({{67, 96, 33, 1}}, 1, 41, false);
  expect_reference<T>({{300, 17}}, 1, 3, false);
  expect_reference<T>({{1, 1}}, 3, 1, true);
  expect_reference<T>({{5, 150, 4}}, 1, 1, false);
}

TEST(Mlp, EqualsTheReferenceInDouble) {
  expect_reference_of_all_shapes<double>();
}

TEST(Mlp, EqualsTheReferenceInFloat) {
  expect_reference_of_all_shapes<float>();
}

/// Loss against fixed labels or targets, with its gradient in dy.
double mean_loss(Mlp<double>& net, Genomes<double> const& theta, Rows<double> const& x,
                 bool cross_entropy, Rows<double> const& dy) {
  ExecutionSpace const space;
  Losses<double> const losses("engram::tests::losses", 1);
  auto const y = net.forward(space, theta, x);
  if (cross_entropy) {
    Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> const labels("engram::tests::labels",
                                                                          1, y.extent(1));
    fill(labels, [&](std::size_t i) { return i % y.extent(2); });
    softmax_cross_entropy<double>(space, y, labels, {}, losses, dy);
  } else {
    auto const targets = uniform_rows<double>(1, y.extent(1), y.extent(2), 5);
    mean_squared_error<double>(space, y, targets, {}, losses, dy);
  }
  return host_copy(losses)(0);
}

TEST(Mlp, GradientsAreDerivatives) {
  ExecutionSpace const space;
  for (Nonlinearity const f : {Nonlinearity::tanh, Nonlinearity::sigmoid, Nonlinearity::elu}) {
    for (bool const cross_entropy : {false, true}) {
      MlpSpec const spec{{3, 4, 5, 3}, f, cross_entropy ? Nonlinearity::identity : f};
      Mlp<double> net(spec, 1, 4);
      auto const theta = uniform_genomes<double>(1, net.num_parameters(), 0.7);
      auto const x = uniform_rows<double>(1, 4, 3, 1);
      Rows<double> const dy("engram::tests::dy", 1, 4, 3);
      Genomes<double> const gradient("engram::tests::gradient", 1, net.num_parameters());
      mean_loss(net, theta, x, cross_entropy, dy);
      net.backward(space, theta, x, dy, gradient);
      expect_derivatives([&] { return mean_loss(net, theta, x, cross_entropy, dy); }, theta,
                         of_network(gradient, 0));
    }
  }
}

TEST(Mlp, NeighboursDoNotMatter) {
  ExecutionSpace const space;
  MlpSpec const spec{{7, 37, 3}, Nonlinearity::sigmoid, Nonlinearity::tanh};
  constexpr std::size_t networks = 5, samples = 11;
  Mlp<float> all(spec, networks, samples);
  auto const theta = uniform_genomes<float>(networks, all.num_parameters(), 1.0);
  auto const x = uniform_rows<float>(networks, samples, 7, 1);
  auto const dy = uniform_rows<float>(networks, samples, 3, 2);
  Genomes<float> const gradient("engram::tests::gradient", networks, all.num_parameters());
  auto const y = all.forward(space, theta, x);
  all.backward(space, theta, x, dy, gradient);
  for (std::size_t n = 0; n < networks; ++n) {
    Mlp<float> alone(spec, 1, samples);
    auto const theta_n = network_of(theta, n);
    auto const x_n = network_of(x, n);
    Genomes<float> const gradient_n("engram::tests::gradient", 1, all.num_parameters());
    expect_same_network(y, alone.forward(space, theta_n, x_n), n);
    alone.backward(space, theta_n, x_n, network_of(dy, n), gradient_n);
    expect_same_network(gradient, gradient_n, n);
  }
}

TEST(Mlp, OtherSamplesDoNotMatterForward) {
  ExecutionSpace const space;
  MlpSpec const spec{{20, 50, 19}};
  // 70 samples are two teams' and a rest; the others take other tiles.
  constexpr std::size_t most = 70;
  Mlp<float> all(spec, 1, most);
  auto const theta = uniform_genomes<float>(1, all.num_parameters(), 1.0);
  auto const x = uniform_rows<float>(1, most, 20, 1);
  auto const y = host_copy(all.forward(space, theta, x));
  auto const x_host = host_copy(x);
  for (std::size_t const samples : {1, 2, 3, 4, 7, 8, 31, 33}) {
    for (std::size_t first = 0; first + samples <= most; first += 13) {
      Mlp<float> some(spec, 1, samples);
      Rows<float> const x_some("engram::tests::x", 1, samples, 20);
      fill(x_some, [&](std::size_t i) { return x_host.data()[first * 20 + i]; });
      auto const y_some = host_copy(some.forward(space, theta, x_some));
      for (std::size_t i = 0; i < y_some.size(); ++i) {
        ASSERT_EQ(y_some.data()[i], y.data()[first * 19 + i]) << samples << " samples";
      }
    }
  }
}

/// The cross-entropy of a linear classifier of XOR is convex and symmetric: it is ln 2 at best.
TEST(Mlp, SolvesXor) {
  ExecutionSpace const space;
  MlpSpec const spec{{2, 8, 2}};
  constexpr std::size_t networks = 4;
  Mlp<float> net(spec, networks, 4);
  Genomes<float> const theta("engram::tests::theta", networks, net.num_parameters());
  Genomes<float> const gradient("engram::tests::gradient", networks, net.num_parameters());
  initialise(space, spec, Initialiser::glorot, Key(Seed(3)), theta);
  Rows<float> const x("engram::tests::x", 1, 4, 2);
  fill(x, [](std::size_t i) { return (i / 2 >> i % 2 & 1) != 0 ? 1.0 : -1.0; });
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> const labels("engram::tests::labels", 1,
                                                                        4);
  fill(labels, [](std::size_t i) { return i == 1 || i == 2 ? 1 : 0; });
  Rows<float> const dy("engram::tests::dy", networks, 4, 2);
  Losses<float> const losses("engram::tests::losses", networks);
  auto const adam = make_optimizer(Adam<float>{0.03f}, networks, net.num_parameters());
  for (int step = 0; step < 400; ++step) {
    auto const y = net.forward(space, theta, x);
    softmax_cross_entropy<float>(space, y, labels, {}, losses, dy);
    net.backward(space, theta, x, dy, gradient);
    adam->step(space, gradient, theta);
  }
  for (std::size_t n = 0; n < networks; ++n)
    EXPECT_LT(host_copy(losses)(n), 0.1) << "network " << n;
}

TEST(Mlp, RefusesWrongShapes) {
  ExecutionSpace const space;
  EXPECT_THROW(Mlp<float>({{3}}, 1, 1), std::invalid_argument);
  EXPECT_THROW(Mlp<float>({{3, 0}}, 1, 1), std::invalid_argument);
  Mlp<float> net({{3, 2}}, 2, 4);
  Genomes<float> const theta("engram::tests::theta", 2, net.num_parameters());
  Genomes<float> const other("engram::tests::theta", 2, net.num_parameters() + 1);
  Rows<float> const x("engram::tests::x", 2, 4, 3), narrow("engram::tests::x", 2, 4, 2);
  EXPECT_EQ(net.num_parameters(), 8u);
  EXPECT_THROW(net.forward(space, other, x), std::invalid_argument);
  EXPECT_THROW(net.forward(space, theta, narrow), std::invalid_argument);
  EXPECT_THROW(net.backward(space, theta, x, x, theta), std::invalid_argument);
}

/// NaN in, NaN out, of that sample alone.
TEST(Mlp, PassesNotANumberOn) {
  ExecutionSpace const space;
  for (Nonlinearity const f : all_nonlinearities) {
    Mlp<float> net({{2, 3, 1}, f, f}, 1, 2);
    auto const theta = uniform_genomes<float>(1, net.num_parameters(), 1.0);
    Rows<float> const x("engram::tests::x", 1, 2, 2);
    fill(x, [](std::size_t i) { return i == 0 ? std::nan("") : 0.5; });
    auto const y = host_copy(net.forward(space, theta, x));
    EXPECT_TRUE(std::isnan(y(0, 0, 0)));
    EXPECT_TRUE(std::isfinite(y(0, 1, 0)));
  }
}

}  // namespace
