#include "core/nets/recurrent.hpp"

#include "core/host_copy.hpp"
#include "core/optimizers/adam.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

constexpr CellKind all_cells[] = {CellKind::elman, CellKind::gru, CellKind::lstm};

/// The sequence of sample `s` in rows [step, sample].
Vec sequence_of(Vec const& rows, std::size_t samples, std::size_t units, std::size_t s) {
  Vec sequence;
  for (std::size_t at = s * units; at < rows.size(); at += samples * units) {
    sequence.insert(sequence.end(), rows.begin() + static_cast<std::ptrdiff_t>(at),
                    rows.begin() + static_cast<std::ptrdiff_t>(at + units));
  }
  return sequence;
}

/// Outputs and final states against plain loops. Weights of ±1/sqrt(units) keep numbers of order 1;
/// an error of a step reaches the next at most times the sum of a column's weights, whose
/// root-mean-square is below 1: errors add up over steps.
template <class T>
void expect_reference(RecurrentSpec const& spec, std::size_t networks, std::size_t samples,
                      std::size_t steps, bool given_state) {
  ExecutionSpace const space;
  RecurrentNet<T> net(spec, networks, samples, steps);
  auto const theta =
      uniform_genomes<T>(networks, net.num_parameters(), 1.0 / std::sqrt(spec.num_units));
  auto const in = static_cast<std::size_t>(spec.num_inputs);
  auto const out = static_cast<std::size_t>(spec.num_outputs);
  auto const x = uniform_rows<T>(networks, steps * samples, in, 1);
  auto const initial =
      given_state ? uniform_rows<T>(networks, samples, net.state_size(), 2) : Rows<T>();
  auto const y = host_copy(net.forward(space, theta, x, initial));
  auto const last = host_copy(net.final_state(space));
  double const tolerance = 4.0 * std::numeric_limits<T>::epsilon() * static_cast<double>(steps) *
                           (spec.num_units + spec.num_inputs);
  for (std::size_t n = 0; n < networks; ++n) {
    Vec const w = of_network(theta, n), all_x = of_network(x, n);
    for (std::size_t s = 0; s < samples; ++s) {
      Vec state(net.state_size(), 0.0);
      if (given_state) state = sequence_of(of_network(initial, n), samples, net.state_size(), s);
      Vec const expected =
          naive_recurrent(spec, w, sequence_of(all_x, samples, in, s), steps, state);
      for (std::size_t t = 0; t < steps; ++t) {
        for (std::size_t k = 0; k < out; ++k) {
          ASSERT_NEAR(y(n, t * samples + s, k), expected[t * out + k], tolerance)
              << "step " << t << ", sample " << s;
        }
      }
      for (std::size_t i = 0; i < state.size(); ++i) {
        ASSERT_NEAR(last(n, s, i), state[i], tolerance) << "sample " << s;
      }
    }
  }
}

template <class T>
void expect_reference_of_all_shapes() {
  for (CellKind const cell : all_cells) {
    expect_reference<T>({cell, 3, 5, 2, Nonlinearity::sigmoid}, 2, 9, 6, false);
    expect_reference<T>({cell, 1, 37, 3}, 1, 33, 3, true);
    expect_reference<T>({cell, 2, 3, 1}, 3, 1, 4, true);
    expect_reference<T>({cell, 4, 270, 1}, 1, 5, 2, false);
  }
}

TEST(Recurrent, EqualsTheReferenceInDouble) {
  expect_reference_of_all_shapes<double>();
}

TEST(Recurrent, EqualsTheReferenceInFloat) {
  expect_reference_of_all_shapes<float>();
}

/// Half of the rows count.
Genomes<double> mask(std::size_t rows) {
  Genomes<double> const weights("engram::tests::mask", 1, rows);
  fill(weights, [](std::size_t i) { return i % 3 == 0 ? 0.0 : 1.0; });
  return weights;
}

double mean_loss(ConstRows<double> const& y, bool cross_entropy, Rows<double> const& dy) {
  ExecutionSpace const space;
  Losses<double> const losses("engram::tests::losses", 1);
  auto const weights = mask(y.extent(1));
  if (cross_entropy) {
    Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> const labels("engram::tests::labels",
                                                                          1, y.extent(1));
    fill(labels, [&](std::size_t i) { return i % y.extent(2); });
    softmax_cross_entropy<double>(space, y, labels, weights, losses, dy);
  } else {
    auto const targets = uniform_rows<double>(1, y.extent(1), y.extent(2), 5);
    mean_squared_error<double>(space, y, targets, weights, losses, dy);
  }
  return host_copy(losses)(0);
}

