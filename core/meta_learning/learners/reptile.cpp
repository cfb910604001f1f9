#include <memory>
#include <numbers>

#include "core/meta_learning/meta_learner.hpp"
#include "core/meta_learning/shares.hpp"
#include "core/meta_learning/task_loss.hpp"

namespace engram {
namespace {

/// theta = theta + epsilon (mean over tasks of the adapted parameters - theta), where a network
/// adapts by descent on minibatches of samples that cover a task, and epsilon falls to 0 along a
/// line.
class Reptile final : public MetaLearner {
 public:
  explicit Reptile(MetaProblem const& problem)
      : MetaLearner(problem),
        share_(share_of(problem.group, settings().num_tasks)),
        loss_(problem.net, share_.count, settings().batch),
        samples_(make_samples(*problem.tasks, share_.count, settings().batch)),
        adapted_("engram::core::reptile_adapted", share_.count, loss_.num_parameters()),
        gradient_("engram::core::reptile_gradient", share_.count, loss_.num_parameters()) {}

 private:
  void update(ExecutionSpace const& space, std::span<double> theta) override {
    if (share_.count > 0) adapt(space, theta);
    auto const rows =
        gather_rows(problem().group, settings().num_tasks, theta.size(), to_host(adapted_));
    auto const mean = mean_row(rows, theta.size());
    double const done =
        static_cast<double>(iteration()) / static_cast<double>(settings().num_iterations);
    double const rate = settings().outer_rate * (1.0 - done);
    for (std::size_t j = 0; j < theta.size(); ++j) theta[j] += rate * (mean[j] - theta[j]);
  }

  void adapt(ExecutionSpace const& space, std::span<double const> theta) {
    auto const& s = settings();
    std::size_t const num_batches = s.num_samples / s.batch;
    auto const tasks = indexed_keys(key("task"), share_.first, share_.count);
    set_rows(theta, adapted_);
    for (std::size_t i = 0; i < s.num_inner_steps; ++i) {
      // Each pass over the samples has an order of its own.
      auto const orders =
          indexed_keys(key("order").index(i / num_batches), share_.first, share_.count);
      draw_minibatch(*problem().tasks, tasks, orders, s.num_samples, i % num_batches * s.batch,
                     samples_);
      loss_.differentiate(space, adapted_, samples_, gradient_);
      step_down(space, s.adaptation.rate, gradient_, adapted_, adapted_);
    }
  }

  Share share_;
  TaskLoss loss_;
  TaskSamples samples_;
  Genomes<double> adapted_, gradient_;
};

RegisterMetaLearner const registered_reptile({
    .name = "reptile",
    .summary = "moves towards parameters that descent has adapted",
    .source =
        "Nichol, Achiam & Schulman 2018, arXiv:1803.02999, algorithm 1; OpenAI's demonstration",
    .sine = {.settings = {.num_tasks = 1,
                          .num_samples = 50,
                          .batch = 10,
                          .num_inner_steps = 5,
                          .adaptation = {.rate = 0.02},
                          .outer_rate = 0.1,
                          .num_iterations = 30000},
             .hidden_widths = {64, 64},
             .nonlinearity = Nonlinearity::tanh,
             .start = MetaStart::uniform,
             .max_phase = 2.0 * std::numbers::pi},
    .make = [](MetaProblem const& p) { return std::make_unique<Reptile>(p); },
});

}  // namespace
}  // namespace engram
