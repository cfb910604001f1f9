#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "experiments/experiment.hpp"
#include "experiments/forecast_task.hpp"

namespace engram {

/// What one trial's model said.
struct Forecasts {
  std::vector<double> validation;  ///< [steps x outputs]
  std::vector<std::vector<double>> tests;
  std::vector<std::vector<double>> free_runs;  ///< each [free_run_steps x outputs]
};

/// Where free runs start, and for how long: evenly spaced over the first test range. A run that
/// starts at step t has seen input(t); its first output stands for target(t).
struct FreeRuns {
  std::vector<std::size_t> starts;
  std::size_t num_steps = 0;
};

/// 84 for mackey_glass, `free_run_steps` otherwise.
std::size_t free_run_steps(Parameters const& parameters);

/// Whether the task is one for free runs and any are asked for.
bool runs_freely(Parameters const& parameters);

/// None unless `runs_freely`. Starts are distinct and runs end within the first test range if that
/// has at least `free_runs` steps more than a run, as `validate` of the experiment sees to.
FreeRuns free_runs(Parameters const& parameters, ForecastTask const& task);

/// Echo state networks; the trials share seed and topology. Throws TimeLimitExceeded.
std::vector<Forecasts> forecast_by_reservoir(TrialContext const& context, ForecastTask const& task,
                                             std::span<Trial const> trials);

/// Nonlinear vector autoregression. Throws TimeLimitExceeded.
Forecasts forecast_by_nvar(Deadline const& deadline, ForecastTask const& task,
                           Parameters const& parameters);

}  // namespace engram
