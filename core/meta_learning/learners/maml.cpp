#include <algorithm>
#include <memory>
#include <numbers>
#include <utility>

#include "core/meta_learning/meta_gradient.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "core/meta_learning/shares.hpp"
#include "core/optimizers/adam.hpp"

namespace engram {
namespace {

/// Adam down the mean over tasks of their meta-gradients.
class Maml final : public MetaLearner {
 public:
  Maml(MetaProblem const& problem, MetaOrder order)
      : MetaLearner(problem),
        share_(share_of(problem.group, settings().num_tasks)),
        to_adapt_(make_samples(*problem.tasks, share_.count, settings().num_samples)),
        to_test_(make_samples(*problem.tasks, share_.count, settings().num_samples)),
        meta_gradient_(problem.net, order, settings().adaptation.rate, settings().num_inner_steps,
                       share_.count, settings().num_samples),
        gradients_("engram::core::maml_gradients", share_.count, theta().size()),
        mean_("engram::core::maml_mean", 1, theta().size()),
        theta_("engram::core::maml_theta", 1, theta().size()),
        optimizer_(make_optimizer(Adam<double>{.rate = settings().outer_rate}, 1, theta().size())) {
  }

 private:
  void update(ExecutionSpace const& space, std::span<double> theta) override {
    if (share_.count > 0) differentiate(space, theta);
    auto const rows =
        gather_rows(problem().group, settings().num_tasks, theta.size(), to_host(gradients_));
    to_device(mean_row(rows, theta.size()), mean_);
    to_device(theta, theta_);
    optimizer_->step(space, mean_, theta_);
    std::ranges::copy(to_host(theta_), theta.begin());
  }

  void exchange_rest(StateArchive& archive) override { exchange_state(*optimizer_, archive); }

  void differentiate(ExecutionSpace const& space, std::span<double const> theta) {
    auto const tasks = indexed_keys(key("task"), share_.first, share_.count);
    auto const& family = *problem().tasks;
    draw_samples(family, tasks, indexed_keys(key("adapt"), share_.first, share_.count), to_adapt_);
    draw_samples(family, tasks, indexed_keys(key("test"), share_.first, share_.count), to_test_);
    meta_gradient_.differentiate(space, theta, to_adapt_, to_test_, gradients_);
  }

  Share share_;
  TaskSamples to_adapt_, to_test_;
  MetaGradient meta_gradient_;
  Genomes<double> gradients_, mean_, theta_;
  std::unique_ptr<Optimizer<double>> optimizer_;
};

SineProtocol finn_2017(std::size_t num_inner_steps) {
  return {.settings = {.num_tasks = 25,
                       .num_samples = 10,
                       .batch = 10,
                       .num_inner_steps = num_inner_steps,
                       .adaptation = {.rate = 0.01},
                       .outer_rate = 1e-3,
                       .num_iterations = 70000},
          .hidden_widths = {40, 40},
          .nonlinearity = Nonlinearity::relu,
          .start = MetaStart::normal,
          .max_phase = std::numbers::pi};
}

RegisterMetaLearner const maml({
    .name = "maml",
    .summary = "descends on the loss after adaptation, through the steps of adaptation",
    .source = "Finn, Abbeel & Levine 2017, arXiv:1703.03400, algorithm 2",
    .sine = finn_2017(1),
    .make = [](MetaProblem const& p) { return std::make_unique<Maml>(p, MetaOrder::second); },
});

RegisterMetaLearner const fomaml({
    .name = "fomaml",
    .summary = "MAML without second derivatives",
    .source = "Finn, Abbeel & Levine 2017, arXiv:1703.03400, section 5.2",
    .sine = finn_2017(1),
    .make = [](MetaProblem const& p) { return std::make_unique<Maml>(p, MetaOrder::first); },
});

RegisterMetaLearner const joint({
    .name = "joint",
    .summary = "learns all tasks at once, not to adapt: MAML without a step of adaptation",
    .source = "Finn, Abbeel & Levine 2017, arXiv:1703.03400, section 5.1, the baseline",
    .sine = finn_2017(0),
    .make =
        [](MetaProblem const& p) {
          auto without = p;
          without.settings.num_inner_steps = 0;
          return std::make_unique<Maml>(without, MetaOrder::first);
        },
});

}  // namespace
}  // namespace engram
