#include "experiments/reservoir_drive.hpp"

#include <algorithm>

#include "core/host_copy.hpp"
#include "core/readout/ridge.hpp"
#include "experiments/reservoir_model.hpp"
#include "experiments/topology_cache.hpp"

namespace engram {

namespace {

/// [num_rows, num_columns] on the device, from row-major host values.
SignalView make_signal(std::span<double const> values, std::size_t num_columns) {
  Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace> signal(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "engram::experiments::signal"),
      num_columns == 0 ? 0 : values.size() / num_columns, num_columns);
  auto const mirror = Kokkos::create_mirror_view(signal);
  std::copy(values.begin(), values.end(), mirror.data());
  copy_to_device(signal, mirror);
  return signal;
}

}  // namespace

std::size_t launch_steps(Parameters const& parameters, std::size_t num_members,
                         std::size_t num_outputs) {
  double const weights = num_weights(topology_spec(parameters, 1, num_outputs));
  double const features =
      static_cast<double>(parameters.count("units") * parameters.count("layers"));
  double const readout = features * (features + static_cast<double>(num_outputs));
  double const work = static_cast<double>(num_members) * (weights + readout);
  return static_cast<std::size_t>(std::clamp(1e8 / work, 1.0, 4096.0));
}

ReservoirDrive::ReservoirDrive(TrialContext const& context, std::span<Trial const> trials,
                               DriveSignals const& signals)
    : context_(context),
      trials_(trials),
      population_(make_population(context.space, trials, signals.num_inputs, signals.num_outputs)),
      num_outputs_(signals.num_outputs),
      launch_steps_(launch_steps(trials.front().parameters, trials.size(), signals.num_outputs)),
      input_(make_signal(signals.input, signals.num_inputs)),
      target_(make_signal(signals.target, signals.num_outputs)) {}

void ReservoirDrive::append_predictions(Predictions& predictions) const {
  for (std::size_t m = 0; m < population_.num_members(); ++m) {
    auto const values = population_.predictions(m);
    predictions[m].insert(predictions[m].end(), values.begin(), values.end());
  }
}

void ReservoirDrive::to(std::size_t end, DriveOptions options, Predictions* predictions) {
  options.predict = predictions != nullptr;
  while (step_ < end) {
    context_.deadline.check();
    std::size_t const stop = std::min(end, step_ + launch_steps_);
    population_.drive(context_.space, input_, target_, step_, stop, options);
    step_ = stop;
    if (predictions != nullptr) append_predictions(*predictions);
  }
}

void ReservoirDrive::adapt(std::size_t train_end) {
  DriveOptions options;
  options.plasticity = intrinsic_plasticity(trials_.front().parameters);
  for (auto left = trials_.front().parameters.count("plasticity_steps"); left > 0;) {
    std::size_t const part = std::min(left, train_end);
    to(part, options);
    left -= part;
    step_ = 0;
    population_.reset(context_.space);
  }
}

void ReservoirDrive::fit_readouts() {
  for (std::size_t m = 0; m < trials_.size(); ++m) {
    context_.deadline.check();
    population_.set_readout(
        m, solve_ridge(population_.moments(m), trials_[m].parameters.real("ridge")));
  }
}

void ReservoirDrive::look_ahead(std::size_t end, DriveOptions const& options,
                                Predictions& predictions) {
  auto const here = population_.checkpoint(context_.space);
  std::size_t const step = step_;
  to(end, options, &predictions);
  population_.restore(context_.space, here);
  step_ = step;
}

ReservoirDrive::Predictions ReservoirDrive::run_freely(std::size_t num_steps,
                                                       Predictions const& predictions) {
  auto const here = population_.checkpoint(context_.space);
  Predictions runs;
  for (auto const& known : predictions) {
    runs.emplace_back(known.end() - static_cast<std::ptrdiff_t>(num_outputs_), known.end());
  }
  for (std::size_t left = num_steps - 1; left > 0;) {
    context_.deadline.check();
    std::size_t const part = std::min(left, launch_steps_);
    population_.generate(context_.space, part);
    append_predictions(runs);
    left -= part;
  }
  population_.restore(context_.space, here);
  return runs;
}

}  // namespace engram
