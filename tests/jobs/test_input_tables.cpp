#include "jobs/input_tables.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "jobs/hdf5_handle.hpp"
#include "jobs/study.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

using testing::TemporaryFolder;
using testing::write_bytes;
using Names = std::vector<std::string>;
using Column = std::vector<double>;

/// Reads a text file of this content.
class InputTables : public ::testing::Test {
 protected:
  std::string path(std::string const& name = "table.csv") const {
    return (folder_ / name).string();
  }

  Table read(std::string const& content) const {
    write_bytes(path(), content);
    return read_table(path());
  }

  /// What is said of a file of this content, without the folder's name.
  std::string refusal(std::string const& content) const {
    write_bytes(path(), content);
    return refusal_of(path());
  }

  std::string refusal_of(std::string const& file) const {
    try {
      read_table(file);
    } catch (UserError const& error) {
      std::string const message = error.what(), prefix = folder_.path().string() + "/";
      EXPECT_TRUE(message.starts_with(prefix)) << message;
      EXPECT_EQ(message.find('\n'), message.npos) << message;
      return message.substr(std::min(prefix.size(), message.size()));
    }
    return "accepted";
  }

  /// recording.h5: rate (integers) and time in the root, and voltage and current in /session1,
  /// beside what is no column.
  std::string write_hdf5() const {
    auto const file = path("recording.h5");
    hdf5::Session const session;
    hdf5::File const h5(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    write(h5.get(), "rate", {3}, {7, 8, 9}, H5T_STD_I32LE);
    write(h5.get(), "time", {3}, {0, 0.5, 1});
    write(h5.get(), "image", {2, 2}, {1, 2, 3, 4});
    write(h5.get(), "scalar", {}, {1});
    hdf5::write_text(h5.get(), "label", "a recording");
    auto const group = hdf5::create_group(h5.get(), "session1");
    write(group.get(), "voltage", {2}, {-65, -64.5});
    write(group.get(), "current", {2}, {0, 1e-3});
    auto const ragged = hdf5::create_group(h5.get(), "ragged");
    write(ragged.get(), "a", {2}, {1, 2});
    write(ragged.get(), "b", {3}, {1, 2, 3});
    hdf5::create_group(h5.get(), "empty");
    return file;
  }

  TemporaryFolder const folder_;

 private:
  static void write(hid_t parent, std::string const& name, std::vector<hsize_t> const& shape,
                    Column const& values, hid_t type = H5T_IEEE_F64LE) {
    hdf5::Space const space(
        shape.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
    hdf5::Dataset const dataset(
        H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    hdf5::check(
        H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  }
};

// --- text

TEST_F(InputTables, ReadsCommasWithNames) {
  auto const table = read("year,spots\n1700,5.0\n1701,-1.25e1\n");
  EXPECT_EQ(table.origin, path());
  EXPECT_EQ(table.names, (Names{"year", "spots"}));
  ASSERT_EQ(table.columns.size(), 2u);
  EXPECT_EQ(table.columns[0], (Column{1700, 1701}));
  EXPECT_EQ(table.columns[1], (Column{5, -12.5}));
}

TEST_F(InputTables, NumbersColumnsWithoutNames) {
  auto const table = read("1700,5\n1701,11\n");
  EXPECT_EQ(table.names, (Names{"column_1", "column_2"}));
  EXPECT_EQ(table.columns[0], (Column{1700, 1701}));
}

TEST_F(InputTables, AnyUsualSeparatorGivesTheSameTable) {
  Names const names = {"year", "spots"};
  for (std::string const text :
       {"year,spots\n1700,5\n1701,11\n", "year;spots\n1700;5\n1701;11\n",
        "year\tspots\n1700\t5\n1701\t11\n", "year spots\n1700 5\n1701   11\n",
        "year, spots\n 1700 , 5 \n1701,\t11\n", "  year  spots\n  1700     5\n  1701    11",
        "\"year\",\"spots\"\n\"1700\",5\n1701,\"11\"\n", "\"year\" \"spots\"\n1700 5\n1701 11\n",
        "year,spots\r\n1700,5\r\n1701,11\r\n", "year spots\r\n1700 5\r\n1701 11\r\n",
        "\xef\xbb\xbfyear,spots\n1700,5\n1701,11\n",
        "# from a site\n\nyear,spots\n# a remark\n1700,5\n\n  # another\n1701,11\n\n"}) {
    auto const table = read(text);
    ASSERT_EQ(table.names, names) << text;
    EXPECT_EQ(table.columns[0], (Column{1700, 1701})) << text;
    EXPECT_EQ(table.columns[1], (Column{5, 11})) << text;
  }
}

TEST_F(InputTables, ReadsOneColumn) {
  EXPECT_EQ(read("1\n2\n3").columns, (std::vector<Column>{{1, 2, 3}}));
  auto const table = read("\"spots\"\n4\n");
  EXPECT_EQ(table.names, Names{"spots"});
  EXPECT_EQ(table.columns[0], Column{4});
}

TEST_F(InputTables, KeepsTheFirstRowAfterAByteOrderMark) {
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "1700,5\n1701,11\n")
                .num_rows(),
            2u);
}

TEST_F(InputTables, RefusesRaggedRows) {
  EXPECT_EQ(refusal("year,spots\n1700,5\n# remark\n1701\n"),
            "table.csv:4: expected 2 cells, got 1");
  EXPECT_EQ(refusal("1700,5\n1701,11,\n"), "table.csv:2: expected 2 cells, got 3");
  EXPECT_EQ(refusal("a;b\n1,5;2,5\n"), "table.csv:2: expected 2 cells, got 3");
}

TEST_F(InputTables, RefusesWhatIsNoNumber) {
  EXPECT_EQ(refusal("year,spots\n1700,5\n1701,many\n"),
            "table.csv:3: column 'spots': expected a number, got 'many'");
  EXPECT_EQ(refusal("1700,5\n,11\n"), "table.csv:2: column 'column_1': expected a number, got ''");
  EXPECT_EQ(refusal("a\nnan\n"), "table.csv:2: column 'a': expected a number, got 'nan'");
  EXPECT_EQ(refusal("a\n1e999\n"), "table.csv:2: column 'a': expected a number, got '1e999'");
}

TEST_F(InputTables, RefusesFilesWithoutRows) {
  for (std::string const text : {"", "\n\n", "# remark\n", "year,spots\n"}) {
    EXPECT_EQ(refusal(text), "table.csv: expected a table of numbers, got no rows") << text;
  }
}

TEST_F(InputTables, RefusesFilesThatAreNotThere) {
  std::string const rest = ": expected a table of numbers, but there is no such file";
  EXPECT_EQ(refusal_of(path("absent.csv")), "absent.csv" + rest);
  EXPECT_EQ(refusal_of(path("absent.h5:/session1")), "absent.h5" + rest);
  std::filesystem::create_directory(path("folder"));
  EXPECT_EQ(refusal_of(path("folder")), "folder" + rest);
}

// --- HDF5

TEST_F(InputTables, ReadsTheColumnsOfAnHdf5File) {
  auto const table = read_table(write_hdf5());
  EXPECT_EQ(table.names, (Names{"rate", "time"}));
  EXPECT_EQ(table.columns, (std::vector<Column>{{7, 8, 9}, {0, 0.5, 1}}));
}

TEST_F(InputTables, ReadsTheColumnsOfAGroupInTheirOrder) {
  auto const table = read_table(write_hdf5() + ":/session1");
  EXPECT_EQ(table.names, (Names{"voltage", "current"}));
  EXPECT_EQ(table.columns, (std::vector<Column>{{-65, -64.5}, {0, 1e-3}}));
}

TEST_F(InputTables, KnowsHdf5ByItsContent) {
  std::filesystem::copy_file(write_hdf5(), path("recording.dat"));
  EXPECT_EQ(read_table(path("recording.dat")).num_rows(), 3u);
}

TEST_F(InputTables, RefusesHdf5GroupsThatAreNoTable) {
  auto const file = write_hdf5();
  EXPECT_EQ(refusal_of(file + ":/ragged"),
            "recording.h5: dataset 'b' has 3 values, but those before it have 2");
  EXPECT_EQ(refusal_of(file + ":/empty"),
            "recording.h5: group '/empty' has no one-dimensional datasets of numbers");
  auto const absent = refusal_of(file + ":/session2");
  EXPECT_TRUE(absent.starts_with("recording.h5: expected an HDF5 group '/session2' of columns: "))
      << absent;
}

TEST_F(InputTables, RefusesADamagedHdf5File) {
  auto const bytes = testing::file_bytes(write_hdf5());
  write_bytes(path("half.h5"), bytes.substr(0, bytes.size() / 2));
  auto const message = refusal_of(path("half.h5"));
  EXPECT_TRUE(message.starts_with("half.h5: expected an HDF5 group '/' of columns: ")) << message;
}

// --- digest and message between ranks

TEST(InputDigest, ChangesWithAnyValueNameOrOrder) {
  Table const table{"a.csv", {"x", "y"}, {{1, 2, 3}, {4, 5, 6}}};
  auto const before = digest(table);
  EXPECT_TRUE(before.starts_with("3 rows, CRC32C ")) << before;
  EXPECT_EQ(before.size(), std::string("3 rows, CRC32C 01234567").size());
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t row = 0; row < 3; ++row) {
      auto changed = table;
      changed.columns[i][row] = std::nextafter(changed.columns[i][row], 1e9);
      EXPECT_NE(digest(changed), before);
    }
    auto renamed = table;
    renamed.names[i] += "2";
    EXPECT_NE(digest(renamed), before);
  }
  EXPECT_NE(digest({"a.csv", {"x", "y"}, {{4, 5, 6}, {1, 2, 3}}}), before);
  EXPECT_EQ(digest({"elsewhere.csv", table.names, table.columns}), before);
}

