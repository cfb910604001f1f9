#include "core/meta_learning/task_loss.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/host_copy.hpp"
#include "core/random/permutation.hpp"

namespace engram {

TaskSamples make_samples(RegressionTasks const& tasks, std::size_t num_tasks,
                         std::size_t num_samples) {
  return {Rows<double>("engram::core::task_inputs", num_tasks, num_samples,
                       static_cast<std::size_t>(tasks.num_inputs())),
          Rows<double>("engram::core::task_targets", num_tasks, num_samples,
                       static_cast<std::size_t>(tasks.num_outputs()))};
}

namespace {

/// draw(i, inputs, targets) for each task i.
template <class Draw>
void fill_samples(TaskSamples const& out, Draw const& draw) {
  auto const inputs = Kokkos::create_mirror_view(out.inputs);
  auto const targets = Kokkos::create_mirror_view(out.targets);
  std::size_t const num_inputs = inputs.extent(1) * inputs.extent(2);
  std::size_t const num_targets = targets.extent(1) * targets.extent(2);
  for (std::size_t i = 0; i < inputs.extent(0); ++i)
    draw(i, std::span(inputs.data() + i * num_inputs, num_inputs),
         std::span(targets.data() + i * num_targets, num_targets));
  copy_to_device(out.inputs, inputs);
  copy_to_device(out.targets, targets);
}

void check_number(std::size_t keys, TaskSamples const& samples) {
  if (keys != samples.inputs.extent(0)) throw std::invalid_argument("samples have a key a task");
}

}  // namespace

void draw_samples(RegressionTasks const& family, std::span<Key const> tasks,
                  std::span<Key const> samples, TaskSamples const& out) {
  check_number(tasks.size(), out);
  check_number(samples.size(), out);
  fill_samples(out, [&](std::size_t i, std::span<double> inputs, std::span<double> targets) {
    family.draw(tasks[i], samples[i], inputs, targets);
  });
}

void cover_tasks(RegressionTasks const& family, std::span<Key const> tasks,
                 TaskSamples const& out) {
  check_number(tasks.size(), out);
  fill_samples(out, [&](std::size_t i, std::span<double> inputs, std::span<double> targets) {
    family.cover(tasks[i], inputs, targets);
  });
}

void draw_minibatch(RegressionTasks const& family, std::span<Key const> tasks,
                    std::span<Key const> orders, std::size_t num_samples, std::size_t first,
                    TaskSamples const& out) {
  check_number(tasks.size(), out);
  check_number(orders.size(), out);
  std::size_t const num_inputs = out.inputs.extent(2), num_outputs = out.targets.extent(2);
  if (first + out.inputs.extent(1) > num_samples)
    throw std::invalid_argument("a minibatch goes beyond the samples");
  std::vector<double> all_inputs(num_samples * num_inputs), all_targets(num_samples * num_outputs);
  fill_samples(out, [&](std::size_t i, std::span<double> inputs, std::span<double> targets) {
    family.cover(tasks[i], all_inputs, all_targets);
    auto const order = random_permutation(orders[i], num_samples);
    for (std::size_t s = 0; s < out.inputs.extent(1); ++s) {
      std::size_t const from = order[first + s];
      for (std::size_t j = 0; j < num_inputs; ++j)
        inputs[s * num_inputs + j] = all_inputs[from * num_inputs + j];
      for (std::size_t j = 0; j < num_outputs; ++j)
        targets[s * num_outputs + j] = all_targets[from * num_outputs + j];
    }
  });
}

std::vector<Key> indexed_keys(Key key, std::size_t first, std::size_t count) {
  std::vector<Key> keys(count);
  for (std::size_t i = 0; i < count; ++i) keys[i] = key.index(first + i);
  return keys;
}

TaskLoss::TaskLoss(MlpSpec const& net, std::size_t num_networks, std::size_t num_samples)
    : net_(net, num_networks, num_samples),
      losses_("engram::core::task_losses", num_networks),
      output_gradient_("engram::core::task_gradients", num_networks, num_samples,
                       static_cast<std::size_t>(net.widths.back())) {}

std::vector<double> TaskLoss::evaluate(ExecutionSpace const& space,
                                       ConstGenomes<double> const& theta,
                                       TaskSamples const& samples) {
  auto const output = net_.forward(space, theta, samples.inputs);
  mean_squared_error<double>(space, output, samples.targets, {}, losses_, output_gradient_);
  auto const host = host_copy(losses_);
  return {host.data(), host.data() + host.size()};
}

void TaskLoss::differentiate(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                             TaskSamples const& samples, Genomes<double> const& gradient) {
  auto const output = net_.forward(space, theta, samples.inputs);
  mean_squared_error<double>(space, output, samples.targets, {}, losses_, output_gradient_);
  net_.backward(space, theta, samples.inputs, output_gradient_, gradient);
}

void step_down(ExecutionSpace const& space, double rate, ConstGenomes<double> const& direction,
               ConstGenomes<double> const& from, Genomes<double> const& to) {
  if (direction.size() != from.size() || to.size() != from.size())
    throw std::invalid_argument("a step is between parameters of one size");
  auto const* const d = direction.data();
  auto const* const a = from.data();
  auto* const b = to.data();
  Kokkos::parallel_for(
      "engram::core::step_parameters", Kokkos::RangePolicy<ExecutionSpace>(space, 0, from.size()),
      KOKKOS_LAMBDA(std::size_t i) { b[i] = fused(-rate, d[i], a[i]); });
}

void set_rows(std::span<double const> parameters, Genomes<double> const& rows) {
  if (parameters.size() != rows.extent(1)) throw std::invalid_argument("a row has other sizes");
  auto const host = Kokkos::create_mirror_view(rows);
  for (std::size_t i = 0; i < rows.extent(0); ++i)
    std::ranges::copy(parameters, host.data() + i * rows.extent(1));
  copy_to_device(rows, host);
}

void to_device(std::span<double const> values, Genomes<double> const& rows) {
  if (values.size() != rows.size()) throw std::invalid_argument("rows have other sizes");
  auto const host = Kokkos::create_mirror_view(rows);
  std::ranges::copy(values, host.data());
  copy_to_device(rows, host);
}

std::vector<double> to_host(ConstGenomes<double> const& rows) {
  auto const host = host_copy(rows);
  return {host.data(), host.data() + host.size()};
}

}  // namespace engram
