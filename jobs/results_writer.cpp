#include "jobs/results_writer.hpp"

#include <algorithm>

#include "jobs/hdf5_handle.hpp"
#include "jobs/hdf5_output.hpp"
#include "jobs/payload_writer.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

using hdf5::Layout;
using Order = std::vector<std::uint32_t>;

using hdf5::block_bytes;
using hdf5::describe;

std::string direction_name(Direction direction) {
  switch (direction) {
    case Direction::minimise:
      return "minimise";
    case Direction::maximise:
      return "maximise";
    default:
      return "none";
  }
}

/// Writes /trials and /timing: one dataset a column, rows in order.
class ColumnWriter {
 public:
  ColumnWriter(hdf5::OutputFile const& file, Order const& order) : file_(file), order_(order) {}

  template <class T>
  hdf5::Dataset numbers(hid_t group, std::string const& name, std::vector<T> const& values) const {
    return elements<T>(group, name, values, hdf5::native_type<T>());
  }

  hdf5::Dataset booleans(hid_t group, std::string const& name,
                         std::vector<std::uint8_t> const& values) const {
    return elements<std::uint8_t>(group, name, values, hdf5::boolean_type().get());
  }

  hdf5::Dataset statuses(hid_t group, std::string const& name,
                         std::vector<Status> const& values) const {
    return elements<Status>(group, name, values, hdf5::status_type().get());
  }

  /// Fixed-length text as long as the longest row, which every tool reads.
  hdf5::Dataset texts(hid_t group, std::string const& name,
                      std::vector<std::string> const& values) const {
    std::size_t width = 1;
    for (auto const row : order_) width = std::max(width, values[row].size());
    auto const type = hdf5::text_type(width);
    auto const rows_per_block = std::max<std::size_t>(1, block_bytes / width);
    auto dataset = hdf5::create_dataset(group, name, type.get(), {order_.size()},
                                        hdf5::layout_for(width * order_.size()), rows_per_block);
    std::vector<char> block;
    for (std::size_t first = 0; first < order_.size(); first += rows_per_block) {
      auto const count = std::min(rows_per_block, order_.size() - first);
      block.assign(count * width, '\0');
      for (std::size_t i = 0; i < count; ++i) {
        auto const& text = values[order_[first + i]];
        std::copy(text.begin(), text.end(), block.begin() + static_cast<long>(i * width));
      }
      hdf5::write_range(dataset, type.get(), first, count, block.data());
      file_.check_writes();
    }
    return dataset;
  }

  void column(hid_t group, Column const& column, bool is_metric) const {
    auto dataset = values_of(group, column);
    describe(dataset, column.unit, column.meaning);
    if (is_metric) {
      hdf5::write_attribute(dataset.get(), "direction", direction_name(column.direction));
    }
    dataset.close();
  }

 private:
  template <class T>
  hdf5::Dataset elements(hid_t group, std::string const& name, std::vector<T> const& values,
                         hid_t type) const {
    std::vector<T> sorted;
    sorted.reserve(order_.size());
    for (auto const row : order_) sorted.push_back(values[row]);
    auto dataset = hdf5::create_dataset(group, name, type, {order_.size()}, Layout::contiguous);
    hdf5::write_range(dataset, type, 0, sorted.size(), sorted.data());
    file_.check_writes();
    return dataset;
  }

  hdf5::Dataset values_of(hid_t group, Column const& column) const {
    switch (column.values.index()) {
      case 0:
        return numbers(group, column.name, std::get<0>(column.values));
      case 1:
        return numbers(group, column.name, std::get<1>(column.values));
      case 2:
        return booleans(group, column.name, std::get<2>(column.values));
      default:
        return texts(group, column.name, std::get<3>(column.values));
    }
  }

  hdf5::OutputFile const& file_;
  Order const& order_;
};

