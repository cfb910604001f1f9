#include "core/control/policies/net_policy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "core/control/cart_pole.hpp"
#include "core/control/grid_world.hpp"
#include "core/control/pendulum.hpp"
#include "core/control/rollout.hpp"
#include "core/control/t_maze.hpp"
#include "core/random/random.hpp"

namespace {

using namespace engram;

PolicyShape make_shape(int num_states, int num_inputs, std::vector<int> const& hidden,
                       int num_outputs, bool has_biases = true) {
  PolicyShape shape;
  shape.num_states = num_states;
  shape.num_inputs = num_inputs;
  for (int const units : hidden) shape.hidden[shape.num_hidden++] = units;
  shape.num_outputs = num_outputs;
  shape.has_biases = has_biases;
  return shape;
}

/// Numbers that single precision holds.
std::vector<double> draw(std::size_t count, std::uint64_t i, double scale) {
  std::vector<double> numbers(count);
  Random const random(Key(Seed(i)).stream("numbers"));
  for (std::size_t j = 0; j < count; ++j)
    numbers[j] = static_cast<float>(random.uniform(j, -scale, scale));
  return numbers;
}

struct Bounded {
  double value, error;
};

/// The outputs in double precision, and how far single precision may be off: a sum of n products
/// loses at most n + 2 halves of a unit in the last place of the sum of magnitudes (with a bias and
/// a table's weight), tanh_fast 4 units, and errors of inputs go through weights and tanh.
std::vector<Bounded> reference(PolicyShape const& shape, std::vector<double> const& genome,
                               int state, std::vector<double> const& inputs) {
  constexpr double half_unit = 0x1p-24;
  std::vector<Bounded> in;
  for (int s = 0; s < shape.num_states; ++s) in.push_back({s == state ? 1.0 : 0.0, 0.0});
  for (double const x : inputs) in.push_back({x, 0.0});
  double const* w = genome.data();
  for (int i = 0; i < shape.num_layers(); ++i) {
    auto const width = static_cast<std::size_t>(shape.layer_outputs(i));
    std::vector<Bounded> out(width);
    for (std::size_t u = 0; u < width; ++u) {
      double const bias = shape.has_biases ? w[in.size() * width + u] : 0.0;
      double sum = bias, magnitudes = std::abs(bias), error = 0.0;
      for (std::size_t k = 0; k < in.size(); ++k) {
        double const weight = w[k * width + u];
        sum += weight * in[k].value;
        magnitudes += std::abs(weight) * (std::abs(in[k].value) + in[k].error);
        error += std::abs(weight) * in[k].error;
      }
      error += 1.01 * (static_cast<double>(in.size()) + 2.0) * half_unit * magnitudes;
      bool const is_hidden = i < shape.num_hidden;
      out[u] = is_hidden ? Bounded{std::tanh(sum), error + 8.0 * half_unit} : Bounded{sum, error};
    }
    w += (in.size() + (shape.has_biases ? 1 : 0)) * width;
    in = out;
  }
  return in;
}

/// Outputs of some policies of one shape at once.
template <int passes>
std::vector<std::vector<float>> compute(PolicyWeights const& weights, int state,
                                        std::vector<std::vector<double>> const& inputs) {
  auto const& shape = weights.shape();
  alignas(64) float in[passes][PolicyShape::max_width] = {}, out[passes][PolicyShape::max_width];
  detail::PolicyPass pass[passes];
  for (int p = 0; p < passes; ++p) {
    float const* const layer = &weights.on_device()(p, 0);
    for (int k = 0; k < shape.num_inputs; ++k)
      in[p][k] =
          static_cast<float>(inputs[static_cast<std::size_t>(p)][static_cast<std::size_t>(k)]);
    float const* const row = layer + (1 + state) * PolicyShape::padded(shape.layer_outputs(0));
    pass[p] = {layer, shape.num_states > 0 ? row : nullptr, in[p], out[p]};
  }
  detail::forward<passes>(shape, pass);
  std::vector<std::vector<float>> result;
  for (auto const& p : pass) result.emplace_back(p.out, p.out + shape.num_outputs);
  return result;
}

TEST(NetPolicy, ForwardIsThePlainOneWithinRounding) {
  if (!is_host_space) GTEST_SKIP() << "computes on the host";
  for (auto const& shape :
       {make_shape(0, 4, {}, 1), make_shape(0, 4, {64, 64}, 1), make_shape(0, 33, {5}, 3, false),
        make_shape(0, 6, {17, 100, 256}, 5), make_shape(7, 2, {16, 33}, 9), make_shape(9, 1, {}, 5),
        make_shape(5, 0, {3}, 2)}) {
    PolicyWeights weights(shape, 2);
    std::vector<std::vector<double>> genomes, inputs;
    for (std::uint64_t i = 0; i < 2; ++i) {
      genomes.push_back(draw(shape.num_parameters(), 10 + i, 0.7));
      inputs.push_back(draw(static_cast<std::size_t>(shape.num_inputs), 20 + i, 2.0));
      weights.set(static_cast<int>(i), genomes.back());
    }
    weights.upload();
    int const state = shape.num_states - 1;
    auto const both = compute<2>(weights, state, inputs);
    EXPECT_EQ(compute<1>(weights, state, inputs)[0], both[0]);
    for (std::size_t i = 0; i < 2; ++i) {
      auto const expected = reference(shape, genomes[i], state, inputs[i]);
      ASSERT_EQ(both[i].size(), expected.size());
      for (std::size_t o = 0; o < expected.size(); ++o)
        EXPECT_NEAR(both[i][o], expected[o].value, expected[o].error);
    }
  }
}

#ifdef ENGRAM_VECTOR_EXTENSION
TEST(NetPolicy, VectorsOfTanhHaveTheBitsOfOne) {
  std::vector<float> xs = {0.0f, -0.0f, 1e-40f, -1e-20f, 9.99f, -10.0f, 11.0f, 1e30f};
  xs.push_back(std::numeric_limits<float>::infinity());
  Random const random(Key(Seed(1)).stream("numbers"));
  while (xs.size() < 4096) xs.push_back(static_cast<float>(random.uniform(xs.size(), -12.0, 12.0)));
  for (std::size_t i = 0; i < xs.size(); i += 16) {
    float values[16];
    detail::store_vector(values, detail::tanh_vector(detail::load_vector(&xs[i])));
    for (std::size_t l = 0; l < 16; ++l) {
      float const expected = tanh_fast(xs[i + l]);
      EXPECT_EQ(std::memcmp(&values[l], &expected, 4), 0) << xs[i + l];
    }
  }
  auto const nan = detail::splat_vector(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(detail::tanh_vector(nan).v[7]));
}
#endif

/// Returns of members' genomes, (member, episode), row by row.
template <class Task>
struct Returns {
  std::vector<double> returns;
  std::vector<std::int64_t> steps;
};
template <class Task>
Returns<Task> roll(Task const& task, PolicyShape const& shape,
                   std::vector<std::vector<double>> const& genomes, int num_episodes,
                   int num_fed_back = 0, double action_scale = 0.0) {
  PolicyWeights weights(shape, static_cast<int>(genomes.size()));
  for (std::size_t i = 0; i < genomes.size(); ++i) weights.set(static_cast<int>(i), genomes[i]);
  weights.upload();
  ExecutionSpace const space;
  NetPolicy<Task> const policy{
      shape, weights.on_device(),
      RunningMoments(Task::num_observations).standardization<Task::num_observations>(),
      action_scale, num_fed_back};
  RolloutResult const result(weights.num_members(), num_episodes);
  rollout(space, task, policy, {Key(Seed(5)).stream("episodes")}, result);
  return {episode_returns(space, result), member_steps(space, result)};
}

// Pushing towards where the pole falls, and a little against where the cart is and moves to.
TEST(NetPolicy, HandMadeLinearPolicyBalancesThePole) {
  CartPole const task;
  auto shape = policy_shape(task);
  shape.has_biases = false;
  auto const balanced = roll(task, shape, {{0.1, 0.3, 2.0, 1.0}}, 200);
  for (double const value : balanced.returns) EXPECT_EQ(value, 500.0);
  // The other way round it falls within the ten steps that gravity and pushes take to 12 degrees.
  auto const falling = roll(task, shape, {{-0.1, -0.3, -2.0, -1.0}}, 200);
  for (double const value : falling.returns) EXPECT_LE(value, 12.0);
}

// One output is fed back: +-1 at the cue, then a latch. North or south is its sign at the junction.
TEST(NetPolicy, HandMadeMemorySolvesTheMaze) {
  TMaze const task;
  auto const shape = policy_shape(task, 1);
  std::vector<double> const genome = {
      // north, east, south, west, memory from each input
      0, 2, 0,  0,   -3,  // 1 at the cue of south and in the corridor
      0, 0, 0,  0,   0,   // 1 at cues and at the junction
      0, 2, 0,  0,   3,   // 1 at the cue of north and in the corridor
      1, 0, -1, 0,   2,   // memory
      0, 0, 0,  -10, 0,   // biases
  };
  auto const run = roll(task, shape, {genome}, 50, 1);
  for (double const value : run.returns) EXPECT_EQ(value, 4.0);
  EXPECT_EQ(run.steps[0], 50 * (task.length + 1));
}

TEST(NetPolicy, RowsOfATableActInTheGrid) {
  GridWorld const task;
  auto const shape = policy_shape(task);
  auto const genome = draw(shape.num_parameters(), 3, 1.0);
  auto const run = roll(task, shape, {genome}, 5);
  auto const weight = [&](int row, int action) {
    return static_cast<float>(genome[static_cast<std::size_t>(row * 5 + action)]);
  };
  int const num_states = task.num_table_states();
  for (std::uint64_t e = 0; e < 5; ++e) {
    GridWorld::State state;
    task.reset(Key(Seed(5)).stream("episodes").index(e), state);
    double total = 0.0;
    bool ended = false;
    for (int step = 0; !ended && step < task.max_steps; ++step) {
      double outputs[5];
      for (int a = 0; a < 5; ++a) {
        float const start = weight(num_states + 1, a) + weight(task.table_state(state), a);
        outputs[a] = start + weight(num_states, a) * static_cast<float>(0.001 * state.time);
      }
      auto const transition = task.step(state, greedy_action<GridWorld>(outputs));
      total += transition.reward;
      ended = transition.terminated;
    }
    EXPECT_EQ(run.returns[e], total);
  }
}

// 7 members with 3 episodes each, in lanes of two members' nets, and each alone.
TEST(NetPolicy, DoesNotDependOnNeighbours) {
  CartPole const task;
  auto shape = policy_shape(task);
  shape.num_hidden = 2;
  shape.hidden[0] = shape.hidden[1] = 64;
  std::vector<std::vector<double>> genomes;
  for (std::uint64_t i = 0; i < 7; ++i) genomes.push_back(draw(shape.num_parameters(), i, 0.5));
  auto const together = roll(task, shape, genomes, 3);
  for (std::size_t i = 0; i < genomes.size(); ++i) {
    auto const alone = roll(task, shape, {genomes[i]}, 3);
    EXPECT_EQ(alone.steps[0], together.steps[i]);
    for (std::size_t e = 0; e < 3; ++e)
      EXPECT_EQ(alone.returns[e], together.returns[3 * i + e]) << i;
  }
}

TEST(NetPolicy, OutputsThatAreNanEndTheEpisodeWithNan) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const shape = policy_shape(CartPole());
  std::vector<double> const sound(shape.num_parameters(), 0.5), broken(sound.size(), nan);
  auto const run = roll(CartPole(), shape, {sound, broken, sound}, 1);
  EXPECT_TRUE(std::isnan(run.returns[1]));
  EXPECT_EQ(run.steps[1], 1);
  EXPECT_EQ(run.returns[0], run.returns[2]);
  EXPECT_GT(run.returns[0], 1.0);
  auto const swing = policy_shape(Pendulum());
  std::vector<double> const lost(swing.num_parameters(), nan);
  EXPECT_TRUE(std::isnan(roll(Pendulum(), swing, {lost}, 1).returns[0]));
}

