#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "core/error.hpp"
#include "core/meta_learning/antithetic.hpp"
#include "core/meta_learning/meta_gradient.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

/// Gradients of the mean squared error of one network in plain loops.
Vec naive_gradient(MlpSpec const& net, Vec const& theta, Vec const& inputs, Vec const& targets) {
  auto const num_inputs = static_cast<std::size_t>(net.widths.front());
  auto const num_outputs = static_cast<std::size_t>(net.widths.back());
  Vec gradient(theta.size(), 0.0);
  for (std::size_t s = 0; s < inputs.size() / num_inputs; ++s) {
    Vec const x(inputs.begin() + s * num_inputs, inputs.begin() + (s + 1) * num_inputs);
    Vec dy = naive_mlp(net, theta, x);
    for (std::size_t k = 0; k < num_outputs; ++k)
      dy[k] = 2.0 * (dy[k] - targets[s * num_outputs + k]) / static_cast<double>(targets.size());
    naive_mlp(net, theta, x, &dy, &gradient);
  }
  return gradient;
}

/// Samples that no task has: both uniform in ±1.
TaskSamples uniform_samples(MlpSpec const& net, std::size_t num_tasks, std::size_t num_samples,
                            std::uint64_t stream) {
  return {uniform_rows<double>(num_tasks, num_samples, static_cast<std::size_t>(net.widths.front()),
                               stream),
          uniform_rows<double>(num_tasks, num_samples, static_cast<std::size_t>(net.widths.back()),
                               stream + 1)};
}

TEST(SquaredErrorHessian, IsTheDerivativeOfTheGradient) {
  ExecutionSpace const space;
  // Layers of different widths; more rows of weights than a product takes at once; one layer.
  for (MlpSpec const& net : {MlpSpec{{3, 4, 5, 2}, Nonlinearity::tanh, Nonlinearity::identity},
                             MlpSpec{{2, 6, 3}, Nonlinearity::sigmoid, Nonlinearity::tanh},
                             MlpSpec{{2, 5, 4, 1}, Nonlinearity::elu, Nonlinearity::sigmoid},
                             MlpSpec{{3, 7, 4, 1}, Nonlinearity::relu, Nonlinearity::identity},
                             MlpSpec{{70, 2}, Nonlinearity::tanh, Nonlinearity::identity}}) {
    constexpr std::size_t networks = 2, samples = 5;
    SquaredErrorHessian hessian(net, networks, samples);
    Mlp<double> const sizes(net, networks, samples);
    auto const theta = uniform_genomes<double>(networks, sizes.num_parameters(), 0.7);
    auto const vectors = uniform_genomes<double>(networks, sizes.num_parameters(), 1.0, 1);
    auto const data = uniform_samples(net, networks, samples, 1);
    Genomes<double> const product("engram::tests::product", networks, sizes.num_parameters());
    hessian.multiply(space, theta, data.inputs, data.targets, vectors, product);
    for (std::size_t n = 0; n < networks; ++n) {
      Vec const w = of_network(theta, n), v = of_network(vectors, n);
      Vec const x = of_network(data.inputs, n), y = of_network(data.targets, n);
      Vec above = w, below = w;
      // As of expect_derivatives: 1e-10 / 6 * 100 for the step, 1e-16 / 1e-5 * 10 for rounding.
      constexpr double step = 1e-5, tolerance = 5e-9;
      for (std::size_t i = 0; i < w.size(); ++i) {
        above[i] += step * v[i];
        below[i] -= step * v[i];
      }
      Vec const high = naive_gradient(net, above, x, y), low = naive_gradient(net, below, x, y);
      Vec const got = of_network(product, n);
      for (std::size_t i = 0; i < w.size(); ++i)
        ASSERT_NEAR(got[i], (high[i] - low[i]) / (2.0 * step), tolerance) << "parameter " << i;
    }
  }
}

/// Loss of one task after adaptation, in plain loops.
double adapted_loss(MlpSpec const& net, Vec theta, std::size_t num_steps, double rate,
                    TaskSamples const& to_adapt, TaskSamples const& to_test) {
  Vec const x = of_network(to_adapt.inputs, 0), y = of_network(to_adapt.targets, 0);
  for (std::size_t j = 0; j < num_steps; ++j) {
    Vec const gradient = naive_gradient(net, theta, x, y);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= rate * gradient[i];
  }
  Vec const test_x = of_network(to_test.inputs, 0), test_y = of_network(to_test.targets, 0);
  auto const num_inputs = static_cast<std::size_t>(net.widths.front());
  double sum = 0.0;
  for (std::size_t s = 0; s < test_x.size() / num_inputs; ++s) {
    Vec const one(test_x.begin() + s * num_inputs, test_x.begin() + (s + 1) * num_inputs);
    Vec const outputs = naive_mlp(net, theta, one);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      double const error = outputs[k] - test_y[s * outputs.size() + k];
      sum += error * error;
    }
  }
  return sum / static_cast<double>(test_y.size());
}

