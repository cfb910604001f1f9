#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/reservoir/nvar.hpp"
#include "experiments/forecast_metrics.hpp"
#include "experiments/forecast_models.hpp"
#include "experiments/forecast_task.hpp"
#include "experiments/reservoir_model.hpp"

// Echo state networks (Jaeger 2001, GMD report 148; Lukosevicius 2012) and nonlinear vector
// autoregression (Gauthier et al. 2021, doi 10.1038/s41467-021-25801-2) on the benchmark tasks of
// reservoir computing, or on a series of one's own.

namespace engram {

namespace {

bool has_validation(Parameters const& p) {
  return p.text("task") == "series" ? !p.text("validation").empty()
                                    : p.integer("validation_steps") > 0;
}

void check_ranges(Parameters const& p) {
  if (p.text("task") != "series") return;
  if (parse_time_ranges("train", p.text("train")).size() != 1 ||
      parse_time_ranges("validation", p.text("validation")).size() > 1 ||
      parse_time_ranges("test", p.text("test")).empty()) {
    throw UserError(
        "task series needs one train range, at most one validation range, and test ranges");
  }
}

std::size_t num_tests(Parameters const& p) {
  return p.text("task") == "series" ? parse_time_ranges("test", p.text("test")).size() : 1;
}

Outcome evaluate(ForecastTask const& task, Parameters const& p, Forecasts const& forecasts) {
  Outcome outcome;
  auto const measures = error_measures(p.text("task"));
  for (auto const& measure : measures) {
    if (task.validation.size() > 0) {
      outcome.metrics.push_back(measure.evaluate(task, forecasts.validation, task.validation));
    }
    for (std::size_t i = 0; i < task.tests.size(); ++i) {
      outcome.metrics.push_back(measure.evaluate(task, forecasts.tests[i], task.tests[i]));
    }
  }
  auto const runs = free_runs(p, task);
  if (!runs.starts.empty()) {
    outcome.metrics.push_back(p.text("task") == "lorenz"
                                  ? mean_valid_time(task, forecasts, runs)
                                  : error_after_free_run(task, forecasts, runs));
  }
  if (p.boolean("record")) {
    for (std::size_t i = 0; i < task.tests.size(); ++i) {
      std::string const suffix = task.tests.size() > 1 ? "_" + std::to_string(i + 1) : "";
      auto const in_units = [&](std::span<double const> values) {
        std::vector<double> result(values.begin(), values.end());
        for (std::size_t j = 0; j < result.size(); ++j) {
          std::size_t const k = j % task.num_outputs;
          result[j] = task.mean[k] + task.scale[k] * result[j];
        }
        return result;
      };
      outcome.series.push_back({"prediction" + suffix, in_units(forecasts.tests[i])});
      outcome.series.push_back({"target" + suffix, in_units(task.targets(task.tests[i]))});
    }
  }
  std::size_t const num_features = p.count("units") * p.count("layers") + task.num_inputs + 1;
  if (p.text("model") == "esn" && task.validation.end - task.fit.begin < num_features) {
    outcome.warnings.push_back("the readout has " + std::to_string(num_features) +
                               " weights but only " +
                               std::to_string(task.validation.end - task.fit.begin) +
                               " training steps: the ridge decides");
  }
  return outcome;
}

void check_nvar(Parameters const& p) {
  auto const& task = p.text("task");
  if (!is_autoregressive(task) || (task == "series" && p.integer("horizon") != 1)) {
    throw UserError(
        "model nvar forecasts its own input one step ahead: task must be mackey_glass, "
        "lorenz or series with horizon 1");
  }
  if (p.integer("washout") < (p.integer("nvar_delays") - 1) * p.integer("nvar_skip")) {
    throw UserError("nvar needs a washout of at least (nvar_delays - 1) * nvar_skip steps");
  }
}

/// Predictions and free runs that are kept of one trial.
std::size_t num_predictions(ForecastTask const& task, FreeRuns const& runs) {
  std::size_t num_steps = task.validation.size() + runs.starts.size() * runs.num_steps;
  for (auto const& range : task.tests) num_steps += range.size();
  return num_steps * task.num_outputs;
}

class ReservoirForecast final : public Experiment {
 public:
  std::string_view name() const override { return "reservoir_forecast"; }
  std::string_view summary() const override {
    return "forecasts a time series with an echo state network or nonlinear vector autoregression";
  }
  std::string_view source() const override {
    return "Jaeger 2001 (GMD 148); Jaeger & Haas 2004, doi 10.1126/science.1091277; "
           "Lukosevicius 2012; Gauthier et al. 2021, doi 10.1038/s41467-021-25801-2";
  }

