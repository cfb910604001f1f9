#include "jobs/trial_table.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

/// Beyond this, memory is taken as it is needed.
constexpr std::uint64_t max_reserved_rows = std::uint64_t(1) << 22;

bool fits(Column const& column, ParameterValue const& value) {
  return column.values.index() == value.index();
}

void push_value(Column& column, ParameterValue const& value) {
  switch (value.index()) {
    case 0:
      return std::get<0>(column.values).push_back(std::get<double>(value));
    case 1:
      return std::get<1>(column.values).push_back(std::get<std::int64_t>(value));
    case 2:
      return std::get<2>(column.values).push_back(std::get<bool>(value) ? 1 : 0);
    default:
      return std::get<3>(column.values).push_back(printable_text(std::get<std::string>(value)));
  }
}

/// Begins the warnings of a row that lacks an array.
constexpr std::string_view lost_mark = "lost: array '";

}  // namespace

std::uint64_t num_values(Array const& array) {
  return std::accumulate(array.shape.begin(), array.shape.end(), std::uint64_t{1},
                         std::multiplies<>());
}

bool is_in_side_file(Array const& array) {
  return array.values.empty() && num_values(array) > 0;
}

void check_fits(Results const& results, TrialRecord const& record) {
  auto const& columns = results.parameters;
  auto const num_metrics = record.outcome.metrics.size();
  if (!std::equal(columns.begin(), columns.end(), record.searched.begin(), record.searched.end(),
                  fits) ||
      (num_metrics != 0 && num_metrics != results.metrics.size())) {
    throw std::runtime_error("the record of trial " + std::to_string(record.id) +
                             " does not have the columns of its study");
  }
  auto const problem = payload_problem(record.outcome, ArrayValues::here_or_in_side_file);
  if (!problem.empty()) {
    throw std::runtime_error("trial " + std::to_string(record.id) + ": " + problem);
  }
}

TrialTable::TrialTable(Results results, RowSource::Kind source) : results_(std::move(results)) {
  auto const num_rows = results_.num_rows();
  sources_.reserve(num_rows);
  for (std::size_t i = 0; i < num_rows; ++i) {
    sources_.push_back({source, 0, i});
    index(results_.id[i], static_cast<std::uint32_t>(i));
  }
  auto const capacity = std::min(results_.num_trials_planned, max_reserved_rows);
  for_columns(results_, [&](auto& column) { column.reserve(capacity); });
  sources_.reserve(capacity);
  row_of_.reserve(capacity);
}

void TrialTable::index(std::uint64_t id, std::uint32_t row) {
  if (id >= no_row) throw std::length_error("trial ids end at " + std::to_string(no_row));
  if (id >= row_of_.size()) row_of_.resize(static_cast<std::size_t>(id) + 1, no_row);
  if (row_of_[id] == no_row) ++num_recorded_;
  row_of_[id] = row;
}

bool TrialTable::insert(TrialRecord const& record, RowSource source) {
  if (contains(record.id)) return false;
  check_fits(results_, record);
  auto const row = static_cast<std::uint32_t>(results_.num_rows());
  index(record.id, row);
  auto const& outcome = record.outcome;
  results_.id.push_back(record.id);
  results_.point.push_back(record.point);
  results_.replicate.push_back(record.replicate);
  results_.seeds.push_back(record.seed);
  results_.budget.push_back(record.budget);
  results_.parent.push_back(record.parent);
  results_.status.push_back(outcome.status);
  results_.reason.push_back(printable_text(outcome.reason));
  results_.warnings.push_back(printable_text(joined(outcome.warnings, "; ")));
  results_.rank.push_back(record.timing.rank);
  results_.attempt.push_back(record.timing.attempt);
  results_.start_s.push_back(record.timing.start_s);
  results_.seconds.push_back(record.timing.seconds);
  for (std::size_t i = 0; i < record.searched.size(); ++i) {
    push_value(results_.parameters[i], record.searched[i]);
  }
  for (std::size_t i = 0; i < results_.metrics.size(); ++i) {
    std::get<0>(results_.metrics[i].values)
        .push_back(outcome.metrics.empty() ? std::numeric_limits<double>::quiet_NaN()
                                           : outcome.metrics[i]);
  }
  bool const is_scalar = outcome.series.empty() && outcome.arrays.empty();
  sources_.push_back(is_scalar ? RowSource::none() : source);
  return true;
}

