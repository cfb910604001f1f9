#pragma once

#include <filesystem>

#include "jobs/command.hpp"

namespace engram {

/// Runs the same command without --ranks and --restarts in processes that mpiexec starts, again and
/// again if they die. Returns the exit code. Throws UserError if this process has itself been
/// started as a rank.
int launch_run(Invocation const& call);

/// The program that this process runs.
std::filesystem::path this_program(Invocation const& call);

/// Whether a launcher of MPI processes has started this one.
bool is_launched();

}  // namespace engram