TEST(Recurrent, GradientsAreDerivatives) {
  ExecutionSpace const space;
  constexpr std::size_t samples = 5, steps = 4;
  for (CellKind const cell : all_cells) {
    for (bool const cross_entropy : {false, true}) {
      RecurrentNet<double> net({cell, 2, 3, 2, Nonlinearity::sigmoid}, 1, samples, steps);
      auto const theta = uniform_genomes<double>(1, net.num_parameters(), 0.8);
      auto const x = uniform_rows<double>(1, steps * samples, 2, 1);
      auto const initial = uniform_rows<double>(1, samples, net.state_size(), 2);
      Rows<double> const dy("engram::tests::dy", 1, steps * samples, 2);
      Genomes<double> const gradient("engram::tests::gradient", 1, net.num_parameters());
      auto const loss = [&] {
        return mean_loss(net.forward(space, theta, x, initial), cross_entropy, dy);
      };
      loss();
      net.backward(space, theta, x, dy, gradient);
      expect_derivatives(loss, theta, of_network(gradient, 0));
    }
  }
}

template <class T>
Vec gradient_of(RecurrentSpec const& spec, std::size_t samples, std::size_t steps,
                Genomes<T> const& theta, Rows<T> const& x, Rows<T> const& dy) {
  ExecutionSpace const space;
  RecurrentNet<T> net(spec, 1, samples, steps);
  Genomes<T> const gradient("engram::tests::gradient", 1, net.num_parameters());
  net.forward(space, theta, x);
  net.backward(space, theta, x, dy, gradient);
  return of_network(gradient, 0);
}

/// Sizes of several teams, tiles and panels: some derivatives in double precision, and all of them
/// in single against double. There, a gradient sums samples x steps numbers below 1, each off by
/// roundings of sums over the units and steps.
TEST(Recurrent, GradientsOfLargeNetsAreDerivatives) {
  ExecutionSpace const space;
  constexpr std::size_t samples = 35, steps = 3, units = 70;
  for (CellKind const cell : all_cells) {
    RecurrentSpec const spec{cell, 3, static_cast<int>(units), 2};
    RecurrentNet<double> net(spec, 1, samples, steps);
    auto const theta = uniform_genomes<float>(1, net.num_parameters(), 0.12);
    auto const x = uniform_rows<float>(1, samples * steps, 3, 1);
    auto const dy = uniform_rows<float>(1, samples * steps, 2, 2);
    Genomes<double> const theta_wide("engram::tests::theta", 1, net.num_parameters());
    Rows<double> const x_wide("engram::tests::x", 1, samples * steps, 3);
    Rows<double> const dy_wide("engram::tests::dy", 1, samples * steps, 2);
    fill(theta_wide, [host = host_copy(theta)](std::size_t i) { return host.data()[i]; });
    fill(x_wide, [host = host_copy(x)](std::size_t i) { return host.data()[i]; });
    fill(dy_wide, [host = host_copy(dy)](std::size_t i) { return host.data()[i]; });
    Vec const exact = gradient_of(spec, samples, steps, theta_wide, x_wide, dy_wide);
    Vec const single = gradient_of(spec, samples, steps, theta, x, dy);
    double const tolerance =
        samples * steps * static_cast<double>(units) * std::numeric_limits<float>::epsilon();
    for (std::size_t p = 0; p < exact.size(); ++p) ASSERT_NEAR(single[p], exact[p], tolerance);
    mean_loss(net.forward(space, theta_wide, x_wide), false, dy_wide);
    Vec const of_loss = gradient_of(spec, samples, steps, theta_wide, x_wide, dy_wide);
    Rows<double> const unused("engram::tests::dy", 1, samples * steps, 2);
    expect_derivatives(
        [&] { return mean_loss(net.forward(space, theta_wide, x_wide), false, unused); },
        theta_wide, of_loss, 211);
  }
}

/// Sum of output times a fixed random number, over rows from `first` on.
double weighted_sum(ConstRows<double> const& y, Rows<double> const& factors, std::size_t first) {
  auto const a = host_copy(y);
  auto const b = host_copy(factors);
  double sum = 0.0;
  for (std::size_t r = 0; r < a.extent(1); ++r) {
    for (std::size_t k = 0; k < a.extent(2); ++k) sum += a(0, r, k) * b(0, first + r, k);
  }
  return sum;
}

Rows<double> rows_from(Rows<double> const& all, std::size_t first, std::size_t count) {
  Rows<double> const some("engram::tests::rows", 1, count, all.extent(2));
  auto const host = host_copy(all);
  fill(some, [&](std::size_t i) { return host.data()[first * all.extent(2) + i]; });
  return some;
}

