#include "core/control/policies/plastic_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/control/cart_pole.hpp"
#include "core/control/rollout.hpp"

namespace {

using namespace engram;

/// A task whose returns are sums of a net's outputs.
struct Listener {
  bool is_constant = false;
  int max_steps = 1;

  using Action = double;
  static constexpr int num_actions = 1;
  static constexpr int num_observations = 3;

  struct State {
    int step;
    float start;
  };

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    s = {0, static_cast<float>(Random(episode).uniform(0, -1.0, 1.0))};
  }
  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    out[0] = is_constant ? 0.5 : 0.25 * s.step - 0.5;
    out[1] = is_constant ? -1.0 : s.start;
    out[2] = is_constant ? 0.25 : (s.step % 2 == 0 ? 1.0 : -1.0);
  }
  KOKKOS_INLINE_FUNCTION Transition step(State& s, double action) const {
    ++s.step;
    return {action, false};
  }
};

Key const episodes_key = Key(Seed(5)).stream("episodes");
Key const weights_key = Key(Seed(5)).stream("weights");
constexpr double width = 0.1;

PolicyShape with_hidden(PolicyShape shape, std::vector<int> const& hidden) {
  for (int const units : hidden) shape.hidden[shape.num_hidden++] = units;
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

PlasticNets nets_with_rules(PolicyShape const& shape,
                            std::vector<std::vector<double>> const& rules) {
  PlasticNets nets(shape, static_cast<int>(rules.size()), {.rules = true});
  for (std::size_t i = 0; i < rules.size(); ++i) nets.set_rules(static_cast<int>(i), rules[i]);
  nets.upload();
  return nets;
}

/// Returns of [member, episode], row by row.
template <class Task>
std::vector<double> roll(Task const& task, PlasticNets const& nets, int num_episodes,
                         std::uint64_t first = 0) {
  using Policy = PlasticPolicy<Task>;
  RolloutResult const result(nets.num_members(), num_episodes);
  typename Policy::Work const work("engram::tests::work",
                                   static_cast<std::size_t>(nets.num_members()),
                                   static_cast<std::size_t>(num_episodes), nets.num_synapses());
  Policy const policy{nets.shape(), nets.rules(), nets.weights(), work, weights_key, first, width};
  rollout(ExecutionSpace(), task, policy, {episodes_key, first}, result);
  return episode_returns(ExecutionSpace(), result);
}

/// A number, and how far single precision may be off: each operation loses half a unit in the last
/// place at most, with or without fused ones, and hands on what its arguments have lost.
struct Bounded {
  double value = 0.0, error = 0.0;
};
Bounded rounded(double value, double error) {
  return {value, error + 0x1p-24 * (std::abs(value) + error)};
}
Bounded operator+(Bounded a, Bounded b) {
  return rounded(a.value + b.value, a.error + b.error);
}
Bounded operator*(Bounded a, Bounded b) {
  return rounded(a.value * b.value,
                 std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error);
}
Bounded operator/(Bounded a, Bounded b) {
  double const ratio = a.value / b.value;
  return rounded(ratio, (a.error + std::abs(ratio) * b.error) / (std::abs(b.value) - b.error));
}
/// tanh_fast loses 4 units.
Bounded tanh_of(Bounded a) {
  return {std::tanh(a.value), a.error + 8.0 * 0x1p-24};
}

/// The paper's equations, as they stand there.
class Reference {
 public:
  Reference(std::vector<std::size_t> sizes, std::vector<double> const& weights,
            std::vector<double> rules)
      : sizes_(std::move(sizes)), rules_(std::move(rules)) {
    for (double const w : weights) weights_.push_back({w, 0.0});
  }

  Bounded act(std::vector<double> const& observation) {
    std::vector<std::vector<Bounded>> o(1);
    for (double const x : observation) o[0].push_back({x, 0.0});
    for (std::size_t l = 0, s = 0; l + 1 < sizes_.size(); ++l) {
      o.emplace_back(sizes_[l + 1]);
      for (std::size_t k = 0; k < sizes_[l]; ++k)
        for (auto& y : o[l + 1]) y = y + weights_[s++] * o[l][k];
      if (l + 2 < sizes_.size())
        for (auto& y : o[l + 1]) y = tanh_of(y);
    }
    for (std::size_t l = 0, s = 0; !rules_.empty() && l + 1 < sizes_.size(); ++l)
      change_layer(o[l], o[l + 1], s);
    return o.back()[0];
  }

 private:
  Bounded rule(std::size_t coefficient, std::size_t s) const {
    std::size_t const n = weights_.size();
    return Bounded{rules_[4 * n + s], 0.0} * Bounded{rules_[coefficient * n + s], 0.0};
  }

  void change_layer(std::vector<Bounded> const& pre, std::vector<Bounded> const& post,
                    std::size_t& s) {
    std::size_t const first = s;
    for (auto const& x : pre) {
      for (auto const& y : post) {
        weights_[s] =
            weights_[s] + (rule(0, s) * x * y + rule(1, s) * x + (rule(2, s) * y + rule(3, s)));
        ++s;
      }
    }
    Bounded largest;
    for (std::size_t i = first; i < s; ++i) {
      largest.value = std::max(largest.value, std::abs(weights_[i].value));
      largest.error = std::max(largest.error, weights_[i].error);
    }
    for (std::size_t i = first; i < s; ++i) weights_[i] = weights_[i] / largest;
  }

  std::vector<std::size_t> sizes_;
  std::vector<double> rules_;  ///< [5, synapses], or none
  std::vector<Bounded> weights_;
};

std::vector<double> observation_of(Listener const& task, Listener::State const& state) {
  double seen[3];
  task.observe(state, seen);
  return {seen, seen + 3};
}

void expect_reference(std::vector<int> const& hidden, PlasticNets const& nets, int i_member,
                      std::vector<double> const& weights, std::vector<double> const& rules) {
  std::vector<std::size_t> sizes = {3};
  for (int const units : hidden) sizes.push_back(static_cast<std::size_t>(units));
  sizes.push_back(1);
  Reference reference(sizes, weights, rules);
  Listener task;
  Listener::State state;
  task.reset(episodes_key.index(1), state);
  Bounded sum;
  for (int step = 1; step <= 5; ++step) {
    auto const output = reference.act(observation_of(task, state));
    sum.value += output.value;
    sum.error += output.error;
    task.step(state, 0.0);
    task.max_steps = step;
    auto const returns = roll(task, nets, 2);
    double const got = returns[static_cast<std::size_t>(2 * i_member + 1)];
    EXPECT_NEAR(got, sum.value, sum.error) << "step " << step;
    EXPECT_LT(sum.error, 0.01);  // or the comparison would say nothing
  }
}

TEST(PlasticPolicy, IsThePlainProgramWithinRounding) {
  for (std::vector<int> const& hidden : {std::vector<int>{}, {16}, {5, 18}}) {
    auto const shape = with_hidden(plastic_shape<Listener>(), hidden);
    std::size_t const n = shape.num_parameters();
    auto const rules = draw(5 * n, n, 1.0), weights = draw(n, n, 0.7);
    std::vector<double> first(n);
    Random const random(weights_key.index(1));
    for (std::size_t s = 0; s < n; ++s)
      first[s] = static_cast<float>(random.uniform(s, -width, width));
    auto const plastic = nets_with_rules(shape, {draw(5 * n, 99, 1.0), rules});
    expect_reference(hidden, plastic, 1, first, rules);
    PlasticNets given(shape, 1, {.weights = true});
    given.set_weights(0, weights);
    given.upload();
    expect_reference(hidden, given, 0, weights, {});
  }
}

// w <- (w + (w.x) x) / max: what is along x grows by 1 + |x|^2 = 2.3 against the rest, so that w
// becomes +-x / max|x|, and the output |x|^2 / max|x|. After 60 steps the rest is 2.3^-60; what
// steps round, half a unit some four times, shrinks as fast.
TEST(PlasticPolicy, HebbsTermTurnsWeightsTowardsTheInput) {
  auto const shape = plastic_shape<Listener>();
  std::vector<double> rules(15, 0.0);
  for (std::size_t s = 0; s < 3; ++s) rules[s] = rules[12 + s] = 1.0;
  auto const nets = nets_with_rules(shape, {rules});
  Listener task{.is_constant = true, .max_steps = 61};
  double const later = roll(task, nets, 1)[0];
  task.max_steps = 60;
  double const output = later - roll(task, nets, 1)[0];
  EXPECT_NEAR(std::abs(output), 0.25 + 1.0 + 0.0625, 16.0 * 0x1p-24);
}

TEST(PlasticPolicy, LayerOfZerosStays) {
  auto const shape = with_hidden(plastic_shape<Listener>(), {4});
  PlasticNets nets(shape, 1, {.rules = true, .weights = true});
  nets.set_weights(0, std::vector<double>(shape.num_parameters(), 0.0));
  std::vector<double> rules(5 * shape.num_parameters(), 0.0);
  std::fill_n(rules.begin(), shape.num_parameters(), 3.0);  // A, whose y is 0
  std::fill_n(rules.end() - 16, 16, 1.0);
  nets.set_rules(0, rules);
  nets.upload();
  EXPECT_EQ(roll(Listener{.max_steps = 10}, nets, 1)[0], 0.0);
}

TEST(PlasticPolicy, DependsOnNeitherNeighboursNorOtherEpisodes) {
  auto const shape = with_hidden(plastic_shape<CartPole>(), {16});
  ASSERT_EQ(shape.num_parameters(), 4u * 16 + 16 * 2);
  std::vector<std::vector<double>> rules;
  for (std::uint64_t i = 0; i < 5; ++i) rules.push_back(draw(5 * 96, i, 1.0));
  auto const together = roll(CartPole(), nets_with_rules(shape, rules), 3);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    auto const nets = nets_with_rules(shape, {rules[i]});
    for (std::uint64_t e = 0; e < 3; ++e)
      EXPECT_EQ(roll(CartPole(), nets, 1, e)[0], together[3 * i + e]) << i;
  }
  EXPECT_NE(*std::ranges::min_element(together), *std::ranges::max_element(together));
}

