#pragma once

#include <string>
#include <vector>

namespace engram {

/// Runs `first` and, whenever a run ends without engram having ended in good order (a rank was
/// killed, or aborted), runs `again`, up to `num_restarts` times. SIGINT, SIGTERM, SIGUSR1 and
/// SIGUSR2 are passed on, and end the restarts; the command ends with this process if that is
/// killed. Returns the last exit code; 128 + its number after a signal.
/// Throws UserError if it can't be started.
int run_supervised(std::vector<std::string> const& first, std::vector<std::string> const& again,
                   int num_restarts);

}  // namespace engram
