#include "experiments/forecast_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "core/text.hpp"

namespace engram {

std::vector<ParameterSpec> forecast_task_parameters() {
  static std::vector<std::string> const structural = {
      "task",  "validation_steps", "series_column", "time_column", "horizon",
      "train", "validation",       "test"};
  std::vector<ParameterSpec> specs = {
      choice("task", "narma10",
             {"narma10", "narma30", "mackey_glass", "lorenz", "channel", "series"})
          .means("what is forecast; series: a column of series_file")
          .from("Atiya & Parlos 2000; Mackey & Glass 1977; Lorenz 1963; Jaeger & Haas 2004"),
      integer("washout", 100)
          .range(0, 1e7)
          .in("steps")
          .means("dropped from the beginning")
          .from("here"),
      integer("train_steps", 2000)
          .range(1, 1e8)
          .in("steps")
          .means("the readout is fitted to; not for series")
          .from("here"),
      integer("validation_steps", 0)
          .range(0, 1e8)
          .in("steps")
          .means("end of the training steps: predicted, for selection, before they are fitted; "
                 "none or at least 2")
          .from("here"),
      integer("test_steps", 2000)
          .range(2, 1e8)
          .in("steps")
          .means("the errors are measured on; not for series")
          .from("here"),
      real("snr_db", 28.0)
          .range(-20.0, 200.0)
          .in("dB")
          .means("signal to noise, for channel")
          .from("Jaeger & Haas 2004, who go from 12 to 32"),
      real("tau", 17.0)
          .range(1.0, 1000.0)
          .means("delay, for mackey_glass: a multiple of 0.1")
          .from("Jaeger & Haas 2004"),
      real("sample_interval", 0.02)
          .range(1e-4, 1.0)
          .means("time between samples, for lorenz")
          .from("here"),
      text("series_file", "")
          .means("file of numbers, for series: CSV, or HDF5 with its group as in file.h5:/group")
          .from("here")
          .names_input_file(),
      text("series_column", "").means("its column to forecast; default: the last").from("here"),
      text("time_column", "").means("its column of times; default: the row number").from("here"),
      integer("horizon", 1)
          .range(1, 1e6)
          .in("steps")
          .means("how far ahead, for series")
          .from("here"),
      text("train", "").means("first:last time of the targets to fit, for series").from("here"),
      text("validation", "")
          .means("first:last time at the end of train that is predicted, for selection, before it "
                 "is fitted; may be empty")
          .from("here"),
      text("test", "")
          .means("first:last of one or more test ranges, separated by commas")
          .from("here"),
      boolean("standardize", true)
          .means("zero mean and unit variance over the steps fitted first, for lorenz and series")
          .from("here"),
  };
  // What decides the metrics, or how the file's rows are split.
  for (auto& spec : specs) {
    spec.structural = spec.structural || std::ranges::count(structural, spec.name) > 0;
  }
  return specs;
}

bool is_autoregressive(std::string const& task) {
  return task == "mackey_glass" || task == "lorenz" || task == "series";
}

std::vector<TimeRange> parse_time_ranges(std::string const& parameter, std::string const& text) {
  std::vector<TimeRange> ranges;
  std::string_view rest = trimmed(text);
  for (bool more = !rest.empty(); more;) {
    auto const comma = rest.find(',');
    auto const part = trimmed(rest.substr(0, comma));
    more = comma != rest.npos;
    if (more) rest.remove_prefix(comma + 1);
    auto const colon = part.find(':');
    auto const first = read_real(trimmed(part.substr(0, colon)));
    auto const last =
        colon == part.npos ? std::nullopt : read_real(trimmed(part.substr(colon + 1)));
    if (!first || !last || *last < *first) {
      throw UserError(parameter + ": expected first:last with first <= last, got " +
                      in_quotes(part));
    }
    ranges.push_back({*first, *last});
  }
  return ranges;
}

std::size_t num_channels(std::string const& task) {
  return task == "lorenz" ? 3 : 1;
}

void check_task(Parameters const& parameters) {
  std::string const& task = parameters.text("task");
  if (task == "series") return;
  auto const validation_steps = parameters.integer("validation_steps");
  if (validation_steps >= parameters.integer("train_steps")) {
    throw UserError("validation_steps must be fewer than train_steps, of which they are the end");
  }
  if (validation_steps == 1) {
    throw UserError(
        "validation_steps must be 0 or at least 2: a single target has no variance, "
        "over which an error is taken");
  }
  double const tenths = 10.0 * parameters.real("tau");
  if (task == "mackey_glass" && std::abs(tenths - std::round(tenths)) > 1e-6 * tenths) {
    throw UserError("tau must be a multiple of 0.1, the step of integration, got " +
                    to_text(parameters.real("tau")) +
                    "; grid(16.9, 17, 17.1) searches such values");
  }
}

std::vector<MemoryNeed> task_memory(Parameters const& parameters) {
  std::string const& task = parameters.text("task");
  if (task == "series") return {};
  double const steps =
      static_cast<double>(parameters.count("washout") + parameters.count("train_steps") +
                          parameters.count("test_steps"));
  double const channels = static_cast<double>(num_channels(task));
  // Input and target as they are made, as they are kept and on the device; forecasts, of a batch
  // and of a member, and both in the units of the data. Mackey-Glass: solution and slope, ten steps
  // a sample.
  double const values = (6.0 + 4.0) * channels + (task == "mackey_glass" ? 20.0 : 0.0);
  return {{"washout, train_steps and test_steps", 8.0 * steps * values}};
}

}  // namespace engram
