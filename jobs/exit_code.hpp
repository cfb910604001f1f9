#pragma once

namespace engram {

/// What `engram` returns to the shell; documented by `engram --help`.
enum ExitCode : int {
  exit_complete = 0,  ///< every trial of the study is complete
  exit_internal_error =
      1,                ///< a fault of engram, or a rank that aborted; the study can be continued
  exit_user_error = 2,  ///< bad input; nothing was written
  exit_failed_trials = 3,  ///< the study ended, but some trials failed or timed out
  exit_continue = 4,       ///< interrupted in good order; run again to continue
  exit_storage = 5,        ///< results could not be written (disk full, no permission)
  exit_in_use = 6,         ///< another run has the results file; nothing was written
};

}  // namespace engram
