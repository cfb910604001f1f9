#include "jobs/results_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/error.hpp"
#include "jobs/file_system.hpp"
#include "jobs/hdf5_handle.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

using hdf5::block_bytes;

Direction direction_of(std::string const& name) {
  if (name == "minimise") return Direction::minimise;
  if (name == "maximise") return Direction::maximise;
  return Direction::none;
}

hdf5::Dataset open_dataset(hid_t parent, std::string const& name) {
  return hdf5::Dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
}

hsize_t length_of(hdf5::Dataset const& dataset) {
  auto const shape = hdf5::shape_of(dataset);
  if (shape.size() != 1) throw hdf5::Error("a column is not one-dimensional", 0);
  return shape[0];
}

template <class T>
std::vector<T> read_numbers(hdf5::Dataset const& dataset) {
  std::vector<T> values(length_of(dataset));
  hdf5::read_range(dataset, hdf5::native_type<T>(), 0, values.size(), values.data());
  return values;
}

template <class T>
std::vector<T> read_numbers(hid_t parent, std::string const& name) {
  return read_numbers<T>(open_dataset(parent, name));
}

/// Enumerations of one byte, which HDF5 does not convert to integers.
template <class T>
std::vector<T> read_enumeration(hdf5::Dataset const& dataset) {
  static_assert(sizeof(T) == 1);
  hdf5::Type const type(H5Dget_type(dataset.get()));
  if (H5Tget_size(type.get()) != 1) throw hdf5::Error("an enumeration has an unknown size", 0);
  std::vector<T> values(length_of(dataset));
  hdf5::read_range(dataset, type.get(), 0, values.size(), values.data());
  return values;
}

std::vector<std::string> read_texts(hdf5::Dataset const& dataset) {
  hdf5::Type const type(H5Dget_type(dataset.get()));
  std::size_t const width = H5Tget_size(type.get());
  if (hdf5::check(H5Tis_variable_str(type.get())) > 0 || width == 0) {
    throw hdf5::Error("a text column has no fixed length", 0);
  }
  auto const num_rows = length_of(dataset);
  auto const rows_per_block = std::max<std::size_t>(1, block_bytes / width);
  std::vector<std::string> texts;
  texts.reserve(num_rows);
  std::vector<char> block(std::min<std::size_t>(num_rows, rows_per_block) * width);
  for (hsize_t first = 0; first < num_rows; first += rows_per_block) {
    auto const count = std::min<hsize_t>(rows_per_block, num_rows - first);
    hdf5::read_range(dataset, type.get(), first, count, block.data());
    for (std::size_t i = 0; i < count; ++i) {
      char const* const text = block.data() + i * width;
      texts.emplace_back(text, ::strnlen(text, width));
    }
  }
  return texts;
}

std::vector<std::string> read_texts(hid_t parent, std::string const& name) {
  return read_texts(open_dataset(parent, name));
}

Column read_column(hid_t group, std::string const& name, bool is_metric) {
  auto const dataset = open_dataset(group, name);
  Column column;
  column.name = name;
  if (hdf5::check(H5Aexists(dataset.get(), "unit")) > 0) {
    column.unit = hdf5::read_text_attribute(dataset.get(), "unit");
  }
  column.meaning = hdf5::read_text_attribute(dataset.get(), "description");
  if (is_metric) {
    column.direction = direction_of(hdf5::read_text_attribute(dataset.get(), "direction"));
  }
  hdf5::Type const type(H5Dget_type(dataset.get()));
  switch (H5Tget_class(type.get())) {
    case H5T_FLOAT:
      column.values = read_numbers<double>(dataset);
      break;
    case H5T_INTEGER:
      column.values = read_numbers<std::int64_t>(dataset);
      break;
    case H5T_ENUM:
      column.values = read_enumeration<std::uint8_t>(dataset);
      break;
    default:
      column.values = read_texts(dataset);
  }
  return column;
}

std::vector<Column> read_columns(hid_t trials, std::string const& name, bool are_metrics) {
  auto const group = hdf5::open_group(trials, name);
  std::vector<Column> columns;
  for (auto const& column : hdf5::link_names(group.get())) {
    columns.push_back(read_column(group.get(), column, are_metrics));
  }
  return columns;
}

