#pragma once

namespace engram {

/// The program: `engram COMMAND …`. Returns the exit code (jobs/exit_code.hpp). A program of your
/// own with further experiments is this, linked with them.
int command_line(int argc, char** argv);

}  // namespace engram
