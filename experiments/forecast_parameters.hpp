#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/memory_need.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// `task`, its lengths or ranges, and what each task needs.
std::vector<ParameterSpec> forecast_task_parameters();

/// "1921:1955,1956:1979" as pairs of inclusive bounds. Throws UserError.
struct TimeRange {
  double first = 0.0, last = 0.0;
};
std::vector<TimeRange> parse_time_ranges(std::string const& parameter, std::string const& text);

bool is_autoregressive(std::string const& task);

/// The lengths of generated tasks and the delay of mackey_glass. Throws UserError.
void check_task(Parameters const& parameters);

/// Memory of a generated task's signals and of the forecasts of them; of a series little is known
/// before its file is read, but that holds it, too.
std::vector<MemoryNeed> task_memory(Parameters const& parameters);

/// Inputs of a task, which are also its outputs.
std::size_t num_channels(std::string const& task);

}  // namespace engram
