#pragma once

#include "core/meta_learning/meta_learner.hpp"
#include "core/meta_learning/shares.hpp"

namespace engram {

/// How well networks that begin at the same parameters do on tasks, step by step of adaptation to
/// few samples: mean squared errors over samples that cover the tasks.
///
///   test.start(theta);
///   before = test.mean_loss(space);
///   test.step(space);
///   after = test.mean_loss(space);
class AdaptationTest {
 public:
  struct Sizes {
    std::size_t num_tasks, num_samples, num_covering;
  };

  /// @param problem  of which net, adaptation, tasks and group count; the tasks are split over the
  ///                 group's ranks
  AdaptationTest(MetaProblem const& problem, Sizes const& sizes, Key key);

  /// @param theta  [parameter]
  void start(std::span<double const> theta);
  void step(ExecutionSpace const& space);

  /// Mean over tasks, the same on all ranks.
  double mean_loss(ExecutionSpace const& space);

 private:
  Communicator group_;
  std::size_t num_tasks_;
  Share share_;
  TaskSamples to_adapt_, to_test_;
  Adapter adapter_;
  TaskLoss loss_;
  Genomes<double> theta_;
  std::vector<Key> directions_;
  std::uint64_t i_step_ = 0;
};

}  // namespace engram
