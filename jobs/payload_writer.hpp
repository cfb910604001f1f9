#pragma once

// Private to the results store's .cpp files.

#include <filesystem>
#include <string>
#include <vector>

#include "jobs/hdf5_output.hpp"
#include "jobs/trial_table.hpp"

namespace engram {

/// An array whose side file is gone or damaged.
struct LostArray {
  std::uint32_t row = 0;  ///< of the table
  std::string name;
  std::string message;  ///< one sentence
};

/// Writes /series and /arrays of the rows `order` of `table` into `file`, which is going to take
/// the place of the results file `path`. Arrays that are lost are left out and returned.
std::vector<LostArray> write_payloads(hdf5::OutputFile const& file,
                                      std::filesystem::path const& path, TrialTable const& table,
                                      std::vector<std::uint32_t> const& order,
                                      RecordReader const& journals);

}  // namespace engram