Vec meta_gradient(MlpSpec const& net, MetaOrder order, double rate, std::size_t num_steps,
                  Vec const& theta, TaskSamples const& to_adapt, TaskSamples const& to_test) {
  MetaGradient meta(net, order, rate, num_steps, 1, to_adapt.inputs.extent(1));
  Genomes<double> const gradient("engram::tests::gradient", 1, theta.size());
  meta.differentiate(ExecutionSpace(), theta, to_adapt, to_test, gradient);
  return of_network(gradient, 0);
}

TEST(MetaGradient, OfSecondOrderIsTheDerivativeOfTheLossAfterAdaptation) {
  MlpSpec const net{{1, 5, 4, 1}, Nonlinearity::tanh, Nonlinearity::identity};
  auto const to_adapt = uniform_samples(net, 1, 6, 1), to_test = uniform_samples(net, 1, 6, 3);
  auto const theta = uniform_genomes<double>(1, Mlp<double>(net, 1, 1).num_parameters(), 0.7);
  for (std::size_t const num_steps : {0, 1, 3}) {
    Vec const got = meta_gradient(net, MetaOrder::second, 0.1, num_steps, of_network(theta, 0),
                                  to_adapt, to_test);
    expect_derivatives(
        [&] { return adapted_loss(net, of_network(theta, 0), num_steps, 0.1, to_adapt, to_test); },
        theta, got);
  }
}

TEST(MetaGradient, OfFirstOrderIsTheGradientAtTheAdaptedParameters) {
  MlpSpec const net{{2, 5, 1}, Nonlinearity::relu, Nonlinearity::identity};
  auto const to_adapt = uniform_samples(net, 1, 6, 1), to_test = uniform_samples(net, 1, 6, 3);
  Vec theta =
      of_network(uniform_genomes<double>(1, Mlp<double>(net, 1, 1).num_parameters(), 0.7), 0);
  Vec const first = meta_gradient(net, MetaOrder::first, 0.3, 2, theta, to_adapt, to_test);
  EXPECT_NE(first, meta_gradient(net, MetaOrder::second, 0.3, 2, theta, to_adapt, to_test));
  // Steps of no length: the orders agree.
  EXPECT_EQ(meta_gradient(net, MetaOrder::first, 0.0, 2, theta, to_adapt, to_test),
            meta_gradient(net, MetaOrder::second, 0.0, 2, theta, to_adapt, to_test));
  Vec const x = of_network(to_adapt.inputs, 0), y = of_network(to_adapt.targets, 0);
  for (int j = 0; j < 2; ++j) {
    Vec const gradient = naive_gradient(net, theta, x, y);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= 0.3 * gradient[i];
  }
  Vec const expected =
      naive_gradient(net, theta, of_network(to_test.inputs, 0), of_network(to_test.targets, 0));
  for (std::size_t i = 0; i < theta.size(); ++i) EXPECT_NEAR(first[i], expected[i], 1e-14);
}

/// y = slope x + offset, the same for every key, with x = ±1 in turns: for a net of one weight and
/// one bias the Hessian of the loss is 2.
class Line final : public RegressionTasks {
 public:
  static constexpr double slope = 3.0, offset = -1.0;

  int num_inputs() const override { return 1; }
  int num_outputs() const override { return 1; }
  void draw(Key task, Key, std::span<double> inputs, std::span<double> targets) const override {
    cover(task, inputs, targets);
  }
  void cover(Key, std::span<double> inputs, std::span<double> targets) const override {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = i % 2 == 0 ? 1.0 : -1.0;
      targets[i] = slope * inputs[i] + offset;
    }
  }
};

MetaProblem line_problem(MetaSettings const& settings, RegressionTasks const& tasks) {
  MetaProblem problem;
  problem.net = MlpSpec{{1, 1}};
  problem.settings = settings;
  problem.start = {0.5, 0.25};
  problem.tasks = &tasks;
  problem.key = Key(Seed(3));
  return problem;
}