void write_trials(hdf5::OutputFile const& file, Results const& results, Order const& order) {
  ColumnWriter const writer(file, order);
  auto const put = [](hdf5::Dataset dataset, std::string const& description) {
    describe(dataset, "", description);
    dataset.close();
  };
  auto trials = hdf5::create_group(file.get(), "trials");
  hid_t const group = trials.get();
  put(writer.numbers(group, "id", results.id), "trial: point * replicates + replicate");
  put(writer.numbers(group, "point", results.point), "point of the search space, by order asked");
  put(writer.numbers(group, "replicate", results.replicate), "replicate of the point");
  put(writer.numbers(group, "seed", results.seeds), "seed of the trial's random numbers");
  put(writer.numbers(group, "budget", results.budget), "share of the full effort");
  put(writer.numbers(group, "parent", results.parent),
      "the trial whose state it went on from; -1: none");
  put(writer.statuses(group, "status", results.status), "how the trial ended");
  put(writer.texts(group, "reason", results.reason), "why the trial did not complete");
  put(writer.texts(group, "warnings", results.warnings), "what the trial warned of");
  auto parameters = hdf5::create_group(group, "param");
  for (auto const& column : results.parameters) writer.column(parameters.get(), column, false);
  auto metrics = hdf5::create_group(group, "metric");
  for (auto const& column : results.metrics) writer.column(metrics.get(), column, true);
  parameters.close();
  metrics.close();
  trials.close();
}

void write_timing(hdf5::OutputFile const& file, Results const& results, Order const& order) {
  ColumnWriter const writer(file, order);
  auto const put = [](hdf5::Dataset dataset, std::string const& unit,
                      std::string const& description) {
    describe(dataset, unit, description);
    dataset.close();
  };
  auto timing = hdf5::create_group(file.get(), "timing");
  hid_t const group = timing.get();
  put(writer.numbers(group, "rank", results.rank), "1", "MPI rank that evaluated the trial");
  put(writer.numbers(group, "attempt", results.attempt), "1", "attempts before this one");
  put(writer.numbers(group, "start", results.start_s), "s", "start of the trial since the epoch");
  put(writer.numbers(group, "seconds", results.seconds), "s",
      "duration of the trial, or its share of a batch");
  timing.close();
}

void write_root(hdf5::OutputFile const& file, Results const& results) {
  hid_t const root = file.get();
  hdf5::write_attribute(root, "schema_version", std::uint64_t{results_schema_version});
  hdf5::write_attribute(root, "study", results.study_name);
  hdf5::write_attribute(root, "experiment", results.experiment);
  hdf5::write_attribute(root, "seed", results.seed);
  hdf5::write_attribute(root, "objective", results.objective);
  hdf5::write_attribute(root, "direction", direction_name(results.direction));
  hdf5::write_attribute(root, "replicates", results.replicates);
  hdf5::write_attribute(root, "num_trials_planned", results.num_trials_planned);
  hdf5::write_attribute(root, "finished", results.finished);
  if (!results.stopped_by.empty()) hdf5::write_attribute(root, "stopped_by", results.stopped_by);
  hdf5::write_text(root, "config", results.config);
  auto provenance = hdf5::create_group(root, "provenance");
  for (auto const& [key, value] : results.provenance) {
    hdf5::write_attribute(provenance.get(), key, value);
  }
  provenance.close();
}

}  // namespace

std::size_t write_results_file(std::filesystem::path const& path, TrialTable& table,
                               Order const& order, RecordReader const& journals,
                               std::function<void(std::size_t)> const& ready,
                               std::vector<std::string>& warnings) {
  std::size_t num_lost = 0;
  hdf5::write_file(path, [&](hdf5::OutputFile const& file) {
    auto const losses = write_payloads(file, path, table, order, journals);
    for (auto const& loss : losses) {
      if (table.mark_lost(loss.row, loss.name)) warnings.push_back(loss.message);
    }
    num_lost = losses.size();
    if (num_lost > 0) table.header().finished = false;
    write_root(file, table.results());
    write_trials(file, table.results(), order);
    write_timing(file, table.results(), order);
    if (ready) ready(num_lost);
  });
  return num_lost;
}

}  // namespace engram
