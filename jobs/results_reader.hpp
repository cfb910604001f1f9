#pragma once

#include <filesystem>
#include <optional>

#include "jobs/results_file.hpp"

namespace engram {

/// The results file alone, without its journal; std::nullopt if there is none. Throws UserError if
/// it can't be read, is foreign or of a newer schema.
std::optional<Results> read_results_file(std::filesystem::path const& path);

}  // namespace engram