void read_root(hid_t root, Results& results) {
  results.study_name = hdf5::read_text_attribute(root, "study");
  results.experiment = hdf5::read_text_attribute(root, "experiment");
  results.seed = hdf5::read_integer_attribute(root, "seed");
  results.objective = hdf5::read_text_attribute(root, "objective");
  results.direction = direction_of(hdf5::read_text_attribute(root, "direction"));
  results.replicates = hdf5::read_integer_attribute(root, "replicates");
  results.num_trials_planned = hdf5::read_integer_attribute(root, "num_trials_planned");
  results.finished = hdf5::read_boolean_attribute(root, "finished");
  if (H5Aexists(root, "stopped_by") > 0)
    results.stopped_by = hdf5::read_text_attribute(root, "stopped_by");
  results.config = hdf5::read_text(root, "config");
  auto const provenance = hdf5::open_group(root, "provenance");
  for (auto const& key : hdf5::attribute_names(provenance.get())) {
    results.provenance[key] = hdf5::read_text_attribute(provenance.get(), key);
  }
}

void read_rows(hid_t root, Results& results) {
  auto const trials = hdf5::open_group(root, "trials");
  results.id = read_numbers<std::uint64_t>(trials.get(), "id");
  results.point = read_numbers<std::uint64_t>(trials.get(), "point");
  results.replicate = read_numbers<std::uint32_t>(trials.get(), "replicate");
  results.seeds = read_numbers<std::uint64_t>(trials.get(), "seed");
  results.budget = read_numbers<double>(trials.get(), "budget");
  results.parent = read_numbers<std::int64_t>(trials.get(), "parent");
  results.status = read_enumeration<Status>(open_dataset(trials.get(), "status"));
  results.reason = read_texts(trials.get(), "reason");
  results.warnings = read_texts(trials.get(), "warnings");
  results.parameters = read_columns(trials.get(), "param", false);
  results.metrics = read_columns(trials.get(), "metric", true);
  auto const timing = hdf5::open_group(root, "timing");
  results.rank = read_numbers<std::int32_t>(timing.get(), "rank");
  results.attempt = read_numbers<std::uint32_t>(timing.get(), "attempt");
  results.start_s = read_numbers<double>(timing.get(), "start");
  results.seconds = read_numbers<double>(timing.get(), "seconds");
}

/// Rows that later code relies on to be there.
bool is_consistent(Results const& results) {
  auto const n = results.num_rows();
  bool right_sizes = true;
  for_columns(results, [&](auto const& column) { right_sizes &= column.size() == n; });
  bool const ascending = std::adjacent_find(results.id.begin(), results.id.end(),
                                            std::greater_equal<>()) == results.id.end();
  return right_sizes && ascending;
}

hdf5::File open_results(std::filesystem::path const& path) {
  if (::access(path.c_str(), R_OK) != 0) {
    throw UserError("cannot read " + path.string() + ": " + std::generic_category().message(errno));
  }
  hdf5::File file;
  try {
    file = hdf5::open_file(path);
  } catch (hdf5::Error const&) {
  }
  hid_t const root = file.get();
  if (!file || H5Aexists(root, "schema_version") <= 0 || H5Aexists(root, "experiment") <= 0 ||
      !hdf5::has_link(root, "trials") || !hdf5::has_link(root, "config")) {
    throw UserError(path.string() +
                    " is not an engram results file; choose another one, or --overwrite it");
  }
  if (hdf5::read_integer_attribute(root, "schema_version") > results_schema_version) {
    throw UserError(path.string() +
                    " was written by a newer version of engram; use that version, or choose "
                    "another study.output");
  }
  return file;
}

}  // namespace

std::optional<Results> read_results_file(std::filesystem::path const& path) {
  if (!file_exists(path)) return std::nullopt;
  hdf5::Session const session;
  try {
    auto const file = open_results(path);
    Results results;
    read_root(file.get(), results);
    read_rows(file.get(), results);
    if (!is_consistent(results)) throw hdf5::Error("its columns do not fit together", 0);
    return results;
  } catch (hdf5::Error const& error) {
    throw UserError(path.string() + " is damaged (" + error.what() +
                    "); restore it, or --overwrite it");
  }
}

}  // namespace engram
