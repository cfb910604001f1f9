#include "jobs/results_file.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "jobs/hdf5_handle.hpp"
#include "jobs/results_schema.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

using namespace engram::testing;

template <class T>
std::vector<T> const& values(Column const& column) {
  return std::get<std::vector<T>>(column.values);
}

struct SeriesData {
  std::string name;
  std::vector<std::uint64_t> offsets;
  std::vector<double> values;
};

/// The group /series of a results file.
std::vector<SeriesData> read_series(std::filesystem::path const& path) {
  hdf5::Session const session;
  auto const file = hdf5::open_file(path);
  auto const group = hdf5::open_group(file.get(), "series");
  std::vector<SeriesData> result;
  for (auto const& name : hdf5::link_names(group.get())) {
    auto const one = hdf5::open_group(group.get(), name);
    hdf5::Dataset const offsets(H5Dopen2(one.get(), "offsets", H5P_DEFAULT));
    hdf5::Dataset const values(H5Dopen2(one.get(), "values", H5P_DEFAULT));
    auto& data = result.emplace_back();
    data.name = name;
    data.offsets.resize(hdf5::shape_of(offsets).at(0));
    data.values.resize(hdf5::shape_of(values).at(0));
    hdf5::read_range(offsets, H5T_NATIVE_UINT64, 0, data.offsets.size(), data.offsets.data());
    hdf5::read_range(values, H5T_NATIVE_DOUBLE, 0, data.values.size(), data.values.data());
  }
  return result;
}

/// Rows of `results` against the records that they came from.
void expect_records(Results const& results) {
  ASSERT_EQ(results.parameters.size(), 4u);
  ASSERT_EQ(results.metrics.size(), 2u);
  for (std::size_t i = 0; i < results.num_rows(); ++i) {
    auto const record = make_record(results.id[i]);
    EXPECT_EQ(results.point[i], record.point);
    EXPECT_EQ(results.seeds[i], record.seed);
    EXPECT_EQ(results.budget[i], 1.0);
    EXPECT_EQ(results.status[i], record.outcome.status);
    EXPECT_EQ(results.reason[i], record.outcome.reason);
    EXPECT_EQ(results.warnings[i], record.outcome.warnings.empty() ? "" : "slow; odd");
    EXPECT_EQ(ParameterValue(values<double>(results.parameters[0])[i]), record.searched[0]);
    EXPECT_EQ(ParameterValue(values<std::int64_t>(results.parameters[1])[i]), record.searched[1]);
    EXPECT_EQ(ParameterValue(values<std::uint8_t>(results.parameters[2])[i] != 0),
              record.searched[2]);
    EXPECT_EQ(ParameterValue(values<std::string>(results.parameters[3])[i]), record.searched[3]);
    for (std::size_t m = 0; m < 2; ++m) {
      auto const metric = values<double>(results.metrics[m])[i];
      if (record.outcome.metrics.empty()) {
        EXPECT_TRUE(std::isnan(metric));
      } else {
        EXPECT_EQ(metric, record.outcome.metrics[m]);
      }
    }
    EXPECT_EQ(results.rank[i], record.timing.rank);
    EXPECT_EQ(results.seconds[i], 0.25);
  }
}

void expect_series(std::filesystem::path const& path) {
  auto const results = read_results(path);
  auto const all = read_series(path);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "error");
  EXPECT_EQ(all[1].name, "spikes");
  ASSERT_EQ(all[0].offsets.size(), results.num_rows() + 1);
  ASSERT_EQ(all[1].offsets.size(), results.num_rows() + 1);
  for (std::size_t i = 0; i < results.num_rows(); ++i) {
    auto const record = make_record(results.id[i]);
    for (std::size_t s = 0; s < 2; ++s) {
      auto const& data = all[s];
      std::vector<double> const row(data.values.begin() + static_cast<long>(data.offsets[i]),
                                    data.values.begin() + static_cast<long>(data.offsets[i + 1]));
      auto const& series = record.outcome.series;
      EXPECT_EQ(row, series.empty() ? std::vector<double>{} : series[s].values);
    }
  }
}

