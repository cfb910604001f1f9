#pragma once

#include "core/meta_learning/task_loss.hpp"
#include "core/nets/squared_error_hessian.hpp"

namespace engram {

/// How a meta-gradient goes back through the steps of adaptation.
enum class MetaOrder {
  first,   ///< as if a step left the gradient as it is: FOMAML
  second,  ///< exact: MAML
};

/// Gradients of a task's loss after adaptation, by the parameters before it (Finn, Abbeel & Levine
/// 2017, arXiv:1703.03400, eq. 1): with theta_j+1 = theta_j - rate grad L(theta_j) on the samples
/// to adapt to, and v = grad L(theta_k) on others, v = v - rate H(theta_j) v for j = k - 1, …, 0.
class MetaGradient {
 public:
  /// Both sets of samples have the same number of them.
  MetaGradient(MlpSpec const& net, MetaOrder order, double rate, std::size_t num_steps,
               std::size_t num_tasks, std::size_t num_samples);

  /// @param theta     [parameter], where all tasks begin
  /// @param gradient  overwritten, [task, parameter]
  void differentiate(ExecutionSpace const& space, std::span<double const> theta,
                     TaskSamples const& to_adapt, TaskSamples const& to_test,
                     Genomes<double> const& gradient);

 private:
  MetaOrder order_;
  double rate_;
  TaskLoss loss_;
  SquaredErrorHessian hessian_;
  std::vector<Genomes<double>> path_;  ///< theta_0, …, theta_k
  Genomes<double> direction_;
};

}  // namespace engram
