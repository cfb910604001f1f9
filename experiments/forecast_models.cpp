#include "experiments/forecast_models.hpp"

#include <algorithm>
#include <utility>

#include "core/reservoir/nvar.hpp"
#include "experiments/reservoir_drive.hpp"
#include "experiments/reservoir_model.hpp"

namespace engram {

std::size_t free_run_steps(Parameters const& p) {
  if (p.text("task") == "mackey_glass") return 84;  // the published horizon: NRMSE84
  return p.count("free_run_steps");
}

bool runs_freely(Parameters const& p) {
  auto const& task = p.text("task");
  return (task == "mackey_glass" || task == "lorenz") && p.integer("free_runs") > 0;
}

FreeRuns free_runs(Parameters const& p, ForecastTask const& task) {
  FreeRuns runs;
  if (!runs_freely(p)) return runs;
  runs.num_steps = free_run_steps(p);
  std::size_t const count = p.count("free_runs");
  std::size_t const room = task.tests[0].size() - runs.num_steps;
  for (std::size_t i = 0; i < count; ++i) {
    runs.starts.push_back(task.tests[0].begin + i * room / count);
  }
  return runs;
}

std::vector<Forecasts> forecast_by_reservoir(TrialContext const& context, ForecastTask const& task,
                                             std::span<Trial const> trials) {
  auto const& p = trials.front().parameters;
  ReservoirDrive drive(context, trials,
                       {task.input, task.target, task.num_inputs, task.num_outputs});
  std::size_t const n = trials.size();
  std::vector<Forecasts> forecasts(n);
  DriveOptions quiet, fit, test;
  fit.accumulate = true;
  test.own_feedback = p.real("feedback_scale") > 0.0;

  drive.adapt(task.fit.end);
  drive.to(task.fit.begin, quiet);
  drive.to(task.fit.end, fit);
  drive.fit_readouts();
  if (task.validation.size() > 0) {
    ReservoirDrive::Predictions predictions(n);
    // A model with feedback is fitted to steps that feed back the targets, but hears itself
    // wherever it is judged: a target at t - 1 may lie ahead of the input at t.
    if (test.own_feedback) drive.look_ahead(task.validation.end, test, predictions);
    drive.to(task.validation.end, fit, test.own_feedback ? nullptr : &predictions);
    for (std::size_t m = 0; m < n; ++m) forecasts[m].validation = std::move(predictions[m]);
    drive.fit_readouts();
  }
  auto const runs = free_runs(p, task);
  for (std::size_t i = 0; i < task.tests.size(); ++i) {
    drive.to(task.tests[i].begin, quiet);
    ReservoirDrive::Predictions predictions(n);
    for (std::size_t const start : i == 0 ? runs.starts : std::vector<std::size_t>()) {
      drive.to(start + 1, test, &predictions);
      auto found = drive.run_freely(runs.num_steps, predictions);
      for (std::size_t m = 0; m < n; ++m) forecasts[m].free_runs.push_back(std::move(found[m]));
    }
    drive.to(task.tests[i].end, test, &predictions);
    for (std::size_t m = 0; m < n; ++m) forecasts[m].tests.push_back(std::move(predictions[m]));
  }
  return forecasts;
}

namespace {

/// Nonlinear vector autoregression on a task, in pieces between which the time limit is looked at.
class NvarForecaster {
 public:
  NvarForecaster(Deadline const& deadline, ForecastTask const& task, Parameters const& p)
      : deadline_(deadline), task_(task), num_dimensions_(task.num_inputs) {
    options_.num_delays = p.count("nvar_delays");
    options_.skip = p.count("nvar_skip");
    options_.ridge = p.real("ridge");
    options_.deadline = deadline;
    lead_ = (options_.num_delays - 1) * options_.skip;
    auto const weights = Nvar::num_features(num_dimensions_, options_.num_delays) * num_dimensions_;
    piece_steps_ = std::clamp<std::size_t>(10'000'000 / weights, 1, 4096);
  }

  /// Fitted to the targets of the steps from the beginning of the task's fit to `end`.
  Nvar fit(std::size_t end) const {
    std::size_t const first = task_.fit.begin > lead_ ? task_.fit.begin - lead_ : 0;
    return Nvar::fit(rows(first, end + 1), num_dimensions_, options_);
  }

  std::vector<double> one_step(Nvar const& model, StepRange range) const {
    std::vector<double> result;
    for (std::size_t step = range.begin; step < range.end; step += piece_steps_) {
      deadline_.check();
      std::size_t const stop = std::min(range.end, step + piece_steps_);
      append(model.predict(rows(step - lead_, stop)), result);
    }
    return result;
  }

  std::vector<double> free_run(Nvar const& model, std::size_t start, std::size_t num_steps) const {
    auto const known = rows(start - lead_, start + 1);
    std::vector<double> series(known.begin(), known.end());
    for (std::size_t left = num_steps; left > 0;) {
      deadline_.check();
      std::size_t const part = std::min(left, piece_steps_);
      append(model.run(series, part), series);
      left -= part;
    }
    return {series.begin() + static_cast<std::ptrdiff_t>(known.size()), series.end()};
  }

 private:
  static void append(std::vector<double> const& values, std::vector<double>& result) {
    result.insert(result.end(), values.begin(), values.end());
  }

  /// A model of steps [begin, end) sees the inputs up to end: they are the targets.
  std::span<double const> rows(std::size_t begin, std::size_t end) const {
    return std::span(task_.input).subspan(begin * num_dimensions_, (end - begin) * num_dimensions_);
  }

  Deadline deadline_;
  ForecastTask const& task_;
  NvarOptions options_;
  std::size_t num_dimensions_;
  std::size_t lead_;  ///< steps before the first features
  std::size_t piece_steps_;
};

}  // namespace

Forecasts forecast_by_nvar(Deadline const& deadline, ForecastTask const& task,
                           Parameters const& parameters) {
  NvarForecaster const forecaster(deadline, task, parameters);
  Forecasts forecasts;
  auto model = forecaster.fit(task.fit.end);
  if (task.validation.size() > 0) {
    forecasts.validation = forecaster.one_step(model, task.validation);
    model = forecaster.fit(task.validation.end);
  }
  for (auto const& range : task.tests) {
    forecasts.tests.push_back(forecaster.one_step(model, range));
  }
  auto const runs = free_runs(parameters, task);
  for (std::size_t const start : runs.starts) {
    forecasts.free_runs.push_back(forecaster.free_run(model, start, runs.num_steps));
  }
  return forecasts;
}

}  // namespace engram
