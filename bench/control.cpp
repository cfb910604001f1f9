#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/statistics.hpp"
#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/control/cart_pole.hpp"
#include "core/control/policies/net_policy.hpp"
#include "core/control/rollout.hpp"
#include "core/evolution/members.hpp"
#include "core/evolution/strategy.hpp"

// One generation of OpenAI-ES on CartPole: 1,024 members, a net with two hidden layers of 64 tanh
// units and two outputs, 200 steps in which no pole falls. Beside it the time that its
// multiply-adds and the noise would take alone and, given bench/control.py, the same in NumPy:
//
//   bench_control [bench/control.py]     one core
//   mpirun -n 2 bench_control            two, each with half of the members, beside one alone

namespace {

using namespace engram;

constexpr std::size_t num_members = 1024, chunk = 64;
constexpr int num_steps = 200, num_units = 64;

template <class F>
double seconds_of(F const& f) {
  auto const start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Training {
 public:
  explicit Training(Communicator const& world) : world_(world), policies_(make_shape(), chunk) {
    // Nothing ends an episode.
    task_.max_position = task_.max_angle = 1e9;
    StrategySettings settings;
    settings.start.assign(policies_.shape().num_parameters(), 0.0);
    settings.step = 0.1;
    settings.population_size = num_members;
    settings.gradient.rate = 0.05;
    settings.key = Key(Seed(1));
    settings.group = world;
    strategy_ = StrategyRegistry::instance().at("open_ai_es").make(settings);
    genome_.resize(strategy_->dimension());
  }

  std::size_t dimension() const { return genome_.size(); }

  /// Seconds of the three parts, besides waiting for other ranks.
  struct Parts {
    double genomes = 0.0, episodes = 0.0, update = 0.0;
  };
  Parts run_generation() {
    Parts parts;
    auto const records =
        evaluate_members(world_, {num_members, 1, chunk}, {}, [&](auto members, auto fitness) {
          parts.genomes += seconds_of([&] { make(members); });
          parts.episodes += seconds_of([&] { roll(fitness); });
        });
    parts.update = seconds_of([&] { strategy_->tell(records.values); });
    return parts;
  }

 private:
  static PolicyShape make_shape() {
    auto shape = policy_shape(CartPole());
    shape.num_hidden = 2;
    shape.hidden[0] = shape.hidden[1] = num_units;
    shape.num_outputs = 2;  // as of most programs, though the sign of one would do
    return shape;
  }

  void make(std::span<std::size_t const> members) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      strategy_->genome(members[i], genome_);
      policies_.set(static_cast<int>(i), genome_);
    }
    policies_.upload();
  }

  void roll(std::span<double> fitness) {
    ExecutionSpace const space;
    RolloutResult const result(static_cast<int>(fitness.size()), 1);
    NetPolicy<CartPole> const policy{policies_.shape(), policies_.on_device(),
                                     RunningMoments(4).standardization<4>()};
    rollout(space, task_, policy, {Key(Seed(2)), strategy_->generation(), num_steps}, result);
    std::ranges::copy(mean_returns(space, result), fitness.begin());
  }

  Communicator world_;
  CartPole task_;
  PolicyWeights policies_;
  std::unique_ptr<EvolutionStrategy> strategy_;
  std::vector<double> genome_;
};

/// Milliseconds of a generation on all ranks and on one of them alone, in turn, so that both have
/// the same share of what the machine does meanwhile.
void print_scaling(Communicator const& world, Training& together) {
  constexpr int num_rounds = 40;
  Training alone{Communicator()};
  std::vector<double> together_ms, alone_ms;
  for (int i = 0; i < num_rounds; ++i) {
    world.barrier();
    together_ms.push_back(1e3 * seconds_of([&] {
                            together.run_generation();
                            world.barrier();
                          }));
    if (world.is_root()) alone_ms.push_back(1e3 * seconds_of([&] { alone.run_generation(); }));
  }
  if (!world.is_root()) return;
  auto const report = [&](char const* what, auto const& of) {
    double const one = of(alone_ms), all = of(together_ms);
    std::printf("  %s of %d: %.1f ms on one rank alone, %.1f ms on %d, %.2f times as fast\n", what,
                num_rounds, one, all, world.size(), one / all);
  };
  report("median", [](auto const& times) { return median(times); });
  report("best", [](auto const& times) { return *std::ranges::min_element(times); });
}

void print_generation(Communicator const& world, std::string const& script, std::size_t dimension,
                      double seconds, Training::Parts const& best, double fma_rate) {
  auto const numpy = bench::peer_figures(script, "numpy");
  auto const genome = static_cast<double>(dimension);
  double const fma_s = num_members * num_steps * genome / fma_rate;
  std::printf("%d rank(s), genomes of %.0f: a generation takes %.1f ms\n", world.size(), genome,
              1e3 * seconds);
  std::printf("  on the first rank genomes %.1f ms, episodes %.1f ms, update %.1f ms\n",
              1e3 * best.genomes, 1e3 * best.episodes, 1e3 * best.update);
  std::printf("  multiply-adds alone %.1f ms at %.1f G/s\n", 1e3 * fma_s, 1e-9 * fma_rate);
  if (numpy.contains("generation"))
    std::printf("  NumPy %.0f ms, %.1fx\n", 1e3 * numpy.at("generation"),
                numpy.at("generation") / seconds);
}

int run(Communicator const& world, std::string const& script) {
  Training training(world);
  Training::Parts best{1e300, 1e300, 1e300};
  double const seconds = bench::fastest(world, 20, [&] {
    auto const parts = training.run_generation();
    best = {std::min(best.genomes, parts.genomes), std::min(best.episodes, parts.episodes),
            std::min(best.update, parts.update)};
  });
  double const fma_rate = bench::float_fma_rate(world) / 2.0;
  if (world.is_root())
    print_generation(world, script, training.dimension(), seconds, best, fma_rate);
  if (world.size() > 1) print_scaling(world, training);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program(argc, argv, run);
}
