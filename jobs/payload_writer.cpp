#include "jobs/payload_writer.hpp"

#include <map>
#include <memory>

#include "jobs/hdf5_handle.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_store.hpp"
#include "jobs/trial_record.hpp"

namespace engram {
namespace {

using hdf5::block_bytes;
using hdf5::describe;
using hdf5::Layout;
using Order = std::vector<std::uint32_t>;

constexpr hsize_t chunk_size = 8192;  ///< elements of 8 bytes

void write_array(hid_t parent, Array const& array) {
  if (array.values.size() != num_values(array)) {
    throw std::logic_error("array '" + array.name + "' has " + std::to_string(array.values.size()) +
                           " values, but its shape says " + std::to_string(num_values(array)));
  }
  auto const layout = array.shape.empty() ? Layout::contiguous
                                          : hdf5::layout_for(array.values.size() * sizeof(double));
  auto dataset = hdf5::create_dataset(parent, array.name, H5T_NATIVE_DOUBLE,
                                      {array.shape.begin(), array.shape.end()}, layout, chunk_size);
  hdf5::check(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                       array.values.data()));
  dataset.close();
}

/// The curves of one name: values of all rows in a row, small ones contiguous, large ones chunked
/// and compressed as they come.
class SeriesWriter {
 public:
  SeriesWriter(hid_t parent, std::string const& name) : group_(hdf5::create_group(parent, name)) {}

  void append(std::size_t row, std::vector<double> const& values) {
    offsets_.resize(row + 1, num_values_);
    num_values_ += values.size();
    buffer_.insert(buffer_.end(), values.begin(), values.end());
    if (buffer_.size() * sizeof(double) >= block_bytes) flush();
  }

  void close(std::size_t num_rows) {
    offsets_.resize(num_rows + 1, num_values_);
    if (dataset_ || hdf5::layout_for(buffer_.size() * sizeof(double)) == Layout::compressed) {
      flush();
    } else {
      dataset_ = hdf5::create_dataset(group_.get(), "values", H5T_NATIVE_DOUBLE, {buffer_.size()},
                                      Layout::contiguous);
      hdf5::write_range(dataset_, H5T_NATIVE_DOUBLE, 0, buffer_.size(), buffer_.data());
    }
    describe(dataset_, "", "curves of all trials, one behind the other");
    dataset_.close();
    auto offsets =
        hdf5::create_dataset(group_.get(), "offsets", H5T_NATIVE_UINT64, {offsets_.size()},
                             hdf5::layout_for(offsets_.size() * sizeof(std::uint64_t)), chunk_size);
    hdf5::write_range(offsets, H5T_NATIVE_UINT64, 0, offsets_.size(), offsets_.data());
    describe(offsets, "", "row i of /trials has values[offsets[i]] to values[offsets[i + 1] - 1]");
    offsets.close();
    group_.close();
  }

 private:
  void flush() {
    if (!dataset_) {
      dataset_ = hdf5::create_dataset(group_.get(), "values", H5T_NATIVE_DOUBLE, {0},
                                      Layout::compressed, chunk_size);
    }
    hsize_t const size = num_written_ + buffer_.size();
    hdf5::check(H5Dset_extent(dataset_.get(), &size));
    hdf5::write_range(dataset_, H5T_NATIVE_DOUBLE, num_written_, buffer_.size(), buffer_.data());
    num_written_ = size;
    buffer_.clear();
  }

  hdf5::Group group_;
  hdf5::Dataset dataset_;
  std::vector<std::uint64_t> offsets_;
  std::vector<double> buffer_;
  std::uint64_t num_values_ = 0;
  hsize_t num_written_ = 0;
};

/// The present results file, as a source of series and arrays of rows that the journal lacks.
class OldResults {
 public:
  explicit OldResults(std::filesystem::path const& path) : file_(hdf5::open_file(path)) {
    if (hdf5::has_link(file_.get(), "arrays")) arrays_ = hdf5::open_group(file_.get(), "arrays");
    if (!hdf5::has_link(file_.get(), "series")) return;
    auto const group = hdf5::open_group(file_.get(), "series");
    for (auto const& name : hdf5::link_names(group.get())) {
      auto const one = hdf5::open_group(group.get(), name);
      hdf5::Dataset const offsets(H5Dopen2(one.get(), "offsets", H5P_DEFAULT));
      Source source{name, {}, hdf5::Dataset(H5Dopen2(one.get(), "values", H5P_DEFAULT))};
      source.offsets.resize(hdf5::shape_of(offsets).at(0));
      hdf5::read_range(offsets, H5T_NATIVE_UINT64, 0, source.offsets.size(), source.offsets.data());
      sources_.push_back(std::move(source));
    }
  }

