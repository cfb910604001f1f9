#pragma once

// Private to the results store's .cpp files.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "jobs/journal.hpp"
#include "jobs/results_store.hpp"
#include "jobs/trial_table.hpp"

namespace engram {

/// What a results file and its journal hold together.
struct FoundResults {
  TrialTable table;
  std::optional<JournalScan> journal;  ///< if it is to be continued
  bool journal_has_study = false;      ///< its study is word for word the one that is to run
  bool file_is_finished = false;
  bool file_is_current = false;     ///< the results file has everything
  bool journal_is_missing = false;  ///< of a study that has a results file and is not finished
  std::map<std::string, std::string> last_provenance = {};  ///< of the run before, if any
  std::uint64_t num_without_arrays = 0;  ///< recorded trials that are to run again: arrays are gone
};

/// Takes the record of a trial in, unless a row has it already or its arrays are gone; true if the
/// rows have changed.
bool take_trial(TrialRecord const& trial, RowSource source, std::filesystem::path const& path,
                FoundResults& found);

/// Reads what is there and compares it with the study; changes nothing on disk. A journal without
/// rows, whatever its study, is as good as none. Throws UserError if it is of another study.
/// @param extensible  the study's points do not depend on how many there are
FoundResults find_results(std::filesystem::path const& path, Results const& ours, OpenMode mode,
                          bool extensible);

}  // namespace engram
