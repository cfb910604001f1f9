#include "experiments/forecast_models.hpp"

#include <algorithm>
#include <utility>

#include "core/reservoir/nvar.hpp"
#include "experiments/reservoir_model.hpp"

namespace engram {

std::size_t free_run_steps(Parameters const& p) {
  if (p.text("task") == "mackey_glass") return 84;  // the published horizon: NRMSE84
  return static_cast<std::size_t>(p.integer("free_run_steps"));
}

bool runs_freely(Parameters const& p) {
  auto const& task = p.text("task");
  return (task == "mackey_glass" || task == "lorenz") && p.integer("free_runs") > 0;
}

FreeRuns free_runs(Parameters const& p, ForecastTask const& task) {
  FreeRuns runs;
  if (!runs_freely(p)) return runs;
  runs.num_steps = free_run_steps(p);
  auto const count = static_cast<std::size_t>(p.integer("free_runs"));
  std::size_t const room = task.tests[0].size() - runs.num_steps;
  for (std::size_t i = 0; i < count; ++i) {
    runs.starts.push_back(task.tests[0].begin + i * room / count);
  }
  return runs;
}

namespace {

/// Steps of one launch, so that the time limit is looked at every few tens of milliseconds.
std::size_t launch_steps(ReservoirPopulation const& population, Parameters const& p) {
  double const units = static_cast<double>(p.integer("units") * p.integer("layers"));
  double const work = static_cast<double>(population.num_members()) *
                      (units * std::max(1.0, p.real("density") * units) + units * units);
  return static_cast<std::size_t>(std::clamp(1e8 / work, 1.0, 4096.0));
}

/// Drives a population through a task and gathers what its members say.
class Drive {
 public:
  Drive(TrialContext const& context, ForecastTask const& task, ReservoirPopulation& population,
        Parameters const& parameters)
      : context_(context),
        task_(task),
        population_(population),
        launch_steps_(launch_steps(population, parameters)),
        input_(make_signal(task.input, task.num_inputs)),
        target_(make_signal(task.target, task.num_outputs)) {}

  /// Advances to `end`; with `predictions` (one vector a member), appends what is predicted on the
  /// way.
  void to(std::size_t end, DriveOptions options,
          std::vector<std::vector<double>>* predictions = nullptr) {
    options.predict = predictions != nullptr;
    while (step_ < end) {
      context_.deadline.check();
      std::size_t const stop = std::min(end, step_ + launch_steps_);
      population_.drive(context_.space, input_, target_, step_, stop, options);
      step_ = stop;
      if (predictions == nullptr) continue;
      for (std::size_t m = 0; m < population_.num_members(); ++m) {
        auto const values = population_.predictions(m);
        (*predictions)[m].insert((*predictions)[m].end(), values.begin(), values.end());
      }
    }
  }

  /// Intrinsic plasticity on the training input, over and over, from zero states.
  void adapt(std::size_t num_steps, std::size_t train_end,
             IntrinsicPlasticitySettings const& settings) {
    DriveOptions options;
    options.plasticity = settings;
    while (num_steps > 0) {
      std::size_t const part = std::min(num_steps, train_end);
      to(part, options);
      num_steps -= part;
      step_ = 0;
      population_.reset(context_.space);
    }
  }

  /// Predicts up to `end`, then returns to where it was.
  void look_ahead(std::size_t end, DriveOptions const& options,
                  std::vector<std::vector<double>>& predictions) {
    auto const here = population_.checkpoint(context_.space);
    std::size_t const step = step_;
    to(end, options, &predictions);
    population_.restore(context_.space, here);
    step_ = step;
  }

  /// Lets every member run on from here, then returns to where it was.
  void run_freely(std::size_t num_steps, std::vector<Forecasts>& forecasts,
                  std::vector<std::vector<double>> const& predictions) {
    auto const here = population_.checkpoint(context_.space);
    population_.generate(context_.space, num_steps - 1);
    for (std::size_t m = 0; m < forecasts.size(); ++m) {
      auto const& last = predictions[m];
      std::vector<double> run(last.end() - static_cast<std::ptrdiff_t>(task_.num_outputs),
                              last.end());
      auto const values = population_.predictions(m);
      run.insert(run.end(), values.begin(), values.end());
      forecasts[m].free_runs.push_back(std::move(run));
    }
    population_.restore(context_.space, here);
  }