TEST(Reptile, GoesAShareOfTheWayOfDescentThatFallsToZero) {
  Line const tasks;
  auto const learner =
      MetaLearnerRegistry::instance().at("reptile").make(line_problem({.num_tasks = 3,
                                                                       .num_samples = 4,
                                                                       .batch = 4,
                                                                       .num_inner_steps = 5,
                                                                       .adaptation = {.rate = 0.1},
                                                                       .outer_rate = 0.5,
                                                                       .num_iterations = 4},
                                                                      tasks));
  // Descent leaves (1 - 2 * 0.1)^5 of the distance to the line.
  double const way = 1.0 - std::pow(0.8, 5.0);
  double slope = 0.5, offset = 0.25;
  for (int i = 0; i < 4; ++i) {
    learner->step(ExecutionSpace());
    double const rate = 0.5 * (1.0 - i / 4.0);
    slope += rate * way * (Line::slope - slope);
    offset += rate * way * (Line::offset - offset);
    EXPECT_NEAR(learner->theta()[0], slope, 1e-14);
    EXPECT_NEAR(learner->theta()[1], offset, 1e-14);
  }
}

TEST(Reptile, MinibatchesOfAPassHaveEverySampleOnce) {
  SineTasks const family(1.0);
  std::vector<Key> const tasks = indexed_keys(Key(Seed(1)), 0, 2);
  auto const orders = indexed_keys(Key(Seed(2)), 0, 2);
  auto const all = make_samples(family, 2, 12), part = make_samples(family, 2, 4);
  cover_tasks(family, tasks, all);
  for (std::size_t task = 0; task < 2; ++task) {
    Vec seen, expected = of_network(all.targets, task);
    for (std::size_t const first : {0, 4, 8}) {
      draw_minibatch(family, tasks, orders, 12, first, part);
      Vec const some = of_network(part.targets, task);
      seen.insert(seen.end(), some.begin(), some.end());
    }
    EXPECT_NE(seen, expected);
    std::ranges::sort(seen);
    std::ranges::sort(expected);
    EXPECT_EQ(seen, expected);
  }
  EXPECT_THROW(draw_minibatch(family, tasks, orders, 12, 9, part), std::invalid_argument);
}

/// The mean of squares of `errors` is `expected` within five of its standard errors.
void expect_mean_square(Vec const& errors, double expected) {
  double mean = 0.0, square = 0.0;
  for (double const e : errors) {
    mean += e * e / static_cast<double>(errors.size());
    square += e * e * e * e / static_cast<double>(errors.size());
  }
  double const deviation = std::sqrt((square - mean * mean) / static_cast<double>(errors.size()));
  EXPECT_NEAR(mean, expected, 5.0 * deviation);
  EXPECT_LT(deviation, 0.1 * expected);  // otherwise the check says nothing
}

TEST(AntitheticGradient, OfALinearLossHasItsStatisticalError) {
  constexpr std::size_t d = 20, num_pairs = 10, num_repeats = 400;
  constexpr double spread = 0.3;
  Vec g(d), theta(d, 1.0), point(d), estimate(d), mean(d, 0.0), errors;
  for (std::size_t j = 0; j < d; ++j) g[j] = static_cast<double>(j) - 7.0;
  double const length = std::sqrt(std::inner_product(g.begin(), g.end(), g.begin(), 0.0));
  auto const loss = [&](Key key, std::size_t i, double scale) {
    perturb_antithetic(key, i, scale, theta, point);
    return std::inner_product(g.begin(), g.end(), point.begin(), 100.0);
  };
  for (std::size_t repeat = 0; repeat < num_repeats; ++repeat) {
    Key const key = Key(Seed(5)).index(repeat);
    Vec differences;
    for (std::size_t i = 0; i < num_pairs; ++i)
      differences.push_back(loss(key, i, spread) - loss(key, i, -spread));
    antithetic_gradient(key, differences, spread, estimate);
    double square = 0.0;
    for (std::size_t j = 0; j < d; ++j) {
      mean[j] += estimate[j] / num_repeats;
      square += (estimate[j] - g[j]) * (estimate[j] - g[j]);
    }
    errors.push_back(std::sqrt(square));
  }
  expect_mean_square(errors, (d + 1.0) / num_pairs * length * length);
  // One coordinate varies by (|g|^2 + g_j^2) / pairs.
  for (std::size_t j = 0; j < d; ++j)
    EXPECT_NEAR(mean[j], g[j],
                5.0 * std::sqrt((length * length + g[j] * g[j]) / num_pairs / num_repeats));
}

