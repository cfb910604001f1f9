#pragma once

#include <cstddef>
#include <iosfwd>

#include "jobs/results_file.hpp"

namespace engram {

struct ReportOptions {
  std::size_t width = 100;  ///< characters a line; sources of figures may be longer
  std::size_t num_best_points = 10;
  std::size_t num_front_points = 25;
  std::size_t num_reasons = 8;  ///< groups of failures, and of warnings
  std::size_t num_effects = 2;  ///< parameters with a table of their own
};

/// The study as a page of text (UTF-8, no control sequences): what ran, the best points, the
/// front of several objectives or the best of each behaviour, what each
/// parameter does, failures and warnings, published figures beside the best point, and the time it
/// took.
void write_report(Results const& results, std::ostream& out, ReportOptions const& options = {});

}  // namespace engram