TEST(PlasticPolicy, NumbersWithoutMeaningEndTheEpisodeWithNan) {
  auto const shape = with_hidden(plastic_shape<CartPole>(), {3});
  auto const sound = draw(5 * 18, 1, 1.0);
  // Not a number in one synapse, of either layer; and weights that overflow.
  auto first = sound, last = sound;
  first[0] = last[17] = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> const large(5 * 18, 1e30);
  auto const returns = roll(CartPole(), nets_with_rules(shape, {sound, first, last, large}), 1);
  EXPECT_TRUE(std::isfinite(returns[0]));
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(std::isnan(returns[i])) << i;
  EXPECT_EQ(returns[0], roll(CartPole(), nets_with_rules(shape, {sound}), 1)[0]);
}

TEST(PlasticPolicy, RefusesWhatItHasNoPlaceFor) {
  auto const shape = plastic_shape<Listener>();
  auto biased = shape;
  biased.has_biases = true;
  EXPECT_THROW(PlasticNets(biased, 1, {}), std::invalid_argument);
  EXPECT_THROW(PlasticNets(shape, -1, {}), std::invalid_argument);
  EXPECT_THROW(PlasticNets(with_hidden(shape, {0}), 1, {}), std::invalid_argument);
  PlasticNets nets(shape, 1, {.rules = true});
  EXPECT_THROW(nets.set_rules(1, std::vector<double>(15)), std::invalid_argument);
  EXPECT_THROW(nets.set_rules(0, std::vector<double>(12)), std::invalid_argument);
  EXPECT_THROW(nets.set_weights(0, std::vector<double>(3)), std::invalid_argument);
}

}  // namespace