TEST(EsMaml, FirstStepHasTheSignsOfTheMetaGradient) {
  Line const tasks;
  // Adam's first step is of its rate along each coordinate. The estimate from 1000 pairs is off by
  // sqrt(3 / 1000) |g|, far less than either part of the gradient.
  auto const learner =
      MetaLearnerRegistry::instance().at("es_maml").make(line_problem({.num_tasks = 2,
                                                                       .num_samples = 4,
                                                                       .adaptation = {.rate = 0.1},
                                                                       .outer_rate = 0.01,
                                                                       .num_pairs = 1000,
                                                                       .spread = 1e-3},
                                                                      tasks));
  learner->step(ExecutionSpace());
  EXPECT_NEAR(learner->theta()[0], 0.5 + 0.01, 1e-8);
  EXPECT_NEAR(learner->theta()[1], 0.25 - 0.01, 1e-8);
}

/// y = target at x = 1e200: a rectified unit of positive weight gives a loss beyond all numbers,
/// one of negative weight is silent.
class FarAway final : public RegressionTasks {
 public:
  explicit FarAway(double target) : target_(target) {}

  int num_inputs() const override { return 1; }
  int num_outputs() const override { return 1; }
  void draw(Key task, Key, std::span<double> inputs, std::span<double> targets) const override {
    cover(task, inputs, targets);
  }
  void cover(Key, std::span<double> inputs, std::span<double> targets) const override {
    std::ranges::fill(inputs, 1e200);
    std::ranges::fill(targets, target_);
  }

 private:
  double target_;
};

TEST(EsMaml, MembersWithoutFiniteLossAreTheWorst) {
  // Of each pair, one member's unit has a positive weight and fails. All pairs but that of the
  // worst finite loss see that, so that the weight falls, by Adam's rate.
  auto const problem_of = [](RegressionTasks const& tasks) {
    auto problem = line_problem({.num_tasks = 2,
                                 .num_samples = 3,
                                 .num_inner_steps = 0,
                                 .adaptation = {},
                                 .outer_rate = 0.01,
                                 .num_pairs = 50,
                                 .spread = 0.1},
                                tasks);
    problem.net = MlpSpec{{1, 1, 1}, Nonlinearity::relu, Nonlinearity::identity};
    problem.start = {0.0, 0.0, 1.0, 0.0};
    return problem;
  };
  FarAway const reachable(1.0), broken(std::numeric_limits<double>::quiet_NaN());
  auto const& es_maml = MetaLearnerRegistry::instance().at("es_maml");
  auto const learner = es_maml.make(problem_of(reachable));
  learner->step(ExecutionSpace());
  EXPECT_EQ(learner->num_members(), 100u);
  EXPECT_EQ(learner->num_failed(), 50u);
  EXPECT_NEAR(learner->theta()[0], -0.01, 1e-8);
  for (double const value : learner->theta()) EXPECT_TRUE(std::isfinite(value));

  auto const none = es_maml.make(problem_of(broken));
  try {
    none->step(ExecutionSpace());
    FAIL() << "nothing to learn from";
  } catch (std::runtime_error const& error) {
    EXPECT_STREQ(error.what(), "no member of iteration 0 has a finite loss after adaptation");
  }
}

/// Parameters of two networks on `Line` after `num_steps` steps with the keys.
Vec adapt_to_line(AdaptationSettings const& settings, std::size_t num_steps,
                  std::vector<Key> const& keys) {
  Line const tasks;
  Adapter adapter(MlpSpec{{1, 1}}, settings, 2, 4);
  auto const samples = make_samples(tasks, 2, 4);
  draw_samples(tasks, keys, keys, samples);
  Genomes<double> const theta("engram::tests::theta", 2, 2);
  set_rows(Vec{0.5, 0.25}, theta);
  for (std::size_t i = 0; i < num_steps; ++i) {
    std::vector<Key> step_keys;
    for (Key const key : keys) step_keys.push_back(key.index(i));
    adapter.step(ExecutionSpace(), theta, samples, step_keys);
  }
  return to_host(theta);
}

TEST(Adapter, FollowsTheGradientOrItsEstimate) {
  Key const one = Key(Seed(1)), other = Key(Seed(2));
  auto const exact = adapt_to_line({.rate = 0.1}, 2, {one, other});
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_NEAR(exact[2 * n], Line::slope + 0.64 * (0.5 - Line::slope), 1e-14);
    EXPECT_NEAR(exact[2 * n + 1], Line::offset + 0.64 * (0.25 - Line::offset), 1e-14);
  }
  // Antithetic differences of a quadratic loss are exact: a step is off by sqrt(3 / directions)
  // times its length, which is 0.2 * |(2.5, 1.25)|.
  constexpr std::size_t num_directions = 1000;
  AdaptationSettings const estimated{Adaptation::evolution, 0.1, num_directions, 0.2};
  auto const got = adapt_to_line(estimated, 1, {one, other});
  double const error = 5.0 * std::sqrt(3.0 / num_directions) * 0.2 * std::hypot(2.5, 1.25);
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_NEAR(got[2 * n], 0.5 + 0.2 * 2.5, error);
    EXPECT_NEAR(got[2 * n + 1], 0.25 - 0.2 * 1.25, error);
  }
  EXPECT_NE(got[0], got[2]);
  auto const same = adapt_to_line(estimated, 1, {one, one});
  EXPECT_EQ(same[0], got[0]);
  EXPECT_EQ(same[2], got[0]);
}