TEST(ResultsFile, HoldsTheStudyAndItsRecords) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5", 25);
  run_all(study);
  auto const results = read_results(study.output);
  EXPECT_EQ(results.study_name, "stored_study");
  EXPECT_EQ(results.experiment, "stored");
  EXPECT_EQ(results.objective, "nrmse");
  EXPECT_EQ(results.direction, Direction::minimise);
  EXPECT_EQ(results.config, study.to_ini());
  EXPECT_EQ(results.seed, 7u);
  EXPECT_EQ(results.num_trials_planned, 25u);
  EXPECT_TRUE(results.finished);
  EXPECT_EQ(results.provenance.at("host"), "a");
  EXPECT_EQ(results.parameters[0].name, "leak");
  EXPECT_EQ(results.parameters[0].unit, "1/s");
  EXPECT_EQ(results.parameters[0].meaning, "leak rate");
  EXPECT_EQ(results.metrics[1].name, "rate");
  EXPECT_EQ(results.metrics[1].direction, Direction::maximise);
  EXPECT_EQ(results.num_rows(), 25u);
  expect_records(results);
  expect_series(study.output);
}

TEST(ResultsFile, JournalBeyondTheFileIsReadAndATornTailIgnored) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5", 25);
  ResultsStore store(study, OpenMode::create_or_continue, {{"host", "a"}});
  for (std::uint64_t id = 10; id < 16; ++id) append_trial(store, study, id);
  store.sync();
  EXPECT_EQ(read_results(study.output).num_rows(), 6u);  // no results file yet
  store.write_results(false);
  for (std::uint64_t id = 0; id < 10; ++id) append_trial(store, study, id);
  store.sync();
  auto const journal = journal_path(study.output);
  write_bytes(journal, file_bytes(journal) + "torn");
  auto const before = folder_contents(folder.path());
  auto const results = read_results(study.output);
  EXPECT_EQ(folder_contents(folder.path()), before);
  EXPECT_EQ(results.num_rows(), 16u);
  EXPECT_EQ(results.id[10], 10u);
  EXPECT_FALSE(results.finished);
  EXPECT_EQ(results.provenance.at("host"), "a");
  expect_records(results);
  store.write_results(false);
  expect_series(study.output);
}

TEST(ResultsFile, LongAndBrokenTextIsMadePrintable) {
  EXPECT_EQ(printable_text("a\xce\xb8"), "a\xce\xb8");
  EXPECT_EQ(printable_text(std::string_view("a\0b\xff\xce", 5)), "a?b??");
  EXPECT_EQ(printable_text("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(printable_text(std::string(5000, 'x')).size(), 1000u);
  std::string thetas;
  while (thetas.size() < 1001) thetas += "\xe2\x82\xac";
  EXPECT_EQ(printable_text(thetas).size(), 999u);  // no half letter
}

TEST(ResultsFile, LargeSeriesAndTextsSurviveARewrite) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5", 300);
  auto const record_of = [](std::uint64_t id) {
    TrialRecord record = make_record(1);
    record.id = id;
    record.outcome.warnings = {std::string(900, static_cast<char>('a' + id % 26))};
    record.outcome.series = {{"curve", std::vector<double>(1000, static_cast<double>(id))}};
    return record;
  };
  for (auto const half : {0, 150}) {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (std::uint64_t i = 0; i < 150; ++i) store.append(record_of(half + i));
    store.write_results(half != 0);
  }
  auto const results = read_results(study.output);
  auto const series = read_series(study.output);
  ASSERT_EQ(results.num_rows(), 300u);
  ASSERT_EQ(series.at(0).values.size(), 300'000u);
  for (std::uint64_t id = 0; id < 300; ++id) {
    EXPECT_EQ(results.warnings[id][899], static_cast<char>('a' + id % 26));
    EXPECT_EQ(series[0].values[id * 1000 + 999], static_cast<double>(id));
  }
}

TEST(ResultsFile, MissingFileIsAUserError) {
  TemporaryFolder const folder;
  EXPECT_THROW(read_results(folder / "none.h5"), UserError);
  write_bytes(folder / "text.h5", "text");
  EXPECT_THROW(read_results(folder / "text.h5"), UserError);
  EXPECT_THROW(read_results(folder.path()), UserError);
}

}  // namespace
}  // namespace engram
