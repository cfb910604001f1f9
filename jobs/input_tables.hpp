#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/communicator.hpp"
#include "experiments/inputs.hpp"

namespace engram {

/// Reads a table of numbers.
///
/// Text (.csv, .tsv, .txt, …): one row a line, cells separated by commas, semicolons, tabs or
/// spaces; lines that begin with # are skipped; the first row holds the names unless all of it is
/// numbers, which names the columns column_1, column_2, …. HDF5 (by its signature): the
/// one-dimensional datasets of one length in the root group, or in the group named after a colon
/// (recording.h5:/session1).
///
/// Throws UserError in one sentence: file, line, column, what was expected.
Table read_table(std::string const& path);

/// The cells of a line, as `read_table` separates them.
std::vector<std::string_view> cells_of(std::string_view line);

/// "309 rows, CRC32C 1a2b3c4d": what makes two tables the same input of a study.
std::string digest(Table const& table);

void encode(Inputs const& inputs, Bytes& out);
Inputs decode_inputs(std::span<std::byte const>& in);

}  // namespace engram
