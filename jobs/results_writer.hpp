#pragma once

#include <filesystem>

#include "jobs/journal.hpp"
#include "jobs/trial_table.hpp"

namespace engram {

/// Writes the results file whole, from the table and from what the journal, the side files and the
/// present results file hold of its rows, under a temporary name; then it takes the place of the
/// present one. Throws StorageError; then the present one stays.
///
/// @param order    rows of `table` by id
/// @returns one sentence for each thing that was lost outside of engram (a side file was removed)
std::vector<std::string> write_results_file(std::filesystem::path const& path,
                                            TrialTable const& table,
                                            std::vector<std::uint32_t> const& order,
                                            Journal& journal);

}  // namespace engram