/// Truncated gradients are sums over pieces of the sequence, each from a state held fixed.
void expect_truncated(CellKind cell, std::size_t steps, std::size_t truncation) {
  ExecutionSpace const space;
  constexpr std::size_t samples = 2;
  RecurrentSpec const spec{cell, 2, 3, 2, Nonlinearity::identity};
  RecurrentNet<double> net(spec, 1, samples, steps);
  auto const theta = uniform_genomes<double>(1, net.num_parameters(), 0.8);
  auto const x = uniform_rows<double>(1, steps * samples, 2, 1);
  auto const factors = uniform_rows<double>(1, steps * samples, 2, 3);
  Genomes<double> const gradient("engram::tests::gradient", 1, net.num_parameters());
  net.forward(space, theta, x);
  net.backward(space, theta, x, factors, gradient, static_cast<int>(truncation));
  struct Piece {
    std::size_t first;
    RecurrentNet<double> net;
    Rows<double> x, initial;
  };
  std::vector<Piece> pieces;
  Rows<double> state;
  for (std::size_t t = 0; t < steps; t += truncation) {
    std::size_t const count = std::min(truncation, steps - t);
    pieces.push_back({t * samples, RecurrentNet<double>(spec, 1, samples, count),
                      rows_from(x, t * samples, count * samples), state});
    auto& piece = pieces.back();
    piece.net.forward(space, theta, piece.x, piece.initial);
    state = piece.net.final_state(space);
  }
  expect_derivatives(
      [&] {
        double sum = 0.0;
        for (auto& p : pieces) {
          sum += weighted_sum(p.net.forward(space, theta, p.x, p.initial), factors, p.first);
        }
        return sum;
      },
      theta, of_network(gradient, 0));
}

TEST(Recurrent, TruncatedGradientsAreDerivativesOfPieces) {
  for (CellKind const cell : all_cells) {
    expect_truncated(cell, 6, 3);
    expect_truncated(cell, 7, 3);
    expect_truncated(cell, 3, 1);
  }
}

TEST(Recurrent, NeighboursDoNotMatter) {
  ExecutionSpace const space;
  constexpr std::size_t networks = 4, samples = 7, steps = 3;
  for (CellKind const cell : all_cells) {
    RecurrentSpec const spec{cell, 3, 21, 2};
    RecurrentNet<float> all(spec, networks, samples, steps);
    auto const theta = uniform_genomes<float>(networks, all.num_parameters(), 0.5);
    auto const x = uniform_rows<float>(networks, samples * steps, 3, 1);
    auto const dy = uniform_rows<float>(networks, samples * steps, 2, 2);
    auto const initial = uniform_rows<float>(networks, samples, all.state_size(), 3);
    Genomes<float> const gradient("engram::tests::gradient", networks, all.num_parameters());
    auto const y = all.forward(space, theta, x, initial);
    all.backward(space, theta, x, dy, gradient);
    for (std::size_t n = 0; n < networks; ++n) {
      RecurrentNet<float> alone(spec, 1, samples, steps);
      auto const theta_n = network_of(theta, n);
      auto const x_n = network_of(x, n);
      Genomes<float> const gradient_n("engram::tests::gradient", 1, all.num_parameters());
      expect_same_network(y, alone.forward(space, theta_n, x_n, network_of(initial, n)), n);
      alone.backward(space, theta_n, x_n, network_of(dy, n), gradient_n);
      expect_same_network(gradient, gradient_n, n);
    }
  }
}

/// Also shows that packed and plain products of W_h agree, and that a sequence in two parts is that
/// sequence.
TEST(Recurrent, OtherSamplesDoNotMatterForward) {
  ExecutionSpace const space;
  constexpr std::size_t most = 37, steps = 4;
  for (CellKind const cell : all_cells) {
    RecurrentSpec const spec{cell, 3, 19, 2};
    RecurrentNet<float> all(spec, 1, most, steps);
    auto const theta = uniform_genomes<float>(1, all.num_parameters(), 0.5);
    auto const x = uniform_rows<float>(1, most * steps, 3, 1);
    auto const y = host_copy(all.forward(space, theta, x));
    auto const x_host = host_copy(x);
    for (std::size_t const samples : {1, 3, 5, 34}) {
      Rows<float> state;
      for (std::size_t t = 0; t < steps; t += 2) {
        RecurrentNet<float> some(spec, 1, samples, 2);
        Rows<float> const x_some("engram::tests::x", 1, 2 * samples, 3);
        fill(x_some, [&](std::size_t i) {
          return x_host(0, (t + i / (3 * samples)) * most + i / 3 % samples, i % 3);
        });
        auto const y_some = host_copy(some.forward(space, theta, x_some, state));
        state = some.final_state(space);
        for (std::size_t r = 0; r < 2 * samples; ++r) {
          for (std::size_t k = 0; k < 2; ++k) {
            ASSERT_EQ(y_some(0, r, k), y(0, (t + r / samples) * most + r % samples, k));
          }
        }
      }
    }
  }
}

