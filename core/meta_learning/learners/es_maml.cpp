#include <algorithm>
#include <memory>
#include <numbers>

#include "core/meta_learning/adaptation.hpp"
#include "core/meta_learning/antithetic.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "core/meta_learning/shares.hpp"
#include "core/optimizers/adam.hpp"

namespace engram {
namespace {

/// Adam down an estimate of the gradient of the loss after adaptation, from losses alone: the mean
/// over antithetic pairs of [J(theta + s e) - J(theta - s e)] e / (2 s), J on tasks of the pair's
/// own. Ranks exchange losses only and make the noise e again. A member whose adaptation went
/// astray counts as the worst of the others does.
class EsMaml final : public MetaLearner {
 public:
  explicit EsMaml(MetaProblem const& problem)
      : MetaLearner(problem),
        share_(share_of(problem.group, settings().num_pairs)),
        num_networks_(2 * share_.count * settings().num_tasks),
        to_adapt_(make_samples(*problem.tasks, num_networks_, settings().num_samples)),
        to_test_(make_samples(*problem.tasks, num_networks_, settings().num_samples)),
        adapter_(problem.net, settings().adaptation, num_networks_, settings().num_samples),
        loss_(problem.net, num_networks_, settings().num_samples),
        networks_("engram::core::es_maml_networks", num_networks_, theta().size()),
        gradient_("engram::core::es_maml_gradient", 1, theta().size()),
        theta_("engram::core::es_maml_theta", 1, theta().size()),
        optimizer_(make_optimizer(Adam<double>{.rate = settings().outer_rate}, 1, theta().size())) {
  }

 private:
  void update(ExecutionSpace const& space, std::span<double> theta) override {
    std::vector<double> losses;
    if (share_.count > 0) losses = evaluate_pairs(space, theta);
    std::size_t const num_pairs = settings().num_pairs;
    auto const fitness = fitness_of(gather_rows(problem().group, num_pairs, 2, losses));
    std::vector<double> differences(num_pairs), gradient(theta.size());
    for (std::size_t i = 0; i < num_pairs; ++i)
      differences[i] = fitness[2 * i + 1] - fitness[2 * i];
    antithetic_gradient(key("perturbation"), differences, settings().spread, gradient);
    to_device(gradient, gradient_);
    to_device(theta, theta_);
    optimizer_->step(space, gradient_, theta_);
    std::ranges::copy(to_host(theta_), theta.begin());
  }

  void exchange_rest(StateArchive& archive) override { exchange_state(*optimizer_, archive); }

  /// Losses of theta + s e and theta - s e, [pair of the share, 2]. Of the networks, number
  /// 2 (pair of the share * tasks + task) is the pair's theta + s e, the next theta - s e.
  std::vector<double> evaluate_pairs(ExecutionSpace const& space, std::span<double const> theta);
  void perturb_networks(std::span<double const> theta);
  std::vector<Key> network_keys(std::string_view purpose) const;

  Share share_;
  std::size_t num_networks_;
  TaskSamples to_adapt_, to_test_;
  Adapter adapter_;
  TaskLoss loss_;
  Genomes<double> networks_, gradient_, theta_;
  std::unique_ptr<Optimizer<double>> optimizer_;
};

/// The two of a pair share their tasks, samples and directions of adaptation: what differs is e.
std::vector<Key> EsMaml::network_keys(std::string_view purpose) const {
  Key const parent = key(purpose);
  std::size_t const first = share_.first * settings().num_tasks;
  std::vector<Key> keys(num_networks_);
  for (std::size_t i = 0; i < num_networks_; ++i) keys[i] = parent.index(first + i / 2);
  return keys;
}

void EsMaml::perturb_networks(std::span<double const> theta) {
  std::size_t const num_tasks = settings().num_tasks, size = theta.size();
  std::vector<double> rows(num_networks_ * size);
  Key const parent = key("perturbation");
  for (std::size_t i = 0; i < num_networks_; ++i) {
    double const sign = i % 2 == 0 ? 1.0 : -1.0;
    perturb_antithetic(parent, share_.first + i / (2 * num_tasks), sign * settings().spread, theta,
                       std::span(rows).subspan(i * size, size));
  }
  to_device(rows, networks_);
}

std::vector<double> EsMaml::evaluate_pairs(ExecutionSpace const& space,
                                           std::span<double const> theta) {
  auto const tasks = network_keys("task"), directions = network_keys("direction");
  draw_samples(*problem().tasks, tasks, network_keys("adapt"), to_adapt_);
  draw_samples(*problem().tasks, tasks, network_keys("test"), to_test_);
  perturb_networks(theta);
  std::vector<Key> step_keys(num_networks_);
  for (std::size_t i = 0; i < settings().num_inner_steps; ++i) {
    for (std::size_t n = 0; n < num_networks_; ++n) step_keys[n] = directions[n].index(i);
    adapter_.step(space, networks_, to_adapt_, step_keys);
  }
  auto const losses = loss_.evaluate(space, networks_, to_test_);
  std::size_t const num_tasks = settings().num_tasks;
  std::vector<double> means(2 * share_.count, 0.0);
  for (std::size_t i = 0; i < num_networks_; ++i)
    means[i / (2 * num_tasks) * 2 + i % 2] += losses[i] / static_cast<double>(num_tasks);
  return means;
}

RegisterMetaLearner const registered_es_maml({
    .name = "es_maml",
    .summary = "estimates MAML's gradient from losses after adaptation alone",
    .source = "Song et al. 2020, arXiv:1910.01215, algorithm 3",
    .sine = {.settings = {.num_tasks = 1,
                          .num_samples = 10,
                          .batch = 10,
                          .num_inner_steps = 1,
                          .adaptation = {.rate = 0.01},
                          .outer_rate = 3e-3,
                          .num_iterations = 6000,
                          .num_pairs = 100,
                          .spread = 0.03},
             .hidden_widths = {40, 40},
             .nonlinearity = Nonlinearity::relu,
             .start = MetaStart::uniform,
             .max_phase = std::numbers::pi},
    .make = [](MetaProblem const& p) { return std::make_unique<EsMaml>(p); },
});

}  // namespace
}  // namespace engram
