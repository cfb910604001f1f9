#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "experiments/experiment.hpp"
#include "experiments/forecast_task.hpp"

// Trials of reservoir_forecast, for its tests.

namespace engram::forecast_test {

using Settings = std::vector<std::pair<std::string, ParameterValue>>;

inline Experiment const& experiment() {
  return ExperimentRegistry::instance().at("reservoir_forecast");
}

inline Parameters make_parameters(Settings const& settings) {
  Parameters p(experiment().parameters());
  for (auto const& [name, value] : settings) p.set(name, value);
  return p;
}

inline Trial make_trial(Settings const& settings, std::uint64_t seed = 1) {
  Trial trial;
  trial.seed = seed;
  trial.parameters = make_parameters(settings);
  return trial;
}

inline Trial with(Trial trial, std::string const& name, ParameterValue const& value) {
  trial.parameters.set(name, value);
  return trial;
}

inline std::vector<Outcome> evaluate(std::vector<Trial> const& trials, Inputs const& inputs = {}) {
  TrialContext context;
  context.inputs = inputs;
  std::vector<Outcome> outcomes(trials.size());
  experiment().run(context, trials, outcomes);
  return outcomes;
}

inline Outcome evaluate(Trial const& trial, Inputs const& inputs = {}) {
  return evaluate(std::vector{trial}, inputs).front();
}

inline std::vector<std::string> metric_names(Settings const& settings) {
  std::vector<std::string> names;
  for (auto const& metric : experiment().metrics(make_parameters(settings))) {
    names.push_back(metric.name);
  }
  return names;
}

inline double metric(Trial const& trial, Outcome const& outcome, std::string const& name) {
  auto const specs = experiment().metrics(trial.parameters);
  auto const found = std::find_if(specs.begin(), specs.end(),
                                  [&](MetricSpec const& spec) { return spec.name == name; });
  return found == specs.end() ? NAN
                              : outcome.metrics.at(static_cast<std::size_t>(found - specs.begin()));
}

/// Median over the seeds 1, 2, ….
inline double median_metric(Settings const& settings, std::string const& name,
                            std::size_t num_seeds) {
  std::vector<double> found;
  for (std::size_t seed = 1; seed <= num_seeds; ++seed) {
    auto const trial = make_trial(settings, seed);
    found.push_back(metric(trial, evaluate(trial), name));
  }
  std::sort(found.begin(), found.end());
  return found[num_seeds / 2];
}

/// A series of one's own: 160 years of two oscillations, far from the values 0 and 1.
inline Table yearly() {
  Table table{"yearly.csv", {"year", "spots"}, {{}, {}}};
  for (int i = 0; i < 160; ++i) {
    table.columns[0].push_back(1800 + i);
    table.columns[1].push_back(50 + 30 * std::sin(0.57 * i) + 12 * std::cos(0.231 * i * i / 40.0));
  }
  return table;
}

inline Inputs inputs_of(Table table) {
  Inputs inputs;
  inputs.set("series_file", std::move(table));
  return inputs;
}

/// Steps 0 to 98 (targets of 1801 to 1899) are for training: 70 to 98 (1871 to 1899) for
/// validation.
inline Settings const series_settings = {{"task", std::string("series")},
                                         {"series_file", std::string("yearly.csv")},
                                         {"time_column", std::string("year")},
                                         {"washout", std::int64_t{10}},
                                         {"train", std::string("1800:1899")},
                                         {"validation", std::string("1871:1899")},
                                         {"test", std::string("1900:1929,1930:1949")},
                                         {"units", std::int64_t{12}},
                                         {"density", 0.3},
                                         {"bias_scale", 0.2},
                                         {"ridge", 1e-4},
                                         {"record", true}};

inline Trial series_trial() {
  return make_trial(series_settings);
}

/// The task of a generated trial.
inline ForecastTask make_task(Trial const& trial, Inputs const& inputs = {}) {
  return make_forecast_task(trial.parameters, inputs, Key(Seed(trial.seed)).stream("task"));
}

}  // namespace engram::forecast_test
