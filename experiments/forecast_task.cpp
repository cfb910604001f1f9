#include "experiments/forecast_task.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/tasks/lorenz.hpp"
#include "core/tasks/mackey_glass.hpp"
#include "core/tasks/metrics.hpp"
#include "core/tasks/narma.hpp"
#include "core/tasks/nonlinear_channel.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

/// Column `i_channel` of a row-major series.
std::vector<double> channel(std::vector<double> const& series, std::size_t num_channels,
                            std::size_t i_channel) {
  std::vector<double> result;
  for (std::size_t i = i_channel; i < series.size(); i += num_channels) result.push_back(series[i]);
  return result;
}

/// Target(t) = input(t + horizon).
ForecastTask autoregressive_task(std::vector<double> const& series, std::size_t num_channels,
                                 std::size_t horizon) {
  ForecastTask task;
  task.num_inputs = task.num_outputs = num_channels;
  task.input.assign(series.begin(),
                    series.end() - static_cast<std::ptrdiff_t>(horizon * num_channels));
  task.target.assign(series.begin() + static_cast<std::ptrdiff_t>(horizon * num_channels),
                     series.end());
  return task;
}

/// Zero mean and unit variance over what the readout is fitted to at first: validation is as
/// unknown to it as the tests.
void standardize(ForecastTask& task) {
  for (std::size_t k = 0; k < task.num_outputs; ++k) {
    auto const whole = channel(task.target, task.num_outputs, k);
    auto const fitted = std::span(whole).first(task.fit.end);
    double mean = 0.0;
    for (double const value : fitted) mean += value;
    mean /= static_cast<double>(fitted.size());
    double const std_dev = std::sqrt(variance(fitted));
    double const scale = std_dev > 0.0 ? std_dev : 1.0;
    task.mean[k] = mean;
    task.scale[k] = scale;
    for (std::size_t t = 0; t < task.num_steps(); ++t) {
      double& target = task.target[t * task.num_outputs + k];
      double& input = task.input[t * task.num_inputs + k];
      target = (target - mean) / scale;
      input = (input - mean) / scale;
    }
  }
}

/// Ranges of the generated tasks: washout, training (its end for validation), test.
void split_by_steps(ForecastTask& task, Parameters const& parameters) {
  std::size_t const washout = parameters.count("washout");
  std::size_t const train_end = washout + parameters.count("train_steps");
  std::size_t const fit_end = train_end - parameters.count("validation_steps");
  task.fit = {washout, fit_end};
  task.validation = {fit_end, train_end};
  task.tests = {{train_end, task.num_steps()}};
}

struct UserSeries {
  std::vector<double> values, times;
};

UserSeries user_series(Parameters const& parameters, Inputs const& inputs) {
  Table const& table = inputs.at("series_file");
  UserSeries series;
  std::string const& column = parameters.text("series_column");
  auto const values =
      column.empty() ? std::span<double const>(table.columns.back()) : table.column(column);
  series.values.assign(values.begin(), values.end());
  std::string const& time = parameters.text("time_column");
  if (time.empty()) {
    for (std::size_t i = 0; i < values.size(); ++i) series.times.push_back(static_cast<double>(i));
  } else {
    auto const times = table.column(time);
    series.times.assign(times.begin(), times.end());
  }
  return series;
}

/// Steps whose target's time lies in `range`.
StepRange steps_in(TimeRange range, std::vector<double> const& times, std::size_t horizon) {
  auto const target_times = std::span(times).subspan(horizon);
  auto const first = std::lower_bound(target_times.begin(), target_times.end(), range.first);
  auto const last = std::upper_bound(target_times.begin(), target_times.end(), range.last);
  return {static_cast<std::size_t>(first - target_times.begin()),
          static_cast<std::size_t>(last - target_times.begin())};
}

void split_by_times(ForecastTask& task, Parameters const& parameters,
                    std::vector<double> const& times) {
  std::size_t const horizon = parameters.count("horizon");
  auto const train =
      steps_in(parse_time_ranges("train", parameters.text("train")).front(), times, horizon);
  task.fit = {std::max(train.begin, parameters.count("washout")), train.end};
  task.validation = {train.end, train.end};
  auto const validation = parse_time_ranges("validation", parameters.text("validation"));
  if (!validation.empty()) {
    task.validation = steps_in(validation.front(), times, horizon);
    task.fit.end = task.validation.begin;
  }
  for (auto const& range : parse_time_ranges("test", parameters.text("test"))) {
    task.tests.push_back(steps_in(range, times, horizon));
  }
}