TEST(InputMessage, ReadsBackWhatWasWritten) {
  Inputs inputs;
  inputs.set("series_file", {"a.csv", {"x", "y"}, {{1, 0.1}, {-0.0, 1e300}}});
  inputs.set("digits_file", {"b.h5:/g", {"z"}, {{}}});
  Bytes bytes;
  encode(inputs, bytes);
  std::span<std::byte const> rest = bytes;
  auto const back = decode_inputs(rest);
  EXPECT_TRUE(rest.empty());
  ASSERT_EQ(back.items().size(), 2u);
  for (auto const& [parameter, table] : inputs.items()) {
    EXPECT_EQ(back.at(parameter).origin, table->origin);
    EXPECT_EQ(back.at(parameter).names, table->names);
    EXPECT_EQ(back.at(parameter).columns, table->columns);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::span<std::byte const> cut = std::span(bytes).first(size);
    EXPECT_THROW(decode_inputs(cut), std::runtime_error) << size;
  }
  Bytes none;
  encode(Inputs(), none);
  rest = none;
  EXPECT_TRUE(decode_inputs(rest).items().empty());
}

// --- studies

class InputsOfStudies : public InputTables {
 protected:
  std::filesystem::path write_study(std::string const& series_file) const {
    write_bytes(folder_ / "study.ini",
                "[study]\nexperiment = reservoir_forecast\n"
                "[experiment]\ntask = series\nseries_file = " +
                    series_file +
                    "\ntime_column = year\nwashout = 0\ntrain = 1900:1903\ntest = 1904:1905\n");
    return folder_ / "study.ini";
  }

