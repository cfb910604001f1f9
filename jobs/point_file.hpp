#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "experiments/parameter.hpp"
#include "jobs/searcher.hpp"

namespace engram {

/// A file of points as it was read. Text: the first row names the parameters of the space, each
/// once, in any order; then a row a point. Cells are separated as in tables of numbers
/// (jobs/input_tables.hpp) and written as in study files; lines that begin with # are skipped.
struct PointFile {
  std::string origin;  ///< the file, for messages
  std::string text;
};

/// By the key that names the file, "study.first_points".
using PointFiles = std::map<std::string, PointFile>;

/// Gives the file that a key names: reads it, or has it from another rank.
using PointFileReader =
    std::function<PointFile(std::string const& key, std::string const& file_name)>;

/// @param file_name  as given, or else relative to `folder`
/// Throws UserError if it can't be read or is larger than 64 MiB.
PointFile read_point_file(std::string const& file_name, std::filesystem::path const& folder);

/// The points, in their order; parameters that their conditions switch off have their fixed value,
/// and may have an empty cell. Throws UserError: file, line, column, what was expected.
/// @param specs   of the experiment
/// @param admits  the study's constraints; empty: none
std::vector<Point> parse_points(PointFile const& file, SearchSpace const& space,
                                std::vector<ParameterSpec> const& specs,
                                std::function<bool(Point const&)> const& admits = {});

/// "12 points, CRC32C 1a2b3c4d", of the values: what makes two files the same part of a study.
std::string digest(std::vector<Point> const& points);

void encode(PointFiles const& files, Bytes& out);
PointFiles decode_point_files(std::span<std::byte const>& in);

}  // namespace engram
