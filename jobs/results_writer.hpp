#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "jobs/trial_table.hpp"

namespace engram {

/// Writes the results file whole, from the table and from what the journals, the side files and the
/// present results file hold of its rows, under a temporary name; then it takes the place of the
/// present one. Throws StorageError; then the present one stays.
///
/// Arrays whose side files are gone or damaged are left out; then the warnings of their rows say
/// so, and the file is not marked as finished.
///
/// @param order     rows of `table` by id
/// @param ready     called before it takes that place, with how many arrays were left out; if it
///                  throws, the present one stays
/// @param warnings  gets one sentence for each array that was not known to be lost
/// @returns how many arrays were left out
std::size_t write_results_file(std::filesystem::path const& path, TrialTable& table,
                               std::vector<std::uint32_t> const& order,
                               RecordReader const& journals,
                               std::function<void(std::size_t)> const& ready,
                               std::vector<std::string>& warnings);

}  // namespace engram
