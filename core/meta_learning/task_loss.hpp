#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/meta_learning/regression_tasks.hpp"
#include "core/nets/loss.hpp"
#include "core/nets/mlp.hpp"

namespace engram {

/// Samples of tasks, a task a network: inputs [task, sample, input], targets [task, sample,
/// output].
struct TaskSamples {
  Rows<double> inputs, targets;
};

/// Space for samples of tasks.
TaskSamples make_samples(RegressionTasks const& tasks, std::size_t num_tasks,
                         std::size_t num_samples);

/// Overwrites independent samples of tasks[i], those of the key samples[i].
void draw_samples(RegressionTasks const& family, std::span<Key const> tasks,
                  std::span<Key const> samples, TaskSamples const& out);

/// Overwrites samples that cover the tasks evenly.
void cover_tasks(RegressionTasks const& family, std::span<Key const> tasks, TaskSamples const& out);

/// Overwrites a minibatch of `num_samples` samples that cover the tasks evenly: those that a random
/// order, of the key orders[i], has from `first` on.
void draw_minibatch(RegressionTasks const& family, std::span<Key const> tasks,
                    std::span<Key const> orders, std::size_t num_samples, std::size_t first,
                    TaskSamples const& out);

/// key.index(first), key.index(first + 1), …
std::vector<Key> indexed_keys(Key key, std::size_t first, std::size_t count);

/// Mean squared errors of a population of perceptrons, each on samples of its own.
class TaskLoss {
 public:
  TaskLoss(MlpSpec const& net, std::size_t num_networks, std::size_t num_samples);

  std::size_t num_networks() const { return losses_.extent(0); }
  std::size_t num_parameters() const { return net_.num_parameters(); }

  /// Losses, [network], on the host.
  /// @param theta  [network, parameter]
  std::vector<double> evaluate(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                               TaskSamples const& samples);

  /// @param gradient  overwritten, [network, parameter]
  void differentiate(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                     TaskSamples const& samples, Genomes<double> const& gradient);

 private:
  Mlp<double> net_;
  Losses<double> losses_;
  Rows<double> output_gradient_;
};

/// to = from - rate * direction, each rounded once; `to` may be `from`. All [network, parameter].
void step_down(ExecutionSpace const& space, double rate, ConstGenomes<double> const& direction,
               ConstGenomes<double> const& from, Genomes<double> const& to);

/// Overwrites every row with `parameters`.
void set_rows(std::span<double const> parameters, Genomes<double> const& rows);

/// Overwrites the rows, one after the other, with `values`, and back.
void to_device(std::span<double const> values, Genomes<double> const& rows);
std::vector<double> to_host(ConstGenomes<double> const& rows);

}  // namespace engram