TEST(NetPolicy, RealActionsAreSquashedOnRequest) {
  // A bias of 100 alone: torque 2 either way, by the task's limit or by tanh.
  auto const shape = policy_shape(Pendulum());
  std::vector<std::vector<double>> const genomes = {{0, 0, 0, 100.0}, {0, 0, 0, std::atanh(0.5)}};
  auto const squashed = roll(Pendulum(), shape, genomes, 1, 0, 2.0);
  EXPECT_EQ(squashed.returns[0], roll(Pendulum(), shape, genomes, 1).returns[0]);
  // tanh of the other is a half, a torque of 1, up to the rounding of its genome.
  double const direct = roll(Pendulum(), shape, {{0, 0, 0, 1.0}}, 1).returns[0];
  EXPECT_NEAR(squashed.returns[1], direct, 1e-3 * std::abs(direct));
}

TEST(NetPolicy, RefusesShapesThatCanNotBe) {
  EXPECT_THROW(PolicyWeights(make_shape(0, 0, {}, 1), 1), std::invalid_argument);
  EXPECT_THROW(PolicyWeights(make_shape(0, 257, {}, 1), 1), std::invalid_argument);
  EXPECT_THROW(PolicyWeights(make_shape(0, 2, {257}, 1), 1), std::invalid_argument);
  EXPECT_THROW(PolicyWeights(make_shape(0, 2, {0}, 1), 1), std::invalid_argument);
  EXPECT_THROW(PolicyWeights(make_shape(0, 2, {}, 0), 1), std::invalid_argument);
  PolicyWeights weights(make_shape(0, 2, {}, 1), 1);
  EXPECT_THROW(weights.set(1, std::vector<double>(3)), std::invalid_argument);
  EXPECT_THROW(weights.set(0, std::vector<double>(2)), std::invalid_argument);
}

}  // namespace