TEST(Adapter, ClimbsOnlyToSmallerLosses) {
  Key const one = Key(Seed(1)), other = Key(Seed(2));
  AdaptationSettings const settings{Adaptation::hill_climbing, 0.3, 5, 0.1};
  // On this line the loss is the squared distance to it.
  auto const distance = [](double slope, double offset) {
    return std::hypot(slope - Line::slope, offset - Line::offset);
  };
  double before[2] = {distance(0.5, 0.25), distance(0.5, 0.25)};
  for (std::size_t num_steps = 1; num_steps <= 20; ++num_steps) {
    auto const theta = adapt_to_line(settings, num_steps, {one, other});
    for (std::size_t n = 0; n < 2; ++n) {
      double const now = distance(theta[2 * n], theta[2 * n + 1]);
      EXPECT_LE(now, before[n]);
      before[n] = now;
    }
  }
  // 100 tries, of which about half go the right way while the rest of it is longer than they are.
  EXPECT_LT(before[0], 0.5);
  EXPECT_LT(before[1], 0.5);
}

TEST(SineTasks, AreSinesOfTheStatedRanges) {
  constexpr double max_phase = 2.0;
  SineTasks const family(max_phase);
  constexpr std::size_t num_tasks = 500;
  double sum = 0.0;
  for (std::size_t i = 0; i < num_tasks; ++i) {
    Key const task = Key(Seed(9)).index(i);
    Vec x(3), y(3), drawn_x(7), drawn_y(7);
    family.cover(task, x, y);
    EXPECT_EQ(x, (Vec{-5.0, 0.0, 5.0}));
    // y = a sin x + b cos x with a = A cos(phase) and b = -A sin(phase).
    double const b = y[1], a = (y[2] - b * std::cos(5.0)) / std::sin(5.0);
    double const amplitude = std::hypot(a, b), phase = std::atan2(-b, a);
    sum += amplitude;
    EXPECT_GE(amplitude, 0.1 - 1e-12);
    EXPECT_LE(amplitude, 5.0 + 1e-12);
    EXPECT_GE(phase, -1e-12);
    EXPECT_LE(phase, max_phase + 1e-12);
    family.draw(task, Key(Seed(1)), drawn_x, drawn_y);
    for (std::size_t s = 0; s < drawn_x.size(); ++s) {
      EXPECT_LE(std::abs(drawn_x[s]), 5.0);
      EXPECT_NEAR(drawn_y[s], a * std::sin(drawn_x[s]) + b * std::cos(drawn_x[s]), 1e-13);
    }
  }
  // Uniform: the mean of 0.1 and 5 within five standard errors.
  EXPECT_NEAR(sum / num_tasks, 2.55, 5.0 * 4.9 / std::sqrt(12.0 * num_tasks));
}

TEST(MetaLearners, AreRegisteredWithTheirSources) {
  for (auto const* name : {"es_maml", "fomaml", "joint", "maml", "reptile"}) {
    auto const& factory = MetaLearnerRegistry::instance().at(name);
    EXPECT_FALSE(factory.summary.empty());
    EXPECT_FALSE(factory.source.empty());
    EXPECT_THROW(MetaLearnerRegistry::instance().add(factory), std::logic_error);
  }
  EXPECT_THROW(MetaLearnerRegistry::instance().at("reptil"), UserError);
}

TEST(MetaLearners, RefuseProblemsWithoutTasksOrOfOtherSizes) {
  Line const tasks;
  auto const refuse = [&](MetaProblem const& problem) {
    for (auto const* factory : MetaLearnerRegistry::instance().sorted())
      EXPECT_THROW(factory->make(problem), std::invalid_argument) << factory->name;
  };
  auto problem = line_problem({}, tasks);
  problem.settings.num_tasks = 0;
  refuse(problem);
  problem = line_problem({}, tasks);
  problem.start.push_back(0.0);
  refuse(problem);
}

}  // namespace