  std::vector<ParameterSpec> parameters() const override {
    auto specs = forecast_task_parameters();
    auto const reservoir = reservoir_parameters();
    specs.insert(specs.end(), reservoir.begin(), reservoir.end());
    specs.push_back(choice("model", "esn", {"esn", "nvar"})
                        .means("echo state network, or nonlinear vector autoregression")
                        .from("here"));
    specs.push_back(integer("nvar_delays", 2)
                        .range(1, 100)
                        .means("k: copies of the input among the features of nvar")
                        .from("Gauthier et al. 2021"));
    specs.push_back(integer("nvar_skip", 1)
                        .range(1, 1000)
                        .in("steps")
                        .means("s: steps between the copies")
                        .from("Gauthier et al. 2021"));
    specs.push_back(
        integer("free_runs", 20)
            .range(0, 10000)
            .means("closed-loop forecasts from different starts, for mackey_glass and lorenz")
            .from("here")
            .fixes_metrics());
    specs.push_back(integer("free_run_steps", 800)
                        .range(2, 1e6)
                        .in("steps")
                        .means("length of a closed-loop forecast; 84 for mackey_glass")
                        .from("here")
                        .fixes_metrics());
    specs.push_back(
        boolean("record", false).means("keep predictions and targets as series").from("here"));
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const& p) const override {
    check_ranges(p);
    std::vector<MetricSpec> specs;
    for (auto const& measure : error_measures(p.text("task"))) {
      auto const add = [&](std::string const& suffix, std::string const& where) {
        specs.push_back(
            {measure.name + suffix, Direction::minimise, "1", where + ": " + measure.meaning});
      };
      if (has_validation(p)) add("_validation", "validation");
      std::size_t const n = num_tests(p);
      for (std::size_t i = 0; i < n; ++i) {
        add(n > 1 ? "_" + std::to_string(i + 1) : "",
            n > 1 ? "test " + std::to_string(i + 1) : "test");
      }
    }
    if (!runs_freely(p)) return specs;
    if (p.text("task") == "lorenz") {
      specs.push_back({"valid_time", Direction::maximise, "Lyapunov times",
                       "mean over free runs of the time until the normalised error exceeds 0.4"});
    } else {
      specs.push_back(
          {"nrmse_84", Direction::minimise, "1",
           "root mean squared error over the standard deviation after 84 free-running steps"});
    }
    return specs;
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("units", std::int64_t{20});
    p.set("train_steps", std::int64_t{200});
    p.set("test_steps", std::int64_t{100});
    p.set("washout", std::int64_t{20});
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const& task = p.text("task");
    bool const is_series = task == "series";
    if (is_series != !p.text("series_file").empty()) {
      throw UserError(is_series ? "task series needs series_file"
                                : "series_file is for task series, but task is " + task);
    }
    check_ranges(p);
    check_task(p);
    if (runs_freely(p) && p.count("test_steps") < free_run_steps(p) + p.count("free_runs")) {
      throw UserError(std::to_string(p.count("free_runs")) + " free runs of " +
                      std::to_string(free_run_steps(p)) +
                      " steps from different starts need test_steps of at least " +
                      std::to_string(free_run_steps(p) + p.count("free_runs")));
    }
    auto needs = task_memory(p);
    auto const add = [&needs](std::vector<MemoryNeed> const& others) {
      needs.insert(needs.end(), others.begin(), others.end());
    };
    if (runs_freely(p)) {
      add({{"free_runs and free_run_steps", 8.0 * static_cast<double>(p.count("free_runs")) *
                                                static_cast<double>(free_run_steps(p)) *
                                                static_cast<double>(num_channels(task))}});
    }
    if (p.text("model") == "nvar") {
      check_nvar(p);
      double const features =
          static_cast<double>(Nvar::num_features(num_channels(task), p.count("nvar_delays")));
      add({{"nvar_delays", 8.0 * features * features}});
    } else {
      check_reservoir(p);
      add(reservoir_memory(p));
    }
    check_memory(needs);
  }

  void validate_inputs(Parameters const& p, Inputs const& inputs) const override {
    check_series(p, inputs);
  }

  std::string batch_key(Trial const& trial) const override { return reservoir_batch_key(trial); }
  std::size_t max_batch() const override { return 64; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (auto const& trial : trials) validate(trial.parameters);
    auto const& p = trials.front().parameters;
    auto const task =
        make_forecast_task(p, context.inputs, Key(Seed(trials.front().seed)).stream("task"));
    if (p.text("model") == "nvar") {
      for (std::size_t i = 0; i < trials.size(); ++i) {
        auto const& own = trials[i].parameters;
        outcomes[i] = evaluate(task, own, forecast_by_nvar(context.deadline, task, own));
      }
      return;
    }
    std::size_t const part = max_population(p.count("units") * p.count("layers"),
                                            num_predictions(task, free_runs(p, task)));
    for (std::size_t i = 0; i < trials.size(); i += part) {
      auto const some = trials.subspan(i, std::min(part, trials.size() - i));
      auto const forecasts = forecast_by_reservoir(context, task, some);
      for (std::size_t j = 0; j < some.size(); ++j) {
        outcomes[i + j] = evaluate(task, some[j].parameters, forecasts[j]);
      }
    }
  }
};

RegisterExperiment<ReservoirForecast> const registered_reservoir_forecast;

}  // namespace

}  // namespace engram
