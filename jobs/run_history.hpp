#pragma once

// Private to the results store's .cpp files.

#include <cstdint>
#include <map>
#include <string>

namespace engram {

/// How often a study had been opened before, by the provenance of a run of it.
std::uint64_t num_restarts(std::map<std::string, std::string> const& provenance);

/// Adds to a run's provenance what it carries on of the runs before: `restarts`, and in `job_ids`
/// all batch jobs that the study has run in.
/// @param last  provenance of the run before; empty for the first
void add_history(std::map<std::string, std::string> const& last,
                 std::map<std::string, std::string>& provenance);

/// Appends those of the `more` names that the list, "a, b", does not have.
void add_names(std::string const& more, std::string& list);

}  // namespace engram