/// Recalls at the last of `steps` steps the sign that came first, among noise: without memory, the
/// mean squared error is the variance of the sign, 1.
void expect_recall(CellKind cell, std::size_t steps) {
  ExecutionSpace const space;
  constexpr std::size_t networks = 2, samples = 16;
  RecurrentSpec const spec{cell, 2, 8, 1};
  RecurrentNet<float> net(spec, networks, samples, steps);
  Genomes<float> const theta("engram::tests::theta", networks, net.num_parameters());
  Genomes<float> const gradient("engram::tests::gradient", networks, net.num_parameters());
  initialise(space, spec, Initialiser::glorot, Key(Seed(8)), theta);
  std::size_t const rows = steps * samples;
  Rows<float> const x("engram::tests::x", 1, rows, 2), target("engram::tests::target", 1, rows, 1);
  Rows<float> const dy("engram::tests::dy", networks, rows, 1);
  Genomes<float> const last("engram::tests::last", 1, rows);
  fill(last, [&](std::size_t i) { return i / samples == steps - 1 ? 1.0 : 0.0; });
  Losses<float> const losses("engram::tests::losses", networks);
  auto const adam = make_optimizer(Adam<float>{0.02f}, networks, net.num_parameters());
  double mean[networks] = {};
  constexpr std::uint64_t num_updates = 400, num_tests = 20;
  for (std::uint64_t update = 0; update < num_updates + num_tests; ++update) {
    Random const random(Key(Seed(9)).index(update));
    auto const sign = [&](std::size_t s) {
      return random.uniform(1'000'000 + s) < 0.5 ? -1.0 : 1.0;
    };
    // Inputs: the sign at the first step and noise later, and a mark of the first step.
    fill(x, [&](std::size_t i) {
      bool const first = i / 2 < samples;
      if (i % 2 == 1) return first ? 1.0 : 0.0;
      return first ? sign(i / 2) : random.uniform(i, -1.0, 1.0);
    });
    fill(target, [&](std::size_t i) { return sign(i % samples); });
    auto const y = net.forward(space, theta, x);
    mean_squared_error<float>(space, y, target, last, losses, dy);
    if (update < num_updates) {
      net.backward(space, theta, x, dy, gradient);
      adam->step(space, gradient, theta);
    } else {
      for (std::size_t n = 0; n < networks; ++n) mean[n] += host_copy(losses)(n) / num_tests;
    }
  }
  for (std::size_t n = 0; n < networks; ++n) EXPECT_LT(mean[n], 0.1) << "network " << n;
}

TEST(Recurrent, LstmRecalls) {
  expect_recall(CellKind::lstm, 12);
}

TEST(Recurrent, GruRecalls) {
  expect_recall(CellKind::gru, 12);
}

TEST(Recurrent, RefusesWrongShapes) {
  ExecutionSpace const space;
  EXPECT_THROW(RecurrentNet<float>({CellKind::gru, 0, 1, 1}, 1, 1, 1), std::invalid_argument);
  EXPECT_THROW(RecurrentNet<float>({CellKind::gru, 1, 1, 1}, 1, 1, 0), std::invalid_argument);
  RecurrentNet<float> net({CellKind::lstm, 2, 3, 1}, 1, 2, 4);
  // 12 columns of 2 + 3 weights and a bias, and a readout of 3 + 1.
  EXPECT_EQ(net.num_parameters(), 12u * 6u + 4u);
  EXPECT_EQ(net.state_size(), 6u);
  Genomes<float> const theta("engram::tests::theta", 1, net.num_parameters());
  Rows<float> const x("engram::tests::x", 1, 8, 2), short_x("engram::tests::x", 1, 4, 2);
  Rows<float> const state("engram::tests::state", 1, 2, 3), dy("engram::tests::dy", 1, 8, 1);
  EXPECT_THROW(net.forward(space, theta, short_x), std::invalid_argument);
  EXPECT_THROW(net.forward(space, theta, x, state), std::invalid_argument);
  EXPECT_THROW(net.backward(space, theta, x, dy, theta, -1), std::invalid_argument);
}

}  // namespace