bool TrialTable::forget_failed() {
  auto const before = num_recorded_;
  for (auto& row : row_of_) {
    if (row == no_row || results_.status[row] == Status::complete) continue;
    row = no_row;
    --num_recorded_;
  }
  return num_recorded_ != before;
}

void TrialTable::forget(std::uint64_t id) {
  if (!contains(id)) return;
  row_of_[id] = no_row;
  --num_recorded_;
}

bool TrialTable::forget_from(std::uint64_t id) {
  auto const before = num_recorded_;
  for (; id < row_of_.size(); ++id) forget(id);
  return num_recorded_ != before;
}

bool TrialTable::mark_lost(std::uint32_t row, std::string const& array) {
  auto const mark = printable_text(std::string(lost_mark) + array + "'");
  auto& warnings = results_.warnings[row];
  if (warnings.find(mark) != warnings.npos) return false;
  warnings = printable_text(warnings.empty() ? mark : mark + "; " + warnings);
  return true;
}

bool TrialTable::has_losses(std::uint64_t id) const {
  return contains(id) && results_.warnings[row(id)].starts_with(lost_mark);
}

std::uint64_t TrialTable::forget_losses() {
  auto const before = num_recorded_;
  for (std::uint64_t id = 0; id < row_of_.size(); ++id) {
    if (has_losses(id)) forget(id);
  }
  return before - num_recorded_;
}

std::vector<std::uint32_t> TrialTable::rows_by_id() const {
  std::vector<std::uint32_t> order;
  order.reserve(num_recorded_);
  std::copy_if(row_of_.begin(), row_of_.end(), std::back_inserter(order),
               [](std::uint32_t row) { return row != no_row; });
  return order;
}

void TrialTable::move_to_new_file(std::vector<std::uint32_t> const& order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& source = sources_[order[i]];
    if (source.kind == RowSource::Kind::results_file) source.position = i;
  }
}

Results TrialTable::release() {
  auto const order = rows_by_id();
  for_columns(results_, [&](auto& column) {
    std::remove_reference_t<decltype(column)> sorted;
    sorted.reserve(order.size());
    for (auto const row : order) sorted.push_back(std::move(column[row]));
    column = std::move(sorted);
  });
  sources_.clear();
  row_of_.clear();
  num_recorded_ = 0;
  return std::move(results_);
}

void replace_header(Results& results, Results const& header, std::filesystem::path const& path) {
  if (!same_columns(results, header)) {
    throw UserError(path.string() +
                    " has other parameters or metrics than this version of the experiment; use "
                    "--overwrite or choose another study.output");
  }
  results.study_name = header.study_name;
  results.experiment = header.experiment;
  results.objective = header.objective;
  results.config = header.config;
  results.direction = header.direction;
  results.seed = header.seed;
  results.replicates = header.replicates;
  results.finished = results.finished && results.num_trials_planned == header.num_trials_planned;
  results.num_trials_planned = header.num_trials_planned;
}

bool replay(JournalRecord const& record, std::filesystem::path const& path, TrialTable& table) {
  switch (record.type) {
    case RecordType::trial: {
      auto bytes = record.payload;
      return table.insert(decode_trial_record(bytes), RowSource::journal(record.offset));
    }
    case RecordType::forget:
      return table.forget_failed();
    case RecordType::study:
      replace_header(table.header(), decode_header(record.payload), path);
      return false;
    case RecordType::session:
      table.header().provenance = decode_provenance(record.payload);
      return false;
  }
  return false;
}

}  // namespace engram
