#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "jobs/results_file.hpp"

namespace engram {

enum class ExportFormat { csv, json };

struct ExportOptions {
  ExportFormat format = ExportFormat::csv;
  std::vector<std::string> columns;  ///< which, in this order; empty: all but timing
  bool timing = false;               ///< also rank, attempt, start and seconds
};

/// The names that `columns` may hold: id, point, replicate, seed, budget, parent, status, reason,
/// warnings, the parameters, the metrics, rank, attempt, start, seconds. A parameter or metric
/// whose name is taken is called param_NAME or metric_NAME.
std::vector<std::string> export_columns(Results const& results);

/// One row a trial, without series and arrays. Reals have the fewest digits that read back to the
/// same bits. CSV is RFC 4180, a missing number an empty field; JSON is one object with the study's
/// attributes and `trials`, an array of objects, in which NaN and infinities are null.
/// Throws UserError for an unknown column; names the nearest.
void write_export(Results const& results, std::ostream& out, ExportOptions const& options = {});

}  // namespace engram