 private:
  TrialContext const& context_;
  ForecastTask const& task_;
  ReservoirPopulation& population_;
  std::size_t launch_steps_;
  std::size_t step_ = 0;
  SignalView input_, target_;
};

}  // namespace

std::vector<Forecasts> forecast_by_reservoir(TrialContext const& context, ForecastTask const& task,
                                             std::span<Trial const> trials) {
  auto const& p = trials.front().parameters;
  auto population = make_population(context.space, trials, task.num_inputs, task.num_outputs);
  Drive drive(context, task, population, p);
  std::size_t const n = trials.size();
  std::vector<Forecasts> forecasts(n);
  DriveOptions quiet, fit, test;
  fit.accumulate = true;
  test.own_feedback = p.real("feedback_scale") > 0.0;

  auto const plasticity = intrinsic_plasticity(p);
  if (plasticity.enabled) {
    drive.adapt(static_cast<std::size_t>(p.integer("plasticity_steps")), task.fit.end, plasticity);
  }
  drive.to(task.fit.begin, quiet);
  drive.to(task.fit.end, fit);
  fit_readouts(population, trials);
  if (task.validation.size() > 0) {
    std::vector<std::vector<double>> predictions(n);
    // A model with feedback is fitted to steps that feed back the targets, but hears itself
    // wherever it is judged: a target at t - 1 may lie ahead of the input at t.
    if (test.own_feedback) drive.look_ahead(task.validation.end, test, predictions);
    drive.to(task.validation.end, fit, test.own_feedback ? nullptr : &predictions);
    for (std::size_t m = 0; m < n; ++m) forecasts[m].validation = std::move(predictions[m]);
    fit_readouts(population, trials);
  }
  auto const runs = free_runs(p, task);
  for (std::size_t i = 0; i < task.tests.size(); ++i) {
    drive.to(task.tests[i].begin, quiet);
    std::vector<std::vector<double>> predictions(n);
    for (std::size_t const start : i == 0 ? runs.starts : std::vector<std::size_t>()) {
      drive.to(start + 1, test, &predictions);
      drive.run_freely(runs.num_steps, forecasts, predictions);
    }
    drive.to(task.tests[i].end, test, &predictions);
    for (std::size_t m = 0; m < n; ++m) forecasts[m].tests.push_back(std::move(predictions[m]));
  }
  return forecasts;
}

Forecasts forecast_by_nvar(ForecastTask const& task, Parameters const& p) {
  NvarOptions options;
  options.num_delays = static_cast<std::size_t>(p.integer("nvar_delays"));
  options.skip = static_cast<std::size_t>(p.integer("nvar_skip"));
  options.ridge = p.real("ridge");
  std::size_t const d = task.num_inputs;
  std::size_t const lead =
      (options.num_delays - 1) * options.skip;  // steps before the first features
  // A model of steps [begin, end) sees the inputs up to end: they are the targets.
  auto const rows = [&](std::size_t begin, std::size_t end) {
    return std::span(task.input).subspan(begin * d, (end - begin) * d);
  };
  auto const first = task.fit.begin > lead ? task.fit.begin - lead : 0;
  auto const one_step = [&](Nvar const& model, StepRange range) {
    return model.predict(rows(range.begin - lead, range.end));
  };
  Forecasts forecasts;
  auto model = Nvar::fit(rows(first, task.fit.end + 1), d, options);
  if (task.validation.size() > 0) {
    forecasts.validation = one_step(model, task.validation);
    model = Nvar::fit(rows(first, task.validation.end + 1), d, options);
  }
  for (auto const& range : task.tests) forecasts.tests.push_back(one_step(model, range));
  auto const runs = free_runs(p, task);
  for (std::size_t const start : runs.starts) {
    forecasts.free_runs.push_back(model.run(rows(start - lead, start + 1), runs.num_steps));
  }
  return forecasts;
}

}  // namespace engram