  std::vector<Series> series(std::uint64_t row) const {
    std::vector<Series> result;
    for (auto const& source : sources_) {
      auto const first = source.offsets.at(row), last = source.offsets.at(row + 1);
      if (first == last) continue;
      Series series{source.name, std::vector<double>(last - first)};
      hdf5::read_range(source.values, H5T_NATIVE_DOUBLE, first, last - first, series.values.data());
      result.push_back(std::move(series));
    }
    return result;
  }

  void copy_arrays(std::uint64_t id, hid_t target) const {
    auto const name = std::to_string(id);
    if (!arrays_ || !hdf5::has_link(arrays_.get(), name)) return;
    hdf5::check(
        H5Ocopy(arrays_.get(), name.c_str(), target, name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  }

 private:
  struct Source {
    std::string name;
    std::vector<std::uint64_t> offsets;
    hdf5::Dataset values;
  };

  hdf5::File file_;
  hdf5::Group arrays_;
  std::vector<Source> sources_;
};

/// Writes /series and /arrays, row by row.
class PayloadWriter {
 public:
  PayloadWriter(hdf5::OutputFile const& file, std::filesystem::path const& path,
                RecordReader const& journals)
      : file_(file),
        path_(path),
        journals_(journals),
        series_(hdf5::create_group(file.get(), "series")),
        arrays_(hdf5::create_group(file.get(), "arrays")) {}

  void write(TrialTable const& table, Order const& order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto const source = table.source(order[i]);
      if (source.kind == RowSource::Kind::journal)
        from_journal(i, order[i], table.results().id[order[i]], source);
      if (source.kind == RowSource::Kind::results_file) {
        from_old_results(i, table.results().id[order[i]], source.position);
      }
      file_.check_writes();
    }
    for (auto& [name, writer] : writers_) writer.close(order.size());
    series_.close();
    arrays_.close();
  }

  std::vector<LostArray> const& losses() const { return losses_; }

 private:
  void append(std::size_t row, std::vector<Series> const& series) {
    for (auto const& one : series) {
      if (one.values.empty()) continue;
      auto found = writers_.find(one.name);
      if (found == writers_.end()) {
        found = writers_.try_emplace(one.name, series_.get(), one.name).first;
      }
      found->second.append(row, one.values);
    }
  }

  void from_journal(std::size_t row, std::uint32_t table_row, std::uint64_t id, RowSource source) {
    auto const payload = journals_(source);
    std::span<std::byte const> bytes(payload);
    auto const record = decode_trial_record(bytes);
    if (record.id != id)
      throw StorageError("the journals of " + path_.string() +
                         " were written anew while they were read; run again to continue");
    append(row, record.outcome.series);
    if (record.outcome.arrays.empty()) return;
    auto group = hdf5::create_group(arrays_.get(), std::to_string(record.id));
    for (auto const& array : record.outcome.arrays) {
      copy_array(group.get(), record, array, table_row);
    }
    group.close();
  }

  /// From the record itself or, if it has the shape only, from the trial's side file.
  void copy_array(hid_t group, TrialRecord const& record, Array const& array,
                  std::uint32_t table_row) {
    if (!is_in_side_file(array)) return write_array(group, array);
    auto const path = side_file(path_, record.id, record.timing.attempt);
    try {
      auto const file = hdf5::open_file(path);
      hdf5::check(H5Ocopy(file.get(), array.name.c_str(), group, array.name.c_str(), H5P_DEFAULT,
                          H5P_DEFAULT));
    } catch (hdf5::Error const& error) {
      file_.check_writes();
      losses_.push_back({table_row, array.name,
                         "array '" + array.name + "' of trial " + std::to_string(record.id) +
                             " is lost: cannot read " + path.string() + " (" + error.what() + ")"});
    }
  }

  void from_old_results(std::size_t row, std::uint64_t id, std::uint64_t old_row) {
    if (!old_) old_ = std::make_unique<OldResults>(path_);
    append(row, old_->series(old_row));
    old_->copy_arrays(id, arrays_.get());
  }

  hdf5::OutputFile const& file_;
  std::filesystem::path const& path_;
  RecordReader const& journals_;
  hdf5::Group series_, arrays_;
  std::map<std::string, SeriesWriter> writers_;
  std::unique_ptr<OldResults> old_;
  std::vector<LostArray> losses_;
};

}  // namespace

std::vector<LostArray> write_payloads(hdf5::OutputFile const& file,
                                      std::filesystem::path const& path, TrialTable const& table,
                                      Order const& order, RecordReader const& journals) {
  PayloadWriter writer(file, path, journals);
  writer.write(table, order);
  return writer.losses();
}

void write_side_file(std::filesystem::path const& results, std::uint64_t trial,
                     std::uint32_t attempt, std::vector<Array> const& arrays) {
  create_folder(side_folder(results));
  hdf5::write_file(side_file(results, trial, attempt), [&](hdf5::OutputFile const& file) {
    for (auto const& array : arrays) {
      write_array(file.get(), array);
      file.check_writes();
    }
  });
}

}  // namespace engram