  void write_series(std::string const& last) const {
    std::filesystem::create_directories(folder_ / "data");
    write_bytes(folder_ / "data/series.csv",
                "year,x\n1900,1\n1901,3\n1902,2\n1903,5\n1904,4\n1905," + last + "\n");
  }
};

TEST_F(InputsOfStudies, AreFoundBesideTheStudy) {
  write_series("7");
  auto const study = read_study(write_study("data/series.csv"));
  auto const& table = study.inputs.at("series_file");
  EXPECT_EQ(table.origin, path("data/series.csv"));
  EXPECT_EQ(table.columns.at(1), (Column{1, 3, 2, 5, 4, 7}));
  ASSERT_EQ(study.input_digests.size(), 1u);
  EXPECT_EQ(study.input_digests[0], std::pair(std::string("series_file"), digest(table)));
  EXPECT_NO_THROW(read_study(write_study(path("data/series.csv"))));  // with its whole name
}

TEST_F(InputsOfStudies, AreNamedByTheCanonicalText) {
  write_series("7");
  auto const study = read_study(write_study("data/series.csv"));
  auto const text = study.to_ini();
  EXPECT_NE(text.find("[inputs]\nseries_file = " + study.input_digests[0].second), text.npos)
      << text;
  auto const back = parse_study(text, "elsewhere");
  EXPECT_EQ(back.input_digests, study.input_digests);
  EXPECT_EQ(back.to_ini(), text);
  EXPECT_TRUE(back.inputs.items().empty());
}

