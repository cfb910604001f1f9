#pragma once

#include <string>
#include <vector>

namespace engram {

struct ClientResult {
  int exit_code = 0;   ///< 128 + its number after a signal
  std::string output;  ///< what it wrote to its standard output
};

/// Runs a program that the PATH names, with `input` as its standard input; its errors go where ours
/// go. Throws UserError if there is no such program.
ClientResult run_client(std::vector<std::string> const& command, std::string const& input = {});

}  // namespace engram
