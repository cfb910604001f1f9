#include "core/meta_learning/meta_gradient.hpp"

namespace engram {

MetaGradient::MetaGradient(MlpSpec const& net, MetaOrder order, double rate, std::size_t num_steps,
                           std::size_t num_tasks, std::size_t num_samples)
    : order_(order),
      rate_(rate),
      loss_(net, num_tasks, num_samples),
      hessian_(net, order == MetaOrder::second ? num_tasks : 0, num_samples),
      direction_("engram::core::meta_direction", num_tasks, loss_.num_parameters()) {
  for (std::size_t j = 0; j <= num_steps; ++j)
    path_.emplace_back("engram::core::adapted", num_tasks, loss_.num_parameters());
}

void MetaGradient::differentiate(ExecutionSpace const& space, std::span<double const> theta,
                                 TaskSamples const& to_adapt, TaskSamples const& to_test,
                                 Genomes<double> const& gradient) {
  set_rows(theta, path_[0]);
  for (std::size_t j = 0; j + 1 < path_.size(); ++j) {
    loss_.differentiate(space, path_[j], to_adapt, direction_);
    step_down(space, rate_, direction_, path_[j], path_[j + 1]);
  }
  loss_.differentiate(space, path_.back(), to_test, gradient);
  if (order_ == MetaOrder::first) return;
  for (std::size_t j = path_.size() - 1; j-- > 0;) {
    hessian_.multiply(space, path_[j], to_adapt.inputs, to_adapt.targets, gradient, direction_);
    step_down(space, rate_, direction_, gradient, gradient);
  }
}

}  // namespace engram