TEST_F(InputsOfStudies, OtherDataMakeAnotherStudy) {
  auto const file = write_study("data/series.csv");
  write_series("7");
  auto const first = read_study(file);
  write_series("7.0");
  EXPECT_EQ(differing_keys(first.to_ini(), read_study(file).to_ini()), Names{});
  write_series("8");
  auto const second = read_study(file);
  EXPECT_EQ(differing_keys(first.to_ini(), second.to_ini()),
            Names{"inputs.series_file: " + first.input_digests[0].second + " there, " +
                  second.input_digests[0].second + " here"});
}

TEST_F(InputsOfStudies, AreCheckedByTheExperiment) {
  write_series("4");  // no variance in the test years
  auto const file = write_study("data/series.csv");
  try {
    read_study(file);
    FAIL();
  } catch (UserError const& error) {
    EXPECT_EQ(std::string(error.what()),
              file.string() + ":5: experiment.series_file: " + path("data/series.csv") +
                  ": the series is constant in the range 'test', so that errors there can't be "
                  "normalised");
  }
  EXPECT_THROW(read_study(write_study("data/absent.csv")), UserError);
}

TEST_F(InputsOfStudies, AreTheOnesThatTheStudyAsksFor) {
  write_series("7");
  auto const file = write_study("data/series.csv");
  auto const digest = read_study(file).input_digests.at(0).second;
  auto const refusal = [&](std::vector<std::pair<std::string, std::string>> const& overrides) {
    try {
      read_study(file, overrides);
    } catch (UserError const& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal({{"inputs.series_file", digest}}), "accepted");
  auto const where = file.string() + ":5: experiment.series_file: ";
  EXPECT_EQ(refusal({{"inputs.series_file", "deadbeef"}}),
            where + "inputs.series_file: expected 'deadbeef', but " + path("data/series.csv") +
                " has '" + digest + "'");
  auto const unused = refusal({{"experiment.task", "narma10"},
                               {"experiment.series_file", ""},
                               {"inputs.series_file", digest}});
  EXPECT_NE(unused.find("inputs.series_file: expected no entry"), unused.npos) << unused;
}

TEST_F(InputsOfStudies, DigestsAreOfFileParametersOnly) {
  auto const parse = [](std::string const& key) {
    return parse_study("[study]\nexperiment = reservoir_forecast\n[inputs]\n" + key + " = x\n",
                       "s");
  };
  EXPECT_NO_THROW(parse("series_file"));
  EXPECT_THROW(parse("units"), UserError);
  EXPECT_THROW(parse("serie_file"), UserError);
}

}  // namespace
}  // namespace engram
