#include "jobs/trial_record.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/text.hpp"
#include "jobs/byte_stream.hpp"

namespace engram {
namespace {

Status decode_status(ByteReader& in) {
  auto const status = in.number<std::uint8_t>();
  if (status > static_cast<std::uint8_t>(Status::skipped)) {
    throw std::runtime_error("a trial record has an unknown status");
  }
  return static_cast<Status>(status);
}

void encode_outcome(Outcome const& outcome, ByteWriter& out) {
  out.number(outcome.status);
  out.text(outcome.reason);
  out.vector(outcome.metrics);
  out.number(static_cast<std::uint32_t>(outcome.series.size()));
  for (auto const& series : outcome.series) {
    out.text(series.name);
    out.vector(series.values);
  }
  out.number(static_cast<std::uint32_t>(outcome.arrays.size()));
  for (auto const& array : outcome.arrays) {
    out.text(array.name);
    out.vector(array.shape);
    out.vector(array.values);
  }
  out.number(static_cast<std::uint32_t>(outcome.warnings.size()));
  for (auto const& warning : outcome.warnings) out.text(warning);
}

Outcome decode_outcome(ByteReader& in) {
  Outcome outcome;
  outcome.status = decode_status(in);
  outcome.reason = in.text();
  outcome.metrics = in.vector<double>();
  outcome.series.resize(in.count(12));
  for (auto& series : outcome.series) {
    series.name = in.text();
    series.values = in.vector<double>();
  }
  outcome.arrays.resize(in.count(20));
  for (auto& array : outcome.arrays) {
    array.name = in.text();
    array.shape = in.vector<std::uint64_t>();
    array.values = in.vector<double>();
  }
  outcome.warnings.resize(in.count(4));
  for (auto& warning : outcome.warnings) warning = in.text();
  return outcome;
}

/// Names become links of the results file.
template <class T>
std::string name_problem(std::string const& kind, std::vector<T> const& items) {
  std::set<std::string> known;
  for (auto const& item : items) {
    bool const is_link = !item.name.empty() && item.name != "." &&
                         item.name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    if (!is_link) {
      return kind + " " + in_quotes(item.name) + ": expected a name without '/', and not '.'";
    }
    if (!known.insert(item.name).second) {
      return kind + " " + in_quotes(item.name) + ": expected each name once";
    }
  }
  return {};
}

std::string shape_problem(Array const& array, ArrayValues values) {
  constexpr std::size_t max_rank = 32;  // HDF5's
  if (array.shape.size() > max_rank) {
    return "array " + in_quotes(array.name) + ": expected at most " + std::to_string(max_rank) +
           " dimensions, got " + std::to_string(array.shape.size());
  }
  if (values == ArrayValues::here_or_in_side_file && array.values.empty()) return {};
  // Divided, since a product may overflow.
  bool fills = true;
  std::uint64_t left = array.values.size();
  for (auto const extent : array.shape) {
    fills = fills && extent > 0 && left % extent == 0;
    if (fills) left /= extent;
  }
  bool const is_empty = std::ranges::count(array.shape, 0u) > 0;
  if (is_empty ? array.values.empty() : fills && left == 1) return {};
  return "array " + in_quotes(array.name) + ": its " + std::to_string(array.values.size()) +
         " values do not fill its shape";
}

}  // namespace

void encode(ParameterValue const& value, ByteWriter& out) {
  out.number(static_cast<std::uint8_t>(value.index()));
  if (auto const* const real = std::get_if<double>(&value)) out.number(*real);
  if (auto const* const integer = std::get_if<std::int64_t>(&value)) out.number(*integer);
  if (auto const* const boolean = std::get_if<bool>(&value)) {
    out.number(static_cast<std::uint8_t>(*boolean));
  }
  if (auto const* const text = std::get_if<std::string>(&value)) out.text(*text);
}

ParameterValue decode_parameter(ByteReader& in) {
  switch (in.number<std::uint8_t>()) {
    case 0:
      return in.number<double>();
    case 1:
      return in.number<std::int64_t>();
    case 2:
      return in.number<std::uint8_t>() != 0;
    case 3:
      return in.text();
    default:
      throw std::runtime_error("a parameter of a trial has an unknown type");
  }
}

std::string payload_problem(Outcome const& outcome, ArrayValues values) {
  auto problem = name_problem("series", outcome.series);
  if (problem.empty()) problem = name_problem("array", outcome.arrays);
  for (auto const& array : outcome.arrays) {
    if (problem.empty()) problem = shape_problem(array, values);
  }
  return problem;
}

void encode(TrialRecord const& record, Bytes& bytes) {
  ByteWriter out(bytes);
  out.number(record.id);
  out.number(record.point);
  out.number(record.replicate);
  out.number(record.seed);
  out.number(record.budget);
  out.number(record.parent);
  out.number(static_cast<std::uint32_t>(record.searched.size()));
  for (auto const& value : record.searched) encode(value, out);
  encode_outcome(record.outcome, out);
  out.number(record.timing.rank);
  out.number(record.timing.attempt);
  out.number(record.timing.start_s);
  out.number(record.timing.seconds);
}

TrialRecord decode_trial_record(std::span<std::byte const>& bytes) {
  ByteReader in(bytes);
  TrialRecord record;
  record.id = in.number<std::uint64_t>();
  record.point = in.number<std::uint64_t>();
  record.replicate = in.number<std::uint32_t>();
  record.seed = in.number<std::uint64_t>();
  record.budget = in.number<double>();
  record.parent = in.number<std::int64_t>();
  record.searched.resize(in.count(2));
  for (auto& value : record.searched) value = decode_parameter(in);
  record.outcome = decode_outcome(in);
  record.timing.rank = in.number<std::int32_t>();
  record.timing.attempt = in.number<std::uint32_t>();
  record.timing.start_s = in.number<double>();
  record.timing.seconds = in.number<double>();
  return record;
}

}  // namespace engram
