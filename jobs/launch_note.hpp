#pragma once

#include "jobs/file_system.hpp"

namespace engram {

/// A file, named by ENGRAM_LAUNCH_NOTE, in which rank 0 says that the ranks run ("-") and how they
/// ended (the exit code's digit). For batch scripts: srun and mpirun end with codes of their own
/// when ranks are lost, and now and then with 0 though nothing has run.
class LaunchNote {
 public:
  /// Does nothing if no file is asked for, or on other ranks. A disk that is full is passed over.
  explicit LaunchNote(bool is_root);
  void end(int exit_code);

 private:
  FileDescriptor file_;  ///< open to the end: by then the name may be another launch's
};

}  // namespace engram
