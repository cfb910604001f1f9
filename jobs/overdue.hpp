#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <vector>

#include "jobs/results_file.hpp"
#include "jobs/trial_record.hpp"

namespace engram {

// A trial that goes on far beyond its time limit without looking at it can only be ended together
// with its process, and so with all ranks. Its rank leaves a file beside the results before, so
// that the next run records the trial instead of meeting it again.

/// Writes the file of the trials that a rank was evaluating. Any rank; throws StorageError.
void write_overdue(std::filesystem::path const& results, Results const& header,
                   std::span<TrialRecord const> trials);

struct OverdueTrials {
  std::vector<TrialRecord> records;  ///< of those that were alone in their batch
  std::set<std::uint64_t> suspects;  ///< of those that were not: one of each batch was overdue
};

/// What such files beside `results` hold of the study with this header; others are passed over.
OverdueTrials read_overdue(std::filesystem::path const& results, Results const& header);

/// Removes these files, all or those of `trials`. Throws StorageError.
void remove_overdue(std::filesystem::path const& results);
void remove_overdue(std::filesystem::path const& results, std::span<TrialRecord const> trials);

}  // namespace engram
