#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jobs/slurm_settings.hpp"

namespace engram {

/// What a batch script runs.
struct SlurmStudy {
  std::string name;                                            ///< of the job
  std::filesystem::path program, study, results;               ///< absolute
  std::filesystem::path folder;                                ///< relative names start here
  std::vector<std::pair<std::string, std::string>> overrides;  ///< ("study.seed", "7")
  bool extends = false;                                        ///< run --extend
};

/// A batch script for sbatch that runs a study to its end in as many allocations as it takes.
/// Before the time limit the study ends in good order, and the job requeues itself; so it does when
/// ranks or nodes are lost. What becomes of the job is decided by the results file and by what the
/// program has noted (jobs/launch_note.hpp), as launchers may end with any code. Throws UserError
/// for texts that no script can hold.
std::string write_slurm_script(SlurmStudy const& study, SlurmSettings const& settings);

/// A word of bash that means `text`, in quotes where needed.
std::string shell_word(std::string const& text);

}  // namespace engram
