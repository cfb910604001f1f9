#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "analysis/statistics.hpp"
#include "jobs/results_file.hpp"

namespace engram {

/// Four significant digits, or as many as asked for; "-" for NaN.
std::string format_number(double value, int num_digits = 4);

/// "0.0834 ± 0.0012": the error with two significant digits, the mean to the same decimal; without
/// an error, the mean alone.
std::string format_mean(MeanAndError const& value);

/// "0.12 s", "4 min 05 s", "3 h 10 min", "2 d 04 h".
std::string format_duration(double seconds);

/// Seconds since the epoch as "2026-03-01 12:30:05 UTC".
std::string format_time(double seconds);

/// A bar of at most `width` characters, in eighths; `fraction` is clamped to [0, 1].
std::string bar(double fraction, std::size_t width);

/// One character a value, from ▁ for 0 to █ for the largest; none is negative.
std::string sparkline(std::span<double const> values);

/// Characters (code points) of UTF-8 text.
std::size_t display_width(std::string_view text);

/// One value of a column as the report shows it; reals with four significant digits.
std::string format_cell(Column const& column, std::size_t row);

/// One value of a column as a number; booleans are 0 or 1, text is NaN.
double numeric_cell(Column const& column, std::size_t row);

}  // namespace engram