ForecastTask generated_task(std::string const& name, Parameters const& parameters, Key key) {
  std::size_t const total = parameters.count("washout") + parameters.count("train_steps") +
                            parameters.count("test_steps");
  auto const supervised = [](InputOutputSeries series) {
    ForecastTask task;
    task.num_inputs = series.num_inputs;
    task.num_outputs = series.num_outputs;
    task.input = std::move(series.input);
    task.target = std::move(series.output);
    return task;
  };
  if (name == "narma10") return supervised(narma_series(key, narma10, total));
  if (name == "narma30") return supervised(narma_series(key, narma30, total));
  if (name == "channel")
    return supervised(nonlinear_channel(key, total, parameters.real("snr_db")));
  if (name == "mackey_glass") {
    MackeyGlass system;
    system.tau = parameters.real("tau");
    return autoregressive_task(mackey_glass_transformed(mackey_glass(key, total + 1, system)), 1,
                               1);
  }
  Lorenz system;
  system.sample_interval = parameters.real("sample_interval");
  // Steps of at most 0.005: at 0.1 the integration settles on a fixed point, at 0.2 it overflows.
  auto const num_steps = static_cast<std::size_t>(std::ceil(system.sample_interval / 0.005));
  system.steps_per_sample = std::max(system.steps_per_sample, num_steps);
  ForecastTask task = autoregressive_task(lorenz(key, total + 1, system), 3, 1);
  task.sample_interval = system.sample_interval;
  return task;
}

}  // namespace

void check_series(Parameters const& parameters, Inputs const& inputs) {
  if (parameters.text("task") != "series") return;
  auto const series = user_series(parameters, inputs);
  std::string const& origin = inputs.at("series_file").origin;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!std::isfinite(series.values[i]) || !std::isfinite(series.times[i])) {
      throw UserError(origin + ": row " + std::to_string(i + 1) + " of the series is not finite");
    }
  }
  if (!std::is_sorted(series.times.begin(), series.times.end())) {
    throw UserError(origin + ": column '" + parameters.text("time_column") + "' must ascend");
  }
  std::size_t const horizon = parameters.count("horizon");
  if (series.values.size() <= horizon) {
    throw UserError(origin + " has " + std::to_string(series.values.size()) +
                    " rows, too few for a horizon of " + std::to_string(horizon));
  }
  for (char const* name : {"train", "validation", "test"}) {
    for (auto const& range : parse_time_ranges(name, parameters.text(name))) {
      if (range.first < series.times.front() || range.last > series.times.back()) {
        throw UserError(std::string(name) + ": expected a range within the data, which go from " +
                        to_text(series.times.front()) + " to " + to_text(series.times.back()) +
                        " in " + origin + ", got " + to_text(range.first) + ":" +
                        to_text(range.last));
      }
    }
  }
  ForecastTask task;
  split_by_times(task, parameters, series.times);
  std::size_t end = 0;
  auto const follows = [&](StepRange range, char const* name, bool may_be_empty) {
    if ((range.size() == 0 && !may_be_empty) || range.end < range.begin || range.begin < end) {
      throw UserError(origin + ": the range '" + name +
                      "' holds no data after the washout, or does not follow the ranges before it");
    }
    end = range.end;
  };
  follows(task.fit, "train", false);
  follows(task.validation, "validation", parameters.text("validation").empty());
  auto const train = parse_time_ranges("train", parameters.text("train")).front();
  if (task.validation.end != steps_in(train, series.times, horizon).end) {
    throw UserError("validation: expected a range at the end of train");
  }
  for (auto const& range : task.tests) follows(range, "test", false);
  auto const targets = std::span(series.values).subspan(horizon);
  auto const varies = [&](StepRange range, char const* name) {
    if (range.size() > 0 && variance(targets.subspan(range.begin, range.size())) == 0.0) {
      throw UserError(origin + ": the series is constant in the range '" + name +
                      "', so that errors there can't be normalised");
    }
  };
  varies(task.validation, "validation");
  for (auto const& range : task.tests) varies(range, "test");
}

ForecastTask make_forecast_task(Parameters const& parameters, Inputs const& inputs, Key key) {
  std::string const& name = parameters.text("task");
  ForecastTask task;
  if (name == "series") {
    auto const series = user_series(parameters, inputs);
    task = autoregressive_task(series.values, 1, parameters.count("horizon"));
    split_by_times(task, parameters, series.times);
    if (task.fit.begin >= task.fit.end) {
      throw UserError("washout: expected fewer steps, so that some of train are left to fit");
    }
  } else {
    task = generated_task(name, parameters, key);
    split_by_steps(task, parameters);
  }
  task.mean.assign(task.num_outputs, 0.0);
  task.scale.assign(task.num_outputs, 1.0);
  if ((name == "series" || name == "lorenz") && parameters.boolean("standardize"))
    standardize(task);
  // Of a person's series, the record ends with the last test: later data take no part in the study.
  bool const is_series = name == "series";
  std::size_t const record_end = is_series ? task.tests.back().end : task.num_steps();
  std::size_t const num_before = is_series ? parameters.count("horizon") : 0;
  for (std::size_t k = 0; k < task.num_outputs; ++k) {
    auto record = channel(task.target, task.num_outputs, k);
    record.insert(record.begin(), task.input.begin(),
                  task.input.begin() + static_cast<std::ptrdiff_t>(num_before));
    auto const whole = std::span<double const>(record);
    task.variance.push_back(variance(whole.first(num_before + record_end)));
    task.training_variance.push_back(variance(whole.first(num_before + task.validation.end)));
  }
  return task;
}

}  // namespace engram
